//! Packed files in: zip archives of several files, and files that were packed to do harm (O18).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs::{self, File};
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use catalogue::import::{Note, Tally, import_files};
use storage::{Store, StoreUrl};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const DEFLATED: CompressionMethod = CompressionMethod::Deflated;
const STORED: CompressionMethod = CompressionMethod::Stored;

/// Imports `bytes` as one file into an empty catalogue.
fn import(bytes: &[u8]) -> (Tally, Vec<Note>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("shop.db"));
    let store = runtime
        .block_on(Store::open(&url, &[catalogue::MIGRATIONS]))
        .unwrap();
    let file = folder.path().join("feed");
    fs::write(&file, bytes).unwrap();
    let mut notes = Vec::new();
    let tally = import_files(&store, &[file], &(), &mut notes).unwrap();
    (tally, notes)
}

fn fixture(name: &str) -> Vec<u8> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let mut bytes = Vec::new();
    File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn zipped(members: &[(&str, CompressionMethod, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, method, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(*method);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn codes(notes: &[Note]) -> Vec<&'static str> {
    notes.iter().map(|note| note.code).collect()
}

#[test]
fn o18_every_file_in_an_archive_is_read() {
    let reference = fixture("reference.xml");
    let short = fixture("short_2_1.xml");
    let other = String::from_utf8(reference.clone())
        .unwrap()
        .replace("quai-0001", "quai-0003")
        .replace("9782070541270", "9791034000050")
        .replace("9780141439518", "9780007232833");
    let archive = zipped(&[
        ("feed/a.xml", DEFLATED, &reference),
        ("feed/b.xml", STORED, other.as_bytes()),
        ("c.xml.gz", STORED, &gzipped(&short)),
        (
            "lines.jsonl",
            DEFLATED,
            b"{\"id\":\"s:1\",\"source\":\"s\",\"title\":\"T\"}\n",
        ),
        ("__MACOSX/feed/._a.xml", STORED, b"junk"),
        ("feed/.DS_Store", STORED, b"junk"),
        ("empty/", STORED, b""),
    ]);
    let (tally, notes) = import(&archive);
    assert_eq!(notes, []);
    assert_eq!((tally.products, tally.created), (7, 3));
    assert!(tally.bytes < archive.len() as u64);
}

#[test]
fn o18_notes_name_the_file_inside_the_archive() {
    let (_, notes) = import(&zipped(&[
        ("feed/a.xml", DEFLATED, b"<html/>"),
        ("read.me", STORED, b"hello"),
    ]));
    assert_eq!(codes(&notes), ["not-onix", "not-recognised"]);
    assert!(notes[0].file.ends_with("feed/a.xml"), "{:?}", notes[0]);
}

#[test]
fn o18_what_unpacks_to_more_than_a_catalogue_is_refused() {
    let mut bomb = fixture("reference.xml");
    let end = bomb.len() - "</ONIXMessage>\n".len();
    bomb.truncate(end);
    bomb.extend(std::iter::repeat_n(b' ', 80 << 20));
    let packed = [
        zipped(&[("bomb.xml", DEFLATED, &bomb)]),
        gzipped(&bomb),
        zstd::encode_all(bomb.as_slice(), 1).unwrap(),
        zipped(&[("bomb.gz", DEFLATED, &gzipped(&bomb))]),
    ];
    for bytes in packed {
        let (tally, notes) = import(&bytes);
        // What came before is complete, and was taken.
        assert_eq!((tally.products, tally.created), (2, 1));
        assert_eq!(codes(&notes), ["broken-off"]);
        assert!(
            notes[0].message.contains("unpacks to more than"),
            "{:?}",
            notes[0]
        );
    }
}

#[test]
fn o18_archives_that_cannot_be_read_say_why() {
    let reference = fixture("reference.xml");
    let archive = zipped(&[("a.xml", DEFLATED, &reference)]);
    let central = archive
        .windows(4)
        .rposition(|window| window == b"PK\x01\x02")
        .unwrap();
    let mut encrypted = archive.clone();
    encrypted[6] |= 1;
    encrypted[central + 8] |= 1;
    let mut other_packing = archive.clone();
    other_packing[8] = 12;
    other_packing[central + 10] = 12;
    let mut damaged = zipped(&[("a.xml", STORED, &reference)]);
    let letter = damaged
        .windows(5)
        .position(|window| window == b"roman")
        .unwrap();
    damaged[letter] = b'R';
    let cut = archive[..archive.len() / 2].to_vec();
    let many: Vec<_> = (0..10_001).map(|n| format!("{n}.xml")).collect();
    let many: Vec<(&str, CompressionMethod, &[u8])> = many
        .iter()
        .map(|name| (name.as_str(), STORED, b"".as_slice()))
        .collect();
    for (archive, words) in [
        (encrypted, "encrypted"),
        (other_packing, "another way than deflate"),
        (damaged, "checksum"),
        (cut, "could not be read"),
        (zipped(&[("junk/.a", STORED, b"")]), "holds no file"),
        (zipped(&many), "more than 10000 files"),
    ] {
        let (_, notes) = import(&archive);
        assert_eq!(codes(&notes), ["broken-off"], "{words}");
        assert!(notes[0].message.contains(words), "{words}: {:?}", notes[0]);
    }
}

#[test]
fn o18_an_archive_with_a_giant_directory_is_refused_before_it_is_held() {
    let name = "x".repeat(60_000);
    let names: Vec<_> = (0..200).map(|n| format!("{n}{name}")).collect();
    let members: Vec<(&str, CompressionMethod, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), STORED, b"".as_slice()))
        .collect();
    let (_, notes) = import(&zipped(&members));
    assert!(
        notes[0].message.contains("directory is too large"),
        "{:?}",
        notes[0]
    );
}
