//! Reviews of editions that were merged: they follow, go back, and none is lost for another.

use std::{sync::mpsc, time::Duration};

use catalogue::{
    model::EditionId,
    store::{self, DecisionId},
};
use shop::form::Saved;
use shop::reviews::{self, About, Draft, Rating, ReviewId, editorial};
use storage::{Engine, Fault, Tx};
use trade::{address::Email, language::Language, locale::Locale};

use crate::{
    counter::{Counter, ETRANGER},
    merged::{FIRST, follow, in_the_moment},
    records::{by, decide, put, whole},
    reviews::letters,
};

storage::statements! {
    LEAD = "UPDATE reader_reviews SET edition = $2, written_of = edition WHERE id = $1";
}

fn draft(words: &str) -> Draft {
    Draft {
        rating: Rating::new(4).unwrap(),
        title: words.into(),
        body: words.into(),
        signature: "Jeanne".into(),
        language: Language::FRENCH,
        experienced: "2026-11-01".parse().unwrap(),
    }
}

fn about(edition: EditionId) -> About {
    About {
        edition,
        title: "Les Marées".into(),
    }
}

/// The address of the reader of that number in [`Counter::bought`].
fn hers(reader: u32) -> Email {
    Email::parse(&format!("lectrice{reader}@example.org")).unwrap()
}

/// A review of that reader that waits.
async fn sent(counter: &Counter, reader: u32, edition: EditionId, words: &str) -> ReviewId {
    let (draft, email) = (draft(words), hers(reader));
    counter.clock.advance(Duration::from_secs(1));
    let now = counter.clock.now();
    let sending = counter
        .store
        .write(move |tx| reviews::submit(tx, &about(edition), &draft, &email, Locale::Fr, now));
    sending.await.unwrap()
}

async fn publish(counter: &Counter, id: ReviewId) {
    let now = counter.clock.now();
    let publishing = counter.store.write(move |tx| {
        let seen = reviews::entry(tx, id)?.unwrap().0.written;
        reviews::publish(tx, id, seen, "anne", now)
    });
    publishing.await.unwrap();
}

/// A published review of that reader.
async fn reviewed(counter: &Counter, reader: u32, edition: EditionId, words: &str) -> ReviewId {
    let id = sent(counter, reader, edition, words).await;
    publish(counter, id).await;
    id
}

/// Merges the first edition after those of the counter into one of these, and leads its reviews there.
async fn merge(counter: &Counter) -> DecisionId {
    let join = decide(&counter.store, |tx| store::join(tx, ETRANGER, FIRST, &by())).await;
    follow(counter).await;
    join
}

async fn part(counter: &Counter, join: DecisionId) {
    decide(&counter.store, move |tx| {
        store::undo_decision(tx, join, &by())
    })
    .await;
    follow(counter).await;
}

/// Which review stands where, and whether it bears the mark of a buyer.
async fn on_the_pages(counter: &Counter) -> Vec<(ReviewId, EditionId, bool)> {
    let reading = counter
        .store
        .read(|tx| Ok::<_, Fault>((reviews::all(tx)?, reviews::bought(tx)?)));
    let (all, bought) = reading.await.unwrap();
    let mut all: Vec<_> = all
        .into_iter()
        .map(|change| (change.id, change.edition, bought.contains(&change.id)))
        .collect();
    all.sort_unstable();
    all
}

pub async fn reviews_follow_their_edition_and_go_back(counter: Counter) {
    let store = &counter.store;
    put(store, vec![whole("a", "1", 1, Some(990))]).await;
    counter.bought(1, &[(FIRST, 1)]).await;
    counter.bought(2, &[(FIRST, 1)]).await;
    let one = reviewed(&counter, 1, FIRST, "une").await;
    let two = reviewed(&counter, 2, ETRANGER, "deux").await;
    let both = reviewed(&counter, 3, ETRANGER, "trois").await;
    let unseen = reviewed(&counter, 3, FIRST, "trois aussi").await;
    let now = counter.clock.now();
    let article = editorial::EditorialText {
        author: "A. Critique".into(),
        source: "Le Journal".into(),
        written: "2026-06-15".parse().unwrap(),
        language: Language::FRENCH,
        body: "Un roman bref.".into(),
    };
    let adding = store.write(move |tx| editorial::add(tx, FIRST, &article, "anne", now));
    adding.await.unwrap();

    let join = decide(store, |tx| store::join(tx, ETRANGER, FIRST, &by())).await;
    counter.clock.advance(Duration::from_secs(60));
    let merged = counter.clock.now();
    follow(&counter).await;
    let on_one_page = [
        (one, ETRANGER, true),
        (two, ETRANGER, true),
        (both, ETRANGER, false),
        (unseen, FIRST, false),
    ];
    assert_eq!(on_the_pages(&counter).await, on_one_page);
    let changed = store.read(move |tx| reviews::changes(tx, merged)).await;
    let changed: Vec<_> = changed.unwrap().iter().map(|change| change.id).collect();
    assert_eq!(changed, [one], "pages are told");
    let editorials = store.read(|tx| editorial::of_edition(tx, ETRANGER)).await;
    assert_eq!(editorials.unwrap().len(), 1);

    // Her next one is of the edition that her order names, and takes the place of the first.
    let next = reviewed(&counter, 1, FIRST, "relue").await;
    let expected = [
        (two, ETRANGER, true),
        (both, ETRANGER, false),
        (unseen, FIRST, false),
        (next, ETRANGER, true),
    ];
    assert_eq!(on_the_pages(&counter).await, expected);

    decide(store, move |tx| store::undo_decision(tx, join, &by())).await;
    follow(&counter).await;
    let parted = [
        (two, ETRANGER, false),
        (both, ETRANGER, false),
        (unseen, FIRST, false),
        (next, FIRST, true),
    ];
    assert_eq!(on_the_pages(&counter).await, parted);
    let editorials = store.read(|tx| editorial::of_edition(tx, FIRST)).await;
    assert_eq!(editorials.unwrap().len(), 1);
}

pub async fn a_review_that_waits_takes_the_place_of_none_of_another_edition(counter: Counter) {
    put(&counter.store, vec![whole("a", "1", 1, Some(990))]).await;
    counter.bought(1, &[(FIRST, 1)]).await;
    let shown = reviewed(&counter, 1, ETRANGER, "une").await;
    let waiting = sent(&counter, 1, FIRST, "deux").await;
    let join = merge(&counter).await;

    let next = sent(&counter, 1, ETRANGER, "trois").await;
    assert_ne!(next, waiting, "two editions, two reviews");
    let now = counter.clock.now();
    let confirming = counter.store.write(move |tx| {
        let (draft, email) = (draft("quatre"), hers(1));
        reviews::submit_unproved(tx, &about(ETRANGER), &draft, &email, Locale::Fr, now)
    });
    confirming.await.unwrap();
    let asked = ReviewId(letters(&counter).await.last().unwrap().review);
    let confirming = counter
        .store
        .write(move |tx| reviews::confirm(tx, asked, now));
    confirming.await.unwrap();
    let entry = counter.store.read(move |tx| reviews::entry(tx, waiting));
    let entry = entry.await.unwrap().unwrap().0;
    assert_eq!((entry.body.as_str(), entry.bought), ("deux", true));

    publish(&counter, waiting).await;
    let both = [(shown, ETRANGER, true), (waiting, FIRST, false)];
    assert_eq!(on_the_pages(&counter).await, both);
    publish(&counter, asked).await;
    let both = [(waiting, FIRST, false), (asked, ETRANGER, true)];
    assert_eq!(on_the_pages(&counter).await, both);
    part(&counter, join).await;
    let parted = [(waiting, FIRST, true), (asked, ETRANGER, false)];
    assert_eq!(on_the_pages(&counter).await, parted);
}

pub async fn the_review_of_the_edition_that_remains_sends_another_home(counter: Counter) {
    put(&counter.store, vec![whole("a", "1", 1, Some(990))]).await;
    let moved = reviewed(&counter, 1, FIRST, "une").await;
    let join = merge(&counter).await;
    assert_eq!(
        on_the_pages(&counter).await,
        [(moved, ETRANGER, false)],
        "it stands alone"
    );
    let next = reviewed(&counter, 1, ETRANGER, "deux").await;
    let both = [(moved, FIRST, false), (next, ETRANGER, false)];
    assert_eq!(on_the_pages(&counter).await, both);
    assert_eq!(follow(&counter).await, 0);
    assert_eq!(on_the_pages(&counter).await, both);

    let withdrawing = counter
        .store
        .write(move |tx| reviews::withdraw(tx, next, trade::clock::Timestamp::micros(1)));
    withdrawing.await.unwrap();
    follow(&counter).await;
    assert_eq!(on_the_pages(&counter).await, [(moved, ETRANGER, false)]);
    part(&counter, join).await;
    assert_eq!(on_the_pages(&counter).await, [(moved, FIRST, false)]);
}

pub async fn a_review_is_stamped_when_it_moves_not_when_it_was_to(counter: Counter) {
    let store = &counter.store;
    put(store, vec![whole("a", "1", 1, Some(990))]).await;
    let review = reviewed(&counter, 1, FIRST, "une").await;
    decide(store, |tx| store::join(tx, ETRANGER, FIRST, &by())).await;
    let (writing, writes) = mpsc::channel();
    let clock = counter.clock.clone();
    let long_write = move |_: &mut dyn Tx| {
        writing.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        clock.advance(Duration::from_secs(60));
        Ok::<_, Fault>(clock.now())
    };
    let other = store.clone();
    let long_write = tokio::spawn(async move { other.write(long_write).await });
    tokio::task::spawn_blocking(move || writes.recv().unwrap())
        .await
        .unwrap();
    // PostgreSQL lets others write meanwhile: there it follows the long write.
    let written = match store.engine() {
        Engine::Sqlite => {
            follow(&counter).await;
            long_write.await
        }
        Engine::Postgres => {
            let written = long_write.await;
            follow(&counter).await;
            written
        }
    };
    let written = written.unwrap().unwrap();
    let changes = store.read(move |tx| reviews::changes(tx, written)).await;
    let changed: Vec<_> = changes.unwrap().iter().map(|change| change.id).collect();
    assert_eq!(changed, [review]);
}

pub async fn a_review_is_published_in_the_moment_of_a_merge(counter: Counter) {
    put(&counter.store, vec![whole("a", "1", 1, Some(990))]).await;
    let moved = reviewed(&counter, 1, FIRST, "une").await;
    decide(&counter.store, |tx| store::join(tx, ETRANGER, FIRST, &by())).await;
    let next = sent(&counter, 1, ETRANGER, "deux").await;
    let now = counter.clock.now();
    let lead = move |tx: &mut dyn Tx| {
        tx.execute(&LEAD, &[moved.0.into(), ETRANGER.0.into()])?;
        Ok(Saved::Done)
    };
    let publishing = reviews::publish_alone(&counter.store, next, now, "anne", now);
    in_the_moment(&counter, lead, publishing).await.unwrap();
    let both = [(moved, FIRST, false), (next, ETRANGER, false)];
    assert_eq!(on_the_pages(&counter).await, both);
}
