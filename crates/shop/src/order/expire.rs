//! Orders that nobody paid: their copies go back to the shelf.

use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{EditionId, OrderId},
    limits,
    money::Money,
};

use super::events::{self, EventKind};
use crate::{
    certificate,
    ledger::{self, TransferState},
    stock,
};

storage::statements! {
    EXPIRE = "UPDATE orders SET state = 'expired', closed_us = $2
        WHERE id = $1 AND state = 'awaiting_payment' AND paying = 0";
    HELD = "SELECT edition, quantity FROM order_lines WHERE order_id = $1 AND from_stock = 1
        ORDER BY edition";
    COVERED = "SELECT certificates_cents FROM orders WHERE id = $1";
    DUE = "SELECT id FROM orders WHERE state = 'awaiting_payment' AND paying = 0 AND hold_until_us <= $1
        ORDER BY hold_until_us LIMIT $2";
}

/// Gives up an unpaid order: its copies go back, its pending sale is voided. False when it was paid, is being
/// paid, or is closed already. `why` goes to the timeline.
///
/// PostgreSQL has the same as `shop_expire_order`, for orders that are placed there in one call.
pub(crate) fn expire(
    tx: &mut dyn Tx,
    order: OrderId,
    why: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    if tx.execute(&EXPIRE, &[order.0.into(), now.as_micros().into()])? == 0 {
        return Ok(false);
    }
    for (edition, copies) in held_copies(tx, order)? {
        stock::release(tx, edition, copies, order, now)?;
    }
    let covered = Money::cents(tx.query_one(&COVERED, &[order.0.into()])?.int(0)?);
    certificate::give_back(tx, order, covered, now)?;
    ledger::settle(tx, order, TransferState::Voided, now)?;
    events::record(tx, order, EventKind::Expired, Some(why), None, now)?;
    Ok(true)
}

/// The copies of an order that come from the shelf, in the order in which all verbs lock them.
pub(crate) fn held_copies(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<(EditionId, u32)>, Fault> {
    let rows = tx.query(&HELD, &[order.0.into()])?;
    rows.iter()
        .map(|row| Ok((EditionId(row.int(0)?), row.count(1)?)))
        .collect()
}

/// Gives up the orders whose hold ended by `now`, a bounded number at a time, and says how many.
///
/// Run it every few seconds. An order whose payment is with the bank is left alone.
///
/// # Errors
/// A [`Fault`].
pub fn release_expired(tx: &mut dyn Tx, now: Timestamp) -> Result<u32, Fault> {
    let due = tx.query(
        &DUE,
        &[now.as_micros().into(), limits::EXPIRED_PER_SWEEP.into()],
    )?;
    let mut released = 0;
    for row in due {
        released += u32::from(expire(tx, OrderId(row.int(0)?), "not paid in time", now)?);
    }
    Ok(released)
}
