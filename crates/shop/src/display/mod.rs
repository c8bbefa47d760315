//! What booksellers lay out by hand: picks (coups de cœur) under their own name, and display tables on a theme.
//!
//! Both are few, so every node keeps them whole in memory; how it learns of a change is [`crate::revision`]'s. An
//! edition that was merged into another or withdrawn is left out where they are shown.

pub mod picks;
pub mod tables;

use storage::Statement;

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

pub(crate) fn statements() -> Vec<&'static Statement> {
    [picks::STATEMENTS, tables::STATEMENTS].concat()
}
