//! How fast orders are placed: 32 readers at a time, one title each of many, then all of one.

use std::time::Instant;

use shop::stock::StockPolicy;
use trade::ids::EditionId;

use crate::counter::{Counter, ETRANGER, MUG};

const READERS: u32 = 32;
const ORDERS_EACH: u32 = 40;

pub async fn print(counter: &Counter) {
    counter
        .shelve(ETRANGER, 100_000, StockPolicy::Limited)
        .await;
    let engine = counter.store.engine();
    for (what, edition) in [
        ("ordered from the supplier", MUG),
        ("one best-seller", ETRANGER),
    ] {
        let per_second = orders_per_second(counter, edition).await;
        println!("{engine:?}, {what}: {per_second:.0} orders/s");
    }
}

async fn orders_per_second(counter: &Counter, edition: EditionId) -> f64 {
    let begun = Instant::now();
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let counter = counter.clone();
            tokio::spawn(async move {
                for _ in 0..ORDERS_EACH {
                    counter.ordered(&[(edition, 1)]).await;
                }
            })
        })
        .collect();
    for reader in readers {
        reader.await.unwrap();
    }
    f64::from(READERS * ORDERS_EACH) / begun.elapsed().as_secs_f64()
}
