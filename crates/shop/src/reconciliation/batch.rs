//! Clearing batches as the switch sent them to the bank, and the bank's answers.
//!
//! A batch is known by its number; read again it changes nothing. An answer is believed when it adds up with its batch.

use banking::clearing::{Acknowledgement, Batch, Line, Movement, Verdict};
use jiff::civil::Date;
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, money::Money};

use crate::columns;

storage::statements! {
    READ = "INSERT INTO clearing_batches (merchant, sequence, business_date, digest, file, lines, captures_cents,
            refunds_cents, staff, read_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (merchant, sequence) DO NOTHING RETURNING id";
    KNOWN = "SELECT digest FROM clearing_batches WHERE merchant = $1 AND sequence = $2";
    OTHER_MERCHANT = "SELECT 1 FROM clearing_batches WHERE merchant <> $1 LIMIT 1";
    LINE = "INSERT INTO clearing_lines (batch, line, kind, movement, payment, order_number, amount_cents)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FILE = "SELECT id, file FROM clearing_batches WHERE merchant = $1 AND sequence = $2";
    // A refused batch is sent again until it is taken; what was taken stays taken.
    ANSWER = "UPDATE clearing_batches SET verdict = $2, refusal = $3
        WHERE id = $1 AND (verdict IS NULL OR verdict = 'refused')";
    REJECT = "UPDATE clearing_lines SET rejected = $3 WHERE batch = $1 AND line = $2";
    LATEST = "SELECT b.sequence, b.business_date, b.lines, b.captures_cents, b.refunds_cents, b.verdict, b.staff, b.read_us,
            EXISTS (SELECT 1 FROM bank_entries e WHERE e.kind = 'clearing' AND e.subject = CAST(b.sequence AS TEXT))
        FROM clearing_batches b ORDER BY b.sequence DESC LIMIT $1";
}

/// What became of a clearing file that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handed {
    /// It was read.
    Read,
    /// It had been read before.
    Known,
    /// Another one with that number was read before.
    Another,
    /// It is another merchant's.
    OtherMerchant,
    /// It answers a batch that was not read, or another one.
    NoSuchBatch,
}

/// A batch that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBatch {
    /// Its number.
    pub sequence: i64,
    /// Its day.
    pub business_date: Date,
    /// How many captures and refunds.
    pub lines: u32,
    /// What captures take.
    pub captures: Money,
    /// What refunds give back, above zero.
    pub refunds: Money,
    /// Whether the bank took it; none before it answered.
    pub taken: Option<bool>,
    /// Whether an entry of the bank pays it.
    pub paid: bool,
    /// The login of who handed it in.
    pub staff: String,
    /// When.
    pub read: Timestamp,
}

/// Keeps a batch and its lines.
pub(super) fn read(
    tx: &mut dyn Tx,
    batch: &Batch,
    staff: &str,
    now: Timestamp,
) -> Result<Handed, Fault> {
    let header = batch.header();
    let (merchant, sequence) = (header.merchant.as_str(), header.sequence.get());
    if tx.query_opt(&OTHER_MERCHANT, &[merchant.into()])?.is_some() {
        return Ok(Handed::OtherMerchant);
    }
    let (totals, digest) = (batch.totals(), batch.digest().to_string());
    let params = [
        merchant.into(),
        sequence.into(),
        header.business_date.to_string().into(),
        digest.as_str().into(),
        batch.to_text().into(),
        i64::try_from(totals.count).unwrap_or(i64::MAX).into(),
        totals.captures.as_cents().into(),
        totals.refunds.as_cents().into(),
        staff.into(),
        now.as_micros().into(),
    ];
    let Some(row) = tx.query_opt(&READ, &params)? else {
        let known = tx.query_one(&KNOWN, &[merchant.into(), sequence.into()])?;
        return Ok(match known.text(0)? == digest {
            true => Handed::Known,
            false => Handed::Another,
        });
    };
    let id = row.int(0)?;
    for (number, line) in (1_u32..).zip(batch.lines()) {
        write_line(tx, id, number, line)?;
    }
    Ok(Handed::Read)
}

fn write_line(tx: &mut dyn Tx, batch: i64, number: u32, line: &Line) -> Result<(), Fault> {
    let (kind, movement) = match line.movement {
        Movement::Capture(capture) => ("capture", capture.to_string()),
        Movement::Refund(refund) => ("refund", refund.to_string()),
    };
    let params = [
        batch.into(),
        number.into(),
        kind.into(),
        movement.into(),
        line.payment.to_string().into(),
        line.order.as_str().into(),
        line.amount.as_cents().into(),
    ];
    tx.execute(&LINE, &params).map(drop)
}

/// Writes down what the bank answered to a batch that was read.
pub(super) fn answered(tx: &mut dyn Tx, answer: &Acknowledgement) -> Result<Handed, Fault> {
    let (merchant, sequence) = (answer.batch.merchant.as_str(), answer.batch.sequence.get());
    let Some(row) = tx.query_opt(&FILE, &[merchant.into(), sequence.into()])? else {
        return Ok(Handed::NoSuchBatch);
    };
    let batch = Batch::read(row.text(1)?.as_bytes())
        .map_err(|error| Fault::defect(format!("batch {sequence} is not kept whole: {error}")))?;
    if answer.check(&batch).is_err() {
        return Ok(Handed::NoSuchBatch);
    }
    let id = row.int(0)?;
    let (verdict, refusal, rejections) = match &answer.verdict {
        Verdict::Taken { rejections, .. } => ("taken", None, rejections.as_slice()),
        Verdict::Refused(refusal) => ("refused", Some(refusal.code()), &[][..]),
    };
    if tx.execute(&ANSWER, &[id.into(), verdict.into(), refusal.into()])? == 0 {
        return Ok(Handed::Known);
    }
    for rejection in rejections {
        let line = i64::try_from(rejection.line).unwrap_or(i64::MAX);
        let params = [id.into(), line.into(), rejection.reason.code().into()];
        tx.execute(&REJECT, &params)?;
    }
    Ok(Handed::Read)
}

/// The latest batches by their number, latest first.
///
/// # Errors
/// A [`Fault`].
pub fn batches_read(tx: &mut dyn Tx, limit: u32) -> Result<Vec<ReadBatch>, Fault> {
    tx.query(&LATEST, &[limit.into()])?
        .iter()
        .map(of_row)
        .collect()
}

fn of_row(row: &Row) -> Result<ReadBatch, Fault> {
    Ok(ReadBatch {
        sequence: row.int(0)?,
        business_date: columns::parsed(row.text(1)?)?,
        lines: row.count(2)?,
        captures: Money::cents(row.int(3)?),
        refunds: Money::cents(row.int(4)?),
        taken: row.opt_text(5)?.map(|verdict| verdict == "taken"),
        staff: row.text(6)?.to_owned(),
        read: Timestamp::micros(row.int(7)?),
        paid: row.flag(8)?,
    })
}
