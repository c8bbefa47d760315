//! The shelf of a running shop: readers take the current one, a worker keeps it up with the database.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use storage::{Fault, Store};

use super::overlay::Changed;
use super::{Shelf, ShelfError, build};
use crate::limits;
use crate::model::{Edition, EditionId};
use crate::store::{self, Changes};

/// Where the current [`Shelf`] is found. Reading never waits, not even while a newer one is put in place.
#[derive(Debug)]
pub struct ShelfHandle {
    current: ArcSwap<Shelf>,
    dir: PathBuf,
    /// Held while the current shelf is replaced.
    replacing: Mutex<()>,
    /// Held while a file is written.
    merging: Mutex<()>,
}

/// What [`ShelfHandle::refresh`] found: what the search index wants to know too.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// New or different.
    pub changed: Vec<Arc<Edition>>,
    /// Hidden now.
    pub removed: Vec<EditionId>,
    /// The transaction up to which the shelf knows the catalogue.
    pub sequence: i64,
    /// Whether there is more to be read.
    pub more: bool,
}

impl Refreshed {
    /// Whether nothing had changed.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }

    /// What the database tells, for the search index.
    pub fn of(changes: Changes) -> Refreshed {
        let mut refreshed = Refreshed {
            sequence: changes.up_to,
            more: changes.more,
            ..Refreshed::default()
        };
        for change in changes.changes {
            match change.edition {
                Some(edition) => refreshed.changed.push(Arc::new(edition)),
                None => refreshed.removed.push(change.id),
            }
        }
        refreshed
    }
}

impl ShelfHandle {
    /// Opens the shelf in `dir`, and builds it first when there is none, when it is damaged or of another version,
    /// or when it is ahead of the database (which was then restored from an older copy).
    ///
    /// # Errors
    /// Those of [`build`]; a shelf that cannot be opened is no error.
    pub fn open_or_build(store: &Store, dir: &Path) -> Result<ShelfHandle, ShelfError> {
        let sequence = store.read_blocking(store::sequence)?;
        let shelf = match Shelf::open(dir) {
            Ok(shelf) if shelf.sequence() <= sequence => shelf,
            unusable => {
                if let Err(reason) = unusable {
                    tracing::info!(%reason, "building the shelf");
                }
                build(store, dir)?;
                Shelf::open(dir)?
            }
        };
        Ok(ShelfHandle::of(shelf, dir))
    }

    /// A handle on an open shelf whose file is in `dir`.
    pub fn of(shelf: Shelf, dir: &Path) -> ShelfHandle {
        ShelfHandle {
            current: ArcSwap::from_pointee(shelf),
            dir: dir.to_owned(),
            replacing: Mutex::new(()),
            merging: Mutex::new(()),
        }
    }

    /// The shelf as it is now. Hold it for one request, not longer.
    pub fn load(&self) -> Arc<Shelf> {
        self.current.load_full()
    }

    /// Brings the shelf nearer to what the database holds: by at most [`limits::CHANGES_AT_ONCE`] editions, so that
    /// what has changed first is soon seen behind a great import. Blocks; call it from a thread of its own.
    ///
    /// # Errors
    /// A fault of the database; readers keep what they have.
    pub fn refresh(&self, store: &Store) -> Result<Refreshed, ShelfError> {
        let _one_at_a_time = lock(&self.replacing);
        let shelf = self.load();
        let known = shelf.sequence();
        let changes = store.read_blocking(|tx| -> Result<_, Fault> {
            store::changes_since(tx, known, limits::CHANGES_AT_ONCE)
        })?;
        if changes.up_to == known {
            return Ok(Refreshed {
                sequence: known,
                ..Refreshed::default()
            });
        }
        let kept: Result<Vec<Changed>, _> = changes.changes.iter().map(Changed::of).collect();
        let kept = kept.map_err(|error| Fault::Corrupt(error.into()))?;
        let overlay = shelf.overlay.with(kept, changes.up_to, &shelf.file);
        self.current.store(Arc::new(Shelf {
            file: Arc::clone(&shelf.file),
            overlay: Arc::new(overlay),
        }));
        Ok(Refreshed::of(changes))
    }

    /// Whether enough has changed since the file was written that [`ShelfHandle::merge`] is worth its while.
    pub fn wants_merging(&self) -> bool {
        let shelf = self.load();
        shelf.overlay.len() > limits::OVERLAY_EDITIONS.max(shelf.len() / limits::OVERLAY_PART)
    }

    /// Writes file and overlay as one new file. What changes meanwhile stays in the overlay. Blocks for seconds on a
    /// large catalogue, while [`ShelfHandle::refresh`] goes on.
    ///
    /// # Errors
    /// A fault of the database or the file; readers keep what they have.
    pub fn merge(&self, store: &Store) -> Result<(), ShelfError> {
        let _one_at_a_time = lock(&self.merging);
        build::merge(store, &self.dir, &self.load())?;
        let file = Shelf::open(&self.dir)?.file;
        let _unchanged = lock(&self.replacing);
        let overlay = self.load().overlay.over(&file);
        self.current.store(Arc::new(Shelf {
            file,
            overlay: Arc::new(overlay),
        }));
        Ok(())
    }
}

fn lock(mutex: &Mutex<()>) -> std::sync::MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
