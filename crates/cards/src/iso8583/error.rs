//! Why a message or a value was refused. No error carries a value: it could be a card number.

use super::Field;

/// A value that its dialect does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The dialect has no such field.
    #[error("{0} is not in this dialect")]
    Unknown(Field),
    /// The value has another length than the dialect allows.
    #[error("{field} has the length {length}, which its dialect does not allow")]
    Length {
        /// Which field.
        field: Field,
        /// How long the value was, as it was counted.
        length: usize,
    },
    /// The value holds a character of another kind than the dialect allows.
    #[error("{0} holds a character its dialect does not allow")]
    Content(Field),
}

/// Bytes that are not a message of the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The message does not begin with a message type.
    #[error("not a message type")]
    Mti,
    /// The message type is of another edition of the standard than the dialect.
    #[error("a message type of version {0}")]
    Version(u8),
    /// The bitmap is short or not hexadecimal.
    #[error("not a bitmap")]
    Bitmap,
    /// The bytes end inside a field, or inside its length.
    #[error("the message ends inside {0}")]
    Truncated(Field),
    /// The length in front of a variable field is not a number.
    #[error("the length of {0} is not a number")]
    LengthPrefix(Field),
    /// The value of a field is not allowed.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Bytes follow the last field that the bitmap announces.
    #[error("{0} bytes follow the last field")]
    Trailing(usize),
}
