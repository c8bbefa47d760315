//! How many authorisations a second: the real vault, switch and bank with their databases on disk, mutual TLS between all of
//! them on the loopback, the shop's requests from a fixed number of clients. Prints a table; `cargo xtask bench authorise`
//! puts it into docs/payments.md.
//!
//! The cards are checked in before the clock starts; every payment has its own card token and grant. Afterwards the bank's
//! books are held against what was told: each payment approved, booked once, nothing reversed, nothing left under way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "../tests/house/mod.rs"]
mod house;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use house::reader::{RealVault, Shop};
use house::{House, number, until};
use switch::{Config, Times};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use trade::ids::PaymentId;
use trade::money::Money;
use trade::payment::{AuthoriseOutcome, CheckInReceipt};

/// Payments that are measured, and before them some to warm up with.
const PAYMENTS: usize = 30_000;
const WARM_UP: usize = 2_000;
/// Requests of the shop that are under way at once.
const CLIENTS: usize = 256;
const AMOUNT: Money = Money::cents(2390);

#[tokio::main(worker_threads = 2)]
async fn main() {
    let payments = setting("BOUQUIN_PAYMENTS", PAYMENTS);
    let clients = setting("BOUQUIN_CLIENTS", CLIENTS);
    let house = Arc::new(House::closed(house::SLOW).await);
    let vault = RealVault::open(&house.dir.path().join("vault"), &house.certs()).await;
    house.start_bank().await;
    let config = Config {
        vault: vault.private,
        times: Times::default(),
        ..house.switch_config()
    };
    house.start_switch_with(config).await;
    house.until_up().await;

    let begun = Instant::now();
    let shop = Arc::new(Shop::open(&house.certs()));
    let ready = check_in(&shop, &vault, payments + WARM_UP).await;
    let checked_in = begun.elapsed();
    let mut warm_up = ready;
    let measured = warm_up.split_off(WARM_UP);
    run(&house, &shop, warm_up, clients).await;

    let (begun, before) = (Instant::now(), processor_time());
    let mut waits = run(&house, &shop, measured, clients).await;
    let took = begun.elapsed();
    let worked = processor_time() - before;
    settled(&house, payments + WARM_UP).await;
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let rate = payments as f64 / took.as_secs_f64();
    println!(
        "| authorisations | shop's requests at once | a second | a second of two cores' time | p50 | p99 | longest |"
    );
    println!("|---|---|---|---|---|---|---|");
    println!(
        "| {payments} in {:.1} s | {clients} | **{rate:.0}** | {:.0} | {:.0} ms | {:.0} ms | {:.0} ms |",
        took.as_secs_f64(),
        2.0 * payments as f64 / worked,
        at(0.5),
        at(0.99),
        at(1.0)
    );
    println!();
    println!(
        "0 lost, 0 doubled, 0 stuck. Before: {} cards checked in by the vault's form in {:.0} s.",
        payments + WARM_UP,
        checked_in.as_secs_f64()
    );
}

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// What this process has cost its processors, in seconds: all four parties are in it.
fn processor_time() -> f64 {
    // Fields 14 and 15 of proc_pid_stat(5), in hundredths of a second; the name before them may hold spaces.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields.split(' ').skip(11).take(2);
    ticks
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum::<f64>()
        / 100.0
}

/// Readers type their cards.
async fn check_in(shop: &Arc<Shop>, vault: &RealVault, many: usize) -> Vec<CheckInReceipt> {
    let form = vault.form;
    let card = number("approve");
    let mut readers = JoinSet::new();
    for reader in 0..64 {
        let (shop, card) = (Arc::clone(shop), card.clone());
        let share = many / 64 + usize::from(reader < many % 64);
        readers.spawn(async move {
            let mut ready = Vec::with_capacity(share);
            for _ in 0..share {
                let id = PaymentId::new();
                let receipt = shop.check_in(form, id, &card, AMOUNT).await.unwrap();
                ready.push(receipt);
            }
            ready
        });
    }
    readers.join_all().await.into_iter().flatten().collect()
}

/// Asks for all of them, so many at once; how long each took.
async fn run(
    house: &Arc<House>,
    shop: &Arc<Shop>,
    ready: Vec<CheckInReceipt>,
    clients: usize,
) -> Vec<Duration> {
    let ready = Arc::new(Mutex::new(VecDeque::from(ready)));
    let mut asking = JoinSet::new();
    for _ in 0..clients {
        let (house, ready, shop) = (Arc::clone(house), Arc::clone(&ready), Arc::clone(shop));
        asking.spawn(async move {
            let mut waits = Vec::new();
            loop {
                let next = ready.lock().await.pop_front();
                let Some(receipt) = next else {
                    return waits;
                };
                let begun = Instant::now();
                let request = shop.request(&receipt, AMOUNT);
                let outcome = house.ask(receipt.payment, &request).await.unwrap();
                waits.push(begun.elapsed());
                let approved = matches!(outcome, AuthoriseOutcome::Approved { .. });
                assert!(approved, "{outcome:?}");
            }
        });
    }
    asking.join_all().await.into_iter().flatten().collect()
}

/// Every payment is in the bank's books once, held and not reversed, and the switch has nothing left to do.
async fn settled(house: &House, payments: usize) {
    until("nothing is under way", async || {
        let status = house.status().await;
        status.in_flight == 0 && status.queued == 0 && status.unknown == 0
    })
    .await;
    let totals = house.books().await.totals;
    let payments = i64::try_from(payments).unwrap();
    assert_eq!(totals.authorisations, payments, "lost or doubled");
    assert_eq!(totals.held, AMOUNT.times(u32::try_from(payments).unwrap()));
    assert_eq!(
        (totals.reversed, totals.unmatched_reversals),
        (Money::ZERO, 0)
    );
}
