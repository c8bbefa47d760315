//! Gift certificates: what they hold is spent once, however many spend it at the same moment.

use shop::{
    certificate::{self, Applied, CertificateCode, IssueDraft, NotUsed, apply, take_back},
    order::OrderState,
    payment::{
        Authorisation, Chosen, Contents, Means, PaymentState, Return, cancel, choose, refund, ship,
    },
    screening::{Screening, Visit},
};
use trade::{ids::OrderNumber, limits, money::Money};

use crate::{
    counter::{Counter, ETRANGER, MUG},
    screening::keys,
};

impl Counter {
    pub async fn sell(&self, euros: &str) -> CertificateCode {
        let (draft, now) = (
            IssueDraft::check(euros, "12", "").unwrap(),
            self.clock.now(),
        );
        let sold = self
            .store
            .write(move |tx| certificate::issue(tx, &draft, "anne", now));
        sold.await.unwrap().0
    }

    /// In a shop whose screening only watches.
    pub async fn spend(
        &self,
        number: &OrderNumber,
        code: &CertificateCode,
    ) -> Result<Applied, NotUsed> {
        let watching = Screening::new(keys(), None).watching();
        self.spend_screened(&watching, number, code).await
    }

    pub async fn spend_screened(
        &self,
        screening: &Screening,
        number: &OrderNumber,
        code: &CertificateCode,
    ) -> Result<Applied, NotUsed> {
        let visit = Visit::default();
        apply(&self.store, screening, &self.clock, number, code, visit).await
    }

    pub async fn left(&self) -> Vec<i64> {
        let all = self.store.read(certificate::all).await.unwrap();
        let misheld = self.store.read(|tx| certificate::misheld(tx, 100));
        assert_eq!(misheld.await.unwrap(), []);
        all.iter().map(|one| one.balance.as_cents()).collect()
    }

    /// What the shop owes to bearers is what their certificates hold, and what is promised to orders of it.
    pub async fn debt_is_balances(&self) {
        let balance = self.store.read(shop::ledger::trial_balance).await.unwrap();
        let owed = -(balance.posted("certificates") + balance.pending("certificates"));
        let held: i64 = self.left().await.iter().sum();
        assert_eq!(owed.as_cents(), held, "{balance:?}");
        assert!(balance.is_balanced());
    }
}

pub async fn sixty_four_orders_one_certificate(counter: Counter) {
    let code = counter.sell("50").await;
    let mut numbers = Vec::new();
    for _ in 0..64 {
        numbers.push(counter.ordered(&[(ETRANGER, 1)]).await.number);
    }
    let spending: Vec<_> = numbers
        .iter()
        .map(|number| {
            let (counter, number, code) = (counter.clone(), number.clone(), code.clone());
            tokio::spawn(async move { counter.spend(&number, &code).await })
        })
        .collect();
    let mut spent = Money::ZERO;
    let mut empty = 0;
    for attempt in spending {
        match attempt.await.unwrap() {
            Ok(applied) => spent += applied.amount,
            Err(NotUsed::Empty) => empty += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(spent, Money::cents(5000), "all of it and no more");
    assert!(empty > 50, "{empty}");
    assert_eq!(counter.left().await, [0]);
    counter.debt_is_balances().await;
}

pub async fn a_certificate_and_a_card_pay_together(counter: Counter) {
    let code = counter.sell("15").await;
    let placed = counter.ordered(&[(ETRANGER, 2), (MUG, 1)]).await;
    let (number, total, first) = (placed.number, placed.total, placed.card.unwrap());
    let applied = counter.spend(&number, &code).await.unwrap();
    let due = total - Money::cents(1500);
    assert_eq!(
        applied,
        Applied {
            amount: Money::cents(1500),
            due
        }
    );
    assert!(matches!(
        counter.spend(&number, &code).await,
        Err(NotUsed::Empty)
    ));
    counter.debt_is_balances().await;

    let Chosen::Card(card) = choose(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        Means::Card,
    )
    .await
    .unwrap() else {
        panic!("not a card");
    };
    assert_eq!(card.amount, due, "the card pays the rest");
    assert_ne!(
        card.payment, first.payment,
        "a ticket for the old amount pays nothing"
    );
    assert_eq!(counter.pay(&card).await.unwrap(), Authorisation::Confirmed);
    assert!(matches!(
        take_back(&counter.store, &counter.clock, &number).await,
        Err(NotUsed::NotWaiting)
    ));

    // The first parcel costs the certificate, the second what is left of it and the card.
    let one_book = Contents {
        copies: Some(vec![(1, 1)]),
        tracking: None,
    };
    ship(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        &one_book,
        "anne",
    )
    .await
    .unwrap();
    counter.debt_is_balances().await;
    ship(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        &Contents::ALL,
        "anne",
    )
    .await
    .unwrap();
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::Shipped);
    assert_eq!(order.payment.unwrap().captured, due);
    counter.debt_is_balances().await;

    // A refund gives the card back first what it paid, then the certificate.
    refund(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        &Return::ALL,
        "anne",
    )
    .await
    .unwrap();
    assert_eq!(counter.left().await, [1500]);
    let order = counter.order(&number).await;
    assert_eq!(
        (order.state, order.payment.unwrap().state),
        (OrderState::Refunded, PaymentState::Refunded)
    );
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    assert_eq!(balance.posted("receivable"), Money::ZERO);
    assert_eq!(balance.posted("card-clearing"), Money::ZERO);
    counter.debt_is_balances().await;
}

pub async fn certificates_pay_the_whole(counter: Counter) {
    let (small, large) = (counter.sell("5").await, counter.sell("100").await);
    let number = counter.ordered(&[(ETRANGER, 3)]).await.number;
    let first = counter.spend(&number, &small).await.unwrap();
    assert_eq!(first.amount, Money::cents(500));
    let second = counter.spend(&number, &large).await.unwrap();
    assert_eq!(second.due, Money::ZERO);
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::Confirmed);
    assert!(order.payment.is_none(), "nobody is asked for money");
    counter.debt_is_balances().await;

    let one = Contents {
        copies: Some(vec![(1, 1)]),
        tracking: None,
    };
    ship(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        &one,
        "anne",
    )
    .await
    .unwrap();
    counter.debt_is_balances().await;
    cancel(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        "anne",
    )
    .await
    .unwrap();
    let order = counter.order(&number).await;
    let kept = order.parcels[0].goods + order.parcels[0].delivery;
    assert_eq!(
        counter.left().await.iter().sum::<i64>(),
        10_500 - kept.as_cents()
    );
    counter.debt_is_balances().await;
    let what = Return {
        copies: Some(vec![(1, 1)]),
        delivery: true,
        restock: false,
    };
    refund(
        &counter.store,
        &counter.methods,
        &counter.clock,
        &number,
        &what,
        "anne",
    )
    .await
    .unwrap();
    assert_eq!(counter.left().await, [10_000, 500]);
    assert!(counter.zone.asked().is_empty());
    counter.debt_is_balances().await;
}

pub async fn what_is_not_bought_is_not_spent(counter: Counter) {
    let code = counter.sell("20").await;
    let number = counter.ordered(&[(ETRANGER, 3)]).await.number;
    counter.spend(&number, &code).await.unwrap();
    take_back(&counter.store, &counter.clock, &number)
        .await
        .unwrap();
    assert_eq!(counter.left().await, [2000]);
    assert_eq!(counter.order(&number).await.certificates, Money::ZERO);
    counter.spend(&number, &code).await.unwrap();
    assert_eq!(counter.left().await, [0]);
    counter.clock.advance(limits::ORDER_HOLD * 2);
    let now = counter.clock.now();
    let expired = counter
        .store
        .write(move |tx| shop::order::release_expired(tx, now))
        .await;
    assert_eq!(expired.unwrap(), 1);
    assert_eq!(
        counter.left().await,
        [2000],
        "nobody paid, nothing is spent"
    );
    counter.debt_is_balances().await;

    // An order that replaces another from the same cart frees what certificates were to pay of it.
    let cart = counter.cart(&[(ETRANGER, 1)]).await;
    let mut draft = counter.draft(&[(ETRANGER, 1)]);
    draft.cart = Some(cart);
    let first = counter.place(&draft).await.unwrap().number;
    counter.spend(&first, &code).await.unwrap();
    let mut again = counter.draft(&[(ETRANGER, 1)]);
    again.cart = Some(cart);
    counter.place(&again).await.unwrap();
    let order = counter.order(&first).await;
    match order.state {
        OrderState::Confirmed => assert!(counter.left().await[0] < 2000, "it was paid wholly"),
        _ => assert_eq!(counter.left().await, [2000]),
    }
    counter.debt_is_balances().await;
}

pub async fn who_may_not_spend_it(counter: Counter) {
    let code = counter.sell("20").await;
    let number = counter.ordered(&[(ETRANGER, 1)]).await.number;
    let guessed = CertificateCode::parse("CADO-0000-0000-0000-0000").unwrap();
    assert!(matches!(
        counter.spend(&number, &guessed).await,
        Err(NotUsed::Unknown)
    ));
    let now = counter.clock.now();
    let blocked = counter
        .store
        .write(move |tx| certificate::block(tx, 1, true, "anne", now))
        .await;
    assert!(blocked.unwrap());
    assert!(matches!(
        counter.spend(&number, &code).await,
        Err(NotUsed::Unknown)
    ));
    let freed = counter
        .store
        .write(move |tx| certificate::block(tx, 1, false, "anne", now))
        .await;
    assert!(freed.unwrap());
    counter
        .clock
        .advance(std::time::Duration::from_secs(400 * 24 * 3600));
    let later = counter.ordered(&[(ETRANGER, 1)]).await.number;
    assert!(matches!(
        counter.spend(&later, &code).await,
        Err(NotUsed::Expired { .. })
    ));
    assert_eq!(counter.left().await, [2000]);
}
