//! Fetching: the shop asks the switch for clearing batches and the bank's answers, the bank's window for statements, and
//! takes the files that lie in a folder; each goes through the same door as one that a bookseller hands in. The hosted
//! provider is asked for its payouts, which are no files.
//!
//! How far it came is not kept: what was read says it ([`wanted`]). A source that does not answer is asked again after a
//! pause that grows; a file that cannot be believed is a break, and is asked for again the next day. How the connection is
//! made, and who may ask, is the executable's.

mod door;
mod folder;
mod payouts;
mod round;
mod standing;
mod wanted;

pub use door::{
    BatchDoor, FetchFault, Fetched, Listing, OfferedBatch, Page, PayoutDoor, Place, Source,
    StatementDoor,
};
pub use round::{Fetcher, Round};
pub use standing::{Standing, ask_now, standings};

pub(super) fn statements() -> Vec<&'static storage::Statement> {
    [round::STATEMENTS, standing::STATEMENTS, wanted::STATEMENTS].concat()
}
