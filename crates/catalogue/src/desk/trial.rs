//! What an import would do, as it is kept beside its job.

use serde::{Deserialize, Serialize};

use super::job::Counts;
use super::limits;
use super::notes::KeptNote;
use crate::import::{Note, ReportSink, Severity};
use crate::model::Edition;
use crate::store::EditionChange;

/// Notes of a trial that are kept: the report of the import has them all.
const NOTES: usize = 50;

/// What an import of a whole file would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Records met.
    pub records: u64,
    /// What would become of them.
    pub counts: Counts,
    /// The first editions that would change, [`limits::TRIAL_CHANGES`] at most; long texts are cut.
    pub changes: Vec<EditionChange>,
    /// Notes there would be.
    pub notes: TrialNotes,
}

/// The notes of a trial: how many of each severity, and the first of those that are errors or warnings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialNotes {
    /// How many errors.
    pub errors: u64,
    /// How many warnings.
    pub warnings: u64,
    /// How many pieces of information.
    pub infos: u64,
    /// The first.
    pub first: Vec<KeptNote>,
}

/// Counts what a reader notes, and keeps the first.
pub(super) struct Counting {
    pub(super) notes: TrialNotes,
    /// What the file is called here, and by its sender.
    pub(super) names: (String, String),
}

impl ReportSink for Counting {
    fn note(&mut self, mut note: Note) {
        match note.severity {
            Severity::Error => self.notes.errors += 1,
            Severity::Warning => self.notes.warnings += 1,
            Severity::Info => self.notes.infos += 1,
        }
        if note.severity != Severity::Info && self.notes.first.len() < NOTES {
            note.file = note.file.replacen(&self.names.0, &self.names.1, 1);
            self.notes.first.push(note.into());
        }
    }
}

/// The change without what nobody reads of it.
pub(super) fn shortened(mut change: EditionChange) -> EditionChange {
    shorten(&mut change.was);
    shorten(&mut change.becomes);
    change
}

fn shorten(edition: &mut Edition) {
    for text in &mut edition.texts {
        if let Some((end, _)) = text.body.char_indices().nth(limits::TRIAL_VALUE_CHARS) {
            text.body.truncate(end);
            text.body.push('…');
        }
    }
}
