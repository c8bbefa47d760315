//! What is wrong with files of a drop folder: said once, shown until it is over, and not tried again all the time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use trade::clock::Timestamp;

use crate::desk::limits;

/// How long is waited before a file that made trouble is tried again: what a person puts right, or a disk that is full,
/// takes minutes.
const AGAIN: Duration = Duration::from_secs(60);

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TroubleKind {
    /// A link, a socket, or a file with a second name.
    #[error("this is no ordinary file of its own: it is not taken")]
    NotOrdinary,
    /// More than [`DROPPED_BYTES`](limits::DROPPED_BYTES).
    #[error("the file is larger than any feed: it is not taken")]
    TooLarge,
    /// It may not be read, or not be moved.
    #[error("the shop's account may not read or move it")]
    Forbidden,
    /// The folder may not be listed or written to.
    #[error(
        "the shop's account may not list this folder or write to it: nothing is taken until it may"
    )]
    Closed,
    /// The disk is full.
    #[error("the disk is full: it is tried again")]
    DiskFull,
    /// The shop's own folder, where copies are read, cannot be written to.
    #[error("the shop's own folder cannot be written to: it is tried again")]
    Desk,
    /// A folder of ours belongs to somebody else, or others may write to it.
    #[error(
        "it must be a folder of the account that the shop runs under, which nobody else may write to: change its \
         rights (chmod go-w), or move it away and it is made anew"
    )]
    NotOurs,
    /// It is not there.
    #[error("it is not there")]
    Missing,
    /// Whatever else the system says.
    #[error("it cannot be used: it is tried again")]
    Unusable,
}

impl TroubleKind {
    /// All of them.
    pub const ALL: [TroubleKind; 9] = [
        TroubleKind::NotOrdinary,
        TroubleKind::TooLarge,
        TroubleKind::Forbidden,
        TroubleKind::Closed,
        TroubleKind::DiskFull,
        TroubleKind::Desk,
        TroubleKind::NotOurs,
        TroubleKind::Missing,
        TroubleKind::Unusable,
    ];

    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            TroubleKind::NotOrdinary => "not-ordinary",
            TroubleKind::TooLarge => "too-large",
            TroubleKind::Forbidden => "forbidden",
            TroubleKind::Closed => "closed",
            TroubleKind::DiskFull => "disk-full",
            TroubleKind::Desk => "desk",
            TroubleKind::NotOurs => "not-ours",
            TroubleKind::Missing => "missing",
            TroubleKind::Unusable => "unusable",
        }
    }

    /// Whether the file is at fault, which will not change by itself.
    pub(super) fn is_of_file(self) -> bool {
        matches!(
            self,
            TroubleKind::NotOrdinary | TroubleKind::TooLarge | TroubleKind::Forbidden
        )
    }

    /// The trouble of writing to the desk's folder.
    pub(super) fn of_desk(error: &io::Error) -> TroubleKind {
        match TroubleKind::of(error) {
            TroubleKind::DiskFull => TroubleKind::DiskFull,
            _ => TroubleKind::Desk,
        }
    }

    /// The trouble of looking into a folder, or of writing there.
    pub(super) fn of_folder(error: &io::Error) -> TroubleKind {
        match TroubleKind::of(error) {
            TroubleKind::Forbidden => TroubleKind::Closed,
            kind => kind,
        }
    }

    /// What the system's error means.
    pub(super) fn of(error: &io::Error) -> TroubleKind {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => TroubleKind::DiskFull,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                TroubleKind::Forbidden
            }
            io::ErrorKind::NotFound => TroubleKind::Missing,
            _ => TroubleKind::Unusable,
        }
    }
}

/// What is wrong with one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub kind: TroubleKind,
    /// Since when.
    pub since: Timestamp,
    tried: Timestamp,
}

/// The troubles of a drop folder, by where what makes them lies.
#[derive(Debug, Default)]
pub(super) struct Troubles(BTreeMap<PathBuf, Trouble>);

impl Troubles {
    /// Remembers a trouble, and says it in the log when it is new.
    pub(super) fn met(&mut self, path: &Path, kind: TroubleKind, now: Timestamp) {
        match self.0.get_mut(path) {
            Some(known) if known.kind == kind => known.tried = now,
            known => {
                if known.is_none() && self.0.len() >= limits::DROPPED_LOOKED_AT {
                    return;
                }
                tracing::warn!(file = ?path, reason = %kind, "trouble in a drop folder");
                let trouble = Trouble {
                    kind,
                    since: now,
                    tried: now,
                };
                self.0.insert(path.to_owned(), trouble);
            }
        }
    }

    /// Whether it made trouble a moment ago, and is not tried again yet.
    pub(super) fn rests(&self, path: &Path, now: Timestamp) -> bool {
        let known = self.0.get(path);
        known.is_some_and(|known| now.since(known.tried) < AGAIN)
    }

    /// What is wrong with it.
    pub(super) fn kind(&self, path: &Path) -> Option<TroubleKind> {
        self.0.get(path).map(|known| known.kind)
    }

    /// There is nothing wrong with it any more.
    pub(super) fn over(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// Forgets what lies there no longer.
    pub(super) fn forget_gone(&mut self) {
        self.0.retain(|path, _| fs::symlink_metadata(path).is_ok());
    }

    /// All, by where they lie.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Path, Trouble)> {
        self.0
            .iter()
            .map(|(path, trouble)| (path.as_path(), *trouble))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_trouble_rests_a_minute_keeps_its_beginning_and_goes_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "").unwrap();
        let mut troubles = Troubles::default();
        let at = |seconds: i64| Timestamp::micros(seconds * 1_000_000);
        troubles.met(&path, TroubleKind::DiskFull, at(0));
        assert!(troubles.rests(&path, at(59)) && !troubles.rests(&path, at(60)));
        troubles.met(&path, TroubleKind::DiskFull, at(60));
        assert!(troubles.rests(&path, at(61)));
        let since = |troubles: &Troubles| troubles.all().next().map(|(_, one)| one.since);
        assert_eq!(since(&troubles), Some(at(0)));
        troubles.met(&path, TroubleKind::Forbidden, at(90));
        assert_eq!(since(&troubles), Some(at(90)));
        troubles.forget_gone();
        assert_eq!(troubles.all().count(), 1);
        fs::remove_file(&path).unwrap();
        troubles.forget_gone();
        assert_eq!(troubles.all().count(), 0);
    }
}
