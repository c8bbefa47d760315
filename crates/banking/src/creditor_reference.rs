//! Creditor references (ISO 11649): what a buyer writes on a bank transfer, so that the order it pays is found.
//!
//! The check digits prove a reference, so that a typing error finds no order instead of another one. A bare order
//! number in a text proves nothing and is not looked for here.

use std::fmt;
use std::str::FromStr;

use trade::ids::OrderNumber;

use crate::mod97;

/// `RF`, two check digits, and 1 to 21 letters and digits; without spaces, in capitals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditorReference(String);

/// Why a text is no creditor reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not RF, two digits, and 1 to 21 letters and digits.
    #[error("a creditor reference is RF, two digits, and 1 to 21 letters and digits")]
    Form,
    /// The check digits do not follow from the rest: a typing error, as a rule.
    #[error("the check digits of the reference are wrong")]
    CheckDigits,
}

const PREFIX: &str = "RF";
/// The longest reference that check digits are put before.
const BODY_CHARS: usize = 21;
/// The letters that every order number begins with.
const ORDER_PREFIX: &str = "BQ";
/// RF, check digits, and the ten symbols of an order number without hyphens.
const ORDER_REFERENCE_CHARS: usize = 14;

impl CreditorReference {
    /// The reference for a body of 1 to 21 letters and digits; spaces and hyphens in it are left out.
    pub fn for_body(body: &str) -> Result<CreditorReference, ReferenceError> {
        let symbols = body.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let body: String = symbols
            .take(BODY_CHARS + 1)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let fits = (1..=BODY_CHARS).contains(&body.chars().count());
        match mod97::check_digits(&body, PREFIX) {
            Some(digits) if fits => Ok(CreditorReference(format!("{PREFIX}{digits:02}{body}"))),
            _ => Err(ReferenceError::Form),
        }
    }

    /// The reference by which an order is paid: `RF..BQ7K3MQ9XZ`.
    pub fn for_order(order: &OrderNumber) -> CreditorReference {
        let body = order.as_str().replace('-', "");
        let digits = mod97::check_digits(&body, PREFIX).unwrap_or_default();
        CreditorReference(format!("{PREFIX}{digits:02}{body}"))
    }

    /// Reads a text that is a reference and nothing else: with spaces, in small letters.
    pub fn parse(text: &str) -> Result<CreditorReference, ReferenceError> {
        let symbols = text.chars().filter(|c| !c.is_whitespace());
        let symbols: String = symbols
            .take(BODY_CHARS + 5)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let has_form = symbols.starts_with(PREFIX)
            && (5..=BODY_CHARS + 4).contains(&symbols.len())
            && symbols.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && symbols
                .bytes()
                .skip(2)
                .take(2)
                .all(|byte| byte.is_ascii_digit());
        if !has_form {
            Err(ReferenceError::Form)
        } else if mod97::is_right(&symbols) {
            Ok(CreditorReference(symbols))
        } else {
            Err(ReferenceError::CheckDigits)
        }
    }

    /// The orders whose references stand in a text that people and banks wrote, each once.
    ///
    /// Found are references in small letters, with spaces, hyphens, line breaks and other signs in the middle, with O
    /// for 0 and I or L for 1, and between other words. What follows or precedes without any sign between, or has wrong
    /// check digits, is no reference.
    pub fn orders_in(text: &str) -> Vec<OrderNumber> {
        let symbols: Vec<Symbol> = symbols(text);
        let mut orders = Vec::new();
        for window in symbols.windows(ORDER_REFERENCE_CHARS + 1) {
            let order = order_at(window).filter(|order| !orders.contains(order));
            orders.extend(order);
        }
        orders
    }

    /// The order it is made for; none when it is somebody else's reference.
    pub fn order(&self) -> Option<OrderNumber> {
        let body = self.0.get(4..).filter(|body| body.len() == 10)?;
        let order = OrderNumber::parse(body).ok()?;
        // A reference with an O in it is another one, whatever an order number may be typed like.
        (CreditorReference::for_order(&order) == *self).then_some(order)
    }

    /// The reference as computers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reference as people write it: groups of four.
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
}

/// A letter or digit of a text, and whether it begins a word.
#[derive(Clone, Copy)]
struct Symbol {
    value: char,
    begins_word: bool,
}

/// The letters and digits of a text in capitals, and an end that begins a word of its own.
fn symbols(text: &str) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut begins_word = true;
    for value in text.chars().chain(['\n', ' ']) {
        if value.is_alphanumeric() {
            symbols.push(Symbol {
                value: value.to_ascii_uppercase(),
                begins_word,
            });
            begins_word = false;
        } else {
            begins_word = true;
        }
    }
    symbols.push(Symbol {
        value: ' ',
        begins_word: true,
    });
    symbols
}

/// The order whose reference stands in the window, which is one symbol longer.
fn order_at(window: &[Symbol]) -> Option<OrderNumber> {
    let (after, reference) = window.split_last()?;
    if !after.begins_word || !reference.first()?.begins_word {
        return None;
    }
    let reads = reference
        .iter()
        .zip(0..)
        .map(|(symbol, place)| match symbol.value {
            // Neither check digits nor order numbers have these letters.
            'O' if place >= 2 => '0',
            'I' | 'L' if place >= 2 => '1',
            other => other,
        });
    let text: String = reads.collect();
    let body = text.strip_prefix(PREFIX)?.get(2..)?;
    if !body.starts_with(ORDER_PREFIX) {
        return None;
    }
    CreditorReference::parse(&text).ok()?.order()
}

impl fmt::Display for CreditorReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CreditorReference {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<CreditorReference, ReferenceError> {
        CreditorReference::parse(text)
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
    fn check_digits_are_those_of_the_standard() {
        // Published examples; a second implementation finds them right (`tests/oracle.rs` compares more).
        for text in ["RF18539007547034", "RF712348231", "RF45G72UUR", "RF6518K5"] {
            let reference = CreditorReference::parse(text).unwrap();
            let body = &text[4..];
            assert_eq!(CreditorReference::for_body(body), Ok(reference));
        }
        assert_eq!(
            CreditorReference::parse("RF19539007547034"),
            Err(ReferenceError::CheckDigits)
        );
        for text in [
            "",
            "RF18",
            "FR18539007547034",
            "RFA8539007547034",
            "RF18é",
            &"RF18".repeat(7),
        ] {
            assert_eq!(
                CreditorReference::parse(text),
                Err(ReferenceError::Form),
                "{text}"
            );
        }
        for body in ["", "é", "a_b", &"1".repeat(22)] {
            assert_eq!(
                CreditorReference::for_body(body),
                Err(ReferenceError::Form),
                "{body}"
            );
        }
    }

    #[test]
    fn an_order_is_found_however_it_is_written() {
        let order = OrderNumber::parse("BQ-7K3M-Q901").unwrap();
        let reference = CreditorReference::for_order(&order);
        assert_eq!(reference.order(), Some(order.clone()));
        let digits = &reference.as_str()[2..4];
        for text in [
            reference.as_str(),
            &reference.grouped(),
            &reference.as_str().to_lowercase(),
            &format!("Merci pour les livres, {reference}. A bientôt"),
            &format!("RF{digits} BQ-7K3M-Q901"),
            &format!("rf {digits} bq 7k3m q9oi"),
            &format!("RF{digits}BQ7K3MQ9OL"),
            &format!("/RFB/RF{digits}BQ7\r\n  K3MQ901/"),
            &format!("R\nF{digits}BQ7K3MQ90\n1"),
            &format!("COMMANDE:{reference}\n{reference}"),
        ] {
            assert_eq!(
                CreditorReference::orders_in(text),
                std::slice::from_ref(&order),
                "{text}"
            );
        }
    }

    #[test]
    fn what_proves_nothing_finds_nothing() {
        let order = OrderNumber::parse("BQ-7K3M-Q901").unwrap();
        let reference = CreditorReference::for_order(&order);
        let digits: u32 = reference.as_str()[2..4].parse().unwrap();
        for text in [
            "BQ-7K3M-Q901",
            "RF18539007547034",
            &format!("{reference}X"),
            &format!("{reference}é"),
            &format!("X{reference}"),
            &format!("RF{:02}BQ7K3MQ901", digits ^ 1),
            &reference.as_str()[..13],
            "",
        ] {
            assert_eq!(CreditorReference::orders_in(text), [], "{text}");
        }
        let foreign = CreditorReference::for_body("7K3MQ90123").unwrap();
        assert_eq!(foreign.order(), None);
    }

    proptest! {
        #[test]
        fn every_order_is_found_between_other_words(
            bits: u64, before in "[a-zA-Z0-9é ,.:\n]{0,40}", after in "[a-zA-Z0-9é ,.:\n]{0,40}",
            signs in proptest::collection::vec("[ -./\n]{0,2}", 14),
        ) {
            let order = OrderNumber::from_bits(bits);
            let reference = CreditorReference::for_order(&order);
            let spread: String = reference.as_str().chars().zip(&signs).map(|(c, sign)| format!("{c}{sign}")).collect();
            let found = CreditorReference::orders_in(&format!("{before} {spread} {after}"));
            prop_assert_eq!(found, [order]);
        }

        /// Of two digits, or of two letters, one for the other: MOD 97-10 notices each.
        #[test]
        fn one_wrong_symbol_finds_no_order(bits: u64, place in 2_usize..14, other in "[0-9A-HJKMNP-Z]") {
            let order = OrderNumber::from_bits(bits);
            let mut text = CreditorReference::for_order(&order).as_str().as_bytes().to_vec();
            let other = other.as_bytes()[0];
            prop_assume!(text[place] != other && text[place].is_ascii_digit() == other.is_ascii_digit());
            text[place] = other;
            prop_assert_eq!(CreditorReference::orders_in(std::str::from_utf8(&text).unwrap()), []);
        }

        #[test]
        fn two_neighbours_exchanged_find_no_order(bits: u64, place in 4_usize..13) {
            let order = OrderNumber::from_bits(bits);
            let mut text = CreditorReference::for_order(&order).as_str().as_bytes().to_vec();
            // The one weakness of the method: a letter worth eleven times the digit beside it.
            let weak = ["B1", "1B", "M2", "2M", "X3", "3X"];
            let pair = std::str::from_utf8(&text[place..place + 2]).unwrap();
            prop_assume!(text[place] != text[place + 1] && !weak.contains(&pair));
            text.swap(place, place + 1);
            prop_assert_eq!(CreditorReference::orders_in(std::str::from_utf8(&text).unwrap()), []);
        }

        #[test]
        fn any_text_is_stood(text in "\\PC{0,200}") {
            let _ = (CreditorReference::orders_in(&text), CreditorReference::parse(&text), CreditorReference::for_body(&text));
        }
    }
}
