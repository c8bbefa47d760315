//! A batch as a file: written by the switch, read by the bank.

use trade::limits;
use trade::money::Money;

use super::batch::{Batch, Header, Line, Movement, Unfit};
use super::text::{Field, Problem, ReadError, Reader, Record, Writer, agree};
use super::values::Digest;

const FILE_KIND: &str = "bouquin-clearing";
pub(super) const VERSION: &str = "1";
pub(super) const HEADER: &str = "H";
pub(super) const TRAILER: &str = "T";
const DETAIL: &str = "D";
const CURRENCY: &str = "EUR";
const CAPTURE: &str = "capture";
const REFUND: &str = "refund";

impl Batch {
    /// The file, with a line feed after each line.
    pub fn to_text(&self) -> String {
        self.sealed().0
    }

    /// The digest at the end of the file: what an acknowledgement names the batch by.
    pub fn digest(&self) -> Digest {
        self.sealed().1
    }

    fn sealed(&self) -> (String, Digest) {
        let mut file = Writer::default();
        let Header {
            merchant,
            sequence,
            business_date,
        } = self.header();
        file.line(&[
            &HEADER,
            &FILE_KIND,
            &VERSION,
            merchant,
            sequence,
            business_date,
            &CURRENCY,
        ]);
        for (number, line) in (1_usize..).zip(self.lines()) {
            write_line(&mut file, number, line);
        }
        let totals = self.totals();
        file.seal(&[
            &TRAILER,
            &totals.count,
            &totals.captures,
            &totals.refunds,
            &totals.net(),
            &totals.hash_total,
        ])
    }

    /// Reads a file. What is returned is whole: every value is spelled as [`to_text`](Batch::to_text) spells it, sums
    /// and digest are right, and nothing follows.
    pub fn read(bytes: &[u8]) -> Result<Batch, ReadError> {
        let mut file = Reader::new(bytes)?;
        let header = read_header(&mut file)?;
        let mut lines = Vec::new();
        let (line, trailer) = loop {
            let mut record = file.line()?;
            match record.text(Field::LineKind)? {
                DETAIL => {
                    let number = lines.len() + 1;
                    if number > limits::CLEARING_LINES {
                        let reason = super::UnfitReason::TooManyLines;
                        return Err(record.error(Field::WholeLine, Problem::Unfit(reason)));
                    }
                    lines.push(read_line(record, number)?);
                }
                TRAILER => break (record.number(), record),
                other => return Err(record.unreadable(Field::LineKind, other, "D or T")),
            }
        };
        let stated = read_totals(&file, trailer)?;
        let batch = Batch::new(header, lines).map_err(in_file)?;
        let totals = batch.totals();
        agree(line, Field::Count, &stated.count, &totals.count)?;
        agree(line, Field::Captures, &stated.captures, &totals.captures)?;
        agree(line, Field::Refunds, &stated.refunds, &totals.refunds)?;
        agree(line, Field::Net, &stated.net, &totals.net())?;
        agree(
            line,
            Field::HashTotal,
            &stated.hash_total,
            &totals.hash_total,
        )?;
        Ok(batch)
    }
}

/// Where in the file a line of the batch stands: after the header.
fn in_file(unfit: Unfit) -> ReadError {
    use super::UnfitReason::{Amount, Repeated, Time, TooManyLines};
    let field = match (unfit.reason, unfit.line) {
        (Time, 0) => Field::BusinessDate,
        (Time, _) => Field::Instant,
        (Amount, _) => Field::Amount,
        (Repeated { .. }, _) => Field::MovementId,
        (TooManyLines, _) => Field::WholeLine,
    };
    ReadError {
        line: unfit.line + 1,
        field,
        problem: Problem::Unfit(unfit.reason),
    }
}

fn write_line(file: &mut Writer, number: usize, line: &Line) {
    let (kind, id): (&str, &dyn super::text::Written) = match &line.movement {
        Movement::Capture(capture) => (CAPTURE, capture),
        Movement::Refund(refund) => (REFUND, refund),
    };
    file.line(&[
        &DETAIL,
        &number,
        &kind,
        &line.payment,
        id,
        &line.order,
        &line.retrieval_reference,
        &line.approval_code,
        &line.amount,
        &line.at,
    ]);
}

fn read_header(file: &mut Reader<'_>) -> Result<Header, ReadError> {
    let mut record = file.line()?;
    record.word(Field::LineKind, HEADER)?;
    record.word(Field::FileKind, FILE_KIND)?;
    record.word(Field::Version, VERSION)?;
    let header = Header {
        merchant: record.take(Field::Merchant)?,
        sequence: record.take(Field::Sequence)?,
        business_date: record.take(Field::BusinessDate)?,
    };
    record.word(Field::Currency, CURRENCY)?;
    record.end()?;
    Ok(header)
}

fn read_line(mut record: Record<'_>, number: usize) -> Result<Line, ReadError> {
    record.same(Field::LineNumber, &number)?;
    let kind = record.text(Field::Movement)?;
    if ![CAPTURE, REFUND].contains(&kind) {
        return Err(record.unreadable(Field::Movement, kind, "capture or refund"));
    }
    let payment = record.take(Field::Payment)?;
    let movement = match kind {
        CAPTURE => Movement::Capture(record.take(Field::MovementId)?),
        _ => Movement::Refund(record.take(Field::MovementId)?),
    };
    let line = Line {
        movement,
        payment,
        order: record.take(Field::Order)?,
        retrieval_reference: record.take(Field::RetrievalReference)?,
        approval_code: record.take(Field::ApprovalCode)?,
        amount: record.take(Field::Amount)?,
        at: record.take(Field::Instant)?,
    };
    record.end()?;
    Ok(line)
}

/// What a trailer says, before it is compared.
struct Stated {
    count: usize,
    captures: Money,
    refunds: Money,
    net: Money,
    hash_total: u64,
}

fn read_totals(file: &Reader<'_>, mut trailer: Record<'_>) -> Result<Stated, ReadError> {
    let stated = Stated {
        count: trailer.take(Field::Count)?,
        captures: trailer.take(Field::Captures)?,
        refunds: trailer.take(Field::Refunds)?,
        net: trailer.take(Field::Net)?,
        hash_total: trailer.take(Field::HashTotal)?,
    };
    // Before the sums: of a damaged file it is not worth saying what it adds up to.
    file.seal(trailer)?;
    Ok(stated)
}
