//! The provider's wire against a stand-in that answers as its published interface says: what is sent, what a repeat does, and
//! what each kind of trouble is to the shop. The stand-in is small and ours; what the real `localstripe` has is asked in
//! `localstripe.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::time::Duration;

use house::{House, Intents, KEY, page, rustls_trusting, secret};
use provider::{ApiKey, Checkout, sign};
use shop::payment::{
    Evidence, HostedProvider as _, Named, NotAnEvent, PaymentMethod as _, Standing, ZoneFault,
};
use trade::{
    clock::Timestamp,
    ids::{CaptureId, RefundId},
    money::Money,
    payment::{AuthoriseOutcome, Decline, NotSent, Outcome},
};

const AMOUNT: Money = Money::cents(2490);

fn refused(code: &str) -> Result<Outcome, ZoneFault> {
    Ok(Outcome::Refused { code: code.into() })
}

#[tokio::test]
async fn a_page_is_opened_once_for_each_payment_with_the_amount_held_back() {
    let house = House::open(Intents::Own).await;
    let checkout = house.checkout();
    let wanted = page(AMOUNT);
    let opened = checkout.open_page(&wanted).await.unwrap();
    assert_eq!(checkout.open_page(&wanted).await.unwrap(), opened);
    assert_eq!(house.sessions(), 1);
    let asked = house.last("POST /v1/checkout/sessions");
    for (name, value) in [
        ("mode", "payment"),
        ("payment_intent_data[capture_method]", "manual"),
        ("line_items[0][price_data][unit_amount]", "2490"),
        ("line_items[0][price_data][currency]", "eur"),
        ("customer_email", "lectrice@example.org"),
        ("locale", "fr"),
        (
            "success_url",
            "https://shop.test/back?order=BQ-0000-0001&key=a+b",
        ),
        ("cancel_url", "https://shop.test/away"),
        ("expires_at", "1795433520"),
    ] {
        assert_eq!(asked.field(name), Some(value), "{name}");
    }
    let payment = wanted.payment.to_string();
    assert_eq!(asked.field("client_reference_id"), Some(payment.as_str()));
    assert_eq!(asked.header("idempotency-key"), Some(payment.as_str()));
    assert_eq!(
        asked.header("stripe-version"),
        Some(provider::wire::VERSION)
    );
    assert_eq!(
        asked.header("authorization").unwrap(),
        format!("Bearer {KEY}")
    );
}

#[tokio::test]
async fn a_payment_is_found_captured_once_and_given_back_in_parts() {
    let house = House::open(Intents::Own).await;
    let checkout = house.checkout();
    let wanted = page(AMOUNT);
    let opened = checkout.open_page(&wanted).await.unwrap();
    let named = Named {
        payment: wanted.payment,
        reference: Some(opened.reference),
    };
    assert_eq!(checkout.lookup(&named).await, Ok(Standing::InProgress));
    house.pays(&named);
    let Ok(Standing::Known(AuthoriseOutcome::Approved { approval_code, .. }, evidence)) =
        checkout.lookup(&named).await
    else {
        panic!("it was paid");
    };
    assert!(approval_code.starts_with("pi_"));
    assert!(matches!(evidence, Evidence::Authenticated { eci: Some(eci), .. } if eci == "05"));

    let capture = CaptureId(wanted.payment.0);
    for _ in 0..2 {
        assert_eq!(
            checkout.capture(&named, capture, AMOUNT).await,
            Ok(Outcome::Done)
        );
    }
    assert_eq!(house.times("POST /v1/payment_intents"), 1, "once");
    let other = checkout.capture(&named, capture, Money::cents(100)).await;
    assert_eq!(other, refused("captured"));
    assert_eq!(checkout.reverse(&named).await, refused("captured"));

    let (first, second) = (RefundId::new(), RefundId::new());
    house.is_slow(true);
    let part = Money::cents(990);
    assert_eq!(
        checkout.refund(&named, first, part).await,
        Ok(Outcome::Pending)
    );
    house.is_slow(false);
    house.refunds_arrive();
    assert_eq!(
        checkout.refund(&named, first, part).await,
        Ok(Outcome::Done)
    );
    assert_eq!(
        checkout.refund(&named, second, Money::cents(1500)).await,
        Ok(Outcome::Done)
    );
    assert_eq!(house.refunded(), 2490, "each once");
    let more = checkout.refund(&named, RefundId::new(), part).await;
    assert_eq!(more, refused("charge_already_refunded"));
}

#[tokio::test]
async fn what_nobody_waits_for_is_closed_or_lifted_as_often_as_it_is_asked() {
    let house = House::open(Intents::Own).await;
    let checkout = house.checkout();
    for paid in [false, true] {
        let wanted = page(AMOUNT);
        let opened = checkout.open_page(&wanted).await.unwrap();
        let named = Named {
            payment: wanted.payment,
            reference: Some(opened.reference),
        };
        if paid {
            house.pays(&named);
        }
        for _ in 0..2 {
            assert_eq!(checkout.reverse(&named).await, Ok(Outcome::Done));
        }
        let outcome = AuthoriseOutcome::NotSent {
            reason: NotSent::PageClosed,
        };
        let nothing = Standing::Known(outcome, Evidence::Nothing);
        assert_eq!(checkout.lookup(&named).await, Ok(nothing));
        let captured = checkout
            .capture(&named, CaptureId(wanted.payment.0), AMOUNT)
            .await;
        assert_eq!(
            captured,
            refused(if paid { "canceled" } else { "not_paid" })
        );
    }
    assert_eq!(house.held(), 0);
    let never = Named {
        payment: page(AMOUNT).payment,
        reference: None,
    };
    assert_eq!(checkout.lookup(&never).await, Ok(Standing::Unheard));
    assert_eq!(checkout.reverse(&never).await, Ok(Outcome::Done));
    let strange = Named {
        reference: Some("cs_of_nobody".into()),
        ..never.clone()
    };
    assert_eq!(checkout.lookup(&strange).await, Ok(Standing::Unheard));
    let path = Named {
        reference: Some("../refunds".into()),
        ..never
    };
    assert_eq!(
        checkout.lookup(&path).await,
        Ok(Standing::Unheard),
        "no name of the provider"
    );
}

#[tokio::test]
async fn a_declined_card_is_told_when_the_page_has_closed() {
    let house = House::open(Intents::Own).await;
    let checkout = house.checkout();
    let wanted = page(AMOUNT);
    let opened = checkout.open_page(&wanted).await.unwrap();
    let named = Named {
        payment: wanted.payment,
        reference: Some(opened.reference),
    };
    house.declines(&named, "insufficient_funds");
    assert_eq!(checkout.lookup(&named).await, Ok(Standing::InProgress));
    assert_eq!(checkout.reverse(&named).await, Ok(Outcome::Done));
    let outcome = AuthoriseOutcome::Declined {
        reason: Decline::InsufficientFunds,
    };
    let declined = Standing::Known(outcome, Evidence::Nothing);
    assert_eq!(checkout.lookup(&named).await, Ok(declined));
}

#[tokio::test]
async fn each_kind_of_trouble_says_whether_the_question_may_have_arrived() {
    let house = House::open(Intents::Own).await;
    let checkout = house.checkout();
    let wanted = page(AMOUNT);
    let opened = checkout.open_page(&wanted).await.unwrap();
    let named = Named {
        payment: wanted.payment,
        reference: Some(opened.reference),
    };
    for (status, fault) in [
        (500, ZoneFault::NoAnswer),
        (503, ZoneFault::NoAnswer),
        (409, ZoneFault::NoAnswer),
        (429, ZoneFault::Unreachable),
        (401, ZoneFault::Unreachable),
        (403, ZoneFault::Unreachable),
    ] {
        house.answers(status, 1);
        assert_eq!(checkout.lookup(&named).await, Err(fault), "{status}");
    }
    house.pays(&named);
    // Two tabs: the same question is being answered, and then it is.
    let twin = page(AMOUNT);
    house.answers(409, 2);
    assert!(checkout.open_page(&twin).await.is_ok());
    // The answer is cut off after the capture was done: asked again, it is found and not done twice.
    let capture = CaptureId(wanted.payment.0);
    house.breaks_off_after("/capture");
    assert_eq!(
        checkout.capture(&named, capture, AMOUNT).await,
        Err(ZoneFault::NoAnswer)
    );
    assert_eq!(
        checkout.capture(&named, capture, AMOUNT).await,
        Ok(Outcome::Done)
    );
    assert_eq!(house.times("POST /v1/payment_intents"), 1);

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let key = ApiKey::parse(KEY).unwrap();
    let checkout =
        Checkout::trusting(&format!("http://{address}"), key, secret(), house::no_tls()).unwrap();
    assert_eq!(checkout.lookup(&named).await, Err(ZoneFault::Unreachable));
}

#[tokio::test]
async fn only_a_provider_whose_certificate_is_believed_is_told_the_key() {
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned()];
    let certificate = rcgen::CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let house = House::open_secure(&certificate, &key).await;
    let address = format!("https://{}", house.address);
    let with = |tls| {
        let key = ApiKey::parse(KEY).unwrap();
        Checkout::trusting(&address, key, secret(), tls).unwrap()
    };
    let wanted = page(AMOUNT);
    let stranger = with(house::no_tls());
    assert_eq!(
        stranger.open_page(&wanted).await,
        Err(ZoneFault::Unreachable)
    );
    assert_eq!(house.times("POST"), 0);
    let believed = with(rustls_trusting(certificate.der()));
    assert!(believed.open_page(&wanted).await.is_ok());
}

#[tokio::test]
async fn an_event_is_read_only_with_its_signature() {
    let house = House::open(Intents::Own).await;
    let checkout = house.checkout();
    let now = Timestamp::micros(1_795_431_600_000_000);
    let body = br#"{"id":"evt_1","data":{"object":{"object":"checkout.session","id":"cs_1"}}}"#;
    let signature = sign(&secret(), body, now);
    let event = checkout.read_event(&signature, body, now).unwrap();
    assert_eq!(
        (event.id.as_str(), event.reference.as_deref()),
        ("evt_1", Some("cs_1"))
    );
    let late = now.plus(Duration::from_secs(301));
    for (signature, now) in [("", now), (signature.as_str(), late)] {
        assert_eq!(
            checkout.read_event(signature, body, now),
            Err(NotAnEvent::Signature)
        );
    }
}
