//! `cargo xtask places FILE`: the table of postcodes and towns in `crates/screening/data/places.tsv`, made anew.
//!
//! The file is `codes-postaux.json` of the npm package `codes-postaux`: a list of `codePostal`, `nomCommune` and
//! `libelleAcheminement`, the name that stands on letters. The latter is kept only where it is another name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// Where the list is.
#[derive(clap::Args)]
pub struct Options {
    /// The list, as JSON.
    file: PathBuf,
    /// The version of the package, for the first line of the table.
    #[arg(long)]
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    code_postal: String,
    nom_commune: String,
    libelle_acheminement: String,
}

const TABLE: &str = "crates/screening/data/places.tsv";

/// Writes the table.
pub fn run(options: &Options) -> Result<()> {
    let path = options.file.display().to_string();
    let text = fs::read_to_string(&options.file).context(path.clone())?;
    let table = table(&text, &options.version).context(path)?;
    fs::write(TABLE, table)?;
    Ok(())
}

fn table(text: &str, version: &str) -> Result<String> {
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let mut towns: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in &entries {
        let known = towns.entry(&entry.code_postal).or_default();
        known.insert(&entry.nom_commune);
    }
    for entry in &entries {
        let known = towns.entry(&entry.code_postal).or_default();
        let label = plain(&entry.libelle_acheminement);
        if !known.iter().any(|name| plain(name) == label) {
            known.insert(&entry.libelle_acheminement);
        }
    }
    let mut table = format!(
        "# Postcodes of France and the names of the towns that have them, sorted. Made by `cargo xtask places` from\n\
         # codes-postaux {version} (npm, MIT, by Jérôme Desboeufs), which gathers the open data of La Poste and INSEE.\n"
    );
    for (postcode, names) in towns {
        let names: Vec<&str> = names.into_iter().collect();
        let line = names.join("|");
        ensure!(
            !line.contains(['\t', '\n']),
            "{postcode}: a name that is no name"
        );
        writeln!(table, "{postcode}\t{line}")?;
    }
    Ok(table)
}

/// Letters only, as La Poste prints them: capitals without accents.
fn plain(name: &str) -> String {
    let letters = name.chars().flat_map(char::to_uppercase).filter_map(|c| {
        Some(match c {
            'À' | 'Â' | 'Ä' => 'A',
            'Ç' => 'C',
            'É' | 'È' | 'Ê' | 'Ë' => 'E',
            'Î' | 'Ï' => 'I',
            'Ô' | 'Ö' => 'O',
            'Ù' | 'Û' | 'Ü' => 'U',
            'Ÿ' => 'Y',
            'Œ' => return None,
            _ if c.is_alphanumeric() => c,
            _ => return None,
        })
    });
    letters.collect::<String>().replace("OE", "")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_table_is_sorted_and_keeps_a_label_only_where_it_is_another_name() {
        let text = r#"[
            {"codePostal": "75005", "codeCommune": "75105", "nomCommune": "Paris 5e", "libelleAcheminement": "PARIS"},
            {"codePostal": "01090", "codeCommune": "1", "nomCommune": "Guéreins", "libelleAcheminement": "GUEREINS"},
            {"codePostal": "01090", "codeCommune": "2", "nomCommune": "Oyeu-l’Œuf", "libelleAcheminement": "OYEU L OEUF"}
        ]"#;
        let table = table(text, "1").unwrap();
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            lines,
            ["01090\tGuéreins|Oyeu-l’Œuf", "75005\tPARIS|Paris 5e"]
        );
    }
}
