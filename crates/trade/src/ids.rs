//! Names for things: numbers and keys that must not be confused with one another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::fmt::Hyphenated;
use uuid::{Uuid, Variant, Version};

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
/// A UUID of version 4 or 7, with hyphens (RFC 9562). Whoever knows it can ask for the order that it placed, so it is of a
/// kind that is drawn and not counted: 122 random bits in version 4, at least 62 in version 7.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A key nobody has used before. Not of version 7: those that one process makes in one millisecond are neighbours.
    pub fn new() -> IdempotencyKey {
        IdempotencyKey(Uuid::new_v4().to_string())
    }

    /// Checks a key that came from outside. It is kept as it was written.
    pub fn parse(text: &str) -> Result<IdempotencyKey, MalformedId> {
        let uuid = Uuid::try_parse(text).map_err(|_| MalformedId)?;
        let with_hyphens = text.len() == Hyphenated::LENGTH;
        match uuid.get_version() {
            Some(Version::Random | Version::SortRand)
                if with_hyphens && uuid.get_variant() == Variant::RFC4122 =>
            {
                Ok(IdempotencyKey(text.to_owned()))
            }
            _ => Err(MalformedId),
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
    fn an_idempotency_key_is_a_uuid_that_is_drawn() {
        let (one, other) = (IdempotencyKey::new(), IdempotencyKey::new());
        assert_ne!(one, other);
        for drawn in [
            one.as_str(),
            "919108f7-52d1-4320-9bac-f847db4148a8",
            "919108F7-52D1-4320-9BAC-F847DB4148A8",
            // Version 7: what checkout pages carried before, and what many programs make.
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        ] {
            let key = IdempotencyKey::parse(drawn);
            assert_eq!(key.map(String::from), Ok(drawn.to_owned()));
        }
        for guessable in [
            "",
            "1",
            "order-2026-11-27-0000000000000000001",
            "00000000-0000-0000-0000-000000000001",
            // Made of the time and the machine, and of a name.
            "c232ab00-9414-11ec-b3c8-9f6bdeced846",
            "5df41881-3aed-3515-88a7-2f4a814cf09e",
            // No variant that has versions.
            "919108f7-52d1-4320-0bac-f847db4148a8",
            "919108f752d143209bacf847db4148a8",
            "{919108f7-52d1-4320-9bac-f847db4148a8}",
            "urn:uuid:919108f7-52d1-4320-9bac-f847db4148a8",
            " 919108f7-52d1-4320-9bac-f847db4148a8",
        ] {
            let refused = IdempotencyKey::parse(guessable);
            assert_eq!(refused, Err(MalformedId), "{guessable}");
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
