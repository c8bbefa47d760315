//! What the rules of a new shop catch of made-up attacks, and how quickly orders are screened.
//!
//! `cargo run --release -p shop --example screening -- [--database URL] [--rate N] [--seconds N] [--times N]` prints two
//! tables. The database must be empty; without one it is a SQLite file in the system's folder for temporary files, on its
//! disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod caught;
mod flush;
mod house;
mod load;
mod traffic;

use std::{sync::Arc, time::Duration};

use house::House;
use storage::StoreUrl;
use traffic::Size;

/// The traffic that is measured: two months of a shop with fifty orders a day, and a bad time.
const SIZE: Size = Size {
    readers: 1_200,
    orders: 3_000,
    attacks: 25,
};
const SEED: u64 = 20_261_126;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let url = match option("--database") {
        Some(url) => StoreUrl::parse(&url).unwrap(),
        None => StoreUrl::Sqlite(folder.path().join("shop.db")),
    };
    let number = |name: &str, usual: u32| option(name).map_or(usual, |text| text.parse().unwrap());
    let (rate, seconds) = (number("--rate", 2_000), number("--seconds", 10));
    let house = House::open(&url).await;
    let events = traffic::traffic(SEED, SIZE);
    let caught = caught::send(&house, &events).await;
    println!("{}", caught::table(&caught));
    house
        .clock
        .advance(caught::end(&events).since(house.clock.now()));
    let house = Arc::new(house);
    println!(
        "| decisions | told to come back | offered a second | done a second | p50 | p99 | longest | the disk alone, p50 | p99 |\n|---|---|---|---|---|---|---|---|---|"
    );
    for _ in 0..number("--times", 1) {
        let disk = matches!(url, StoreUrl::Sqlite(_)).then(|| flush::measure(folder.path()));
        let took = load::measure(Arc::clone(&house), &events, rate, seconds).await;
        println!("{}", row(&took, disk));
    }
}

fn row(took: &load::Latency, disk: Option<(Duration, Duration)>) -> String {
    let ms = |span: Duration| format!("{:.2} ms", span.as_secs_f64() * 1e3);
    let (half, most) = disk.map_or_else(Default::default, |(p50, p99)| (ms(p50), ms(p99)));
    format!(
        "| {} | {} | {} | {:.0} | {} | {} | {} | {half} | {most} |",
        took.decisions,
        took.busy,
        took.offered_per_second,
        took.done_per_second,
        ms(took.p50),
        ms(took.p99),
        ms(took.longest),
    )
}
