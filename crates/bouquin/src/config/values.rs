//! Values of a configuration that are checked as they are read.

use std::{fmt, net::SocketAddr, str::FromStr};

use serde::{Deserialize, Deserializer};
use shop::books::Siren;

/// A SIREN with a right check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmNumber(pub Siren);

impl<'de> Deserialize<'de> for FirmNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Siren::parse(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// `http://host:port` or `https://host`, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(pub(super) String);

impl WebOrigin {
    /// Whether readers come by TLS.
    pub fn is_tls(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The origin as text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for WebOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let origin = text.trim_end_matches('/');
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"))
            .ok_or_else(|| "expected https://HOST or http://HOST:PORT".to_owned())?;
        if host.is_empty() || host.contains(['/', ' ', '?', '#', '@']) {
            return Err(format!(
                "{host:?} is no host: give scheme, host and port only"
            ));
        }
        Ok(Self(origin.to_owned()))
    }
}

impl<'de> Deserialize<'de> for WebOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// One address, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Addresses {
    /// `"10.0.0.1:9000"`
    One(SocketAddr),
    /// `["10.0.0.1:9000", "10.1.0.1:9000"]`
    Several(Vec<SocketAddr>),
}

impl From<Addresses> for Vec<SocketAddr> {
    fn from(addresses: Addresses) -> Vec<SocketAddr> {
        match addresses {
            Addresses::One(address) => vec![address],
            Addresses::Several(addresses) => addresses,
        }
    }
}
