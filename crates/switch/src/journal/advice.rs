//! Store and forward: captures, refunds and reversals that the bank has not confirmed yet. One row
//! per thing to be said, however often it must be said.

use std::time::Duration;

use storage::{Fault, Row, Tx};
use trade::clock::Timestamp;
use trade::ids::{CaptureId, PaymentId, RefundId};
use trade::money::Money;

use super::Trace;
use super::payment::payment_id;

storage::statements! {
    QUEUE = "INSERT INTO advice (payment, kind, movement, amount_cents, stan, transmitted, tries, due_us, queued_us)
        VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7) ON CONFLICT (payment, kind, movement) DO NOTHING";
    FIND = "SELECT seq, payment, kind, movement, amount_cents, stan, transmitted, tries, response_code
        FROM advice WHERE payment = $1 AND kind = $2 AND movement = $3";
    OF_PAYMENT = "SELECT seq, payment, kind, movement, amount_cents, stan, transmitted, tries, response_code
        FROM advice WHERE payment = $1 ORDER BY seq LIMIT 300";
    COUNT = "SELECT COUNT(*) FROM advice WHERE payment = $1";
    DUE = "SELECT seq, payment, kind, movement, amount_cents, stan, transmitted, tries, response_code
        FROM advice WHERE response_code IS NULL AND due_us <= $1
            AND (kind <> 'reversal' OR NOT EXISTS (SELECT 1 FROM advice AS taking
                WHERE taking.payment = advice.payment AND taking.kind = 'capture' AND taking.response_code IS NULL))
        ORDER BY due_us, seq LIMIT $2";
    NEXT_DUE = "SELECT MIN(due_us) FROM advice WHERE response_code IS NULL AND due_us > $1";
    TRY = "UPDATE advice SET tries = tries + 1, due_us = $2 WHERE seq = $1 AND response_code IS NULL";
    UNSENT = "UPDATE advice SET tries = tries - 1, due_us = $2 WHERE seq = $1 AND response_code IS NULL";
    DONE = "UPDATE advice SET response_code = $2, done_us = $3 WHERE seq = $1 AND response_code IS NULL";
    ARM_ANEW = "UPDATE advice SET stan = $2, transmitted = $3, tries = 0, due_us = $4, queued_us = $4, response_code = NULL, done_us = NULL
        WHERE payment = $1 AND kind = 'reversal' AND response_code IS NOT NULL AND response_code <> '00'";
    NAME_ANEW = "UPDATE advice SET stan = $2, transmitted = $3, tries = 0, due_us = $4 WHERE seq = $1 AND response_code IS NULL";
    WAITING = "SELECT COUNT(*), MIN(queued_us) FROM advice WHERE response_code IS NULL";
}

/// What is to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Capture(CaptureId),
    Refund(RefundId),
    Reversal,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Capture(_) => "capture",
            Kind::Refund(_) => "refund",
            Kind::Reversal => "reversal",
        }
    }

    /// The shop's name for what moves; none for a reversal, of which a payment has one.
    pub(crate) fn movement(self) -> Option<String> {
        match self {
            Kind::Capture(capture) => Some(capture.to_string()),
            Kind::Refund(refund) => Some(refund.to_string()),
            Kind::Reversal => None,
        }
    }
}

/// A message that the bank has confirmed, or has to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advice {
    pub(crate) seq: i64,
    pub(crate) payment: PaymentId,
    pub(crate) kind: Kind,
    pub(crate) amount: Money,
    /// The same at every repeat: it is how the bank knows one.
    pub(crate) trace: Trace,
    pub(crate) tries: i64,
    /// Field 39 of the confirmation.
    pub(crate) response_code: Option<String>,
}

/// Queues a message, unless it was queued before; whether this was the first time.
pub(crate) fn queue(
    tx: &mut dyn Tx,
    payment: PaymentId,
    kind: Kind,
    amount: Money,
    now: Timestamp,
) -> Result<bool, Fault> {
    let trace = Trace::next(tx, now)?;
    let params = [
        payment.to_string().into(),
        kind.name().into(),
        kind.movement().unwrap_or_default().into(),
        amount.as_cents().into(),
        trace.stan.number().into(),
        trace.transmitted.to_string().into(),
        now.as_micros().into(),
    ];
    Ok(tx.execute(&QUEUE, &params)? == 1)
}

/// Lets the reversal of a payment be said anew, when it was answered otherwise than with 00; whether it was. It has another
/// name then: under the old one the bank would answer as before.
pub(crate) fn arm_anew(tx: &mut dyn Tx, payment: PaymentId, now: Timestamp) -> Result<bool, Fault> {
    let trace = Trace::next(tx, now)?;
    let params = [
        payment.to_string().into(),
        trace.stan.number().into(),
        trace.transmitted.to_string().into(),
        now.as_micros().into(),
    ];
    Ok(tx.execute(&ARM_ANEW, &params)? == 1)
}

/// Gives a message that waits another name, and lets it be said at once: what was answered to the old one does not count.
pub(crate) fn name_anew(tx: &mut dyn Tx, seq: i64, now: Timestamp) -> Result<(), Fault> {
    let trace = Trace::next(tx, now)?;
    let params = [
        seq.into(),
        trace.stan.number().into(),
        trace.transmitted.to_string().into(),
        now.as_micros().into(),
    ];
    tx.execute(&NAME_ANEW, &params).map(drop)
}

pub(crate) fn find(
    tx: &mut dyn Tx,
    payment: PaymentId,
    kind: Kind,
) -> Result<Option<Advice>, Fault> {
    let params = [
        payment.to_string().into(),
        kind.name().into(),
        kind.movement().unwrap_or_default().into(),
    ];
    tx.query_opt(&FIND, &params)?.as_ref().map(read).transpose()
}

/// All that was ever queued for a payment, oldest first.
pub(crate) fn of_payment(tx: &mut dyn Tx, payment: PaymentId) -> Result<Vec<Advice>, Fault> {
    tx.query(&OF_PAYMENT, &[payment.to_string().into()])?
        .iter()
        .map(read)
        .collect()
}

/// How many were queued for a payment.
pub(crate) fn count(tx: &mut dyn Tx, payment: PaymentId) -> Result<i64, Fault> {
    tx.query_one(&COUNT, &[payment.to_string().into()])?.int(0)
}

/// What should be said now, the longest due first. A reversal waits for the captures of its payment, because it says what
/// of the authorisation stays.
pub(crate) fn due(tx: &mut dyn Tx, now: Timestamp, most: usize) -> Result<Vec<Advice>, Fault> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    tx.query(&DUE, &[now.as_micros().into(), most.into()])?
        .iter()
        .map(read)
        .collect()
}

/// When the next of those that are not due yet is.
pub(crate) fn next_due(tx: &mut dyn Tx, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
    let row = tx.query_one(&NEXT_DUE, &[now.as_micros().into()])?;
    Ok(row.opt_int(0)?.map(Timestamp::micros))
}

/// Writes down that it is about to be said, before it is, and when to say it again if nobody
/// confirms. `false` when it was confirmed meanwhile.
pub(crate) fn about_to_try(tx: &mut dyn Tx, seq: i64, again: Timestamp) -> Result<bool, Fault> {
    Ok(tx.execute(&TRY, &[seq.into(), again.as_micros().into()])? == 1)
}

/// Takes the last attempt back: it is certain that nothing left.
pub(crate) fn unsent(tx: &mut dyn Tx, seq: i64, again: Timestamp) -> Result<(), Fault> {
    tx.execute(&UNSENT, &[seq.into(), again.as_micros().into()])
        .map(drop)
}

/// Writes down the confirmation; whether it was the first.
pub(crate) fn done(tx: &mut dyn Tx, seq: i64, code: &str, now: Timestamp) -> Result<bool, Fault> {
    Ok(tx.execute(&DONE, &[seq.into(), code.into(), now.as_micros().into()])? == 1)
}

/// How many messages wait, and since when the oldest does.
pub(crate) fn waiting(tx: &mut dyn Tx) -> Result<(i64, Option<Timestamp>), Fault> {
    let row = tx.query_one(&WAITING, &[])?;
    Ok((row.int(0)?, row.opt_int(1)?.map(Timestamp::micros)))
}

/// How long to wait before saying it once more: doubling from `first`, at most five minutes.
pub(crate) fn patience(tries: i64, first: Duration) -> Duration {
    const MOST: Duration = Duration::from_secs(300);
    let doublings = u32::try_from(tries.clamp(0, 16)).unwrap_or(16);
    first.saturating_mul(1 << doublings).min(MOST)
}

fn read(row: &Row) -> Result<Advice, Fault> {
    let malformed = |_| Fault::defect("the name of a capture or refund is malformed");
    let kind = match row.text(2)? {
        "capture" => Kind::Capture(row.text(3)?.parse().map_err(malformed)?),
        "reversal" => Kind::Reversal,
        _ => Kind::Refund(row.text(3)?.parse().map_err(malformed)?),
    };
    Ok(Advice {
        seq: row.int(0)?,
        payment: payment_id(row.text(1)?)?,
        kind,
        amount: Money::cents(row.int(4)?),
        trace: Trace::read(row.int(5)?, row.text(6)?)?,
        tries: row.int(7)?,
        response_code: row.opt_text(8)?.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::patience;
    use std::time::Duration;

    #[test]
    fn repeats_come_ever_more_slowly_but_never_end() {
        let seconds = |tries| patience(tries, Duration::from_secs(10)).as_secs();
        assert_eq!(
            [
                seconds(0),
                seconds(1),
                seconds(2),
                seconds(5),
                seconds(1_000_000)
            ],
            [10, 20, 40, 300, 300]
        );
    }
}
