//! Rejected records that are completed by hand.

use std::fmt::Write as _;

use catalogue::{
    desk::{
        job as jobs, limits, notes,
        rejects::{self, NotCompleted},
    },
    model::EditionId,
    store::{self, Correction},
};
use trade::ids::ImportJobId;

use super::{bench, by, hand_in, look, work};
use crate::counter::Counter;

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
