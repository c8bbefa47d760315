//! So many decisions a second, whether or not the last one is made: each waits from the moment at which it was due.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use shop::screening::{Attempt, ScreenRefusal, Screening, Visit, screen};
use storage::Fault;
use tokio::runtime::Handle;

use super::{
    house::{House, receipt},
    traffic::{Event, Random},
};

/// Between placing the orders, as quickly as they can be, and screening them: what a disk or its cache owes is not the
/// screening's.
const REST: Duration = Duration::from_secs(10);

/// How long decisions took.
pub struct Latency {
    pub decisions: usize,
    /// Attempts that were told to come back, because the database's queue was full.
    pub busy: usize,
    pub offered_per_second: u32,
    pub done_per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub longest: Duration,
}

/// Places orders of readers of the traffic, then screens them at `rate` a second for `seconds`.
pub async fn measure(house: Arc<House>, events: &[Event], rate: u32, seconds: u32) -> Latency {
    let attempts = attempts(&house, events, (rate * seconds) as usize).await;
    let screening = Screening::new(house.keys.clone(), None);
    screening
        .remember(&house.store, &house.clock)
        .await
        .unwrap();
    tokio::time::sleep(REST).await;
    let pause = Duration::from_secs(1) / rate;
    let begun = Instant::now() + Duration::from_millis(50);
    let runtime = Handle::current();
    let started = Arc::clone(&house);
    // By a thread of its own: the runtime's clock ticks once a millisecond.
    let sender = std::thread::spawn(move || {
        let attempts = (0_u32..).zip(attempts).map(|(number, attempt)| {
            let due = begun + pause * number;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let (house, screening) = (Arc::clone(&started), screening.clone());
            runtime.spawn(async move {
                let screened = screen(&house.store, &screening, &house.clock, attempt).await;
                match screened {
                    Ok(_) => Some((due.elapsed(), Instant::now())),
                    Err(ScreenRefusal::Fault(Fault::Busy)) => None,
                    Err(other) => panic!("{other}"),
                }
            })
        });
        attempts.collect::<Vec<_>>()
    });
    let running = tokio::task::spawn_blocking(|| sender.join().unwrap())
        .await
        .unwrap();
    let (mut took, mut last) = (Vec::new(), begun);
    let offered = running.len();
    for one in running {
        if let Some((elapsed, at)) = one.await.unwrap() {
            took.push(elapsed);
            last = last.max(at);
        }
    }
    took.sort_unstable();
    let at = |part: usize| took[(took.len() * part / 1000).min(took.len() - 1)];
    Latency {
        decisions: took.len(),
        busy: offered - took.len(),
        offered_per_second: rate,
        done_per_second: took.len() as f64 / (last - begun).as_secs_f64(),
        p50: at(500),
        p99: at(990),
        longest: at(1000),
    }
}

/// Orders that wait to be paid, placed many at once.
async fn attempts(house: &Arc<House>, events: &[Event], count: usize) -> Vec<Attempt> {
    let mut random = Random(5);
    let mut attempts = Vec::with_capacity(count);
    while attempts.len() < count {
        let placing: Vec<_> = (0..64.min(count - attempts.len()))
            .map(|_| {
                let event = events[random.below(events.len() as u32) as usize].clone();
                let house = Arc::clone(house);
                tokio::spawn(async move {
                    let placed = house.place(&event).await;
                    let visit = Visit {
                        cart: Some(event.cart),
                        peer: Some(event.peer.into()),
                    };
                    Attempt::with_card(&receipt(&placed, &event), visit)
                })
            })
            .collect();
        for placed in placing {
            attempts.push(placed.await.unwrap());
        }
    }
    attempts
}
