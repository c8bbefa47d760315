//! The vault's log at the command line: shown to be whole, co-signed by a witness, and what each refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod ground;

use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

use ground::Ground;
use link::note;
use link::signed::VerifyingKey;

const ORIGIN: &str = "bouquin.internal/vault/shop";

storage::statements! {
    CHANGE = "UPDATE audit_entry SET said = REPLACE(said, '\"verb\":\"seal\"', '\"verb\":\"open\"') WHERE place = $1";
}

/// A vault whose log has five entries: started, sealed, opened, sealed, opened.
fn with_a_log() -> Ground {
    let ground = Ground::new("demo");
    let running = ground.start(&["--dev"]);
    for _ in 0..2 {
        ground.says(&["seal", "--config", "vault.toml"]);
        ground.says(&["unseal", "--dev", "--config", "vault.toml"]);
    }
    drop(running);
    ground
}

/// `bouquin vault audit verify`, with more.
fn verify<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["audit", "verify", "--config", "vault.toml"];
    args.extend(more);
    args
}

/// How many entries the log is said to have.
fn entries(ground: &Ground) -> usize {
    let said = ground.says(&verify(&[]));
    assert!(said.contains("entries, all as they were written down."));
    said.split(' ').next().unwrap().parse().unwrap()
}

/// Writes down what a witness is asked who has seen so many.
fn ask(ground: &Ground, since: usize, file: &str) {
    let asked = ground.says(&checkpoint(&since.to_string()));
    fs::write(ground.at(file), asked).unwrap();
}

fn checkpoint(since: &str) -> [&str; 6] {
    [
        "audit",
        "checkpoint",
        "--config",
        "vault.toml",
        "--since",
        since,
    ]
}

const COSIGN: [&str; 8] = [
    "audit",
    "cosign",
    "--witness",
    "keys/security",
    "--vault",
    "certs/vault",
    "--seen",
    "seen",
];

fn cosign(request: &str) -> Vec<&str> {
    let mut args = COSIGN.to_vec();
    args.push(request);
    args
}

/// Why a command did nothing.
fn why(ground: &Ground, args: &[&str]) -> String {
    let said = ground.refuses(args);
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn an_entry_is_shown_to_be_in_the_log_or_not_to_be_there() {
    let ground = Ground::new("demo");
    let never = why(&ground, &verify(&[]));
    assert!(never.contains("has this vault ever been open?"), "{never}");
    let ground = with_a_log();
    let size = entries(&ground);
    assert_eq!(size, 5);
    for entry in 0..size {
        let said = ground.says(&verify(&["--entry", &entry.to_string()]));
        let (_, shown) = said
            .split_once(&format!("Entry {entry} is in it, by "))
            .unwrap();
        let count: usize = shown.split(' ').next().unwrap().parse().unwrap();
        let hashes = shown.lines().skip(1).take_while(|line| {
            let hash = line.trim_start();
            hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        assert_eq!(hashes.count(), count, "{said}");
        // A complete tree of four entries, and one beside it.
        assert_eq!(count, if entry < 4 { 3 } else { 1 }, "{said}");
    }
    let beyond = why(&ground, &verify(&["--entry", &size.to_string()]));
    let told = format!("there is no entry {size}: they count from 0");
    assert!(beyond.contains(&told), "{beyond}");
    for nonsense in ["-1", "x", "1.5"] {
        why(&ground, &verify(&[&format!("--entry={nonsense}")]));
    }
    // Changed since: the entry is named and nothing else is said of the log.
    let place = size - 2;
    let url = storage::StoreUrl::Sqlite(ground.at("vault/vault.db"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let changed = runtime.block_on(async {
        let store = storage::Store::open(&url, &[]).await.unwrap();
        let place = storage::Value::from(i64::try_from(place).unwrap());
        store
            .write(move |tx| tx.execute(&CHANGE, std::slice::from_ref(&place)))
            .await
    });
    let changed: Result<u64, storage::Fault> = changed;
    assert_eq!((changed.unwrap(), STATEMENTS.len()), (1, 1));
    let output = ground.run(&verify(&["--entry", "0"]));
    assert!(!output.status.success() && output.stdout.is_empty());
    let broken = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = format!("the log is NOT whole: entry {place} was changed");
    assert!(broken.contains(&told), "{broken}");
}

/// What is given to a command as its standard input.
fn given(ground: &Ground, args: &[&str], input: &[u8]) -> Output {
    let mut command = ground.command(args);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = pipes.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_witness_signs_what_continues_and_the_log_is_held_against_it() {
    let ground = with_a_log();
    let size = entries(&ground);
    ground.says(&["audit", "witness", "keys/security"]);
    let again = why(&ground, &["audit", "witness", "keys/security"]);
    assert!(again.contains("has keys in keys already"), "{again}");

    ask(&ground, 0, "ask");
    let signed = ground.says(&cosign("ask"));
    assert_eq!(signed, fs::read_to_string(ground.at("seen")).unwrap());
    let vault = VerifyingKey::load(&ground.at("certs"), "vault").unwrap();
    let security = VerifyingKey::load(&ground.at("keys"), "security").unwrap();
    assert!(note::has_signed(&vault, ORIGIN, &signed));
    assert!(note::has_cosigned(&security, "security", &signed).is_some());
    let held = verify(&["--against", "seen", "--witness", "keys/security"]);
    let told = format!("It begins with the {size} entries of seen, signed by security.");
    assert!(ground.says(&held).contains(&told));

    // Asked from another beginning than where she stopped, she does not sign, and remembers what she had.
    let elsewhere = why(&ground, &cosign("ask"));
    let told = format!("the proof begins at 0 entries, this witness has seen {size}");
    assert!(elsewhere.contains(&told), "{elsewhere}");
    drop(ground.start(&["--dev"]));
    ask(&ground, size, "more");
    let more = fs::read(ground.at("more")).unwrap();
    let output = given(&ground, &cosign("-"), &more);
    assert!(output.status.success(), "{output:?}");
    let seen = fs::read_to_string(ground.at("seen")).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), seen);
    let grown = entries(&ground);
    let told = format!("It begins with the {grown} entries of seen, signed by security.");
    assert!(grown > size && ground.says(&held).contains(&told));

    let too_long = why(&ground, &checkpoint("4000"));
    let told = format!("--since 4000: the log has {grown} entries");
    assert!(too_long.contains(&told), "{too_long}");
}

#[test]
fn what_is_no_request_and_no_checkpoint_of_this_log_is_refused() {
    let (ground, other) = (with_a_log(), with_a_log());
    for one in [&ground, &other] {
        one.says(&["audit", "witness", "keys/security"]);
        ask(one, 0, "ask");
    }
    // Another vault's request, a damaged one, one of another file, and none.
    fs::copy(other.at("ask"), ground.at("others")).unwrap();
    let asked = fs::read_to_string(ground.at("ask")).unwrap();
    let size = entries(&ground);
    let dearer = asked.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
    assert_ne!(asked, dearer);
    fs::write(ground.at("damaged"), dearer).unwrap();
    for (request, told) in [
        ("others", "not of this log, or not signed by its vault"),
        ("damaged", "not of this log, or not signed by its vault"),
        ("vault.toml", "this is not a request for a witness"),
        ("nowhere", "nowhere"),
    ] {
        let said = why(&ground, &cosign(request));
        assert!(said.contains(told), "{request}: {said}");
        assert!(!ground.at("seen").exists(), "{request} was signed");
    }
    let mut elsewhere = cosign("ask");
    elsewhere.extend(["--origin", "bouquin.internal/vault/another"]);
    let said = why(&ground, &elsewhere);
    assert!(said.contains("not of this log"), "{said}");
    // What she signed last cannot be read: she does not begin anew.
    fs::write(ground.at("seen"), "lost").unwrap();
    let said = why(&ground, &cosign("ask"));
    assert!(said.contains("seen is no checkpoint"), "{said}");
    assert_eq!(fs::read_to_string(ground.at("seen")).unwrap(), "lost");
    fs::remove_file(ground.at("seen")).unwrap();

    ground.says(&cosign("ask"));
    other.says(&cosign("ask"));
    fs::copy(other.at("seen"), ground.at("others-seen")).unwrap();
    for suffix in ["key", "pub"] {
        let name = format!("keys/security.sign.{suffix}");
        fs::copy(
            other.at(&name),
            ground.at(&format!("keys/other.sign.{suffix}")),
        )
        .unwrap();
    }
    for (more, told) in [
        (
            vec!["--against", "others-seen"],
            "not one of this log, or not signed by this vault",
        ),
        (
            vec!["--against", "vault.toml"],
            "not one of this log, or not signed by this vault",
        ),
        (vec!["--against", "nowhere"], "nowhere"),
        (
            vec!["--against", "seen", "--witness", "keys/other"],
            "does not carry the signature of the witness other",
        ),
        (
            vec!["--against", "seen", "--witness", "keys/nobody"],
            "nobody",
        ),
        (vec!["--witness", "keys/security"], "--against"),
    ] {
        let said = why(&ground, &verify(&more));
        assert!(said.contains(told), "{more:?}: {said}");
    }
}
