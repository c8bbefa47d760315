//! Subjects of real records read as Thema, where the records lie beside the workspace; none is part of the project.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use catalogue::import::read_stream;
use catalogue::model::{Edition, SubjectScheme};
use catalogue::store::Incoming;
use catalogue::subject::Topics;
use jiff::civil::date;

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

fn read(file: &Path, take: &mut dyn FnMut(Edition)) {
    let mut notes = Vec::new();
    let stream = Box::new(File::open(file).unwrap());
    read_stream(stream, date(2026, 11, 26), &mut notes, &mut |incoming| {
        if let Incoming::Put(record) = incoming {
            take(record.edition);
        }
    });
}

/// Editions; those with a Thema subject of a sender's; those with one at all.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    editions: u64,
    sent: u64,
    any: u64,
}

impl Counted {
    fn add(&mut self, edition: &Edition) {
        let topics = Topics::of(&edition.subjects);
        let any = u64::from(!topics.themas().is_empty());
        self.editions += 1;
        self.any += any;
        self.sent += any * u64::from(matches!(topics, Topics::Sent(_)));
    }
}

#[test]
fn library_classes_lead_to_subject_pages() {
    let Some(file) = shared("catalogue/all_records.jsonl.zst") else {
        return;
    };
    let mut counted = Counted::default();
    read(&file, &mut |edition| counted.add(&edition));
    println!("{counted:?}");
    assert_eq!(counted.sent, 0, "none of the sources knows Thema");
    assert_eq!(counted.any, 68_473, "of {}", counted.editions);
}

#[test]
fn dewey_classes_of_libraries_are_read_as_what_they_mean() {
    let Some(folder) = shared("marc") else {
        return;
    };
    let (mut counted, mut with_dewey, mut without) = (Counted::default(), 0, Vec::new());
    for file in fs::read_dir(folder).unwrap() {
        read(&file.unwrap().path(), &mut |edition| {
            counted.add(&edition);
            let dewey = edition
                .subjects
                .iter()
                .filter(|subject| subject.scheme == SubjectScheme::Dewey);
            let codes: Vec<_> = dewey.filter_map(|one| one.code.clone()).collect();
            with_dewey += u64::from(!codes.is_empty());
            if !codes.is_empty() && Topics::of(&edition.subjects).themas().is_empty() {
                without.push(codes);
            }
        });
    }
    println!("{counted:?}, {with_dewey} with Dewey; no subject: {without:?}");
    assert!(with_dewey > 0 && without.len() as u64 * 20 <= with_dewey);
}
