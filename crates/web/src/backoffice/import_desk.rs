//! The import desk of this process: its folder, and the one thread that works on what lies there.
//!
//! What is to be done is in the database ([`catalogue::desk`]), so it is done whichever process is asked for it, and
//! gone on with after a crash.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
    wake: Notify,
}

impl ImportDesk {
    pub(crate) fn new(folder: &Path) -> ImportDesk {
        ImportDesk {
            folder: folder.to_owned(),
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

    /// Says that there is something to do.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Does what there is to do, for as long as it is polled; dropped, the work stops after its next batch.
    pub(crate) async fn keep_up(&self, store: &Store, clock: &Clock) {
        let closing = Closing::default();
        self.finish_turning(store, clock).await;
        let bench = Bench {
            store: store.clone(),
            folder: self.folder.clone(),
            clock: clock.clone(),
            closing: Arc::clone(&closing.0),
        };
        loop {
            let bench = bench.clone();
            match tokio::task::spawn_blocking(move || bench.run_next()).await {
                Ok(Ok(true)) => continue,
                Ok(Ok(false)) => {}
                Ok(Err(fault)) => {
                    tracing::warn!(fault = fault.detail(), "no import could be looked for");
                }
                Err(panicked) => tracing::error!(%panicked, "an import stopped"),
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Ends the undoing and redoing of imports that a crash interrupted.
    async fn finish_turning(&self, store: &Store, clock: &Clock) {
        let (store, now) = (store.clone(), clock.now());
        let finished = tokio::task::spawn_blocking(move || {
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

/// Tells the worker when nobody waits for it any more.
#[derive(Default)]
struct Closing(Arc<AtomicBool>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
