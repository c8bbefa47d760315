//! What a dialect says about one field: its characters, its length, how it lies on the wire, whether it is secret.

use super::{Field, FieldError};

/// Which characters a field may hold, by the letters of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// `n`: decimal digits.
    Digits,
    /// `x+n`: `C` for credit or `D` for debit, then decimal digits.
    Signed,
    /// `an`: letters and digits, and the space that pads them.
    Alphanumeric,
    /// `ans`: any printable ASCII, the space included.
    Printable,
    /// `z`: a track of the card, digits with the separators `=` and `D`.
    Track,
    /// `b`: bytes, written as pairs of hexadecimal digits; lengths count the bytes.
    Binary,
}

impl Content {
    /// Whether all of these may stand in a field of this kind, as it is written in a message.
    pub(super) fn allows(self, value: &[u8]) -> bool {
        let digits = |value: &[u8]| value.iter().all(u8::is_ascii_digit);
        match self {
            Content::Digits => digits(value),
            Content::Signed => value
                .split_first()
                .is_none_or(|(sign, amount)| matches!(sign, b'C' | b'D') && digits(amount)),
            Content::Alphanumeric => value
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b' '),
            Content::Printable => value.iter().all(|byte| matches!(byte, b' '..=b'~')),
            Content::Track => value
                .iter()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'=' | b'D')),
            Content::Binary => value.iter().all(u8::is_ascii_hexdigit),
        }
    }
}

/// How long a field is: in characters, for [`Content::Binary`] in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Always this long.
    Fixed(usize),
    /// LLVAR: two digits of length, then at most this many.
    Ll(usize),
    /// LLLVAR: three digits of length, then at most this many.
    Lll(usize),
}

impl Length {
    pub(super) const fn allows(self, length: usize) -> bool {
        match self {
            Length::Fixed(exactly) => length == exactly,
            Length::Ll(most) | Length::Lll(most) => length <= most,
        }
    }
}

/// How the value of a field lies on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// A byte for each character, in ASCII.
    Text,
    /// A byte for two digits; of an odd number, the first byte has a zero in front.
    PackedLeft,
    /// A byte for two digits; of an odd number, the last byte has an `F` behind.
    PackedRight,
    /// The bytes themselves.
    Bytes,
    /// Two hexadecimal digits in ASCII for each byte; the length on the wire counts the digits.
    Hex,
}

impl Wire {
    /// Whether two digits share a byte.
    pub(super) const fn is_packed(self) -> bool {
        matches!(self, Wire::PackedLeft | Wire::PackedRight)
    }

    /// How many bytes of the wire hold a value of this length.
    pub(super) const fn bytes(self, length: usize) -> usize {
        match self {
            Wire::Text | Wire::Bytes => length,
            Wire::PackedLeft | Wire::PackedRight => length.div_ceil(2),
            Wire::Hex => length * 2,
        }
    }
}

/// One field of a dialect.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// Which one.
    pub field: Field,
    /// Its name in the standard.
    pub name: &'static str,
    /// Its characters.
    pub content: Content,
    /// Its length.
    pub length: Length,
    /// How it is sent.
    pub wire: Wire,
    /// Whether it may describe a card and must never be shown, logged or kept.
    pub secret: bool,
}

impl FieldSpec {
    /// The length of a value of so many characters, in the units of [`Length`].
    pub(super) const fn units(&self, characters: usize) -> usize {
        match self.content {
            Content::Binary => characters / 2,
            _ => characters,
        }
    }

    /// Whether `value` may stand in this field.
    ///
    /// # Errors
    /// [`FieldError::Length`] or [`FieldError::Content`].
    pub(super) fn check(&self, value: &[u8]) -> Result<(), FieldError> {
        let odd = self.content == Content::Binary && !value.len().is_multiple_of(2);
        if odd || !self.length.allows(self.units(value.len())) {
            return Err(FieldError::Length {
                field: self.field,
                length: value.len(),
            });
        }
        // Packed, a track has room for one separator only, and it is read as `=`.
        let second_separator = self.wire.is_packed() && value.contains(&b'D');
        if second_separator || !self.content.allows(value) {
            return Err(FieldError::Content(self.field));
        }
        Ok(())
    }
}
