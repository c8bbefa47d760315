//! `cargo xtask thema FOLDER`: the headings in `crates/catalogue/data/thema/` made anew from EDItEUR's files.
//!
//! The folder holds `thema_LANGUAGE.json` for each language (`thema_de.json`), as the Python package `django-thema`
//! carries them: `categories`, each with a `code` and a `heading`. Codes without a translation are left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// Where the files of EDItEUR are.
#[derive(clap::Args)]
pub struct Options {
    /// The folder with `thema_en.json` and its translations.
    folder: PathBuf,
    /// The version of the scheme, for the first line of each table.
    #[arg(long)]
    version: String,
}

#[derive(Deserialize)]
struct Scheme {
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Category {
    code: String,
    heading: String,
}

const TABLES: &str = "crates/catalogue/data/thema";
const LANGUAGES: [&str; 15] = [
    "ar", "da", "de", "en", "es", "fr", "hu", "it", "ja", "lt", "nb", "pl", "pt", "sv", "tr",
];

/// Writes one table for each language.
pub fn run(options: &Options) -> Result<()> {
    for language in LANGUAGES {
        let path = options.folder.join(format!("thema_{language}.json"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let table =
            table(&text, language, &options.version).with_context(|| path.display().to_string())?;
        fs::write(format!("{TABLES}/{language}.tsv"), table)?;
    }
    Ok(())
}

fn table(text: &str, language: &str, version: &str) -> Result<String> {
    let scheme: Scheme = serde_json::from_str(text)?;
    let mut sorted = BTreeMap::new();
    for Category { code, heading } in scheme.categories {
        // No-break spaces are typography and stay.
        let heading = heading.trim().replace(['\t', '\r', '\n'], " ");
        if !heading.is_empty() && sorted.insert(code.clone(), heading).is_some() {
            bail!("{code} stands there twice");
        }
    }
    let mut table = format!(
        "# Thema subject categories {version}: code, heading ({language}); sorted by code. Thema and its translations are \
         maintained by EDItEUR and its national groups, © EDItEUR, and free to use.\n"
    );
    for (code, heading) in sorted {
        writeln!(table, "{code}\t{heading}")?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_table_is_sorted_and_leaves_out_what_nobody_translated() {
        let text = r#"{"categories": [
            {"code": "FB", "parent": "F", "heading": " Erzählende\tLiteratur\u00a0: alles "},
            {"code": "FBA", "parent": "FB", "heading": ""},
            {"code": "A", "parent": "", "heading": "Kunst"}
        ]}"#;
        let table = table(text, "de", "1.6").unwrap();
        let lines: Vec<&str> = table.lines().skip(1).collect();
        assert_eq!(lines, ["A\tKunst", "FB\tErzählende Literatur\u{a0}: alles"]);
        assert!(table.starts_with("# Thema subject categories 1.6: code, heading (de)"));
    }

    #[test]
    fn a_code_that_stands_twice_is_refused() {
        let text = r#"{"categories": [{"code": "A", "heading": "Kunst"}, {"code": "A", "heading": "Art"}]}"#;
        assert!(table(text, "de", "1.6").is_err());
    }
}
