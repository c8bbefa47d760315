//! What readers search for, noted for the bookseller without making a reader wait: kept in memory, written a
//! handful at a time. What is lost when the process is killed is a few counts.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::search::{Filters, Query};
use jiff::civil::Date;
use shop::searches::{self, Searched};
use storage::{Fault, Store};

/// Searches waiting to be written; when there are more, the newest are not noted.
const WAITING: usize = 2_000;
const WRITE_EVERY: Duration = Duration::from_secs(2);

/// Searches that wait to be written.
#[derive(Default)]
pub struct SearchLog(Mutex<Vec<Searched>>);

impl SearchLog {
    /// Notes a search. Further pages and filters are the same search looked at more closely, and what a filter
    /// leaves empty is no missing book: only the first, unfiltered page counts. Empty texts are left out.
    pub(crate) fn note(&self, day: Date, asked: &Query, results: u64) {
        let is_new = asked.page == 1 && asked.filters == Filters::default();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_new && !asked.text.is_empty() && waiting.len() < WAITING {
            waiting.push(Searched {
                day,
                text: asked.text.clone(),
                results,
            });
        }
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// A [`Fault`]; what waited is lost.
    pub async fn write(&self, store: &Store) -> Result<(), Fault> {
        let noted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if noted.is_empty() {
            return Ok(());
        }
        store.write(move |tx| searches::record(tx, &noted)).await
    }

    /// Writes what waits, again and again, for as long as the shop runs.
    pub async fn keep_up(&self, store: &Store) {
        loop {
            tokio::time::sleep(WRITE_EVERY).await;
            if let Err(fault) = self.write(store).await {
                tracing::warn!(details = %fault.detail(), "searches were not noted");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_search_emptied_by_its_filters_is_not_a_search_without_result() {
        let log = SearchLog::default();
        let day = jiff::civil::date(2026, 11, 25);
        let asked = Query {
            text: "zola".into(),
            page: 1,
            ..Query::default()
        };
        log.note(day, &asked, 12);
        let mut filtered = asked.clone();
        filtered.filters.form = Some("audiobook".into());
        log.note(day, &filtered, 0);
        log.note(day, &Query { page: 2, ..asked }, 12);
        let noted = log.0.lock().unwrap();
        assert_eq!(noted.len(), 1);
        assert_eq!(noted.first().map(|search| search.results), Some(12));
    }
}
