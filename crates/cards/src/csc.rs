//! The card security code: the three digits on the back, or four on an American Express.
//!
//! It lives in memory until the authorisation and is never stored (PCI DSS 3.3.1).

use std::fmt;

use subtle::ConstantTimeEq as _;
use trade::payment::Brand;
use zeroize::Zeroizing;

/// A security code, wiped from memory when dropped.
///
/// Like a [`Pan`](crate::pan::Pan) it has no `Display`, is not serialised, and is not copied:
///
/// ```
/// let csc = cards::csc::Csc::parse("123", trade::payment::Brand::Visa)?;
/// assert_eq!(format!("{csc:?}"), "Csc(***)");
/// # Ok::<(), cards::csc::CscError>(())
/// ```
/// ```compile_fail,E0277
/// let csc = cards::csc::Csc::parse("123", trade::payment::Brand::Visa)?;
/// assert_eq!(format!("{csc}"), "Csc(***)");
/// # Ok::<(), cards::csc::CscError>(())
/// ```
/// ```compile_fail,E0277
/// let csc = cards::csc::Csc::parse("123", trade::payment::Brand::Visa)?;
/// assert!(serde_json::to_string(&csc).is_ok());
/// # Ok::<(), cards::csc::CscError>(())
/// ```
pub struct Csc(Zeroizing<Box<str>>);

/// Why a text is no security code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CscError {
    /// Nothing was typed.
    #[error("no security code")]
    Missing,
    /// Not three digits, or not four for an American Express.
    #[error("the security code has {expected} digits")]
    Length {
        /// How many this brand prints.
        expected: usize,
    },
}

impl Csc {
    /// Reads the code for a card of the brand.
    ///
    /// # Errors
    /// See [`CscError`].
    pub fn parse(typed: &str, brand: Brand) -> Result<Csc, CscError> {
        let typed = typed.trim();
        let expected = if brand == Brand::Amex { 4 } else { 3 };
        if typed.is_empty() {
            return Err(CscError::Missing);
        }
        if typed.len() != expected || !typed.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CscError::Length { expected });
        }
        Ok(Csc(Zeroizing::new(Box::from(typed))))
    }

    /// The digits. For the redeem message and the ISO 8583 field, and nothing else.
    #[must_use]
    pub fn expose_digits(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Csc {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Csc {}

impl fmt::Debug for Csc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Csc(***)")
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
    fn three_digits_or_four_for_american_express() {
        assert_eq!(
            Csc::parse(" 123 ", Brand::Visa).unwrap().expose_digits(),
            "123"
        );
        assert_eq!(
            Csc::parse("1234", Brand::Amex).unwrap().expose_digits(),
            "1234"
        );
        assert_eq!(Csc::parse("", Brand::Visa), Err(CscError::Missing));
        for (typed, brand) in [
            ("12", Brand::Visa),
            ("12a", Brand::Cb),
            ("1234", Brand::Visa),
            ("١٢٣", Brand::Visa),
        ] {
            assert_eq!(
                Csc::parse(typed, brand),
                Err(CscError::Length { expected: 3 }),
                "{typed}"
            );
        }
        assert_eq!(
            format!("{:?}", Csc::parse("123", Brand::Visa).unwrap()),
            "Csc(***)"
        );
    }
}
