//! The text of clearing files: lines of fields, each value with one spelling, and the digest that ends a file.
//!
//! Nothing here knows what a file is about; see the files of batch and acknowledgement.

use std::fmt::Write as _;

use jiff::civil::Date;
use trade::clock::Timestamp;
use trade::ids::{CaptureId, OrderNumber, PaymentId, RefundId};
use trade::limits;
use trade::money::Money;

use super::batch::UnfitReason;
use super::values::{ApprovalCode, Digest, MerchantNumber, RetrievalReference, Sequence};

/// What stands between two fields: in no value, and seen by a person who opens the file.
pub(super) const SEPARATOR: u8 = b'|';

/// A field of a clearing file, as `docs/formats/clearing.md` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The letter that says what a line is about.
    LineKind,
    /// What kind of file it is.
    FileKind,
    /// The version of the layout.
    Version,
    /// The merchant's number.
    Merchant,
    /// The batch's number.
    Sequence,
    /// The batch's day.
    BusinessDate,
    /// The currency of all amounts.
    Currency,
    /// A line's own number.
    LineNumber,
    /// Capture or refund.
    Movement,
    /// The payment.
    Payment,
    /// The capture or refund.
    MovementId,
    /// The order.
    Order,
    /// ISO 8583 field 37.
    RetrievalReference,
    /// ISO 8583 field 38.
    ApprovalCode,
    /// An amount in cents.
    Amount,
    /// When it happened.
    Instant,
    /// How many lines.
    Count,
    /// The sum of captures.
    Captures,
    /// The sum of refunds.
    Refunds,
    /// Captures less refunds.
    Net,
    /// The sum over the references.
    HashTotal,
    /// The digest of the batch that is acknowledged.
    BatchDigest,
    /// Which line of the batch is rejected.
    RejectedLine,
    /// Why a line is rejected, or a batch refused.
    Reason,
    /// How many lines are rejected.
    Rejected,
    /// The digest of the file itself.
    Digest,
    /// The line as a whole.
    WholeLine,
}

impl Field {
    /// The name the description of the format gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Field::LineKind => "line kind",
            Field::FileKind => "file kind",
            Field::Version => "version",
            Field::Merchant => "merchant",
            Field::Sequence => "sequence",
            Field::BusinessDate => "business date",
            Field::Currency => "currency",
            Field::LineNumber => "line number",
            Field::Movement => "movement",
            Field::Payment => "payment",
            Field::MovementId => "capture or refund",
            Field::Order => "order",
            Field::RetrievalReference => "retrieval reference",
            Field::ApprovalCode => "approval code",
            Field::Amount => "amount",
            Field::Instant => "instant",
            Field::Count => "count",
            Field::Captures => "captures",
            Field::Refunds => "refunds",
            Field::Net => "net",
            Field::HashTotal => "hash total",
            Field::BatchDigest => "batch digest",
            Field::RejectedLine => "rejected line",
            Field::Reason => "reason",
            Field::Rejected => "rejected",
            Field::Digest => "digest",
            Field::WholeLine => "line",
        }
    }
}

/// Why a file is refused: where, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {}: {problem}", .field.name())]
pub struct ReadError {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// The field of that line.
    pub field: Field,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file is longer than any batch.
    #[error("the file has more than {} bytes", limits::CLEARING_FILE_BYTES)]
    TooLarge,
    /// The file ends here: it was cut short.
    #[error("the file ends here and should go on")]
    EndOfFile,
    /// Something follows the last line.
    #[error("the file should have ended before this line")]
    AfterTheEnd,
    /// A byte that no file has: control characters, carriage returns, anything beyond ASCII.
    #[error("the byte 0x{0:02x} may not stand in this file")]
    Byte(u8),
    /// The line has fewer fields than it should.
    #[error("the field is missing")]
    Missing,
    /// The line has more fields than it should.
    #[error("the line has more fields than it should")]
    Surplus,
    /// The value is not what it should be, or not spelled as it must be.
    #[error("\"{found}\" is not {expected}")]
    Unreadable {
        /// The beginning of what stands there.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// The value does not agree with what the lines before it say.
    #[error("it says {stated}, but it should be {counted}")]
    Differs {
        /// What stands there.
        stated: String,
        /// What the lines come to.
        counted: String,
    },
    /// Rejected lines ascend, and a batch has not so many.
    #[error("line {line} of the batch cannot follow line {last}")]
    OutOfOrder {
        /// What stands there.
        line: usize,
        /// The rejected line before it, 0 when there is none.
        last: usize,
    },
    /// The digest is that of other bytes: the file was changed after it was written.
    #[error("the file was damaged or changed after it was written; have it sent again")]
    Damaged,
    /// The line can be read, but may not stand in a batch.
    #[error("{0}")]
    Unfit(UnfitReason),
}

/// The longest piece of a damaged file that an error repeats, in characters: enough to find the place.
const FOUND_CHARS: usize = 40;

/// A value with one spelling: what reads it must write the same text again.
pub(super) trait Value: Sized {
    /// What a person is told to expect, after "is not".
    const EXPECTED: &'static str;
    /// Reads a text; it may be another spelling than [`write`](Value::write)'s.
    fn read(text: &str) -> Option<Self>;
    /// The one spelling.
    fn write(&self) -> String;
}

macro_rules! values {
    ($($kind:ty: $expected:literal;)*) => {$(
        impl Value for $kind {
            const EXPECTED: &'static str = $expected;
            fn read(text: &str) -> Option<$kind> {
                text.parse().ok()
            }
            fn write(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

values! {
    usize: "a number without leading zeros";
    u64: "a number without leading zeros";
    Date: "a day like 2026-11-26";
    OrderNumber: "an order number like BQ-7K3M-Q9XZ in capitals";
    PaymentId: "a UUID in small letters with hyphens";
    CaptureId: "a UUID in small letters with hyphens";
    RefundId: "a UUID in small letters with hyphens";
    Sequence: "a number from 1 to 999999999 without leading zeros";
    MerchantNumber: "1 to 15 printable characters without spaces at the ends";
    RetrievalReference: "12 letters and digits";
    ApprovalCode: "1 to 6 letters and digits";
    Digest: "64 hexadecimal digits in small letters";
}

impl Value for Money {
    const EXPECTED: &'static str = "an amount in cents like 1250";
    fn read(text: &str) -> Option<Money> {
        text.parse().ok().map(Money::cents)
    }
    fn write(&self) -> String {
        self.as_cents().to_string()
    }
}

impl Value for Timestamp {
    const EXPECTED: &'static str = "an instant like 2026-11-26T17:45:00.000000Z";
    fn read(text: &str) -> Option<Timestamp> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        Some(Timestamp::micros(instant.as_microsecond()))
    }
    fn write(&self) -> String {
        // Beyond the calendar there is no text, and such an instant is in no batch.
        jiff::Timestamp::from_microsecond(self.as_micros())
            .map(|instant| instant.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
            .unwrap_or_default()
    }
}

/// Writes a file line by line.
#[derive(Default)]
pub(super) struct Writer(String);

impl Writer {
    /// A line of those fields.
    pub(super) fn line(&mut self, fields: &[&dyn Written]) {
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                self.0.push(char::from(SEPARATOR));
            }
            self.0.push_str(&field.written());
        }
        self.0.push('\n');
    }

    /// The last line: those fields and the digest of everything before it.
    pub(super) fn seal(mut self, fields: &[&dyn Written]) -> (String, Digest) {
        for field in fields {
            self.0.push_str(&field.written());
            self.0.push(char::from(SEPARATOR));
        }
        let digest = Digest::of(self.0.as_bytes());
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{digest}");
        (self.0, digest)
    }
}

/// What can stand in a field: a value, or a word of the format itself.
pub(super) trait Written {
    /// The text of the field.
    fn written(&self) -> String;
}

impl<V: Value> Written for V {
    fn written(&self) -> String {
        self.write()
    }
}

impl Written for &str {
    fn written(&self) -> String {
        (*self).to_owned()
    }
}

/// Reads a file line by line.
pub(super) struct Reader<'a> {
    whole: &'a str,
    /// Where the next line begins.
    at: usize,
    /// The number of the line that was read last, counted from 1.
    number: usize,
}

impl<'a> Reader<'a> {
    /// Begins a file; every byte of it is looked at.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Reader<'a>, ReadError> {
        let whole_line = |line, problem| ReadError {
            line,
            field: Field::WholeLine,
            problem,
        };
        if bytes.len() > limits::CLEARING_FILE_BYTES {
            return Err(whole_line(1, Problem::TooLarge));
        }
        let mut line = 1;
        for byte in bytes {
            match byte {
                b'\n' => line += 1,
                b' '..=b'~' => {}
                other => return Err(whole_line(line, Problem::Byte(*other))),
            }
        }
        let whole = std::str::from_utf8(bytes).unwrap_or_default();
        Ok(Reader {
            whole,
            at: 0,
            number: 0,
        })
    }

    /// The next line, which must be there and end.
    pub(super) fn line(&mut self) -> Result<Record<'a>, ReadError> {
        self.number += 1;
        let rest = self.whole.get(self.at..).unwrap_or_default();
        let Some((line, _)) = rest.split_once('\n') else {
            return Err(ReadError {
                line: self.number,
                field: Field::WholeLine,
                problem: Problem::EndOfFile,
            });
        };
        let record = Record {
            line: self.number,
            at: self.at,
            rest: Some(line),
        };
        self.at += line.len() + 1;
        Ok(record)
    }

    /// Takes the digest, the last field of the last line, and compares it with the bytes before it.
    pub(super) fn seal(&self, mut last: Record<'a>) -> Result<Digest, ReadError> {
        let before = self.whole.get(..last.at).unwrap_or_default();
        let stated: Digest = last.take(Field::Digest)?;
        last.end()?;
        if self.at < self.whole.len() {
            return Err(ReadError {
                line: self.number + 1,
                field: Field::WholeLine,
                problem: Problem::AfterTheEnd,
            });
        }
        if stated == Digest::of(before.as_bytes()) {
            Ok(stated)
        } else {
            Err(last.error(Field::Digest, Problem::Damaged))
        }
    }
}

/// Compares what a line states with what was counted.
pub(super) fn agree<V: Value + PartialEq>(
    line: usize,
    field: Field,
    stated: &V,
    counted: &V,
) -> Result<(), ReadError> {
    if stated == counted {
        return Ok(());
    }
    let (stated, counted) = (stated.write(), counted.write());
    Err(ReadError {
        line,
        field,
        problem: Problem::Differs { stated, counted },
    })
}

/// A line whose fields are taken one after the other.
pub(super) struct Record<'a> {
    line: usize,
    /// Where in the file the fields that were not taken begin.
    at: usize,
    /// The fields that were not taken.
    rest: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// An error in this line.
    pub(super) fn error(&self, field: Field, problem: Problem) -> ReadError {
        ReadError {
            line: self.line,
            field,
            problem,
        }
    }

    /// The next field as it stands.
    pub(super) fn text(&mut self, field: Field) -> Result<&'a str, ReadError> {
        let rest = self
            .rest
            .ok_or_else(|| self.error(field, Problem::Missing))?;
        match rest.split_once(char::from(SEPARATOR)) {
            Some((text, rest)) => {
                self.at += text.len() + 1;
                self.rest = Some(rest);
                Ok(text)
            }
            None => {
                self.at += rest.len();
                self.rest = None;
                Ok(rest)
            }
        }
    }

    /// The next field as a value.
    pub(super) fn take<V: Value>(&mut self, field: Field) -> Result<V, ReadError> {
        let text = self.text(field)?;
        V::read(text)
            .filter(|value| value.write() == text)
            .ok_or_else(|| self.unreadable(field, text, V::EXPECTED))
    }

    /// The next field, which must be that word of the format.
    pub(super) fn word(&mut self, field: Field, expected: &'static str) -> Result<(), ReadError> {
        let text = self.text(field)?;
        if text == expected {
            Ok(())
        } else {
            Err(self.unreadable(field, text, expected))
        }
    }

    /// The next field, which must be the value that was counted.
    pub(super) fn same<V: Value + PartialEq>(
        &mut self,
        field: Field,
        counted: &V,
    ) -> Result<(), ReadError> {
        let stated: V = self.take(field)?;
        agree(self.line, field, &stated, counted)
    }

    /// Its number in the file, counted from 1.
    pub(super) fn number(&self) -> usize {
        self.line
    }

    /// The error for a text that is not what it should be.
    pub(super) fn unreadable(&self, field: Field, text: &str, expected: &'static str) -> ReadError {
        let found = text.chars().take(FOUND_CHARS).collect();
        self.error(field, Problem::Unreadable { found, expected })
    }

    /// Checks that no field is left.
    pub(super) fn end(&self) -> Result<(), ReadError> {
        match self.rest {
            None => Ok(()),
            Some(_) => Err(self.error(Field::WholeLine, Problem::Surplus)),
        }
    }
}
