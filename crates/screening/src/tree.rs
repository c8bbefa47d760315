//! A checked condition as a tree, by types: whatever it is asked, it answers.

use crate::facts::{Fact, Facts, Value};

#[derive(Clone, Debug)]
pub(crate) enum Int {
    Number(i64),
    Fact(&'static Fact),
    Negative(Box<Int>),
    Sum(Box<Int>, Box<Int>),
    Difference(Box<Int>, Box<Int>),
    Product(Box<Int>, Box<Int>),
    Either(Box<Bool>, Box<Int>, Box<Int>),
}

#[derive(Clone, Debug)]
pub(crate) enum Text {
    Words(String),
    Fact(&'static Fact),
    Either(Box<Bool>, Box<Text>, Box<Text>),
}

#[derive(Clone, Debug)]
pub(crate) enum Bool {
    Is(bool),
    Fact(&'static Fact),
    Not(Box<Bool>),
    And(Box<Bool>, Box<Bool>),
    Or(Box<Bool>, Box<Bool>),
    Ints(Compared, Int, Int),
    SameText(Text, Text),
    Alike(Box<Bool>, Box<Bool>),
    IntIn(Int, Vec<Int>),
    TextIn(Text, Vec<Text>),
    Match(Match, Text, Text),
    Either(Box<Bool>, Box<Bool>, Box<Bool>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    Same,
    Less,
    LessOrSame,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Starts,
    Ends,
    Contains,
}

impl Int {
    pub(crate) fn of(&self, facts: &Facts) -> i64 {
        match self {
            Int::Number(number) => *number,
            Int::Fact(fact) => match fact.of(facts) {
                Value::Int(number) => number,
                Value::Bool(_) | Value::Text(_) => 0,
            },
            Int::Negative(one) => one.of(facts).saturating_neg(),
            Int::Sum(one, other) => one.of(facts).saturating_add(other.of(facts)),
            Int::Difference(one, other) => one.of(facts).saturating_sub(other.of(facts)),
            Int::Product(one, other) => one.of(facts).saturating_mul(other.of(facts)),
            Int::Either(when, then, otherwise) => match when.of(facts) {
                true => then.of(facts),
                false => otherwise.of(facts),
            },
        }
    }
}

impl Text {
    pub(crate) fn of<'a>(&'a self, facts: &'a Facts) -> &'a str {
        match self {
            Text::Words(text) => text,
            Text::Fact(fact) => match fact.of(facts) {
                Value::Text(text) => text,
                Value::Int(_) | Value::Bool(_) => "",
            },
            Text::Either(when, then, otherwise) => match when.of(facts) {
                true => then.of(facts),
                false => otherwise.of(facts),
            },
        }
    }
}

impl Bool {
    pub(crate) fn of(&self, facts: &Facts) -> bool {
        match self {
            Bool::Is(is) => *is,
            Bool::Fact(fact) => fact.of(facts) == Value::Bool(true),
            Bool::Not(one) => !one.of(facts),
            Bool::And(one, other) => one.of(facts) && other.of(facts),
            Bool::Or(one, other) => one.of(facts) || other.of(facts),
            Bool::Ints(compared, one, other) => {
                let (one, other) = (one.of(facts), other.of(facts));
                match compared {
                    Compared::Same => one == other,
                    Compared::Less => one < other,
                    Compared::LessOrSame => one <= other,
                }
            }
            Bool::SameText(one, other) => one.of(facts) == other.of(facts),
            Bool::Alike(one, other) => one.of(facts) == other.of(facts),
            Bool::IntIn(one, list) => {
                let one = one.of(facts);
                list.iter().any(|other| other.of(facts) == one)
            }
            Bool::TextIn(one, list) => {
                let one = one.of(facts);
                list.iter().any(|other| other.of(facts) == one)
            }
            Bool::Match(how, text, part) => {
                let (text, part) = (text.of(facts), part.of(facts));
                match how {
                    Match::Starts => text.starts_with(part),
                    Match::Ends => text.ends_with(part),
                    Match::Contains => text.contains(part),
                }
            }
            Bool::Either(when, then, otherwise) => match when.of(facts) {
                true => then.of(facts),
                false => otherwise.of(facts),
            },
        }
    }
}
