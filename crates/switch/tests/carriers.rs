//! Two carriers to one bank: one dies or goes silent, and no authorisation is lost or doubled by it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bank::Trouble;
use house::{ANSWER, House, SILENCE, until};
use switch::{Finding, Standing, StrayKind};
use tokio::task::JoinSet;
use trade::ids::PaymentId;
use trade::payment::{AuthoriseOutcome, Decline, Outcome};

fn is_approved(outcome: &AuthoriseOutcome) -> bool {
    matches!(outcome, AuthoriseOutcome::Approved { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_carrier_costs_a_moment_and_no_authorisation() {
    let house = House::open_with_two_carriers().await;
    let well = PaymentId::new();
    assert!(is_approved(&house.authorise(well, "approve", 1200).await));
    house.wire.stall_answers();
    let silent = PaymentId::new();
    let begun = Instant::now();
    let outcome = house.authorise(silent, "approve", 2390).await;
    let took = begun.elapsed();
    assert!(is_approved(&outcome), "{outcome:?}");
    assert!(
        took >= SILENCE && took < ANSWER,
        "{took:?}: by the other carrier, before anybody gave up"
    );
    let status = house.status().await;
    assert!(status.carriers[0].doubted && !status.carriers[1].doubted);
    let overtaken = |place: usize| {
        let minutes = status.carriers[place].minutes.iter();
        minutes.map(|minute| minute.overtaken).sum::<u64>()
    };
    assert_eq!([overtaken(0), overtaken(1)], [1, 0]);
    // The next one is not kept waiting.
    let next = PaymentId::new();
    let begun = Instant::now();
    assert!(is_approved(&house.authorise(next, "approve", 990).await));
    assert!(begun.elapsed() < SILENCE * 3 / 2, "{:?}", begun.elapsed());
    for id in [silent, next] {
        let holds = house.holds(id).await;
        assert_eq!(holds.len(), 1, "once in the books");
        assert_eq!((holds[0].state.as_str(), holds[0].reversals), ("held", 0));
    }
    // What the silent one brings in the end is told apart.
    house.wire.let_answers_flow();
    until("the late answer is explained", async || {
        let strays = house.status().await.strays;
        let kinds = [StrayKind::OtherCarrier, StrayKind::ConnectionLost];
        strays.iter().any(|stray| {
            kinds.contains(&stray.kind)
                && stray.carrier == Some(house.wire.address)
                && (stray.payment, stray.finding) == (Some(silent), Some(Finding::Agrees))
        })
    })
    .await;
    assert_eq!(house.status().await.unknown, 0);
}

/// The bank is at it when the other carrier asks, and says so, or says that it has had it: that is not its answer.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_progress_by_one_carrier_is_not_declined_by_the_other() {
    let house = House::open_with_two_carriers().await;
    let late = (SILENCE + Duration::from_millis(250)).as_millis() as u64;
    for busy in [Trouble::InProgress, Trouble::Duplicate] {
        house.troubles.set([Trouble::Late(late), busy]);
        let id = PaymentId::new();
        let outcome = house.authorise(id, "approve", 2390).await;
        assert!(is_approved(&outcome), "{busy:?}: {outcome:?}");
        let holds = house.holds(id).await;
        assert_eq!((holds[0].state.as_str(), holds[0].reversals), ("held", 0));
    }
    // A no that is a verdict, by both.
    house.troubles.set([Trouble::Late(late)]);
    let outcome = house
        .authorise(PaymentId::new(), "issuer_unavailable", 2390)
        .await;
    let declined = AuthoriseOutcome::Declined {
        reason: Decline::IssuerUnavailable,
    };
    assert_eq!(outcome, declined);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_in_progress_is_in_doubt_and_reversed_once() {
    let house = House::open_with_two_carriers().await;
    for busy in [Trouble::InProgress, Trouble::Duplicate] {
        house.troubles.set([Trouble::Silence, busy]);
        let id = PaymentId::new();
        let outcome = house.authorise(id, "approve", 2390).await;
        assert_eq!(outcome, AuthoriseOutcome::Unknown, "{busy:?}");
        house.until_settled().await;
        let holds = house.holds(id).await;
        assert_eq!(
            (holds[0].state.as_str(), holds[0].reversals),
            ("reversed", 1)
        );
        // The same of a capture: it is said again until there is an answer to it.
        let id = PaymentId::new();
        house.authorise(id, "approve", 990).await;
        house.troubles.set([Trouble::Silence, busy]);
        house.capture(id, 990).await.unwrap();
        house.until_settled().await;
        assert_eq!(house.capture(id, 990).await.unwrap(), Outcome::Done);
        assert_eq!(house.holds(id).await[0].state, "captured");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_carrier_is_not_missed() {
    let house = House::open_with_two_carriers().await;
    house.wire.unplug();
    let id = PaymentId::new();
    assert!(is_approved(&house.authorise(id, "approve", 2390).await));
    until("the loss is seen", async || {
        let status = house.status().await;
        let [dead, well] = &status.carriers[..] else {
            panic!("two carriers")
        };
        let failed: u64 = dead
            .minutes
            .iter()
            .map(|minute| minute.sessions_failed)
            .sum();
        matches!(dead.standing, Standing::Down(_))
            && failed > 0
            && matches!(well.standing, Standing::Up(_))
    })
    .await;
    assert!(house.status().await.line_up_since.is_some());
    assert!(house.capture(id, 2390).await.is_ok());
    house.other_wire.unplug();
    until("nobody can be reached", async || {
        house.status().await.line_up_since.is_none()
    })
    .await;
    let outcome = house.authorise(PaymentId::new(), "approve", 990).await;
    assert!(
        matches!(outcome, AuthoriseOutcome::NotSent { .. }),
        "{outcome:?}"
    );
    house.wire.plug_in();
    house.until_up().await;
    let id = PaymentId::new();
    assert!(is_approved(&house.authorise(id, "approve", 990).await));
}

/// Buyers all the while, and every half second something happens to one of the carriers.
#[tokio::test(flavor = "multi_thread")]
async fn while_carriers_come_and_go_nothing_is_lost_or_doubled() {
    const BUYERS: usize = 8;
    const EACH: usize = 25;
    let house = Arc::new(House::open_with_two_carriers().await);
    let mut buyers = JoinSet::new();
    for buyer in 0..BUYERS {
        let house = Arc::clone(&house);
        buyers.spawn(async move {
            let mut bought = Vec::new();
            for n in 0..EACH {
                let id = PaymentId::new();
                let amount = (buyer * EACH + n) as i64 + 100;
                bought.push((id, amount, house.authorise(id, "approve", amount).await));
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            bought
        });
    }
    let troubled = Arc::clone(&house);
    let trouble = tokio::spawn(async move {
        loop {
            troubled.wire.stall_answers();
            tokio::time::sleep(Duration::from_millis(300)).await;
            troubled.wire.let_answers_flow();
            troubled.other_wire.unplug();
            tokio::time::sleep(Duration::from_millis(300)).await;
            troubled.other_wire.plug_in();
            troubled.wire.cut();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    let bought: Vec<_> = buyers.join_all().await.into_iter().flatten().collect();
    trouble.abort();
    house.wire.plug_in();
    house.other_wire.plug_in();
    house.until_settled().await;
    let books = house.books().await;
    let approved = bought.iter().filter(|(_, _, outcome)| is_approved(outcome));
    println!("{} of {} approved", approved.count(), bought.len());
    for (id, amount, outcome) in &bought {
        let of_it = books
            .holds
            .iter()
            .filter(|hold| hold.payment == id.to_string());
        let of_it: Vec<_> = of_it.collect();
        assert!(of_it.len() <= 1, "{id} is booked twice");
        let held = of_it.iter().any(|hold| hold.state == "held");
        assert_eq!(is_approved(outcome), held, "{id}: {outcome:?} {of_it:?}");
        assert!(of_it.iter().all(|hold| hold.amount.as_cents() == *amount));
    }
}
