//! Editions changed since the shelf's file was built, with the same ways to find them.
//!
//! They are kept as written records, a fifth of their size decoded: a great feed changes tens of thousands.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Groups;
use super::file::ShelfFile;
use super::record::{self, Front};
use crate::model::{Edition, EditionId, Isbn13, WorkId};
use crate::store::Change;

/// Changes by edition.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    sequence: i64,
    changes: BTreeMap<i64, Arc<Changed>>,
    isbns: Groups<Isbn13>,
    works: Groups<WorkId>,
    growth: isize,
}

/// What an edition is now.
#[derive(Debug)]
pub(super) struct Changed {
    id: EditionId,
    /// The transaction that changed it.
    sequence: i64,
    /// None when it is hidden.
    kept: Option<(Front, Vec<u8>)>,
}

impl Changed {
    /// A change as the database tells it.
    pub(super) fn of(change: &Change) -> Result<Changed, postcard::Error> {
        let kept = match &change.edition {
            Some(edition) => Some((Front::of(edition), record::encode(edition)?)),
            None => None,
        };
        Ok(Changed {
            id: change.id,
            sequence: change.sequence,
            kept,
        })
    }

    pub(super) fn id(&self) -> EditionId {
        self.id
    }

    /// Its record; none when it is hidden.
    pub(super) fn record(&self) -> Option<&[u8]> {
        self.kept.as_ref().map(|(_, record)| record.as_slice())
    }

    fn edition(&self) -> Option<Arc<Edition>> {
        // It was encoded by this process a moment ago.
        let edition = record::decode(self.record()?);
        edition.inspect_err(|error| tracing::error!(edition = self.id.0, %error, "a changed edition is damaged")).ok().map(Arc::new)
    }
}

impl Overlay {
    /// No change after transaction `sequence`.
    pub(super) fn at(sequence: i64) -> Overlay {
        Overlay {
            sequence,
            ..Overlay::default()
        }
    }

    /// This overlay and `newer` changes, which reach up to transaction `sequence`, over `file`.
    pub(super) fn with(&self, newer: Vec<Changed>, sequence: i64, file: &ShelfFile) -> Overlay {
        let mut changes = self.changes.clone();
        changes.extend(
            newer
                .into_iter()
                .map(|changed| (changed.id.0, Arc::new(changed))),
        );
        Overlay::of(changes, sequence, file)
    }

    /// What of this overlay is newer than `file`, which was written from an earlier state of it.
    pub(super) fn over(&self, file: &ShelfFile) -> Overlay {
        let newer = self
            .changes
            .iter()
            .filter(|(_, changed)| changed.sequence > file.sequence());
        let newer = newer
            .map(|(id, changed)| (*id, Arc::clone(changed)))
            .collect();
        Overlay::of(newer, self.sequence, file)
    }

    fn of(changes: BTreeMap<i64, Arc<Changed>>, sequence: i64, file: &ShelfFile) -> Overlay {
        let mut overlay = Overlay::at(sequence);
        for changed in changes.values() {
            overlay.growth +=
                isize::from(changed.kept.is_some()) - isize::from(file.holds(changed.id));
            let Some((front, _)) = &changed.kept else {
                continue;
            };
            overlay
                .works
                .entry(front.work)
                .or_default()
                .push(changed.id);
            for isbn in &front.isbns {
                overlay.isbns.entry(*isbn).or_default().push(changed.id);
            }
        }
        overlay.changes = changes;
        overlay
    }

    pub(super) fn sequence(&self) -> i64 {
        self.sequence
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// By how many visible editions the overlay makes the file larger.
    pub(super) fn growth(&self) -> isize {
        self.growth
    }

    /// What became of an edition: not changed, or now this, or hidden.
    pub(super) fn change(&self, id: EditionId) -> Option<Option<Arc<Edition>>> {
        self.changes.get(&id.0).map(|changed| changed.edition())
    }

    /// Whether an edition changed.
    pub(super) fn touches(&self, id: EditionId) -> bool {
        self.changes.contains_key(&id.0)
    }

    pub(super) fn with_isbn(&self, isbn: Isbn13) -> &[EditionId] {
        self.isbns.get(&isbn).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn of_work(&self, work: WorkId) -> &[EditionId] {
        self.works.get(&work).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every change, in order of the editions' numbers.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Changed> + '_ {
        self.changes.values().map(|changed| &**changed)
    }

    /// The visible ones, in order of number.
    pub(super) fn editions(&self) -> impl Iterator<Item = Arc<Edition>> + '_ {
        self.changes
            .values()
            .filter_map(|changed| changed.edition())
    }
}
