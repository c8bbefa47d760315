//! What readers of each book also bought, in memory, so that no page waits for the database.
//!
//! The table is made by a job every night; the board only notices that another one was published and reads it.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use shop::recommend::{self, AlsoBought};
use storage::{Fault, Store};

/// How often the board looks for a newer table: it is made once a night.
const REFRESH: Duration = Duration::from_secs(60);

/// The table that was published last.
#[derive(Default)]
pub struct AlsoBoughtBoard(ArcSwapOption<AlsoBought>);

impl AlsoBoughtBoard {
    /// The table; none before the first was published.
    pub fn table(&self) -> Option<Arc<AlsoBought>> {
        self.0.load_full()
    }

    /// A number that changes whenever the table does.
    pub fn version(&self) -> i64 {
        self.0.load().as_ref().map_or(0, |table| table.run.number())
    }

    /// Reads the table when it is another than the one at hand.
    ///
    /// # Errors
    /// A [`Fault`]; the board stays as it was.
    pub async fn refresh(&self, store: &Store) -> Result<(), Fault> {
        let published = store.read(recommend::published).await?;
        if published.is_some_and(|(run, _)| run.number() != self.version()) {
            self.0
                .store(store.read(recommend::read).await?.map(Arc::new));
        }
        Ok(())
    }

    /// Keeps the board up with the database for as long as the shop runs.
    pub async fn keep_up(&self, store: &Store) {
        loop {
            if let Err(fault) = self.refresh(store).await {
                tracing::warn!(details = %fault.detail(), "what readers also bought is not up to date");
            }
            tokio::time::sleep(REFRESH).await;
        }
    }
}
