//! Working on a job: reading its file to import it, or to find out what that would do.
//!
//! One job at a time, on the caller's thread, with a second one that renews the claim and listens for a pause. The
//! work stops between two batches, so that what is committed is always whole, and goes on there: messages that are
//! committed are read again and skipped.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use storage::{Fault, Store, Tx};
use trade::clock::Clock;
use trade::ids::ImportJobId;
use uuid::Uuid;

use super::claim::{self, Beat, Claim, Ending};
use super::job::{self, Counts, Job, JobState};
use super::notes::{self, Keeper, Numbered};
use super::trial::{Counting, Trial, shortened};
use super::{limits, trial::TrialNotes};
use crate::import::{self, Files, ImportError, Lines, Progress, Tally};
use crate::store::{BatchPut, Companion, Delivery, Done, Incoming, Tried, put_along, try_put};

/// How often a claim is renewed and a pause listened for.
const BEAT: Duration = Duration::from_secs(1);

/// How often it is looked whether the program ends: it waits for nobody much longer.
const LISTEN: Duration = Duration::from_millis(200);

/// Where jobs are worked on.
#[derive(Debug, Clone)]
pub struct Bench {
    /// The catalogue's database.
    pub store: Store,
    /// The desk's folder.
    pub folder: PathBuf,
    /// What time it is.
    pub clock: Clock,
    /// Set when the program ends: work stops after the next batch, for another to go on with.
    pub closing: Arc<AtomicBool>,
}

/// The end of the names of jobs' files.
const UPLOAD: &str = ".upload";

/// How long a file without a job may still be arriving.
const UNCLAIMED: Duration = Duration::from_secs(24 * 3600);

/// Where the file of a job lies.
pub fn file_of(folder: &Path, job: ImportJobId) -> PathBuf {
    folder.join(format!("{job}{UPLOAD}"))
}

impl Bench {
    /// Works on the oldest job that has something to do, whose file lies here, and that nobody else works on. Nothing
    /// is imported while anybody imports what was handed in before. Says whether there was one. Blocks.
    ///
    /// # Errors
    /// A [`Fault`] of the database outside the work itself; what breaks the work off ends its job instead.
    pub fn run_next(&self) -> Result<bool, Fault> {
        self.run_one_of(None)
    }

    /// Likewise, but on no trial, and on nothing that was handed in after that job. Blocks.
    ///
    /// # Errors
    /// As [`Bench::run_next`].
    pub fn run_up_to(&self, job: ImportJobId) -> Result<bool, Fault> {
        self.run_one_of(Some(job))
    }

    fn run_one_of(&self, up_to: Option<ImportJobId>) -> Result<bool, Fault> {
        let now = self.clock.now();
        let claimable = self
            .store
            .read_blocking(|tx| claim::claimable(tx, up_to, now))?;
        if claimable.iter().any(|one| one.halting) {
            self.store
                .write_blocking(move |tx| claim::halt_left(tx, now))?;
        }
        let (left, claimable): (Vec<_>, Vec<_>) =
            claimable.into_iter().partition(|one| one.is_left);
        for job in left.iter().map(|one| one.job) {
            tracing::error!(import = %job, tries = limits::TRIES, "import left: each try ended without a word");
        }
        if !left.is_empty() {
            self.store
                .write_blocking(move |tx| claim::leave_tried(tx, now))?;
        }
        for id in claimable.into_iter().map(|one| one.job) {
            if self.closing.load(Ordering::Relaxed) || !file_of(&self.folder, id).exists() {
                continue;
            }
            let claim = Claim {
                job: id,
                runner: Uuid::now_v7().to_string(),
            };
            let (mine, now) = (claim.clone(), self.clock.now());
            let claimed = self
                .store
                .write_blocking(move |tx| claim::claim(tx, &mine, now));
            let claimed = match claimed {
                // Written by another version of this program, say: the others are not held up by it.
                Err(Fault::Corrupt(details)) => {
                    tracing::error!(import = %id, %details, "import passed over");
                    continue;
                }
                claimed => claimed?,
            };
            if let Some(job) = claimed {
                self.work(&claim, &job)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes files that have no use: of jobs that are over, and uploads that broke off before they were a job.
    ///
    /// # Errors
    /// A [`Fault`] of the database; a file that cannot be removed stays.
    pub fn sweep(&self) -> Result<(), Fault> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(UPLOAD));
            let Some(Ok(id)) = id.map(str::parse) else {
                continue;
            };
            let age = entry.metadata().and_then(|metadata| metadata.modified());
            let is_old = age
                .ok()
                .and_then(|modified| modified.elapsed().ok())
                .is_some_and(|age| age > UNCLAIMED);
            let job = match self.store.read_blocking(|tx| job::job(tx, id)) {
                // See `run_one_of`: whoever can read it may still need the file.
                Err(Fault::Corrupt(_)) => continue,
                read => read?,
            };
            let is_over = job.map_or(is_old, |job| {
                matches!(job.state, JobState::Done | JobState::Stopped)
            });
            if is_over {
                drop(std::fs::remove_file(entry.path()));
            }
        }
        Ok(())
    }

    fn work(&self, claim: &Claim, job: &Job) -> Result<(), Fault> {
        let watch = Watch::until(&self.closing);
        std::thread::scope(|scope| {
            let (end, ended) = channel::<()>();
            let watch = &watch;
            scope.spawn(move || self.keep_beating(claim, before(job), watch, &ended));
            let _beating: Sender<()> = end;
            match job.state {
                JobState::Trying => self.try_out(claim, job, watch),
                _ => self.import(claim, job, watch),
            }
        })
    }

    /// Renews the claim until the work has `ended`. Once the program ends, what is being read may be the last that this
    /// process does: that is no try, even if the work does not come to a place where it can stop.
    fn keep_beating(&self, claim: &Claim, before: u64, watch: &Watch, ended: &Receiver<()>) {
        let (mut since_beat, mut given_back) = (Duration::ZERO, false);
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(LISTEN) {
            since_beat += LISTEN;
            if !given_back && self.closing.load(Ordering::Relaxed) {
                let mine = claim.clone();
                let back = self
                    .store
                    .write_blocking(move |tx| claim::give_back(tx, &mine, before));
                given_back = back.is_ok();
            }
            if since_beat >= BEAT {
                since_beat = Duration::ZERO;
                self.beat(claim, watch);
            }
        }
    }

    fn beat(&self, claim: &Claim, watch: &Watch) {
        let (mine, now, reading) = (claim.clone(), self.clock.now(), watch.reading());
        let beaten = self
            .store
            .write_blocking(move |tx| claim::beat(tx, &mine, now, reading));
        match beaten {
            Ok(Beat::GoOn) => {}
            Ok(Beat::Pause) => watch.pause(),
            Ok(Beat::Lost) => watch.lose(),
            // The next beat says it again, or the lease ends.
            Err(fault) => tracing::warn!(import = %claim.job, fault = fault.detail(), "no beat"),
        }
    }

    fn import(&self, claim: &Claim, job: &Job, watch: &Watch) -> Result<(), Fault> {
        let path = file_of(&self.folder, job.id);
        let done = self.read_in(claim, job, &path, watch);
        let halt = watch.halted();
        if halt == Some(Halt::Closing) || is_away(&done) {
            return self.leave(claim, job);
        }
        let mut ending = Ending {
            state: JobState::Failed,
            reading: watch.reading(),
            rejected: 0,
            unkept: 0,
        };
        match (done, halt) {
            (Ok(_), Some(_)) => ending.state = JobState::Paused,
            (Ok((tally, unkept)), None) => {
                ending.state = JobState::Done;
                ending.rejected = tally.rejected;
                ending.unkept = unkept;
            }
            (Err(error), _) => say_broken(job.id, &error),
        }
        let (mine, now) = (claim.clone(), self.clock.now());
        let was_ours = self.insist(move |tx| claim::end(tx, &mine, &ending, now))?;
        // Whoever took the job over still reads the file.
        if was_ours && ending.state == JobState::Done {
            drop(std::fs::remove_file(&path));
        }
        Ok(())
    }

    /// Reads the file and puts in what is not committed yet. Says what was read, and how many notes were not kept.
    fn read_in(
        &self,
        claim: &Claim,
        job: &Job,
        path: &Path,
        watch: &Watch,
    ) -> Result<(Tally, u64), ImportError> {
        let names = (path.display().to_string(), job.name.clone());
        let mut report = Keeper::of(&self.store, job.id, names)?;
        let to_skip = Cell::new(job.committed);
        let tally = import::read_files(
            Files {
                named: &[(path, job.name.clone())],
                mapping: job.mapping.as_ref(),
                today: self.clock.today(),
                progress: watch,
            },
            &mut report,
            &mut |file, incoming| {
                let incoming = incoming.filter(|_| {
                    let left = to_skip.get();
                    to_skip.set(left.saturating_sub(1));
                    left == 0
                });
                self.put_file(claim, job, &file.name, &file.lines, incoming)
            },
        )?;
        Ok((tally, report.finish()?))
    }

    /// Puts the records of one file in, going on with its import if that was begun. What became of them is counted in
    /// the job, batch by batch.
    fn put_file(
        &self,
        claim: &Claim,
        job: &Job,
        name: &str,
        lines: &Lines,
        incoming: impl Iterator<Item = Incoming>,
    ) -> Result<Done, Fault> {
        let (id, file) = (job.id, name.to_owned());
        let begun = self
            .store
            .read_blocking(|tx| claim::import_begun(tx, id, &file))?;
        let companion = Arc::new(Desk {
            claim: claim.clone(),
            file,
            lines: lines.clone(),
        });
        let delivery = Delivery {
            name: name.to_owned(),
            staff: job.staff.clone(),
            at: job.received,
        };
        put_along(&self.store, &delivery, begun, &companion, incoming)?;
        Ok(Done::default())
    }

    /// Leaves a job that is not done, and takes a breath: it may be claimed again at once.
    fn leave(&self, claim: &Claim, job: &Job) -> Result<(), Fault> {
        self.release(claim, job)?;
        if !self.closing.load(Ordering::Relaxed) {
            std::thread::sleep(BEAT);
        }
        Ok(())
    }

    /// Leaves a job for another worker.
    fn release(&self, claim: &Claim, job: &Job) -> Result<(), Fault> {
        let (mine, before) = (claim.clone(), before(job));
        self.insist(move |tx| claim::release(tx, &mine, before))
    }

    /// Writes how the work ended. Waits for the database if that is away: who is not heard counts as dead.
    fn insist<T: Send + 'static>(
        &self,
        verb: impl Fn(&mut dyn Tx) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<T, Fault> {
        loop {
            match self.store.write_blocking(verb.clone()) {
                Err(Fault::Busy | Fault::Unavailable(_))
                    if !self.closing.load(Ordering::Relaxed) =>
                {
                    std::thread::sleep(BEAT);
                }
                written => return written,
            }
        }
    }

    fn try_out(&self, claim: &Claim, job: &Job, watch: &Watch) -> Result<(), Fault> {
        let path = file_of(&self.folder, job.id);
        let mut counting = Counting {
            notes: TrialNotes::default(),
            names: (path.display().to_string(), job.name.clone()),
        };
        let mut changes = Vec::new();
        let read = import::read_files(
            Files {
                named: &[(path.as_path(), job.name.clone())],
                mapping: job.mapping.as_ref(),
                today: self.clock.today(),
                progress: watch,
            },
            &mut counting,
            &mut |file, incoming| {
                let room = limits::TRIAL_CHANGES.saturating_sub(changes.len());
                let delivery = Delivery {
                    name: file.name.clone(),
                    staff: job.staff.clone(),
                    at: job.received,
                };
                let tried: Tried = try_put(&self.store, &delivery, room, incoming)?;
                changes.extend(tried.changes.into_iter().map(shortened));
                Ok(tried.done)
            },
        );
        let halt = watch.halted();
        if halt == Some(Halt::Closing) || is_away(&read) {
            return self.leave(claim, job);
        }
        let trial = match (read, halt) {
            (Ok(tally), None) => Some(Trial {
                records: tally.products,
                counts: Counts {
                    created: tally.created,
                    updated: tally.updated,
                    unchanged: tally.unchanged,
                    hidden: tally.hidden,
                    rejected: tally.rejected,
                },
                changes,
                notes: counting.notes,
            }),
            (Ok(_), Some(_)) => None,
            (Err(error), _) => {
                say_broken(job.id, &error);
                None
            }
        };
        let mine = claim.clone();
        self.insist(move |tx| claim::end_trial(tx, &mine, trial.as_ref()))
    }
}

/// How often the job was tried before the claim that it was read with.
fn before(job: &Job) -> u64 {
    job.tries.saturating_sub(1)
}

/// Whether the database was not to be had: that passes, and the job is gone on with.
fn is_away<T>(done: &Result<T, ImportError>) -> bool {
    let is_away = matches!(
        done,
        Err(ImportError::Fault(Fault::Busy | Fault::Unavailable(_)))
    );
    if is_away {
        tracing::warn!("the database is away: an import waits for it");
    }
    is_away
}

fn say_broken(job: ImportJobId, error: &ImportError) {
    let details = match error {
        ImportError::Fault(fault) => fault.detail(),
        ImportError::Open { source, .. } => source.to_string(),
    };
    tracing::error!(import = %job, details, "import broken off");
}

/// Why the work stops before the end of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    Pause,
    Closing,
    Lost,
}

/// What the two threads of a job tell each other.
struct Watch {
    closing: Arc<AtomicBool>,
    halt: AtomicU8,
    read_bytes: AtomicU64,
    total_bytes: AtomicU64,
    records: AtomicU64,
}

impl Watch {
    fn until(closing: &Arc<AtomicBool>) -> Watch {
        Watch {
            closing: Arc::clone(closing),
            halt: AtomicU8::new(0),
            read_bytes: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            records: AtomicU64::new(0),
        }
    }

    fn pause(&self) {
        self.halt.store(1, Ordering::Relaxed);
    }

    fn lose(&self) {
        self.halt.store(2, Ordering::Relaxed);
    }

    /// The end of the program is not waited for until the next beat: it waits no longer than that for us.
    fn halted(&self) -> Option<Halt> {
        match self.halt.load(Ordering::Relaxed) {
            0 if self.closing.load(Ordering::Relaxed) => Some(Halt::Closing),
            0 => None,
            1 => Some(Halt::Pause),
            _ => Some(Halt::Lost),
        }
    }

    fn reading(&self) -> job::Reading {
        job::Reading {
            read_bytes: self.read_bytes.load(Ordering::Relaxed),
            total_bytes: self.total_bytes.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
        }
    }
}

impl Progress for Watch {
    fn advance(&self, read_bytes: u64, total_bytes: u64, records: u64) {
        self.read_bytes.store(read_bytes, Ordering::Relaxed);
        self.total_bytes.store(total_bytes, Ordering::Relaxed);
        self.records.store(records, Ordering::Relaxed);
    }

    fn is_halted(&self) -> bool {
        self.halted().is_some()
    }
}

/// Counts each batch in the job, in the batch's own transaction, and keeps what the catalogue found.
struct Desk {
    claim: Claim,
    file: String,
    lines: Lines,
}

impl Companion for Desk {
    fn batch_put(&self, tx: &mut dyn Tx, batch: &BatchPut<'_>) -> Result<(), Fault> {
        let (findings, messages) = claim::count_batch(tx, &self.claim, batch.messages, batch.done)?;
        if findings > limits::NOTES {
            return Ok(());
        }
        // A message has two findings at most: that it is old, and that its ISBN is another's.
        let first = messages.saturating_sub(batch.messages).saturating_mul(2);
        let notes: Vec<_> = (first..)
            .zip(&batch.done.findings)
            .map(|(number, finding)| {
                let line = self.lines.of(&finding.sender, &finding.reference);
                let note = import::note_of_finding(finding, &self.file, line);
                (number, note)
            })
            .collect();
        notes::put(tx, self.claim.job, Numbered::Found, &notes)
    }
}
