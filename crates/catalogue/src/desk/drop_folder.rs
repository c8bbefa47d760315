//! Folders where feeds arrive: a file that lies still is taken, imported as its sender's, and laid aside with its
//! report.
//!
//! A file is taken by moving it into `.taken/` under the name of its job: that succeeds for one process only, and
//! whatever dies afterwards, the next one to look finds it there. What is imported is a copy, which its sender cannot
//! change any more. Names are never trusted, and what is no ordinary file of its own is left where it lies. Whoever
//! sends may write to the folder, so nothing is written through a name that was there before, and only into folders
//! that nobody else may write to.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use storage::{Fault, Store, Tx};
use trade::clock::Timestamp;
use trade::ids::ImportJobId;

use super::job::{self, Job, JobState, Received};
use super::notes::{self, Wanted};
use super::run::file_of;
use super::{limits, mappings};
use crate::import::{self, Mapping};
use crate::store::By;

/// How long a file must not have changed to be taken: whoever sends it has paused no longer than that.
pub const STILL: Duration = Duration::from_secs(5);
/// How long a taken file without a job is another process's, who is about to write the job down.
const TAKING: Duration = Duration::from_secs(60);

/// Endings of names of files that are still being sent.
const UNFINISHED: [&str; 3] = [".part", ".tmp", ".filepart"];

/// The mode of our own folders: others may fetch what is laid aside, and leave nothing there.
const OWN_FOLDER: u32 = 0o755;
/// The bits of a mode by which others write.
const OTHERS_WRITE: u32 = 0o022;

const TAKEN: &str = ".taken";
const DONE: &str = "done";
const FAILED: &str = "failed";

/// A folder where the files of one sender arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Whose tables arrive there: the name of their saved mapping.
    pub sender: String,
}

/// Looks at a drop folder again and again.
#[derive(Debug)]
pub struct Watcher {
    drop: DropFolder,
    /// The desk's folder.
    desk: PathBuf,
    seen: HashMap<OsString, Seen>,
}

/// A file as it was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    bytes: u64,
    changed: (i64, i64),
    /// Since when it looks so.
    since: Timestamp,
    /// It is none that may be taken; said once.
    refused: bool,
}

/// Why a folder was not looked through.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// The folder, or what is laid aside in it.
    #[error("{path} cannot be used")]
    Folder {
        /// What.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// What bears the name of a folder of ours is none that only we may write to.
    #[error(
        "{path} must be a folder of the account that the shop runs under, which nobody else may write to: change its rights (chmod go-w), or move it away and it is made anew"
    )]
    NotOurs {
        /// What.
        path: PathBuf,
    },
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Watcher {
    /// A watcher that has seen nothing yet; files are imported in the desk's folder.
    pub fn of(drop: DropFolder, desk: &Path) -> Watcher {
        Watcher {
            drop,
            desk: desk.to_owned(),
            seen: HashMap::new(),
        }
    }

    /// Takes files that lie still, and lays aside those whose jobs have ended. Says how many were taken.
    ///
    /// # Errors
    /// [`DropError`]; what was done before it stays done.
    pub fn look(&mut self, store: &Store, now: Timestamp) -> Result<usize, DropError> {
        for part in [TAKEN, DONE, FAILED] {
            self.own_folder(part)?;
        }
        let still = self.still(now)?;
        let mut taken = 0;
        for name in still {
            taken += usize::from(self.take(store, &name, now)?);
        }
        self.lay_aside(store, now)?;
        Ok(taken)
    }

    fn path(&self, part: &str) -> PathBuf {
        self.drop.folder.join(part)
    }

    fn failed(&self, path: &Path) -> impl FnOnce(io::Error) -> DropError + use<> {
        let path = path.to_owned();
        move |source| DropError::Folder { path, source }
    }

    /// Makes a folder of ours, or makes sure that it is one.
    fn own_folder(&self, part: &str) -> Result<(), DropError> {
        let path = self.path(part);
        match DirBuilder::new().mode(OWN_FOLDER).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(self.failed(&path)(error));
            }
            _ => {}
        }
        let metadata = fs::symlink_metadata(&path).map_err(self.failed(&path))?;
        match is_ours(&metadata) {
            true => Ok(()),
            false => Err(DropError::NotOurs { path }),
        }
    }

    /// The names of files that have not changed for [`STILL`], or whose last letters were just taken off.
    fn still(&mut self, now: Timestamp) -> Result<Vec<OsString>, DropError> {
        let folder = self.drop.folder.clone();
        let entries = fs::read_dir(&folder).map_err(self.failed(&folder))?;
        let mut seen = HashMap::new();
        let mut still = Vec::new();
        for entry in entries.take(limits::DROPPED_LOOKED_AT) {
            let entry = entry.map_err(self.failed(&folder))?;
            let name = entry.file_name();
            // Not followed; gone meanwhile is as if it had never been.
            let Ok(metadata) = fs::symlink_metadata(entry.path()) else {
                continue;
            };
            if name.as_encoded_bytes().starts_with(b".") || metadata.is_dir() {
                continue;
            }
            let one = self.see(&name, &metadata, now);
            let is_finished = !UNFINISHED
                .iter()
                .any(|end| name.as_encoded_bytes().ends_with(end.as_bytes()));
            let lies_still = now.since(one.since) >= STILL || self.was_renamed(&name, &one);
            if is_finished && !one.refused && lies_still {
                still.push(name.clone());
            }
            seen.insert(name, one);
        }
        self.seen = seen;
        Ok(still)
    }

    fn see(&self, name: &OsString, metadata: &Metadata, now: Timestamp) -> Seen {
        let refused = !is_ordinary(metadata);
        let one = Seen {
            bytes: metadata.len(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
            since: now,
            refused,
        };
        let before = self.seen.get(name);
        if refused && before.is_none_or(|before| !before.refused) {
            let folder = self.drop.folder.display();
            tracing::warn!(%folder, ?name, "no ordinary file: not taken");
        }
        match before {
            Some(before) if (before.bytes, before.changed) == (one.bytes, one.changed) => Seen {
                since: before.since,
                ..one
            },
            _ => one,
        }
    }

    /// Whether it was seen before under a name of an unfinished file, just as long.
    fn was_renamed(&self, name: &OsString, one: &Seen) -> bool {
        UNFINISHED.iter().any(|end| {
            let mut before = name.clone();
            before.push(end);
            let seen = self.seen.get(&before);
            seen.is_some_and(|seen| seen.bytes == one.bytes)
                && !self.drop.folder.join(&before).exists()
        })
    }

    /// Takes a file, unless another process was faster.
    fn take(&self, store: &Store, name: &OsString, now: Timestamp) -> Result<bool, DropError> {
        let job = ImportJobId::new();
        let taken = self
            .path(TAKEN)
            .join(format!("{job}-{}", harmless(&name.to_string_lossy())));
        match fs::rename(self.drop.folder.join(name), &taken) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(self.failed(&taken)(error)),
        }
        self.hand_in(store, job, &taken, now)?;
        Ok(true)
    }

    /// Copies a taken file to the desk and writes its job down.
    fn hand_in(
        &self,
        store: &Store,
        job: ImportJobId,
        taken: &Path,
        now: Timestamp,
    ) -> Result<(), DropError> {
        let name = taken_name(taken).map_or_else(String::new, |(_, name)| name);
        let copy = file_of(&self.desk, job);
        if let Err(error) = copy_ordinary(taken, &self.desk, &copy) {
            tracing::warn!(file = %taken.display(), %error, "not taken");
            let aside = of_job(&self.path(FAILED), job, &name);
            return fs::rename(taken, &aside).map_err(self.failed(&aside));
        }
        let mapping = self.mapping(store, &copy)?;
        let received = Received {
            name,
            bytes: fs::metadata(&copy).map_or(0, |metadata| metadata.len()),
            mapping,
            at_once: true,
        };
        let by = By {
            staff: self.drop.sender.clone(),
            at: now,
        };
        store.write_blocking(move |tx| job::receive(tx, job, &received, &by))?;
        Ok(())
    }

    /// The mapping that was saved for the sender; for another table a proposed one that bears the sender's name.
    fn mapping(&self, store: &Store, file: &Path) -> Result<Option<Mapping>, Fault> {
        let sender = self.drop.sender.clone();
        let saved = store.read_blocking(|tx| mappings::of_sender(tx, &sender))?;
        if saved.is_some() {
            return Ok(saved);
        }
        let preview = import::preview(file, None, 0).ok();
        let table = preview.and_then(|preview| preview.table);
        Ok(table.map(|table| Mapping {
            sender: self.drop.sender.clone(),
            ..table.mapping
        }))
    }

    /// Moves taken files whose jobs ended to where a person looks for them, each with its report.
    fn lay_aside(&self, store: &Store, now: Timestamp) -> Result<(), DropError> {
        let folder = self.path(TAKEN);
        let entries = fs::read_dir(&folder).map_err(self.failed(&folder))?;
        for entry in entries.take(limits::DROPPED_LOOKED_AT) {
            let path = entry.map_err(self.failed(&folder))?.path();
            let Some((id, name)) = taken_name(&path) else {
                continue;
            };
            match store.read_blocking(|tx| job::job(tx, id))? {
                Some(job) if job.state.has_ended() => {
                    self.lay_one_aside(store, &path, &job, &name, now)?
                }
                Some(_) => {}
                None if is_left(&path, now) => self.hand_in(store, id, &path, now)?,
                None => {}
            }
        }
        Ok(())
    }

    fn lay_one_aside(
        &self,
        store: &Store,
        taken: &Path,
        job: &Job,
        name: &str,
        now: Timestamp,
    ) -> Result<(), DropError> {
        let anything = job.counts.all() > job.counts.rejected;
        let part = match job.state {
            JobState::Done if anything => DONE,
            _ => FAILED,
        };
        let folder = self.path(part);
        let placed = place_aside(&folder, job.id, name, now).map_err(self.failed(&folder))?;
        let Some((aside, report)) = placed else {
            return Ok(()); // another process is at it
        };
        write_report(store, job.id, report).map_err(|error| match error {
            ReportError::Fault(fault) => DropError::Fault(fault),
            ReportError::Io(error) => self.failed(&report_of(&aside))(error),
        })?;
        match fs::rename(taken, &aside) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            moved => moved.map_err(self.failed(&aside)),
        }
    }
}

/// An ordinary file, of which there is no second name that somebody could write it by.
fn is_ordinary(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.nlink() == 1
}

/// A real folder of the account we run under, which others may not write to.
fn is_ours(metadata: &Metadata) -> bool {
    metadata.is_dir()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & OTHERS_WRITE == 0
}

/// Copies a file that is ordinary, and still the same once it is open.
fn copy_ordinary(from: &Path, folder: &Path, to: &Path) -> io::Result<()> {
    let named = fs::symlink_metadata(from)?;
    if !is_ordinary(&named) || named.len() > limits::DROPPED_BYTES {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut file = File::open(from)?;
    let opened = file.metadata()?;
    if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fs::create_dir_all(folder)?;
    let mut copy = File::create(to)?;
    io::copy(&mut file, &mut copy)?;
    copy.sync_all()
}

/// Whether whoever took the file died before its job was written down.
fn is_left(path: &Path, now: Timestamp) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return false;
    };
    let moved = Timestamp::micros(metadata.ctime().saturating_mul(1_000_000));
    now.since(moved) >= TAKING
}

/// The job and the name of a taken file.
fn taken_name(path: &Path) -> Option<(ImportJobId, String)> {
    /// Of a UUID as text.
    const ID_LETTERS: usize = 36;
    let name = path.file_name()?.to_str()?;
    let (job, name) = name.split_at_checked(ID_LETTERS)?;
    Some((job.parse().ok()?, name.strip_prefix('-')?.to_owned()))
}

/// A name that leads nowhere and fits everywhere.
fn harmless(name: &str) -> String {
    let letters = name.chars().map(|letter| match letter {
        letter if letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_') => letter,
        _ => '_',
    });
    let mut name: String = letters
        .skip_while(|letter| *letter == '.')
        .take(60)
        .collect();
    // File systems count bytes, and the job's name goes before it and the report's behind.
    name.truncate(name.floor_char_boundary(180));
    match name.is_empty() {
        true => "file".to_owned(),
        false => name,
    }
}

/// The path that only a job's own file bears.
fn of_job(folder: &Path, job: ImportJobId, name: &str) -> PathBuf {
    folder.join(format!("{job}-{name}"))
}

/// Where the report of a file lies.
fn report_of(path: &Path) -> PathBuf {
    let mut report = path.as_os_str().to_owned();
    report.push(".report.jsonl");
    PathBuf::from(report)
}

/// Where a taken file goes, and its new report there: its own name, or the job's where that is taken. None while another
/// process writes the report, after which it moves the file. A link by the report's name is never followed.
fn place_aside(
    folder: &Path,
    job: ImportJobId,
    name: &str,
    now: Timestamp,
) -> io::Result<Option<(PathBuf, File)>> {
    let aside = folder.join(name);
    if fs::symlink_metadata(&aside).is_err() {
        match File::create_new(report_of(&aside)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if is_being_written(&report_of(&aside), now) {
                    return Ok(None);
                }
            }
            created => return Ok(Some((aside, created?))),
        }
    }
    let aside = of_job(folder, job, name);
    let report = report_of(&aside);
    // Of a look that died before it had moved the file.
    match fs::remove_file(&report) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = File::create_new(&report)?;
    Ok(Some((aside, file)))
}

/// Whether a report was begun a moment ago.
fn is_being_written(report: &Path, now: Timestamp) -> bool {
    fs::symlink_metadata(report).is_ok_and(|metadata| metadata.is_file()) && !is_left(report, now)
}

enum ReportError {
    Fault(Fault),
    Io(io::Error),
}

fn write_report(store: &Store, job: ImportJobId, file: File) -> Result<(), ReportError> {
    let mut out = BufWriter::new(file);
    let mut skipped = 0;
    loop {
        let page = |tx: &mut dyn Tx| notes::notes(tx, job, &Wanted::default(), 1_000, skipped);
        let page = store.read_blocking(page).map_err(ReportError::Fault)?;
        if page.is_empty() {
            return out.flush().map_err(ReportError::Io);
        }
        skipped += page.len() as u64;
        for note in &page {
            let line =
                serde_json::to_string(note).map_err(|error| ReportError::Io(error.into()))?;
            writeln!(out, "{line}").map_err(ReportError::Io)?;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn names_lead_nowhere() {
        assert_eq!(harmless("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(harmless("stock 2026.csv"), "stock_2026.csv");
        assert_eq!(harmless("a\n\u{1b}[2J"), "a___2J");
        assert_eq!(harmless(".."), "file");
        assert_eq!(harmless(&"x".repeat(500)).len(), 60);
    }

    #[test]
    fn a_taken_file_names_its_job() {
        let job = ImportJobId::new();
        let path = PathBuf::from(format!("/x/{job}-a-b.csv"));
        assert_eq!(taken_name(&path), Some((job, "a-b.csv".to_owned())));
        assert_eq!(taken_name(Path::new("/x/stock.csv")), None);
    }

    #[test]
    fn a_report_is_never_written_through_a_link() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = outside.path().join("target");
        let job = ImportJobId::new();
        let own = format!("{job}-a.csv.report.jsonl");
        for planted in ["a.csv.report.jsonl", own.as_str()] {
            symlink(&target, folder.path().join(planted)).unwrap();
        }
        let now = Timestamp::micros(i64::MAX / 2);
        let placed = place_aside(folder.path(), job, "a.csv", now).unwrap();
        let (aside, mut report) = placed.unwrap();
        report.write_all(b"{}").unwrap();
        assert_eq!(aside, folder.path().join(format!("{job}-a.csv")));
        assert_eq!(fs::read(folder.path().join(own)).unwrap(), b"{}");
        assert!(!target.exists(), "nothing was written outside");
    }

    #[test]
    fn only_a_folder_that_nobody_else_may_write_to_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let watcher = Watcher::of(
            DropFolder {
                folder: folder.path().to_owned(),
                sender: "quai".to_owned(),
            },
            folder.path(),
        );
        assert!(watcher.own_folder(DONE).is_ok(), "made");
        assert!(watcher.own_folder(DONE).is_ok(), "found again");
        let done = folder.path().join(DONE);
        fs::set_permissions(&done, fs::Permissions::from_mode(0o775)).unwrap();
        let refused = |part| matches!(watcher.own_folder(part), Err(DropError::NotOurs { .. }));
        assert!(refused(DONE), "a group may write to it");
        symlink(&done, folder.path().join(FAILED)).unwrap();
        assert!(refused(FAILED), "a link");
        fs::write(folder.path().join(TAKEN), "").unwrap();
        assert!(refused(TAKEN), "a file");
    }
}
