//! The ISO 8583 codec on one core: the goal is 500,000 round trips a second.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::report;

/// Runs the measurement that lies with the codec, in its release build, and puts it into docs/payments.md.
pub fn measure() -> Result<()> {
    let output = Command::new("cargo")
        .args(["run", "--release", "--locked", "--quiet"])
        .args(["-p", "cards", "--example", "codec_speed"])
        .output()
        .context("cargo could not be started")?;
    if !output.status.success() {
        bail!(
            "the measurement failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let table = String::from_utf8(output.stdout).context("the measurement is no text")?;
    print!("{table}");
    report::write_between_marks("docs/payments.md", &table)
}
