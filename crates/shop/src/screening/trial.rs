//! A set of rules tried on past orders: what it would decide otherwise than the rules in force.

use screening::{Decision, Facts, RuleSet};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::OrderNumber, money::Money};

use super::{
    PublishRefusal, limits,
    rule_sets::{self, NOTE_TRIAL},
};
use crate::{columns, order::OrderState};

storage::statements! {
    PAST = "SELECT s.facts, s.at_us, o.number, o.state, o.total_cents
        FROM screenings s JOIN orders o ON o.id = s.order_id ORDER BY s.id DESC LIMIT $1";
}

/// An order that would be decided otherwise.
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
    /// What the rules in force say of it, with the score.
    pub was: (Decision, i64),
    /// What these would.
    pub would_be: (Decision, i64),
}

/// What a set of rules would decide of past orders, beside the one in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Decisions looked at.
    pub looked_at: u32,
    /// How many are each decision by the rules in force, in the order of [`Decision::ALL`].
    pub was: [u32; 4],
    /// How many would be by these.
    pub would_be: [u32; 4],
    /// How many would be another one.
    pub changed: u32,
    /// The latest of those, at most [`limits::CHANGES_LISTED`].
    pub changes: Vec<Change>,
    /// Of what was tried, against what.
    fingerprint: String,
}

/// Tries a set of rules on the latest decisions, each on the facts it was made on, beside the rules in force.
///
/// # Errors
/// [`PublishRefusal::Mistakes`], or a [`Fault`].
pub fn try_on_history(tx: &mut dyn Tx, rules: &str) -> Result<Trial, PublishRefusal> {
    let draft = RuleSet::parse(rules).map_err(PublishRefusal::Mistakes)?;
    let deciding = rule_sets::deciding(tx)?;
    let live = RuleSet::parse(&deciding).map_err(|mistakes| {
        Fault::defect(format!("rules by which orders are decided: {mistakes:?}"))
    })?;
    let mut trial = Trial {
        fingerprint: rule_sets::fingerprint(&deciding, rules),
        ..Trial::default()
    };
    for row in tx.query(&PAST, &[limits::TRIED_ON.into()])? {
        let change = change(&row, &live, &draft)?;
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

/// Writes down that the draft was tried, so that it may be published. A draft that was changed meanwhile is not the one that
/// was tried.
///
/// # Errors
/// A [`Fault`].
pub fn note_trial(tx: &mut dyn Tx, trial: &Trial) -> Result<(), Fault> {
    tx.execute(&NOTE_TRIAL, &[trial.fingerprint.as_str().into()])
        .map(drop)
}

fn count(counts: &mut [u32; 4], decision: Decision) {
    if let Some(count) = counts.get_mut(decision as usize) {
        *count += 1;
    }
}

fn change(row: &Row, live: &RuleSet, draft: &RuleSet) -> Result<Change, Fault> {
    let facts: Facts = columns::json(row.text(0)?)?;
    let (was, would_be) = (live.decide(&facts), draft.decide(&facts));
    Ok(Change {
        at: Timestamp::micros(row.int(1)?),
        number: columns::parsed(row.text(2)?)?,
        state: OrderState::of_column(row.text(3)?)?,
        total: Money::cents(row.int(4)?),
        was: (was.decision, was.score),
        would_be: (would_be.decision, would_be.score),
    })
}
