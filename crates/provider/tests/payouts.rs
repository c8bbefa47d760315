//! Payouts and what they are made of, against the stand-in: paged, read word for word, and in each kind of trouble.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use house::{House, Intents};
use serde_json::{Value, json};
use shop::reconciliation::{
    fetching::{FetchFault, PayoutDoor},
    payouts::{About, Items, Payout, PayoutState},
};
use trade::{clock::Timestamp, ids::RefundId, money::Money};

#[tokio::test]
async fn payouts_and_their_transactions_are_paged_beyond_a_hundred() {
    let house = House::open(Intents::Own).await;
    let checkout = house.checkout();
    let made: Vec<String> = (0..205).map(|_| house.pays_out(100, |_| {})).collect();
    let (mut listed, mut after): (Vec<Payout>, Option<String>) = Default::default();
    loop {
        let page = checkout.payouts(None, after.as_deref()).await.unwrap();
        listed.extend(page.listed);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let ids: Vec<&str> = listed.iter().rev().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, made, "the newest first, each once");
    assert_eq!(house.times("GET /v1/payouts"), 3);
    assert!(
        house
            .last("GET /v1/payouts")
            .query
            .starts_with("limit=100&starting_after=po_")
    );

    let since = Timestamp::micros((1_795_431_600 + 3600 * 203) * 1_000_000);
    let late = checkout.payouts(Some(since), None).await.unwrap();
    assert_eq!((late.listed.len(), late.next), (2, None));

    for _ in 0..150 {
        house.moves(&made[0], -1, 0, "stripe_fee", "fee", Value::Null);
    }
    let first = checkout.transactions(&made[0], None).await.unwrap();
    assert_eq!((first.listed.len(), first.next.is_some()), (100, true));
    let rest = checkout
        .transactions(&made[0], first.next.as_deref())
        .await
        .unwrap();
    assert_eq!(
        (rest.listed.len(), rest.next),
        (51, None),
        "with the payout itself"
    );
    let asked = house.last("GET /v1/balance_transactions");
    assert_eq!(asked.wanted("payout").as_deref(), Some(made[0].as_str()));
    assert_eq!(
        asked.header("stripe-version"),
        Some(provider::wire::VERSION)
    );
}

#[tokio::test]
async fn a_payout_stands_where_the_provider_says() {
    let house = House::open(Intents::Own).await;
    house.pays_out(2490, |_| {});
    house.pays_out(-500, |payout| {
        payout["status"] = "in_transit".into();
        payout["reconciliation_status"] = "in_progress".into();
        payout["trace_id"] = json!({"status": "pending", "value": null});
    });
    house.pays_out(700, |payout| {
        payout["automatic"] = false.into();
        payout["reconciliation_status"] = "not_applicable".into();
        payout["status"] = "failed".into();
    });
    house.pays_out(900, |payout| {
        payout["currency"] = "usd".into();
        payout["status"] = "a_later_word".into();
    });
    let listed = house.checkout().payouts(None, None).await.unwrap().listed;
    let first = &listed[3];
    assert_eq!(first.amount, Money::cents(2490));
    assert_eq!(
        (first.state, first.items),
        (PayoutState::Paid, Items::Known)
    );
    assert_eq!(first.created, Timestamp::micros(1_795_431_600_000_000));
    assert_eq!(first.arrives_on.to_string(), "2026-11-25");
    assert_eq!(
        (first.payer.as_str(), first.trace.as_deref()),
        ("STRIPE", Some("SEPA0123456789"))
    );
    let told: Vec<_> = listed
        .iter()
        .map(|one| {
            (
                one.amount.as_cents(),
                one.currency.as_str(),
                one.state,
                one.items,
            )
        })
        .collect();
    assert_eq!(
        told[..3],
        [
            (900, "usd", PayoutState::InTransit, Items::Known),
            (700, "eur", PayoutState::Failed, Items::Never),
            (-500, "eur", PayoutState::InTransit, Items::Later),
        ]
    );
    assert_eq!(listed[2].trace, None);
}

#[tokio::test]
async fn each_transaction_is_known_by_what_it_is_about() {
    let house = House::open(Intents::Own).await;
    let refund = RefundId::new();
    let payout = house.pays_out(1000, |_| {});
    let of = |id: &str, object: &str, more: Value| {
        let mut source = json!({"id": id, "object": object, "currency": "eur", "metadata": {}});
        let more = more.as_object().unwrap().clone();
        source.as_object_mut().unwrap().extend(more);
        source
    };
    let charge = of(
        "ch_1",
        "charge",
        json!({"payment_intent": "pi_1", "amount": 2490}),
    );
    let let_go = of("re_0", "refund", json!({"charge": "ch_1"}));
    let back = of(
        "re_1",
        "refund",
        json!({"charge": "ch_1", "metadata": {"refund": refund.to_string()}}),
    );
    let by_hand = of(
        "re_2",
        "refund",
        json!({"charge": "ch_1", "metadata": {"note": "par téléphone"}}),
    );
    let dispute = of(
        "du_1",
        "dispute",
        json!({"charge": "ch_1", "reason": "fraudulent"}),
    );
    let failed = of("po_0", "payout", json!({"status": "failed"}));
    house.moves(&payout, 2490, 62, "charge", "charge", charge);
    house.moves(
        &payout,
        -490,
        0,
        "refund",
        "partial_capture_reversal",
        let_go,
    );
    house.moves(&payout, -990, 0, "refund", "refund", back);
    house.moves(&payout, -10, 0, "refund", "refund", by_hand);
    house.moves(
        &payout,
        -2000,
        2000,
        "adjustment",
        "dispute",
        dispute.clone(),
    );
    house.moves(
        &payout,
        2000,
        -2000,
        "adjustment",
        "dispute_reversal",
        dispute,
    );
    house.moves(&payout, -200, 0, "stripe_fee", "fee", Value::Null);
    house.moves(&payout, 800, 0, "payout_failure", "payout_reversal", failed);
    house.moves(
        &payout,
        -100,
        0,
        "reserve_transaction",
        "risk_reserved_funds",
        Value::Null,
    );
    let read = house
        .checkout()
        .transactions(&payout, None)
        .await
        .unwrap()
        .listed;
    let about: Vec<About> = read.iter().rev().map(|one| one.about.clone()).collect();
    let (ch, reason) = (|| "ch_1".to_owned(), || "fraudulent".to_owned());
    let expected = [
        About::Itself,
        About::Charge { charge: ch() },
        About::Charge { charge: ch() },
        About::Refund {
            refund: Some(refund),
            charge: Some(ch()),
        },
        About::Refund {
            refund: None,
            charge: Some(ch()),
        },
        About::Chargeback {
            charge: ch(),
            reason: reason(),
        },
        About::Representment {
            charge: ch(),
            reason: reason(),
        },
        About::Fee,
        About::Failure {
            payout: "po_0".into(),
        },
        About::Other { charge: None },
    ];
    assert_eq!(about, expected);
    let sources: Vec<&str> = read.iter().rev().map(|one| one.source.as_str()).collect();
    let named = [
        "ch_1",
        "re_0",
        "re_1",
        "re_2",
        "du_1",
        "du_1",
        "stripe_fee",
        "po_0",
        "reserve_transaction",
    ];
    assert_eq!(sources[1..], named);
    let charged = &read[read.len() - 2];
    assert_eq!(
        (charged.amount.as_cents(), charged.fee.as_cents()),
        (2490, 62)
    );
    assert_eq!(
        (charged.currency.as_str(), charged.of_currency.as_deref()),
        ("eur", Some("eur"))
    );
}

#[tokio::test]
async fn trouble_is_told_apart_and_nothing_odd_is_believed() {
    let house = House::open(Intents::Own).await;
    let checkout = house.checkout();
    for (status, fault) in [
        (401, FetchFault::Refused),
        (403, FetchFault::Refused),
        (404, FetchFault::Refused),
        (429, FetchFault::Silent),
        (500, FetchFault::Silent),
        (503, FetchFault::Silent),
    ] {
        house.answers(status, 1);
        assert_eq!(checkout.payouts(None, None).await, Err(fault), "{status}");
    }
    let garbled = Err(FetchFault::Garbled);
    for name in ["", "po_1/../x", "po_1&limit=1", &"p".repeat(65)] {
        assert_eq!(
            checkout.transactions(name, None).await.map(drop),
            garbled,
            "{name}"
        );
    }
    let payout = house.pays_out(100, |payout| payout["amount"] = i64::MAX.into());
    assert_eq!(checkout.payouts(None, None).await.map(drop), garbled);
    house.moves(
        &payout,
        100,
        3,
        "charge",
        "charge",
        json!({"id": "ch_1", "object": "charge"}),
    );
    house.books.state().payouts.transactions[0].1["net"] = 98.into();
    assert_eq!(
        checkout.transactions(&payout, None).await.map(drop),
        garbled
    );
    house.books.state().payouts.transactions[0].1["net"] = 97.into();
    house.books.state().payouts.transactions[0].1["source"]["id"] = "ch_1\n".into();
    assert_eq!(
        checkout.transactions(&payout, None).await.map(drop),
        garbled
    );
}
