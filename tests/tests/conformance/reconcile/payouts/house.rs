//! A counter that takes a provider, and a door behind which the provider's payouts lie as a test puts them there.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use shop::{
    payment::{self, Return, Settled},
    reconciliation::{
        fetching::{FetchFault, Fetched, Fetcher, Listing, PayoutDoor, Place, Round},
        payouts::{About, Items, Payout, PayoutState, ReadPayout, Transaction, payouts_read},
    },
};
use trade::{
    clock::Timestamp,
    ids::{EditionId, OrderNumber, PaymentId, RefundId},
    money::Money,
};

use super::super::{Bank, balance, fetching, found, hand_in_statement, transfer};
use crate::{
    counter::{Counter, ship},
    hosted::{Hosted, charge_of},
    provider::{CONFIRMED, at_a_provider, back, sent},
};

pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// A provider's door that opens on what a test puts there, newest first.
#[derive(Default)]
pub struct Door(pub Mutex<Behind>);

#[derive(Default)]
pub struct Behind {
    pub payouts: Vec<Payout>,
    pub made_of: BTreeMap<String, Vec<Transaction>>,
    /// Whose transactions are never answered.
    pub hangs_at: Option<String>,
    /// Whose transactions are answered so.
    pub fault: Option<(String, FetchFault)>,
    pub asked: Vec<String>,
}

fn page<T: Clone>(all: &[T], after: Option<&str>, name: impl Fn(&T) -> String) -> Listing<T> {
    let begun = after.map_or(0, |after| {
        1 + all.iter().position(|one| name(one) == after).unwrap()
    });
    let listed: Vec<T> = all.iter().skip(begun).take(100).cloned().collect();
    let has_more = begun + listed.len() < all.len();
    Listing {
        next: listed.last().map(name).filter(|_| has_more),
        listed,
    }
}

impl PayoutDoor for Door {
    fn payouts<'a>(
        &'a self,
        since: Option<Timestamp>,
        after: Option<&'a str>,
    ) -> Fetched<'a, Listing<Payout>> {
        let mut behind = self.0.lock().unwrap();
        behind.asked.push(format!("list {}", after.unwrap_or("")));
        let is_wanted = |one: &&Payout| since.is_none_or(|since| one.created >= since);
        let mut wanted: Vec<Payout> = behind.payouts.iter().filter(is_wanted).cloned().collect();
        wanted.sort_by_key(|one| std::cmp::Reverse(one.created));
        let page = page(&wanted, after, |one| one.id.clone());
        Box::pin(std::future::ready(Ok(page)))
    }

    fn transactions<'a>(
        &'a self,
        payout: &'a str,
        after: Option<&'a str>,
    ) -> Fetched<'a, Listing<Transaction>> {
        let mut behind = self.0.lock().unwrap();
        behind.asked.push(payout.to_owned());
        if behind.hangs_at.as_deref() == Some(payout) {
            return Box::pin(std::future::pending());
        }
        if let Some((_, fault)) = behind.fault.as_ref().filter(|(at, _)| at == payout) {
            return Box::pin(std::future::ready(Err(*fault)));
        }
        let page = page(&behind.made_of[payout], after, |one| one.id.clone());
        Box::pin(std::future::ready(Ok(page)))
    }
}

static NUMBER: AtomicU32 = AtomicU32::new(1);

fn name(prefix: &str) -> String {
    format!("{prefix}_{:08}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

pub fn transaction(about: About, source: &str, amount: i64, fee: i64) -> Transaction {
    Transaction {
        id: name("txn"),
        about,
        source: source.into(),
        amount: Money::cents(amount),
        fee: Money::cents(fee),
        currency: "eur".into(),
        of_currency: Some("eur".into()),
    }
}

pub fn charge(payment: PaymentId, amount: i64, fee: i64) -> Transaction {
    let charge = charge_of(payment);
    transaction(
        About::Charge {
            charge: charge.clone(),
        },
        &charge,
        amount,
        fee,
    )
}

pub fn refund(refund: RefundId, payment: PaymentId, amount: i64) -> Transaction {
    let about = About::Refund {
        refund: Some(refund),
        charge: Some(charge_of(payment)),
    };
    transaction(about, "re_1", -amount, 0)
}

pub fn fee(amount: i64) -> Transaction {
    transaction(About::Fee, "stripe_fee", -amount, 0)
}

pub fn net(made_of: &[Transaction]) -> Money {
    made_of.iter().map(|one| one.amount - one.fee).sum()
}

/// A counter that takes a provider, and that provider's payouts.
pub struct Shop {
    pub counter: Counter,
    hosted: Arc<Hosted>,
    pub door: Arc<Door>,
    pub place: Place,
    pub fetcher: Fetcher,
    pub bank: Bank,
}

impl Shop {
    pub fn open(counter: Counter) -> Self {
        let (counter, hosted) = at_a_provider(counter);
        let door = Arc::new(Door::default());
        Shop {
            fetcher: fetching::fetcher(&counter),
            place: Place::Provider(Arc::clone(&door) as Arc<dyn PayoutDoor>),
            counter,
            hosted,
            door,
            bank: Bank::default(),
        }
    }

    /// An order that is paid at the provider and left; its payment and what was taken.
    pub async fn sold(&self, wanted: &[(EditionId, u32)]) -> (OrderNumber, PaymentId, i64) {
        let (counter, hosted) = (&self.counter, &self.hosted);
        let number = counter.ordered(wanted).await.number;
        let page = sent(counter, hosted, &number).await;
        hosted.pays(&page);
        assert_eq!(back(counter, hosted, &number).await, CONFIRMED);
        let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
        let sent = ship(store, methods, clock, &number, "anne").await.unwrap();
        assert_eq!(sent, Settled::Done);
        let payment = counter.order(&number).await.payment.unwrap();
        (number, payment.id, payment.captured.as_cents())
    }

    /// One copy of the first line comes back: the refund, and how much it is.
    pub async fn gives_one_back(&self, number: &OrderNumber) -> (RefundId, i64) {
        self.gives_back(number, Settled::Done).await
    }

    /// The same, and the provider has not said that it is done.
    pub async fn begins_to_give_back(&self, number: &OrderNumber) -> (RefundId, i64) {
        self.hosted.takes_its_time();
        self.gives_back(number, Settled::Pending).await
    }

    async fn gives_back(&self, number: &OrderNumber, told: Settled) -> (RefundId, i64) {
        let what = Return {
            copies: Some(vec![(1, 1)]),
            delivery: false,
            restock: false,
        };
        let counter = &self.counter;
        let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
        let given = payment::refund(store, methods, clock, number, &what, "anne").await;
        assert_eq!(given.unwrap(), told);
        let refunds = counter.order(number).await.refunds;
        let last = refunds.last().unwrap();
        (last.id, last.amount.as_cents())
    }

    /// The provider pays out, today, what comes to the sum of that; expected at the bank in two days.
    pub fn pays_out(&self, made_of: Vec<Transaction>) -> Payout {
        let amount = net(&made_of);
        self.pays_out_as(amount, made_of, |_| {})
    }

    pub fn pays_out_as(
        &self,
        amount: Money,
        mut made_of: Vec<Transaction>,
        change: impl FnOnce(&mut Payout),
    ) -> Payout {
        let now = self.counter.clock.now();
        let mut payout = Payout {
            id: name("po"),
            state: PayoutState::Paid,
            amount,
            currency: "eur".into(),
            created: now,
            arrives_on: now.plus(2 * DAY).date_in_paris(),
            items: Items::Known,
            payer: "STRIPE".into(),
            trace: None,
        };
        change(&mut payout);
        let itself = transaction(About::Itself, &payout.id, -amount.as_cents(), 0);
        made_of.insert(0, itself);
        let mut behind = self.door.0.lock().unwrap();
        behind.made_of.insert(payout.id.clone(), made_of);
        behind.payouts.push(payout.clone());
        payout
    }

    /// What the provider says of a payout from now on.
    pub fn tells(&self, id: &str, state: PayoutState) {
        let mut behind = self.door.0.lock().unwrap();
        let payout = behind.payouts.iter_mut().find(|one| one.id == id);
        payout.unwrap().state = state;
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.door.0.lock().unwrap().asked)
    }

    /// The shop asks, when it is time again.
    pub async fn asks(&self) -> Round {
        self.counter.clock.advance(fetching::NEXT);
        self.fetcher.ask(&self.place).await.unwrap().unwrap()
    }

    /// The bank books what came from the provider today.
    pub async fn arrives(&mut self, amounts: &[Money]) {
        let words = "STRIPE VIREMENT";
        let entries = amounts.iter();
        let entries = entries.map(|amount| transfer(amount.as_cents(), words));
        let statement = self
            .bank
            .statement(self.counter.clock.today(), entries.collect());
        hand_in_statement(&self.counter, &statement).await;
    }

    pub async fn posted(&self, account: &str) -> i64 {
        balance(&self.counter).await.posted(account).as_cents()
    }

    /// Nothing disagrees, and nothing is left on the way.
    pub async fn is_settled(&self) {
        assert_eq!(found(&self.counter).await, []);
        let held = balance(&self.counter).await;
        for empty in [
            "provider-clearing",
            "payouts-in-transit",
            "suspense",
            "chargebacks",
            "receivable",
        ] {
            let lies = (held.posted(empty), held.pending(empty));
            assert_eq!(lies, (Money::ZERO, Money::ZERO), "{empty}");
        }
    }

    pub async fn read(&self) -> Vec<ReadPayout> {
        let read = |tx: &mut dyn storage::Tx| payouts_read(tx, 1, 1000);
        self.counter.store.read(read).await.unwrap().0
    }
}

pub fn read(payouts: usize) -> Round {
    Round {
        read: payouts,
        ..Round::default()
    }
}
