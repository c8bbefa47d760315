//! What an order does when its payment moved: each function is the order's part of one transaction.
//!
//! They are called only by [`payment`](crate::payment), which moves the payment in the same transaction.

use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::OrderId};

use super::{
    OrderState, by_id,
    events::{self, EventKind},
    expire::held_copies,
    state::advance,
};
use crate::{
    cart,
    ledger::{self, TransferState},
    mail::{self, LetterKind},
    stock,
    text::fold,
};

storage::statements! {
    CONFIRM = "UPDATE orders SET state = 'confirmed', paying = 0, confirmed_us = $2, confirmed_on = $3,
            search_text = search_text || $4
        WHERE id = $1 AND state = 'awaiting_payment'";
}

/// The bank reserved the amount: held copies are sold, the reader is told, her cart loses what she bought.
pub(crate) fn confirm(
    tx: &mut dyn Tx,
    id: OrderId,
    approval: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let order = by_id(tx, id)?;
    let titles: String = order
        .lines
        .iter()
        .map(|line| format!(" {}", fold(&line.title)))
        .collect();
    let day = now.date_in_paris().to_string();
    let params = [
        id.0.into(),
        now.as_micros().into(),
        day.into(),
        titles.into(),
    ];
    if tx.execute(&CONFIRM, &params)? == 0 {
        return Err(Fault::defect(format!(
            "order {} was paid but does not wait for it",
            order.number
        )));
    }
    for (edition, copies) in held_copies(tx, id)? {
        stock::sell(tx, edition, copies, id, now)?;
    }
    if let Some(cart) = &order.cart {
        cart::take_out_ordered(tx, cart, id.0)?;
    }
    events::record(tx, id, EventKind::Confirmed, Some(approval), None, now)?;
    let order = by_id(tx, id)?;
    mail::write(tx, LetterKind::Confirmation, &order)
}

/// The bank never answered: the order is given up, its copies go back, the reader is told the truth.
pub(crate) fn give_up(tx: &mut dyn Tx, id: OrderId, now: Timestamp) -> Result<(), Fault> {
    moved(
        advance(
            tx,
            id,
            OrderState::AwaitingPayment,
            OrderState::Cancelled,
            now,
        )?,
        id,
    )?;
    for (edition, copies) in held_copies(tx, id)? {
        stock::release(tx, edition, copies, id, now)?;
    }
    ledger::settle(tx, id, TransferState::Voided, now)?;
    events::record(tx, id, EventKind::Unanswered, None, None, now)?;
    let order = by_id(tx, id)?;
    mail::write(tx, LetterKind::Unanswered, &order)
}

/// The amount was taken: the parcel leaves, sale and card are posted.
pub(crate) fn shipped(tx: &mut dyn Tx, id: OrderId, now: Timestamp) -> Result<(), Fault> {
    moved(
        advance(tx, id, OrderState::Confirmed, OrderState::Shipped, now)?,
        id,
    )?;
    ledger::settle(tx, id, TransferState::Posted, now)?;
    events::record(tx, id, EventKind::Shipped, None, None, now)?;
    let order = by_id(tx, id)?;
    mail::write(tx, LetterKind::Shipping, &order)
}

/// A bookseller cancelled: the sale is void and the copies are back, whatever the bank says to the reversal.
/// False when the order had gone elsewhere meanwhile.
pub(crate) fn cancel(
    tx: &mut dyn Tx,
    id: OrderId,
    staff: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    if !advance(tx, id, OrderState::Confirmed, OrderState::Cancelled, now)? {
        return Ok(false);
    }
    for (edition, copies) in held_copies(tx, id)? {
        stock::put_back(tx, edition, copies, id, now)?;
    }
    let order = by_id(tx, id)?;
    ledger::void(tx, &ledger::sale_id(&order.number), now)?;
    events::record(tx, id, EventKind::Cancelled, None, Some(staff), now)?;
    mail::write(tx, LetterKind::Cancellation, &order)?;
    Ok(true)
}

/// The amount was given back. Copies are not put back: a bookseller counts them when they arrive.
pub(crate) fn refunded(tx: &mut dyn Tx, id: OrderId, now: Timestamp) -> Result<(), Fault> {
    moved(
        advance(tx, id, OrderState::Shipped, OrderState::Refunded, now)?,
        id,
    )?;
    events::record(tx, id, EventKind::Refunded, None, None, now)?;
    let order = by_id(tx, id)?;
    mail::write(tx, LetterKind::Refund, &order)
}

fn moved(moved: bool, order: OrderId) -> Result<(), Fault> {
    match moved {
        true => Ok(()),
        false => Err(Fault::defect(format!(
            "order {order} and its payment disagree"
        ))),
    }
}
