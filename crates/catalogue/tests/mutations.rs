//! Messages damaged at random: whatever arrives, reading ends, and every product is taken or rejected with a note.
//!
//! `MUTATIONS=20000 cargo nextest run -p catalogue --release --test mutations` reads on for minutes. The samples beside the
//! workspace are damaged too, where they are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use catalogue::import::{Note, read_stream};
use jiff::civil::date;

/// Larger samples take longer to read than their damage is worth.
const SAMPLE_BYTES_MAX: u64 = 60_000;

const SHREDS: [&[u8]; 20] = [
    b"<",
    b">",
    b"&",
    b";",
    b"\"",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<Product>",
    b"</Product>",
    b"</ONIXMessage>",
    b"<!DOCTYPE x [<!ENTITY a '&a;'>]>",
    b"&#0;",
    b"&oelig;",
    b"\xff\xfe",
    b"\xe9",
    b"\0",
    b"<a b='",
    b"99999999999999999999",
];

/// A simple generator, so that a failure can be repeated by its number.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

fn damaged(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..1 + random.below(6) {
        let at = random.below(bytes.len());
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => {
                let copied = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, copied);
            }
            3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => {
                let shred = SHREDS[random.below(SHREDS.len())];
                bytes.splice(at..at, shred.iter().copied());
            }
        }
    }
    bytes
}

fn originals() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/fixtures")];
    let samples = root.join("../../../shared/data/onix/samples");
    match fs::read_dir(&samples) {
        Ok(sets) => folders.extend(sets.map(|set| set.unwrap().path())),
        Err(_) => println!("skipped: {} is not here", samples.display()),
    }
    let mut files: Vec<PathBuf> = folders
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|file| file.metadata().unwrap().len() <= SAMPLE_BYTES_MAX)
        .filter(|file| !file.to_string_lossy().contains(".json"))
        .collect();
    files.sort();
    files
}

#[test]
fn o17_o18_damaged_messages_are_read_to_their_end() {
    let rounds: u64 = std::env::var("MUTATIONS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(6);
    for (place, file) in originals().iter().enumerate() {
        let original = fs::read(file).unwrap();
        for round in 0..rounds {
            let mut random = Random(round * 1_000 + place as u64);
            let bytes = damaged(&original, &mut random);
            let mut notes: Vec<Note> = Vec::new();
            let mut taken = 0;
            let stream = Box::new(Cursor::new(bytes));
            let tally = read_stream(stream, date(2026, 11, 23), &mut notes, &mut |_| taken += 1);
            let told = format!("{} round {round}", file.display());
            assert_eq!(tally.products, taken + tally.rejected, "{told}");
            let about_records = notes.iter().filter(|note| note.line > 0).count() as u64;
            assert!(about_records >= tally.rejected, "{told}");
        }
    }
}
