//! What a clearing batch says, and what makes it whole.

use std::collections::HashMap;

use jiff::civil::Date;
use trade::clock::Timestamp;
use trade::ids::{CaptureId, OrderNumber, PaymentId, RefundId};
use trade::limits;
use trade::money::Money;

use super::values::{ApprovalCode, MerchantNumber, RetrievalReference, Sequence};

/// Which batch it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Whose captures and refunds these are, as the bank numbers its merchants.
    pub merchant: MerchantNumber,
    /// The batch's number among the merchant's.
    pub sequence: Sequence,
    /// The day it belongs to, in Paris.
    pub business_date: Date,
}

/// What a line asks the bank to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Movement {
    /// Take an amount that was authorised.
    Capture(CaptureId),
    /// Give back an amount that was captured.
    Refund(RefundId),
}

/// One capture or refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is asked.
    pub movement: Movement,
    /// The payment it belongs to.
    pub payment: PaymentId,
    /// The order that was paid.
    pub order: OrderNumber,
    /// The bank's reference of the authorisation.
    pub retrieval_reference: RetrievalReference,
    /// The code the bank approved it with.
    pub approval_code: ApprovalCode,
    /// How much, above zero.
    pub amount: Money,
    /// When the bank confirmed it to the switch.
    pub at: Timestamp,
}

/// What a batch adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many lines.
    pub count: usize,
    /// What captures take.
    pub captures: Money,
    /// What refunds give back, above zero.
    pub refunds: Money,
    /// The retrieval references as numbers of base 36, added up; the last fifteen decimal digits of that.
    pub hash_total: u64,
}

/// Fifteen decimal digits: also a spreadsheet, which counts in floating point, holds them exactly.
const HASH_TOTAL_MODULUS: u64 = 1_000_000_000_000_000;

impl Totals {
    /// Adds up lines.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Totals {
        let mut totals = Totals::default();
        for line in lines {
            totals.count += 1;
            match line.movement {
                Movement::Capture(_) => totals.captures += line.amount,
                Movement::Refund(_) => totals.refunds += line.amount,
            }
            let number = line.retrieval_reference.as_number() % HASH_TOTAL_MODULUS;
            totals.hash_total = (totals.hash_total + number) % HASH_TOTAL_MODULUS;
        }
        totals
    }

    /// What the bank will pay, before its fees; below zero when more is given back than taken.
    pub fn net(&self) -> Money {
        self.captures - self.refunds
    }
}

/// A batch that can be sent: as many lines as a file holds, amounts above zero, nothing in it twice.
///
/// A day without captures and refunds has a batch too, so that a missing one is noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    header: Header,
    lines: Vec<Line>,
}

/// Why lines cannot be a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the batch: {reason}")]
pub struct Unfit {
    /// Which one, counted from 1; 0 for the header.
    pub line: usize,
    /// Why.
    pub reason: UnfitReason,
}

/// What is wrong with a line of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitReason {
    /// The file would be too long: begin another batch.
    #[error("a batch has at most {} lines", limits::CLEARING_LINES)]
    TooManyLines,
    /// Nothing, less than nothing, or more than a message can ask for.
    #[error("an amount is between 1 and {} cents", limits::CLEARING_AMOUNT_CENTS)]
    Amount,
    /// The same capture or refund as an earlier line: it would be booked twice.
    #[error("the same capture or refund stands on line {first}")]
    Repeated {
        /// The earlier line, counted from 1.
        first: usize,
    },
    /// Before 1970 or after 9999: no clock of the house tells it.
    #[error("a day or an instant is between the years 1970 and 9999")]
    Time,
}

/// An hour of the last days of the year 9999: later instants have no text.
const LAST_INSTANT: Timestamp = Timestamp::micros(253_402_207_199_999_999);

impl Batch {
    /// Checks that the lines can be sent together.
    pub fn new(header: Header, lines: Vec<Line>) -> Result<Batch, Unfit> {
        let unfit = |line, reason| Err(Unfit { line, reason });
        if !(1970..=9999).contains(&header.business_date.year()) {
            return unfit(0, UnfitReason::Time);
        }
        let mut seen = HashMap::with_capacity(lines.len().min(limits::CLEARING_LINES));
        for (number, line) in (1..).zip(&lines) {
            if number > limits::CLEARING_LINES {
                return unfit(number, UnfitReason::TooManyLines);
            }
            if !(1..=limits::CLEARING_AMOUNT_CENTS).contains(&line.amount.as_cents()) {
                return unfit(number, UnfitReason::Amount);
            }
            if !(Timestamp::micros(0)..=LAST_INSTANT).contains(&line.at) {
                return unfit(number, UnfitReason::Time);
            }
            if let Some(first) = seen.insert(line.movement, number) {
                return unfit(number, UnfitReason::Repeated { first });
            }
        }
        Ok(Batch { header, lines })
    }

    /// Which batch it is.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The captures and refunds; the first has the number 1.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The line with that number, counted from 1.
    pub fn line(&self, number: usize) -> Option<&Line> {
        self.lines.get(number.checked_sub(1)?)
    }

    /// What all lines add up to.
    pub fn totals(&self) -> Totals {
        Totals::of(&self.lines)
    }
}
