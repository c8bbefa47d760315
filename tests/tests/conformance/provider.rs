//! Paying on a provider's page: whoever comes first, late, twice or never, one payment pays an order and what came too
//! late is lifted.

use std::{sync::Arc, time::Duration};

use shop::{
    order::{OrderState, events::EventKind},
    payment::{
        Authorisation, CardWanted, Chosen, Guarantee, Heard, Links, Means, PayRefusal,
        PaymentState, ProviderEvent, ProviderPage, Returned, Settled, choose, provider_page,
        provider_returned, provider_told,
    },
    stock::StockPolicy,
};
use trade::{ids::OrderNumber, limits, money::Money, payment::Decline};

use crate::{
    counter::{Counter, ETRANGER, MUG, receipt, refund, ship},
    hosted::Hosted,
};

/// A counter that takes a provider too, and the provider.
pub fn at_a_provider(counter: Counter) -> (Counter, Arc<Hosted>) {
    let hosted = Arc::new(Hosted::new(counter.clock.clone()));
    let mut counter = counter;
    counter.methods.provider = Some(hosted.clone());
    (counter, hosted)
}

pub async fn chosen(counter: &Counter, number: &OrderNumber, means: Means) -> Chosen {
    choose(
        &counter.store,
        &counter.methods,
        &counter.clock,
        number,
        means,
    )
    .await
    .unwrap()
}

async fn wanted(counter: &Counter, number: &OrderNumber) -> CardWanted {
    match chosen(counter, number, Means::Provider).await {
        Chosen::Provider(wanted) => wanted,
        other => panic!("{other:?}"),
    }
}

async fn asked(
    counter: &Counter,
    hosted: &Hosted,
    wanted: &CardWanted,
) -> Result<ProviderPage, PayRefusal> {
    let links = Links {
        back: "https://shop.test/back".into(),
        away: "https://shop.test/away".into(),
    };
    provider_page(&counter.store, hosted, &counter.clock, wanted, &links).await
}

/// The reader is sent to the provider.
pub async fn sent(counter: &Counter, hosted: &Hosted, number: &OrderNumber) -> String {
    let wanted = wanted(counter, number).await;
    match asked(counter, hosted, &wanted).await.unwrap() {
        ProviderPage::At(url) => url,
        ProviderPage::Closed => panic!("no page"),
    }
}

pub async fn back(counter: &Counter, hosted: &Hosted, number: &OrderNumber) -> Returned {
    provider_returned(&counter.store, hosted, &counter.clock, number)
        .await
        .unwrap()
}

async fn told(counter: &Counter, id: &str, reference: &str) -> Heard {
    let event = ProviderEvent {
        id: id.into(),
        reference: Some(reference.into()),
    };
    provider_told(&counter.store, &counter.clock, &event)
        .await
        .unwrap()
}

pub async fn states(counter: &Counter, number: &OrderNumber) -> (OrderState, PaymentState) {
    let order = counter.order(number).await;
    (order.state, order.payment.unwrap().state)
}

async fn kinds(counter: &Counter, number: &OrderNumber) -> Vec<EventKind> {
    let order = counter.order(number).await.id;
    let timeline = counter
        .store
        .read(move |tx| shop::order::events::timeline(tx, order))
        .await
        .unwrap();
    timeline.iter().map(|event| event.kind).collect()
}

async fn swept(counter: &Counter) -> u32 {
    let now = counter.clock.now();
    let sweeping = move |tx: &mut dyn storage::Tx| shop::order::release_expired(tx, now);
    counter.store.write(sweeping).await.unwrap()
}

pub const CONFIRMED: Returned = Returned::At(Authorisation::Confirmed);
pub const PAID: (OrderState, PaymentState) = (OrderState::Confirmed, PaymentState::Authorised);

pub async fn paid_at_the_provider_shipped_and_refunded(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    counter.shelve(ETRANGER, 3, StockPolicy::Limited).await;
    let number = counter.ordered(&[(ETRANGER, 2)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    assert_eq!(
        back(&counter, &hosted, &number).await,
        Returned::At(Authorisation::Asking)
    );
    hosted.pays(&page);
    assert_eq!(back(&counter, &hosted, &number).await, CONFIRMED);
    assert_eq!(
        back(&counter, &hosted, &number).await,
        CONFIRMED,
        "loaded again"
    );
    assert_eq!(states(&counter, &number).await, PAID);
    let order = counter.order(&number).await;
    let payment = order.payment.unwrap();
    assert_eq!(payment.evidence.guarantee(), Guarantee::Issuer);
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    assert_eq!(balance.pending("provider-clearing"), order.total);
    assert_eq!(
        counter.letters().await,
        [format!("mail:confirmation:{number}")]
    );

    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let shipped = ship(store, methods, clock, &number, "anne").await;
    assert_eq!(shipped.unwrap(), Settled::Done);
    hosted.takes_its_time();
    let refunded = refund(store, methods, clock, &number, "anne").await;
    assert_eq!(refunded.unwrap(), Settled::Pending);
    counter.clock.advance(limits::SETTLE_AGAIN);
    counter.recover().await.unwrap();
    let ended = (OrderState::Refunded, PaymentState::Refunded);
    assert_eq!(states(&counter, &number).await, ended);
    let balance = counter
        .store
        .read(shop::ledger::trial_balance)
        .await
        .unwrap();
    assert_eq!(balance.posted("provider-clearing"), Money::ZERO);
}

pub async fn one_page_until_it_closes_and_then_another(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    counter.clock.advance(Duration::from_secs(20 * 60));
    assert_eq!(sent(&counter, &hosted, &number).await, page);
    assert_eq!(hosted.times("open"), 1);
    let held = counter.order(&number).await.hold_until;
    assert!(held >= hosted.closes(&page).plus(limits::PROVIDER_GRACE));
    counter.clock.advance(Duration::from_secs(12 * 60));
    let other = sent(&counter, &hosted, &number).await;
    assert_ne!(other, page);
    hosted.pays(&other);
    assert_eq!(back(&counter, &hosted, &number).await, CONFIRMED);
    counter.recover().await.unwrap();
    assert!(!hosted.is_open(&page) && states(&counter, &number).await == PAID);
}

pub async fn a_reader_who_pays_in_the_last_second_has_her_books(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    counter
        .clock
        .advance(limits::PROVIDER_PAGE - Duration::from_secs(1));
    counter.recover().await.unwrap();
    hosted.pays(&page);
    // Her browser never comes back, and the provider tells nothing.
    counter.clock.advance(Duration::from_secs(2));
    assert_eq!(swept(&counter).await, 0);
    assert_eq!(counter.recover().await.unwrap().answered, 1);
    assert_eq!(states(&counter, &number).await, PAID);
}

pub async fn what_was_paid_too_late_is_lifted_until_the_provider_confirms(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    counter.shelve(ETRANGER, 1, StockPolicy::Limited).await;
    let number = counter.ordered(&[(ETRANGER, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    hosted.pays(&page);
    counter
        .clock
        .advance(limits::PROVIDER_PAGE + limits::PROVIDER_GRACE);
    assert_eq!(swept(&counter).await, 1, "the shop slept meanwhile");
    hosted.loses_an_answer("reverse");
    assert_eq!(back(&counter, &hosted, &number).await, Returned::TooLate);
    assert_eq!(counter.order(&number).await.state, OrderState::Expired);
    counter.recover().await.unwrap();
    assert_eq!(hosted.times("reverse"), 1, "not before its time");
    counter.clock.advance(limits::SETTLE_AGAIN);
    assert_eq!(counter.recover().await.unwrap().answered, 1);
    assert_eq!(hosted.reserved(), 0);
    assert_eq!(back(&counter, &hosted, &number).await, Returned::TooLate);
    let kinds = kinds(&counter, &number).await;
    assert!(
        kinds.ends_with(&[EventKind::Expired, EventKind::TooLate, EventKind::Reversed]),
        "{kinds:?}"
    );
    assert_eq!(counter.level(ETRANGER).await.on_hand, 1);
    let order = counter.order(&number).await;
    let payment = order.payment.unwrap().id;
    assert_eq!(
        counter.letters().await,
        [format!("mail:too_late:{number}:{payment}")],
        "told once, however often it is asked about"
    );
    assert_eq!(counter.letter(0).await.amount, Some(order.total));
}

pub async fn a_page_that_was_left_for_another_means_pays_nothing(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    assert_eq!(
        chosen(&counter, &number, Means::Transfer).await,
        Chosen::Transfer
    );
    hosted.pays(&page);
    assert_eq!(back(&counter, &hosted, &number).await, Returned::TooLate);
    assert_eq!(hosted.reserved(), 0);
    let waits = (OrderState::AwaitingPayment, PaymentState::AwaitingReader);
    assert_eq!(states(&counter, &number).await, waits);

    // Where she did not pay, the page is closed before she can.
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    chosen(&counter, &number, Means::Transfer).await;
    counter.recover().await.unwrap();
    assert!(!hosted.is_open(&page));
}

pub async fn a_card_page_left_open_does_not_pay_beside_the_provider(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let placed = counter.ordered(&[(MUG, 1)]).await;
    let (number, card) = (placed.number, placed.card.unwrap());
    let page = sent(&counter, &hosted, &number).await;
    let shown = counter.show(&receipt(&card)).await;
    assert!(matches!(shown, Err(PayRefusal::InFlight)), "{shown:?}");
    hosted.pays(&page);
    assert_eq!(back(&counter, &hosted, &number).await, CONFIRMED);
    assert_eq!(
        counter.show(&receipt(&card)).await.unwrap(),
        Authorisation::Confirmed
    );
    assert_eq!(counter.zone.times("authorise"), 0);
}

pub async fn events_are_heard_once_whenever_they_come(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    let reference = hosted.reference(&page);
    hosted.pays(&page);
    // Before her browser comes back, the later one first.
    assert_eq!(told(&counter, "evt_2", &reference).await, Heard::News);
    assert_eq!(told(&counter, "evt_1", &reference).await, Heard::News);
    assert_eq!(told(&counter, "evt_1", &reference).await, Heard::Before);
    assert_eq!(counter.recover().await.unwrap().answered, 1);
    assert_eq!(states(&counter, &number).await, PAID);
    assert_eq!(back(&counter, &hosted, &number).await, CONFIRMED);
    assert_eq!(hosted.times("lookup"), 1);
    // After it.
    assert_eq!(told(&counter, "evt_3", &reference).await, Heard::News);
    counter.recover().await.unwrap();
    assert_eq!(hosted.times("lookup"), 1, "nothing is open any more");
    assert_eq!(counter.letters().await.len(), 1);
    assert_eq!(
        told(&counter, "evt_4", "cs_of_another_shop").await,
        Heard::OfNoPayment
    );
    let forgotten = counter
        .clock
        .now()
        .plus(limits::PROVIDER_EVENTS_KEPT + Duration::from_secs(1));
    let forgetting = move |tx: &mut dyn storage::Tx| shop::payment::forget_events(tx, forgotten);
    assert_eq!(counter.store.write(forgetting).await.unwrap(), 4);
}

pub async fn an_event_that_comes_while_the_provider_sleeps_is_not_lost(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    hosted.pays(&page);
    assert_eq!(
        told(&counter, "evt_1", &hosted.reference(&page)).await,
        Heard::News
    );
    hosted.loses_an_answer("lookup");
    assert_eq!(counter.recover().await.unwrap().waiting, 1);
    counter.clock.advance(limits::SETTLE_AGAIN);
    assert_eq!(counter.recover().await.unwrap().answered, 1);
    assert_eq!(states(&counter, &number).await, PAID);
}

pub async fn a_return_an_event_and_the_sweep_at_once_pay_once(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    for round in 0..5 {
        let number = counter.ordered(&[(MUG, 1)]).await.number;
        let page = sent(&counter, &hosted, &number).await;
        hosted.pays(&page);
        let event = format!("evt_{round}");
        told(&counter, &event, &hosted.reference(&page)).await;
        let (one, other, recovered) = tokio::join!(
            back(&counter, &hosted, &number),
            back(&counter, &hosted, &number),
            counter.recover()
        );
        recovered.unwrap();
        assert_eq!((one, other), (CONFIRMED, CONFIRMED));
        assert_eq!(states(&counter, &number).await, PAID);
        let confirmed = kinds(&counter, &number).await;
        let confirmed = confirmed
            .iter()
            .filter(|kind| **kind == EventKind::Confirmed);
        assert_eq!(confirmed.count(), 1);
    }
}

pub async fn a_page_whose_answer_was_lost_is_asked_for_again_as_it_was(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    hosted.loses_an_answer("open");
    let first = wanted(&counter, &number).await;
    assert_eq!(
        asked(&counter, &hosted, &first).await.unwrap(),
        ProviderPage::Closed
    );
    counter.clock.advance(Duration::from_secs(30));
    let page = sent(&counter, &hosted, &number).await;
    assert_eq!(
        (hosted.pages(), hosted.times("open")),
        (1, 2),
        "one name, one page"
    );
    hosted.pays(&page);
    assert_eq!(back(&counter, &hosted, &number).await, CONFIRMED);

    // Too long after, its end would be too near: another payment is asked for, the lost one closes by itself.
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    hosted.loses_an_answer("open");
    let first = wanted(&counter, &number).await;
    assert_eq!(
        asked(&counter, &hosted, &first).await.unwrap(),
        ProviderPage::Closed
    );
    counter.clock.advance(limits::PROVIDER_PAGE_AGAIN);
    let page = sent(&counter, &hosted, &number).await;
    assert_eq!(hosted.pages(), 3);
    hosted.pays(&page);
    assert_eq!(back(&counter, &hosted, &number).await, CONFIRMED);
    counter.recover().await.unwrap();
    assert_eq!(states(&counter, &number).await, PAID);
}

pub async fn two_tabs_and_a_change_of_mind_leave_no_page_open(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    for _ in 0..5 {
        let number = counter.ordered(&[(MUG, 1)]).await.number;
        let wanted = wanted(&counter, &number).await;
        let (one, other, means) = tokio::join!(
            asked(&counter, &hosted, &wanted),
            asked(&counter, &hosted, &wanted),
            choose(
                &counter.store,
                &counter.methods,
                &counter.clock,
                &number,
                Means::Transfer
            ),
        );
        let pages: Vec<String> = [one, other]
            .into_iter()
            .filter_map(|page| match page {
                Ok(ProviderPage::At(url)) => Some(url),
                _ => None,
            })
            .collect();
        assert!(pages.windows(2).all(|two| two[0] == two[1]), "{pages:?}");
        counter.recover().await.unwrap();
        let payment = counter.order(&number).await.payment.unwrap();
        if means.is_ok() && payment.means == Means::Transfer {
            assert!(pages.iter().all(|page| !hosted.is_open(page)));
        }
    }
}

pub async fn a_page_that_closes_unpaid_leaves_the_order_to_its_hold(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    hosted.declines(&page, Decline::InsufficientFunds);
    assert_eq!(
        back(&counter, &hosted, &number).await,
        Returned::At(Authorisation::Asking)
    );
    assert_eq!(
        sent(&counter, &hosted, &number).await,
        page,
        "another card on the same page"
    );
    counter.clock.advance(limits::PROVIDER_PAGE);
    counter.recover().await.unwrap();
    let waits = (OrderState::AwaitingPayment, PaymentState::Declined);
    assert_eq!(states(&counter, &number).await, waits);
    let declined = Returned::At(Authorisation::Declined(Decline::InsufficientFunds));
    assert_eq!(back(&counter, &hosted, &number).await, declined);
    counter.clock.advance(limits::PROVIDER_GRACE);
    assert_eq!(swept(&counter).await, 1);
    assert_eq!(hosted.reserved(), 0);
}

pub async fn what_the_provider_will_not_give_up_is_left_to_a_bookseller(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    hosted.pays(&page);
    hosted.takes_by_hand(&page);
    chosen(&counter, &number, Means::Transfer).await;
    assert_eq!(back(&counter, &hosted, &number).await, Returned::TooLate);
    let kinds = kinds(&counter, &number).await;
    assert!(
        kinds.ends_with(&[EventKind::TooLate, EventKind::Refused]),
        "{kinds:?}"
    );
    counter.clock.advance(limits::SETTLE_AGAIN);
    counter.recover().await.unwrap();
    assert_eq!(
        hosted.times("reverse"),
        1,
        "asking again would change nothing"
    );
}

pub async fn a_silent_provider_holds_up_no_card(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    hosted.pays(&page);
    counter.clock.advance(limits::PROVIDER_PAGE);
    let card = counter.ordered(&[(MUG, 1)]).await;
    counter
        .zone
        .will_authorise(Err(shop::payment::ZoneFault::NoAnswer));
    counter.pay(&card.card.unwrap()).await.unwrap();
    counter
        .zone
        .will_find(Ok(crate::counter::known(crate::counter::approved())));
    hosted.is_out(true);
    let found = counter.recover().await.unwrap();
    assert_eq!((found.answered, found.waiting), (1, 1));
    hosted.is_out(false);
    counter.clock.advance(limits::SETTLE_AGAIN);
    assert_eq!(counter.recover().await.unwrap().answered, 1);
    assert_eq!(states(&counter, &number).await, PAID);
}
