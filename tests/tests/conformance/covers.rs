//! The queue of covers alike on both engines (O21). What fetching does is tested with `covers`; here it is that the
//! statements say the same.

use catalogue::{
    covers::Picture,
    model::{Availability, CoverLink, EditionId, Goods},
    store::{self, CoverReason, CoverState, DueCover, HeldFile, Incoming, Record},
};
use storage::{Fault, Store};
use trade::clock::Timestamp;

use crate::counter::{Counter, title};

const PICTURE: &str = "0123456789abcdef0123456789abcdef";

fn at(second: i64) -> Timestamp {
    Timestamp::micros(second * 1_000_000)
}

async fn offer(store: &Store, reference: &str, cover: Option<CoverLink>) {
    let mut edition = title("Les Quais", None, Goods::NewBook, Availability::InStock);
    edition.title.push_str(reference);
    edition.cover = cover;
    let record = Incoming::Put(Box::new(Record {
        sender: "quai".to_owned(),
        reference: reference.to_owned(),
        message: None,
        edition,
    }));
    let store = store.clone();
    let put = move || store::put_all(&store, std::iter::once(record)).unwrap();
    tokio::task::spawn_blocking(put).await.unwrap();
}

/// What is due at a second, after everything that changed was taken in.
async fn due(store: &Store, second: i64) -> Vec<DueCover> {
    let taken = store.write(move |tx| -> Result<_, Fault> {
        while store::follow_covers(tx, at(second))? {}
        store::take_due_covers(tx, at(second), 10)
    });
    taken.await.unwrap()
}

async fn pictures(store: &Store, since: Option<i64>) -> Vec<(EditionId, Option<Picture>)> {
    let read = store.read(move |tx| store::pictures(tx, since.map(at)));
    read.await.unwrap()
}

pub async fn covers_wait_are_kept_refused_and_taken_back(counter: Counter) {
    let store = &counter.store;
    let link = CoverLink::of("https://quai.example/é.jpg".to_owned());
    offer(store, "1", Some(link.clone())).await;
    offer(store, "2", Some(link.clone())).await;
    offer(store, "3", None).await;
    let waiting = due(store, 10).await;
    let [first, second] = waiting.as_slice() else {
        panic!("{waiting:?}");
    };
    assert_eq!((&first.offer, first.tries, &first.held), (&link, 1, &None));
    assert_eq!(due(store, 11).await, [], "each is tried once");

    let file = HeldFile {
        etag: Some("\"a\"".to_owned()),
        modified: None,
        sha256: "0".repeat(64),
    };
    let picture = Picture::new(PICTURE, 800, 1200).unwrap();
    let (kept, refused, said) = (first.clone(), second.clone(), file.clone());
    let decide = store.write(move |tx| -> Result<(), Fault> {
        store::keep_cover(tx, &kept, &said, &picture, Some(at(100)), at(20))?;
        store::refuse_cover(tx, &refused, CoverReason::Type, "a page", at(20))
    });
    decide.await.unwrap();
    assert_eq!(
        pictures(store, None).await,
        [(first.edition, Some(picture))]
    );
    assert_eq!(pictures(store, Some(21)).await, []);
    let troubles = store
        .read(|tx| store::cover_troubles(tx, 10))
        .await
        .unwrap();
    assert_eq!(troubles.len(), 1);
    assert_eq!(
        (troubles[0].reason, troubles[0].edition),
        (CoverReason::Type, second.edition)
    );

    // Looked at again in its time, with what the server said; and what was refused, when asked.
    let again = store.write(move |tx| store::try_covers_again(tx, None, at(30)));
    assert_eq!(again.await.unwrap(), 1);
    let editions = |due: Vec<DueCover>| due.iter().map(|one| one.edition).collect::<Vec<_>>();
    assert_eq!(editions(due(store, 30).await), [second.edition]);
    let looked = due(store, 100).await;
    assert_eq!(looked[0].held.as_ref(), Some(&file));
    let same = looked[0].clone();
    let still = store.write(move |tx| store::cover_is_the_same(tx, &same, None, None));
    still.await.unwrap();
    let counts = store.read(store::cover_counts).await.unwrap();
    assert_eq!(counts.get(&CoverState::Kept), Some(&1));

    // What is reported of an offer that was taken back meanwhile counts no more.
    let late = first.clone();
    offer(store, "1", None).await;
    assert_eq!(due(store, 110).await, []);
    let report = store.write(move |tx| -> Result<(), Fault> {
        store::keep_cover(tx, &late, &file, &picture, None, at(120))?;
        store::cover_failed(tx, &late, CoverReason::Slow, "", at(120))?;
        store::cover_waits(tx, &late, at(120))
    });
    report.await.unwrap();
    assert_eq!(pictures(store, Some(110)).await, [(first.edition, None)]);
    assert_eq!(due(store, 200).await, []);
    let counts = store.read(store::cover_counts).await.unwrap();
    let shown = [CoverState::Kept, CoverState::Failing].map(|one| counts.contains_key(&one));
    assert_eq!(shown, [false, false]);
}
