//! Merging on real records, where they lie beside the workspace; none of them is part of the project.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use catalogue::import::{Note, import_files};
use catalogue::model::Isbn13;
use catalogue::shelf::{self, Shelf};
use serde_json::Value;
use storage::{Store, StoreUrl};

/// ISBNs that two books of the set really carry, read and judged: a box and its volume under one number, a number
/// used again by another house.
const USED_TWICE: [&str; 3] = ["9780373078547", "9780439321617", "9780671535551"];

/// The lines of records that share an ISBN with another, and those ISBNs.
fn records_that_share(file: &Path) -> (String, BTreeSet<String>) {
    let lines = BufReader::new(zstd::Decoder::new(File::open(file).unwrap()).unwrap());
    let mut by_isbn: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines.lines().map(Result::unwrap) {
        let record: Value = serde_json::from_str(&line).unwrap();
        let isbns: BTreeSet<&str> = record["isbn13"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for isbn in isbns {
            by_isbn
                .entry(isbn.to_owned())
                .or_default()
                .push(line.clone());
        }
    }
    by_isbn.retain(|_, lines| lines.len() > 1);
    let lines: BTreeSet<&String> = by_isbn.values().flatten().collect();
    let lines: String = lines.into_iter().map(|line| format!("{line}\n")).collect();
    (lines, by_isbn.into_keys().collect())
}

#[test]
fn i6_isbns_that_several_records_carry_yield_one_edition_unless_the_books_differ() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/catalogue/all_records.jsonl.zst");
    if !file.exists() {
        println!("skipped: {} is not here", file.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (lines, isbns) = records_that_share(&file);
    let some = folder.path().join("some.jsonl");
    fs::write(&some, lines).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("shop.db"));
    let store = runtime
        .block_on(Store::open(&url, &[catalogue::MIGRATIONS]))
        .unwrap();
    let mut notes: Vec<Note> = Vec::new();
    import_files(&store, &[some], &(), &mut notes).unwrap();
    shelf::build(&store, folder.path()).unwrap();
    let shelf = Shelf::open(folder.path()).unwrap();
    let apart: Vec<&String> = isbns
        .iter()
        .filter(|isbn| shelf.all_by_isbn(Isbn13::parse(isbn).unwrap()).len() > 1)
        .collect();
    println!(
        "of {} ISBNs in several records {} yield two editions",
        isbns.len(),
        apart.len()
    );
    assert_eq!(
        (isbns.len(), apart),
        (2_702, USED_TWICE.map(str::to_owned).iter().collect())
    );
    let told = notes.iter().filter(|note| note.code == "isbn-shared");
    assert_eq!(
        told.count(),
        USED_TWICE.len(),
        "each is told with the record that came second"
    );
}
