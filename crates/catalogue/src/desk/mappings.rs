//! Senders' mappings: what the columns of a sender's tables are, as a bookseller said once, found again for the next
//! table that looks like it.

use storage::{Fault, Tx};
use trade::clock::Timestamp;

use super::limits;
use crate::import::{Mapping, Table};

storage::statements! {
    SAVE = "INSERT INTO sender_mappings (sender, stem, columns, mapping, saved_us) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (sender) DO UPDATE SET stem = excluded.stem, columns = excluded.columns,
            mapping = excluded.mapping, saved_us = excluded.saved_us";
    OF_SENDER = "SELECT mapping FROM sender_mappings WHERE sender = $1";
    LIKELY = "SELECT mapping, columns FROM sender_mappings WHERE stem = $1 OR columns = $2
        ORDER BY CASE WHEN stem = $1 THEN 0 ELSE 1 END, saved_us DESC LIMIT $3";
}

/// Keeps a mapping for the next table of its sender.
///
/// # Errors
/// A [`Fault`], here and in every function of this module.
pub fn save(
    tx: &mut dyn Tx,
    file: &str,
    table: &Table,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<(), Fault> {
    let json = serde_json::to_string(mapping).map_err(|error| Fault::Defect(error.into()))?;
    let params = [
        mapping.sender.as_str().into(),
        stem(file).into(),
        look(table).into(),
        json.into(),
        now.as_micros().into(),
    ];
    tx.execute(&SAVE, &params).map(drop)
}

/// The mapping kept for a sender.
pub fn of_sender(tx: &mut dyn Tx, sender: &str) -> Result<Option<Mapping>, Fault> {
    let row = tx.query_opt(&OF_SENDER, &[sender.into()])?;
    row.map(|row| read(row.text(0)?)).transpose()
}

/// The mapping kept for a table that looked like this one: of a file with that name but for its numbers, else with
/// the same columns. Every column that it names is in this table.
pub fn likely(tx: &mut dyn Tx, file: &str, table: &Table) -> Result<Option<Mapping>, Fault> {
    let params = [
        stem(file).into(),
        look(table).into(),
        limits::MAPPINGS_TRIED.into(),
    ];
    for row in tx.query(&LIKELY, &params)? {
        let mapping = read(row.text(0)?)?;
        if fits(&mapping, table) {
            return Ok(Some(mapping));
        }
    }
    Ok(None)
}

fn fits(mapping: &Mapping, table: &Table) -> bool {
    let is_there = |name: &String| table.columns.iter().any(|column| column.name == *name);
    mapping.columns.keys().all(is_there)
}

fn read(json: &str) -> Result<Mapping, Fault> {
    serde_json::from_str(json).map_err(|error| Fault::Corrupt(error.into()))
}

/// A file's name without what changes from day to day: its digits, and the marks around them.
fn stem(file: &str) -> String {
    let letters: String = file
        .chars()
        .filter(|letter| letter.is_alphabetic() || *letter == '.')
        .collect();
    letters.to_lowercase()
}

/// The names of the columns, in order.
fn look(table: &Table) -> String {
    let names: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    names.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tomorrows_file_has_the_stem_of_todays() {
        assert_eq!(stem("Stock_2026-11-25.csv"), stem("stock_2026-11-26.CSV"));
        assert_ne!(stem("stock.csv"), stem("nouveautes.csv"));
    }
}
