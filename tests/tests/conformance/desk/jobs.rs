//! What a job does and leaves: an import, a trial, notes, mappings.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use catalogue::{
    desk::{JobState, job as jobs, mappings, notes, run},
    import,
    store::{self, By, ImportState},
};
use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::ImportJobId};

use super::{MANY, bench, by, hand_in, lines, look, work, zipped};
use crate::counter::Counter;

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

pub async fn a_pause_in_an_archive_loses_nothing_of_its_files(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let worker = bench(&counter, folder.path());
    // Every hundredth line is no record, in both files.
    let part = |part: &str, count: usize| {
        let mut file = String::new();
        for number in 0..count {
            match number % 100 {
                99 => file.push_str("not json\n"),
                _ => writeln!(
                    file,
                    "{{\"id\":\"{part}:{number}\",\"source\":\"d\",\"title\":\"Livre {number}\"}}"
                )
                .unwrap(),
            }
        }
        file
    };
    let noise = "\u{1}\u{2}\u{3}".repeat(50);
    let archive = zipped(&[
        ("a.jsonl", &part("a", MANY)),
        ("noise.bin", &noise),
        ("b.jsonl", &part("b", 1_000)),
    ]);
    let job = hand_in(&counter, folder.path(), archive, true).await;
    let working = tokio::spawn({
        let worker = worker.clone();
        async move { work(&worker).await }
    });
    while look(&counter, job).await.committed == 0 {
        assert!(!working.is_finished());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let paused = counter.store.write(move |tx| jobs::pause(tx, job)).await;
    assert!(paused.unwrap());
    assert!(working.await.unwrap());
    let paused = look(&counter, job).await;
    let records = (MANY + 1_000) as u64;
    assert_eq!(paused.state, JobState::Paused);
    assert!(
        (1..MANY as u64 * 99 / 100).contains(&paused.committed),
        "in the first file: {paused:?}"
    );
    let resumed = counter.store.write(move |tx| jobs::want_import(tx, job));
    assert!(resumed.await.unwrap());
    assert!(work(&worker).await);
    let done = look(&counter, job).await;
    assert_eq!(
        (done.state, done.counts.created),
        (JobState::Done, records * 99 / 100)
    );
    assert_eq!((done.counts.unchanged, done.counts.updated), (0, 0));
    let read = move |tx: &mut dyn Tx| notes::notes(tx, job, &notes::Wanted::default(), 1_000, 0);
    let notes = counter.store.read(read).await.unwrap();
    let lines = |file: &str| -> Vec<u64> {
        let of = notes.iter().filter(|note| note.file.ends_with(file));
        let mut lines: Vec<u64> = of.map(|note| note.line).collect();
        lines.sort_unstable();
        lines
    };
    let expected = |count: u64| -> Vec<u64> { (1..=count / 100).map(|nth| nth * 100).collect() };
    assert_eq!(lines("a.jsonl"), expected(MANY as u64));
    assert_eq!(lines("b.jsonl"), expected(1_000));
    assert_eq!(lines("noise.bin").len(), 1);
}

/// The parts of the archive that is undone and redone, and the records of each: several batches.
const PARTS: [&str; 3] = ["a", "b", "c"];
const OF_PART: usize = 1_300;

/// Asks for one thing, and for the opposite as soon as that has begun; says how all parts stand when both have ended.
async fn turned_twice(counter: &Counter, job: ImportJobId, undo_first: bool) -> ImportState {
    let count = async || counter.store.read(|tx| store::count(tx)).await.unwrap();
    let turn = |undo: bool| {
        let (store, by) = (counter.store.clone(), by(counter));
        tokio::task::spawn_blocking(move || match undo {
            true => store::undo_job(&store, job, &by).unwrap(),
            false => store::redo_job(&store, job, &by).unwrap(),
        })
    };
    let before = count().await;
    let first = turn(undo_first);
    while count().await == before {
        assert!(!first.is_finished());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let second = turn(!undo_first);
    first.await.unwrap();
    second.await.unwrap();
    let imports = counter
        .store
        .read(move |tx| jobs::imports_of(tx, job))
        .await
        .unwrap();
    let states: Vec<ImportState> = imports.iter().map(|import| import.state).collect();
    assert_eq!(states.len(), PARTS.len());
    assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
    states[0]
}

pub async fn undo_and_redo_at_once_leave_nothing_half_turned(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let files = PARTS.map(|part| lines(OF_PART).replace("\"d:", &format!("\"{part}:")));
    let named = PARTS.map(|part| format!("{part}.jsonl"));
    let members: Vec<(&str, &str)> = named
        .iter()
        .zip(&files)
        .map(|(name, file)| (name.as_str(), file.as_str()))
        .collect();
    let job = hand_in(&counter, folder.path(), zipped(&members), true).await;
    assert!(work(&bench(&counter, folder.path())).await);
    let count = async || counter.store.read(|tx| store::count(tx)).await.unwrap();
    let all = 7 + i64::try_from(PARTS.len() * OF_PART).unwrap();
    assert_eq!(count().await, all);
    // Who asks last gets it, all of it.
    assert_eq!(turned_twice(&counter, job, true).await, ImportState::Taken);
    assert_eq!(count().await, all);
    let (store, me) = (counter.store.clone(), by(&counter));
    let undone = tokio::task::spawn_blocking(move || store::undo_job(&store, job, &me).unwrap());
    undone.await.unwrap();
    assert_eq!(count().await, 7);
    assert_eq!(
        turned_twice(&counter, job, false).await,
        ImportState::Undone
    );
    assert_eq!(count().await, 7);
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
    let found_of = async move |text: &str, kinds: &[&str]| {
        let wanted = notes::Wanted {
            severity: Some(import::Severity::Error),
            code: "json-invalid".to_owned(),
            text: text.to_owned(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        let read = store.read(move |tx| -> Result<_, Fault> {
            let notes = notes::notes(tx, job, &wanted, 10, 0)?;
            Ok((notes::count(tx, job, &wanted)?, notes))
        });
        read.await.unwrap()
    };
    let found = async |text: &str| found_of(text, &[]).await;
    let (count, notes) = found("NOT A RECORD").await;
    assert_eq!((count, notes.len()), (1, 1));
    assert_eq!((notes[0].file.as_str(), notes[0].line), ("livres.jsonl", 2));
    assert_eq!(found("100%").await.0, 0);
    let kind = notes[0].said.as_ref().unwrap().kind.as_str();
    let (count, of_kind) = found_of("100%", &["no-title", kind]).await;
    assert_eq!((count, of_kind), (1, notes.clone()));
    assert_eq!(found_of("100%", &["no-title"]).await.0, 0);
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
