//! Other implementations of HPKE seal what ours opens, and open what ours seals.
//!
//! Where one of them is missing its test says `skipped:`; `cargo xtask test` installs them, the first into `target/oracle`, the
//! second (where there is npm) into `tests/browser`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cards::sealed::{IntakeKey, SealedError, associated_data, info};
use trade::clock::Timestamp;
use trade::ids::{OrderNumber, PaymentId};
use trade::locale::Locale;
use trade::money::Money;
use trade::payment::CheckInTicket;

const FORM: &[u8] = br#"{"name":"","number":"4111111111111111","exp":"04/29","csc":"123"}"#;
const SEED: [u8; 32] = [7; 32];

fn ticket() -> CheckInTicket {
    CheckInTicket {
        shop: "shop".into(),
        order: OrderNumber::from_bits(42),
        payment: PaymentId::new(),
        amount: Money::cents(2390),
        nonce: "abc".into(),
        expires: Timestamp::micros(0),
        return_url: String::new(),
        locale: Locale::Fr,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Python with pyhpke: the one that `cargo xtask test` made, or the system's.
fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle/bin/python");
    [own, PathBuf::from("python3")].into_iter().find(|python| {
        let tried = Command::new(python).args(["-c", "import pyhpke"]).output();
        tried.is_ok_and(|output| output.status.success())
    })
}

/// Node with @hpke/core, where `cargo xtask test` put it or where the system has it.
fn node() -> Option<Command> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser/node_modules");
    let systems = std::env::var_os("NODE_PATH");
    let node = || {
        let mut paths = OsString::from(&own);
        if let Some(systems) = &systems {
            paths.push(":");
            paths.push(systems);
        }
        let mut node = Command::new("node");
        node.env("NODE_PATH", paths);
        node
    };
    let tried = node().args(["-e", "require('@hpke/core')"]).output();
    tried.is_ok_and(|output| output.status.success()).then(node)
}

/// `program`: the other implementation's, without arguments yet.
fn agrees(program: impl Fn() -> Command, script: &str) {
    let script = format!("{}/tests/oracle/{script}", env!("CARGO_MANIFEST_DIR"));
    let run = |args: &[String]| {
        let output = program().arg(&script).args(args).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let key = IntakeKey::from_seed(&SEED, "2026-11-26").unwrap();
    let (id, ticket) = (&key.public().id, ticket());
    let (info, aad) = (
        hex(info(id).as_bytes()),
        hex(associated_data(&ticket).as_bytes()),
    );

    let theirs = run(&[
        "seal".into(),
        hex(&key.public().bytes),
        info.clone(),
        aad.clone(),
        hex(FORM),
    ]);
    let (encapsulated, cipher) = theirs.split_once(' ').unwrap();
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(unhex(text));
    let sealed = format!("1.{id}.{}.{}", encode(encapsulated), encode(cipher));
    assert_eq!(
        key.open(&sealed, &ticket).unwrap().number,
        "4111111111111111"
    );
    let dearer = CheckInTicket {
        amount: Money::cents(2391),
        ..ticket.clone()
    };
    assert_eq!(
        key.open(&sealed, &dearer).unwrap_err(),
        SealedError::NotForThis
    );

    let ours = key.public().seal(FORM, &ticket).unwrap();
    let parts: Vec<String> = ours
        .split('.')
        .skip(2)
        .map(|part| hex(&URL_SAFE_NO_PAD.decode(part).unwrap()))
        .collect();
    let opened = run(&[
        "open".into(),
        hex(&SEED),
        parts[0].clone(),
        info,
        aad,
        parts[1].clone(),
    ]);
    assert_eq!(unhex(&opened), FORM);
}

#[test]
fn pyhpke_seals_and_opens_alike() {
    let Some(python) = python() else {
        println!("skipped: pyhpke is not installed (cargo xtask test installs it)");
        return;
    };
    agrees(|| Command::new(&python), "hpke.py");
}

#[test]
fn hpke_core_for_javascript_seals_and_opens_alike() {
    if node().is_none() {
        println!(
            "skipped: node with @hpke/core not found (cargo xtask test installs it, where there is npm)"
        );
        return;
    }
    agrees(|| node().unwrap(), "hpke.cjs");
}
