//! `bouquin switch`: runs the switch.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use link::{Identity, signed::VerifyingKey};
use serde::Deserialize;
use storage::StoreUrl;
use trade::clock::Clock;

use crate::config::{self, Addresses, Profile};

/// The journal's name in the switch's folder.
const DATABASE: &str = "switch.db";

/// The switch's configuration file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchConfig {
    /// Demonstration or real shop.
    profile: Profile,
    /// The switch's own folder.
    folder: PathBuf,
    /// The folder of certificates and keys.
    certificates: PathBuf,
    /// Where the shop comes in.
    private: SocketAddr,
    /// The vault's private address.
    vault: SocketAddr,
    /// The bank's addresses, one for each carrier that leads to it, the preferred one first.
    bank: Addresses,
    /// How long the bank may take to answer, in milliseconds.
    answer_ms: Option<u64>,
    /// Who the bank knows the bookseller as.
    merchant: Merchant,
}

/// `[merchant]`, as the bank's contract says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Merchant {
    /// Exactly 8 characters.
    terminal: String,
    /// Exactly 15 characters.
    number: String,
    /// At most 11 digits.
    acquirer: u64,
}

/// The journal of the switch that a file configures.
pub fn database(config: &Path) -> Result<PathBuf> {
    let config: SwitchConfig = config::read(config).context("the configuration")?;
    Ok(config.folder.join(DATABASE))
}

/// Runs until told to end.
pub async fn run(path: PathBuf) -> Result<()> {
    let config: SwitchConfig = config::read(&path).context("the configuration")?;
    if config.profile == Profile::Production {
        anyhow::bail!(
            "this release's switch speaks to the demonstration's bank only: it does not run in production"
        );
    }
    std::fs::create_dir_all(&config.folder)?;
    let mut times = switch::Times::default();
    if let Some(ms) = config.answer_ms {
        times.line.answer = Duration::from_millis(ms);
    }
    let switch = switch::run(switch::Config {
        listen: config.private,
        carriers: config.bank.into(),
        vault: config.vault,
        database: StoreUrl::Sqlite(config.folder.join(DATABASE)),
        identity: Identity::load(&config.certificates, "switch")
            .context("the switch's certificate")?,
        shop_key: VerifyingKey::load(&config.certificates, "shop")
            .context("the shop's public key")?,
        merchant: merchant(&config.merchant)?,
        times,
        clock: Clock::system(),
    });
    tokio::select! {
        ended = switch => ended.context("the switch"),
        () = super::told_to_end() => Ok(()),
    }
}

fn merchant(merchant: &Merchant) -> Result<switch::Merchant> {
    switch::Merchant::new(&merchant.terminal, &merchant.number, merchant.acquirer)
        .context("the configuration's [merchant]")
}
