//! The bureau's door: who may ask, and that it does what its script says, over real mutual TLS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::time::{Duration, Instant};

use bank::{Bank, BureauScript};
use link::{Identity, LinkFault, ca, http::Client};
use storage::StoreUrl;
use trade::{
    bureau::{BureauAnswer, BureauQuestion},
    clock::Clock,
    money::Money,
};

const DEADLINE: Duration = Duration::from_millis(300);

fn question() -> BureauQuestion {
    BureauQuestion {
        email: "x".into(),
        card: None,
        department: "75".into(),
        amount: Money::cents(990),
    }
}

#[tokio::test]
async fn the_bureau_follows_its_script_and_answers_the_shop_only() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = folder.path().join("certificates");
    ca::make_demo(&certificates, &["shop", "vault", "bank"]).unwrap();
    let identity = |name| Identity::load(&certificates, name).unwrap();
    let anywhere = "127.0.0.1:0".parse().unwrap();
    let bank = Bank::open(bank::Config {
        listen: vec![anywhere],
        books: anywhere,
        bureau: Some(anywhere),
        database: StoreUrl::Sqlite(folder.path().join("bank.db")),
        identity: identity("bank"),
        slow: Duration::from_millis(1),
        troubles: bank::Troubles::default(),
        clock: Clock::system(),
    });
    let bank = bank.await.unwrap();
    let address = bank.bureau_address().unwrap().unwrap();
    let serving = tokio::spawn(bank.serve());
    let shop = Client::new(address, &identity("shop"), "bank").unwrap();
    let question = question();
    let ask = async || {
        let asked = shop.post::<_, BureauAnswer>("/score", &question, DEADLINE);
        asked.await
    };
    let follow = async |script| {
        let told = shop.post::<_, BureauScript>("/script", &script, DEADLINE * 10);
        assert_eq!(told.await.unwrap(), script);
    };
    // The first connection is made first: a handshake takes its time on a busy machine.
    follow(BureauScript::Score { score: 10 }).await;
    assert_eq!(ask().await.unwrap().score, 10);
    follow(BureauScript::Score { score: 95 }).await;
    assert_eq!(ask().await.unwrap().score, 95);
    follow(BureauScript::Slow {
        score: 40,
        after_ms: 20,
    })
    .await;
    assert_eq!(ask().await.unwrap().score, 40);
    follow(BureauScript::Garbage).await;
    assert!(matches!(ask().await, Err(LinkFault::Garbled(_))));
    follow(BureauScript::Silence).await;
    let begun = Instant::now();
    assert!(matches!(ask().await, Err(LinkFault::Timeout)));
    assert!(begun.elapsed() >= DEADLINE && begun.elapsed() < DEADLINE * 10);

    let vault = Client::new(address, &identity("vault"), "bank").unwrap();
    let asked = vault
        .post::<_, BureauAnswer>("/score", &question, DEADLINE * 10)
        .await;
    assert!(asked.is_err(), "the vault has nothing to ask here");
    serving.abort();
}
