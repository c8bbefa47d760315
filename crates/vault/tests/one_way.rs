//! Cards check in, they do not check out.
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
use house::{House, MASTERCARD, VISA, config, kind, read};
use link::http::Client;
use link::{Identity, LinkFault};
use proptest::prelude::*;
use trade::money::{Currency, Money};
use trade::payment::{CardSummary, CardToken, Grant};
use vault::{Vault, VaultError};

#[tokio::test]
async fn the_switch_redeems_once_for_one_order_and_amount() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    let grant = house.grant(&ticket, &receipt.token);

    let dearer = Grant {
        amount: Money::cents(2391),
        ..grant.clone()
    };
    assert_eq!(
        house.redeem(&dearer).await.unwrap_err(),
        (StatusCode::CONFLICT, "token-of-another-payment".into())
    );
    let payment = Grant {
        payment: trade::ids::PaymentId::new(),
        ..grant.clone()
    };
    assert_eq!(
        house.redeem(&payment).await.unwrap_err().1,
        "token-of-another-payment"
    );
    let nobody = Grant {
        token: CardToken::parse("tok_0000000000000000").unwrap(),
        ..grant.clone()
    };
    assert_eq!(
        house.redeem(&nobody).await.unwrap_err(),
        (StatusCode::NOT_FOUND, "token-unknown".into())
    );
    let other = Grant {
        shop: "other".into(),
        ..grant.clone()
    };
    assert_eq!(
        house.redeem(&other).await.unwrap_err().1,
        "grant-of-another-shop"
    );
    let dollars = Grant {
        currency: Currency::parse("USD").unwrap(),
        ..grant.clone()
    };
    assert_eq!(
        house.redeem(&dollars).await.unwrap_err(),
        (StatusCode::CONFLICT, "grant-in-another-currency".into())
    );

    let card = house.redeem(&grant).await.unwrap();
    assert_eq!(card.pan.expose_digits(), "4111111111111111");
    assert_eq!((card.expiry.month, card.expiry.year), (4, 2029));
    assert_eq!(card.csc.unwrap().expose_digits(), "123");
    assert_eq!(
        house.redeem(&grant).await.unwrap_err(),
        (StatusCode::CONFLICT, "grant-used".into())
    );
}

/// Until the grant has expired nothing makes it good again, and no other grant takes its place.
#[tokio::test]
async fn a_card_is_redeemed_once_whatever_comes_after() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    let grant = house.grant(&ticket, &receipt.token);
    house.redeem(&grant).await.unwrap();

    // The reader goes back, sends her card once more and is given the same receipt; then the vault is started again.
    let again = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    assert_eq!(again, receipt);
    let refused = async |house: &House, grant: &Grant| house.redeem(grant).await.unwrap_err();
    let (used, redeemed) = (
        (StatusCode::CONFLICT, "grant-used".to_owned()),
        (StatusCode::CONFLICT, "card-redeemed".to_owned()),
    );
    let fresh = house.grant(&ticket, &receipt.token);
    assert_eq!(refused(&house, &grant).await, used);
    assert_eq!(refused(&house, &fresh).await, redeemed);
    let house = house.restarted().await;
    assert_eq!(refused(&house, &grant).await, used);
    assert_eq!(refused(&house, &fresh).await, redeemed);

    // Another card, for another payment, is not touched by it.
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    let grant = house.grant(&ticket, &receipt.token);
    assert!(house.redeem(&grant).await.is_ok());
}

#[tokio::test]
async fn a_grant_that_is_old_or_forged_opens_nothing() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    let grant = house.grant(&ticket, &receipt.token);
    house.clock.advance(Duration::from_secs(121));
    assert_eq!(
        house.redeem(&grant).await.unwrap_err(),
        (StatusCode::GONE, "grant-expired".into())
    );

    let stranger = link::signed::SigningKey::generate().unwrap();
    let forged = link::signed::sign(&stranger, &house.grant(&ticket, &receipt.token)).unwrap();
    let ticket_as_grant = house.sign(&ticket);
    for grant in [forged, ticket_as_grant, "nonsense".to_owned()] {
        let (status, body) = house
            .ask("switch", "/redeem", &serde_json::json!({ "grant": grant }))
            .await;
        assert_eq!(
            (status, kind(&body).as_str()),
            (StatusCode::FORBIDDEN, "grant-forged")
        );
    }
}

#[tokio::test]
async fn the_shop_may_describe_a_card_but_not_redeem_it() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, MASTERCARD).await);
    let grant = link::signed::sign(&house.shop_key, &house.grant(&ticket, &receipt.token)).unwrap();
    let (status, body) = house
        .ask("shop", "/redeem", &serde_json::json!({ "grant": grant }))
        .await;
    assert_eq!(
        (status, kind(&body).as_str()),
        (StatusCode::FORBIDDEN, "not-for-this-peer")
    );
    let (status, body) = house
        .ask(
            "shop",
            "/describe",
            &serde_json::json!({ "token": receipt.token }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(read::<CardSummary>(&body), receipt.card);
}

#[tokio::test]
async fn security_codes_are_forgotten_after_half_an_hour_and_by_a_restart() {
    let house = House::new().await;
    let (slow, restarted) = (house.ticket(2390), house.ticket(1500));
    let receipt = house.receipt(&house.pay_plainly(&slow, VISA).await);
    house.clock.advance(Duration::from_secs(1801));
    assert!(
        house
            .redeem(&house.grant(&slow, &receipt.token))
            .await
            .unwrap()
            .csc
            .is_none()
    );

    let restarted = trade::payment::CheckInTicket {
        expires: house.clock.now().plus(Duration::from_secs(60)),
        ..restarted
    };
    let receipt = house.receipt(&house.pay_plainly(&restarted, VISA).await);
    let vault = Vault::open(&config(house.dir.path()), house.clock.clone())
        .await
        .unwrap();
    let house = House { vault, ..house };
    let card = house
        .redeem(&house.grant(&restarted, &receipt.token))
        .await
        .unwrap();
    assert_eq!((card.pan.last4(), card.csc), ("1111", None));
}

#[tokio::test]
async fn cards_open_with_their_own_master_key_only() {
    let house = House::new().await;
    let key = house.dir.path().join("vault/dev-master.key");
    fs::write(&key, [7_u8; 32]).unwrap();
    let other = Vault::open(&config(house.dir.path()), house.clock.clone()).await;
    assert!(matches!(other.err(), Some(VaultError::MasterKey { .. })));
    fs::remove_file(&key).unwrap();
    let lost = Vault::open(&config(house.dir.path()), house.clock.clone()).await;
    assert!(
        matches!(lost.err(), Some(VaultError::MasterKey { reason, .. }) if reason.contains("missing"))
    );
    assert!(!key.exists(), "no new key may take the place of a lost one");
}

#[tokio::test]
async fn no_file_of_the_vault_contains_a_number_or_a_code() {
    let house = House::new().await;
    let mut numbers = vec![VISA.replace(' ', ""), MASTERCARD.to_owned()];
    for number in &numbers {
        let ticket = house.ticket(2390);
        let receipt = house.receipt(&house.pay_plainly(&ticket, number).await);
        house
            .redeem(&house.grant(&ticket, &receipt.token))
            .await
            .unwrap();
    }
    numbers.push(VISA.to_owned());
    let mut searched = 0;
    for file in files(house.dir.path()) {
        let bytes = fs::read(&file).unwrap();
        searched += bytes.len();
        for number in &numbers {
            for form in forms(number) {
                let found = bytes.windows(form.len()).any(|window| window == form);
                assert!(!found, "{} holds a card number", file.display());
            }
        }
    }
    assert!(searched > 10_000, "the database was not searched");
}

/// A number as bytes, as text in other codings, and packed two digits to a byte.
fn forms(number: &str) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let digits: Vec<u8> = number
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|b| b - b'0')
        .collect();
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(number);
    vec![
        number.as_bytes().to_vec(),
        number.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        number
            .bytes()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
            .into_bytes(),
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0))
            .collect(),
        base64.as_bytes()[..base64.len() - 2].to_vec(),
    ]
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}

/// Every answer of both doors to everything one can do with a card.
async fn every_answer_but_redeem(house: &House, number: &str) -> Vec<String> {
    let ticket = house.ticket(2390);
    let mut answers = Vec::new();
    let wrong_exp = [("number", number), ("exp", "00/00"), ("csc", "1")];
    for page in [
        house.form(&ticket).await,
        house.post(&ticket, &wrong_exp).await,
        house.pay_plainly(&ticket, number).await,
        house.pay_plainly(&ticket, number).await,
        house.pay_plainly(&ticket, MASTERCARD).await,
        house.form(&ticket).await,
        house.get("/live").await,
        house
            .get(&format!("/pay?ticket={number}&number={number}"))
            .await,
    ] {
        answers.push(format!("{} {:?} {}", page.status, page.headers, page.body));
    }
    let receipt = house.receipt(&house.form(&ticket).await);
    answers.push(serde_json::to_string(&receipt).unwrap());
    let grant = house.grant(&ticket, &receipt.token);
    let card = house.redeem(&grant).await.unwrap();
    assert_eq!(card.pan.expose_digits(), number);
    answers.push(format!("{card:?}"));
    let signed = link::signed::sign(&house.shop_key, &grant).unwrap();
    for (peer, path, body) in [
        ("switch", "/redeem", serde_json::json!({ "grant": signed })),
        ("shop", "/redeem", serde_json::json!({ "grant": signed })),
        ("switch", "/redeem", serde_json::json!({ "grant": number })),
        (
            "shop",
            "/describe",
            serde_json::json!({ "token": receipt.token }),
        ),
        ("shop", "/describe", serde_json::json!({ "token": number })),
        ("shop", "/status", serde_json::json!({})),
        ("shop", "/nothing", serde_json::json!({})),
    ] {
        let (status, body) = house.ask(peer, path, &body).await;
        assert!(path != "/redeem" || status != StatusCode::OK);
        answers.push(String::from_utf8(body).unwrap());
    }
    answers
}

fn with_check_digit(digits: &str) -> String {
    (0..10)
        .map(|d| format!("{digits}{d}"))
        .find(|n| cards::pan::Pan::parse(n).is_ok())
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn redeem_is_the_only_message_that_carries_a_number(digits in "4[0-9]{14}") {
        let number = with_check_digit(&digits);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let house = House::new().await;
            for answer in every_answer_but_redeem(&house, &number).await {
                assert!(!answer.contains(&number), "{answer}");
            }
        });
    }
}

#[tokio::test]
async fn both_doors_stand_on_real_sockets() {
    let house = House::new().await;
    let certs = house.dir.path().join("certs");
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    let bound = vault::bind(&config(house.dir.path()), house.clock.clone())
        .await
        .unwrap();
    let (public, private) = (
        bound.public_address().unwrap(),
        bound.private_address().unwrap(),
    );
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(bound.serve(async {
        let _ = stopped.await;
    }));

    let soon = Duration::from_secs(5);
    let switch = Client::new(private, &Identity::load(&certs, "switch").unwrap(), "vault").unwrap();
    let shop = Client::new(private, &Identity::load(&certs, "shop").unwrap(), "vault").unwrap();
    let status: serde_json::Value = shop.get("/status", soon).await.unwrap();
    assert_eq!(&status["state"], "open");
    assert_eq!(status["since"], house.clock.now().as_micros());
    let grant = link::signed::sign(&house.shop_key, &house.grant(&ticket, &receipt.token)).unwrap();
    let card: cards::messages::Redeemed = switch
        .post(
            "/redeem",
            &cards::messages::Redeem {
                grant: grant.clone(),
            },
            soon,
        )
        .await
        .unwrap();
    assert_eq!(card.pan.last4(), "1111");
    let used = switch
        .post::<_, cards::messages::Redeemed>("/redeem", &cards::messages::Redeem { grant }, soon)
        .await;
    assert!(matches!(used, Err(LinkFault::Refused { status: 409, .. })));

    let answer = tokio::task::spawn_blocking(move || {
        use std::io::{Read as _, Write as _};
        let mut tcp = std::net::TcpStream::connect(public).unwrap();
        tcp.write_all(b"GET /live HTTP/1.1\r\nHost: vault\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).unwrap();
        answer
    });
    assert!(answer.await.unwrap().contains("{\"status\":\"ok\"}"));
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn every_statement_is_prepared() {
    let house = House::new().await;
    let url = storage::StoreUrl::Sqlite(house.dir.path().join("vault/vault.db"));
    let store = storage::Store::open(&url, &[vault::MIGRATIONS])
        .await
        .unwrap();
    for statement in vault::statements() {
        store.prepare(statement).await.unwrap();
    }
}
