//! What readers searched for, counted per day and folded text, without anything about who searched.
//!
//! A search must not wait for the database: pages collect what was searched and write it in one go from time
//! to time; what a crash loses of it is not missed.

use jiff::civil::Date;
use storage::{Fault, Statement, Tx};
use trade::limits;

use crate::text::fold;

storage::statements! {
    RECORD = "INSERT INTO searches (day, text, results, times) VALUES ($1, $2, $3, 1)
        ON CONFLICT (day, text) DO UPDATE SET times = searches.times + 1, results = $3";
    TOP = "SELECT text, CAST(SUM(times) AS BIGINT), MAX(results) FROM searches WHERE day >= $1
        GROUP BY text ORDER BY 2 DESC, text LIMIT $2";
    TOP_WITHOUT_RESULT = "SELECT text, CAST(SUM(times) AS BIGINT), MAX(results) FROM searches WHERE day >= $1
        GROUP BY text HAVING MAX(results) = 0 ORDER BY 2 DESC, text LIMIT $2";
    FORGET = "DELETE FROM searches WHERE day < $1";
}

/// One search that a reader made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searched {
    /// The day, in Paris.
    pub day: Date,
    /// What was typed.
    pub text: String,
    /// How many books were found.
    pub results: u64,
}

/// A text that was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Often {
    /// The text, folded.
    pub text: String,
    /// How often.
    pub times: u32,
    /// The most books it found.
    pub results: u64,
}

/// Counts searches; empty ones are left out.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn record(tx: &mut dyn Tx, searches: &[Searched]) -> Result<(), Fault> {
    let mut folded: Vec<(String, String, u64)> = searches
        .iter()
        .map(|search| {
            let text: String = search.text.chars().take(limits::QUERY_CHARS).collect();
            (search.day.to_string(), fold(&text), search.results)
        })
        .filter(|(_, text, _)| !text.is_empty())
        .collect();
    // Always in the same order, so that two nodes that write the same searches do not block each other.
    folded.sort();
    for (day, text, results) in folded {
        let results = i64::try_from(results).unwrap_or(i64::MAX);
        tx.execute(&RECORD, &[day.into(), text.into(), results.into()])?;
    }
    Ok(())
}

/// What was searched for most since `since`.
pub fn top(tx: &mut dyn Tx, since: Date, limit: u32) -> Result<Vec<Often>, Fault> {
    often(tx, &TOP, since, limit)
}

/// What was searched for most since `since` and never found: what the bookseller may want to order.
pub fn top_without_result(tx: &mut dyn Tx, since: Date, limit: u32) -> Result<Vec<Often>, Fault> {
    often(tx, &TOP_WITHOUT_RESULT, since, limit)
}

/// Forgets what was searched for before `day`.
pub fn forget(tx: &mut dyn Tx, day: Date) -> Result<u64, Fault> {
    tx.execute(&FORGET, &[day.to_string().into()])
}

fn often(
    tx: &mut dyn Tx,
    statement: &'static Statement,
    since: Date,
    limit: u32,
) -> Result<Vec<Often>, Fault> {
    let rows = tx.query(statement, &[since.to_string().into(), limit.into()])?;
    rows.iter()
        .map(|row| {
            Ok(Often {
                text: row.text(0)?.to_owned(),
                times: row.count(1)?,
                results: u64::try_from(row.int(2)?).unwrap_or(0),
            })
        })
        .collect()
}
