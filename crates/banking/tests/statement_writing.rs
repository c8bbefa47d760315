//! Statements that are written: valid after the schema, and read back the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod messages;

use std::path::PathBuf;
use std::process::Command;

use banking::statement::{Message, Unwritable};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use trade::money::Money;

const DAY_02: &str = include_str!("statement/day_02.xml");
const TWO_ACCOUNTS_08: &str = include_str!("statement/two_accounts_08.xml");

fn read(text: &str) -> Message {
    Message::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_the_schema_forbids_is_not_written() {
    let written = |change: &dyn Fn(&mut Message)| {
        let mut message = read(DAY_02);
        change(&mut message);
        message.to_xml()
    };
    assert!(written(&|_| ()).is_ok());
    let text = |element, most| Err(Unwritable::Text { element, most });
    assert_eq!(
        written(&|message| message.statements.clear()),
        Err(Unwritable::Empty)
    );
    assert_eq!(
        written(&|message| message.id = "x".repeat(36)),
        text("MsgId", 35)
    );
    assert_eq!(
        written(&|message| message.id = String::new()),
        text("MsgId", 35)
    );
    assert_eq!(
        written(&|message| message.id = "a\u{7}".to_owned()),
        text("MsgId", 35)
    );
    assert_eq!(
        written(&|message| message.created = "today".to_owned()),
        Err(Unwritable::Value { element: "CreDtTm" })
    );
    let unbalanced = written(&|message| message.statements[0].closing.amount += Money::cents(1));
    assert_eq!(unbalanced, Err(Unwritable::Unbalanced(Money::cents(1))));
    let negative = written(&|message| message.statements[0].entries[3].amount = Money::cents(-1));
    assert_eq!(
        negative,
        Err(Unwritable::Amount {
            element: "Ntry/Amt"
        })
    );
}

/// Writes messages and has the official schema judge them, where somebody has it: `BOUQUIN_CAMT_XSD` names the file
/// `camt.053.001.08.xsd`, which ISO gives away on its site and this project does not.
#[test]
fn what_is_written_is_valid_after_the_schema() {
    let Some(schema) = std::env::var_os("BOUQUIN_CAMT_XSD").map(PathBuf::from) else {
        println!(
            "skipped: BOUQUIN_CAMT_XSD does not name camt.053.001.08.xsd, so no schema judges what is written"
        );
        return;
    };
    if Command::new("xmllint").arg("--version").output().is_err() {
        println!(
            "skipped: xmllint is missing (Debian: libxml2-utils), so no schema judges what is written"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut files = Vec::new();
    let random = (0..200).map(|_| messages::message().new_tree(&mut runner).unwrap().current());
    for (number, message) in random
        .chain([read(DAY_02), read(TWO_ACCOUNTS_08)])
        .enumerate()
    {
        let file = folder.path().join(format!("{number}.xml"));
        std::fs::write(&file, message.to_xml().unwrap()).unwrap();
        files.push(file);
    }
    let judged = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .arg(schema)
        .args(files)
        .output()
        .unwrap();
    assert!(
        judged.status.success(),
        "{}",
        String::from_utf8_lossy(&judged.stderr)
    );
}

proptest! {
    // A message is a page long.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_message_is_read_back(message in messages::message()) {
        let xml = message.to_xml().unwrap();
        prop_assert_eq!(Message::read(xml.as_bytes()), Ok(message));
    }
}
