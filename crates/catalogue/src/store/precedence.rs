//! Whose word counts first: the bookseller's order of senders.
//!
//! Her own corrections come before all of them. Senders that she did not place come after those she did, offers before descriptions, fuller records before
//! thinner ones, then by name: so the merged edition never depends on what came first.

use std::collections::HashMap;

use storage::{Fault, Tx};

use super::correct::CORRECTIONS;
use super::merge::default_order;
use crate::limits;
use crate::model::Edition;

storage::statements! {
    PRECEDENCE = "SELECT sender, place FROM precedence ORDER BY place, sender";
    FORGET_PRECEDENCE = "DELETE FROM precedence";
    SENDERS = "WITH RECURSIVE known (sender) AS (
            SELECT MIN(sender) FROM records
            UNION ALL SELECT (SELECT MIN(r.sender) FROM records r WHERE r.sender > known.sender) FROM known
                WHERE known.sender IS NOT NULL)
        SELECT sender FROM known WHERE sender IS NOT NULL LIMIT $1";
    PUT_PRECEDENCE = "INSERT INTO precedence (sender, place) VALUES ($1, $2)";
}

/// Whose word a record is: who comes first is believed before the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The bookseller's own.
    Correction,
    /// A sender's that the bookseller placed; the lowest place comes first.
    Placed(i64),
    /// Any other sender's: between two of them nobody decided.
    Unplaced,
}

/// Places of senders; the lowest comes first.
#[derive(Debug, Default)]
pub(super) struct Precedence(HashMap<String, i64>);

impl Precedence {
    pub(super) fn read(tx: &mut dyn Tx) -> Result<Precedence, Fault> {
        let rows = tx.query(&PRECEDENCE, &[])?;
        let places = rows
            .iter()
            .map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
            .collect::<Result<_, Fault>>()?;
        Ok(Precedence(places))
    }

    /// Where a sender stands.
    pub(super) fn rank(&self, sender: &str) -> Rank {
        match (sender, self.0.get(sender)) {
            (CORRECTIONS, _) => Rank::Correction,
            (_, Some(place)) => Rank::Placed(*place),
            (_, None) => Rank::Unplaced,
        }
    }

    /// Sorts records, given their sender, reference and what they say.
    pub(super) fn sort<T>(
        &self,
        records: &mut [T],
        of: impl Fn(&T) -> (&String, &String, &Edition),
    ) {
        records.sort_by(|one, other| {
            let (sender, reference, edition) = of(one);
            let (other_sender, other_reference, other_edition) = of(other);
            self.rank(sender)
                .cmp(&self.rank(other_sender))
                .then_with(|| default_order(edition).cmp(&default_order(other_edition)))
                .then_with(|| (sender, reference).cmp(&(other_sender, other_reference)))
        });
    }
}

/// The senders that the bookseller placed, first one first.
///
/// # Errors
/// A [`Fault`].
pub fn precedence(tx: &mut dyn Tx) -> Result<Vec<String>, Fault> {
    let rows = tx.query(&PRECEDENCE, &[])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// All senders that records are known of, by name; without the bookseller's corrections.
///
/// # Errors
/// A [`Fault`].
pub fn senders(tx: &mut dyn Tx) -> Result<Vec<String>, Fault> {
    let limit = i64::try_from(limits::PRECEDENCE_SENDERS).unwrap_or(i64::MAX);
    let rows = tx.query(&SENDERS, &[limit.into()])?;
    let names = rows.iter().map(|row| Ok(row.text(0)?.to_owned()));
    names
        .filter(|name| !matches!(name, Ok(name) if name == CORRECTIONS))
        .collect()
}

pub(super) fn write(tx: &mut dyn Tx, senders: &[String]) -> Result<(), Fault> {
    tx.execute(&FORGET_PRECEDENCE, &[])?;
    for (sender, place) in senders.iter().take(limits::PRECEDENCE_SENDERS).zip(1_i64..) {
        tx.execute(&PUT_PRECEDENCE, &[sender.as_str().into(), place.into()])?;
    }
    Ok(())
}
