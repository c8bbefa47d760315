//! What the operator of the demonstration's bank makes happen: disputes, transfers, the end of a day, other keys.
//!
//! Each asks the running bank at its window, with the bank's own certificate.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use bank::{ChargeBack, Dispute, StatementPage, StatementReport, Transfer, Trouble};
use link::{Identity, http::Client};
use serde::{Serialize, de::DeserializeOwned};
use trade::money::Money;

use super::BankConfig;
use crate::config;

/// How long the running bank may take.
const ASK_TIME: Duration = Duration::from_secs(30);

/// The largest statement that is fetched: a day of a hundred thousand entries is smaller.
const STATEMENT_BYTES: usize = 64 << 20;

/// Somebody pays the merchant by transfer.
#[derive(clap::Args)]
pub struct TransferOptions {
    /// The bank's TOML file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// How much, in euros: 23.90
    #[arg(long)]
    amount: String,
    /// What the payer writes, such as an order's reference.
    #[arg(long)]
    words: String,
    /// Who pays.
    #[arg(long, default_value = "Jeanne Moreau")]
    name: String,
    /// From which account.
    #[arg(long)]
    iban: Option<String>,
}

/// A cardholder's bank takes back what a payment brought.
#[derive(clap::Args)]
pub struct ChargeBackOptions {
    /// The bank's TOML file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The payment.
    #[arg(long)]
    payment: String,
    /// How much, in euros: 23.90
    #[arg(long)]
    amount: String,
    /// Why, as the cardholder's bank says.
    #[arg(long, default_value = "the cardholder does not recognise it")]
    reason: String,
}

/// The merchant's evidence is accepted.
#[derive(clap::Args)]
pub struct RepresentOptions {
    /// The bank's TOML file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The dispute, as `bouquin bank chargeback` named it.
    dispute: String,
}

/// What goes wrong with the next messages about payments, one word for each.
#[derive(clap::Args)]
pub struct TroubleOptions {
    /// The bank's TOML file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// In the order of the messages; without a word all goes well again.
    troubles: Vec<Trouble>,
}

/// Account statements.
#[derive(clap::Args)]
pub struct StatementOptions {
    /// The bank's TOML file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Makes the statement of today first, as if the day were over.
    #[arg(long)]
    close: bool,
    /// Those after this number.
    #[arg(long, default_value_t = 0)]
    after: i64,
    /// The folder to write them to, as `NUMBER.xml`.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// The running bank's window.
struct Window(Client);

impl Window {
    fn open(path: &Path) -> Result<Window> {
        let config: BankConfig = config::read(path).context("the configuration")?;
        let identity =
            Identity::load(&config.certificates, "bank").context("the bank's certificate")?;
        Ok(Window(Client::new(config.books, &identity, "bank")?))
    }

    async fn ask<A: DeserializeOwned>(&self, path: &str, request: &impl Serialize) -> Result<A> {
        let answer = self.0.post(path, request, ASK_TIME).await;
        answer.context("the bank")
    }
}

/// Nothing to say beside the path.
fn nothing() -> serde_json::Map<String, serde_json::Value> {
    serde_json::Map::new()
}

fn euros(text: &str) -> Result<Money> {
    match Money::parse_decimal(text) {
        Some(amount) if !amount.is_zero() => Ok(amount),
        _ => bail!("{text:?} is no amount in euros such as 23.90"),
    }
}

/// Asks the switch for other keys.
pub async fn change_keys(config: PathBuf) -> Result<()> {
    let window = Window::open(&config)?;
    window.ask::<()>("/key-change", &nothing()).await?;
    println!("the switch is asked for other keys");
    Ok(())
}

/// Books a transfer.
pub async fn transfer(options: TransferOptions) -> Result<()> {
    let transfer = Transfer {
        amount: euros(&options.amount)?,
        words: options.words,
        name: options.name,
        iban: options.iban,
    };
    let window = Window::open(&options.config)?;
    window.ask::<()>("/transfers", &transfer).await?;
    println!("{} from {} is booked", transfer.amount, transfer.name);
    Ok(())
}

/// Books a chargeback.
pub async fn charge_back(options: ChargeBackOptions) -> Result<()> {
    let asked = ChargeBack {
        payment: options.payment,
        amount: euros(&options.amount)?,
        reason: options.reason,
    };
    let window = Window::open(&options.config)?;
    let Dispute {
        dispute, amount, ..
    } = window.ask("/chargebacks", &asked).await?;
    println!("dispute {dispute}: {amount} is taken back");
    Ok(())
}

/// Books a representment.
pub async fn represent(options: RepresentOptions) -> Result<()> {
    let window = Window::open(&options.config)?;
    let path = format!("/chargebacks/{}/represent", options.dispute);
    let Dispute {
        dispute, amount, ..
    } = window.ask(&path, &nothing()).await?;
    println!("dispute {dispute}: {amount} is given back");
    Ok(())
}

/// Asks for trouble.
pub async fn trouble(options: TroubleOptions) -> Result<()> {
    let window = Window::open(&options.config)?;
    window.ask::<()>("/troubles", &options.troubles).await?;
    println!(
        "the next {} messages are taken care of",
        options.troubles.len()
    );
    Ok(())
}

/// Fetches statements, and closes the day before when asked.
pub async fn statement(options: StatementOptions) -> Result<()> {
    let window = Window::open(&options.config)?;
    if options.close {
        let made: Vec<StatementReport> = window.ask("/statements", &nothing()).await?;
        if made.is_empty() {
            println!("nothing has moved since the last statement");
        }
    }
    fs::create_dir_all(&options.out)?;
    let mut after = options.after;
    loop {
        let path = format!("/statements?after={after}");
        let page: StatementPage = window.0.get(&path, ASK_TIME).await.context("the bank")?;
        for statement in &page.statements {
            write(&window, statement, &options.out).await?;
        }
        match page.next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

async fn write(window: &Window, statement: &StatementReport, folder: &Path) -> Result<()> {
    let path = format!("/statements/{}", statement.number);
    let file = window.0.get_file(&path, STATEMENT_BYTES, ASK_TIME).await;
    let out = folder.join(format!("{:08}.xml", statement.number));
    fs::write(&out, file.context("the bank")?)?;
    println!(
        "{}: {} with {} entries, from {} to {}",
        out.display(),
        statement.day,
        statement.entries,
        statement.opening,
        statement.closing
    );
    Ok(())
}
