//! Packed files: zip archives, which are read by their directory, gzip and Zstandard.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use catalogue::import::preview;
use tempfile::TempDir;

/// Books of a file that are looked at.
const BOOKS: usize = 20;

static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file: PathBuf = FOLDER.path().join("feed");
    fs::write(&file, bytes).expect("a file in the temporary folder");
    let preview = preview(&file, None, BOOKS).expect("the file is there");
    assert!(preview.editions.len() <= BOOKS);
    preview.editions.iter().for_each(fuzz::check_edition);
});
