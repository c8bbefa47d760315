//! Records of several senders: merged, undone, joined and parted alike on both engines. What the rules are is tested
//! with the catalogue; here it is that the statements say the same.

use catalogue::{
    model::{Availability, Edition, EditionId, Embargo, Goods, Isbn13},
    store::{self, Block, BlockUpdate, By, Delivery, Done, Incoming, Message, Record, Refusal},
};
use storage::{Fault, Migration, Store, StoreUrl, Tx, Value};
use trade::clock::Timestamp;

use crate::counter::{Counter, title};

storage::statements! {
    OLD_EDITION = "INSERT INTO editions (id, work_id, sender, reference, isbn13, title, goods, availability, buyable,
            generated, hidden, changed_seq, record_hash, document)
        VALUES ($1, 1, $2, '1', 9782070541270, 'A', 'new_book', 'unknown', 0, 0, $3, 1, $4, $5)";
    OLD_REVIEW = "INSERT INTO reviews (edition_id, sender, number, rating, title, body, author, language, written,
            generated) VALUES ($1, 'test', 1, 5, 'T', 'B', 'A', 'fr', '2026-11-01', 0)";
    LOSE_EMBARGO = "UPDATE editions SET document = $2, document_hash = $3, hidden = 0, turns_on = NULL WHERE id = $1";
    DROP_LIST = "DROP TABLE unsettled_records";
    NOT_YET_APPLIED = "DELETE FROM schema_version WHERE component = 'catalogue' AND version = 10";
    TO_SETTLE = "SELECT record_id FROM unsettled_records";
}

fn sent(day: i64) -> Option<Message> {
    Some(Message {
        sent: Timestamp::micros(day),
        number: Some(1),
    })
}

pub fn record(sender: &str, reference: &str, day: i64, cents: Option<i64>) -> Record {
    let edition = title("Les Marées", cents, Goods::NewBook, Availability::InStock);
    Record {
        sender: sender.to_owned(),
        reference: reference.to_owned(),
        message: sent(day),
        edition: Edition {
            isbn: Isbn13::parse("9782070541270").ok(),
            other_isbns: Isbn13::parse("9780141439518").ok().into_iter().collect(),
            records: vec![format!("{sender}:{reference}")],
            ..edition
        },
    }
}

pub fn whole(sender: &str, reference: &str, day: i64, cents: Option<i64>) -> Incoming {
    Incoming::Put(Box::new(record(sender, reference, day, cents)))
}

pub fn by() -> By {
    By {
        staff: "libraire".to_owned(),
        at: Timestamp::micros(1),
    }
}

/// Runs `verb` where blocking is allowed.
pub async fn blocking<T: Send + 'static>(
    store: &Store,
    verb: impl FnOnce(&Store) -> T + Send + 'static,
) -> T {
    let store = store.clone();
    tokio::task::spawn_blocking(move || verb(&store))
        .await
        .unwrap()
}

pub async fn put(store: &Store, incoming: Vec<Incoming>) -> Done {
    let delivery = Delivery {
        name: "test.xml".to_owned(),
        staff: "libraire".to_owned(),
        at: Timestamp::micros(1),
    };
    blocking(store, move |store| {
        store::put(store, &delivery, incoming.into_iter()).unwrap()
    })
    .await
}

pub async fn decide<T: Send + 'static>(
    store: &Store,
    verb: impl Fn(&mut dyn Tx) -> Result<T, Refusal> + Send + 'static,
) -> T {
    store.write(verb).await.unwrap()
}

/// The editions after those of the counter.
async fn editions(store: &Store) -> Vec<Edition> {
    store
        .read(|tx| store::page(tx, EditionId(7), 100))
        .await
        .unwrap()
}

pub async fn senders_are_merged_and_every_step_is_taken_back(counter: Counter) {
    let store = &counter.store;
    let first = put(
        store,
        vec![whole("a", "1", 1, Some(900)), whole("b", "1", 1, None)],
    )
    .await;
    assert_eq!((first.tally.created, first.tally.updated), (1, 1));
    let merged = editions(store).await;
    assert_eq!((merged.len(), merged[0].records.len()), (1, 2));
    let sequence = store.read(store::sequence).await.unwrap();
    let again = put(
        store,
        vec![whole("a", "1", 1, Some(900)), whole("b", "1", 1, None)],
    )
    .await;
    assert_eq!((again.tally.unchanged, again.import), (2, None));
    assert_eq!(store.read(store::sequence).await.unwrap(), sequence);

    let update = BlockUpdate {
        record: record("a", "1", 2, Some(950)),
        blocks: vec![Block::Supply],
    };
    let withdrawal = Incoming::Hide {
        sender: "b".to_owned(),
        reference: "1".to_owned(),
        message: sent(2),
    };
    let second = put(store, vec![Incoming::Blocks(Box::new(update)), withdrawal]).await;
    assert_eq!((second.tally.updated, second.tally.hidden), (1, 1));
    let updated = editions(store).await;
    assert_eq!(
        (
            updated[0].records.len(),
            updated[0].price.unwrap().amount.as_cents()
        ),
        (1, 950)
    );

    let import = second.import.unwrap();
    blocking(store, move |store| {
        store::undo_import(store, import, &by()).unwrap()
    })
    .await;
    assert_eq!(editions(store).await, merged);
    blocking(store, move |store| {
        store::redo_import(store, import, &by()).unwrap()
    })
    .await;
    assert_eq!(editions(store).await, updated);
    blocking(store, move |store| {
        store::undo_import(store, import, &by()).unwrap()
    })
    .await;

    let split = decide(store, |tx| store::split(tx, "b", "1", &by())).await;
    assert_eq!(editions(store).await.len(), 2);
    decide(store, move |tx| store::undo_decision(tx, split, &by())).await;
    assert_eq!(editions(store).await, merged);
    decide(store, |tx| {
        store::join(tx, EditionId(1), EditionId(8), &by())
    })
    .await;
    assert!(editions(store).await.is_empty());
    let forwards = store
        .read(|tx| store::forwards(tx, EditionId(0), 10))
        .await
        .unwrap();
    assert_eq!(
        forwards,
        [(EditionId(8), EditionId(1)), (EditionId(9), EditionId(1))]
    );

    let order = vec!["b".to_owned(), "a".to_owned()];
    blocking(store, move |store| {
        store::set_precedence(store, &order, &by()).unwrap()
    })
    .await;
    let sources = store
        .read(|tx| store::sources(tx, EditionId(1)))
        .await
        .unwrap();
    assert_eq!(sources[0].sender, "b");
    decide(store, |tx| {
        store::decide_work(tx, EditionId(2), Some(EditionId(1)), &by())
    })
    .await;
    let works = store
        .read(|tx| store::page(tx, EditionId(0), 2))
        .await
        .unwrap();
    assert_eq!(works[0].work, works[1].work);
    let log = store.read(|tx| store::logged(tx, 10)).await.unwrap();
    assert_eq!(log.len(), 8);
    let imports = store.read(|tx| store::imports(tx, 10)).await.unwrap();
    assert_eq!((imports.len(), imports[0].messages), (3, 2));
}

/// A catalogue that was merged when a sender who named no embargo lifted that of another.
pub async fn o12_an_embargo_that_was_lost_is_found_again(counter: Counter) {
    let store = &counter.store;
    let embargo = Embargo {
        display: "2099-01-01".parse().ok(),
        ..Embargo::default()
    };
    let mut strict = record("b", "1", 1, None);
    strict.edition.embargo = embargo;
    let mut alone = record("c", "1", 1, None);
    alone.edition = Edition {
        isbn: None,
        other_isbns: Vec::new(),
        embargo,
        ..alone.edition
    };
    let records = [record("a", "1", 1, Some(900)), strict, alone];
    let incoming = records.map(|record| Incoming::Put(Box::new(record)));
    put(store, incoming.into()).await;
    let document = serde_json::to_string(&record("a", "1", 1, Some(900)).edition).unwrap();
    let losing = store.write(move |tx| -> Result<(), Fault> {
        let hash = Value::Bytes(vec![0; 32]);
        tx.execute(&LOSE_EMBARGO, &[8.into(), document.as_str().into(), hash])?;
        tx.execute(&DROP_LIST, &[])?;
        tx.execute(&NOT_YET_APPLIED, &[]).map(drop)
    });
    losing.await.unwrap();
    assert!(forbidden(store).await.is_none());

    let store = Store::open(&counter.url, &[catalogue::MIGRATIONS, shop::MIGRATIONS])
        .await
        .unwrap();
    assert_eq!(to_settle(&store).await, [9], "where two senders differ");
    blocking(&store, |store| store::settle_again(store).unwrap()).await;
    assert_eq!(forbidden(&store).await, embargo.display);
    assert!(to_settle(&store).await.is_empty());
}

/// Until when the first edition after those of the counter must not be shown.
async fn forbidden(store: &Store) -> Option<jiff::civil::Date> {
    let embargo = store.read(|tx| store::embargo(tx, EditionId(8))).await;
    embargo.unwrap().unwrap().1.display
}

async fn to_settle(store: &Store) -> Vec<i64> {
    let rows = store.read(|tx| tx.query(&TO_SETTLE, &[])).await.unwrap();
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}

/// A catalogue of the time when a record was an edition.
pub async fn carried_over(url: StoreUrl) {
    static BEFORE: &[Migration] = &[catalogue::MIGRATIONS[0]];
    let old = Store::open(&url, &[BEFORE]).await.unwrap();
    let writing = old.write(|tx| -> Result<(), Fault> {
        for (id, sender, hidden) in [(1_i64, "a", 0_i64), (2, "b", 0), (3, "c", 1)] {
            let edition = record(sender, "1", 0, None).edition;
            let document = serde_json::to_string(&edition).unwrap();
            let hash = Value::Bytes(vec![u8::try_from(id).unwrap_or_default(); 32]);
            let params = [
                id.into(),
                sender.into(),
                hidden.into(),
                hash,
                document.into(),
            ];
            tx.execute(&OLD_EDITION, &params)?;
        }
        tx.execute(&OLD_REVIEW, &[2.into()]).map(drop)
    });
    writing.await.unwrap();
    drop(old);

    let store = Store::open(&url, &[catalogue::MIGRATIONS]).await.unwrap();
    let before = store
        .read(|tx| store::page(tx, EditionId(0), 10))
        .await
        .unwrap();
    assert_eq!(before.len(), 2, "the hidden one stays hidden");
    let done = put(&store, vec![whole("c", "1", 1, Some(700))]).await;
    assert_eq!(done.tally.updated, 1);
    let merged = store
        .read(|tx| store::page(tx, EditionId(0), 10))
        .await
        .unwrap();
    assert_eq!((merged.len(), merged[0].records.len()), (1, 3));
    let reviews = store.read(|tx| store::reviews(tx, 0, 10)).await.unwrap();
    assert_eq!(reviews[0].edition, EditionId(1));
    let forwards = store
        .read(|tx| store::forwards(tx, EditionId(0), 10))
        .await
        .unwrap();
    assert_eq!(
        forwards,
        [(EditionId(2), EditionId(1)), (EditionId(3), EditionId(1))]
    );
}
