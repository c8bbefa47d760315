//! Fichier des écritures comptables: the entries of a year in one file, as article A. 47 A-1 of the Livre des procédures
//! fiscales orders it (the paragraphs named here are that article's).
//!
//! Written is the flat form of VI 1° with the eighteen fields of VII 1°. [`check`] finds in any such file what the
//! article forbids, and what the tax administration's tool Test Compta Demat remarks. It attests nothing: that tool says
//! of itself that a good report is no attestation, and neither is one from here.

mod check;
mod columns;
mod entry;
mod finding;
mod name;
mod numbering;
mod write;

pub use check::check;
pub use columns::COLUMNS;
pub use entry::{Auxiliary, EntryLine, Journal, JournalEntry, Lettering, Piece};
pub use finding::{Finding, Level, Rule};
pub use name::{FileName, NameError, Siren};
pub use write::{Exercise, Separator, Unwritable, write};
