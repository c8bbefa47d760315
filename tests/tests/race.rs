//! A thousand buyers for fifty copies, over HTTP, with the shop killed in the middle: exactly fifty
//! orders, nine hundred and fifty clear refusals, nobody charged without a book, every book balanced.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use reader::{JEANNE, Page, Reader};
use shop::stock::{self, StockPolicy, StockRefusal};
use storage::{Store, Tx};
use tests::{
    demo::{Demo, Plan},
    engines::Postgres,
    oracle,
    patience::{order_number, patiently},
};
use trade::{clock::Clock, ids::EditionId};

const BUYERS: usize = 1_000;
const COPIES: u32 = 50;
const THREADS: usize = 24;
/// The shop is killed when this many orders are placed.
const KILLED_AT: usize = 20;

#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Bought(String),
    Refused,
}

#[test]
fn a_thousand_buyers_for_fifty_copies_on_sqlite() {
    let plan = Plan {
        titles: 400,
        ..Plan::default()
    };
    race(&plan).unwrap();
}

#[test]
fn a_thousand_buyers_for_fifty_copies_on_postgresql() {
    let Some(postgres) = Postgres::start().unwrap() else {
        return;
    };
    let plan = Plan {
        titles: 400,
        database: Some(postgres.fresh("race").unwrap()),
        ..Plan::default()
    };
    race(&plan).unwrap();
}

fn race(plan: &Plan) -> Result<()> {
    let mut demo = Demo::start(plan)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let store = runtime.block_on(oracle::store(&demo, plan))?;
    let book = runtime.block_on(fifty_copies(&store))?;
    let placed = AtomicUsize::new(0);
    let killed = AtomicBool::new(false);
    let shop = demo.at.shop.clone();
    let card = oracle::card("approve")?;
    let demo_cell = Mutex::new(&mut demo);
    let fates = std::thread::scope(|scope| -> Result<Vec<Fate>> {
        let buyers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (placed, killed, shop, book, card, demo) =
                    (&placed, &killed, &shop, &book, &card, &demo_cell);
                scope.spawn(move || -> Result<Vec<Fate>> {
                    let mut fates = Vec::new();
                    for buyer in (thread..BUYERS).step_by(THREADS) {
                        fates.push(buy(shop, book, card, buyer, placed)?);
                        if placed.load(Ordering::SeqCst) >= KILLED_AT
                            && !killed.swap(true, Ordering::SeqCst)
                        {
                            demo.lock().unwrap().kill_9("shop")?;
                        }
                    }
                    Ok(fates)
                })
            })
            .collect();
        let mut fates = Vec::new();
        for buyer in buyers {
            fates.extend(buyer.join().unwrap()?);
        }
        Ok(fates)
    })?;
    assert!(killed.load(Ordering::SeqCst), "the shop was never killed");
    let orders: BTreeMap<&str, usize> =
        fates
            .iter()
            .filter_map(order_of)
            .fold(BTreeMap::new(), |mut orders, number| {
                *orders.entry(number).or_default() += 1;
                orders
            });
    println!(
        "{} orders, {} refusals",
        orders.len(),
        fates.len() - orders.len()
    );
    assert_eq!(orders.len(), COPIES as usize, "orders");
    assert_eq!(
        fates.iter().filter(|fate| **fate == Fate::Refused).count(),
        BUYERS - COPIES as usize
    );
    let ended = runtime.block_on(oracle::books_agree(&demo, &store, orders.keys().copied()))?;
    println!("{ended:?}");
    // Whom the crash caught between the receipt and the bank keeps her copy and is asked for a card again.
    assert_eq!(ended.confirmed + ended.waiting, COPIES as usize);
    assert!(ended.waiting <= THREADS, "{ended:?}");
    Ok(())
}

fn order_of(fate: &Fate) -> Option<&str> {
    match fate {
        Fate::Bought(number) => Some(number),
        Fate::Refused => None,
    }
}

/// A book of which there are exactly fifty copies and no more to order.
async fn fifty_copies(store: &Store) -> Result<String> {
    let books = store
        .read(|tx| catalogue::store::page(tx, EditionId(0), 200))
        .await?;
    let book = books
        .iter()
        .find(|edition| edition.buyable() && edition.isbn.is_some())
        .context("no book to buy")?;
    let (id, now) = (book.id, Clock::system().now());
    store
        .write(move |tx: &mut dyn Tx| -> Result<(), StockRefusal> {
            let there = stock::level(tx, id)?.map_or(0, |level| level.on_hand);
            let change = i32::try_from(COPIES).unwrap() - i32::try_from(there).unwrap();
            stock::adjust(tx, id, change, StockPolicy::Limited, None, now)?;
            Ok(())
        })
        .await
        .map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(book.isbn.context("an ISBN")?.to_string())
}

/// One buyer from the book's page to the order's page, patient with a shop that is being restarted.
fn buy(
    shop: &str,
    isbn: &str,
    card: &oracle::Card,
    buyer: usize,
    placed: &AtomicUsize,
) -> Result<Fate> {
    let mut reader = Reader::default();
    let book = patiently(|| reader.get(&format!("{shop}/fr/books/{isbn}")))?;
    if reader::form::find(&book.html, "/cart").is_none() {
        return refused(&book);
    }
    let cart = patiently(|| reader.submit(&book, "/cart", &[]))?;
    if cart.status == 409 {
        return refused(&cart);
    }
    let checkout = patiently(|| reader.get(&format!("{shop}/fr/checkout")))?;
    if reader::form::find(&checkout.html, "/checkout").is_none() {
        // The checkout sends her to the basket, which names the line and why.
        return refused(&patiently(|| reader.get(&format!("{shop}/fr/cart")))?);
    }
    let email = format!("buyer{buyer}@example.org");
    let mut person: Vec<(&str, &str)> = JEANNE
        .iter()
        .copied()
        .filter(|(token, _)| *token != "email")
        .collect();
    person.push(("email", &email));
    // Sent again with the same key when the shop died before it answered.
    let pay = patiently(|| reader.submit(&checkout, "/checkout", &person))?;
    if pay.status == 409 {
        return refused(&pay);
    }
    placed.fetch_add(1, Ordering::SeqCst);
    let mut order = patiently(|| reader.submit(&pay, "/pay", &card.tokens()))?;
    // While the shop was away the vault's redirect led nowhere: ask for it again.
    if !order.url.contains("/orders/") {
        order = patiently(|| reader.submit(&pay, "/pay", &card.tokens()))?;
    }
    let number = order_number(&order.url).with_context(|| {
        format!(
            "no order at {} ({}):\n{}",
            order.url, order.status, order.html
        )
    })?;
    Ok(Fate::Bought(number.to_owned()))
}

/// A refusal must say in words that the book is gone.
fn refused(page: &Page) -> Result<Fate> {
    let said = page.html.to_lowercase();
    if [
        "épuisé",
        "plus disponible",
        "dernier exemplaire",
        "aucun exemplaire",
    ]
    .iter()
    .any(|words| said.contains(words))
    {
        return Ok(Fate::Refused);
    }
    bail!(
        "{} ({}) refuses without saying that the book is gone:\n{}",
        page.url,
        page.status,
        page.html
    )
}
