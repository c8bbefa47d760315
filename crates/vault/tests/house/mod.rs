//! A shop, a switch and a browser around one vault, without a network.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use cards::messages::Redeemed;
use cards::sealed::IntakePublicKey;
use link::signed::{SigningKey, VerifyingKey, sign, verify};
use link::{Peer, ca};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;
use trade::clock::{Clock, Timestamp};
use trade::ids::{OrderNumber, PaymentId};
use trade::locale::Locale;
use trade::money::{Currency, Money};
use trade::payment::{CardToken, CheckInReceipt, CheckInTicket, Grant};
use vault::{Config, Profile, Vault};

pub const SHOP: &str = "http://127.0.0.1:8080";
pub const VISA: &str = "4111 1111 1111 1111";
pub const MASTERCARD: &str = "5555555555554444";

pub struct House {
    pub dir: tempfile::TempDir,
    pub clock: Clock,
    pub vault: Vault,
    pub shop_key: SigningKey,
    pub vault_key: VerifyingKey,
}

/// An answer of the public door.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

pub fn config(dir: &Path) -> Config {
    Config {
        data_dir: dir.join("vault"),
        certs_dir: dir.join("certs"),
        profile: Profile::Development,
        dev: true,
        public_listen: ([127, 0, 0, 1], 0).into(),
        public_tls: None,
        proxies: Vec::new(),
        private_listen: ([127, 0, 0, 1], 0).into(),
        shop: "shop".into(),
        shop_name: "Bouquin".into(),
        shop_origin: SHOP.into(),
    }
}

/// The configuration of a vault that starts sealed.
pub fn sealed_config(dir: &Path) -> Config {
    Config {
        profile: Profile::Production,
        dev: false,
        ..config(dir)
    }
}

impl House {
    pub async fn new() -> House {
        House::with(config).await
    }

    pub async fn with(config: impl Fn(&Path) -> Config) -> House {
        let dir = tempfile::tempdir().unwrap();
        let certs = dir.path().join("certs");
        ca::make_demo(&certs, &["shop", "vault", "switch"]).unwrap();
        let clock = Clock::fixed(Timestamp::micros(1_795_000_000_000_000)); // November 2026
        let vault = Vault::open(&config(dir.path()), clock.clone())
            .await
            .unwrap();
        let shop_key = SigningKey::load(&certs, "shop").unwrap();
        let vault_key = VerifyingKey::load(&certs, "vault").unwrap();
        House {
            dir,
            clock,
            vault,
            shop_key,
            vault_key,
        }
    }

    /// The same house with its vault started again.
    pub async fn restarted(self) -> House {
        let vault = Vault::open(&config(self.dir.path()), self.clock.clone())
            .await
            .unwrap();
        House { vault, ..self }
    }

    pub fn ticket(&self, amount_cents: i64) -> CheckInTicket {
        CheckInTicket {
            shop: "shop".into(),
            order: OrderNumber::from_bits(42),
            payment: PaymentId::new(),
            amount: Money::cents(amount_cents),
            nonce: link::signed::nonce().unwrap(),
            expires: self.clock.now().plus(Duration::from_secs(1800)),
            return_url: format!("{SHOP}/checkout/return?order=BQ"),
            locale: Locale::Fr,
        }
    }

    pub fn sign(&self, ticket: &CheckInTicket) -> String {
        sign(&self.shop_key, ticket).unwrap()
    }

    pub fn grant(&self, ticket: &CheckInTicket, token: &CardToken) -> Grant {
        Grant {
            shop: ticket.shop.clone(),
            order: ticket.order.clone(),
            payment: ticket.payment,
            token: token.clone(),
            amount: ticket.amount,
            currency: Currency::EUR,
            expires: self.clock.now().plus(Duration::from_secs(120)),
            nonce: link::signed::nonce().unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Page {
        page(
            self.vault.public_router(),
            Request::get(path).body(Body::empty()).unwrap(),
        )
        .await
    }

    pub async fn form(&self, ticket: &CheckInTicket) -> Page {
        self.get(&format!("/pay?ticket={}", self.sign(ticket)))
            .await
    }

    /// What a browser posts: the ticket and the given fields.
    pub async fn post(&self, ticket: &CheckInTicket, fields: &[(&str, &str)]) -> Page {
        let signed = self.sign(ticket);
        let body: Vec<String> = std::iter::once(&("ticket", signed.as_str()))
            .chain(fields)
            .map(|(name, value)| format!("{name}={}", value.replace('+', "%2B").replace(' ', "+")))
            .collect();
        let request = Request::post("/pay")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        page(self.vault.public_router(), request).await
    }

    /// What somebody posts at the public door who takes it for another one.
    pub async fn post_json(&self, path: &str, body: &impl Serialize) -> Page {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(serde_json::to_vec(body).unwrap()))
            .unwrap();
        page(self.vault.public_router(), request).await
    }

    pub async fn pay_plainly(&self, ticket: &CheckInTicket, number: &str) -> Page {
        let fields = [
            ("sealed", ""),
            ("name", "Jeanne Lecture"),
            ("number", number),
            ("exp", "04/29"),
            ("csc", "123"),
        ];
        self.post(ticket, &fields).await
    }

    pub fn receipt(&self, page: &Page) -> CheckInReceipt {
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
        let location = page.headers[header::LOCATION].to_str().unwrap();
        let signed = location
            .strip_prefix(&format!("{SHOP}/checkout/return?order=BQ&receipt="))
            .unwrap();
        verify(&self.vault_key, signed).unwrap()
    }

    /// A call at the private door: status and body.
    pub async fn ask(
        &self,
        peer: &str,
        path: &str,
        body: &impl Serialize,
    ) -> (StatusCode, Vec<u8>) {
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(serde_json::to_vec(body).unwrap()))
            .unwrap();
        request.extensions_mut().insert(Peer::assumed(peer));
        let answer = self.vault.private_router().oneshot(request).await.unwrap();
        let status = answer.status();
        (
            status,
            to_bytes(answer.into_body(), 1 << 20)
                .await
                .unwrap()
                .to_vec(),
        )
    }

    pub async fn status(&self) -> serde_json::Value {
        let mut request = Request::get("/status").body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer::assumed("shop"));
        let answer = self.vault.private_router().oneshot(request).await.unwrap();
        read(&to_bytes(answer.into_body(), 1 << 20).await.unwrap())
    }

    pub async fn redeem(&self, grant: &Grant) -> Result<Redeemed, (StatusCode, String)> {
        let grant = sign(&self.shop_key, grant).unwrap();
        let (status, body) = self
            .ask("switch", "/redeem", &serde_json::json!({ "grant": grant }))
            .await;
        if status == StatusCode::OK {
            Ok(read(&body))
        } else {
            Err((status, kind(&body)))
        }
    }
}

/// Waits, for ten seconds at most.
pub async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..1000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come");
}

pub fn read<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap()
}

pub fn kind(problem: &[u8]) -> String {
    read::<link::Problem>(problem).kind
}

/// The key that the page gives to the browser.
pub fn intake_key(page: &Page) -> IntakePublicKey {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(attribute(page, "data-key"))
        .unwrap();
    IntakePublicKey {
        id: attribute(page, "data-key-id"),
        bytes,
    }
}

pub fn attribute(page: &Page, name: &str) -> String {
    let (_, rest) = page.body.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

async fn page(router: Router, request: Request<Body>) -> Page {
    let answer = router.oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    Page {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}
