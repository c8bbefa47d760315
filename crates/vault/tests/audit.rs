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
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use house::{House, MASTERCARD, VISA, config, intake_key, sealed_config};
use link::signed::{SigningKey, VerifyingKey};
use storage::{Store, StoreUrl, Value};
use trade::payment::CardToken;
use vault::admin::{Answer, Ask};
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
    DAMAGE = "UPDATE audit_log SET roots = X'00'";
    SHORTEN = "UPDATE audit_log SET size = $1, roots = $2";
}

const ORIGIN: &str = "bouquin.internal/vault/shop";

/// A vault that was asked for everything once, done and refused.
async fn asked() -> House {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
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

/// What the log says, as text and read.
async fn entries(house: &House) -> (Vec<String>, Vec<Entry>) {
    let store = store(house).await;
    let rows = store.read(|tx| tx.query(&ENTRIES, &[])).await.unwrap();
    let said: Vec<String> = rows
        .iter()
        .map(|row| row.text(0).unwrap().to_owned())
        .collect();
    let read = said
        .iter()
        .map(|said| serde_json::from_str(said).unwrap())
        .collect();
    (said, read)
}

#[tokio::test]
async fn every_verb_is_in_the_log() {
    let house = asked().await;
    let (texts, entries) = entries(&house).await;
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
    for text in &texts {
        assert!(!text.contains("4111") && !text.contains("1111"), "{text}");
    }
    let log = log(&house).await.unwrap();
    assert_eq!(log.size(), expected.len());
    let note = log.checkpoint().unwrap();
    assert!(link::note::has_signed(&house.vault_key, ORIGIN, &note));
}

#[tokio::test]
async fn what_is_tried_in_vain_or_asked_again_is_in_the_log() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let form = r#"{"number":"4111111111111111","exp":"04/29","csc":"123"}"#;
    let key = intake_key(&house.form(&ticket).await);
    let sealed = key.seal(form.as_bytes(), &ticket).unwrap();
    let other = house.ticket(990);
    // Replayed for another payment; sealed to nobody's key; none at all.
    let elsewhere = sealed.replacen(&key.id, "20200101-AAAA", 1);
    for card in [sealed.as_str(), elsewhere.as_str(), "1.a.b.c"] {
        let page = house.post(&other, &[("sealed", card)]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
    }
    let receipt = house.receipt(&house.post(&ticket, &[("sealed", &sealed)]).await);
    assert_eq!(
        house.receipt(&house.post(&ticket, &[("sealed", &sealed)]).await),
        receipt
    );
    let which = serde_json::json!({ "token": receipt.token });
    for _ in 0..2 {
        let (status, _) = house.ask("shop", "/forget", &which).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    // Looking is no verb, nor is a form with slips, nor a ticket whose time is over.
    house.form(&other).await;
    house.pay_plainly(&other, "4111 1111 1111 1112").await;
    house.clock.advance(Duration::from_secs(3600));
    house.pay_plainly(&other, VISA).await;

    let (texts, entries) = entries(&house).await;
    let said: Vec<_> = entries
        .iter()
        .skip(1)
        .map(|entry| {
            (
                entry.verb,
                entry
                    .payment
                    .or(entry.token.as_ref().map(|_| ticket.payment)),
                entry.refused.is_some(),
                entry.again,
            )
        })
        .collect();
    let refused = (Verb::CheckIn, Some(other.payment), true, false);
    let done = |verb, again| (verb, Some(ticket.payment), false, again);
    let expected = [
        refused,
        refused,
        refused,
        done(Verb::CheckIn, false),
        done(Verb::CheckIn, true),
        done(Verb::Forget, false),
        done(Verb::Forget, true),
    ];
    assert_eq!(said, expected);
    for (text, entry) in texts.iter().zip(&entries).skip(4) {
        assert_eq!(entry.token.as_ref(), Some(&receipt.token));
        assert_eq!(text.contains("again"), entry.again, "{text}");
    }
}

#[tokio::test]
async fn what_a_sealed_vault_is_asked_is_in_the_log_and_no_token_that_no_card_has() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    let token = receipt.token.as_str();
    // The folder as one that has custodians: the cards are there, the keys are not.
    for file in ["dev-master.key", "keys/ring.json"] {
        std::fs::remove_file(house.dir.path().join("vault").join(file)).unwrap();
    }
    let sealed = sealed_config(house.dir.path());
    let vault = vault::Vault::open(&sealed, house.clock.clone())
        .await
        .unwrap();
    let house = House { vault, ..house };
    let number = "tok_4111111111111111";
    for path in ["/describe", "/forget"] {
        for token in [token, number] {
            let which = serde_json::json!({ "token": token });
            let (status, _) = house.ask("shop", path, &which).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
    }
    for token in [token, number] {
        let token = CardToken::parse(token).unwrap();
        let refused = house.redeem(&house.grant(&ticket, &token)).await;
        assert_eq!(refused.unwrap_err().1, "vault-sealed");
    }
    let other = house.ticket(990);
    let page = house.pay_plainly(&other, VISA).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);

    let (texts, entries) = entries(&house).await;
    let said: Vec<_> = entries
        .iter()
        .skip(3)
        .map(|entry| {
            assert_eq!(entry.refused.as_deref(), Some("the vault is sealed"));
            (entry.verb, entry.token.as_ref().map(CardToken::as_str))
        })
        .collect();
    let known = Some(token);
    let expected = [
        (Verb::Describe, known),
        (Verb::Describe, None),
        (Verb::Forget, known),
        (Verb::Forget, None),
        (Verb::Redeem, known),
        (Verb::Redeem, None),
        (Verb::CheckIn, None),
    ];
    assert_eq!(said, expected);
    assert_eq!(entries.last().unwrap().payment, Some(other.payment));
    for text in &texts {
        assert!(!text.contains("4111"), "{text}");
    }
}

#[tokio::test]
async fn an_operators_verb_that_cannot_be_written_down_is_not_done_but_for_sealing() {
    let house = House::new().await;
    let bound = vault::bind(&config(house.dir.path()), house.clock.clone())
        .await
        .unwrap();
    let serving = tokio::spawn(bound.serve(std::future::pending()));
    let folder = house.dir.path().join("vault");
    let ask = async |question: Ask| {
        let folder = folder.clone();
        let asked = tokio::task::spawn_blocking(move || vault::admin::ask(&folder, &question));
        asked.await.unwrap().unwrap()
    };
    let stands = async || match ask(Ask::Standing).await {
        Answer::Standing(standing) => (standing.open, standing.epoch),
        Answer::Refused { reason } => panic!("{reason}"),
    };
    run(&house, &DAMAGE, &[]).await;
    let deeds = [
        (Ask::Rotate, "nothing was done", (true, Some(1))),
        (Ask::Seal, "the vault is sealed, but", (false, None)),
        (Ask::Open, "nothing was done", (false, None)),
    ];
    for (question, said, standing) in deeds {
        let answer = ask(question).await;
        assert_eq!(stands().await, standing, "{said}");
        match answer {
            Answer::Refused { reason } => assert!(reason.starts_with(said), "{reason}"),
            Answer::Standing(standing) => panic!("{standing:?}"),
        }
    }
    serving.abort();
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
