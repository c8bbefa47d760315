//! Traces of attempts, as they are kept: what an attempt is compared with later.
//!
//! Traces are only added: what the bank declined is another trace with the same marks, so that whoever reads what is
//! new learns that too.

use std::time::Duration;

use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::OrderId};

use super::{
    limits,
    marks::{Mark, Marks},
};

pub(super) const TEN_MINUTES: Duration = Duration::from_secs(600);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(super) const THIRTY_DAYS: Duration = Duration::from_secs(30 * 24 * 3600);

storage::statements! {
    LEAVE = "INSERT INTO screening_traces (at_us, order_id, attempt, card, email, spelling, address, device,
            network, declined)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) RETURNING id";
    TAKE_BACK = "DELETE FROM screening_traces WHERE id = $1";
    DECLINED = "INSERT INTO screening_traces (at_us, order_id, attempt, card, email, spelling, address, device,
            network, declined)
        SELECT $2, order_id, attempt, card, email, spelling, address, device, network, 1 FROM screening_traces
        WHERE id IN (SELECT trace FROM screenings WHERE attempt = $1)";
    FROM = "SELECT id, at_us, card, email, spelling, address, device, network, declined FROM screening_traces
        WHERE id >= $1 ORDER BY id";
    LATEST = "SELECT id, at_us, card, email, spelling, address, device, network, declined FROM screening_traces
        WHERE at_us > $1 ORDER BY id DESC LIMIT $2";
    // What was paid more than a day ago: an attempt that succeeded a minute ago makes nobody known. Confirmed is not paid:
    // who will pay on collection has brought nothing yet. A card is known by the attempt that it paid, not by another one
    // of the same order that was refused.
    PAID = "SELECT COUNT(DISTINCT t.order_id),
            COUNT(CASE WHEN t.address = $2 THEN 1 END), COUNT(CASE WHEN t.device = $3 THEN 1 END),
            COUNT(CASE WHEN t.card = $4 AND t.attempt = p.id THEN 1 END)
        FROM (SELECT order_id, attempt, address, device, card FROM screening_traces
            WHERE email = $1 AND at_us < $5 ORDER BY at_us DESC LIMIT $6) AS t
        JOIN orders o ON o.id = t.order_id
        LEFT JOIN payments p ON p.order_id = o.id AND p.state IN ('authorised', 'capturing', 'captured', 'refunding')
        WHERE o.state IN ('confirmed', 'shipped') AND (p.id IS NOT NULL OR o.certificates_cents >= o.total_cents)
            AND NOT EXISTS (SELECT 1 FROM screenings s WHERE s.order_id = o.id AND s.standing IN ('queued', 'rejected'))
            AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.order_id = o.id AND d.state <> 'won')";
}

/// What an attempt left, or the bank's no to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// Its number: later ones are higher, but for those of transactions that were under way together.
    pub id: i64,
    /// When it was left.
    pub at: Timestamp,
    /// What the attempt carried.
    pub marks: Marks,
    /// Whether it is the bank's no.
    pub declined: bool,
}

/// The trace of that number, if there is one, and all that have a higher one.
pub(super) fn from(tx: &mut dyn Tx, id: i64) -> Result<Vec<Trace>, Fault> {
    tx.query(&FROM, &[id.into()])?.iter().map(of_row).collect()
}

/// The traces since `oldest`, no more than are remembered, earlier ones first.
pub(super) fn latest(tx: &mut dyn Tx, oldest: Timestamp) -> Result<Vec<Trace>, Fault> {
    let most = i64::try_from(limits::REMEMBERED).unwrap_or(i64::MAX);
    let rows = tx.query(&LATEST, &[oldest.as_micros().into(), most.into()])?;
    rows.iter().rev().map(of_row).collect()
}

fn of_row(row: &Row) -> Result<Trace, Fault> {
    let mark = |column| Mark::of_column(row.text(column)?);
    let maybe = |column| row.opt_text(column)?.map(Mark::of_column).transpose();
    Ok(Trace {
        id: row.int(0)?,
        at: Timestamp::micros(row.int(1)?),
        marks: Marks {
            card: maybe(2)?,
            email: mark(3)?,
            spelling: mark(4)?,
            address: mark(5)?,
            device: maybe(6)?,
            network: maybe(7)?,
        },
        declined: row.flag(8)?,
    })
}

/// What of the reader's paid orders is the same as now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paid {
    pub orders: i64,
    pub address: bool,
    pub device: bool,
    pub card: bool,
}

/// What of the reader's orders was paid before: their money came, nobody has still to look at them, and nobody wants it
/// back.
pub(super) fn paid(tx: &mut dyn Tx, marks: &Marks, now: Timestamp) -> Result<Paid, Fault> {
    let params = [
        marks.email.text().into(),
        marks.address.text().into(),
        // What is not known is compared with NULL, which is like nothing.
        marks.device.map(Mark::text).into(),
        marks.card.map(Mark::text).into(),
        now.minus(DAY).as_micros().into(),
        limits::LOOKED_BACK.into(),
    ];
    let row = tx.query_one(&PAID, &params)?;
    Ok(Paid {
        orders: row.int(0)?,
        address: row.flag(1)?,
        device: row.flag(2)?,
        card: row.flag(3)?,
    })
}

/// Leaves the trace of an attempt, for those that come after it; its number.
pub(super) fn leave(
    tx: &mut dyn Tx,
    (order, attempt): (OrderId, &str),
    marks: &Marks,
    now: Timestamp,
) -> Result<i64, Fault> {
    let params = [
        now.as_micros().into(),
        order.0.into(),
        attempt.into(),
        marks.card.map(Mark::text).into(),
        marks.email.text().into(),
        marks.spelling.text().into(),
        marks.address.text().into(),
        marks.device.map(Mark::text).into(),
        marks.network.map(Mark::text).into(),
    ];
    tx.query_one(&LEAVE, &params)?.int(0)
}

/// Takes a trace back that this transaction left.
pub(super) fn take_back(tx: &mut dyn Tx, trace: i64) -> Result<(), Fault> {
    tx.execute(&TAKE_BACK, &[trace.into()]).map(drop)
}

/// Notes that the bank declined what an attempt asked for.
pub(crate) fn declined(tx: &mut dyn Tx, attempt: &str, now: Timestamp) -> Result<(), Fault> {
    let params = [attempt.into(), now.as_micros().into()];
    tx.execute(&DECLINED, &params).map(drop)
}
