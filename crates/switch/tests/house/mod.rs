//! A payment zone on loopback: the real switch, the real bank, mutual TLS between all, a vault that
//! gives out test cards against real grants, and a wire to the bank that can be cut or stalled.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod judge;
pub mod reader;
mod vault;
mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use bank::{Bank, Books, Hold, StatementPage, Troubles};
use banking::statement::{Message, Statement};
use link::Identity;
use link::http::Client;
use link::signed::{self, SigningKey, VerifyingKey};
use link::{LinkFault, ca};
use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::StoreUrl;
use switch::{
    BatchPage, BatchReport, BatchState, Clearing, Config, LinePage, LineTimes, Merchant,
    PaymentReport, Standing, Status, Switch, Times,
};
use tokio::task::JoinHandle;
use trade::clock::Clock;
use trade::ids::{CaptureId, OrderNumber, PaymentId, RefundId};
use trade::money::{Currency, Money};
use trade::payment::{
    AuthoriseOutcome, AuthoriseRequest, CaptureRequest, CardToken, Grant, Outcome, RefundRequest,
};

pub use vault::Vault;
pub use wire::Wire;

/// How long the switch waits for the bank in these tests.
pub const ANSWER: Duration = Duration::from_millis(700);

/// How long a carrier may be silent before the other one is asked.
pub const SILENCE: Duration = Duration::from_millis(200);

/// How long the `slow` card takes.
pub const SLOW: Duration = Duration::from_millis(300);

/// How long a test waits for something that should happen.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct House {
    pub dir: tempfile::TempDir,
    pub wire: Wire,
    /// The second carrier, for the switches that have one.
    pub other_wire: Wire,
    /// The way to the bank's door for files.
    pub files: Wire,
    pub vault: Vault,
    slow: Duration,
    /// What goes wrong at the bank.
    pub troubles: Troubles,
    pub key: SigningKey,
    bank: Mutex<Option<JoinHandle<()>>>,
    switch: Mutex<Option<JoinHandle<()>>>,
    books: Mutex<Option<Client>>,
    /// The bank's own operator.
    operator: Mutex<Option<Client>>,
    shop: Mutex<Option<Client>>,
}

impl House {
    /// Everything open and signed on.
    pub async fn open() -> House {
        House::open_with(SLOW).await
    }

    pub async fn open_with(slow: Duration) -> House {
        let house = House::closed(slow).await;
        house.start_bank().await;
        house.start_switch().await;
        house.until_up().await;
        house
    }

    /// Everything open, and both carriers signed on.
    pub async fn open_with_two_carriers() -> House {
        let house = House::closed(SLOW).await;
        house.start_bank().await;
        let carriers = vec![house.wire.address, house.other_wire.address];
        house
            .start_switch_with(Config {
                carriers,
                ..house.switch_config()
            })
            .await;
        until("both carriers are up", async || {
            let carriers = house.status().await.carriers;
            carriers
                .iter()
                .all(|carrier| matches!(carrier.standing, Standing::Up(_)))
        })
        .await;
        house
    }

    /// Only vault and wire.
    pub async fn closed(slow: Duration) -> House {
        let dir = tempfile::tempdir().unwrap();
        let certs = dir.path().join("certs");
        ca::make_demo(&certs, &["shop", "vault", "switch", "bank"]).unwrap();
        let shop_key = VerifyingKey::load(&certs, "shop").unwrap();
        House {
            wire: Wire::lay().await,
            other_wire: Wire::lay().await,
            files: Wire::lay().await,
            vault: Vault::open(&Identity::load(&certs, "vault").unwrap(), shop_key).await,
            key: SigningKey::load(&certs, "shop").unwrap(),
            slow,
            troubles: Troubles::default(),
            bank: Mutex::default(),
            switch: Mutex::default(),
            books: Mutex::default(),
            operator: Mutex::default(),
            shop: Mutex::default(),
            dir,
        }
    }

    pub fn certs(&self) -> PathBuf {
        self.dir.path().join("certs")
    }

    pub fn identity(&self, name: &str) -> Identity {
        Identity::load(&self.certs(), name).unwrap()
    }

    /// A database in the house's folder.
    pub fn database(&self, name: &str) -> StoreUrl {
        database(&self.dir.path().join(name))
    }

    /// A bank that was started elsewhere.
    pub fn reads_books_at(&self, address: SocketAddr) {
        let client = |name| Client::new(address, &self.identity(name), "bank").unwrap();
        *self.books.lock().unwrap() = Some(client("shop"));
        *self.operator.lock().unwrap() = Some(client("bank"));
    }

    pub async fn start_bank(&self) {
        let bank = Bank::open(bank::Config {
            listen: vec!["127.0.0.1:0".parse().unwrap(); 2],
            books: "127.0.0.1:0".parse().unwrap(),
            bureau: None,
            database: database(&self.dir.path().join("bank.db")),
            identity: self.identity("bank"),
            slow: self.slow,
            troubles: self.troubles.clone(),
            clock: Clock::system(),
        });
        let bank = bank.await.unwrap();
        let addresses = bank.switch_addresses().unwrap();
        for (wire, address) in [&self.wire, &self.other_wire].into_iter().zip(addresses) {
            wire.leads_to(address);
        }
        let address = bank.books_address().unwrap();
        self.files.leads_to(address);
        self.reads_books_at(address);
        *self.bank.lock().unwrap() = Some(tokio::spawn(async move { bank.serve().await.unwrap() }));
    }

    pub async fn kill_bank(&self) {
        kill(&self.bank).await;
    }

    pub fn switch_config(&self) -> Config {
        Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            carriers: vec![self.wire.address],
            vault: self.vault.address,
            database: database(&self.dir.path().join("switch.db")),
            identity: self.identity("switch"),
            shop_key: self.key.verifying_key(),
            merchant: Merchant::demo(),
            clearing: Some(Clearing {
                bank: self.files.address,
                cut: None,
            }),
            times: Times {
                line: LineTimes {
                    answer: ANSWER,
                    silence: SILENCE,
                    echo: Duration::from_secs(5),
                    reconnect_first: Duration::from_millis(20),
                    reconnect_most: Duration::from_millis(200),
                    renew: Duration::from_secs(24 * 60 * 60),
                },
                redeem: Duration::from_secs(2),
                retry: Duration::from_millis(150),
            },
            clock: Clock::system(),
        }
    }

    pub async fn start_switch(&self) {
        self.start_switch_with(self.switch_config()).await;
    }

    pub async fn start_switch_with(&self, config: Config) {
        let switch = Switch::open(config).await.unwrap();
        let shop = Client::new(switch.address().unwrap(), &self.identity("shop"), "switch");
        *self.shop.lock().unwrap() = Some(shop.unwrap());
        let serving = tokio::spawn(async move { switch.serve().await.unwrap() });
        *self.switch.lock().unwrap() = Some(serving);
    }

    /// Stops the switch in the middle of whatever it does.
    pub async fn kill_switch(&self) {
        kill(&self.switch).await;
        // What it had handed to its database's thread is written; a real kill would tear that too.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    /// The shop's request to hold an amount on a test card.
    pub fn request(&self, payment: PaymentId, card: &str, amount: i64) -> AuthoriseRequest {
        let order = OrderNumber::from_bits(payment.0.as_u128() as u64);
        let token = CardToken::parse(&format!("tok_{}", payment.0.simple())).unwrap();
        self.vault.check_in(&token, card);
        let grant = Grant {
            shop: "shop".to_owned(),
            order: order.clone(),
            payment,
            token,
            amount: Money::cents(amount),
            currency: Currency::EUR,
            expires: Clock::system().now().plus(Duration::from_secs(60)),
            nonce: RefundId::new().to_string(),
        };
        let grant = signed::sign(&self.key, &grant).unwrap();
        AuthoriseRequest {
            order,
            amount: Money::cents(amount),
            grant,
        }
    }

    pub async fn authorise(&self, id: PaymentId, behaviour: &str, amount: i64) -> AuthoriseOutcome {
        self.try_authorise(id, behaviour, amount).await.unwrap()
    }

    pub async fn try_authorise(
        &self,
        id: PaymentId,
        behaviour: &str,
        amount: i64,
    ) -> Result<AuthoriseOutcome, LinkFault> {
        self.ask(id, &self.request(id, &number(behaviour), amount))
            .await
    }

    pub async fn ask(
        &self,
        id: PaymentId,
        request: &AuthoriseRequest,
    ) -> Result<AuthoriseOutcome, LinkFault> {
        self.post(&format!("/payments/{id}/authorise"), request)
            .await
    }

    /// The one capture of a payment that has no more.
    pub async fn capture(&self, id: PaymentId, amount: i64) -> Result<Outcome, LinkFault> {
        self.capture_part(id, CaptureId(id.0), amount).await
    }

    pub async fn capture_part(
        &self,
        id: PaymentId,
        capture: CaptureId,
        amount: i64,
    ) -> Result<Outcome, LinkFault> {
        let amount = Money::cents(amount);
        self.post(
            &format!("/payments/{id}/capture"),
            &CaptureRequest { capture, amount },
        )
        .await
    }

    pub async fn refund(
        &self,
        id: PaymentId,
        refund: RefundId,
        amount: i64,
    ) -> Result<Outcome, LinkFault> {
        let amount = Money::cents(amount);
        self.post(
            &format!("/payments/{id}/refund"),
            &RefundRequest { refund, amount },
        )
        .await
    }

    pub async fn reverse(&self, id: PaymentId) -> Result<Outcome, LinkFault> {
        self.post(&format!("/payments/{id}/reverse"), &serde_json::Map::new())
            .await
    }

    pub async fn report(&self, id: PaymentId) -> PaymentReport {
        let shop = self.shop.lock().unwrap().clone().unwrap();
        shop.get(&format!("/payments/{id}"), PATIENCE)
            .await
            .unwrap()
    }

    /// The same, while the switch may not be there.
    pub async fn try_report(&self, id: PaymentId) -> Result<PaymentReport, LinkFault> {
        let shop = self.shop.lock().unwrap().clone().unwrap();
        shop.get(&format!("/payments/{id}"), PATIENCE).await
    }

    pub async fn status(&self) -> Status {
        let shop = self.shop.lock().unwrap().clone().unwrap();
        shop.get("/status", PATIENCE).await.unwrap()
    }

    async fn post<Q: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        request: &Q,
    ) -> Result<A, LinkFault> {
        let shop = self.shop.lock().unwrap().clone().unwrap();
        shop.post(path, request, PATIENCE).await
    }

    /// What the bank knows of a payment.
    pub async fn holds(&self, id: PaymentId) -> Vec<Hold> {
        let books = self.books.lock().unwrap().clone().unwrap();
        books.get(&format!("/books/{id}"), PATIENCE).await.unwrap()
    }

    /// The bank's books, all pages.
    pub async fn books(&self) -> Books {
        let client = self.books.lock().unwrap().clone().unwrap();
        let mut all: Books = client.get("/books", PATIENCE).await.unwrap();
        while let Some(after) = all.next {
            let page: Books = client
                .get(&format!("/books?after={after}"), PATIENCE)
                .await
                .unwrap();
            all.holds.extend(page.holds);
            all.next = page.next;
        }
        all
    }

    pub async fn until_up(&self) {
        until("the line is up", async || {
            self.status().await.line_up_since.is_some()
        })
        .await;
    }

    /// The bank asks for other keys.
    pub async fn change_keys(&self) -> Result<(), LinkFault> {
        let operator = self.operator.lock().unwrap().clone().unwrap();
        operator
            .post("/key-change", &serde_json::Map::new(), PATIENCE)
            .await
    }

    /// Cuts what was captured and refunded into batches.
    pub async fn cut_batches(&self) -> Vec<BatchReport> {
        let nothing = serde_json::Map::new();
        self.post("/clearing/cut", &nothing).await.unwrap()
    }

    pub async fn batches(&self) -> Vec<BatchReport> {
        let shop = self.shop.lock().unwrap().clone().unwrap();
        let page: BatchPage = shop.get("/clearing/batches", PATIENCE).await.unwrap();
        assert_eq!(page.next, None);
        page.batches
    }

    pub async fn batch_lines(&self, sequence: u32) -> LinePage {
        let shop = self.shop.lock().unwrap().clone().unwrap();
        let path = format!("/clearing/batches/{sequence}/lines");
        shop.get(&path, PATIENCE).await.unwrap()
    }

    /// A batch as it was sent.
    pub async fn batch_file(&self, sequence: u32) -> Vec<u8> {
        let shop = self.shop.lock().unwrap().clone().unwrap();
        let path = format!("/clearing/batches/{sequence}/file");
        shop.get_file(&path, 1 << 20, PATIENCE).await.unwrap()
    }

    /// What the bank answered to a batch.
    pub async fn batch_answer(&self, sequence: u32) -> Result<Vec<u8>, LinkFault> {
        let shop = self.shop.lock().unwrap().clone().unwrap();
        let path = format!("/clearing/batches/{sequence}/answer");
        shop.get_file(&path, 1 << 20, PATIENCE).await
    }

    /// Until the bank has taken all batches.
    pub async fn until_cleared(&self) {
        until("all batches are taken", async || {
            let batches = self.batches().await;
            batches.iter().all(|batch| batch.state == BatchState::Taken)
        })
        .await;
    }

    /// What the bank's operator asks for.
    pub async fn at_the_bank<Q: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        request: &Q,
    ) -> Result<A, LinkFault> {
        let operator = self.operator.lock().unwrap().clone().unwrap();
        operator.post(path, request, PATIENCE).await
    }

    /// The same, by one who is not the operator.
    pub async fn as_shop_at_the_bank<Q: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        request: &Q,
    ) -> Result<A, LinkFault> {
        let shop = self.books.lock().unwrap().clone().unwrap();
        shop.post(path, request, PATIENCE).await
    }

    /// The bank's statements, as the shop reads them.
    pub async fn statements(&self) -> Vec<Statement> {
        let shop = self.books.lock().unwrap().clone().unwrap();
        let page: StatementPage = shop.get("/statements", PATIENCE).await.unwrap();
        let mut statements = Vec::new();
        for report in page.statements {
            let path = format!("/statements/{}", report.number);
            let file = shop.get_file(&path, 1 << 20, PATIENCE).await.unwrap();
            let message = Message::read(&file).unwrap();
            assert_eq!(message.statements.len(), 1);
            statements.extend(message.statements);
        }
        statements
    }

    /// Until nothing is left to be said to the bank.
    pub async fn until_settled(&self) {
        until("the queue is empty", async || {
            let status = self.status().await;
            status.queued == 0 && status.unknown == 0
        })
        .await;
    }
}

/// The first card of that behaviour.
pub fn number(behaviour: &str) -> String {
    let cards = bank::cards(&Clock::system()).unwrap();
    cards
        .into_iter()
        .find(|card| card.behaviour == behaviour)
        .unwrap()
        .number
}

/// Asks until it is so, for at most half a minute.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

fn database(path: &Path) -> StoreUrl {
    StoreUrl::Sqlite(path.to_owned())
}

async fn kill(task: &Mutex<Option<JoinHandle<()>>>) {
    let task = task.lock().unwrap().take();
    if let Some(task) = task {
        task.abort();
        assert!(
            task.await.is_err_and(|ended| ended.is_cancelled()),
            "it had ended by itself"
        );
    }
}
