//! Folders where feeds arrive: a file that lies still is taken, imported as its sender's, and laid aside with its
//! report.
//!
//! A file is taken by moving it into `.taken/` under the name of its job: that succeeds for one process only, and
//! whatever dies afterwards, the next one to look finds it there. What is imported is a copy, which its sender cannot
//! change any more. Names are never trusted, and what is no ordinary file of its own is left where it lies. Whoever
//! sends may write to the folder, so nothing is written through a name that was there before, and only into folders
//! that nobody else may write to, which are held open meanwhile: what is put in their place is not reached. What is wrong
//! with one file holds up no other.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
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
mod folder;
mod names;
mod trouble;

use aside::{ReportError, of_job, place_aside, report_of, say_trouble, write_report};
pub use copy::is_ordinary;
use copy::{copy_ordinary, unfit};
pub use folder::Folder;
pub use names::harmless;
use names::taken_name;
use trouble::Troubles;
pub use trouble::{Trouble, TroubleKind};

/// How long a file must not have changed to be taken: whoever sends it has paused no longer than that.
pub const STILL: Duration = Duration::from_secs(5);
/// How long a taken file without a job is another process's, who is about to write the job down.
const TAKING: Duration = Duration::from_secs(60);

/// Endings of names of files that are still being sent.
pub const UNFINISHED: [&str; 3] = [".part", ".tmp", ".filepart"];

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
        let folders = self.open()?;
        let mut taken = 0;
        for name in self.still(&folders.inbox, now)? {
            if !self.troubles.rests(&folders.inbox.path_of(&name), now) {
                taken += usize::from(self.take(store, &folders, &name, now)?);
            }
        }
        self.lay_aside(store, &folders, now)?;
        Ok(taken)
    }

    /// Opens the folder, and ours in it, which are made if need be.
    fn open(&mut self) -> Result<Folders, DropError> {
        let folder = &self.drop.folder;
        let inbox = Folder::open(folder).map_err(|error| closed(folder, &error))?;
        let folders = Folders {
            taken: self.own(&inbox, TAKEN)?,
            done: self.own(&inbox, DONE)?,
            failed: self.own(&inbox, FAILED)?,
            inbox,
        };
        self.troubles.over(folders.inbox.path());
        Ok(folders)
    }

    fn own(&mut self, inbox: &Folder, name: &str) -> Result<Folder, DropError> {
        match inbox.own(name) {
            Ok(Some(own)) => {
                self.troubles.over(own.path());
                Ok(own)
            }
            Ok(None) => Err(DropError::Folder {
                path: inbox.path_of(name),
                kind: TroubleKind::NotOurs,
            }),
            Err(error) => Err(closed(inbox.path(), &error)),
        }
    }

    /// The names of files that have not changed for [`STILL`], or whose last letters were just taken off.
    fn still(&mut self, inbox: &Folder, now: Timestamp) -> Result<Vec<OsString>, DropError> {
        let mut seen = HashMap::new();
        let mut still = Vec::new();
        for name in names_in(inbox)? {
            // Gone meanwhile is as if it had never been.
            let Ok(metadata) = inbox.metadata(&name) else {
                continue;
            };
            if name.as_encoded_bytes().starts_with(b".") || metadata.is_dir() {
                continue;
            }
            if !self.is_fit(&inbox.path_of(&name), &metadata, now) {
                continue;
            }
            let one = self.see(&name, &metadata, now);
            let is_finished = !UNFINISHED
                .iter()
                .any(|end| name.as_encoded_bytes().ends_with(end.as_bytes()));
            let lies_still = now.since(one.since) >= STILL || self.was_renamed(inbox, &name, &one);
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
    fn was_renamed(&self, inbox: &Folder, name: &OsString, one: &Seen) -> bool {
        UNFINISHED.iter().any(|end| {
            let mut before = name.clone();
            before.push(end);
            let seen = self.seen.get(&before);
            seen.is_some_and(|seen| seen.bytes == one.bytes) && inbox.metadata(&before).is_err()
        })
    }

    /// Takes a file, unless another process was faster, or it cannot be had.
    fn take(
        &mut self,
        store: &Store,
        folders: &Folders,
        name: &OsStr,
        now: Timestamp,
    ) -> Result<bool, DropError> {
        let job = ImportJobId::new();
        let taken = of_job(job, &harmless(&name.to_string_lossy()));
        let inbox = &folders.inbox;
        match inbox.move_to(name, &folders.taken, &taken) {
            Ok(()) => Ok(self.hand_in(store, folders, job, &taken, now)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) if !inbox.may_be_written_to() => Err(closed(inbox.path(), &error)),
            Err(error) => {
                let path = inbox.path_of(name);
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
        folders: &Folders,
        job: ImportJobId,
        taken: &str,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let name = taken_name(OsStr::new(taken)).map_or_else(String::new, |(_, name)| name);
        let copy = file_of(&self.desk, job);
        let bytes = match copy_ordinary(&folders.taken, taken, &self.desk, &copy) {
            Ok(bytes) => bytes,
            // Another process was faster.
            Err(TroubleKind::Missing) => return Ok(false),
            Err(kind) => {
                drop(fs::remove_file(&copy));
                self.cannot_copy(folders, taken, &of_job(job, &name), kind, now);
                return Ok(false);
            }
        };
        self.troubles.over(&folders.taken.path_of(taken));
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

    fn cannot_copy(
        &mut self,
        folders: &Folders,
        taken: &str,
        aside: &str,
        kind: TroubleKind,
        now: Timestamp,
    ) {
        let Folders {
            taken: from,
            failed,
            ..
        } = folders;
        let lies = match kind.is_of_file() {
            true if from.move_to(taken, failed, aside).is_ok() => {
                say_trouble(failed, aside, kind);
                failed.path_of(aside)
            }
            _ => from.path_of(taken),
        };
        self.troubles.met(&lies, kind, now);
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
    fn lay_aside(
        &mut self,
        store: &Store,
        folders: &Folders,
        now: Timestamp,
    ) -> Result<(), DropError> {
        let lying = &folders.taken;
        let taken = names_in(lying)?.filter_map(|taken| {
            let (id, name) = taken_name(&taken)?;
            let taken = taken.into_string().ok()?;
            (!self.troubles.rests(&lying.path_of(&taken), now)).then_some((taken, id, name))
        });
        let taken: Vec<_> = taken.take(limits::DROPPED_LOOKED_AT).collect();
        for (taken, id, name) in taken {
            let path = lying.path_of(&taken);
            match store.read_blocking(|tx| job::job(tx, id))? {
                Some(job) if job.state.has_ended() => {
                    match lay_one_aside(store, folders, &taken, &job, &name, now) {
                        Ok(()) => self.troubles.over(&path),
                        Err(ReportError::Io(error)) => {
                            self.troubles.met(&path, TroubleKind::of(&error), now);
                        }
                        Err(ReportError::Fault(fault)) => return Err(fault.into()),
                    }
                }
                Some(_) => {}
                None if is_left(lying, &taken, now) => {
                    self.hand_in(store, folders, id, &taken, now)?;
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// The folder and ours in it, held open while they are looked through.
#[derive(Debug)]
struct Folders {
    inbox: Folder,
    taken: Folder,
    done: Folder,
    failed: Folder,
}

fn lay_one_aside(
    store: &Store,
    folders: &Folders,
    taken: &str,
    job: &Job,
    name: &str,
    now: Timestamp,
) -> Result<(), ReportError> {
    let anything = job.counts.all() > job.counts.rejected;
    let folder = match job.state {
        JobState::Done if anything => &folders.done,
        _ => &folders.failed,
    };
    let Some((aside, report)) = place_aside(folder, job.id, name, now)? else {
        return Ok(()); // another process is at it
    };
    if let Err(error) = write_report(store, job.id, report) {
        drop(folder.remove(report_of(&aside)));
        return Err(error);
    }
    match folders.taken.move_to(taken, folder, &aside) {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        moved => Ok(moved?),
    }
}

fn names_in(folder: &Folder) -> Result<impl Iterator<Item = OsString>, DropError> {
    folder
        .names()
        .map_err(|error| closed(folder.path(), &error))
}

/// What is wrong with a folder in which something cannot be done.
fn closed(folder: &Path, error: &io::Error) -> DropError {
    DropError::Folder {
        path: folder.to_owned(),
        kind: TroubleKind::of_folder(error),
    }
}

/// Whether whoever took the file died before its job was written down.
fn is_left(folder: &Folder, name: &str, now: Timestamp) -> bool {
    let Ok(metadata) = folder.metadata(name) else {
        return false;
    };
    let moved = Timestamp::micros(metadata.ctime().saturating_mul(1_000_000));
    now.since(moved) >= TAKING
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::os::unix::fs::symlink;

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
            let told = watcher_of(folder).open();
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
        let inbox = Folder::open(folder.path()).unwrap();
        assert_eq!(
            watcher.still(&inbox, Timestamp::micros(0)).unwrap().len(),
            0
        );
        let later = Timestamp::micros(0).plus(STILL);
        assert_eq!(watcher.still(&inbox, later).unwrap().len(), 20);
    }
}
