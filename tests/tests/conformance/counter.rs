//! A shop counter to test at: a database with a few titles, a clock that stands, and a payment zone that
//! answers what the test tells it to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use banking::iban::Iban;
use catalogue::{
    model::{Availability, Edition, Goods, Price, PriceRegime},
    store::{Incoming, Record},
};
use shop::{
    checkout::{Draft, Placed, Refusal, place_order},
    order::Order,
    payment::{
        Asked, Authorisation, CardWanted, Charge, Contents, Evidence, Methods, Named, NotAReceipt,
        PayRefusal, PaymentMethod, PaymentZone, Return, SettleRefusal, Settled, ShopAccount,
        Standing, ZoneFault,
    },
    pricing::{Line, quote},
    stock::{Level, StockPolicy},
};
use storage::{Fault, Store, StoreUrl};
use trade::{
    address::{Address, AddressInput, Email},
    clock::{Clock, Timestamp},
    delivery::{DeliveryMethod, Tariff},
    ids::{CaptureId, CartId, EditionId, IdempotencyKey, OrderNumber, RefundId},
    locale::Locale,
    money::Money,
    payment::{
        AuthoriseOutcome, Brand, CardExpiry, CardSummary, CardToken, CheckInReceipt, CheckInTicket,
        Outcome,
    },
};

/// 23 November 2026, 12:00 in Paris.
const NOON: Timestamp = Timestamp::micros(1_795_431_600_000_000);

/// « L'Étranger », 9.90, new.
pub const ETRANGER: EditionId = EditionId(1);
/// « Nadja », 12.50, new.
pub const NADJA: EditionId = EditionId(2);
/// A mug, 12.00.
pub const MUG: EditionId = EditionId(3);
/// A title without a price.
pub const UNPRICED: EditionId = EditionId(4);
/// An e-book.
pub const EBOOK: EditionId = EditionId(5);
/// A title that is out of print.
pub const OUT_OF_PRINT: EditionId = EditionId(6);
/// Something that costs nothing.
pub const FREE: EditionId = EditionId(7);

#[derive(Clone)]
pub struct Counter {
    pub store: Store,
    pub url: StoreUrl,
    pub clock: Clock,
    pub tariff: Tariff,
    pub zone: Arc<Zone>,
    pub methods: Methods,
}

/// A database with the tables that a shop has.
pub async fn laid_out(url: &StoreUrl) -> Store {
    Store::open(url, &[catalogue::MIGRATIONS, shop::MIGRATIONS])
        .await
        .unwrap()
}

impl Counter {
    pub async fn open(url: StoreUrl) -> Self {
        let store = laid_out(&url).await;
        let zone = Arc::new(Zone::default());
        let counter = Self {
            store,
            url,
            clock: Clock::fixed(NOON),
            tariff: Tariff::demo(),
            methods: Methods {
                card: Some(zone.clone()),
                transfer: Some(ShopAccount {
                    holder: "Librairie".into(),
                    iban: Iban::parse("FR7630006000011234567890189").unwrap(),
                }),
                collection: true,
                ..Methods::default()
            },
            zone,
        };
        let titles = [
            title(
                "L'Étranger",
                Some(990),
                Goods::NewBook,
                Availability::InStock,
            ),
            title(
                "Nadja",
                Some(1250),
                Goods::NewBook,
                Availability::ToOrder { days: 5 },
            ),
            title("Tasse", Some(1200), Goods::Other, Availability::InStock),
            title("À paraître", None, Goods::NewBook, Availability::InStock),
            title("Numérique", Some(799), Goods::Ebook, Availability::InStock),
            title(
                "Épuisé",
                Some(990),
                Goods::NewBook,
                Availability::Unavailable,
            ),
            title("Marque-page", Some(0), Goods::Other, Availability::InStock),
        ];
        counter.put(titles).await;
        counter
    }

    pub async fn put(&self, titles: impl IntoIterator<Item = Edition> + Send + 'static) {
        let store = self.store.clone();
        let putting = tokio::task::spawn_blocking(move || {
            let records = titles.into_iter().map(|edition| {
                let reference = edition.title.clone();
                Incoming::Put(Box::new(Record {
                    sender: "test".into(),
                    reference,
                    message: None,
                    edition,
                }))
            });
            catalogue::store::put_all(&store, records)
        });
        putting.await.unwrap().unwrap();
    }

    /// Copies that arrive on the shelf.
    pub async fn shelve(&self, edition: EditionId, copies: i32, policy: StockPolicy) {
        let now = self.clock.now();
        let counting = self.store.write(move |tx| {
            shop::stock::adjust(tx, edition, copies, policy, Some("delivery"), now)
        });
        counting.await.unwrap();
    }

    pub async fn level(&self, edition: EditionId) -> Level {
        self.store
            .read(move |tx| shop::stock::level(tx, edition))
            .await
            .unwrap()
            .unwrap()
    }

    /// What a reader in Paris who wants `wanted` is shown and sends.
    pub fn draft(&self, wanted: &[(EditionId, u32)]) -> Draft {
        let price = |edition| match edition {
            ETRANGER => (990, Goods::NewBook),
            NADJA => (1250, Goods::NewBook),
            MUG => (1200, Goods::Other),
            EBOOK => (799, Goods::Ebook),
            FREE => (0, Goods::Other),
            _ => (990, Goods::NewBook),
        };
        let line = |&(edition, quantity)| {
            let (cents, goods) = price(edition);
            Line {
                edition,
                quantity,
                unit: Money::cents(cents),
                goods,
            }
        };
        let mut draft = Draft {
            key: IdempotencyKey::new(),
            cart: None,
            lines: wanted.iter().map(line).collect(),
            email: Email::parse("lectrice@example.org").unwrap(),
            address: paris("Jeanne Lecture"),
            method: DeliveryMethod::Post,
            locale: Locale::Fr,
            total_shown: Money::ZERO,
        };
        let today = self.clock.today();
        draft.total_shown = quote(&draft.lines, draft.destination(), &self.tariff, today)
            .unwrap()
            .total;
        draft
    }

    pub async fn place(&self, draft: &Draft) -> Result<Placed, Refusal> {
        place_order(&self.store, &self.clock, &self.tariff, draft).await
    }

    /// An order that waits for a card.
    pub async fn ordered(&self, wanted: &[(EditionId, u32)]) -> Placed {
        self.place(&self.draft(wanted)).await.unwrap()
    }

    /// The reader gives a card and the zone answers as it was told.
    pub async fn pay(&self, card: &CardWanted) -> Result<Authorisation, PayRefusal> {
        self.show(&receipt(card)).await
    }

    pub async fn show(&self, receipt: &CheckInReceipt) -> Result<Authorisation, PayRefusal> {
        shop::payment::authorise(&self.store, &*self.zone, &self.clock, receipt).await
    }

    /// An order that is paid.
    pub async fn paid(&self, wanted: &[(EditionId, u32)]) -> OrderNumber {
        let placed = self.ordered(wanted).await;
        let authorisation = self.pay(&placed.card.unwrap()).await.unwrap();
        assert_eq!(authorisation, Authorisation::Confirmed);
        placed.number
    }

    pub async fn order(&self, number: &OrderNumber) -> Order {
        let number = number.clone();
        self.store
            .read(move |tx| shop::order::find(tx, &number))
            .await
            .unwrap()
            .unwrap()
    }

    /// How many orders there are.
    pub async fn orders(&self) -> u64 {
        let all = shop::order::Filter::default();
        self.store
            .read(move |tx| shop::order::list(tx, &all, 1, 1))
            .await
            .unwrap()
            .total
    }

    /// The keys of the letters that wait to be sent.
    pub async fn letters(&self) -> Vec<String> {
        self.outbox()
            .await
            .into_iter()
            .map(|entry| entry.key)
            .collect()
    }

    /// A letter that waits to be sent, as its renderer reads it.
    pub async fn letter(&self, place: usize) -> shop::mail::Letter {
        serde_json::from_str(&self.outbox().await[place].payload).unwrap()
    }

    async fn outbox(&self) -> Vec<storage::outbox::Leased> {
        let now = self.clock.now().as_micros();
        let leasing = move |tx: &mut dyn storage::Tx| {
            storage::outbox::lease(tx, shop::mail::TOPIC, 100, now, 0)
        };
        self.store.write(leasing).await.unwrap()
    }

    /// A cart with `wanted` in it.
    pub async fn cart(&self, wanted: &[(EditionId, u32)]) -> CartId {
        let (cart, now, wanted) = (shop::cart::create(), self.clock.now(), wanted.to_vec());
        let filling = self.store.write(move |tx| {
            wanted.iter().try_for_each(|&(edition, quantity)| {
                shop::cart::add(tx, cart, edition, quantity, now).map(drop)
            })
        });
        filling.await.map(|()| cart).unwrap()
    }

    pub async fn recover(&self) -> Result<shop::payment::Recovered, Fault> {
        shop::payment::recover(&self.store, &self.methods, &self.clock).await
    }
}

/// All that waits leaves.
pub async fn ship(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    number: &OrderNumber,
    staff: &str,
) -> Result<Settled, SettleRefusal> {
    shop::payment::ship(store, methods, clock, number, &Contents::ALL, staff).await
}

/// All that left is given back.
pub async fn refund(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    number: &OrderNumber,
    staff: &str,
) -> Result<Settled, SettleRefusal> {
    shop::payment::refund(store, methods, clock, number, &Return::ALL, staff).await
}

pub fn title(title: &str, cents: Option<i64>, goods: Goods, availability: Availability) -> Edition {
    let regime = if goods == Goods::Other {
        PriceRegime::Free
    } else {
        PriceRegime::FixedFr
    };
    Edition {
        price: cents.map(|cents| Price {
            amount: Money::cents(cents),
            regime,
        }),
        goods,
        availability,
        ..Edition::titled(title)
    }
}

pub fn paris(name: &str) -> Address {
    let input = AddressInput {
        name: name.into(),
        street: "12 rue des Écoles".into(),
        postcode: "75005".into(),
        city: "Paris".into(),
        country: "FR".into(),
    };
    Address::check(&input).unwrap()
}

/// What the vault sends back for a card.
pub fn receipt(card: &CardWanted) -> CheckInReceipt {
    CheckInReceipt {
        order: card.order.clone(),
        payment: card.payment,
        nonce: card.nonce.clone(),
        token: CardToken::parse("tok_0123456789abcdef").unwrap(),
        pseudonym: None,
        card: CardSummary {
            brand: Brand::Cb,
            last4: "0042".into(),
            expiry: CardExpiry {
                month: 3,
                year: 2031,
            },
        },
        at: NOON,
    }
}

/// The bank says yes.
pub fn approved() -> AuthoriseOutcome {
    AuthoriseOutcome::Approved {
        approval_code: "A1B2C3".into(),
        retrieval_reference: "000000000001".into(),
    }
}

/// What the zone finds of an authorisation that the shop lost sight of.
pub fn known(outcome: AuthoriseOutcome) -> Standing {
    Standing::Known(outcome, Evidence::Unauthenticated { at: NOON })
}

/// A payment zone that answers what it was told to, yes when it was told nothing, and remembers what it was asked.
#[derive(Default)]
pub struct Zone(Mutex<Script>);

#[derive(Default)]
struct Script {
    authorise: VecDeque<Result<AuthoriseOutcome, ZoneFault>>,
    lookup: VecDeque<Result<Standing, ZoneFault>>,
    settle: VecDeque<Result<Outcome, ZoneFault>>,
    forget: VecDeque<Result<(), ZoneFault>>,
    asked: Vec<String>,
}

impl Zone {
    pub fn will_authorise(&self, answer: Result<AuthoriseOutcome, ZoneFault>) {
        self.0.lock().unwrap().authorise.push_back(answer);
    }

    pub fn will_find(&self, answer: Result<Standing, ZoneFault>) {
        self.0.lock().unwrap().lookup.push_back(answer);
    }

    pub fn will_settle(&self, answer: Result<Outcome, ZoneFault>) {
        self.0.lock().unwrap().settle.push_back(answer);
    }

    pub fn will_forget(&self, answer: Result<(), ZoneFault>) {
        self.0.lock().unwrap().forget.push_back(answer);
    }

    /// Answers that were prepared and not asked for.
    pub fn forget_answers(&self) {
        self.0.lock().unwrap().settle.clear();
    }

    /// What was asked so far, as `capture PAYMENT AMOUNT`.
    pub fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }

    /// How often something that begins with `verb` was asked.
    pub fn times(&self, verb: &str) -> usize {
        self.asked()
            .iter()
            .filter(|question| question.starts_with(verb))
            .count()
    }

    fn settle(&self, question: String) -> Asked<'_, Outcome> {
        let mut script = self.0.lock().unwrap();
        script.asked.push(question);
        let answer = script.settle.pop_front().unwrap_or(Ok(Outcome::Done));
        Box::pin(async { answer })
    }
}

impl PaymentMethod for Zone {
    fn lookup<'a>(&'a self, payment: &'a Named) -> Asked<'a, Standing> {
        let mut script = self.0.lock().unwrap();
        script.asked.push(format!("lookup {}", payment.payment));
        let answer = script.lookup.pop_front().unwrap_or(Ok(Standing::Unheard));
        Box::pin(async { answer })
    }

    fn capture<'a>(
        &'a self,
        payment: &'a Named,
        _: CaptureId,
        amount: Money,
    ) -> Asked<'a, Outcome> {
        self.settle(format!("capture {} {amount}", payment.payment))
    }

    fn reverse<'a>(&'a self, payment: &'a Named) -> Asked<'a, Outcome> {
        self.settle(format!("reverse {}", payment.payment))
    }

    fn refund<'a>(
        &'a self,
        payment: &'a Named,
        refund: RefundId,
        amount: Money,
    ) -> Asked<'a, Outcome> {
        self.settle(format!("refund {} {refund} {amount}", payment.payment))
    }
}

impl PaymentZone for Zone {
    fn card_page_url(&self, ticket: &CheckInTicket) -> String {
        format!("https://vault.test/pay?ticket={}", ticket.nonce)
    }

    fn takes_cards(&self) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }

    fn read_receipt(&self, _: &str) -> Result<CheckInReceipt, NotAReceipt> {
        Err(NotAReceipt)
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> Asked<'a, AuthoriseOutcome> {
        let mut script = self.0.lock().unwrap();
        script
            .asked
            .push(format!("authorise {} {}", charge.payment, charge.amount));
        let answer = script
            .authorise
            .pop_front()
            .unwrap_or_else(|| Ok(approved()));
        Box::pin(async { answer })
    }

    fn forget<'a>(&'a self, token: &'a CardToken) -> Asked<'a, ()> {
        let mut script = self.0.lock().unwrap();
        script.asked.push(format!("forget {token}"));
        let answer = script.forget.pop_front().unwrap_or(Ok(()));
        Box::pin(async { answer })
    }
}
