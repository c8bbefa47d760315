//! `data/vat.toml`: one rate for every goods, territory and day.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::{Built, dated};

const GOODS: [(&str, &str); 3] = [("book", "Book"), ("ebook", "Ebook"), ("other", "Other")];
const TERRITORIES: [(&str, &str); 9] = [
    ("mainland", "Mainland"),
    ("corsica", "Corsica"),
    ("monaco", "Monaco"),
    ("guadeloupe", "Guadeloupe"),
    ("martinique", "Martinique"),
    ("reunion", "Reunion"),
    ("guyane", "Guyane"),
    ("mayotte", "Mayotte"),
    ("other_overseas", "OtherOverseas"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rate: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "rule")]
    _rule: String,
    goods: String,
    territories: Vec<String>,
    basis_points: u32,
    valid_from: String,
    valid_to: Option<String>,
    source: String,
}

/// A function whose match the compiler checks to be complete: a pair without a rate does not compile.
pub fn generate(text: &str) -> Built {
    let file: File = toml::from_str(text)?;
    check(&file)?;
    let mut code = String::from(
        "const fn rates(kind: Kind, territory: Territory) -> (u32, &'static [(Date, u32)]) {\n    match (kind, territory) {\n",
    );
    for (goods, kind) in GOODS {
        for (territory, variant) in TERRITORIES {
            let rates = rates(&file, goods, territory)
                .map_err(|error| format!("{goods} in {territory}: {error}"))?;
            writeln!(
                code,
                "        (Kind::{kind}, Territory::{variant}) => {rates},"
            )?;
        }
    }
    code.push_str("    }\n}\n");
    Ok(code)
}

/// The first rate, and the days on which it became another.
fn rates(file: &File, goods: &str, territory: &str) -> Built {
    let mut rows = Vec::new();
    for row in file
        .rate
        .iter()
        .filter(|row| row.goods == goods && row.territories.iter().any(|t| t == territory))
    {
        rows.push((
            dated::Period::read(&row.valid_from, row.valid_to.as_deref())?,
            row.basis_points,
        ));
    }
    dated::check(rows.iter().map(|(period, _)| *period).collect(), true)?;
    rows.sort_unstable();
    let mut rows = rows.into_iter();
    let (_, first) = rows.next().ok_or("no row")?;
    let mut changes = String::new();
    for (period, basis_points) in rows {
        write!(
            changes,
            "({}, {basis_points}), ",
            dated::date_code(period.from)
        )?;
    }
    Ok(format!("({first}, &[{changes}])"))
}

fn check(file: &File) -> Result<(), Box<dyn std::error::Error>> {
    for row in &file.rate {
        let known = GOODS.iter().any(|(name, _)| *name == row.goods);
        let unknown = row
            .territories
            .iter()
            .find(|name| !TERRITORIES.iter().any(|(known, _)| known == name));
        if !known || unknown.is_some() || row.basis_points > 10_000 || row.source.is_empty() {
            return Err(format!(
                "row for {} from {} names something unknown",
                row.goods, row.valid_from
            )
            .into());
        }
    }
    Ok(())
}
