//! The API through its router: what programs may rely on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::backoffice::fixture::{self, COUNTED, SUPPLIED, Small, text};

/// Calls as a program does: no origin, no cookie.
async fn call(
    shop: &Small,
    method: &str,
    path: &str,
    key: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("accept-language", "en");
    if !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    let body = match body {
        Some(body) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    let answer = shop
        .site
        .clone()
        .oneshot(request.body(body).unwrap())
        .await
        .unwrap();
    let (status, kind) = (
        answer.status(),
        answer.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .to_owned(),
    );
    let expected = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    assert_eq!(kind, expected, "{method} {path}");
    (status, serde_json::from_str(&text(answer).await).unwrap())
}

/// Keys as programs make them.
const KEY_1: &str = "919108f7-52d1-4320-9bac-f847db4148a8";
const KEY_2: &str = "2e6a2f5c-0c3e-4c0b-8f63-5e8f6a3d9b17";
const KEY_3: &str = "f3b0b1d2-7a57-4d0e-a1f4-0c9d8e7b6a55";

fn order(isbn: &str, quantity: u32) -> Value {
    json!({
        "lines": [{ "isbn": isbn, "quantity": quantity }],
        "email": "jeanne@example.org",
        "address": { "name": "Jeanne Dupont", "street": "12 quai de la Tournelle", "postcode": "75005", "city": "Paris" }
    })
}

#[tokio::test]
async fn books_are_found_and_shown() {
    let shop = fixture::small().await;
    let (status, found) = call(&shop, "GET", "/api/v1/search?q=pride", "", None).await;
    assert_eq!(
        (
            status,
            found["total"].as_u64(),
            &found["books"][0]["isbn13"]
        ),
        (StatusCode::OK, Some(1), &json!(SUPPLIED))
    );
    let (_, book) = call(&shop, "GET", "/api/v1/books/0-14-143951-3", "", None).await;
    assert_eq!(
        (book["price_cents"].as_i64(), book["buyable"].as_bool()),
        (Some(2000), Some(true))
    );
    for (path, status) in [
        ("/api/v1/books/9782070541271", StatusCode::BAD_REQUEST),
        ("/api/v1/books/9782253004226", StatusCode::NOT_FOUND),
        ("/api/v1/search?page=x", StatusCode::BAD_REQUEST),
        ("/api/v1/nothing", StatusCode::NOT_FOUND),
    ] {
        let (answered, problem) = call(&shop, "GET", path, "", None).await;
        assert_eq!(
            (answered, problem["status"].as_u64()),
            (status, Some(status.as_u16().into())),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_cart_holds_what_was_last_said_and_becomes_an_order() {
    let shop = fixture::small().await;
    let (status, cart) = call(&shop, "POST", "/api/v1/carts", "", Some(json!({}))).await;
    assert_eq!(
        (status, cart["copies"].as_u64()),
        (StatusCode::CREATED, Some(0))
    );
    let lines = format!("/api/v1/carts/{}/lines", cart["id"].as_str().unwrap());
    for _ in 0..2 {
        let (status, cart) = call(
            &shop,
            "POST",
            &lines,
            "",
            Some(json!({ "isbn": SUPPLIED, "quantity": 2 })),
        )
        .await;
        assert_eq!(
            (
                status,
                cart["copies"].as_u64(),
                cart["total_cents"].as_i64()
            ),
            (StatusCode::OK, Some(2), Some(4001))
        );
    }
    let mut body = order(SUPPLIED, 1);
    body["cart"] = cart["id"].clone();
    assert_eq!(
        call(&shop, "POST", "/api/v1/orders", KEY_1, Some(body.clone()))
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
    body["lines"] = json!([]);
    let (status, placed) = call(&shop, "POST", "/api/v1/orders", KEY_1, Some(body)).await;
    assert_eq!(
        (status, placed["total_cents"].as_i64()),
        (StatusCode::CREATED, Some(4001))
    );
}

#[tokio::test]
async fn an_order_is_placed_once_for_its_key() {
    let shop = fixture::small().await;
    let (status, first) = call(
        &shop,
        "POST",
        "/api/v1/orders",
        KEY_1,
        Some(order(COUNTED, 1)),
    )
    .await;
    assert_eq!(
        (status, first["total_cents"].as_i64()),
        (StatusCode::CREATED, Some(1290))
    );
    assert!(
        first["pay_url"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:2/pay?ticket=")
    );
    let (status, again) = call(
        &shop,
        "POST",
        "/api/v1/orders",
        KEY_1,
        Some(order(COUNTED, 1)),
    )
    .await;
    assert_eq!((status, &again), (StatusCode::CREATED, &first));
    let (status, problem) = call(
        &shop,
        "POST",
        "/api/v1/orders",
        KEY_1,
        Some(order(COUNTED, 2)),
    )
    .await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::CONFLICT, &json!("/problems/key-reused"))
    );
    let by_key = |key: &str| format!("/api/v1/orders/by-key/{key}");
    let (_, known) = call(&shop, "GET", &by_key(KEY_1), "", None).await;
    assert_eq!(
        (&known["number"], &known["state"]),
        (&first["number"], &json!("awaiting_payment"))
    );
    assert_eq!(
        call(&shop, "GET", &by_key(KEY_2), "", None).await.0,
        StatusCode::NOT_FOUND
    );
    let (status, problem) = call(
        &shop,
        "POST",
        "/api/v1/orders",
        KEY_3,
        Some(order(COUNTED, 2)),
    )
    .await;
    assert_eq!(
        (status, &problem["type"], &problem["available"]),
        (
            StatusCode::CONFLICT,
            &json!("/problems/out-of-stock"),
            &json!(1)
        )
    );
}

#[tokio::test]
async fn a_refused_order_says_which_field_or_price() {
    let shop = fixture::small().await;
    let mut body = order(COUNTED, 1);
    body["address"]["postcode"] = json!("97400");
    body["email"] = json!("nobody");
    let (status, problem) = call(&shop, "POST", "/api/v1/orders", KEY_1, Some(body)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!(fields, ["email", "postcode"]);
    let mut body = order(COUNTED, 1);
    body["total_cents"] = json!(990);
    let (status, problem) = call(&shop, "POST", "/api/v1/orders", KEY_1, Some(body)).await;
    assert_eq!(
        (status, &problem["now_cents"]),
        (StatusCode::CONFLICT, &json!(1290))
    );
    let mut body = order(COUNTED, 1);
    body["card_number"] = json!("4970101234567890");
    let (status, problem) = call(&shop, "POST", "/api/v1/orders", KEY_1, Some(body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(!problem.to_string().contains("4970"));
}

#[tokio::test]
async fn an_order_is_named_by_a_key_that_nobody_guesses() {
    let shop = fixture::small().await;
    let counted = order(COUNTED, 1);
    for guessable in ["", "1", "order-2026-11-27-0000000000000000001"] {
        let placing = call(
            &shop,
            "POST",
            "/api/v1/orders",
            guessable,
            Some(counted.clone()),
        );
        let (status, problem) = placing.await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::BAD_REQUEST, &json!("/problems/bad-key")),
            "{guessable}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("a new UUID of version 4"), "{detail}");
    }
    let placing = call(&shop, "POST", "/api/v1/orders", KEY_1, Some(counted));
    let (status, placed) = placing.await;
    assert_eq!(status, StatusCode::CREATED);

    // One of before keys had to be drawn: it opens nothing any more, the order's link does.
    let (status, problem) = call(&shop, "GET", "/api/v1/orders/by-key/1", "", None).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::BAD_REQUEST, &json!("/problems/bad-key"))
    );
    let link = placed["order_url"].as_str().unwrap();
    let link = link.strip_prefix(&shop.state.settings.public_url).unwrap();
    assert_eq!(shop.get(link, "").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn who_asks_for_keys_without_end_is_told_to_wait() {
    let shop = fixture::small().await;
    let ask = |key: &'static str| {
        let path = format!("/api/v1/orders/by-key/{key}");
        let shop = &shop;
        async move { call(shop, "GET", &path, "", None).await.0 }
    };
    let placing = call(
        &shop,
        "POST",
        "/api/v1/orders",
        KEY_1,
        Some(order(COUNTED, 1)),
    );
    assert_eq!(placing.await.0, StatusCode::CREATED);
    let mut last = StatusCode::NOT_FOUND;
    for _ in 0..120 {
        last = ask(KEY_2).await;
        if last != StatusCode::NOT_FOUND {
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    // Nor does what there is open meanwhile, but once a second.
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(ask(KEY_1).await);
    }
    assert!(
        answers.contains(&StatusCode::TOO_MANY_REQUESTS),
        "{answers:?}"
    );
}

#[tokio::test]
async fn what_another_site_posts_to_the_api_does_nothing() {
    let shop = fixture::small().await;
    for (name, value) in [
        ("origin", "https://elsewhere.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        // A browser that says neither still sends its cookies.
        ("cookie", "cart=1"),
    ] {
        // What a form of another site may send without asking the shop first (a "simple" request), and what it may not.
        for kind in ["text/plain", "application/json"] {
            let request = Request::post("/api/v1/orders")
                .header("idempotency-key", KEY_1)
                .header(header::CONTENT_TYPE, kind)
                .header(name, value)
                .body(Body::from(order(COUNTED, 1).to_string()));
            let answer = shop.site.clone().oneshot(request.unwrap()).await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
            let problem: Value = serde_json::from_str(&text(answer).await).unwrap();
            assert_eq!(problem["type"], "/problems/foreign-origin");
        }
    }
    let path = format!("/api/v1/orders/by-key/{KEY_1}");
    let placed = call(&shop, "GET", &path, "", None).await.0;
    assert_eq!(placed, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_member_or_parameter_said_twice_is_refused() {
    let shop = fixture::small().await;
    let once = order(COUNTED, 1).to_string();
    let twice = once.replacen('{', "{\"email\":\"other@example.org\",", 1);
    for (body, status) in [
        (twice, StatusCode::BAD_REQUEST),
        (once, StatusCode::CREATED),
    ] {
        let request = Request::post("/api/v1/orders")
            .header("idempotency-key", KEY_1)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body));
        let answer = shop.site.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), status);
    }
    for (path, status) in [
        ("/api/v1/search?q=pride&page=1", StatusCode::OK),
        ("/api/v1/search?q=pride&q=dune", StatusCode::BAD_REQUEST),
        (
            "/api/v1/search?q=pride&page=1&page=2",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        assert_eq!(call(&shop, "GET", path, "", None).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn the_openapi_document_is_served() {
    let shop = fixture::small().await;
    let (status, document) = call(&shop, "GET", "/api/openapi.json", "", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(document["paths"]["/api/v1/orders"]["post"].is_object());
}
