//! Who asks for what is not theirs is in the process's log, and what they sent is not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use house::{House, SLOW, until};
use link::LinkFault;
use link::http::Client;
use link::signed::{self, SigningKey};
use trade::clock::Clock;
use trade::ids::{OrderNumber, PaymentId};
use trade::money::{Currency, Money};
use trade::payment::{AuthoriseOutcome, AuthoriseRequest, CardToken, Grant, Outcome};

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

const SOON: Duration = Duration::from_secs(5);

/// A grant for an amount in that currency, with that signature.
fn request(
    payment: PaymentId,
    token: &CardToken,
    currency: &str,
    key: &SigningKey,
) -> AuthoriseRequest {
    let (order, amount) = (OrderNumber::from_bits(42), Money::cents(2390));
    let grant = Grant {
        shop: "shop".into(),
        order: order.clone(),
        payment,
        token: token.clone(),
        amount,
        currency: Currency::parse(currency).unwrap(),
        expires: Clock::system().now().plus(Duration::from_secs(60)),
        nonce: signed::nonce().unwrap(),
    };
    AuthoriseRequest {
        order,
        amount,
        grant: signed::sign(key, &grant).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_grants_and_peers_are_in_the_log() {
    let heard = Heard::default();
    let writer = heard.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let house = House::closed(SLOW).await;
    let switch = switch::Switch::open(house.switch_config()).await.unwrap();
    let address = switch.address().unwrap();
    tokio::spawn(switch.serve());
    let client = |name| Client::new(address, &house.identity(name), "switch").unwrap();

    let token = CardToken::parse("tok_0123456789abcdef").unwrap();
    let stranger = SigningKey::generate().unwrap();
    let requests = [("EUR", &stranger), ("USD", &house.key)].map(|(currency, key)| {
        let payment = PaymentId::new();
        (payment, request(payment, &token, currency, key))
    });
    for (payment, request) in &requests {
        let path = format!("/payments/{payment}/authorise");
        let refused = client("shop")
            .post::<_, AuthoriseOutcome>(&path, request, SOON)
            .await;
        assert!(matches!(
            refused,
            Err(LinkFault::Refused { status: 403, .. })
        ));
        let line = format!("a grant was refused payment={payment}");
        assert!(heard.text().contains(&line), "{}", heard.text());
    }
    let payment = PaymentId::new();

    let path = format!("/payments/{payment}/reverse");
    let nothing = serde_json::Map::new();
    let refused = client("switch")
        .post::<_, Outcome>(&path, &nothing, SOON)
        .await;
    assert!(refused.is_err());
    let line = "a peer asked for what is the shop's peer=\"switch\"";
    assert!(heard.text().contains(line), "{}", heard.text());

    for _ in 0..3 {
        let turned_away = client("bank").get::<switch::Status>("/status", SOON).await;
        assert!(turned_away.is_err());
    }
    until("the line about the bank", async || {
        heard.text().contains("a peer was turned away")
    })
    .await;
    let text = heard.text();
    assert_eq!(text.matches("a peer was turned away").count(), 1, "{text}");
    assert!(!text.contains(token.as_str()));
    assert!(
        requests
            .iter()
            .all(|(_, request)| !text.contains(&request.grant))
    );
}
