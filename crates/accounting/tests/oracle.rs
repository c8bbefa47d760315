//! Files of entries against another check (`oracle/oracle.py`, django-accounting-fr): it finds nothing in what we write,
//! and finds what we find in what was damaged.
//!
//! Where Python or the package is missing, the tests say `skipped:`; `cargo xtask test` installs them into `target/oracle`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod entries;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use accounting::fec::{Level, Separator, check, write};
use entries::exercise;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

const FILES: usize = 200;

fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle/bin/python");
    [own, PathBuf::from("python3")].into_iter().find(|python| {
        let tried = Command::new(python)
            .args(["-c", "import accounting_fr.fec_check"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    })
}

/// What is done to a file, and what the other check calls it.
const DAMAGES: [(&str, &str, &str); 6] = [
    ("\tVentes\t", "\t\t", "error:vide:JournalLib"),
    ("\t2026", "\t2O26", "error:date:EcritureDate"),
    ("EcritureNum", "Numero", "error:entete"),
    (",00\t0,00", ",01\t0,00", "error:equilibre"),
    (",00\t0,00", ",0O\t0,00", "error:montant"),
    ("\t\t\t", "\t\t", "error:zones"),
];

#[test]
fn another_check_agrees() {
    let Some(python) = python() else {
        println!("skipped: django-accounting-fr is not installed (cargo xtask test installs it)");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/oracle.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder
        .path()
        .join(format!("{}.txt", exercise().file_name()));
    let mut ask = |file: &str| -> Value {
        std::fs::write(&path, file).unwrap();
        writeln!(questions, "{}", path.display()).unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    };
    let breaches = |file: &str| {
        check(None, file.as_bytes())
            .iter()
            .filter(|found| found.rule.level() == Level::Breach)
            .count()
    };
    let mut runner = TestRunner::deterministic();
    let mut damaged = 0;
    for _ in 0..FILES {
        let entries = entries::entries().new_tree(&mut runner).unwrap().current();
        let file = write(&exercise(), Separator::Tab, &entries).unwrap();
        let answer = ask(&file);
        assert_eq!(answer["errors"].as_array().unwrap().len(), 0, "{answer}");
        assert_eq!(answer["warnings"].as_array().unwrap().len(), 0, "{answer}");
        assert_eq!(answer["stats"]["ecritures"], entries.len());
        assert_eq!(breaches(&file), 0);
        for (from, to, code) in DAMAGES {
            let worse = file.replacen(from, to, 1);
            if worse == file {
                continue;
            }
            let answer = ask(&worse);
            let found = answer["counts"].as_object().unwrap();
            // It stops at a header that is wrong, and so do we.
            assert_eq!(
                found.contains_key(code),
                breaches(&worse) > 0,
                "{code}: {answer}"
            );
            damaged += 1;
        }
    }
    assert!(damaged > FILES, "{damaged}");
    println!("{FILES} files without a finding, {damaged} damaged ones found by both");
    drop(questions);
    child.wait().unwrap();
}
