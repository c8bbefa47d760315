//! Payouts as they are listed for a bookseller.

use jiff::civil::Date;
use storage::{Fault, Row, Tx};
use trade::money::Money;

use super::told::PayoutState;
use crate::{columns, reconciliation::breaks::BreakKind};

storage::statements! {
    COUNT = "SELECT COUNT(*) FROM provider_payouts";
    LIST = "SELECT p.id, p.state, p.amount_cents, p.currency, p.made_on, p.arrives_on, p.fees_cents,
            CAST(CASE WHEN p.booked_us IS NULL THEN 0 ELSE 1 END AS BIGINT),
            (SELECT MIN(e.booked_on) FROM bank_entries e WHERE e.kind = 'payout' AND e.subject = p.id)
        FROM provider_payouts p ORDER BY p.created_us DESC, p.id DESC LIMIT $1 OFFSET $2";
    BREAKS = "SELECT id, kind FROM breaks
        WHERE closed_us IS NULL AND kind LIKE 'payout_%' AND (subject = $1 OR subject LIKE $2) ORDER BY id LIMIT 20";
}

/// A payout that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPayout {
    /// The provider's name for it.
    pub id: String,
    /// Where it stands, for the provider.
    pub state: PayoutState,
    /// What comes to the shop's account.
    pub amount: Money,
    /// ISO 4217, in small letters; the amount counts for nothing when it is not `eur`.
    pub currency: String,
    /// The day on which it was made.
    pub made_on: Date,
    /// The day on which the provider expects it at the bank.
    pub arrives_on: Date,
    /// What the provider charged for what it is made of.
    pub fees: Money,
    /// Whether it is booked.
    pub is_booked: bool,
    /// The day on which the bank booked it.
    pub arrived_on: Option<Date>,
    /// Breaks that are open about it, by their numbers: 20 at most.
    pub breaks: Vec<(i64, BreakKind)>,
}

/// Payouts, the latest first, and how many there are; `page` counts from 1.
///
/// # Errors
/// A [`Fault`].
pub fn payouts_read(
    tx: &mut dyn Tx,
    page: u32,
    per_page: u32,
) -> Result<(Vec<ReadPayout>, u64), Fault> {
    let total = tx.query_one(&COUNT, &[])?.int(0)?;
    let skipped = i64::from(page.saturating_sub(1)) * i64::from(per_page);
    let rows = tx.query(&LIST, &[per_page.into(), skipped.into()])?;
    let mut payouts = Vec::new();
    for row in &rows {
        let breaks = breaks_of(tx, row.text(0)?)?;
        payouts.push(of_row(row, breaks)?);
    }
    Ok((payouts, u64::try_from(total).unwrap_or_default()))
}

fn breaks_of(tx: &mut dyn Tx, id: &str) -> Result<Vec<(i64, BreakKind)>, Fault> {
    let of_transactions = format!("{id}:%");
    let rows = tx.query(&BREAKS, &[id.into(), of_transactions.into()])?;
    rows.iter()
        .map(|row| Ok((row.int(0)?, BreakKind::of_column(row.text(1)?)?)))
        .collect()
}

fn of_row(row: &Row, breaks: Vec<(i64, BreakKind)>) -> Result<ReadPayout, Fault> {
    Ok(ReadPayout {
        id: row.text(0)?.to_owned(),
        state: PayoutState::of_column(row.text(1)?)?,
        amount: Money::cents(row.int(2)?),
        currency: row.text(3)?.to_owned(),
        made_on: columns::parsed(row.text(4)?)?,
        arrives_on: columns::parsed(row.text(5)?)?,
        fees: Money::cents(row.int(6)?),
        is_booked: row.flag(7)?,
        arrived_on: row.opt_text(8)?.map(columns::parsed).transpose()?,
        breaks,
    })
}
