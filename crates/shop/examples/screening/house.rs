//! A shop to send made-up traffic to: a few titles, a clock that is moved on, a bank that does as it is told.

use std::{
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
};

use catalogue::{
    model::{Availability, Edition, Goods, Price, PriceRegime},
    store::{Incoming, Record, put_all},
};
use shop::{
    checkout::{Draft, Placed, place_order},
    order::OrderKeys,
    payment::{Asked, Charge, Named, NotAReceipt, PaymentMethod, PaymentZone, Standing},
    pricing::{Line, quote},
    screening::MarkKeys,
};
use storage::{Store, StoreUrl};
use trade::{
    address::{Address, AddressInput, Email},
    clock::Clock,
    delivery::{DeliveryMethod, Tariff},
    ids::{CaptureId, EditionId, IdempotencyKey, RefundId},
    locale::Locale,
    money::Money,
    payment::{
        AuthoriseOutcome, Brand, CardExpiry, CardSummary, CardToken, CheckInReceipt, CheckInTicket,
        Decline, Outcome,
    },
};

use super::traffic::{BEGIN, Event};

/// What the titles cost.
const PRICES: [i64; 3] = [990, 2_250, 3_900];

pub struct House {
    pub store: Store,
    pub clock: Clock,
    pub tariff: Tariff,
    pub keys: MarkKeys,
    pub bank: Bank,
}

impl House {
    pub async fn open(url: &StoreUrl) -> House {
        let store = Store::open(url, &[catalogue::MIGRATIONS, shop::MIGRATIONS])
            .await
            .unwrap();
        let filling = store.clone();
        let titles = PRICES.into_iter().zip(1..).map(|(cents, number)| {
            let edition = Edition {
                price: Some(Price {
                    amount: Money::cents(cents),
                    regime: PriceRegime::FixedFr,
                }),
                goods: Goods::NewBook,
                availability: Availability::InStock,
                ..Edition::titled(format!("Title {number}"))
            };
            Incoming::Put(Box::new(Record {
                sender: "made up".into(),
                reference: number.to_string(),
                message: None,
                edition,
            }))
        });
        let titles: Vec<_> = titles.collect();
        tokio::task::spawn_blocking(move || put_all(&filling, titles.into_iter()).unwrap())
            .await
            .unwrap();
        House {
            store,
            clock: Clock::fixed(BEGIN),
            tariff: Tariff::demo(),
            keys: MarkKeys::beside(&OrderKeys::new(&[7; 32])),
            bank: Bank::default(),
        }
    }

    /// Places the order of an event.
    pub async fn place(&self, event: &Event) -> Placed {
        let address = Address::check(&AddressInput {
            name: "Somebody".into(),
            street: event.street.clone(),
            postcode: event.postcode.clone(),
            city: event.town.clone(),
            country: "FR".into(),
        });
        let lines = event.copies.iter().zip(PRICES).zip(1..);
        let lines = lines.map(|((copies, cents), edition)| Line {
            edition: EditionId(edition),
            quantity: *copies,
            unit: Money::cents(cents),
            goods: Goods::NewBook,
        });
        let mut draft = Draft {
            key: IdempotencyKey::new(),
            cart: None,
            lines: lines.collect(),
            email: Email::parse(&event.email).unwrap(),
            address: address.unwrap(),
            method: DeliveryMethod::Post,
            locale: Locale::Fr,
            total_shown: Money::ZERO,
        };
        let today = self.clock.today();
        let quote = quote(&draft.lines, draft.destination(), &self.tariff, today);
        draft.total_shown = quote.unwrap().total;
        place_order(&self.store, &self.clock, &self.tariff, &draft)
            .await
            .unwrap()
    }
}

/// What the vault sends back for the card of an event.
pub fn receipt(placed: &Placed, event: &Event) -> CheckInReceipt {
    let card = placed.card.as_ref().unwrap();
    CheckInReceipt {
        order: card.order.clone(),
        payment: card.payment,
        nonce: card.nonce.clone(),
        token: CardToken::parse("tok_0123456789abcdef").unwrap(),
        card: CardSummary {
            brand: Brand::Cb,
            last4: "0042".into(),
            expiry: CardExpiry {
                month: 3,
                year: 2031,
            },
        },
        pseudonym: Some(event.card.clone()),
        at: event.at,
    }
}

/// A bank that says yes, or no when it was told to.
#[derive(Default)]
pub struct Bank {
    pub declines: AtomicBool,
}

impl PaymentMethod for Bank {
    fn lookup<'a>(&'a self, _: &'a Named) -> Asked<'a, Standing> {
        Box::pin(std::future::ready(Ok(Standing::Unheard)))
    }

    fn capture<'a>(&'a self, _: &'a Named, _: CaptureId, _: Money) -> Asked<'a, Outcome> {
        Box::pin(std::future::ready(Ok(Outcome::Done)))
    }

    fn reverse<'a>(&'a self, _: &'a Named) -> Asked<'a, Outcome> {
        Box::pin(std::future::ready(Ok(Outcome::Done)))
    }

    fn refund<'a>(&'a self, _: &'a Named, _: RefundId, _: Money) -> Asked<'a, Outcome> {
        Box::pin(std::future::ready(Ok(Outcome::Done)))
    }
}

impl PaymentZone for Bank {
    fn card_page_url(&self, _: &CheckInTicket) -> String {
        String::new()
    }

    fn takes_cards(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }

    fn read_receipt(&self, _: &str) -> Result<CheckInReceipt, NotAReceipt> {
        Err(NotAReceipt)
    }

    fn authorise<'a>(&'a self, _: &'a Charge) -> Asked<'a, AuthoriseOutcome> {
        let outcome = match self.declines.load(Ordering::SeqCst) {
            true => AuthoriseOutcome::Declined {
                reason: Decline::DoNotHonour,
            },
            false => AuthoriseOutcome::Approved {
                approval_code: "123456".into(),
                retrieval_reference: "000000000001".into(),
            },
        };
        Box::pin(std::future::ready(Ok(outcome)))
    }

    fn forget<'a>(&'a self, _: &'a CardToken) -> Asked<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}
