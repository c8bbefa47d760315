//! What the reader of one file counts and says, and the words that readers say it with.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;

use super::{FileKind, Mapping, Note, ReportSink, Severity, Table, report};
use crate::limits;
use crate::store::{Finding, Found, Record};

/// What the reader of one file counts and says.
pub(super) struct Session<'a> {
    file: String,
    pub(super) today: Date,
    report: &'a mut dyn ReportSink,
    pub(super) on_record: Box<dyn Fn(u64) + 'a>,
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

    pub(super) fn note(
        &mut self,
        severity: Severity,
        code: &'static str,
        line: u64,
        reference: Option<&str>,
        message: &str,
    ) {
        self.report.note(Note {
            file: self.file.clone(),
            line,
            sender: None,
            reference: reference.map(str::to_owned),
            code,
            severity,
            message: report::shortened(message, limits::NOTE_CHARS),
            draft: None,
        });
    }

    /// Notes something about a record that was taken, so that who sent it is known.
    pub(super) fn note_of_record(
        &mut self,
        severity: Severity,
        code: &'static str,
        line: u64,
        (sender, reference): (&str, &str),
        message: &str,
    ) {
        self.report.note(Note {
            file: self.file.clone(),
            line,
            sender: Some(sender.to_owned()),
            reference: Some(reference.to_owned()),
            code,
            severity,
            message: report::shortened(message, limits::NOTE_CHARS),
            draft: None,
        });
    }

    /// Notes why a record is not taken, and counts it.
    pub(super) fn reject(
        &mut self,
        severity: Severity,
        code: &'static str,
        line: u64,
        reference: Option<&str>,
        message: &str,
    ) {
        self.rejected += 1;
        self.note(severity, code, line, reference, message);
    }

    /// The file could not be read to its end.
    pub(super) fn broken_off(&mut self, line: u64, error: &std::io::Error) {
        let message = format!(
            "The file could not be read beyond this line ({error}). Complete records before it were taken: fetch the \
             file again and import it again."
        );
        self.note(Severity::Error, "broken-off", line, None, &message);
    }

    /// Letters of the file were not in the encoding that it says it has.
    pub(super) fn encoding_repaired(&mut self, letters: u64) {
        let message = format!(
            "{letters} letters were not in the encoding that the file says it has. They were read as Windows-1252; \
             check accents in its titles, and tell the sender."
        );
        self.note(Severity::Warning, "encoding-repaired", 0, None, &message);
    }

    /// Reports a reference that this file has used before; the later record wins (O5).
    pub(super) fn remember(&mut self, line: u64, sender: &str, reference: &str) {
        if self.lines.remember(line, sender, reference) {
            return;
        }
        self.note_of_record(
            Severity::Warning,
            "duplicate-reference",
            line,
            (sender, reference),
            "This file has used the reference before. The later record replaced the earlier one: ask the sender \
             which of them is right.",
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
    let (severity, code, message) = match finding.what {
        Found::UnknownReference => (
            Severity::Error,
            "unknown-reference",
            "A block update (notification type 04) of a record that was never sent whole. It was not taken: ask \
             the sender for the complete record (03)."
                .to_owned(),
        ),
        Found::OlderMessage => (
            Severity::Info,
            "older-message",
            "A newer message of this sender was imported before. This one was kept, and changed nothing that the \
             newer one says."
                .to_owned(),
        ),
        Found::SharedIsbn(isbn) => (
            Severity::Warning,
            "isbn-shared",
            format!(
                "A different book carries ISBN {isbn} as well. The two were kept apart: look which of them is \
                 wrong, and join them in the back office if they are one."
            ),
        ),
    };
    Note {
        file: file.to_owned(),
        line,
        sender: Some(finding.sender.clone()),
        reference: Some(finding.reference.clone()),
        code,
        severity,
        message,
        draft: None,
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
pub(super) struct Remarks(pub(super) Vec<(Severity, &'static str, String)>);

impl Remarks {
    pub(super) fn info(&mut self, code: &'static str, message: impl Into<String>) {
        self.0.push((Severity::Info, code, message.into()));
    }

    pub(super) fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        self.0.push((Severity::Warning, code, message.into()));
    }

    pub(super) fn tell(self, session: &mut Session<'_>, line: u64, identity: (&str, &str)) {
        for (severity, code, message) in self.0 {
            session.note_of_record(severity, code, line, identity, &message);
        }
    }
}

/// Why a record is not taken.
#[derive(Debug)]
pub(super) struct Rejection {
    pub(super) severity: Severity,
    pub(super) code: &'static str,
    pub(super) reference: Option<String>,
    pub(super) message: String,
    /// What was read of it, where a person could add what is missing.
    pub(super) draft: Option<Box<Record>>,
}

impl Rejection {
    pub(super) fn error(code: &'static str, message: impl Into<String>) -> Rejection {
        Rejection {
            severity: Severity::Error,
            code,
            reference: None,
            message: message.into(),
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

    pub(super) fn tell(self, session: &mut Session<'_>, line: u64) {
        session.rejected += 1;
        session.report.note(Note {
            file: session.file.clone(),
            line,
            sender: None,
            reference: self.reference,
            code: self.code,
            severity: self.severity,
            message: report::shortened(&self.message, limits::NOTE_CHARS),
            draft: self.draft,
        });
    }
}
