//! What names a batch and its lines: sequence, merchant, the bank's references, digest. Each has one spelling.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use trade::limits;

use super::text::SEPARATOR;

/// A text that is not a value of the kind it was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a value of this kind")]
pub struct Malformed;

/// The number of a batch among those of its merchant: 1, 2, 3 and so on without a gap, to 999,999,999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(u32);

impl Sequence {
    /// The number of the first batch.
    pub const FIRST: Sequence = Sequence(1);

    /// The sequence with that number; none below 1 and above [`limits::CLEARING_SEQUENCE`].
    pub fn new(number: u32) -> Option<Sequence> {
        (1..=limits::CLEARING_SEQUENCE)
            .contains(&number)
            .then_some(Sequence(number))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number of the batch after this one; none after the last.
    pub fn next(self) -> Option<Sequence> {
        Sequence::new(self.0.saturating_add(1))
    }

    /// Whether this is the batch that must come after `previous`, the first one when there was none.
    pub fn follows(self, previous: Option<Sequence>) -> bool {
        Some(self) == previous.map_or(Some(Sequence::FIRST), Sequence::next)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Sequence {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Sequence, Malformed> {
        let number = text.parse().ok().and_then(Sequence::new);
        number.ok_or(Malformed)
    }
}

/// The bank's number of a merchant (ISO 8583 field 42): 1 to 15 printable ASCII characters but `|`, without the
/// spaces that fill the field up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MerchantNumber(String);

impl MerchantNumber {
    /// Reads a number, also one that is filled up with spaces.
    pub fn parse(text: &str) -> Result<MerchantNumber, Malformed> {
        let text = text.trim_end_matches(' ');
        let is_printable = |byte| matches!(byte, b' '..=b'~') && byte != SEPARATOR;
        let fits = (1..=15).contains(&text.len()) && !text.starts_with(' ');
        if fits && text.bytes().all(is_printable) {
            Ok(MerchantNumber(text.to_owned()))
        } else {
            Err(Malformed)
        }
    }
}

/// The bank's name for an authorisation (ISO 8583 field 37): 12 letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RetrievalReference(String);

impl RetrievalReference {
    /// Checks a reference.
    pub fn parse(text: &str) -> Result<RetrievalReference, Malformed> {
        letters_and_digits(text, 12).map(RetrievalReference)
    }

    /// The reference read as a number of base 36, letters counting from 10, large or small: what a hash total adds.
    pub(super) fn as_number(&self) -> u64 {
        let digits = self.0.chars().filter_map(|c| c.to_digit(36));
        // Twelve digits of base 36 are less than 2^63.
        digits.fold(0, |number, digit| number * 36 + u64::from(digit))
    }
}

/// The code a bank gives with an approval (ISO 8583 field 38): 1 to 6 letters and digits, without the spaces that fill the
/// field up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApprovalCode(String);

impl ApprovalCode {
    /// Reads a code, also one that is filled up with spaces.
    pub fn parse(text: &str) -> Result<ApprovalCode, Malformed> {
        if text.len() > APPROVAL_CODE_BYTES {
            return Err(Malformed);
        }
        let text = text.trim_end_matches(' ');
        if text.is_empty() {
            return Err(Malformed);
        }
        letters_and_digits(text, text.len()).map(ApprovalCode)
    }
}

/// How long field 38 is.
const APPROVAL_CODE_BYTES: usize = 6;

fn letters_and_digits(text: &str, length: usize) -> Result<String, Malformed> {
    if text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err(Malformed)
    }
}

macro_rules! texts {
    ($($name:ident)*) => {$(
        impl $name {
            /// The value as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;
            fn from_str(text: &str) -> Result<$name, Malformed> {
                $name::parse(text)
            }
        }
    )*};
}

texts! { MerchantNumber RetrievalReference ApprovalCode }

/// The SHA-256 at the end of a file, over all bytes before it; written as 64 small hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of those bytes.
    pub(super) fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Digest, Malformed> {
        let mut digest = [0; 32];
        let pairs = text.as_bytes().chunks(2);
        if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Malformed);
        }
        for (byte, pair) in digest.iter_mut().zip(pairs) {
            let pair = std::str::from_utf8(pair).map_err(|_| Malformed)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| Malformed)?;
        }
        Ok(Digest(digest))
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    #[test]
    fn a_sequence_has_no_gap_and_no_zero() {
        assert_eq!(Sequence::new(0), None);
        let seventh = Sequence::new(7).unwrap();
        assert!(Sequence::FIRST.follows(None) && !seventh.follows(None));
        assert!(seventh.follows(Sequence::new(6)));
        for previous in [5, 7, 8] {
            assert!(!seventh.follows(Sequence::new(previous)), "{previous}");
        }
        let last = Sequence::new(limits::CLEARING_SEQUENCE).unwrap();
        assert_eq!(last.next(), None);
        assert!(!Sequence::FIRST.follows(Some(last)));
    }

    #[test]
    fn references_are_as_long_as_their_fields() {
        assert!(RetrievalReference::parse("633015000042").is_ok());
        assert!(ApprovalCode::parse("T00042").is_ok());
        let short = ApprovalCode::parse("T42   ").unwrap();
        assert_eq!(short.as_str(), "T42");
        assert_eq!(ApprovalCode::parse("T42"), Ok(short));
        for text in [
            "", "      ", " T0042", "T 0042", "T0-042", "T000042", "T00042 ",
        ] {
            assert_eq!(ApprovalCode::parse(text), Err(Malformed), "{text}");
        }
        for text in [
            "",
            "63301500004",
            "6330150000421",
            "63301500004 ",
            "63301500004é",
        ] {
            assert_eq!(RetrievalReference::parse(text), Err(Malformed), "{text}");
        }
        let filled = MerchantNumber::parse("BOUQUIN DEMO   ").unwrap();
        assert_eq!(filled.as_str(), "BOUQUIN DEMO");
        for text in ["", "   ", " A", "A|B", "A\tB", "1234567890123456"] {
            assert_eq!(MerchantNumber::parse(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn a_reference_counts_as_a_number_of_base_36() {
        let number = |text| RetrievalReference::parse(text).unwrap().as_number();
        assert_eq!(number("000000000010"), 36);
        assert_eq!(number("00000000000z"), 35);
        assert_eq!(number("ZZZZZZZZZZZZ"), 36_u64.pow(12) - 1);
    }

    #[test]
    fn a_digest_is_written_in_one_way() {
        let digest = Digest::of(b"abc");
        // FIPS 180-4, the example of one block.
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        for bad in [&text.to_uppercase(), &text[1..], ""] {
            assert_eq!(bad.parse::<Digest>(), Err(Malformed), "{bad}");
        }
    }
}
