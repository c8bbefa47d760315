//! Store and forward: says what is stored, as often as it takes, until the bank has confirmed it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use cards::iso8583::Field;
use storage::{Fault, Tx};
use tokio::task::JoinSet;
use trade::clock::Timestamp;
use trade::payment::Outcome;

use crate::desk::{Desk, outcome};
use crate::dialogue;
use crate::journal::advice::{self, Advice, Kind};
use crate::journal::payment;
use crate::line::NoAnswer;
use crate::response;
use crate::state::State;

/// How many stored messages wait for their confirmation at once: enough to drain a night's queue in
/// a minute, few enough to leave the line to buyers.
const MOST_AT_ONCE: usize = 32;

/// How often the queue is looked at, at least, when nobody rings and nothing is due.
const LOOK: Duration = Duration::from_millis(500);

/// After a try that certainly sent nothing.
const UNSENT_PAUSE: Duration = Duration::from_millis(200);

/// Before the queue is looked at again after the journal could not be written; doubles up to [`LONGEST_JOURNAL_PAUSE`].
const JOURNAL_PAUSE: Duration = Duration::from_millis(200);

const LONGEST_JOURNAL_PAUSE: Duration = Duration::from_secs(10);

/// How often payments that were left under way are looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// Runs until the future is dropped.
pub(crate) async fn forward(desk: Arc<Desk>) {
    let mut up = desk.carriers.changes();
    let mut saying = JoinSet::new();
    let mut under_way = HashSet::new();
    // Rounds in a row in which the journal failed: what could not be written down stays due.
    let mut failures = 0_u32;
    loop {
        if failures > 0 {
            tokio::time::sleep(journal_pause(failures)).await;
        }
        // Going down is noticed by those who are saying something.
        if up.wait_for(|carriers| *carriers > 0).await.is_err() {
            return;
        }
        let now = desk.clock.now();
        let due = desk
            .store
            .read(move |tx| {
                let due = advice::due(tx, now, 2 * MOST_AT_ONCE)?;
                Ok::<_, Fault>((due, advice::next_due(tx, now)?))
            })
            .await;
        let (due, next) = match due {
            Ok(due) => due,
            Err(fault) => {
                tracing::error!(fault = fault.detail(), "the queue cannot be read");
                failures += 1;
                continue;
            }
        };
        let pause = next.map_or(LOOK, |next| next.since(now).min(LOOK));
        for advice in due {
            if saying.len() < MOST_AT_ONCE && under_way.insert(advice.seq) {
                saying.spawn(say(Arc::clone(&desk), advice));
            }
        }
        tokio::select! {
            Some(said) = saying.join_next() => {
                let mut round = vec![said];
                while let Some(said) = saying.try_join_next() {
                    round.push(said);
                }
                let round: Vec<Said> = round.into_iter().flatten().collect();
                for said in &round {
                    under_way.remove(&said.seq);
                }
                failures = match round.iter().any(|said| said.is_written) {
                    true => 0,
                    false => failures + 1,
                };
            }
            () = desk.bell.notified(), if saying.len() < MOST_AT_ONCE => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Settles, again and again, what no request is working on any more.
pub(crate) async fn sweep(desk: Arc<Desk>, longest_request: Duration) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let until = desk.clock.now().minus(longest_request);
        if let Err(fault) = settle(&desk, until).await {
            tracing::error!(
                fault = fault.detail(),
                "interrupted payments cannot be settled"
            );
        }
    }
}

/// Settles every payment that has been under way since before `until`.
pub(crate) async fn settle(desk: &Desk, until: Timestamp) -> Result<(), Fault> {
    let now = desk.clock.now();
    loop {
        let settled = desk
            .store
            .write(move |tx| payment::settle_interrupted(tx, until, now))
            .await?;
        if settled == 0 {
            return Ok(());
        }
        tracing::warn!(settled, "payments that had been interrupted are settled");
        desk.bell.notify_one();
    }
}

/// A stored message that was said, or was to be.
struct Said {
    seq: i64,
    /// Whether the journal took what had to be written down.
    is_written: bool,
}

async fn say(desk: Arc<Desk>, advice: Advice) -> Said {
    let seq = advice.seq;
    let said = say_once(&desk, advice).await;
    if let Err(fault) = &said {
        tracing::error!(
            fault = fault.detail(),
            seq,
            "a stored message could not be said"
        );
    }
    Said {
        seq,
        is_written: said.is_ok(),
    }
}

/// How long to wait after so many rounds in which the journal failed.
fn journal_pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let pause = JOURNAL_PAUSE.saturating_mul(1 << doublings);
    pause.min(LONGEST_JOURNAL_PAUSE)
}

async fn say_once(desk: &Desk, advice: Advice) -> Result<(), Fault> {
    let again = desk
        .clock
        .now()
        .plus(advice::patience(advice.tries, desk.retry));
    let (seq, id) = (advice.seq, advice.payment);
    let ready = desk.store.write(move |tx| {
        if !advice::about_to_try(tx, seq, again)? {
            return Ok(None);
        }
        payment::find(tx, id)
    });
    let Some(payment) = ready.await? else {
        return Ok(());
    };
    let message = match dialogue::advice(&desk.merchant, &payment, &advice) {
        Some(Ok(message)) => message,
        Some(Err(_)) | None => {
            // Not the journal's fault, and not the others'.
            tracing::error!(seq, payment = %id, "a stored message cannot be worded");
            return Ok(());
        }
    };
    match desk.carriers.exchange(message).await {
        Ok(reply) => match reply.get(Field::RESPONSE_CODE).map(str::to_owned) {
            Some(code) if !leaves_open(&advice, &code) => confirmed(desk, advice, code).await,
            _ => Ok(()),
        },
        Err(NoAnswer::NotSent) => {
            let again = desk.clock.now().plus(UNSENT_PAUSE);
            desk.store
                .write(move |tx| advice::unsent(tx, seq, again))
                .await
        }
        Err(NoAnswer::Lost | NoAnswer::TimedOut) => Ok(()),
    }
}

/// Whether an answer leaves open what becomes of a stored message, so that it is said again. That the bank has had it (94) is no
/// answer to one that was said before, nor to a reversal.
fn leaves_open(advice: &Advice, code: &str) -> bool {
    let was_said = advice.tries > 0 || advice.kind == Kind::Reversal;
    response::is_passing(code) || code == response::DUPLICATE && was_said
}

async fn confirmed(desk: &Desk, advice: Advice, code: String) -> Result<(), Fault> {
    let (now, seq) = (desk.clock.now(), advice.seq);
    let advice = Advice {
        response_code: Some(code),
        ..advice
    };
    if let Outcome::Refused { code } = outcome(&advice) {
        // A reversal of a payment in doubt that the bank refuses leaves the doubt: a person must ask.
        tracing::error!(code, payment = %advice.payment, kind = ?advice.kind, "the bank refused");
    }
    let settled = advice.clone();
    desk.store
        .write(move |tx| settle_advice(tx, &settled, now))
        .await?;
    desk.waiters.wake(seq);
    if !matches!(advice.kind, Kind::Refund(_)) {
        // A reversal may have waited for the capture; one that crossed with an approval is said anew.
        desk.bell.notify_one();
    }
    Ok(())
}

/// Writes the confirmation down and moves the payment, in one transaction, once.
fn settle_advice(tx: &mut dyn Tx, advice: &Advice, now: Timestamp) -> Result<(), Fault> {
    let code = advice.response_code.as_deref().unwrap_or_default();
    if advice.kind == Kind::Reversal
        && code == response::NOT_FOUND
        && payment::reverse_what_crossed(tx, advice.payment, advice.seq, now)?
    {
        return Ok(());
    }
    if !advice::done(tx, advice.seq, code, now)? {
        return Ok(());
    }
    let (id, is_done) = (advice.payment, outcome(advice) == Outcome::Done);
    match (advice.kind, is_done) {
        (Kind::Capture(_), true) => payment::captured(tx, id, advice.amount, now)?,
        (Kind::Capture(_), false) => payment::uncapture(tx, id, advice.amount, now)?,
        (Kind::Refund(_), true) => {}
        (Kind::Refund(_), false) => payment::unrefund(tx, id, advice.amount, now)?,
        (Kind::Reversal, true) => {
            let taken = payment::find(tx, id)?.is_some_and(|payment| !payment.captured.is_zero());
            let lifted = if taken {
                State::Captured
            } else {
                State::Reversed
            };
            let _ = payment::advance(tx, id, State::Unknown, State::Reversed, now)?
                || payment::advance(tx, id, State::PartlyApproved, State::Reversed, now)?
                || payment::advance(tx, id, State::Reversing, lifted, now)?;
        }
        (Kind::Reversal, false) => {
            payment::advance(tx, id, State::Reversing, State::Approved, now)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_fails_is_left_alone_ever_longer() {
        let pauses = [1, 2, 3, 7, u32::MAX].map(journal_pause);
        assert_eq!(
            pauses.map(|pause| pause.as_millis()),
            [200, 400, 800, 10_000, 10_000]
        );
    }
}
