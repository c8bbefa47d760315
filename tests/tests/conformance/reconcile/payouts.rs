//! What the hosted provider pays out: each payout once, to the cent, into the bank; and whatever does not fit is found.

mod house;

use std::time::Duration;

use shop::{
    books::{self, Period, Siren},
    disputes::{self, DisputeState},
    reconciliation::{
        Break, BreakKind,
        fetching::{FetchFault, Round},
        payouts::{About, Items, Payout, PayoutState, Transaction},
    },
};
use trade::money::Money;

use super::{balance, fetching, found, hand_in_statement, kinds, transfer};
use crate::{
    counter::{Counter, ETRANGER, MUG, NADJA},
    hosted::charge_of,
};
use house::{DAY, Shop, charge, fee, read, refund, transaction};

pub async fn payouts_of_several_days_come_to_nothing(counter: Counter) {
    let mut shop = Shop::open(counter);
    let (returned, first, one) = shop.sold(&[(ETRANGER, 2)]).await;
    let (_, second, two) = shop.sold(&[(MUG, 1)]).await;
    assert_eq!(shop.posted("provider-clearing").await, one + two);
    assert_eq!(found(&shop.counter).await, [], "what is owed is known");

    shop.counter.clock.advance(2 * DAY);
    let monday = shop.pays_out(vec![charge(first, one, 61), charge(second, two, 47)]);
    assert_eq!(shop.asks().await, read(1));
    assert_eq!(shop.posted("provider-clearing").await, 0);
    assert_eq!(shop.posted("fees").await, 61 + 47);
    assert_eq!(shop.posted("payouts-in-transit").await, one + two - 108);
    assert_eq!(shop.asks().await, read(0), "counted once");

    // The books go back after they were paid out.
    let (refunded, back) = shop.gives_one_back(&returned).await;
    let (_, third, three) = shop.sold(&[(NADJA, 1)]).await;
    assert_eq!(shop.posted("provider-clearing").await, three - back);
    shop.counter.clock.advance(2 * DAY);
    shop.arrives(&[monday.amount]).await;
    let made_of = vec![
        charge(third, three, 44),
        refund(refunded, first, back),
        fee(200),
    ];
    let tuesday = shop.pays_out(made_of);
    assert_eq!(shop.asks().await, read(1));
    shop.counter.clock.advance(3 * DAY);
    shop.arrives(&[tuesday.amount]).await;
    shop.counter.clock.advance(40 * DAY);
    shop.is_settled().await;
    let taken = one + two + three - back - 61 - 47 - 44 - 200;
    assert_eq!(shop.posted("bank").await, taken);
    let listed = shop.read().await;
    let fees: Vec<i64> = listed.iter().map(|one| one.fees.as_cents()).collect();
    assert_eq!(fees, [244, 108], "the latest first");
    assert!(
        listed
            .iter()
            .all(|one| one.arrived_on.is_some() && one.breaks.is_empty())
    );
    written(&shop.counter, &monday).await;
}

/// The accountant finds payouts in their journal, on the day they were made.
async fn written(counter: &Counter, payout: &Payout) {
    let (siren, year) = (
        Siren::parse("732829320").unwrap(),
        Period::year(2026).unwrap(),
    );
    let fec = counter.store.read(move |tx| books::fec(tx, siren, year));
    let fec = fec.await.unwrap();
    assert_eq!(fec.findings, []);
    let lines: Vec<&str> = fec
        .file
        .lines()
        .filter(|line| line.contains(&payout.id))
        .collect();
    let day = payout
        .created
        .date_in_paris()
        .strftime("%Y%m%d")
        .to_string();
    for (line, account) in lines.iter().zip(["580", "627", "517"]) {
        assert!(
            line.starts_with("PP\tPrestataire de paiement\tPP000001"),
            "{line}"
        );
        assert!(line.contains(&day), "{line}");
        assert!(
            lines
                .iter()
                .any(|line| line.contains(&format!("\t{account}\t"))),
            "{account}"
        );
    }
    assert_eq!(lines.len(), 3, "{lines:?}");
}

pub async fn a_dispute_at_the_provider_is_taken_contested_and_given_back(counter: Counter) {
    let mut shop = Shop::open(counter);
    let (number, first, one) = shop.sold(&[(ETRANGER, 1)]).await;
    let (_, second, two) = shop.sold(&[(NADJA, 2)]).await;
    let paid = shop.pays_out(vec![charge(first, one, 40)]);
    assert_eq!(shop.asks().await, read(1));
    shop.counter.clock.advance(2 * DAY);
    shop.arrives(&[paid.amount]).await;

    let taken = About::Chargeback {
        charge: charge_of(first),
        reason: "fraudulent".into(),
    };
    let taken = transaction(taken, "du_1", -one, 2000);
    let next = shop.pays_out(vec![charge(second, two, 60), taken]);
    assert_eq!(shop.asks().await, read(1));
    let order = shop.counter.order(&number).await.id;
    let of_order = move |tx: &mut dyn storage::Tx| disputes::of_order(tx, order);
    let dispute = shop.counter.store.read(of_order).await.unwrap().remove(0);
    assert_eq!(
        (dispute.state, dispute.taken, dispute.amount.as_cents()),
        (DisputeState::Opened, true, one)
    );
    assert_eq!(dispute.reference.as_deref(), Some("du_1"));
    assert_eq!(shop.posted("chargebacks").await, one);
    assert_eq!(shop.posted("provider-clearing").await, 0);
    let (id, now) = (dispute.id, shop.counter.clock.now());
    let contesting =
        move |tx: &mut dyn storage::Tx| disputes::represent(tx, id, "preuve", "anne", now);
    shop.counter.store.write(contesting).await.unwrap();
    let promised = balance(&shop.counter).await;
    assert_eq!(promised.pending("provider-clearing").as_cents(), one);

    shop.counter.clock.advance(2 * DAY);
    shop.arrives(&[next.amount]).await;
    let given = About::Representment {
        charge: charge_of(first),
        reason: "fraudulent".into(),
    };
    let last = shop.pays_out(vec![transaction(given, "du_1", one, -2000)]);
    assert_eq!(shop.asks().await, read(1));
    let won = shop.counter.store.read(of_order).await.unwrap().remove(0);
    assert_eq!(won.state, DisputeState::Won);
    shop.counter.clock.advance(2 * DAY);
    shop.arrives(&[last.amount]).await;
    shop.is_settled().await;
    assert_eq!(shop.posted("fees").await, 100);
}

fn of(open: &[Break], kind: BreakKind) -> Vec<&Break> {
    open.iter().filter(|one| one.kind == kind).collect()
}

pub async fn what_a_payout_has_and_the_shop_has_not_is_found(counter: Counter) {
    let shop = Shop::open(counter);
    let (number, first, one) = shop.sold(&[(ETRANGER, 1)]).await;
    let (_, second, two) = shop.sold(&[(NADJA, 1)]).await;
    let (_, third, three) = shop.sold(&[(MUG, 1)]).await;
    let stranger = About::Charge {
        charge: "ch_stranger".into(),
    };
    let by_hand = About::Refund {
        refund: None,
        charge: Some(charge_of(second)),
    };
    let abroad = Transaction {
        of_currency: Some("usd".into()),
        ..charge(third, three, 40)
    };
    let payout = shop.pays_out(vec![
        transaction(stranger, "ch_stranger", 500, 30),
        charge(first, one - 100, 40),
        transaction(by_hand, "re_hand", -300, 0),
        abroad,
    ]);
    assert_eq!(shop.asks().await, read(1));
    let once = shop.pays_out(vec![charge(second, two, 40)]);
    assert_eq!(shop.asks().await, read(1));
    let repeated = shop.pays_out(vec![charge(second, two, 40)]);
    let manual = shop.pays_out_as(Money::cents(700), Vec::new(), |payout| {
        payout.items = Items::Never;
    });
    let dollars = shop.pays_out_as(Money::cents(900), Vec::new(), |payout| {
        payout.currency = "usd".into();
    });
    assert_eq!(shop.asks().await, read(2), "dollars are not booked");

    let open = found(&shop.counter).await;
    let about = |kind| -> Vec<(String, Option<i64>, Option<i64>)> {
        let cents = |amount: Option<Money>| amount.map(Money::as_cents);
        of(&open, kind)
            .iter()
            .map(|one| (one.detail.clone(), cents(one.expected), cents(one.found)))
            .collect()
    };
    let unknown = about(BreakKind::PayoutLineUnknown);
    assert_eq!(
        unknown,
        [
            ("ch_stranger".into(), None, Some(500)),
            ("re_hand".into(), None, Some(-300))
        ]
    );
    let differs = about(BreakKind::PayoutLineDiffers);
    assert_eq!(
        differs,
        [
            (format!("{} currency", charge_of(third)), None, Some(three)),
            (charge_of(first), Some(one), Some(one - 100)),
            (format!("{} repeated", charge_of(second)), None, Some(two)),
        ]
    );
    let orders = of(&open, BreakKind::PayoutLineDiffers);
    assert_eq!(orders[1].order.as_deref(), Some(number.as_str()));
    let whole = about(BreakKind::PayoutDiffers);
    assert_eq!(
        whole,
        [
            ("by hand".into(), Some(0), Some(700)),
            ("usd".into(), Some(900), Some(900))
        ]
    );
    assert_eq!(open.len(), 7, "{open:?}");
    // What is not explained lies in suspense; what the shop knows is still owed.
    let suspense = -(500 - 100 - 300 + three + two + 700);
    assert_eq!(shop.posted("suspense").await, suspense);
    assert_eq!(shop.posted("provider-clearing").await, three);
    let listed = shop.read().await;
    let breaks = |id: &str| {
        let one = listed.iter().find(|one| one.id == id);
        one.unwrap().breaks.len()
    };
    let counts = [&payout.id, &once.id, &repeated.id, &manual.id, &dollars.id];
    assert_eq!(counts.map(|id| breaks(id)), [4, 0, 1, 1, 1]);
}

pub async fn payouts_and_statements_that_miss_each_other_are_found(counter: Counter) {
    let mut shop = Shop::open(counter);
    let (_, first, one) = shop.sold(&[(ETRANGER, 1)]).await;
    let (_, second, two) = shop.sold(&[(NADJA, 1)]).await;
    let (_, third, three) = shop.sold(&[(MUG, 1)]).await;
    let known = shop.pays_out(vec![charge(first, one, 40)]);
    assert_eq!(shop.asks().await, read(1));
    shop.counter.clock.advance(4 * DAY);
    shop.arrives(&[]).await;
    assert_eq!(kinds(&shop.counter).await, [], "not yet late");
    shop.counter.clock.advance(5 * DAY);
    let open = found(&shop.counter).await;
    assert_eq!((open.len(), open[0].kind), (1, BreakKind::PayoutUnseen));
    assert_eq!(open[0].subject, known.id);

    // The bank's entry is read before the payout; the payout's amount is on another one too.
    let later = Money::cents(two - 40);
    shop.arrives(&[later, known.amount, Money::cents(1)]).await;
    let missing = BreakKind::PayoutMissing;
    assert_eq!(kinds(&shop.counter).await, [missing, missing]);
    let made = shop.pays_out_as(later, vec![charge(second, two, 40)], |payout| {
        payout.state = PayoutState::InTransit;
    });
    assert_eq!(shop.asks().await, read(1));
    let open = found(&shop.counter).await;
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].found, Some(Money::cents(1)));
    let listed = shop.read().await;
    let arrived = listed.iter().find(|one| one.id == made.id).unwrap();
    assert_eq!(arrived.arrived_on, Some(shop.counter.clock.today()));
    assert_eq!(shop.posted("payouts-in-transit").await, 0);
    assert_eq!(shop.posted("suspense").await, -1);

    // What is the reader's is not the provider's, whatever its amount; and what bears its name is, whenever it comes.
    let traced = shop.pays_out_as(
        Money::cents(three - 40),
        vec![charge(third, three, 40)],
        |payout| {
            payout.trace = Some("SEPA-0123-4567".into());
            payout.arrives_on = payout.arrives_on.saturating_sub(jiff::Span::new().days(60));
        },
    );
    assert_eq!(shop.asks().await, read(1));
    let amount = traced.amount.as_cents();
    let entries = vec![
        transfer(amount, "livres"),
        transfer(amount, "ref SEPA0123 4567"),
    ];
    let statement = shop.bank.statement(shop.counter.clock.today(), entries);
    hand_in_statement(&shop.counter, &statement).await;
    assert_eq!(
        kinds(&shop.counter).await,
        [missing, BreakKind::TransferUnknown]
    );
    assert_eq!(shop.posted("payouts-in-transit").await, 0);

    // Nobody pays out what a reader paid long ago.
    shop.sold(&[(MUG, 1)]).await;
    shop.counter.clock.advance(40 * DAY);
    let kinds = kinds(&shop.counter).await;
    assert!(kinds.contains(&BreakKind::CaptureNotPaidOut), "{kinds:?}");
}

pub async fn a_failed_payout_is_owed_until_it_is_paid_again(counter: Counter) {
    let mut shop = Shop::open(counter);
    let (_, first, one) = shop.sold(&[(ETRANGER, 1)]).await;
    let (_, second, two) = shop.sold(&[(NADJA, 1)]).await;
    let lost = shop.pays_out(vec![charge(first, one, 40)]);
    assert_eq!(shop.asks().await, read(1));
    assert_eq!(shop.posted("provider-clearing").await, two);
    shop.counter.clock.advance(3 * DAY);
    shop.tells(&lost.id, PayoutState::Failed);
    assert_eq!(shop.asks().await, read(1), "it was said to be paid before");
    assert_eq!(shop.asks().await, read(0));
    assert_eq!(shop.posted("payouts-in-transit").await, 0);
    assert_eq!(shop.posted("provider-clearing").await, two + one - 40);
    let open = found(&shop.counter).await;
    assert_eq!((open.len(), open[0].kind), (1, BreakKind::PayoutFailed));
    assert_eq!(open[0].expected, Some(lost.amount));

    let owed = lost.amount.as_cents();
    let back = About::Failure {
        payout: lost.id.clone(),
    };
    let made_of = vec![
        charge(second, two, 40),
        transaction(back, &lost.id, owed, 0),
    ];
    let paid = shop.pays_out(made_of);
    assert_eq!(shop.asks().await, read(1));
    shop.counter.clock.advance(2 * DAY);
    shop.arrives(&[paid.amount]).await;
    shop.is_settled().await;

    // One that had failed before the shop first saw it.
    let (_, third, three) = shop.sold(&[(MUG, 1)]).await;
    let never = shop.pays_out_as(
        Money::cents(three - 40),
        vec![charge(third, three, 40)],
        |payout| {
            payout.state = PayoutState::Canceled;
        },
    );
    assert_eq!(shop.asks().await, read(1));
    assert_eq!(shop.posted("payouts-in-transit").await, 0);
    assert_eq!(
        shop.posted("provider-clearing").await,
        never.amount.as_cents()
    );
    assert_eq!(kinds(&shop.counter).await, [BreakKind::PayoutFailed]);
}

pub async fn a_refund_in_a_payout_before_its_answer_is_no_break(counter: Counter) {
    let shop = Shop::open(counter);
    let (number, payment, taken) = shop.sold(&[(ETRANGER, 2)]).await;
    let (id, back) = shop.begins_to_give_back(&number).await;
    // More had been reserved than was taken: the provider counts it and gives it back at once.
    let about = About::Charge {
        charge: charge_of(payment),
    };
    let let_go = transaction(about, "re_0", -500, 0);
    shop.pays_out(vec![
        charge(payment, taken + 500, 60),
        let_go,
        refund(id, payment, back),
    ]);
    assert_eq!(shop.asks().await, read(1));
    assert_eq!(found(&shop.counter).await, []);
    assert_eq!(shop.posted("provider-clearing").await, back);
    shop.counter.clock.advance(DAY);
    assert_eq!(shop.counter.recover().await.unwrap().answered, 1);
    assert_eq!(shop.posted("provider-clearing").await, 0);
    assert_eq!(found(&shop.counter).await, []);
}

pub async fn a_shop_that_dies_between_fetching_and_booking_counts_once(counter: Counter) {
    let shop = Shop::open(counter);
    let (_, first, one) = shop.sold(&[(ETRANGER, 1)]).await;
    let (_, second, two) = shop.sold(&[(NADJA, 1)]).await;
    let done = shop.pays_out(vec![charge(first, one, 40)]);
    shop.counter.clock.advance(DAY);
    let hanging = shop.pays_out(vec![charge(second, two, 40)]);
    shop.door.0.lock().unwrap().hangs_at = Some(hanging.id.clone());
    let (fetcher, place) = (shop.fetcher.clone(), shop.place.clone());
    let dying = tokio::spawn(async move { fetcher.ask(&place).await });
    while !shop.door.0.lock().unwrap().asked.contains(&hanging.id) {
        tokio::task::yield_now().await;
    }
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    let in_transit = done.amount.as_cents();
    assert_eq!(shop.posted("payouts-in-transit").await, in_transit);
    assert_eq!(
        shop.read().await.iter().filter(|one| one.is_booked).count(),
        1
    );

    shop.door.0.lock().unwrap().hangs_at = None;
    shop.asked();
    assert_eq!(
        shop.fetcher.ask(&shop.place).await.unwrap(),
        None,
        "somebody else asks"
    );
    assert_eq!(shop.asks().await, read(1), "after the lease of the dead");
    assert_eq!(shop.asked(), ["list ", hanging.id.as_str()]);
    assert_eq!(shop.posted("payouts-in-transit").await, one + two - 80);
    assert_eq!(shop.posted("fees").await, 80);
    // Two at once.
    let third = shop.pays_out(vec![fee(-100)]);
    shop.counter.clock.advance(fetching::NEXT);
    let (here, there) = tokio::join!(shop.fetcher.ask(&shop.place), shop.fetcher.ask(&shop.place));
    let rounds: Vec<Round> = [here.unwrap(), there.unwrap()]
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(rounds, [read(1)]);
    assert_eq!(third.amount, Money::cents(100));
    assert_eq!(shop.posted("payouts-in-transit").await, one + two + 20);
    assert_eq!(found(&shop.counter).await, []);
}

pub async fn payouts_beyond_a_page_and_one_that_cannot_be_read(counter: Counter) {
    let shop = Shop::open(counter);
    for _ in 0..130 {
        shop.counter.clock.advance(Duration::from_secs(3600));
        shop.pays_out(vec![fee(-10)]);
    }
    let bad = shop.door.0.lock().unwrap().payouts[3].id.clone();
    shop.door.0.lock().unwrap().fault = Some((bad.clone(), FetchFault::Garbled));
    let mut books = 0;
    let mut rounds = 0;
    shop.counter.clock.advance(fetching::NEXT);
    while let Some(round) = shop.fetcher.ask(&shop.place).await.unwrap() {
        (books, rounds) = (books + round.read, rounds + 1);
    }
    assert_eq!(
        (books, rounds),
        (129, 3),
        "sixty a round, and no pause while there are more"
    );
    let asked = shop.asked();
    let lists = asked.iter().filter(|one| one.starts_with("list ")).count();
    assert!(lists >= 4, "two pages each time: {asked:?}");
    assert_eq!(
        asked.iter().filter(|one| **one == bad).count(),
        1,
        "put off for a day"
    );
    assert_eq!(shop.posted("payouts-in-transit").await, 129 * 10);

    shop.counter.clock.advance(6 * DAY);
    assert_eq!(shop.asks().await.failure, Some(FetchFault::Garbled));
    let open = found(&shop.counter).await;
    let unread = of(&open, BreakKind::PayoutUnread);
    assert_eq!(
        (unread.len(), unread[0].subject.as_str()),
        (1, bad.as_str())
    );
    shop.door.0.lock().unwrap().fault = None;
    shop.counter.clock.advance(2 * DAY);
    assert_eq!(shop.asks().await, read(1));
    assert_eq!(
        of(&found(&shop.counter).await, BreakKind::PayoutUnread),
        Vec::<&Break>::new()
    );

    let many: Vec<Transaction> = (0..250).map(|_| fee(-1)).collect();
    let large = shop.pays_out(many);
    shop.asked();
    assert_eq!(shop.asks().await, read(1));
    let asked = shop.asked();
    assert_eq!(
        asked.iter().filter(|one| **one == large.id).count(),
        3,
        "{asked:?}"
    );
    assert_eq!(shop.posted("payouts-in-transit").await, 130 * 10 + 250);
    assert_eq!(shop.read().await.len(), 131);
}
