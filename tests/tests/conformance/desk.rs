//! The import desk alike on both engines: jobs are claimed once, stand still, go on, and count what they did.

use std::{
    fmt::Write as _,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use catalogue::{
    desk::{
        Job, JobState, Received,
        drop_folder::{DropFolder, STILL, TroubleKind, Watcher},
        job as jobs, limits, mappings, notes,
        rejects::{self, NotCompleted},
        run,
    },
    import,
    model::{Availability, Edition, EditionId, Goods, Isbn13, Money, Price, PriceRegime},
    store::{self, By, CORRECTIONS, Correction, Field, Incoming, Message, Record, Refusal},
};
use storage::Fault;
use trade::{clock::Timestamp, ids::ImportJobId};

use crate::counter::Counter;

/// Enough that an import of it is not over before somebody can pause it.
const MANY: usize = 30_000;

fn lines(count: usize) -> String {
    let mut lines = String::new();
    for number in 0..count {
        writeln!(
            lines,
            "{{\"id\":\"d:{number}\",\"source\":\"d\",\"title\":\"Livre {number}\"}}"
        )
        .unwrap();
    }
    lines.push_str("not json\n");
    lines
}

fn bench(counter: &Counter, folder: &Path) -> run::Bench {
    run::Bench {
        store: counter.store.clone(),
        folder: folder.to_owned(),
        clock: counter.clock.clone(),
        closing: Arc::new(AtomicBool::new(false)),
    }
}

async fn hand_in(counter: &Counter, folder: &Path, file: &str, at_once: bool) -> ImportJobId {
    let job = ImportJobId::new();
    std::fs::write(run::file_of(folder, job), file).unwrap();
    let received = Received {
        name: "livres.jsonl".to_owned(),
        bytes: file.len() as u64,
        mapping: None,
        at_once,
    };
    let by = By {
        staff: "libraire".to_owned(),
        at: counter.clock.now(),
    };
    counter
        .store
        .write(move |tx| jobs::receive(tx, job, &received, &by))
        .await
        .unwrap();
    job
}

async fn look(counter: &Counter, job: ImportJobId) -> Job {
    let read = counter.store.read(move |tx| jobs::job(tx, job)).await;
    read.unwrap().unwrap()
}

async fn work(bench: &run::Bench) -> bool {
    let bench = bench.clone();
    let worked = tokio::task::spawn_blocking(move || bench.run_next()).await;
    worked.unwrap().unwrap()
}

pub async fn one_of_two_workers_does_a_job(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let job = hand_in(&counter, folder.path(), &lines(700), true).await;
    let (one, other) = (
        bench(&counter, folder.path()),
        bench(&counter, folder.path()),
    );
    let (one, other) = tokio::join!(work(&one), work(&other));
    assert!(one != other, "one of them worked: {one} {other}");
    let done = look(&counter, job).await;
    assert_eq!(done.state, JobState::Done);
    assert_eq!((done.counts.created, done.counts.rejected), (700, 1));
    assert_eq!((done.committed, done.reading.records), (700, 701));
    assert!(!run::file_of(folder.path(), job).exists());
    // Elsewhere there is no such file, so there is nothing to do.
    let elsewhere = tempfile::tempdir().unwrap();
    hand_in(&counter, folder.path(), &lines(1), true).await;
    assert!(!work(&bench(&counter, elsewhere.path())).await);
}

pub async fn a_paused_import_goes_on_where_it_stood(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let job = hand_in(&counter, folder.path(), &lines(MANY), true).await;
    let worker = bench(&counter, folder.path());
    let working = tokio::spawn({
        let worker = worker.clone();
        async move { work(&worker).await }
    });
    let begun = Instant::now();
    while look(&counter, job).await.committed == 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "nothing is imported"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let paused = counter.store.write(move |tx| jobs::pause(tx, job)).await;
    assert!(paused.unwrap());
    assert!(working.await.unwrap());
    let paused = look(&counter, job).await;
    assert_eq!(paused.state, JobState::Paused);
    assert!((1..MANY as u64).contains(&paused.committed), "{paused:?}");
    assert_eq!(paused.counts.created, paused.committed);
    assert!(!work(&worker).await, "a paused job is nobody's");
    let resumed = counter.store.write(move |tx| jobs::want_import(tx, job));
    assert!(resumed.await.unwrap());
    assert!(work(&worker).await);
    let done = look(&counter, job).await;
    let many = MANY as u64;
    assert_eq!((done.state, done.counts.created), (JobState::Done, many));
    assert_eq!((done.counts.unchanged, done.counts.rejected), (0, 1));
    let imports = counter
        .store
        .read(move |tx| jobs::imports_of(tx, job))
        .await;
    let imports = imports.unwrap();
    assert_eq!((imports.len(), imports[0].messages), (1, MANY as i64));
    let store = counter.store.clone();
    let by = By {
        staff: "libraire".to_owned(),
        at: Timestamp::micros(1),
    };
    let import = imports[0].id;
    tokio::task::spawn_blocking(move || store::undo_import(&store, import, &by).unwrap())
        .await
        .unwrap();
    let left = counter.store.read(|tx| store::count(tx)).await.unwrap();
    assert_eq!(left, 7, "all of it can be undone");
}

pub async fn a_worker_that_lost_its_claim_writes_nothing_more(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let job = hand_in(&counter, folder.path(), &lines(MANY), true).await;
    let (one, other) = (
        bench(&counter, folder.path()),
        bench(&counter, folder.path()),
    );
    let first = tokio::spawn(async move { work(&one).await });
    let begun = Instant::now();
    while look(&counter, job).await.committed == 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "nothing is imported"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The first is taken for dead, and is not; when it says that it lives in this very moment, again.
    let mut taken_over = false;
    while !taken_over && !first.is_finished() {
        counter.clock.advance(Duration::from_secs(60));
        taken_over = work(&other).await;
    }
    assert!(taken_over, "the second was never let in");
    assert!(first.await.unwrap());
    let done = look(&counter, job).await;
    assert_eq!(
        (done.state, done.counts.created),
        (JobState::Done, MANY as u64)
    );
    assert_eq!((done.counts.unchanged, done.counts.rejected), (0, 1));
    let imports = counter
        .store
        .read(move |tx| jobs::imports_of(tx, job))
        .await;
    let messages: Vec<i64> = imports
        .unwrap()
        .iter()
        .map(|import| import.messages)
        .collect();
    assert_eq!(messages, [MANY as i64]);
}

/// A file that nobody comes to the end of.
fn endless(folder: &Path, job: ImportJobId) -> std::path::PathBuf {
    let path = run::file_of(folder, job);
    std::fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    path
}

/// Brings the readers of an endless file to its end.
async fn let_go(endless: &Path, workers: Vec<tokio::task::JoinHandle<bool>>) {
    let mut both = std::fs::OpenOptions::new();
    both.read(true).write(true);
    while !workers.iter().all(|worker| worker.is_finished()) {
        drop(both.open(endless).unwrap());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for worker in workers {
        assert!(worker.await.unwrap());
    }
}

/// Lets a worker begin the job that the one before it never came back from. The first ones are not dead, and are taken
/// for it as soon as they have not been heard for a minute.
async fn begin(
    counter: &Counter,
    folder: &Path,
    job: ImportJobId,
) -> tokio::task::JoinHandle<bool> {
    let tries = look(counter, job).await.tries;
    let begun = Instant::now();
    loop {
        counter.clock.advance(Duration::from_secs(60));
        let worker = bench(counter, folder);
        let working = tokio::spawn(async move { work(&worker).await });
        while !working.is_finished() {
            if look(counter, job).await.tries > tries {
                return working;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "nobody begins");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub async fn a_file_that_no_worker_survives_is_left_after_three_tries(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let job = hand_in(&counter, folder.path(), &lines(1), true).await;
    let fifo = endless(folder.path(), job);
    let mut lost = Vec::new();
    for _ in 0..limits::TRIES {
        lost.push(begin(&counter, folder.path(), job).await);
    }
    let begun = Instant::now();
    while look(&counter, job).await.state != JobState::Failed {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it is never left"
        );
        counter.clock.advance(Duration::from_secs(60));
        assert!(
            !work(&bench(&counter, folder.path())).await,
            "tried once more"
        );
    }
    let left = look(&counter, job).await;
    assert_eq!((left.tries, left.was_left()), (limits::TRIES, true));
    assert!(left.ended.is_some());
    assert!(
        !work(&bench(&counter, folder.path())).await,
        "nobody takes it by himself"
    );
    // Those who were taken for dead have nothing to say any more.
    let_go(&fifo, lost).await;
    assert_eq!(look(&counter, job).await, left);
    // By hand it is begun again, from nothing.
    std::fs::remove_file(&fifo).unwrap();
    std::fs::write(&fifo, lines(1)).unwrap();
    let wanted = counter.store.write(move |tx| jobs::want_import(tx, job));
    assert!(wanted.await.unwrap());
    assert_eq!(look(&counter, job).await.tries, 0);
    assert!(work(&bench(&counter, folder.path())).await);
    let done = look(&counter, job).await;
    assert_eq!((done.state, done.tries), (JobState::Done, 0));
    assert_eq!(done.counts.created, 1);
}

pub async fn a_trial_that_no_worker_survives_is_left_too(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let job = hand_in(&counter, folder.path(), &lines(1), false).await;
    let fifo = endless(folder.path(), job);
    let wanted = counter.store.write(move |tx| jobs::want_trial(tx, job));
    assert!(wanted.await.unwrap());
    let mut lost = Vec::new();
    for _ in 0..limits::TRIES {
        lost.push(begin(&counter, folder.path(), job).await);
    }
    let begun = Instant::now();
    while look(&counter, job).await.state != JobState::Received {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it is never left"
        );
        counter.clock.advance(Duration::from_secs(60));
        assert!(
            !work(&bench(&counter, folder.path())).await,
            "tried once more"
        );
    }
    let left = look(&counter, job).await;
    assert_eq!((left.was_left(), left.ended), (true, None));
    let_go(&fifo, lost).await;
    let dismissed = counter.store.write(move |tx| jobs::dismiss(tx, job));
    assert!(dismissed.await.unwrap());
}

pub async fn a_shop_that_closes_is_no_try(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let job = hand_in(&counter, folder.path(), &lines(MANY), true).await;
    let mut closed = 0;
    while closed <= limits::TRIES {
        let worker = bench(&counter, folder.path());
        let closing = Arc::clone(&worker.closing);
        let working = tokio::spawn(async move { work(&worker).await });
        while look(&counter, job).await.tries == 0 && !working.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        closing.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(working.await.unwrap());
        let job = look(&counter, job).await;
        assert_eq!(job.tries, 0, "{job:?}");
        if job.state == JobState::Done {
            break;
        }
        assert_eq!(job.state, JobState::Waiting);
        closed += 1;
    }
    assert!(closed > 0, "it was over before anybody closed");
    while look(&counter, job).await.state != JobState::Done {
        assert!(work(&bench(&counter, folder.path())).await);
    }
    assert_eq!(look(&counter, job).await.counts.created, MANY as u64);
}

pub async fn nothing_is_imported_before_what_was_handed_in_earlier(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let older = hand_in(&counter, folder.path(), &lines(MANY), true).await;
    let newer = hand_in(&counter, folder.path(), &lines(1), true).await;
    let worker = bench(&counter, folder.path());
    let working = tokio::spawn({
        let worker = worker.clone();
        async move { work(&worker).await }
    });
    while look(&counter, older).await.state == JobState::Waiting {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!work(&worker).await, "the newer one waits");
    let running = look(&counter, older).await;
    assert_eq!(running.state, JobState::Running, "{running:?}");
    // A trial stores nothing, so it need not wait; a paused import holds nobody up.
    let tried = hand_in(&counter, folder.path(), &lines(1), false).await;
    let wanted = counter.store.write(move |tx| jobs::want_trial(tx, tried));
    assert!(wanted.await.unwrap());
    assert!(work(&worker).await);
    assert_eq!(look(&counter, tried).await.state, JobState::Tried);
    let paused = counter.store.write(move |tx| jobs::pause(tx, older)).await;
    assert!(paused.unwrap());
    assert!(working.await.unwrap());
    assert_eq!(look(&counter, older).await.state, JobState::Paused);
    assert!(work(&worker).await);
    assert_eq!(look(&counter, newer).await.state, JobState::Done);
}

/// Works on a file of nothing but rejected records, and does something to the job as soon as it is begun.
async fn interrupted(
    counter: &Counter,
    worker: &run::Bench,
    interrupt: impl AsyncFnOnce(ImportJobId),
) -> Job {
    let file = "{\"id\":\"r:1\"}\n".repeat(400_000);
    let job = hand_in(counter, &worker.folder, &file, true).await;
    let working = tokio::spawn({
        let worker = worker.clone();
        async move { work(&worker).await }
    });
    while look(counter, job).await.state == JobState::Waiting {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    interrupt(job).await;
    assert!(working.await.unwrap());
    look(counter, job).await
}

pub async fn rejected_records_hear_a_pause_and_the_end_of_the_shop(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let worker = bench(&counter, folder.path());
    let paused = interrupted(&counter, &worker, async |job| {
        let paused = counter.store.write(move |tx| jobs::pause(tx, job)).await;
        assert!(paused.unwrap());
    });
    let paused = paused.await;
    assert_eq!(paused.state, JobState::Paused);
    assert!(
        paused.reading.read_bytes < paused.reading.total_bytes,
        "{paused:?}"
    );
    let closed = interrupted(&counter, &worker, async |_| {
        let closing = &worker.closing;
        closing.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let closed = closed.await;
    assert_eq!((closed.state, closed.tries), (JobState::Waiting, 0));
    // What is read now never comes to a place where it could stop: that is no try either, and the claim is kept.
    let stuck = hand_in(&counter, folder.path(), &lines(1), false).await;
    let wanted = counter.store.write(move |tx| jobs::want_trial(tx, stuck));
    assert!(wanted.await.unwrap());
    let fifo = endless(folder.path(), stuck);
    let paused = counter.store.write(move |tx| jobs::pause(tx, closed.id));
    assert!(paused.await.unwrap());
    let worker = bench(&counter, folder.path());
    let closing = Arc::clone(&worker.closing);
    let working = tokio::spawn(async move { work(&worker).await });
    while look(&counter, stuck).await.tries == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    closing.store(true, std::sync::atomic::Ordering::Relaxed);
    let begun = Instant::now();
    while look(&counter, stuck).await.tries > 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "it counts as a try"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        !work(&bench(&counter, folder.path())).await,
        "the claim is kept"
    );
    let_go(&fifo, vec![working]).await;
    assert_eq!(look(&counter, stuck).await.tries, 0);
}

pub async fn a_database_that_is_away_when_a_job_ends_is_waited_for(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    // A trial of nothing writes nothing but its end.
    let job = hand_in(&counter, folder.path(), "", false).await;
    let wanted = counter.store.write(move |tx| jobs::want_trial(tx, job));
    assert!(wanted.await.unwrap());
    let fifo = endless(folder.path(), job);
    let worker = bench(&counter, folder.path());
    let working = tokio::spawn(async move { work(&worker).await });
    while look(&counter, job).await.tries == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Somebody else writes, for longer than anybody waits.
    let other = storage::Store::open(&counter.url, &[catalogue::MIGRATIONS, shop::MIGRATIONS]);
    let other = other.await.unwrap();
    let writing = tokio::spawn(async move {
        let verb = |tx: &mut dyn storage::Tx| -> Result<(), Fault> {
            jobs::dismiss(tx, ImportJobId::new())?;
            std::thread::sleep(Duration::from_secs(23));
            Ok(())
        };
        other.write(verb).await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let_go(&fifo, vec![working]).await;
    writing.await.unwrap().unwrap();
    let tried = look(&counter, job).await;
    assert_eq!((tried.state, tried.tries), (JobState::Tried, 0));
}

async fn complete(
    counter: &Counter,
    job: ImportJobId,
    title: &str,
) -> Result<EditionId, NotCompleted> {
    let added = Correction {
        title: Some((title.to_owned(), None)),
        ..Correction::default()
    };
    let by = by(counter);
    let completed = counter
        .store
        .write(move |tx| rejects::complete(tx, job, 1, &added, &by));
    completed.await
}

pub async fn what_was_sent_since_is_not_overwritten_by_a_completion(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let worker = bench(&counter, folder.path());
    let old = hand_in(&counter, folder.path(), "{\"id\":\"r:1\"}\n", true).await;
    assert!(work(&worker).await);
    let whole = "{\"id\":\"r:1\",\"title\":\"Les Marées\"}\n";
    let newer = hand_in(&counter, folder.path(), whole, true).await;
    assert!(work(&worker).await);
    let title = async |edition| {
        let read = counter.store.read(move |tx| store::edition(tx, edition));
        read.await.unwrap().map(|edition| edition.title)
    };
    let refused = complete(&counter, old, "Vieux titre").await;
    let Err(NotCompleted::SentSince(Some(edition))) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(title(edition).await.as_deref(), Some("Les Marées"));
    assert_eq!(look(&counter, old).await.counts.rejected, 1);
    // What was undone does not count.
    let imports = counter
        .store
        .read(move |tx| jobs::imports_of(tx, newer))
        .await
        .unwrap();
    let (store, me) = (counter.store.clone(), by(&counter));
    tokio::task::spawn_blocking(move || store::undo_import(&store, imports[0].id, &me).unwrap())
        .await
        .unwrap();
    let completed = complete(&counter, old, "Vieux titre").await.unwrap();
    assert_eq!(title(completed).await.as_deref(), Some("Vieux titre"));
}

pub async fn a_record_is_completed_once_however_many_complete_it(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let mut file = String::new();
    for number in 0..20 {
        writeln!(file, "{{\"id\":\"r:{number}\"}}").unwrap();
    }
    let job = hand_in(&counter, folder.path(), &file, true).await;
    assert!(work(&bench(&counter, folder.path())).await);
    let mut completing = Vec::new();
    for nth in 0..8 {
        let counter = counter.clone();
        let title = format!("Titre {nth}");
        completing.push(tokio::spawn(async move {
            complete(&counter, job, &title).await.unwrap()
        }));
    }
    let mut editions = std::collections::BTreeSet::new();
    for one in completing {
        editions.insert(one.await.unwrap());
    }
    assert_eq!(editions.len(), 1, "{editions:?}");
    let counts = look(&counter, job).await.counts;
    assert_eq!(
        (counts.created, counts.updated, counts.rejected),
        (1, 0, 19)
    );
    let imports = counter
        .store
        .read(move |tx| jobs::imports_of(tx, job))
        .await;
    assert_eq!(imports.unwrap().len(), 1);
}

pub async fn a_rejected_record_is_completed_as_if_it_had_been_whole(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let file = "{\"id\":\"r:1\",\"source\":\"r\",\"publisher\":\"Quai\"}\n\
                {\"source\":\"r\",\"title\":\"Sans nom\"}\nnot json\n";
    let job = hand_in(&counter, folder.path(), file, true).await;
    assert!(work(&bench(&counter, folder.path())).await);
    let before = look(&counter, job).await;
    assert_eq!((before.counts.created, before.counts.rejected), (0, 3));
    let titled = Correction {
        title: Some(("Les Marées".to_owned(), None)),
        ..Correction::default()
    };
    let complete = async |number: u64, added: &Correction| {
        let (added, by) = (added.clone(), by(&counter));
        let completed = counter
            .store
            .write(move |tx| rejects::complete(tx, job, number, &added, &by));
        completed.await
    };
    let untitled = complete(1, &Correction::default()).await;
    assert!(
        matches!(untitled, Err(NotCompleted::NoTitle)),
        "{untitled:?}"
    );
    let unreadable = complete(3, &titled).await;
    assert!(
        matches!(unreadable, Err(NotCompleted::Unknown)),
        "{unreadable:?}"
    );
    let edition = complete(1, &titled).await.unwrap();
    assert_eq!(complete(1, &Correction::default()).await.unwrap(), edition);
    let unnamed = complete(2, &Correction::default()).await.unwrap();
    assert_ne!(unnamed, edition);
    let after = look(&counter, job).await;
    assert_eq!((after.counts.created, after.counts.rejected), (2, 1));
    // The record is the sender's, and says what was read and what was added.
    let said = counter
        .store
        .read(move |tx| store::said(tx, edition))
        .await
        .unwrap();
    assert_eq!(
        (said[0].sender.as_str(), said[0].reference.as_str()),
        ("r", "r:1")
    );
    assert_eq!(said[0].edition.publisher.as_deref(), Some("Quai"));
    let notes =
        move |tx: &mut dyn storage::Tx| notes::notes(tx, job, &notes::Wanted::default(), 10, 0);
    let notes = counter.store.read(notes).await.unwrap();
    let editions: Vec<_> = notes
        .iter()
        .map(|note| (note.edition, note.reject))
        .collect();
    assert_eq!(
        editions,
        [(Some(edition), None), (Some(unnamed), None), (None, None)]
    );
    // A later file of the sender has the last word, as over any record of its own.
    let whole = "{\"id\":\"r:1\",\"source\":\"r\",\"title\":\"Les Marées noires\"}\n";
    hand_in(&counter, folder.path(), whole, true).await;
    assert!(work(&bench(&counter, folder.path())).await);
    let found = counter
        .store
        .read(move |tx| store::edition(tx, edition))
        .await
        .unwrap();
    assert_eq!(found.unwrap().title, "Les Marées noires");
    // What is undone with the job is gone with it.
    let imports = counter
        .store
        .read(move |tx| jobs::imports_of(tx, job))
        .await
        .unwrap();
    assert_eq!(imports.len(), 2);
    let (store, me) = (counter.store.clone(), by(&counter));
    tokio::task::spawn_blocking(move || {
        for import in imports {
            store::undo_import(&store, import.id, &me).unwrap();
        }
    })
    .await
    .unwrap();
    let gone = counter
        .store
        .read(move |tx| store::edition(tx, unnamed))
        .await;
    assert_eq!(gone.unwrap(), None);
}

pub async fn no_more_rejected_records_are_kept_than_are_completed_by_hand(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let mut file = format!(
        "{{\"id\":\"r:big\",\"description\":\"{}\"}}\n",
        "x".repeat(limits::REJECT_BYTES)
    );
    for number in 0..limits::REJECTS + 7 {
        writeln!(file, "{{\"id\":\"r:{number}\"}}").unwrap();
    }
    let job = hand_in(&counter, folder.path(), &file, true).await;
    assert!(work(&bench(&counter, folder.path())).await);
    let notes =
        move |tx: &mut dyn storage::Tx| notes::notes(tx, job, &notes::Wanted::default(), 1_000, 0);
    let notes = counter.store.read(notes).await.unwrap();
    let kept = notes.iter().filter(|note| note.reject.is_some()).count();
    assert_eq!(
        (notes.len(), kept),
        (limits::REJECTS as usize + 8, limits::REJECTS as usize)
    );
    assert_eq!(notes[0].reject, None, "too much to keep");
    assert!(notes[1].reject.is_some());
}

pub async fn a_trial_counts_and_stores_nothing(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let worker = bench(&counter, folder.path());
    hand_in(&counter, folder.path(), &lines(3), true).await;
    assert!(work(&worker).await);
    let changed = lines(5).replace("Livre 1\"", "Livre premier\"");
    let job = hand_in(&counter, folder.path(), &changed, false).await;
    assert!(!work(&worker).await, "nobody asked for anything");
    let before = counter.store.read(|tx| store::sequence(tx)).await.unwrap();
    let wanted = counter
        .store
        .write(move |tx| jobs::want_trial(tx, job))
        .await;
    assert!(wanted.unwrap());
    assert!(work(&worker).await);
    let tried = look(&counter, job).await;
    assert_eq!((tried.state, tried.counts.all()), (JobState::Tried, 0));
    let trial = tried.trial.unwrap();
    assert_eq!((trial.counts.created, trial.counts.updated), (2, 1));
    assert_eq!((trial.counts.unchanged, trial.counts.rejected), (2, 1));
    assert_eq!((trial.records, trial.notes.errors), (6, 1));
    let change = &trial.changes[0];
    assert_eq!(trial.changes.len(), 1);
    assert_eq!(change.fields, [store::Field::Title]);
    assert_eq!(
        (change.was.title.as_str(), change.becomes.title.as_str()),
        ("Livre 1", "Livre premier")
    );
    let after = counter.store.read(|tx| store::sequence(tx)).await.unwrap();
    assert_eq!(before, after);
}

pub async fn mappings_and_notes_are_found_again(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let job = hand_in(&counter, folder.path(), &lines(1), true).await;
    assert!(work(&bench(&counter, folder.path())).await);
    let store = counter.store.clone();
    let found = async move |text: &str| {
        let wanted = notes::Wanted {
            severity: Some(import::Severity::Error),
            code: "json-invalid".to_owned(),
            text: text.to_owned(),
        };
        let read = store.read(move |tx| -> Result<_, Fault> {
            let notes = notes::notes(tx, job, &wanted, 10, 0)?;
            Ok((notes::count(tx, job, &wanted)?, notes))
        });
        read.await.unwrap()
    };
    let (count, notes) = found("NOT A RECORD").await;
    assert_eq!((count, notes.len()), (1, 1));
    assert_eq!((notes[0].file.as_str(), notes[0].line), ("livres.jsonl", 2));
    assert_eq!(found("100%").await.0, 0);
    let kinds = counter.store.read(move |tx| notes::kinds(tx, job)).await;
    assert_eq!(kinds.unwrap().len(), 1);

    let path = folder.path().join("stock_1.csv");
    std::fs::write(&path, "Titre;EAN\nNadja;9782070360024\n").unwrap();
    let table = import::preview(&path, None, 1).unwrap().table.unwrap();
    let mut mapping = table.mapping.clone();
    mapping.sender = "quai".to_owned();
    let (kept, looked) = (mapping.clone(), table.clone());
    let now = counter.clock.now();
    let saved =
        move |tx: &mut dyn storage::Tx| mappings::save(tx, "stock_1.csv", &looked, &kept, now);
    counter.store.write(saved).await.unwrap();
    let likely = counter
        .store
        .read(move |tx| mappings::likely(tx, "Stock_2.csv", &table))
        .await;
    assert_eq!(likely.unwrap(), Some(mapping.clone()));
    let of_sender = counter
        .store
        .read(|tx| mappings::of_sender(tx, "quai"))
        .await;
    assert_eq!(of_sender.unwrap(), Some(mapping));
}

const TABLE: &str = "EAN;Titre;Prix TTC\n9782070360024;Nadja;12,50\n";

/// A folder where a sender's files arrive, and the desks of two shops.
struct Dropping {
    folder: tempfile::TempDir,
    desks: [tempfile::TempDir; 2],
    watchers: [Watcher; 2],
}

fn dropping() -> Dropping {
    let folder = tempfile::tempdir().unwrap();
    let desks = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let drop = DropFolder {
        folder: folder.path().to_owned(),
        sender: "quai".to_owned(),
    };
    let watchers = [
        Watcher::of(drop.clone(), desks[0].path()),
        Watcher::of(drop, desks[1].path()),
    ];
    Dropping {
        folder,
        desks,
        watchers,
    }
}

/// Both shops look at once; says how many files they took.
async fn look_both(counter: &Counter, dropping: Dropping) -> (Dropping, usize) {
    let Dropping {
        folder,
        desks,
        watchers,
    } = dropping;
    let looking = watchers.map(|mut watcher| {
        let (store, now) = (counter.store.clone(), counter.clock.now());
        tokio::task::spawn_blocking(move || {
            let taken = watcher.look(&store, now).unwrap();
            (watcher, taken)
        })
    });
    let [one, other] = looking;
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    let dropping = Dropping {
        folder,
        desks,
        watchers: [one.0, other.0],
    };
    (dropping, one.1 + other.1)
}

pub async fn two_shops_take_a_dropped_file_once(counter: Counter) {
    let dropping = dropping();
    let folder = dropping.folder.path().to_owned();
    std::fs::write(folder.join("stock du jour.csv"), TABLE).unwrap();
    std::fs::write(folder.join("next.csv.part"), TABLE).unwrap();
    let (dropping, taken) = look_both(&counter, dropping).await;
    assert_eq!(taken, 0, "it may still be arriving");
    counter.clock.advance(STILL);
    let (dropping, taken) = look_both(&counter, dropping).await;
    assert_eq!(taken, 1, "one file, whoever takes it");
    let listed = counter.store.read(|tx| jobs::jobs(tx, 10)).await.unwrap();
    assert_eq!(listed.len(), 1);
    let job = &listed[0];
    assert_eq!((job.staff.as_str(), job.state), ("quai", JobState::Waiting));
    assert_eq!(job.mapping.as_ref().unwrap().sender, "quai");
    let worked = [
        work(&bench(&counter, dropping.desks[0].path())).await,
        work(&bench(&counter, dropping.desks[1].path())).await,
    ];
    assert_eq!(worked.iter().filter(|worked| **worked).count(), 1);
    // Renamed when it was whole, so it need not lie still.
    std::fs::rename(folder.join("next.csv.part"), folder.join("next.csv")).unwrap();
    let (dropping, taken) = look_both(&counter, dropping).await;
    assert_eq!(taken, 1);
    let done = folder.join("done");
    assert_eq!(
        std::fs::read_to_string(done.join("stock_du_jour.csv")).unwrap(),
        TABLE
    );
    assert!(done.join("stock_du_jour.csv.report.jsonl").exists());
    assert_eq!(look(&counter, job.id).await.counts.created, 1);
    drop(dropping);
}

pub async fn what_is_no_ordinary_file_is_left_where_it_lies(counter: Counter) {
    let dropping = dropping();
    let folder = dropping.folder.path().to_owned();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.csv");
    std::fs::write(&secret, TABLE).unwrap();
    std::os::unix::fs::symlink(&secret, folder.join("link.csv")).unwrap();
    std::fs::hard_link(&secret, folder.join("hard.csv")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket.csv")).unwrap();
    std::fs::write(folder.join("noise.bin"), [0_u8, 1, 2, 3]).unwrap();
    let (dropping, _) = look_both(&counter, dropping).await;
    counter.clock.advance(STILL);
    let (dropping, taken) = look_both(&counter, dropping).await;
    assert_eq!(taken, 1, "the file that is only no feed");
    for left in ["link.csv", "hard.csv", "socket.csv"] {
        assert!(folder.join(left).symlink_metadata().is_ok(), "{left}");
    }
    for desk in &dropping.desks {
        work(&bench(&counter, desk.path())).await;
    }
    let (_dropping, _) = look_both(&counter, dropping).await;
    let failed = folder.join("failed");
    assert!(failed.join("noise.bin").exists());
    let report = std::fs::read_to_string(failed.join("noise.bin.report.jsonl")).unwrap();
    assert!(report.contains("not-recognised"), "{report}");
    // What is ours to make is not made through somebody else's link.
    let linked = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), linked.path().join("done")).unwrap();
    let drop = DropFolder {
        folder: linked.path().to_owned(),
        sender: "quai".to_owned(),
    };
    let mut watcher = Watcher::of(drop, outside.path());
    let (store, now) = (counter.store.clone(), counter.clock.now());
    let refused = tokio::task::spawn_blocking(move || watcher.look(&store, now).is_err());
    assert!(refused.await.unwrap());
}

/// A file that was taken for a job a long while ago, by a shop that died before it wrote the job down.
fn taken_long_ago(folder: &Path, name: &str) -> (ImportJobId, std::path::PathBuf) {
    let job = ImportJobId::new();
    let path = folder.join(".taken").join(format!("{job}-{name}"));
    std::fs::write(&path, TABLE).unwrap();
    (job, path)
}

fn kinds(watcher: &Watcher) -> Vec<(String, TroubleKind)> {
    let named = watcher.troubles().map(|(path, trouble)| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, trouble.kind)
    });
    named.collect()
}

/// Looks with a clock that is past every wait.
async fn look_later(counter: &Counter, mut watcher: Watcher) -> (Watcher, usize) {
    counter.clock.advance(Duration::from_secs(61));
    let (store, now) = (counter.store.clone(), counter.clock.now());
    let looked = tokio::task::spawn_blocking(move || {
        let taken = watcher.look(&store, now).unwrap();
        (watcher, taken)
    });
    looked.await.unwrap()
}

pub async fn a_full_disk_holds_up_one_file_and_leaves_nothing_half(counter: Counter) {
    let dropping = dropping();
    let (folder, desk) = (dropping.folder.path().to_owned(), dropping.desks[0].path());
    let [watcher, _] = dropping.watchers;
    // Real time, because the system says when a file was moved.
    counter.clock.advance(Duration::from_secs(400 * 24 * 3600));
    let (watcher, _) = look_later(&counter, watcher).await;
    let (full, full_path) = taken_long_ago(&folder, "a.csv");
    let (other, _) = taken_long_ago(&folder, "b.csv");
    // Writing there meets a full disk.
    let copy = run::file_of(desk, full);
    std::os::unix::fs::symlink("/dev/full", &copy).unwrap();
    let (mut watcher, _) = look_later(&counter, watcher).await;
    assert_eq!(
        kinds(&watcher),
        [(format!("{full}-a.csv"), TroubleKind::DiskFull)]
    );
    assert!(copy.symlink_metadata().is_err(), "no half copy is left");
    assert!(full_path.exists(), "the file waits");
    assert_eq!(look(&counter, other).await.state, JobState::Waiting);
    // Not before a minute is over.
    let (store, now) = (counter.store.clone(), counter.clock.now());
    let watcher = tokio::task::spawn_blocking(move || {
        watcher.look(&store, now).unwrap();
        watcher
    });
    let watcher = watcher.await.unwrap();
    let none = counter
        .store
        .read(move |tx| jobs::job(tx, full))
        .await
        .unwrap();
    assert_eq!(none, None);
    let (watcher, _) = look_later(&counter, watcher).await;
    assert_eq!(look(&counter, full).await.state, JobState::Waiting);
    assert_eq!(kinds(&watcher), []);
    assert!(std::fs::read_to_string(&copy).is_ok_and(|text| text == TABLE));
}

pub async fn what_cannot_be_laid_aside_holds_up_no_other_file(counter: Counter) {
    let dropping = dropping();
    let folder = dropping.folder.path().to_owned();
    let desk = dropping.desks[0].path();
    let [watcher, _] = dropping.watchers;
    counter.clock.advance(Duration::from_secs(400 * 24 * 3600));
    let (watcher, _) = look_later(&counter, watcher).await;
    let (one, _) = taken_long_ago(&folder, "a.csv");
    let (_, _) = taken_long_ago(&folder, "b.csv");
    let (watcher, _) = look_later(&counter, watcher).await;
    while work(&bench(&counter, desk)).await {}
    // Neither name is free, and what bears the second can be removed by nobody as a file.
    let done = folder.join("done");
    std::fs::create_dir(done.join("a.csv")).unwrap();
    let planted = done.join(format!("{one}-a.csv.report.jsonl"));
    std::fs::create_dir(&planted).unwrap();
    let (watcher, _) = look_later(&counter, watcher).await;
    assert!(done.join("b.csv").exists() && done.join("b.csv.report.jsonl").exists());
    assert_eq!(
        kinds(&watcher),
        [(format!("{one}-a.csv"), TroubleKind::Unusable)]
    );
    let since = |watcher: &Watcher| watcher.troubles().next().unwrap().1.since;
    let first = since(&watcher);
    let (watcher, _) = look_later(&counter, watcher).await;
    assert_eq!(since(&watcher), first, "it is one trouble");
    std::fs::remove_dir(&planted).unwrap();
    let (watcher, _) = look_later(&counter, watcher).await;
    assert!(done.join(format!("{one}-a.csv")).exists());
    assert_eq!(kinds(&watcher), []);
}

pub async fn odd_names_and_foreign_files_hold_up_no_other(counter: Counter) {
    use std::os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _};
    let dropping = dropping();
    let folder = dropping.folder.path().to_owned();
    let [watcher, _] = dropping.watchers;
    let odd = std::ffi::OsStr::from_bytes(b"a\xff\n\x1b[2J.csv");
    std::fs::write(folder.join(odd), TABLE).unwrap();
    let foreign = folder.join("b.csv");
    std::fs::write(&foreign, TABLE).unwrap();
    std::fs::set_permissions(&foreign, std::fs::Permissions::from_mode(0o000)).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("c.csv")).unwrap();
    std::fs::write(folder.join("d.csv"), TABLE).unwrap();
    let rights_count = std::fs::File::open(&foreign).is_err();
    let (watcher, _) = look_later(&counter, watcher).await;
    let (watcher, taken) = look_later(&counter, watcher).await;
    let names: Vec<String> = counter
        .store
        .read(|tx| jobs::jobs(tx, 10))
        .await
        .unwrap()
        .into_iter()
        .map(|job| job.name)
        .collect();
    for expected in ["a____2J.csv", "d.csv"] {
        assert!(names.iter().any(|name| name == expected), "{names:?}");
    }
    let troubles = kinds(&watcher);
    let of_link = ("c.csv".to_owned(), TroubleKind::NotOrdinary);
    assert!(troubles.contains(&of_link), "{troubles:?}");
    if !rights_count {
        println!("skipped: a file that may not be read, because this account may read all");
        return;
    }
    assert_eq!((taken, troubles.len()), (2, 2));
    let failed: Vec<_> = std::fs::read_dir(folder.join("failed"))
        .unwrap()
        .flatten()
        .collect();
    let report = failed.iter().find(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .ends_with("b.csv.report.jsonl")
    });
    let report = std::fs::read_to_string(report.unwrap().path()).unwrap();
    assert!(report.contains("\"forbidden\""), "{report}");
}

fn by(counter: &Counter) -> By {
    counter.clock.advance(Duration::from_secs(1));
    By {
        staff: "libraire".to_owned(),
        at: counter.clock.now(),
    }
}

fn sent(counter: &Counter, sender: &str, title: &str, cents: i64) -> Incoming {
    counter.clock.advance(Duration::from_secs(1));
    Incoming::Put(Box::new(Record {
        sender: sender.to_owned(),
        reference: "1".to_owned(),
        message: Some(Message {
            sent: counter.clock.now(),
            number: None,
        }),
        edition: Edition {
            isbn: Isbn13::parse("9782070360024").ok(),
            ..crate::counter::title(title, Some(cents), Goods::NewBook, Availability::InStock)
        },
    }))
}

async fn put(counter: &Counter, incoming: Vec<Incoming>) {
    let store = counter.store.clone();
    tokio::task::spawn_blocking(move || store::put_all(&store, incoming.into_iter()).unwrap())
        .await
        .unwrap();
}

/// The edition that the tests correct, with its price in cents.
async fn corrected(counter: &Counter) -> (EditionId, String, i64, usize) {
    let isbn = Isbn13::parse("9782070360024").unwrap();
    let found = counter.store.read(move |tx| store::by_isbn(tx, isbn)).await;
    let found = found.unwrap();
    let edition = &found[0];
    let price = edition.price.unwrap().amount.as_cents();
    (edition.id, edition.title.clone(), price, found.len())
}

async fn correct(counter: &Counter, edition: EditionId, correction: Correction) {
    let by = by(counter);
    let corrected = counter
        .store
        .write(move |tx| store::correct(tx, edition, &correction, &by));
    corrected.await.unwrap();
}

fn of_price(cents: i64) -> Correction {
    Correction {
        price: Some(Price {
            amount: Money::cents(cents),
            regime: PriceRegime::FixedFr,
        }),
        ..Correction::default()
    }
}

pub async fn a_correction_outlives_the_next_feed_and_is_taken_back(counter: Counter) {
    put(
        &counter,
        vec![sent(&counter, "a", "Nadja (vieux titre)", 900)],
    )
    .await;
    let (edition, ..) = corrected(&counter).await;
    correct(&counter, edition, of_price(1250)).await;
    // The next feed changes what was not corrected, and nothing else; so does another sender that joins.
    put(&counter, vec![sent(&counter, "a", "Nadja", 950)]).await;
    put(&counter, vec![sent(&counter, "b", "Nadja", 1000)]).await;
    assert_eq!(
        corrected(&counter).await,
        (edition, "Nadja".to_owned(), 1250, 1)
    );
    let sources = counter
        .store
        .read(move |tx| store::sources(tx, edition))
        .await
        .unwrap();
    let of = |field| {
        &sources
            .iter()
            .find(|source| source.field == field)
            .unwrap()
            .sender
    };
    assert_eq!(of(Field::Price), CORRECTIONS);
    assert_eq!(of(Field::Title), "a");
    // The order of senders does not reach it.
    let (store, me) = (counter.store.clone(), by(&counter));
    let order = ["b".to_owned(), "a".to_owned()];
    tokio::task::spawn_blocking(move || store::set_precedence(&store, &order, &me).unwrap())
        .await
        .unwrap();
    assert_eq!(corrected(&counter).await.2, 1250);
    // Corrected again, another field too; then as the senders have it.
    let more = Correction {
        title: Some(("Nadja !".to_owned(), None)),
        ..of_price(1300)
    };
    correct(&counter, edition, more).await;
    assert_eq!(
        corrected(&counter).await,
        (edition, "Nadja !".to_owned(), 1300, 1)
    );
    correct(&counter, edition, Correction::default()).await;
    assert_eq!(
        corrected(&counter).await,
        (edition, "Nadja".to_owned(), 1000, 1)
    );
    correct(&counter, edition, of_price(1400)).await;
    // Like everything that is said, it can be undone as an import.
    let imports = counter
        .store
        .read(|tx| store::imports(tx, 1))
        .await
        .unwrap();
    assert!(imports[0].delivery.name.starts_with(store::CORRECTION_OF));
    let (store, me, import) = (counter.store.clone(), by(&counter), imports[0].id);
    tokio::task::spawn_blocking(move || store::undo_import(&store, import, &me).unwrap())
        .await
        .unwrap();
    assert_eq!(corrected(&counter).await.2, 1000);
    let decisions = counter
        .store
        .read(move |tx| store::decisions(tx, edition))
        .await;
    assert!(
        decisions.unwrap().is_empty(),
        "tying a correction to its edition is no decision"
    );
}

pub async fn what_was_decided_about_an_edition_is_listed(counter: Counter) {
    let both = vec![
        sent(&counter, "a", "Nadja", 900),
        sent(&counter, "b", "Nadja", 1000),
    ];
    put(&counter, both).await;
    let (edition, _, _, count) = corrected(&counter).await;
    assert_eq!(count, 1);
    correct(&counter, edition, of_price(1250)).await;
    let senders = counter.store.read(|tx| store::senders(tx)).await.unwrap();
    assert!(
        senders.iter().any(|sender| sender == "a") && senders.iter().any(|sender| sender == "b")
    );
    assert!(!senders.iter().any(|sender| sender == CORRECTIONS));
    let me = by(&counter);
    let split = counter.store.write(move |tx| -> Result<_, Refusal> {
        store::split(tx, "b", "1", &me)?;
        Ok(store::edition_of(tx, "b", "1")?.unwrap())
    });
    let parted = split.await.unwrap();
    assert_ne!(parted, edition);
    let decisions = counter
        .store
        .read(move |tx| store::decisions(tx, parted))
        .await
        .unwrap();
    assert_eq!(decisions.len(), 1);
    assert_eq!(
        (&decisions[0].one.0, &decisions[0].other),
        (&"b".to_owned(), &None)
    );
    let log = counter
        .store
        .read(|tx| shop::staff::audit::latest(tx, 1, 2))
        .await;
    let log = log.unwrap().into_iter().map(|entry| entry.action);
    assert_eq!(
        log.collect::<Vec<_>>(),
        ["edition.split", "edition.correct"],
        "the administrator reads it with what the shop did"
    );
    let (me, id) = (by(&counter), decisions[0].id);
    let undone = counter
        .store
        .write(move |tx| store::undo_decision(tx, id, &me));
    undone.await.unwrap();
    assert_eq!(
        corrected(&counter).await,
        (edition, "Nadja".to_owned(), 1250, 1)
    );
    let said = counter
        .store
        .read(move |tx| store::said(tx, edition))
        .await
        .unwrap();
    let order: Vec<&str> = said.iter().map(|said| said.sender.as_str()).collect();
    assert_eq!(order, [CORRECTIONS, "a", "b"]);
    assert_eq!(
        store::uncorrected(&said).unwrap().price.unwrap().amount,
        Money::cents(900)
    );
    // Without a sender there is no edition, whatever was corrected of it.
    for sender in ["a", "b"] {
        counter.clock.advance(Duration::from_secs(1));
        let hide = Incoming::Hide {
            sender: sender.to_owned(),
            reference: "1".to_owned(),
            message: Some(Message {
                sent: counter.clock.now(),
                number: None,
            }),
        };
        put(&counter, vec![hide]).await;
    }
    let gone = counter
        .store
        .read(move |tx| store::edition(tx, edition))
        .await;
    assert_eq!(gone.unwrap(), None);
}
