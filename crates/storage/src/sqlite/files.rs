//! Backup and restore of the embedded database as one checked file.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

/// Why a backup or a restore was not done.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no database to back up, or no backup to restore.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// The destination exists; nothing is ever overwritten.
    #[error("{0} exists already: name another file or move it away")]
    Exists(PathBuf),
    /// The copy failed.
    #[error("{path} could not be copied")]
    Copy {
        /// The file read.
        path: PathBuf,
        /// The driver's words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// SQLite's integrity check found damage; the copy is kept under the name given for inspection.
    #[error("{path} is damaged: {finding}")]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// The first finding.
        finding: String,
    },
}

/// Copies the database `from`, in use or not, into the new file `to`, and checks the copy.
///
/// # Errors
/// See [`BackupError`]. Nothing is overwritten.
pub fn backup(from: &Path, to: &Path) -> Result<(), BackupError> {
    copy_checked(from, to)
}

/// Brings the backup `from` to the place of a database `to` that must not exist, checking it first.
///
/// # Errors
/// See [`BackupError`]. A damaged backup is not restored.
pub fn restore(from: &Path, to: &Path) -> Result<(), BackupError> {
    if !from.exists() {
        return Err(BackupError::Missing(from.to_owned()));
    }
    check(from)?;
    copy_checked(from, to)
}

fn copy_checked(from: &Path, to: &Path) -> Result<(), BackupError> {
    if !from.exists() {
        return Err(BackupError::Missing(from.to_owned()));
    }
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let copy = |source: rusqlite::Error| BackupError::Copy {
        path: from.to_owned(),
        source: source.into(),
    };
    let name = to.to_string_lossy();
    open(from)
        .and_then(|c| c.execute("VACUUM INTO ?1", [&name]))
        .map_err(copy)?;
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|e| BackupError::Copy {
        path: to.to_owned(),
        source: e.into(),
    })?;
    check(to)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn check(path: &Path) -> Result<(), BackupError> {
    let damaged = |finding: String| BackupError::Damaged {
        path: path.to_owned(),
        finding,
    };
    let finding: String = open(path)
        .and_then(|c| c.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)))
        .map_err(|e| damaged(e.to_string()))?;
    if finding == "ok" {
        Ok(())
    } else {
        Err(damaged(finding))
    }
}
