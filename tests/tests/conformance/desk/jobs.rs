//! What a job does and leaves: an import, a trial, notes, mappings.

use std::time::{Duration, Instant};

use catalogue::{
    desk::{JobState, job as jobs, mappings, notes, run},
    import,
    store::{self, By},
};
use storage::Fault;
use trade::clock::Timestamp;

use super::{MANY, bench, hand_in, lines, look, work};
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
