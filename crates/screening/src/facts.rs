//! What is known of an order when it is screened, as typed facts that rules can name.
//!
//! Facts say *how often* and *whether*, never *who*: no name, address, card or device is among them, so that they can
//! be kept for a replay without keeping a person.

use serde::{Deserialize, Serialize};

/// The type of a fact or of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A whole number (CEL `int`).
    Int,
    /// Yes or no (CEL `bool`).
    Bool,
    /// A text (CEL `string`).
    Text,
}

impl Kind {
    /// The name that CEL gives the type.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Text => "string",
        }
    }
}

/// The value of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(&'a str),
}

/// A fact that rules can name.
#[derive(Clone, Copy)]
pub struct Fact {
    /// Its name in rules.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    get: fn(&Facts) -> Value<'_>,
}

impl Fact {
    /// The fact of that name.
    pub fn named(name: &str) -> Option<&'static Fact> {
        FACTS.iter().find(|fact| fact.name == name)
    }

    /// Its value.
    pub fn of<'a>(&self, facts: &'a Facts) -> Value<'a> {
        (self.get)(facts)
    }
}

impl std::fmt::Debug for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.kind.code())
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Fact) -> bool {
        self.name == other.name
    }
}

macro_rules! kind_of {
    (i64) => {
        Kind::Int
    };
    (bool) => {
        Kind::Bool
    };
    (String) => {
        Kind::Text
    };
}

macro_rules! value_of {
    ($facts:ident, $name:ident, i64) => {
        Value::Int($facts.$name)
    };
    ($facts:ident, $name:ident, bool) => {
        Value::Bool($facts.$name)
    };
    ($facts:ident, $name:ident, String) => {
        Value::Text(&$facts.$name)
    };
}

fn is_nothing<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

macro_rules! facts {
    ($($(#[$doc:meta])+ $name:ident: $kind:tt,)+) => {
        /// Everything known of one order at one moment. A fact that a record does not have is 0, no or empty, as most are.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Facts {
            $($(#[$doc])+ #[serde(skip_serializing_if = "is_nothing")] pub $name: $kind,)+
        }

        /// All facts, in the order in which they are shown.
        pub const FACTS: &[Fact] = &[
            $(Fact {
                name: stringify!($name),
                kind: kind_of!($kind),
                get: |facts| value_of!(facts, $name, $kind),
            },)+
        ];
    };
}

facts! {
    /// What is charged, in euro cents.
    amount_cents: i64,
    /// Copies in the order.
    copies: i64,
    /// Different titles in it.
    titles: i64,
    /// Copies of the title ordered most often.
    most_of_one_title: i64,
    /// The means of payment: `card`, or the code of another one.
    means: String,
    /// The brand of the card, empty without one.
    card_brand: String,
    /// Whether the reader collects the order in the shop.
    collected: bool,
    /// The hour of the day in Paris, 0 to 23.
    hour: i64,
    /// Whether postcode and town belong together: `agrees`, `differs`, or `unknown` for a postcode that is in no list.
    place: String,
    /// Whether the e-mail address is written with a tag or dots that its mailbox ignores.
    email_aliased: bool,
    /// Whether the reader typed the code that was sent to the e-mail address.
    email_confirmed: bool,
    /// Whether no order of this e-mail address was ever paid here, as `paid_orders` counts them.
    new_reader: bool,
    /// Orders of this e-mail address that were paid and not given back, within the time that traces are kept. Not those
    /// whose money has not come, that wait for a bookseller's look, or that are disputed.
    paid_orders: i64,
    /// Whether one of those, more than a day old, went to the same address.
    address_known: bool,
    /// Whether one of those, more than a day old, came from the same browser.
    device_known: bool,
    /// Whether one of those, more than a day old, was paid with the same card.
    card_known: bool,
    /// Whether the card is recognised: no without a card, or when the vault says nothing of it.
    has_card: bool,
    /// Whether the browser is recognised.
    has_device: bool,
    /// Whether the network is known: not behind a proxy that nobody named, nor from a private address.
    has_network: bool,
    /// Earlier attempts with this card, within ten minutes.
    card_10m: i64,
    /// The same, within an hour.
    card_1h: i64,
    /// The same, within a day.
    card_24h: i64,
    /// The same, within thirty days.
    card_30d: i64,
    /// Earlier attempts with this e-mail address, within ten minutes.
    email_10m: i64,
    /// The same, within an hour.
    email_1h: i64,
    /// The same, within a day.
    email_24h: i64,
    /// The same, within thirty days.
    email_30d: i64,
    /// Earlier attempts for this delivery address, within ten minutes.
    address_10m: i64,
    /// The same, within an hour.
    address_1h: i64,
    /// The same, within a day.
    address_24h: i64,
    /// The same, within thirty days.
    address_30d: i64,
    /// Earlier attempts from this browser, within ten minutes.
    device_10m: i64,
    /// The same, within an hour.
    device_1h: i64,
    /// The same, within a day.
    device_24h: i64,
    /// The same, within thirty days.
    device_30d: i64,
    /// Earlier attempts from this network, within ten minutes.
    network_10m: i64,
    /// The same, within an hour.
    network_1h: i64,
    /// The same, within a day.
    network_24h: i64,
    /// The same, within thirty days.
    network_30d: i64,
    /// Other cards tried under this e-mail address, within a day.
    cards_of_email_24h: i64,
    /// Other cards tried from this browser, within a day.
    cards_of_device_24h: i64,
    /// Other cards tried from this network, within an hour.
    cards_of_network_1h: i64,
    /// Other cards used for this delivery address, within thirty days.
    cards_of_address_30d: i64,
    /// Other e-mail addresses that used this card, within thirty days.
    emails_of_card_30d: i64,
    /// Other e-mail addresses that ordered to this delivery address, within thirty days.
    emails_of_address_30d: i64,
    /// Other e-mail addresses that ordered from this browser, within a day.
    emails_of_device_24h: i64,
    /// The same, within thirty days.
    emails_of_device_30d: i64,
    /// Other delivery addresses to which this card ordered, within thirty days.
    addresses_of_card_30d: i64,
    /// Other spellings of this mailbox's e-mail address that were used, within thirty days.
    spellings_of_email_30d: i64,
    /// Cards that the bank declined under this e-mail address, within a day.
    declines_of_email_24h: i64,
    /// Cards that the bank declined from this browser, within a day.
    declines_of_device_24h: i64,
    /// Cards that the bank declined from this network, within an hour.
    declines_of_network_1h: i64,
    /// Other orders with this card whose payment was disputed, and the dispute not won, within the time that traces are kept.
    disputes_of_card_400d: i64,
    /// The same, under this e-mail address.
    disputes_of_email_400d: i64,
    /// The same, to this delivery address.
    disputes_of_address_400d: i64,
    /// The same, from this browser.
    disputes_of_device_400d: i64,
    /// Whether the bureau answered in time.
    bureau_answered: bool,
    /// The bureau's score, 0 (nothing known against it) to 100; 0 when it did not answer.
    bureau_score: i64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_fact_is_found_by_its_name_and_has_its_type() {
        let facts = Facts::default();
        for fact in FACTS {
            assert_eq!(Fact::named(fact.name), Some(fact));
            let kind = match fact.of(&facts) {
                Value::Int(_) => Kind::Int,
                Value::Bool(_) => Kind::Bool,
                Value::Text(_) => Kind::Text,
            };
            assert_eq!(kind, fact.kind, "{}", fact.name);
        }
        assert_eq!(Fact::named("name"), None);
    }

    #[test]
    fn facts_are_read_back_and_older_ones_have_gaps() {
        let facts = Facts {
            amount_cents: 1250,
            place: "agrees".into(),
            ..Facts::default()
        };
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts);
        let older: Facts = serde_json::from_str(r#"{"amount_cents": 1250, "gone": 1}"#).unwrap();
        assert_eq!((older.amount_cents, older.card_30d), (1250, 0));
    }
}
