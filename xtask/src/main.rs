//! The project's own commands: `cargo xtask test | fuzz | tidy | bench | thema | places`.

mod asvs;
mod bench;
mod fuzz;
mod packages;
mod places;
mod steps;
mod test;
mod thema;
mod tidy;

use clap::Parser;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Command {
    /// Installs what the tests need and runs all of them: what CI runs.
    Test(test::Options),
    /// Checks the invariants of ARCHITECTURE.md and the rules of CONTRIBUTING.md.
    Tidy,
    /// Feeds the readers with damaged input, for a while.
    Fuzz(fuzz::Options),
    /// Measures, and writes docs/benchmarks.md.
    Bench(bench::Options),
    /// Makes the tables of Thema's headings anew from EDItEUR's files.
    Thema(thema::Options),
    /// Makes the table of postcodes and towns anew.
    Places(places::Options),
    /// Serves one file from memory: the physical limit that `bench` compares with.
    #[command(hide = true)]
    Floor(bench::floor::Options),
}

fn main() -> anyhow::Result<()> {
    std::env::set_current_dir(steps::root()?)?;
    match Command::parse() {
        Command::Test(options) => test::run(&options),
        Command::Tidy => tidy::run(),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Thema(options) => thema::run(&options),
        Command::Places(options) => places::run(&options),
        Command::Floor(options) => bench::floor::run(&options),
    }
}
