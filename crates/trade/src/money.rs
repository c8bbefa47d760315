//! Amounts of money in euro cents.
//!
//! One currency, whole cents, no floating point. Arithmetic saturates: with the limits of
//! [`crate::limits`] an order cannot come near the ends of `i64`, so saturation is never met, and a defect
//! that met it would show an absurd amount instead of wrapping to a plausible one.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

/// A currency: its code of three letters in ISO 4217. Amounts of this house are euro ([`Money`]); what is signed for others
/// to act on says so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// A text that is no currency's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not three capital letters, as ISO 4217 writes a currency")]
pub struct MalformedCurrency;

impl Currency {
    /// The euro, the currency of every amount here.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Three capital letters; whether they are a currency's is not looked up.
    ///
    /// # Errors
    /// [`MalformedCurrency`].
    pub fn parse(code: &str) -> Result<Currency, MalformedCurrency> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Currency(letters)),
            _ => Err(MalformedCurrency),
        }
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Currency {
    type Error = MalformedCurrency;
    fn try_from(code: String) -> Result<Currency, MalformedCurrency> {
        Currency::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

/// An amount in euro cents; negative for what is owed back. Serialized as the integer of cents.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// That many cents.
    pub const fn cents(cents: i64) -> Money {
        Money(cents)
    }

    /// The amount in cents.
    pub const fn as_cents(self) -> i64 {
        self.0
    }

    /// The amount for `quantity` pieces.
    pub fn times(self, quantity: u32) -> Money {
        Money(self.0.saturating_mul(i64::from(quantity)))
    }

    /// Whether it is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is less than nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Reads `12`, `12.5`, `12.50`, `12,50`, `1 234,50 €`: what a person types or a trade file carries.
    ///
    /// Spaces of any kind separate thousands; at most two decimals (a third would have to be rounded, which
    /// nobody asked for). `None` when it is anything else or does not fit.
    pub fn parse_decimal(text: &str) -> Option<Money> {
        let text = text
            .trim()
            .trim_end_matches('€')
            .trim_start_matches('€')
            .trim();
        let (negative, text) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (units, decimals) = match text.split_once(['.', ',']) {
            Some((units, decimals)) if !decimals.is_empty() && decimals.len() <= 2 => {
                (units, decimals)
            }
            Some(_) => return None,
            None => (text, ""),
        };
        let units: String = units.chars().filter(|c| !c.is_whitespace()).collect();
        if units.is_empty() || units.starts_with('+') || decimals.starts_with(['+', '-']) {
            return None;
        }
        let units: u32 = units.parse().ok()?;
        let cents: u32 = format!("{decimals:0<2}").parse().ok()?;
        let total = i64::from(units) * 100 + i64::from(cents);
        Some(Money(if negative { -total } else { total }))
    }
}

/// The amount with a decimal point and no currency sign, `12.50`: for machines, see
/// [`crate::locale::format_money`] for readers.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Money) {
        *self = *self - other;
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Money> for Money {
    fn sum<I: Iterator<Item = &'a Money>>(amounts: I) -> Money {
        amounts.copied().sum()
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

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!(Currency::parse("EUR"), Ok(Currency::EUR));
        let dollar: Currency = serde_json::from_str("\"USD\"").unwrap();
        assert_ne!(dollar, Currency::EUR);
        assert_eq!(serde_json::to_string(&dollar).unwrap(), "\"USD\"");
        for code in ["", "EU", "eur", "EURO", "€", "978"] {
            assert_eq!(Currency::parse(code), Err(MalformedCurrency), "{code}");
        }
    }

    #[test]
    fn reads_what_people_type() {
        for (text, cents) in [
            ("12", 1200),
            ("12.5", 1250),
            ("12,50", 1250),
            (" 1\u{202f}234,50\u{a0}€ ", 123_450),
            ("€1234.50", 123_450),
            ("0,01", 1),
            ("-3", -300),
            ("\u{2212}3,00", -300),
        ] {
            assert_eq!(
                Money::parse_decimal(text),
                Some(Money::cents(cents)),
                "{text}"
            );
        }
        for text in [
            "",
            "€",
            "12.",
            "12.505",
            ".50",
            "1.234,50",
            "1e3",
            "+5",
            "--5",
            "12,-5",
            "99999999999",
        ] {
            assert_eq!(Money::parse_decimal(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(cents in -400_000_000_000i64..400_000_000_000) {
            let money = Money::cents(cents);
            prop_assert_eq!(Money::parse_decimal(&money.to_string()), Some(money));
            for locale in crate::locale::Locale::ALL {
                let shown = crate::locale::format_money(money, locale).replace("-€", "-");
                let shown = if locale == crate::locale::Locale::En { shown.replace(',', "") } else { shown };
                prop_assert_eq!(Money::parse_decimal(&shown), Some(money));
            }
        }
    }
}
