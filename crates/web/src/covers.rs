//! Which editions have a supplier's cover, in memory, so that no page waits for the database.
//!
//! The board is some seconds behind the database: until then a page shows the drawn cover.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use catalogue::covers::Picture;
use catalogue::store;
use storage::{Fault, Store};
use trade::clock::{Clock, Timestamp};
use trade::ids::EditionId;

/// How often the board asks for changes: every change makes kept pages old, and a cover is no stock.
const REFRESH: Duration = Duration::from_secs(5);
/// Transactions do not commit in the order of their clocks: changes are asked for again this far back.
const OVERLAP: Duration = Duration::from_secs(5);

/// Pictures by edition.
#[derive(Default)]
pub struct CoverBoard {
    pictures: RwLock<HashMap<EditionId, Picture>>,
    version: AtomicU64,
    asked_us: AtomicI64,
}

impl CoverBoard {
    /// The picture of an edition's cover; without one it is drawn.
    pub fn picture(&self, edition: EditionId) -> Option<Picture> {
        let pictures = self.pictures.read().unwrap_or_else(PoisonError::into_inner);
        pictures.get(&edition).copied()
    }

    /// A number that grows whenever a picture changes.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Reads what changed since the last time; the first time, everything.
    ///
    /// # Errors
    /// A [`Fault`]; the board stays as it was.
    pub async fn refresh(&self, store: &Store, now: Timestamp) -> Result<(), Fault> {
        let since = match self.asked_us.load(Ordering::Acquire) {
            0 => None,
            asked => Some(Timestamp::micros(asked).minus(OVERLAP)),
        };
        let changes = store.read(move |tx| store::pictures(tx, since)).await?;
        self.put(changes);
        self.asked_us.store(now.as_micros(), Ordering::Release);
        Ok(())
    }

    fn put(&self, changes: Vec<(EditionId, Option<Picture>)>) {
        let mut pictures = self
            .pictures
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let mut differs = false;
        for (edition, picture) in changes {
            let before = match picture {
                Some(picture) => pictures.insert(edition, picture),
                None => pictures.remove(&edition),
            };
            differs |= before != picture;
        }
        if differs {
            self.version.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Keeps the board up with the database for as long as the shop runs.
    pub async fn keep_up(&self, store: &Store, clock: &Clock) {
        loop {
            if let Err(fault) = self.refresh(store, clock.now()).await {
                tracing::warn!(details = %fault.detail(), "covers are not up to date");
            }
            tokio::time::sleep(REFRESH).await;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    /// What every cover of the catalogue costs in memory, for as long as the shop runs.
    #[test]
    fn a_picture_on_the_board_is_small() {
        assert!(size_of::<(EditionId, Picture)>() <= 48);
    }

    #[test]
    fn pages_are_made_again_only_for_another_picture() {
        let board = CoverBoard::default();
        let picture = Picture::new("0123456789abcdef0123456789abcdef", 640, 960);
        let edition = EditionId(1);
        for (change, version) in [(picture, 1), (picture, 1), (None, 2), (None, 2)] {
            board.put(vec![(edition, change)]);
            assert_eq!((board.picture(edition), board.version()), (change, version));
        }
    }
}
