//! A small shop for tests: a database in a folder of its own, two books, one of them counted, two people
//! behind the counter, and a payment zone that says yes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use catalogue::desk::drop_folder::DropFolder;
use catalogue::model::{Edition, Price};
use catalogue::shelf::ShelfHandle;
use catalogue::store::{Incoming, Record, put_all};
use search::Index;
use shop::order::OrderKeys;
use shop::payment::{
    Asked, Charge, Methods, Named, NotAReceipt, PaymentMethod, PaymentZone, Standing,
};
use shop::reconciliation::fetching::Source;
use shop::staff::{self, Credential, NewMember, Obvious, Role, SecondFactorRule};
use shop::stock::{self, StockPolicy};
use storage::{Fault, Store, StoreUrl};
use tempfile::TempDir;
use tower::ServiceExt as _;
use trade::availability::Availability;
use trade::clock::{Clock, Timestamp};
use trade::delivery::Tariff;
use trade::ids::{CaptureId, EditionId, RefundId};
use trade::isbn::Isbn13;
use trade::money::Money;
use trade::payment::{
    AuthoriseOutcome, Brand, CardExpiry, CardSummary, CardToken, CheckInReceipt, CheckInTicket,
    Outcome,
};
use trade::price::PriceRegime;

use crate::peer::Proxies;
use crate::state::{AppState, Parts, Settings};

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "les quais de la Seine";
/// A book that is counted: two copies, and no more.
pub(crate) const COUNTED: &str = "9782070541270";
/// A book that is ordered from the supplier.
pub(crate) const SUPPLIED: &str = "9780141439518";

/// The shop, and the folder it lives in.
pub(crate) struct Small {
    pub(crate) state: AppState,
    pub(crate) site: Router,
    _folder: TempDir,
}

/// A zone that approves everything.
struct Willing;

impl PaymentMethod for Willing {
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
        Box::pin(async { Ok(Outcome::Refused { code: "12".into() }) })
    }
}

impl PaymentZone for Willing {
    fn card_page_url(&self, ticket: &CheckInTicket) -> String {
        format!("http://127.0.0.1:2/pay?ticket={}", ticket.nonce)
    }

    fn takes_cards(&self) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }

    fn read_receipt(&self, _: &str) -> Result<CheckInReceipt, NotAReceipt> {
        Err(NotAReceipt)
    }

    fn authorise<'a>(&'a self, _: &'a Charge) -> Asked<'a, AuthoriseOutcome> {
        let approved = AuthoriseOutcome::Approved {
            approval_code: "123456".into(),
            retrieval_reference: "000000000001".into(),
        };
        Box::pin(async { Ok(approved) })
    }

    fn forget<'a>(&'a self, _: &'a CardToken) -> Asked<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// Opens the small shop.
pub(crate) async fn small() -> Small {
    small_with(Vec::new()).await
}

/// Opens the small shop, with folders where senders' files arrive.
pub(crate) async fn small_with(drop_folders: Vec<DropFolder>) -> Small {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let url = StoreUrl::Sqlite(path.join("bouquin.db"));
    let store = Store::open(&url, &[catalogue::MIGRATIONS, shop::MIGRATIONS])
        .await
        .unwrap();
    let filling = store.clone();
    let (shelf, index) = tokio::task::spawn_blocking(move || {
        put_all(&filling, books().into_iter()).unwrap();
        let shelf = ShelfHandle::open_or_build(&filling, &path.join("shelf")).unwrap();
        let index = Index::build(&path.join("index"), shelf.load().iter(), 0, |_| ()).unwrap();
        (shelf, index)
    })
    .await
    .unwrap();
    let clock = Clock::fixed(Timestamp::micros(1_795_000_000_000_000));
    let counted = shelf
        .load()
        .by_isbn(Isbn13::parse(COUNTED).unwrap())
        .unwrap()
        .id;
    fill(&store, &clock, counted).await;
    let mut settings = Settings::demo("http://127.0.0.1:1", "http://127.0.0.1:2");
    settings.imports = folder.path().join("imports");
    settings.drop_folders = drop_folders;
    settings.siren = shop::books::Siren::parse("732829320").ok();
    settings.fetches = vec![Source::Folder];
    let state = AppState::new(Parts {
        store,
        shelf: Arc::new(shelf),
        index: Arc::new(index),
        methods: Methods {
            card: Some(Arc::new(Willing)),
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
    let (desk, store, clock) = (
        Arc::clone(&state.imports),
        state.store.clone(),
        state.clock.clone(),
    );
    tokio::spawn(async move { desk.keep_up(&store, &clock).await });
    Small {
        site: crate::router(state.clone()),
        state,
        _folder: folder,
    }
}

fn books() -> Vec<Incoming> {
    let book = |isbn: &str, title: &str, cents: i64| {
        let mut edition = Edition::titled(title);
        edition.isbn = Isbn13::parse(isbn).ok();
        edition.availability = Availability::InStock;
        edition.price = Some(Price {
            amount: Money::cents(cents),
            regime: PriceRegime::FixedFr,
        });
        Incoming::Put(Box::new(Record {
            sender: "test".into(),
            reference: isbn.into(),
            message: None,
            edition,
        }))
    };
    vec![
        book(COUNTED, "Harry Potter à l'école des sorciers", 990),
        book(SUPPLIED, "Pride and Prejudice", 2000),
    ]
}

async fn fill(store: &Store, clock: &Clock, counted: EditionId) {
    let now = clock.now();
    let obvious = Obvious {
        shop: "Bouquin",
        name: "lire",
        login: "chef",
    };
    let password = tokio::task::spawn_blocking(move || staff::hash(PASSWORD, &obvious).unwrap())
        .await
        .unwrap();
    store
        .write(move |tx| -> Result<(), Fault> {
            stock::adjust(tx, counted, 2, StockPolicy::Limited, Some("first"), now).unwrap();
            for (login, role) in [("lire", Role::Bookseller), ("chef", Role::Administrator)] {
                let member = NewMember {
                    login: login.into(),
                    name: login.into(),
                    role,
                    password: Credential::Own(password.clone()),
                };
                staff::create(tx, &member, now).unwrap();
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// What the vault would sign for the card given for `ticket`.
pub(crate) fn receipt(wanted: &shop::payment::CardWanted, at: Timestamp) -> CheckInReceipt {
    CheckInReceipt {
        pseudonym: None,
        order: wanted.order.clone(),
        payment: wanted.payment,
        nonce: wanted.nonce.clone(),
        token: CardToken::parse("tok_0123456789abcdef").unwrap(),
        card: CardSummary {
            brand: Brand::Visa,
            last4: "1234".into(),
            expiry: CardExpiry {
                month: 12,
                year: 2030,
            },
        },
        at,
    }
}

impl Small {
    /// Sends a request as a browser of this site would.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        cookie: &str,
        kind: &str,
        body: &str,
    ) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("origin", "http://127.0.0.1:1");
        if !cookie.is_empty() {
            request = request.header(header::COOKIE, cookie);
        }
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request
            .header("accept-language", "en")
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.site.clone().oneshot(request).await.unwrap()
    }

    /// What a reader of French gets.
    pub(crate) async fn get_in_french(&self, path: &str, cookie: &str) -> Response<Body> {
        let request = Request::builder().uri(path).header(header::COOKIE, cookie);
        let request = request.header("accept-language", "fr").body(Body::empty());
        self.site.clone().oneshot(request.unwrap()).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Response<Body> {
        self.send("GET", path, cookie, "", "").await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, form: &str) -> Response<Body> {
        self.send(
            "POST",
            path,
            cookie,
            "application/x-www-form-urlencoded",
            form,
        )
        .await
    }

    /// Logs somebody in and returns the session's cookie.
    pub(crate) async fn log_in(&self, login: &str) -> String {
        self.log_in_by(login, PASSWORD).await
    }

    /// The same with another password.
    pub(crate) async fn log_in_by(&self, login: &str, password: &str) -> String {
        let page = self.get("/office/login", "").await;
        let cookie = cookie_of(&page);
        let token = hidden(&text(page).await, "form");
        let password = password.replace(' ', "+");
        let form = format!("login={login}&password={password}&form={token}");
        let entered = self.post("/office/login", &cookie, &form).await;
        assert_eq!(location(&entered), "/office");
        cookie_of(&entered)
    }

    /// The same shop, believing a proxy.
    pub(crate) fn behind(mut self, proxy: &str) -> Small {
        let proxies = Proxies::new(vec![proxy.parse().unwrap()]);
        self.state.proxies = Arc::new(proxies);
        self.site = crate::router(self.state.clone());
        self
    }

    /// The same shop under another rule about second factors.
    pub(crate) fn under(mut self, rule: SecondFactorRule) -> Small {
        let mut settings = (*self.state.settings).clone();
        settings.second_factor = rule;
        self.state.settings = settings.into();
        self.site = crate::router(self.state.clone());
        self
    }
}

/// What is logged from warnings on, kept in memory.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes what this thread logs until what it returns is dropped.
    pub(crate) fn open(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    /// What was logged since it was asked before.
    pub(crate) fn said(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The first cookie that an answer sets.
pub(crate) fn cookie_of(response: &Response<Body>) -> String {
    let cookie = response
        .headers()
        .get(header::SET_COOKIE)
        .unwrap()
        .to_str()
        .unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Where an answer leads.
pub(crate) fn location(response: &Response<Body>) -> &str {
    response
        .headers()
        .get(header::LOCATION)
        .map_or("", |value: &HeaderValue| value.to_str().unwrap())
}

/// The body of an answer.
pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 24)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The value of a hidden field.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let field = page
        .split(&format!("name=\"{name}\" value=\""))
        .nth(1)
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    field.split('"').next().unwrap().to_owned()
}
