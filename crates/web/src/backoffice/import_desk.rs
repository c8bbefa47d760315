//! The import desk of this process: its folder, and the one thread that works on what lies there.
//!
//! What is to be done is in the database ([`catalogue::desk`]), so it is done whichever process is asked for it, and
//! gone on with after a crash.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalogue::desk::drop_folder::{DropError, DropFolder, Trouble, Watcher};
use catalogue::desk::run::{Bench, file_of};
use catalogue::store::{self, By, ImportState};
use storage::{Fault, Store};
use tokio::sync::Notify;
use trade::clock::Clock;
use trade::ids::ImportJobId;

/// How often work is looked for that nobody announced: left by a process that died, or asked for in another one.
const LOOK: Duration = Duration::from_secs(2);

/// Where files are handed in.
pub(crate) struct ImportDesk {
    folder: PathBuf,
    drops: Vec<DropFolder>,
    dropped: Arc<Mutex<Vec<Dropped>>>,
    wake: Notify,
}

/// A drop folder as this process found it last.
#[derive(Debug, Clone)]
pub(super) struct Dropped {
    /// Which.
    pub(super) drop: DropFolder,
    /// What is wrong there: with which file or folder, and what.
    pub(super) troubles: Vec<(PathBuf, Trouble)>,
}

impl ImportDesk {
    pub(crate) fn new(folder: &Path, drops: &[DropFolder]) -> ImportDesk {
        ImportDesk {
            folder: folder.to_owned(),
            drops: drops.to_vec(),
            dropped: Arc::default(),
            wake: Notify::new(),
        }
    }

    /// Where the file of a job lies.
    pub(super) fn file(&self, job: ImportJobId) -> PathBuf {
        file_of(&self.folder, job)
    }

    /// A new file for an upload to be written to.
    pub(super) async fn new_file(&self, job: ImportJobId) -> io::Result<tokio::fs::File> {
        tokio::fs::create_dir_all(&self.folder).await?;
        tokio::fs::File::create_new(self.file(job)).await
    }

    /// Forgets the file of a job.
    pub(super) async fn remove_file(&self, job: ImportJobId) {
        // Gone already is as good.
        drop(tokio::fs::remove_file(self.file(job)).await);
    }

    /// The drop folders as they were found last.
    pub(super) fn dropped(&self) -> Vec<Dropped> {
        let dropped = self.dropped.lock();
        dropped.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says that there is something to do.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Does what there is to do, for as long as it is polled; dropped, the work stops after its next batch.
    pub(crate) async fn keep_up(&self, store: &Store, clock: &Clock) {
        let closing = Closing::default();
        let bench = Bench {
            store: store.clone(),
            folder: self.folder.clone(),
            clock: clock.clone(),
            closing: Arc::clone(&closing.0),
        };
        self.tidy_up(bench.clone()).await;
        let watchers = self.drops.iter();
        let watchers = watchers.map(|drop| Watcher::of(drop.clone(), &self.folder));
        let mut round = Round {
            bench,
            watchers: watchers.collect(),
            dropped: Arc::clone(&self.dropped),
        };
        loop {
            let going = tokio::task::spawn_blocking(move || {
                let worked = round.go();
                (round, worked)
            });
            match going.await {
                Ok((next, worked)) => {
                    round = next;
                    if worked {
                        continue;
                    }
                }
                Err(panicked) => {
                    tracing::error!(%panicked, "imports stop until the shop is opened again");
                    return;
                }
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Removes files that have no use, and ends the undoing and redoing of imports that a crash interrupted.
    async fn tidy_up(&self, bench: Bench) {
        let (store, now) = (bench.store.clone(), bench.clock.now());
        let finished = tokio::task::spawn_blocking(move || {
            bench.sweep()?;
            let turning = store.read_blocking(|tx| store::turning(tx))?;
            for import in turning {
                let by = By {
                    staff: String::new(),
                    at: now,
                };
                let turned = match import.state {
                    ImportState::Undoing => store::undo_import(&store, import.id, &by),
                    _ => store::redo_import(&store, import.id, &by),
                };
                if let Err(refusal) = turned {
                    tracing::warn!(import = import.id.0, %refusal, "stays half undone");
                }
            }
            Ok::<_, Fault>(())
        });
        match finished.await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => tracing::warn!(fault = fault.detail(), "imports stay half undone"),
            Err(panicked) => tracing::error!(%panicked, "undoing an import stopped"),
        }
    }
}

/// What is done again and again.
struct Round {
    bench: Bench,
    watchers: Vec<Watcher>,
    dropped: Arc<Mutex<Vec<Dropped>>>,
}

impl Round {
    /// Takes what lies in the drop folders, and works on one job. Says whether there was one.
    fn go(&mut self) -> bool {
        let now = self.bench.clock.now();
        for watcher in &mut self.watchers {
            // Trouble with folders and files is said by the watcher, once.
            if let Err(DropError::Fault(fault)) = watcher.look(&self.bench.store, now) {
                let fault = fault.detail();
                tracing::warn!(fault, "a drop folder was not looked through");
            }
        }
        self.tell();
        match self.bench.run_next() {
            Ok(worked) => worked,
            Err(fault) => {
                tracing::warn!(fault = fault.detail(), "no import could be looked for");
                false
            }
        }
    }
}

impl Round {
    /// Shows how the drop folders were found.
    fn tell(&self) {
        let watchers = self.watchers.iter();
        let dropped = watchers.map(|watcher| Dropped {
            drop: watcher.folder().clone(),
            troubles: watcher
                .troubles()
                .map(|(path, trouble)| (path.to_owned(), trouble))
                .collect(),
        });
        *self.dropped.lock().unwrap_or_else(PoisonError::into_inner) = dropped.collect();
    }
}

/// Tells the worker when nobody waits for it any more.
#[derive(Default)]
struct Closing(Arc<AtomicBool>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
