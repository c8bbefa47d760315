//! Each of the four processes is killed with -9 while readers buy: it is started again, readers go on
//! buying, and at the end the bank's books, the ledger, the stock and the orders agree, and the vault keeps no card that
//! was used, though it was sealed or killed, or the shop was, when it should have forgotten one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "survive/deaths.rs"]
mod deaths;
#[path = "survive/deeds.rs"]
mod deeds;
#[path = "survive/hours.rs"]
mod hours;

use std::{
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use reader::{JEANNE, Page, Reader};
use storage::{Store, StoreUrl};
use tests::{
    demo::{Demo, Plan, executable},
    oracle::{self, Card},
    patience::{order_number, patiently},
    person,
};

const PROCESSES: [&str; 4] = ["vault", "switch", "bank", "shop"];
const BUYERS: usize = 4;
/// Purchases of each buyer while one process dies.
const PURCHASES: usize = 6;
/// The process is killed when this many purchases of the round have begun to pay.
const KILLED_AT: usize = 6;
/// How long a reader tries to pay one order.
const PATIENCE: Duration = Duration::from_secs(60);

storage::statements! {
    CARDS = "SELECT COUNT(*) FROM card WHERE forgotten_at IS NULL";
    ALL_CARDS = "SELECT COUNT(*) FROM card";
    // What could be opened, and what would say which card it was.
    LEFT_OF_THEM = "SELECT COUNT(*) FROM card
        WHERE LENGTH(wrapped_key) + LENGTH(locked) + LENGTH(fingerprint) + LENGTH(last4) > 0";
}

#[test]
fn every_process_may_die_while_readers_buy() {
    let plan = Plan {
        titles: 300,
        ..Plan::default()
    };
    let mut demo = Demo::start(&plan).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(oracle::store(&demo, &plan)).unwrap();
    let card = oracle::card("approve").unwrap();
    let mut orders = Vec::new();
    for process in PROCESSES {
        orders.extend(round(&mut demo, process, &card).unwrap());
    }
    let ended = runtime
        .block_on(oracle::books_agree(
            &demo,
            &store,
            orders.iter().map(String::as_str),
        ))
        .unwrap();
    println!("{} orders: {ended:?}", orders.len());
    assert_eq!(
        orders.len(),
        PROCESSES.len() * (BUYERS * PURCHASES + 1),
        "every reader has an order to look at"
    );
    // An order that still waits may have brought a card in that nobody asked about; the vault forgets it after an hour.
    let vault = Vault::of(&demo, runtime).unwrap();
    vault
        .comes_to(|cards| cards <= i64::try_from(ended.waiting).unwrap())
        .unwrap();
    // Only whom a crash caught in the middle of paying may have no book: a few in each round.
    assert!(
        ended.confirmed >= orders.len() - PROCESSES.len() * BUYERS,
        "{ended:?}"
    );
}

#[test]
fn a_card_is_gone_when_it_is_paid_with() {
    let plan = Plan {
        titles: 300,
        ..Plan::default()
    };
    let mut demo = Demo::start(&plan).unwrap();
    let vault = Vault::of(&demo, tokio::runtime::Runtime::new().unwrap()).unwrap();
    let paid = |behaviour: &str| pay(&demo.at.shop, &oracle::card(behaviour).unwrap());
    let page = paid("approve").unwrap();
    assert!(page.html.contains("La commande est payée"), "{}", page.html);
    paid("insufficient_funds").unwrap();
    vault.comes_to(|cards| cards == 0).unwrap();
    assert_eq!(vault.count(&ALL_CARDS).unwrap(), 2);

    // The bank takes its time, and the vault is sealed before the outcome is there.
    let outcome = std::thread::scope(|scope| {
        let paying = scope.spawn(|| paid("slow"));
        vault.comes_to(|cards| cards == 1).unwrap();
        std::thread::sleep(Duration::from_secs(1));
        vault.told("seal", &[]).unwrap();
        paying.join().unwrap()
    });
    outcome.unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(
        vault.count(&CARDS).unwrap(),
        1,
        "a sealed vault forgets nothing"
    );
    let old = demo.kill_9("shop").unwrap();
    demo.wait_for_new("shop", old).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(vault.count(&CARDS).unwrap(), 1);
    vault.told("unseal", &["--dev"]).unwrap();
    vault.comes_to(|cards| cards == 0).unwrap();

    let old = demo.kill_9("vault").unwrap();
    demo.wait_for_new("vault", old).unwrap();
    assert_eq!(vault.count(&ALL_CARDS).unwrap(), 3);
    assert_eq!(vault.count(&LEFT_OF_THEM).unwrap(), 0);
}

/// The vault's database, read beside the vault, and its operator's commands.
struct Vault {
    config: String,
    store: Store,
    runtime: tokio::runtime::Runtime,
}

impl Vault {
    fn of(demo: &Demo, runtime: tokio::runtime::Runtime) -> Result<Vault> {
        let url = StoreUrl::Sqlite(demo.folder().join("vault/vault.db"));
        let store = runtime.block_on(async {
            let store = Store::open(&url, &[]).await?;
            for statement in STATEMENTS {
                store.prepare(statement).await?;
            }
            anyhow::Ok(store)
        })?;
        let config = demo.folder().join("config/vault.toml");
        Ok(Vault {
            config: config.display().to_string(),
            store,
            runtime,
        })
    }

    fn count(&self, statement: &'static storage::Statement) -> Result<i64> {
        let counting = self
            .store
            .read(move |tx| tx.query_one(statement, &[])?.int(0));
        Ok(self.runtime.block_on(counting)?)
    }

    /// Waits until as many cards are kept.
    fn comes_to(&self, wanted: impl Fn(i64) -> bool) -> Result<()> {
        let begun = Instant::now();
        while !wanted(self.count(&CARDS)?) {
            if begun.elapsed() > PATIENCE {
                bail!("the vault keeps {} cards", self.count(&CARDS)?);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn told(&self, command: &str, options: &[&str]) -> Result<()> {
        let mut told = Command::new(executable()?);
        told.args(["vault", command, "--config", &self.config])
            .args(options);
        let told = told.output()?;
        if !told.status.success() {
            bail!("{command}: {}", String::from_utf8_lossy(&told.stderr));
        }
        Ok(())
    }
}

/// Readers buy, `process` dies, readers go on; after it has come back one more purchase must be paid.
fn round(demo: &mut Demo, process: &str, card: &Card) -> Result<Vec<String>> {
    let shop = demo.at.shop.clone();
    let paying = AtomicUsize::new(0);
    let killed = Mutex::new(None);
    let killer = Mutex::new(&mut *demo);
    let mut orders = std::thread::scope(|scope| -> Result<Vec<String>> {
        let buyers: Vec<_> = (0..BUYERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut numbers = Vec::new();
                    for _ in 0..PURCHASES {
                        let page = buy(&shop, card, || {
                            if paying.fetch_add(1, Ordering::SeqCst) == KILLED_AT {
                                let pid = killer.lock().unwrap().kill_9(process)?;
                                *killed.lock().unwrap() = Some(pid);
                            }
                            Ok(())
                        })?;
                        numbers.push(order_number(&page.url).context("no order")?.to_owned());
                    }
                    Ok(numbers)
                })
            })
            .collect();
        let mut orders = Vec::new();
        for buyer in buyers {
            let bought: Result<Vec<String>> = buyer.join().unwrap();
            orders.extend(bought.with_context(|| format!("while {process} died"))?);
        }
        Ok(orders)
    })?;
    let old = killed.into_inner().unwrap();
    demo.wait_for_new(process, old.context("nothing was killed")?)?;
    let page = buy(&shop, card, || Ok(()))?;
    let paid = page.html.contains("La commande est payée");
    assert!(paid, "after {process} came back:\n{}", page.html);
    orders.push(order_number(&page.url).context("no order")?.to_owned());
    Ok(orders)
}

/// One purchase by a patient reader, to the page of her order, whatever it says.
fn buy(shop: &str, card: &Card, before_paying: impl FnOnce() -> Result<()>) -> Result<Page> {
    let mut reader = Reader::default();
    let pay = order(&mut reader, shop, "Voltaire")?;
    before_paying()?;
    pay_until_there_is_an_order(&mut reader, shop, pay, (card, card))
}

/// One purchase by a reader who types her card once, to the page that says what became of it.
fn pay(shop: &str, card: &Card) -> Result<Page> {
    let mut reader = Reader::default();
    let mut form = order(&mut reader, shop, "Voltaire")?;
    let begun = Instant::now();
    while form.url.contains("/orders/") && begun.elapsed() < PATIENCE {
        form = choose_the_card(&mut reader, &form)?;
    }
    reader.submit(&form, "/pay", &card.tokens())
}

/// An order of the first book that a search finds is placed, to the page where it is paid.
fn order(reader: &mut Reader, shop: &str, words: &str) -> Result<Page> {
    let checkout = person::checkout(reader, shop, words)?;
    patiently(|| reader.submit(&checkout, "/checkout", JEANNE))
}

/// Types the first card, then the other one, and does what the pages say until one of them is the order's: tries again when
/// the payment could not leave, looks at the order when the bank did not answer, waits when nobody is there.
fn pay_until_there_is_an_order(
    reader: &mut Reader,
    shop: &str,
    mut page: Page,
    (mut card, other): (&Card, &Card),
) -> Result<Page> {
    let begun = Instant::now();
    let mut form = None;
    while begun.elapsed() < PATIENCE {
        if page.url.contains("/orders/") && page.url.contains("/pay") {
            page = match page.status {
                // Too many payments were tried: the order waits, and no card is taken for it any more.
                409 => patiently(|| reader.get(&page.url.replace("/pay", "")))?,
                _ => choose_the_card(reader, &page)?,
            };
        } else if page.html.contains("cc-number") {
            let Ok(answer) = reader.submit(&page, "/pay", &card.tokens()) else {
                std::thread::sleep(Duration::from_millis(200));
                continue;
            };
            form = Some(std::mem::replace(&mut page, answer));
        } else if order_number(&page.url).is_some() {
            return Ok(page);
        } else if let Some(again) = link(&page, "/pay?key=") {
            card = other;
            std::thread::sleep(Duration::from_secs(1));
            page = patiently(|| reader.get(&format!("{shop}{again}")))?;
        } else if let Some(order) = link(&page, "/orders/") {
            page = patiently(|| reader.get(&format!("{shop}{order}")))?;
        } else if let Some(back) = link(&page, "/checkout/return?") {
            page = patiently(|| reader.get(&back))?;
            if let Some(pay) = link(&page, "/pay?key=") {
                page = patiently(|| reader.get(&format!("{shop}{pay}")))?;
            }
        } else {
            // The card page has been asked from one address too often to be asked at once again.
            std::thread::sleep(Duration::from_secs(1));
            page = form.take().with_context(|| page.html.clone())?;
        }
    }
    let Page { url, html, status } = page;
    let seconds = PATIENCE.as_secs();
    bail!("no order within {seconds} s; the last page is {status} {url}\n{html}")
}

/// Where the first link of a page leads whose address has such a part.
fn link(page: &Page, part: &str) -> Option<String> {
    let mut links = page.html.split("href=\"").skip(1);
    let address =
        links.find_map(|rest| rest.split('"').next().filter(|link| link.contains(part)))?;
    Some(address.replace("&amp;", "&"))
}

/// On the page that asks how to pay: with the card, as soon as cards are taken.
fn choose_the_card(reader: &mut Reader, choice: &Page) -> Result<Page> {
    if choice.html.contains("value=\"card\" checked") {
        return patiently(|| reader.submit(choice, "/pay", &[]));
    }
    std::thread::sleep(Duration::from_millis(500));
    patiently(|| reader.get(&choice.url))
}
