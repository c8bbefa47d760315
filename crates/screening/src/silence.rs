//! What a condition is worth while the bureau is silent, whatever else is known of an order.
//!
//! A condition is looked at with the facts of the bureau as its silence leaves them and all others unknown, by a logic of
//! three values: it holds, it does not, or that depends. What comes out certain is so for every order.

use crate::facts::{Fact, Facts, Value};
use crate::tree::{Bool, Compared, Int, Match, Text};

/// With what the facts of the bureau begin.
const OF_BUREAU: &str = "bureau_";

/// Whether a fact is what the bureau said.
pub(crate) fn is_of_bureau(name: &str) -> bool {
    name.starts_with(OF_BUREAU)
}

/// What a fact is worth in silence; none when it is not the bureau's.
fn known<'a>(fact: &Fact, silent: &'a Facts) -> Option<Value<'a>> {
    is_of_bureau(fact.name).then(|| fact.of(silent))
}

impl Bool {
    /// Whether it holds in silence; none when that depends on the order. `silent` are facts without a bureau's answer.
    pub(crate) fn in_silence(&self, silent: &Facts) -> Option<bool> {
        match self {
            Bool::Is(is) => Some(*is),
            Bool::Fact(fact) => known(fact, silent).map(|value| value == Value::Bool(true)),
            Bool::Not(one) => one.in_silence(silent).map(|is| !is),
            Bool::And(one, other) => match (one.in_silence(silent), other.in_silence(silent)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Bool::Or(one, other) => match (one.in_silence(silent), other.in_silence(silent)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Bool::Ints(compared, one, other) => {
                let (one, other) = (one.in_silence(silent)?, other.in_silence(silent)?);
                Some(match compared {
                    Compared::Same => one == other,
                    Compared::Less => one < other,
                    Compared::LessOrSame => one <= other,
                })
            }
            Bool::SameText(one, other) => {
                Some(one.in_silence(silent)? == other.in_silence(silent)?)
            }
            Bool::Alike(one, other) => Some(one.in_silence(silent)? == other.in_silence(silent)?),
            Bool::IntIn(one, list) => {
                let one = one.in_silence(silent);
                among(one, list.iter().map(|other| other.in_silence(silent)))
            }
            Bool::TextIn(one, list) => {
                let one = one.in_silence(silent);
                among(one, list.iter().map(|other| other.in_silence(silent)))
            }
            Bool::Match(how, text, part) => {
                let (text, part) = (text.in_silence(silent)?, part.in_silence(silent)?);
                Some(match how {
                    Match::Starts => text.starts_with(part),
                    Match::Ends => text.ends_with(part),
                    Match::Contains => text.contains(part),
                })
            }
            Bool::Either(when, then, otherwise) => either(
                when.in_silence(silent),
                then.in_silence(silent),
                otherwise.in_silence(silent),
            ),
        }
    }
}

impl Int {
    fn in_silence(&self, silent: &Facts) -> Option<i64> {
        match self {
            Int::Number(number) => Some(*number),
            Int::Fact(fact) => match known(fact, silent)? {
                Value::Int(number) => Some(number),
                Value::Bool(_) | Value::Text(_) => None,
            },
            Int::Negative(one) => Some(one.in_silence(silent)?.saturating_neg()),
            Int::Sum(one, other) => Some(
                one.in_silence(silent)?
                    .saturating_add(other.in_silence(silent)?),
            ),
            Int::Difference(one, other) => Some(
                one.in_silence(silent)?
                    .saturating_sub(other.in_silence(silent)?),
            ),
            Int::Product(one, other) => Some(
                one.in_silence(silent)?
                    .saturating_mul(other.in_silence(silent)?),
            ),
            Int::Either(when, then, otherwise) => either(
                when.in_silence(silent),
                then.in_silence(silent),
                otherwise.in_silence(silent),
            ),
        }
    }
}

impl Text {
    fn in_silence<'a>(&'a self, silent: &'a Facts) -> Option<&'a str> {
        match self {
            Text::Words(text) => Some(text),
            Text::Fact(fact) => match known(fact, silent)? {
                Value::Text(text) => Some(text),
                Value::Int(_) | Value::Bool(_) => None,
            },
            Text::Either(when, then, otherwise) => either(
                when.in_silence(silent),
                then.in_silence(silent),
                otherwise.in_silence(silent),
            ),
        }
    }
}

/// Whether it is one of the list: one that is like it is enough, and none is only when all are known.
fn among<T: PartialEq>(one: Option<T>, list: impl Iterator<Item = Option<T>>) -> Option<bool> {
    let one = one?;
    let mut is_certain = true;
    for other in list {
        match other {
            Some(other) if other == one => return Some(true),
            Some(_) => {}
            None => is_certain = false,
        }
    }
    is_certain.then_some(false)
}

/// A choice whose condition depends is certain when both ways come to the same.
fn either<T: PartialEq>(when: Option<bool>, then: Option<T>, otherwise: Option<T>) -> Option<T> {
    match when {
        Some(true) => then,
        Some(false) => otherwise,
        None if then == otherwise => then,
        None => None,
    }
}
