//! `bouquin vault`: runs the vault, holds its key ceremony, and talks to the one that runs.

mod ceremony;
mod running;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use link::forwarded::Proxy;
use serde::Deserialize;

use super::vault_audit::{self, Audit};
use crate::config::{self, Profile, WebOrigin};

/// `bouquin vault`
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    deed: Option<Deed>,
    /// The TOML file; see docs/configuration.md.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Unseal with a key file beside the data: for demonstrations and tests, refused in production.
    #[arg(long)]
    dev: bool,
}

/// What is done about the vault's keys. See docs/operate-payments.md.
#[derive(Subcommand)]
enum Deed {
    /// Holds the key ceremony: makes the vault's keys and five sealed shares, of which three unseal it.
    Init(ceremony::Init),
    /// A custodian opens her share and seals it for the vault that waits.
    Share(ceremony::Share),
    /// Hands shares to the running vault, or says which it has.
    Unseal(running::Unseal),
    /// Makes the running vault forget its keys at once.
    Seal(super::ConfigFile),
    /// Asks a quorum for a new master key, shared among other custodians, when one is lost or leaves.
    Reshare(ceremony::Reshare),
    /// Begins a new epoch: all cards' keys are wrapped anew, and the old epoch's key is destroyed.
    Rotate(super::ConfigFile),
    /// Lists the custodians, or makes the key pair of one.
    Custodians(ceremony::Custodians),
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
    /// Proxies in front of the card page that are believed.
    #[serde(default)]
    proxies: Vec<Proxy>,
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

/// Runs the vault until told to end, or does one of the deeds.
pub fn run(options: Options) -> Result<()> {
    match options.deed {
        None => match options.config {
            Some(config) => serve(&config, options.dev),
            None => bail!("which vault? say --config FILE"),
        },
        Some(Deed::Init(init)) => super::on_runtime(ceremony::init(init)),
        Some(Deed::Share(share)) => ceremony::share(&share),
        Some(Deed::Unseal(unseal)) => running::unseal(&unseal),
        Some(Deed::Reshare(reshare)) => ceremony::reshare(reshare),
        Some(Deed::Seal(file)) => running::seal(&file.config),
        Some(Deed::Rotate(file)) => running::rotate(&file.config),
        Some(Deed::Custodians(custodians)) => ceremony::custodians(custodians),
        Some(Deed::Audit(audit)) => vault_audit::run(&audit, |config| settings(config, false)),
    }
}

/// The folder of the vault that a file configures.
pub fn folder(config: &Path) -> Result<PathBuf> {
    let config: VaultConfig = config::read(config).context("the configuration")?;
    Ok(config.folder)
}

fn serve(config: &Path, dev: bool) -> Result<()> {
    wiping::wipe_what_is_freed();
    let config = settings(config, dev)?;
    let confined = vault::confine(&config).context("the vault")?;
    super::on_runtime(async { vault::run(config, confined).await.context("the vault") })
}

fn settings(config: &Path, dev: bool) -> Result<vault::Config> {
    let config: VaultConfig = config::read(config).context("the configuration")?;
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
        proxies: config.proxies,
        private_listen: config.private,
        shop: "shop".to_owned(),
        shop_name: config.shop_name,
        shop_origin: config.shop_url.as_str().to_owned(),
    })
}
