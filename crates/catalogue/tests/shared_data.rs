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
use catalogue::model::{ContributorRole, Edition, EditionId};
use catalogue::shelf::{self, Shelf};
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
    assert_eq!(
        (shelf.counts(), counts.editions),
        (counts, tally.created - tally.hidden)
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

/// The text of a file, unpacked.
fn unpacked(file: &Path) -> String {
    let bytes = fs::read(file).unwrap();
    let bytes = match file.extension().is_some_and(|extension| extension == "zst") {
        true => zstd::decode_all(bytes.as_slice()).unwrap(),
        false => bytes,
    };
    String::from_utf8(bytes).unwrap()
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
