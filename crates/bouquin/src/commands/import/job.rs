//! A file as a job of the import desk: handed in, worked on here unless the shop is faster, and followed to its end.
//!
//! So an import by the command is paused, gone on with, undone and read about like any other, and whoever looks knows
//! whether it runs.

use std::{
    fs::File,
    io,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use catalogue::{
    desk::{
        Job, JobState, KeptNote, Received, job as jobs, notes,
        run::{Bench, file_of},
    },
    import::Mapping,
    store::By,
};
use indicatif::ProgressBar;
use storage::{Fault, Tx};
use trade::ids::ImportJobId;

/// How often it is looked how far a job is.
const LOOK: Duration = Duration::from_millis(200);
/// How often it is said again what an import waits for: a large feed takes an hour.
const SAY_AGAIN: Duration = Duration::from_secs(60);
/// Notes read at once.
const NOTES_AT_ONCE: u32 = 2_000;

/// Where files are handed in, and who may stop that.
pub(super) struct Counter<'c> {
    pub(super) bench: Bench,
    pub(super) mapping: Option<&'c Mapping>,
    /// Set when somebody wants it to stand still.
    pub(super) stop: &'c AtomicBool,
    pub(super) bar: &'c ProgressBar,
    /// Told in a sentence what a file waits for.
    pub(super) tell: &'c (dyn Fn(&str) + Sync),
}

impl Counter<'_> {
    /// Hands a file in and follows it until nothing happens to it by itself any more.
    pub(super) fn import(&self, file: &Path) -> Result<Job> {
        let job = self.hand_in(file)?;
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut waiting = Waiting::default();
                while !ended.load(Ordering::Relaxed) {
                    self.watch(job, &mut waiting);
                    std::thread::sleep(LOOK);
                }
            });
            let worked = self.work(job);
            ended.store(true, Ordering::Relaxed);
            Ok(worked?)
        })
    }

    /// Copies the file to the desk, where it stays as it is until it is imported, and writes its job down.
    fn hand_in(&self, file: &Path) -> Result<ImportJobId> {
        let job = ImportJobId::new();
        let copy = file_of(&self.bench.folder, job);
        let bytes = copy_whole(file, &self.bench.folder, &copy);
        if bytes.is_err() {
            drop(std::fs::remove_file(&copy));
        }
        let bytes = bytes.with_context(|| format!("{} cannot be handed in", file.display()))?;
        let name = file.file_name().unwrap_or(file.as_os_str());
        let received = Received {
            name: name.to_string_lossy().into_owned(),
            bytes,
            mapping: self.mapping.cloned(),
            at_once: true,
        };
        let by = By {
            staff: String::new(),
            at: self.bench.clock.now(),
        };
        let store = &self.bench.store;
        store.write_blocking(move |tx| jobs::receive(tx, job, &received, &by))?;
        Ok(job)
    }

    /// Works on what was handed in before, then on it: where a sender dates nothing, the last file to be imported has the
    /// last word.
    fn work(&self, job: ImportJobId) -> Result<Job, Fault> {
        loop {
            let worked = self.bench.run_up_to(job)?;
            let found = self.look(job)?;
            // One that was asked to stand still in the moment it was left does so the next time.
            let is_left = self.bench.closing.load(Ordering::Relaxed) && !found.halting;
            if is_left || !found.state.is_moving() {
                return Ok(found);
            }
            // The shop does it, or one before it; or does it again where another one ended.
            if !worked {
                std::thread::sleep(LOOK);
            }
        }
    }

    fn look(&self, job: ImportJobId) -> Result<Job, Fault> {
        let found = self.bench.store.read_blocking(|tx| jobs::job(tx, job))?;
        found.ok_or_else(|| Fault::defect("an import was forgotten while it ran"))
    }

    /// Says what it waits for, if it does.
    fn say_waiting(&self, job: &Job, waiting: &mut Waiting) {
        let (id, now) = (job.id, self.bench.clock.now());
        let read = |tx: &mut dyn Tx| jobs::in_the_way(tx, id, now);
        if let Ok(Some(other)) = self.bench.store.read_blocking(read)
            && waiting.is_news(other.id, Instant::now())
        {
            (self.tell)(&waits(job, &other));
        }
    }

    /// Shows how far it is, and has it stand still when that is wanted.
    fn watch(&self, job: ImportJobId, waiting: &mut Waiting) {
        // What cannot be read now is read the next time.
        if let Ok(found) = self.look(job) {
            if found.state == JobState::Waiting {
                self.say_waiting(&found, waiting);
            }
            self.bar.set_length(found.reading.total_bytes);
            self.bar.set_position(found.reading.read_bytes);
            if self.stop.load(Ordering::Relaxed) && !found.halting {
                let store = &self.bench.store;
                drop(store.write_blocking(move |tx| jobs::pause(tx, job)));
                if found.state == JobState::Waiting {
                    // What was handed in before it, and by somebody else, is left to whoever comes next.
                    self.bench.closing.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

/// What was said last of what an import waits for.
#[derive(Debug, Default)]
struct Waiting {
    said: Option<(ImportJobId, Instant)>,
}

impl Waiting {
    /// Whether it is to be said that it waits for that one: at once, and then from time to time.
    fn is_news(&mut self, other: ImportJobId, now: Instant) -> bool {
        let is_known = self
            .said
            .is_some_and(|(said, at)| said == other && now.duration_since(at) < SAY_AGAIN);
        if !is_known {
            self.said = Some((other, now));
        }
        !is_known
    }
}

fn waits(job: &Job, other: &Job) -> String {
    let since = other.begun.unwrap_or(other.received).in_paris();
    let reading = other.reading;
    let percent = reading.read_bytes.saturating_mul(100);
    let far = match percent.checked_div(reading.total_bytes) {
        Some(percent) => format!(", {percent}% read"),
        None => String::new(),
    };
    format!(
        "{} waits: {} is being imported (since {}{far}).",
        job.name,
        other.name,
        since.strftime("%Y-%m-%d %H:%M"),
    )
}

fn copy_whole(from: &Path, folder: &Path, to: &Path) -> io::Result<u64> {
    std::fs::create_dir_all(folder)?;
    let (mut from, mut copy) = (File::open(from)?, File::create_new(to)?);
    let bytes = io::copy(&mut from, &mut copy)?;
    copy.sync_all()?;
    Ok(bytes)
}

/// Hands each note of a job to `take`, the worst first.
pub(super) fn each_note(
    bench: &Bench,
    job: ImportJobId,
    mut take: impl FnMut(KeptNote) -> Result<()>,
) -> Result<()> {
    let mut skipped = 0;
    loop {
        let wanted = notes::Wanted::default();
        let page = |tx: &mut dyn Tx| notes::notes(tx, job, &wanted, NOTES_AT_ONCE, skipped);
        let page = bench.store.read_blocking(page)?;
        if page.is_empty() {
            return Ok(());
        }
        skipped += page.len() as u64;
        page.into_iter().try_for_each(&mut take)?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::{
        fmt::Write as _,
        sync::{Arc, Mutex},
    };

    use catalogue::desk::JobState;
    use trade::clock::Clock;

    use super::*;
    use crate::premises::Premises;

    async fn bench(folder: &Path) -> Bench {
        let premises = Premises::embedded(folder);
        std::fs::create_dir_all(&premises.folder).unwrap();
        Bench {
            store: premises.store().await.unwrap(),
            folder: premises.folder.join("imports"),
            clock: Clock::system(),
            closing: Arc::new(AtomicBool::new(false)),
        }
    }

    async fn import(bench: &Bench, file: &Path, stop: bool) -> Job {
        let (bench, file) = (bench.clone(), file.to_owned());
        let imported = tokio::task::spawn_blocking(move || {
            let (stop, bar) = (AtomicBool::new(stop), ProgressBar::hidden());
            let counter = Counter {
                bench,
                mapping: None,
                stop: &stop,
                bar: &bar,
                tell: &|_| {},
            };
            counter.import(&file).unwrap()
        });
        imported.await.unwrap()
    }

    #[tokio::test]
    async fn a_file_of_the_command_is_a_job_with_its_notes() {
        let folder = tempfile::tempdir().unwrap();
        let bench = bench(folder.path()).await;
        let file = folder.path().join("livres.jsonl");
        std::fs::write(&file, "{\"id\":\"c:1\",\"title\":\"Nadja\"}\nnot json\n").unwrap();
        let done = import(&bench, &file, false).await;
        assert_eq!(
            (done.state, done.name.as_str()),
            (JobState::Done, "livres.jsonl")
        );
        assert_eq!((done.counts.created, done.counts.rejected), (1, 1));
        assert!(file.exists() && !file_of(&bench.folder, done.id).exists());
        let mut codes = Vec::new();
        each_note(&bench, done.id, |note| {
            codes.push((note.file, note.code));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            codes,
            [("livres.jsonl".to_owned(), "json-invalid".to_owned())]
        );
    }

    #[tokio::test]
    async fn an_import_that_was_left_is_gone_on_with_before_a_newer_file() {
        let folder = tempfile::tempdir().unwrap();
        let bench = bench(folder.path()).await;
        let file = folder.path().join("livres.jsonl");
        let hand_in = async |title: &str| {
            std::fs::write(&file, format!("{{\"id\":\"c:1\",\"title\":\"{title}\"}}\n")).unwrap();
            let (bench, file) = (bench.clone(), file.clone());
            let handed_in = tokio::task::spawn_blocking(move || {
                let (stop, bar) = (AtomicBool::new(false), ProgressBar::hidden());
                let counter = Counter {
                    bench,
                    mapping: None,
                    stop: &stop,
                    bar: &bar,
                    tell: &|_| {},
                };
                counter.hand_in(&file).unwrap()
            });
            handed_in.await.unwrap()
        };
        let monday = hand_in("Lundi").await;
        let paused = hand_in("En pause").await;
        let store = bench.store.clone();
        assert!(
            store
                .write(move |tx| jobs::pause(tx, paused))
                .await
                .unwrap()
        );
        std::fs::write(&file, "{\"id\":\"c:1\",\"title\":\"Mardi\"}\n").unwrap();
        let tuesday = import(&bench, &file, false).await;
        assert_eq!(tuesday.state, JobState::Done);
        let state = async |job| {
            let read = store.read(move |tx| jobs::job(tx, job)).await;
            read.unwrap().unwrap().state
        };
        assert_eq!(state(monday).await, JobState::Done);
        assert_eq!(state(paused).await, JobState::Paused, "it holds nobody up");
        let known = store.read(|tx| catalogue::store::page(tx, trade::ids::EditionId(0), 10));
        let titles: Vec<String> = known
            .await
            .unwrap()
            .into_iter()
            .map(|one| one.title)
            .collect();
        assert_eq!(titles, ["Mardi"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_waited_for_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let bench = bench(folder.path()).await;
        let file = folder.path().join("lundi.jsonl");
        std::fs::write(&file, "").unwrap();
        let said = Mutex::new(Vec::new());
        let (stop, bar) = (AtomicBool::new(false), ProgressBar::hidden());
        let counter = Counter {
            bench: bench.clone(),
            mapping: None,
            stop: &stop,
            bar: &bar,
            tell: &|sentence| said.lock().unwrap().push(sentence.to_owned()),
        };
        tokio::task::block_in_place(|| {
            let monday = counter.hand_in(&file).unwrap();
            // A file that nobody comes to the end of, until somebody closes it.
            let fifo = file_of(&bench.folder, monday);
            std::fs::remove_file(&fifo).unwrap();
            let made = std::process::Command::new("mkfifo").arg(&fifo).status();
            assert!(made.unwrap().success());
            let tuesday = folder.path().join("mardi.jsonl");
            std::fs::write(&tuesday, "{\"id\":\"c:1\",\"title\":\"Nadja\"}\n").unwrap();
            std::thread::scope(|scope| {
                let older = scope.spawn(|| bench.run_next().unwrap());
                while counter.look(monday).unwrap().state != JobState::Running {
                    std::thread::sleep(Duration::from_millis(5));
                }
                let newer = scope.spawn(|| counter.import(&tuesday).unwrap());
                let begun = Instant::now();
                while said.lock().unwrap().is_empty() {
                    assert!(begun.elapsed() < Duration::from_secs(20), "nothing is said");
                    std::thread::sleep(Duration::from_millis(5));
                }
                assert!(!newer.is_finished());
                let mut both = std::fs::OpenOptions::new();
                both.read(true).write(true);
                while !older.is_finished() {
                    drop(both.open(&fifo));
                    std::thread::sleep(Duration::from_millis(20));
                }
                assert_eq!(newer.join().unwrap().state, JobState::Done);
            });
            let begun = counter.look(monday).unwrap().begun.unwrap().in_paris();
            let expected = format!(
                "mardi.jsonl waits: lundi.jsonl is being imported (since {}",
                begun.strftime("%Y-%m-%d %H:%M")
            );
            let said = said.lock().unwrap();
            assert!(
                said.len() == 1 && said[0].starts_with(&expected),
                "{said:?}"
            );
        });
    }

    #[test]
    fn what_is_waited_for_is_said_again_from_time_to_time() {
        let (one, other, begun) = (ImportJobId::new(), ImportJobId::new(), Instant::now());
        let mut waiting = Waiting::default();
        assert!(waiting.is_news(one, begun));
        assert!(!waiting.is_news(one, begun + SAY_AGAIN / 2));
        assert!(waiting.is_news(one, begun + SAY_AGAIN));
        assert!(!waiting.is_news(one, begun + SAY_AGAIN + LOOK));
        assert!(waiting.is_news(other, begun + SAY_AGAIN + LOOK));
    }

    #[tokio::test]
    async fn an_import_of_the_command_stands_still_when_it_is_told_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let bench = bench(folder.path()).await;
        let mut lines = String::new();
        for number in 0..60_000 {
            writeln!(
                lines,
                "{{\"id\":\"c:{number}\",\"title\":\"Livre {number}\"}}"
            )
            .unwrap();
        }
        let file = folder.path().join("livres.jsonl");
        std::fs::write(&file, lines).unwrap();
        let paused = import(&bench, &file, true).await;
        assert_eq!((paused.state, paused.tries), (JobState::Paused, 0));
        assert!(paused.committed < 60_000, "{paused:?}");
        assert!(
            file_of(&bench.folder, paused.id).exists(),
            "it can be gone on with"
        );
    }
}
