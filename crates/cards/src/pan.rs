//! The card number (primary account number, ISO/IEC 7812).
//!
//! Deliberately missing: `Serialize`, `Deserialize`, `Display`, `Clone`, and a `Debug` that reveals. A number leaves
//! this type only through [`Pan::expose_digits`]; `tests/exposure.rs` lists the files that may call it.

use std::fmt;

use subtle::ConstantTimeEq as _;
use trade::payment::Brand;
use zeroize::Zeroizing;

/// The shortest and the longest number that networks issue (ISO/IEC 7812-1: at most 19 digits).
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// A card number that passed the Luhn check, wiped from memory when dropped.
///
/// Its `Debug` says that it is one:
///
/// ```
/// let pan = cards::pan::Pan::parse("4111111111111111")?;
/// assert_eq!(format!("{pan:?}"), "Pan(****)");
/// # Ok::<(), cards::pan::PanError>(())
/// ```
///
/// It has no `Display`, is not serialised, and is not copied:
///
/// ```compile_fail,E0277
/// let pan = cards::pan::Pan::parse("4111111111111111")?;
/// assert_eq!(format!("{pan}"), "Pan(****)");
/// # Ok::<(), cards::pan::PanError>(())
/// ```
/// ```compile_fail,E0277
/// let pan = cards::pan::Pan::parse("4111111111111111")?;
/// assert!(serde_json::to_string(&pan).is_ok());
/// # Ok::<(), cards::pan::PanError>(())
/// ```
/// ```compile_fail,E0599
/// let pan = cards::pan::Pan::parse("4111111111111111")?;
/// assert_eq!(pan.clone().last4(), "1111");
/// # Ok::<(), cards::pan::PanError>(())
/// ```
// On the heap, so that moving the value copies a pointer and not the digits.
pub struct Pan(Zeroizing<Box<str>>);

/// Why a text is no card number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PanError {
    /// Nothing was typed.
    #[error("no card number")]
    Missing,
    /// Something other than digits, spaces and hyphens.
    #[error("a card number has digits only")]
    NotDigits,
    /// Fewer than 12 or more than 19 digits.
    #[error("a card number has 12 to 19 digits")]
    Length,
    /// The last digit does not fit the others (Luhn, ISO/IEC 7812-1 annex B): a typing error.
    #[error("the card number's check digit does not fit")]
    CheckDigit,
}

impl Pan {
    /// Reads a number as people type it: digits, with spaces or hyphens between.
    ///
    /// # Errors
    /// See [`PanError`]; no variant carries what was typed.
    pub fn parse(typed: &str) -> Result<Pan, PanError> {
        let mut digits = Zeroizing::new(String::with_capacity(typed.len()));
        for c in typed.trim().chars() {
            match c {
                '0'..='9' => digits.push(c),
                // Telephones and password managers put these between the groups.
                ' ' | '-' | '\u{a0}' | '\u{202f}' => {}
                _ => return Err(PanError::NotDigits),
            }
        }
        if digits.is_empty() {
            return Err(PanError::Missing);
        }
        if !DIGITS.contains(&digits.len()) {
            return Err(PanError::Length);
        }
        if !luhn_fits(&digits) {
            return Err(PanError::CheckDigit);
        }
        Ok(Pan(Zeroizing::new(Box::from(digits.as_str()))))
    }

    /// The first six digits, which name the issuer. May be shown (PCI DSS 3.4.1).
    #[must_use]
    pub fn bin(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// The last four digits, by which a person knows the card. May be shown (PCI DSS 3.4.1).
    #[must_use]
    pub fn last4(&self) -> &str {
        self.0
            .get(self.0.len().saturating_sub(4)..)
            .unwrap_or_default()
    }

    /// The international network by the number's range. `Cb` is never guessed: French cards carry it beside Visa or
    /// Mastercard, and only the issuer's tables tell.
    #[must_use]
    pub fn brand(&self) -> Brand {
        let first = |n: usize| {
            self.0
                .get(..n)
                .and_then(|digits| digits.parse::<u32>().ok())
                .unwrap_or(0)
        };
        match (first(1), first(2), first(4)) {
            (4, _, _) => Brand::Visa,
            (_, 51..=55, _) | (_, _, 2221..=2720) => Brand::Mastercard,
            (_, 34 | 37, _) => Brand::Amex,
            _ => Brand::Other,
        }
    }

    /// All digits. For the record at rest, the redeem message and the ISO 8583 field, and nothing else.
    #[must_use]
    pub fn expose_digits(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Pan {
    /// Takes the same time wherever two numbers of one length differ.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Pan {}

impl fmt::Debug for Pan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pan(****)")
    }
}

/// Doubles every second digit from the right; the sum of all digits must end in zero.
fn luhn_fits(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit.saturating_sub(b'0'));
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit < 5 => digit * 2,
                (_, digit) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
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

    /// Compiles only while the type does not implement the trait: with it, `check` becomes ambiguous.
    macro_rules! does_not_implement {
        ($type:ty: $($bound:tt)+) => {{
            trait Without<Marker> { fn check() {} }
            impl<T: ?Sized> Without<()> for T {}
            struct Has;
            impl<T: ?Sized + $($bound)+> Without<Has> for T {}
            let _ = <$type as Without<_>>::check;
        }};
    }

    #[test]
    fn a_number_cannot_be_written_out_by_accident() {
        use crate::csc::Csc;
        does_not_implement!(Pan: serde::Serialize);
        does_not_implement!(Pan: serde::de::DeserializeOwned);
        does_not_implement!(Pan: std::fmt::Display);
        does_not_implement!(Pan: std::fmt::LowerHex);
        does_not_implement!(Pan: Clone);
        does_not_implement!(Pan: AsRef<str>);
        does_not_implement!(Pan: AsRef<[u8]>);
        does_not_implement!(Pan: std::ops::Deref);
        does_not_implement!(Pan: std::borrow::Borrow<str>);
        does_not_implement!(Pan: Into<String>);
        does_not_implement!(Pan: std::hash::Hash);
        does_not_implement!(Csc: serde::Serialize);
        does_not_implement!(Csc: serde::de::DeserializeOwned);
        does_not_implement!(Csc: std::fmt::Display);
        does_not_implement!(Csc: std::fmt::LowerHex);
        does_not_implement!(Csc: Clone);
        does_not_implement!(Csc: AsRef<str>);
        does_not_implement!(Csc: AsRef<[u8]>);
        does_not_implement!(Csc: std::ops::Deref);
        does_not_implement!(Csc: std::borrow::Borrow<str>);
        does_not_implement!(Csc: Into<String>);
        does_not_implement!(Csc: std::hash::Hash);
        does_not_implement!(crate::entry::Card: serde::Serialize);
        does_not_implement!(crate::entry::Card: std::fmt::Display);
        does_not_implement!(crate::entry::Card: Clone);
        does_not_implement!(crate::entry::Entry: serde::Serialize);
        does_not_implement!(crate::entry::Entry: std::fmt::Display);
        does_not_implement!(crate::entry::Entry: Clone);
        let pan = Pan::parse("4970 1000 0000 0014").map(|pan| format!("{pan:?} {:#?}", Some(&pan)));
        assert!(
            pan.is_err() || pan.is_ok_and(|text| !text.contains("4970") && !text.contains("0014"))
        );
    }

    #[test]
    fn numbers_are_read_as_typed_and_slips_are_named() {
        let pan = Pan::parse(" 4111-1111 1111\u{a0}1111").unwrap();
        assert_eq!(
            (pan.bin(), pan.last4(), pan.brand()),
            ("411111", "1111", Brand::Visa)
        );
        assert_eq!(Pan::parse("378282246310005").unwrap().brand(), Brand::Amex);
        assert_eq!(
            Pan::parse("5555555555554444").unwrap().brand(),
            Brand::Mastercard
        );
        assert_eq!(
            Pan::parse("2223003122003222").unwrap().brand(),
            Brand::Mastercard
        );
        assert_eq!(
            Pan::parse("6011111111111117").unwrap().brand(),
            Brand::Other
        );
        assert_eq!(Pan::parse("  "), Err(PanError::Missing));
        assert_eq!(Pan::parse("4111 1111 1111 1112"), Err(PanError::CheckDigit));
        assert_eq!(Pan::parse("41111111111"), Err(PanError::Length));
        assert_eq!(Pan::parse("4111111111111111111111"), Err(PanError::Length));
        assert_eq!(Pan::parse("4111O11111111111"), Err(PanError::NotDigits));
    }

    proptest! {
        #[test]
        fn luhn_notices_every_single_wrong_digit(digits in "[0-9]{12,18}", place in 0_usize..12, step in 1_u8..10) {
            let check = (0..10).map(|d| format!("{digits}{d}")).find(|n| luhn_fits(n)).unwrap();
            prop_assert!(Pan::parse(&check).is_ok());
            let mut wrong = check.into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + step) % 10;
            prop_assert_eq!(Pan::parse(std::str::from_utf8(&wrong).unwrap()), Err(PanError::CheckDigit));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = Pan::parse(&text);
        }
    }
}
