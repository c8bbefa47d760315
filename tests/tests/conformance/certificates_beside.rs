//! A certificate is used while something waits for the amount before, mostly an open page of the provider: the right sum
//! is taken, or what was paid is given back whole.

use shop::{
    order::OrderState,
    payment::{Authorisation, Chosen, Means, PaymentState, Returned, Settled},
    reconciliation::BreakKind,
};
use trade::{limits, money::Money};

use crate::{
    counter::{Counter, ETRANGER, MUG, ship},
    provider::{CONFIRMED, PAID, at_a_provider, back, chosen, sent, states},
    reconcile::{
        Bank, hand_in_statement, kinds,
        month::{by_transfer, words},
        transfer,
    },
};

const WAITS: (OrderState, PaymentState) =
    (OrderState::AwaitingPayment, PaymentState::AwaitingReader);

pub async fn what_was_paid_for_the_old_amount_is_lifted(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let code = counter.sell("10").await;
    let placed = counter.ordered(&[(ETRANGER, 2), (MUG, 1)]).await;
    let (number, total) = (placed.number, placed.total);
    let page = sent(&counter, &hosted, &number).await;
    let dropped = counter.order(&number).await.payment.unwrap().id;
    assert_eq!(hosted.amount(&page), total);

    // In another tab; and then she pays the whole on the page that was open.
    let due = counter.spend(&number, &code).await.unwrap().due;
    assert_eq!(due, total - Money::cents(1000));
    hosted.pays(&page);
    assert_eq!(back(&counter, &hosted, &number).await, Returned::TooLate);
    assert_eq!(hosted.reserved(), 0, "the whole is given back");
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::AwaitingPayment);
    assert_eq!(order.certificates, Money::cents(1000));
    assert_eq!(
        counter.letters().await,
        [format!("mail:too_late:{number}:{dropped}")]
    );
    assert_eq!(counter.letter(0).await.amount, Some(total));

    // What is left is paid on another page.
    let other = sent(&counter, &hosted, &number).await;
    assert_eq!((other != page, hosted.amount(&other)), (true, due));
    assert_eq!(states(&counter, &number).await, WAITS);
    hosted.pays(&other);
    assert_eq!(back(&counter, &hosted, &number).await, CONFIRMED);
    assert_eq!(states(&counter, &number).await, PAID);
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let shipped = ship(store, methods, clock, &number, "anne").await;
    assert_eq!(shipped.unwrap(), Settled::Done);
    let order = counter.order(&number).await;
    assert_eq!(order.payment.unwrap().captured, due);
    let balance = store.read(shop::ledger::trial_balance).await.unwrap();
    assert_eq!(balance.posted("provider-clearing"), due);
    assert_eq!(balance.posted("receivable"), Money::ZERO);
    counter.debt_is_balances().await;
}

pub async fn a_page_for_the_old_amount_is_closed(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let code = counter.sell("10").await;
    let number = counter.ordered(&[(ETRANGER, 2)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    counter.spend(&number, &code).await.unwrap();
    counter.recover().await.unwrap();
    assert!(!hosted.is_open(&page), "nobody can pay on it any more");
    assert!(counter.letters().await.is_empty(), "nobody did");

    // Taken back, the page for the rest is closed the same way.
    let rest = sent(&counter, &hosted, &number).await;
    let (store, clock) = (&counter.store, &counter.clock);
    shop::certificate::take_back(store, clock, &number)
        .await
        .unwrap();
    hosted.pays(&rest);
    clock.advance(limits::SETTLE_AGAIN);
    counter.recover().await.unwrap();
    assert_eq!(hosted.reserved(), 0, "less than the whole confirms nothing");
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::AwaitingPayment);
    counter.debt_is_balances().await;
}

pub async fn a_certificate_for_the_whole_and_a_page_pay_once(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    let code = counter.sell("100").await;
    let number = counter.ordered(&[(MUG, 1)]).await.number;
    let page = sent(&counter, &hosted, &number).await;
    let dropped = counter.order(&number).await.payment.unwrap().id;
    counter.spend(&number, &code).await.unwrap();
    hosted.pays(&page);
    assert_eq!(back(&counter, &hosted, &number).await, Returned::TooLate);
    assert_eq!(hosted.reserved(), 0);
    let order = counter.order(&number).await;
    assert_eq!(
        (order.state, order.certificates),
        (OrderState::Confirmed, order.total)
    );
    assert_eq!(
        counter.letters().await,
        [
            format!("mail:confirmation:{number}"),
            format!("mail:too_late:{number}:{dropped}")
        ]
    );
    counter.debt_is_balances().await;
}

pub async fn whoever_comes_first_nothing_is_taken_twice(counter: Counter) {
    let (counter, hosted) = at_a_provider(counter);
    for round in 0..6 {
        // A part, and the whole.
        let worth = if round % 2 == 0 { "5" } else { "100" };
        let code = counter.sell(worth).await;
        let placed = counter.ordered(&[(MUG, 1)]).await;
        let (number, total) = (placed.number, placed.total);
        let page = sent(&counter, &hosted, &number).await;
        hosted.pays(&page);
        let reserved = hosted.reserved();
        let (used, returned) = tokio::join!(
            counter.spend(&number, &code),
            back(&counter, &hosted, &number)
        );
        counter.clock.advance(limits::SETTLE_AGAIN);
        counter.recover().await.unwrap();
        let order = counter.order(&number).await;
        match used {
            Ok(applied) => {
                assert_eq!(hosted.reserved(), reserved - 1, "what was paid is lifted");
                assert_ne!(returned, CONFIRMED);
                assert_eq!(order.certificates, applied.amount);
                let paid = order.state == OrderState::Confirmed;
                assert_eq!(paid, applied.due.is_zero());
            }
            Err(refusal) => {
                assert_eq!(hosted.reserved(), reserved, "{refusal:?}");
                assert_eq!(order.certificates, Money::ZERO);
                assert_eq!(states(&counter, &number).await, PAID);
                assert_eq!(order.payment.unwrap().amount, total);
            }
        }
        counter.debt_is_balances().await;
    }
}

pub async fn a_transfer_of_the_old_amount_is_kept_for_the_reader(counter: Counter) {
    let code = counter.sell("10").await;
    let (number, total) = by_transfer(&counter, 2).await;
    let first = counter.order(&number).await.payment.unwrap().id;
    let due = counter.spend(&number, &code).await.unwrap().due;
    let again = chosen(&counter, &number, Means::Transfer).await;
    assert_eq!(again, Chosen::Transfer);
    let second = counter.order(&number).await.payment.unwrap();
    assert_eq!((second.id == first, second.amount), (false, due));
    let told = [first, second.id].map(|payment| format!("mail:transfer:{number}:{payment}"));
    assert_eq!(counter.letters().await, told, "each amount is told");

    let mut bank = Bank::default();
    let day = counter.clock.today();
    let old = transfer(total.as_cents(), &words(&number));
    hand_in_statement(&counter, &bank.statement(day, vec![old])).await;
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::AwaitingPayment);
    assert_eq!(kinds(&counter).await, [BreakKind::TransferAmount]);
    let right = transfer(due.as_cents(), &words(&number));
    hand_in_statement(&counter, &bank.statement(day, vec![right])).await;
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::Confirmed);
    assert_eq!(order.payment.unwrap().captured, due);
    counter.debt_is_balances().await;
}

pub async fn a_card_given_for_the_old_amount_is_not_asked_about(counter: Counter) {
    let code = counter.sell("10").await;
    let placed = counter.ordered(&[(ETRANGER, 2)]).await;
    let (number, old) = (placed.number, placed.card.unwrap());
    counter.spend(&number, &code).await.unwrap();
    let shown = counter.pay(&old).await.unwrap();
    assert_eq!(shown, Authorisation::Asking, "the order's page tells");
    assert!(counter.zone.asked().is_empty());
    let order = counter.order(&number).await;
    assert_eq!(order.state, OrderState::AwaitingPayment);
}
