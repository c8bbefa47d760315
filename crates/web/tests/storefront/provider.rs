//! To the provider's page and back, and the door for what it tells.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use shop::payment::{
    Asked, Evidence, HostedProvider, Named, NotAnEvent, PageOpened, PageWanted, PaymentMethod,
    ProviderEvent, Standing, ZoneFault,
};
use trade::clock::Timestamp;
use trade::ids::{CaptureId, RefundId};
use trade::money::Money;
use trade::payment::{AuthoriseOutcome, Decline, NotSent, Outcome};

use crate::house_parts::{Answer, House, hidden, person};

const PAGES: &str = "https://pages.provider.test";

/// A provider that finds what the test tells it to.
#[derive(Default)]
struct Hosted {
    found: Mutex<VecDeque<Standing>>,
    wanted: Mutex<Vec<PageWanted>>,
    is_out: Mutex<bool>,
    /// Where it says that its page is, when not where its pages are.
    elsewhere: Mutex<Option<String>>,
}

impl PaymentMethod for Hosted {
    fn lookup<'a>(&'a self, _: &'a Named) -> Asked<'a, Standing> {
        let found = self.found.lock().unwrap().pop_front();
        Box::pin(std::future::ready(
            Ok(found.unwrap_or(Standing::InProgress)),
        ))
    }

    fn capture<'a>(&'a self, _: &'a Named, _: CaptureId, _: Money) -> Asked<'a, Outcome> {
        Box::pin(std::future::ready(Ok(Outcome::Done)))
    }

    fn reverse<'a>(&'a self, _: &'a Named) -> Asked<'a, Outcome> {
        Box::pin(std::future::ready(Ok(Outcome::Done)))
    }

    fn refund<'a>(&'a self, _: &'a Named, _: RefundId, _: Money) -> Asked<'a, Outcome> {
        Box::pin(std::future::ready(Ok(Outcome::Done)))
    }
}

impl HostedProvider for Hosted {
    fn open_page<'a>(&'a self, wanted: &'a PageWanted) -> Asked<'a, PageOpened> {
        self.wanted.lock().unwrap().push(wanted.clone());
        let opened = match *self.is_out.lock().unwrap() {
            true => Err(ZoneFault::Unreachable),
            false => Ok(PageOpened {
                url: match self.elsewhere.lock().unwrap().clone() {
                    Some(elsewhere) => elsewhere,
                    None => format!("{PAGES}/{}", wanted.payment),
                },
                reference: format!("cs_{}", wanted.payment),
            }),
        };
        Box::pin(std::future::ready(opened))
    }

    fn read_event(
        &self,
        signature: &str,
        body: &[u8],
        _: Timestamp,
    ) -> Result<ProviderEvent, NotAnEvent> {
        match signature {
            "good" => Ok(ProviderEvent {
                id: String::from_utf8(body.to_vec()).unwrap(),
                reference: None,
            }),
            _ => Err(NotAnEvent::Signature),
        }
    }
}

async fn house() -> (House, Arc<Hosted>) {
    let hosted = Arc::new(Hosted::default());
    let house = House::open(60).await.at_a_provider(hosted.clone(), PAGES);
    (house, hosted)
}

/// Orders, and pays at the provider: its page, and the order's own.
async fn sent(house: &House, cookies: &str) -> (Answer, String) {
    let page = house.get_as("/en/checkout", cookies).await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains(&format!("form-action 'self' {PAGES};")),
        "{policy}"
    );
    let fields = hidden(&page.text());
    let mut typed = person(&fields);
    typed.push(("means", "provider"));
    let answer = house.post("/en/checkout", cookies, &typed).await;
    let order = house
        .state
        .store
        .read(|tx| shop::order::list(tx, &shop::order::Filter::default(), 1, 1));
    let number = order.await.unwrap().orders[0].number.clone();
    (answer, house.state.order_keys.path(&number))
}

fn found(hosted: &Hosted, outcome: AuthoriseOutcome) {
    let evidence = Evidence::Nothing;
    hosted
        .found
        .lock()
        .unwrap()
        .push_back(Standing::Known(outcome, evidence));
}

/// The address with which the provider sends the reader back, without the shop's origin.
fn back(hosted: &Hosted) -> String {
    let wanted = hosted.wanted.lock().unwrap();
    let back = &wanted.last().unwrap().back;
    back.strip_prefix(crate::house_parts::SHOP)
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_reader_is_sent_to_the_provider_and_comes_back_having_paid() {
    let (house, hosted) = house().await;
    let cookies = house.cart(2).await;
    let (answer, order) = sent(&house, &cookies).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.header("location").starts_with(PAGES));
    let waits = house.get(&format!("/en{order}")).await.text();
    assert!(waits.contains("sent to our provider’s page"), "{waits}");
    let still = house.get_as(&back(&hosted), &cookies).await;
    assert_eq!(still.status, StatusCode::SEE_OTHER);
    found(
        &hosted,
        AuthoriseOutcome::Approved {
            approval_code: "pi_1".into(),
            retrieval_reference: "ch_1".into(),
        },
    );
    let paid = house.get_as(&back(&hosted), &cookies).await;
    assert_eq!(paid.header("location"), format!("/en{order}"));
    assert!(paid.cookies().contains("basket=0"), "{}", paid.cookies());
    let strange = back(&hosted).replace("key=", "key=x");
    assert_eq!(house.get(&strange).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_did_not_succeed_at_the_provider_is_told_in_both_languages() {
    let declined = AuthoriseOutcome::Declined {
        reason: Decline::InsufficientFunds,
    };
    let closed = AuthoriseOutcome::NotSent {
        reason: NotSent::PageClosed,
    };
    for (outcome, status, words) in [
        (
            declined,
            StatusCode::PAYMENT_REQUIRED,
            ["Your bank said no", "Votre banque"],
        ),
        (
            closed,
            StatusCode::CONFLICT,
            [
                "The payment page has closed",
                "La page de paiement s’est fermée",
            ],
        ),
    ] {
        let (house, hosted) = house().await;
        let cookies = house.cart(1).await;
        sent(&house, &cookies).await;
        found(&hosted, outcome);
        let english = house.get_as(&back(&hosted), &cookies).await;
        assert_eq!(english.status, status);
        assert!(english.text().contains(words[0]));
        let french = back(&hosted).replacen("/en/", "/fr/", 1);
        assert!(
            house
                .get_as(&french, &cookies)
                .await
                .text()
                .contains(words[1])
        );
    }
}

#[tokio::test]
async fn a_provider_that_is_out_leaves_the_order_waiting() {
    let (house, hosted) = house().await;
    *hosted.is_out.lock().unwrap() = true;
    let cookies = house.cart(1).await;
    let (answer, order) = sent(&house, &cookies).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("The payment page does not open"));
    assert!(
        answer.text().contains(
            &order
                .replace("/orders/", "/en/orders/")
                .replace('?', "/pay?")
        )
    );
    *hosted.is_out.lock().unwrap() = false;
    let again = house
        .post(
            &order.replace('?', "/pay?"),
            &cookies,
            &[("means", "provider")],
        )
        .await;
    assert!(again.header("location").starts_with(PAGES));
}

#[tokio::test]
async fn nobody_is_sent_to_a_page_that_is_not_where_the_provider_s_pages_are() {
    let (house, hosted) = house().await;
    for elsewhere in [
        "https://pages.provider.test.evil.test/pay",
        "https://pages.provider.test@evil.test/pay",
        "https://pages.provider.test:8443/pay",
        "https://pages.provider.test\\@evil.test/pay",
        "http://pages.provider.test/pay",
        "//evil.test/pay",
        "https://evil.test/https://pages.provider.test/",
        "javascript:alert(1)",
        "",
    ] {
        *hosted.elsewhere.lock().unwrap() = Some(elsewhere.to_owned());
        for (locale, words) in [
            ("en", "The payment page does not open"),
            ("fr", "La page de paiement ne s’ouvre pas"),
        ] {
            let cookies = house.cart(1).await;
            let (answer, order) = sent(&house, &cookies).await;
            assert_eq!(answer.header("location"), "", "{elsewhere}");
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
            let path = format!("/{locale}{}", order.replace('?', "/pay?"));
            let again = house.post(&path, &cookies, &[("means", "provider")]).await;
            assert_eq!(again.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(again.text().contains(words), "{}", again.text());
        }
    }
}

#[tokio::test]
async fn a_stranger_who_floods_the_provider_s_door_keeps_no_event_out() {
    let (house, _) = house().await;
    let told = |signature: &str, body: String| {
        let request = Request::post("/hooks/provider").header("stripe-signature", signature);
        house.send(request.body(Body::from(body)).unwrap())
    };
    let mut flood = Vec::new();
    // More than a minute allows at once: on a slow machine some are allowed meanwhile.
    for _ in 0..2 * trade::limits::FALSE_EVENTS_PER_MINUTE {
        flood.push(told("bad", String::new()).await.status);
    }
    assert_eq!(flood[0], StatusCode::BAD_REQUEST);
    assert!(flood.contains(&StatusCode::TOO_MANY_REQUESTS));
    // From the same address: behind a proxy that nobody named, everybody has it.
    for number in 0..2 * trade::limits::FALSE_EVENTS_PER_MINUTE {
        let heard = told("good", format!("evt_{number}")).await;
        assert_eq!(heard.status, StatusCode::OK, "{number}");
    }
}

#[tokio::test]
async fn only_signed_events_of_a_bearable_size_are_heard() {
    let (house, _) = house().await;
    let told = |signature: &str, body: String| {
        let request = Request::post("/hooks/provider").header("stripe-signature", signature);
        house.send(request.body(Body::from(body)).unwrap())
    };
    for _ in 0..2 {
        assert_eq!(told("good", "evt_1".into()).await.status, StatusCode::OK);
    }
    assert_eq!(
        told("bad", "evt_2".into()).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        told("good", "x".repeat(60 << 10)).await.status,
        StatusCode::OK
    );
    let large = told("good", "x".repeat(65 << 10)).await.status;
    assert_eq!(large, StatusCode::PAYLOAD_TOO_LARGE);
    let without = House::open(10).await;
    let request = Request::post("/hooks/provider")
        .body(Body::empty())
        .unwrap();
    assert_eq!(without.send(request).await.status, StatusCode::NOT_FOUND);
}
