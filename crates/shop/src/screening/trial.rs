//! A set of rules tried on past orders: what it would have decided otherwise.

use screening::{Decision, Facts, RuleSet};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::OrderNumber, money::Money};

use super::limits;
use crate::{columns, order::OrderState};

storage::statements! {
    PAST = "SELECT s.facts, s.decision, s.score, s.at_us, o.number, o.state, o.total_cents
        FROM screenings s JOIN orders o ON o.id = s.order_id ORDER BY s.id DESC LIMIT $1";
}

/// An order that would have been decided otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The order.
    pub number: OrderNumber,
    /// When it was decided.
    pub at: Timestamp,
    /// Its amount.
    pub total: Money,
    /// What became of it.
    pub state: OrderState,
    /// What was decided, with the score.
    pub was: (Decision, i64),
    /// What would be.
    pub would_be: (Decision, i64),
}

/// What a set of rules would have decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Decisions looked at.
    pub looked_at: u32,
    /// How many were each decision, in the order of [`Decision::ALL`].
    pub was: [u32; 4],
    /// How many would be.
    pub would_be: [u32; 4],
    /// How many would be another one.
    pub changed: u32,
    /// The latest of those, at most [`limits::CHANGES_LISTED`].
    pub changes: Vec<Change>,
}

/// Tries a set of rules on the latest decisions, each on the facts it was made on.
///
/// # Errors
/// A [`Fault`].
pub fn try_on_history(tx: &mut dyn Tx, rules: &RuleSet) -> Result<Trial, Fault> {
    let mut trial = Trial::default();
    for row in tx.query(&PAST, &[limits::TRIED_ON.into()])? {
        let change = change(&row, rules)?;
        trial.looked_at += 1;
        count(&mut trial.was, change.was.0);
        count(&mut trial.would_be, change.would_be.0);
        if change.was.0 != change.would_be.0 {
            trial.changed += 1;
            if trial.changes.len() < limits::CHANGES_LISTED {
                trial.changes.push(change);
            }
        }
    }
    Ok(trial)
}

fn count(counts: &mut [u32; 4], decision: Decision) {
    if let Some(count) = counts.get_mut(decision as usize) {
        *count += 1;
    }
}

fn change(row: &Row, rules: &RuleSet) -> Result<Change, Fault> {
    let facts: Facts = columns::json(row.text(0)?)?;
    let verdict = rules.decide(&facts);
    let was = Decision::of_code(row.text(1)?)
        .ok_or_else(|| Fault::defect("a decision that is none was kept"))?;
    Ok(Change {
        at: Timestamp::micros(row.int(3)?),
        number: columns::parsed(row.text(4)?)?,
        state: OrderState::of_column(row.text(5)?)?,
        total: Money::cents(row.int(6)?),
        was: (was, row.int(2)?),
        would_be: (verdict.decision, verdict.score),
    })
}
