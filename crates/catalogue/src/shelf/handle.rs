//! The shelf of a running shop: readers take the current one, a worker keeps it up with the database.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use storage::{Fault, Store};

use super::overlay::{self, Overlay};
use super::{Shelf, ShelfError, build};
use crate::limits;
use crate::model::{Edition, EditionId};
use crate::store;

/// Where the current [`Shelf`] is found. Reading never waits, not even while a newer one is put in place.
#[derive(Debug)]
pub struct ShelfHandle {
    current: ArcSwap<Shelf>,
    dir: PathBuf,
    refreshing: Mutex<()>,
}

/// What [`ShelfHandle::refresh`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// Nothing.
    Unchanged,
    /// These editions; the search index wants them too.
    Changed {
        /// New or different.
        changed: Vec<Arc<Edition>>,
        /// Hidden now.
        removed: Vec<EditionId>,
    },
    /// So many that the file was built again: build the search index again as well.
    Rebuilt,
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
            refreshing: Mutex::new(()),
        }
    }

    /// The shelf as it is now. Hold it for one request, not longer.
    pub fn load(&self) -> Arc<Shelf> {
        self.current.load_full()
    }

    /// Brings the shelf up to what the database holds. Blocks; call it from a thread of its own.
    ///
    /// # Errors
    /// A fault of the database, or of the file when it is built again; readers keep what they have.
    pub fn refresh(&self, store: &Store) -> Result<Refreshed, ShelfError> {
        let _one_at_a_time = self
            .refreshing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let shelf = self.load();
        let known = shelf.sequence();
        let room = limits::OVERLAY_EDITIONS.saturating_sub(shelf.overlay.len());
        let (sequence, changes) = store.read_blocking(|tx| -> Result<_, Fault> {
            Ok((
                store::sequence(tx)?,
                store::changes_since(tx, known, room + 1)?,
            ))
        })?;
        if sequence == known {
            return Ok(Refreshed::Unchanged);
        }
        if changes.len() > room {
            build(store, &self.dir)?;
            self.current.store(Arc::new(Shelf::open(&self.dir)?));
            return Ok(Refreshed::Rebuilt);
        }
        let changes = overlay::shared(changes);
        let overlay: Overlay = shelf.overlay.with(&changes, sequence, &shelf.file);
        self.current.store(Arc::new(Shelf {
            file: Arc::clone(&shelf.file),
            overlay: Arc::new(overlay),
        }));
        Ok(told_apart(changes))
    }
}

fn told_apart(changes: Vec<(EditionId, Option<Arc<Edition>>)>) -> Refreshed {
    let (mut changed, mut removed) = (Vec::new(), Vec::new());
    for (id, edition) in changes {
        match edition {
            Some(edition) => changed.push(edition),
            None => removed.push(id),
        }
    }
    Refreshed::Changed { changed, removed }
}
