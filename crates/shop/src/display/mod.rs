//! What booksellers lay out by hand: picks (coups de cœur) under their own name, and display tables on a theme.
//!
//! Both are few, so every node keeps them whole in memory; how it learns of a change is [`crate::revision`]'s. They
//! follow an edition that was merged into another; one that was withdrawn is left out where they are shown.

pub mod picks;
pub mod tables;

use storage::{Fault, Statement, Tx};
use trade::clock::Timestamp;

use crate::revision::{self, Followed};

/// Limits of what is laid out, each with its reason.
pub mod limits {
    /// Picks that are kept, past ones included: those of some years.
    pub const PICKS: u32 = 1_000;
    /// What a bookseller says of a pick, in characters: half a printed page.
    pub const NOTE_CHARS: usize = 1_200;
    /// A bookseller's name as readers see it, in characters.
    pub const BOOKSELLER_CHARS: usize = 60;
    /// Tables that are kept, drafts and past ones included.
    pub const TABLES: u32 = 200;
    /// Books on a table: what somebody still looks through.
    pub const BOOKS: usize = 60;
    /// The title of a table, in characters: what stands on one line of a page.
    pub const TITLE_CHARS: usize = 80;
    /// What stands above the books of a table, in characters.
    pub const INTRO_CHARS: usize = 1_200;
}

/// Leads picks and tables to the editions that theirs were merged into; says how many of both changed.
pub(crate) fn follow(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, Fault> {
    let moved = picks::follow(tx, now)? + tables::follow(tx, now)?;
    if moved > 0 {
        revision::changed(tx, Followed::Display)?;
    }
    Ok(moved)
}

pub(crate) fn statements() -> Vec<&'static Statement> {
    [picks::STATEMENTS, tables::STATEMENTS].concat()
}
