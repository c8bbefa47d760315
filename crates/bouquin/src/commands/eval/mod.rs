//! `bouquin eval`: measures what the shop finds and what it recommends.

mod purchases;
mod recommend;
mod search;

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
