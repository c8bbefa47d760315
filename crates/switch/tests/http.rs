//! The switch's door as HTTP: what every answer says of itself, and what is not answered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::net::SocketAddr;
use std::time::Duration;

use house::House;
use link::Problem;
use storage::{Fault, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use trade::ids::{CaptureId, PaymentId};

storage::statements! {
    LOSE_PAYMENTS = "ALTER TABLE payment RENAME TO payment_elsewhere";
}

/// A switch, and the shop's way to it byte by byte.
struct Door {
    house: House,
    address: SocketAddr,
}

struct Answer {
    status: u16,
    /// In lower case.
    head: String,
    body: String,
}

impl Answer {
    /// What a refusal says: it is JSON, and nothing but a kind and a sentence.
    fn problem(&self) -> Problem {
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&self.body).unwrap();
        assert_eq!(members.len(), 2, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Door {
    async fn open() -> Door {
        let house = House::closed(house::SLOW).await;
        let switch = switch::Switch::open(house.switch_config()).await.unwrap();
        let address = switch.address().unwrap();
        tokio::spawn(switch.serve());
        Door { house, address }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let shop = self.house.identity("shop");
        let tls = link::tls::client_config(&shop, "switch").unwrap();
        let soon = Duration::from_secs(5);
        let mut stream = tls.connect(self.address, soon).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: switch\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_says_that_it_is_json() {
    let door = Door::open().await;
    let payment = PaymentId::new();
    let reverse = format!("/payments/{payment}/reverse");
    for (method, path, body, status) in [
        ("GET", "/status", "", 200),
        ("POST", reverse.as_str(), "{}", 200),
        ("GET", "/payments/none", "", 404),
        ("POST", &reverse.replace("reverse", "capture"), "{", 400),
    ] {
        let answer = door.ask(method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}");
        let kind = "\r\ncontent-type: application/json\r\n";
        assert!(
            answer.head.contains(kind),
            "{method} {path}: {}",
            answer.head
        );
    }
}

/// The names of an answer's headers.
fn headers(answer: &Answer) -> impl Iterator<Item = &str> {
    let lines = answer.head.lines().skip(1);
    lines.map(|line| line.split(':').next().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_says_which_program_gives_it() {
    const HEADERS: [&str; 6] = [
        "allow",
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "date",
    ];
    let version = env!("CARGO_PKG_VERSION");
    let door = Door::open().await;
    for (method, path, body) in [
        ("GET", "/status", ""),
        ("GET", "/nowhere", ""),
        ("GET", "/payments/none", ""),
        ("PUT", "/status", ""),
        ("POST", "/clearing/cut", "{"),
    ] {
        let answer = door.ask(method, path, body).await;
        for header in headers(&answer) {
            assert!(HEADERS.contains(&header), "{method} {path}: {header}");
        }
        let said = format!("{}{}", answer.head, answer.body).replace("http/1.1", "");
        for part in ["bouquin", "hyper", "axum", "rustls", version] {
            assert!(!said.contains(part), "{method} {path}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_methods_in_use_are_answered() {
    let door = Door::open().await;
    let payment = format!("/payments/{}", PaymentId::new());
    let paths = [
        payment.clone(),
        format!("{payment}/authorise"),
        format!("{payment}/capture"),
        "/status".to_owned(),
        "/clearing/cut".to_owned(),
    ];
    for path in &paths {
        for method in ["TRACE", "OPTIONS", "PUT", "DELETE", "PATCH", "CARD"] {
            let answer = door.ask(method, path, "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.body, "", "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_says_a_kind_and_a_sentence_and_nothing_of_inside() {
    let door = Door::open().await;
    let payment = format!("/payments/{}", PaymentId::new());
    let capture = format!("{payment}/capture");
    for body in [
        "4111111111111111",
        "{\"amount\": \"4111111111111111\"}",
        "[]",
    ] {
        let answer = door.ask("POST", &capture, body).await;
        assert!((400..500).contains(&answer.status), "{body}");
        assert_eq!(answer.problem().kind, "unreadable");
        assert!(
            !answer.body.contains("4111") && !answer.body.contains("line 1"),
            "{}",
            answer.body
        );
    }
    let missing = door.ask("GET", &payment, "").await;
    assert_eq!(
        (missing.status, missing.problem().kind.as_str()),
        (404, "no-such-payment")
    );

    // The database's own words stay in the log.
    let store = Store::open(&door.house.switch_config().database, &[])
        .await
        .unwrap();
    assert_eq!(STATEMENTS.len(), 1);
    let lost: Result<u64, Fault> = store.write(|tx| tx.execute(&LOSE_PAYMENTS, &[])).await;
    lost.unwrap();
    let broken = door.ask("GET", &payment, "").await;
    assert_eq!(
        (broken.status, broken.problem().kind.as_str()),
        (503, "journal")
    );
    for inside in ["table", "SQL", "sql", "payment_"] {
        assert!(!broken.body.contains(inside), "{}", broken.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubled_member_is_refused() {
    let door = Door::open().await;
    let payment = PaymentId::new();
    let path = format!("/payments/{payment}/capture");
    let capture = CaptureId::new();
    let body = |members: &str| format!("{{\"capture\":\"{capture}\",{members}}}");
    let once = door.ask("POST", &path, &body("\"amount\":100")).await;
    assert_eq!(
        once.problem().kind,
        "no-such-payment",
        "as it should be, it is read"
    );
    let twice = door
        .ask("POST", &path, &body("\"amount\":100,\"amount\":9990"))
        .await;
    assert_eq!(
        (twice.status, twice.problem().kind.as_str()),
        (422, "unreadable")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_encoded_twice_is_decoded_once() {
    let door = Door::open().await;
    let payment = PaymentId::new().to_string();
    let reverse = |id: &str| format!("/payments/{id}/reverse");
    let encoded = |percent: &str| -> String {
        let digits = payment.bytes().map(|byte| format!("{percent}{byte:02x}"));
        digits.collect()
    };
    for (id, status) in [
        (payment.clone(), 200),
        (encoded("%"), 200),
        (encoded("%25"), 404),
    ] {
        let answer = door.ask("POST", &reverse(&id), "{}").await;
        assert_eq!(answer.status, status, "{id}");
    }
}
