//! What a person typed into the card form, and what it becomes when every field is right.
//!
//! The same four texts arrive sealed (with JavaScript) or as plain fields (without); both are checked here.

use std::fmt;

use serde::Deserialize;
use trade::payment::{CardExpiry, CardSummary};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::csc::{Csc, CscError};
use crate::expiry::{self, ExpiryError};
use crate::pan::{Pan, PanError};

/// The longest name that is kept: what fits on a card is 26 characters, what people type is longer.
const MAX_NAME_CHARS: usize = 80;

/// The four texts of the form, wiped when dropped. No `Serialize`, and a `Debug` that says nothing.
#[derive(Default, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Entry {
    /// The name on the card. May be empty.
    #[serde(default)]
    pub name: String,
    /// The card number as typed.
    #[serde(default)]
    pub number: String,
    /// The expiry date as typed.
    #[serde(default)]
    pub exp: String,
    /// The security code as typed.
    #[serde(default)]
    pub csc: String,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry(****)")
    }
}

/// A card whose fields fit together. Whether an account stands behind it, only its bank knows.
#[derive(Debug)]
pub struct Card {
    /// The number.
    pub pan: Pan,
    /// The last month in which it is good.
    pub expiry: CardExpiry,
    /// The security code.
    pub csc: Csc,
    /// The name on the card, if one was typed.
    pub name: Option<Zeroizing<String>>,
}

/// What is wrong, field by field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryErrors {
    /// The number's slip.
    pub number: Option<PanError>,
    /// The expiry date's slip.
    pub exp: Option<ExpiryError>,
    /// The security code's slip.
    pub csc: Option<CscError>,
}

impl Entry {
    /// Checks every field, so that a person sees all slips at once.
    ///
    /// # Errors
    /// At least one field of [`EntryErrors`] is set.
    pub fn check(&self, this_month: (i16, i8)) -> Result<Card, EntryErrors> {
        let pan = Pan::parse(&self.number);
        let exp = expiry::parse(&self.exp, this_month);
        // Without a number the brand is unknown; three digits is what nearly every card has.
        let brand = pan
            .as_ref()
            .map_or(trade::payment::Brand::Other, Pan::brand);
        let csc = match Csc::parse(&self.csc, brand) {
            // A four-digit code is right for an American Express whose number has a slip.
            Err(CscError::Length { .. }) if pan.is_err() && self.csc.trim().len() == 4 => {
                Csc::parse(&self.csc, trade::payment::Brand::Amex)
            }
            other => other,
        };
        match (pan, exp, csc) {
            (Ok(pan), Ok(expiry), Ok(csc)) => Ok(Card {
                pan,
                expiry,
                csc,
                name: self.name(),
            }),
            (pan, exp, csc) => Err(EntryErrors {
                number: pan.err(),
                exp: exp.err(),
                csc: csc.err(),
            }),
        }
    }

    fn name(&self) -> Option<Zeroizing<String>> {
        let name: String = self
            .name
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_NAME_CHARS)
            .collect();
        (!name.is_empty()).then(|| Zeroizing::new(name))
    }
}

impl Card {
    /// What the shop may know of it.
    #[must_use]
    pub fn summary(&self) -> CardSummary {
        CardSummary {
            brand: self.pan.brand(),
            last4: self.pan.last4().to_owned(),
            expiry: self.expiry,
        }
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

    const TODAY: (i16, i8) = (2026, 11);

    fn entry(number: &str, exp: &str, csc: &str) -> Entry {
        Entry {
            name: " Jeanne ".into(),
            number: number.into(),
            exp: exp.into(),
            csc: csc.into(),
        }
    }

    #[test]
    fn all_slips_are_told_at_once() {
        let errors = entry("4111", "13/29", "").check(TODAY).unwrap_err();
        assert_eq!(errors.number, Some(PanError::Length));
        assert_eq!(errors.exp, Some(ExpiryError::Malformed));
        assert_eq!(errors.csc, Some(CscError::Missing));
    }

    #[test]
    fn a_right_entry_becomes_a_card() {
        let card = entry("4111111111111111", "04/29", "123")
            .check(TODAY)
            .unwrap();
        assert_eq!(card.name.as_ref().map(|name| name.as_str()), Some("Jeanne"));
        assert_eq!(card.summary().last4, "1111");
        assert_eq!(
            format!("{:?}", entry("4111111111111111", "04/29", "123")),
            "Entry(****)"
        );
    }

    #[test]
    fn four_digits_are_no_slip_while_the_number_is_wrong() {
        let errors = entry("3782", "04/29", "1234").check(TODAY).unwrap_err();
        assert_eq!(errors.csc, None);
        let errors = entry("4111111111111111", "04/29", "1234")
            .check(TODAY)
            .unwrap_err();
        assert_eq!(errors.csc, Some(CscError::Length { expected: 3 }));
    }
}
