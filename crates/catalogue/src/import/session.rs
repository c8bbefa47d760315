//! What the reader of one file counts and says, and the words that readers say it with.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;

use super::{FileKind, Mapping, Note, Remark, ReportSink, Severity, Table, Why};
use crate::limits;
use crate::store::{Finding, Found, Record};

/// What the reader of one file counts and says.
pub(super) struct Session<'a> {
    file: String,
    pub(super) today: Date,
    report: &'a mut dyn ReportSink,
    pub(super) on_record: Box<dyn Fn(u64) + 'a>,
    /// Whether nothing more is to be read; readers ask before each record.
    pub(super) is_halted: Box<dyn Fn() -> bool + 'a>,
    pub(super) products: u64,
    pub(super) rejected: u64,
    pub(super) lines: Lines,
    /// What the columns of the sender's tables are, where somebody said so.
    pub(super) mapping: Option<Mapping>,
    /// How the file was understood, if it is a table.
    pub(super) table: Option<Table>,
    pub(super) kind: FileKind,
}

impl<'a> Session<'a> {
    pub(super) fn new(path: &Path, today: Date, report: &'a mut dyn ReportSink) -> Session<'a> {
        Session {
            file: path.display().to_string(),
            today,
            report,
            on_record: Box::new(|_| ()),
            is_halted: Box::new(|| false),
            products: 0,
            rejected: 0,
            lines: Lines::default(),
            mapping: None,
            table: None,
            kind: FileKind::Unknown,
        }
    }

    /// One more record was met.
    pub(super) fn record(&mut self) {
        self.products += 1;
        (self.on_record)(self.products);
    }

    pub(super) fn note(&mut self, severity: Severity, line: u64, remark: Remark) {
        let note = Note::of(&self.file, line, severity, remark);
        self.report.note(note);
    }

    /// Notes something about a record that was taken, so that who sent it is known.
    pub(super) fn note_of_record(
        &mut self,
        severity: Severity,
        line: u64,
        (sender, reference): (&str, &str),
        remark: Remark,
    ) {
        self.report.note(Note {
            sender: Some(sender.to_owned()),
            reference: Some(reference.to_owned()),
            ..Note::of(&self.file, line, severity, remark)
        });
    }

    /// The file could not be read to its end.
    pub(super) fn broken_off(&mut self, line: u64, error: &std::io::Error) {
        let why = Why::Words(error.to_string());
        self.note(Severity::Error, line, Remark::BrokenOff { why });
    }

    /// Letters of the file were not in the encoding that it says it has.
    pub(super) fn encoding_repaired(&mut self, letters: u64) {
        let letters = letters.to_string();
        self.note(Severity::Warning, 0, Remark::EncodingRepaired { letters });
    }

    /// Reports a reference that this file has used before; the later record wins (O5).
    pub(super) fn remember(&mut self, line: u64, sender: &str, reference: &str) {
        if self.lines.remember(line, sender, reference) {
            return;
        }
        self.note_of_record(
            Severity::Warning,
            line,
            (sender, reference),
            Remark::DuplicateReference {},
        );
    }
}

/// On which line the file that is being read spoke of a record; shared with the thread that writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<HashMap<u64, u64>>>);

impl Lines {
    /// The line of a record; 0 when it is not known.
    pub(crate) fn of(&self, sender: &str, reference: &str) -> u64 {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.get(&identity_hash(sender, reference));
        line.copied().unwrap_or(0)
    }

    /// Whether the file had not spoken of the record before, as far as that is remembered.
    fn remember(&self, line: u64, sender: &str, reference: &str) -> bool {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.len() >= limits::REFERENCES_REMEMBERED
            || lines
                .insert(identity_hash(sender, reference), line)
                .is_none()
    }
}

fn identity_hash(sender: &str, reference: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (sender, reference).hash(&mut hasher);
    hasher.finish()
}

/// What the catalogue found about a record when it was put in, as a note.
pub(crate) fn note_of_finding(finding: &Finding, file: &str, line: u64) -> Note {
    let (severity, remark) = match finding.what {
        Found::UnknownReference => (Severity::Error, Remark::UnknownReference {}),
        Found::OlderMessage => (Severity::Info, Remark::OlderMessage {}),
        Found::SharedIsbn(isbn) => {
            let isbn = isbn.to_string();
            (Severity::Warning, Remark::IsbnShared { isbn })
        }
    };
    Note {
        sender: Some(finding.sender.clone()),
        reference: Some(finding.reference.clone()),
        ..Note::of(file, line, severity, remark)
    }
}

impl Session<'_> {
    pub(super) fn tell(&mut self, finding: &Finding) {
        let line = self.lines.of(&finding.sender, &finding.reference);
        let note = note_of_finding(finding, &self.file, line);
        self.report.note(note);
    }
}

/// What reading one record had to say: more than one remark is usual.
#[derive(Debug, Default)]
pub(super) struct Remarks(pub(super) Vec<(Severity, Remark)>);

impl Remarks {
    pub(super) fn info(&mut self, remark: Remark) {
        self.0.push((Severity::Info, remark));
    }

    pub(super) fn warn(&mut self, remark: Remark) {
        self.0.push((Severity::Warning, remark));
    }

    pub(super) fn tell(self, session: &mut Session<'_>, line: u64, identity: (&str, &str)) {
        for (severity, remark) in self.0 {
            session.note_of_record(severity, line, identity, remark);
        }
    }
}

/// Why a record is not taken.
#[derive(Debug)]
pub(super) struct Rejection {
    pub(super) severity: Severity,
    pub(super) remark: Remark,
    pub(super) reference: Option<String>,
    /// What was read of it, where a person could add what is missing.
    pub(super) draft: Option<Box<Record>>,
}

impl Rejection {
    pub(super) fn error(remark: Remark) -> Rejection {
        Rejection {
            severity: Severity::Error,
            remark,
            reference: None,
            draft: None,
        }
    }

    /// Only its title or its reference is missing.
    pub(super) fn but_for_that(mut self, read: Record) -> Rejection {
        self.draft = Some(Box::new(read));
        self
    }

    pub(super) fn of(mut self, reference: &str) -> Rejection {
        self.reference = Some(reference.to_owned());
        self
    }

    /// Notes it, and counts the record.
    pub(super) fn tell(self, session: &mut Session<'_>, line: u64) {
        session.rejected += 1;
        session.report.note(Note {
            reference: self.reference,
            draft: self.draft,
            ..Note::of(&session.file, line, self.severity, self.remark)
        });
    }
}
