//! The engines themselves: statements, migrations, outbox, constraints.

use std::collections::HashSet;

use shop::stock::StockPolicy;
use storage::{Engine, Fault, Store, Tx, outbox};

use crate::counter::{Counter, ETRANGER};

storage::statements! {
    OVERSELL = "UPDATE stock SET held = on_hand + 1 WHERE edition = $1";
    BELOW_ZERO = "UPDATE stock SET on_hand = -1, held = -2 WHERE edition = $1";
    REWRITE_MOVES = "UPDATE stock_moves SET on_hand_change = 0 WHERE edition = $1";
    ERASE_MOVES = "DELETE FROM stock_moves WHERE edition = $1";
    HURRY = postgres "SET LOCAL statement_timeout = '50ms'";
    TAKE_LONG = postgres "SELECT pg_sleep(30)";
}

pub async fn every_statement_prepares(counter: Counter) {
    let statements = [
        storage::statements(),
        catalogue::statements(),
        shop::statements(),
        STATEMENTS.to_vec(),
        crate::cards::STATEMENTS.to_vec(),
        crate::reconcile::damage::statements(),
    ];
    let mut names = HashSet::new();
    for statement in statements.concat() {
        assert!(
            names.insert(statement.name()),
            "{} is listed twice",
            statement.name()
        );
        if statement.runs_on(counter.store.engine()) {
            let prepared = counter.store.prepare(statement).await;
            prepared.unwrap_or_else(|fault| panic!("{}: {}", statement.name(), fault.detail()));
        }
    }
}

pub async fn migrations_run_once(counter: Counter) {
    let migrations = [catalogue::MIGRATIONS, shop::MIGRATIONS];
    let (once, again) = tokio::join!(
        Store::open(&counter.url, &migrations),
        Store::open(&counter.url, &migrations)
    );
    for store in [once.unwrap(), again.unwrap()] {
        let titles = store.read(catalogue::store::count).await.unwrap();
        assert_eq!(titles, 7);
    }
}

pub async fn an_outbox_entry_is_leased_by_one_worker_and_again_after_its_lease(counter: Counter) {
    const SECOND: i64 = 1_000_000;
    let store = &counter.store;
    let lease = |now: i64| store.write(move |tx| outbox::lease(tx, "test", 10, now, 30 * SECOND));
    let push = |key: &'static str| store.write(move |tx| outbox::push(tx, "test", key, "{}"));
    assert!(push("a").await.unwrap());
    assert!(!push("a").await.unwrap(), "a key exists once");
    assert!(push("b").await.unwrap());

    let (one, two) = tokio::join!(lease(0), lease(0));
    assert_eq!(
        one.unwrap().len() + two.unwrap().len(),
        2,
        "each entry has one worker"
    );
    assert!(lease(29 * SECOND).await.unwrap().is_empty());

    // Both workers died; after their lease somebody else delivers.
    let again = lease(30 * SECOND).await.unwrap();
    assert_eq!(
        again.iter().map(|entry| entry.tries).collect::<Vec<_>>(),
        [2, 2]
    );
    let (done, failed) = (again[0].seq, again[1].seq);
    let ending = store.write(move |tx| {
        outbox::done(tx, done, 31 * SECOND)?;
        outbox::retry_later(tx, failed, 60 * SECOND)
    });
    ending.await.unwrap();
    assert!(lease(59 * SECOND).await.unwrap().is_empty());
    let retried = lease(60 * SECOND).await.unwrap();
    assert_eq!(
        retried.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [failed]
    );
    assert_eq!(
        store.read(|tx| outbox::waiting(tx, "test")).await.unwrap(),
        1
    );
}

/// A defect of the program cannot sell what is not there, nor rewrite what happened.
pub async fn the_last_line_of_defence_holds(counter: Counter) {
    counter.shelve(ETRANGER, 3, StockPolicy::Limited).await;
    for statement in [&OVERSELL, &BELOW_ZERO] {
        let wrong = counter
            .store
            .write(|tx: &mut dyn Tx| tx.execute(statement, &[ETRANGER.0.into()]));
        let refused = wrong.await;
        assert!(
            matches!(refused, Err(Fault::Constraint { .. })),
            "{}: {refused:?}",
            statement.name()
        );
    }
    for statement in [&REWRITE_MOVES, &ERASE_MOVES] {
        let wrong = counter
            .store
            .write(|tx: &mut dyn Tx| tx.execute(statement, &[ETRANGER.0.into()]));
        assert!(wrong.await.is_err(), "{}", statement.name());
    }
}

/// What takes longer than the server allows does so again: it is no server that is away, for which workers wait.
pub async fn a_statement_that_the_server_cancels_is_not_tried_again(counter: Counter) {
    if counter.store.engine() == Engine::Sqlite {
        return;
    }
    let hurried = counter.store.write(|tx| -> Result<_, Fault> {
        tx.execute(&HURRY, &[])?;
        tx.query(&TAKE_LONG, &[])
    });
    let cancelled = hurried.await;
    assert!(matches!(cancelled, Err(Fault::Defect(_))), "{cancelled:?}");
}
