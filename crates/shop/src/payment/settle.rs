//! What the three verbs of a bookseller after an order have in common: who asks, what may be refused, and how the
//! question to whoever moves the money begins.

use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::OrderNumber, money::Money};

use super::{
    PaymentState,
    row::{self, Payment},
    state,
};
use crate::order::{self, Order, OrderState};

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum SettleRefusal {
    /// No such order.
    #[error("there is no such order")]
    NoSuchOrder,
    /// The order does not stand where this can be done.
    #[error("this cannot be done with an order that is {order:?} and whose payment is {payment:?}")]
    NotNow {
        /// Where the order stands.
        order: OrderState,
        /// Where its payment stands; none when certificates paid the whole.
        payment: Option<PaymentState>,
    },
    /// The parcel or refund names copies that are not there: more than wait to leave, or left and were not given back.
    #[error("line {position} has {available} such copies")]
    NoSuchCopies {
        /// The line, counted from 1.
        position: u32,
        /// How many there are.
        available: u32,
    },
    /// The parcel or refund is empty.
    #[error("nothing was chosen")]
    Nothing,
    /// The reader has this money from her bank, or will: a dispute took it back. Won, it can be given back again.
    #[error(
        "a dispute took back what was to be given back; at most {left} of the payment are left"
    )]
    Disputed {
        /// What of the payment is neither given back nor disputed.
        left: Money,
    },
    /// The publisher forbids handing a book of the order over yet (O12).
    #[error("{title} must not be handed over before {until}")]
    Embargo {
        /// The book.
        title: String,
        /// The first day on which it may.
        until: jiff::civil::Date,
    },
    /// A bookseller has to look at it first, or looked and refused it.
    #[error("the order waits for a bookseller's look")]
    InReview,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Which bookseller wants something of which order, and when.
pub(super) struct Intent {
    pub number: OrderNumber,
    pub staff: String,
    pub now: Timestamp,
}

/// The order, taken for this transaction, and its payment, if it has one.
pub(super) fn taken(
    tx: &mut dyn Tx,
    number: &OrderNumber,
) -> Result<(Order, Option<Payment>), SettleRefusal> {
    order::lock(tx, number)?;
    let order = order::find(tx, number)?.ok_or(SettleRefusal::NoSuchOrder)?;
    let payment = row::of_order(tx, number)?;
    Ok((
        order,
        payment.filter(|payment| payment.state != PaymentState::Dropped),
    ))
}

/// Moves the payment into the state of being asked.
pub(super) fn begin(
    tx: &mut dyn Tx,
    payment: &Payment,
    asking: PaymentState,
    now: Timestamp,
) -> Result<(), SettleRefusal> {
    let from = payment.state;
    match from.may_become(asking) && state::advance(tx, payment.id, (from, asking), None, now)? {
        true => Ok(()),
        false => Err(not_now(payment)),
    }
}

pub(super) fn not_now(payment: &Payment) -> SettleRefusal {
    SettleRefusal::NotNow {
        order: payment.order_state,
        payment: Some(payment.state),
    }
}
