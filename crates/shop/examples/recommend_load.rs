//! Makes the table of "also bought" from generated purchases, and says what it takes.
//!
//! `cargo run --release -p shop --example recommend_load -- [PURCHASES] [BUYERS] [BOOKS]`. Buyers and books are drawn
//! after Zipf: the first has as much as all those from the tenth thousand on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::time::Instant;

use shop::recommend::{Baskets, Method, Neighbours};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|count| count.parse().unwrap());
    let purchases: usize = arguments.next().unwrap_or(10_000_000);
    let buyers: usize = arguments.next().unwrap_or(1_000_000);
    let books: usize = arguments.next().unwrap_or(200_000);
    let begun = Instant::now();
    let (buyer_ranks, book_ranks) = (Zipf::of(buyers), Zipf::of(books));
    let mut random = Random(1);
    let pairs: Vec<(u32, u32)> = (0..purchases)
        .map(|_| (buyer_ranks.draw(&mut random), book_ranks.draw(&mut random)))
        .collect();
    println!("{purchases} purchases generated in {:.1?}", begun.elapsed());

    let begun = Instant::now();
    let baskets = Baskets::of(buyers, books, &pairs);
    let different: usize = (0_u32..)
        .zip(0..buyers)
        .map(|(buyer, _)| baskets.books_of(buyer).len())
        .sum();
    println!(
        "{different} different ones sorted in {:.1?}",
        begun.elapsed()
    );
    let table = Neighbours::of(&baskets, &Method::default(), 2);
    println!(
        "{} neighbours of {} books, {:.1?} in all, peak memory {}",
        table.len(),
        table.books(),
        begun.elapsed(),
        peak_memory()
    );
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or("unknown")
        .replace("VmHWM:", "")
        .trim()
        .to_owned()
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Ranks drawn in proportion to 1/rank.
struct Zipf(Vec<f64>);

impl Zipf {
    fn of(count: usize) -> Zipf {
        let mut sum = 0.0;
        let sums = (1..=count).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Zipf(sums.collect())
    }

    fn draw(&self, random: &mut Random) -> u32 {
        let at = random.unit() * self.0.last().unwrap();
        u32::try_from(self.0.partition_point(|sum| *sum < at)).unwrap()
    }
}
