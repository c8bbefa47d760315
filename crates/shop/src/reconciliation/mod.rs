//! Three-way reconciliation: what the shop took and gave back, what the switch cleared or the hosted provider paid out, what
//! the bank booked.
//!
//! Files come in ([`read_file`]), or are fetched ([`fetching`]); each movement of a statement is booked once, in the
//! transaction that reads the statement; each run ([`run`]) compares everything with everything and keeps what disagrees
//! as breaks, each with an owner and a note. Nothing is corrected by guessing: what cannot be proved lies in suspense
//! until a bookseller says what it is. Closing a year is not done here.

mod agreement;
mod batch;
mod book;
mod breaks;
mod causes;
mod compare;
mod entry;
pub mod fetching;
mod files;
mod lying;
mod movement;
mod own_books;
pub mod payouts;
mod run;
mod statement;
mod suspense;

pub use agreement::{Agreement, BadAgreement};
pub use batch::{ReadBatch, batches_read};
pub use breaks::{
    Break, BreakFilter, BreakKind, BreakRefusal, close, find as find_break, list as breaks,
    look_after, open_by_kind,
};
pub use entry::{BankEntry, EntryKind, Why, entries_of, entry};
pub use files::{FileRead, FileRefusal, HandedIn, REFUSED, read_file};
pub use run::{Nightly, Run, UNDER_WAY, last as last_run, nightly, run};
pub use statement::{ReadStatement, statements_read};
pub use suspense::{Given, SuspenseRefusal, give, is_charge, reference_back, send_back};

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [
        batch::STATEMENTS,
        book::STATEMENTS,
        own_books::STATEMENTS,
        breaks::STATEMENTS,
        compare::STATEMENTS,
        entry::STATEMENTS,
        files::STATEMENTS,
        lying::STATEMENTS,
        run::STATEMENTS,
        statement::STATEMENTS,
        suspense::STATEMENTS,
        &fetching::statements(),
        &payouts::statements(),
    ]
    .concat()
}
