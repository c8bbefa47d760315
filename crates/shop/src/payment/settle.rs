//! After the order: taking the amount when the parcel leaves, lifting the reservation when a bookseller
//! cancels, giving the amount back.
//!
//! All three have one shape: the intent with its bookseller is committed, the zone is asked, the answer is
//! committed. An answer that does not come leaves the intent, and [`recover`](super::recover) asks again.

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{OrderNumber, PaymentId, RefundId},
    money::Money,
    payment::Outcome,
};

use super::{
    PaymentState, PaymentZone, ZoneFault,
    row::{self, Payment},
    state,
};
use crate::{
    columns, ledger,
    order::{
        self, OrderState,
        events::{self, EventKind},
    },
    staff::audit,
};

storage::statements! {
    ASK_REFUND = "INSERT INTO refunds (id, payment, amount_cents, asked_us) VALUES ($1, $2, $3, $4)";
    OPEN_REFUND = "SELECT id FROM refunds WHERE payment = $1 AND answer IS NULL";
    ANSWER_REFUND = "UPDATE refunds SET answer = $2 WHERE id = $1 AND answer IS NULL";
}

/// What became of a capture, reversal or refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The bank confirmed it.
    Done,
    /// It is asked for and will be asked again until the bank answers; the order's page will tell.
    Pending,
    /// The bank refused; the order stands where it stood.
    Refused {
        /// Its code.
        code: String,
    },
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
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Takes the order's amount, and when the bank did, marks it shipped and tells the reader.
///
/// `staff` is the login of the bookseller, for the timeline and the audit.
///
/// # Errors
/// [`SettleRefusal::NotNow`] unless the order is confirmed and its payment authorised.
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

/// What the zone is asked, with the ids under which it is asked however often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub payment: PaymentId,
    pub amount: Money,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Capture,
    Reverse,
    Refund(RefundId),
}

impl Kind {
    /// The state while it is asked, after it is done, and after it is refused.
    fn states(self) -> (PaymentState, PaymentState, PaymentState) {
        match self {
            Self::Capture => (
                PaymentState::Capturing,
                PaymentState::Captured,
                PaymentState::Authorised,
            ),
            Self::Reverse => (
                PaymentState::Reversing,
                PaymentState::Reversed,
                PaymentState::Authorised,
            ),
            Self::Refund(_) => (
                PaymentState::Refunding,
                PaymentState::Refunded,
                PaymentState::Captured,
            ),
        }
    }
}

fn begin_capture(tx: &mut dyn Tx, intent: &Intent) -> Result<Question, SettleRefusal> {
    let payment = latest(tx, &intent.number)?;
    if payment.order_state != OrderState::Confirmed {
        return Err(not_now(&payment));
    }
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

/// The refund that a payment is being refunded by.
pub(super) fn open_refund(tx: &mut dyn Tx, payment: PaymentId) -> Result<Option<RefundId>, Fault> {
    let row = tx.query_opt(&OPEN_REFUND, &[payment.to_string().into()])?;
    row.map(|row| columns::parsed(row.text(0)?)).transpose()
}

/// Asks the zone and writes its answer; no answer leaves the intent as it is.
async fn ask(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
    question: Question,
) -> Result<Settled, Fault> {
    match put(zone, question).await {
        Ok(answer) => write_down(store, clock, question, answer).await,
        Err(ZoneFault::Unreachable | ZoneFault::NoAnswer) => Ok(Settled::Pending),
    }
}

/// Puts the question to the zone.
pub(super) async fn put(zone: &dyn PaymentZone, question: Question) -> Result<Outcome, ZoneFault> {
    match question.kind {
        Kind::Capture => zone.capture(question.payment, question.amount).await,
        Kind::Reverse => zone.reverse(question.payment).await,
        Kind::Refund(refund) => zone.refund(question.payment, refund, question.amount).await,
    }
}

/// Writes what the zone answered.
pub(super) async fn write_down(
    store: &Store,
    clock: &Clock,
    question: Question,
    answer: Outcome,
) -> Result<Settled, Fault> {
    let settled = match answer {
        Outcome::Done => Settled::Done,
        Outcome::Refused { code } => Settled::Refused { code },
        Outcome::Pending => return Ok(Settled::Pending),
    };
    let now = clock.now();
    store
        .write(move |tx| conclude(tx, question, &settled, now))
        .await
}

/// The answer, written once: who comes second is told where the payment stands.
fn conclude(
    tx: &mut dyn Tx,
    question: Question,
    settled: &Settled,
    now: Timestamp,
) -> Result<Settled, Fault> {
    let (asking, done, refused) = question.kind.states();
    let (to, code) = match settled {
        Settled::Done => (done, None),
        Settled::Refused { code } => (refused, Some(code.as_str())),
        Settled::Pending => return Ok(Settled::Pending),
    };
    let first = state::advance(tx, question.payment, (asking, to), code, now)?;
    let payment =
        row::by_id(tx, question.payment)?.ok_or_else(|| Fault::defect("a payment vanished"))?;
    if !first {
        let as_it_stands = if payment.state == done {
            Settled::Done
        } else {
            Settled::Pending
        };
        return Ok(as_it_stands);
    }
    match settled {
        Settled::Refused { code } => refuse(tx, question, &payment, code, now)?,
        _ => carry_out(tx, question, &payment, now)?,
    }
    Ok(settled.clone())
}

fn carry_out(
    tx: &mut dyn Tx,
    question: Question,
    payment: &Payment,
    now: Timestamp,
) -> Result<(), Fault> {
    match question.kind {
        Kind::Capture => order::shipped(tx, payment.order, now),
        Kind::Reverse => {
            ledger::void(tx, &ledger::card_id(payment.id), now)?;
            events::record(tx, payment.order, EventKind::Reversed, None, None, now)
        }
        Kind::Refund(refund) => {
            tx.execute(&ANSWER_REFUND, &[refund.to_string().into(), "done".into()])?;
            let entries = ledger::refund(&order::by_id(tx, payment.order)?.vat);
            let (id, posted) = (ledger::refund_id(refund), ledger::TransferState::Posted);
            ledger::post(tx, &id, payment.order, posted, &entries, now)?;
            order::refunded(tx, payment.order, now)
        }
    }
}

fn refuse(
    tx: &mut dyn Tx,
    question: Question,
    payment: &Payment,
    code: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    if let Kind::Refund(refund) = question.kind {
        tx.execute(
            &ANSWER_REFUND,
            &[refund.to_string().into(), "refused".into()],
        )?;
    }
    events::record(tx, payment.order, EventKind::Refused, Some(code), None, now)
}
