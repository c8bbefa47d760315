//! Dialects as data: which fields exist, of what kind, how long, and which must stay secret.

use super::{Field, FieldError};

/// Which characters a field may hold, by the letters of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// `n`: decimal digits.
    Digits,
    /// `an`: letters and digits, and the space that pads them.
    Alphanumeric,
    /// `ans`: any printable ASCII, the space included.
    Printable,
    /// `z`: track 2, digits with the separators `=` and `D`.
    Track2,
    /// `b`: bytes, written as pairs of hexadecimal digits; lengths count the digits.
    Hex,
}

impl Content {
    /// Whether the byte may stand in a field of this kind.
    #[must_use]
    pub const fn allows(self, byte: u8) -> bool {
        match self {
            Content::Digits => byte.is_ascii_digit(),
            Content::Alphanumeric => byte.is_ascii_alphanumeric() || byte == b' ',
            Content::Printable => byte.is_ascii_graphic() || byte == b' ',
            Content::Track2 => matches!(byte, b'0'..=b'9' | b'=' | b'D'),
            Content::Hex => byte.is_ascii_hexdigit(),
        }
    }
}

/// How long a field is, in characters on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Always this long.
    Fixed(usize),
    /// Two digits of length, then at most this many characters.
    Ll(usize),
    /// Three digits of length, then at most this many characters.
    Lll(usize),
}

impl Length {
    /// How many digits of length stand in front of the value.
    pub(super) const fn prefix(self) -> usize {
        match self {
            Length::Fixed(_) => 0,
            Length::Ll(_) => 2,
            Length::Lll(_) => 3,
        }
    }

    const fn allows(self, length: usize) -> bool {
        match self {
            Length::Fixed(exactly) => length == exactly,
            Length::Ll(most) | Length::Lll(most) => length <= most,
        }
    }
}

/// One field of a dialect.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// Which one.
    pub field: Field,
    /// The name operators know it by.
    pub name: &'static str,
    /// Its characters.
    pub content: Content,
    /// Its length.
    pub length: Length,
    /// Whether it describes a card and must never be shown, logged or kept.
    pub secret: bool,
}

impl FieldSpec {
    /// Whether `value` may stand in this field.
    ///
    /// # Errors
    /// [`FieldError::Length`] or [`FieldError::Content`].
    pub(super) fn check(&self, value: &[u8]) -> Result<(), FieldError> {
        let odd_hex = self.content == Content::Hex && !value.len().is_multiple_of(2);
        if odd_hex || !self.length.allows(value.len()) {
            return Err(FieldError::Length {
                field: self.field,
                length: value.len(),
            });
        }
        if value.iter().all(|byte| self.content.allows(*byte)) {
            Ok(())
        } else {
            Err(FieldError::Content(self.field))
        }
    }
}

/// A dialect: its name and its fields in ascending order.
#[derive(Debug)]
pub struct Dialect {
    /// The name operators know it by.
    pub name: &'static str,
    /// Its fields, ascending, each once.
    pub fields: &'static [FieldSpec],
}

impl Dialect {
    /// The specification of one field.
    ///
    /// # Errors
    /// [`FieldError::Unknown`] when the dialect does not have it.
    pub fn spec(&self, field: Field) -> Result<&'static FieldSpec, FieldError> {
        self.fields
            .binary_search_by_key(&field, |spec| spec.field)
            .ok()
            .and_then(|at| self.fields.get(at))
            .ok_or(FieldError::Unknown(field))
    }
}

const fn open(field: Field, name: &'static str, content: Content, length: Length) -> FieldSpec {
    FieldSpec {
        field,
        name,
        content,
        length,
        secret: false,
    }
}

const fn secret(field: Field, name: &'static str, content: Content, length: Length) -> FieldSpec {
    FieldSpec {
        field,
        name,
        content,
        length,
        secret: true,
    }
}

use Content::{Alphanumeric, Digits, Hex, Printable, Track2};
use Length::{Fixed, Ll, Lll};

/// ISO 8583:1987 in ASCII with the bitmaps in hexadecimal: every byte on the wire is printable.
///
/// Fields 60, 62 and 63 are for private use in the standard; what they hold here is agreed between
/// this switch and this bank (`docs/payments.md`).
pub static ASCII_1987: Dialect = Dialect {
    name: "ISO 8583:1987, ASCII, hexadecimal bitmap",
    fields: &[
        secret(Field::PAN, "primary account number", Digits, Ll(19)),
        open(Field::PROCESSING_CODE, "processing code", Digits, Fixed(6)),
        open(Field::AMOUNT, "amount", Digits, Fixed(12)),
        open(
            Field::TRANSMISSION_TIME,
            "transmission time",
            Digits,
            Fixed(10),
        ),
        open(Field::STAN, "trace number", Digits, Fixed(6)),
        open(Field::LOCAL_TIME, "local time", Digits, Fixed(6)),
        open(Field::LOCAL_DATE, "local date", Digits, Fixed(4)),
        secret(Field::EXPIRY, "expiry", Digits, Fixed(4)),
        open(Field::SETTLEMENT_DATE, "settlement date", Digits, Fixed(4)),
        open(Field::MERCHANT_TYPE, "merchant type", Digits, Fixed(4)),
        open(Field::ENTRY_MODE, "entry mode", Digits, Fixed(3)),
        open(Field::CONDITION_CODE, "condition code", Digits, Fixed(2)),
        open(Field::ACQUIRER, "acquirer", Digits, Ll(11)),
        secret(Field::TRACK_2, "track 2", Track2, Ll(37)),
        open(
            Field::RETRIEVAL_REFERENCE,
            "retrieval reference",
            Alphanumeric,
            Fixed(12),
        ),
        open(
            Field::APPROVAL_CODE,
            "approval code",
            Alphanumeric,
            Fixed(6),
        ),
        open(
            Field::RESPONSE_CODE,
            "response code",
            Alphanumeric,
            Fixed(2),
        ),
        open(Field::TERMINAL, "terminal", Printable, Fixed(8)),
        open(Field::MERCHANT, "merchant", Printable, Fixed(15)),
        open(Field::MERCHANT_NAME, "merchant name", Printable, Fixed(40)),
        open(
            Field::ADDITIONAL_DATA,
            "additional data",
            Printable,
            Lll(999),
        ),
        open(Field::CURRENCY, "currency", Digits, Fixed(3)),
        open(
            Field::ADDITIONAL_AMOUNTS,
            "additional amounts",
            Alphanumeric,
            Lll(120),
        ),
        secret(Field::CHIP_DATA, "chip data", Hex, Lll(510)),
        secret(Field::SECURITY_CODE, "security code", Digits, Lll(4)),
        open(
            Field::PAYMENT_REFERENCE,
            "payment reference",
            Printable,
            Lll(64),
        ),
        open(
            Field::REFUND_REFERENCE,
            "refund reference",
            Printable,
            Lll(64),
        ),
        open(Field::NETWORK_CODE, "network code", Digits, Fixed(3)),
        open(Field::ORIGINAL_DATA, "original data", Digits, Fixed(42)),
        open(
            Field::REPLACEMENT_AMOUNTS,
            "replacement amounts",
            Alphanumeric,
            Fixed(42),
        ),
        open(Field::MAC, "authentication code", Hex, Fixed(16)),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ascending_and_its_prefixes_can_say_its_lengths() {
        let fields = ASCII_1987.fields;
        assert!(fields.is_sorted_by(|a, b| a.field < b.field));
        for spec in fields {
            assert!(match spec.length {
                Fixed(length) => length > 0,
                Ll(most) => most <= 99,
                Lll(most) => most <= 999,
            });
        }
    }
}
