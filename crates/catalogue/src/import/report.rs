//! What an import says about its files, for the bookseller and for the sender.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::Remark;
use crate::limits;
use crate::store::Record;

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know, nothing to do.
    Info,
    /// The record was taken, but something in it was not.
    Warning,
    /// The record, or the rest of the file, was not taken.
    Error,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The severity with that [`code`](Severity::code).
    pub fn parse(code: &str) -> Option<Severity> {
        Severity::ALL
            .into_iter()
            .find(|severity| severity.code() == code)
    }
}

/// One remark about one record or one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The file, as it was named.
    pub file: String,
    /// The line where the record begins, from 1; 0 when the note is about the whole file.
    pub line: u64,
    /// Who sent the record, where it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The sender's reference of the record, where it has one.
    pub reference: Option<String>,
    /// A stable word for the kind of remark, such as `isbn-invalid`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, and what to do about it, in English: [`Remark`]'s sentence.
    pub message: String,
    /// The same, for sentences in other languages.
    #[serde(skip)]
    pub remark: Remark,
    /// What was read of a record that was rejected and could be completed.
    #[serde(skip)]
    pub draft: Option<Box<Record>>,
}

impl Note {
    /// A note that names no record.
    pub(super) fn of(file: &str, line: u64, severity: Severity, remark: Remark) -> Note {
        Note {
            file: file.to_owned(),
            line,
            sender: None,
            reference: None,
            code: remark.code(),
            severity,
            message: shortened(&remark.to_string(), limits::NOTE_CHARS),
            remark,
            draft: None,
        }
    }
}

/// Names that a note lists, and characters of each: a note is read by a person, and what was taken for a name may be half
/// of a file.
const LISTED_NAMES: usize = 40;
const LISTED_CHARS: usize = 40;

/// Names as a note lists them.
pub(super) fn listed(names: &[String]) -> String {
    let named = names.iter().take(LISTED_NAMES);
    let mut listed: Vec<String> = named.map(|name| shortened(name, LISTED_CHARS)).collect();
    if names.len() > LISTED_NAMES {
        listed.push("…".to_owned());
    }
    listed.join(", ")
}

/// The first `chars` of a text.
pub(crate) fn shortened(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Where notes go.
pub trait ReportSink {
    /// Takes one note, in the order of the file.
    fn note(&mut self, note: Note);
}

/// Without drafts: a report is read, and holds no records.
impl ReportSink for Vec<Note> {
    fn note(&mut self, note: Note) {
        self.push(Note {
            draft: None,
            ..note
        });
    }
}

/// Writes notes as JSON lines, for a report file.
///
/// The first error of writing stops it; [`JsonLinesReport::finish`] returns that error.
#[derive(Debug)]
pub struct JsonLinesReport<W: Write> {
    out: W,
    failed: Option<std::io::Error>,
}

impl<W: Write> JsonLinesReport<W> {
    /// A report into `out`, which should be buffered.
    pub fn new(out: W) -> Self {
        JsonLinesReport { out, failed: None }
    }

    /// Flushes.
    ///
    /// # Errors
    /// The first error met since [`JsonLinesReport::new`].
    pub fn finish(mut self) -> std::io::Result<()> {
        match self.failed {
            Some(error) => Err(error),
            None => self.out.flush(),
        }
    }
}

impl<W: Write> ReportSink for JsonLinesReport<W> {
    fn note(&mut self, note: Note) {
        if self.failed.is_none() {
            let written = serde_json::to_writer(&mut self.out, &note).map_err(std::io::Error::from);
            self.failed = written.and_then(|()| self.out.write_all(b"\n")).err();
        }
    }
}
