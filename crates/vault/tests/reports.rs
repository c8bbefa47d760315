//! What browsers report of the card page: one line of known words, whatever is sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use house::{House, attribute};
use tower::ServiceExt as _;
use vault::{Config, PublicCertificate};

/// What is logged.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen() -> (Heard, tracing::subscriber::DefaultGuard) {
    let heard = Heard::default();
    let writer = heard.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    (heard, tracing::subscriber::set_default(subscriber))
}

async fn report(house: &House, body: impl Into<Body>) -> StatusCode {
    let request = Request::post("/reports")
        .header(header::HOST, "carte.example")
        .header(header::CONTENT_TYPE, "application/csp-report")
        .body(body.into());
    let answer = house.vault.public_router().oneshot(request.unwrap()).await;
    answer.unwrap().status()
}

const LINE: &str = "a browser kept something from the card page";

#[tokio::test]
async fn a_report_is_one_line_of_words_that_we_know() {
    let (heard, _listening) = listen();
    let house = House::new().await;
    let ticket = house.sign(&house.ticket(2390));
    let number = "4111111111111111";
    let told = serde_json::json!({ "csp-report": {
        "document-uri": format!("https://carte.example/pay?ticket={ticket}"),
        "referrer": number, "effective-directive": "img-src",
        "violated-directive": format!("img-src {number}"),
        "original-policy": number, "blocked-uri": format!("https://evil.example/{number}.png"),
        "script-sample": format!("number={number}\n{{\"level\":\"ERROR\"}}"), "status-code": 200,
    } });
    assert_eq!(
        report(&house, told.to_string()).await,
        StatusCode::NO_CONTENT
    );
    let text = heard.text();
    assert_eq!(text.matches(LINE).count(), 1, "{text}");
    assert!(
        text.contains("directive=\"img-src\" blocked=\"elsewhere\""),
        "{text}"
    );
    for kept in [number, ticket.as_str(), "evil.example", "ERROR"] {
        assert!(!text.contains(kept), "{kept} in {text}");
    }
    // The next ones are counted, however many come.
    for _ in 0..50 {
        report(&house, told.to_string()).await;
    }
    assert_eq!(heard.text().matches(LINE).count(), 1);
}

#[tokio::test]
async fn a_file_of_ours_is_named_and_only_ours() {
    let house = House::new().await;
    let script = attribute(&house.form(&house.ticket(2390)).await, "script src");
    let cases = [
        (format!("https://carte.example{script}"), script.as_str()),
        (format!("https://evil.example{script}"), "elsewhere"),
        ("inline".to_owned(), "inline"),
        ("data".to_owned(), "elsewhere"),
        (String::new(), "elsewhere"),
    ];
    for (blocked, named) in cases {
        // A house of its own: of one, the second line in ten seconds is not written.
        let house = House::new().await;
        let (heard, _listening) = listen();
        let told = serde_json::json!([
            { "type": "deprecation", "url": "x", "body": { "id": "x", "lineNumber": 1 } },
            { "type": "csp-violation", "age": 1, "url": "x", "body": {
                "effectiveDirective": "script-src-elem", "blockedURL": blocked, "sample": "x" } },
        ]);
        assert_eq!(
            report(&house, told.to_string()).await,
            StatusCode::NO_CONTENT
        );
        let line = format!("directive=\"script-src-elem\" blocked=\"{named}\"");
        assert!(
            heard.text().contains(&line),
            "{line} not in {}",
            heard.text()
        );
    }
    let older = r#"{"csp-report":{"violated-directive":"form-action 'self' x","blocked-uri":"x"}}"#;
    let (heard, _listening) = listen();
    assert_eq!(report(&house, older).await, StatusCode::NO_CONTENT);
    assert!(
        heard.text().contains("directive=\"form-action\""),
        "{}",
        heard.text()
    );
}

#[tokio::test]
async fn what_is_no_report_is_refused_and_leaves_no_line() {
    let (heard, _listening) = listen();
    let house = House::new().await;
    for body in [
        "",
        "[",
        "4111111111111111",
        "{\"csp-report\": 1}",
        "[{\"type\": \"csp-violation\", \"body\": 1}]",
    ] {
        assert_eq!(
            report(&house, body).await,
            StatusCode::BAD_REQUEST,
            "{body}"
        );
    }
    let long = format!("[{}", " ".repeat(20_000));
    assert_eq!(report(&house, long).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(!heard.text().contains(LINE));
}

#[tokio::test]
async fn the_page_says_where_reports_go() {
    let told = async |house: House| {
        let page = house.form(&house.ticket(2390)).await;
        let policy = page.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        let endpoints = page.headers.get("reporting-endpoints").cloned();
        (
            policy,
            endpoints.map(|value| value.to_str().unwrap().to_owned()),
        )
    };
    let (policy, endpoints) = told(House::new().await).await;
    assert!(policy.ends_with("; report-uri /reports"), "{policy}");
    assert_eq!(endpoints, None);
    let over_tls = House::with(|dir| Config {
        public_tls: Some(PublicCertificate {
            chain: dir.join("chain.pem"),
            key: dir.join("key.pem"),
        }),
        ..house::config(dir)
    });
    let (policy, endpoints) = told(over_tls.await).await;
    assert!(
        policy.ends_with("; report-uri /reports; report-to reports"),
        "{policy}"
    );
    assert_eq!(endpoints.as_deref(), Some("reports=\"/reports\""));
}
