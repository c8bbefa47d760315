//! Picks and display tables in memory, so that no page waits for the database. Whoever saves one sees it at once;
//! other nodes follow within half a second.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::civil::Date;
use shop::display::picks::{self, Pick};
use shop::display::tables::{self, Table};
use shop::revision::{self, Followed};
use storage::{Fault, Store};
use trade::ids::EditionId;

/// How often a change is looked for.
const REFRESH: Duration = Duration::from_millis(500);

/// What was laid out last.
#[derive(Default)]
pub struct DisplayBoard(ArcSwap<Laid>);

/// All picks and tables, those of other days included.
#[derive(Debug, Default)]
pub struct Laid {
    revision: Option<i64>,
    picks: Vec<Pick>,
    tables: Vec<Table>,
}

impl Laid {
    /// The picks of a day, the latest first.
    pub fn picks(&self, day: Date) -> impl Iterator<Item = &Pick> {
        let picks = self.picks.iter();
        picks.filter(move |pick| pick.draft.period.holds(day))
    }

    /// The picks of an edition on a day.
    pub fn picks_of(&self, edition: EditionId, day: Date) -> impl Iterator<Item = &Pick> {
        self.picks(day)
            .filter(move |pick| pick.draft.edition == edition)
    }

    /// The tables of a day, the latest first.
    pub fn tables(&self, day: Date) -> impl Iterator<Item = &Table> {
        let tables = self.tables.iter();
        tables.filter(move |table| table.published && table.period.holds(day))
    }

    /// A number that changes whenever something is laid out otherwise.
    pub fn version(&self) -> i64 {
        self.revision.unwrap_or(-1)
    }
}

impl DisplayBoard {
    /// What is laid out.
    pub fn laid(&self) -> Arc<Laid> {
        self.0.load_full()
    }

    /// Reads what is laid out when it is something else than what is at hand.
    ///
    /// # Errors
    /// A [`Fault`]; the board stays as it was.
    pub async fn refresh(&self, store: &Store) -> Result<(), Fault> {
        let before = self.0.load().revision;
        let read = move |tx: &mut dyn storage::Tx| -> Result<_, Fault> {
            let revision = Some(revision::number(tx, Followed::Display)?);
            if revision == before {
                return Ok(None);
            }
            Ok(Some(Laid {
                revision,
                picks: picks::all(tx)?,
                tables: tables::all(tx)?,
            }))
        };
        if let Some(laid) = store.read(read).await? {
            self.0.store(Arc::new(laid));
        }
        Ok(())
    }

    /// Keeps the board up with the database for as long as the shop runs.
    pub async fn keep_up(&self, store: &Store) {
        loop {
            if let Err(fault) = self.refresh(store).await {
                tracing::warn!(details = %fault.detail(), "picks and tables are not up to date");
            }
            tokio::time::sleep(REFRESH).await;
        }
    }
}
