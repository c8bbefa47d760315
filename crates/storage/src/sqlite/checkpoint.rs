//! Moving what was committed from the log into the file, beside the writer: a commit waits for the log alone.

use std::{
    path::Path,
    sync::mpsc::{Receiver, sync_channel},
    thread::JoinHandle,
};

use rusqlite::{Connection, hooks::Wal};

use super::{fault, open_writer};
use crate::Fault;

/// Pages of 4 KiB that come into the log between two moves: what SQLite takes by itself.
const PAGES: i32 = 1_000;
/// Pages in the log at which the writer moves the last of them itself, so that the log begins anew: while commits go on
/// without a pause, a thread beside them is never at its end. 64 MiB, which are read in a blink after a crash.
const MOST: i32 = 16_384;

/// The thread that moves.
pub(crate) struct Mover(JoinHandle<()>);

/// Takes the moving away from `writer` and gives it to a thread.
pub(crate) fn beside(writer: &mut Connection, path: &Path) -> Result<Mover, Fault> {
    let mover = open_writer(path)?;
    let (wake, woken) = sync_channel(1);
    let thread = std::thread::Builder::new()
        .name("sqlite-mover".to_owned())
        .spawn(move || move_until_closed(&mover, &woken))
        .map_err(|e| Fault::Unavailable(e.into()))?;
    let mut told_at = 0;
    let hook = move |log: &mut Wal, pages| {
        if pages < told_at {
            told_at = 0;
        }
        if pages >= MOST {
            // Busy when the thread is about it, and tried again at the next commit. An error here would be the commit's.
            log.checkpoint().unwrap_or_default();
        } else if pages >= told_at + PAGES {
            told_at = pages;
            // Full when it has been woken already.
            wake.try_send(()).unwrap_or_default();
        }
        Ok(())
    };
    writer.wal_hook(Some(hook)).map_err(fault)?;
    Ok(Mover(thread))
}

impl Mover {
    /// Ends the thread before the writer's connection is closed: the last of two that close at once may not know that it is
    /// the last, and leaves the log behind.
    pub(crate) fn end(self, writer: &mut Connection) {
        type NoHook = fn(&mut Wal, i32) -> rusqlite::Result<()>;
        if let Err(error) = writer.wal_hook(None::<NoHook>) {
            return tracing::warn!(%error, "the thread that moves the log was not told to end");
        }
        if self.0.join().is_err() {
            tracing::error!("the thread that moves the log panicked");
        }
    }
}

fn move_until_closed(mover: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        if let Err(error) = mover.execute_batch("PRAGMA wal_checkpoint(PASSIVE)") {
            tracing::warn!(%error, "the database's log was not moved into its file");
        }
    }
}
