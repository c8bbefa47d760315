//! Dialects as data: which fields exist, of what kind, how long, how they are sent, and which must stay secret. The
//! tables are files (`dialects/*.tsv`), read while this crate is compiled.

use super::{Field, FieldError, FieldSpec, Wire, table};

/// One more than the highest field number, so that a field's number is its place.
pub(super) const FIELDS: usize = 129;

/// A dialect: how a message is laid out, and its fields.
#[derive(Debug)]
pub struct Dialect {
    /// The name operators know it by.
    pub name: &'static str,
    /// The first digit of its message types: 0 for ISO 8583:1987, 1 for 1993.
    pub version: u8,
    pub(super) mti: Wire,
    pub(super) bitmap: Wire,
    pub(super) lengths: Wire,
    pub(super) fields: [Option<FieldSpec>; FIELDS],
}

impl Dialect {
    /// The specification of one field.
    ///
    /// # Errors
    /// [`FieldError::Unknown`] when the dialect does not have it.
    pub fn spec(&self, field: Field) -> Result<&FieldSpec, FieldError> {
        match self.fields.get(usize::from(field.number())) {
            Some(Some(spec)) => Ok(spec),
            _ => Err(FieldError::Unknown(field)),
        }
    }

    /// Its fields, ascending.
    pub fn specs(&self) -> impl Iterator<Item = &FieldSpec> {
        self.fields.iter().flatten()
    }
}

/// A table of `dialects/`.
macro_rules! table {
    ($file:literal) => {
        match table::read(include_str!(concat!("../../dialects/", $file))) {
            Ok(dialect) => dialect,
            Err(wrong) => panic!("{}", wrong),
        }
    };
}

/// ISO 8583:1987 in ASCII with the bitmaps in hexadecimal: every byte on the wire is printable.
///
/// Fields 60, 62 and 63 are for reserved use in the standard; what they hold here is agreed between this switch and
/// this bank (`docs/payments.md`).
pub static ASCII_1987: Dialect = table!("1987-ascii.tsv");

/// ISO 8583:1987 with two digits in a byte and the bitmaps as bytes.
pub static BINARY_1987: Dialect = table!("1987-binary.tsv");

/// ISO 8583:1993 in ASCII with the bitmaps as bytes. The numbers of [`Field`] bear their names of 1987; some mean
/// something else here (12 is date and time together, 39 is an action code of three digits).
pub static ASCII_1993: Dialect = table!("1993.tsv");

/// The shape of a French acquirer's link: CB-like, not CB2A (the table says what that means).
pub static CB_LIKE: Dialect = table!("cb-like.tsv");

/// All of them.
pub static DIALECTS: [&Dialect; 4] = [&ASCII_1987, &BINARY_1987, &ASCII_1993, &CB_LIKE];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::iso8583::{Content, Length};

    #[test]
    fn the_tables_are_whole() {
        let counts = DIALECTS.map(|dialect| dialect.specs().count());
        assert_eq!(counts, [126, 126, 126, 54]);
        for dialect in DIALECTS {
            assert!(dialect.spec(Field::new(65).unwrap()).is_err());
            for card in [Field::PAN, Field::EXPIRY, Field::TRACK_2, Field::CHIP_DATA] {
                assert!(
                    dialect.spec(card).unwrap().secret,
                    "{}: {card}",
                    dialect.name
                );
            }
        }
    }

    #[test]
    fn editions_differ_where_the_standard_changed() {
        let spec = |dialect: &'static Dialect, field| {
            let spec = dialect.spec(field).unwrap();
            (spec.content, spec.length)
        };
        let fixed = |length| (Content::Digits, Length::Fixed(length));
        assert_eq!(spec(&ASCII_1987, Field::LOCAL_TIME), fixed(6));
        assert_eq!(spec(&ASCII_1993, Field::LOCAL_TIME), fixed(12));
        assert_eq!(spec(&ASCII_1993, Field::RESPONSE_CODE), fixed(3));
        let data_code = (Content::Alphanumeric, Length::Fixed(12));
        assert_eq!(spec(&ASCII_1993, Field::ENTRY_MODE), data_code);
        assert_eq!([ASCII_1987.version, ASCII_1993.version], [0, 1]);
    }
}
