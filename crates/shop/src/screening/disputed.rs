//! Disputes as the screening knows them: the marks of the attempt that paid are kept beside each, and counted for as long
//! as the dispute is not won.

use storage::{Fault, Tx};
use trade::clock::Timestamp;
use uuid::Uuid;

use super::{
    limits,
    marks::{Mark, Marks},
};

storage::statements! {
    // An attempt is named by its payment, or by the means and the order where the shop sees no card.
    REMEMBER = "INSERT INTO screening_disputed (dispute, at_us, order_id, card, email, address, device)
        SELECT d.id, d.opened_us, d.order_id, t.card, t.email, t.address, t.device FROM disputes d
        JOIN payments p ON p.id = d.payment JOIN orders o ON o.id = d.order_id
        JOIN screening_traces t ON t.id = (SELECT MAX(s.trace) FROM screenings s
            WHERE s.order_id = d.order_id AND s.attempt IN (p.id, p.means || ':' || o.number))
        WHERE d.id = $1";
    COUNT = "SELECT COUNT(DISTINCT CASE WHEN m.card = $1 THEN m.order_id END),
            COUNT(DISTINCT CASE WHEN m.email = $2 THEN m.order_id END),
            COUNT(DISTINCT CASE WHEN m.address = $3 THEN m.order_id END),
            COUNT(DISTINCT CASE WHEN m.device = $4 THEN m.order_id END)
        FROM screening_disputed m JOIN disputes d ON d.id = m.dispute
        WHERE (m.card = $1 OR m.email = $2 OR m.address = $3 OR m.device = $4) AND m.at_us > $5 AND d.state <> 'won'";
}

/// Orders that have a mark in common with an attempt and are disputed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Disputed {
    pub card: i64,
    pub email: i64,
    pub address: i64,
    pub device: i64,
}

/// Keeps the marks of what a dispute is about, in the transaction that writes the dispute. An order that was never
/// screened, or whose traces are forgotten, has none.
pub(crate) fn disputed(tx: &mut dyn Tx, dispute: Uuid) -> Result<(), Fault> {
    tx.execute(&REMEMBER, &[dispute.to_string().into()])
        .map(drop)
}

/// What of an attempt was disputed before, within [`limits::TRACE_LIFE`].
pub(super) fn count(tx: &mut dyn Tx, marks: &Marks, now: Timestamp) -> Result<Disputed, Fault> {
    let params = [
        // What is not known is compared with NULL, which is like nothing.
        marks.card.map(Mark::text).into(),
        marks.email.text().into(),
        marks.address.text().into(),
        marks.device.map(Mark::text).into(),
        now.minus(limits::TRACE_LIFE).as_micros().into(),
    ];
    let row = tx.query_one(&COUNT, &params)?;
    Ok(Disputed {
        card: row.int(0)?,
        email: row.int(1)?,
        address: row.int(2)?,
        device: row.int(3)?,
    })
}
