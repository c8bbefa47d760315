//! Questions to the bank that were left without a written answer: by a crash, a lost line, a bank asleep.
//!
//! Run at start and every few seconds. An authorisation is looked up, never asked a second time: the reader
//! may have gone, and must not be charged by a program that wakes up. What a bookseller asked for is asked
//! again under the same ids until it is answered. What readers do on a provider's pages is asked at their end, or when the
//! provider told that there is something to ask.

use std::time::Duration;

use storage::{Fault, Row, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::PaymentId,
    limits,
    payment::{AuthoriseOutcome, NotSent},
};

use super::{
    Evidence, Means, Methods, Named, PaymentState, Settled, Standing, ZoneFault,
    ask::{self, Kind, Question},
    authorise,
    provider::{self, Found},
    row,
};
use crate::{columns, order::parcels};

storage::statements! {
    IN_FLIGHT = "SELECT id, state, means, changed_us, reference FROM payments
        WHERE state IN ('authorising', 'capturing', 'reversing')
            OR (state = 'refunding' AND means IN ('card', 'provider'))
        ORDER BY changed_us LIMIT $1";
    ASKED_AGAIN = "UPDATE payments SET changed_us = $3 WHERE id = $1 AND state = $2";
}

/// What a run of [`recover`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Questions that have their answer now.
    pub answered: u32,
    /// Questions that were looked at and still wait.
    pub waiting: u32,
}

enum Answer {
    Written,
    None,
    ZoneUnreachable,
}

struct InFlight {
    payment: Named,
    means: Means,
    state: PaymentState,
    since: Duration,
}

/// Brings payments that were left between intent and outcome to their outcome.
///
/// # Errors
/// A [`Fault`]; what was answered before it stays answered.
pub async fn recover(store: &Store, methods: &Methods, clock: &Clock) -> Result<Recovered, Fault> {
    let now = clock.now();
    let left = store.read(move |tx| in_flight(tx, now)).await?;
    let mut found = Recovered::default();
    // The others of the same means would wait for the same closed door.
    let mut closed: Vec<Means> = Vec::new();
    for payment in left {
        if closed.contains(&payment.means) {
            continue;
        }
        let answer = match payment.state {
            PaymentState::Authorising => look_up(store, methods, clock, &payment).await?,
            _ => ask_again(store, methods, clock, &payment).await?,
        };
        match answer {
            Answer::Written => found.answered += 1,
            Answer::None => found.waiting += 1,
            Answer::ZoneUnreachable => {
                found.waiting += 1;
                closed.push(payment.means);
            }
        }
    }
    if !closed.contains(&Means::Provider) {
        look_at_pages(store, methods, clock, &mut found).await?;
    }
    Ok(found)
}

async fn look_at_pages(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    found: &mut Recovered,
) -> Result<(), Fault> {
    let Some(hosted) = methods.provider.as_deref() else {
        return Ok(());
    };
    let now = clock.now();
    for payment in store.read(move |tx| provider::due(tx, now)).await? {
        match provider::settle(store, hosted, clock, payment).await? {
            Found::Written => found.answered += 1,
            Found::Nothing => found.waiting += 1,
            Found::Unreachable => {
                found.waiting += 1;
                break;
            }
        }
    }
    Ok(())
}

fn in_flight(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<InFlight>, Fault> {
    let rows = tx.query(&IN_FLIGHT, &[limits::PAYMENTS_PER_RECOVERY.into()])?;
    let of_row = |row: &Row| {
        Ok(InFlight {
            payment: Named {
                payment: columns::parsed(row.text(0)?)?,
                reference: row.opt_text(4)?.map(str::to_owned),
            },
            means: Means::of_column(row.text(2)?)?,
            state: PaymentState::of_column(row.text(1)?)?,
            since: now.since(Timestamp::micros(row.int(3)?)),
        })
    };
    rows.iter().map(of_row).collect()
}

async fn look_up(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    left: &InFlight,
) -> Result<Answer, Fault> {
    let Some(method) = methods.asked_of(left.means) else {
        return Ok(Answer::None);
    };
    let (outcome, evidence) = match method.lookup(&left.payment).await {
        Ok(Standing::Known(outcome, evidence)) => (outcome, evidence),
        // The first question may still be on its way, until the grant that it carries has expired.
        Ok(Standing::Unheard) if left.since > limits::AUTHORISATION_LOST => {
            let lost = AuthoriseOutcome::NotSent {
                reason: NotSent::SwitchUnreachable,
            };
            (lost, Evidence::Nothing)
        }
        Ok(Standing::Unheard | Standing::InProgress) | Err(ZoneFault::NoAnswer) => {
            return Ok(Answer::None);
        }
        Err(ZoneFault::Unreachable) => return Ok(Answer::ZoneUnreachable),
    };
    let (payment, now) = (left.payment.payment, clock.now());
    store
        .write(move |tx| authorise::conclude(tx, payment, &outcome, &evidence, now))
        .await?;
    Ok(Answer::Written)
}

async fn ask_again(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    left: &InFlight,
) -> Result<Answer, Fault> {
    if left.since < limits::SETTLE_AGAIN {
        return Ok(Answer::None);
    }
    let (id, state, now) = (left.payment.payment, left.state, clock.now());
    let asked = store
        .write(move |tx| asked_before(tx, id, state, now))
        .await?;
    let Some(question) = asked else {
        return Ok(Answer::Written);
    };
    match ask::put(methods, &question).await {
        Err(ZoneFault::Unreachable) => Ok(Answer::ZoneUnreachable),
        Err(ZoneFault::NoAnswer) => Ok(Answer::None),
        Ok(answer) => match ask::write_down(store, clock, question, answer).await? {
            Settled::Pending => Ok(Answer::None),
            Settled::Done | Settled::Refused { .. } => Ok(Answer::Written),
        },
    }
}

/// What was asked, unless somebody wrote the answer meanwhile. The payment goes to the end of the queue, so
/// that one that never answers blocks no other.
fn asked_before(
    tx: &mut dyn Tx,
    id: PaymentId,
    state: PaymentState,
    now: Timestamp,
) -> Result<Option<Question>, Fault> {
    let params = [id.to_string().into(), state.into(), now.as_micros().into()];
    if tx.execute(&ASKED_AGAIN, &params)? == 0 {
        return Ok(None);
    }
    let payment = row::by_id(tx, id)?.ok_or_else(|| Fault::defect("a payment vanished"))?;
    let amounts = payment.amounts;
    let (kind, amount) = match state {
        PaymentState::Capturing => {
            let parcel = parcels::leaving(tx, payment.order)?;
            let parcel = parcel.ok_or_else(|| Fault::defect("a capture without its parcel"))?;
            (Kind::Capture(parcel.id), parcel.captured)
        }
        PaymentState::Reversing => (Kind::Reverse, amounts.amount - amounts.captured),
        PaymentState::Refunding => {
            let refund = parcels::open_refund(tx, payment.order)?;
            let refund = refund.ok_or_else(|| Fault::defect("a refund without its row"))?;
            (Kind::Refund(refund.id), refund.amount)
        }
        other => {
            return Err(Fault::defect(format!(
                "a payment that is {other:?} is asked nothing"
            )));
        }
    };
    Ok(Some(Question {
        payment: payment.named(),
        means: payment.means,
        amount,
        kind,
    }))
}
