//! What changes with the day and without a message: prices that begin, embargoes that end (O12).

use std::time::Duration;

use catalogue::{
    model::{Availability, Edition, EditionId, Embargo, Goods, PriceChange},
    store,
};
use jiff::{ToSpan, civil::Date};
use shop::{
    checkout::Refusal,
    payment::{SettleRefusal, Settled},
    stock::StockPolicy,
};
use storage::{Engine, Fault, Store};
use trade::{clock::Clock, money::Money};

use crate::counter::{Counter, ship, title};

/// The first edition after those of the counter.
const NEW: EditionId = EditionId(8);

fn in_days(days: i32) -> Date {
    Clock::system().today().saturating_add(days.days())
}

async fn turn(store: &Store, day: Date) -> u64 {
    let store = store.clone();
    let turning = tokio::task::spawn_blocking(move || store::turn_to(&store, day));
    turning.await.unwrap().unwrap()
}

async fn cents(store: &Store) -> Option<(Option<i64>, bool)> {
    let offer = store.read(|tx| store::offer(tx, NEW)).await.unwrap()?;
    let shown = store.read(|tx| store::edition(tx, NEW)).await.unwrap();
    let cents = offer.price.map(|price| price.amount.as_cents());
    assert_eq!(
        shown.unwrap().price.map(|price| price.amount.as_cents()),
        cents,
        "pages and orders agree"
    );
    Some((cents, offer.buyable))
}

pub async fn o12_prices_and_embargoes_turn_with_the_day(counter: Counter) {
    let store = &counter.store;
    let edition = title("Demain", Some(990), Goods::NewBook, Availability::InStock);
    let dearer = edition.price.map(|price| catalogue::model::Price {
        amount: Money::cents(1_250),
        ..price
    });
    let edition = Edition {
        embargo: Embargo {
            display: Some(in_days(10)),
            order: Some(in_days(20)),
            delivery: None,
        },
        price_changes: vec![
            PriceChange {
                from: in_days(30),
                price: dearer,
            },
            PriceChange {
                from: in_days(40),
                price: None,
            },
        ],
        ..edition
    };
    counter.put([edition.clone()]).await;
    assert_eq!(cents(store).await, None, "it must not be shown");

    let known = store.read(store::sequence).await.unwrap();
    assert_eq!(turn(store, in_days(9)).await, 0);
    assert_eq!(turn(store, in_days(10)).await, 1);
    assert_eq!(turn(store, in_days(10)).await, 0, "once a day");
    assert_eq!(cents(store).await, Some((Some(990), false)));
    let changes = store
        .read(move |tx| -> Result<_, Fault> { store::changes_since(tx, known, 10) })
        .await
        .unwrap();
    assert_eq!(changes.changes.len(), 1, "shelf and index are told");

    assert_eq!(turn(store, in_days(29)).await, 1);
    assert_eq!(cents(store).await, Some((Some(990), true)));
    assert_eq!(turn(store, in_days(30)).await, 1);
    assert_eq!(cents(store).await, Some((Some(1_250), true)));
    assert_eq!(turn(store, in_days(0)).await, 0, "days do not come back");

    // The same message again does not bring the old price back, and neither does a new one about something else.
    counter.put([edition.clone()]).await;
    counter
        .put([Edition {
            subtitle: Some("roman".into()),
            ..edition
        }])
        .await;
    assert_eq!(cents(store).await, Some((Some(1_250), true)));
    assert_eq!(turn(store, in_days(400)).await, 1);
    assert_eq!(cents(store).await, Some((None, false)));
}

pub async fn o12_a_node_whose_clock_is_ahead_turns_nothing(counter: Counter) {
    let store = &counter.store;
    let edition = title("Demain", Some(990), Goods::NewBook, Availability::InStock);
    counter
        .put([Edition {
            price_changes: vec![PriceChange {
                from: in_days(30),
                price: None,
            }],
            ..edition
        }])
        .await;
    let ahead = Clock::system()
        .now()
        .plus(Duration::from_secs(40 * 24 * 3600));
    let node = store.clone();
    let turning = tokio::task::spawn_blocking(move || store::turn(&node, ahead));
    let turned = turning.await.unwrap().unwrap();
    let (expected, price) = match store.engine() {
        Engine::Postgres => (0, Some(990)),
        // The machine's clock is the only one there is.
        Engine::Sqlite => (1, None),
    };
    assert_eq!((turned, cents(store).await.unwrap().0), (expected, price));
}

pub async fn o12_a_parcel_waits_for_its_day(counter: Counter) {
    let (store, zone, clock) = (&counter.store, &counter.methods, &counter.clock);
    let edition = title("Bientôt", Some(990), Goods::NewBook, Availability::InStock);
    let day = in_days(700);
    counter
        .put([Edition {
            embargo: Embargo {
                delivery: Some(day),
                ..Embargo::default()
            },
            ..edition
        }])
        .await;
    counter.shelve(NEW, 1, StockPolicy::Limited).await;
    let number = counter.paid(&[(NEW, 1)]).await;
    let refused = ship(store, zone, clock, &number, "anne").await;
    assert!(
        matches!(&refused, Err(SettleRefusal::Embargo { title, until }) if title == "Bientôt" && *until == day),
        "{refused:?}"
    );
    assert_eq!(
        counter.zone.times("capture"),
        0,
        "nothing was taken from the card"
    );
    turn(store, day).await;
    let shipped = ship(store, zone, clock, &number, "anne").await.unwrap();
    assert_eq!(shipped, Settled::Done);
}

pub async fn o12_what_must_not_be_shown_is_not_sold(counter: Counter) {
    let store = &counter.store;
    let edition = title("Secret", Some(990), Goods::NewBook, Availability::InStock);
    counter.put([edition.clone()]).await;
    let draft = counter.draft(&[(NEW, 1)]);
    let cart = counter.cart(&[(NEW, 1)]).await;
    counter
        .put([Edition {
            embargo: Embargo {
                display: Some(in_days(10)),
                ..Embargo::default()
            },
            ..edition
        }])
        .await;
    let refused = counter.place(&draft).await;
    assert!(
        matches!(refused, Err(Refusal::NotBuyable { edition }) if edition == NEW),
        "{refused:?}"
    );
    let shown = store
        .read(move |tx| shop::cart::view(tx, cart))
        .await
        .unwrap();
    assert!(shown.lines.iter().all(|line| !line.buyable), "{shown:?}");
    turn(store, in_days(10)).await;
    assert!(counter.place(&draft).await.is_ok());
}
