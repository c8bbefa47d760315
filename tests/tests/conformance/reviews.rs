//! Reviews: one per reader and edition, a true mark, decisions that are told and written down.

use std::time::Duration;

use shop::{
    reviews::{
        self, About, Draft, Queue, Rating, Reason, ReviewId, ReviewRefusal, ReviewState, Voter,
        editorial::{self, EditorialText},
        letter::{self, News, ReviewLetter},
        limits,
    },
    staff::audit,
};
use storage::outbox;
use trade::{address::Email, clock::Timestamp, language::Language, locale::Locale};

use crate::counter::{Counter, ETRANGER, NADJA, refund, ship};

/// The reader of [`Counter::draft`], who types her address in capitals.
const HERS: &str = "LECTRICE@example.org";

fn about() -> About {
    About {
        edition: ETRANGER,
        title: "L'Étranger".into(),
    }
}

fn written(title: &str) -> Draft {
    Draft {
        rating: Rating::new(4).unwrap(),
        title: title.into(),
        body: "Aujourd’hui, je l’ai relu.".into(),
        signature: "Jeanne".into(),
        language: Language::FRENCH,
        experienced: "2026-11-01".parse().unwrap(),
    }
}

async fn sent(counter: &Counter, title: &str) -> ReviewId {
    let (draft, now) = (written(title), counter.clock.now());
    let email = Email::parse(HERS).unwrap();
    let submitting = counter
        .store
        .write(move |tx| reviews::submit(tx, &about(), &draft, &email, Locale::Fr, now));
    submitting.await.unwrap()
}

async fn written_at(counter: &Counter, id: ReviewId) -> Timestamp {
    let entry = counter.store.read(move |tx| reviews::entry(tx, id)).await;
    entry.unwrap().unwrap().0.written
}

async fn publish(counter: &Counter, id: ReviewId) -> Result<(), ReviewRefusal> {
    let (seen, now) = (written_at(counter, id).await, counter.clock.now());
    let publishing = counter
        .store
        .write(move |tx| reviews::publish(tx, id, seen, "anne", now));
    publishing.await
}

/// Titles on the page, and whether each bears the mark.
async fn on_the_page(counter: &Counter) -> Vec<(String, bool)> {
    let reading = counter
        .store
        .read(|tx| Ok::<_, storage::Fault>((reviews::all(tx)?, reviews::bought(tx)?)));
    let (all, bought) = reading.await.unwrap();
    all.into_iter()
        .map(|change| (change.now.unwrap().title, bought.contains(&change.id)))
        .collect()
}

pub async fn letters(counter: &Counter) -> Vec<ReviewLetter> {
    let leasing = counter
        .store
        .write(|tx| outbox::lease(tx, letter::TOPIC, 50, i64::MAX / 4, 1));
    let leased = leasing.await.unwrap();
    let read = |entry: &outbox::Leased| serde_json::from_str(&entry.payload).unwrap();
    leased.iter().map(read).collect()
}

pub async fn a_second_review_replaces_the_first_when_it_is_published_itself(counter: Counter) {
    let first = sent(&counter, "first").await;
    publish(&counter, first).await.unwrap();
    counter.clock.advance(Duration::from_secs(60));
    let second = sent(&counter, "second").await;
    assert_ne!(first, second);
    assert_eq!(on_the_page(&counter).await, [("first".to_owned(), false)]);

    // A third before anybody read the second takes its place in the queue; the text read is not the text now.
    let seen = written_at(&counter, second).await;
    counter.clock.advance(Duration::from_secs(60));
    assert_eq!(sent(&counter, "third").await, second);
    let now = counter.clock.now();
    let unseen = counter
        .store
        .write(move |tx| reviews::publish(tx, second, seen, "anne", now));
    assert!(matches!(unseen.await, Err(ReviewRefusal::Changed)));

    publish(&counter, second).await.unwrap();
    assert_eq!(on_the_page(&counter).await, [("third".to_owned(), false)]);
    let changes = counter
        .store
        .read(move |tx| reviews::changes(tx, now))
        .await
        .unwrap();
    let gone = changes.iter().filter(|change| change.now.is_none());
    assert_eq!(gone.map(|change| change.id).collect::<Vec<_>>(), [first]);
    let again = publish(&counter, second).await;
    assert!(matches!(
        again,
        Err(ReviewRefusal::NotNow {
            state: ReviewState::Published
        })
    ));
}

pub async fn c6_the_mark_is_borne_by_buyers_for_as_long_as_they_are(counter: Counter) {
    let review = sent(&counter, "mine").await;
    publish(&counter, review).await.unwrap();
    counter.paid(&[(NADJA, 1)]).await;
    counter.ordered(&[(ETRANGER, 1)]).await;
    assert!(
        !on_the_page(&counter).await[0].1,
        "another book, and one not paid"
    );
    let order = counter.paid(&[(ETRANGER, 1)]).await;
    assert!(on_the_page(&counter).await[0].1);
    let (store, zone, clock) = (&counter.store, &counter.methods, &counter.clock);
    ship(store, zone, clock, &order, "anne").await.unwrap();
    assert!(on_the_page(&counter).await[0].1);
    refund(store, zone, clock, &order, "anne").await.unwrap();
    assert!(!on_the_page(&counter).await[0].1, "given back");
}

pub async fn c6_a_refusal_is_told_with_its_reason_and_written_down(counter: Counter) {
    let review = sent(&counter, "spoiled").await;
    publish(&counter, review).await.unwrap();
    let (seen, now) = (written_at(&counter, review).await, counter.clock.now());
    let refusing = counter.store.write(move |tx| {
        let why = (Reason::Spoiler, Some("page 3"));
        reviews::refuse(tx, review, seen, why, "anne", now)
    });
    refusing.await.unwrap();
    assert!(on_the_page(&counter).await.is_empty());
    let news: Vec<_> = letters(&counter)
        .await
        .into_iter()
        .map(|letter| letter.news)
        .collect();
    let refused = News::Refused {
        reason: Reason::Spoiler,
        note: Some("page 3".into()),
    };
    assert_eq!(news, [News::Published, refused]);
    let log = counter
        .store
        .read(|tx| audit::latest(tx, 1, 10))
        .await
        .unwrap();
    let actions: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["review.refuse", "review.publish"]);
    let counts = counter.store.read(reviews::counts).await.unwrap();
    assert_eq!((counts.refused, counts.published), (1, 0));
}

pub async fn an_address_is_asked_before_anybody_reads_its_review(counter: Counter) {
    for place in 0..limits::UNCONFIRMED_PER_ADDRESS + 2 {
        let (draft, now) = (written(&place.to_string()), counter.clock.now());
        let email = Email::parse(HERS).unwrap();
        let asking = counter.store.write(move |tx| {
            reviews::submit_unproved(tx, &about(), &draft, &email, Locale::En, now)
        });
        asking.await.unwrap();
    }
    let asked = letters(&counter).await;
    assert_eq!(asked.len(), limits::UNCONFIRMED_PER_ADDRESS as usize);
    assert!(
        asked
            .iter()
            .all(|letter| letter.news == News::Confirm && letter.to.as_str() == HERS)
    );
    let waits = || async {
        let reading = counter
            .store
            .read(|tx| reviews::queue(tx, Queue::Waiting, 1, 10));
        let entries = reading.await.unwrap();
        entries
            .into_iter()
            .map(|entry| entry.title)
            .collect::<Vec<_>>()
    };
    assert!(waits().await.is_empty());
    for (letter, title) in asked.iter().zip(["0", "1"]) {
        let (id, now) = (letter.review(), counter.clock.now());
        let confirm = || counter.store.write(move |tx| reviews::confirm(tx, id, now));
        confirm().await.unwrap();
        assert_eq!(waits().await, [title], "the one that waited gives way");
        assert!(matches!(confirm().await, Err(ReviewRefusal::NotNow { .. })));
    }
    let forget = |after: Duration| {
        let now = counter.clock.now().plus(after);
        counter.store.write(move |tx| reviews::forget(tx, now))
    };
    assert_eq!(forget(limits::UNCONFIRMED_LIFE / 2).await.unwrap(), 0);
    let late = limits::UNCONFIRMED_LIFE + Duration::from_secs(1);
    assert_eq!(forget(late).await.unwrap(), 1, "the third, never confirmed");
    assert_eq!(
        forget(limits::ENDED_LIFE * 2).await.unwrap(),
        1,
        "the first, replaced"
    );
    assert_eq!(waits().await, ["1"]);
}

pub async fn readers_vote_once_and_reports_reach_the_desk(counter: Counter) {
    let review = sent(&counter, "useful").await;
    let (one, two, now) = (
        Voter::new().unwrap(),
        Voter::new().unwrap(),
        counter.clock.now(),
    );
    let vote = |voter: &Voter| {
        let voter = voter.clone();
        counter
            .store
            .write(move |tx| reviews::helpful(tx, review, &voter, now))
    };
    assert!(!vote(&one).await.unwrap(), "nobody sees it yet");
    publish(&counter, review).await.unwrap();
    let (first, second) = tokio::join!(vote(&one), vote(&one));
    assert_ne!(first.unwrap(), second.unwrap(), "counted once");
    assert!(vote(&two).await.unwrap());
    let all = counter.store.read(reviews::all).await.unwrap();
    assert_eq!(all[0].now.as_ref().unwrap().helpful, 2);

    let report = |voter: &Voter| {
        let voter = voter.clone();
        counter
            .store
            .write(move |tx| reviews::report(tx, review, &voter, (Reason::Insult, "ligne 2"), now))
    };
    assert!(report(&one).await.unwrap());
    assert!(!report(&one).await.unwrap());
    let reported = counter
        .store
        .read(|tx| reviews::queue(tx, Queue::Reported, 1, 10));
    assert_eq!(reported.await.unwrap()[0].reports, 1);
    let keeping = counter
        .store
        .write(move |tx| reviews::keep(tx, review, "anne", now));
    keeping.await.unwrap();
    let counts = counter.store.read(reviews::counts).await.unwrap();
    assert_eq!((counts.reported, counts.published), (0, 1));
    let withdrawing = counter
        .store
        .write(move |tx| reviews::withdraw(tx, review, now));
    withdrawing.await.unwrap();
    let own = counter
        .store
        .read(move |tx| reviews::own(tx, review))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((own.state, own.body.as_str()), (ReviewState::Withdrawn, ""));
}

pub async fn editorial_reviews_are_added_changed_and_removed(counter: Counter) {
    let text = |body: &str| EditorialText {
        author: "A. Critique".into(),
        source: "Le Journal".into(),
        written: "1942-06-15".parse().unwrap(),
        language: Language::FRENCH,
        body: body.into(),
    };
    let now = counter.clock.now();
    let (first, better) = (text("Un roman bref."), text("Un roman bref et sec."));
    let adding = counter
        .store
        .write(move |tx| editorial::add(tx, ETRANGER, &first, "anne", now));
    assert!(adding.await.unwrap());
    let of_edition = || counter.store.read(|tx| editorial::of_edition(tx, ETRANGER));
    let id = of_edition().await.unwrap()[0].id;
    let changed = better.clone();
    let changing = counter
        .store
        .write(move |tx| editorial::change(tx, (ETRANGER, id), &changed, "anne", now));
    assert!(changing.await.unwrap());
    assert_eq!(of_edition().await.unwrap()[0].text, better);
    for expected in [true, false] {
        let removing = counter
            .store
            .write(move |tx| editorial::remove(tx, (ETRANGER, id), "anne", now));
        assert_eq!(removing.await.unwrap(), expected);
    }
    assert!(of_edition().await.unwrap().is_empty());
    let seen = counter
        .store
        .read(move |tx| editorial::changes(tx, now))
        .await
        .unwrap();
    assert!(seen[0].removed, "nodes that show it take it off");
}
