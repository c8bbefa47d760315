//! Questions to the bank that were left without a written answer: by a crash, a lost line, a bank asleep.
//!
//! Run at start and every few seconds. An authorisation is looked up, never asked a second time: the reader
//! may have gone, and must not be charged by a program that wakes up. What a bookseller asked for is asked
//! again under the same ids until it is answered.

use std::time::Duration;

use storage::{Fault, Row, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::PaymentId,
    limits,
    money::Money,
    payment::{AuthoriseOutcome, NotSent},
};

use super::{
    PaymentState, PaymentZone, Settled, Standing, ZoneFault, authorise,
    settle::{self, Kind, Question},
};
use crate::columns;

storage::statements! {
    IN_FLIGHT = "SELECT id, state, amount_cents, changed_us FROM payments
        WHERE state IN ('authorising', 'capturing', 'reversing', 'refunding')
        ORDER BY changed_us LIMIT $1";
    ASKED_AGAIN = "UPDATE payments SET changed_us = $3 WHERE id = $1 AND state = $2";
}

/// What a run of [`recover`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Questions that have their answer now.
    pub answered: u32,
    /// Questions that still wait.
    pub waiting: u32,
}

struct InFlight {
    payment: PaymentId,
    state: PaymentState,
    amount: Money,
    since: Duration,
}

/// Brings payments that were left between intent and outcome to their outcome.
///
/// # Errors
/// A [`Fault`]; what was answered before it stays answered.
pub async fn recover(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
) -> Result<Recovered, Fault> {
    let now = clock.now();
    let left = store.read(move |tx| in_flight(tx, now)).await?;
    let mut found = Recovered::default();
    for payment in left {
        let answered = match payment.state {
            PaymentState::Authorising => look_up(store, zone, clock, &payment).await?,
            _ => ask_again(store, zone, clock, &payment).await?,
        };
        found.answered += u32::from(answered);
        found.waiting += u32::from(!answered);
    }
    Ok(found)
}

fn in_flight(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<InFlight>, Fault> {
    let rows = tx.query(&IN_FLIGHT, &[limits::PAYMENTS_PER_RECOVERY.into()])?;
    let of_row = |row: &Row| {
        Ok(InFlight {
            payment: columns::parsed(row.text(0)?)?,
            state: PaymentState::of_column(row.text(1)?)?,
            amount: Money::cents(row.int(2)?),
            since: now.since(Timestamp::micros(row.int(3)?)),
        })
    };
    rows.iter().map(of_row).collect()
}

async fn look_up(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
    left: &InFlight,
) -> Result<bool, Fault> {
    let outcome = match zone.lookup(left.payment).await {
        Ok(Standing::Known(outcome)) => outcome,
        // The first question may still be on its way, until the grant that it carries has expired.
        Ok(Standing::Unheard) if left.since > limits::AUTHORISATION_LOST => {
            AuthoriseOutcome::NotSent {
                reason: NotSent::SwitchUnreachable,
            }
        }
        Ok(Standing::Unheard | Standing::InProgress)
        | Err(ZoneFault::Unreachable | ZoneFault::NoAnswer) => return Ok(false),
    };
    let (payment, now) = (left.payment, clock.now());
    store
        .write(move |tx| authorise::conclude(tx, payment, &outcome, now))
        .await?;
    Ok(true)
}

async fn ask_again(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
    left: &InFlight,
) -> Result<bool, Fault> {
    if left.since < limits::SETTLE_AGAIN {
        return Ok(false);
    }
    let (payment, state, now) = (left.payment, left.state, clock.now());
    let kind = store
        .write(move |tx| kind_of(tx, payment, state, now))
        .await?;
    let question = Question {
        payment,
        amount: left.amount,
        kind,
    };
    Ok(settle::ask(store, zone, clock, question).await? != Settled::Pending)
}

/// What was asked; the payment goes to the end of the queue, so that one that never answers blocks no other.
fn kind_of(
    tx: &mut dyn Tx,
    payment: PaymentId,
    state: PaymentState,
    now: Timestamp,
) -> Result<Kind, Fault> {
    tx.execute(
        &ASKED_AGAIN,
        &[
            payment.to_string().into(),
            state.into(),
            now.as_micros().into(),
        ],
    )?;
    match state {
        PaymentState::Capturing => Ok(Kind::Capture),
        PaymentState::Reversing => Ok(Kind::Reverse),
        PaymentState::Refunding => {
            let refund = settle::open_refund(tx, payment)?;
            refund
                .map(Kind::Refund)
                .ok_or_else(|| Fault::defect("a refund without its row"))
        }
        other => Err(Fault::defect(format!(
            "a payment that is {other:?} is asked nothing"
        ))),
    }
}
