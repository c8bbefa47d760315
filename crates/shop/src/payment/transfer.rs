//! A credit transfer: the reader sends it under a reference of the order, and the order is confirmed when it is here.

use banking::creditor_reference::CreditorReference;
use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{CaptureId, OrderNumber, PaymentId},
    money::Money,
};

use super::{
    Evidence, PaymentState,
    row::{self, Payment},
    ship, state,
};
use crate::{
    ledger::{self, Account},
    mail::{self, LetterKind},
    order::{
        self, OrderState,
        events::{self, EventKind},
    },
};

storage::statements! {
    REFER = "UPDATE payments SET reference = $2, changed_us = $3 WHERE id = $1 AND state = 'awaiting_reader'";
    // Another payment of the same order was awaited under it before.
    NO_LONGER = "UPDATE payments SET reference = NULL WHERE means = 'transfer' AND reference = $1 AND state = 'dropped'";
    BY_REFERENCE = "SELECT id FROM payments WHERE means = 'transfer' AND reference = $1";
}

/// Writes down under which reference a payment is awaited.
pub(super) fn expect(
    tx: &mut dyn Tx,
    order: &OrderNumber,
    payment: PaymentId,
    now: Timestamp,
) -> Result<(), Fault> {
    let reference = CreditorReference::for_order(order);
    tx.execute(&NO_LONGER, &[reference.as_str().into()])?;
    let params = [
        payment.to_string().into(),
        reference.as_str().into(),
        now.as_micros().into(),
    ];
    tx.execute(&REFER, &params).map(drop)
}

/// What became of a transfer that the bank booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It paid the order.
    Paid(OrderNumber),
    /// No order waits under this reference.
    Unknown,
    /// The order waits no more: it was given up, or paid already.
    TooLate(OrderNumber),
    /// The order waits for another amount.
    OtherAmount {
        /// The order.
        order: OrderNumber,
        /// What it waits for.
        due: Money,
    },
}

/// A transfer arrived: the order that waits for exactly this is paid. The caller books what pays no order.
///
/// `entry` is the bank's own reference of the booking.
///
/// # Errors
/// A [`Fault`].
pub fn transfer_arrived(
    tx: &mut dyn Tx,
    reference: &CreditorReference,
    amount: Money,
    entry: &str,
    now: Timestamp,
) -> Result<Arrived, Fault> {
    let found = tx.query_opt(&BY_REFERENCE, &[reference.as_str().into()])?;
    let Some(found) = found else {
        return Ok(Arrived::Unknown);
    };
    let id: PaymentId = crate::columns::parsed(found.text(0)?)?;
    let payment = row::by_id(tx, id)?.ok_or_else(|| Fault::defect("a payment vanished"))?;
    if !waits(&payment) {
        return Ok(Arrived::TooLate(payment.number));
    }
    if amount != payment.amounts.amount {
        return Ok(Arrived::OtherAmount {
            order: payment.number,
            due: payment.amounts.amount,
        });
    }
    match paid(tx, &payment, entry, payment.means.account(), now)? {
        true => Ok(Arrived::Paid(payment.number)),
        false => Ok(Arrived::TooLate(payment.number)),
    }
}

/// What an order waits for by transfer; none when it waits for no transfer, or not any more.
///
/// # Errors
/// A [`Fault`].
pub fn transfer_due(tx: &mut dyn Tx, order: &OrderNumber) -> Result<Option<Money>, Fault> {
    let payment = awaited(tx, order)?;
    Ok(payment.map(|payment| payment.amounts.amount))
}

/// The order that waits for a transfer is paid from what lies in suspense; says what was taken of it, none when the
/// order waits no more. Whether so much lies there is the caller's to know.
///
/// `entry` is the bank's own reference of the booking.
///
/// # Errors
/// A [`Fault`].
pub fn transfer_found(
    tx: &mut dyn Tx,
    order: &OrderNumber,
    entry: &str,
    now: Timestamp,
) -> Result<Option<Money>, Fault> {
    let Some(payment) = awaited(tx, order)? else {
        return Ok(None);
    };
    let is_paid = paid(tx, &payment, entry, Account::Suspense, now)?;
    Ok(is_paid.then_some(payment.amounts.amount))
}

/// The payment by which an order waits for a transfer.
fn awaited(tx: &mut dyn Tx, order: &OrderNumber) -> Result<Option<Payment>, Fault> {
    let reference = CreditorReference::for_order(order);
    let found = tx.query_opt(&BY_REFERENCE, &[reference.as_str().into()])?;
    let Some(found) = found else {
        return Ok(None);
    };
    let payment = row::by_id(tx, crate::columns::parsed(found.text(0)?)?)?;
    Ok(payment.filter(waits))
}

fn waits(payment: &Payment) -> bool {
    payment.state == PaymentState::AwaitingReader
        && payment.order_state == OrderState::AwaitingPayment
}

/// Takes what the order waits for from an account; false when somebody else moved the payment meanwhile.
fn paid(
    tx: &mut dyn Tx,
    payment: &Payment,
    entry: &str,
    from: Account,
    now: Timestamp,
) -> Result<bool, Fault> {
    let amount = payment.amounts.amount;
    let step = (PaymentState::AwaitingReader, PaymentState::Captured);
    if !state::advance(tx, payment.id, step, None, now)? {
        return Ok(false);
    }
    let captured = state::Amounts {
        captured: amount,
        ..payment.amounts
    };
    state::hold(tx, payment.id, captured)?;
    let evidence = Evidence::Booked {
        entry: entry.to_owned(),
        amount,
        at: now,
    };
    ship::stands_for(tx, payment, &evidence)?;
    let entries = ledger::paid_into(from, amount);
    let (paid, posted) = (
        ledger::paid_id(CaptureId(payment.id.0)),
        ledger::TransferState::Posted,
    );
    ledger::post(tx, &paid, Some(payment.order), posted, &entries, now)?;
    events::record(tx, payment.order, EventKind::Paid, Some(entry), None, now)?;
    order::confirm(tx, payment.order, payment.means.code(), now)?;
    let order = order::by_id(tx, payment.order)?;
    mail::write(tx, LetterKind::Confirmation, &order)?;
    Ok(true)
}
