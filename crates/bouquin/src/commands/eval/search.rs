//! `bouquin eval search`: known-item search over the shop's own catalogue.

use std::path::PathBuf;

use anyhow::{Context, Result};
use catalogue::shelf::Shelf;
use search::{Index, eval};

use crate::premises::Which;

/// `bouquin eval search`
#[derive(clap::Args)]
pub struct Options {
    /// JSON lines of `qid, kind, query, relevant[]`; plain, .gz or .zst.
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    #[command(flatten)]
    which: Which,
    /// The figures as one JSON object on the last line.
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
pub fn run(options: Options) -> Result<()> {
    let Options {
        queries,
        which,
        json,
    } = options;
    let premises = which.premises()?;
    let of_queries = || format!("the queries {}", queries.display());
    let packed = super::open(&queries).with_context(of_queries)?;
    let asked = eval::read_queries(packed).with_context(of_queries)?;
    let nothing = "there is nothing to search yet: run `bouquin import` or `bouquin demo` first";
    let shelf = Shelf::open(&premises.shelf()).context(nothing)?;
    let index = Index::open(&premises.index()).context(nothing)?;
    let report = eval::run(&index, &asked, shelf.iter())?;
    println!("{report}");
    if json {
        println!("{}", serde_json::to_string(&report)?);
    }
    Ok(())
}
