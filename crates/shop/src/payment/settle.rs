//! After the order: taking the amount when the parcel leaves, lifting the reservation when a bookseller
//! cancels, giving the amount back.
//!
//! All three have one shape: the intent with its bookseller is committed, the zone is asked, the answer is
//! committed. An answer that does not come leaves the intent, and [`recover`](super::recover) asks again.

use catalogue::store as catalogue_store;
use jiff::civil::Date;
use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{EditionId, OrderId, OrderNumber, RefundId},
};

use super::{
    PaymentState, PaymentZone, Settled,
    ask::{Kind, Question, ask},
    row::{self, Payment},
    state,
};
use crate::{
    order::{
        self, OrderState,
        events::{self, EventKind},
    },
    staff::audit,
};

storage::statements! {
    EDITIONS = "SELECT edition FROM order_lines WHERE order_id = $1 ORDER BY position";
    ASK_REFUND = "INSERT INTO refunds (id, payment, amount_cents, asked_us) VALUES ($1, $2, $3, $4)";
}

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
        /// Where its payment stands.
        payment: PaymentState,
    },
    /// The publisher forbids handing a book of the order over yet (O12).
    #[error("{title} must not be handed over before {until}")]
    Embargo {
        /// The book.
        title: String,
        /// The first day on which it may.
        until: Date,
    },
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Takes the order's amount, and when the bank did, marks it shipped and tells the reader.
///
/// `staff` is the login of the bookseller, for the timeline and the audit.
///
/// # Errors
/// [`SettleRefusal::NotNow`] unless the order is confirmed and its payment authorised; [`SettleRefusal::Embargo`].
pub async fn ship(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
    number: &OrderNumber,
    staff: &str,
) -> Result<Settled, SettleRefusal> {
    let intent = Intent {
        number: number.clone(),
        staff: staff.to_owned(),
        now: clock.now(),
    };
    let question = store.write(move |tx| begin_capture(tx, &intent)).await?;
    Ok(ask(store, zone, clock, question).await?)
}

/// Cancels an order that did not leave yet: its copies go back to the shelf at once, the reservation on the
/// card is lifted. Asked again after the bank refused the reversal, it only asks the bank again.
///
/// # Errors
/// [`SettleRefusal::NotNow`] unless the order is confirmed (or cancelled) and its payment authorised.
pub async fn cancel(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
    number: &OrderNumber,
    staff: &str,
) -> Result<Settled, SettleRefusal> {
    let intent = Intent {
        number: number.clone(),
        staff: staff.to_owned(),
        now: clock.now(),
    };
    let question = store.write(move |tx| begin_reversal(tx, &intent)).await?;
    Ok(ask(store, zone, clock, question).await?)
}

/// Gives the whole amount of a shipped order back.
///
/// # Errors
/// [`SettleRefusal::NotNow`] unless the order is shipped and its payment captured.
pub async fn refund(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
    number: &OrderNumber,
    staff: &str,
) -> Result<Settled, SettleRefusal> {
    let intent = Intent {
        number: number.clone(),
        staff: staff.to_owned(),
        now: clock.now(),
    };
    let refund = RefundId::new();
    let question = store
        .write(move |tx| begin_refund(tx, &intent, refund))
        .await?;
    Ok(ask(store, zone, clock, question).await?)
}

struct Intent {
    number: OrderNumber,
    staff: String,
    now: Timestamp,
}

fn begin_capture(tx: &mut dyn Tx, intent: &Intent) -> Result<Question, SettleRefusal> {
    let payment = latest(tx, &intent.number)?;
    if payment.order_state != OrderState::Confirmed {
        return Err(not_now(&payment));
    }
    respect_embargoes(tx, payment.order, intent.now.date_in_paris())?;
    begin(
        tx,
        intent,
        &payment,
        PaymentState::Authorised,
        Kind::Capture,
    )?;
    let staff = Some(intent.staff.as_str());
    events::record(
        tx,
        payment.order,
        EventKind::Capturing,
        None,
        staff,
        intent.now,
    )?;
    audit::record(
        tx,
        &intent.staff,
        "order.ship",
        intent.number.as_str(),
        None,
        intent.now,
    )?;
    Ok(Question {
        payment: payment.id,
        amount: payment.amount,
        kind: Kind::Capture,
    })
}

fn respect_embargoes(tx: &mut dyn Tx, order: OrderId, today: Date) -> Result<(), SettleRefusal> {
    for row in tx.query(&EDITIONS, &[order.0.into()])? {
        let embargo = catalogue_store::embargo(tx, EditionId(row.int(0)?))?;
        if let Some((title, embargo)) = embargo
            && let Some(until) = embargo.delivery.filter(|until| today < *until)
        {
            return Err(SettleRefusal::Embargo { title, until });
        }
    }
    Ok(())
}

fn begin_reversal(tx: &mut dyn Tx, intent: &Intent) -> Result<Question, SettleRefusal> {
    let payment = latest(tx, &intent.number)?;
    begin(
        tx,
        intent,
        &payment,
        PaymentState::Authorised,
        Kind::Reverse,
    )?;
    let cancelled_before = payment.order_state == OrderState::Cancelled;
    if !cancelled_before && !order::cancel(tx, payment.order, &intent.staff, intent.now)? {
        return Err(not_now(&payment));
    }
    audit::record(
        tx,
        &intent.staff,
        "order.cancel",
        intent.number.as_str(),
        None,
        intent.now,
    )?;
    Ok(Question {
        payment: payment.id,
        amount: payment.amount,
        kind: Kind::Reverse,
    })
}

fn begin_refund(
    tx: &mut dyn Tx,
    intent: &Intent,
    refund: RefundId,
) -> Result<Question, SettleRefusal> {
    let payment = latest(tx, &intent.number)?;
    if payment.order_state != OrderState::Shipped {
        return Err(not_now(&payment));
    }
    let kind = Kind::Refund(refund);
    begin(tx, intent, &payment, PaymentState::Captured, kind)?;
    let params = [
        refund.to_string().into(),
        payment.id.to_string().into(),
        payment.amount.as_cents().into(),
        intent.now.as_micros().into(),
    ];
    tx.execute(&ASK_REFUND, &params)?;
    let staff = Some(intent.staff.as_str());
    events::record(
        tx,
        payment.order,
        EventKind::Refunding,
        None,
        staff,
        intent.now,
    )?;
    audit::record(
        tx,
        &intent.staff,
        "order.refund",
        intent.number.as_str(),
        None,
        intent.now,
    )?;
    Ok(Question {
        payment: payment.id,
        amount: payment.amount,
        kind,
    })
}

fn begin(
    tx: &mut dyn Tx,
    intent: &Intent,
    payment: &Payment,
    from: PaymentState,
    kind: Kind,
) -> Result<(), SettleRefusal> {
    let (asking, _, _) = kind.states();
    match state::advance(tx, payment.id, (from, asking), None, intent.now)? {
        true => Ok(()),
        false => Err(not_now(payment)),
    }
}

fn latest(tx: &mut dyn Tx, number: &OrderNumber) -> Result<Payment, SettleRefusal> {
    row::of_order(tx, number)?.ok_or(SettleRefusal::NoSuchOrder)
}

fn not_now(payment: &Payment) -> SettleRefusal {
    SettleRefusal::NotNow {
        order: payment.order_state,
        payment: payment.state,
    }
}
