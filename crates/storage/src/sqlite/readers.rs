//! Read-only connections, lent one at a time; each read sees one snapshot.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use rusqlite::Connection;

use super::{SqliteTx, fault, open_reader};
use crate::Fault;

/// Idle connections that are kept open.
const KEPT: usize = 8;

/// The pool; the callers' thread limit bounds how many are lent.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs `read` on one snapshot.
    pub(crate) fn with<T, E: From<Fault>>(
        &self,
        read: impl FnOnce(&mut SqliteTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = self.lend()?;
        connection.execute_batch("BEGIN").map_err(fault)?;
        let answer = read(&mut SqliteTx::new(&connection));
        connection.execute_batch("COMMIT").map_err(fault)?;
        self.give_back(connection);
        answer
    }

    fn lend(&self) -> Result<Connection, Fault> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        idle.map_or_else(|| open_reader(&self.path), Ok)
    }

    fn give_back(&self, connection: Connection) {
        if let Ok(mut idle) = self.idle.lock()
            && idle.len() < KEPT
        {
            idle.push(connection);
        }
    }
}
