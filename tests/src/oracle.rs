//! What must be true afterwards: stock, orders, ledger and the bank's books agree to the cent.

use std::{net::SocketAddr, process::Command, time::Duration};

use anyhow::{Context, Result, bail};
use catalogue::MIGRATIONS as CATALOGUE;
use link::{Identity, http::Client};
use serde::Deserialize;
use shop::{
    ledger,
    order::{self, Order, OrderState},
    stock,
};
use storage::{Store, StoreUrl};
use trade::{ids::OrderNumber, money::Money};

use crate::demo::{Demo, Plan, executable};

/// A test card of the demonstration's bank.
#[derive(Clone, Debug, Deserialize)]
pub struct Card {
    /// The number.
    pub number: String,
    /// `MM/YY`.
    pub exp: String,
    /// The security code.
    pub csc: String,
    /// What the bank does with it.
    pub behaviour: String,
}

impl Card {
    /// What a reader types, by `autocomplete` token.
    pub fn tokens(&self) -> Vec<(&str, &str)> {
        vec![
            ("cc-number", self.number.as_str()),
            ("cc-exp", self.exp.as_str()),
            ("cc-csc", self.csc.as_str()),
            ("cc-name", "JEANNE LECTURE"),
        ]
    }
}

/// All test cards, as `bouquin bank cards --json` lists them.
pub fn cards() -> Result<Vec<Card>> {
    let output = Command::new(executable()?)
        .args(["bank", "cards", "--json"])
        .output()?;
    serde_json::from_slice(&output.stdout).context("the list of test cards")
}

/// The first test card with a behaviour.
pub fn card(behaviour: &str) -> Result<Card> {
    let card = cards()?
        .into_iter()
        .find(|card| card.behaviour == behaviour);
    card.with_context(|| format!("no test card for {behaviour}"))
}

/// The shop's database, opened beside the running shop.
pub async fn store(demo: &Demo, plan: &Plan) -> Result<Store> {
    let url = match &plan.database {
        Some(url) => StoreUrl::parse(url).map_err(anyhow::Error::msg)?,
        None => StoreUrl::Sqlite(demo.folder().join("shop/shop.db")),
    };
    Ok(Store::open(&url, &[CATALOGUE, shop::MIGRATIONS]).await?)
}

/// The first page of the bank's books after `after`, with the sums over all of them.
pub async fn bank_books(demo: &Demo, after: i64) -> Result<bank::Books> {
    let identity = Identity::load(&demo.at.certificates, "shop")?;
    let address: SocketAddr = demo.at.books.parse()?;
    let client = Client::new(address, &identity, "bank")?;
    Ok(client
        .get(&format!("/books?after={after}"), Duration::from_secs(5))
        .await?)
}

/// How the orders of a test ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Paid.
    pub confirmed: usize,
    /// Still waiting for a card, its copies held: the shop died before the bank was asked.
    pub waiting: usize,
    /// Given back: the bank's answer was lost, what it held was reversed, the copies went back.
    pub given_back: usize,
}

/// Waits until no payment of these orders is under way, then checks that all books balance: stock and its
/// ledger, the money ledger, and what the bank holds against the orders that are confirmed.
pub async fn books_agree<'a>(
    demo: &Demo,
    store: &Store,
    numbers: impl Iterator<Item = &'a str>,
) -> Result<Ended> {
    let (mut ended, mut owed) = (Ended::default(), Money::ZERO);
    for number in numbers {
        let order = settled(store, number).await?;
        match order.state {
            OrderState::Confirmed => {
                ended.confirmed += 1;
                owed += order.total;
            }
            OrderState::AwaitingPayment => ended.waiting += 1,
            OrderState::Expired | OrderState::Cancelled => ended.given_back += 1,
            other => bail!("{number} is {other:?}"),
        }
    }
    let wrong_stock = store.read(stock::audit).await?;
    if !wrong_stock.is_empty() {
        bail!("stock and its ledger disagree for {wrong_stock:?}");
    }
    let balance = store.read(ledger::trial_balance).await?;
    if !balance.is_balanced() {
        bail!("the ledger does not balance: {balance:?}");
    }
    let held = bank_books(demo, 0).await?.totals.held;
    if held != owed {
        bail!("the bank holds {held:?} for orders of {owed:?}");
    }
    Ok(ended)
}

/// The order once its payment is not under way any more.
async fn settled(store: &Store, number: &str) -> Result<Order> {
    let wanted = OrderNumber::parse(number).map_err(|e| anyhow::anyhow!("{number}: {e}"))?;
    // A question that the crash cut off counts as lost after 90 s (trade::limits::AUTHORISATION_LOST).
    for _ in 0..1_200 {
        let asked = wanted.clone();
        let order = store
            .read(move |tx| order::find(tx, &asked))
            .await?
            .with_context(|| format!("{number} is on no book"))?;
        let payments = store
            .read(move |tx| order::payments_of(tx, order.id))
            .await?;
        if !payments.iter().any(|payment| payment.state.is_in_flight()) {
            let asked = wanted.clone();
            let order = store.read(move |tx| order::find(tx, &asked)).await?;
            return order.with_context(|| format!("{number} is on no book"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the payment of {number} is still under way after 120 s")
}
