//! Who works on a job: claims, tries, the order of arrival, and a shop or a database that goes away.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use catalogue::desk::{Job, JobState, job as jobs, limits, run};
use storage::Fault;
use trade::ids::ImportJobId;

use super::{MANY, bench, hand_in, lines, look, work};
use crate::counter::Counter;

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

pub async fn files_on_the_disk_of_another_shop_hide_none_that_lie_here(counter: Counter) {
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for _ in 0..60 {
        hand_in(&counter, elsewhere.path(), &lines(1), true).await;
    }
    let worker = bench(&counter, here.path());
    let by_the_shop = hand_in(&counter, here.path(), &lines(1), true).await;
    assert!(work(&worker).await);
    assert_eq!(look(&counter, by_the_shop).await.state, JobState::Done);
    let by_the_command = hand_in(&counter, here.path(), &lines(2), true).await;
    let worked = tokio::task::spawn_blocking(move || worker.run_up_to(by_the_command));
    assert!(worked.await.unwrap().unwrap());
    assert_eq!(look(&counter, by_the_command).await.state, JobState::Done);
}

storage::statements! {
    SPOIL = "UPDATE import_jobs SET mapping = '{' WHERE id = $1";
}

pub async fn a_job_that_cannot_be_read_holds_up_no_other(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let spoilt = hand_in(&counter, folder.path(), &lines(1), true).await;
    let spoil = counter
        .store
        .write(move |tx| tx.execute(&SPOIL, &[spoilt.to_string().into()]));
    assert_eq!(spoil.await.unwrap(), 1);
    let other = hand_in(&counter, folder.path(), &lines(2), true).await;
    let worker = bench(&counter, folder.path());
    for _ in 0..=limits::TRIES {
        work(&worker).await;
    }
    assert_eq!(look(&counter, other).await.state, JobState::Done);
    let unreadable = counter.store.read(move |tx| jobs::job(tx, spoilt)).await;
    assert!(matches!(unreadable, Err(Fault::Corrupt(_))));
    // Its file stays for whoever can read it, and does not keep those of others from being removed.
    let over = run::file_of(folder.path(), other);
    std::fs::write(&over, lines(2)).unwrap();
    let file = run::file_of(folder.path(), spoilt);
    let swept = tokio::task::spawn_blocking(move || worker.sweep());
    swept.await.unwrap().unwrap();
    assert!(file.exists() && !over.exists());
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
