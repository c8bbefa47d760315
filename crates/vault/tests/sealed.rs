//! A vault that starts sealed, its ceremony, and how it opens and closes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{StatusCode, header};
use cards::custody::{CustodyKey, SealedShare, Way};
use house::{House, VISA, config, kind, sealed_config};
use trade::clock::{Clock, Timestamp};
use trade::locale::Locale;
use vault::admin::{self, Answer, Ask, Standing};
use vault::audit::verify::Log;
use vault::ceremony::{Candidate, Held};
use vault::{Vault, VaultError};

const NAMES: [&str; 5] = ["Aline", "Bruno", "Chloé", "David", "Élise"];

fn key(index: u8) -> CustodyKey {
    CustodyKey::from_seed(&[index; 32]).unwrap()
}

fn candidates() -> Vec<Candidate> {
    NAMES
        .iter()
        .zip(1..)
        .map(|(name, index)| Candidate {
            name: (*name).to_owned(),
            key: key(index).public().clone(),
        })
        .collect()
}

async fn hold(folder: &Path) -> Result<Held, VaultError> {
    let clock = Clock::fixed(Timestamp::micros(1_795_000_000_000_000));
    vault::ceremony::init(folder, &candidates(), &clock, |_| Ok(())).await
}

/// A vault with its doors on real sockets, for the admin door.
struct Running {
    folder: PathBuf,
    serving: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start(house: &House) -> Running {
        Running::with(sealed_config(house.dir.path()), house).await
    }

    async fn with(config: vault::Config, house: &House) -> Running {
        let bound = vault::bind(&config, house.clock.clone()).await.unwrap();
        let serving =
            tokio::spawn(async move { bound.serve(std::future::pending()).await.unwrap() });
        Running {
            folder: config.data_dir,
            serving,
        }
    }

    async fn ask(&self, question: Ask) -> Answer {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || admin::ask(&folder, &question).unwrap())
            .await
            .unwrap()
    }

    async fn standing(&self) -> Standing {
        stands(self.ask(Ask::Standing).await)
    }

    /// What custodian `index` hands over for this start of the vault.
    async fn handed(&self, held: &Held, index: u8) -> SealedShare {
        self.handed_for(held, index, Way::ToVault).await
    }

    async fn handed_for(&self, held: &Held, index: u8, way: Way) -> SealedShare {
        let to = self
            .standing()
            .await
            .unsealing_key
            .unwrap()
            .parse()
            .unwrap();
        let share = &held.shares[usize::from(index) - 1];
        let plain = key(index).open(share, Way::ToCustodian).unwrap();
        SealedShare::seal(&to, share.label.clone(), way, &plain).unwrap()
    }

    async fn give(&self, held: &Held, index: u8) -> Standing {
        let share = self.handed(held, index).await;
        stands(self.ask(Ask::Give { share }).await)
    }
}

fn stands(answer: Answer) -> Standing {
    match answer {
        Answer::Standing(standing) => standing,
        Answer::Refused { reason } => panic!("{reason}"),
    }
}

fn refusal(answer: Answer) -> String {
    match answer {
        Answer::Refused { reason } => reason,
        Answer::Standing(standing) => panic!("{standing:?}"),
    }
}

#[tokio::test]
async fn while_sealed_the_page_leads_back_to_the_shop_in_both_languages() {
    let house = House::with(sealed_config).await;
    let mut ticket = house.ticket(2390);
    let pages = [
        house.form(&ticket).await,
        house.pay_plainly(&ticket, VISA).await,
        house.post(&ticket, &[("sealed", "1.a.b.c")]).await,
    ];
    for page in pages {
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(page.headers[header::RETRY_AFTER], "300");
        assert!(
            page.body
                .contains("Le paiement par carte n’est pas disponible pour le moment"),
            "{}",
            page.body
        );
        assert!(
            page.body
                .contains("/checkout/return?order=BQ&amp;cancelled=1")
        );
        assert!(!page.body.contains("<form"));
    }
    ticket.locale = Locale::En;
    let page = house.form(&ticket).await;
    assert!(
        page.body
            .contains("Card payment is not available at the moment")
    );
    assert_eq!(
        house.get("/pay?ticket=").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn while_sealed_the_private_door_says_so_and_uses_up_no_grant() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    let grant = house.grant(&ticket, &receipt.token);

    let closed = House::with(sealed_config).await;
    let signed = link::signed::sign(&closed.shop_key, &grant).unwrap();
    let token = serde_json::json!({ "token": receipt.token });
    for (peer, path, body) in [
        ("switch", "/redeem", serde_json::json!({ "grant": signed })),
        ("shop", "/describe", token.clone()),
        ("shop", "/forget", token),
    ] {
        let (status, body) = closed.ask(peer, path, &body).await;
        assert_eq!(
            (status, kind(&body).as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "vault-sealed"),
            "{path}"
        );
    }
    assert_eq!(closed.status().await["state"], "sealed");
    assert!(closed.status().await["intake_key"].is_null());
    assert_eq!(house.status().await["state"], "open");
}

#[tokio::test]
async fn three_custodians_unseal_and_sealing_forgets_keys_and_codes() {
    let house = House::with(sealed_config).await;
    let running = Running::start(&house).await;
    assert!(refusal(running.ask(Ask::Rotate).await).contains("sealed"));
    assert!(running.standing().await.ceremony.is_none());

    let held = hold(&running.folder).await.unwrap();
    let standing = running.standing().await;
    assert_eq!(standing.ceremony.as_ref(), Some(&held.ceremony.id));
    assert_eq!(standing.custodians.len(), 5);
    for (index, given) in [(4, vec![4]), (2, vec![2, 4]), (4, vec![2, 4])] {
        let standing = running.give(&held, index).await;
        assert_eq!((standing.open, standing.given), (false, given));
    }
    let mut wrong = running.handed(&held, 5).await;
    wrong.label.custodian = "Bruno".into();
    let reason = refusal(running.ask(Ask::Give { share: wrong }).await);
    assert!(reason.contains("share 5"), "{reason}");
    assert_eq!(running.standing().await.given, [2, 4]);

    let standing = running.give(&held, 1).await;
    assert!(standing.open && standing.unsealing_key.is_none());
    assert_eq!((standing.epoch, standing.given), (Some(1), vec![]));

    let standing = stands(running.ask(Ask::Seal).await);
    assert!(!standing.open && standing.given.is_empty());
    // What was handed over before the sealing is worth nothing now.
    running.serving.abort();
}

#[tokio::test]
async fn a_share_handed_to_an_earlier_start_is_refused_by_name() {
    let house = House::with(sealed_config).await;
    let running = Running::start(&house).await;
    let held = hold(&running.folder).await.unwrap();
    let earlier = running.handed(&held, 3).await;
    stands(running.ask(Ask::Seal).await);
    let reason = refusal(running.ask(Ask::Give { share: earlier }).await);
    assert!(reason.starts_with("Chloé"), "{reason}");
    assert!(running.standing().await.given.is_empty());
    running.serving.abort();
}

#[tokio::test]
async fn the_admin_door_is_the_users_own_and_goes_with_the_vault() {
    let house = House::with(sealed_config).await;
    let running = Running::start(&house).await;
    let socket = running.folder.join(admin::SOCKET);
    let mode = fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    running.serving.abort();
    let _ = running.serving.await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_second_vault_on_one_folder_touches_nothing_of_it() {
    let house = House::new().await;
    let config = config(house.dir.path());
    let running = Running::with(config.clone(), &house).await;
    // Also where the first has no socket yet, or lost it.
    fs::remove_file(running.folder.join(admin::SOCKET)).unwrap();
    let size = async || Log::read(&config).await.unwrap().size();
    let before = size().await;
    let second = vault::bind(&config, house.clock.clone())
        .await
        .err()
        .unwrap();
    assert!(matches!(&second, VaultError::Occupied(folder) if *folder == running.folder));
    let said = second.to_string();
    assert!(
        said.contains(running.folder.to_str().unwrap()) && said.contains("runs in this folder"),
        "{said}"
    );
    assert_eq!(size().await, before, "not even a start is in the log");
    running.serving.abort();
    let _ = running.serving.await;
    let next = vault::bind(&config, house.clock.clone()).await;
    assert!(next.is_ok(), "{:?}", next.err());
}

#[tokio::test]
async fn no_door_but_the_admins_unseals() {
    let house = House::with(sealed_config).await;
    let running = Running::start(&house).await;
    let held = hold(&running.folder).await.unwrap();
    let share = running.handed(&held, 1).await;
    let mut public = 0;
    for question in [
        Ask::Give { share },
        Ask::Open,
        Ask::Seal,
        Ask::Rotate,
        Ask::Standing,
    ] {
        let question = serde_json::to_value(&question).unwrap();
        let deed = question["ask"].as_str().unwrap();
        for path in [
            format!("/{deed}"),
            "/unseal".into(),
            "/admin".into(),
            "/status".into(),
            "/live".into(),
        ] {
            for peer in ["shop", "switch"] {
                let (status, _) = house.ask(peer, &path, &question).await;
                assert!(status.is_client_error(), "{peer} {path}: {status}");
            }
            let page = house.post_json(&path, &question).await;
            assert!(page.status.is_client_error(), "{path}: {}", page.status);
            public += 1;
        }
    }
    assert_eq!(public, 25);
    let standing = running.standing().await;
    assert!(!standing.open && standing.given.is_empty());
    // By the admin door the same share is one of three.
    assert_eq!(running.give(&held, 1).await.given, [1]);
    running.serving.abort();
}

#[tokio::test]
async fn a_ceremony_is_held_once_and_its_papers_hold_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("vault");
    let held = hold(&folder).await.unwrap();
    for name in NAMES {
        assert_eq!(held.transcript.matches(name).count(), 2, "{name}");
    }
    for part in [
        &held.ceremony.id,
        &held.ceremony.custodians[0].sealed_hash,
        &key(3).public().fingerprint(),
        "3 / 5",
    ] {
        assert!(held.transcript.contains(part), "{part}");
    }
    let again = hold(&folder).await.err().unwrap();
    assert!(
        again.to_string().contains("a ceremony is held once"),
        "{again}"
    );
    // The record is what is on disk; no share, plain or as text, is in it or on the paper.
    let ring = fs::read_to_string(folder.join("keys/ring.json")).unwrap();
    for index in 1..=5_u8 {
        let share = &held.shares[usize::from(index) - 1];
        let plain = key(index).open(share, Way::ToCustodian).unwrap();
        let hex: String = plain.iter().map(|byte| format!("{byte:02x}")).collect();
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD.encode(&plain[1..]);
        for text in [&ring, &held.transcript] {
            assert!(!text.contains(&hex[2..]) && !text.contains(&base64[..40]));
        }
    }
}

#[tokio::test]
async fn a_dev_folder_and_a_real_one_are_not_taken_for_each_other() {
    let house = House::new().await;
    let dir = house.dir.path();
    let sealed = Vault::open(&sealed_config(dir), house.clock.clone()).await;
    assert!(
        matches!(sealed.err(), Some(VaultError::Ring { reason, .. }) if reason.contains("--dev"))
    );
    let ceremony = hold(&config(dir).data_dir).await.err().unwrap();
    assert!(
        ceremony.to_string().contains("has keys already"),
        "{ceremony}"
    );

    let real = House::with(sealed_config).await;
    hold(&config(real.dir.path()).data_dir).await.unwrap();
    let dev = Vault::open(&config(real.dir.path()), real.clock.clone()).await;
    assert!(
        matches!(dev.err(), Some(VaultError::Ring { reason, .. }) if reason.contains("custodians"))
    );
}

#[tokio::test]
async fn shares_that_could_not_be_carried_away_leave_no_keys() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("vault");
    let clock = Clock::system();
    let full = || VaultError::System(std::io::Error::other("the stick is full"));
    let failed = vault::ceremony::init(&folder, &candidates(), &clock, |_| Err(full())).await;
    assert!(failed.is_err());
    assert!(hold(&folder).await.is_ok());
}

#[tokio::test]
async fn a_quorum_shares_a_new_key_and_the_old_shares_are_worthless() {
    let house = House::with(sealed_config).await;
    let running = Running::start(&house).await;
    let old = hold(&running.folder).await.unwrap();
    let mut candidates = candidates();
    candidates[1] = Candidate {
        name: "Farid".into(),
        key: key(6).public().clone(),
    };
    for index in [1, 2, 3] {
        running.give(&old, index).await;
    }
    let question = Ask::Reshare {
        candidates: candidates.clone(),
    };
    // One person with the vault's user cannot: it must be sealed, and a quorum must give its shares for this.
    assert!(refusal(running.ask(question.clone()).await).contains("sealed"));
    stands(running.ask(Ask::Seal).await);
    let four = Ask::Reshare {
        candidates: candidates[..4].to_vec(),
    };
    assert!(refusal(running.ask(four).await).contains("5 custodians"));
    assert_eq!(stands(running.ask(question).await).anew, candidates);

    let for_opening = running.handed(&old, 1).await;
    assert!(refusal(running.ask(Ask::Give { share: for_opening }).await).starts_with("Aline"));
    for (index, open) in [(1, false), (4, false), (5, true)] {
        let share = running.handed_for(&old, index, Way::ToReshare).await;
        assert_eq!(stands(running.ask(Ask::Give { share }).await).open, open);
    }
    let standing = running.standing().await;
    let id = standing.ceremony.unwrap();
    assert_ne!(id, old.ceremony.id);
    assert_eq!(standing.custodians[1].name, "Farid");
    assert!(standing.anew.is_empty());

    stands(running.ask(Ask::Seal).await);
    for index in [1, 3, 5] {
        let share = running.handed(&old, index).await;
        let reason = refusal(running.ask(Ask::Give { share }).await);
        assert!(reason.contains("another ceremony"), "{reason}");
    }
    let folder = running.folder.join(format!("keys/reshared-{id}"));
    assert!(folder.join(format!("{id}-transcript.txt")).exists());
    let to = running
        .standing()
        .await
        .unsealing_key
        .unwrap()
        .parse()
        .unwrap();
    for (number, seed, open) in [(2, 6, false), (3, 3, false), (1, 1, true)] {
        let file = folder.join(format!("{id}-share-{number}.json"));
        let share: SealedShare = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let plain = key(seed).open(&share, Way::ToCustodian).unwrap();
        let share = SealedShare::seal(&to, share.label, Way::ToVault, &plain).unwrap();
        assert_eq!(stands(running.ask(Ask::Give { share }).await).open, open);
    }
    running.serving.abort();
}

#[tokio::test]
async fn shares_that_no_quorum_follows_are_dropped_and_so_is_a_plan_to_reshare() {
    let house = House::with(sealed_config).await;
    let running = Running::start(&house).await;
    let held = hold(&running.folder).await.unwrap();
    let wait = trade::limits::VAULT_SHARES_WAIT;
    running.give(&held, 1).await;
    house.clock.advance(wait);
    running.give(&held, 2).await;
    let waiting = running.standing().await;
    assert_eq!(waiting.given, [1, 2]);
    let third = running.handed(&held, 3).await;
    house.clock.advance(Duration::from_secs(1));
    let over = running.standing().await;
    assert!(over.given.is_empty());
    assert_ne!(over.unsealing_key, waiting.unsealing_key);
    let reason = refusal(running.ask(Ask::Give { share: third }).await);
    assert!(reason.starts_with("Chloé"), "{reason}");

    let question = Ask::Reshare {
        candidates: candidates(),
    };
    assert_eq!(stands(running.ask(question).await).anew.len(), 5);
    house.clock.advance(wait + Duration::from_secs(1));
    assert!(running.standing().await.anew.is_empty());
    for (index, open) in [(1, false), (2, false), (3, true)] {
        let share = running.handed(&held, index).await;
        assert_eq!(stands(running.ask(Ask::Give { share }).await).open, open);
    }
    running.serving.abort();
}

#[tokio::test]
async fn a_sealed_dev_vault_opens_again_and_a_real_one_does_not_by_that_word() {
    let house = House::new().await;
    let ticket = house.ticket(2390);
    let receipt = house.receipt(&house.pay_plainly(&ticket, VISA).await);
    let running = Running::with(config(house.dir.path()), &house).await;
    assert!(refusal(running.ask(Ask::Open).await).contains("open already"));
    assert!(!stands(running.ask(Ask::Seal).await).open);
    assert!(stands(running.ask(Ask::Open).await).open);
    running.serving.abort();
    let _ = running.serving.await;
    let house = house.restarted().await;
    let card = house.redeem(&house.grant(&ticket, &receipt.token)).await;
    assert_eq!(card.unwrap().pan.last4(), "1111");

    let real = House::with(sealed_config).await;
    let running = Running::start(&real).await;
    hold(&running.folder).await.unwrap();
    let reason = refusal(running.ask(Ask::Open).await);
    assert!(reason.contains("with custodians"), "{reason}");
    assert!(!running.standing().await.open);
    running.serving.abort();
}
