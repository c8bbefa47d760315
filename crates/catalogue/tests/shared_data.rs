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

use catalogue::import::{Note, Tally, import_files};
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

fn import(files: &[PathBuf], times: usize) -> (Vec<Tally>, Vec<Note>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("shop.db"));
    let store = runtime
        .block_on(Store::open(&url, &[catalogue::MIGRATIONS]))
        .unwrap();
    let mut notes = Vec::new();
    let tallies = (0..times).map(|_| {
        let tally = import_files(&store, files, &(), &mut notes).unwrap();
        println!("{tally:?}: {:.0} records/s", tally.rate());
        assert_eq!(
            tally.products,
            tally.created + tally.updated + tally.unchanged + tally.rejected + tally.hidden
        );
        tally
    });
    (tallies.collect(), notes)
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
    let (tallies, notes) = import(&[file], 2);
    println!("{:?}", by_code(&notes));
    assert_eq!(tallies[0].products, 142_937);
    let rejected = notes
        .iter()
        .filter(|note| note.severity == catalogue::import::Severity::Error)
        .count() as u64;
    assert_eq!(rejected, tallies[0].rejected + tallies[1].rejected);
    assert_eq!(tallies[1].unchanged + tallies[1].rejected, 142_937);
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
        let (tallies, notes) = import(std::slice::from_ref(file), 1);
        let tally = tallies[0];
        assert!(
            tally.created > 0 || !notes.is_empty(),
            "{} was passed over in silence",
            file.display()
        );
        for note in notes
            .iter()
            .filter(|note| note.severity == catalogue::import::Severity::Error)
        {
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
