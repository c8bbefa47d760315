//! The books for the accountant: the posted transfers of the ledger as entries of journals, and the file of entries that
//! the tax office asks for (FEC).
//!
//! An entry has the day on which the bank booked it, else the day on which the shop posted it; it is validated the moment it
//! is posted, and numbered in that order, so that a file made later has the same entries under the same numbers, and more.
//! Nothing is carried over and no year is closed here: that is the accountant's.

mod entries;

use accounting::fec::{self, Exercise, Separator, Unwritable};
use jiff::civil::Date;
use storage::{Fault, Tx};

pub use accounting::fec::{Finding, Level, NameError, Rule, Siren};
pub use entries::entries;

/// The journal that carries balances over; the shop writes none.
const OPENING_JOURNAL: &str = "AN";

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    entries::STATEMENTS.to_vec()
}

/// A year, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// The days from the first to the last, both included; none when they are more than a year of accounts may have (24
    /// months: Code de commerce, art. L123-12, and the longest first year that the tax office accepts).
    pub fn new(from: Date, to: Date) -> Option<Period> {
        let most = from.saturating_add(jiff::Span::new().months(24));
        (from <= to && to < most).then_some(Period { from, to })
    }

    /// The year from January to December.
    pub fn year(year: i16) -> Option<Period> {
        Period::new(Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?)
    }

    /// The first day.
    pub const fn from(self) -> Date {
        self.from
    }

    /// The last day.
    pub const fn to(self) -> Date {
        self.to
    }
}

/// A file of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fec {
    /// Its name, with `.txt`.
    pub name: String,
    /// The file.
    pub file: String,
    /// How many entries are in it.
    pub entries: usize,
    /// What the check finds in it.
    pub findings: Vec<Finding>,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FecRefusal {
    /// Nothing was posted in the period.
    #[error("nothing was posted in the period")]
    Empty,
    /// More than a file is made of at once.
    #[error("the period has too many entries: take a shorter one")]
    TooMany,
    /// The chart has no number for an account of the ledger.
    #[error("the chart of accounts has no number for {account} on {day}")]
    NoNumber {
        /// The account of the ledger.
        account: String,
        /// The day.
        day: Date,
    },
    /// The entries cannot be written.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The file of a period, and what the check finds in it.
///
/// # Errors
/// [`FecRefusal`].
pub fn fec(tx: &mut dyn Tx, siren: Siren, period: Period) -> Result<Fec, FecRefusal> {
    let entries = entries(tx, period)?;
    if entries.is_empty() {
        return Err(FecRefusal::Empty);
    }
    let exercise = Exercise {
        siren,
        opening: period.from,
        closing: period.to,
        opening_journal: OPENING_JOURNAL.to_owned(),
    };
    let file = fec::write(&exercise, Separator::Tab, &entries)?;
    let name = format!("{}.txt", exercise.file_name());
    let findings = fec::check(Some(&name), file.as_bytes());
    Ok(Fec {
        name,
        file,
        entries: entries.len(),
        findings,
    })
}
