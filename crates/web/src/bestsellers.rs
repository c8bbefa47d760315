//! The list of what sells best, in memory, so that no page waits for the database.
//!
//! The list is made by a job every night; the board only notices that another one was published and reads it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use shop::bestsellers::{self, Bestsellers};
use storage::{Fault, Store};

/// How often the board looks for a newer list: it is made once a night.
const REFRESH: Duration = Duration::from_secs(60);

/// The list that was published last.
#[derive(Default)]
pub struct BestsellerBoard(ArcSwapOption<Bestsellers>);

impl BestsellerBoard {
    /// The list, if one was published that has as many works as a list must have.
    pub fn list(&self) -> Option<Arc<Bestsellers>> {
        let long_enough = |list: &Arc<Bestsellers>| list.editions.len() >= bestsellers::LEAST_WORKS;
        self.0.load_full().filter(long_enough)
    }

    /// A number that changes whenever the list does.
    pub fn version(&self) -> i64 {
        self.0.load().as_ref().map_or(0, |list| list.run.number())
    }

    /// Reads the list when it is another than the one at hand.
    ///
    /// # Errors
    /// A [`Fault`]; the board stays as it was.
    pub async fn refresh(&self, store: &Store) -> Result<(), Fault> {
        let published = store.read(bestsellers::published).await?;
        if published.is_some_and(|run| run.number() != self.version()) {
            self.0
                .store(store.read(bestsellers::read).await?.map(Arc::new));
        }
        Ok(())
    }

    /// Keeps the board up with the database for as long as the shop runs.
    pub async fn keep_up(&self, store: &Store) {
        loop {
            if let Err(fault) = self.refresh(store).await {
                tracing::warn!(details = %fault.detail(), "the list of what sells best is not up to date");
            }
            tokio::time::sleep(REFRESH).await;
        }
    }
}
