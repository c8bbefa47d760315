//! `bouquin eval recommend`: makes the table of "also bought" from one part of what readers had and asks it for
//! the other part, by look-up only, as the shop does.

use std::{collections::HashSet, path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use shop::recommend::{Baskets, DEPTH, Method, Neighbours, measure};

use super::purchases::{Names, read};

/// `bouquin eval recommend`
#[derive(clap::Args)]
pub struct Options {
    /// CSV of `user,item,rating`, plain, .gz or .zst: what the table is made from.
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// CSV of the same kind: what readers also had.
    #[arg(long, value_name = "FILE", required_unless_present = "split")]
    test: Option<PathBuf>,
    /// Instead of a test file, a fifth of the training file, drawn by this number.
    #[arg(long, value_name = "SEED", conflicts_with = "test")]
    split: Option<u64>,
    /// Neighbours kept of each book.
    #[arg(long, value_name = "COUNT", default_value_t = Method::default().neighbours)]
    neighbours: usize,
    /// Readers who must have had both books.
    #[arg(long, value_name = "COUNT", default_value_t = Method::default().least_buyers)]
    least_readers: u32,
    /// The figures as one JSON object on the last line.
    #[arg(long)]
    json: bool,
}

/// The figures for machines.
#[derive(Serialize)]
struct Report {
    #[serde(rename = "recall@20")]
    recall: f64,
    #[serde(rename = "ndcg@20")]
    ndcg: f64,
    users: usize,
    /// From reading the files to the last recommendation.
    seconds: f64,
}

/// Measures and prints.
pub fn run(options: &Options) -> Result<()> {
    let begun = Instant::now();
    let mut names = Names::default();
    let mut known = read(&options.train, &mut names)?;
    let hidden = match (&options.test, options.split) {
        (Some(test), _) => read(test, &mut names)?,
        (None, seed) => hide_a_fifth(&mut known, seed.unwrap_or_default()),
    };
    ensure!(
        !known.is_empty() && !hidden.is_empty(),
        "there is nothing to measure: one of the two parts has no row"
    );
    let method = Method {
        neighbours: options.neighbours,
        least_buyers: options.least_readers,
        ..Method::default()
    };
    let baskets = Baskets::of(names.readers.len(), names.books.len(), &known);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let table = Neighbours::of(&baskets, &method, threads);
    let made = begun.elapsed();
    let figures = measure(&baskets, &hidden, |_, owned| table.recommend(owned, DEPTH));
    let report = Report {
        recall: figures.recall,
        ndcg: figures.ndcg,
        users: figures.readers,
        seconds: begun.elapsed().as_secs_f64(),
    };
    println!(
        "{} rows known, {} hidden, {} readers, {} books",
        known.len(),
        hidden.len(),
        names.readers.len(),
        names.books.len()
    );
    println!(
        "table: {} neighbours of {} books, made in {:.1} s",
        table.len(),
        table.books(),
        made.as_secs_f64()
    );
    println!(
        "recall@20 {:.4}   ndcg@20 {:.4}   {} readers   {:.1} s",
        report.recall, report.ndcg, report.users, report.seconds
    );
    if options.json {
        println!("{}", serde_json::to_string(&report).context("the figures")?);
    }
    Ok(())
}

/// Takes a fifth of the different pairs out of `pairs`, the same fifth for the same seed.
fn hide_a_fifth(pairs: &mut Vec<(u32, u32)>, seed: u64) -> Vec<(u32, u32)> {
    let mut seen = HashSet::with_capacity(pairs.len());
    pairs.retain(|pair| seen.insert(*pair));
    let (hidden, known) = pairs
        .iter()
        .zip(0_u64..)
        .partition::<Vec<(&(u32, u32), u64)>, _>(|(_, place)| {
            scattered(seed, *place).is_multiple_of(5)
        });
    let hidden = hidden.into_iter().map(|(pair, _)| *pair).collect();
    *pairs = known.into_iter().map(|(pair, _)| *pair).collect();
    hidden
}

/// A number that follows from both and looks drawn (SplitMix64).
fn scattered(seed: u64, place: u64) -> u64 {
    let mut z = seed.wrapping_mul(0xD6E8_FEB8_6659_FD93)
        ^ place.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_is_hidden_the_same_each_time() {
        let all: Vec<(u32, u32)> = (0..10_000).map(|place| (place % 100, place)).collect();
        let (mut known, mut again) = ([all.as_slice(), &all].concat(), all.clone());
        let hidden = hide_a_fifth(&mut known, 7);
        assert_eq!(hidden, hide_a_fifth(&mut again, 7));
        assert_eq!(
            hidden.len() + known.len(),
            10_000,
            "what comes twice is one pair"
        );
        assert!((1_800..2_200).contains(&hidden.len()), "{}", hidden.len());
        assert!(known.iter().all(|pair| !hidden.contains(pair)));
        assert_ne!(hidden, hide_a_fifth(&mut all.clone(), 8));
    }
}
