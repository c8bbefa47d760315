//! The screening of orders, on SQLite and, where it is installed, on PostgreSQL: what is caught of made-up attacks, and
//! the goal of 2,000 decisions a second with a 99th percentile of 5 ms.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{report, shop::Postgres};

/// How often the load is measured: a disk that others use has bad moments.
const TIMES: &str = "5";

/// Runs the measurement that lies with the shop, in its release build, and puts it into docs/screening.md.
pub fn measure() -> Result<()> {
    let mut page = format!("On SQLite:\n\n{}", run(None)?);
    match Postgres::start() {
        Ok(server) => {
            page.push_str("\nOn PostgreSQL:\n\n");
            page.push_str(&run(Some(&server.url()))?);
        }
        Err(why) => println!("skipped: PostgreSQL: {why:#}"),
    }
    print!("{page}");
    report::write_between_marks("docs/screening.md", &page)
}

fn run(database: Option<&str>) -> Result<String> {
    let mut command = Command::new("cargo");
    command
        .args(["run", "--release", "--locked", "--quiet"])
        .args(["-p", "shop", "--example", "screening", "--"])
        .args(["--times", TIMES]);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    let output = command.output().context("cargo could not be started")?;
    if !output.status.success() {
        bail!(
            "the measurement failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).context("the measurement is no text")
}
