//! `bouquin import --preview`: what files would bring, for a person to look at before anything is stored.
//!
//! What is for people goes to the standard error; the mapping of a table goes to the standard output, so that it can be
//! kept in a file.

use std::path::PathBuf;

use anyhow::Result;
use catalogue::import::{self, Mapping, Preview, Table};
use catalogue::model::Edition;

use super::line_of;

/// Editions shown of each file.
const EDITIONS: usize = 20;

/// Shows each file.
pub(super) fn show(files: &[PathBuf], mapping: Option<&Mapping>, json: bool) -> Result<()> {
    for file in files {
        let preview = import::preview(file, mapping, EDITIONS)?;
        if json {
            println!("{}", serde_json::to_string(&preview)?);
            continue;
        }
        for_people(&preview);
        if let Some(table) = &preview.table {
            println!("{}", toml::to_string(&table.mapping)?);
        }
    }
    Ok(())
}

fn for_people(preview: &Preview) {
    if let Some(table) = &preview.table {
        columns(table);
    }
    for edition in &preview.editions {
        eprintln!("{}", one(edition));
    }
    for note in &preview.notes {
        eprintln!("{}", line_of(&note.clone().into()));
    }
}

fn columns(table: &Table) {
    eprintln!("Columns, separated by {:?}:", table.separator);
    for column in &table.columns {
        let field = match column.field {
            Some(field) => format!("{field:?}"),
            None => "not read".to_owned(),
        };
        let examples = column.examples.join(" | ");
        eprintln!("  {}: {field} ({examples})", column.name);
    }
}

/// An edition in a line: ISBN, title, authors, publisher, year, price.
fn one(edition: &Edition) -> String {
    let parts = [
        edition.isbn.map(|isbn| isbn.to_string()),
        Some(edition.title.clone()),
        edition.series.as_ref().map(|series| {
            format!(
                "({} {})",
                series.title,
                series.volume.as_deref().unwrap_or_default()
            )
        }),
        Some(edition.byline()),
        edition.publisher.clone(),
        edition.published.map(|date| date.year.to_string()),
        edition.price.map(|price| format!("{} EUR", price.amount)),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    said.join(" · ")
}
