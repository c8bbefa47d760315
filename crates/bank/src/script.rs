//! The script: what the bank does with each test card, from `data/cards.toml`.

use std::collections::HashMap;

use cards::iso8583::Field;
use cards::iso8583::Message;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use trade::clock::Clock;
use trade::money::Money;

const CARDS: &str = include_str!("../data/cards.toml");

/// A test card, as `bouquin bank cards` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestCard {
    /// The card number, from a range that is only for tests.
    pub number: String,
    /// An expiry two years from now, `MM/YY`.
    pub exp: String,
    /// The security code the bank expects.
    pub csc: String,
    /// What the bank does: `approve`, `short_code`, `partial`, `silent`, `slow`, or the reason it declines.
    pub behaviour: String,
}

/// The list of cards is not what the program expects.
#[derive(Debug, thiserror::Error)]
#[error("data/cards.toml: {0}")]
pub struct ScriptError(#[from] toml::de::Error);

/// The test cards, with an expiry that is in the future.
///
/// # Errors
/// The data file, which is part of the program, is broken.
pub fn cards(clock: &Clock) -> Result<Vec<TestCard>, ScriptError> {
    let today = clock.today();
    let exp = format!("{:02}/{:02}", today.month(), (today.year() + 2) % 100);
    let listed = read()?.into_iter().map(|line| TestCard {
        number: line.number,
        exp: exp.clone(),
        csc: line.csc,
        behaviour: line.behaviour,
    });
    Ok(listed.collect())
}

/// When the answer to an authorisation leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Patience {
    AtOnce,
    Slow,
    Never,
}

/// What the bank says to an authorisation, before its books have a word.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    /// Field 39.
    pub(crate) code: String,
    pub(crate) patience: Patience,
    /// Field 38 of an approval, where it is not the usual one.
    pub(crate) approval: Option<String>,
}

/// All test cards by their number.
#[derive(Debug)]
pub(crate) struct Script(HashMap<String, Line>);

#[derive(Debug, Deserialize)]
struct Line {
    number: String,
    csc: String,
    behaviour: String,
    code: String,
    answer: Patience,
    approval: Option<String>,
    #[serde(rename = "brand")]
    _brand: String,
}

#[derive(Deserialize)]
struct File {
    card: Vec<Line>,
}

fn read() -> Result<Vec<Line>, ScriptError> {
    Ok(toml::from_str::<File>(CARDS)?.card)
}

const EXPIRED: &str = "54";
const INVALID_CARD: &str = "14";
const WRONG_SECURITY_CODE: &str = "82";
const APPROVED: &str = "00";
/// Approved for a part of the amount (ISO 8583:1987, field 39).
const PARTIAL: &str = "10";
const INSUFFICIENT_FUNDS: &str = "51";

impl Decision {
    /// What of the amount is held, and the code that says so: half of it for a partial approval, which is nothing of a cent.
    pub(crate) fn on(&self, amount: Money) -> (&str, Money) {
        match self.code.as_str() {
            PARTIAL if amount.as_cents() < 2 => (INSUFFICIENT_FUNDS, amount),
            PARTIAL => (PARTIAL, Money::cents(amount.as_cents() / 2)),
            code => (code, amount),
        }
    }
}

/// Whether the bank holds something after such an answer.
pub(crate) fn holds(code: &str) -> bool {
    matches!(code, APPROVED | PARTIAL)
}

impl Script {
    pub(crate) fn load() -> Result<Script, ScriptError> {
        let lines = read()?.into_iter();
        Ok(Script(
            lines.map(|line| (line.number.clone(), line)).collect(),
        ))
    }

    /// What the card in a 0100 makes the bank say.
    pub(crate) fn decide(&self, asked: &Message, today: Date) -> Decision {
        let at_once = |code: &str| Decision {
            code: code.to_owned(),
            patience: Patience::AtOnce,
            approval: None,
        };
        let number = asked.get(Field::PAN).unwrap_or_default();
        let Some(line) = self.0.get(number) else {
            return at_once(INVALID_CARD);
        };
        let expiry = asked.get(Field::EXPIRY).unwrap_or_default();
        if holds(&line.code) && is_past(expiry, today) {
            return at_once(EXPIRED);
        }
        let csc = asked.get(Field::SECURITY_CODE);
        if holds(&line.code) && csc.is_some_and(|csc| csc != line.csc) {
            return at_once(WRONG_SECURITY_CODE);
        }
        Decision {
            code: line.code.clone(),
            patience: line.answer,
            approval: line.approval.clone(),
        }
    }
}

/// Whether the month YYMM lies before today's; what is no month is past.
fn is_past(expiry: &str, today: Date) -> bool {
    let part = |range| {
        expiry
            .get(range)
            .and_then(|digits: &str| digits.parse::<i16>().ok())
    };
    match (part(0..2), part(2..4)) {
        (Some(year), Some(month @ 1..=12)) => {
            (2000 + year, month) < (today.year(), i16::from(today.month()))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use cards::iso8583::{ASCII_1987, Mti};
    use jiff::civil::date;
    use trade::payment::Decline;

    fn luhn_valid(number: &str) -> bool {
        let digits = number.bytes().rev().map(|byte| u32::from(byte - b'0'));
        let sum: u32 = digits
            .enumerate()
            .map(|(at, digit)| match at % 2 {
                0 => digit,
                _ => digit * 2 - if digit > 4 { 9 } else { 0 },
            })
            .sum();
        sum.is_multiple_of(10)
    }

    #[test]
    fn every_card_could_be_typed_into_a_form_and_every_behaviour_is_there() {
        let cards = cards(&Clock::system()).unwrap();
        assert!(cards.iter().all(|card| luhn_valid(&card.number)));
        let approving = cards.iter().filter(|card| card.behaviour == "approve");
        assert_eq!(approving.count(), 4);
        let reasons = Decline::ALL.iter().map(|decline| decline.code());
        for behaviour in reasons.chain(["silent", "slow", "partial", "short_code"]) {
            assert!(
                cards.iter().any(|card| card.behaviour == behaviour),
                "{behaviour}"
            );
        }
        for line in read().unwrap().iter().filter(|line| !holds(&line.code)) {
            assert_eq!(Decline::from_field39(&line.code).code(), line.behaviour);
        }
    }

    #[test]
    fn what_the_card_says_decides() {
        let script = Script::load().unwrap();
        let code = |number: &str, expiry: &str, csc: &str| {
            let asked = Message::new(&ASCII_1987, Mti::AUTHORISATION)
                .with(Field::PAN, number)
                .unwrap()
                .with(Field::EXPIRY, expiry)
                .unwrap()
                .with(Field::SECURITY_CODE, csc)
                .unwrap();
            script.decide(&asked, date(2026, 8, 1)).code
        };
        assert_eq!(code("4242424242424242", "2608", "123"), "00");
        assert_eq!(code("4242424242424242", "2607", "123"), "54");
        assert_eq!(code("4242424242424242", "2699", "123"), "54");
        assert_eq!(code("4242424242424242", "2608", "321"), "82");
        assert_eq!(code("4000000000009995", "2608", "123"), "51");
        assert_eq!(code("4111111111111111", "2608", "123"), "14");
    }
}
