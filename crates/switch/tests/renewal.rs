//! Sessions and certificates are renewed while buyers pay, and no message is lost by it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use house::{House, until};
use link::ca;
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
