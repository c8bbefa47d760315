//! Imports that run in the background of this process: one at a time, each with its progress and its report.
//!
//! The list is this process's memory, for the person who watches; what an import did is in the catalogue. An
//! import that a crash ended is sent again: what it had taken changes nothing the second time.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use catalogue::import::{
    self, ImportError, JsonLinesReport, Note, Progress, ReportSink, Severity, Tally,
};
use storage::Store;
use trade::clock::Timestamp;
use trade::limits;
use uuid::Uuid;

/// Where imports are handed in and looked at.
pub(super) struct ImportDesk {
    folder: PathBuf,
    /// Newest first.
    jobs: Mutex<Vec<Arc<Job>>>,
}

/// One import.
pub(super) struct Job {
    pub id: Uuid,
    /// The file's name on the sender's machine.
    pub name: String,
    /// The login of who sent it.
    pub by: String,
    pub begun: Timestamp,
    started: Instant,
    read_bytes: AtomicU64,
    total_bytes: AtomicU64,
    records: AtomicU64,
    notes: Mutex<Notes>,
    end: OnceLock<End>,
    report: PathBuf,
}

/// The notes that the page shows, and how many there are of each weight.
#[derive(Clone, Default)]
pub(super) struct Notes {
    pub first: Vec<Note>,
    pub errors: u64,
    pub warnings: u64,
    pub infos: u64,
}

/// How an import ended.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// To the end of the file.
    Done(Tally),
    /// Broken off; the sentence is for the log, the page says what to do.
    Failed,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    pub records: u64,
    /// Of the file, from 0 to 100.
    pub percent: u8,
    /// Records a second so far.
    pub rate: u64,
    /// What is left at this rate; none before anything was read.
    pub left: Option<Duration>,
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    /// Another import runs.
    #[error("another import runs")]
    Busy,
    /// The folder cannot be written.
    #[error("the folder of imports cannot be written")]
    Folder(#[from] io::Error),
}

impl ImportDesk {
    pub(super) fn new(folder: &Path) -> ImportDesk {
        ImportDesk {
            folder: folder.to_owned(),
            jobs: Mutex::default(),
        }
    }

    /// All imports of this process, newest first.
    pub(super) fn jobs(&self) -> Vec<Arc<Job>> {
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn job(&self, id: Uuid) -> Option<Arc<Job>> {
        self.jobs().into_iter().find(|job| job.id == id)
    }

    /// Whether a file would be taken now.
    pub(super) fn is_free(&self) -> bool {
        self.jobs().iter().all(|job| job.end.get().is_some())
    }

    /// A new file in the desk's folder for an upload to be written to.
    pub(super) async fn new_file(&self) -> io::Result<(PathBuf, tokio::fs::File)> {
        tokio::fs::create_dir_all(&self.folder).await?;
        let path = self.folder.join(format!("{}.upload", Uuid::now_v7()));
        let file = tokio::fs::File::create_new(&path).await?;
        Ok((path, file))
    }

    /// Imports `file` on a thread of its own and deletes it afterwards.
    pub(super) fn begin(
        &self,
        store: &Store,
        file: PathBuf,
        name: String,
        by: String,
        now: Timestamp,
    ) -> Result<Arc<Job>, NotTaken> {
        let id = Uuid::now_v7();
        let report = self.folder.join(format!("{id}.report.jsonl"));
        let out = BufWriter::new(File::create_new(&report)?);
        let job = Arc::new(Job {
            id,
            name,
            by,
            begun: now,
            started: Instant::now(),
            read_bytes: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            records: AtomicU64::new(0),
            notes: Mutex::default(),
            end: OnceLock::new(),
            report,
        });
        {
            let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            if jobs.iter().any(|job| job.end.get().is_none()) {
                let _ = std::fs::remove_file(&job.report);
                return Err(NotTaken::Busy);
            }
            jobs.insert(0, Arc::clone(&job));
            let kept = limits::IMPORTS_LISTED.min(jobs.len());
            for old in jobs.drain(kept..) {
                let _ = std::fs::remove_file(&old.report);
            }
        }
        let (running, store) = (Arc::clone(&job), store.clone());
        tokio::task::spawn_blocking(move || running.run(&store, &file, out));
        Ok(job)
    }
}

impl Job {
    fn run(&self, store: &Store, file: &Path, out: BufWriter<File>) {
        let mut report = Reporting {
            job: self,
            file: JsonLinesReport::new(Capped {
                out,
                left: limits::IMPORT_REPORT_BYTES,
            }),
        };
        let imported = import::import_named(
            store,
            &[(file, self.name.clone())],
            &import::Brought {
                staff: &self.by,
                mapping: None,
            },
            self,
            &mut report,
        );
        if let Err(error) = report.file.finish() {
            tracing::warn!(import = %self.id, %error, "the report is not complete");
        }
        let _ = std::fs::remove_file(file);
        let end = match imported {
            Ok(tally) => End::Done(tally),
            Err(error) => {
                let details = match &error {
                    ImportError::Fault(fault) => fault.detail(),
                    ImportError::Open { source, .. } => source.to_string(),
                };
                tracing::error!(import = %self.id, details, "import broken off");
                End::Failed
            }
        };
        // Set once, here.
        let _ = self.end.set(end);
    }

    /// How it ended, if it did.
    pub(super) fn end(&self) -> Option<&End> {
        self.end.get()
    }

    pub(super) fn notes(&self) -> Notes {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The whole report, JSON lines.
    pub(super) fn report(&self) -> &Path {
        &self.report
    }

    pub(super) fn standing(&self) -> Standing {
        let read = self.read_bytes.load(Ordering::Relaxed);
        let total = self.total_bytes.load(Ordering::Relaxed);
        standing(
            read,
            total,
            self.records.load(Ordering::Relaxed),
            self.started.elapsed(),
        )
    }
}

fn standing(read: u64, total: u64, records: u64, elapsed: Duration) -> Standing {
    let millis = u64::try_from(elapsed.as_millis())
        .unwrap_or(u64::MAX)
        .max(1);
    let share = u8::try_from(read.saturating_mul(100) / total.max(1))
        .unwrap_or(100)
        .min(100);
    let left = (read > 0)
        .then(|| Duration::from_millis(millis.saturating_mul(total.saturating_sub(read)) / read));
    Standing {
        records,
        percent: share,
        rate: records.saturating_mul(1000) / millis,
        left,
    }
}

impl Progress for Job {
    fn advance(&self, read_bytes: u64, total_bytes: u64, records: u64) {
        self.read_bytes.store(read_bytes, Ordering::Relaxed);
        self.total_bytes.store(total_bytes, Ordering::Relaxed);
        self.records.store(records, Ordering::Relaxed);
    }
}

/// Notes go to the file, and the first of them, worst counted apart, to the page.
struct Reporting<'a> {
    job: &'a Job,
    file: JsonLinesReport<Capped<BufWriter<File>>>,
}

impl ReportSink for Reporting<'_> {
    fn note(&mut self, mut note: Note) {
        // The sender knows the file by its own name, not by ours.
        note.file.clone_from(&self.job.name);
        let mut notes = self
            .job
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match note.severity {
            Severity::Error => notes.errors += 1,
            Severity::Warning => notes.warnings += 1,
            Severity::Info => notes.infos += 1,
        }
        if notes.first.len() < limits::IMPORT_NOTES_SHOWN && note.severity != Severity::Info {
            notes.first.push(note.clone());
        }
        drop(notes);
        self.file.note(note);
    }
}

/// A file that takes no more than it was allowed.
struct Capped<W> {
    out: W,
    left: u64,
}

impl<W: Write> Write for Capped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wanted = bytes.len() as u64;
        self.left = self
            .left
            .checked_sub(wanted)
            .ok_or(io::ErrorKind::FileTooLarge)?;
        self.out.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_remaining_time_follow_from_what_was_read() {
        let half = standing(500, 1000, 300, Duration::from_secs(2));
        let expected = Standing {
            records: 300,
            percent: 50,
            rate: 150,
            left: Some(Duration::from_secs(2)),
        };
        assert_eq!(half, expected);
        assert_eq!(standing(0, 0, 0, Duration::ZERO).left, None);
        assert_eq!(
            standing(1000, 1000, 1, Duration::from_secs(1)).left,
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn a_report_stops_at_its_limit() {
        let mut capped = Capped {
            out: Vec::new(),
            left: 5,
        };
        assert!(capped.write_all(b"12345").is_ok());
        assert!(capped.write_all(b"6").is_err());
        assert_eq!(capped.out, b"12345");
    }
}
