//! The vault: how long readers wait for a check-in at 300 a second, how long unsealing and a rotation take.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::report;

/// The rate of the goal: a record day's busiest hour, several times.
const CHECK_INS_A_SECOND: u32 = 300;
const SECONDS: u32 = 60;

/// Runs the measurement that lies with the vault, in its release build, and puts it into docs/vault.md.
pub fn measure(cards: u32) -> Result<()> {
    let numbers = [cards, CHECK_INS_A_SECOND, SECONDS].map(|number| number.to_string());
    let output = Command::new("cargo")
        .args(["run", "--release", "--locked", "--quiet"])
        .args(["-p", "vault", "--example", "vault_speed", "--"])
        .args(numbers)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo could not be started")?;
    if !output.status.success() {
        bail!("the measurement failed ({})", output.status);
    }
    let table = String::from_utf8(output.stdout).context("the measurement is no text")?;
    print!("{table}");
    report::write_between_marks("docs/vault.md", &table)
}
