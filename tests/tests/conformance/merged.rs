//! What follows an edition that was merged into another, and what goes back when the two are parted.

use std::{sync::mpsc, time::Duration};

use catalogue::{
    model::{Availability, Edition, EditionId, Goods, Isbn13},
    store::{self, Incoming, Record},
};
use shop::{
    bestsellers,
    display::{
        picks::{self, PickDraft},
        tables::{self, TableDraft, Words},
    },
    form::{Period, Saved},
    recommend,
    search_rules::{self, Rule},
    stock::StockPolicy,
};
use storage::{Engine, Fault, Statement, Store, Tx};

use trade::ids::CartId;

use crate::{
    counter::{Counter, ETRANGER, NADJA, title},
    records::{blocking, by, decide, put, whole},
};

storage::statements! {
    WAITING = postgres "SELECT COUNT(*) FROM pg_locks WHERE NOT granted";
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The first two editions after those of the counter.
pub const FIRST: EditionId = EditionId(8);
const SECOND: EditionId = EditionId(9);

pub async fn carts_and_copies_follow_a_merged_edition(counter: Counter) {
    let store = &counter.store;
    put(store, vec![whole("a", "1", 1, Some(990))]).await;
    let edition = EditionId(8);
    counter.shelve(edition, 3, StockPolicy::Reorder).await;
    counter.shelve(ETRANGER, 2, StockPolicy::Limited).await;
    let cart = counter.cart(&[(edition, 2), (ETRANGER, 1)]).await;
    lay_out(&counter, edition).await;
    decide(store, move |tx| store::join(tx, ETRANGER, edition, &by())).await;
    follow(&counter).await;
    assert_eq!(lines(&counter, cart).await, [(ETRANGER, 2)]);
    let level = counter.level(ETRANGER).await;
    assert_eq!((level.on_hand, level.policy), (5, StockPolicy::Limited));
    assert_eq!(counter.level(edition).await.on_hand, 0);
    let (picks, tables) = (store.read(picks::all).await, store.read(tables::all).await);
    assert_eq!(picks.unwrap()[0].draft.edition, ETRANGER);
    assert_eq!(tables.unwrap()[0].content.editions, [ETRANGER, NADJA]);
    let rules = store.read(search_rules::all).await.unwrap();
    assert_eq!(rules[0].rule, Rule::Pin("x".into(), ETRANGER));
    assert_eq!(follow(&counter).await, 0);
}

/// The lines of a cart.
async fn lines(counter: &Counter, cart: CartId) -> Vec<(EditionId, u32)> {
    let shown = counter
        .store
        .read(move |tx| shop::cart::view(tx, cart))
        .await
        .unwrap();
    let line = |line: &shop::cart::CartLine| (line.edition, line.quantity);
    shown.lines.iter().map(line).collect()
}

pub async fn a_line_is_taken_away_only_when_it_was_copied(counter: Counter) {
    let store = &counter.store;
    put(store, vec![whole("a", "1", 1, Some(990)), another()]).await;
    for edition in [FIRST, SECOND] {
        counter.shelve(edition, 9, StockPolicy::Reorder).await;
    }
    let cart = counter.cart(&[(FIRST, 2), (SECOND, 3)]).await;
    let waiting = counter.cart(&[(FIRST, 1)]).await;
    for edition in [FIRST, SECOND] {
        decide(store, move |tx| store::join(tx, ETRANGER, edition, &by())).await;
    }
    let take_away = statement("shop::merged::OLD_LINES");
    let taken = store.write(move |tx| tx.execute(take_away, &[])).await;
    assert_eq!(taken.unwrap(), 0, "as if merged after lines were copied");
    follow(&counter).await;
    assert_eq!(lines(&counter, cart).await, [(ETRANGER, 3)]);
    assert_eq!(lines(&counter, waiting).await, [(ETRANGER, 1)]);
}

fn statement(name: &str) -> &'static Statement {
    let mut all = shop::statements().into_iter();
    all.find(|statement| statement.name() == name).unwrap()
}

pub async fn what_follows_begins_at_the_editions_that_were_merged(counter: Counter) {
    if counter.store.engine() != Engine::Sqlite {
        return; // PostgreSQL counts rows by itself, and chooses by that.
    }
    for name in ["COPIES", "LINES", "OLD_LINES"] {
        let followed = statement(&format!("shop::merged::{name}"));
        let sql = format!(
            "EXPLAIN QUERY PLAN {}",
            followed.text(Engine::Sqlite).unwrap()
        );
        let plan = Statement::registered("plan", Some(sql.leak()), None);
        let rows = counter.store.read(move |tx| tx.query(&plan, &[])).await;
        let rows = rows.unwrap();
        let steps = rows.iter().map(|row| row.text(3).unwrap());
        let scans: Vec<&str> = steps.filter(|step| step.starts_with("SCAN")).collect();
        assert_eq!(scans.len(), 1, "{name}: {scans:?}");
        assert!(scans[0].contains("records_moved"), "{name}: {scans:?}");
    }
}

/// Picks the edition, lays it on a table where its like lies already, and pins it.
async fn lay_out(counter: &Counter, edition: EditionId) {
    let now = counter.clock.now();
    let laying = counter.store.write(move |tx| -> Result<(), Fault> {
        let pick = PickDraft {
            edition,
            bookseller: "Anne".into(),
            note: "x".into(),
            period: Period::default(),
        };
        picks::save(tx, None, &pick, "anne", now)?;
        let table = TableDraft {
            title: Words::default(),
            intro: Words::default(),
            published: true,
            period: Period::default(),
        };
        tables::make_up(tx, &table, vec![edition, ETRANGER, NADJA], now)?;
        let pin = Rule::Pin("x".into(), edition);
        search_rules::save(tx, None, (&pin, Period::default()), "anne", now).map(drop)
    });
    laying.await.unwrap();
}

/// Leads everything to where it belongs now; how many things moved.
pub async fn follow(counter: &Counter) -> u64 {
    let clock = counter.clock.clone();
    let following = move |store: &Store| shop::merged::follow(store, &clock);
    blocking(&counter.store, following).await.unwrap()
}

async fn list(counter: &Counter) -> Vec<EditionId> {
    counter.clock.advance(DAY);
    bestsellers::refresh(&counter.store, &counter.clock)
        .await
        .unwrap();
    let list = counter.store.read(bestsellers::read).await.unwrap();
    list.unwrap().editions
}

/// A book of its own, put in as an import of its own.
fn another() -> Incoming {
    let edition = title(
        "Les Algues",
        Some(990),
        Goods::NewBook,
        Availability::InStock,
    );
    Incoming::Put(Box::new(Record {
        sender: "b".to_owned(),
        reference: "1".to_owned(),
        message: None,
        edition: Edition {
            isbn: Isbn13::parse("9791034000050").ok(),
            ..edition
        },
    }))
}

pub async fn what_was_sold_counts_for_the_edition_it_lives_in_now(counter: Counter) {
    let store = &counter.store;
    put(store, vec![whole("a", "1", 1, Some(990))]).await;
    let import = put(store, vec![another()]).await.import.unwrap();
    counter.bought(0, &[(FIRST, 2), (ETRANGER, 1)]).await;
    counter.bought(1, &[(FIRST, 2)]).await;
    counter.bought(2, &[(SECOND, 2)]).await;
    for reader in 10..13 {
        counter.bought(reader, &[(NADJA, 1)]).await;
    }
    assert_eq!(list(&counter).await, [NADJA], "three orders each, at least");

    // The second lives in the first, although nothing speaks of it any more, and the first in a third.
    decide(store, |tx| store::join(tx, FIRST, SECOND, &by())).await;
    blocking(store, move |store| {
        store::undo_import(store, import, &by()).unwrap()
    })
    .await;
    let join = decide(store, |tx| store::join(tx, ETRANGER, FIRST, &by())).await;
    let lives = store.read(|tx| store::lives_in(tx, SECOND)).await.unwrap();
    assert_eq!(lives, ETRANGER);
    assert_eq!(list(&counter).await, [ETRANGER, NADJA]);

    decide(store, move |tx| store::undo_decision(tx, join, &by())).await;
    assert_eq!(list(&counter).await, [FIRST, NADJA]);
}

pub async fn what_was_bought_together_counts_for_the_edition_it_lives_in_now(counter: Counter) {
    let store = &counter.store;
    put(store, vec![whole("a", "1", 1, Some(990))]).await;
    for reader in 0..recommend::LEAST_BUYERS {
        let bought = if reader == 0 { ETRANGER } else { FIRST };
        counter.bought(reader, &[(bought, 1), (NADJA, 1)]).await;
    }
    let join = decide(store, |tx| store::join(tx, ETRANGER, FIRST, &by())).await;
    let refresh = async || {
        counter.clock.advance(DAY);
        recommend::refresh(&counter.store, &counter.clock)
            .await
            .unwrap();
    };
    refresh().await;
    assert_eq!(counter.near(NADJA).await, [counter.work(ETRANGER).await]);
    assert_eq!(counter.near(ETRANGER).await, [counter.work(NADJA).await]);

    decide(store, move |tx| store::undo_decision(tx, join, &by())).await;
    refresh().await;
    assert_eq!(
        counter.near(NADJA).await,
        [],
        "four of one, one of the other"
    );
}

/// Lets a bookseller do something that is not committed before what happens meanwhile waits for it.
pub async fn in_the_moment<T>(
    counter: &Counter,
    deed: impl Fn(&mut dyn Tx) -> Result<Saved, Fault> + Send + 'static,
    meanwhile: impl Future<Output = T>,
) -> T {
    let (doing, done) = mpsc::channel();
    let store = counter.store.clone();
    let verb = move |tx: &mut dyn Tx| {
        let saved = deed(tx)?;
        doing.send(()).unwrap();
        // On SQLite there is one writer: what follows waits for its turn.
        let mut tries = 0;
        while tx.engine() == Engine::Postgres && tx.query_one(&WAITING, &[])?.int(0)? == 0 {
            assert!(tries < 1_000, "nothing waits for the bookseller");
            tries += 1;
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok::<_, Fault>(saved)
    };
    let writing = tokio::spawn(async move { store.write(verb).await });
    tokio::task::spawn_blocking(move || done.recv().unwrap())
        .await
        .unwrap();
    let happened = meanwhile.await;
    assert_eq!(writing.await.unwrap().unwrap(), Saved::Done);
    happened
}

pub async fn what_a_bookseller_changes_in_the_moment_of_a_merge_stays(counter: Counter) {
    let (store, now) = (&counter.store, counter.clock.now());
    put(store, vec![whole("a", "1", 1, Some(990))]).await;
    let merge = async || {
        lay_out(&counter, FIRST).await;
        decide(store, |tx| store::join(tx, ETRANGER, FIRST, &by())).await
    };
    let part = |join| decide(store, move |tx| store::undo_decision(tx, join, &by()));

    let join = merge().await;
    let mut pick = store.read(picks::all).await.unwrap()[0].clone();
    pick.draft.note = "Mieux.".into();
    let (id, draft) = (pick.id, pick.draft);
    in_the_moment(
        &counter,
        move |tx| picks::save(tx, Some(id), &draft, "anne", now),
        follow(&counter),
    )
    .await;
    let kept = store.read(picks::all).await.unwrap()[0].draft.clone();
    assert_eq!((kept.note.as_str(), kept.edition), ("Mieux.", ETRANGER));
    part(join).await;

    let join = merge().await;
    let id = store.read(tables::all).await.unwrap()[0].id;
    let draft = TableDraft {
        title: Words {
            fr: "Lire la mer".into(),
            en: String::new(),
        },
        intro: Words::default(),
        published: true,
        period: Period::default(),
    };
    in_the_moment(
        &counter,
        move |tx| tables::change(tx, id, &draft, "anne", now),
        follow(&counter),
    )
    .await;
    let kept = store.read(tables::all).await.unwrap()[0].content.clone();
    assert_eq!(kept.title.fr, "Lire la mer");
    assert_eq!(kept.editions, [ETRANGER, NADJA]);
    part(join).await;

    merge().await;
    let id = store
        .read(search_rules::all)
        .await
        .unwrap()
        .last()
        .unwrap()
        .id;
    let pin = Rule::Pin("marées".into(), FIRST);
    in_the_moment(
        &counter,
        move |tx| search_rules::save(tx, Some(id), (&pin, Period::default()), "anne", now),
        follow(&counter),
    )
    .await;
    let kept = store.read(search_rules::all).await.unwrap();
    assert_eq!(
        kept.last().unwrap().rule,
        Rule::Pin("marées".into(), ETRANGER)
    );
}
