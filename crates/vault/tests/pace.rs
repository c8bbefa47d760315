//! How often readers may ask: an address, a payment, and who counts as which behind a proxy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use house::{House, VISA};
use tower::ServiceExt as _;
use trade::locale::Locale;
use trade::payment::CheckInTicket;
use vault::Config;

/// The answer to a request that comes over a connection from there.
async fn from(house: &House, address: &str, request: Request<Body>) -> StatusCode {
    let mut request = request;
    let remote = link::http::RemoteAddress(format!("{address}:52000").parse().unwrap());
    request.extensions_mut().insert(remote);
    let answer = house.vault.public_router().oneshot(request).await;
    answer.unwrap().status()
}

fn without_ticket() -> Request<Body> {
    Request::get("/pay").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_ticket_is_answered_no_faster_than_a_person_types() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    for _ in 0..6 {
        let page = house.pay_plainly(&ticket, "4111111111111112").await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let page = house.pay_plainly(&ticket, VISA).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = page.headers[header::RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=11).contains(&wait), "{wait}");
    assert!(page.body.contains("Patientez un instant"), "{}", page.body);
    let form = format!("href=\"/pay?ticket={}\"", house.sign(&ticket));
    assert!(page.body.contains(&form), "{}", page.body);

    // Another ticket for the same payment is no way round; another reader's is not touched, and the form still opens.
    let again = CheckInTicket {
        nonce: link::signed::nonce().unwrap(),
        locale: Locale::En,
        ..ticket.clone()
    };
    let page = house.pay_plainly(&again, VISA).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("Wait a moment"), "{}", page.body);
    house.receipt(&house.pay_plainly(&house.ticket(990), VISA).await);
    assert_eq!(house.form(&ticket).await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_address_is_slowed_down_and_another_is_not() {
    let house = House::new().await;
    let mut allowed = 0;
    while from(&house, "192.0.2.7", without_ticket()).await == StatusCode::BAD_REQUEST {
        allowed += 1;
        assert!(allowed < 2 * trade::limits::CARD_PAGE_PER_MINUTE);
    }
    assert!(allowed >= trade::limits::CARD_PAGE_PER_MINUTE, "{allowed}");
    let signed = house.sign(&house.ticket(2390));
    let form = || Request::get(format!("/pay?ticket={signed}")).body(Body::empty());
    let asked = [
        ("192.0.2.7", StatusCode::TOO_MANY_REQUESTS),
        ("192.0.2.8", StatusCode::OK),
    ];
    for (address, status) in asked {
        assert_eq!(from(&house, address, form().unwrap()).await, status);
    }
    // Whether it lives is asked by machines, and costs nothing.
    let live = Request::get("/live").body(Body::empty()).unwrap();
    assert_eq!(from(&house, "192.0.2.7", live).await, StatusCode::OK);
}

#[tokio::test]
async fn behind_a_believed_proxy_readers_are_told_apart() {
    let house = House::with(|dir| Config {
        proxies: vec!["10.0.0.1".parse().unwrap()],
        ..house::config(dir)
    });
    let house = house.await;
    let by = |reader: &str| {
        let named = format!("203.0.113.9, {reader}");
        Request::get("/pay")
            .header("x-forwarded-for", named)
            .body(Body::empty())
            .unwrap()
    };
    while from(&house, "10.0.0.1", by("192.0.2.7")).await == StatusCode::BAD_REQUEST {}
    assert_eq!(
        from(&house, "10.0.0.1", by("192.0.2.8")).await,
        StatusCode::BAD_REQUEST
    );
    // Nobody else's word counts.
    while from(&house, "10.0.0.2", by("192.0.2.9")).await == StatusCode::BAD_REQUEST {}
    let slowed = from(&house, "10.0.0.2", by("192.0.2.10")).await;
    assert_eq!(slowed, StatusCode::TOO_MANY_REQUESTS);
}
