//! Names for things: numbers and keys that must not be confused with one another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits;

macro_rules! number_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The number itself.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;
            fn from_str(text: &str) -> Result<Self, MalformedId> {
                text.parse().map($name).map_err(|_| MalformedId)
            }
        }
    )*};
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one: a UUID of version 7, so that later ones sort after earlier ones.
            pub fn new() -> Self {
                $name(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;
            fn from_str(text: &str) -> Result<Self, MalformedId> {
                Uuid::parse_str(text).map($name).map_err(|_| MalformedId)
            }
        }
    )*};
}

number_ids! {
    /// An edition of the catalogue: the shop's own number, never the ISBN (I7).
    EditionId;
    /// A work: what editions with the same text share.
    WorkId;
    /// An order inside the house; outside it is known by its [`OrderNumber`].
    OrderId;
}

uuid_ids! {
    /// A cart. Knowing it is the right to change it.
    CartId;
    /// One attempt to pay an order, the same in shop, vault, switch and bank.
    PaymentId;
    /// One parcel's share of a payment, taken when it leaves; sent again it is the same capture.
    CaptureId;
    /// One refund of a payment; sent again it is the same refund.
    RefundId;
    /// A catalogue file that was handed in to be imported.
    ImportJobId;
}

/// An id that is not written as such ids are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct MalformedId;

/// The 32 symbols of Crockford's base 32: no I, L, O, U.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An order's number as readers and booksellers say it: `BQ-7K3M-Q9XZ`.
///
/// Forty random bits, so that a number tells nothing about how many orders there are; uniqueness is the
/// database's to check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderNumber(String);

impl OrderNumber {
    /// The number for the low 40 bits of `bits`, which should be random.
    pub fn from_bits(bits: u64) -> OrderNumber {
        let mut text = String::from("BQ");
        for place in 0..8u32 {
            if place % 4 == 0 {
                text.push('-');
            }
            let symbol = (bits >> (35 - 5 * place)) & 31;
            text.push(
                CROCKFORD
                    .iter()
                    .copied()
                    .nth(symbol as usize)
                    .map_or('0', char::from),
            );
        }
        OrderNumber(text)
    }

    /// Reads a number as a person may type it: lower case, without hyphens, O for 0, I or L for 1.
    pub fn parse(text: &str) -> Result<OrderNumber, MalformedId> {
        let symbols: String = text
            .trim()
            .chars()
            .filter(|c| *c != '-' && !c.is_whitespace())
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let symbols = symbols.strip_prefix("BQ").ok_or(MalformedId)?;
        let symbols = symbols.replace('O', "0").replace(['I', 'L'], "1");
        match symbols.split_at_checked(4) {
            Some((left, right))
                if symbols.len() == 8 && symbols.bytes().all(|b| CROCKFORD.contains(&b)) =>
            {
                Ok(OrderNumber(format!("BQ-{left}-{right}")))
            }
            _ => Err(MalformedId),
        }
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a caller names an unsafe request by, so that sending it again does not do it again.
///
/// One to 64 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A key nobody has used before.
    pub fn new() -> IdempotencyKey {
        IdempotencyKey(Uuid::now_v7().to_string())
    }

    /// Checks a key that came from outside.
    pub fn parse(text: &str) -> Result<IdempotencyKey, MalformedId> {
        let fits = (1..=limits::IDEMPOTENCY_KEY_BYTES).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(IdempotencyKey(text.to_owned()))
        } else {
            Err(MalformedId)
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for IdempotencyKey {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! text_ids {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;
            fn from_str(text: &str) -> Result<Self, MalformedId> {
                $name::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = MalformedId;
            fn try_from(text: String) -> Result<Self, MalformedId> {
                $name::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    )*};
}

text_ids! { OrderNumber IdempotencyKey }

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
    fn an_order_number_is_read_as_people_type_it() {
        let number = OrderNumber::parse("BQ-7K3M-Q901").unwrap();
        for typed in [
            "bq-7k3m-q901",
            " BQ7K3MQ901 ",
            "BQ-7K3M-Q9OI",
            "bq 7k3m q9ol",
        ] {
            assert_eq!(OrderNumber::parse(typed), Ok(number.clone()), "{typed}");
        }
        for typed in [
            "",
            "BQ",
            "7K3M-Q901",
            "BQ-7K3M-Q90",
            "BQ-7K3M-Q9012",
            "BQ-7K3U-Q901",
            "BQ-7K3é-Q90",
        ] {
            assert_eq!(OrderNumber::parse(typed), Err(MalformedId), "{typed}");
        }
    }

    #[test]
    fn an_idempotency_key_is_short_visible_ascii() {
        assert!(IdempotencyKey::parse("a").is_ok());
        assert!(IdempotencyKey::parse(&"a".repeat(64)).is_ok());
        assert!(IdempotencyKey::parse(IdempotencyKey::new().as_str()).is_ok());
        for bad in ["", "with space", "é", &"a".repeat(65)] {
            assert_eq!(IdempotencyKey::parse(bad), Err(MalformedId), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_order_number_is_read_back(bits: u64) {
            let number = OrderNumber::from_bits(bits);
            prop_assert_eq!(OrderNumber::parse(number.as_str()), Ok(number.clone()));
            prop_assert_eq!(OrderNumber::from_bits(bits & ((1 << 40) - 1)), number);
        }
    }
}
