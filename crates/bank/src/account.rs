//! The merchant's account: what moves on it, and what the bank charges for that (`data/account.toml`).
//!
//! An entry is booked when something happens; which day's statement it stands on is [`crate::statement`]'s.

use banking::iban::Iban;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use storage::{Fault, Row, Tx};
use trade::clock::Timestamp;
use trade::money::Money;

const ACCOUNT: &str = include_str!("../data/account.toml");

storage::statements! {
    BOOK = "INSERT INTO entry (day, kind, amount_cents, charges_cents, lines, reference, payment, words, debtor, iban, booked_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    UNSTATED = "SELECT id, day, kind, amount_cents, charges_cents, lines, reference, payment, words, debtor, iban
        FROM entry WHERE statement IS NULL AND day = $1 ORDER BY id";
    UNSTATED_DAYS = "SELECT DISTINCT day FROM entry WHERE statement IS NULL AND day <= $1 ORDER BY day";
    STATE = "UPDATE entry SET statement = $2 WHERE id = $1 AND statement IS NULL";
    CHARGED_BACK = "SELECT CAST(COALESCE(SUM(-amount_cents), 0) AS BIGINT) FROM entry
        WHERE payment = $1 AND kind IN ('chargeback', 'representment')";
    CLEARED = "SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'capture' THEN amount_cents ELSE -amount_cents END), 0) AS BIGINT)
        FROM cleared WHERE payment = $1";
    DISPUTES = "SELECT COUNT(*) FROM entry WHERE kind = 'chargeback'";
    DISPUTE = "SELECT payment, -amount_cents FROM entry WHERE kind = 'chargeback' AND reference = $1";
    REPRESENTED = "SELECT 1 FROM entry WHERE kind = 'representment' AND reference = $1";
}

/// The account and its tariffs are not what the program expects.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The file.
    #[error("data/account.toml: {0}")]
    File(#[from] toml::de::Error),
    /// The number.
    #[error("data/account.toml: {0}")]
    Iban(#[from] banking::iban::IbanError),
}

/// The account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) owner: String,
    pub(crate) iban: Iban,
    /// Ascending by their first day.
    tariffs: Vec<Tariff>,
}

/// What the bank charges from a day on.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Tariff {
    valid_from: Date,
    basis_points: i64,
    per_capture_cents: i64,
    per_chargeback_cents: i64,
}

#[derive(Deserialize)]
struct File {
    owner: String,
    iban: String,
    tariff: Vec<Tariff>,
}

impl Account {
    pub(crate) fn load() -> Result<Account, AccountError> {
        let mut file: File = toml::from_str(ACCOUNT)?;
        file.tariff.sort_by_key(|tariff| tariff.valid_from);
        Ok(Account {
            owner: file.owner,
            iban: Iban::parse(&file.iban)?,
            tariffs: file.tariff,
        })
    }

    /// What it charges on that day; nothing before the first tariff.
    pub(crate) fn tariff(&self, day: Date) -> Option<&Tariff> {
        let begun = self.tariffs.iter().rev();
        begun.into_iter().find(|tariff| tariff.valid_from <= day)
    }
}

impl Tariff {
    /// For so many captures that add up to so much.
    pub(crate) fn of_captures(&self, count: usize, captures: Money) -> Money {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let share = captures
            .as_cents()
            .saturating_mul(self.basis_points)
            .saturating_add(5_000)
            / 10_000;
        Money::cents(share.saturating_add(self.per_capture_cents.saturating_mul(count)))
    }

    /// For a chargeback.
    pub(crate) fn of_chargeback(&self) -> Money {
        Money::cents(self.per_chargeback_cents)
    }
}

/// Why something moves on the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Clearing,
    Chargeback,
    Representment,
    Transfer,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [
        Kind::Clearing,
        Kind::Chargeback,
        Kind::Representment,
        Kind::Transfer,
    ];

    fn name(self) -> &'static str {
        match self {
            Kind::Clearing => "clearing",
            Kind::Chargeback => "chargeback",
            Kind::Representment => "representment",
            Kind::Transfer => "transfer",
        }
    }
}

/// Something that moves on the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    /// With its sign, before the charges.
    pub(crate) amount: Money,
    pub(crate) charges: Money,
    /// How many captures and refunds it is made of; 1 for the others.
    pub(crate) lines: i64,
    /// The batch's number, the dispute, or what the payer calls the transfer.
    pub(crate) reference: String,
    /// The payment that is disputed.
    pub(crate) payment: String,
    /// What it is for, in the words of who caused it.
    pub(crate) words: String,
    pub(crate) debtor: String,
    pub(crate) iban: String,
}

impl Entry {
    /// What is on the account more by it.
    pub(crate) fn net(&self) -> Money {
        self.amount - self.charges
    }
}

/// An entry that stands on no statement yet.
pub(crate) struct Unstated {
    pub(crate) id: i64,
    pub(crate) entry: Entry,
}

pub(crate) fn book(tx: &mut dyn Tx, entry: &Entry, now: Timestamp) -> Result<(), Fault> {
    let params = [
        now.date_in_paris().to_string().into(),
        entry.kind.name().into(),
        entry.amount.as_cents().into(),
        entry.charges.as_cents().into(),
        entry.lines.into(),
        entry.reference.as_str().into(),
        entry.payment.as_str().into(),
        entry.words.as_str().into(),
        entry.debtor.as_str().into(),
        entry.iban.as_str().into(),
        now.as_micros().into(),
    ];
    tx.execute(&BOOK, &params).map(drop)
}

/// The days up to that one with entries that stand on no statement.
pub(crate) fn unstated_days(tx: &mut dyn Tx, until: Date) -> Result<Vec<Date>, Fault> {
    let rows = tx.query(&UNSTATED_DAYS, &[until.to_string().into()])?;
    rows.iter().map(|row| day(row.text(0)?)).collect()
}

/// The entries of a day that stand on no statement, in their order.
pub(crate) fn unstated(tx: &mut dyn Tx, day: Date) -> Result<Vec<Unstated>, Fault> {
    tx.query(&UNSTATED, &[day.to_string().into()])?
        .iter()
        .map(read)
        .collect()
}

pub(crate) fn state(tx: &mut dyn Tx, entry: i64, statement: i64) -> Result<(), Fault> {
    tx.execute(&STATE, &[entry.into(), statement.into()])
        .map(drop)
}

/// `POST /transfers`, by the bank's operator: somebody pays the merchant by transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// How much, above zero.
    pub amount: Money,
    /// What it is for: the words or the reference that the payer typed.
    pub words: String,
    /// Who pays.
    pub name: String,
    /// From which account; none, or one that is no IBAN, is not told on the statement.
    pub iban: Option<String>,
}

impl Transfer {
    pub(crate) fn entry(&self) -> Entry {
        Entry {
            kind: Kind::Transfer,
            amount: self.amount,
            charges: Money::ZERO,
            lines: 1,
            reference: "NOTPROVIDED".to_owned(),
            payment: String::new(),
            words: self.words.clone(),
            debtor: self.name.clone(),
            iban: self.iban.clone().unwrap_or_default(),
        }
    }
}

/// `POST /chargebacks`, by the bank's operator: a cardholder's bank takes back what a payment brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeBack {
    /// The payment.
    pub payment: String,
    /// How much.
    pub amount: Money,
    /// Why, as the cardholder's bank says.
    pub reason: String,
}

/// A dispute: a cardholder's bank takes back what a payment brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// The bank's name for it, `D000001`.
    pub dispute: String,
    /// The payment.
    pub payment: String,
    /// How much.
    pub amount: Money,
}

/// Why there is no such dispute.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoDispute {
    #[error("so much of this payment was never cleared, or was given or charged back before")]
    Amount,
    #[error("there is no such dispute, or it was represented before")]
    Unknown,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Takes back what a payment brought, at most what is left of it.
pub(crate) fn charge_back(
    tx: &mut dyn Tx,
    payment: &str,
    amount: Money,
    reason: &str,
    charges: Money,
    now: Timestamp,
) -> Result<Dispute, NoDispute> {
    let sum = |tx: &mut dyn Tx, statement| {
        let row = tx.query_one(statement, &[payment.into()])?;
        Ok::<_, Fault>(Money::cents(row.int(0)?))
    };
    let left = sum(tx, &CLEARED)? - sum(tx, &CHARGED_BACK)?;
    if amount <= Money::ZERO || amount > left {
        return Err(NoDispute::Amount);
    }
    let number = tx.query_one(&DISPUTES, &[])?.int(0)? + 1;
    let dispute = Dispute {
        dispute: format!("D{number:06}"),
        payment: payment.to_owned(),
        amount,
    };
    let entry = of_dispute(Kind::Chargeback, &dispute, -amount, charges, reason);
    book(tx, &entry, now)?;
    Ok(dispute)
}

/// Gives back what a chargeback took, but not its charges: the merchant's evidence was accepted. Once.
pub(crate) fn represent(
    tx: &mut dyn Tx,
    dispute: &str,
    now: Timestamp,
) -> Result<Dispute, NoDispute> {
    let found = tx.query_opt(&DISPUTE, &[dispute.into()])?;
    let row = found.ok_or(NoDispute::Unknown)?;
    if tx.query_opt(&REPRESENTED, &[dispute.into()])?.is_some() {
        return Err(NoDispute::Unknown);
    }
    let dispute = Dispute {
        dispute: dispute.to_owned(),
        payment: row.text(0)?.to_owned(),
        amount: Money::cents(row.int(1)?),
    };
    let entry = of_dispute(
        Kind::Representment,
        &dispute,
        dispute.amount,
        Money::ZERO,
        "",
    );
    book(tx, &entry, now)?;
    Ok(dispute)
}

fn of_dispute(kind: Kind, dispute: &Dispute, amount: Money, charges: Money, words: &str) -> Entry {
    Entry {
        kind,
        amount,
        charges,
        lines: 1,
        reference: dispute.dispute.clone(),
        payment: dispute.payment.clone(),
        words: words.to_owned(),
        debtor: String::new(),
        iban: String::new(),
    }
}

fn read(row: &Row) -> Result<Unstated, Fault> {
    let name = row.text(2)?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    Ok(Unstated {
        id: row.int(0)?,
        entry: Entry {
            kind: kind.ok_or_else(|| Fault::defect("an entry is of no kind"))?,
            amount: Money::cents(row.int(3)?),
            charges: Money::cents(row.int(4)?),
            lines: row.int(5)?,
            reference: row.text(6)?.to_owned(),
            payment: row.text(7)?.to_owned(),
            words: row.text(8)?.to_owned(),
            debtor: row.text(9)?.to_owned(),
            iban: row.text(10)?.to_owned(),
        },
    })
}

pub(crate) fn day(text: &str) -> Result<Date, Fault> {
    text.parse()
        .map_err(|_| Fault::defect("a day in the books is malformed"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_tariff_of_the_day_is_charged() {
        let account = Account::load().unwrap();
        assert!(account.tariff(date(1999, 12, 31)).is_none());
        let tariff = account.tariff(date(2026, 11, 26)).unwrap();
        // 0.80 % of 34.40 € are 27.52 cents, and twice 5 cents.
        assert_eq!(tariff.of_captures(2, Money::cents(3440)), Money::cents(38));
        assert_eq!(tariff.of_captures(0, Money::ZERO), Money::ZERO);
    }
}
