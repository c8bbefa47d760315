//! A certificate that pays a whole order is screened like a card, and nothing is taken from it before.

use shop::{
    certificate::{CertificateCode, NotUsed},
    order::{Order, OrderState},
    payment::{Chosen, Means, SettleRefusal, cancel, choose},
    screening::{
        self as verbs, CodeRefusal, Outcome, ReviewRefusal, Screened, Screening, Standing,
    },
};
use trade::{ids::OrderNumber, money::Money};

use crate::{
    counter::{Counter, ETRANGER, ship},
    screening::{keys, one_rule},
};

/// A shop with one rule, an order, and a certificate that is worth more.
async fn shop_that(
    counter: &Counter,
    when: &str,
    decision: &str,
) -> (Screening, OrderNumber, CertificateCode) {
    counter.rules(&one_rule(when, decision)).await;
    let number = counter.ordered(&[(ETRANGER, 3)]).await.number;
    (
        Screening::new(keys(), None),
        number,
        counter.sell("100").await,
    )
}

/// The one decision about an order.
async fn decided(counter: &Counter, number: &OrderNumber) -> Screened {
    let mut decided = counter.screened(number).await;
    assert_eq!(decided.len(), 1);
    decided.remove(0)
}

fn paid_of(order: &Order) -> Vec<i64> {
    vec![10_000 - order.total.as_cents()]
}

pub async fn a_certificate_that_pays_the_whole_is_screened(counter: Counter) {
    let (screening, number, code) = shop_that(&counter, "copies >= 9", "refuse").await;
    let small = counter.sell("5").await;
    let part = counter.spend_screened(&screening, &number, &small).await;
    assert_eq!(part.unwrap().amount, Money::cents(500));
    assert!(
        counter.screened(&number).await.is_empty(),
        "what pays the rest is screened"
    );
    let whole = counter.spend_screened(&screening, &number, &code).await;
    assert_eq!(whole.unwrap().due, Money::ZERO);
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::Confirmed);
    let decided = decided(&counter, &number).await;
    assert_eq!(
        (decided.standing, decided.verdict.reasons.len()),
        (Standing::Settled, 0)
    );
    let facts = &decided.facts;
    assert_eq!(facts.means, "certificate");
    assert_eq!(facts.amount_cents, order.total.as_cents());
    assert!(!facts.has_card && facts.new_reader);
    counter.debt_is_balances().await;
    // The next attempt of the same reader knows of this one.
    let next = counter.ordered(&[(ETRANGER, 1)]).await.number;
    let paid = counter.spend_screened(&screening, &next, &code).await;
    paid.unwrap();
    let facts = counter.screened(&next).await.remove(0).facts;
    assert_eq!((facts.email_10m, facts.address_10m), (1, 1));
}

pub async fn a_held_order_waits_and_a_refused_one_gives_its_certificate_back(counter: Counter) {
    let (screening, number, code) = shop_that(&counter, "copies >= 1", "review").await;
    let spent = counter.spend_screened(&screening, &number, &code).await;
    assert_eq!(spent.unwrap().due, Money::ZERO);
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::Confirmed);
    assert_eq!(counter.left().await, paid_of(&order));
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let shipping = ship(store, methods, clock, &number, "anne").await;
    assert!(
        matches!(shipping, Err(SettleRefusal::InReview)),
        "{shipping:?}"
    );
    let queue = store.read(verbs::queue).await.unwrap();
    assert_eq!(queue.len(), 1);
    assert_eq!(queue[0].number, number);
    assert_eq!(queue[0].screened.verdict.reasons[0].rule, "one");
    let (id, now) = (queue[0].screened.id, clock.now());
    let rejecting = store.write(move |tx| verbs::reject(tx, id, "paul", now));
    assert_eq!(rejecting.await.unwrap(), number);
    let again = store.write(move |tx| verbs::release(tx, id, "anne", now));
    assert!(matches!(again.await, Err(ReviewRefusal::NotWaiting { .. })));
    cancel(store, methods, clock, &number, "paul")
        .await
        .unwrap();
    assert_eq!(counter.left().await, [10_000]);
    assert_eq!(counter.order(&number).await.state, OrderState::Cancelled);
    assert!(counter.zone.asked().is_empty());
    counter.debt_is_balances().await;
}

pub async fn what_is_refused_is_not_spent(counter: Counter) {
    let (screening, number, code) = shop_that(&counter, "copies >= 1", "refuse").await;
    let small = counter.sell("5").await;
    let part = counter.spend_screened(&screening, &number, &small).await;
    part.unwrap();
    let tabs: Vec<_> = (0..8)
        .map(|_| {
            let (counter, screening) = (counter.clone(), screening.clone());
            let (number, code) = (number.clone(), code.clone());
            tokio::spawn(async move { counter.spend_screened(&screening, &number, &code).await })
        })
        .collect();
    for tab in tabs {
        let refused = tab.await.unwrap();
        assert!(matches!(refused, Err(NotUsed::Refused)), "{refused:?}");
    }
    assert_eq!(
        counter.left().await,
        [500, 10_000],
        "nothing is kept of either"
    );
    let order = counter.order(&number).await;
    assert_eq!(
        (order.state, order.certificates),
        (OrderState::AwaitingPayment, Money::ZERO)
    );
    let decided = decided(&counter, &number).await;
    assert_eq!(decided.verdict.reasons[0].rule, "one");
    counter.debt_is_balances().await;

    // It may be paid otherwise, if that is let go; and that another rule is in force now changes no decision.
    counter.rules(&one_rule("copies >= 9", "refuse")).await;
    let again = counter.spend_screened(&screening, &number, &code).await;
    assert!(matches!(again, Err(NotUsed::Refused)), "{again:?}");
    let means = Means::Transfer;
    let chosen = choose(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        means,
    );
    assert_eq!(chosen.await.unwrap(), Chosen::Transfer);
    let again = counter.spend_screened(&screening, &number, &code).await;
    assert!(matches!(again, Err(NotUsed::Refused)), "{again:?}");
    let due = counter.order(&number).await.total;
    let awaited = counter
        .store
        .read(move |tx| shop::payment::transfer_due(tx, &number));
    assert_eq!(awaited.await.unwrap(), Some(due), "it is still awaited");
}

pub async fn the_code_comes_before_the_certificate(counter: Counter) {
    let (screening, number, code) = shop_that(&counter, "!email_confirmed", "step_up").await;
    let asked = async || match counter.spend_screened(&screening, &number, &code).await {
        Err(NotUsed::StepUp { screening }) => screening,
        other => panic!("{other:?}"),
    };
    let id = asked().await;
    assert_eq!(asked().await, id, "asked once");
    assert_eq!(counter.codes().await, 1);
    assert_eq!(counter.left().await, [10_000]);
    let (store, clock) = (&counter.store, &counter.clock);
    let right = keys().code(id, 1);
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    let confirm =
        async |typed: &str| verbs::confirm(store, &screening, clock, (&number, id), typed).await;
    assert!(matches!(
        confirm(wrong).await,
        Err(CodeRefusal::Wrong { left: 4 })
    ));
    asked().await;
    let confirmed = confirm(&right).await.unwrap();
    assert_eq!(confirmed, Outcome::Go { held: false });
    let spent = counter.spend_screened(&screening, &number, &code).await;
    assert_eq!(spent.unwrap().due, Money::ZERO);
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::Confirmed);
    assert_eq!(counter.left().await, paid_of(&order));
    counter.debt_is_balances().await;
}
