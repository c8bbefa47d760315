//! Disputes that are announced by letter, contested, won and lost.

use shop::{
    disputes::{self, Dispute, DisputeRefusal, DisputeState, NewDispute},
    payment::{Return, SettleRefusal, Settled, ZoneFault, refund},
    reconciliation::BreakKind,
};
use trade::{
    ids::{OrderNumber, PaymentId},
    money::Money,
};

use super::{Bank, balance, disputed, hand_in_statement, kinds, payment_of};
use crate::counter::{Counter, MUG, ship};

async fn disputes_of(counter: &Counter, number: &OrderNumber) -> Vec<Dispute> {
    let order = counter.order(number).await.id;
    counter
        .store
        .read(move |tx| disputes::of_order(tx, order))
        .await
        .unwrap()
}

async fn announce(
    counter: &Counter,
    number: &OrderNumber,
    cents: i64,
) -> Result<(), DisputeRefusal> {
    let (number, now) = (number.clone(), counter.clock.now());
    let new = NewDispute {
        amount: Money::cents(cents),
        reason: "10.4".into(),
        deadline: None,
        note: "letter of the bank".into(),
    };
    let opening = move |tx: &mut dyn storage::Tx| disputes::open(tx, &number, &new, "anne", now);
    counter.store.write(opening).await.map(drop)
}

pub async fn a_dispute_is_announced_taken_contested_and_won(counter: Counter) {
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let mut bank = Bank::default();
    let number = counter.paid(&[(MUG, 2)]).await;
    assert!(
        matches!(announce(&counter, &number, 100).await, Err(DisputeRefusal::Amount { left }) if left.is_zero())
    );
    ship(store, methods, clock, &number, "anne").await.unwrap();
    announce(&counter, &number, 1200).await.unwrap();
    assert!(matches!(
        announce(&counter, &number, 99_999).await,
        Err(DisputeRefusal::Amount { .. })
    ));
    assert_eq!(
        balance(&counter).await.pending("chargebacks"),
        Money::cents(1200)
    );
    let dispute = disputes_of(&counter, &number).await.remove(0);
    assert_eq!(
        (dispute.state, dispute.taken),
        (DisputeState::Opened, false)
    );
    let (id, now) = (dispute.id, clock.now());
    let lose = move |tx: &mut dyn storage::Tx| disputes::lose(tx, id, "anne", now);
    assert!(matches!(
        store.write(lose).await,
        Err(DisputeRefusal::NotTaken)
    ));

    let payment = payment_of(&counter, &number).await;
    let taken = disputed(payment, "D7", Money::cents(-1200), 1500);
    let statement = bank.statement(clock.today(), vec![taken]);
    hand_in_statement(&counter, &statement).await;
    let dispute = disputes_of(&counter, &number).await;
    assert_eq!(dispute.len(), 1, "the one that was announced");
    assert_eq!(
        (dispute[0].taken, dispute[0].reference.as_deref()),
        (true, Some("D7"))
    );
    let held = balance(&counter).await;
    assert_eq!(
        (held.posted("chargebacks"), held.pending("chargebacks")),
        (Money::cents(1200), Money::ZERO)
    );
    assert_eq!(held.posted("fees"), Money::cents(1500));

    let represent = move |note: &'static str| {
        store.write(move |tx: &mut dyn storage::Tx| disputes::represent(tx, id, note, "anne", now))
    };
    assert!(matches!(represent(" ").await, Err(DisputeRefusal::Words)));
    represent("proof of delivery").await.unwrap();
    assert!(matches!(
        represent("again").await,
        Err(DisputeRefusal::NotNow(DisputeState::Represented))
    ));
    let back = disputed(payment, "D7", Money::cents(1200), 0);
    let statement = bank.statement(clock.today(), vec![back]);
    hand_in_statement(&counter, &statement).await;
    let dispute = disputes_of(&counter, &number).await.remove(0);
    assert_eq!(
        (dispute.state, dispute.note.as_str()),
        (DisputeState::Won, "proof of delivery")
    );
    let held = balance(&counter).await;
    assert_eq!(
        (held.posted("chargebacks"), held.pending("chargebacks")),
        (Money::ZERO, Money::ZERO)
    );
    assert_eq!(kinds(&counter).await, []);
}

/// All that left but for the delivery charge, so many copies of the one line.
fn copies(quantity: u32) -> Return {
    Return {
        copies: Some(vec![(1, quantity)]),
        delivery: false,
        restock: false,
    }
}

pub async fn what_a_bank_took_back_is_not_given_back_too(counter: Counter) {
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let number = counter.paid(&[(MUG, 2)]).await;
    ship(store, methods, clock, &number, "anne").await.unwrap();
    let whole = counter.order(&number).await.total;
    let give = async |what: &Return| refund(store, methods, clock, &number, what, "anne").await;
    let left = async |what: &Return| match give(what).await {
        Err(SettleRefusal::Disputed { left }) => left,
        other => panic!("{other:?}"),
    };

    // Half of it is disputed: the other half goes back, and no more.
    announce(&counter, &number, 1200).await.unwrap();
    assert_eq!(left(&Return::ALL).await, whole - Money::cents(1200));
    assert_eq!(counter.zone.times("refund"), 0, "nothing was asked");
    assert_eq!(give(&copies(1)).await.unwrap(), Settled::Done);
    let rest = whole - Money::cents(2400);
    assert_eq!(left(&Return::ALL).await, rest);
    assert_eq!(left(&copies(1)).await, rest);

    // The bank takes it, the shop contests: the reader has it still.
    let mut bank = Bank::default();
    let payment = payment_of(&counter, &number).await;
    let taken = disputed(payment, "D9", Money::cents(-1200), 1500);
    let statement = bank.statement(clock.today(), vec![taken]);
    hand_in_statement(&counter, &statement).await;
    let (id, now) = (disputes_of(&counter, &number).await[0].id, clock.now());
    let contest =
        move |tx: &mut dyn storage::Tx| disputes::represent(tx, id, "delivered", "anne", now);
    store.write(contest).await.unwrap();
    assert_eq!(left(&copies(1)).await, rest);

    // Won, it is the shop's again, and can be given back.
    let back = disputed(payment, "D9", Money::cents(1200), 0);
    let statement = bank.statement(clock.today(), vec![back]);
    hand_in_statement(&counter, &statement).await;
    assert_eq!(give(&Return::ALL).await.unwrap(), Settled::Done);
    let order = counter.order(&number).await;
    assert_eq!(order.payment.unwrap().refunded, whole);
    assert_eq!(kinds(&counter).await, []);
}

pub async fn what_a_dispute_lost_is_never_given_back(counter: Counter) {
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let number = counter.paid(&[(MUG, 1)]).await;
    ship(store, methods, clock, &number, "anne").await.unwrap();
    let whole = counter.order(&number).await.total;
    let payment = payment_of(&counter, &number).await;
    let taken = disputed(payment, "D10", -whole, 1500);
    let mut bank = Bank::default();
    let statement = bank.statement(clock.today(), vec![taken]);
    hand_in_statement(&counter, &statement).await;
    let give = async || refund(store, methods, clock, &number, &Return::ALL, "anne").await;
    let none = |given: Result<Settled, SettleRefusal>| matches!(given, Err(SettleRefusal::Disputed { left }) if left.is_zero());
    assert!(none(give().await), "taken");
    let (id, now) = (disputes_of(&counter, &number).await[0].id, clock.now());
    let lose = move |tx: &mut dyn storage::Tx| disputes::lose(tx, id, "anne", now);
    store.write(lose).await.unwrap();
    assert!(none(give().await), "lost");
    assert_eq!(counter.zone.times("refund"), 0);
    assert_eq!(balance(&counter).await.posted("losses"), whole);
    assert_eq!(kinds(&counter).await, []);
}

pub async fn what_is_being_given_back_is_not_disputed_too(counter: Counter) {
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let number = counter.paid(&[(MUG, 1)]).await;
    ship(store, methods, clock, &number, "anne").await.unwrap();
    counter.zone.will_settle(Err(ZoneFault::NoAnswer));
    let asked = refund(store, methods, clock, &number, &Return::ALL, "anne").await;
    assert_eq!(asked.unwrap(), Settled::Pending);
    assert!(
        matches!(announce(&counter, &number, 100).await, Err(DisputeRefusal::Amount { left }) if left.is_zero())
    );
}

pub async fn a_dispute_about_nothing_known_is_a_break(counter: Counter) {
    let mut bank = Bank::default();
    let unknown = PaymentId::new();
    let entries = vec![
        disputed(unknown, "D8", Money::cents(-990), 1500),
        disputed(unknown, "D8", Money::cents(500), 0),
    ];
    let statement = bank.statement(counter.clock.today(), entries);
    hand_in_statement(&counter, &statement).await;
    let unknown = BreakKind::DisputeUnknown;
    assert_eq!(kinds(&counter).await, [unknown, unknown]);
    assert_eq!(
        balance(&counter).await.posted("suspense"),
        Money::cents(490)
    );
}
