//! `bouquin vault`: runs the vault.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::config::{self, Profile, WebOrigin};

/// `bouquin vault`
#[derive(clap::Args)]
pub struct Options {
    /// The TOML file; see docs/configuration.md.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Unseal with a key file beside the data: for demonstrations and tests, refused in production.
    #[arg(long)]
    dev: bool,
}

/// The vault's configuration file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VaultConfig {
    /// Demonstration or real shop.
    profile: Profile,
    /// The vault's own folder.
    folder: PathBuf,
    /// The folder of certificates and keys.
    certificates: PathBuf,
    /// Where readers come in.
    card_page: SocketAddr,
    /// A certificate that browsers believe; without it only the loopback is served.
    tls: Option<Tls>,
    /// Where switch and shop come in.
    private: SocketAddr,
    /// The shop's name on the card page.
    shop_name: String,
    /// Where readers are sent back to.
    shop_url: WebOrigin,
}

/// `[tls]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    /// The chain, leaf first, PEM.
    chain: PathBuf,
    /// Its key, PEM, mode 0600.
    key: PathBuf,
}

/// Runs until told to end.
pub fn run(options: &Options) -> Result<()> {
    let config = settings(options)?;
    let confined = vault::confine(&config).context("the vault")?;
    super::on_runtime(async { vault::run(config, confined).await.context("the vault") })
}

fn settings(options: &Options) -> Result<vault::Config> {
    let config: VaultConfig = config::read(&options.config).context("the configuration")?;
    Ok(vault::Config {
        data_dir: config.folder,
        certs_dir: config.certificates,
        profile: match config.profile {
            Profile::Demo => vault::Profile::Development,
            Profile::Production => vault::Profile::Production,
        },
        dev: options.dev,
        public_listen: config.card_page,
        public_tls: config.tls.map(|tls| vault::PublicCertificate {
            chain: tls.chain,
            key: tls.key,
        }),
        private_listen: config.private,
        shop: "shop".to_owned(),
        shop_name: config.shop_name,
        shop_origin: config.shop_url.as_str().to_owned(),
    })
}
