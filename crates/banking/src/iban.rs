//! IBAN, the number of a bank account (ISO 13616).
//!
//! Checked are form, length and check digits; whether the account exists only its bank knows.

use std::fmt;
use std::str::FromStr;

use crate::mod97;

/// An account's number with right check digits, without spaces, in capitals.
///
/// Its [`Debug`](fmt::Debug) shows only country, check digits and the last four characters: logs are read by more people
/// than statements.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iban(String);

/// Why a text is no IBAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IbanError {
    /// Not two letters, two digits, and 11 to 30 letters and digits.
    #[error("an IBAN is two letters, two digits, and 11 to 30 letters and digits")]
    Form,
    /// Longer or shorter than those of its country.
    #[error("an IBAN of {country} has {length} characters")]
    Length {
        /// The country's two letters.
        country: &'static str,
        /// How many it has.
        length: usize,
    },
    /// The check digits do not follow from the rest: a typing error, as a rule.
    #[error("the check digits of the IBAN are wrong")]
    CheckDigits,
}

/// How long the IBANs of the countries of SEPA are: the IBAN registry of SWIFT, release 98. A length does not change
/// once it is registered; others are bounded by the standard alone.
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AL", 28),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GI", 23),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("VA", 22),
];

impl Iban {
    /// Reads an IBAN as people type it: with spaces, in small letters.
    pub fn parse(text: &str) -> Result<Iban, IbanError> {
        let symbols = text.chars().filter(|c| !c.is_whitespace());
        // More than the longest one is not worth keeping.
        let symbols: String = symbols.take(35).map(|c| c.to_ascii_uppercase()).collect();
        let has_form = (15..=34).contains(&symbols.len())
            && symbols.bytes().zip(0..).all(|(byte, place)| match place {
                0 | 1 => byte.is_ascii_uppercase(),
                2 | 3 => byte.is_ascii_digit(),
                _ => byte.is_ascii_alphanumeric(),
            });
        if !has_form {
            return Err(IbanError::Form);
        }
        let known = LENGTHS
            .iter()
            .find(|(country, _)| symbols.starts_with(country));
        match known {
            Some(&(country, length)) if symbols.len() != length => {
                Err(IbanError::Length { country, length })
            }
            _ if mod97::is_right(&symbols) => Ok(Iban(symbols)),
            _ => Err(IbanError::CheckDigits),
        }
    }

    /// The number as computers write it: no spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as people write it: groups of four.
    pub fn grouped(&self) -> String {
        let mut grouped = String::new();
        for (place, symbol) in self.0.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(symbol);
        }
        grouped
    }

    /// Country, check digits and the last four characters: `FR76…0189`.
    pub fn masked(&self) -> String {
        let (head, tail) = self.0.split_at_checked(4).unwrap_or_default();
        let (_, last) = tail
            .split_at_checked(tail.len().saturating_sub(4))
            .unwrap_or_default();
        format!("{head}…{last}")
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iban({})", self.masked())
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Iban {
    type Err = IbanError;
    fn from_str(text: &str) -> Result<Iban, IbanError> {
        Iban::parse(text)
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

    /// The example of the French banks' committee, in the IBAN registry too.
    const SAMPLE: &str = "FR1420041010050500013M02606";

    #[test]
    fn an_iban_is_read_as_people_type_it() {
        let iban = Iban::parse(SAMPLE).unwrap();
        for typed in [
            "FR14 2004 1010 0505 0001 3M02 606",
            " fr14 2004 1010 0505 0001 3m02\u{a0}606\n",
        ] {
            assert_eq!(Iban::parse(typed), Ok(iban.clone()), "{typed}");
        }
        assert_eq!(iban.grouped(), "FR14 2004 1010 0505 0001 3M02 606");
        assert_eq!(Iban::parse(&iban.grouped()), Ok(iban.clone()));
        assert_eq!(format!("{iban:?}"), "Iban(FR14…2606)");
        // The example of Malta's registration, the longest of SEPA.
        assert!(Iban::parse("MT84MALT011000012345MTLCAST001S").is_ok());
    }

    #[test]
    fn what_is_no_iban_says_why() {
        let length = IbanError::Length {
            country: "FR",
            length: 27,
        };
        for (text, error) in [
            ("", IbanError::Form),
            ("FR14", IbanError::Form),
            ("FRA42004101005050001", IbanError::Form),
            ("FR14-2004-1010-0505-0001", IbanError::Form),
            ("FR1420041010050500013M0260é", IbanError::Form),
            (&"A".repeat(1_000), IbanError::Form),
            ("FR1420041010050500013M0260", length),
            ("FR1420041010050500013M026066", length),
            ("FR1420041010050500013M02607", IbanError::CheckDigits),
            ("FR1420041010050500031M02606", IbanError::CheckDigits),
        ] {
            assert_eq!(Iban::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn of_each_account_there_is_one_spelling() {
        // 97 more in the check digits leaves the same remainder, and is wrong all the same.
        let body = "20041010050500013M02606";
        let right = (0..100).filter(|digits| Iban::parse(&format!("FR{digits:02}{body}")).is_ok());
        assert_eq!(right.collect::<Vec<_>>(), [14]);
    }

    proptest! {
        #[test]
        fn a_wrong_digit_is_noticed(place in 0_usize..27, digit in 0_u8..10) {
            let mut text = SAMPLE.as_bytes().to_vec();
            prop_assume!(text[place].is_ascii_digit() && text[place] != b'0' + digit);
            text[place] = b'0' + digit;
            prop_assert!(Iban::parse(std::str::from_utf8(&text).unwrap()).is_err());
        }
    }
}
