//! What must be true afterwards: stock, orders, ledger and the bank's books agree to the cent.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use catalogue::MIGRATIONS as CATALOGUE;
use link::{Identity, http::Client};
use serde::Deserialize;
use shop::{
    ledger,
    order::{self, Order, OrderState, PaymentView},
    payment::PaymentState,
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
    /// Paid, and here.
    pub confirmed: usize,
    /// Sent.
    pub sent: usize,
    /// Sent and taken back.
    pub refunded: usize,
    /// Still waiting for a card, its copies held: the shop died before the bank was asked.
    pub waiting: usize,
    /// Given back: cancelled, or the bank's answer was lost, what it held was reversed, the copies went back.
    pub given_back: usize,
}

/// What a side says of one payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    held: Money,
    captured: Money,
    refunded: Money,
}

type Standings = BTreeMap<String, Standing>;

/// What the bank will pay, in the ledger.
const CARD_CLEARING: &str = "card-clearing";

/// Waits until no payment of these orders is under way, then checks that all books balance: stock and its
/// ledger, and payment by payment what the orders, the money ledger and the bank have of it.
pub async fn books_agree<'a>(
    demo: &Demo,
    store: &Store,
    numbers: impl Iterator<Item = &'a str>,
) -> Result<Ended> {
    let (mut ended, mut ours) = (Ended::default(), Standings::new());
    for number in numbers {
        let (order, payments) = settled(store, number).await?;
        let counted = match order.state {
            OrderState::Confirmed => &mut ended.confirmed,
            OrderState::Shipped => &mut ended.sent,
            OrderState::Refunded => &mut ended.refunded,
            OrderState::AwaitingPayment => &mut ended.waiting,
            OrderState::Expired | OrderState::Cancelled => &mut ended.given_back,
        };
        *counted += 1;
        let standings = payments
            .iter()
            .map(|one| (one.id.to_string(), standing(one)));
        let standings: Standings = standings.collect();
        let held = standings.values().map(|one| one.held).sum::<Money>();
        let owed = match order.state {
            OrderState::Confirmed => order.total,
            _ => Money::ZERO,
        };
        if held != owed {
            bail!("{held:?} is held for {number}, which is {order:?}: {payments:?}");
        }
        ours.extend(standings);
    }
    let wrong_stock = store.read(stock::audit).await?;
    if !wrong_stock.is_empty() {
        bail!("stock and its ledger disagree for {wrong_stock:?}");
    }
    the_ledger_has(store, &ours).await?;
    the_bank_has(demo, &ours).await?;
    Ok(ended)
}

fn standing(payment: &PaymentView) -> Standing {
    let held = match payment.state {
        PaymentState::Authorised => payment.amount - payment.captured,
        _ => Money::ZERO,
    };
    Standing {
        held,
        captured: payment.captured,
        refunded: payment.refunded,
    }
}

async fn the_ledger_has(store: &Store, ours: &Standings) -> Result<()> {
    let balance = store.read(ledger::trial_balance).await?;
    if !balance.is_balanced() {
        bail!("the ledger does not balance: {balance:?}");
    }
    let sum = |of: fn(&Standing) -> Money| ours.values().map(of).sum::<Money>();
    let promised = sum(|one| one.held);
    let moved = sum(|one| one.captured - one.refunded);
    let (pending, posted) = (
        balance.pending(CARD_CLEARING),
        balance.posted(CARD_CLEARING),
    );
    if (pending, posted) != (promised, moved) {
        bail!("the ledger has {pending:?} and {posted:?} for {promised:?} and {moved:?}");
    }
    Ok(())
}

/// Waits until the bank says the same: a message that it did not answer is sent again after a while.
async fn the_bank_has(demo: &Demo, ours: &Standings) -> Result<()> {
    let mut different = Vec::new();
    for _ in 0..60 {
        let theirs = bank_standings(demo).await?;
        let named = ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>();
        let of = |standings: &Standings, id: &str| standings.get(id).copied().unwrap_or_default();
        different = named
            .into_iter()
            .map(|id| (id.clone(), of(ours, id), of(&theirs, id)))
            .filter(|(_, our, their)| our != their)
            .collect();
        if different.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    bail!("shop and bank disagree: {different:?}")
}

/// All that the bank's books have, by payment.
async fn bank_standings(demo: &Demo) -> Result<Standings> {
    let (mut standings, mut after) = (Standings::new(), Some(0));
    while let Some(last) = after {
        let page = bank_books(demo, last).await?;
        for hold in page.holds {
            let standing = standings.entry(hold.payment).or_default();
            if hold.state == "held" {
                standing.held += hold.amount - hold.captured - hold.released;
            }
            standing.captured += hold.captured;
            standing.refunded += hold.refunded;
        }
        after = page.next;
    }
    Ok(standings)
}

/// The order once its payment is not under way any more.
async fn settled(store: &Store, number: &str) -> Result<(Order, Vec<PaymentView>)> {
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
            let order = order.with_context(|| format!("{number} is on no book"))?;
            return Ok((order, payments));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the payment of {number} is still under way after 120 s")
}
