//! What happened to an order, in the order it happened: the timeline of the back office.

use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::OrderId};

use crate::codes::coded;

coded! {
    /// Something that happened to an order.
    pub enum EventKind {
        /// The reader placed it.
        Placed = "placed",
        /// It was not paid in time, or replaced by a newer one from the same cart; the note says which.
        Expired = "expired",
        /// The reader gave a card; the bank is asked.
        Authorising = "authorising",
        /// The bank reserved the amount; the note is its approval code.
        Confirmed = "confirmed",
        /// The bank said no; the note says why.
        Declined = "declined",
        /// The bank never answered.
        Unanswered = "unanswered",
        /// The bank could not be asked; the note says why.
        NotSent = "not_sent",
        /// A bookseller asked for the amount, to ship.
        Capturing = "capturing",
        /// A parcel left and others follow; the note is the carrier's number.
        PartSent = "part_sent",
        /// The amount was taken and the last parcel left.
        Shipped = "shipped",
        /// The reader chose how to pay; the note is the means.
        Chosen = "chosen",
        /// A transfer, or the reader at the till, paid; the note is the bank's reference.
        Paid = "paid",
        /// A payment was made elsewhere when the order waited for it no more: what it reserved is being lifted.
        TooLate = "too_late",
        /// A bookseller cancelled.
        Cancelled = "cancelled",
        /// The bank lifted the reservation.
        Reversed = "reversed",
        /// A bookseller asked to give the amount back.
        Refunding = "refunding",
        /// A part was given back; the note is the amount.
        PartRefunded = "part_refunded",
        /// All that was taken was given back.
        Refunded = "refunded",
        /// A bookseller cancelled what had not left.
        RestCancelled = "rest_cancelled",
        /// The payer's bank takes the payment back; the note is its reason.
        Disputed = "disputed",
        /// The shop contested that; the note says with what.
        Represented = "represented",
        /// The bank gave the amount to the shop again; the note is the amount.
        DisputeWon = "dispute_won",
        /// The amount stays with the reader; the note is the amount.
        DisputeLost = "dispute_lost",
        /// A transfer came that does not pay the order as it stands; the note is the amount.
        SetAside = "set_aside",
        /// The bank refused to capture, reverse or refund; the note is its code.
        Refused = "refused",
    }
}

storage::statements! {
    RECORD = "INSERT INTO order_events (order_id, at_us, kind, note, staff) VALUES ($1, $2, $3, $4, $5)";
    TIMELINE = "SELECT at_us, kind, note, staff FROM order_events WHERE order_id = $1 ORDER BY id LIMIT 500";
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// More about it: a code, a reason.
    pub note: Option<String>,
    /// The login of the bookseller who did it.
    pub staff: Option<String>,
}

/// Writes a line of the timeline; `staff` is the login of the bookseller who did it, if one did.
pub(crate) fn record(
    tx: &mut dyn Tx,
    order: OrderId,
    kind: EventKind,
    note: Option<&str>,
    staff: Option<&str>,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        order.0.into(),
        now.as_micros().into(),
        kind.into(),
        note.into(),
        staff.into(),
    ];
    tx.execute(&RECORD, &params).map(drop)
}

/// What happened to an order, oldest first.
///
/// # Errors
/// A [`Fault`].
pub fn timeline(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<Event>, Fault> {
    let rows = tx.query(&TIMELINE, &[order.0.into()])?;
    rows.iter()
        .map(|row| {
            Ok(Event {
                at: Timestamp::micros(row.int(0)?),
                kind: EventKind::of_column(row.text(1)?)?,
                note: row.opt_text(2)?.map(str::to_owned),
                staff: row.opt_text(3)?.map(str::to_owned),
            })
        })
        .collect()
}
