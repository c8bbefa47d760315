//! The one thread that writes: verbs wait in a bounded queue, run each in a savepoint, and share one
//! commit. A verb is answered only after the commit that made it durable.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::JoinHandle,
    time::Instant,
};

use rusqlite::Connection;
use trade::limits;

use super::{SqliteTx, checkpoint, fault};
use crate::{Fault, Tx};

/// What a verb asks of the transaction it ran in.
pub(crate) enum Outcome {
    /// Keep its writes.
    Keep,
    /// Roll its savepoint back.
    Undo,
}

/// A verb in the queue. `run` is called once inside a transaction; `finish` afterwards, with whether
/// the commit succeeded, so that it can answer its caller.
pub(crate) trait Verb: Send {
    fn run(&mut self, tx: &mut dyn Tx) -> Outcome;
    fn finish(self: Box<Self>, commit: Result<(), Fault>);
}

/// The writer's queue; the thread ends when the last handle is dropped.
pub(crate) struct Writer {
    queue: SyncSender<Box<dyn Verb>>,
    _thread: JoinHandle<()>,
}

impl Writer {
    pub(crate) fn start(mut connection: Connection, path: &Path) -> Result<Self, Fault> {
        let mover = checkpoint::beside(&mut connection, path)?;
        let (queue, verbs) = sync_channel(limits::WRITE_QUEUE);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                write_until_closed(&connection, &verbs);
                mover.end(&mut connection);
            })
            .map_err(|e| Fault::Unavailable(e.into()))?;
        Ok(Self {
            queue,
            _thread: thread,
        })
    }

    /// Queues a verb without waiting; a full queue is [`Fault::Busy`], told through the verb.
    pub(crate) fn submit(&self, verb: Box<dyn Verb>) {
        match self.queue.try_send(verb) {
            Ok(()) => {}
            Err(TrySendError::Full(verb)) => verb.finish(Err(Fault::Busy)),
            Err(TrySendError::Disconnected(verb)) => {
                verb.finish(Err(Fault::Unavailable("the writer has stopped".into())));
            }
        }
    }
}

fn write_until_closed(connection: &Connection, verbs: &Receiver<Box<dyn Verb>>) {
    while let Ok(first) = verbs.recv() {
        commit_batch(connection, first, verbs);
    }
}

/// Runs `first` and whatever else is waiting in one transaction, bounded in count and time.
fn commit_batch(connection: &Connection, first: Box<dyn Verb>, verbs: &Receiver<Box<dyn Verb>>) {
    let begun = Instant::now();
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        return first.finish(Err(fault(error)));
    }
    let mut batch = vec![first];
    run_last(connection, &mut batch);
    while batch.len() < limits::GROUP_COMMIT_VERBS && begun.elapsed() < limits::GROUP_COMMIT_TIME {
        let Ok(verb) = verbs.try_recv() else { break };
        batch.push(verb);
        run_last(connection, &mut batch);
    }
    match connection.execute_batch("COMMIT") {
        Ok(()) => batch.into_iter().for_each(|verb| verb.finish(Ok(()))),
        Err(error) => fail_batch(connection, batch, error),
    }
}

/// Runs the newest verb of the batch in a savepoint of its own.
fn run_last(connection: &Connection, batch: &mut [Box<dyn Verb>]) {
    let Some(verb) = batch.last_mut() else { return };
    let opened = connection
        .prepare_cached("SAVEPOINT verb")
        .and_then(|mut s| s.execute([]));
    if let Err(error) = opened {
        tracing::error!(%error, "a savepoint could not be opened");
        return;
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        verb.run(&mut SqliteTx::new(connection))
    }));
    let undone = match outcome {
        Ok(Outcome::Keep) => Ok(0),
        // A verb that panicked has not stored an answer: its caller is told of a defect.
        Ok(Outcome::Undo) | Err(_) => connection
            .prepare_cached("ROLLBACK TO verb")
            .and_then(|mut s| s.execute([])),
    };
    let released = undone.and_then(|_| {
        connection
            .prepare_cached("RELEASE verb")
            .and_then(|mut s| s.execute([]))
    });
    if let Err(error) = released {
        // A statement that ended the whole transaction (disk full) also ends its savepoints; the
        // commit will then fail and every verb of the batch is told.
        tracing::error!(%error, "a savepoint could not be released");
    }
}

fn fail_batch(connection: &Connection, batch: Vec<Box<dyn Verb>>, error: rusqlite::Error) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a failed batch could not be rolled back");
    }
    let words = error.to_string();
    tracing::error!(error = %words, verbs = batch.len(), "a batch was not committed");
    for verb in batch {
        verb.finish(Err(Fault::Unavailable(words.clone().into())));
    }
}
