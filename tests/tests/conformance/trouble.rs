//! Orders when the bank, the zone or the shop itself fails in the middle.

use std::time::Duration;

use shop::{
    order::OrderState,
    payment::{
        Authorisation, PayRefusal, PaymentState, Recovered, SettleRefusal, Settled, Standing,
        ZoneFault, cancel, card_wanted,
    },
    stock::StockPolicy,
};
use trade::{
    limits,
    payment::{AuthoriseOutcome, Outcome},
};

use crate::counter::{Counter, ETRANGER, MUG, approved, known, refund, ship};

const ANSWERED: Recovered = Recovered {
    answered: 1,
    waiting: 0,
};
const WAITING: Recovered = Recovered {
    answered: 0,
    waiting: 1,
};
const NOTHING: Recovered = Recovered {
    answered: 0,
    waiting: 0,
};

pub async fn a_silent_bank_gives_the_copies_back_and_tells_the_reader(counter: Counter) {
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    let placed = counter.ordered(&[(ETRANGER, 1)]).await;
    let card = placed.card.unwrap();
    counter.zone.will_authorise(Ok(AuthoriseOutcome::Unknown));
    assert_eq!(counter.pay(&card).await.unwrap(), Authorisation::Unanswered);
    assert_eq!(
        counter.pay(&card).await.unwrap(),
        Authorisation::Unanswered,
        "a refresh"
    );
    let order = counter.order(&placed.number).await;
    assert_eq!(
        (order.state, order.payment.unwrap().state),
        (OrderState::Cancelled, PaymentState::Unknown)
    );
    assert_eq!(counter.level(ETRANGER).await.available(), 1);
    assert_eq!(
        counter.letters().await,
        [format!("mail:unanswered:{}", placed.number)]
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
            .all(|account| account.pending.is_zero() && account.posted.is_zero())
    );
}

pub async fn an_unreachable_zone_charges_nothing(counter: Counter) {
    let placed = counter.ordered(&[(MUG, 1)]).await;
    counter.zone.will_authorise(Err(ZoneFault::Unreachable));
    assert_eq!(
        counter.pay(&placed.card.unwrap()).await.unwrap(),
        Authorisation::NotSent
    );
    assert_eq!(
        counter.order(&placed.number).await.state,
        OrderState::AwaitingPayment
    );
    let again = card_wanted(&counter.store, &counter.clock, &placed.number)
        .await
        .unwrap();
    assert_eq!(counter.pay(&again).await.unwrap(), Authorisation::Confirmed);
    assert_eq!(counter.recover().await.unwrap(), NOTHING);
}

pub async fn a_lost_answer_is_looked_up(counter: Counter) {
    let placed = counter.ordered(&[(MUG, 1)]).await;
    let card = placed.card.unwrap();
    counter.zone.will_authorise(Err(ZoneFault::NoAnswer));
    assert_eq!(counter.pay(&card).await.unwrap(), Authorisation::Asking);
    let wanted = card_wanted(&counter.store, &counter.clock, &placed.number).await;
    assert!(
        matches!(wanted, Err(PayRefusal::InFlight)),
        "no second card while one is asked about"
    );

    counter.zone.will_find(Err(ZoneFault::Unreachable));
    assert_eq!(counter.recover().await.unwrap(), WAITING);
    counter.zone.will_find(Ok(Standing::InProgress));
    assert_eq!(counter.recover().await.unwrap(), WAITING);
    counter.zone.will_find(Ok(known(approved())));
    assert_eq!(counter.recover().await.unwrap(), ANSWERED);
    assert_eq!(counter.recover().await.unwrap(), NOTHING);
    assert_eq!(counter.pay(&card).await.unwrap(), Authorisation::Confirmed);
    assert_eq!(
        counter.zone.times("authorise"),
        1,
        "looked up, never asked twice"
    );
    assert_eq!(counter.letters().await.len(), 1);
}

pub async fn a_question_that_never_arrived_is_given_up(counter: Counter) {
    let placed = counter.ordered(&[(MUG, 1)]).await;
    counter.zone.will_authorise(Err(ZoneFault::NoAnswer));
    counter.pay(&placed.card.unwrap()).await.unwrap();
    assert_eq!(
        counter.recover().await.unwrap(),
        WAITING,
        "it may still be on its way"
    );
    counter
        .clock
        .advance(limits::AUTHORISATION_LOST + Duration::from_secs(1));
    assert_eq!(counter.recover().await.unwrap(), ANSWERED);
    let order = counter.order(&placed.number).await;
    assert_eq!(
        (order.state, order.payment.unwrap().state),
        (OrderState::AwaitingPayment, PaymentState::NotSent)
    );
}

pub async fn a_hold_does_not_expire_under_a_payment(counter: Counter) {
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    let placed = counter.ordered(&[(ETRANGER, 1)]).await;
    counter.zone.will_authorise(Err(ZoneFault::NoAnswer));
    counter.pay(&placed.card.unwrap()).await.unwrap();
    counter.clock.advance(limits::ORDER_HOLD * 2);
    let now = counter.clock.now();
    let released = counter
        .store
        .write(move |tx| shop::order::release_expired(tx, now))
        .await;
    assert_eq!(released.unwrap(), 0);
    counter.zone.will_find(Ok(known(approved())));
    assert_eq!(counter.recover().await.unwrap(), ANSWERED);
    assert_eq!(
        counter.order(&placed.number).await.state,
        OrderState::Confirmed
    );
    assert_eq!(counter.level(ETRANGER).await.on_hand, 0);
}

pub async fn a_sleeping_bank_is_asked_again_under_the_same_ids(counter: Counter) {
    let (store, zone, clock) = (&counter.store, &counter.methods, &counter.clock);
    let number = counter.paid(&[(MUG, 1)]).await;
    for verb in ["capture", "refund"] {
        counter.zone.will_settle(Ok(Outcome::Pending));
        let settled = match verb {
            "capture" => ship(store, zone, clock, &number, "anne").await,
            _ => refund(store, zone, clock, &number, "anne").await,
        };
        assert_eq!(settled.unwrap(), Settled::Pending);
        assert_eq!(counter.recover().await.unwrap(), WAITING, "not at once");
        clock.advance(limits::SETTLE_AGAIN);
        counter.zone.will_settle(Err(ZoneFault::NoAnswer));
        assert_eq!(counter.recover().await.unwrap(), WAITING);
        clock.advance(limits::SETTLE_AGAIN);
        assert_eq!(counter.recover().await.unwrap(), ANSWERED);
        let questions: Vec<_> = counter
            .zone
            .asked()
            .into_iter()
            .filter(|asked| asked.starts_with(verb))
            .collect();
        assert_eq!(questions.len(), 3);
        assert!(
            questions.iter().all(|question| *question == questions[0]),
            "{questions:?}"
        );
    }
    assert_eq!(counter.order(&number).await.state, OrderState::Refunded);
}

/// Cards come back in the very moment in which the holds end: whoever is charged has her book, and whoever
/// lost it is not charged.
pub async fn the_sweep_and_the_bank_never_both_win(counter: Counter) {
    counter.shelve(ETRANGER, 30, StockPolicy::Limited).await;
    let mut cards = Vec::new();
    for _ in 0..30 {
        cards.push(counter.ordered(&[(ETRANGER, 1)]).await.card.unwrap());
    }
    counter.clock.advance(limits::ORDER_HOLD);
    let sweeping = {
        let (store, now) = (counter.store.clone(), counter.clock.now());
        tokio::spawn(async move {
            store
                .write(move |tx| shop::order::release_expired(tx, now))
                .await
                .unwrap()
        })
    };
    let paying: Vec<_> = cards
        .into_iter()
        .map(|card| {
            let counter = counter.clone();
            tokio::spawn(async move { counter.pay(&card).await })
        })
        .collect();
    let mut confirmed = 0;
    for answer in paying {
        match answer.await.unwrap() {
            Ok(Authorisation::Confirmed) => confirmed += 1,
            Err(
                PayRefusal::NotWaiting {
                    state: OrderState::Expired,
                }
                | PayRefusal::InFlight,
            ) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(confirmed + sweeping.await.unwrap(), 30);
    assert_eq!(counter.zone.times("authorise"), confirmed as usize);
    let level = counter.level(ETRANGER).await;
    assert_eq!((level.on_hand, level.held), (30 - confirmed, 0));
}

/// A switch that is down is not asked for each payment in turn.
pub async fn a_closed_door_is_tried_once(counter: Counter) {
    for _ in 0..3 {
        let card = counter.ordered(&[(MUG, 1)]).await.card.unwrap();
        counter.zone.will_authorise(Err(ZoneFault::NoAnswer));
        counter.pay(&card).await.unwrap();
    }
    counter.zone.will_find(Err(ZoneFault::Unreachable));
    assert_eq!(counter.recover().await.unwrap(), WAITING);
    for _ in 0..3 {
        counter.zone.will_find(Ok(known(approved())));
    }
    assert_eq!(
        counter.recover().await.unwrap(),
        Recovered {
            answered: 3,
            waiting: 0
        }
    );
}

pub async fn a_refused_capture_leaves_the_order_to_ship(counter: Counter) {
    let (store, zone, clock) = (&counter.store, &counter.methods, &counter.clock);
    let number = counter.paid(&[(MUG, 1)]).await;
    counter
        .zone
        .will_settle(Ok(Outcome::Refused { code: "13".into() }));
    let refused = ship(store, zone, clock, &number, "anne").await.unwrap();
    assert_eq!(refused, Settled::Refused { code: "13".into() });
    let order = counter.order(&number).await;
    let payment = order.payment.unwrap();
    assert_eq!(
        (order.state, payment.state),
        (OrderState::Confirmed, PaymentState::Authorised)
    );
    assert_eq!(payment.reason.as_deref(), Some("13"));
    assert_eq!(
        ship(store, zone, clock, &number, "anne").await.unwrap(),
        Settled::Done
    );
    counter
        .zone
        .will_settle(Ok(Outcome::Refused { code: "13".into() }));
    refund(store, zone, clock, &number, "anne").await.unwrap();
    assert_eq!(
        refund(store, zone, clock, &number, "anne").await.unwrap(),
        Settled::Done
    );
}

pub async fn a_refused_reversal_can_be_asked_again(counter: Counter) {
    let (store, zone, clock) = (&counter.store, &counter.methods, &counter.clock);
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    let number = counter.paid(&[(ETRANGER, 1)]).await;
    counter
        .zone
        .will_settle(Ok(Outcome::Refused { code: "25".into() }));
    cancel(store, zone, clock, &number, "anne").await.unwrap();
    let order = counter.order(&number).await;
    assert_eq!(
        (order.state, order.payment.unwrap().state),
        (OrderState::Cancelled, PaymentState::Authorised)
    );
    assert_eq!(counter.level(ETRANGER).await.on_hand, 1);
    assert!(matches!(
        ship(store, zone, clock, &number, "anne").await,
        Err(SettleRefusal::NotNow { .. })
    ));
    assert_eq!(
        cancel(store, zone, clock, &number, "anne").await.unwrap(),
        Settled::Done
    );
    assert_eq!(
        counter.level(ETRANGER).await.on_hand,
        1,
        "the copies came back once"
    );
    assert_eq!(
        counter.order(&number).await.payment.unwrap().state,
        PaymentState::Reversed
    );
}

pub async fn two_booksellers_ship_once(counter: Counter) {
    let number = counter.paid(&[(MUG, 1)]).await;
    let tries: Vec<_> = ["anne", "bruno", "chloé", "denis"]
        .map(|staff| {
            let (counter, number) = (counter.clone(), number.clone());
            tokio::spawn(async move {
                ship(
                    &counter.store,
                    &counter.methods,
                    &counter.clock,
                    &number,
                    staff,
                )
                .await
            })
        })
        .into();
    let mut shipped = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(settled) => {
                assert_eq!(settled, Settled::Done);
                shipped += 1;
            }
            Err(refused) => assert!(
                matches!(refused, SettleRefusal::NotNow { .. }),
                "{refused:?}"
            ),
        }
    }
    assert_eq!((shipped, counter.zone.times("capture")), (1, 1));
}
