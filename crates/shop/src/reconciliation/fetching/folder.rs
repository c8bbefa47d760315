//! The folder where the bank's client leaves statements: a file that lies still is taken, read, and laid aside in `read` or
//! `refused`. Nothing is deleted.
//!
//! A file is taken by moving it into `.taken`, where its sender cannot change it any more and the next round finds it
//! whatever dies meanwhile. Names are never trusted, links are not followed ([`Folder`]), and what is no ordinary file is
//! left where it lies.

use std::{
    ffi::OsStr,
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use catalogue::desk::drop_folder::{Folder, UNFINISHED, harmless, is_ordinary};
use storage::Fault;
use trade::limits;

use super::{door::FetchFault, round::Stop};

const TAKEN: &str = ".taken";
/// Letters of its digest before a name that is taken already.
const DIGEST_LETTERS: usize = 16;

/// Where a file is laid aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    Read,
    Refused,
}

/// What was taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The names in `.taken`, in their order.
    pub names: Vec<String>,
    /// What hindered single files.
    pub hindered: Option<FetchFault>,
    /// Whether there are more than are read in one round.
    pub more: bool,
}

/// The folder and ours in it, held open for a round.
#[derive(Clone, Debug)]
pub(super) struct StatementFolder(Arc<Folders>);

#[derive(Debug)]
struct Folders {
    inbox: Folder,
    taken: Folder,
    read: Folder,
    refused: Folder,
    still: Duration,
}

impl StatementFolder {
    /// Opens the folder, and ours in it, which are made if need be.
    pub async fn open(path: PathBuf, still: Duration) -> Result<StatementFolder, Stop> {
        let opened = blocking(move || {
            let inbox = Folder::open(&path).map_err(|error| of_folder(&error))?;
            let folders = Folders {
                taken: own(&inbox, TAKEN)?,
                read: own(&inbox, "read")?,
                refused: own(&inbox, "refused")?,
                inbox,
                still,
            };
            match folders.inbox.may_be_written_to() {
                true => Ok(folders),
                false => Err(FetchFault::FolderClosed),
            }
        });
        Ok(StatementFolder(Arc::new(opened.await??)))
    }

    /// Takes files that lie still.
    pub async fn take(&self) -> Result<Taken, Stop> {
        let folders = Arc::clone(&self.0);
        Ok(blocking(move || folders.take()).await??)
    }

    /// A taken file, up to one byte more than is read of any.
    pub async fn read(&self, name: &str) -> Result<Result<Vec<u8>, FetchFault>, Stop> {
        let (folders, name) = (Arc::clone(&self.0), name.to_owned());
        blocking(move || {
            let file = folders.taken.read(&name).map_err(|error| of_file(&error))?;
            let most = limits::BANK_UPLOAD_BYTES as u64 + 1;
            let mut bytes = Vec::new();
            let read = file.take(most).read_to_end(&mut bytes);
            read.map_err(|error| of_file(&error)).map(|_| bytes)
        })
        .await
    }

    /// Moves a taken file to where a person looks for it, under its own name, or where that is taken, with its digest
    /// before it: under such a name lies the same file.
    pub async fn lay_aside(&self, name: &str, aside: Aside, digest: &str) -> Result<(), Stop> {
        let (folders, name) = (Arc::clone(&self.0), name.to_owned());
        let digest: String = digest.chars().take(DIGEST_LETTERS).collect();
        let moved = blocking(move || {
            let to = match aside {
                Aside::Read => &folders.read,
                Aside::Refused => &folders.refused,
            };
            let new_name = match to.metadata(&name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => name.clone(),
                _ => format!("{digest}-{name}"),
            };
            folders.taken.move_to(&name, to, &new_name)
        });
        match moved.await? {
            // Another node was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            moved => Ok(moved.map_err(|error| of_file(&error))?),
        }
    }
}

impl Folders {
    fn take(&self) -> Result<Taken, FetchFault> {
        let mut taken = Taken::default();
        for name in self.inbox.names().map_err(|error| of_folder(&error))? {
            match self.take_one(&name) {
                Ok(()) => {}
                Err(fault) => taken.hindered = Some(fault),
            }
        }
        let names = self.taken.names().map_err(|error| of_folder(&error))?;
        taken.names = names.filter_map(|name| name.into_string().ok()).collect();
        taken.names.sort();
        taken.more = taken.names.len() > limits::FETCH_FILES;
        taken.names.truncate(limits::FETCH_FILES);
        Ok(taken)
    }

    /// Takes a file, if it lies still and none of its name is taken.
    fn take_one(&self, name: &OsStr) -> Result<(), FetchFault> {
        // Gone meanwhile is as if it had never been.
        let Ok(metadata) = self.inbox.metadata(name) else {
            return Ok(());
        };
        let bytes = name.as_encoded_bytes();
        let is_unfinished = UNFINISHED.iter().any(|end| bytes.ends_with(end.as_bytes()));
        if metadata.is_dir() || bytes.starts_with(b".") || is_unfinished {
            return Ok(());
        }
        if !is_ordinary(&metadata) {
            return Err(FetchFault::NotOrdinary);
        }
        if !self.lies_still(metadata.ctime()) {
            return Ok(());
        }
        // What may not be read stays where a person sees it.
        self.inbox.read(name).map_err(|error| of_file(&error))?;
        let own = harmless(&name.to_string_lossy());
        if self.taken.metadata(&own).is_ok() {
            return Ok(());
        }
        match self.inbox.move_to(name, &self.taken, &own) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(of_file(&error)),
            _ => Ok(()),
        }
    }

    /// Whether a file has not changed for long enough: `changed` is when the system wrote it last, in seconds since 1970,
    /// which its sender cannot set.
    fn lies_still(&self, changed: i64) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let changed = Duration::from_secs(u64::try_from(changed).unwrap_or_default());
        now.is_ok_and(|now| now.saturating_sub(changed) >= self.still)
    }
}

fn own(inbox: &Folder, name: &str) -> Result<Folder, FetchFault> {
    match inbox.own(name) {
        Ok(own) => own.ok_or(FetchFault::FolderNotOurs),
        Err(error) => Err(of_folder(&error)),
    }
}

fn of_folder(error: &io::Error) -> FetchFault {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FetchFault::FolderMissing,
        _ => FetchFault::FolderClosed,
    }
}

fn of_file(error: &io::Error) -> FetchFault {
    tracing::warn!(%error, "a file in the folder of statements cannot be read or moved");
    FetchFault::Forbidden
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|panicked| Stop::Fault(Fault::defect(panicked.to_string())))
}
