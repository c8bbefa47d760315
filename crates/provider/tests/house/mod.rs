//! A stand-in for the provider, small and ours: pages (Checkout Sessions) and payouts as the published interface has them, and
//! behind the pages payments of its own, or those of a `localstripe` that it passes questions on to.

#[allow(dead_code)] // each test file has a house of its own
mod payouts;
mod request;
mod server;

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use hyper::body::Bytes;
use provider::{ApiKey, Checkout, SigningSecret};
pub use request::Asked;
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use serde_json::{Value, json};
#[allow(unused_imports)] // each test file has a house of its own
pub use server::call;
use shop::payment::{Named, PageWanted};
use trade::{
    clock::Timestamp,
    ids::{OrderNumber, PaymentId},
    locale::Locale,
    money::Money,
};

/// A key that localstripe takes too, which takes no restricted ones.
pub const KEY: &str = "sk_test_0123456789";

/// Whose payments are behind the pages.
#[derive(Clone, Copy)]
pub enum Intents {
    Own,
    #[allow(dead_code)] // each test file has a house of its own
    Localstripe(SocketAddr),
}

pub struct House {
    pub address: SocketAddr,
    pub books: Arc<Books>,
}

/// What the stand-in keeps.
pub struct Books {
    pub intents: Intents,
    state: Mutex<State>,
}

#[derive(Default)]
pub struct State {
    pub log: Vec<Asked>,
    pub sessions: BTreeMap<String, Value>,
    pub intents: BTreeMap<String, Value>,
    pub refunds: Vec<Value>,
    pub payouts: payouts::Payouts,
    /// What was answered under an idempotency key, and to what.
    pub named: HashMap<String, (Bytes, Value)>,
    /// The next questions are answered with this status, so many times.
    pub trouble: Option<(u16, u32)>,
    /// The answer to the next question for such a path is cut off.
    pub break_off: Option<&'static str>,
    pub is_slow: bool,
}

impl Books {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

pub fn secret() -> SigningSecret {
    SigningSecret::parse("whsec_0123456789abcdef").unwrap()
}

/// Believes nobody.
pub fn no_tls() -> ClientConfig {
    trusting(RootCertStore::empty())
}

#[allow(dead_code)]
pub fn rustls_trusting(certificate: &CertificateDer<'static>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    trusting(roots)
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// A page that the shop asks for.
#[allow(dead_code)]
pub fn page(amount: Money) -> PageWanted {
    PageWanted {
        order: OrderNumber::from_bits(1),
        payment: PaymentId::new(),
        amount,
        email: "lectrice@example.org".into(),
        expires: Timestamp::micros(1_795_433_520_000_000),
        back: "https://shop.test/back?order=BQ-0000-0001&key=a+b".into(),
        away: "https://shop.test/away".into(),
        locale: Locale::Fr,
    }
}

#[allow(dead_code)]
impl House {
    pub async fn open(intents: Intents) -> Self {
        Self::with(intents, None).await
    }

    pub async fn open_secure(certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> Self {
        Self::with(Intents::Own, Some(server::acceptor(certificate, key))).await
    }

    async fn with(intents: Intents, tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let books = Arc::new(Books {
            intents,
            state: Mutex::default(),
        });
        let address = server::start(Arc::clone(&books), tls).await;
        Self { address, books }
    }

    pub fn checkout(&self) -> Checkout {
        let key = ApiKey::parse(KEY).unwrap();
        let address = format!("http://{}", self.address);
        Checkout::trusting(&address, key, secret(), no_tls()).unwrap()
    }

    /// The reader pays on the page of a payment with a card whose holder is authenticated.
    pub fn pays(&self, named: &Named) {
        let amount = self.amount(named);
        let intent = json!({
            "id": format!("pi_{}", named.payment.0.simple()),
            "amount": amount,
            "status": "requires_capture",
            "amount_received": 0,
            "last_payment_error": null,
            "latest_charge": {"id": "ch_1", "created": 1_795_431_600,
                "payment_method_details": {"card": {"three_d_secure": {"result": "authenticated",
                    "electronic_commerce_indicator": "05", "transaction_id": "t1"}}}},
        });
        self.paid_with(named, intent);
    }

    /// What a page asks for, in cents.
    pub fn amount(&self, named: &Named) -> i64 {
        let state = self.books.state();
        let session = &state.sessions[named.reference.as_ref().unwrap()];
        assert_eq!(session["status"], "open");
        session["amount_total"].as_i64().unwrap()
    }

    /// The page is complete, paid with an intent.
    pub fn paid_with(&self, named: &Named, intent: Value) {
        let mut state = self.books.state();
        let id = intent["id"].as_str().unwrap().to_owned();
        let session = state
            .sessions
            .get_mut(named.reference.as_ref().unwrap())
            .unwrap();
        session["status"] = "complete".into();
        session["payment_intent"] = id.as_str().into();
        state.intents.insert(id, intent);
    }

    /// Her bank says no; the page stays open.
    pub fn declines(&self, named: &Named, code: &str) {
        let mut state = self.books.state();
        let session = state
            .sessions
            .get_mut(named.reference.as_ref().unwrap())
            .unwrap();
        session["payment_intent"] = "pi_declined".into();
        let intent = json!({"id": "pi_declined", "status": "requires_payment_method",
            "last_payment_error": {"code": "card_declined", "decline_code": code}});
        state.intents.insert("pi_declined".into(), intent);
    }

    pub fn answers(&self, status: u16, times: u32) {
        self.books.state().trouble = Some((status, times));
    }

    pub fn breaks_off_after(&self, path: &'static str) {
        self.books.state().break_off = Some(path);
    }

    pub fn is_slow(&self, is_slow: bool) {
        self.books.state().is_slow = is_slow;
    }

    pub fn refunds_arrive(&self) {
        for refund in &mut self.books.state().refunds {
            refund["status"] = "succeeded".into();
        }
    }

    pub fn refunded(&self) -> i64 {
        let state = self.books.state();
        state
            .refunds
            .iter()
            .map(|refund| refund["amount"].as_i64().unwrap())
            .sum()
    }

    pub fn held(&self) -> usize {
        let state = self.books.state();
        let is_held = |intent: &&Value| intent["status"] == "requires_capture";
        state.intents.values().filter(is_held).count()
    }

    pub fn sessions(&self) -> usize {
        self.books.state().sessions.len()
    }

    pub fn times(&self, what: &str) -> usize {
        let state = self.books.state();
        state
            .log
            .iter()
            .filter(|asked| asked.line().starts_with(what))
            .count()
    }

    pub fn last(&self, what: &str) -> Asked {
        let state = self.books.state();
        let last = state
            .log
            .iter()
            .rev()
            .find(|asked| asked.line().starts_with(what));
        last.unwrap().clone()
    }
}
