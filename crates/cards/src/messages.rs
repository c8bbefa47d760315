//! The messages between vault and switch. [`Redeemed`] is the only message of the house that carries a card number,
//! and it travels over mutual TLS only.
//!
//! A [`Pan`] has no `Serialize`; the encoding here is named at the field (`with = "pan_on_the_wire"`), so that it
//! cannot happen by derive. The JSON text around it is ordinary memory for the moment of the call, in the two
//! processes of the payment zone.

use serde::{Deserialize, Serialize};
use trade::payment::CardExpiry;

use crate::csc::Csc;
use crate::pan::Pan;

/// `POST /redeem`, switch to vault: a one-time grant for one token, order and amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeem {
    /// A [`trade::payment::Grant`], signed by the shop.
    pub grant: String,
}

/// The vault's answer: the card, for one authorisation. The receiver wipes it as soon as the 0100 is on its way.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeemed {
    /// The card number.
    #[serde(with = "pan_on_the_wire")]
    pub pan: Pan,
    /// The last month in which the card is good.
    pub expiry: CardExpiry,
    /// The security code, if the vault still has it: it is kept in memory for minutes and given out once.
    #[serde(with = "csc_on_the_wire")]
    pub csc: Option<Csc>,
}

mod pan_on_the_wire {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use zeroize::Zeroizing;

    use crate::pan::Pan;

    pub(super) fn serialize<S: Serializer>(pan: &Pan, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(pan.expose_digits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pan, D::Error> {
        let digits = Zeroizing::new(String::deserialize(deserializer)?);
        Pan::parse(&digits).map_err(D::Error::custom)
    }
}

mod csc_on_the_wire {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use trade::payment::Brand;
    use zeroize::Zeroizing;

    use crate::csc::Csc;

    pub(super) fn serialize<S: Serializer>(
        csc: &Option<Csc>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match csc {
            Some(csc) => serializer.serialize_some(csc.expose_digits()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Csc>, D::Error> {
        let Some(digits) = Option::<String>::deserialize(deserializer)?.map(Zeroizing::new) else {
            return Ok(None);
        };
        // The vault checked it against the brand; here only the length tells which.
        let brand = if digits.len() == 4 {
            Brand::Amex
        } else {
            Brand::Other
        };
        Csc::parse(&digits, brand)
            .map(Some)
            .map_err(D::Error::custom)
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
    use trade::payment::Brand;

    use super::*;

    #[test]
    fn the_one_message_with_a_number_says_it_on_the_wire_only() {
        let card = Redeemed {
            pan: Pan::parse("4111111111111111").unwrap(),
            expiry: CardExpiry {
                month: 4,
                year: 2029,
            },
            csc: Some(Csc::parse("123", Brand::Visa).unwrap()),
        };
        let wire = serde_json::to_string(&card).unwrap();
        assert_eq!(
            wire,
            r#"{"pan":"4111111111111111","expiry":{"month":4,"year":2029},"csc":"123"}"#
        );
        assert_eq!(serde_json::from_str::<Redeemed>(&wire).unwrap(), card);
        assert!(!format!("{card:?}").contains("4111") && !format!("{card:?}").contains("123"));
        let wrong = wire.replace("1111\"", "1112\"");
        let refusal = serde_json::from_str::<Redeemed>(&wrong)
            .unwrap_err()
            .to_string();
        assert!(!refusal.contains("4111"), "{refusal}");
    }
}
