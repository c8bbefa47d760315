//! The life of the keys: rotation, forgetting, and what a backup is worth afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::fs;
use std::path::Path;
use std::time::Duration;

use axum::http::StatusCode;
use house::{House, MASTERCARD, VISA, config, intake_key, kind, until};
use storage::{Store, StoreUrl};
use trade::limits;
use trade::payment::{CheckInReceipt, CheckInTicket};
use vault::admin::{self, Answer, Ask};

const FORM: &str = r#"{"name":"Jeanne","number":"4111111111111111","exp":"04/29","csc":"123"}"#;

async fn paid(house: &House, number: &str) -> (CheckInTicket, CheckInReceipt) {
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, number).await);
    (ticket, receipt)
}

async fn opens(house: &House, card: &(CheckInTicket, CheckInReceipt)) -> Result<String, String> {
    let grant = house.grant(&card.0, &card.1.token);
    let answer = house.redeem(&grant).await;
    answer
        .map(|card| card.pan.last4().to_owned())
        .map_err(|(_, kind)| kind)
}

async fn forget(house: &House, peer: &str, card: &CheckInReceipt) -> (StatusCode, Vec<u8>) {
    let body = serde_json::json!({ "token": card.token });
    house.ask(peer, "/forget", &body).await
}

/// Rotates by the admin door of a vault that serves this house's folder, and waits for its end.
async fn rotate(house: &House) {
    let bound = vault::bind(&config(house.dir.path()), house.clock.clone())
        .await
        .unwrap();
    let serving = tokio::spawn(bound.serve(std::future::pending()));
    let ask = async |question: Ask| {
        let folder = config(house.dir.path()).data_dir;
        match tokio::task::spawn_blocking(move || admin::ask(&folder, &question).unwrap()).await {
            Ok(Answer::Standing(standing)) => standing,
            other => panic!("{other:?}"),
        }
    };
    let before = ask(Ask::Standing).await.epoch;
    ask(Ask::Rotate).await;
    until("the end of the rotation", async || {
        ask(Ask::Standing).await.to_move.is_none()
    })
    .await;
    assert_eq!(
        ask(Ask::Standing).await.epoch,
        before.map(|epoch| epoch + 1)
    );
    serving.abort();
    let _ = serving.await;
}

async fn store(dir: &Path) -> Store {
    let url = StoreUrl::Sqlite(dir.join("vault/vault.db"));
    Store::open(&url, &[vault::MIGRATIONS]).await.unwrap()
}

storage::statements! {
    EPOCHS = "SELECT DISTINCT epoch FROM card ORDER BY epoch";
    WRAPPED = "SELECT LENGTH(wrapped_key), LENGTH(locked), LENGTH(fingerprint), last4 FROM card WHERE token = $1";
    FORGOTTEN = "SELECT said FROM audit_entry WHERE said LIKE '%\"verb\":\"forget\"%' ORDER BY place";
    ROW = "SELECT wrapped_key, locked FROM card WHERE token = $1";
}

async fn epochs(dir: &Path) -> Vec<i64> {
    let store = store(dir).await;
    let rows = store.read(|tx| tx.query(&EPOCHS, &[])).await.unwrap();
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}

async fn row(dir: &Path, card: &CheckInReceipt) -> (Vec<u8>, Vec<u8>) {
    let params = [card.token.as_str().into()];
    let store = store(dir).await;
    let row = store
        .read(move |tx| tx.query_one(&ROW, &params))
        .await
        .unwrap();
    (
        row.bytes(0).unwrap().to_vec(),
        row.bytes(1).unwrap().to_vec(),
    )
}

#[tokio::test]
async fn the_statements_of_this_file_are_prepared() {
    let house = House::new().await;
    for statement in STATEMENTS {
        store(house.dir.path())
            .await
            .prepare(statement)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_rotation_moves_every_card_opens_none_and_destroys_the_old_key() {
    let house = House::new().await;
    let dir = house.dir.path().to_owned();
    let cards = [paid(&house, VISA).await, paid(&house, MASTERCARD).await];
    let before = row(&dir, &cards[0].1).await;
    rotate(&house).await;
    let after = row(&dir, &cards[0].1).await;
    assert_ne!(before.0, after.0, "the data key is wrapped anew");
    assert_eq!(before.1, after.1, "the card itself is not touched");
    assert_eq!(epochs(&dir).await, [2]);
    let ring: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("vault/keys/ring.json")).unwrap()).unwrap();
    let keys: Vec<&String> = ring["epochs"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["2"]);

    let house = house.restarted().await;
    let newer = paid(&house, VISA).await;
    for (card, last4) in [(&cards[0], "1111"), (&cards[1], "4444"), (&newer, "1111")] {
        assert_eq!(opens(&house, card).await.as_deref(), Ok(last4));
    }
    assert_eq!(epochs(&dir).await, [2]);
}

#[tokio::test]
async fn a_forgotten_card_is_gone_for_everybody() {
    let house = House::new().await;
    let (card, other) = (paid(&house, VISA).await, paid(&house, MASTERCARD).await);
    let (status, body) = forget(&house, "switch", &card.1).await;
    assert_eq!(
        (status, kind(&body).as_str()),
        (StatusCode::FORBIDDEN, "not-for-this-peer")
    );
    for _ in 0..2 {
        assert_eq!(
            forget(&house, "shop", &card.1).await.0,
            StatusCode::NO_CONTENT
        );
    }
    assert_eq!(opens(&house, &card).await.unwrap_err(), "card-forgotten");
    let body = serde_json::json!({ "token": card.1.token });
    let (status, body) = house.ask("shop", "/describe", &body).await;
    assert_eq!(
        (status, kind(&body).as_str()),
        (StatusCode::GONE, "card-forgotten")
    );
    assert_eq!(opens(&house, &other).await.as_deref(), Ok("4444"));

    let params = [card.1.token.as_str().into()];
    let store = store(house.dir.path()).await;
    let row = store
        .read(move |tx| tx.query_one(&WRAPPED, &params))
        .await
        .unwrap();
    for column in 0..3 {
        assert_eq!(row.int(column).unwrap(), 0);
    }
    assert_eq!(row.text(3).unwrap(), "");

    let nobody = serde_json::json!({ "token": "tok_0000000000000000" });
    let (status, body) = house.ask("shop", "/forget", &nobody).await;
    assert_eq!(
        (status, kind(&body).as_str()),
        (StatusCode::NOT_FOUND, "token-unknown")
    );
}

#[tokio::test]
async fn a_ticket_whose_card_was_forgotten_brings_another_in_only_if_nobody_had_the_first() {
    let house = House::new().await;
    let (unused, used) = (paid(&house, VISA).await, paid(&house, MASTERCARD).await);
    assert_eq!(opens(&house, &used).await.as_deref(), Ok("4444"));
    for card in [&unused, &used] {
        assert_eq!(
            forget(&house, "shop", &card.1).await.0,
            StatusCode::NO_CONTENT
        );
    }
    // Back to the order, whose page says what became of the payment: nothing is claimed here, and no receipt is given.
    for page in [
        house.form(&used.0).await,
        house.pay_plainly(&used.0, MASTERCARD).await,
        house.pay_plainly(&used.0, VISA).await,
    ] {
        assert_eq!(page.status, StatusCode::SEE_OTHER);
        assert_eq!(page.headers["location"], used.0.return_url.as_str());
    }
    assert_eq!(opens(&house, &used).await.unwrap_err(), "card-forgotten");

    assert_eq!(house.form(&unused.0).await.status, StatusCode::OK);
    let again = house.receipt(&house.pay_plainly(&unused.0, VISA).await);
    assert_ne!(again.token, unused.1.token);
    assert_eq!(
        again.pseudonym, unused.1.pseudonym,
        "the shop's screening still knows the card"
    );
    // What was signed for the first card is for that card.
    assert_eq!(opens(&house, &unused).await.unwrap_err(), "token-unknown");
    let card = (unused.0, again);
    assert_eq!(opens(&house, &card).await.as_deref(), Ok("1111"));
}

/// Serves the house's vault until it has that many cards, and says whether it came to that.
async fn comes_to(house: &House, cards: i64) {
    let bound = vault::bind(&config(house.dir.path()), house.clock.clone())
        .await
        .unwrap();
    let serving = tokio::spawn(bound.serve(std::future::pending()));
    let folder = config(house.dir.path()).data_dir;
    until(&format!("a vault with {cards} cards"), async || {
        let folder = folder.clone();
        let asked = tokio::task::spawn_blocking(move || admin::ask(&folder, &Ask::Standing));
        matches!(asked.await.unwrap(), Ok(Answer::Standing(standing)) if standing.cards == cards)
    })
    .await;
    serving.abort();
    let _ = serving.await;
}

#[tokio::test]
async fn a_card_that_nobody_has_forgotten_leaves_by_itself_after_an_hour() {
    let house = House::new().await;
    let (unused, used) = (paid(&house, VISA).await, paid(&house, MASTERCARD).await);
    assert_eq!(opens(&house, &used).await.as_deref(), Ok("4444"));
    house.clock.advance(limits::CARD_KEPT);
    comes_to(&house, 2).await;
    let late = paid(&house, VISA).await;
    house.clock.advance(Duration::from_secs(1));
    comes_to(&house, 1).await;
    for card in [&unused, &used] {
        assert_eq!(opens(&house, card).await.unwrap_err(), "card-forgotten");
        assert_eq!(row(house.dir.path(), &card.1).await, (vec![], vec![]));
        let list = fs::read_to_string(house.dir.path().join("vault/keys/forgotten")).unwrap();
        assert!(list.contains(card.1.token.as_str()), "{list}");
    }
    let store = store(house.dir.path()).await;
    let said = store.read(|tx| tx.query(&FORGOTTEN, &[])).await.unwrap();
    assert_eq!(said.len(), 2, "each has its entry in the log");
    for entry in &said {
        assert!(!entry.text(0).unwrap().contains("peer"), "nobody asked");
    }
    assert_eq!(opens(&house, &late).await.as_deref(), Ok("1111"));
}

/// Copies the database as it is on disk, its log with it.
fn copy_database(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["vault.db", "vault.db-wal"] {
        let _ = fs::remove_file(to.join(name));
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
    let _ = fs::remove_file(to.join("vault.db-shm"));
}

#[tokio::test]
async fn yesterdays_backup_does_not_bring_a_forgotten_card_back() {
    let house = House::new().await;
    let (folder, backup) = (
        house.dir.path().join("vault"),
        house.dir.path().join("backup"),
    );
    let (card, other) = (paid(&house, VISA).await, paid(&house, MASTERCARD).await);
    copy_database(&folder, &backup);
    assert_eq!(
        forget(&house, "shop", &card.1).await.0,
        StatusCode::NO_CONTENT
    );

    // Before the next rotation the restored row still holds its wrapped key; the vault forgets it again at its start,
    // and everything else is as the backup had it.
    let House {
        vault,
        dir,
        clock,
        shop_key,
        vault_key,
    } = house;
    drop(vault);
    copy_database(&backup, &folder);
    let vault = vault::Vault::open(&config(dir.path()), clock.clone())
        .await
        .unwrap();
    let house = House {
        vault,
        dir,
        clock,
        shop_key,
        vault_key,
    };
    assert_eq!(opens(&house, &card).await.unwrap_err(), "card-forgotten");
    assert_eq!(opens(&house, &other).await.as_deref(), Ok("4444"));
    // The log came back with the backup too, from before the shop asked; that the card was forgotten again is in it, once.
    let house = house.restarted().await;
    let store = store(house.dir.path()).await;
    let said = store.read(|tx| tx.query(&FORGOTTEN, &[])).await.unwrap();
    assert_eq!(said.len(), 1);
    let entry = said[0].text(0).unwrap();
    assert!(
        entry.contains(card.1.token.as_str()) && !entry.contains("peer"),
        "{entry}"
    );
}

#[tokio::test]
async fn after_a_rotation_the_old_backup_is_useless_even_without_the_list() {
    let house = House::new().await;
    let (folder, backup) = (
        house.dir.path().join("vault"),
        house.dir.path().join("backup"),
    );
    let keys_then = house.dir.path().join("keys-then");
    let (card, other) = (paid(&house, VISA).await, paid(&house, MASTERCARD).await);
    copy_database(&folder, &backup);
    fs::copy(folder.join("keys/ring.json"), &keys_then).unwrap();
    assert_eq!(
        forget(&house, "shop", &card.1).await.0,
        StatusCode::NO_CONTENT
    );
    rotate(&house).await;
    assert_eq!(
        fs::read_to_string(folder.join("keys/forgotten")).unwrap(),
        ""
    );

    let House {
        vault,
        dir,
        clock,
        shop_key,
        vault_key,
    } = house;
    drop(vault);
    copy_database(&backup, &folder);
    // Whoever is not an honest vault has no list: the key itself must be gone.
    fs::remove_file(folder.join("keys/forgotten")).unwrap();
    let vault = vault::Vault::open(&config(dir.path()), clock.clone())
        .await
        .unwrap();
    let house = House {
        vault,
        dir,
        clock,
        shop_key,
        vault_key,
    };
    assert_eq!(
        opens(&house, &card).await.unwrap_err(),
        "record-does-not-open"
    );
    // The price: no other card of that backup opens with today's keys either.
    assert_eq!(
        opens(&house, &other).await.unwrap_err(),
        "record-does-not-open"
    );

    // A whole restore takes the keys of the same day, whose backups are kept apart and for less long.
    fs::copy(&keys_then, folder.join("keys/ring.json")).unwrap();
    let house = house.restarted().await;
    assert_eq!(opens(&house, &other).await.as_deref(), Ok("4444"));
}

#[tokio::test]
async fn a_sealed_card_opens_today_and_tomorrow_and_not_the_day_after() {
    let house = House::new().await;
    let day = Duration::from_secs(24 * 3600);
    let mut ticket = house.ticket(2390);
    ticket.expires = house.clock.now().plus(4 * day);
    let today = intake_key(&house.form(&ticket).await);
    let sealed = today.seal(FORM.as_bytes(), &ticket).unwrap();

    house.clock.advance(day);
    let tomorrow = intake_key(&house.form(&ticket).await);
    assert_ne!(today, tomorrow);
    assert_eq!(&today.id[..9], "20261118-");
    assert_eq!(&tomorrow.id[..9], "20261119-");
    // Sealed to one day's key under the name of the other's.
    let renamed = sealed.replacen(&today.id, &tomorrow.id, 1);
    assert_eq!(
        house.post(&ticket, &[("sealed", &renamed)]).await.status,
        StatusCode::BAD_REQUEST
    );
    let house = house.restarted().await;
    house.receipt(&house.post(&ticket, &[("sealed", &sealed)]).await);

    house.clock.advance(day);
    let ring = house.dir.path().join("vault/keys/ring.json");
    let next = house.ticket(2390);
    let late = tomorrow.seal(FORM.as_bytes(), &next).unwrap();
    let older = today.seal(FORM.as_bytes(), &next).unwrap();
    let page = house.post(&next, &[("sealed", &older)]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("restée ouverte trop longtemps"));
    house.receipt(&house.post(&next, &[("sealed", &late)]).await);
    let text = fs::read_to_string(ring).unwrap();
    assert!(
        !text.contains("2026-11-18") && text.contains("2026-11-19") && text.contains("2026-11-20")
    );
}
