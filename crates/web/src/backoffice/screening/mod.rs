//! The screening at the desk: orders that wait for a look, what was decided and why, and the rules.
//!
//! A bookseller reads reasons, never who somebody is by their marks; she decides, and her decision stands in the log.

mod decision;
mod queue;
mod rule_words;
mod rules;
mod shadow;
#[cfg(test)]
mod tests;
mod trial;

pub(super) use decision::{of_order, refuse, release, show};
pub(super) use queue::queue;
pub(super) use rules::{draft, rules, send};
