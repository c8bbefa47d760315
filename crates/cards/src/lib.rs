//! Card values and messages: Pan and Csc, the sealed card, ISO 8583. No I/O; nothing of the shop may depend on it.
//!
//! A card number is a [`pan::Pan`] from the moment it is read until it is wiped. The type has no `Serialize`, no
//! `Display`, no `Clone`, and its `Debug` says nothing; whoever truly needs the digits calls `expose_digits`, and a
//! test of this crate holds the list of files that may.

pub mod csc;
pub mod custody;
pub mod entry;
pub mod expiry;
pub mod iso8583;
pub mod messages;
pub mod pan;
pub mod sealed;
mod suite;
