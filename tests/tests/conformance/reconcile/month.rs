//! A month in which everything happens, and nothing goes wrong.

use std::time::Duration;

use banking::creditor_reference::CreditorReference;
use shop::{
    books::{self, Level, Period, Siren},
    disputes,
    order::OrderState,
    payment::{self, Chosen, Contents, Means, Return, Settled},
    pricing::quote,
    reconciliation::FileRead,
};
use trade::{delivery::DeliveryMethod, ids::OrderNumber, money::Money};

use super::{
    Bank, balance, batch, disputed, found, hand_in, hand_in_batch, hand_in_statement, lines,
    payment_of, pays_for, sent, transfer, xml,
};
use crate::counter::{Counter, ETRANGER, MUG, NADJA, refund, ship};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// An order that waits for a transfer, and what it waits for.
pub async fn by_transfer(counter: &Counter, copies: u32) -> (OrderNumber, Money) {
    let placed = counter.ordered(&[(NADJA, copies)]).await;
    let (store, clock) = (&counter.store, &counter.clock);
    let means = Means::Transfer;
    let chosen = payment::choose(store, &counter.methods, clock, &placed.number, means).await;
    assert!(chosen.is_ok(), "{chosen:?}");
    (placed.number, placed.total)
}

/// The words under which an order is paid by transfer.
pub fn words(number: &OrderNumber) -> String {
    CreditorReference::for_order(number).grouped()
}

/// An order that is collected, and paid then.
async fn collected(counter: &Counter) -> OrderNumber {
    let mut draft = counter.draft(&[(ETRANGER, 1)]);
    draft.method = DeliveryMethod::ShopCollection;
    let today = counter.clock.today();
    let quoted = quote(&draft.lines, draft.destination(), &counter.tariff, today);
    draft.total_shown = quoted.unwrap().total;
    let placed = counter.place(&draft).await.unwrap();
    let (store, clock, means) = (&counter.store, &counter.clock, Means::Collection);
    let chosen = payment::choose(store, &counter.methods, clock, &placed.number, means).await;
    assert!(
        !matches!(chosen, Err(_) | Ok(Chosen::Card(_))),
        "{chosen:?}"
    );
    placed.number
}

/// Sends one copy of a line.
async fn ship_one(counter: &Counter, number: &OrderNumber, line: u32) {
    let contents = Contents {
        copies: Some(vec![(line, 1)]),
        tracking: None,
    };
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let sent = payment::ship(store, methods, clock, number, &contents, "anne").await;
    assert_eq!(sent.unwrap(), Settled::Done);
}

async fn ship_all(counter: &Counter, number: &OrderNumber) {
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let sent = ship(store, methods, clock, number, "anne").await.unwrap();
    assert_eq!(sent, Settled::Done);
}

/// Gives one copy of the first line back.
async fn give_one_back(counter: &Counter, number: &OrderNumber) {
    let what = Return {
        copies: Some(vec![(1, 1)]),
        delivery: false,
        restock: false,
    };
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let given = payment::refund(store, methods, clock, number, &what, "anne").await;
    assert_eq!(given.unwrap(), Settled::Done);
}

pub async fn a_month_by_all_means_reconciles_to_nothing(counter: Counter) {
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let mut bank = Bank::default();
    let whole = counter.paid(&[(ETRANGER, 2), (MUG, 1)]).await;
    let parts = counter.paid(&[(NADJA, 1), (MUG, 2)]).await;
    let later = counter.paid(&[(NADJA, 1)]).await;
    let (wired, due) = by_transfer(&counter, 2).await;
    let by_hand = collected(&counter).await;
    for number in [&whole, &later] {
        ship_all(&counter, number).await;
    }
    ship_one(&counter, &parts, 2).await;
    let first = batch(
        1,
        clock.today(),
        lines(&counter, &[whole.clone(), parts.clone(), later.clone()]).await,
    );

    clock.advance(2 * DAY);
    hand_in_batch(&counter, &first).await;
    let wire = transfer(due.as_cents(), &format!("livres {}", words(&wired)));
    let statement = bank.statement(clock.today(), vec![pays_for(&first), wire]);
    hand_in_statement(&counter, &statement).await;
    assert_eq!(counter.order(&wired).await.state, OrderState::Confirmed);
    ship_all(&counter, &wired).await;
    ship_all(&counter, &by_hand).await;
    assert_eq!(found(&counter).await, []);

    clock.advance(3 * DAY);
    ship_all(&counter, &parts).await;
    give_one_back(&counter, &whole).await;
    let fresh = lines(&counter, &[whole.clone(), parts.clone()]).await;
    let fresh = fresh.into_iter().filter(|line| {
        !first
            .lines()
            .iter()
            .any(|old| old.movement == line.movement)
    });
    let second = batch(2, clock.today(), fresh.collect());
    assert_eq!(second.lines().len(), 2);
    hand_in_batch(&counter, &second).await;
    let returned = refund(store, methods, clock, &wired, "anne").await.unwrap();
    assert_eq!(
        returned,
        Settled::Pending,
        "a bookseller sends the transfer"
    );
    let taken = disputed(
        payment_of(&counter, &parts).await,
        "D1",
        Money::cents(-1200),
        1500,
    );
    let entries = vec![pays_for(&second), sent(due, &words(&wired)), taken];
    let statement = bank.statement(clock.today(), entries);
    hand_in_statement(&counter, &statement).await;
    assert_eq!(counter.order(&wired).await.state, OrderState::Refunded);
    assert_eq!(found(&counter).await, []);

    clock.advance(4 * DAY);
    let back = disputed(
        payment_of(&counter, &parts).await,
        "D1",
        Money::cents(1200),
        0,
    );
    let lost = disputed(
        payment_of(&counter, &later).await,
        "D2",
        Money::cents(-1250),
        1500,
    );
    let statement = bank.statement(clock.today(), vec![back, lost]);
    hand_in_statement(&counter, &statement).await;
    let order = counter.order(&later).await.id;
    let open = store
        .read(move |tx| disputes::of_order(tx, order))
        .await
        .unwrap();
    let (dispute, now) = (open[0].id, clock.now());
    store
        .write(move |tx| disputes::lose(tx, dispute, "anne", now))
        .await
        .unwrap();

    clock.advance(5 * DAY);
    assert_eq!(
        refund(store, methods, clock, &whole, "anne").await.unwrap(),
        Settled::Done
    );
    let given = lines(&counter, std::slice::from_ref(&whole)).await;
    let known: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|batch| batch.lines())
        .map(|line| line.movement)
        .collect();
    let given = given
        .into_iter()
        .filter(|line| !known.contains(&line.movement))
        .collect();
    let third = batch(3, clock.today(), given);
    assert!(
        third.totals().net().is_negative(),
        "only refunds: the bank takes"
    );
    hand_in_batch(&counter, &third).await;
    let statement = bank.statement(clock.today(), vec![pays_for(&third)]);
    hand_in_statement(&counter, &statement).await;

    clock.advance(10 * DAY);
    assert_eq!(found(&counter).await, [], "a month, and nothing disagrees");
    let held = balance(&counter).await;
    for empty in ["card-clearing", "suspense", "chargebacks", "receivable"] {
        assert_eq!(
            (held.posted(empty), held.pending(empty)),
            (Money::ZERO, Money::ZERO),
            "{empty}"
        );
    }
    assert_eq!(held.posted("bank"), statement.closing.amount);
    assert_eq!(held.posted("losses"), Money::cents(1250));
    handed_in_again(&counter, &statement).await;
    written_for_the_tax_office(&counter).await;
}

/// Whatever is handed in again, by two at once too, moves nothing.
async fn handed_in_again(counter: &Counter, statement: &banking::statement::Statement) {
    let before = balance(counter).await;
    let (one, two) = tokio::join!(
        hand_in(counter, xml(statement)),
        hand_in(counter, xml(statement))
    );
    for again in [one, two] {
        let known = FileRead::Statements {
            new: 0,
            entries: 0,
            known: 1,
        };
        assert_eq!(again.unwrap(), known);
    }
    let mut bank = Bank::default();
    let mut next = bank.statement(counter.clock.today(), vec![transfer(500, "don")]);
    next.legal_sequence = statement.legal_sequence.map(|number| number + 1);
    next.opening = statement.closing;
    next.closing.amount = next.opening.amount + Money::cents(500);
    let (one, two) = tokio::join!(hand_in(counter, xml(&next)), hand_in(counter, xml(&next)));
    let new = [one.unwrap(), two.unwrap()]
        .into_iter()
        .filter(|read| matches!(read, FileRead::Statements { new: 1, .. }));
    assert_eq!(new.count(), 1, "two nodes, one booking");
    let after = balance(counter).await;
    assert_eq!(
        after.posted("bank"),
        before.posted("bank") + Money::cents(500)
    );
    assert_eq!(after.posted("suspense"), Money::cents(-500));
}

async fn written_for_the_tax_office(counter: &Counter) {
    let siren = Siren::parse("732829320").unwrap();
    let year = Period::year(2026).unwrap();
    let fec = counter
        .store
        .read(move |tx| books::fec(tx, siren, year))
        .await
        .unwrap();
    assert_eq!(fec.name, "732829320FEC20261231.txt");
    let breaches: Vec<_> = fec
        .findings
        .iter()
        .filter(|finding| finding.rule.level() == Level::Breach)
        .collect();
    assert!(breaches.is_empty(), "{breaches:?}");
    assert_eq!(fec.findings, [], "nor any remark");
    for journal in ["VE", "EN", "CA", "BQ", "OD"] {
        assert!(fec.file.contains(&format!("{journal}000001")), "{journal}");
    }
    // What was written keeps its numbers when more is posted.
    let november =
        Period::new("2026-11-01".parse().unwrap(), "2026-11-30".parse().unwrap()).unwrap();
    let part = counter
        .store
        .read(move |tx| books::fec(tx, siren, november))
        .await
        .unwrap();
    assert!(
        fec.file.starts_with(part.file.trim_end()),
        "a part is the beginning of the whole"
    );
    let nothing = Period::year(2025).unwrap();
    let empty = counter
        .store
        .read(move |tx| books::fec(tx, siren, nothing))
        .await;
    assert!(matches!(empty, Err(books::FecRefusal::Empty)));
}
