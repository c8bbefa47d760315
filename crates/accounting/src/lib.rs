//! The books for the accountant and the tax office: the chart of accounts and the file of entries (FEC).
//!
//! Pure values and functions: entries come in, a file goes out; reading the ledger and keeping the file is the shop's
//! work. Nothing here decides what is booked, and nothing closes a year: opening entries and those of the inventory are
//! the accountant's.

pub mod chart;
pub mod fec;
