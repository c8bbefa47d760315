//! Clearing: the batch of captures and refunds that the switch sends to the bank at the end of a business day, and the
//! bank's acknowledgement of it. The layout, byte by byte, is in `docs/formats/clearing.md`.
//!
//! A file is wrong or right as a whole: every value has one spelling, sums and hash total are counted again, and a
//! SHA-256 covers all bytes before it, so that any damage on the way is noticed. It is no signature: who sent a file
//! is proved by the connection it came over. No line can name a card; the bank knows it by its own references.

mod acknowledgement;
mod acknowledgement_file;
mod batch;
mod batch_file;
mod text;
mod values;

pub use acknowledgement::{
    Accepted, Acknowledgement, BatchName, Mismatch, Refusal, Rejection, RejectionReason,
    UnknownLine, Verdict,
};
pub use batch::{Batch, Header, Line, Movement, Totals, Unfit, UnfitReason};
pub use text::{Field, Problem, ReadError};
pub use values::{ApprovalCode, Digest, Malformed, MerchantNumber, RetrievalReference, Sequence};
