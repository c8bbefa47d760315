//! `bouquin eval`: measures what the shop finds and what it recommends.

mod purchases;
mod recommend;
mod search;

use std::{fs::File, io::Read, path::Path};

use anyhow::Result;
use clap::Subcommand;

/// `bouquin eval`
#[derive(clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

/// What is measured.
#[derive(Subcommand)]
enum What {
    /// Known-item search: whether the right book is found, and where.
    Search(search::Options),
    /// Recommendations: of what readers also had, how much is recommended.
    Recommend(recommend::Options),
}

/// Measures and prints.
pub fn run(options: Options) -> Result<()> {
    match options.what {
        What::Search(options) => search::run(options),
        What::Recommend(options) => recommend::run(&options),
    }
}

/// A file to measure with: plain, or packed as its name says.
fn open(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    let name = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    Ok(match name {
        "zst" => Box::new(zstd::Decoder::new(file)?),
        "gz" => Box::new(flate2::read::MultiGzDecoder::new(file)),
        _ => Box::new(file),
    })
}
