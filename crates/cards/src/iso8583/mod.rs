//! ISO 8583: the language a shop's switch and a bank speak about one card payment.
//!
//! A message is a four-digit type ([`Mti`]), a bitmap that says which fields are present, and the
//! fields, whose kinds and lengths are data ([`Dialect`]), not code. [`View`] reads a message
//! without copying it; [`Message`] owns one and is what is built and sent. A message travels in a
//! [`frame`]: two bytes of length, then the message.
//!
//! Shipped are the tables of [`DIALECTS`]. The values of a message are text in all of them: digits, characters, and
//! for binary fields hexadecimal digits. Field 55 has a type of its own, [`ChipData`].
//!
//! What this module promises: no input makes it panic, every value in a `Message` or a `View` has
//! been checked against its dialect, and the fields that may describe a card (number, expiry, track,
//! security code, chip data) are wiped when a `Message` is dropped and never shown by `Debug` or an error.
//!
//! What it deliberately does not do: no sockets (the switch and the bank have them), no opinion on
//! which fields a given message needs (that is the sender's and the receiver's business), no
//! message authentication code (the links are mutual TLS), no sub-elements of private fields.

mod chip;
mod dialect;
mod error;
mod field;
pub mod frame;
mod message;
mod mti;
mod original;
#[cfg(test)]
mod properties;
mod replacement;
mod spec;
mod table;
pub mod tlv;
mod view;
mod wire;

pub use chip::ChipData;
pub use dialect::{ASCII_1987, ASCII_1993, BINARY_1987, CB_LIKE, DIALECTS, Dialect};
pub use error::{FieldError, ParseError};
pub use field::Field;
pub use message::Message;
pub use mti::Mti;
pub use original::{OriginalData, Stan, TransmissionTime};
pub use replacement::ReplacementAmounts;
pub use spec::{Content, FieldSpec, Length, Wire};
pub use view::{Text, View};
