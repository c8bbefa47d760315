//! `bouquin bank`: the demonstration's bank, the cards it knows, and what its operator makes happen.

mod operator;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Subcommand;
use link::Identity;
use serde::Deserialize;
use storage::StoreUrl;
use trade::clock::Clock;

use crate::config::{self, Addresses, Profile};

/// `bouquin bank`
#[derive(clap::Args)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
}

/// What the bank can be asked.
#[derive(Subcommand)]
enum Action {
    /// Runs the bank.
    Serve {
        /// The TOML file; see docs/configuration.md.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Asks the switch of the running bank for other keys: it comes back with a new session, and nothing is lost by it.
    ChangeKeys {
        /// The bank's TOML file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Somebody pays the bookseller by transfer.
    Transfer(operator::TransferOptions),
    /// A cardholder's bank takes back what a payment brought, after it was cleared.
    Chargeback(operator::ChargeBackOptions),
    /// The bookseller's evidence is accepted: a chargeback is given back.
    Represent(operator::RepresentOptions),
    /// Lets the next messages go wrong: nothing, silence, late:MILLISECONDS, twice, reordered, garbage, drop-before, drop-after, in-progress,
    /// duplicate, unheard, broken-code.
    Trouble(operator::TroubleOptions),
    /// Writes account statements (camt.053) to a folder.
    Statement(operator::StatementOptions),
    /// Lists the test cards and how each behaves.
    Cards {
        /// As one line of JSON: a list of `{number, exp, csc, behaviour}`.
        #[arg(long)]
        json: bool,
    },
}

/// The bank's configuration file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BankConfig {
    /// The bank exists for demonstrations only.
    profile: Profile,
    /// The bank's own folder.
    folder: PathBuf,
    /// The folder of certificates and keys.
    certificates: PathBuf,
    /// Where the switch comes in, by any of its carriers.
    listen: Addresses,
    /// Where the books can be read.
    books: SocketAddr,
    /// Where the shop asks the bureau that the bank plays; none without it.
    bureau: Option<SocketAddr>,
    /// How long the `slow` card waits for its answer, in milliseconds.
    slow_ms: Option<u64>,
}

/// Runs the bank, or lists its cards.
pub fn run(options: Options) -> Result<()> {
    match options.action {
        Action::Serve { config } => {
            wiping::wipe_what_is_freed();
            super::on_runtime(serve(config))
        }
        Action::ChangeKeys { config } => super::on_runtime(operator::change_keys(config)),
        Action::Transfer(options) => super::on_runtime(operator::transfer(options)),
        Action::Chargeback(options) => super::on_runtime(operator::charge_back(options)),
        Action::Represent(options) => super::on_runtime(operator::represent(options)),
        Action::Trouble(options) => super::on_runtime(operator::trouble(options)),
        Action::Statement(options) => super::on_runtime(operator::statement(options)),
        Action::Cards { json } => cards(json),
    }
}

async fn serve(path: PathBuf) -> Result<()> {
    let config: BankConfig = config::read(&path).context("the configuration")?;
    if config.profile == Profile::Production {
        anyhow::bail!(
            "the bank of this program invents its answers: it does not run in production"
        );
    }
    std::fs::create_dir_all(&config.folder)?;
    let bank = bank::run(bank::Config {
        listen: config.listen.into(),
        books: config.books,
        bureau: config.bureau,
        database: StoreUrl::Sqlite(config.folder.join("bank.db")),
        identity: Identity::load(&config.certificates, "bank").context("the bank's certificate")?,
        slow: config
            .slow_ms
            .map_or(bank::SLOW_ANSWER, Duration::from_millis),
        troubles: bank::Troubles::default(),
        clock: Clock::system(),
    });
    tokio::select! {
        ended = bank => ended.context("the bank"),
        () = super::told_to_end() => Ok(()),
    }
}

fn cards(json: bool) -> Result<()> {
    let cards = bank::cards(&Clock::system())?;
    if json {
        println!("{}", serde_json::to_string(&cards)?);
        return Ok(());
    }
    println!("{:<20} {:<7} {:<5} behaviour", "number", "expiry", "code");
    for card in cards {
        println!(
            "{:<20} {:<7} {:<5} {}",
            card.number, card.exp, card.csc, card.behaviour
        );
    }
    Ok(())
}
