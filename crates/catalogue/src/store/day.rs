//! The day for which editions are written, and what changes with it (O12).
//!
//! Records say what holds from a day on. The rows of editions say what holds today, so that pages, the search and
//! orders, which read them, agree to the second. When a day begins, the rows it changes are written anew; no message
//! needs to come.
//!
//! Rows are everybody's, so the day is that of one clock: the database server's where there is one, and the machine's
//! with SQLite, which no other machine shares. A node whose own clock is ahead turns nothing.

use jiff::civil::Date;
use storage::{Engine, Fault, Store, Tx, Value};
use trade::clock::Timestamp;

use super::put::{advance_sequence, lock};
use super::row::{self, day_column};
use crate::limits;

storage::statements! {
    DAY = "SELECT day FROM catalogue_day WHERE one = 1";
    SET_DAY = "UPDATE catalogue_day SET day = $1 WHERE one = 1 AND day < $1";
    SERVER_NOW = postgres "SELECT CAST(EXTRACT(EPOCH FROM now()) * 1000000 AS BIGINT)";
    DUE = "SELECT id, document FROM editions WHERE turns_on <= $1 ORDER BY turns_on, id LIMIT $2";
}

/// Writes the editions that change by themselves with the day; how many did. `now` is what this node's clock says, and
/// counts only where the database has none of its own.
///
/// # Errors
/// As for [`turn_to`].
pub fn turn(store: &Store, now: Timestamp) -> Result<u64, Fault> {
    let now = match store.engine() {
        Engine::Sqlite => now,
        Engine::Postgres => store.read_blocking(|tx| -> Result<_, Fault> {
            Ok(Timestamp::micros(tx.query_one(&SERVER_NOW, &[])?.int(0)?))
        })?,
    };
    turn_to(store, now.date_in_paris())
}

/// Writes the editions for `today` that change by themselves; how many did. An earlier day than the last one changes
/// nothing: clocks that go backwards must not bring old prices back.
///
/// Blocks; a day on which thousands of prices change takes several transactions.
///
/// # Errors
/// A [`Fault`] of the database; what was written stays, and the rest follows at the next call.
pub fn turn_to(store: &Store, today: Date) -> Result<u64, Fault> {
    let column = day_column(today);
    let (day, is_due) = store.read_blocking(|tx| -> Result<_, Fault> {
        let day = tx.query_one(&DAY, &[])?.int(0)?;
        let due = tx.query_opt(&DUE, &[column.into(), 1_i64.into()])?;
        Ok((day, due.is_some()))
    })?;
    if day > column || (day == column && !is_due) {
        return Ok(0);
    }
    let mut turned = 0;
    loop {
        let batch = store.write_blocking(move |tx| turn_batch(tx, today))?;
        turned += batch as u64;
        if batch < limits::PUT_BATCH_RECORDS {
            return Ok(turned);
        }
    }
}

fn turn_batch(tx: &mut dyn Tx, today: Date) -> Result<usize, Fault> {
    lock(tx)?;
    let column = day_column(today);
    tx.execute(&SET_DAY, &[column.into()])?;
    let limit = i64::try_from(limits::PUT_BATCH_RECORDS).unwrap_or(i64::MAX);
    let due = tx.query(&DUE, &[column.into(), limit.into()])?;
    let rows: Vec<Vec<Value>> = due
        .iter()
        .map(|row| {
            let edition = row::read_document(row.text(1)?)?.on(today);
            Ok(row::turned_columns(row.int(0)?, &edition, today))
        })
        .collect::<Result<_, Fault>>()?;
    if !rows.is_empty() {
        row::TURNED.rows(tx, &rows)?;
        advance_sequence(tx)?;
    }
    Ok(rows.len())
}
