//! The published table in the database: written a run at a time, read whole into memory.
//!
//! A run becomes visible by one statement when all its rows are there; runs before it are then forgotten. Pages
//! never ask here: they keep the [`AlsoBought`] that was read last.

use std::collections::HashMap;

use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::WorkId};

/// Rows written, read or forgotten in one transaction: few enough that an order never waits long behind them.
pub const ROWS_AT_ONCE: u32 = 1_000;

storage::statements! {
    BEGIN = "INSERT INTO also_bought_runs (begun_us, generated)
        SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT) WHERE NOT EXISTS
            (SELECT 1 FROM also_bought_runs WHERE generated = $2 AND begun_us > $3)
        RETURNING id";
    PUT = "INSERT INTO also_bought (run, work, neighbours) VALUES ($1, $2, $3)";
    PUBLISH = "UPDATE also_bought_runs SET published_us = $2 WHERE id = $1";
    PUBLISHED = "SELECT id, generated FROM also_bought_runs WHERE published_us IS NOT NULL
        ORDER BY id DESC LIMIT 1";
    ROWS = "SELECT work, neighbours FROM also_bought WHERE run = $1 AND work > $2 ORDER BY work LIMIT $3";
    FORGET_ROWS = "DELETE FROM also_bought WHERE run < $1 AND work IN
        (SELECT work FROM also_bought WHERE run < $1 ORDER BY run, work LIMIT $2)";
    FORGET_RUNS = "DELETE FROM also_bought_runs WHERE id < $1";
}

/// One making of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run(i64);

impl Run {
    /// A number that grows from run to run.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// Whose purchases a table was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Paid orders.
    Orders,
    /// Made up for the demonstration: pages must say so.
    Generated,
}

/// The works near one work, nearest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// The work.
    pub work: WorkId,
    /// What its readers also bought.
    pub neighbours: Vec<WorkId>,
}

/// Begins a run, unless another of the same origin was begun after `not_after`: another node is at it, or was today.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn begin(
    tx: &mut dyn Tx,
    origin: Origin,
    not_after: Timestamp,
    now: Timestamp,
) -> Result<Option<Run>, Fault> {
    let generated = origin == Origin::Generated;
    let params = [
        now.as_micros().into(),
        generated.into(),
        not_after.as_micros().into(),
    ];
    let row = tx.query_opt(&BEGIN, &params)?;
    row.map(|row| row.int(0).map(Run)).transpose()
}

/// Writes rows of a run; call it with no more than [`ROWS_AT_ONCE`].
pub fn put(tx: &mut dyn Tx, run: Run, rows: &[Near]) -> Result<(), Fault> {
    for near in rows {
        let packed: Vec<u8> = near
            .neighbours
            .iter()
            .flat_map(|work| work.get().to_be_bytes())
            .collect();
        tx.execute(&PUT, &[run.0.into(), near.work.get().into(), packed.into()])?;
    }
    Ok(())
}

/// Makes a run the one that pages look up.
pub fn publish(tx: &mut dyn Tx, run: Run, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&PUBLISH, &[run.0.into(), now.as_micros().into()])?;
    Ok(())
}

/// The run that pages look up.
pub fn published(tx: &mut dyn Tx) -> Result<Option<(Run, Origin)>, Fault> {
    let row = tx.query_opt(&PUBLISHED, &[])?;
    row.map(|row| {
        let origin = if row.flag(1)? {
            Origin::Generated
        } else {
            Origin::Orders
        };
        Ok((Run(row.int(0)?), origin))
    })
    .transpose()
}

/// Forgets some of what stands before `run`; false when nothing is left.
pub fn forget_before(tx: &mut dyn Tx, run: Run) -> Result<bool, Fault> {
    if tx.execute(&FORGET_ROWS, &[run.0.into(), ROWS_AT_ONCE.into()])? > 0 {
        return Ok(true);
    }
    tx.execute(&FORGET_RUNS, &[run.0.into()])?;
    Ok(false)
}

/// The published table, whole; none when nothing was published yet. On one snapshot, so never half of a run.
pub fn read(tx: &mut dyn Tx) -> Result<Option<AlsoBought>, Fault> {
    let Some((run, origin)) = published(tx)? else {
        return Ok(None);
    };
    let mut table = AlsoBought {
        run,
        origin,
        near: HashMap::new(),
    };
    let mut last = i64::MIN;
    loop {
        let rows = tx.query(&ROWS, &[run.0.into(), last.into(), ROWS_AT_ONCE.into()])?;
        let Some(row) = rows.last() else {
            table.near.shrink_to_fit();
            return Ok(Some(table));
        };
        last = row.int(0)?;
        for row in &rows {
            table
                .near
                .insert(WorkId(row.int(0)?), unpacked(row.bytes(1)?));
        }
    }
}

fn unpacked(bytes: &[u8]) -> Box<[WorkId]> {
    let (works, _) = bytes.as_chunks::<8>();
    works
        .iter()
        .map(|work| WorkId(i64::from_be_bytes(*work)))
        .collect()
}

/// The published table in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoBought {
    /// The run it was read from.
    pub run: Run,
    /// What it was made from.
    pub origin: Origin,
    near: HashMap<WorkId, Box<[WorkId]>>,
}

impl AlsoBought {
    /// What readers of a work also bought, nearest first.
    pub fn near(&self, work: WorkId) -> &[WorkId] {
        self.near.get(&work).map(AsRef::as_ref).unwrap_or_default()
    }

    /// Works with at least one neighbour.
    pub fn len(&self) -> usize {
        self.near.len()
    }

    /// Whether no work has one.
    pub fn is_empty(&self) -> bool {
        self.near.is_empty()
    }
}
