//! What the bank says of a batch: taken, with the lines it rejects, or refused as a whole.

use std::collections::BTreeMap;

use trade::clock::Timestamp;
use trade::money::Money;

use super::batch::{Batch, Line, Totals};
use super::values::{Digest, MerchantNumber, Sequence};

/// The batch that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchName {
    /// Whose.
    pub merchant: MerchantNumber,
    /// Its number.
    pub sequence: Sequence,
    /// The digest at its end, so that another batch under the same number is not taken for it.
    pub digest: Digest,
}

impl BatchName {
    /// The name of a batch.
    pub fn of(batch: &Batch) -> BatchName {
        BatchName {
            merchant: batch.header().merchant.clone(),
            sequence: batch.header().sequence,
            digest: batch.digest(),
        }
    }
}

/// The bank's answer to a batch that it could read. One that it cannot read has no name to be answered by; the channel
/// it came over says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The batch.
    pub batch: BatchName,
    /// When the bank decided.
    pub at: Timestamp,
    /// What it decided.
    pub verdict: Verdict,
}

/// What the bank decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The lines are booked, but for some.
    Taken {
        /// What the booked lines add up to.
        accepted: Accepted,
        /// The others, in the order of their lines.
        rejections: Vec<Rejection>,
    },
    /// Nothing of it is booked.
    Refused(Refusal),
}

/// What the booked lines add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepted {
    /// How many lines.
    pub count: usize,
    /// What captures take.
    pub captures: Money,
    /// What refunds give back, above zero.
    pub refunds: Money,
}

impl Accepted {
    fn of<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Accepted {
        let Totals {
            count,
            captures,
            refunds,
            ..
        } = Totals::of(lines);
        Accepted {
            count,
            captures,
            refunds,
        }
    }

    /// What the bank will pay for them, before its fees.
    pub fn net(&self) -> Money {
        self.captures - self.refunds
    }
}

/// A line that is not booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// Its number in the batch, counted from 1.
    pub line: usize,
    /// Why.
    pub reason: RejectionReason,
}

macro_rules! reasons {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The word in the file, and the name of its sentence.
            pub const fn code(self) -> &'static str {
                match self {
                    $($name::$variant => $code,)+
                }
            }

            /// The reason with that word.
            pub fn of_code(code: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|reason| reason.code() == code)
            }
        }
    };
}

reasons! {
    /// Why the bank does not book a line.
    RejectionReason {
        /// The bank knows no authorisation by that reference and code.
        UnknownAuthorisation = "unknown-authorisation",
        /// The authorisation was reversed, or nothing of it was captured that could be given back.
        NotOpen = "not-open",
        /// The authorisation is older than the scheme lets it be captured.
        Expired = "expired",
        /// More than was authorised is taken, or more than was taken given back.
        AmountExceeded = "amount-exceeded",
        /// The same capture or refund was cleared in an earlier batch.
        AlreadyCleared = "already-cleared",
        /// The amount is not the one that was confirmed by message.
        AmountDiffers = "amount-differs",
    }
}

reasons! {
    /// Why the bank refuses a batch as a whole.
    Refusal {
        /// The merchant is not the one of the connection.
        UnknownMerchant = "unknown-merchant",
        /// An earlier batch is missing.
        SequenceGap = "sequence-gap",
        /// Another batch with that number was taken.
        SequenceUsed = "sequence-used",
        /// The business date is not one that the bank still or already clears.
        BusinessDate = "business-date",
    }
}

/// A line that the batch does not have, or that is named twice or out of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not in the batch, or is rejected twice or out of order")]
pub struct UnknownLine {
    /// The line.
    pub line: usize,
}

/// Why an acknowledgement does not fit the batch that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It is about another batch.
    #[error("the acknowledgement is about another batch, or about a damaged copy of this one")]
    OtherBatch,
    /// It names a line that the batch does not have.
    #[error(transparent)]
    Line(#[from] UnknownLine),
    /// What it counts as booked is not what its rejections leave.
    #[error("the bank counts {stated:?} as booked; its rejections leave {counted:?}")]
    Accepted {
        /// What it states.
        stated: Accepted,
        /// What the lines that are not rejected add up to.
        counted: Accepted,
    },
}

impl Acknowledgement {
    /// Takes a batch but for some lines, which are named in ascending order.
    pub fn taken(
        batch: &Batch,
        at: Timestamp,
        rejections: Vec<Rejection>,
    ) -> Result<Acknowledgement, UnknownLine> {
        let rejected = by_line(batch, &rejections)?;
        let accepted = accepted(batch, &rejected);
        Ok(Acknowledgement {
            batch: BatchName::of(batch),
            at,
            verdict: Verdict::Taken {
                accepted,
                rejections,
            },
        })
    }

    /// Refuses a batch as a whole.
    pub fn refused(batch: &Batch, at: Timestamp, refusal: Refusal) -> Acknowledgement {
        Acknowledgement {
            batch: BatchName::of(batch),
            at,
            verdict: Verdict::Refused(refusal),
        }
    }

    /// Checks that this is about `batch` and adds up with it.
    pub fn check(&self, batch: &Batch) -> Result<(), Mismatch> {
        if self.batch != BatchName::of(batch) {
            return Err(Mismatch::OtherBatch);
        }
        let Verdict::Taken {
            accepted: stated,
            rejections,
        } = &self.verdict
        else {
            return Ok(());
        };
        let counted = accepted(batch, &by_line(batch, rejections)?);
        if *stated == counted {
            Ok(())
        } else {
            Err(Mismatch::Accepted {
                stated: *stated,
                counted,
            })
        }
    }
}

fn by_line(
    batch: &Batch,
    rejections: &[Rejection],
) -> Result<BTreeMap<usize, RejectionReason>, UnknownLine> {
    let mut last = 0;
    let mut rejected = BTreeMap::new();
    for Rejection { line, reason } in rejections {
        if *line <= last || batch.line(*line).is_none() {
            return Err(UnknownLine { line: *line });
        }
        last = *line;
        rejected.insert(*line, *reason);
    }
    Ok(rejected)
}

fn accepted(batch: &Batch, rejected: &BTreeMap<usize, RejectionReason>) -> Accepted {
    let numbered = (1..).zip(batch.lines());
    Accepted::of(
        numbered
            .filter(|(number, _)| !rejected.contains_key(number))
            .map(|(_, line)| line),
    )
}
