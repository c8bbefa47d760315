//! Putting a question to the payment zone and writing down its answer, for the verbs that ask first
//! ([`settle`](super::settle)) and for the one that asks again ([`recover`](super::recover)).

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{CaptureId, PaymentId, RefundId},
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
        self,
        events::{self, EventKind},
    },
};

storage::statements! {
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
    pub fn states(self) -> (PaymentState, PaymentState, PaymentState) {
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

/// The refund that a payment is being refunded by.
pub(super) fn open_refund(tx: &mut dyn Tx, payment: PaymentId) -> Result<Option<RefundId>, Fault> {
    let row = tx.query_opt(&OPEN_REFUND, &[payment.to_string().into()])?;
    row.map(|row| columns::parsed(row.text(0)?)).transpose()
}

/// Asks the zone and writes its answer; no answer leaves the intent as it is.
pub(super) async fn ask(
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
        Kind::Capture => {
            // One capture for each payment, so one name does for both.
            let capture = CaptureId(question.payment.0);
            zone.capture(question.payment, capture, question.amount)
                .await
        }
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
