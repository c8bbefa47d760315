//! Turns `data/accounts.toml` into a Rust table. A row that is wrong stops the build.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use jiff::civil::Date;
use serde::Deserialize;

const DATA: &str = "data/accounts.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    account: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    ledger: String,
    number: String,
    label: String,
    #[serde(default)]
    per_rate: bool,
    valid_from: String,
    valid_to: Option<String>,
    source: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DATA}");
    println!("cargo::rerun-if-changed=build.rs");
    let file: File = toml::from_str(&fs::read_to_string(DATA)?)?;
    let mut code = String::from("const ROWS: &[Row] = &[\n");
    let mut before: Vec<(&str, Date, Date)> = Vec::new();
    for row in &file.account {
        let (from, to) = check(row).map_err(|error| format!("{DATA}, {}: {error}", row.ledger))?;
        let overlaps = |(ledger, first, last): &(&str, Date, Date)| {
            *ledger == row.ledger && *first <= to && from <= *last
        };
        if before.iter().any(overlaps) {
            return Err(format!("{DATA}, {}: two rows for one day", row.ledger).into());
        }
        before.push((&row.ledger, from, to));
        writeln!(
            code,
            "    Row {{ ledger: {:?}, number: {:?}, label: {:?}, per_rate: {}, from: {}, to: {} }},",
            row.ledger,
            row.number,
            row.label,
            row.per_rate,
            date(from),
            date(to)
        )?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("accounts.rs"), code)?;
    Ok(())
}

/// The days a row holds, if it is right: three digits at least, of a class from 1 to 7.
fn check(row: &Row) -> Result<(Date, Date), Box<dyn Error>> {
    let from: Date = row.valid_from.parse()?;
    let to: Date = match &row.valid_to {
        Some(to) => to.parse()?,
        None => Date::MAX,
    };
    let is_number = row.number.len() >= 3 && row.number.bytes().all(|b| b.is_ascii_digit());
    let has_class = row.number.starts_with(|first| matches!(first, '1'..='7'));
    if to < from || !is_number || !has_class || row.label.is_empty() || row.source.is_empty() {
        return Err("days, number, label or source are wrong".into());
    }
    Ok((from, to))
}

fn date(date: Date) -> String {
    format!(
        "jiff::civil::date({}, {}, {})",
        date.year(),
        date.month(),
        date.day()
    )
}
