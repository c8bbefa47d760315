//! What the shop's configuration says of mail: who writes, and by which server it leaves.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Deserializer};
use toml::Spanned;
use url::{Host, Url};

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The sender, as `Name <address>`.
    pub from: String,
    /// Where readers, and finders of security holes, can write to.
    pub contact: String,
    /// The mail server; without it, mail is written to files in the data folder.
    smtp: Option<Spanned<MailServer>>,
}

impl Mail {
    /// The mail server, if letters do not become files.
    pub fn server(&self) -> Option<&MailServer> {
        self.smtp.as_ref().map(Spanned::get_ref)
    }

    /// Where the file has a server to which letters would go in the clear, over a network.
    pub(super) fn exposed_at(&self) -> Option<usize> {
        let smtp = self.smtp.as_ref()?;
        smtp.get_ref().is_exposed().then(|| smtp.span().start)
    }
}

/// `smtps://USER:PASSWORD@HOST`, `smtp://USER:PASSWORD@HOST?tls=required` or, for a server on this machine,
/// `smtp://127.0.0.1`.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    url: Url,
    is_exposed: bool,
}

/// Why a text is no address of a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedMailServer {
    /// Another scheme, or no host.
    #[error("expected smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST?tls=required")]
    NoServer,
    /// A parameter that nobody knows would be passed over in silence, and with it the TLS that it asks for.
    #[error(
        "after the host, smtp:// takes ?tls=required (STARTTLS or nothing) or ?tls=opportunistic, and smtps:// nothing"
    )]
    Parameter,
    /// She would not be signed in, and the server would refuse every letter.
    #[error("the user of the mail server has no password: write smtps://USER:PASSWORD@HOST")]
    NoPassword,
}

impl MailServer {
    /// The URL, with its password, as the SMTP library reads it.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Whether the password and letters would cross a network for everybody on it to read, or for whoever leaves
    /// STARTTLS out of the server's greeting.
    pub fn is_exposed(&self) -> bool {
        self.is_exposed
    }
}

impl FromStr for MailServer {
    type Err = MalformedMailServer;

    fn from_str(text: &str) -> Result<Self, MalformedMailServer> {
        let mut url = Url::parse(text).map_err(|_| MalformedMailServer::NoServer)?;
        let is_protected = match (url.scheme(), url.query()) {
            ("smtps", None) | ("smtp", Some("tls=required")) => true,
            ("smtp", None | Some("tls=opportunistic")) => false,
            ("smtp" | "smtps", Some(_)) => return Err(MalformedMailServer::Parameter),
            _ => return Err(MalformedMailServer::NoServer),
        };
        if !url.username().is_empty() && url.password().is_none() {
            return Err(MalformedMailServer::NoPassword);
        }
        let is_here = match url.host() {
            None => return Err(MalformedMailServer::NoServer),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) if name == "localhost" && !is_protected => {
                // This machine, whatever a resolver says (RFC 6761, 6.3).
                url.set_host(Some("127.0.0.1"))
                    .map_err(|_| MalformedMailServer::NoServer)?;
                true
            }
            Some(Host::Domain(name)) => name.parse().is_ok_and(|at: IpAddr| at.is_loopback()),
        };
        Ok(Self {
            url,
            is_exposed: !is_protected && !is_here,
        })
    }
}

/// Without the password.
impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        f.debug_tuple("MailServer").field(&host).finish()
    }
}

impl<'de> Deserialize<'de> for MailServer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::tests::{REAL, told};

    fn with(url: &str) -> String {
        told(&REAL.replace("smtp://127.0.0.1", url))
    }

    #[test]
    fn a_real_shop_sends_no_letter_over_a_network_in_the_clear() {
        for good in [
            "smtp://127.0.0.1:25",
            "smtp://[::1]",
            "smtp://localhost?tls=opportunistic",
            "smtps://shop:hush@mail.example.org",
            "smtp://shop:hush@mail.example.org:587?tls=required",
        ] {
            assert_eq!(with(good), "good", "{good}");
        }
        for exposed in [
            "smtp://mail.example.org",
            "smtp://shop:hush@10.0.0.1",
            "smtp://mail.example.org?tls=opportunistic",
            "smtp://localhost.example.org",
        ] {
            assert_eq!(
                with(exposed),
                "shop.toml, line 28, key `mail.smtp`: a real shop's letters leave its machine over TLS only: write \
                 smtps://HOST, or smtp://HOST?tls=required for a server with STARTTLS",
                "{exposed}"
            );
        }
        let demo = REAL.replace("profile = \"production\"", "profile = \"demo\"");
        let demo = demo.replace("smtp://127.0.0.1", "smtp://mail.example.org");
        assert_eq!(told(&demo), "good");
    }

    #[test]
    fn a_malformed_server_is_told_with_file_line_and_key() {
        for (malformed, why) in [
            ("gopher://x", MalformedMailServer::NoServer),
            ("smtps:", MalformedMailServer::NoServer),
            ("smtp://h?TLS=required", MalformedMailServer::Parameter),
            ("smtp://h?tls=none", MalformedMailServer::Parameter),
            ("smtps://shop@h", MalformedMailServer::NoPassword),
        ] {
            assert_eq!(
                with(malformed),
                format!("shop.toml, line 28, key `mail.smtp`: {why}"),
                "{malformed}"
            );
        }
    }

    #[test]
    fn localhost_is_not_looked_up_and_a_password_not_shown() {
        let here: MailServer = "smtp://localhost:2525".parse().unwrap();
        assert_eq!(here.as_str(), "smtp://127.0.0.1:2525");
        let there: MailServer = "smtps://shop:hush@mail.example.org".parse().unwrap();
        assert!(!format!("{there:?}").contains("hush"));
    }
}
