//! Bringing catalogue files in: ONIX 2.1, 3.0 and 3.1, MARC, tables, and JSON lines; plain, gzip, Zstandard or zip.
//!
//! What a file is, is read from its content, never from its name. Files are read as streams in bounded memory; each
//! record is read by itself, so that a bad one is reported and its neighbours are kept. Everything worth a person's
//! time is said in a [`Note`] per record. Importing the same file again changes nothing.
//!
//! Which records are one book, and what the shop shows of it, is not decided here but in [`crate::store`].

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use jiff::civil::Date;
use storage::{Fault, Store};
use trade::clock::Clock;

use crate::limits;
use crate::model::Edition;
use crate::store::{Delivery, Done, Finding, Found, Incoming, put};

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
mod report;
mod source;
mod titles;

pub use csv::{Column, Field, Mapping, Table};
pub use report::{JsonLinesReport, Note, ReportSink, Severity};

use source::{Content, Source};

/// Told how far the import is; called once per record.
pub trait Progress {
    /// `read_bytes` of `total_bytes` of the files (as they lie on the disk) are read, and `records` records met.
    fn advance(&self, read_bytes: u64, total_bytes: u64, records: u64);
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

/// Imports `files` in order. Blocks; call it from a thread of its own.
///
/// # Errors
/// [`ImportError`] when a file cannot be opened (none is read then) or the database fails.
pub fn import_files(
    store: &Store,
    files: &[PathBuf],
    progress: &dyn Progress,
    report: &mut dyn ReportSink,
) -> Result<Tally, ImportError> {
    import_named(
        store,
        &by_name(files),
        &Brought::default(),
        progress,
        report,
    )
}

/// Files with their own names.
pub fn by_name(files: &[PathBuf]) -> Vec<(&Path, String)> {
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    };
    files
        .iter()
        .map(|path| (path.as_path(), named(path)))
        .collect()
}

/// What a person adds to the files that she brings.
#[derive(Debug, Clone, Default)]
pub struct Brought<'a> {
    /// Who she is.
    pub staff: &'a str,
    /// What the columns of a table are; without a mapping one is proposed for each table.
    pub mapping: Option<&'a Mapping>,
}

/// [`import_files`] for files that are known by other names than those on the disk.
///
/// # Errors
/// As [`import_files`].
pub fn import_named(
    store: &Store,
    files: &[(&Path, String)],
    brought: &Brought<'_>,
    progress: &dyn Progress,
    report: &mut dyn ReportSink,
) -> Result<Tally, ImportError> {
    let started = Instant::now();
    let mut sources = Vec::new();
    for (path, name) in files {
        let opened = Source::open(path)?.into_iter();
        sources.extend(opened.map(|source| (source.name(name), source)));
    }
    let total_bytes = sources.iter().map(|(_, source)| source.bytes()).sum();
    let clock = Clock::system();
    let today = clock.today();
    let mut tally = Tally::default();
    for (name, source) in sources {
        let delivery = Delivery {
            name,
            staff: brought.staff.to_owned(),
            at: clock.now(),
        };
        let before = tally;
        let read = source.read_counter();
        let so_far = Rc::clone(&read);
        let mut session = Session::new(source.path(), today, report);
        session.mapping = brought.mapping.cloned();
        session.on_record = Box::new(move |records| {
            progress.advance(
                before.bytes + so_far.get(),
                total_bytes,
                before.products + records,
            );
        });
        let done: Done = read_source(source, &mut session, |incoming| {
            put(store, &delivery, incoming)
        })?;
        let put = done.tally;
        for finding in &done.findings {
            session.tell(finding);
        }
        tally.products += session.products;
        tally.rejected += session.rejected + put.rejected;
        tally.created += put.created;
        tally.updated += put.updated;
        tally.unchanged += put.unchanged;
        tally.hidden += put.hidden;
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

/// What an import of a file would do, before it is done.
#[derive(Debug, serde::Serialize)]
pub struct Preview {
    /// How a table was understood; none for other files.
    pub table: Option<Table>,
    /// The first editions as they would be imported.
    pub editions: Vec<Edition>,
    /// What there is to say about them, and about rows before them that would not be taken.
    pub notes: Vec<Note>,
}

/// Reads the first `records` editions of a file without storing anything.
///
/// # Errors
/// [`ImportError::Open`] when the file cannot be opened.
pub fn preview(
    file: &Path,
    mapping: Option<&Mapping>,
    records: usize,
) -> Result<Preview, ImportError> {
    let (mut table, mut editions, mut notes) = (None, Vec::new(), Vec::new());
    for source in Source::open(file)? {
        let mut session = Session::new(file, Clock::system().today(), &mut notes);
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
        table = table.or(session.table.take());
        if editions.len() >= records {
            break;
        }
    }
    Ok(Preview {
        table,
        editions,
        notes,
    })
}

/// Reads one file and hands its records to `take`.
fn read_source<T: Default>(
    source: Source,
    session: &mut Session<'_>,
    take: impl FnOnce(&mut dyn Iterator<Item = Incoming>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    match source.content() {
        Ok(Content::Xml(reader)) => take(&mut onix::Products::of(reader, session)),
        Ok(Content::MarcXml(reader)) => take(&mut marc::Records::of_xml(reader, session)),
        Ok(Content::MarcBytes(reader)) => take(&mut marc::Records::of_bytes(reader, session)),
        Ok(Content::JsonLines(reader)) => take(&mut json_lines::Lines::of(reader, session)),
        Ok(Content::Table(reader)) => take(&mut csv::Rows::of(reader, session)),
        Ok(Content::Unknown) => {
            session.note(
                Severity::Error,
                "not-recognised",
                0,
                None,
                "This is neither an ONIX message, nor MARC records, nor a table, nor JSON lines, plain or packed with \
                 gzip, Zstandard or zip. Nothing was read: ask the sender for ONIX.",
            );
            Ok(T::default())
        }
        Err(error) => {
            session.broken_off(0, &error);
            Ok(T::default())
        }
    }
}

/// What the reader of one file counts and says.
struct Session<'a> {
    file: String,
    today: Date,
    report: &'a mut dyn ReportSink,
    on_record: Box<dyn Fn(u64) + 'a>,
    products: u64,
    rejected: u64,
    /// On which line this file spoke of a record, by the hash of its identity.
    lines: HashMap<u64, u64>,
    /// What the columns of the sender's tables are, where somebody said so.
    mapping: Option<Mapping>,
    /// How the file was understood, if it is a table.
    table: Option<Table>,
}

impl<'a> Session<'a> {
    fn new(path: &Path, today: Date, report: &'a mut dyn ReportSink) -> Session<'a> {
        Session {
            file: path.display().to_string(),
            today,
            report,
            on_record: Box::new(|_| ()),
            products: 0,
            rejected: 0,
            lines: HashMap::new(),
            mapping: None,
            table: None,
        }
    }

    /// One more record was met.
    fn record(&mut self) {
        self.products += 1;
        (self.on_record)(self.products);
    }

    fn note(
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
            reference: reference.map(str::to_owned),
            code,
            severity,
            message: report::shortened(message, limits::NOTE_CHARS),
        });
    }

    /// Notes why a record is not taken, and counts it.
    fn reject(
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
    fn broken_off(&mut self, line: u64, error: &std::io::Error) {
        let message = format!(
            "The file could not be read beyond this line ({error}). Complete records before it were taken: fetch the \
             file again and import it again."
        );
        self.note(Severity::Error, "broken-off", line, None, &message);
    }

    /// Letters of the file were not in the encoding that it says it has.
    fn encoding_repaired(&mut self, letters: u64) {
        let message = format!(
            "{letters} letters were not in the encoding that the file says it has. They were read as Windows-1252; \
             check accents in its titles, and tell the sender."
        );
        self.note(Severity::Warning, "encoding-repaired", 0, None, &message);
    }

    /// Reports a reference that this file has used before; the later record wins (O5).
    fn remember(&mut self, line: u64, sender: &str, reference: &str) {
        let identity = identity_hash(sender, reference);
        let is_full = self.lines.len() >= limits::REFERENCES_REMEMBERED;
        if is_full || self.lines.insert(identity, line).is_none() {
            return;
        }
        self.note(
            Severity::Warning,
            "duplicate-reference",
            line,
            Some(reference),
            "This file has used the reference before. The later record replaced the earlier one: ask the sender \
             which of them is right.",
        );
    }
}

fn identity_hash(sender: &str, reference: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (sender, reference).hash(&mut hasher);
    hasher.finish()
}

impl Session<'_> {
    /// Notes what the catalogue found about a record when it was put in.
    fn tell(&mut self, finding: &Finding) {
        let identity = identity_hash(&finding.sender, &finding.reference);
        let line = self.lines.get(&identity).copied().unwrap_or(0);
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
        self.note(severity, code, line, Some(&finding.reference), &message);
    }
}

/// What reading one record had to say: more than one remark is usual.
#[derive(Debug, Default)]
struct Remarks(Vec<(Severity, &'static str, String)>);

impl Remarks {
    fn info(&mut self, code: &'static str, message: impl Into<String>) {
        self.0.push((Severity::Info, code, message.into()));
    }

    fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        self.0.push((Severity::Warning, code, message.into()));
    }

    fn tell(self, session: &mut Session<'_>, line: u64, reference: &str) {
        for (severity, code, message) in self.0 {
            session.note(severity, code, line, Some(reference), &message);
        }
    }
}

/// Why a record is not taken.
#[derive(Debug)]
struct Rejection {
    severity: Severity,
    code: &'static str,
    reference: Option<String>,
    message: String,
}

impl Rejection {
    fn error(code: &'static str, message: impl Into<String>) -> Rejection {
        Rejection {
            severity: Severity::Error,
            code,
            reference: None,
            message: message.into(),
        }
    }

    fn of(mut self, reference: &str) -> Rejection {
        self.reference = Some(reference.to_owned());
        self
    }

    fn tell(self, session: &mut Session<'_>, line: u64) {
        session.reject(
            self.severity,
            self.code,
            line,
            self.reference.as_deref(),
            &self.message,
        );
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
    let mut notes: Vec<Note> = Vec::new();
    let mut session = Session::new(Path::new("test"), today, &mut notes);
    session.mapping = mapping;
    let source = Source::of_stream(Box::new(std::io::Cursor::new(bytes.to_vec())));
    let read = read_source(source, &mut session, |incoming| Ok(incoming.collect()));
    drop(session);
    (read.unwrap_or_default(), notes)
}
