//! Real files, where they lie beside the workspace; none of them is part of the project.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use catalogue::import::{Note, Severity, Tally, import_files, read_stream};
use catalogue::model::{ContributorRole, Edition, EditionId};
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
    let (tally, notes, _) = import_and_read(files);
    (tally, notes)
}

/// Likewise, and reads the editions back.
fn import_and_read(files: &[PathBuf]) -> (Tally, Vec<Note>, Vec<Edition>) {
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
    let editions = store
        .read_blocking(|tx| catalogue::store::page(tx, EditionId(0), 100_000))
        .unwrap();
    (tally, notes, editions)
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

/// The bytes of a file, unpacked.
fn unpacked_bytes(file: &Path) -> Vec<u8> {
    let bytes = fs::read(file).unwrap();
    match file.extension().is_some_and(|extension| extension == "zst") {
        true => zstd::decode_all(bytes.as_slice()).unwrap(),
        false => bytes,
    }
}

/// The text of a file, unpacked.
fn unpacked(file: &Path) -> String {
    String::from_utf8(unpacked_bytes(file)).unwrap()
}

#[test]
fn every_marc_record_is_an_edition_or_reported() {
    let Some(folder) = shared("marc") else {
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let (mut records, mut taken, mut all) = (0, 0, Vec::new());
    let mut editions_of: Vec<Edition> = Vec::new();
    for file in &files {
        // An answer's record has one envelope, in which there may be a diagnostic; others have one leader.
        let text = unpacked(file);
        let tags = |name| text.matches(name).count() as u64 / 2;
        let expected = tags("recordData>").max(tags("leader>"));
        let (tally, notes, editions) = import_and_read(std::slice::from_ref(file));
        assert_eq!(tally.products, expected, "{}", file.display());
        let rejected = notes.iter().filter(|note| is_rejection(note.code)).count() as u64;
        assert_eq!(rejected, tally.rejected, "{}", file.display());
        editions_of.extend(editions);
        records += expected;
        taken += tally.products - tally.rejected;
        all.extend(notes);
    }
    println!(
        "{} files, {records} records, {taken} taken: {:?}",
        files.len(),
        by_code(&all)
    );
    assert_eq!((files.len(), records, taken), (38, 1_131, 1_130));
    for (isbn, title, subtitle, name, role, publisher, year) in MARC_SAMPLE {
        let found = editions_of
            .iter()
            .find(|edition| edition.isbns().any(|held| held.to_string() == isbn))
            .unwrap_or_else(|| panic!("{isbn} {title}"));
        let contributor = found
            .contributors
            .iter()
            .find(|contributor| contributor.role == role)
            .map(|contributor| contributor.name.as_str());
        assert_eq!(
            (found.title.as_str(), found.subtitle.as_deref(), contributor),
            (title, subtitle, Some(name)),
            "{isbn}"
        );
        assert_eq!(
            (
                found.publisher.as_deref(),
                found.published.map(|date| date.year)
            ),
            (Some(publisher), Some(year)),
            "{isbn}"
        );
    }
}

/// ISBN, title, subtitle, one who is named and what they did, publisher, year.
type TitlePage = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
    ContributorRole,
    &'static str,
    i16,
);

/// What the title pages say, read by eye from the records: BnF (UNIMARC), DNB, KU Leuven, LoC, SLSP, Ghent, RERO.
const MARC_SAMPLE: [TitlePage; 9] = [
    (
        "9782070541270",
        "Harry Potter à l'école des sorciers",
        None,
        "Jean-François Ménard",
        ContributorRole::Translator,
        "Gallimard",
        1999,
    ),
    (
        "9782072862014",
        "Les contemplations",
        None,
        "Charles Baudelaire",
        ContributorRole::Preface,
        "Gallimard",
        2019,
    ),
    (
        "9783885061632",
        "Die Zwänge der Erinnerung",
        Some("Aufzeichnungen aus Rumänien"),
        "William Totok",
        ContributorRole::Author,
        "Junius",
        1988,
    ),
    (
        "9783862729852",
        "Blut und Schokolade",
        None,
        "Frauke Schneider",
        ContributorRole::Illustrator,
        "Dressler Verlag",
        2021,
    ),
    (
        "9782804600068",
        "Chocolat belge",
        Some("pralines, bâtons, desserts, biscuits ..."),
        "Jacques Mercier",
        ContributorRole::Author,
        "La Renaissance du livre",
        1997,
    ),
    (
        "9780821417478",
        "Black and white in colour",
        Some("African history on screen"),
        "Vivian Bickford-Smith",
        ContributorRole::Editor,
        "James Currey",
        2007,
    ),
    (
        "9783908497271",
        "\"Hands on...\"",
        Some("Internet-Telefonie : die neue Ratgeber-Reihe für die Praxis"),
        "Ossi Urchs",
        ContributorRole::Author,
        "SmartBooks",
        2006,
    ),
    (
        "9781108435215",
        "The first farmers of Europe",
        Some("an evolutionary perspective"),
        "Stephen Shennan",
        ContributorRole::Author,
        "Cambridge University Press",
        2018,
    ),
    (
        "9782858150434",
        "Maison, sucrée maison",
        None,
        "Christian Binet",
        ContributorRole::Illustrator,
        "Audie",
        1983,
    ),
];

/// The codes of records that are not taken.
fn is_rejection(code: &str) -> bool {
    matches!(
        code,
        "no-title"
            | "no-reference"
            | "not-marc"
            | "not-bibliographic"
            | "xml-malformed"
            | "too-large"
            | "truncated"
    )
}

/// A table of the shared catalogue, imported.
struct Imported {
    file: PathBuf,
    tally: Tally,
    editions: Vec<Edition>,
    codes: BTreeMap<&'static str, u64>,
}

fn import_table(file: &str) -> Option<Imported> {
    let file = shared(file)?;
    let (tally, notes, editions) = import_and_read(std::slice::from_ref(&file));
    Some(Imported {
        file,
        tally,
        editions,
        codes: by_code(&notes),
    })
}

/// Whether the ISBN of every edition is one that its row says, its zeros or its last figures lost. The reference of a
/// row is its first cell.
fn assert_isbns_are_their_rows(file: &Path, editions: &[Edition]) {
    let text = unpacked(file);
    let rows: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once(','))
        .collect();
    for edition in editions.iter().filter(|edition| edition.isbn.is_some()) {
        let isbn = edition.isbn.unwrap();
        let row = rows[edition.records[0].trim_start_matches("csv:")];
        let short = isbn.isbn10().unwrap_or_default();
        let rounded = format!("{:.11e}", isbn.as_u64() as f64);
        let (figures, _) = rounded.split_once('e').unwrap();
        let rounded = format!("{}e+12", figures.trim_end_matches('0'));
        let sent = row.split(',').any(|cell| {
            let same = cell
                .trim_start_matches('0')
                .eq_ignore_ascii_case(short.trim_start_matches('0'));
            same || cell == isbn.to_string() || cell == rounded
        });
        assert!(sent, "{isbn} is not in {row}");
    }
}

#[test]
fn i6_isbns_that_a_spreadsheet_destroyed_come_back() {
    let Some(Imported {
        file,
        tally,
        editions,
        codes,
    }) = import_table("catalogue/goodreads11k_books.csv.zst")
    else {
        return;
    };
    let with_isbn = editions
        .iter()
        .filter(|edition| edition.isbn.is_some())
        .count();
    println!("{with_isbn} of {} with ISBN: {codes:?}", editions.len());
    assert_eq!(
        (tally.products, tally.rejected, with_isbn),
        (11_127, 0, 11_123)
    );
    assert_isbns_are_their_rows(&file, &editions);
    let first = &editions[0];
    assert_eq!(
        (first.title.as_str(), first.byline().as_str(), first.pages),
        (
            "Harry Potter and the Half-Blood Prince",
            "J.K. Rowling, Mary GrandPré",
            Some(652)
        )
    );
    assert_eq!(
        first
            .published
            .map(|date| (date.year, date.month, date.day)),
        Some((2006, Some(9), Some(16)))
    );
}

#[test]
fn i6_rounded_isbns_are_taken_only_where_they_are_certain() {
    let Some(Imported {
        file,
        tally,
        editions,
        codes,
    }) = import_table("catalogue/goodbooks10k_books.csv.zst")
    else {
        return;
    };
    let with_isbn = editions
        .iter()
        .filter(|edition| edition.isbn.is_some())
        .count();
    println!("{with_isbn} of {} with ISBN: {codes:?}", editions.len());
    assert_eq!(
        (tally.products, tally.rejected, with_isbn),
        (10_000, 0, 9_309)
    );
    assert_isbns_are_their_rows(&file, &editions);
}

#[test]
fn i6_a_library_table_is_put_right() {
    let table = import_table("catalogue/toulouse_top500_imprimes_2011_2020.csv.zst");
    let (Some(table), Some(merged)) = (table, shared("catalogue/all_records.jsonl.zst")) else {
        return;
    };
    let (tally, editions, codes) = (table.tally, table.editions, table.codes);
    assert_eq!((tally.products, tally.rejected), (5_007, 1));
    // Two years of ten have a cell too many in every row.
    assert_eq!(
        (codes["columns-shifted"], codes["letters-repaired"]),
        (1_006, 770)
    );
    // The merged set was made from the same table by other means.
    let merged = unpacked(&merged);
    let known: BTreeSet<(String, String)> = merged
        .lines()
        .filter(|line| line.contains("\"source\":\"toulouse\""))
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|record| {
            let of = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
            (of("title"), of("publisher"))
        })
        .collect();
    let strangers: Vec<(String, String)> = editions
        .iter()
        .map(|edition| {
            let subtitle = edition
                .subtitle
                .as_ref()
                .map(|subtitle| format!(" : {subtitle}"));
            let title = format!("{}{}", edition.title, subtitle.unwrap_or_default());
            (title, edition.publisher.clone().unwrap_or_default())
        })
        .filter(|edition| !known.contains(edition))
        .collect();
    println!(
        "{} editions, {} otherwise in the merged set: {codes:?}",
        editions.len(),
        strangers.len()
    );
    assert!(strangers.len() * 100 < editions.len() * 7, "{strangers:?}");
}

/// What a sample holds, by looking for the words only.
fn products_in(file: &Path) -> u64 {
    let bytes = unpacked_bytes(file);
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
