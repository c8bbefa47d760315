//! What booksellers correct and decide.

use std::time::Duration;

use catalogue::{
    model::{Availability, Edition, EditionId, Goods, Isbn13, Money, Price, PriceRegime},
    store::{self, CORRECTIONS, Correction, Field, Incoming, Message, Record, Refusal},
};

use super::by;
use crate::counter::Counter;

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
