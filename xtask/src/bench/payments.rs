//! The payment zone under load: authorisations a second, and scenarios by the thousand; both into docs/payments.md.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::report;

/// How many scenarios the issue asks for.
const SCENARIOS: &str = "10000";

/// Runs the measurement that lies with the switch, in its release build.
pub fn authorise() -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .args(["run", "--release", "--locked", "--quiet"])
        .args(["-p", "switch", "--example", "authorise_rate"]);
    let table = output(command)?;
    report::write_between("docs/payments.md", "authorise", &table)
}

/// Plays the scenarios of the switch's tests, in a release build.
pub fn scenarios() -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .args(["test", "--release", "--locked", "--quiet"])
        .args(["-p", "switch", "--test", "scenarios", "--", "--nocapture"])
        .env("BOUQUIN_SCENARIOS", SCENARIOS);
    let told = output(command)?;
    let line = told.lines().find(|line| line.contains(" scenarios in "));
    let line = line.context("the scenarios did not tell how they ended")?;
    report::write_between("docs/payments.md", "scenarios", &format!("{line}\n"))
}

/// What the command prints; the rest of its words go to the terminal.
fn output(mut command: Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("cargo could not be started")?;
    let told = String::from_utf8(output.stdout).context("the measurement is no text")?;
    print!("{told}");
    if !output.status.success() {
        bail!("the measurement failed ({})", output.status);
    }
    Ok(told)
}
