//! Bringing catalogue files in: ONIX 2.1, 3.0 and 3.1, MARC, tables, and JSON lines; plain, gzip, Zstandard or zip.
//!
//! What a file is, is read from its content, never from its name. Files are read as streams in bounded memory; each
//! record is read by itself, so that a bad one is reported and its neighbours are kept. Everything worth a person's
//! time is said in a [`Note`] per record. Importing the same file again changes nothing.
//!
//! Which records are one book, and what the shop shows of it, is not decided here but in [`crate::store`].

use std::cell::Cell;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use jiff::civil::Date;
use storage::{Fault, Store};
use trade::clock::Clock;

use crate::limits;
use crate::model::Edition;
use crate::store::{Delivery, Done, Incoming, put};

mod archive;
mod cover;
mod csv;
mod diacritics;
mod entity;
mod isbd;
mod isbn;
mod json_lines;
mod marc;
mod names;
mod onix;
mod plain_text;
mod remark;
mod report;
mod session;
mod source;
mod titles;

pub use csv::{Column, Field, Mapping, Table};
pub use remark::{Remark, Why};
pub use report::{JsonLinesReport, Note, ReportSink, Severity};

pub(crate) use report::shortened;
pub(crate) use session::{Lines, note_of_finding};

use session::{Rejection, Remarks, Session};
use source::{Content, Source};

/// Told how far the import is; called once per record.
pub trait Progress {
    /// `read_bytes` of `total_bytes` of the files (as they lie on the disk) are read, and `records` records met.
    fn advance(&self, read_bytes: u64, total_bytes: u64, records: u64);

    /// Whether nothing more is to be read; asked before each record, good or bad.
    fn is_halted(&self) -> bool {
        false
    }
}

/// For imports nobody watches.
impl Progress for () {
    fn advance(&self, _: u64, _: u64, _: u64) {}
}

/// What an import did. `products` is the sum of the five counts below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Tally {
    /// Records met, good or bad.
    pub products: u64,
    /// New editions.
    pub created: u64,
    /// Editions that now say something else.
    pub updated: u64,
    /// Records that say what is known already.
    pub unchanged: u64,
    /// Records not taken; each has a [`Note`] that says why.
    pub rejected: u64,
    /// Editions hidden because their sender withdrew the record.
    pub hidden: u64,
    /// Time taken.
    pub seconds: f64,
    /// Bytes read, as they lie on the disk.
    pub bytes: u64,
}

impl Tally {
    /// Records per second.
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 {
            self.products as f64 / self.seconds
        } else {
            0.0
        }
    }

    /// Counts a file that was read.
    fn add(&mut self, session: &Session<'_>, done: &Done) {
        self.products += session.products;
        self.rejected += session.rejected + done.tally.rejected;
        self.created += done.tally.created;
        self.updated += done.tally.updated;
        self.unchanged += done.tally.unchanged;
        self.hidden += done.tally.hidden;
    }
}

/// Why an import cannot go on at all. What is wrong inside a file is a [`Note`] instead.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file that was asked for cannot be opened.
    #[error("{path} cannot be opened")]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// The database; records before the fault are committed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Imports `files` in order, by no job of the desk. Blocks; call it from a thread of its own.
///
/// # Errors
/// [`ImportError`] when a file cannot be opened (none is read then) or the database fails.
pub fn import_files(
    store: &Store,
    files: &[PathBuf],
    progress: &dyn Progress,
    report: &mut dyn ReportSink,
) -> Result<Tally, ImportError> {
    let clock = Clock::system();
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    };
    let named: Vec<(&Path, String)> = files
        .iter()
        .map(|path| (path.as_path(), named(path)))
        .collect();
    let read = Files {
        named: &named,
        mapping: None,
        today: clock.today(),
        progress,
    };
    read_files(read, report, &mut |file, incoming| {
        let delivery = Delivery {
            name: file.name.clone(),
            staff: String::new(),
            at: clock.now(),
        };
        put(store, &delivery, incoming)
    })
}

/// Files to be read.
pub(crate) struct Files<'a> {
    /// Where they are, and what they are called.
    pub(crate) named: &'a [(&'a Path, String)],
    /// What the columns of tables are; without a mapping one is proposed for each table.
    pub(crate) mapping: Option<&'a Mapping>,
    /// The day for which prices are chosen.
    pub(crate) today: Date,
    /// Who watches.
    pub(crate) progress: &'a dyn Progress,
}

/// A file, or a file inside an archive, while its records are taken.
pub(crate) struct Opened {
    /// What it is called.
    pub(crate) name: String,
    /// Where it spoke of which record.
    pub(crate) lines: Lines,
}

/// Takes the records of one file, and says what became of them.
pub(crate) type Take<'a> =
    &'a mut dyn FnMut(&Opened, &mut dyn Iterator<Item = Incoming>) -> Result<Done, Fault>;

/// Reads files in order and hands the records of each to `take`, which says what became of them.
///
/// # Errors
/// [`ImportError`] when a file cannot be opened (none is read then) or `take` met a fault.
pub(crate) fn read_files(
    files: Files<'_>,
    report: &mut dyn ReportSink,
    take: Take<'_>,
) -> Result<Tally, ImportError> {
    let started = Instant::now();
    let mut sources = Vec::new();
    for (path, name) in files.named {
        let opened = Source::open(path)?.into_iter();
        sources.extend(opened.map(|source| (source.name(name), source)));
    }
    let total_bytes = sources.iter().map(|(_, source)| source.bytes()).sum();
    let progress = files.progress;
    let mut tally = Tally::default();
    for (name, source) in sources {
        // What is said of a file that was not read would stand in the place of what is said of the one before.
        if progress.is_halted() {
            break;
        }
        let before = tally;
        let read = source.read_counter();
        let so_far = Rc::clone(&read);
        let mut session = Session::new(source.path(), files.today, report);
        session.mapping = files.mapping.cloned();
        session.on_record = Box::new(move |records| {
            progress.advance(
                before.bytes + so_far.get(),
                total_bytes,
                before.products + records,
            );
        });
        session.is_halted = Box::new(move || progress.is_halted());
        let opened = Opened {
            name,
            lines: session.lines.clone(),
        };
        let done: Done = read_source(source, &mut session, |incoming| take(&opened, incoming))?;
        for finding in &done.findings {
            session.tell(finding);
        }
        tally.add(&session, &done);
        tally.bytes += read.get();
    }
    progress.advance(tally.bytes, total_bytes, tally.products);
    tally.seconds = started.elapsed().as_secs_f64();
    Ok(tally)
}

/// Reads a stream as if it were a file, and hands what it holds to `take` instead of storing it. For trials, fuzzing
/// and measurements; `today` is the day for which prices are chosen. Zip archives need a file.
pub fn read_stream(
    stream: Box<dyn Read>,
    today: Date,
    report: &mut dyn ReportSink,
    take: &mut dyn FnMut(Incoming),
) -> Tally {
    let started = Instant::now();
    let source = Source::of_stream(stream);
    let read = source.read_counter();
    let mut session = Session::new(source.path(), today, report);
    let taken = read_source(source, &mut session, |incoming| {
        incoming.for_each(take);
        Ok(())
    });
    // Only storing could have failed.
    debug_assert!(taken.is_ok());
    Tally {
        products: session.products,
        rejected: session.rejected,
        seconds: started.elapsed().as_secs_f64(),
        bytes: read.get(),
        ..Tally::default()
    }
}

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// An ONIX message, or at least XML that is no MARC.
    Onix,
    /// MARC records.
    Marc,
    /// JSON lines.
    JsonLines,
    /// A table.
    Table,
    /// None of those.
    #[default]
    Unknown,
}

impl FileKind {
    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            FileKind::Onix => "onix",
            FileKind::Marc => "marc",
            FileKind::JsonLines => "json_lines",
            FileKind::Table => "table",
            FileKind::Unknown => "unknown",
        }
    }
}

/// What an import of a file would do, before it is done.
#[derive(Debug, serde::Serialize)]
pub struct Preview {
    /// What the file is; of an archive, its last file that was looked at.
    pub kind: FileKind,
    /// How a table was understood; none for other files.
    pub table: Option<Table>,
    /// The first editions as they would be imported.
    pub editions: Vec<Edition>,
    /// What there is to say about them, and about rows before them that would not be taken.
    pub notes: Vec<Note>,
}

/// Notes after which a preview reads no further: a file of which nothing is taken is not read to its end for it.
const PREVIEWED_NOTES: usize = 200;

/// The first notes of a preview.
struct FirstNotes<'p> {
    notes: &'p mut Vec<Note>,
    /// How many there are, for who reads.
    count: &'p Cell<usize>,
}

impl ReportSink for FirstNotes<'_> {
    fn note(&mut self, note: Note) {
        if self.notes.len() < PREVIEWED_NOTES {
            self.notes.note(note);
        }
        self.count.set(self.notes.len());
    }
}

/// Reads the first `records` editions of a file without storing anything, fewer when there is much to say about them.
///
/// # Errors
/// [`ImportError::Open`] when the file cannot be opened.
pub fn preview(
    file: &Path,
    mapping: Option<&Mapping>,
    records: usize,
) -> Result<Preview, ImportError> {
    let mut kind = FileKind::Unknown;
    let (mut table, mut editions, mut notes) = (None, Vec::new(), Vec::new());
    let count = Cell::new(0);
    for source in Source::open(file)? {
        let mut report = FirstNotes {
            notes: &mut notes,
            count: &count,
        };
        let mut session = Session::new(file, Clock::system().today(), &mut report);
        session.is_halted = Box::new(|| count.get() >= PREVIEWED_NOTES);
        session.mapping = mapping.cloned();
        let wanted = records.saturating_sub(editions.len());
        let more: Vec<Edition> = read_source(source, &mut session, |incoming| {
            let put = incoming.filter_map(|incoming| match incoming {
                Incoming::Put(record) => Some(record.edition),
                Incoming::Blocks(_) | Incoming::Hide { .. } => None,
            });
            Ok(put.take(wanted).collect())
        })?;
        editions.extend(more);
        kind = session.kind;
        table = table.or(session.table.take());
        if editions.len() >= records || count.get() >= PREVIEWED_NOTES {
            break;
        }
    }
    Ok(Preview {
        kind,
        table,
        editions,
        notes,
    })
}

/// That a record is larger than any.
fn too_large() -> Remark {
    Remark::TooLarge {
        megabytes: (limits::RECORD_BYTES >> 20).to_string(),
    }
}

/// Reads one file and hands its records to `take`.
fn read_source<T: Default>(
    source: Source,
    session: &mut Session<'_>,
    take: impl FnOnce(&mut dyn Iterator<Item = Incoming>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let content = source.content();
    session.kind = content.as_ref().map(Content::kind).unwrap_or_default();
    match content {
        Ok(Content::Xml(reader)) => take(&mut onix::Products::of(reader, session)),
        Ok(Content::MarcXml(reader)) => take(&mut marc::Records::of_xml(reader, session)),
        Ok(Content::MarcBytes(reader)) => take(&mut marc::Records::of_bytes(reader, session)),
        Ok(Content::JsonLines(reader)) => take(&mut json_lines::Lines::of(reader, session)),
        Ok(Content::Table(reader)) => take(&mut csv::Rows::of(reader, session)),
        Ok(Content::Unknown) => {
            session.note(Severity::Error, 0, Remark::NotRecognised {});
            Ok(T::default())
        }
        Err(error) => {
            session.broken_off(0, &error);
            Ok(T::default())
        }
    }
}

/// Reads bytes as if they were a file, for tests that need no database.
#[cfg(test)]
fn read_bytes(bytes: &[u8], today: Date) -> (Vec<Incoming>, Vec<Note>) {
    read_with(bytes, today, None)
}

/// Likewise, as a table with that mapping.
#[cfg(test)]
fn read_bytes_mapped(bytes: &[u8], today: Date, mapping: Mapping) -> (Vec<Incoming>, Vec<Note>) {
    read_with(bytes, today, Some(mapping))
}

#[cfg(test)]
fn read_with(bytes: &[u8], today: Date, mapping: Option<Mapping>) -> (Vec<Incoming>, Vec<Note>) {
    let mut report = WithDrafts(Vec::new());
    let mut session = Session::new(Path::new("test"), today, &mut report);
    session.mapping = mapping;
    let source = Source::of_stream(Box::new(std::io::Cursor::new(bytes.to_vec())));
    let read = read_source(source, &mut session, |incoming| Ok(incoming.collect()));
    drop(session);
    (read.unwrap_or_default(), report.0)
}

/// Notes with all that was read of what was rejected.
#[cfg(test)]
struct WithDrafts(Vec<Note>);

#[cfg(test)]
impl ReportSink for WithDrafts {
    fn note(&mut self, note: Note) {
        self.0.push(note);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn a_preview_reads_no_further_than_its_notes_and_a_report_holds_no_records() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("livres.jsonl");
        let rejected = "{\"id\":\"a:1\"}\n".repeat(PREVIEWED_NOTES + 50);
        std::fs::write(
            &file,
            format!("{rejected}{{\"id\":\"a:2\",\"title\":\"x\"}}\n"),
        )
        .unwrap();
        let looked = preview(&file, None, 5).unwrap();
        assert_eq!(
            (looked.notes.len(), looked.editions.len()),
            (PREVIEWED_NOTES, 0)
        );
        assert!(looked.notes.iter().all(|note| note.draft.is_none()));
        let read = read_bytes(rejected.as_bytes(), Clock::system().today());
        assert!(read.1[0].draft.is_some(), "there was something to hold");
    }
}
