//! Payouts as they are listed: each is kept when it is first seen, so that whoever dies before it is booked has lost nothing,
//! and looked at again for as long as it may still fail.

use std::time::Duration;

use storage::{Fault, Tx};
use trade::{clock::Timestamp, limits, money::Money};

use super::{
    book,
    told::{Items, Payout, PayoutState},
};
use crate::reconciliation::compare::days_ago;

/// How much earlier the list is asked for than it needs be: two payouts of one moment may be listed one after the other.
const OVERLAP: Duration = Duration::from_secs(3600);

storage::statements! {
    KEEP = "INSERT INTO provider_payouts (id, state, amount_cents, currency, created_us, made_on, arrives_on, items, payer,
            trace, due_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (id) DO UPDATE SET state = $2, arrives_on = $7, items = $8, trace = COALESCE($10, provider_payouts.trace)";
    UNDONE = "SELECT id, amount_cents FROM provider_payouts
        WHERE state IN ('failed', 'canceled') AND booked_us IS NOT NULL AND failed_us IS NULL ORDER BY created_us, id";
    UNSETTLED = "SELECT MIN(created_us) FROM provider_payouts
        WHERE failed_us IS NULL AND ((booked_us IS NULL AND currency = 'eur') OR arrives_on >= $1)";
    LATEST = "SELECT MAX(created_us) FROM provider_payouts";
    WANTED = "SELECT id, state, amount_cents, items FROM provider_payouts
        WHERE booked_us IS NULL AND items <> 'later' AND currency = 'eur' AND due_us <= $1
        ORDER BY created_us, id LIMIT $2";
    PUT_OFF = "UPDATE provider_payouts SET due_us = $2 WHERE id = $1";
}

/// Keeps what is listed; how many payouts were found to have failed.
pub(in super::super) fn keep(
    tx: &mut dyn Tx,
    listed: &[Payout],
    now: Timestamp,
) -> Result<usize, Fault> {
    for payout in listed {
        let params = [
            payout.id.as_str().into(),
            payout.state.into(),
            payout.amount.as_cents().into(),
            payout.currency.as_str().into(),
            payout.created.as_micros().into(),
            payout.created.date_in_paris().to_string().into(),
            payout.arrives_on.to_string().into(),
            payout.items.into(),
            payout.payer.as_str().into(),
            payout.trace.as_deref().into(),
            now.as_micros().into(),
        ];
        tx.execute(&KEEP, &params)?;
    }
    let undone = tx.query(&UNDONE, &[])?;
    for row in &undone {
        book::undo(tx, row.text(0)?, Money::cents(row.int(1)?), now)?;
    }
    Ok(undone.len())
}

/// Since when payouts are listed: since the oldest that is not booked or may still fail; none before a first was read.
pub(in super::super) fn since(tx: &mut dyn Tx, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let day = days_ago(now, limits::PAYOUT_DAYS).to_string();
    let unsettled = tx.query_one(&UNSETTLED, &[day.into()])?.opt_int(0)?;
    let since = match unsettled {
        Some(since) => Some(since),
        None => tx.query_one(&LATEST, &[])?.opt_int(0)?,
    };
    Ok(since.map(|since| Timestamp::micros(since).minus(OVERLAP)))
}

/// A payout that is not booked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Wanted {
    pub id: String,
    pub state: PayoutState,
    pub amount: Money,
    pub items: Items,
}

/// Payouts that are to be booked, the oldest first.
pub(in super::super) fn wanted(
    tx: &mut dyn Tx,
    most: u32,
    now: Timestamp,
) -> Result<Vec<Wanted>, Fault> {
    let rows = tx.query(&WANTED, &[now.as_micros().into(), most.into()])?;
    let wanted = rows.iter().map(|row| {
        Ok(Wanted {
            id: row.text(0)?.to_owned(),
            state: PayoutState::of_column(row.text(1)?)?,
            amount: Money::cents(row.int(2)?),
            items: Items::of_column(row.text(3)?)?,
        })
    });
    wanted.collect()
}

/// Does not ask for its transactions again for [`limits::FETCH_REFUSED_AGAIN`].
pub(in super::super) fn put_off(tx: &mut dyn Tx, id: &str, now: Timestamp) -> Result<(), Fault> {
    let due = now.plus(limits::FETCH_REFUSED_AGAIN);
    tx.execute(&PUT_OFF, &[id.into(), due.as_micros().into()])
        .map(drop)
}
