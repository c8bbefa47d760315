//! What readers search for, noted for the bookseller without making a reader wait: kept in memory, written a
//! handful at a time. What is lost when the process is killed is a few counts.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

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
    /// Notes a search; empty ones are left out.
    pub(crate) fn note(&self, day: Date, text: &str, results: u64) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !text.is_empty() && waiting.len() < WAITING {
            waiting.push(Searched {
                day,
                text: text.to_owned(),
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
