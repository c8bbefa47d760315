//! Disputes that are announced by letter, contested, won and lost.

use shop::{
    disputes::{self, Dispute, DisputeRefusal, DisputeState, NewDispute},
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
