//! Account statements of ISO 20022, camt.053 `BankToCustomerStatement`: read from version 001.02 on, written as 001.08.
//!
//! What is read adds up: opening balance and booked entries make the closing balance, or the statement is refused. Only
//! euros are read. Of what a bank may say, that is kept which finds out what was paid, by whom and for what; available
//! balances, interest, card and securities details are passed over. Nothing is expanded, fetched or guessed, and size,
//! depth and counts are bounded. See `docs/formats/statement.md`.

mod entry;
mod error;
mod model;
mod read;
mod read_entry;
mod values;
mod walk;
mod write;

pub use entry::{
    AccountId, BankTransactionCode, BatchDetails, Charge, DetailAmount, Direction, Entry,
    EntryDetails, EntryStatus, Party, Reference, Remittance, Transaction,
};
pub use error::{Problem, ReadError, Unwritable};
pub use model::{Balance, Message, NotNext, Page, Period, Statement};
