//! Statements: what moved on the merchant's account on a day, as camt.053.
//!
//! A day's statement is made when the day is over, or when the bank's operator closes it; what is booked afterwards on the
//! same day stands on a further one. Numbers have no gap, and each statement begins with what the one before ended with. Each
//! clearing batch is one credit, less the charges, which are told; a chargeback is a debit, a representment a credit that
//! takes it back.

use banking::iban::Iban;
use banking::statement::{
    AccountId, Balance, BankTransactionCode, BatchDetails, Charge, DetailAmount, Direction,
    Entry as Ntry, EntryDetails, EntryStatus, Message, Party, Period, Remittance, Statement,
    Transaction,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use storage::{Fault, Row, Tx};
use trade::clock::Timestamp;
use trade::money::Money;

use crate::account::{self, Account, Entry, Kind, Unstated};

storage::statements! {
    LAST = "SELECT number, closing_cents FROM statement ORDER BY number DESC LIMIT 1";
    MAKE = "INSERT INTO statement (number, day, opening_cents, closing_cents, entries, file, made_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    PAGE = "SELECT number, day, opening_cents, closing_cents, entries, made_us
        FROM statement WHERE number > $1 ORDER BY number LIMIT $2";
    FILE = "SELECT file FROM statement WHERE number = $1";
}

/// What is told of a statement before its file is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementReport {
    /// Its number: 1, 2, 3 … without a gap.
    pub number: i64,
    /// The day it is about, in Paris, as `2026-11-26`.
    pub day: String,
    /// What was on the account before.
    pub opening: Money,
    /// What is on it afterwards.
    pub closing: Money,
    /// How many entries it has.
    pub entries: i64,
    /// When it was made.
    pub made: Timestamp,
}

/// Makes a statement of each day up to `until` on which something stands on none.
pub(crate) fn make(
    tx: &mut dyn Tx,
    account: &Account,
    until: Date,
    now: Timestamp,
) -> Result<Vec<StatementReport>, Fault> {
    let mut made = Vec::new();
    for day in account::unstated_days(tx, until)? {
        made.push(make_one(tx, account, day, now)?);
    }
    Ok(made)
}

fn make_one(
    tx: &mut dyn Tx,
    account: &Account,
    day: Date,
    now: Timestamp,
) -> Result<StatementReport, Fault> {
    let (before, opening) = match tx.query_opt(&LAST, &[])? {
        Some(row) => (row.int(0)?, Money::cents(row.int(1)?)),
        None => (0, Money::ZERO),
    };
    let number = before + 1;
    let unstated = account::unstated(tx, day)?;
    let moved: Money = unstated.iter().map(|unstated| unstated.entry.net()).sum();
    let report = StatementReport {
        number,
        day: day.to_string(),
        opening,
        closing: opening + moved,
        entries: i64::try_from(unstated.len()).unwrap_or(i64::MAX),
        made: now,
    };
    let message = message(account, &report, day, &unstated);
    let file = message
        .to_xml()
        .map_err(|unwritable| Fault::defect(unwritable.to_string()))?;
    let params = [
        number.into(),
        report.day.as_str().into(),
        report.opening.as_cents().into(),
        report.closing.as_cents().into(),
        report.entries.into(),
        file.into(),
        now.as_micros().into(),
    ];
    tx.execute(&MAKE, &params)?;
    for Unstated { id, .. } in &unstated {
        account::state(tx, *id, number)?;
    }
    Ok(report)
}

/// Statements with a higher number than `after`, in their order.
pub(crate) fn page(tx: &mut dyn Tx, after: i64, most: i64) -> Result<Vec<StatementReport>, Fault> {
    tx.query(&PAGE, &[after.into(), most.into()])?
        .iter()
        .map(read)
        .collect()
}

/// A statement as it was made.
pub(crate) fn file(tx: &mut dyn Tx, number: i64) -> Result<Option<String>, Fault> {
    let row = tx.query_opt(&FILE, &[number.into()])?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

fn read(row: &Row) -> Result<StatementReport, Fault> {
    Ok(StatementReport {
        number: row.int(0)?,
        day: row.text(1)?.to_owned(),
        opening: Money::cents(row.int(2)?),
        closing: Money::cents(row.int(3)?),
        entries: row.int(4)?,
        made: Timestamp::micros(row.int(5)?),
    })
}

fn message(
    account: &Account,
    report: &StatementReport,
    day: Date,
    unstated: &[Unstated],
) -> Message {
    let sequence = u64::try_from(report.number).ok();
    let balance = |amount| Balance { amount, date: day };
    let statement = Statement {
        id: format!("STMT-{:08}", report.number),
        page: None,
        electronic_sequence: sequence,
        legal_sequence: sequence,
        period: Some(Period { from: day, to: day }),
        account: AccountId::Iban(account.iban.clone()),
        owner: Some(account.owner.clone()),
        opening: balance(report.opening),
        closing: balance(report.closing),
        entries: unstated
            .iter()
            .map(|unstated| ntry(unstated, day))
            .collect(),
    };
    Message {
        id: format!("BOUQUIN-{:08}", report.number),
        created: report.made.rfc3339(),
        statements: vec![statement],
    }
}

/// An entry as the standard words it. The codes are those of ISO 20022's external code set: merchant card transactions
/// (MCRD), and received credit transfers (RCDT) of the SEPA (ESCT).
fn ntry(Unstated { id, entry }: &Unstated, day: Date) -> Ntry {
    let (direction, amount) = Direction::of(entry.net());
    let (family, sub_family, told) = match entry.kind {
        Kind::Clearing => ("MCRD", "POSC", "clearing batch"),
        Kind::Chargeback => ("MCRD", "DAJT", "chargeback"),
        Kind::Representment => ("MCRD", "CAJT", "representment"),
        Kind::Transfer => ("RCDT", "ESCT", "credit transfer"),
    };
    let charge = (!entry.charges.is_zero()).then_some(Charge {
        amount: entry.charges,
        direction: Direction::Debit,
        is_included: Some(true),
    });
    Ntry {
        reference: Some(id.to_string()),
        amount,
        direction,
        is_reversal: entry.kind == Kind::Representment,
        status: EntryStatus::Booked,
        booked_on: Some(day),
        value_date: Some(day),
        servicer_reference: Some(format!("E{id:011}")),
        code: BankTransactionCode {
            domain: Some(("PMNT".to_owned(), family.to_owned(), sub_family.to_owned())),
            proprietary: None,
        },
        charges: charge.into_iter().collect(),
        details: vec![details(entry)],
        information: Some(format!("{told} {}", entry.reference)),
    }
}

fn details(entry: &Entry) -> EntryDetails {
    let (direction, amount) = Direction::of(entry.amount);
    let batch = (entry.kind == Kind::Clearing).then(|| BatchDetails {
        message_id: None,
        payment_id: Some(entry.reference.clone()),
        count: u64::try_from(entry.lines).ok(),
        total: Some(amount),
        direction: Some(direction),
    });
    let words = Some(entry.words.clone()).filter(|words| !words.is_empty());
    let payer = Iban::parse(&entry.iban).ok().map(AccountId::Iban);
    let transaction = Transaction {
        end_to_end_id: match entry.kind {
            // The standard has room for 35 characters: a payment's name without its hyphens.
            Kind::Chargeback | Kind::Representment => Some(entry.payment.replace('-', "")),
            Kind::Clearing | Kind::Transfer => Some(entry.reference.clone()),
        },
        transaction_id: Some(entry.reference.clone()).filter(|name| !name.is_empty()),
        amount: Some(DetailAmount::Euro(amount)),
        direction: Some(direction),
        debtor: Party {
            name: Some(entry.debtor.clone()).filter(|name| !name.is_empty()),
            account: payer,
        },
        remittance: Remittance {
            unstructured: words.into_iter().collect(),
            ..Remittance::default()
        },
        ..Transaction::default()
    };
    EntryDetails {
        batch,
        transactions: vec![transaction],
    }
}
