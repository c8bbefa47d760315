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
            "k",
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
        call(&shop, "POST", "/api/v1/orders", "o1", Some(body.clone()))
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
    body["lines"] = json!([]);
    let (status, placed) = call(&shop, "POST", "/api/v1/orders", "o1", Some(body)).await;
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
        "key-1",
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
        "key-1",
        Some(order(COUNTED, 1)),
    )
    .await;
    assert_eq!((status, &again), (StatusCode::CREATED, &first));
    let (status, problem) = call(
        &shop,
        "POST",
        "/api/v1/orders",
        "key-1",
        Some(order(COUNTED, 2)),
    )
    .await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::CONFLICT, &json!("/problems/key-reused"))
    );
    let (_, known) = call(&shop, "GET", "/api/v1/orders/by-key/key-1", "", None).await;
    assert_eq!(
        (&known["number"], &known["state"]),
        (&first["number"], &json!("awaiting_payment"))
    );
    assert_eq!(
        call(&shop, "GET", "/api/v1/orders/by-key/key-2", "", None)
            .await
            .0,
        StatusCode::NOT_FOUND
    );
    let (status, problem) = call(
        &shop,
        "POST",
        "/api/v1/orders",
        "key-3",
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
    assert_eq!(
        call(&shop, "POST", "/api/v1/orders", "", Some(order(COUNTED, 1)))
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
    let mut body = order(COUNTED, 1);
    body["address"]["postcode"] = json!("97400");
    body["email"] = json!("nobody");
    let (status, problem) = call(&shop, "POST", "/api/v1/orders", "k", Some(body)).await;
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
    let (status, problem) = call(&shop, "POST", "/api/v1/orders", "k", Some(body)).await;
    assert_eq!(
        (status, &problem["now_cents"]),
        (StatusCode::CONFLICT, &json!(1290))
    );
    let mut body = order(COUNTED, 1);
    body["card_number"] = json!("4970101234567890");
    let (status, problem) = call(&shop, "POST", "/api/v1/orders", "k", Some(body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(!problem.to_string().contains("4970"));
}

#[tokio::test]
async fn the_openapi_document_is_served() {
    let shop = fixture::small().await;
    let (status, document) = call(&shop, "GET", "/api/openapi.json", "", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(document["paths"]["/api/v1/orders"]["post"].is_object());
}
