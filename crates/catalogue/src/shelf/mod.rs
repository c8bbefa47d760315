//! The shelf: the whole catalogue as pages read it, without the database.
//!
//! A file holds every visible edition in order of its number, with sorted indexes by number, ISBN and work, the
//! reviews, and the lists of the home page. The indexes live in memory (about 60 bytes per title), the editions are
//! read from the file when asked for and a bounded number of them is kept decoded. Over the file lies an overlay of
//! editions changed since it was built; when the overlay grows too large both are merged into a new file.
//!
//! The file is never changed after it is written and can always be built again from the database. It is read by
//! position, not mapped: mapping needs `unsafe`, and the page cache serves both alike.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::model::{Edition, EditionId, Isbn13, Review, WorkId};
use crate::subject::ShopSubject;

mod build;
mod file;
mod handle;
mod overlay;
mod places;
mod record;
mod showcase;

pub use build::build;
pub use file::ShelfError;
pub use handle::{Refreshed, ShelfHandle};

use file::ShelfFile;
use overlay::Overlay;

/// How much stands on the shelf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Visible editions.
    pub editions: u64,
    /// Those of them with a summary, when the file was built.
    pub summaries: u64,
    /// Reviews, when the file was built.
    pub reviews: u64,
}

/// The lists of the home page: editions with a price that can be had, one per work, computed when the file was built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Showcase {
    /// Newest publication date first.
    pub new: Vec<EditionId>,
    /// Most asked for first.
    pub best_selling: Vec<EditionId>,
    /// Most asked for first, per shop subject, in the shop's order; subjects without a book are left out.
    pub by_subject: Vec<(ShopSubject, Vec<EditionId>)>,
}

/// The catalogue at one moment; cheap to clone, and stays as it is while a newer one takes its place.
#[derive(Debug, Clone)]
pub struct Shelf {
    file: Arc<ShelfFile>,
    overlay: Arc<Overlay>,
}

impl Shelf {
    /// Opens the shelf file in `dir`.
    ///
    /// # Errors
    /// [`ShelfError`] when there is none, or it is not whole or not of this version: [`build`] it again.
    pub fn open(dir: &Path) -> Result<Shelf, ShelfError> {
        let file = ShelfFile::open(dir)?;
        let overlay = Overlay::at(file.sequence());
        Ok(Shelf {
            file: Arc::new(file),
            overlay: Arc::new(overlay),
        })
    }

    /// The edition with that number, unless it is hidden.
    pub fn edition(&self, id: EditionId) -> Option<Arc<Edition>> {
        match self.overlay.change(id) {
            Some(changed) => changed,
            None => self.file.edition(id),
        }
    }

    /// The edition that ISBN finds; when it was used twice (I7), one that can be bought, else the oldest.
    pub fn by_isbn(&self, isbn: Isbn13) -> Option<Arc<Edition>> {
        let found = self.all_by_isbn(isbn);
        found
            .iter()
            .find(|edition| edition.buyable())
            .or_else(|| found.first())
            .cloned()
    }

    /// Every edition that ISBN finds, in order of number.
    pub fn all_by_isbn(&self, isbn: Isbn13) -> Vec<Arc<Edition>> {
        self.gather(self.file.with_isbn(isbn), self.overlay.with_isbn(isbn))
    }

    /// The editions of a work in order of number, at most [`limits::EDITIONS_OF_WORK`].
    pub fn editions_of(&self, work: WorkId) -> Vec<Arc<Edition>> {
        self.gather(self.file.of_work(work), self.overlay.of_work(work))
    }

    fn gather(
        &self,
        filed: impl Iterator<Item = EditionId>,
        changed: &[EditionId],
    ) -> Vec<Arc<Edition>> {
        filed
            .filter(|id| !self.overlay.touches(*id))
            .chain(changed.iter().copied())
            .take(limits::EDITIONS_OF_WORK)
            .filter_map(|id| self.edition(id))
            .collect()
    }

    /// The reviews of an edition, as they were when the file was built.
    pub fn reviews(&self, id: EditionId) -> Arc<[Review]> {
        self.file.reviews(id)
    }

    /// How many editions are visible.
    pub fn len(&self) -> usize {
        self.file.len().saturating_add_signed(self.overlay.growth())
    }

    /// Whether there is no book at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much stands on the shelf.
    pub fn counts(&self) -> Counts {
        Counts {
            editions: self.len() as u64,
            ..self.file.counts()
        }
    }

    /// The lists of the home page. An edition hidden since is still listed: look each one up.
    pub fn showcase(&self) -> &Showcase {
        self.file.showcase()
    }

    /// Every visible edition once: those of the file in order of number, then the new ones.
    pub fn iter(&self) -> impl Iterator<Item = Arc<Edition>> + '_ {
        let filed = self
            .file
            .ids()
            .filter_map(|id| match self.overlay.change(id) {
                Some(changed) => changed,
                None => self.file.read(id).map(Arc::new),
            });
        filed.chain(
            self.overlay
                .editions()
                .filter(|edition| !self.file.holds(edition.id)),
        )
    }

    /// The number of the last change this shelf knows, see [`crate::store::sequence`].
    pub fn sequence(&self) -> i64 {
        self.overlay.sequence()
    }

    /// The SHA-256 of the file's content, by which a copy can be recognised.
    pub fn content_hash(&self) -> [u8; 32] {
        self.file.content_hash()
    }
}

/// Groups numbers under a key, for the overlay's small indexes.
type Groups<K> = HashMap<K, Vec<EditionId>>;
