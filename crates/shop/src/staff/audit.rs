//! Who did what in the back office. Only ever added to; the tables refuse anything else.
//!
//! What was decided about the catalogue stands in the catalogue's own log, which is written in the transaction that
//! decides; here both are read as one.

use storage::{Fault, Tx};
use trade::clock::Timestamp;

storage::statements! {
    RECORD = "INSERT INTO audit (at_us, staff, action, subject, note) VALUES ($1, $2, $3, $4, $5)";
    // Both are in the order of time, so the newest lines of both are among the newest of each: $3 is $1 and $2 together.
    LATEST = "SELECT at_us, staff, action, subject, note FROM (
            SELECT * FROM (SELECT at_us, staff, action, subject, note, id, 0 AS log FROM audit
                ORDER BY id DESC LIMIT $3) AS of_shop
            UNION ALL
            SELECT * FROM (SELECT at_us, staff, action, COALESCE(CAST(subject AS TEXT), '') AS subject, note, id, 1 AS log
                FROM catalogue_log ORDER BY id DESC LIMIT $3) AS of_catalogue) AS lines
        ORDER BY at_us DESC, log, id DESC LIMIT $1 OFFSET $2";
}

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The login of who did it.
    pub staff: String,
    /// What, as `order.ship`, `stock.adjust`, `edition.correct`.
    pub action: String,
    /// To what: an order's number, an edition, a login; an import, a decision; empty when there is only one of it.
    pub subject: String,
    /// More about it.
    pub note: Option<String>,
}

/// Writes down what somebody did, in the transaction that does it.
///
/// # Errors
/// A [`Fault`].
pub fn record(
    tx: &mut dyn Tx,
    staff: &str,
    action: &str,
    subject: &str,
    note: Option<&str>,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        now.as_micros().into(),
        staff.into(),
        action.into(),
        subject.into(),
        note.into(),
    ];
    tx.execute(&RECORD, &params).map(drop)
}

/// The latest entries of the shop's log and the catalogue's, newest first; `page` counts from 1.
///
/// # Errors
/// A [`Fault`].
pub fn latest(tx: &mut dyn Tx, page: u32, per_page: u32) -> Result<Vec<Entry>, Fault> {
    let offset = i64::from(page.saturating_sub(1)) * i64::from(per_page);
    let reached = offset + i64::from(per_page);
    let rows = tx.query(&LATEST, &[per_page.into(), offset.into(), reached.into()])?;
    rows.iter()
        .map(|row| {
            Ok(Entry {
                at: Timestamp::micros(row.int(0)?),
                staff: row.text(1)?.to_owned(),
                action: row.text(2)?.to_owned(),
                subject: row.text(3)?.to_owned(),
                note: row.opt_text(4)?.map(str::to_owned),
            })
        })
        .collect()
}
