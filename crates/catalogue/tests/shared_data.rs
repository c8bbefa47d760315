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

use catalogue::import::{Note, Severity, Tally, import_files, read_stream};
use catalogue::model::EditionId;
use catalogue::shelf::{self, Shelf};
use catalogue::store;
use catalogue::store::Incoming;
use jiff::civil::date;
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

/// What a sample holds, by looking for the words only.
fn products_in(file: &Path) -> u64 {
    let bytes = fs::read(file).unwrap();
    let bytes = match file.extension().is_some_and(|extension| extension == "zst") {
        true => zstd::decode_all(bytes.as_slice()).unwrap(),
        false => bytes,
    };
    // UTF-16 has a zero beside each letter of these words.
    let letters: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&letters);
    let starts = ["<Product>", "<product>", "<Product ", "<product "];
    starts
        .iter()
        .map(|start| text.matches(start).count() as u64)
        .sum()
}

/// The codes of notes about a record that was not taken.
const REJECTIONS: [&str; 8] = [
    "xml-malformed",
    "no-reference",
    "no-title",
    "partial-update",
    "unknown-reference",
    "test-record",
    "notification-unknown",
    "truncated",
];

#[test]
fn o1_to_o20_every_onix_sample_imports_or_is_explained_record_by_record() {
    let Some(folder) = shared("onix/samples") else {
        return;
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for set in fs::read_dir(folder).unwrap() {
        let set = fs::read_dir(set.unwrap().path()).unwrap();
        files.extend(set.map(|file| file.unwrap().path()));
    }
    files.retain(|file| !file.to_string_lossy().contains(".json"));
    files.sort();
    let mut all = Vec::new();
    let (mut products, mut taken) = (0, 0);
    for file in &files {
        let (tally, notes) = import(std::slice::from_ref(file));
        let place = file.file_name().unwrap().to_string_lossy();
        for note in notes.iter().filter(|note| note.severity == Severity::Error) {
            println!(
                "{place}:{} {:?} {} {}",
                note.line, note.reference, note.code, note.message
            );
        }
        let refused_whole = notes.iter().any(|note| note.code == "not-onix");
        if refused_whole {
            assert_eq!(tally.products, 0, "{place}");
        } else {
            assert_eq!(tally.products, products_in(file), "{place}");
        }
        let rejections = notes
            .iter()
            .filter(|note| REJECTIONS.contains(&note.code) && note.line > 0)
            .count();
        assert_eq!(rejections as u64, tally.rejected, "{place}");
        products += tally.products;
        taken += tally.products - tally.rejected;
        all.extend(notes);
    }
    println!(
        "{} files, {products} products, {taken} taken: {:?}",
        files.len(),
        by_code(&all)
    );
}

/// Names and values of the letters in a file of the 2.1 document type.
fn letters_in(file: &Path) -> Vec<(String, String)> {
    let text: String = fs::read(file)
        .unwrap()
        .into_iter()
        .map(char::from)
        .collect();
    let declarations = text.split("<!ENTITY ").skip(1);
    let letters = declarations.filter_map(|declaration| {
        let (name, rest) = declaration.trim_start().split_once(char::is_whitespace)?;
        let value = rest.split('"').nth(1)?.replace("&#38;#", "&#");
        (name != "%").then(|| (name.to_owned(), value))
    });
    letters.collect()
}

#[test]
fn o17_every_letter_of_the_2_1_document_type_is_known_by_name() {
    let Some(folder) = shared("onix/schemas/dtd2.1r3") else {
        return;
    };
    // Signs of mathematics have moved in Unicode since; the letters have not.
    let exact = [
        "iso-lat1.ent",
        "iso-lat2.ent",
        "iso-cyr1.ent",
        "iso-cyr2.ent",
        "xhtml-special.ent",
    ];
    let (mut known, mut same) = (0, 0);
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "ent") {
            continue;
        }
        let must_be_same = exact.iter().any(|name| file.ends_with(name));
        for (name, value) in letters_in(&file) {
            let text = |letter: &str| {
                format!(
                    "<OtherText><TextTypeCode>01</TextTypeCode><Text>a{letter}z</Text></OtherText>"
                )
            };
            let message = format!(
                "<ONIXMessage><Product><RecordReference>r</RecordReference><NotificationType>03</NotificationType>\
                 <Title><TitleText>T</TitleText></Title>{}{}</Product></ONIXMessage>",
                text(&format!("&{name};")),
                text(&value),
            );
            let (mut notes, mut read) = (Vec::new(), Vec::new());
            let stream = Box::new(std::io::Cursor::new(message.into_bytes()));
            read_stream(stream, date(2026, 11, 23), &mut notes, &mut |incoming| {
                read.push(incoming)
            });
            let Some(Incoming::Put(record)) = read.pop() else {
                panic!("{name} was not read: {notes:?}")
            };
            assert!(notes.is_empty(), "{name}: {notes:?}");
            known += 1;
            // Equal texts are kept once.
            if must_be_same {
                assert_eq!(
                    record.edition.texts.len(),
                    1,
                    "{name}: {:?}",
                    record.edition.texts
                );
                same += 1;
            }
        }
    }
    println!("{known} names known, {same} of letters with the same value");
    assert!(known > 1_500 && same > 300);
}
