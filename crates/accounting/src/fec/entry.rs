//! An accounting entry: what was booked at once, and adds up to nothing.

use jiff::civil::Date;
use trade::money::Money;

use crate::chart::Account;

/// A journal, as the entries of one kind are kept in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Journal {
    /// One to ten capitals and digits that begin with a letter: `VE`.
    pub code: String,
    /// Its name: `Ventes`.
    pub label: String,
}

/// The paper, or what stands for it, that proves an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is known by: an order's or an invoice's number, a statement's name.
    pub reference: String,
    /// Its day.
    pub date: Date,
}

/// An entry of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The journal.
    pub journal: Journal,
    /// The entry's number in the journal and the year: 1, 2, 3 without a gap.
    pub number: u32,
    /// The day it is booked on.
    pub date: Date,
    /// What proves it.
    pub piece: Piece,
    /// What it is, in words.
    pub label: String,
    /// Its lines, which add up to nothing.
    pub lines: Vec<EntryLine>,
    /// The day from which it cannot be changed any more.
    pub validated: Date,
}

/// One side of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryLine {
    /// The account.
    pub account: Account,
    /// The customer or supplier behind a collective account.
    pub auxiliary: Option<Auxiliary>,
    /// Debit above zero, credit below, never zero.
    pub amount: Money,
    /// With which other lines it is settled.
    pub lettering: Option<Lettering>,
}

/// An account behind a collective one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auxiliary {
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub label: String,
}

/// Lines with the same code on one account settle one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lettering {
    /// The code.
    pub code: String,
    /// The day they were found to settle one another.
    pub date: Date,
}
