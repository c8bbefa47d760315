//! Keeping the shelf and the search index up with the database, a bounded step at a time.
//!
//! Shelf and index each know up to which transaction they hold the catalogue, so a crash between the two is made good
//! at the next start.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use catalogue::{
    limits,
    shelf::{Refreshed, ShelfHandle},
    store,
};
use search::Index;
use shop::merged;
use storage::{Fault, Store};
use trade::clock::{Clock, Timestamp};

/// How often the database is asked.
const FOLLOW: Duration = Duration::from_millis(500);
/// How often it is looked for copies of merged editions that were given back.
const LOOK_FOR_HELD: Duration = Duration::from_secs(300);

/// Brings shelf and index up to the database, and carts and copies to the editions that took theirs over, for ever.
pub async fn follow(store: Store, shelf: Arc<ShelfHandle>, index: Arc<Index>, clock: Clock) {
    let mut merging: Option<tokio::task::JoinHandle<()>> = None;
    let merged_lead = Arc::new(Mutex::new(Merged::default()));
    loop {
        let one_step = {
            let (store, shelf, index) = (store.clone(), Arc::clone(&shelf), Arc::clone(&index));
            let (clock, merged_lead) = (clock.clone(), Arc::clone(&merged_lead));
            move || {
                let mut lead = merged_lead.lock().unwrap_or_else(PoisonError::into_inner);
                step(&store, &shelf, &index, &mut lead, &clock)
            }
        };
        let more = match tokio::task::spawn_blocking(one_step).await {
            Ok(Ok(more)) => more,
            Ok(Err(error)) => {
                tracing::warn!("the catalogue is not up to date: {error:#}");
                false
            }
            Err(panicked) => {
                tracing::error!(%panicked, "following the catalogue stopped");
                false
            }
        };
        if shelf.wants_merging()
            && merging
                .as_ref()
                .is_none_or(tokio::task::JoinHandle::is_finished)
        {
            merging = Some(tokio::task::spawn_blocking({
                let (store, shelf) = (store.clone(), Arc::clone(&shelf));
                move || merge(&store, &shelf)
            }));
        }
        if !more {
            tokio::time::sleep(FOLLOW).await;
        }
    }
}

fn merge(store: &Store, shelf: &ShelfHandle) {
    match shelf.merge(store) {
        Ok(()) => tracing::info!(
            editions = shelf.load().len(),
            "the shelf's file was written anew"
        ),
        Err(error) => tracing::warn!(%error, "the shelf keeps its file and its changes in memory"),
    }
}

/// Whether there may be something that follows merged editions: carts, copies, what booksellers laid out.
struct Merged {
    may_move: bool,
    looked: Option<Timestamp>,
}

impl Default for Merged {
    /// What was merged while the shop was closed leads nothing yet.
    fn default() -> Merged {
        Merged {
            may_move: true,
            looked: None,
        }
    }
}

impl Merged {
    /// Lets follow what can. Copies held for unpaid orders follow later, so it is looked for them now and then.
    fn lead(&mut self, store: &Store, clock: &Clock) -> Result<()> {
        let now = clock.now();
        let is_long_ago = self
            .looked
            .is_none_or(|looked| now.minus(LOOK_FOR_HELD) > looked);
        if self.may_move || is_long_ago {
            let moved = merged::follow(store, clock)?;
            // A hundred at a time: there may be more.
            self.may_move = moved > 0;
            self.looked = Some(now);
        }
        Ok(())
    }
}

fn step(
    store: &Store,
    shelf: &ShelfHandle,
    index: &Index,
    merged: &mut Merged,
    clock: &Clock,
) -> Result<bool> {
    match store::turn(store, clock.now()) {
        Ok(0) => {}
        Ok(turned) => tracing::info!(turned, "a day began: prices and embargoes of editions"),
        // What else changed is followed all the same.
        Err(fault) => tracing::error!(
            fault = fault.detail(),
            "the day of the catalogue was not turned"
        ),
    }
    let refreshed = catch_up(store, shelf, index)?;
    if !refreshed.is_empty() {
        tracing::info!(
            changed = refreshed.changed.len(),
            removed = refreshed.removed.len(),
            "the catalogue changed"
        );
        merged.may_move = true;
    }
    merged.lead(store, clock)?;
    Ok(refreshed.more)
}

/// Takes over the next changes. Blocks.
pub fn catch_up(store: &Store, shelf: &ShelfHandle, index: &Index) -> Result<Refreshed> {
    while index.sequence() < shelf.load().sequence() {
        let missing = store.read_blocking(|tx| -> Result<_, Fault> {
            store::changes_since(tx, index.sequence(), limits::CHANGES_AT_ONCE)
        })?;
        let before = index.sequence();
        tell(index, &Refreshed::of(missing))?;
        if index.sequence() <= before {
            break;
        }
    }
    let refreshed = shelf.refresh(store).context("the shelf")?;
    if refreshed.sequence > index.sequence() {
        tell(index, &refreshed)?;
    }
    Ok(refreshed)
}

fn tell(index: &Index, refreshed: &Refreshed) -> Result<()> {
    index
        .apply(&refreshed.changed, &refreshed.removed, refreshed.sequence)
        .context("the search index")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use catalogue::model::Edition;
    use catalogue::store::{Incoming, Record, put_all};
    use search::Query;
    use storage::StoreUrl;

    fn put(store: &Store, titles: &[&str]) {
        let records = titles.iter().map(|title| {
            Incoming::Put(Box::new(Record {
                sender: "test".to_owned(),
                reference: (*title).to_owned(),
                edition: Edition::titled(*title),
                message: None,
            }))
        });
        put_all(store, records).unwrap();
    }

    #[test]
    fn an_index_that_a_crash_left_behind_the_shelf_catches_up() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("shop.db"));
        let store = runtime
            .block_on(Store::open(&url, &[catalogue::MIGRATIONS]))
            .unwrap();
        put(&store, &["Nadja", "Zazie"]);
        let shelf = ShelfHandle::open_or_build(&store, folder.path()).unwrap();
        let sequence = shelf.load().sequence();
        let index_folder = folder.path().join("index");
        let index = Index::build(&index_folder, shelf.load().iter(), sequence, |_| ()).unwrap();

        put(&store, &["Gigi", "Chéri"]);
        shelf.refresh(&store).unwrap();
        shelf.merge(&store).unwrap();
        drop((shelf, index)); // the index was never told

        let shelf = ShelfHandle::open_or_build(&store, folder.path()).unwrap();
        let index = Index::open(&index_folder).unwrap();
        assert_eq!((shelf.load().len(), index.len()), (4, 2));
        assert!(catch_up(&store, &shelf, &index).unwrap().is_empty());
        assert_eq!(index.len(), 4);
        assert_eq!(index.sequence(), shelf.load().sequence());
        assert_eq!(index.search(&Query::text("gigi")).unwrap().total, 1);
    }
}
