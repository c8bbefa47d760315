//! Files exchanged with banks: clearing batches and account statements; reading and writing, no I/O.
//!
//! A file comes in as bytes and goes out as text; fetching, keeping and sending it is the work of the processes that
//! use this crate. A reader tolerates nothing silently: what it gives out is whole and adds up, and what it refuses
//! it refuses with the place and the reason. Matching what a bank says with orders and ledger is the shop's work.

pub mod clearing;
pub mod creditor_reference;
pub mod iban;
mod mod97;
pub mod statement;
