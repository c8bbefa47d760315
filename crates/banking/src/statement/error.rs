//! What can be wrong with a statement: where, what, and what to do about it.

use trade::limits;
use trade::money::Money;

use crate::iban::IbanError;

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {path}: {problem}")]
pub struct ReadError {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// The elements down to the place, like `Document/BkToCstmrStmt/Stmt[1]/Ntry[3]/Amt`.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// More bytes than a statement has.
    #[error("the file has more than {} MB; ask the bank for one statement a day", limits::STATEMENT_BYTES >> 20)]
    TooLarge,
    /// Not UTF-8, which the standard asks for.
    #[error(
        "the file is not written in UTF-8; ask the bank for an ISO 20022 file as the standard has it"
    )]
    Encoding,
    /// Not XML, or XML that was cut off.
    #[error("this is not well-formed XML ({0}); the file may have been cut off, fetch it again")]
    Malformed(String),
    /// A document type or an entity: statements have none, and nothing is expanded or fetched.
    #[error("a statement has no document type and no entities of its own; do not trust this file")]
    Declaration,
    /// Elements in one another beyond anything the standard has.
    #[error(
        "elements are nested more than {} deep; do not trust this file",
        limits::STATEMENT_DEPTH
    )]
    TooDeep,
    /// More of something than a statement can have here.
    #[error("there are more than {limit} {what} in one file; ask the bank for smaller ones")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many at most.
        limit: usize,
    },
    /// Another file than a statement.
    #[error("this is {found}, not camt.053; ask the bank for statements (BankToCustomerStatement)")]
    NotAStatement {
        /// The message by its name, or the first element.
        found: String,
    },
    /// A version that is not read.
    #[error("this is {found}; camt.053.001.02 and later are read")]
    Version {
        /// The name of the version.
        found: String,
    },
    /// Something that must be there is not.
    #[error("{element} is missing; the bank must send it")]
    Missing {
        /// The element.
        element: &'static str,
    },
    /// Something is there twice that can be there once.
    #[error("{element} is there twice; the file is not valid")]
    Repeated {
        /// The element.
        element: &'static str,
    },
    /// A text that is longer than the standard allows anywhere.
    #[error(
        "the text has more than {} characters; the file is not valid",
        limits::STATEMENT_TEXT_CHARS
    )]
    TextTooLong,
    /// Elements where a text should be.
    #[error("there are elements where a value should be; the file is not valid")]
    NotAText,
    /// An amount that is no decimal number at or above zero, or beyond all reason.
    #[error("\"{0}\" is not an amount")]
    Amount(String),
    /// A third decimal: to read it would be to round it.
    #[error("\"{0}\" has more than two decimals, which euros have not; ask the bank what it means")]
    Decimals(String),
    /// Another currency than the euro.
    #[error("the currency is {0}; only accounts and amounts in EUR are read")]
    Currency(String),
    /// A value that is not one of those the standard has here.
    #[error("\"{found}\" is not {expected}")]
    Unreadable {
        /// The beginning of what stands there.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// The account's own number is wrong.
    #[error("the account's number is wrong: {0}")]
    Iban(IbanError),
    /// The balances and the booked entries do not add up.
    #[error("the statement does not add up: {opening} before, {booked} booked, {closing} after, so {} is missing; ask the bank for it again", *.closing - *.opening - *.booked)]
    Unbalanced {
        /// The opening balance.
        opening: Money,
        /// What the booked entries add up to.
        booked: Money,
        /// The closing balance.
        closing: Money,
    },
}

/// Why a message cannot be written as camt.053.001.08.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// No statement in it.
    #[error("a message has one statement at least")]
    Empty,
    /// A text that is empty, too long, or has characters that XML cannot hold.
    #[error("{element} has 1 to {most} characters, none of them a control character")]
    Text {
        /// The element.
        element: &'static str,
        /// The most characters.
        most: usize,
    },
    /// An amount below zero, or more than the standard's digits.
    #[error(
        "{element} is an amount between nothing and {} cents",
        limits::STATEMENT_AMOUNT_CENTS
    )]
    Amount {
        /// The element.
        element: &'static str,
    },
    /// A number, code or instant that the standard writes in another way.
    #[error("{element} cannot be written")]
    Value {
        /// The element.
        element: &'static str,
    },
    /// The balances and the booked entries do not add up.
    #[error("the statement does not add up: {0} is missing")]
    Unbalanced(Money),
}
