//! Writes docs/benchmarks.md, and the measured parts of docs/scale.md, docs/payments.md and docs/screening.md.

use std::{fmt::Write as _, process::Command};

use anyhow::{Context, Result};

use super::{process, scenarios::Figure};

/// Writes the figures with the machine and the date.
pub fn write(titles: u32, figures: &[Figure]) -> Result<()> {
    let mut page = String::from(
        "# Benchmarks\n\nWritten by `cargo xtask bench`; not edited by hand. CPU is the shop's own \
         processor time for each request, user and system, as the operating system counts it; rates and \
         latencies are those of four clients on the same machine, which share its cores with the shop. \
         Book pages and search pages repeat a few hundred addresses, so most come from the page cache, as in a shop; the search API is the engine’s own cost. Compare ratios within a run, not times between machines.\n\n",
    );
    writeln!(page, "- Machine: {}", process::machine())?;
    writeln!(page, "- Date: {}", date())?;
    writeln!(page, "- Titles: {titles}\n")?;
    page.push_str("| what | measured | budget |\n|---|---|---|\n");
    for figure in figures {
        writeln!(
            page,
            "| {} | {} | {} |",
            figure.name, figure.value, figure.budget
        )?;
    }
    std::fs::write("docs/benchmarks.md", page)?;
    println!("docs/benchmarks.md is written.");
    Ok(())
}

/// Puts `table` into a page in the place of the last one, between two marks; the rest is written by people.
pub fn write_between_marks(path: &str, table: &str) -> Result<()> {
    put(path, "<!-- measured -->\n", table)
}

/// The same, for a page with several places: the mark bears the name.
pub fn write_between(path: &str, name: &str, table: &str) -> Result<()> {
    put(path, &format!("<!-- measured: {name} -->\n"), table)
}

fn put(path: &str, begin: &str, table: &str) -> Result<()> {
    const END: &str = "<!-- end -->\n";
    let page = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
    let place = page.split_once(begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = place.with_context(|| format!("{path} has no place for figures"))?;
    let page = format!(
        "{before}{begin}- Machine: {}\n- Date: {}\n\n{table}{END}{after}",
        process::machine(),
        date(),
    );
    std::fs::write(path, page)?;
    println!("{path} is written.");
    Ok(())
}

fn date() -> String {
    Command::new("date")
        .arg("+%Y-%m-%d")
        .output()
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned())
        .unwrap_or_default()
}
