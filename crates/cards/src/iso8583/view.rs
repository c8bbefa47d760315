//! Reading a message where it lies.

use std::fmt;

use super::{Dialect, Field, FieldError, FieldSpec, Length, Mti, ParseError};

/// A message read without copying: its values borrow the received bytes.
pub struct View<'a> {
    mti: Mti,
    values: Vec<(&'static FieldSpec, &'a str)>,
}

impl<'a> View<'a> {
    /// Reads a whole message of `dialect`; every byte must belong to it.
    ///
    /// # Errors
    /// [`ParseError`] says what is wrong and where, never with a value.
    pub fn parse(dialect: &'static Dialect, message: &'a [u8]) -> Result<View<'a>, ParseError> {
        let mut rest = message;
        let mti = take(&mut rest, 4)
            .and_then(Mti::parse)
            .ok_or(ParseError::Mti)?;
        let bitmap = bitmap(&mut rest)?;
        let mut values = Vec::with_capacity(bitmap.count_ones() as usize);
        let mut unread = bitmap;
        for spec in dialect.fields {
            if unread & spec.field.bit() != 0 {
                unread &= !spec.field.bit();
                // A field the dialect lacks has no known length: nothing after it can be read.
                refuse_unknown(unread, spec.field)?;
                values.push((spec, value(spec, &mut rest)?));
            }
        }
        refuse_unknown(unread, Field::MAC)?;
        match rest.len() {
            0 => Ok(View { mti, values }),
            more => Err(ParseError::Trailing(more)),
        }
    }

    /// The message type.
    #[must_use]
    pub fn mti(&self) -> Mti {
        self.mti
    }

    /// The value of a field, when present.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&'a str> {
        self.values
            .iter()
            .find(|(spec, _)| spec.field == field)
            .map(|(_, value)| *value)
    }

    /// All fields that are present, ascending.
    pub fn fields(&self) -> impl Iterator<Item = (&'static FieldSpec, &'a str)> + '_ {
        self.values.iter().copied()
    }
}

/// Shows the type and the fields, and of the secret ones only that they are there.
impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, self.mti, self.values.iter().copied())
    }
}

/// What `Debug` shows of any message.
pub(super) fn debug<'v>(
    f: &mut fmt::Formatter<'_>,
    mti: Mti,
    values: impl Iterator<Item = (&'v FieldSpec, &'v str)>,
) -> fmt::Result {
    let mut shown = f.debug_struct("Message");
    shown.field("mti", &mti);
    for (spec, value) in values {
        let value = if spec.secret { "[secret]" } else { value };
        shown.field(spec.name, &value);
    }
    shown.finish()
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// One bitmap of 64 bits, and a second when the first bit of the first says so.
fn bitmap(rest: &mut &[u8]) -> Result<u128, ParseError> {
    let first = half(rest)?;
    let second = if first >> 63 == 1 { half(rest)? } else { 0 };
    let fields = u128::from(first & !(1 << 63)) << 64 | u128::from(second);
    Ok(fields)
}

fn half(rest: &mut &[u8]) -> Result<u64, ParseError> {
    let digits = take(rest, 16).ok_or(ParseError::Bitmap)?;
    digits.iter().try_fold(0, |bits: u64, digit| {
        let value = char::from(*digit).to_digit(16).ok_or(ParseError::Bitmap)?;
        Ok(bits << 4 | u64::from(value))
    })
}

/// Refuses when a field below `upto` is announced that the dialect does not have.
fn refuse_unknown(unread: u128, upto: Field) -> Result<(), FieldError> {
    let before = unread.leading_zeros();
    let number = u8::try_from(before + 1).ok().and_then(Field::new);
    match number {
        Some(field) if field <= upto => Err(FieldError::Unknown(field)),
        _ => Ok(()),
    }
}

fn value<'a>(spec: &FieldSpec, rest: &mut &'a [u8]) -> Result<&'a str, ParseError> {
    let length = match spec.length {
        Length::Fixed(length) => length,
        Length::Ll(_) | Length::Lll(_) => variable_length(spec, rest)?,
    };
    let taken = take(rest, length).ok_or(ParseError::Truncated(spec.field))?;
    spec.check(taken)?;
    // Every kind of content is ASCII, so this cannot fail after the check.
    std::str::from_utf8(taken).map_err(|_| FieldError::Content(spec.field).into())
}

fn variable_length(spec: &FieldSpec, rest: &mut &[u8]) -> Result<usize, ParseError> {
    let digits = take(rest, spec.length.prefix()).ok_or(ParseError::Truncated(spec.field))?;
    digits.iter().try_fold(0, |length: usize, digit| {
        let value = char::from(*digit)
            .to_digit(10)
            .ok_or(ParseError::LengthPrefix(spec.field))?;
        Ok(length * 10 + value as usize)
    })
}
