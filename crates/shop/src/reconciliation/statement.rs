//! Statements of the shop's accounts, each read once.
//!
//! A statement is known by its account and its number in the year; read again it changes nothing, also when two nodes
//! read it at once. Another one under the same number is refused. Statements may come in any order: what is missing
//! between them is a break until it comes.

use banking::statement::{AccountId, Statement};
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, money::Money};

use super::{book, movement};
use crate::columns;

storage::statements! {
    READ = "INSERT INTO bank_statements (account, name, year, sequence, part, first_day, last_day, opening_cents,
            closing_cents, entries, fingerprint, staff, read_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (account, name) DO NOTHING RETURNING id";
    KNOWN = "SELECT fingerprint FROM bank_statements WHERE account = $1 AND name = $2";
    LATEST = "SELECT id, account, name, year, sequence, part, first_day, last_day, opening_cents, closing_cents, entries,
            staff, read_us
        FROM bank_statements ORDER BY last_day DESC, id DESC LIMIT $1";
}

/// What became of a statement that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handed {
    /// It was read, with so many movements.
    Read(usize),
    /// It had been read before.
    Known,
    /// Another one with that name was read before.
    Another,
}

/// A statement that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadStatement {
    /// Its number in the shop.
    pub id: i64,
    /// The account: an IBAN, or what the bank knows it by.
    pub account: String,
    /// Year and number, and the part if it came in parts; the bank's name for it when it has no number.
    pub name: String,
    /// The year of its last day.
    pub year: i64,
    /// Its number in the year, when the bank numbers.
    pub sequence: Option<i64>,
    /// Its part, from 1; 0 when it is whole.
    pub part: i64,
    /// Its first day.
    pub first_day: Date,
    /// Its last day.
    pub last_day: Date,
    /// What was on the account before.
    pub opening: Money,
    /// What is on it afterwards.
    pub closing: Money,
    /// How many movements it has.
    pub entries: u32,
    /// The login of who handed it in.
    pub staff: String,
    /// When.
    pub read: Timestamp,
}

/// Reads a statement and books its movements, in one transaction.
pub(super) fn read(
    tx: &mut dyn Tx,
    statement: &Statement,
    staff: &str,
    now: Timestamp,
) -> Result<Handed, Fault> {
    let movements = movement::movements(statement);
    let (account, name) = (account(&statement.account), name(statement));
    let fingerprint = fingerprint(statement);
    let first_day = statement
        .period
        .map_or(statement.opening.date, |period| period.from);
    let params = [
        account.into(),
        name.as_str().into(),
        i64::from(statement.closing.date.year()).into(),
        sequence(statement).into(),
        statement.page.map_or(0, |page| page.number).into(),
        first_day.to_string().into(),
        statement.closing.date.to_string().into(),
        statement.opening.amount.as_cents().into(),
        statement.closing.amount.as_cents().into(),
        i64::try_from(movements.len()).unwrap_or(i64::MAX).into(),
        fingerprint.as_str().into(),
        staff.into(),
        now.as_micros().into(),
    ];
    let Some(row) = tx.query_opt(&READ, &params)? else {
        let known = tx.query_one(&KNOWN, &[account.into(), name.into()])?;
        return Ok(match known.text(0)? == fingerprint {
            true => Handed::Known,
            false => Handed::Another,
        });
    };
    let id = row.int(0)?;
    for movement in &movements {
        book::book(tx, id, movement, now)?;
    }
    Ok(Handed::Read(movements.len()))
}

/// The number of an account.
pub(super) fn account(account: &AccountId) -> &str {
    match account {
        AccountId::Iban(iban) => iban.as_str(),
        AccountId::Other(other) => other,
    }
}

/// What tells a statement from the others of its account. Most banks begin to count again each year.
pub(super) fn name(statement: &Statement) -> String {
    let year = statement.closing.date.year();
    let Some(sequence) = sequence(statement) else {
        return statement.id.clone();
    };
    match statement.page {
        Some(page) => format!("{year}/{sequence}.{}", page.number),
        None => format!("{year}/{sequence}"),
    }
}

fn sequence(statement: &Statement) -> Option<i64> {
    let sequence = statement.legal_sequence.or(statement.electronic_sequence)?;
    i64::try_from(sequence).ok()
}

/// A digest of what moved: a file that was fetched again may be written differently.
fn fingerprint(statement: &Statement) -> String {
    let mut digest = Sha256::new();
    let mut add = |text: String| digest.update(format!("{text}\n"));
    add(statement.opening.amount.as_cents().to_string());
    for entry in statement.booked() {
        let day = entry
            .booked_on
            .map(|day| day.to_string())
            .unwrap_or_default();
        let reference = entry.servicer_reference.as_deref().unwrap_or_default();
        add(format!("{} {day} {reference}", entry.signed().as_cents()));
    }
    add(statement.closing.amount.as_cents().to_string());
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The latest statements by their last day, latest first.
///
/// # Errors
/// A [`Fault`].
pub fn statements_read(tx: &mut dyn Tx, limit: u32) -> Result<Vec<ReadStatement>, Fault> {
    tx.query(&LATEST, &[limit.into()])?
        .iter()
        .map(of_row)
        .collect()
}

fn of_row(row: &Row) -> Result<ReadStatement, Fault> {
    Ok(ReadStatement {
        id: row.int(0)?,
        account: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        year: row.int(3)?,
        sequence: row.opt_int(4)?,
        part: row.int(5)?,
        first_day: columns::parsed(row.text(6)?)?,
        last_day: columns::parsed(row.text(7)?)?,
        opening: Money::cents(row.int(8)?),
        closing: Money::cents(row.int(9)?),
        entries: row.count(10)?,
        staff: row.text(11)?.to_owned(),
        read: Timestamp::micros(row.int(12)?),
    })
}
