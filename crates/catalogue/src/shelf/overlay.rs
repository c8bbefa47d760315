//! Editions changed since the shelf's file was built, with the same ways to find them.

use std::sync::Arc;

use super::Groups;
use super::file::ShelfFile;
use crate::model::{Edition, EditionId, Isbn13, WorkId};
use crate::store::Change;
use std::collections::BTreeMap;

/// Changes by edition; none where the edition is hidden now.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    sequence: i64,
    changes: BTreeMap<i64, Option<Arc<Edition>>>,
    isbns: Groups<Isbn13>,
    works: Groups<WorkId>,
    growth: isize,
}

impl Overlay {
    /// No change after transaction `sequence`.
    pub(super) fn at(sequence: i64) -> Overlay {
        Overlay {
            sequence,
            ..Overlay::default()
        }
    }

    /// This overlay and `newer` changes, which reach up to transaction `sequence`.
    pub(super) fn with(
        &self,
        newer: &[(EditionId, Option<Arc<Edition>>)],
        sequence: i64,
        file: &ShelfFile,
    ) -> Overlay {
        let mut changes = self.changes.clone();
        changes.extend(newer.iter().map(|(id, edition)| (id.0, edition.clone())));
        let mut overlay = Overlay {
            sequence,
            ..Overlay::default()
        };
        for (id, edition) in &changes {
            let id = EditionId(*id);
            overlay.growth += isize::from(edition.is_some()) - isize::from(file.holds(id));
            let Some(edition) = edition else { continue };
            overlay.works.entry(edition.work).or_default().push(id);
            for isbn in edition.isbns() {
                overlay.isbns.entry(isbn).or_default().push(id);
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
        self.changes.get(&id.0).cloned()
    }

    pub(super) fn with_isbn(&self, isbn: Isbn13) -> &[EditionId] {
        self.isbns.get(&isbn).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn of_work(&self, work: WorkId) -> &[EditionId] {
        self.works.get(&work).map(Vec::as_slice).unwrap_or_default()
    }

    /// The visible ones, in order of number.
    pub(super) fn editions(&self) -> impl Iterator<Item = Arc<Edition>> + '_ {
        self.changes.values().flatten().cloned()
    }
}

/// Changes from the database, shared from now on.
pub(super) fn shared(changes: Vec<Change>) -> Vec<(EditionId, Option<Arc<Edition>>)> {
    changes
        .into_iter()
        .map(|change| (change.id, change.edition.map(Arc::new)))
        .collect()
}
