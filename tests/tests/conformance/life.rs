//! Orders as they should go.

use shop::{
    order::{OrderState, events::EventKind},
    payment::{
        Authorisation, PayRefusal, PaymentState, SettleRefusal, Settled, cancel, card_wanted,
    },
    stock::StockPolicy,
};
use trade::{
    ids::OrderNumber,
    limits,
    money::Money,
    payment::{AuthoriseOutcome, Decline},
};

use crate::counter::{Counter, ETRANGER, MUG, receipt, refund, ship};

async fn states(counter: &Counter, number: &OrderNumber) -> (OrderState, PaymentState) {
    let order = counter.order(number).await;
    (order.state, order.payment.unwrap().state)
}

pub async fn placed_paid_shipped_refunded(counter: Counter) {
    counter.shelve(ETRANGER, 3, StockPolicy::Limited).await;
    let number = counter.paid(&[(ETRANGER, 2), (MUG, 1)]).await;
    let total = counter.order(&number).await.total;
    assert_eq!(
        states(&counter, &number).await,
        (OrderState::Confirmed, PaymentState::Authorised)
    );
    let level = counter.level(ETRANGER).await;
    assert_eq!((level.on_hand, level.held), (1, 0));
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    assert_eq!(balance.pending("card-clearing"), total);
    assert_eq!(balance.pending("receivable"), Money::ZERO);

    let shipped = ship(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        "anne",
    )
    .await;
    assert_eq!(shipped.unwrap(), Settled::Done);
    assert_eq!(
        states(&counter, &number).await,
        (OrderState::Shipped, PaymentState::Captured)
    );
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    assert_eq!(balance.posted("card-clearing"), total);
    assert!(
        balance
            .accounts
            .iter()
            .all(|account| account.pending == Money::ZERO)
    );
    assert!(balance.posted("vat:550") < Money::ZERO && balance.posted("vat:2000") < Money::ZERO);

    let refunded = refund(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        "anne",
    )
    .await;
    assert_eq!(refunded.unwrap(), Settled::Done);
    assert_eq!(
        states(&counter, &number).await,
        (OrderState::Refunded, PaymentState::Refunded)
    );
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    assert!(
        balance
            .accounts
            .iter()
            .all(|account| account.posted == Money::ZERO),
        "{balance:?}"
    );

    let letters =
        ["confirmation", "shipping", "refund"].map(|kind| format!("mail:{kind}:{number}"));
    assert_eq!(counter.letters().await, letters);
    let letter = counter.letter(0).await;
    assert_eq!(
        (letter.order.clone(), letter.total, letter.lines.len()),
        (number.clone(), total, 2)
    );
    assert_eq!(letter.card.unwrap().last4, "0042");
    let order = counter.order(&number).await.id;
    let timeline = counter
        .store
        .read(move |tx| shop::order::events::timeline(tx, order))
        .await
        .unwrap();
    let kinds: Vec<_> = timeline.iter().map(|event| event.kind).collect();
    use EventKind::{Authorising, Capturing, Confirmed, Placed, Refunded, Refunding, Shipped};
    assert_eq!(
        kinds,
        [
            Placed,
            Authorising,
            Confirmed,
            Capturing,
            Shipped,
            Refunding,
            Refunded
        ]
    );
    assert_eq!(timeline[3].staff.as_deref(), Some("anne"));
    let audit = counter
        .store
        .read(|tx| shop::staff::audit::latest(tx, 1, 10))
        .await
        .unwrap();
    let actions: Vec<_> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["order.refund", "order.ship"]);
}

pub async fn placed_paid_cancelled(counter: Counter) {
    counter.shelve(ETRANGER, 3, StockPolicy::Limited).await;
    let number = counter.paid(&[(ETRANGER, 2)]).await;
    let cancelled = cancel(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        "anne",
    )
    .await;
    assert_eq!(cancelled.unwrap(), Settled::Done);
    assert_eq!(
        states(&counter, &number).await,
        (OrderState::Cancelled, PaymentState::Reversed)
    );
    let level = counter.level(ETRANGER).await;
    assert_eq!((level.on_hand, level.held), (3, 0));
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    let nothing =
        |account: &shop::ledger::Balance| account.posted.is_zero() && account.pending.is_zero();
    assert!(balance.accounts.iter().all(nothing), "{balance:?}");
    let letters = counter.letters().await;
    assert_eq!(letters[1], format!("mail:cancellation:{number}"));
}

pub async fn a_declined_card_leaves_the_order_waiting(counter: Counter) {
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    let placed = counter.ordered(&[(ETRANGER, 1)]).await;
    let first = placed.card.unwrap();
    let reason = Decline::InsufficientFunds;
    counter
        .zone
        .will_authorise(Ok(AuthoriseOutcome::Declined { reason }));
    assert_eq!(
        counter.pay(&first).await.unwrap(),
        Authorisation::Declined(reason)
    );
    assert_eq!(
        counter.pay(&first).await.unwrap(),
        Authorisation::Declined(reason),
        "a refresh"
    );
    assert_eq!(
        states(&counter, &placed.number).await,
        (OrderState::AwaitingPayment, PaymentState::Declined)
    );
    assert_eq!(counter.level(ETRANGER).await.held, 1);

    counter.clock.advance(limits::ORDER_HOLD / 2);
    let second = card_wanted(&counter.store, &counter.clock, &placed.number)
        .await
        .unwrap();
    assert_ne!(second.payment, first.payment);
    assert_eq!(
        second.expires,
        counter.clock.now().plus(limits::ORDER_HOLD),
        "time to find a card"
    );
    let same = card_wanted(&counter.store, &counter.clock, &placed.number)
        .await
        .unwrap();
    assert_eq!(same, second, "following the link twice is one card");
    assert_eq!(
        counter.pay(&second).await.unwrap(),
        Authorisation::Confirmed
    );
    let paid = card_wanted(&counter.store, &counter.clock, &placed.number).await;
    assert!(matches!(
        paid,
        Err(PayRefusal::NotWaiting {
            state: OrderState::Confirmed
        })
    ));
}

pub async fn six_cards_and_no_more(counter: Counter) {
    let placed = counter.ordered(&[(MUG, 1)]).await;
    for _ in 0..limits::TRIES_PER_ORDER {
        let card = card_wanted(&counter.store, &counter.clock, &placed.number)
            .await
            .unwrap();
        counter.zone.will_authorise(Ok(AuthoriseOutcome::Declined {
            reason: Decline::DoNotHonour,
        }));
        counter.pay(&card).await.unwrap();
    }
    let another = card_wanted(&counter.store, &counter.clock, &placed.number).await;
    assert!(
        matches!(another, Err(PayRefusal::TooManyTries { .. })),
        "{another:?}"
    );
}

pub async fn a_receipt_shown_again_asks_nothing_again(counter: Counter) {
    counter.shelve(ETRANGER, 5, StockPolicy::Limited).await;
    let card = counter.ordered(&[(ETRANGER, 1)]).await.card.unwrap();
    let shown: Vec<_> = (0..8)
        .map(|_| {
            let (counter, card) = (counter.clone(), card.clone());
            tokio::spawn(async move { counter.pay(&card).await })
        })
        .collect();
    for answer in shown {
        let answer = answer.await.unwrap();
        let truthful = matches!(answer, Ok(Authorisation::Confirmed | Authorisation::Asking));
        assert!(truthful, "{answer:?}");
    }
    assert_eq!(counter.pay(&card).await.unwrap(), Authorisation::Confirmed);
    assert_eq!(counter.zone.times("authorise"), 1);
    assert_eq!(counter.letters().await.len(), 1);
}

pub async fn a_receipt_for_something_else_is_refused(counter: Counter) {
    let (mine, other) = (
        counter.ordered(&[(MUG, 1)]).await,
        counter.ordered(&[(MUG, 2)]).await,
    );
    let (mine, other) = (receipt(&mine.card.unwrap()), receipt(&other.card.unwrap()));
    let mut wrong_nonce = mine.clone();
    wrong_nonce.nonce = other.nonce.clone();
    let mut wrong_order = mine.clone();
    wrong_order.order = other.order;
    for wrong in [wrong_nonce, wrong_order] {
        assert!(matches!(
            counter.show(&wrong).await,
            Err(PayRefusal::NoSuchPayment)
        ));
    }
    assert_eq!(counter.zone.times("authorise"), 0);
}

pub async fn what_is_not_paid_in_time_goes_back(counter: Counter) {
    counter.shelve(ETRANGER, 2, StockPolicy::Limited).await;
    let placed = counter.ordered(&[(ETRANGER, 2)]).await;
    let clock = counter.clock.clone();
    let sweep = || {
        let now = clock.now();
        counter
            .store
            .write(move |tx| shop::order::release_expired(tx, now))
    };
    counter
        .clock
        .advance(limits::ORDER_HOLD - std::time::Duration::from_secs(1));
    assert_eq!(sweep().await.unwrap(), 0);
    counter.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(sweep().await.unwrap(), 1);
    assert_eq!(sweep().await.unwrap(), 0);
    assert_eq!(
        counter.order(&placed.number).await.state,
        OrderState::Expired
    );
    assert_eq!(counter.level(ETRANGER).await.available(), 2);
    let late = counter.pay(&placed.card.unwrap()).await;
    assert!(matches!(
        late,
        Err(PayRefusal::NotWaiting {
            state: OrderState::Expired
        })
    ));
    assert_eq!(counter.zone.times("authorise"), 0);
    let moves = counter
        .store
        .read(|tx| shop::stock::moves(tx, ETRANGER, 10))
        .await
        .unwrap();
    let held: Vec<_> = moves
        .iter()
        .rev()
        .map(|line| (line.on_hand, line.held))
        .collect();
    assert_eq!(held, [(2, 0), (0, 2), (0, -2)]);
}

pub async fn only_what_makes_sense_can_be_done(counter: Counter) {
    let (store, zone, clock) = (&counter.store, &counter.methods, &counter.clock);
    let waiting = counter.ordered(&[(MUG, 1)]).await.number;
    let paid = counter.paid(&[(MUG, 1)]).await;
    let shipped = counter.paid(&[(MUG, 1)]).await;
    ship(store, zone, clock, &shipped, "anne").await.unwrap();
    let asked_before = counter.zone.asked().len();
    for refused in [
        ship(store, zone, clock, &waiting, "anne").await,
        cancel(store, zone, clock, &waiting, "anne").await,
        refund(store, zone, clock, &waiting, "anne").await,
        refund(store, zone, clock, &paid, "anne").await,
        ship(store, zone, clock, &shipped, "anne").await,
        cancel(store, zone, clock, &shipped, "anne").await,
    ] {
        assert!(
            matches!(refused, Err(SettleRefusal::NotNow { .. })),
            "{refused:?}"
        );
    }
    let nobody = ship(store, zone, clock, &OrderNumber::from_bits(0), "anne").await;
    assert!(matches!(nobody, Err(SettleRefusal::NoSuchOrder)));
    assert_eq!(counter.zone.asked().len(), asked_before);
}
