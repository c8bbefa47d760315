//! The audit log: every verb is in it, whatever is done to it is found and named, and a witness signs only logs that
//! forgot nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::io::Write as _;
use std::process::{Command, Stdio};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use house::{House, MASTERCARD, VISA, config};
use link::signed::{SigningKey, VerifyingKey};
use storage::{Store, StoreUrl, Value};
use trade::payment::CardToken;
use vault::admin::Ask;
use vault::audit::checkpoint::Checkpoint;
use vault::audit::tree;
use vault::audit::verify::{Broken, Log, NotVerified};
use vault::audit::witness::{self, Refusal};
use vault::audit::{Entry, Verb};

storage::statements! {
    ENTRIES = "SELECT said FROM audit_entry ORDER BY place";
    CHANGE = "UPDATE audit_entry SET said = REPLACE(said, '\"peer\":\"shop\"', '\"peer\":\"none\"') WHERE place = $1";
    REMOVE = "DELETE FROM audit_entry WHERE place >= $1 AND place < $2";
    MOVE = "UPDATE audit_entry SET place = place + $2 WHERE place = $1";
    COPY = "INSERT INTO audit_entry (place, said, signature) SELECT $2, said, signature FROM audit_entry WHERE place = $1";
    SHORTEN = "UPDATE audit_log SET size = $1, roots = $2";
}

const ORIGIN: &str = "bouquin.internal/vault/shop";

/// A vault that was asked for everything once, done and refused.
async fn asked() -> House {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    house.pay_plainly(&ticket, VISA).await;
    house.pay_plainly(&ticket, MASTERCARD).await;
    let grant = house.grant(&ticket, &receipt.token);
    house.redeem(&grant).await.unwrap();
    assert_eq!(
        house.redeem(&grant).await.unwrap_err().0,
        StatusCode::CONFLICT
    );
    let describe = |token: &CardToken| serde_json::json!({ "token": token });
    house
        .ask("shop", "/describe", &describe(&receipt.token))
        .await;
    let unknown = CardToken::parse("tok_AAAAAAAAAAAAAAAAAAAAAA").unwrap();
    house.ask("shop", "/describe", &describe(&unknown)).await;
    house
        .ask("switch", "/redeem", &serde_json::json!({ "grant": "x.y" }))
        .await;
    house
}

async fn store(house: &House) -> Store {
    let url = StoreUrl::Sqlite(house.dir.path().join("vault/vault.db"));
    Store::open(&url, &[]).await.unwrap()
}

async fn run(house: &House, statement: &'static storage::Statement, params: &[i64]) {
    let params: Vec<Value> = params.iter().map(|n| Value::from(*n)).collect();
    let store = store(house).await;
    let touched: Result<u64, storage::Fault> =
        store.write(move |tx| tx.execute(statement, &params)).await;
    assert!(touched.unwrap() > 0);
}

async fn log(house: &House) -> Result<Log, NotVerified> {
    Log::read(&config(house.dir.path())).await
}

async fn broken(house: &House) -> Broken {
    match log(house).await {
        Err(NotVerified::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_verb_is_in_the_log() {
    let house = asked().await;
    let rows = store(&house)
        .await
        .read(|tx| tx.query(&ENTRIES, &[]))
        .await
        .unwrap();
    let entries: Vec<Entry> = rows
        .iter()
        .map(|row| serde_json::from_str(row.text(0).unwrap()).unwrap())
        .collect();
    let said: Vec<(Verb, bool)> = entries
        .iter()
        .map(|entry| (entry.verb, entry.refused.is_none()))
        .collect();
    let expected = [
        (Verb::Start, true),
        (Verb::CheckIn, true),
        (Verb::CheckIn, false),
        (Verb::Redeem, true),
        (Verb::Redeem, false),
        (Verb::Describe, true),
        (Verb::Describe, false),
        (Verb::Redeem, false),
    ];
    assert_eq!(said, expected);
    assert_eq!(entries[3].amount.unwrap().as_cents(), 2390);
    assert_eq!(entries[3].peer.as_deref(), Some("switch"));
    assert_eq!(entries[7].order, None, "nobody signed that grant");
    for row in &rows {
        let text = row.text(0).unwrap();
        assert!(!text.contains("4111") && !text.contains("1111"), "{text}");
    }
    let log = log(&house).await.unwrap();
    assert_eq!(log.size(), expected.len());
    let note = log.checkpoint().unwrap();
    assert!(link::note::has_signed(&house.vault_key, ORIGIN, &note));
}

#[tokio::test]
async fn who_asks_for_what_is_anothers_is_in_the_log() {
    let house = House::new().await;
    let token = serde_json::json!({ "token": "tok_AAAAAAAAAAAAAAAAAAAAAA" });
    for (peer, path) in [("shop", "/redeem"), ("switch", "/forget")] {
        let (status, _) = house.ask(peer, path, &token).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{peer} {path}");
    }
    let rows = store(&house).await;
    let rows = rows.read(|tx| tx.query(&ENTRIES, &[])).await.unwrap();
    let entries = rows
        .iter()
        .skip(1)
        .map(|row| serde_json::from_str::<Entry>(row.text(0).unwrap()).unwrap());
    let said: Vec<_> = entries
        .map(|entry| (entry.verb, entry.peer.unwrap(), entry.refused.is_some()))
        .collect();
    let tried = |verb, peer: &str| (verb, peer.to_owned(), true);
    assert_eq!(
        said,
        [tried(Verb::Redeem, "shop"), tried(Verb::Forget, "switch")]
    );
}

#[tokio::test]
async fn what_is_asked_at_the_admin_door_is_in_the_log() {
    let house = House::new().await;
    let bound = vault::bind(&config(house.dir.path()), house.clock.clone())
        .await
        .unwrap();
    let serving = tokio::spawn(bound.serve(std::future::pending()));
    let folder = house.dir.path().join("vault");
    for question in [Ask::Rotate, Ask::Seal, Ask::Rotate] {
        let (folder, question) = (folder.clone(), question.clone());
        let asked = tokio::task::spawn_blocking(move || vault::admin::ask(&folder, &question));
        asked.await.unwrap().unwrap();
    }
    serving.abort();
    let rows = store(&house)
        .await
        .read(|tx| tx.query(&ENTRIES, &[]))
        .await
        .unwrap();
    let said: Vec<(Verb, bool)> = rows
        .iter()
        .map(|row| serde_json::from_str::<Entry>(row.text(0).unwrap()).unwrap())
        .map(|entry| (entry.verb, entry.refused.is_none()))
        .skip_while(|(verb, _)| *verb == Verb::Start)
        .collect();
    let expected = [
        (Verb::Rotate, true),
        (Verb::Seal, true),
        (Verb::Rotate, false),
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_changed_entry_is_named() {
    let house = asked().await;
    run(&house, &CHANGE, &[5]).await;
    assert_eq!(broken(&house).await, Broken::Changed(5));
}

#[tokio::test]
async fn removed_entries_are_named() {
    let house = asked().await;
    run(&house, &REMOVE, &[2, 4]).await;
    let removed = Broken::Removed { first: 2, last: 3 };
    assert_eq!(broken(&house).await, removed);
    for place in 4..8 {
        run(&house, &MOVE, &[place, -2]).await;
    }
    assert_eq!(broken(&house).await, removed, "closing ranks hides nothing");
}

#[tokio::test]
async fn an_added_entry_is_named() {
    let house = asked().await;
    for place in (5..8).rev() {
        run(&house, &MOVE, &[place, 1]).await;
    }
    run(&house, &COPY, &[3, 5]).await;
    assert_eq!(broken(&house).await, Broken::Inserted(5));
    let house = asked().await;
    run(&house, &COPY, &[3, -1]).await;
    assert_eq!(broken(&house).await, Broken::Inserted(-1));
}

#[tokio::test]
async fn a_shortened_log_is_found_by_what_was_witnessed() {
    let house = asked().await;
    let whole = log(&house).await.unwrap();
    let kept = whole.checkpoint().unwrap();
    run(&house, &REMOVE, &[6, 8]).await;
    let removed = Broken::Removed { first: 6, last: 7 };
    assert_eq!(broken(&house).await, removed);
    // Who also sets the log's own row back leaves a log that is whole by itself.
    let mut frontier = tree::Frontier::default();
    whole.leaves()[..6]
        .iter()
        .for_each(|leaf| frontier.push(*leaf));
    let roots = frontier.to_bytes();
    store(&house)
        .await
        .write(move |tx| tx.execute(&SHORTEN, &[6.into(), roots.clone().into()]))
        .await
        .unwrap();
    let shorter = log(&house).await.unwrap();
    assert_eq!(shorter.compare(&kept, None).unwrap_err(), removed);
    assert_eq!(whole.compare(&kept, None).unwrap().size, 8);
    let other = House::new().await;
    assert_eq!(
        log(&other).await.unwrap().compare(&kept, None).unwrap_err(),
        Broken::OtherLog
    );
}

#[tokio::test]
async fn a_witness_signs_what_continues_and_nothing_else() {
    let house = asked().await;
    let security = SigningKey::generate().unwrap();
    let (author, me) = ((ORIGIN, &house.vault_key), ("security", &security));
    let first = log(&house).await.unwrap();
    let request = witness::request(&first, 0).unwrap();
    let signed = witness::cosign(&request, author, me, None, 1_795_000_000).unwrap();
    let seen = Checkpoint::of_note(&signed).unwrap();
    let public = security.verifying_key();
    first.compare(&signed, Some(("security", &public))).unwrap();
    assert_eq!(
        first.compare(&first.checkpoint().unwrap(), Some(("security", &public))),
        Err(Broken::NotWitnessed("security".into()))
    );

    house.pay_plainly(&house.ticket(990), VISA).await;
    let grown = log(&house).await.unwrap();
    let request = witness::request(&grown, 8).unwrap();
    let again = witness::cosign(&request, author, me, Some(&seen), 1_795_000_060).unwrap();
    assert_eq!(Checkpoint::of_note(&again).unwrap().size, 9);

    let beginning = witness::request(&grown, 3).unwrap();
    let refused = |request: &str| witness::cosign(request, author, me, Some(&seen), 0).unwrap_err();
    assert_eq!(
        refused(&beginning),
        Refusal::OtherBeginning { asked: 3, seen: 8 }
    );
    assert_eq!(refused("old x\n\n"), Refusal::Unreadable);
    assert_eq!(refused(&request.replace(ORIGIN, "x")), Refusal::OtherLog);

    // The same vault, its log written anew by its owner: all signatures are right, and the witness knows.
    let anew = House::new().await;
    for _ in 0..12 {
        anew.pay_plainly(&anew.ticket(100), VISA).await;
    }
    let anew_log = log(&anew).await.unwrap();
    let request = witness::request(&anew_log, 8).unwrap();
    let owner: (&str, &VerifyingKey) = (ORIGIN, &anew.vault_key);
    assert_eq!(
        witness::cosign(&request, owner, me, Some(&seen), 0).unwrap_err(),
        Refusal::Rewritten(8)
    );
}

/// The log as another program reads it: hashes by Python's own recursion over RFC 6962, signatures by OpenSSL.
struct Stranger {
    house: House,
}

impl Stranger {
    /// None, with a `skipped:` line, where the other program cannot run.
    async fn meets_a_log() -> Option<Stranger> {
        for missing in ["python3", "openssl"] {
            if Command::new(missing).arg("--help").output().is_err() {
                println!("skipped: {missing} is not installed");
                return None;
            }
        }
        let house = asked().await;
        Some(Stranger { house })
    }

    fn path(&self, name: &str) -> String {
        self.house.dir.path().join(name).display().to_string()
    }

    /// What it says of what it is given as its standard input: `Err` when it is wrong.
    fn says(&self, deed: &[&str], given: &str) -> Result<String, String> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit_oracle.py");
        let mut child = Command::new("python3")
            .arg(script)
            .args(deed)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(given.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
        match output.status.success() {
            true => Ok(text(output.stdout)),
            false => Err(text(output.stderr)),
        }
    }

    /// A deed about something that the vault signed.
    fn believes(&self, deed: &str, more: &[&str], given: &str) -> Result<String, String> {
        let key = self.path("certs/vault.sign.pub");
        self.says(&[&[deed, &key, ORIGIN], more].concat(), given)
    }

    async fn log(&self) -> Log {
        log(&self.house).await.unwrap()
    }
}

fn hex(hash: &tree::Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn another_implementation_agrees() {
    let Some(stranger) = Stranger::meets_a_log().await else {
        return;
    };
    let run = || {
        let (database, key) = (
            stranger.path("vault/vault.db"),
            stranger.path("certs/vault.sign.pub"),
        );
        stranger.says(&["log", &database, &key, ORIGIN], "")
    };
    let root = tree::root_of(stranger.log().await.leaves());
    assert_eq!(run(), Ok(format!("8 entries, root {}", hex(&root))));
    self::run(&stranger.house, &CHANGE, &[5]).await;
    assert_eq!(run(), Err("entry 5 does not fit its signature".into()));
}

#[tokio::test]
async fn another_implementation_finds_each_entry_by_its_proof_and_no_other() {
    let Some(stranger) = Stranger::meets_a_log().await else {
        return;
    };
    let log = stranger.log().await;
    let rows = store(&stranger.house).await;
    let rows = rows.read(|tx| tx.query(&ENTRIES, &[])).await.unwrap();
    let asked = |at: usize, entry: &str, proof: &[tree::Hash]| {
        let proof: Vec<String> = proof.iter().map(|hash| STANDARD.encode(hash)).collect();
        let given = serde_json::json!({
            "note": log.checkpoint().unwrap(), "entry": entry, "at": at, "proof": proof
        });
        stranger.believes("inclusion", &[], &given.to_string())
    };
    for (at, row) in rows.iter().enumerate() {
        let (entry, proof) = (
            row.text(0).unwrap(),
            tree::inclusion(log.leaves(), at).unwrap(),
        );
        assert_eq!(asked(at, entry, &proof), Ok(format!("entry {at} of 8")));
    }
    let (entry, proof) = (
        rows[5].text(0).unwrap(),
        tree::inclusion(log.leaves(), 5).unwrap(),
    );
    let not_in_it = || Err("the entry is not in it".to_owned());
    assert_eq!(
        asked(5, &entry.replace("shop", "nobody"), &proof),
        not_in_it()
    );
    assert_eq!(asked(4, entry, &proof), not_in_it());
    let mut damaged = proof.clone();
    damaged[1][0] ^= 1;
    assert_eq!(asked(5, entry, &damaged), not_in_it());
    let short = Err("the proof is too short".to_owned());
    assert_eq!(asked(5, entry, &proof[1..]), short);
    let longer = [proof.as_slice(), &[proof[0]]].concat();
    assert_eq!(
        asked(5, entry, &longer),
        Err("the proof is too long".to_owned())
    );
}

#[tokio::test]
async fn another_implementation_sees_what_continues_and_what_does_not() {
    let Some(stranger) = Stranger::meets_a_log().await else {
        return;
    };
    let log = stranger.log().await;
    let old_root = |size: usize| hex(&tree::root_of(&log.leaves()[..size]));
    let continues =
        |request: &str, seen: usize| stranger.believes("request", &[&old_root(seen)], request);
    for since in 1..=8 {
        let request = witness::request(&log, since).unwrap();
        assert_eq!(
            continues(&request, since),
            Ok(format!("{since} entries, then 8"))
        );
    }
    let request = witness::request(&log, 5).unwrap();
    let otherwise = Err("it does not continue what was seen".to_owned());
    // Another beginning than the one she saw, a damaged proof, and one hash of it too few.
    assert_eq!(continues(&request, 6), otherwise);
    let lines: Vec<&str> = request.lines().collect();
    let damaged = request.replacen(lines[1], &STANDARD.encode([7; 32]), 1);
    assert_eq!(continues(&damaged, 5), otherwise);
    let shorter = request.replacen(&format!("{}\n", lines[1]), "", 1);
    assert_eq!(
        continues(&shorter, 5),
        Err("the proof is too short".to_owned())
    );
    // A vault of another key that says the same.
    let other = House::new().await;
    let key = other.dir.path().join("certs/vault.sign.pub");
    let believed = stranger.says(
        &["request", key.to_str().unwrap(), ORIGIN, &old_root(5)],
        &request,
    );
    assert_eq!(believed, Err("the vault did not sign it".to_owned()));
}

#[tokio::test]
async fn another_implementation_knows_who_witnessed_and_when() {
    let Some(stranger) = Stranger::meets_a_log().await else {
        return;
    };
    let log = stranger.log().await;
    let folder = stranger.house.dir.path().join("certs");
    let security = SigningKey::generate().unwrap();
    security.save(&folder, "security").unwrap();
    let note = witness::cosign(
        &witness::request(&log, 0).unwrap(),
        (ORIGIN, &stranger.house.vault_key),
        ("security", &security),
        None,
        1_795_000_000,
    )
    .unwrap();
    let key = stranger.path("certs/security.sign.pub");
    let knows = |note: &str, name: &str| stranger.believes("cosigned", &[&key, name], note);
    assert_eq!(
        knows(&note, "security"),
        Ok("8 entries, seen at 1795000000".to_owned())
    );
    let unknown = Err("the witness did not sign it".to_owned());
    assert_eq!(knows(&log.checkpoint().unwrap(), "security"), unknown);
    assert_eq!(knows(&note, "another"), unknown);
    // Another time than she signed: the eight bytes behind the four that tell keys apart.
    let line = note.lines().last().unwrap();
    let encoded = line.rsplit(' ').next().unwrap();
    let mut timed = STANDARD.decode(encoded).unwrap();
    timed[11] ^= 1;
    let later = note.replace(encoded, &STANDARD.encode(timed));
    assert_eq!(knows(&later, "security"), unknown);
}
