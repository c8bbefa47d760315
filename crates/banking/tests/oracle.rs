//! Our statements, IBANs and creditor references against other implementations (`oracle/oracle.py`): what we write,
//! pycamt reads to the same values; what we find right or wrong, so does python-stdnum.
//!
//! Where Python or a package is missing, the tests say `skipped:`; `cargo xtask test` installs them into `target/oracle`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod messages;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use banking::creditor_reference::CreditorReference;
use banking::iban::Iban;
use banking::statement::{
    AccountId, DetailAmount, Direction, Entry, EntryStatus, Message, Statement, Transaction,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use trade::money::Money;

const MESSAGES: usize = 300;
const NUMBERS: usize = 2_000;

/// The other side, kept running.
struct Oracle {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    fn start() -> Option<Oracle> {
        let Some(python) = python() else {
            println!(
                "skipped: pycamt, lxml or python-stdnum is not installed (cargo xtask test installs them)"
            );
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/oracle.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Some(Oracle {
            questions: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        })
    }

    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.questions.as_mut().unwrap(), "{question}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer to {question}"))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.wait();
    }
}

fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle/bin/python");
    [own, PathBuf::from("python3")].into_iter().find(|python| {
        let tried = Command::new(python)
            .args(["-c", "import pycamt.parser, stdnum.iso11649"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    })
}

#[test]
fn pycamt_reads_what_is_written() {
    let Some(mut oracle) = Oracle::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statement.xml");
    let mut runner = TestRunner::deterministic();
    let mut transactions = 0;
    for _ in 0..MESSAGES {
        let message = messages::message().new_tree(&mut runner).unwrap().current();
        std::fs::write(&file, message.to_xml().unwrap()).unwrap();
        let answer = oracle.ask(&json!({ "statement": file }));
        transactions += compare(&message, &answer);
    }
    println!("{MESSAGES} messages with {transactions} transactions were read to the same values");
}

/// Compares a message with what pycamt makes of it; how many transactions there were.
fn compare(message: &Message, answer: &Value) -> usize {
    assert_eq!(answer["header"]["MessageID"], *message.id);
    assert_eq!(answer["header"]["CreationDateTime"], *message.created);
    let mut lines = answer["transactions"].as_array().unwrap().iter();
    let statements = answer["statements"].as_array().unwrap();
    assert_eq!(statements.len(), message.statements.len());
    let mut transactions = 0;
    for (statement, told) in message.statements.iter().zip(statements) {
        compare_statement(statement, told);
        for entry in &statement.entries {
            // One line for each transaction, and one for an entry without any.
            if entry.transactions().next().is_none() {
                compare_entry(entry, lines.next().unwrap());
            }
            for transaction in entry.transactions() {
                let line = lines.next().unwrap();
                compare_transaction(transaction, line);
                transactions += 1;
            }
        }
    }
    assert_eq!(lines.next(), None);
    transactions
}

fn compare_statement(statement: &Statement, told: &Value) {
    if let AccountId::Iban(iban) = &statement.account {
        assert_eq!(told["IBAN"], *iban.as_str());
    }
    let is_first = statement.page.is_none_or(|page| page.number == 1);
    let is_last = statement.page.is_none_or(|page| page.is_last);
    for (is_there, balance, name) in [
        (is_first, statement.opening, "OpeningBalance"),
        (is_last, statement.closing, "ClosingBalance"),
    ] {
        if is_there {
            assert_eq!(cents(&told[name]), balance.amount);
            assert_eq!(told[format!("{name}Date")], *balance.date.to_string());
        }
    }
}

fn compare_entry(entry: &Entry, told: &Value) {
    assert_eq!(cents(&told["Amount"]), entry.amount);
    assert_eq!(told["CreditDebitIndicator"], code(entry.direction));
    assert_eq!(told["ReversalIndicator"] == "true", entry.is_reversal);
    let status = match &entry.status {
        EntryStatus::Booked => "BOOK",
        EntryStatus::Pending => "PDNG",
        EntryStatus::Information => "INFO",
        EntryStatus::Future => "FUTR",
        // It looks for codes only.
        EntryStatus::Other(_) => told["Status"].as_str().unwrap_or_default(),
    };
    assert_eq!(told["Status"].as_str().unwrap_or_default(), status);
    for (name, day) in [
        ("BookingDate", entry.booked_on),
        ("ValueDate", entry.value_date),
    ] {
        assert_eq!(
            told[name].as_str(),
            day.map(|day| day.to_string()).as_deref()
        );
    }
    assert_eq!(
        told["TransactionID"].as_str(),
        entry.servicer_reference.as_deref()
    );
    assert_eq!(
        told["AdditionalEntryInformation"].as_str(),
        entry.information.as_deref()
    );
    let sub_family = entry
        .code
        .domain
        .as_ref()
        .map(|(_, _, sub_family)| sub_family.as_str());
    assert_eq!(told["TransactionSubFamilyCode"].as_str(), sub_family);
}

fn compare_transaction(transaction: &Transaction, told: &Value) {
    // Where a transaction has no amount or direction, it takes the next one below: that of a charge.
    match &transaction.amount {
        Some(DetailAmount::Euro(amount)) => assert_eq!(cents(&told["Amount"]), *amount),
        Some(DetailAmount::Foreign { amount, .. }) => assert_eq!(told["Amount"], **amount),
        None => {}
    }
    if let Some(direction) = transaction.direction {
        assert_eq!(told["CreditDebitIndicator"], code(direction));
    }
    let iban = |account: &Option<AccountId>| match account {
        Some(AccountId::Iban(iban)) => Some(iban.to_string()),
        _ => None,
    };
    let words = &transaction.remittance.unstructured;
    for (name, ours) in [
        ("EndToEndId", transaction.end_to_end_id.clone()),
        ("DebtorName", transaction.debtor.name.clone()),
        ("CreditorName", transaction.creditor.name.clone()),
        ("DebtorIBAN", iban(&transaction.debtor.account)),
        ("CreditorIBAN", iban(&transaction.creditor.account)),
        (
            "RemittanceInformationFull",
            (!words.is_empty()).then(|| words.join(" ")),
        ),
    ] {
        assert_eq!(told[name].as_str(), ours.as_deref(), "{name}");
    }
}

fn code(direction: Direction) -> &'static str {
    match direction {
        Direction::Credit => "CRDT",
        Direction::Debit => "DBIT",
    }
}

/// Its balances are floating point numbers, exact enough for the amounts of these messages.
fn cents(told: &Value) -> Money {
    let euros: f64 = told.as_str().unwrap().parse().unwrap();
    #[allow(clippy::cast_possible_truncation)]
    Money::cents((euros * 100.0).round() as i64)
}

#[test]
fn stdnum_finds_the_same_numbers_right() {
    let Some(mut oracle) = Oracle::start() else {
        return;
    };
    let mut runner = TestRunner::deterministic();
    // Right ones, and the same with one symbol changed: most are wrong, and both must say so.
    let changes = (messages::iban(), 0_usize..20, "[0-9A-Z]");
    // Behind the check digits: there it takes letters too, and the standard does not.
    let bodies = ("[0-9A-Z]{1,21}", 4_usize..25, "[0-9A-Z]");
    let mut wrong = 0;
    for _ in 0..NUMBERS / 2 {
        let (iban, place, symbol) = changes.new_tree(&mut runner).unwrap().current();
        let mut text = iban.to_string();
        assert_eq!(oracle.ask(&json!({ "iban": text })), true, "{text}");
        if place < text.len() {
            text.replace_range(place..=place, &symbol);
        }
        // It does more: the banks of some countries check their own part of a number too.
        let theirs = oracle.ask(&json!({ "iban": text }));
        assert!(theirs == false || Iban::parse(&text).is_ok(), "{text}");

        let (body, place, symbol) = bodies.new_tree(&mut runner).unwrap().current();
        let mut text = CreditorReference::for_body(&body).unwrap().to_string();
        assert_eq!(oracle.ask(&json!({ "reference": text })), true, "{text}");
        if place < text.len() {
            text.replace_range(place..=place, &symbol);
        }
        let ours = CreditorReference::parse(&text).is_ok();
        wrong += usize::from(!ours);
        assert_eq!(oracle.ask(&json!({ "reference": text })), ours, "{text}");
    }
    assert!(wrong > NUMBERS / 10, "{wrong}");
}
