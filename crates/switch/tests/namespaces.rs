//! Switch and bank in network namespaces of their own, two carriers between them, one of them WireGuard in user space. Each is
//! taken away while buyers pay, and nobody waits for two seconds, nothing is lost, nothing is doubled. The times are the
//! defaults of a real switch.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "house/ground.rs"]
mod ground;
mod house;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bank::{Bank, Troubles};
use ground::{BARE, BOOKS, Ground, TUNNEL};
use house::{House, until};
use rustix::process::Signal;
use switch::{Config, Standing, Times};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use trade::clock::Clock;
use trade::ids::PaymentId;
use trade::money::Money;
use trade::payment::AuthoriseOutcome;

const BUYERS: u64 = 8;
const FAIL_OVER: Duration = Duration::from_secs(2);

/// One authorisation: when it was asked for, and how long the buyer waited.
type Asked = (Instant, Duration);

#[test]
fn a_carrier_that_dies_costs_less_than_two_seconds() {
    let ground = match Ground::lay() {
        Ok(ground) => ground,
        Err(reason) => return println!("skipped: no network namespaces ({reason})"),
    };
    // Every thread of the runtime lives in the switch's namespace; this one is left where it was.
    let space = ground.switch_space();
    let trial = std::thread::spawn(move || {
        ground::enter(&space);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .on_thread_start(move || ground::enter(&space))
            .build();
        runtime.unwrap().block_on(trial(ground));
    });
    trial.join().unwrap();
}

/// The bank, on a thread in its own namespace.
fn start_bank(house: &House, space: String) {
    let config = bank::Config {
        listen: [BARE, TUNNEL]
            .map(|ip| format!("{ip}:9000").parse().unwrap())
            .to_vec(),
        books: format!("{BOOKS}:9001").parse().unwrap(),
        bureau: None,
        database: house.database("bank.db"),
        identity: house.identity("bank"),
        slow: Duration::from_millis(300),
        troubles: Troubles::default(),
        clock: Clock::system(),
    };
    std::thread::spawn(move || {
        ground::enter(&space);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            Bank::open(config).await.unwrap().serve().await.unwrap();
        });
    });
}

async fn both_up(house: &House) {
    until("both carriers are up", async || {
        let carriers = house.status().await.carriers;
        carriers
            .iter()
            .all(|carrier| matches!(carrier.standing, Standing::Up(_)) && !carrier.doubted)
    })
    .await;
}

/// What is done to a carrier, and how it is undone.
type Trouble = (&'static str, fn(&Ground), fn(&Ground));

async fn trial(ground: Ground) {
    let house = Arc::new(House::closed(house::SLOW).await);
    start_bank(&house, ground.bank_space());
    house.reads_books_at(format!("{BOOKS}:9001").parse().unwrap());
    let bare: [Trouble; 2] = [
        (
            "the bare carrier's link goes down",
            |ground| ground.cable("down"),
            |ground| ground.cable("up"),
        ),
        (
            "what the bare carrier brings vanishes",
            |ground| ground.black_hole("add"),
            |ground| ground.black_hole("del"),
        ),
    ];
    let tunnel: [Trouble; 1] = [(
        "the tunnel stands still",
        |ground| ground.tunnel(Signal::STOP),
        |ground| ground.tunnel(Signal::CONT),
    )];
    // The carrier that is preferred is the one that is missed.
    let mut paid = under(&house, &ground, [BARE, TUNNEL], &bare).await;
    house.kill_switch().await;
    paid += under(&house, &ground, [TUNNEL, BARE], &tunnel).await;
    house.until_settled().await;
    let totals = house.books().await.totals;
    assert_eq!(
        (totals.authorisations, totals.held, totals.reversed),
        (paid, Money::cents(100 * paid), Money::ZERO)
    );
    println!("{paid} authorisations, 0 lost, 0 doubled, none reversed");
}

/// Buyers pay under each trouble; how many did.
async fn under(
    house: &Arc<House>,
    ground: &Ground,
    carriers: [&str; 2],
    troubles: &[Trouble],
) -> i64 {
    let config = Config {
        carriers: carriers
            .map(|ip| format!("{ip}:9000").parse().unwrap())
            .to_vec(),
        clearing: None,
        times: Times::default(),
        ..house.switch_config()
    };
    house.start_switch_with(config).await;
    both_up(house).await;
    let over = Arc::new(AtomicBool::new(false));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let mut buyers = JoinSet::new();
    for _ in 0..BUYERS {
        let (house, over, asked) = (Arc::clone(house), Arc::clone(&over), Arc::clone(&asked));
        buyers.spawn(buy(house, over, asked));
    }
    for (name, begin, end) in troubles {
        both_up(house).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        begin(ground);
        tokio::time::sleep(Duration::from_secs(3)).await;
        end(ground);
        let ended = Instant::now();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        tell(name, begun, ended, &asked.lock().await);
    }
    over.store(true, Ordering::SeqCst);
    while let Some(buyer) = buyers.join_next().await {
        buyer.unwrap();
    }
    i64::try_from(asked.lock().await.len()).unwrap()
}

async fn buy(house: Arc<House>, over: Arc<AtomicBool>, asked: Arc<Mutex<Vec<Asked>>>) {
    while !over.load(Ordering::SeqCst) {
        let begun = Instant::now();
        let outcome = house.authorise(PaymentId::new(), "approve", 100).await;
        let approved = matches!(outcome, AuthoriseOutcome::Approved { .. });
        assert!(approved, "{outcome:?} after {:?}", begun.elapsed());
        asked.lock().await.push((begun, begun.elapsed()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How long those waited whom the trouble met.
fn tell(name: &str, begun: Instant, ended: Instant, asked: &[Asked]) {
    let met = asked
        .iter()
        .filter(|(at, took)| *at + *took > begun && *at < ended);
    let waits: Vec<Duration> = met.map(|(_, took)| *took).collect();
    let longest = waits.iter().max().copied().unwrap_or_default();
    let over = waits
        .iter()
        .filter(|took| **took > Times::default().line.silence)
        .count();
    println!(
        "{name}: {} authorisations meanwhile, {over} of them by the other carrier after a silence, the longest wait {longest:?}",
        waits.len()
    );
    assert!(
        !waits.is_empty() && longest < FAIL_OVER,
        "{name}: {longest:?}"
    );
}
