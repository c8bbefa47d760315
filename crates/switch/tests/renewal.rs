//! Sessions and certificates are renewed while buyers pay, and no message is lost by it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use house::{House, until};
use link::ca;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use switch::{Config, LineTimes, Times};
use tokio::task::JoinSet;
use trade::ids::PaymentId;
use trade::money::Money;
use trade::payment::AuthoriseOutcome;

const BUYERS: i64 = 8;

/// Buyers who pay without pause until they are told to stop; how many paid, each once and approved.
fn buyers(house: &Arc<House>, over: &Arc<AtomicBool>) -> JoinSet<i64> {
    let mut buyers = JoinSet::new();
    for buyer in 0..BUYERS {
        let (house, over) = (Arc::clone(house), Arc::clone(over));
        // Some banks take their time, so that something is always on its way.
        let behaviour = if buyer == 0 { "slow" } else { "approve" };
        buyers.spawn(async move {
            let mut paid = 0;
            while !over.load(Ordering::SeqCst) {
                let outcome = house.authorise(PaymentId::new(), behaviour, 100).await;
                let approved = matches!(outcome, AuthoriseOutcome::Approved { .. });
                assert!(approved, "{outcome:?}");
                paid += 1;
            }
            paid
        });
    }
    buyers
}

async fn all_are_booked_once(house: &House, paid: i64) {
    let totals = house.books().await.totals;
    assert_eq!(totals.authorisations, paid);
    assert_eq!(totals.held, Money::cents(100 * paid));
    assert_eq!(
        (totals.reversed, totals.unmatched_reversals),
        (Money::ZERO, 0)
    );
    // A slow answer is asked for by the other carrier too; nothing else comes for nobody.
    let strays = house.status().await.strays;
    let unexplained = strays
        .iter()
        .find(|stray| !stray.reason.contains("another carrier"));
    assert_eq!(unexplained, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_renewed_under_load() {
    const RENEWALS: usize = 4;
    let house = Arc::new(House::open_with_two_carriers().await);
    let over = Arc::new(AtomicBool::new(false));
    let buyers = buyers(&house, &over);
    let begun = Instant::now();
    for _ in 0..RENEWALS {
        let sessions = house.wire.connections() + house.other_wire.connections();
        ca::renew(&house.certs(), &["shop", "vault", "switch", "bank"]).unwrap();
        until("both carriers have a new session", async || {
            house.wire.connections() + house.other_wire.connections() >= sessions + 2
        })
        .await;
    }
    over.store(true, Ordering::SeqCst);
    let paid: i64 = buyers.join_all().await.into_iter().sum();
    let took = begun.elapsed();
    all_are_booked_once(&house, paid).await;
    until("the old sessions are gone", async || {
        house.wire.open() + house.other_wire.open() == 2
    })
    .await;
    println!(
        "{paid} payments approved in {took:?} across {RENEWALS} renewals of four certificates, none lost or doubled"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_changed_when_the_bank_asks_and_when_they_are_old() {
    let house = Arc::new(House::closed(house::SLOW).await);
    house.start_bank().await;
    let config = house.switch_config();
    let line = LineTimes {
        renew: Duration::from_millis(700),
        ..config.times.line.clone()
    };
    let times = Times {
        line,
        ..config.times.clone()
    };
    house.start_switch_with(Config { times, ..config }).await;
    house.until_up().await;
    let up_since = house.status().await.line_up_since;
    let over = Arc::new(AtomicBool::new(false));
    let buyers = buyers(&house, &over);
    until("it grows old", async || house.wire.connections() >= 3).await;
    let before = house.wire.connections();
    house.change_keys().await.unwrap();
    until("the bank asks", async || house.wire.connections() > before).await;
    over.store(true, Ordering::SeqCst);
    let paid: i64 = buyers.join_all().await.into_iter().sum();
    all_are_booked_once(&house, paid).await;
    assert_eq!(
        house.status().await.line_up_since,
        up_since,
        "it was never down"
    );
    println!(
        "{paid} payments approved across {} sessions",
        house.wire.connections()
    );
}

/// A switch whose line is asked for after that much silence.
async fn with_echo(house: &House, echo: Duration) {
    let config = house.switch_config();
    let line = LineTimes {
        echo,
        ..config.times.line.clone()
    };
    let times = Times {
        line,
        ..config.times.clone()
    };
    house.start_switch_with(Config { times, ..config }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_line_is_asked_and_ends_when_it_does_not_answer() {
    let house = House::closed(house::SLOW).await;
    house.start_bank().await;
    with_echo(&house, Duration::from_millis(100)).await;
    house.until_up().await;
    let up_since = house.status().await.line_up_since;
    let (asked, answered) = house.wire.heard();
    until("three echoes are answered", async || {
        let heard = house.wire.heard();
        heard.0 >= asked + 3 && heard.1 >= answered + 3
    })
    .await;
    assert_eq!(
        house.status().await.line_up_since,
        up_since,
        "all the while"
    );
    assert_eq!(house.wire.connections(), 1);

    house.wire.stall_answers();
    until("the silence is seen", async || {
        house.status().await.line_up_since.is_none()
    })
    .await;
    let status = house.status().await;
    let failed = status.carriers[0].minutes.iter();
    assert!(failed.map(|minute| minute.sessions_failed).sum::<u64>() > 0);
    house.wire.cut();
    house.wire.let_answers_flow();
    house.until_up().await;
}

/// A certificate of the house's own authority that was good until yesterday.
fn expire(certs: &Path, name: &str) {
    let day = Duration::from_secs(86_400);
    let now = date_time_ymd(1970, 1, 1) + SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut authority = CertificateParams::default();
    authority.distinguished_name = DistinguishedName::new();
    authority.distinguished_name.push(
        DnType::CommonName,
        "Bouquin private authority (demonstration)",
    );
    let key = std::fs::read_to_string(certs.join("ca.key")).unwrap();
    let issuer = Issuer::new(authority, KeyPair::from_pem(&key).unwrap());
    let mut params = CertificateParams::new(vec![format!("{name}.bouquin.internal")]).unwrap();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    params.use_authority_key_identifier_extension = true;
    params.not_before = now - 30 * day;
    params.not_after = now - day;
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &issuer).unwrap();
    std::fs::write(certs.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    std::fs::write(certs.join(format!("{name}.pem")), leaf.pem()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_certificate_opens_no_line_at_either_end() {
    for name in ["bank", "switch"] {
        let house = House::closed(house::SLOW).await;
        expire(&house.certs(), name);
        house.start_bank().await;
        house.start_switch().await;
        // A line that opens keeps its one connection.
        until("it is tried again and again", async || {
            house.wire.connections() >= 5
        })
        .await;
        if name == "bank" {
            let status = house.status().await;
            assert_eq!(status.line_up_since, None);
        }
        ca::renew(&house.certs(), &[name]).unwrap();
        until("it is believed again", async || {
            let before = house.wire.connections();
            tokio::time::sleep(Duration::from_millis(400)).await;
            house.wire.connections() == before && house.wire.open() == 1
        })
        .await;
        house.until_up().await;
    }
}
