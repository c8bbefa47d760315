//! The vault's keys with the real program: the ceremony at the command line, and a rotation that is killed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod ground;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cards::messages::{Redeem, Redeemed};
use ground::{Ground, Running, SHOP, after, strictest};
use link::Identity;
use link::http::Client;
use link::signed::{self, SigningKey, VerifyingKey};
use trade::clock::Clock;
use trade::ids::{OrderNumber, PaymentId};
use trade::locale::Locale;
use trade::money::{Currency, Money};
use trade::payment::{CheckInReceipt, CheckInTicket, Grant};
use vault::admin::{Answer, Ask};

const NAMES: [&str; 5] = ["Aline", "Bruno", "Chloé", "David", "Élise"];

/// A vault that may lock 64 KiB of memory.
fn with_little_memory(ground: &Ground, args: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", "--"])
        .args(["prlimit", "--memlock=65536", env!("CARGO_BIN_EXE_bouquin")])
        .args(["vault", "--config", "vault.toml"])
        .args(args)
        .current_dir(ground.dir.path())
        .stdout(Stdio::null());
    command
}

#[test]
fn a_real_shop_does_not_start_with_memory_that_may_be_swapped() {
    let works = Command::new("setpriv")
        .args(["--bounding-set=-ipc_lock", "--", "prlimit", "--version"])
        .output();
    if !works.is_ok_and(|output| output.status.success()) {
        println!("skipped: needs root, setpriv and prlimit");
        return;
    }
    let real = Ground::new("production");
    let refused = with_little_memory(&real, &[]).output().unwrap();
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{why}");
    assert!(
        why.contains("RLIMIT_MEMLOCK") && why.contains("LimitMEMLOCK=infinity"),
        "{why}"
    );
    let demo = Ground::new("demo");
    let log = fs::File::create(demo.at("log")).unwrap();
    let mut command = with_little_memory(&demo, &["--dev"]);
    let running = Running(command.stderr(log).spawn().unwrap());
    let said = (0..1000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        demo.standing()
    });
    drop(running);
    let log = fs::read_to_string(demo.at("log")).unwrap();
    assert!(said.is_some_and(|standing| standing.open), "{log}");
    assert!(log.contains("may be written to swap"), "{log}");
}

#[test]
fn the_ceremony_at_the_command_line() {
    let ground = Ground::new(strictest());
    let mut init = vec![
        "init".to_owned(),
        "--config".into(),
        "vault.toml".into(),
        "--out".into(),
        "carry".into(),
    ];
    for name in NAMES {
        let file = format!("{name}.key");
        let said = ground.says(&["custodians", "new", "--out", &file]);
        let mode = fs::metadata(ground.at(&file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let secret = fs::read_to_string(ground.at(&file)).unwrap();
        assert!(!said.contains(secret.lines().nth(1).unwrap()));
        init.extend([
            "--custodian".into(),
            format!("{name}={}", after(&said, "public key")),
        ]);
    }
    assert!(
        ground
            .refuses(&["custodians", "new", "--out", "Aline.key"])
            .contains("there already")
    );
    let running = ground.start(&[]);
    assert!(
        ground
            .says(&["unseal", "--config", "vault.toml"])
            .contains("no ceremony was held")
    );

    let init: Vec<&str> = init.iter().map(String::as_str).collect();
    let transcript = ground.says(&init);
    assert!(NAMES.iter().all(|name| transcript.contains(name)));
    assert!(ground.refuses(&init).contains("a ceremony is held once"));
    let listed = ground.says(&["custodians", "--config", "vault.toml"]);
    let ceremony = after(&listed, "ceremony")
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert!(transcript.contains(&ceremony) && listed.contains("3 of 5"));

    let share = |index: usize| ground.text(&format!("carry/{ceremony}-share-{index}.json"));
    let here = |who: usize, index: usize| {
        let key = format!("{}.key", NAMES[who - 1]);
        let share = share(index);
        ground.run(&[
            "share",
            "--key",
            &key,
            "--share",
            &share,
            "--config",
            "vault.toml",
        ])
    };
    let said = String::from_utf8(here(1, 1).stdout).unwrap();
    assert!(said.contains("1 of 3 shares"), "{said}");
    assert!(
        !here(1, 2).status.success(),
        "Aline's key opens no share but her own"
    );

    let to = ground.standing().unwrap().unsealing_key.unwrap();
    for (who, out) in [(3, "chloe.given"), (5, "elise.given")] {
        let key = format!("{}.key", NAMES[who - 1]);
        ground.says(&[
            "share",
            "--key",
            &key,
            "--share",
            &share(who),
            "--to",
            &to,
            "--out",
            out,
        ]);
    }
    let said = ground.says(&["unseal", "--config", "vault.toml", "chloe.given"]);
    assert!(said.contains("2 of 3 shares"), "{said}");
    fs::copy(share(4), ground.at("wrong.given")).unwrap();
    let refused = ground.refuses(&["unseal", "--config", "vault.toml", "wrong.given"]);
    assert!(refused.contains("David"), "{refused}");
    let said = ground.says(&["unseal", "--config", "vault.toml", "elise.given"]);
    assert!(said.contains("open, epoch 1"), "{said}");
    assert!(
        ground
            .says(&["rotate", "--config", "vault.toml"])
            .contains("epoch 2")
    );
    assert!(
        ground
            .says(&["seal", "--config", "vault.toml"])
            .contains("0 of 3 shares")
    );
    assert!(
        ground
            .refuses(&["unseal", "--config", "vault.toml", "elise.given"])
            .contains("Élise")
    );
    drop(running);
    let log = fs::read_to_string(ground.at("log")).unwrap();
    assert!(
        log.contains("SEALED") && log.contains("unsealed by its custodians"),
        "{log}"
    );
}

#[test]
fn a_quorum_shares_a_new_key_and_the_fence_lets_it() {
    let ground = Ground::new(strictest());
    let ceremony = held(&ground, &["init", "--out", "carry"], "old");
    let running = ground.start(&[]);
    held(&ground, &["reshare"], "new");
    let give = |who: usize, key: &str, share: &str, reshare: &[&str]| {
        let (key, share) = (format!("{key}-{who}.key"), format!("{share}-{who}.json"));
        let mut args = vec![
            "share",
            "--config",
            "vault.toml",
            "--key",
            &key,
            "--share",
            &share,
        ];
        args.extend(reshare);
        ground.run(&args)
    };
    let old = format!("carry/{ceremony}-share");
    for who in [1, 4, 5] {
        let given = give(who, "old", &old, &["--reshare"]);
        let refused = String::from_utf8_lossy(&given.stderr).into_owned();
        assert!(given.status.success(), "{refused}");
    }
    assert!(ground.standing().unwrap().open);
    ground.says(&["seal", "--config", "vault.toml"]);
    let listed = ground.says(&["custodians", "--config", "vault.toml"]);
    let anew = after(&listed, "ceremony")
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert_ne!(anew, ceremony);
    assert!(!give(1, "old", &old, &[]).status.success());
    let new = format!("vault/keys/reshared-{anew}/{anew}-share");
    for who in [1, 2, 3] {
        assert!(give(who, "new", &new, &[]).status.success());
    }
    assert!(ground.standing().unwrap().open);
    drop(running);
}

/// Has custodians make keys, and begins a ceremony with them; answers its name.
fn held(ground: &Ground, deed: &[&str], keys: &str) -> String {
    let mut args = vec![deed[0].to_owned(), "--config".into(), "vault.toml".into()];
    args.extend(deed[1..].iter().map(|arg| (*arg).to_owned()));
    for (index, name) in NAMES.iter().enumerate() {
        let file = format!("{keys}-{}.key", index + 1);
        let said = ground.says(&["custodians", "new", "--out", &file]);
        args.push("--custodian".into());
        args.push(format!("{name}={}", after(&said, "public key")));
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    ground.says(&args);
    let listed = ground.says(&["custodians", "--config", "vault.toml"]);
    after(&listed, "ceremony")
        .split(' ')
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn a_dev_vault_that_was_sealed_opens_again_without_a_restart() {
    let ground = Ground::new("demo");
    let running = ground.start(&["--dev"]);
    let said = ground.says(&["seal", "--config", "vault.toml"]);
    assert!(said.contains("unseal --dev"), "{said}");
    let said = ground.says(&["unseal", "--dev", "--config", "vault.toml"]);
    assert!(said.contains("open, epoch 1"), "{said}");
    drop(running);
}

fn check_in(ground: &Ground, vault: &VerifyingKey, shop: &SigningKey) -> CheckInReceipt {
    let ticket = CheckInTicket {
        shop: "shop".into(),
        order: OrderNumber::from_bits(42),
        payment: PaymentId::new(),
        amount: Money::cents(2390),
        nonce: signed::nonce().unwrap(),
        expires: Clock::system().now().plus(Duration::from_secs(600)),
        return_url: format!("{SHOP}/back"),
        locale: Locale::Fr,
    };
    let ticket = signed::sign(shop, &ticket).unwrap();
    let body = format!(
        "ticket={ticket}&number=4111111111111111&exp=12%2F{}&csc=123",
        year()
    );
    let mut tcp = TcpStream::connect(ground.public).unwrap();
    write!(
        tcp,
        "POST /pay HTTP/1.1\r\nHost: vault\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).unwrap();
    let receipt = answer
        .split_once("receipt=")
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap();
    signed::verify(vault, receipt.trim()).unwrap()
}

/// A year in which no card of the test is over.
fn year() -> i16 {
    (Clock::system().today().year() + 3) % 100
}

fn of_epochs(folder: &Path) -> Vec<i64> {
    let url = storage::StoreUrl::Sqlite(folder.join("vault/vault.db"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rows = runtime.block_on(async {
        let store = storage::Store::open(&url, &[vault::MIGRATIONS])
            .await
            .unwrap();
        store.read(|tx| tx.query(&EPOCHS, &[])).await.unwrap()
    });
    rows.iter().map(|row| row.int(0).unwrap()).collect()
}

storage::statements! {
    EPOCHS = "SELECT DISTINCT epoch FROM card ORDER BY epoch";
}

const CARDS: usize = 400;

#[test]
fn a_rotation_that_is_killed_again_and_again_loses_no_card_and_ends() {
    assert_eq!(STATEMENTS.len(), 1);
    let ground = Ground::new("demo");
    let shop = ground.key("shop");
    let vault = VerifyingKey::load(&ground.at("certs"), "vault").unwrap();
    let mut running = ground.start(&["--dev"]);
    let receipts: Vec<CheckInReceipt> = (0..CARDS)
        .map(|_| check_in(&ground, &vault, &shop))
        .collect();

    let begun = vault::admin::ask(&ground.at("vault"), &Ask::Rotate).unwrap();
    assert!(matches!(begun, Answer::Standing(_)));
    let mut killed_in_the_middle = 0;
    for left_at_most in [400, 300, 200, 100] {
        let mut moving = ground.standing().unwrap().to_move;
        while moving.is_some_and(|left| left > left_at_most) {
            moving = ground.standing().unwrap().to_move;
        }
        drop(running);
        let epochs = of_epochs(ground.dir.path());
        killed_in_the_middle += usize::from(epochs == [1, 2]);
        // It goes on by itself.
        running = ground.start(&["--dev"]);
    }
    assert!(
        killed_in_the_middle >= 2,
        "killed in the middle {killed_in_the_middle} times"
    );
    assert!(
        ground
            .says(&["rotate", "--config", "vault.toml"])
            .contains("epoch 2")
            || ground.standing().unwrap().epoch == Some(3)
    );
    assert_eq!(
        of_epochs(ground.dir.path()),
        [ground.standing().unwrap().epoch.unwrap()]
    );
    let ring: serde_json::Value =
        serde_json::from_slice(&fs::read(ground.at("vault/keys/ring.json")).unwrap()).unwrap();
    assert_eq!(ring["epochs"].as_object().unwrap().len(), 1);

    let switch = Identity::load(&ground.at("certs"), "switch").unwrap();
    let switch = Client::new(ground.private, &switch, "vault").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for receipt in &receipts {
        let grant = Grant {
            shop: "shop".into(),
            order: receipt.order.clone(),
            payment: receipt.payment,
            token: receipt.token.clone(),
            amount: Money::cents(2390),
            currency: Currency::EUR,
            expires: Clock::system().now().plus(Duration::from_secs(60)),
            nonce: signed::nonce().unwrap(),
        };
        let grant = signed::sign(&shop, &grant).unwrap();
        let redeem = Redeem { grant };
        let asked = switch.post("/redeem", &redeem, Duration::from_secs(5));
        let card: Redeemed = runtime.block_on(asked).unwrap();
        assert_eq!(card.pan.last4(), "1111");
    }
    drop(running);
}
