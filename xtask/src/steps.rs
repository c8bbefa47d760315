//! Running other programs as announced steps.

use std::{path::PathBuf, process::Command, time::Instant};

use anyhow::{Context, Result, bail};

/// The root of the workspace, wherever the command was called from.
pub fn root() -> Result<PathBuf> {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask
        .parent()
        .map(PathBuf::from)
        .context("xtask has no parent folder")
}

/// Runs a program and stops at its failure.
pub fn step(title: &str, program: &str, arguments: &[&str]) -> Result<()> {
    println!("\n== {title}: {program} {}", arguments.join(" "));
    let begun = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .status()
        .with_context(|| format!("{program} could not be started"))?;
    if !status.success() {
        bail!(
            "{title} failed: {program} {} ({status})",
            arguments.join(" ")
        );
    }
    println!("== {title}: done in {:.0} s", begun.elapsed().as_secs_f32());
    Ok(())
}

/// Whether a program answers to `--version`.
pub fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|output| output.status.success())
}
