//! Putting a question to whoever moves the money and writing down the answer, for the verbs that ask first and for
//! the one that asks again ([`recover`](super::recover)).

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{CaptureId, OrderId, RefundId},
    money::Money,
    payment::Outcome,
};

use super::{
    Means, Methods, Named, PaymentState, ZoneFault,
    row::{self, Payment},
    state::{self, Amounts},
};
use crate::{
    ledger,
    order::{
        self, Answer,
        events::{self, EventKind},
        parcels,
    },
};

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

/// What is asked, with the ids under which it is asked however often.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub payment: Named,
    pub means: Means,
    pub amount: Money,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Capture(CaptureId),
    Reverse,
    Refund(RefundId),
}

impl Kind {
    /// The state while it is asked.
    const fn asking(self) -> PaymentState {
        match self {
            Self::Capture(_) => PaymentState::Capturing,
            Self::Reverse => PaymentState::Reversing,
            Self::Refund(_) => PaymentState::Refunding,
        }
    }

    /// What the payment holds once it is done.
    fn done(self, amounts: Amounts, amount: Money) -> Amounts {
        match self {
            Self::Capture(_) => Amounts {
                captured: amounts.captured + amount,
                ..amounts
            },
            Self::Reverse => Amounts {
                lifted: true,
                ..amounts
            },
            Self::Refund(_) => Amounts {
                refunded: amounts.refunded + amount,
                ..amounts
            },
        }
    }
}

/// Asks and writes the answer down; no answer leaves the intent as it is.
pub(super) async fn ask(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    question: Question,
) -> Result<Settled, Fault> {
    match put(methods, &question).await {
        Ok(answer) => write_down(store, clock, question, answer).await,
        Err(ZoneFault::Unreachable | ZoneFault::NoAnswer) => Ok(Settled::Pending),
    }
}

/// Puts the question to whoever moves the money. Means that the shop no longer takes are not reached.
pub(super) async fn put(methods: &Methods, question: &Question) -> Result<Outcome, ZoneFault> {
    let method = methods
        .asked_of(question.means)
        .ok_or(ZoneFault::Unreachable)?;
    let (payment, amount) = (&question.payment, question.amount);
    match question.kind {
        Kind::Capture(capture) => method.capture(payment, capture, amount).await,
        Kind::Reverse => method.reverse(payment).await,
        Kind::Refund(refund) => method.refund(payment, refund, amount).await,
    }
}

/// Writes what was answered.
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
        .write(move |tx| conclude(tx, &question, &settled, now))
        .await
}

/// The answer, written once: who comes second is told where the payment stands.
pub(super) fn conclude(
    tx: &mut dyn Tx,
    question: &Question,
    settled: &Settled,
    now: Timestamp,
) -> Result<Settled, Fault> {
    let id = question.payment.payment;
    let vanished = || Fault::defect("a payment vanished");
    let number = row::by_id(tx, id)?.ok_or_else(vanished)?.number;
    order::lock(tx, &number)?;
    let payment = row::by_id(tx, id)?.ok_or_else(vanished)?;
    let (amounts, code) = match settled {
        Settled::Done => (question.kind.done(payment.amounts, question.amount), None),
        Settled::Refused { code } => (payment.amounts, Some(code.as_str())),
        Settled::Pending => return Ok(Settled::Pending),
    };
    let step = (question.kind.asking(), amounts.at_rest());
    if !is_open(tx, question, payment.order)? || !state::advance(tx, id, step, code, now)? {
        let as_it_stands = match payment.state == question.kind.asking() {
            true => Settled::Pending,
            false => Settled::Done,
        };
        return Ok(as_it_stands);
    }
    state::hold(tx, id, amounts)?;
    match settled {
        Settled::Refused { code } => refuse(tx, question, &payment, code, now)?,
        _ => carry_out(tx, question, &payment, amounts, now)?,
    }
    Ok(settled.clone())
}

/// Whether the payment is asked this, and not something else of the same kind since.
fn is_open(tx: &mut dyn Tx, question: &Question, order: OrderId) -> Result<bool, Fault> {
    Ok(match question.kind {
        Kind::Capture(capture) => {
            parcels::leaving(tx, order)?.is_some_and(|parcel| parcel.id == capture)
        }
        Kind::Refund(refund) => {
            parcels::open_refund(tx, order)?.is_some_and(|open| open.id == refund)
        }
        Kind::Reverse => true,
    })
}

fn carry_out(
    tx: &mut dyn Tx,
    question: &Question,
    payment: &Payment,
    amounts: Amounts,
    now: Timestamp,
) -> Result<(), Fault> {
    match question.kind {
        Kind::Capture(capture) => {
            take(tx, payment, capture, amounts, now)?;
            let parcel = parcels::leaving(tx, payment.order)?;
            let parcel = parcel.ok_or_else(|| Fault::defect("a capture without its parcel"))?;
            order::parcel_left(tx, payment.order, &parcel, now)
        }
        Kind::Reverse => {
            ledger::void(tx, payment.order, &ledger::card_id(payment.id), now)?;
            events::record(tx, payment.order, EventKind::Reversed, None, None, now)
        }
        Kind::Refund(_) => {
            let refund = parcels::open_refund(tx, payment.order)?;
            let refund = refund.ok_or_else(|| Fault::defect("a refund without its row"))?;
            order::given_back(tx, payment.order, &refund, payment.means.account(), now)
        }
    }
}

/// The bank owes what it took; the rest it reserved is still promised.
fn take(
    tx: &mut dyn Tx,
    payment: &Payment,
    capture: CaptureId,
    amounts: Amounts,
    now: Timestamp,
) -> Result<(), Fault> {
    let account = payment.means.account();
    let (taken, left) = (
        amounts.captured - payment.amounts.captured,
        amounts.amount - amounts.captured,
    );
    let rest = match left.is_zero() {
        true => Vec::new(),
        false => ledger::paid_into(account, left),
    };
    let part = ledger::Part {
        promise: &ledger::card_id(payment.id),
        name: &capture.to_string(),
        now: &ledger::paid_into(account, taken),
        rest: &rest,
    };
    ledger::keep(tx, payment.order, &part, now)
}

fn refuse(
    tx: &mut dyn Tx,
    question: &Question,
    payment: &Payment,
    code: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    match question.kind {
        Kind::Capture(capture) => {
            parcels::answer_parcel(tx, capture, Answer::Refused, now)?;
        }
        Kind::Refund(refund) => parcels::answer_refund(tx, refund, Answer::Refused, now)?,
        Kind::Reverse => {}
    }
    events::record(tx, payment.order, EventKind::Refused, Some(code), None, now)
}
