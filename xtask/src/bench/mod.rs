//! `cargo xtask bench`: measures the release build and writes docs/benchmarks.md.
//!
//! Nothing here judges: a figure is what was measured, beside the budget and beside the same bytes served
//! from memory in the same run, which is the only part that compares across machines.

mod codec;
pub mod floor;
mod payments;
mod process;
mod report;
mod scale;
mod scenarios;
mod screening;
mod shop;

use std::process::Command;

use anyhow::{Result, bail};

use crate::steps::step;

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    /// Only this part, into its own page.
    part: Option<Part>,
    /// How many titles the shop has.
    #[arg(long, default_value_t = 150_000)]
    titles: u32,
    /// Also time a build from nothing, in a folder of its own (many minutes).
    #[arg(long)]
    clean_build: bool,
    /// Measure size instead: shops of so many titles each, into docs/scale.md (many minutes, 4 GB of disk a million).
    #[arg(long, value_delimiter = ',', value_name = "TITLES,…")]
    scale: Vec<u32>,
    /// A catalogue file for the import rate; by default ../shared/data's, where it is.
    #[arg(long, default_value = "../shared/data/catalogue/all_records.jsonl.zst")]
    import: String,
}

/// What can be measured without a shop.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Part {
    /// The ISO 8583 codec, into docs/payments.md.
    Codec,
    /// What the screening catches of made-up attacks and how quickly it decides, into docs/screening.md.
    Screening,
    /// Authorisations a second by vault, switch and bank, into docs/payments.md.
    Authorise,
    /// Ten thousand scenarios of trouble and death, into docs/payments.md (many minutes).
    Scenarios,
}

/// Builds the release executables, then measures with the release build of this program.
pub fn run(options: &Options) -> Result<()> {
    match options.part {
        Some(Part::Codec) => return codec::measure(),
        Some(Part::Screening) => return screening::measure(),
        Some(Part::Authorise) => return payments::authorise(),
        Some(Part::Scenarios) => return payments::scenarios(),
        None => {}
    }
    if cfg!(debug_assertions) {
        step(
            "build",
            "cargo",
            &["build", "--release", "--workspace", "--locked"],
        )?;
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let status = Command::new("target/release/xtask")
            .args(arguments)
            .status()?;
        if !status.success() {
            bail!("the measurement failed ({status})");
        }
        return Ok(());
    }
    if !options.scale.is_empty() {
        return scale::measure(&options.scale);
    }
    let figures = scenarios::measure(options)?;
    report::write(options.titles, &figures)
}
