//! Clearing batches in the journal: each is cut in one transaction with the captures and refunds that are in it, and stays as
//! it was sent.

use banking::clearing::{
    Accepted, ApprovalCode, Batch, Header, Line, MerchantNumber, Movement, RetrievalReference,
    Sequence, Totals,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use storage::{Fault, Row, Tx, Value};
use trade::clock::Timestamp;
use trade::ids::{OrderNumber, PaymentId};
use trade::limits;
use trade::money::Money;

use super::payment::payment_id;

storage::statements! {
    LAST = "SELECT sequence, cut_us FROM clearing_batch ORDER BY sequence DESC LIMIT 1";
    UNCLEARED = "SELECT advice.seq, advice.kind, advice.movement, advice.amount_cents, advice.done_us,
            payment.id, payment.order_number, payment.retrieval_reference, payment.approval_code
        FROM advice JOIN payment ON payment.id = advice.payment
        WHERE advice.batch IS NULL AND advice.response_code = '00' AND advice.kind <> 'reversal' AND advice.rejected IS NULL
        ORDER BY advice.done_us, advice.seq LIMIT $1";
    COUNT_UNCLEARED = "SELECT COUNT(*) FROM advice
        WHERE batch IS NULL AND response_code = '00' AND kind <> 'reversal' AND rejected IS NULL";
    COUNT_UNCLEARABLE = "SELECT COUNT(*) FROM advice
        WHERE batch IS NULL AND response_code = '00' AND kind <> 'reversal' AND rejected IS NOT NULL";
    SET_ASIDE = "UPDATE advice SET rejected = 'no-references' WHERE seq = $1";
    CUT = "INSERT INTO clearing_batch (sequence, business_date, cut_us, file, lines, captures_cents, refunds_cents, state, tries, due_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'cut', 0, $3)";
    PUT = "UPDATE advice SET batch = $2, line = $3 WHERE seq = $1";
    UNTAKEN = "SELECT sequence, file, tries FROM clearing_batch
        WHERE due_us <= $1 AND (state = 'refused'
            OR sequence = (SELECT MIN(sequence) FROM clearing_batch AS unanswered WHERE unanswered.state = 'cut'))
        ORDER BY sequence LIMIT 1";
    COUNT_UNTAKEN = "SELECT COUNT(*), COUNT(CASE WHEN state = 'refused' THEN 1 END) FROM clearing_batch WHERE state <> 'taken'";
    AGAIN = "UPDATE clearing_batch SET tries = tries + 1, due_us = $2 WHERE sequence = $1";
    TAKEN = "UPDATE clearing_batch SET state = 'taken', acknowledgement = $2, answered_us = $3,
            accepted_lines = $4, accepted_captures_cents = $5, accepted_refunds_cents = $6
        WHERE sequence = $1 AND state <> 'taken'";
    REFUSED = "UPDATE clearing_batch SET state = 'refused', acknowledgement = $2, answered_us = $3
        WHERE sequence = $1 AND state <> 'taken'";
    REJECT = "UPDATE advice SET rejected = $3 WHERE batch = $1 AND line = $2";
    PAGE = "SELECT sequence, business_date, cut_us, state, answered_us, lines, captures_cents, refunds_cents,
            accepted_lines, accepted_captures_cents, accepted_refunds_cents
        FROM clearing_batch WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    LINES = "SELECT advice.line, advice.kind, advice.movement, advice.payment, payment.order_number, payment.retrieval_reference,
            advice.amount_cents, advice.done_us, advice.rejected
        FROM advice JOIN payment ON payment.id = advice.payment
        WHERE advice.batch = $1 AND advice.line > $2 ORDER BY advice.line LIMIT $3";
    FILE = "SELECT file FROM clearing_batch WHERE sequence = $1";
    ANSWER = "SELECT acknowledgement FROM clearing_batch WHERE sequence = $1";
}

/// What the bank has said of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Nothing yet: it is sent until it does.
    Cut,
    /// It is booked, but for the lines that were rejected.
    Taken,
    /// Nothing of it is booked; it is sent again now and then, and somebody should ask why.
    Refused,
}

/// A clearing batch, for the shop's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReport {
    /// Its number: 1, 2, 3 … without a gap.
    pub sequence: u32,
    /// The day it belongs to, in Paris, as `2026-11-26`.
    pub business_date: String,
    /// When it was cut.
    pub cut: Timestamp,
    /// What the bank has said.
    pub state: BatchState,
    /// When it said so.
    pub answered: Option<Timestamp>,
    /// How many captures and refunds are in it.
    pub lines: i64,
    /// What the captures add up to.
    pub captures: Money,
    /// What the refunds add up to, above zero.
    pub refunds: Money,
    /// What the bank has booked of it, once it is taken.
    pub accepted: Option<AcceptedReport>,
}

/// What the bank has booked of a batch: what it will pay, before its fees, is captures less refunds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedReport {
    /// How many lines.
    pub lines: i64,
    /// What the captures add up to.
    pub captures: Money,
    /// What the refunds add up to, above zero.
    pub refunds: Money,
}

/// A line of a clearing batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineReport {
    /// Its number in the batch, counted from 1.
    pub line: i64,
    /// `capture` or `refund`.
    pub kind: String,
    /// The capture's or the refund's name.
    pub movement: String,
    /// The payment.
    pub payment: PaymentId,
    /// The order.
    pub order: String,
    /// The bank's name for the authorisation.
    pub retrieval_reference: String,
    /// How much, above zero.
    pub amount: Money,
    /// When the bank confirmed it by message.
    pub at: Timestamp,
    /// Why the bank does not book it, as in docs/formats/clearing.md; absent when it does, or has not answered yet.
    pub rejected: Option<String>,
}

/// The last batch that was cut.
pub(crate) struct Last {
    pub(crate) sequence: Sequence,
    pub(crate) cut: Timestamp,
}

pub(crate) fn last(tx: &mut dyn Tx) -> Result<Option<Last>, Fault> {
    let Some(row) = tx.query_opt(&LAST, &[])? else {
        return Ok(None);
    };
    Ok(Some(Last {
        sequence: sequence(row.int(0)?)?,
        cut: Timestamp::micros(row.int(1)?),
    }))
}

/// Cuts a batch of what was confirmed and is in none yet, as much as fits one; whether there may be more. What no batch can
/// bear is set aside, so that it stands in nobody's way.
pub(crate) fn cut(
    tx: &mut dyn Tx,
    merchant: &MerchantNumber,
    business_date: Date,
    now: Timestamp,
) -> Result<bool, Fault> {
    let before = last(tx)?;
    let next = before.map_or(Some(Sequence::FIRST), |last| last.sequence.next());
    let sequence = next.ok_or_else(|| Fault::defect("there is no number for another batch"))?;
    let most = i64::try_from(limits::CLEARING_LINES).unwrap_or(i64::MAX);
    let mut lines = Vec::new();
    let mut seqs = Vec::new();
    let rows = tx.query(&UNCLEARED, &[most.into()])?;
    let is_full = rows.len() == limits::CLEARING_LINES;
    for row in rows {
        let seq = row.int(0)?;
        match line(&row)? {
            Some(line) => {
                lines.push(line);
                seqs.push(seq);
            }
            None => {
                tracing::error!(
                    seq,
                    "a capture or refund cannot be cleared: it lacks the bank's references"
                );
                tx.execute(&SET_ASIDE, &[seq.into()])?;
            }
        }
    }
    let header = Header {
        merchant: merchant.clone(),
        sequence,
        business_date,
    };
    let batch = Batch::new(header, lines).map_err(|unfit| Fault::defect(unfit.to_string()))?;
    let number = Value::from(i64::from(sequence.get()));
    let Totals {
        count,
        captures,
        refunds,
        ..
    } = batch.totals();
    let params = [
        number.clone(),
        business_date.to_string().into(),
        now.as_micros().into(),
        batch.to_text().into(),
        i64::try_from(count).unwrap_or(i64::MAX).into(),
        captures.as_cents().into(),
        refunds.as_cents().into(),
    ];
    tx.execute(&CUT, &params)?;
    for (line, seq) in (1_i64..).zip(seqs) {
        tx.execute(&PUT, &[seq.into(), number.clone(), line.into()])?;
    }
    Ok(is_full)
}

/// A batch that the bank has not taken.
#[derive(Debug, Clone)]
pub(crate) struct Untaken {
    pub(crate) sequence: Sequence,
    pub(crate) file: String,
    pub(crate) tries: i64,
}

/// The batch that is to be sent now: the oldest that the bank has not answered, for which younger ones wait, because it takes
/// them in their order; or one that it refused, for which nothing waits.
pub(crate) fn untaken(tx: &mut dyn Tx, now: Timestamp) -> Result<Option<Untaken>, Fault> {
    let Some(row) = tx.query_opt(&UNTAKEN, &[now.as_micros().into()])? else {
        return Ok(None);
    };
    Ok(Some(Untaken {
        sequence: sequence(row.int(0)?)?,
        file: row.text(1)?.to_owned(),
        tries: row.int(2)?,
    }))
}

/// It will be sent again.
pub(crate) fn again(tx: &mut dyn Tx, sequence: Sequence, due: Timestamp) -> Result<(), Fault> {
    let params = [i64::from(sequence.get()).into(), due.as_micros().into()];
    tx.execute(&AGAIN, &params).map(drop)
}

/// The bank has taken it, but for the lines that it names with their reasons.
pub(crate) fn taken<'a>(
    tx: &mut dyn Tx,
    sequence: Sequence,
    acknowledgement: &str,
    accepted: &Accepted,
    rejections: impl IntoIterator<Item = (usize, &'a str)>,
    now: Timestamp,
) -> Result<(), Fault> {
    let number = Value::from(i64::from(sequence.get()));
    let params = [
        number.clone(),
        acknowledgement.into(),
        now.as_micros().into(),
        i64::try_from(accepted.count).unwrap_or(i64::MAX).into(),
        accepted.captures.as_cents().into(),
        accepted.refunds.as_cents().into(),
    ];
    if tx.execute(&TAKEN, &params)? == 1 {
        for (line, reason) in rejections {
            let line = i64::try_from(line).unwrap_or(i64::MAX);
            tx.execute(&REJECT, &[number.clone(), line.into(), reason.into()])?;
        }
    }
    Ok(())
}

/// The bank refuses it as a whole.
pub(crate) fn refused(
    tx: &mut dyn Tx,
    sequence: Sequence,
    acknowledgement: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        i64::from(sequence.get()).into(),
        acknowledgement.into(),
        now.as_micros().into(),
    ];
    tx.execute(&REFUSED, &params).map(drop)
}

/// How many captures and refunds wait for a batch.
pub(crate) fn count_uncleared(tx: &mut dyn Tx) -> Result<i64, Fault> {
    tx.query_one(&COUNT_UNCLEARED, &[])?.int(0)
}

/// How many captures and refunds no batch can bear.
pub(crate) fn count_unclearable(tx: &mut dyn Tx) -> Result<i64, Fault> {
    tx.query_one(&COUNT_UNCLEARABLE, &[])?.int(0)
}

/// How many batches the bank has not taken, and how many of them it refused.
pub(crate) fn count_untaken(tx: &mut dyn Tx) -> Result<(i64, i64), Fault> {
    let row = tx.query_one(&COUNT_UNTAKEN, &[])?;
    Ok((row.int(0)?, row.int(1)?))
}

/// Batches with a higher number than `after`, in their order.
pub(crate) fn page(tx: &mut dyn Tx, after: i64, most: i64) -> Result<Vec<BatchReport>, Fault> {
    tx.query(&PAGE, &[after.into(), most.into()])?
        .iter()
        .map(read_batch)
        .collect()
}

/// Lines of a batch with a higher number than `after`, in their order.
pub(crate) fn lines(
    tx: &mut dyn Tx,
    sequence: i64,
    after: i64,
    most: i64,
) -> Result<Vec<LineReport>, Fault> {
    tx.query(&LINES, &[sequence.into(), after.into(), most.into()])?
        .iter()
        .map(read_line)
        .collect()
}

/// A batch as it was sent.
pub(crate) fn file(tx: &mut dyn Tx, sequence: i64) -> Result<Option<String>, Fault> {
    let row = tx.query_opt(&FILE, &[sequence.into()])?;
    row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

/// The bank's latest answer to a batch.
pub(crate) fn acknowledgement(tx: &mut dyn Tx, sequence: i64) -> Result<Option<String>, Fault> {
    let row = tx.query_opt(&ANSWER, &[sequence.into()])?;
    let answer = row.as_ref().map(|row| row.opt_text(0)).transpose()?;
    Ok(answer.flatten().map(str::to_owned))
}

fn sequence(number: i64) -> Result<Sequence, Fault> {
    let sequence = u32::try_from(number).ok().and_then(Sequence::new);
    sequence.ok_or_else(|| Fault::defect("a batch has no number"))
}

/// A line, if everything is there that the bank knows it by.
fn line(row: &Row) -> Result<Option<Line>, Fault> {
    let malformed = |_| Fault::defect("the name of a capture or refund is malformed");
    let movement = match row.text(1)? {
        "capture" => Movement::Capture(row.text(2)?.parse().map_err(malformed)?),
        _ => Movement::Refund(row.text(2)?.parse().map_err(malformed)?),
    };
    let order = OrderNumber::parse(row.text(6)?);
    let reference = RetrievalReference::parse(row.opt_text(7)?.unwrap_or_default());
    let approval = ApprovalCode::parse(row.opt_text(8)?.unwrap_or_default());
    let (Ok(order), Ok(retrieval_reference), Ok(approval_code)) = (order, reference, approval)
    else {
        return Ok(None);
    };
    Ok(Some(Line {
        movement,
        payment: payment_id(row.text(5)?)?,
        order,
        retrieval_reference,
        approval_code,
        amount: Money::cents(row.int(3)?),
        at: Timestamp::micros(row.int(4)?),
    }))
}

fn read_batch(row: &Row) -> Result<BatchReport, Fault> {
    let accepted = match (row.opt_int(8)?, row.opt_int(9)?, row.opt_int(10)?) {
        (Some(lines), Some(captures), Some(refunds)) => Some(AcceptedReport {
            lines,
            captures: Money::cents(captures),
            refunds: Money::cents(refunds),
        }),
        _ => None,
    };
    Ok(BatchReport {
        sequence: sequence(row.int(0)?)?.get(),
        business_date: row.text(1)?.to_owned(),
        cut: Timestamp::micros(row.int(2)?),
        state: match row.text(3)? {
            "cut" => BatchState::Cut,
            "taken" => BatchState::Taken,
            _ => BatchState::Refused,
        },
        answered: row.opt_int(4)?.map(Timestamp::micros),
        lines: row.int(5)?,
        captures: Money::cents(row.int(6)?),
        refunds: Money::cents(row.int(7)?),
        accepted,
    })
}

fn read_line(row: &Row) -> Result<LineReport, Fault> {
    Ok(LineReport {
        line: row.int(0)?,
        kind: row.text(1)?.to_owned(),
        movement: row.text(2)?.to_owned(),
        payment: payment_id(row.text(3)?)?,
        order: row.text(4)?.to_owned(),
        retrieval_reference: row.opt_text(5)?.unwrap_or_default().to_owned(),
        amount: Money::cents(row.int(6)?),
        at: Timestamp::micros(row.int(7)?),
        rejected: row.opt_text(8)?.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::journal::MIGRATIONS;
    use jiff::civil::date;
    use storage::{Store, StoreUrl};
    use trade::ids::CaptureId;

    storage::statements! {
        CAPTURED = "INSERT INTO payment (id, order_number, amount_cents, state, approval_code, retrieval_reference, response_code,
                captured_cents, refunded_cents, received_us, changed_us)
            VALUES ($1, 'BQ-0000-0001', 1000, 'captured', $2, '632718000042', '00', 1000, 0, 1, 1)";
        CONFIRMED = "INSERT INTO advice (payment, kind, movement, amount_cents, stan, transmitted, tries, due_us, queued_us, response_code, done_us)
            VALUES ($1, 'capture', $2, 1000, $3, '1126120000', 1, 1, 1, '00', $3)";
    }

    /// As journals may have them from before such approvals were told apart.
    #[tokio::test]
    async fn what_no_batch_can_bear_stands_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("switch.db"));
        let store = Store::open(&url, &[MIGRATIONS]).await.unwrap();
        let cut = store.write(|tx| {
            for (number, code) in [(1, "T 042"), (2, "T42"), (3, "T00043")] {
                let (id, capture) = (PaymentId::new(), CaptureId::new());
                tx.execute(&CAPTURED, &[id.to_string().into(), code.into()])?;
                let capture = capture.to_string();
                let confirmed = [id.to_string().into(), capture.into(), number.into()];
                tx.execute(&CONFIRMED, &confirmed)?;
            }
            let before = count_uncleared(tx)?;
            let merchant = MerchantNumber::parse("BOUQUIN DEMO").unwrap();
            for _ in 0..2 {
                cut(tx, &merchant, date(2026, 11, 26), Timestamp::micros(7))?;
            }
            let lines: Vec<i64> = page(tx, 0, 9)?.iter().map(|batch| batch.lines).collect();
            Ok::<_, Fault>((before, lines, count_uncleared(tx)?, count_unclearable(tx)?))
        });
        assert_eq!(cut.await.unwrap(), (3, vec![2, 0], 0, 1));
    }
}
