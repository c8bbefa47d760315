//! An acknowledgement as a file: written by the bank, read by the switch.
//!
//! Read alone it is whole; whether it fits the batch is [`Acknowledgement::check`]'s question.

use trade::limits;
use trade::money::Money;

use super::acknowledgement::{
    Accepted, Acknowledgement, BatchName, Refusal, Rejection, RejectionReason, Verdict,
};
use super::batch_file::{HEADER, TRAILER, VERSION};
use super::text::{Field, Problem, ReadError, Reader, Record, Writer, agree};

const FILE_KIND: &str = "bouquin-acknowledgement";
const BATCH_REFUSED: &str = "B";
const LINE_REJECTED: &str = "R";

impl Acknowledgement {
    /// The file, with a line feed after each line.
    pub fn to_text(&self) -> String {
        let mut file = Writer::default();
        let BatchName {
            merchant,
            sequence,
            digest,
        } = &self.batch;
        file.line(&[
            &HEADER, &FILE_KIND, &VERSION, merchant, sequence, digest, &self.at,
        ]);
        let (rejected, accepted) = match &self.verdict {
            Verdict::Refused(refusal) => {
                file.line(&[&BATCH_REFUSED, &refusal.code()]);
                (0, Accepted::default())
            }
            Verdict::Taken {
                accepted,
                rejections,
            } => {
                for (number, rejection) in (1_usize..).zip(rejections) {
                    let reason = rejection.reason.code();
                    file.line(&[&LINE_REJECTED, &number, &rejection.line, &reason]);
                }
                (rejections.len(), *accepted)
            }
        };
        let trailer = file.seal(&[
            &TRAILER,
            &rejected,
            &accepted.count,
            &accepted.captures,
            &accepted.refunds,
            &accepted.net(),
        ]);
        trailer.0
    }

    /// Reads a file: every value is spelled as [`to_text`](Acknowledgement::to_text) spells it, the digest is right,
    /// and nothing follows.
    pub fn read(bytes: &[u8]) -> Result<Acknowledgement, ReadError> {
        let mut file = Reader::new(bytes)?;
        let (batch, at) = read_header(&mut file)?;
        let mut rejections: Vec<Rejection> = Vec::new();
        let mut refusal = None;
        let trailer = loop {
            let mut record = file.line()?;
            match (record.text(Field::LineKind)?, refusal) {
                (BATCH_REFUSED, None) if rejections.is_empty() => {
                    refusal = Some(read_refusal(record)?);
                }
                (LINE_REJECTED, None) => {
                    let rejection = read_rejection(record, &rejections)?;
                    rejections.push(rejection);
                }
                (TRAILER, _) => break record,
                (other, _) => return Err(record.unreadable(Field::LineKind, other, "R or T")),
            }
        };
        let line = trailer.number();
        let stated = read_totals(&file, trailer)?;
        agree(line, Field::Rejected, &stated.rejected, &rejections.len())?;
        agree(line, Field::Net, &stated.net, &stated.accepted.net())?;
        let verdict = match refusal {
            Some(refusal) => {
                agree(line, Field::Count, &stated.accepted.count, &0)?;
                agree(
                    line,
                    Field::Captures,
                    &stated.accepted.captures,
                    &Money::ZERO,
                )?;
                agree(line, Field::Refunds, &stated.accepted.refunds, &Money::ZERO)?;
                Verdict::Refused(refusal)
            }
            None => Verdict::Taken {
                accepted: stated.accepted,
                rejections,
            },
        };
        Ok(Acknowledgement { batch, at, verdict })
    }
}

fn read_header(file: &mut Reader<'_>) -> Result<(BatchName, trade::clock::Timestamp), ReadError> {
    let mut record = file.line()?;
    record.word(Field::LineKind, HEADER)?;
    record.word(Field::FileKind, FILE_KIND)?;
    record.word(Field::Version, VERSION)?;
    let batch = BatchName {
        merchant: record.take(Field::Merchant)?,
        sequence: record.take(Field::Sequence)?,
        digest: record.take(Field::BatchDigest)?,
    };
    let at = record.take(Field::Instant)?;
    record.end()?;
    Ok((batch, at))
}

fn read_refusal(mut record: Record<'_>) -> Result<Refusal, ReadError> {
    let code = record.text(Field::Reason)?;
    let refusal = Refusal::of_code(code)
        .ok_or_else(|| record.unreadable(Field::Reason, code, "a reason to refuse a batch"))?;
    record.end()?;
    Ok(refusal)
}

fn read_rejection(mut record: Record<'_>, before: &[Rejection]) -> Result<Rejection, ReadError> {
    record.same(Field::LineNumber, &(before.len() + 1))?;
    let line: usize = record.take(Field::RejectedLine)?;
    let last = before.last().map_or(0, |rejection| rejection.line);
    if line <= last || line > limits::CLEARING_LINES {
        let problem = Problem::OutOfOrder { line, last };
        return Err(record.error(Field::RejectedLine, problem));
    }
    let code = record.text(Field::Reason)?;
    let reason = RejectionReason::of_code(code)
        .ok_or_else(|| record.unreadable(Field::Reason, code, "a reason to reject a line"))?;
    record.end()?;
    Ok(Rejection { line, reason })
}

/// What a trailer says, before it is compared.
struct Stated {
    rejected: usize,
    accepted: Accepted,
    net: Money,
}

fn read_totals(file: &Reader<'_>, mut trailer: Record<'_>) -> Result<Stated, ReadError> {
    let stated = Stated {
        rejected: trailer.take(Field::Rejected)?,
        accepted: Accepted {
            count: trailer.take(Field::Count)?,
            captures: trailer.take(Field::Captures)?,
            refunds: trailer.take(Field::Refunds)?,
        },
        net: trailer.take(Field::Net)?,
    };
    file.seal(trailer)?;
    Ok(stated)
}
