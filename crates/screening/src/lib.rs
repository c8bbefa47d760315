//! The screening of orders: facts → rules → score → accept, step up, review or refuse.
//!
//! A rule is data: a condition in a checked subset of CEL (the Common Expression Language), a weight, and words in
//! both languages. A set of rules is type-checked as a whole before it can be used ([`RuleSet::parse`]), costs a
//! bounded time, and decides the same whenever it is given the same [`Facts`]: that is what a replay is.
//!
//! Deliberately not here: where facts come from, what is kept of a decision, and what a shop does about it. Nothing
//! here reads a file, a clock or a network.

mod condition;
mod decision;
mod facts;
mod lex;
pub mod limits;
pub mod places;
mod rules;
mod silence;
mod tree;

pub use condition::Condition;
pub use decision::{Decision, Reason, Verdict};
pub use facts::{FACTS, Fact, Facts, Kind, Value};
pub use rules::{DEFAULT_RULES, Rule, RuleError, RuleFault, RuleSet, Thresholds};
