//! Reserving the amount, when the reader comes back from the vault with a receipt.
//!
//! Intent row, question to the zone, outcome row. A receipt shown again (refresh, back button, two tabs) asks
//! nothing again: it is answered with where the payment stands.

use storage::{Fault, Store, Tx};
use subtle::ConstantTimeEq;
use trade::{
    clock::{Clock, Timestamp},
    ids::PaymentId,
    payment::{AuthoriseOutcome, CheckInReceipt, Decline, NotSent},
};

use super::{
    Charge, Evidence, Means, PayRefusal, PaymentState, PaymentZone, ZoneFault, forget,
    row::{self, Payment},
    ship, state,
};
use crate::{
    columns, ledger,
    mail::{self, LetterKind},
    order::{
        self, OrderState,
        events::{self, EventKind},
    },
    screening,
};

storage::statements! {
    START = "UPDATE orders SET paying = 1 WHERE id = $1 AND state = 'awaiting_payment' AND paying = 0";
    STOP = "UPDATE orders SET paying = 0 WHERE id = $1 AND state = 'awaiting_payment' AND paying = 1";
    CARD = "UPDATE payments SET means = 'card', card_token = $2, card_brand = $3, card_last4 = $4, card_expiry = $5
        WHERE id = $1";
    APPROVED = "UPDATE payments SET approval_code = $2, retrieval_reference = $3 WHERE id = $1";
}

/// Where an authorisation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorisation {
    /// The amount is reserved, the order confirmed.
    Confirmed,
    /// The bank said no; the order still waits, another card may be tried.
    Declined(Decline),
    /// The bank never answered: the order is given up, whatever was reserved is being reversed.
    Unanswered,
    /// Nothing left the house; the order still waits, trying again is right.
    NotSent,
    /// The bank is still being asked: the order's page will tell.
    Asking,
}

/// Reserves the order's amount on the card of `receipt`, which the zone has verified.
///
/// Let it run to its end even when the reader's browser goes away (spawn it): what is left half done is
/// finished by [`recover`](super::recover), but later.
///
/// # Errors
/// [`PayRefusal::NoSuchPayment`] when order, payment and nonce do not belong together,
/// [`PayRefusal::NotWaiting`] when the order expired meanwhile, [`PayRefusal::InFlight`].
pub async fn authorise(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
    receipt: &CheckInReceipt,
) -> Result<Authorisation, PayRefusal> {
    let (receipt, now) = (receipt.clone(), clock.now());
    let begun = store.write(move |tx| begin(tx, &receipt, now)).await?;
    let charge = match begun {
        Begun::Ask(charge) => charge,
        Begun::Before(standing) => return Ok(standing),
        Begun::NotWaiting(state) => return Err(PayRefusal::NotWaiting { state }),
    };
    let outcome = match zone.authorise(&charge).await {
        Ok(outcome) => outcome,
        Err(ZoneFault::Unreachable) => AuthoriseOutcome::NotSent {
            reason: NotSent::SwitchUnreachable,
        },
        // The question may have arrived: recover looks up what became of it.
        Err(ZoneFault::NoAnswer) => return Ok(Authorisation::Asking),
    };
    let now = clock.now();
    let evidence = Evidence::Unauthenticated { at: now };
    Ok(store
        .write(move |tx| conclude(tx, charge.payment, &outcome, &evidence, now))
        .await?)
}

enum Begun {
    Ask(Charge),
    Before(Authorisation),
    /// Nobody will ask about this card: it is given up.
    NotWaiting(OrderState),
}

/// The intent: from here on the order's copies stay held until the outcome is written.
fn begin(tx: &mut dyn Tx, receipt: &CheckInReceipt, now: Timestamp) -> Result<Begun, PayRefusal> {
    let payment = row::by_id(tx, receipt.payment)?.ok_or(PayRefusal::NoSuchPayment)?;
    let same_nonce: bool = payment
        .nonce
        .as_bytes()
        .ct_eq(receipt.nonce.as_bytes())
        .into();
    if payment.number != receipt.order || !same_nonce {
        return Err(PayRefusal::NoSuchPayment);
    }
    if payment.state != PaymentState::AwaitingReader {
        return before(tx, receipt, &payment);
    }
    // Another means waits under a name of its own, or soon will: what comes under that must not be taken for this.
    let is_known_elsewhere = payment.reference.is_some() || payment.means == Means::Provider;
    if payment.means != Means::Card && is_known_elsewhere {
        return Err(PayRefusal::InFlight);
    }
    if tx.execute(&START, &[payment.order.0.into()])? == 0 {
        return lost_the_race(tx, receipt);
    }
    let step = (PaymentState::AwaitingReader, PaymentState::Authorising);
    if !state::advance(tx, payment.id, step, None, now)? {
        return Err(PayRefusal::InFlight);
    }
    remember_card(tx, receipt)?;
    events::record(tx, payment.order, EventKind::Authorising, None, None, now)?;
    Ok(Begun::Ask(Charge {
        order: payment.number,
        payment: payment.id,
        token: receipt.token.clone(),
        amount: payment.amounts.amount,
    }))
}

/// The payment was asked about before, or is given up: where it stands. A card that came in for it since is needed for
/// nothing; the one that is being asked about is.
fn before(
    tx: &mut dyn Tx,
    receipt: &CheckInReceipt,
    payment: &Payment,
) -> Result<Begun, PayRefusal> {
    if payment.state != PaymentState::Authorising {
        forget::give_up(tx, &receipt.token)?;
    }
    Ok(Begun::Before(standing(payment)?))
}

/// Somebody moved the order between the look and the guarded write: looks again and says what happened.
fn lost_the_race(tx: &mut dyn Tx, receipt: &CheckInReceipt) -> Result<Begun, PayRefusal> {
    let payment = row::by_id(tx, receipt.payment)?.ok_or(PayRefusal::NoSuchPayment)?;
    match (payment.state, payment.order_state) {
        (PaymentState::AwaitingReader, OrderState::AwaitingPayment) => Err(PayRefusal::InFlight),
        (PaymentState::AwaitingReader, state) => {
            forget::give_up(tx, &receipt.token)?;
            Ok(Begun::NotWaiting(state))
        }
        _ => before(tx, receipt, &payment),
    }
}

fn remember_card(tx: &mut dyn Tx, receipt: &CheckInReceipt) -> Result<(), Fault> {
    let params = [
        receipt.payment.to_string().into(),
        receipt.token.as_str().into(),
        receipt.card.brand.code().into(),
        receipt.card.last4.as_str().into(),
        receipt.card.expiry.to_string().into(),
    ];
    tx.execute(&CARD, &params).map(drop)
}

/// The outcome, written once: who comes second is told what the first one wrote.
pub(super) fn conclude(
    tx: &mut dyn Tx,
    payment: PaymentId,
    outcome: &AuthoriseOutcome,
    evidence: &Evidence,
    now: Timestamp,
) -> Result<Authorisation, Fault> {
    let (to, reason) = match outcome {
        AuthoriseOutcome::Approved { .. } => (PaymentState::Authorised, None),
        AuthoriseOutcome::Declined { reason } => (PaymentState::Declined, Some(reason.code())),
        AuthoriseOutcome::Unknown => (PaymentState::Unknown, None),
        AuthoriseOutcome::NotSent { reason } => (PaymentState::NotSent, Some(reason.code())),
    };
    let first = state::advance(tx, payment, (PaymentState::Authorising, to), reason, now)?;
    let payment = row::by_id(tx, payment)?.ok_or_else(|| Fault::defect("a payment vanished"))?;
    if !first {
        return standing(&payment);
    }
    forget::give_up_card_of(tx, payment.id)?;
    match outcome {
        AuthoriseOutcome::Approved {
            approval_code,
            retrieval_reference,
        } => {
            let id = payment.id.to_string();
            let params = [id.into(), approval_code.into(), retrieval_reference.into()];
            tx.execute(&APPROVED, &params)?;
            ship::stands_for(tx, &payment, evidence)?;
            reserve(tx, &payment, now)?;
            order::confirm(tx, payment.order, approval_code, now)?;
            let order = order::by_id(tx, payment.order)?;
            mail::write(tx, LetterKind::Confirmation, &order)?;
        }
        AuthoriseOutcome::Declined { .. } => {
            screening::declined(tx, &payment.id.to_string(), now)?;
            wait_again(tx, &payment, EventKind::Declined, now)?;
        }
        AuthoriseOutcome::NotSent { .. } => wait_again(tx, &payment, EventKind::NotSent, now)?,
        AuthoriseOutcome::Unknown => order::give_up(tx, payment.order, now)?,
    }
    standing(&payment)
}

/// Whoever reserved the amount owes it once it is taken.
fn reserve(tx: &mut dyn Tx, payment: &Payment, now: Timestamp) -> Result<(), Fault> {
    let entries = ledger::paid_into(payment.means.account(), payment.amounts.amount);
    let (id, pending) = (ledger::card_id(payment.id), ledger::TransferState::Pending);
    ledger::post(tx, &id, Some(payment.order), pending, &entries, now)
}

/// The outcome of a payment that the reader made elsewhere, without the shop asking for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MadeElsewhere {
    /// It is the order's payment, as if the shop had asked.
    Taken(Authorisation),
    /// The order waits for it no more: it expired, or another payment was faster. What was reserved must be lifted.
    TooLate,
}

/// Writes the outcome of a payment that the reader made elsewhere.
pub(super) fn conclude_elsewhere(
    tx: &mut dyn Tx,
    payment: &Payment,
    outcome: &AuthoriseOutcome,
    evidence: &Evidence,
    now: Timestamp,
) -> Result<MadeElsewhere, Fault> {
    let waits = payment.state == PaymentState::AwaitingReader
        && tx.execute(&START, &[payment.order.0.into()])? == 1;
    if waits {
        let step = (PaymentState::AwaitingReader, PaymentState::Authorising);
        if state::advance(tx, payment.id, step, None, now)? {
            let concluded = conclude(tx, payment.id, outcome, evidence, now)?;
            return Ok(MadeElsewhere::Taken(concluded));
        }
        tx.execute(&STOP, &[payment.order.0.into()])?;
    }
    // Somebody may have written the same outcome, or dropped the payment, since it was read.
    let payment = row::by_id(tx, payment.id)?.ok_or_else(|| Fault::defect("a payment vanished"))?;
    Ok(match payment.state {
        PaymentState::Dropped | PaymentState::AwaitingReader => MadeElsewhere::TooLate,
        _ => MadeElsewhere::Taken(conclude(tx, payment.id, outcome, evidence, now)?),
    })
}

/// The order waits for another card, its copies still held.
fn wait_again(
    tx: &mut dyn Tx,
    payment: &Payment,
    kind: EventKind,
    now: Timestamp,
) -> Result<(), Fault> {
    tx.execute(&STOP, &[payment.order.0.into()])?;
    events::record(
        tx,
        payment.order,
        kind,
        payment.reason.as_deref(),
        None,
        now,
    )
}

/// Where a payment stands, for a reader who asks again.
pub(super) fn standing(payment: &Payment) -> Result<Authorisation, Fault> {
    Ok(match payment.state {
        PaymentState::AwaitingReader | PaymentState::Dropped | PaymentState::Authorising => {
            Authorisation::Asking
        }
        PaymentState::Declined => {
            let reason = payment.reason.as_deref().unwrap_or_default();
            Authorisation::Declined(columns::decline(reason)?)
        }
        PaymentState::Unknown => Authorisation::Unanswered,
        PaymentState::NotSent => Authorisation::NotSent,
        PaymentState::Authorised
        | PaymentState::Capturing
        | PaymentState::Captured
        | PaymentState::Reversing
        | PaymentState::Reversed
        | PaymentState::Refunding
        | PaymentState::Refunded => Authorisation::Confirmed,
    })
}
