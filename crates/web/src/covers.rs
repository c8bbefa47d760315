//! Which editions have a supplier's cover, in memory, so that no page waits for the database.
//!
//! The board is some seconds behind the database: until then a page shows the drawn cover. It does so too while the files
//! of a picture are not in this node's folder: rows are shared by all nodes, files are not.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
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

/// Pictures without files that are looked for again at each refresh.
const LOOKED_FOR: usize = 10_000;

/// Pictures by edition.
#[derive(Default)]
pub struct CoverBoard {
    pictures: RwLock<HashMap<EditionId, Picture>>,
    lacking: Mutex<Lacking>,
    version: AtomicU64,
    asked_us: AtomicI64,
}

/// Pictures whose files are not here.
#[derive(Default)]
struct Lacking {
    pictures: BTreeMap<EditionId, Picture>,
    /// The last one that was looked for again.
    looked_for: Option<EditionId>,
}

/// What is to be known of an edition: its picture, if it has one, and whether its files are here.
type Seen = (EditionId, Option<(Picture, bool)>);

impl Lacking {
    /// The next ones to look for, in turn.
    fn next(&mut self) -> Vec<(EditionId, Option<Picture>)> {
        let from = self.looked_for.map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.pictures.range((from, Bound::Unbounded));
        let next = next.map(|(edition, picture)| (*edition, Some(*picture)));
        let next: Vec<_> = next.take(LOOKED_FOR).collect();
        let last = next.last().map(|(edition, _)| *edition);
        self.looked_for = last.filter(|_| next.len() == LOOKED_FOR);
        next
    }

    /// Takes in what was seen; says what is to be shown.
    fn take(&mut self, (edition, seen): Seen) -> (EditionId, Option<Picture>) {
        match seen {
            Some((picture, false)) => {
                self.pictures.insert(edition, picture);
                (edition, None)
            }
            seen => {
                self.pictures.remove(&edition);
                (edition, seen.map(|(picture, _)| picture))
            }
        }
    }
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

    /// Reads what changed since the last time; the first time, everything. Pictures whose files are not in `folder` are
    /// not shown, and looked for again.
    ///
    /// # Errors
    /// A [`Fault`]; the board stays as it was.
    pub async fn refresh(&self, store: &Store, folder: &Path, now: Timestamp) -> Result<(), Fault> {
        let since = match self.asked_us.load(Ordering::Acquire) {
            0 => None,
            asked => Some(Timestamp::micros(asked).minus(OVERLAP)),
        };
        let changes = store.read(move |tx| store::pictures(tx, since)).await?;
        // What changed comes last, because it is newer than what was lacking.
        let mut looked_for = self.lacking().next();
        looked_for.extend(changes);
        let folder = folder.to_owned();
        let seeing = move || {
            looked_for
                .into_iter()
                .map(|one| seen(one, &folder))
                .collect()
        };
        let seen: Vec<Seen> = tokio::task::spawn_blocking(seeing)
            .await
            .map_err(|stopped| Fault::Corrupt(stopped.into()))?;
        let shown = {
            let mut lacking = self.lacking();
            seen.into_iter().map(|one| lacking.take(one)).collect()
        };
        self.put(shown);
        self.asked_us.store(now.as_micros(), Ordering::Release);
        Ok(())
    }

    fn lacking(&self) -> std::sync::MutexGuard<'_, Lacking> {
        self.lacking.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub async fn keep_up(&self, store: &Store, folder: &Path, clock: &Clock) {
        loop {
            if let Err(fault) = self.refresh(store, folder, clock.now()).await {
                tracing::warn!(details = %fault.detail(), "covers are not up to date");
            }
            tokio::time::sleep(REFRESH).await;
        }
    }
}

fn seen((edition, picture): (EditionId, Option<Picture>), folder: &Path) -> Seen {
    let seen = picture.map(|picture| (picture, picture.is_in(folder)));
    (edition, seen)
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
