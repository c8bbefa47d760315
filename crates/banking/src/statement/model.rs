//! A message of statements, and what a statement must add up to.

use jiff::civil::Date;
use trade::money::Money;

use super::entry::{AccountId, Direction, Entry, EntryStatus};
use super::error::{ReadError, Unwritable};
use super::{read, write};

/// A `BankToCustomerStatement`: what a bank sends at once, for one account or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The bank's name for the message (`GrpHdr/MsgId`).
    pub id: String,
    /// When it was made, as the bank writes it: with or without the offset from UTC (`GrpHdr/CreDtTm`).
    pub created: String,
    /// The statements, one at least.
    pub statements: Vec<Statement>,
}

impl Message {
    /// Reads a file: UTF-8, camt.053.001.02 or later, euros.
    pub fn read(bytes: &[u8]) -> Result<Message, ReadError> {
        read::message(bytes)
    }

    /// Writes a file of camt.053.001.08.
    pub fn to_xml(&self) -> Result<String, Unwritable> {
        write::message(self)
    }
}

/// What happened on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The bank's name for it (`Id`).
    pub id: String,
    /// Which part of a statement in several parts it is (`StmtPgntn`, else `GrpHdr/MsgPgntn`).
    pub page: Option<Page>,
    /// Its number among the statements sent by this way (`ElctrncSeqNb`); many banks begin again each year.
    pub electronic_sequence: Option<u64>,
    /// Its number among the legal statements of the account (`LglSeqNb`); many banks begin again each year.
    pub legal_sequence: Option<u64>,
    /// The days it is about (`FrToDt`).
    pub period: Option<Period>,
    /// The account.
    pub account: AccountId,
    /// Who holds it (`Acct/Ownr/Nm`).
    pub owner: Option<String>,
    /// What was on the account before the entries: `OPBD`, else `PRCD`, else the first `ITBD` of a later part.
    pub opening: Balance,
    /// What is on it after them: `CLBD`, else the last `ITBD` of a part that is not the last.
    pub closing: Balance,
    /// The entries in the bank's order, booked and not.
    pub entries: Vec<Entry>,
}

/// Which part of a statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The part's number, counted from 1.
    pub number: u32,
    /// Whether no part follows.
    pub is_last: bool,
}

/// The days a statement is about, both inclusive, as the bank's calendar has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// What is on an account at the beginning or end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Below zero when the account is overdrawn.
    pub amount: Money,
    /// The day.
    pub date: Date,
}

/// Why a statement is not the one that comes after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNext {
    /// It is about another account.
    #[error("the statement is about another account")]
    OtherAccount,
    /// A number was left out: a statement is missing.
    #[error("statement {expected} is missing before statement {found}")]
    Gap {
        /// The number that should have come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// It does not begin with what the other ended with: a statement is missing, or one of them is wrong.
    #[error("the statement begins with {found}, the one before ended with {expected}")]
    Balance {
        /// The closing balance before.
        expected: Money,
        /// The opening balance now.
        found: Money,
    },
}

impl Statement {
    /// The entries that moved money: the status `BOOK` and no other.
    pub fn booked(&self) -> impl Iterator<Item = &Entry> {
        let is_booked = |entry: &&Entry| entry.status == EntryStatus::Booked;
        self.entries.iter().filter(is_booked)
    }

    /// What is missing between opening balance, booked entries and closing balance; nothing in a right statement.
    pub fn difference(&self) -> Money {
        let booked: Money = self.booked().map(Entry::signed).sum();
        self.closing.amount - self.opening.amount - booked
    }

    /// Whether this is the statement that comes after `previous`. A number that begins again at 1 is no gap.
    pub fn follows(&self, previous: &Statement) -> Result<(), NotNext> {
        if self.account != previous.account {
            return Err(NotNext::OtherAccount);
        }
        let sequences = [
            (previous.legal_sequence, self.legal_sequence),
            (previous.electronic_sequence, self.electronic_sequence),
        ];
        for (before, now) in sequences {
            let (Some(before), Some(found)) = (before, now) else {
                continue;
            };
            let expected = before.saturating_add(1);
            // The parts of one statement share its number.
            let is_part = self.page.is_some() && found == before;
            if found != expected && found != 1 && !is_part {
                return Err(NotNext::Gap { expected, found });
            }
        }
        let (expected, found) = (previous.closing.amount, self.opening.amount);
        if expected == found {
            Ok(())
        } else {
            Err(NotNext::Balance { expected, found })
        }
    }
}

impl Balance {
    /// The balance of an amount and the side it is on.
    pub(super) fn of(amount: Money, direction: Direction, date: Date) -> Balance {
        Balance {
            amount: direction.signed(amount),
            date,
        }
    }
}
