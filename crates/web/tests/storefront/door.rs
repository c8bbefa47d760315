//! The shop's own door, over TCP as a proxy reaches it: whose request it is, and where one request ends.

use std::net::{Ipv4Addr, SocketAddr};

use axum::http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};
use web::Settings;

use crate::house;
use crate::house_parts::{House, SHOP, VAULT};

/// Where the proxy of these tests stands, and where somebody else does.
const PROXY: Ipv4Addr = Ipv4Addr::LOCALHOST;
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Opens the door of a shop that believes [`PROXY`].
pub(crate) async fn open() -> SocketAddr {
    let mut settings = Settings::demo(SHOP, VAULT);
    settings.proxies = vec![PROXY.to_string().parse().unwrap()];
    let house = House::open_with(3, settings).await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = house
        .site
        .clone()
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        // Its folder has to stay.
        let _house = house;
        axum::serve(listener, service).await.unwrap();
    });
    address
}

/// Sends bytes from an address of this machine, and reads what comes back until the shop hangs up.
pub(crate) async fn exchange(shop: SocketAddr, from: Ipv4Addr, sent: &str) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    let mut line = socket.connect(shop).await.unwrap();
    line.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The statuses of all answers in `answers`.
pub(crate) fn statuses(answers: &str) -> Vec<&str> {
    let heads = answers.split("HTTP/1.1 ").skip(1);
    heads.filter_map(|head| head.get(..3)).collect()
}

/// Whether a question of somebody for an order by its key is one too many, where 60 a minute are not.
pub(crate) async fn is_too_many(shop: SocketAddr, from: Ipv4Addr, forwarded_for: &str) -> bool {
    let asked = format!(
        "GET /api/v1/orders/by-key/919108f7-52d1-4320-9bac-f847db4148a8 HTTP/1.1\r\nHost: shop\r\n\
         X-Forwarded-For: {forwarded_for}\r\nConnection: close\r\n\r\n"
    );
    match statuses(&exchange(shop, from, &asked).await).as_slice() {
        ["429"] => true,
        ["404"] => false,
        other => panic!("{other:?}"),
    }
}

/// Asks until it is too many; false when as many as four minutes allow at once are not.
pub(crate) async fn is_stopped(shop: SocketAddr, from: Ipv4Addr, forwarded_for: &[String]) -> bool {
    for said in forwarded_for.iter().cycle().take(240) {
        if is_too_many(shop, from, said).await {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn visitors_behind_a_proxy_are_paced_apart() {
    let shop = open().await;
    assert!(is_stopped(shop, PROXY, &["203.0.113.1".to_owned()]).await);
    assert!(!is_too_many(shop, PROXY, "203.0.113.2").await);
    // What she writes herself stands left of what the proxy saw, and makes nobody else of her: were it believed, no
    // address would come twice.
    let forged: Vec<_> = (0..240)
        .map(|last| format!("198.51.100.{last}, 203.0.113.1"))
        .collect();
    assert!(is_stopped(shop, PROXY, &forged).await);
    assert!(!is_too_many(shop, PROXY, "203.0.113.2").await);
}

#[tokio::test]
async fn what_is_forwarded_from_elsewhere_changes_nothing() {
    let shop = open().await;
    let forged: Vec<_> = (0..240).map(|last| format!("203.0.113.{last}")).collect();
    assert!(is_stopped(shop, ELSEWHERE, &forged).await);
    // Nor is it held against whom it named.
    assert!(!is_too_many(shop, PROXY, "203.0.113.1").await);
}

#[tokio::test]
async fn a_request_with_two_lengths_is_refused_and_its_line_closed() {
    let shop = open().await;
    let after = "GET /live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";
    for lengths in [
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 2, 3",
        "Content-Length: +2",
        "Content-Length: 2\r\nTransfer-Encoding: gzip",
        "Transfer-Encoding: chunked, gzip",
    ] {
        let sent = format!(
            "POST /api/v1/carts HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n{lengths}\r\n\r\n{{}}{after}"
        );
        let answers = exchange(shop, PROXY, &sent).await;
        assert_eq!(statuses(&answers), ["400"], "{lengths}: {answers}");
    }
    // Chunks say where they end, a length beside them says nothing, and what follows is no other request (RFC 9112, 6.3).
    for lengths in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 300",
    ] {
        let sent = format!(
            "POST /api/v1/carts HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n{lengths}\r\n\r\n\
             2\r\n{{}}\r\n0\r\n\r\n{after}"
        );
        let answers = exchange(shop, PROXY, &sent).await;
        assert_eq!(statuses(&answers), ["201"], "{lengths}: {answers}");
    }
}

#[tokio::test]
async fn a_field_sent_twice_is_refused_and_address_and_form_are_read_apart() {
    let house = house().await;
    let book = house.some_book().id.to_string();
    let once = [("edition", book.as_str()), ("quantity", "1")];
    assert_eq!(
        house.post("/cart", "", &once).await.status,
        StatusCode::SEE_OTHER
    );
    let twice = [once[0], once[1], ("quantity", "2")];
    let refused = house.post("/cart", "", &twice).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.cookies(), "");
    // What stands in the address is no field of the form.
    let elsewhere = format!("/cart?edition={book}");
    let refused = house.post(&elsewhere, "", &[("quantity", "1")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let twice = "/checkout/return?receipt=a&receipt=b";
    assert_eq!(house.get(twice).await.status, StatusCode::BAD_REQUEST);
}
