//! Real files, where they lie beside the workspace; none of them is part of the project.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use catalogue::import::{Note, Severity, Tally, import_files};
use catalogue::model::EditionId;
use catalogue::shelf::{self, Shelf};
use catalogue::store;
use storage::{Store, StoreUrl};

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(path);
    let found = path.exists();
    if !found {
        println!("skipped: {} is not here", path.display());
    }
    found.then_some(path)
}

/// Imports `files` into an empty catalogue, and looks at its shelf.
fn import(files: &[PathBuf]) -> (Tally, Vec<Note>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("shop.db"));
    let store = runtime
        .block_on(Store::open(&url, &[catalogue::MIGRATIONS]))
        .unwrap();
    let mut notes = Vec::new();
    let tally = import_files(&store, files, &(), &mut notes).unwrap();
    let taken = tally.created + tally.updated + tally.unchanged + tally.hidden;
    assert_eq!(tally.products, taken + tally.rejected);
    let started = Instant::now();
    let counts = shelf::build(&store, folder.path()).unwrap();
    let built = started.elapsed();
    let started = Instant::now();
    let shelf = Shelf::open(folder.path()).unwrap();
    let opened = started.elapsed();
    // Editions that a later record showed to be another one's were merged into it.
    let merged = store
        .read_blocking(|tx| store::forwards(tx, EditionId(0), 10_000))
        .unwrap()
        .len() as u64;
    assert_eq!(
        (shelf.counts(), counts.editions),
        (counts, tally.created - tally.hidden - merged)
    );
    println!(
        "{:.0} records/s, shelf built in {built:?}, opened in {opened:?}: {tally:?}",
        tally.rate()
    );
    (tally, notes)
}

fn by_code(notes: &[Note]) -> BTreeMap<&'static str, u64> {
    let mut codes = BTreeMap::new();
    for note in notes {
        *codes.entry(note.code).or_default() += 1;
    }
    codes
}

#[test]
fn every_line_of_the_merged_catalogue_is_an_edition_or_reported() {
    let Some(file) = shared("catalogue/all_records.jsonl.zst") else {
        return;
    };
    let (tally, notes) = import(&[file]);
    println!("{:?}", by_code(&notes));
    assert_eq!(tally.products, 142_937);
    let rejected = notes
        .iter()
        .filter(|note| note.severity == Severity::Error)
        .count() as u64;
    assert_eq!(rejected, tally.rejected);
}

#[test]
fn every_onix_3_sample_imports_or_says_why_not() {
    let Some(folder) = shared("onix/samples") else {
        return;
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for set in fs::read_dir(folder).unwrap() {
        let set = fs::read_dir(set.unwrap().path()).unwrap();
        files.extend(set.map(|file| file.unwrap().path()));
    }
    files.sort();
    let mut all = Vec::new();
    for file in &files {
        let (tally, notes) = import(std::slice::from_ref(file));
        assert!(
            tally.created > 0 || !notes.is_empty(),
            "{} was passed over in silence",
            file.display()
        );
        for note in notes.iter().filter(|note| note.severity == Severity::Error) {
            let place = file.file_name().unwrap().to_string_lossy();
            println!(
                "{place}:{} {:?} {} {}",
                note.line, note.reference, note.code, note.message
            );
        }
        all.extend(notes);
    }
    println!("{} files: {:?}", files.len(), by_code(&all));
}
