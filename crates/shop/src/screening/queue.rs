//! The review queue: orders that are paid for and wait for a bookseller's look, and the lock on their shipping.

use storage::{Fault, Row, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, OrderNumber},
    money::Money,
};

use super::{
    limits,
    record::{self, Screened, Standing},
};
use crate::{columns, staff::audit};

storage::statements! {
    QUEUE = "SELECT s.id, o.number, o.name, o.total_cents FROM screenings s JOIN orders o ON o.id = s.order_id
        WHERE s.standing = 'queued' AND o.state = 'confirmed' ORDER BY s.id LIMIT $1";
    WAITING = "SELECT COUNT(*) FROM screenings s JOIN orders o ON o.id = s.order_id
        WHERE s.standing = 'queued' AND o.state = 'confirmed'";
    HELD = "SELECT COUNT(*) FROM screenings WHERE order_id = $1 AND standing IN ('queued', 'rejected')";
    NUMBER = "SELECT number FROM orders WHERE id = $1";
}

/// One order in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Why it is there.
    pub screened: Screened,
    /// Its number.
    pub number: OrderNumber,
    /// Who ordered.
    pub name: String,
    /// What is charged.
    pub total: Money,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum ReviewRefusal {
    /// No such decision.
    #[error("there is no such decision")]
    NoSuchDecision,
    /// Somebody decided before.
    #[error("it does not wait for a bookseller")]
    NotWaiting {
        /// How it stands.
        standing: Standing,
    },
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The orders that wait, oldest first. Those that are not paid for do not: nothing could be shipped.
///
/// # Errors
/// A [`Fault`], as for [`waiting`] and [`is_held`].
pub fn queue(tx: &mut dyn Tx) -> Result<Vec<Queued>, Fault> {
    let rows = tx.query(&QUEUE, &[limits::QUEUE_LISTED.into()])?;
    rows.iter().map(|row| queued(tx, row)).collect()
}

fn queued(tx: &mut dyn Tx, row: &Row) -> Result<Queued, Fault> {
    let screened = record::of_id(tx, row.int(0)?)?;
    Ok(Queued {
        screened: screened.ok_or_else(|| Fault::defect("a queued decision vanished"))?,
        number: columns::parsed(row.text(1)?)?,
        name: row.text(2)?.to_owned(),
        total: Money::cents(row.int(3)?),
    })
}

/// How many orders wait.
pub fn waiting(tx: &mut dyn Tx) -> Result<u32, Fault> {
    tx.query_one(&WAITING, &[])?.count(0)
}

/// Whether the order must not be shipped: a bookseller has not looked at it yet, or refused it.
pub fn is_held(tx: &mut dyn Tx, order: OrderId) -> Result<bool, Fault> {
    Ok(tx.query_one(&HELD, &[order.0.into()])?.int(0)? > 0)
}

/// Refuses to ship what is held; called in the transaction that begins to ship.
pub(crate) fn guard_shipping(
    tx: &mut dyn Tx,
    order: OrderId,
) -> Result<(), crate::payment::SettleRefusal> {
    match is_held(tx, order)? {
        false => Ok(()),
        true => Err(crate::payment::SettleRefusal::InReview),
    }
}

/// Lets an order go. The number of the order.
///
/// # Errors
/// See [`ReviewRefusal`], as for [`reject`].
pub fn release(
    tx: &mut dyn Tx,
    id: i64,
    staff: &str,
    now: Timestamp,
) -> Result<OrderNumber, ReviewRefusal> {
    settle(
        tx,
        (id, Standing::Released),
        "screening.release",
        staff,
        now,
    )
}

/// Refuses an order for good: it is never shipped. Cancelling it, which lifts the reservation and tells the reader, is
/// [`payment::cancel`](crate::payment::cancel).
pub fn reject(
    tx: &mut dyn Tx,
    id: i64,
    staff: &str,
    now: Timestamp,
) -> Result<OrderNumber, ReviewRefusal> {
    settle(tx, (id, Standing::Rejected), "screening.refuse", staff, now)
}

/// The number of an order.
///
/// # Errors
/// A [`Fault`].
pub fn number_of(tx: &mut dyn Tx, order: OrderId) -> Result<OrderNumber, Fault> {
    let row = tx.query_one(&NUMBER, &[order.0.into()])?;
    columns::parsed(row.text(0)?)
}

fn settle(
    tx: &mut dyn Tx,
    (id, to): (i64, Standing),
    action: &str,
    staff: &str,
    now: Timestamp,
) -> Result<OrderNumber, ReviewRefusal> {
    let moved = record::advance(tx, id, (Standing::Queued, to), Some(staff), now)?;
    let screened = record::of_id(tx, id)?.ok_or(ReviewRefusal::NoSuchDecision)?;
    if !moved {
        return Err(ReviewRefusal::NotWaiting {
            standing: screened.standing,
        });
    }
    let number = number_of(tx, screened.order)?;
    let score = screened.verdict.score.to_string();
    audit::record(tx, staff, action, number.as_str(), Some(&score), now)?;
    Ok(number)
}
