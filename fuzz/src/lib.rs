//! What must hold of everything that a reader makes of any bytes. A property that does not hold is a panic, which
//! libFuzzer reports with the bytes that led to it.

use std::io::Cursor;

use catalogue::covers;
use catalogue::import::{Note, read_stream};
use catalogue::limits::{LINK_CHARS, NAME_CHARS, PARTS, PRICE_CHANGES, TEXT_CHARS};
use catalogue::model::{CoverLink, Edition, Isbn13, Locale, Price};
use catalogue::store::Incoming;
use jiff::civil::date;

/// Drawn covers are small, whatever stands on them.
const COVER_BYTES: usize = 12_000;

/// A note is a sentence or two for a person, and the mark that it was cut short.
const NOTE_CHARS: usize = catalogue::limits::NOTE_CHARS + 1;

/// Reads bytes as a file, and checks what came of them.
pub fn read(bytes: &[u8]) {
    let mut notes: Vec<Note> = Vec::new();
    let mut taken = Vec::new();
    let stream = Box::new(Cursor::new(bytes.to_vec()));
    let tally = read_stream(stream, date(2026, 11, 23), &mut notes, &mut |incoming| {
        taken.push(incoming);
    });
    assert_eq!(tally.products, taken.len() as u64 + tally.rejected);
    assert!(tally.bytes <= bytes.len() as u64);
    let about_records = notes.iter().filter(|note| note.line > 0).count() as u64;
    assert!(
        about_records >= tally.rejected,
        "every rejection has its note"
    );
    let last_line = lines(bytes);
    for note in &notes {
        check_note(note, last_line);
    }
    for incoming in &taken {
        check(incoming);
    }
}

/// The most lines, or records of ISO 2709, that the bytes can have. Packed bytes can have any number.
fn lines(bytes: &[u8]) -> u64 {
    const PACKED: [&[u8]; 2] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd]];
    if PACKED.iter().any(|magic| bytes.starts_with(magic)) {
        return u64::MAX;
    }
    let ends = bytes
        .iter()
        .filter(|byte| matches!(byte, b'\n' | b'\r' | 0x1d));
    ends.count() as u64 + 1
}

fn check_note(note: &Note, last_line: u64) {
    assert!(
        note.line <= last_line,
        "{note:?} is beyond line {last_line}"
    );
    assert!(!note.message.is_empty());
    assert!(note.message.chars().count() <= NOTE_CHARS, "{note:?}");
}

fn check(incoming: &Incoming) {
    let (_, reference) = incoming.identity();
    assert!(!reference.is_empty(), "a record without identity");
    match incoming {
        Incoming::Put(record) => {
            assert!(!record.edition.title.trim().is_empty());
            check_edition(&record.edition);
        }
        Incoming::Blocks(update) => check_edition(&update.record.edition),
        Incoming::Hide { .. } => {}
    }
}

/// What pages, index and database rely on without looking again.
pub fn check_edition(edition: &Edition) {
    check_name(&edition.title);
    let names = [
        &edition.subtitle,
        &edition.original_title,
        &edition.publisher,
        &edition.collection,
    ];
    names
        .into_iter()
        .flatten()
        .for_each(|name| check_name(name));
    if let Some(series) = &edition.series {
        check_name(&series.title);
        series.volume.iter().for_each(|volume| check_name(volume));
    }
    assert!(edition.contributors.len() <= PARTS);
    for contributor in &edition.contributors {
        check_name(&contributor.name);
        assert!(!contributor.name.is_empty());
        contributor
            .inverted
            .iter()
            .for_each(|name| check_name(name));
    }
    assert!(edition.subjects.len() <= PARTS);
    edition
        .subjects
        .iter()
        .for_each(|subject| check_name(&subject.heading));
    assert!(edition.texts.len() <= PARTS);
    for text in &edition.texts {
        assert!(text.body.chars().count() <= TEXT_CHARS);
        check_plain(&text.body);
    }
    if let Some(cover) = &edition.cover {
        check_cover(cover);
    }
    check_isbns(edition);
    edition.price.iter().for_each(check_price);
    assert!(edition.price_changes.len() <= PRICE_CHANGES);
    assert!(
        edition
            .price_changes
            .is_sorted_by(|one, next| one.from < next.from)
    );
    let later = edition.price_changes.iter();
    later
        .filter_map(|change| change.price.as_ref())
        .for_each(check_price);
    check_derived(edition);
}

fn check_cover(cover: &CoverLink) {
    assert!(cover.link.chars().count() <= LINK_CHARS && !cover.link.contains(char::is_control));
    let scheme = cover.link.to_ascii_lowercase();
    assert!(scheme.starts_with("http://") || scheme.starts_with("https://"));
    let hashes = [(&cover.sha256, 64), (&cover.md5, 32)];
    for (hash, figures) in hashes {
        assert!(hash.as_ref().is_none_or(|hash| hash.len() == figures));
    }
}

fn check_isbns(edition: &Edition) {
    assert!(edition.other_isbns.len() <= PARTS && edition.flagged_isbns.len() <= PARTS);
    for isbn in edition.isbns() {
        assert_eq!(Isbn13::parse(&isbn.to_string()), Ok(isbn));
    }
    for flagged in &edition.flagged_isbns {
        check_name(flagged);
    }
}

fn check_price(price: &Price) {
    assert!(!price.amount.is_negative(), "{price:?}");
}

/// One line of plain text.
fn check_name(name: &str) {
    assert!(
        name.chars().count() <= NAME_CHARS,
        "{} characters",
        name.chars().count()
    );
    assert!(!name.contains(['\n', '\r']), "{name:?} has two lines");
    check_plain(name);
}

/// Text that a page or an XML file can hold.
fn check_plain(text: &str) {
    let forbidden = |c: char| c.is_control() && c != '\n';
    assert!(!text.contains(forbidden), "{text:?} has control characters");
}

/// What is made of an edition without the database.
fn check_derived(edition: &Edition) {
    let kept = serde_json::to_string(edition).expect("an edition can be kept");
    let read: Edition = serde_json::from_str(&kept).expect("and read again");
    assert_eq!(&read, edition);
    assert!(covers::svg(edition).len() <= COVER_BYTES);
    let slug = edition.slug();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!(slug.len() <= 80 && slug.chars().all(is_plain), "{slug:?}");
    let _ = (edition.subject(), edition.byline(), edition.buyable());
    let _ = edition.summary(Locale::Fr);
    let _ = edition.price_on(date(2027, 1, 1));
}
