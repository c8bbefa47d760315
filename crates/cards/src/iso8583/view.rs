//! Reading a message where it lies.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

use super::wire::{self, take};
use super::{Dialect, Field, FieldError, FieldSpec, Mti, ParseError, Wire};

/// A message read without copying: its values borrow the received bytes.
pub struct View<'a> {
    mti: Mti,
    fields: Vec<Lying<'a>>,
}

/// The value of a field in the received bytes.
#[derive(Clone, Copy)]
pub(super) struct Lying<'a> {
    pub(super) spec: &'static FieldSpec,
    bytes: &'a [u8],
    /// In the units of [`Length`](super::Length).
    length: usize,
}

impl<'a> View<'a> {
    /// Reads a whole message of `dialect`; every byte must belong to it.
    ///
    /// # Errors
    /// [`ParseError`] says what is wrong and where, never with a value.
    pub fn parse(dialect: &'static Dialect, message: &'a [u8]) -> Result<View<'a>, ParseError> {
        let mut rest = message;
        let mti = wire::mti(dialect.mti, &mut rest).ok_or(ParseError::Mti)?;
        if mti.version() != dialect.version {
            return Err(ParseError::Version(mti.version()));
        }
        let mut unread = wire::bitmap(dialect.bitmap, &mut rest).ok_or(ParseError::Bitmap)?;
        let mut fields = Vec::with_capacity(unread.count_ones() as usize);
        while let Some((field, others)) = wire::next_field(unread) {
            // A field the dialect lacks has no known length: nothing after it can be read.
            fields.push(Lying::read(dialect, dialect.spec(field)?, &mut rest)?);
            unread = others;
        }
        match rest.len() {
            0 => Ok(View { mti, fields }),
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
    pub fn get(&self, field: Field) -> Option<Text<'a>> {
        self.lying(field).map(Lying::text)
    }

    /// The bytes of a binary field that lies on the wire as bytes, such as the chip data (field 55) of a binary dialect.
    #[must_use]
    pub fn bytes(&self, field: Field) -> Option<&'a [u8]> {
        let lying = self.lying(field)?;
        (lying.spec.wire == Wire::Bytes).then_some(lying.bytes)
    }

    /// All fields that are present, ascending.
    pub fn fields(&self) -> impl Iterator<Item = (&'static FieldSpec, Text<'a>)> {
        self.fields.iter().map(|lying| (lying.spec, lying.text()))
    }

    pub(super) fn lying_fields(&self) -> &[Lying<'a>] {
        &self.fields
    }

    fn lying(&self, field: Field) -> Option<&Lying<'a>> {
        self.fields.iter().find(|lying| lying.spec.field == field)
    }
}

impl<'a> Lying<'a> {
    fn read(
        dialect: &Dialect,
        spec: &'static FieldSpec,
        rest: &mut &'a [u8],
    ) -> Result<Lying<'a>, ParseError> {
        let length = wire::length(dialect.lengths, spec, rest)?;
        let bytes = take(rest, spec.wire.bytes(length)).ok_or(ParseError::Truncated(spec.field))?;
        let lying = Lying {
            spec,
            bytes,
            length,
        };
        lying.check()?;
        Ok(lying)
    }

    fn check(&self) -> Result<(), FieldError> {
        let Lying {
            spec,
            bytes,
            length,
        } = *self;
        if spec.wire == Wire::Text || spec.wire == Wire::Hex {
            return spec.check(bytes);
        }
        if !spec.length.allows(length) {
            let field = spec.field;
            return Err(FieldError::Length { field, length });
        }
        let track = spec.content == super::Content::Track;
        let as_is = spec.wire == Wire::Bytes;
        if as_is || wire::is_packed(spec.wire, bytes, length, track) {
            Ok(())
        } else {
            Err(FieldError::Content(spec.field))
        }
    }

    /// How many characters it has in a message.
    pub(super) fn characters(&self) -> usize {
        match self.spec.wire {
            Wire::Bytes | Wire::Hex => self.length * 2,
            _ => self.length,
        }
    }

    /// Writes its characters.
    pub(super) fn unpack(&self, out: &mut Vec<u8>) {
        match self.spec.wire {
            Wire::Text | Wire::Hex => out.extend_from_slice(self.bytes),
            Wire::Bytes => wire::unpack(self.bytes, out),
            packed => wire::unpack_digits(packed, self.bytes, self.length, out),
        }
    }

    fn text(&self) -> Text<'a> {
        let as_text = match self.spec.wire {
            // Every character was checked, so this cannot fail.
            Wire::Text | Wire::Hex => std::str::from_utf8(self.bytes).ok(),
            _ => None,
        };
        as_text.map_or_else(
            || {
                let mut unpacked = Zeroizing::new(Vec::with_capacity(self.characters()));
                self.unpack(&mut unpacked);
                Text(Characters::Unpacked(unpacked))
            },
            |text| Text(Characters::Lying(text)),
        )
    }
}

/// The characters of a value: where they lie when the wire has them as text, otherwise unpacked, and then wiped when
/// dropped.
pub struct Text<'a>(Characters<'a>);

enum Characters<'a> {
    Lying(&'a str),
    Unpacked(Zeroizing<Vec<u8>>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Characters::Lying(text) => text,
            // Digits and hexadecimal digits, so this cannot fail.
            Characters::Unpacked(text) => std::str::from_utf8(text).unwrap_or_default(),
        }
    }
}

/// Shows the type and the fields, and of the secret ones only that they are there.
impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, self.mti, self.fields())
    }
}

/// What `Debug` shows of any message.
pub(super) fn debug<'v, Value: Deref<Target = str>>(
    f: &mut fmt::Formatter<'_>,
    mti: Mti,
    values: impl Iterator<Item = (&'v FieldSpec, Value)>,
) -> fmt::Result {
    let mut shown = f.debug_struct("Message");
    shown.field("mti", &mti);
    for (spec, value) in values {
        let value = if spec.secret { "[secret]" } else { &*value };
        shown.field(spec.name, &value);
    }
    shown.finish()
}
