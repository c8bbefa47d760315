//! What the shop's configuration says of its bank: what it may charge, and where its files come from.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer};
use trade::limits;

use super::ShopConfig;

/// `[bank]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    /// A TOML file of dated `[[tariff]]` rows: what the bank may charge. Without it no fee is compared.
    pub agreement: Option<PathBuf>,
    /// The private address of the demonstration bank's window, where the shop fetches statements by itself.
    pub window: Option<SocketAddr>,
    /// A folder where statements arrive. It must exist and be writable: files are moved to `read/` or `refused/` in it.
    pub statements: Option<PathBuf>,
    /// How long the shop waits between two rounds of fetching.
    #[serde(default)]
    pub fetch_s: FetchEvery,
}

/// A pause between [`limits::FETCH_LEAST_S`] and [`limits::FETCH_MOST_S`] seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchEvery(pub Duration);

impl Default for FetchEvery {
    fn default() -> Self {
        Self(Duration::from_secs(limits::FETCH_EVERY_S))
    }
}

impl<'de> Deserialize<'de> for FetchEvery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u64::deserialize(deserializer)?;
        match (limits::FETCH_LEAST_S..=limits::FETCH_MOST_S).contains(&seconds) {
            true => Ok(Self(Duration::from_secs(seconds))),
            false => Err(serde::de::Error::custom(format!(
                "expected {} to {} seconds",
                limits::FETCH_LEAST_S,
                limits::FETCH_MOST_S
            ))),
        }
    }
}

/// A window that cannot be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "bank.window: it is reached over mutual TLS; add `payment.certificates`, the folder that `bouquin certs` made"
)]
pub struct WindowWithoutCertificates;

impl ShopConfig {
    /// The bank's window and the certificates by which it is reached, if statements are fetched there.
    ///
    /// # Errors
    /// [`WindowWithoutCertificates`].
    pub fn window(&self) -> Result<Option<(SocketAddr, &Path)>, WindowWithoutCertificates> {
        match (self.bank.window, &self.payment.certificates) {
            (None, _) => Ok(None),
            (Some(window), Some(certificates)) => Ok(Some((window, certificates))),
            (Some(_), None) => Err(WindowWithoutCertificates),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::tests::{GOOD, told};

    #[test]
    fn statements_are_fetched_from_a_window_with_certificates_at_a_bearable_pace() {
        let with = |bank: &str| format!("{GOOD}[bank]\n{bank}\n");
        assert_eq!(told(&with("fetch_s = 5")), "good");
        assert_eq!(
            told(&with("fetch_s = 4")),
            "shop.toml, line 18, key `bank.fetch_s`: expected 5 to 86400 seconds"
        );
        assert!(told(&with("windows = \"127.0.0.1:1\"")).contains("unknown field `windows`"));
        let window = with("window = \"127.0.0.1:9001\"");
        let config: ShopConfig = toml::from_str(&window).unwrap();
        assert!(config.window().unwrap().is_some());
        let bare = window.replace(
            "certificates = \"certs\"\nswitch = \"127.0.0.1:8083\"\ncard_page = \"http://127.0.0.1:8081\"\nvault = \"127.0.0.1:8082\"",
            "collection = true",
        );
        let config: ShopConfig = toml::from_str(&bare).unwrap();
        assert_eq!(config.window(), Err(WindowWithoutCertificates));
        assert_eq!(config.bank.fetch_s, FetchEvery::default());
    }
}
