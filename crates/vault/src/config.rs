//! What a vault is told at its start.

use std::net::SocketAddr;
use std::path::PathBuf;

use link::forwarded::Proxy;
use sandbox::{Demand, Needs};

use crate::error::VaultError;

/// How serious the installation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A demonstration or a developer's machine: test cards only.
    Development,
    /// Real readers and real cards.
    Production,
}

impl Profile {
    /// How much of the fences the kernel must put up.
    pub(crate) fn demand(self) -> Demand {
        match self {
            Profile::Production => Demand::Everything,
            Profile::Development => Demand::WhatThereIs,
        }
    }
}

/// A certificate that browsers believe.
#[derive(Clone, Debug)]
pub struct PublicCertificate {
    /// The chain, leaf first, PEM.
    pub chain: PathBuf,
    /// Its key, PEM, mode 0600.
    pub key: PathBuf,
}

/// The settings of a vault.
#[derive(Clone, Debug)]
pub struct Config {
    /// The vault's own folder: database, ring of keys and, with `dev`, the master key. Made with mode 0700 if missing.
    pub data_dir: PathBuf,
    /// The folder of certificates and signing keys: `ca.pem`, `vault.pem`, `vault.key`, `vault.sign.key`, `SHOP.sign.pub`.
    pub certs_dir: PathBuf,
    /// What kind of installation this is.
    pub profile: Profile,
    /// Unseal with a master key that lies in a file beside the data. Without it, the vault starts sealed.
    pub dev: bool,
    /// Where browsers reach the card form. Without `public_tls` only a loopback address is accepted.
    pub public_listen: SocketAddr,
    /// TLS for browsers.
    pub public_tls: Option<PublicCertificate>,
    /// Proxies in front of the card form: readers that come by them are counted by the address that they name.
    pub proxies: Vec<Proxy>,
    /// Where switch and shop come in, over mutual TLS.
    pub private_listen: SocketAddr,
    /// The shop's name on the private network and in tickets (`"shop"`).
    pub shop: String,
    /// The shop's name on the page.
    pub shop_name: String,
    /// The shop's origin, without a slash at the end (`"http://127.0.0.1:8080"`): the only place readers are sent to.
    pub shop_origin: String,
}

impl Config {
    /// The name of the vault's audit log, which its checkpoints begin with.
    #[must_use]
    pub fn audit_origin(&self) -> String {
        format!("bouquin.internal/vault/{}", self.shop)
    }

    /// All that the process keeps of the system: its folder, its certificates to read, its two doors, and no way out.
    pub(crate) fn needs(&self) -> Needs {
        let tls = self.public_tls.iter();
        let read = tls.flat_map(|files| [files.chain.clone(), files.key.clone()]);
        Needs {
            process: crate::NAME,
            own: self.data_dir.clone(),
            read: read.chain([self.certs_dir.clone()]).collect(),
            listen: vec![self.public_listen.port(), self.private_listen.port()],
            connect: Vec::new(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), VaultError> {
        if self.profile == Profile::Production && self.dev {
            return Err(VaultError::DevInProduction);
        }
        if self.public_tls.is_none() && !self.public_listen.ip().is_loopback() {
            return Err(VaultError::PlainHttp(self.public_listen));
        }
        let authority = self
            .shop_origin
            .strip_prefix("https://")
            .or_else(|| self.shop_origin.strip_prefix("http://"));
        let plain = |c: char| c.is_ascii_alphanumeric() || ".:-[]".contains(c);
        match authority {
            Some(authority) if !authority.is_empty() && authority.chars().all(plain) => Ok(()),
            _ => Err(VaultError::ShopOrigin(self.shop_origin.clone())),
        }
    }

    /// Says the mode where nobody can miss it.
    pub(crate) fn announce(&self) {
        if self.dev {
            tracing::warn!(
                master_key = %crate::keys::dev::master_key_path(&self.data_dir).display(),
                "DEVELOPMENT VAULT: unsealed by a key that lies in a file beside the data. Use test cards only; never \
                 give it a real card number"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    fn config() -> Config {
        Config {
            data_dir: "/nowhere".into(),
            certs_dir: "/nowhere".into(),
            profile: Profile::Development,
            dev: true,
            public_listen: ([127, 0, 0, 1], 0).into(),
            public_tls: None,
            proxies: Vec::new(),
            private_listen: ([127, 0, 0, 1], 0).into(),
            shop: "shop".into(),
            shop_name: "Bouquin".into(),
            shop_origin: "http://127.0.0.1:8080".into(),
        }
    }

    #[test]
    fn a_development_vault_refuses_production_and_a_sealed_one_does_not() {
        assert!(config().check().is_ok());
        let production = Config {
            profile: Profile::Production,
            ..config()
        };
        assert!(matches!(
            production.check(),
            Err(VaultError::DevInProduction)
        ));
        for profile in [Profile::Production, Profile::Development] {
            let sealed = Config {
                dev: false,
                profile,
                ..config()
            };
            assert!(sealed.check().is_ok());
        }
    }

    #[test]
    fn plain_http_is_for_loopback() {
        let open = Config {
            public_listen: ([0, 0, 0, 0], 8443).into(),
            ..config()
        };
        assert!(matches!(open.check(), Err(VaultError::PlainHttp(_))));
    }

    #[test]
    fn the_shop_origin_cannot_smuggle_words_into_a_header() {
        for origin in [
            "",
            "ftp://shop",
            "https://",
            "https://shop/",
            "https://shop; script-src *",
            "https://a b",
        ] {
            let config = Config {
                shop_origin: origin.into(),
                ..config()
            };
            assert!(
                matches!(config.check(), Err(VaultError::ShopOrigin(_))),
                "{origin}"
            );
        }
    }
}
