//! `cargo xtask test`: everything that must hold before a change lands.

use anyhow::Result;

use crate::{fuzz, packages, steps::step, tidy};

/// What to leave out while working; CI leaves nothing out.
#[derive(clap::Args)]
pub struct Options {
    /// Only formatting, tidy and clippy: the checks of a minute.
    #[arg(long)]
    quick: bool,
    /// Install nothing; tests whose tools are missing say `skipped:`.
    #[arg(long)]
    offline: bool,
}

/// Runs the checks and the tests, cheapest first.
pub fn run(options: &Options) -> Result<()> {
    if !options.offline && !options.quick {
        packages::install()?;
    }
    step("format", "cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    step(
        "clippy",
        "cargo",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    )?;
    if options.quick {
        return Ok(());
    }
    step(
        "deny",
        "cargo",
        &["deny", "check", "licenses", "bans", "sources"],
    )?;
    // Outside the workspace, so nothing else notices when its lock file is behind.
    step(
        "lock of the readers",
        "cargo",
        &["fetch", "--locked", "--manifest-path", "fuzz/Cargo.toml"],
    )?;
    // The whole-system tests start the executable itself.
    step("build", "cargo", &["build", "--workspace", "--locked"])?;
    step(
        "tests",
        "cargo",
        &[
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
        ],
    )?;
    // What must not compile, which nextest does not look at.
    step(
        "examples in the documentation of cards",
        "cargo",
        &["test", "--doc", "--locked", "-p", "cards"],
    )?;
    fuzz::run(&fuzz::Options::short())
}
