//! Where the data is: a file of this machine, or a PostgreSQL server, and how the way to that is protected.
//!
//! What the driver's reader of URLs does not know (`verify-full`, `sslrootcert`, `sslcert`, `sslkey`) is read here, the
//! rest by the driver. TLS without a look at certificate and name cannot be asked for.

use std::{
    error::Error as _,
    ffi::OsString,
    fmt,
    net::{IpAddr, Ipv4Addr},
    os::unix::ffi::OsStringExt as _,
    path::PathBuf,
};

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, SslMode};

/// Where the data is: `sqlite:PATH` or a PostgreSQL URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A server, as `postgres://…`.
    Postgres(Box<PostgresUrl>),
}

/// Why a text is no address of a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedUrl {
    /// It names neither engine.
    #[error("expected sqlite:PATH or postgres://USER@HOST/DATABASE")]
    NoEngine,
    /// A file without a name.
    #[error("a path must follow sqlite:")]
    NoPath,
    /// The driver cannot read it.
    #[error("not a PostgreSQL URL: {0}")]
    NotPostgres(String),
    /// A server without a place.
    #[error("name the PostgreSQL server: its host, or the folder of its socket, percent-encoded")]
    NoHost,
    /// A parameter that is there twice.
    #[error("{0} is there twice")]
    Twice(&'static str),
    /// An `sslmode` that nobody knows.
    #[error(
        "sslmode={0} is not known: write `verify-full`, or `disable` for a server on this machine"
    )]
    UnknownMode(String),
    /// An `sslmode` by which whoever sits on the way decides whether there is TLS.
    #[error(
        "sslmode={0} goes on without TLS where none is offered: write `verify-full`, or `disable` for a server on this \
         machine"
    )]
    Hopeful(String),
    /// Certificates without TLS.
    #[error("sslmode=disable has no use for sslrootcert, sslcert and sslkey: remove it, or them")]
    Contradiction,
    /// TLS through a socket.
    #[error(
        "PostgreSQL speaks no TLS through a socket: remove sslmode and certificates, and name sockets and hosts in URLs of \
         their own"
    )]
    TlsThroughSocket,
    /// TLS to a bare address.
    #[error(
        "TLS needs the name in the server's certificate: write the host, with hostaddr beside it"
    )]
    NoName,
    /// A certificate without its key, or the other way round.
    #[error("sslcert and sslkey go together: name both files, or none")]
    HalfAnIdentity,
}

impl StoreUrl {
    /// Reads `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// [`MalformedUrl`], a sentence for the person who wrote the configuration.
    pub fn parse(text: &str) -> Result<Self, MalformedUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err(MalformedUrl::NoPath),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return PostgresUrl::parse(text).map(|url| Self::Postgres(Box::new(url)));
        }
        Err(MalformedUrl::NoEngine)
    }

    /// Whether passwords and orders would cross a network for everybody on it to read.
    pub fn is_exposed(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(url) => {
                url.wire == Wire::Plain && doors(&url.config).contains(&Door::Network)
            }
        }
    }
}

/// The URL of a PostgreSQL server that was read once.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    text: String,
    config: tokio_postgres::Config,
    wire: Wire,
}

/// What goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// The words themselves.
    Plain,
    /// TLS, with a server that is judged.
    Tls(Trust),
}

/// By what the two sides of a connection know each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trust {
    /// Who may vouch for the server.
    pub authorities: Authorities,
    /// What it is shown, beside or instead of a password.
    pub identity: Option<Identity>,
}

/// Who may vouch for a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Authorities {
    /// Those that the operating system believes.
    #[default]
    System,
    /// Those of a PEM file, and no others.
    File(PathBuf),
}

/// A certificate chain and its key, in PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Without the password, which is in the text.
impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = (&self.config, &self.wire);
        f.debug_tuple("PostgresUrl").field(&shown).finish()
    }
}

impl PostgresUrl {
    fn parse(text: &str) -> Result<Self, MalformedUrl> {
        let (rest, asked) = Asked::taken_out_of(text)?;
        let mut config: tokio_postgres::Config = rest
            .parse()
            .map_err(|e| MalformedUrl::NotPostgres(words(&e)))?;
        never_look_up_localhost(&mut config);
        let wire = asked.wire(&doors(&config))?;
        if wire != Wire::Plain && config.get_hosts().is_empty() {
            return Err(MalformedUrl::NoName);
        }
        config.ssl_mode(match wire {
            Wire::Plain => SslMode::Disable,
            Wire::Tls(_) => SslMode::Require,
        });
        let text = text.to_owned();
        Ok(Self { text, config, wire })
    }

    /// The URL as it was written, with its password.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn config(&self) -> &tokio_postgres::Config {
        &self.config
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }
}

/// What a URL says of TLS.
#[derive(Default)]
struct Asked {
    mode: Option<Mode>,
    authorities: Option<Authorities>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Verify,
}

impl Asked {
    /// The URL without the parameters that are read here, and what they say.
    fn taken_out_of(text: &str) -> Result<(String, Self), MalformedUrl> {
        let mut asked = Self::default();
        // As the driver reads it: a question mark before the `@` belongs to the password.
        let place = text.find('@').unwrap_or(0);
        let Some((at, _)) = text.match_indices('?').find(|(at, _)| *at > place) else {
            return Ok((text.to_owned(), asked));
        };
        let (server, query) = text.split_at(at);
        let mut others = Vec::new();
        for parameter in query.trim_start_matches('?').split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if !asked.takes(name, value)? {
                others.push(parameter);
            }
        }
        let others = others.join("&");
        let mark = if others.is_empty() { "" } else { "?" };
        Ok((format!("{server}{mark}{others}"), asked))
    }

    /// Whether the parameter is one of ours.
    fn takes(&mut self, name: &str, value: &str) -> Result<bool, MalformedUrl> {
        let path = || PathBuf::from(OsString::from_vec(percent_decode_str(value).collect()));
        match name {
            "sslmode" => once(&mut self.mode, Mode::parse(value)?, "sslmode")?,
            "sslrootcert" => {
                let authorities = match value {
                    "system" => Authorities::System,
                    _ => Authorities::File(path()),
                };
                once(&mut self.authorities, authorities, "sslrootcert")?;
            }
            "sslcert" => once(&mut self.certificate, path(), "sslcert")?,
            "sslkey" => once(&mut self.key, path(), "sslkey")?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What goes over the wire to servers behind these doors. Without a word about it: TLS over every network.
    fn wire(self, doors: &[Door]) -> Result<Wire, MalformedUrl> {
        if doors.is_empty() {
            return Err(MalformedUrl::NoHost);
        }
        let identity = match (self.certificate, self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            _ => return Err(MalformedUrl::HalfAnIdentity),
        };
        let has_certificates = self.authorities.is_some() || identity.is_some();
        let is_tls = match self.mode {
            Some(Mode::Disable) if has_certificates => return Err(MalformedUrl::Contradiction),
            Some(mode) => mode == Mode::Verify,
            None => has_certificates || doors.contains(&Door::Network),
        };
        if !is_tls {
            return Ok(Wire::Plain);
        }
        if doors.contains(&Door::Socket) {
            return Err(MalformedUrl::TlsThroughSocket);
        }
        let authorities = self.authorities.unwrap_or_default();
        Ok(Wire::Tls(Trust {
            authorities,
            identity,
        }))
    }
}

impl Mode {
    /// Whichever kind of TLS is asked for, certificate and name are checked: it is never less than what was asked.
    fn parse(value: &str) -> Result<Self, MalformedUrl> {
        match value {
            "disable" => Ok(Self::Disable),
            "require" | "verify-ca" | "verify-full" => Ok(Self::Verify),
            "allow" | "prefer" => Err(MalformedUrl::Hopeful(value.to_owned())),
            _ => Err(MalformedUrl::UnknownMode(value.to_owned())),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), MalformedUrl> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(MalformedUrl::Twice(name)),
    }
}

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// A socket in the file system.
    Socket,
    /// The loopback, which no network sees.
    Loopback,
    /// An address or a name that may lead anywhere.
    Network,
}

impl Door {
    fn at(address: IpAddr) -> Self {
        match address.is_loopback() {
            true => Self::Loopback,
            false => Self::Network,
        }
    }
}

/// The doors of a URL, as the driver goes to them: by the address beside a host if there is one.
fn doors(config: &tokio_postgres::Config) -> Vec<Door> {
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    (0..hosts.len().max(addresses.len()))
        .map(|i| match (addresses.get(i), hosts.get(i)) {
            (Some(address), _) => Door::at(*address),
            (None, Some(Host::Unix(_))) => Door::Socket,
            (None, Some(Host::Tcp(name))) => name.parse().map_or(Door::Network, Door::at),
            (None, None) => Door::Network,
        })
        .collect()
}

/// `localhost` is this machine, whatever a resolver says (RFC 6761, 6.3).
fn never_look_up_localhost(config: &mut tokio_postgres::Config) {
    let hosts = config.get_hosts();
    let is_localhost = |host: &Host| matches!(host, Host::Tcp(name) if name == "localhost");
    if config.get_hostaddrs().is_empty() && hosts.iter().all(is_localhost) {
        for _ in 0..hosts.len() {
            config.hostaddr(Ipv4Addr::LOCALHOST.into());
        }
    }
}

/// The driver's words, which never hold the password.
fn words(error: &tokio_postgres::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn wire(text: &str) -> Result<Wire, MalformedUrl> {
        match StoreUrl::parse(text)? {
            StoreUrl::Postgres(url) => {
                let is_tls = url.config.get_ssl_mode() == SslMode::Require;
                assert_eq!(is_tls, url.wire != Wire::Plain, "{text}");
                Ok(url.wire)
            }
            StoreUrl::Sqlite(path) => panic!("{}", path.display()),
        }
    }

    fn verified() -> Result<Wire, MalformedUrl> {
        Ok(Wire::Tls(Trust::default()))
    }

    #[test]
    fn a_file_has_a_path_and_a_server_a_scheme() {
        let file = StoreUrl::parse("sqlite:a/b.db").unwrap();
        assert_eq!(file, StoreUrl::Sqlite("a/b.db".into()));
        assert!(!file.is_exposed());
        assert_eq!(StoreUrl::parse("sqlite:"), Err(MalformedUrl::NoPath));
        assert_eq!(StoreUrl::parse("mysql://x"), Err(MalformedUrl::NoEngine));
        let unknown = StoreUrl::parse("postgres://h/shop?colour=red").unwrap_err();
        assert!(unknown.to_string().contains("`colour`"), "{unknown}");
        assert_eq!(wire("postgres:///shop"), Err(MalformedUrl::NoHost));
    }

    #[test]
    fn this_machine_is_spoken_to_plainly_and_every_other_over_tls() {
        for here in [
            "postgres://u@%2Frun%2Fpostgresql/shop",
            "postgres:///shop?host=/run/postgresql",
            "postgres://u@127.0.0.1/shop",
            "postgres://u@[::1]/shop",
            "postgres://u@localhost/shop",
            "postgres://u@db.example/shop?hostaddr=127.0.0.1",
        ] {
            assert_eq!(wire(here), Ok(Wire::Plain), "{here}");
            assert!(!StoreUrl::parse(here).unwrap().is_exposed(), "{here}");
        }
        for there in [
            "postgres://u@db.example/shop",
            "postgres://u@10.0.0.1/shop",
            "postgres://u@[::ffff:127.0.0.1]/shop",
            "postgres://u@localhost.example/shop",
            "postgres://u@127.0.0.1,db.example/shop",
            "postgres://u@localhost/shop?hostaddr=10.0.0.1",
            // A question mark of a password is none of the query.
            "postgres://u:p?sslmode=disable@db.example/shop",
        ] {
            assert_eq!(wire(there), verified(), "{there}");
            assert!(!StoreUrl::parse(there).unwrap().is_exposed(), "{there}");
        }
    }

    #[test]
    fn localhost_is_not_looked_up() {
        let StoreUrl::Postgres(url) =
            StoreUrl::parse("postgres://localhost:1,localhost:2/x").unwrap()
        else {
            panic!("a server");
        };
        let here = IpAddr::from(Ipv4Addr::LOCALHOST);
        assert_eq!(url.config.get_hostaddrs(), [here, here]);
    }

    #[test]
    fn whatever_tls_is_asked_for_certificate_and_name_are_checked() {
        for mode in ["require", "verify-ca", "verify-full"] {
            for host in ["db.example", "127.0.0.1"] {
                let text = format!("postgres://u@{host}/shop?sslmode={mode}");
                assert_eq!(wire(&text), verified(), "{text}");
            }
        }
        let system = wire("postgres://u@localhost/shop?sslrootcert=system");
        assert_eq!(system, verified());
        let named = "postgres://u@db.example/shop?sslrootcert=/etc/a%20b.pem&connect_timeout=3\
                     &sslcert=/etc/shop.pem&sslkey=/etc/shop.key";
        let identity = Identity {
            certificate: "/etc/shop.pem".into(),
            key: "/etc/shop.key".into(),
        };
        let trust = Trust {
            authorities: Authorities::File("/etc/a b.pem".into()),
            identity: Some(identity),
        };
        assert_eq!(wire(named), Ok(Wire::Tls(trust)));
    }

    #[test]
    fn a_server_elsewhere_without_tls_is_exposed() {
        for exposed in [
            "postgres://u@db.example/shop?sslmode=disable",
            "postgres://u@127.0.0.1,10.0.0.1/shop?sslmode=disable",
            "postgres://u@localhost/shop?hostaddr=10.0.0.1&sslmode=disable",
        ] {
            assert!(StoreUrl::parse(exposed).unwrap().is_exposed(), "{exposed}");
        }
        let here = StoreUrl::parse("postgres://u@127.0.0.1/shop?sslmode=disable").unwrap();
        assert!(!here.is_exposed());
    }

    #[test]
    fn what_would_leave_it_open_or_cannot_be_is_a_mistake() {
        let with =
            |query: &str| wire(&format!("postgres://u@db.example/shop?{query}")).unwrap_err();
        assert_eq!(
            with("sslmode=prefer"),
            MalformedUrl::Hopeful("prefer".to_owned())
        );
        assert_eq!(
            with("sslmode=on"),
            MalformedUrl::UnknownMode("on".to_owned())
        );
        assert_eq!(
            with("sslmode=verify-full&sslmode=disable"),
            MalformedUrl::Twice("sslmode")
        );
        assert_eq!(
            with("sslmode=disable&sslrootcert=a.pem"),
            MalformedUrl::Contradiction
        );
        assert_eq!(with("sslcert=a.pem"), MalformedUrl::HalfAnIdentity);
        let socket = wire("postgres://u@%2Frun%2Fpostgresql/shop?sslmode=verify-full");
        assert_eq!(socket, Err(MalformedUrl::TlsThroughSocket));
        let mixed = wire("postgres://u@%2Frun%2Fpostgresql,db.example/shop");
        assert_eq!(mixed, Err(MalformedUrl::TlsThroughSocket));
        let bare = wire("postgres:///shop?hostaddr=10.0.0.1");
        assert_eq!(bare, Err(MalformedUrl::NoName));
        // The driver would read an encoded name too; what was decided here stands.
        let hidden = wire("postgres://u@db.example/shop?ssl%6Dode=disable");
        assert_eq!(hidden, verified());
    }

    #[test]
    fn a_password_is_not_shown() {
        let url = StoreUrl::parse("postgres://u:hush@db.example/shop").unwrap();
        assert!(!format!("{url:?}").contains("hush"));
    }
}
