//! The published list in the database: written at once, read whole into memory.

use jiff::civil::Date;
use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{EditionId, WorkId},
};

use super::WORKS;
use crate::columns;

storage::statements! {
    BEGIN = "INSERT INTO sales_rank_runs (begun_us, first_day, last_day)
        SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT)
        WHERE NOT EXISTS (SELECT 1 FROM sales_rank_runs
            WHERE last_day >= $3 AND (published_us IS NOT NULL OR begun_us > $4))
        RETURNING id";
    PUT = "INSERT INTO sales_ranks (run, place, work, edition) VALUES ($1, $2, $3, $4)";
    PUBLISH = "UPDATE sales_rank_runs SET published_us = $2 WHERE id = $1";
    PUBLISHED = "SELECT id, first_day, last_day FROM sales_rank_runs WHERE published_us IS NOT NULL
        ORDER BY id DESC LIMIT 1";
    RANKS = "SELECT edition FROM sales_ranks WHERE run = $1 ORDER BY place LIMIT $2";
    FORGET_RANKS = "DELETE FROM sales_ranks WHERE run < $1";
    FORGET_RUNS = "DELETE FROM sales_rank_runs WHERE id < $1";
}

/// One reckoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run(i64);

impl Run {
    /// A number that grows from run to run.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// The list in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bestsellers {
    /// The run it was read from.
    pub run: Run,
    /// The first day whose sales count.
    pub first_day: Date,
    /// The last one.
    pub last_day: Date,
    /// What sold best first: each work by its edition that sold best.
    pub editions: Vec<EditionId>,
}

/// Begins a run for the list that ends with `last_day`, unless that was published, or begun after `not_after`: another
/// node is at it.
pub(super) fn begin(
    tx: &mut dyn Tx,
    (first_day, last_day): (Date, Date),
    not_after: Timestamp,
    now: Timestamp,
) -> Result<Option<Run>, Fault> {
    let params = [
        now.as_micros().into(),
        first_day.to_string().into(),
        last_day.to_string().into(),
        not_after.as_micros().into(),
    ];
    let row = tx.query_opt(&BEGIN, &params)?;
    row.map(|row| row.int(0).map(Run)).transpose()
}

/// Writes the list of a run, makes it the one that pages show, and forgets those before it.
pub(super) fn publish(
    tx: &mut dyn Tx,
    run: Run,
    ranked: &[(WorkId, EditionId)],
    now: Timestamp,
) -> Result<(), Fault> {
    for ((work, edition), place) in ranked.iter().zip(1_i64..) {
        let params = [run.0.into(), place.into(), work.0.into(), edition.0.into()];
        tx.execute(&PUT, &params)?;
    }
    tx.execute(&PUBLISH, &[run.0.into(), now.as_micros().into()])?;
    tx.execute(&FORGET_RANKS, &[run.0.into()])?;
    tx.execute(&FORGET_RUNS, &[run.0.into()])?;
    Ok(())
}

/// The run that pages show.
///
/// # Errors
/// A [`Fault`].
pub fn published(tx: &mut dyn Tx) -> Result<Option<Run>, Fault> {
    let row = tx.query_opt(&PUBLISHED, &[])?;
    row.map(|row| Ok(Run(row.int(0)?))).transpose()
}

/// The published list, whole; none before there was one.
///
/// # Errors
/// A [`Fault`].
pub fn read(tx: &mut dyn Tx) -> Result<Option<Bestsellers>, Fault> {
    let Some(row) = tx.query_opt(&PUBLISHED, &[])? else {
        return Ok(None);
    };
    let run = Run(row.int(0)?);
    let most = u32::try_from(WORKS).unwrap_or(u32::MAX);
    let ranks = tx.query(&RANKS, &[run.0.into(), most.into()])?;
    Ok(Some(Bestsellers {
        run,
        first_day: columns::parsed(row.text(1)?)?,
        last_day: columns::parsed(row.text(2)?)?,
        editions: ranks
            .iter()
            .map(|rank| rank.int(0).map(EditionId))
            .collect::<Result<_, Fault>>()?,
    }))
}
