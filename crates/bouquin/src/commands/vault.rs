//! `bouquin vault`: runs the vault.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::vault_audit::{self, Audit};
use crate::config::{self, Profile, WebOrigin};

/// `bouquin vault`
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// The TOML file; see docs/configuration.md.
    #[arg(long, value_name = "FILE", required = true)]
    config: Option<PathBuf>,
    /// Unseal with a key file beside the data: for demonstrations and tests, refused in production.
    #[arg(long)]
    dev: bool,
}

/// What may be done with a vault beside running it.
#[derive(clap::Subcommand)]
enum Command {
    /// The log of everything that was asked of it.
    #[command(subcommand)]
    Audit(Audit),
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

/// Runs until told to end, or does what else was asked.
pub fn run(options: &Options) -> Result<()> {
    if let Some(Command::Audit(audit)) = &options.command {
        return vault_audit::run(audit, |config| settings(config, false));
    }
    let config = options.config.as_deref().context("--config is missing")?;
    let config = settings(config, options.dev)?;
    let confined = vault::confine(&config).context("the vault")?;
    super::on_runtime(async { vault::run(config, confined).await.context("the vault") })
}

fn settings(file: &Path, dev: bool) -> Result<vault::Config> {
    let config: VaultConfig = config::read(file).context("the configuration")?;
    Ok(vault::Config {
        data_dir: config.folder,
        certs_dir: config.certificates,
        profile: match config.profile {
            Profile::Demo => vault::Profile::Development,
            Profile::Production => vault::Profile::Production,
        },
        dev,
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
