//! Two hundred payments in bad weather: while buyers pay, booksellers ship, cancel and refund, the
//! wire is cut and stalled and both ends are killed. When it is over, switch and bank must agree
//! about every payment to the cent.
//!
//! What is done and when is drawn from a seed (`BOUQUIN_SEED`, shown when it fails); how the pieces
//! then meet is up to the machine, which is the point.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use house::House;
use house::judge::{Dice, agree};
use switch::State;
use tokio::task::JoinSet;
use trade::ids::{CaptureId, PaymentId, RefundId};
use trade::money::Money;
use trade::payment::AuthoriseOutcome;

const PAYMENTS: u64 = 200;
const BUYERS: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_storm_switch_and_bank_agree_to_the_cent() {
    let seed = std::env::var("BOUQUIN_SEED").map_or(20_001_111, |seed| seed.parse().unwrap());
    println!("BOUQUIN_SEED={seed}");
    let house = Arc::new(House::open().await);
    let over = Arc::new(AtomicBool::new(false));
    let weather = tokio::spawn(storm(Arc::clone(&house), Dice(seed), Arc::clone(&over)));
    let mut buyers = JoinSet::new();
    for buyer in 0..BUYERS {
        let (house, mut dice) = (Arc::clone(&house), Dice(seed ^ (buyer + 1) << 32));
        buyers.spawn(async move {
            let mut payments = Vec::new();
            for _ in 0..PAYMENTS / BUYERS {
                buy(&house, &mut dice, &mut payments).await;
            }
            payments
        });
    }
    let payments = buyers.join_all().await.concat();
    assert!(payments.len() >= PAYMENTS as usize);
    over.store(true, Ordering::SeqCst);
    weather.await.unwrap();

    house.wire.plug_in();
    house.until_up().await;
    house.until_settled().await;
    let mut ends = BTreeMap::new();
    let mut sums = (Money::ZERO, Money::ZERO, Money::ZERO);
    for id in &payments {
        let (report, holds) = (house.report(*id).await, house.holds(*id).await);
        agree(&report, &holds);
        *ends.entry(report.state.name()).or_insert(0) += 1;
        if report.state == State::Approved {
            sums.0 += report.amount - report.captured;
        }
        sums.1 += report.captured;
        sums.2 += report.refunded;
    }
    let totals = house.books().await.totals;
    assert_eq!((totals.held, totals.captured, totals.refunded), sums);
    println!(
        "{ends:?} {totals:?}, {} strays",
        house.status().await.strays.len()
    );
    // A fine day proves nothing.
    for weather in ["reversed", "not_sent", "captured"] {
        assert!(ends.contains_key(weather), "no payment ended {weather}");
    }
}

/// A reader pays, and tries again with another payment as long as nothing is even sent.
async fn buy(house: &House, dice: &mut Dice, payments: &mut Vec<PaymentId>) {
    for _ in 0..50 {
        let id = PaymentId::new();
        payments.push(id);
        if live(house, dice, id).await {
            return;
        }
        pause(dice, 200).await;
    }
}

/// One payment, asked about until there is an outcome, as the shop's recovery does; whether it was
/// sent.
async fn live(house: &House, dice: &mut Dice, id: PaymentId) -> bool {
    let amount = 100 + dice.roll(9900) as i64;
    let behaviour = match dice.roll(10) {
        0 => "silent",
        1 if amount % 2 == 0 => "partial",
        1 => "insufficient_funds",
        2 | 3 => "slow",
        _ => "approve",
    };
    let outcome = loop {
        match house.try_authorise(id, behaviour, amount).await {
            Ok(outcome) => break outcome,
            Err(_) => pause(dice, 100).await,
        }
    };
    if matches!(outcome, AuthoriseOutcome::Approved { .. }) {
        pause(dice, 100).await;
        ship(house, dice, id, amount).await;
    }
    !matches!(outcome, AuthoriseOutcome::NotSent { .. })
}

/// None to three parcels, what comes back of them, and sometimes the end of the order.
async fn ship(house: &House, dice: &mut Dice, id: PaymentId, amount: i64) {
    let mut left = amount;
    for parcels in (0..dice.roll(4)).rev() {
        let part = match parcels {
            0 if dice.roll(3) > 0 => left,
            _ => 1 + dice.roll(left as u64) as i64,
        };
        wish(house, dice, id, Wish::Capture(CaptureId::new(), part)).await;
        left -= part;
        for _ in 0..dice.roll(3) {
            let part = 1 + dice.roll(amount as u64) as i64;
            wish(house, dice, id, Wish::Refund(RefundId::new(), part)).await;
        }
        if left == 0 {
            return;
        }
    }
    if dice.roll(2) == 0 {
        wish(house, dice, id, Wish::Reverse).await;
    }
}

#[derive(Clone, Copy)]
enum Wish {
    Reverse,
    Capture(CaptureId, i64),
    Refund(RefundId, i64),
}

/// Says it until it is heard, and sometimes once more.
async fn wish(house: &House, dice: &mut Dice, id: PaymentId, wish: Wish) {
    let mut once_more = dice.roll(3) == 0;
    loop {
        let heard = match wish {
            Wish::Reverse => house.reverse(id).await,
            Wish::Capture(capture, part) => house.capture_part(id, capture, part).await,
            Wish::Refund(refund, amount) => house.refund(id, refund, amount).await,
        };
        match heard {
            Ok(_) if !once_more => return,
            Ok(_) => once_more = false,
            Err(_) => pause(dice, 100).await,
        }
    }
}

async fn pause(dice: &mut Dice, most_ms: u64) {
    tokio::time::sleep(Duration::from_millis(1 + dice.roll(most_ms))).await;
}

async fn storm(house: Arc<House>, mut dice: Dice, over: Arc<AtomicBool>) {
    while !over.load(Ordering::SeqCst) {
        pause(&mut dice, 900).await;
        match dice.roll(7) {
            0 | 1 => house.wire.cut(),
            2 | 3 => {
                house.wire.stall_answers();
                pause(&mut dice, 300).await;
                if dice.roll(2) == 0 {
                    house.wire.cut();
                }
                house.wire.let_answers_flow();
            }
            4 => {
                house.wire.unplug();
                pause(&mut dice, 200).await;
                house.wire.plug_in();
            }
            5 => {
                house.kill_bank().await;
                pause(&mut dice, 100).await;
                house.start_bank().await;
                house.wire.cut();
            }
            6 => {
                house.kill_switch().await;
                house.start_switch().await;
            }
            _ => {}
        }
    }
}
