//! A whole shop in a folder of its own: demo catalogue, stock, and a payment zone that does as it is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use banking::iban::Iban;
use catalogue::demo;
use catalogue::shelf::ShelfHandle;
use catalogue::store::{Incoming, Record, put_all, put_reviews};
use search::Index;
use shop::order::OrderKeys;
use shop::payment::{
    Asked, Charge, HostedProvider, Methods, Named, NotAReceipt, PaymentMethod, PaymentZone,
    ShopAccount, Standing,
};
use shop::stock::{self, StockPolicy, StockRefusal};
use storage::{Store, StoreUrl};
use tempfile::TempDir;
use tower::ServiceExt as _;
use trade::clock::{Clock, Timestamp};
use trade::delivery::Tariff;
use trade::ids::{CaptureId, OrderNumber, PaymentId, RefundId};
use trade::money::Money;
use trade::payment::{
    AuthoriseOutcome, Brand, CardExpiry, CardSummary, CardToken, CheckInReceipt, CheckInTicket,
    Decline, NotSent, Outcome,
};
use web::{AppState, Parts, Settings};

pub const SHOP: &str = "http://127.0.0.1:8080";
pub const VAULT: &str = "http://127.0.0.1:8081";
const SEED: u64 = 1;

/// The shop and the folder it lives in.
pub struct House {
    /// Whether the vault is.
    pub sealed: Arc<AtomicBool>,
    pub state: AppState,
    pub site: Router,
    _folder: TempDir,
}

/// An answer, read.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> String {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    }

    /// The cookies set, as a browser would send them back.
    pub fn cookies(&self) -> String {
        let set = self.headers.get_all(header::SET_COOKIE).iter();
        let pairs: Vec<_> = set
            .map(|line| line.to_str().unwrap().split(';').next().unwrap().to_owned())
            .collect();
        pairs.join("; ")
    }
}

impl House {
    /// A shop with `titles` books.
    pub async fn open(titles: u32) -> House {
        House::open_with(titles, Settings::demo(SHOP, VAULT)).await
    }

    /// The same as the bookseller configured it.
    pub async fn open_with(titles: u32, settings: Settings) -> House {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let url = StoreUrl::Sqlite(path.join("bouquin.db"));
        let store = Store::open(&url, &[catalogue::MIGRATIONS, shop::MIGRATIONS])
            .await
            .unwrap();
        let clock = Clock::fixed(Timestamp::micros(1_795_000_000_000_000));
        let (filling, now) = (store.clone(), clock.now());
        let (shelf, index) =
            tokio::task::spawn_blocking(move || fill(&filling, &path, titles, now))
                .await
                .unwrap();
        let sealed = Arc::new(AtomicBool::new(false));
        let state = AppState::new(Parts {
            store,
            shelf: Arc::new(shelf),
            index: Arc::new(index),
            methods: Methods {
                card: Some(Arc::new(Obedient {
                    sealed: Arc::clone(&sealed),
                })),
                transfer: Some(ShopAccount {
                    holder: "Librairie Bouquin".to_owned(),
                    iban: Iban::parse("FR7630006000011234567890189").unwrap(),
                }),
                collection: true,
                ..Methods::default()
            },
            bureau: None,
            clock,
            tariff: Tariff::demo(),
            order_keys: OrderKeys::new(&[7; 32]),
            stock: Arc::default(),
            settings,
            metrics: None,
        });
        state
            .stock
            .refresh(&state.store, state.clock.now())
            .await
            .unwrap();
        House {
            site: web::router(state.clone()),
            state,
            sealed,
            _folder: folder,
        }
    }

    /// The same shop with a provider in the place of its vault.
    pub fn at_a_provider(mut self, provider: Arc<dyn HostedProvider>, pages: &str) -> House {
        self.state.methods.card = None;
        self.state.methods.provider = Some(provider);
        let mut settings = Settings::clone(&self.state.settings);
        settings.vault_origin = None;
        settings.provider_origin = Some(pages.to_owned());
        self.state.settings = Arc::new(settings);
        self.site = web::router(self.state.clone());
        self
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.site.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), 64 << 20)
            .await
            .unwrap()
            .to_vec();
        Answer {
            status,
            headers,
            body,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(path, "").await
    }

    pub async fn get_as(&self, path: &str, cookies: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, cookies);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, cookies: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::ORIGIN, SHOP)
            .header(header::COOKIE, cookies)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.join("&"))).unwrap())
            .await
    }

    /// A book that can be bought at once, with a summary and no siblings needed.
    pub fn some_book(&self) -> Arc<catalogue::model::Edition> {
        let shelf = self.state.shelf.load();
        let shipped = shelf
            .iter()
            .find(|edition| edition.buyable() && edition.goods.is_shipped() && !edition.generated);
        shipped.unwrap()
    }

    /// A cart with `copies` of that book, as cookies.
    pub async fn cart(&self, copies: u32) -> String {
        let edition = self.some_book().id.to_string();
        let answer = self
            .post(
                "/cart",
                "",
                &[("edition", &edition), ("quantity", &copies.to_string())],
            )
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        answer.cookies()
    }

    /// Orders that cart; the vault's address the shop leads to.
    pub async fn order(&self, cookies: &str) -> String {
        let page = self.get_as("/checkout", cookies).await.text();
        let answer = self
            .post("/checkout", cookies, &person(&hidden(&page)))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        answer.header("location")
    }

    /// Comes back from the vault with a card that has `outcome`.
    pub async fn back(&self, vault_address: &str, outcome: &str, cookies: &str) -> Answer {
        let ticket = vault_address.split_once("ticket=").unwrap().1;
        self.get_as(
            &format!("/fr/checkout/return?receipt={ticket}~{outcome}"),
            cookies,
        )
        .await
    }
}

fn fill(store: &Store, folder: &Path, titles: u32, now: Timestamp) -> (ShelfHandle, Index) {
    let records = demo::editions(titles, SEED).map(|edition| {
        let reference = edition.records.first().cloned().unwrap();
        Incoming::Put(Box::new(Record {
            sender: "demo".into(),
            reference,
            message: None,
            edition,
        }))
    });
    put_all(store, records).unwrap();
    put_reviews(store, "demo", demo::reviews(titles, titles, SEED)).unwrap();
    let counts: Vec<_> = demo::editions(titles, SEED)
        .map(|edition| (edition.id, demo::stock(&edition)))
        .collect();
    let count = move |tx: &mut dyn storage::Tx| -> Result<(), StockRefusal> {
        for (edition, copies) in counts.iter().filter(|(_, copies)| *copies > 0) {
            stock::adjust(
                tx,
                *edition,
                i32::try_from(*copies).unwrap(),
                StockPolicy::Reorder,
                None,
                now,
            )?;
        }
        Ok(())
    };
    store.write_blocking(count).unwrap();
    let shelf = ShelfHandle::open_or_build(store, &folder.join("shelf")).unwrap();
    let index = Index::build(&folder.join("index"), shelf.load().iter(), 0, |_| ()).unwrap();
    (shelf, index)
}

/// The hidden fields of the checkout.
pub fn hidden(page: &str) -> Vec<(String, String)> {
    page.split("<input type=\"hidden\" ")
        .skip(1)
        .filter_map(|rest| {
            let name = rest.split_once("name=\"")?.1.split('"').next()?;
            let value = rest.split_once("value=\"")?.1.split('"').next()?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// A reader in Paris.
pub fn person(hidden: &[(String, String)]) -> Vec<(&str, &str)> {
    let typed = [
        ("email", "jeanne@example.org"),
        ("name", "Jeanne Lecture"),
        ("street", "12 rue des Écoles"),
        ("postcode", "75005"),
        ("city", "Paris"),
        ("country", "FR"),
        ("delivery", "post"),
    ];
    hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain(typed)
        .collect()
}

fn encoded(value: &str) -> String {
    web::storefront::reader::encoded(value)
}

/// A zone whose receipts say what the bank will answer: `ORDER~PAYMENT~NONCE~outcome`.
struct Obedient {
    sealed: Arc<AtomicBool>,
}

impl PaymentMethod for Obedient {
    fn lookup<'a>(&'a self, _: &'a Named) -> Asked<'a, Standing> {
        Box::pin(async { Ok(Standing::Unheard) })
    }

    fn capture<'a>(&'a self, _: &'a Named, _: CaptureId, _: Money) -> Asked<'a, Outcome> {
        Box::pin(async { Ok(Outcome::Done) })
    }

    fn reverse<'a>(&'a self, _: &'a Named) -> Asked<'a, Outcome> {
        Box::pin(async { Ok(Outcome::Done) })
    }

    fn refund<'a>(&'a self, _: &'a Named, _: RefundId, _: Money) -> Asked<'a, Outcome> {
        Box::pin(async { Ok(Outcome::Done) })
    }
}

impl PaymentZone for Obedient {
    fn card_page_url(&self, ticket: &CheckInTicket) -> String {
        format!(
            "{VAULT}/pay?ticket={}~{}~{}",
            ticket.order, ticket.payment, ticket.nonce
        )
    }

    fn takes_cards(&self) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(!self.sealed.load(Ordering::SeqCst)))
    }

    fn read_receipt(&self, receipt: &str) -> Result<CheckInReceipt, NotAReceipt> {
        let parts: Vec<&str> = receipt.split('~').collect();
        let [order, payment, nonce, outcome] = parts.as_slice() else {
            return Err(NotAReceipt);
        };
        Ok(CheckInReceipt {
            pseudonym: None,
            order: OrderNumber::parse(order).map_err(|_| NotAReceipt)?,
            payment: payment.parse().map(PaymentId).map_err(|_| NotAReceipt)?,
            nonce: (*nonce).to_owned(),
            token: CardToken::parse(
                &format!("tok_{outcome:0<16}")
                    .replace('_', "-")
                    .replacen('-', "_", 1),
            )
            .map_err(|_| NotAReceipt)?,
            card: CardSummary {
                brand: Brand::Visa,
                last4: "4242".into(),
                expiry: CardExpiry {
                    month: 12,
                    year: 2030,
                },
            },
            at: Timestamp::micros(0),
        })
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> Asked<'a, AuthoriseOutcome> {
        let wish = charge
            .token
            .as_str()
            .trim_start_matches("tok_")
            .trim_end_matches('0');
        let outcome = match wish {
            "approve" => AuthoriseOutcome::Approved {
                approval_code: "123456".into(),
                retrieval_reference: "1".into(),
            },
            "silent" => AuthoriseOutcome::Unknown,
            "down" => AuthoriseOutcome::NotSent {
                reason: NotSent::BankUnreachable,
            },
            code => AuthoriseOutcome::Declined {
                reason: Decline::parse(&code.replace('-', "_")).unwrap(),
            },
        };
        Box::pin(async move { Ok(outcome) })
    }

    fn forget<'a>(&'a self, _: &'a CardToken) -> Asked<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}
