//! What readers write about a book, and what others wrote about it.
//!
//! A reader's review is sent from the page of her order, which proves her address, or with an address that she
//! confirms by a letter; a bookseller reads it; then it stands on the page of the book. Each author has one
//! review of an edition: her next one takes its place when it is published itself. An *editorial review* is what
//! a critic or a bookseller wrote elsewhere, entered in the back office.
//!
//! Whether the author bought the book is looked up in the orders whenever it is shown and kept nowhere, so that the
//! mark is true of every review that bears it (C6). Reviews made up for the demo are the catalogue's and never
//! come here.

mod desk;
mod draft;
pub mod editorial;
mod key;
pub mod letter;
pub mod limits;
pub(crate) mod merged;
mod own;
mod published;
mod state;
mod submit;
mod voice;

use storage::{Fault, Statement};
use trade::ids::EditionId;

pub use desk::{
    Counts, Entry, Queue, Report, counts, entry, keep, publish, publish_alone, queue, refuse,
};
pub use draft::{Draft, Field, Flaw, Rating, Typed, email};
pub(crate) use draft::{line, text};
pub use key::ReviewKeys;
pub use own::{Own, confirm, forget, own, withdraw};
pub use published::{Change, Published, all, bought, changes};
pub use state::{Reason, ReviewState, Step};
pub use submit::{submit, submit_unproved};
pub use voice::{Voter, helpful, report};

/// The number of a reader's review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReviewId(pub i64);

impl std::fmt::Display for ReviewId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Why nothing was done with a review.
#[derive(Debug, thiserror::Error)]
pub enum ReviewRefusal {
    /// There is no such review.
    #[error("there is no review {id}")]
    NoSuchReview {
        /// Its number.
        id: ReviewId,
    },
    /// It does not stand where that can be done.
    #[error("the review is {}", state.code())]
    NotNow {
        /// Where it stands.
        state: ReviewState,
    },
    /// Its author has changed it since it was read.
    #[error("the review has changed since it was read")]
    Changed,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

pub(crate) fn statements() -> Vec<&'static Statement> {
    [
        desk::STATEMENTS,
        editorial::STATEMENTS,
        merged::STATEMENTS,
        own::STATEMENTS,
        published::STATEMENTS,
        submit::STATEMENTS,
        voice::STATEMENTS,
    ]
    .concat()
}

/// The edition that a review is about, and what its letter calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The edition.
    pub edition: EditionId,
    /// Its title.
    pub title: String,
}
