//! `bouquin switch`: runs the switch, or cuts a clearing batch at the one that runs.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use link::{Identity, http::Client, signed::VerifyingKey};
use sandbox::Demand;
use serde::Deserialize;
use storage::StoreUrl;
use switch::BatchReport;
use trade::{clock::Clock, limits};

use crate::config::{self, Addresses, Profile};

/// The journal's name in the switch's folder.
const DATABASE: &str = "switch.db";

/// `bouquin switch`
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    deed: Option<Deed>,
    /// The TOML file; see docs/configuration.md.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What the running switch is told.
#[derive(Subcommand)]
enum Deed {
    /// Puts what was captured and refunded into a clearing batch now, not at the time of day that is set.
    Cut(super::ConfigFile),
}

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
    /// Where captures and refunds are cleared.
    clearing: Option<Clearing>,
}

/// `[clearing]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clearing {
    /// The bank's door for files.
    bank: SocketAddr,
    /// When the batch of the day is cut, in Paris, `"23:00"`; without it only when told.
    cut: Option<jiff::civil::Time>,
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

/// Runs the switch, or tells the one that runs something.
pub fn run(options: Options) -> Result<()> {
    match (options.deed, options.config) {
        (Some(Deed::Cut(file)), _) => super::on_runtime(cut(file.config)),
        (None, Some(config)) => {
            wiping::wipe_what_is_freed();
            serve(&config)
        }
        (None, None) => bail!("which switch? bouquin switch --config FILE"),
    }
}

/// How long the running switch may take to cut a batch.
const CUT_TIME: Duration = Duration::from_secs(60);

async fn cut(path: PathBuf) -> Result<()> {
    let config: SwitchConfig = config::read(&path).context("the configuration")?;
    let identity =
        Identity::load(&config.certificates, "switch").context("the switch's certificate")?;
    let running = Client::new(config.private, &identity, "switch")?;
    let nothing = serde_json::Map::new();
    let cut: Vec<BatchReport> = running
        .post("/clearing/cut", &nothing, CUT_TIME)
        .await
        .context("the switch")?;
    for batch in cut {
        println!(
            "batch {} of {}: {} lines, captures {}, refunds {}",
            batch.sequence, batch.business_date, batch.lines, batch.captures, batch.refunds
        );
    }
    Ok(())
}

/// Confines the process, then runs until told to end.
fn serve(path: &Path) -> Result<()> {
    let config: SwitchConfig = config::read(path).context("the configuration")?;
    let demand = match config.profile {
        Profile::Demo => Demand::WhatThereIs,
        Profile::Production => bail!(
            "this release's switch speaks to the demonstration's bank only: it does not run in production"
        ),
    };
    std::fs::create_dir_all(&config.folder)?;
    let (own, certificates) = (config.folder.clone(), config.certificates.clone());
    let folders = switch::Folders {
        own: &own,
        certificates: &certificates,
    };
    let config = settings(config)?;
    let confined = switch::confine(&config, folders, demand).context("the switch")?;
    super::on_runtime(async {
        tokio::select! {
            ended = switch::run(config, confined) => ended.context("the switch"),
            () = super::told_to_end() => Ok(()),
        }
    })
}

fn settings(config: SwitchConfig) -> Result<switch::Config> {
    let mut times = switch::Times::default();
    if let Some(ms) = config.answer_ms {
        times.line.answer = Duration::from_millis(ms);
    }
    Ok(switch::Config {
        listen: config.private,
        carriers: carriers(config.bank)?,
        vault: config.vault,
        database: StoreUrl::Sqlite(config.folder.join(DATABASE)),
        identity: Identity::load(&config.certificates, "switch")
            .context("the switch's certificate")?,
        shop_key: VerifyingKey::load(&config.certificates, "shop")
            .context("the shop's public key")?,
        merchant: merchant(&config.merchant)?,
        clearing: config.clearing.map(|clearing| switch::Clearing {
            bank: clearing.bank,
            cut: clearing.cut,
        }),
        times,
        clock: Clock::system(),
    })
}

fn carriers(addresses: Addresses) -> Result<Vec<SocketAddr>> {
    let carriers: Vec<SocketAddr> = addresses.into();
    match carriers.len() {
        1..=limits::CARRIERS => Ok(carriers),
        0 => bail!("bank: it names no address; give the bank's door for each carrier"),
        more => bail!(
            "bank: it names {more} carriers; at most {} can be shown to an operator",
            limits::CARRIERS
        ),
    }
}

fn merchant(merchant: &Merchant) -> Result<switch::Merchant> {
    switch::Merchant::new(&merchant.terminal, &merchant.number, merchant.acquirer)
        .context("the configuration's [merchant]")
}
