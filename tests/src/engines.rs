//! Both database engines for tests: a SQLite file in a folder of its own, and a private PostgreSQL server on
//! a Unix socket, with `fsync` on, that nobody else reaches and that ends with the test.

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use storage::StoreUrl;
use tempfile::TempDir;

use crate::authority::{Authority, Pair};

/// The superuser of the private server.
const USER: &str = "bouquin";
/// How long the server may take to start or to stop, in tenths of a second.
const PATIENCE_TENTHS: u32 = 300;

/// An engine that gives each test a database of its own.
pub enum Engine {
    /// Files in a folder.
    Sqlite(TempDir),
    /// Databases of a private server.
    Postgres(Postgres),
}

impl Engine {
    /// SQLite, which is always there.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn sqlite() -> Result<Self> {
        Ok(Self::Sqlite(tempfile::tempdir()?))
    }

    /// PostgreSQL, unless it is not installed.
    ///
    /// # Errors
    /// When it is installed and does not start.
    pub fn postgres() -> Result<Option<Self>> {
        Ok(Postgres::start()?.map(Self::Postgres))
    }

    /// A new, empty database; `name` is made of letters, digits and underscores.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn fresh(&self, name: &str) -> Result<StoreUrl> {
        match self {
            Self::Sqlite(folder) => Ok(StoreUrl::Sqlite(file(folder, name))),
            Self::Postgres(server) => {
                StoreUrl::parse(&server.fresh(name)?).map_err(anyhow::Error::msg)
            }
        }
    }

    /// A new database that begins as `original` stands, which nobody has open: tables made once are made for all.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn copied(&self, original: &str, name: &str) -> Result<StoreUrl> {
        match self {
            Self::Sqlite(folder) => {
                closed(&file(folder, original))?;
                fs::copy(file(folder, original), file(folder, name))?;
                Ok(StoreUrl::Sqlite(file(folder, name)))
            }
            Self::Postgres(server) => {
                StoreUrl::parse(&server.copied(original, name)?).map_err(anyhow::Error::msg)
            }
        }
    }
}

fn file(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(format!("{name}.db"))
}

/// Waits until the last connection has closed, which puts its log into the file and takes the log away.
fn closed(database: &Path) -> Result<()> {
    let log = database.with_extension("db-wal");
    for _ in 0..PATIENCE_TENTHS {
        if !log.exists() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("somebody keeps {} open", database.display())
}

/// A private PostgreSQL server. Dropping it stops it.
pub struct Postgres {
    binaries: PathBuf,
    folder: TempDir,
    port: u16,
    server: Child,
}

/// How a server with TLS lets in who comes by the loopback: whoever comes, but into the databases of these names.
const WHO_COMES_IN: &str = "\
local all all trust
hostssl by_password all 127.0.0.1/32 scram-sha-256
hostssl by_certificate all 127.0.0.1/32 cert
host all all 127.0.0.1/32 trust
";

impl Postgres {
    /// Starts a server; none, after saying so, when PostgreSQL is not installed.
    ///
    /// # Errors
    /// When it is installed and does not start.
    pub fn start() -> Result<Option<Self>> {
        Self::start_with("", 5432, |_| Ok(()))
    }

    /// Starts a server that also listens on the loopback and has TLS, with `pair`; clients may show certificates of
    /// `authority`. See `WHO_COMES_IN` for its databases.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn start_with_tls(authority: &Authority, pair: &Pair) -> Result<Option<Self>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Self::start_with("127.0.0.1", port, |data| {
            own(&data.join("server.crt"), &pair.certificate)?;
            own(&data.join("server.key"), &pair.key)?;
            own(&data.join("clients.crt"), authority.pem())?;
            own(&data.join("pg_hba.conf"), WHO_COMES_IN)?;
            // Not on the command line, which nothing could change any more.
            let tls = "\nssl = on\nssl_ca_file = 'clients.crt'\n";
            let settings = data.join("postgresql.conf");
            let mut settings = fs::OpenOptions::new().append(true).open(settings)?;
            Ok(settings.write_all(tls.as_bytes())?)
        })
    }

    fn start_with(
        addresses: &str,
        port: u16,
        prepare: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Option<Self>> {
        let Some(binaries) = find_binaries() else {
            println!("skipped: PostgreSQL not installed (Debian package postgresql)");
            return Ok(None);
        };
        let folder = tempfile::Builder::new().prefix("bouquin-pg-").tempdir()?;
        if runs_as_root() {
            // PostgreSQL refuses to run as root: Debian's package has a user for it.
            run(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        run(as_a_user(&binaries.join("initdb"))
            .args([
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--username",
                USER,
            ])
            .arg("--pgdata")
            .arg(&data))?;
        prepare(&data)?;
        let log = fs::File::create(folder.path().join("server.log"))?;
        let server = as_a_user(&binaries.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-p", &port.to_string(), "-h", addresses])
            .args(["-c", "fsync=on", "-c", "max_connections=100"])
            .stderr(log)
            .spawn()?;
        let server = Self {
            binaries,
            folder,
            port,
            server,
        };
        server.wait_until_ready()?;
        Ok(Some(server))
    }

    /// The URL of a new, empty database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn fresh(&self, name: &str) -> Result<String> {
        run(self.client("createdb").arg(name)).map(|_| self.url(name))
    }

    /// The URL of a new database that begins as `original` stands, once nobody is connected to that.
    fn copied(&self, original: &str, name: &str) -> Result<String> {
        let copy = || run(self.client("createdb").args(["--template", original, name]));
        for _ in 0..PATIENCE_TENTHS {
            match copy() {
                // A server notices only after a moment that a client has gone.
                Err(busy) if busy.to_string().contains("is being accessed") => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                made => return made.map(|_| self.url(name)),
            }
        }
        bail!("somebody stays connected to {original}")
    }

    fn url(&self, name: &str) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://{USER}@{socket}:{}/{name}", self.port)
    }

    /// The port, on the loopback where it listens there.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Turns TLS off for whoever comes next.
    ///
    /// # Errors
    /// When the server does not.
    pub fn turn_tls_off(&self) -> Result<()> {
        self.run_sql("ALTER SYSTEM SET ssl = off")?;
        self.run_sql("SELECT pg_reload_conf()")?;
        for _ in 0..PATIENCE_TENTHS {
            if self.run_sql("SHOW ssl")?.trim() == "off" {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the server keeps its TLS on")
    }

    /// Runs a statement as the superuser, through the socket, and gives back its first column.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn run_sql(&self, statement: &str) -> Result<String> {
        let mut psql = self.client("psql");
        run(psql.args(["-d", "postgres", "-Atqc", statement]))
    }

    /// The server's process, for tests that kill it.
    pub fn pid(&self) -> u32 {
        self.server.id()
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.arg("-h").arg(self.folder.path());
        command.args(["-p", &self.port.to_string(), "-U", USER]);
        command
    }

    fn wait_until_ready(&self) -> Result<()> {
        for _ in 0..PATIENCE_TENTHS {
            let ready = self.client("pg_isready").stdout(Stdio::null()).status()?;
            if ready.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        bail!("the private PostgreSQL does not answer:\n{log}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT is its immediate shutdown, without writing out data that nobody will read; a server that
        // ignores it is killed.
        let asked = Command::new("kill")
            .arg("-QUIT")
            .arg(self.server.id().to_string())
            .status();
        for _ in 0..PATIENCE_TENTHS {
            match self.server.try_wait() {
                Ok(None) if asked.is_ok() => std::thread::sleep(Duration::from_millis(100)),
                _ => break,
            }
        }
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// Debian keeps the server's programs out of the path, one folder for each version: the newest is taken.
fn find_binaries() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev().map(|(_, folder)| folder);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let complete =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    newest_first.chain(in_path).find(complete)
}

fn runs_as_root() -> bool {
    fs::metadata("/proc/self")
        .is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

/// `program`, as the user `postgres` when this is root; `setpriv` becomes the program, so that the process
/// started is the server itself.
fn as_a_user(program: &Path) -> Command {
    let mut command = if runs_as_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .current_dir("/");
    command
}

/// Writes a file that the server's user alone reads, as it wants its key.
fn own(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    if runs_as_root() {
        run(Command::new("chown").arg("postgres").arg(path))?;
    }
    Ok(())
}

/// Runs a program to its end, and gives back what it says.
fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("{program} could not be run"))?;
    let arguments: Vec<&OsStr> = command.get_args().collect();
    ensure!(
        output.status.success(),
        "{program} {arguments:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
