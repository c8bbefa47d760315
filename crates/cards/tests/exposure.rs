//! A list that may only shrink: the source files that call `expose_digits`, by which a number leaves its type, or
//! `expose_value` and `expose_bytes`, by which chip data do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The places, and why each needs the digits.
const MAY_EXPOSE: &[&str] = &[
    // The definitions, and the message to the switch.
    "crates/cards/src/pan.rs",
    "crates/cards/src/csc.rs",
    "crates/cards/src/messages.rs",
    // Fields 2 and 48 of the authorisation request.
    "crates/cards/src/iso8583/",
    // The record at rest and its fingerprint.
    "crates/vault/src/record.rs",
    // The switch writes the 0100, the bank reads it.
    "crates/switch/src/",
    "crates/bank/src/",
];

#[test]
fn card_digits_are_exposed_in_listed_files_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap();
    let mut files = Vec::new();
    for krate in fs::read_dir(root.join("crates")).unwrap() {
        sources(&krate.unwrap().path().join("src"), &mut files);
    }
    assert!(files.len() > 10, "the sources were not found");
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let exposing = [".expose_digits(", ".expose_value(", ".expose_bytes("];
        if !exposing.iter().any(|call| source.contains(call)) {
            continue;
        }
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
        assert!(
            MAY_EXPOSE.iter().any(|may| name.starts_with(may)),
            "{name} must not expose card digits"
        );
    }
}

fn sources(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}
