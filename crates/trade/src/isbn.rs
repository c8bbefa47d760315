//! ISBN: reading what people and machines write, checking, converting, hyphenating (I1 to I5).
//!
//! An ISBN finds a book; it never identifies one (I7): numbers are reused, shared and missing. Repairing
//! what spreadsheets destroyed (I6) is the importers' work, which know their source.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

include!(concat!(env!("OUT_DIR"), "/isbn_ranges.rs"));

/// A 13-digit ISBN with a right check digit, prefix 978 or 979, never an ISMN.
///
/// A right check digit does not mean that the number was ever given out: see [`Isbn13::has_assigned_group`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Isbn13(u64);

/// Why a text is not an ISBN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IsbnError {
    /// Neither 10 nor 13 digits, or something that is no digit.
    #[error("an ISBN has 10 or 13 digits")]
    NotAnIsbn,
    /// Thirteen digits, but the bar code of something else than a book.
    #[error("a book's number begins with 978 or 979")]
    NotABook,
    /// 979-0: printed music has numbers of its own (I3).
    #[error("979-0 numbers printed music (ISMN), not books")]
    Ismn,
    /// The check digit does not follow from the others: a typing error, as a rule.
    #[error("the check digit is wrong")]
    WrongCheckDigit,
}

impl Isbn13 {
    /// Reads an ISBN of 10 or 13 digits with hyphens, spaces or dashes of any kind, `ISBN` before it, a small
    /// `x`, or a five-digit price code after it (I2).
    pub fn parse(text: &str) -> Result<Isbn13, IsbnError> {
        let symbols = symbols(text).ok_or(IsbnError::NotAnIsbn)?;
        match symbols.as_bytes() {
            ten @ [_, _, _, _, _, _, _, _, _, _] => from_isbn10(ten),
            digits if matches!(digits.len(), 13 | 18) => {
                let thirteen = symbols.get(..13).and_then(|digits| digits.parse().ok());
                Isbn13::from_u64(thirteen.ok_or(IsbnError::NotAnIsbn)?)
            }
            _ => Err(IsbnError::NotAnIsbn),
        }
    }

    /// Checks a number of 13 digits.
    pub fn from_u64(number: u64) -> Result<Isbn13, IsbnError> {
        match number / 1_000_000_000 {
            9790 => return Err(IsbnError::Ismn),
            9780..=9799 => {}
            1000..=9999 => return Err(IsbnError::NotABook),
            _ => return Err(IsbnError::NotAnIsbn),
        }
        if number % 10 == check_digit(number / 10) {
            Ok(Isbn13(number))
        } else {
            Err(IsbnError::WrongCheckDigit)
        }
    }

    /// The ISBN that begins with these twelve digits.
    pub fn from_first_twelve(twelve: u64) -> Result<Isbn13, IsbnError> {
        let number = twelve
            .checked_mul(10)
            .and_then(|shifted| shifted.checked_add(check_digit(twelve)));
        Isbn13::from_u64(number.ok_or(IsbnError::NotAnIsbn)?)
    }

    /// The thirteen digits as a number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The thirteen digits with hyphens between prefix, group, registrant, title and check digit (I4); without
    /// hyphens when group or registrant is not assigned, since nobody can know where they go (I5).
    pub fn hyphenated(self) -> String {
        let digits = self.to_string();
        let parts = || {
            let (group, registrant) = self.parts()?;
            let (prefix, rest) = digits.split_at_checked(3)?;
            let (group, rest) = rest.split_at_checked(group)?;
            let (registrant, rest) = rest.split_at_checked(registrant)?;
            let (title, check) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
            Some(format!("{prefix}-{group}-{registrant}-{title}-{check}"))
        };
        parts().unwrap_or_else(|| digits.clone())
    }

    /// The ten-digit form, which only 978 has (I3).
    pub fn isbn10(self) -> Option<String> {
        if self.0 / 10_000_000_000 != 978 {
            return None;
        }
        let nine = self.0 / 10 % 1_000_000_000;
        let check = match isbn10_check(nine) {
            10 => 'X',
            digit => char::from_digit(digit, 10)?,
        };
        Some(format!("{nine:09}{check}"))
    }

    /// Whether the number begins with a registration group that has been given out (I5).
    pub fn has_assigned_group(self) -> bool {
        self.group().is_some()
    }

    /// Lengths of group and registrant.
    fn parts(self) -> Option<(usize, usize)> {
        let group = self.group()?;
        // Twelve digits less prefix and group remain for registrant and title.
        let rest_digits = 9_usize.checked_sub(group.digits)?;
        let rest = self.0 / 10 % 10_u64.pow(u32::try_from(rest_digits).ok()?);
        let fits = |range: &&Range| {
            let title_digits = rest_digits.saturating_sub(range.digits);
            let registrant = u32::try_from(title_digits).map(|digits| rest / 10_u64.pow(digits));
            registrant.is_ok_and(|registrant| {
                (u64::from(range.from)..=u64::from(range.to)).contains(&registrant)
            })
        };
        group
            .registrants
            .iter()
            .find(fits)
            .map(|range| (group.digits, range.digits))
    }

    fn group(self) -> Option<&'static Group> {
        let prefix = u16::try_from(self.0 / 10_000_000_000).ok()?;
        let after_prefix = self.0 / 10 % 1_000_000_000;
        (1..=5_usize)
            .zip([100_000_000, 10_000_000, 1_000_000, 100_000, 10_000])
            .find_map(|(digits, scale)| {
                let number = u32::try_from(after_prefix / scale).ok()?;
                let found = GROUPS.binary_search_by_key(&(prefix, digits, number), |g| {
                    (g.prefix, g.digits, g.number)
                });
                found.ok().and_then(|at| GROUPS.get(at))
            })
    }
}

/// Whether a reader who types this means an ISBN: 10 digits (the last may be X), or 13 that begin with 978 or
/// 979. The check digit may still be wrong, which is worth telling the reader.
pub fn looks_like_isbn(text: &str) -> bool {
    symbols(text).is_some_and(|symbols| match symbols.len() {
        10 => true,
        13 | 18 => symbols.starts_with("978") || symbols.starts_with("979"),
        _ => false,
    })
}

/// A registration group: a country, a language area.
struct Group {
    prefix: u16,
    digits: usize,
    number: u32,
    registrants: &'static [Range],
}

/// Registrants of one length.
struct Range {
    from: u32,
    to: u32,
    digits: usize,
}

/// The digits of a text, with X only at the end of ten; `None` when there is anything else in it than
/// separators and a label.
fn symbols(text: &str) -> Option<String> {
    let text = text.trim();
    let label = ["ISBN", "EAN"].into_iter().find_map(|label| {
        let (start, rest) = text.split_at_checked(label.len())?;
        start.eq_ignore_ascii_case(label).then_some(rest)
    });
    let text = label.map_or(text, after_label);
    let mut symbols = String::with_capacity(18);
    for c in text.chars().filter(|c| !is_separator(*c)) {
        match c {
            '0'..='9' if symbols.len() < 18 && !symbols.ends_with('X') => symbols.push(c),
            'x' | 'X' if symbols.len() == 9 => symbols.push('X'),
            _ => return None,
        }
    }
    (!symbols.is_empty()).then_some(symbols)
}

/// What follows `ISBN`: drops `-13`, `-10` and a colon.
fn after_label(rest: &str) -> &str {
    let rest = rest.trim_start_matches(is_separator);
    let kind = rest.strip_prefix("13").or_else(|| rest.strip_prefix("10"));
    let rest = match kind {
        Some(number) if number.starts_with(|c: char| c == ':' || c.is_whitespace()) => {
            number.trim_start()
        }
        _ => rest,
    };
    rest.strip_prefix(':').unwrap_or(rest)
}

/// Spaces, hyphens and dashes that stand between the parts of an ISBN, invisible ones included.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{2060}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{feff}' | '\u{ff0d}')
}

fn from_isbn10(ten: &[u8]) -> Result<Isbn13, IsbnError> {
    let (check, nine) = ten.split_last().ok_or(IsbnError::NotAnIsbn)?;
    let nine = nine
        .iter()
        .fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
    let check = if *check == b'X' {
        10
    } else {
        u32::from(check - b'0')
    };
    if check != isbn10_check(nine) {
        return Err(IsbnError::WrongCheckDigit);
    }
    Isbn13::from_first_twelve(978_000_000_000 + nine)
}

/// Check digit of 13 from the first twelve: weights 1 and 3, modulo 10 (I1).
fn check_digit(mut twelve: u64) -> u64 {
    let mut sum = 0;
    for place in 0..12 {
        let weight = if place % 2 == 0 { 3 } else { 1 };
        sum += twelve % 10 * weight;
        twelve /= 10;
    }
    (10 - sum % 10) % 10
}

/// Check value of 10 from the first nine: weights 10 to 2, modulo 11; 10 is written X (I1).
fn isbn10_check(mut nine: u64) -> u32 {
    let mut sum = 0;
    for weight in 2..=10 {
        sum += nine % 10 * weight;
        nine /= 10;
    }
    // Below 11, so it fits.
    ((11 - sum % 11) % 11) as u32
}

impl fmt::Display for Isbn13 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:013}", self.0)
    }
}

impl FromStr for Isbn13 {
    type Err = IsbnError;
    fn from_str(text: &str) -> Result<Isbn13, IsbnError> {
        Isbn13::parse(text)
    }
}

impl TryFrom<String> for Isbn13 {
    type Error = IsbnError;
    fn try_from(text: String) -> Result<Isbn13, IsbnError> {
        Isbn13::parse(&text)
    }
}

impl From<Isbn13> for String {
    fn from(isbn: Isbn13) -> String {
        isbn.to_string()
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
    use proptest::prelude::*;

    fn isbn(text: &str) -> Isbn13 {
        Isbn13::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn i1_check_digits_of_thirteen_and_ten() {
        assert_eq!(isbn("2-07-054127-4"), isbn("978-2-07-054127-0"));
        assert_eq!(isbn("978-0-14-143951-8").to_string(), "9780141439518");
        assert_eq!(isbn("979-10-340-0005-0").to_string(), "9791034000050");
        assert_eq!(isbn("043942089X").isbn10().as_deref(), Some("043942089X"));
        assert_eq!(
            Isbn13::parse("9782707154298"),
            Err(IsbnError::WrongCheckDigit)
        );
        assert_eq!(Isbn13::parse("2070541275"), Err(IsbnError::WrongCheckDigit));
    }

    #[test]
    fn i2_whatever_people_paste() {
        for text in [
            "9782070541270",
            " 978-2-07-054127-0 ",
            "978 2 07 054127 0",
            "978\u{a0}2\u{a0}07\u{202f}054127\u{a0}0",
            "978‐2‑07–054127—0",
            "978\u{2212}2\u{ad}070541270\u{200b}",
            "ISBN 978-2-07-054127-0",
            "ISBN: 9782070541270",
            "isbn-13: 978-2-07-054127-0",
            "ISBN-10 : 2-07-054127-4",
            "EAN 9782070541270",
            "2 07 054127 4",
            "9782070541270 00790",
        ] {
            assert_eq!(
                Isbn13::parse(text).map(|isbn| isbn.to_string()),
                Ok("9782070541270".into()),
                "{text}"
            );
            assert!(looks_like_isbn(text), "{text}");
        }
        assert_eq!(isbn("0-439-42089-x"), isbn("043942089X"));
        for text in [
            "",
            "ISBN",
            "l'étranger",
            "1984",
            "978207054127",
            "97820705412700",
            "X123456789",
            "978-2-07-054127-O",
        ] {
            assert_eq!(Isbn13::parse(text), Err(IsbnError::NotAnIsbn), "{text}");
            assert!(!looks_like_isbn(text), "{text}");
        }
    }

    #[test]
    fn i3_only_978_has_ten_digits_and_979_0_is_music() {
        assert_eq!(isbn("9791034000050").isbn10(), None);
        assert_eq!(isbn("9798891642577").isbn10(), None);
        assert_eq!(
            isbn("9782070541270").isbn10().as_deref(),
            Some("2070541274")
        );
        assert_eq!(Isbn13::parse("979-0-2600-0043-8"), Err(IsbnError::Ismn));
        assert_eq!(Isbn13::parse("4006381333931"), Err(IsbnError::NotABook));
        assert!(!looks_like_isbn("4006381333931"));
    }

    #[test]
    fn i4_hyphens_follow_the_range_table() {
        for hyphenated in [
            "978-2-07-054127-0",
            "978-0-14-143951-8",
            "979-10-340-0005-0",
            "979-8-89164-257-7",
            "979-8-6543-8932-9",
            "978-99953-0-000-5",
        ] {
            assert_eq!(isbn(hyphenated).hyphenated(), hyphenated);
        }
    }

    #[test]
    fn i5_a_right_check_digit_does_not_assign_a_group() {
        let unassigned = isbn("9791586832024");
        assert!(!unassigned.has_assigned_group());
        assert_eq!(unassigned.hyphenated(), "9791586832024");
        assert!(isbn("9782070541270").has_assigned_group());
    }

    proptest! {
        #[test]
        fn every_isbn_is_read_back_in_every_form(twelve in prop_oneof![978_000_000_000u64..=978_999_999_999, 979_100_000_000u64..=979_999_999_999]) {
            let isbn = Isbn13::from_first_twelve(twelve).unwrap();
            prop_assert_eq!(Isbn13::parse(&isbn.to_string()), Ok(isbn));
            prop_assert_eq!(Isbn13::parse(&isbn.hyphenated()), Ok(isbn));
            prop_assert_eq!(Isbn13::from_u64(isbn.as_u64()), Ok(isbn));
            if let Some(ten) = isbn.isbn10() {
                prop_assert_eq!(Isbn13::parse(&ten), Ok(isbn));
            }
        }

        #[test]
        fn one_wrong_digit_is_always_noticed(twelve in 978_000_000_000u64..=978_999_999_999, place in 0u32..9, change in 1u64..10) {
            let good = Isbn13::from_first_twelve(twelve).unwrap().as_u64();
            let scale = 10u64.pow(place);
            let digit = good / scale % 10;
            let bad = good - digit * scale + (digit + change) % 10 * scale;
            prop_assert_eq!(Isbn13::from_u64(bad), Err(IsbnError::WrongCheckDigit));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = Isbn13::parse(&text);
            let _ = looks_like_isbn(&text);
        }
    }
}
