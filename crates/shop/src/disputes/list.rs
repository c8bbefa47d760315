//! Disputes as they are read.

use jiff::civil::Date;
use storage::{Fault, Row, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, OrderNumber, PaymentId},
    money::Money,
};
use uuid::Uuid;

use super::DisputeState;
use crate::columns;

storage::statements! {
    OF_ORDER = "SELECT d.id, d.order_id, o.number, d.payment, d.reference, d.amount_cents, d.reason, d.state, d.taken,
            d.opened_us, d.deadline, d.note, d.staff
        FROM disputes d JOIN orders o ON o.id = d.order_id WHERE d.order_id = $1 ORDER BY d.opened_us, d.id LIMIT 100";
    BY_ID = "SELECT d.id, d.order_id, o.number, d.payment, d.reference, d.amount_cents, d.reason, d.state, d.taken,
            d.opened_us, d.deadline, d.note, d.staff
        FROM disputes d JOIN orders o ON o.id = d.order_id WHERE d.id = $1";
    OF_PAYMENT = "SELECT d.id, d.order_id, o.number, d.payment, d.reference, d.amount_cents, d.reason, d.state, d.taken,
            d.opened_us, d.deadline, d.note, d.staff
        FROM disputes d JOIN orders o ON o.id = d.order_id WHERE d.payment = $1 ORDER BY d.opened_us, d.id LIMIT 100";
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Its id.
    pub id: Uuid,
    /// The order.
    pub order: OrderId,
    /// The order's number.
    pub number: OrderNumber,
    /// The payment.
    pub payment: PaymentId,
    /// The bank's name for it.
    pub reference: Option<String>,
    /// How much is taken back.
    pub amount: Money,
    /// The bank's code, or its words.
    pub reason: String,
    /// Where it stands.
    pub state: DisputeState,
    /// Whether the bank has taken the money.
    pub taken: bool,
    /// When the shop heard of it.
    pub opened: Timestamp,
    /// The last day on which evidence is taken.
    pub deadline: Date,
    /// What was said of it last.
    pub note: String,
    /// The login of who wrote it down; empty when the bank's statement did.
    pub staff: String,
}

/// The disputes of an order, oldest first.
///
/// # Errors
/// A [`Fault`].
pub fn of_order(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<Dispute>, Fault> {
    tx.query(&OF_ORDER, &[order.0.into()])?
        .iter()
        .map(of_row)
        .collect()
}

pub(super) fn by_id(tx: &mut dyn Tx, id: Uuid) -> Result<Option<Dispute>, Fault> {
    let row = tx.query_opt(&BY_ID, &[id.to_string().into()])?;
    row.as_ref().map(of_row).transpose()
}

pub(super) fn of_payment(tx: &mut dyn Tx, payment: PaymentId) -> Result<Vec<Dispute>, Fault> {
    let rows = tx.query(&OF_PAYMENT, &[payment.to_string().into()])?;
    rows.iter().map(of_row).collect()
}

fn of_row(row: &Row) -> Result<Dispute, Fault> {
    Ok(Dispute {
        id: columns::parsed(row.text(0)?)?,
        order: OrderId(row.int(1)?),
        number: columns::parsed(row.text(2)?)?,
        payment: columns::parsed(row.text(3)?)?,
        reference: row.opt_text(4)?.map(str::to_owned),
        amount: Money::cents(row.int(5)?),
        reason: row.text(6)?.to_owned(),
        state: DisputeState::of_column(row.text(7)?)?,
        taken: row.flag(8)?,
        opened: Timestamp::micros(row.int(9)?),
        deadline: columns::parsed(row.text(10)?)?,
        note: row.text(11)?.to_owned(),
        staff: row.text(12)?.to_owned(),
    })
}
