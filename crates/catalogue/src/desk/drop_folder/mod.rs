//! Folders where feeds arrive: a file that lies still is taken, imported as its sender's, and laid aside with its
//! report.
//!
//! A file is taken by moving it into `.taken/` under the name of its job: that succeeds for one process only, and
//! whatever dies afterwards, the next one to look finds it there. What is imported is a copy, which its sender cannot
//! change any more. Names are never trusted, and what is no ordinary file of its own is left where it lies. Whoever
//! sends may write to the folder, so nothing is written through a name that was there before, and only into folders
//! that nobody else may write to. What is wrong with one file holds up no other.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::iter::Flatten;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use storage::{Fault, Store};
use trade::clock::Timestamp;
use trade::ids::ImportJobId;

use super::job::{self, Job, JobState, Received};
use super::run::file_of;
use super::{limits, mappings};
use crate::import::{self, Mapping};
use crate::store::By;

mod aside;
mod copy;
mod names;
mod trouble;

use aside::{ReportError, of_job, place_aside, report_of, say_trouble, write_report};
use copy::{copy_ordinary, unfit};
use names::{harmless, taken_name};
use trouble::Troubles;
pub use trouble::{Trouble, TroubleKind};

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
    troubles: Troubles,
}

/// A file as it was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    bytes: u64,
    changed: (i64, i64),
    /// Since when it looks so.
    since: Timestamp,
}

/// Why a folder was not looked through.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// The folder, or one of ours in it; [`Watcher::troubles`] has it too.
    #[error("{path} cannot be used: {kind}")]
    Folder {
        /// What.
        path: PathBuf,
        /// What is wrong with it.
        kind: TroubleKind,
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
            troubles: Troubles::default(),
        }
    }

    /// The folder that is looked at.
    pub fn folder(&self) -> &DropFolder {
        &self.drop
    }

    /// What is wrong with which file, or with which folder of it.
    pub fn troubles(&self) -> impl Iterator<Item = (&Path, Trouble)> {
        self.troubles.all()
    }

    /// Takes files that lie still, and lays aside those whose jobs have ended. Says how many were taken. What is wrong
    /// with a file is among the [`Watcher::troubles`] then.
    ///
    /// # Errors
    /// [`DropError`]; what was done before it stays done.
    pub fn look(&mut self, store: &Store, now: Timestamp) -> Result<usize, DropError> {
        let looked = self.look_through(store, now);
        match &looked {
            Ok(_) => self.troubles.forget_gone(),
            Err(DropError::Folder { path, kind }) => self.troubles.met(path, *kind, now),
            Err(DropError::Fault(_)) => {}
        }
        looked
    }

    fn look_through(&mut self, store: &Store, now: Timestamp) -> Result<usize, DropError> {
        for part in [TAKEN, DONE, FAILED] {
            self.own_folder(part)?;
            self.troubles.over(&self.path(part));
        }
        let mut taken = 0;
        for name in self.still(now)? {
            if !self.troubles.rests(&self.path(&name), now) {
                taken += usize::from(self.take(store, &name, now)?);
            }
        }
        self.lay_aside(store, now)?;
        Ok(taken)
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.drop.folder.join(name.as_ref())
    }

    /// Makes a folder of ours, or makes sure that it is one.
    fn own_folder(&self, part: &str) -> Result<(), DropError> {
        let path = self.path(part);
        match DirBuilder::new().mode(OWN_FOLDER).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(closed(&self.drop.folder, &error));
            }
            _ => {}
        }
        let metadata =
            fs::symlink_metadata(&path).map_err(|error| closed(&self.drop.folder, &error))?;
        match is_ours(&metadata) {
            true => Ok(()),
            false => Err(DropError::Folder {
                path,
                kind: TroubleKind::NotOurs,
            }),
        }
    }

    /// The entries of a folder.
    fn entries(&mut self, folder: &Path) -> Result<Flatten<fs::ReadDir>, DropError> {
        let entries = fs::read_dir(folder).map_err(|error| closed(folder, &error))?;
        self.troubles.over(folder);
        // What cannot be listed is listed the next time.
        Ok(entries.flatten())
    }

    /// The names of files that have not changed for [`STILL`], or whose last letters were just taken off.
    fn still(&mut self, now: Timestamp) -> Result<Vec<OsString>, DropError> {
        let folder = self.drop.folder.clone();
        let mut seen = HashMap::new();
        let mut still = Vec::new();
        for entry in self.entries(&folder)? {
            let name = entry.file_name();
            // Not followed; gone meanwhile is as if it had never been.
            let Ok(metadata) = fs::symlink_metadata(entry.path()) else {
                continue;
            };
            if name.as_encoded_bytes().starts_with(b".") || metadata.is_dir() {
                continue;
            }
            if !self.is_fit(&entry.path(), &metadata, now) {
                continue;
            }
            let one = self.see(&name, &metadata, now);
            let is_finished = !UNFINISHED
                .iter()
                .any(|end| name.as_encoded_bytes().ends_with(end.as_bytes()));
            let lies_still = now.since(one.since) >= STILL || self.was_renamed(&name, &one);
            if is_finished && lies_still {
                still.push(name.clone());
            }
            seen.insert(name, one);
            if seen.len() >= limits::DROPPED_LOOKED_AT {
                break;
            }
        }
        self.seen = seen;
        Ok(still)
    }

    fn see(&self, name: &OsString, metadata: &Metadata, now: Timestamp) -> Seen {
        let one = Seen {
            bytes: metadata.len(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
            since: now,
        };
        match self.seen.get(name) {
            Some(before) if (before.bytes, before.changed) == (one.bytes, one.changed) => *before,
            _ => one,
        }
    }

    /// Whether it is a file that may be taken.
    fn is_fit(&mut self, path: &Path, metadata: &Metadata, now: Timestamp) -> bool {
        match (unfit(metadata), self.troubles.kind(path)) {
            (Some(kind), _) => {
                self.troubles.met(path, kind, now);
                return false;
            }
            (None, Some(TroubleKind::NotOrdinary | TroubleKind::TooLarge)) => {
                self.troubles.over(path);
            }
            _ => {}
        }
        true
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

    /// Takes a file, unless another process was faster, or it cannot be had.
    fn take(&mut self, store: &Store, name: &OsStr, now: Timestamp) -> Result<bool, DropError> {
        let job = ImportJobId::new();
        let path = self.path(name);
        let taken = of_job(&self.path(TAKEN), job, &harmless(&name.to_string_lossy()));
        match fs::rename(&path, &taken) {
            Ok(()) => Ok(self.hand_in(store, job, &taken, now)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) if !may_be_written_to(&self.drop.folder) => {
                Err(closed(&self.drop.folder, &error))
            }
            Err(error) => {
                self.troubles.met(&path, TroubleKind::of(&error), now);
                Ok(false)
            }
        }
    }

    /// Copies a taken file to the desk and writes its job down; what is at fault itself is laid aside, what cannot be
    /// copied for another reason lies there until it can. Whether there is a job of it.
    fn hand_in(
        &mut self,
        store: &Store,
        job: ImportJobId,
        taken: &Path,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let name = taken_name(taken).map_or_else(String::new, |(_, name)| name);
        let copy = file_of(&self.desk, job);
        let bytes = match copy_ordinary(taken, &self.desk, &copy) {
            Ok(bytes) => bytes,
            // Another process was faster.
            Err(TroubleKind::Missing) => return Ok(false),
            Err(kind) => {
                drop(fs::remove_file(&copy));
                self.cannot_copy(taken, &of_job(&self.path(FAILED), job, &name), kind, now);
                return Ok(false);
            }
        };
        self.troubles.over(taken);
        let mapping = self.mapping(store, &copy)?;
        let received = Received {
            name,
            bytes,
            mapping,
            at_once: true,
        };
        let by = By {
            staff: self.drop.sender.clone(),
            at: now,
        };
        store.write_blocking(move |tx| job::receive(tx, job, &received, &by))?;
        Ok(true)
    }

    fn cannot_copy(&mut self, taken: &Path, aside: &Path, kind: TroubleKind, now: Timestamp) {
        let lies = match kind.is_of_file() {
            true if fs::rename(taken, aside).is_ok() => {
                say_trouble(aside, kind);
                aside
            }
            _ => taken,
        };
        self.troubles.met(lies, kind, now);
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
    fn lay_aside(&mut self, store: &Store, now: Timestamp) -> Result<(), DropError> {
        let entries = self.entries(&self.path(TAKEN))?;
        let taken = entries.filter_map(|entry| {
            let path = entry.path();
            let (id, name) = taken_name(&path)?;
            (!self.troubles.rests(&path, now)).then_some((path, id, name))
        });
        let taken: Vec<_> = taken.take(limits::DROPPED_LOOKED_AT).collect();
        for (path, id, name) in taken {
            match store.read_blocking(|tx| job::job(tx, id))? {
                Some(job) if job.state.has_ended() => {
                    match self.lay_one_aside(store, &path, &job, &name, now) {
                        Ok(()) => self.troubles.over(&path),
                        Err(ReportError::Io(error)) => {
                            self.troubles.met(&path, TroubleKind::of(&error), now);
                        }
                        Err(ReportError::Fault(fault)) => return Err(fault.into()),
                    }
                }
                Some(_) => {}
                None if is_left(&path, now) => drop(self.hand_in(store, id, &path, now)?),
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
    ) -> Result<(), ReportError> {
        let anything = job.counts.all() > job.counts.rejected;
        let part = match job.state {
            JobState::Done if anything => DONE,
            _ => FAILED,
        };
        let Some((aside, report)) = place_aside(&self.path(part), job.id, name, now)? else {
            return Ok(()); // another process is at it
        };
        if let Err(error) = write_report(store, job.id, report) {
            drop(fs::remove_file(report_of(&aside)));
            return Err(error);
        }
        match fs::rename(taken, &aside) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            moved => Ok(moved?),
        }
    }
}

/// What is wrong with a folder in which something cannot be done.
fn closed(folder: &Path, error: &io::Error) -> DropError {
    DropError::Folder {
        path: folder.to_owned(),
        kind: TroubleKind::of_folder(error),
    }
}

fn may_be_written_to(folder: &Path) -> bool {
    let needed = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    rustix::fs::access(folder, needed).is_ok()
}

/// A real folder of the account we run under, which others may not write to.
fn is_ours(metadata: &Metadata) -> bool {
    metadata.is_dir()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & OTHERS_WRITE == 0
}

/// Whether whoever took the file died before its job was written down.
fn is_left(path: &Path, now: Timestamp) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return false;
    };
    let moved = Timestamp::micros(metadata.ctime().saturating_mul(1_000_000));
    now.since(moved) >= TAKING
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn watcher_of(folder: &Path) -> Watcher {
        let drop = DropFolder {
            folder: folder.to_owned(),
            sender: "quai".to_owned(),
        };
        Watcher::of(drop, folder)
    }

    #[test]
    fn a_folder_that_is_missing_or_closed_is_told_itself() {
        let outside = tempfile::tempdir().unwrap();
        let missing = outside.path().join("quai");
        // Nobody makes folders in /sys, whatever account the test runs under.
        let closed = Path::new("/sys");
        for (folder, expected) in [
            (missing.as_path(), TroubleKind::Missing),
            (closed, TroubleKind::Closed),
        ] {
            let told = watcher_of(folder).own_folder(TAKEN);
            let Err(DropError::Folder { path, kind }) = told else {
                panic!("{told:?}");
            };
            assert_eq!((path.as_path(), kind), (folder, expected));
        }
    }

    #[test]
    fn what_is_not_to_be_taken_keeps_nothing_else_from_being_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=limits::DROPPED_LOOKED_AT {
            fs::write(folder.path().join(format!(".hidden{number}")), "").unwrap();
            symlink("/dev/null", folder.path().join(format!("link{number}"))).unwrap();
        }
        for number in 0..20 {
            fs::write(folder.path().join(format!("stock{number}.csv")), "").unwrap();
        }
        let mut watcher = watcher_of(folder.path());
        assert_eq!(watcher.still(Timestamp::micros(0)).unwrap().len(), 0);
        let later = Timestamp::micros(0).plus(STILL);
        assert_eq!(watcher.still(later).unwrap().len(), 20);
    }

    #[test]
    fn only_a_folder_that_nobody_else_may_write_to_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let watcher = watcher_of(folder.path());
        assert!(watcher.own_folder(DONE).is_ok(), "made");
        assert!(watcher.own_folder(DONE).is_ok(), "found again");
        let done = folder.path().join(DONE);
        fs::set_permissions(&done, fs::Permissions::from_mode(0o775)).unwrap();
        let refused = |part| {
            let refused = watcher.own_folder(part);
            matches!(
                refused,
                Err(DropError::Folder {
                    kind: TroubleKind::NotOurs,
                    ..
                })
            )
        };
        assert!(refused(DONE), "a group may write to it");
        symlink(&done, folder.path().join(FAILED)).unwrap();
        assert!(refused(FAILED), "a link");
        fs::write(folder.path().join(TAKEN), "").unwrap();
        assert!(refused(TAKEN), "a file");
    }
}
