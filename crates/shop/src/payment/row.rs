//! A payment as the verbs of this module read it.

use storage::{Fault, Row, Tx};
use trade::{
    ids::{OrderId, OrderNumber, PaymentId},
    money::Money,
};

use super::{Means, Named, PaymentState, state::Amounts};
use crate::{columns, order::OrderState};

storage::statements! {
    BY_ID = "SELECT p.id, p.order_id, o.number, p.state, o.state, p.amount_cents, p.nonce, p.reason,
            p.means, p.captured_cents, p.refunded_cents, p.lifted, p.reference
        FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.id = $1";
    OF_ORDER = "SELECT p.id, p.order_id, o.number, p.state, o.state, p.amount_cents, p.nonce, p.reason,
            p.means, p.captured_cents, p.refunded_cents, p.lifted, p.reference
        FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.number = $1
        ORDER BY p.created_us DESC, p.id DESC LIMIT 1";
}

/// A payment with its order's state.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    pub number: OrderNumber,
    pub state: PaymentState,
    pub order_state: OrderState,
    pub means: Means,
    pub amounts: Amounts,
    pub nonce: String,
    /// The name by which the means knows it.
    pub reference: Option<String>,
    /// Why the bank refused, in its code.
    pub reason: Option<String>,
}

impl Payment {
    pub fn named(&self) -> Named {
        Named {
            payment: self.id,
            reference: self.reference.clone(),
        }
    }
}

/// The order that a payment is of; none when this shop has no such payment.
///
/// # Errors
/// A [`Fault`].
pub fn order_of(tx: &mut dyn Tx, id: PaymentId) -> Result<Option<OrderNumber>, Fault> {
    Ok(by_id(tx, id)?.map(|payment| payment.number))
}

/// The payment with that id.
pub(super) fn by_id(tx: &mut dyn Tx, id: PaymentId) -> Result<Option<Payment>, Fault> {
    tx.query_opt(&BY_ID, &[id.to_string().into()])?
        .as_ref()
        .map(of_row)
        .transpose()
}

/// The latest payment of the order of that number.
pub(super) fn of_order(tx: &mut dyn Tx, number: &OrderNumber) -> Result<Option<Payment>, Fault> {
    tx.query_opt(&OF_ORDER, &[number.as_str().into()])?
        .as_ref()
        .map(of_row)
        .transpose()
}

fn of_row(row: &Row) -> Result<Payment, Fault> {
    Ok(Payment {
        id: columns::parsed(row.text(0)?)?,
        order: OrderId(row.int(1)?),
        number: columns::parsed(row.text(2)?)?,
        state: PaymentState::of_column(row.text(3)?)?,
        order_state: OrderState::of_column(row.text(4)?)?,
        means: Means::of_column(row.text(8)?)?,
        amounts: Amounts {
            amount: Money::cents(row.int(5)?),
            captured: Money::cents(row.int(9)?),
            refunded: Money::cents(row.int(10)?),
            lifted: row.flag(11)?,
        },
        nonce: row.text(6)?.to_owned(),
        reason: row.opt_text(7)?.map(str::to_owned),
        reference: row.opt_text(12)?.map(str::to_owned),
    })
}
