//! Payments from the shop's request to the bank's books, over real sockets, one story each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::sync::Arc;
use std::time::Duration;

use bank::{Hold, Trouble};
use house::{ANSWER, House, number, until};
use link::LinkFault;
use link::http::Client;
use switch::{Finding, State};
use tokio::task::JoinSet;
use trade::ids::{CaptureId, PaymentId, RefundId};
use trade::money::Money;
use trade::payment::{AuthoriseOutcome, Decline, NotSent, Outcome};

fn refused(code: &str) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
    }
}

fn status_of(answer: Result<impl std::fmt::Debug, LinkFault>) -> u16 {
    match answer {
        Err(LinkFault::Refused { status, .. }) => status,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_book_is_paid_shipped_and_given_back() {
    let house = House::open().await;
    let id = PaymentId::new();
    let outcome = house.authorise(id, "approve", 2390).await;
    let AuthoriseOutcome::Approved {
        approval_code,
        retrieval_reference,
    } = &outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!((approval_code.len(), retrieval_reference.len()), (6, 12));
    assert_eq!(house.holds(id).await[0].state, "held");

    // Said again, everything is answered as before and done once.
    assert_eq!(house.authorise(id, "approve", 2390).await, outcome);
    assert_eq!(house.capture(id, 9999).await.unwrap(), refused("amount"));
    for _ in 0..2 {
        assert_eq!(house.capture(id, 2390).await.unwrap(), Outcome::Done);
    }
    assert_eq!(house.reverse(id).await.unwrap(), refused("captured"));
    let (first, second) = (RefundId::new(), RefundId::new());
    for _ in 0..2 {
        assert_eq!(house.refund(id, first, 1000).await.unwrap(), Outcome::Done);
    }
    assert_eq!(
        house.refund(id, second, 1391).await.unwrap(),
        refused("amount")
    );
    assert_eq!(
        house.refund(id, RefundId::new(), 1390).await.unwrap(),
        Outcome::Done
    );

    let holds = house.holds(id).await;
    assert_eq!(holds.len(), 1);
    assert_eq!(holds[0].retrieval_reference, *retrieval_reference);
    assert_eq!(holds[0].captured, Money::cents(2390));
    assert_eq!(holds[0].refunded, Money::cents(2390));
    let report = house.report(id).await;
    assert_eq!((report.state, report.refunds.len()), (State::Captured, 2));
    assert_eq!(report.refunded, Money::cents(2390));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_out_in_parcels_and_what_stays_here_is_let_go() {
    let house = House::open().await;
    let id = PaymentId::new();
    house.authorise(id, "approve", 10_000).await;
    let (first, second) = (CaptureId::new(), CaptureId::new());
    for _ in 0..2 {
        let parcel = house.capture_part(id, first, 3500).await.unwrap();
        assert_eq!(parcel, Outcome::Done);
    }
    assert_eq!(status_of(house.capture_part(id, first, 3499).await), 409);
    let report = house.report(id).await;
    assert_eq!(
        (report.state, report.captured),
        (State::Approved, Money::cents(3500))
    );
    // Given back before the last parcel has left, and no more than has been taken.
    let returned = house.refund(id, RefundId::new(), 500).await.unwrap();
    assert_eq!(returned, Outcome::Done);
    let more = house.refund(id, RefundId::new(), 3001).await.unwrap();
    assert_eq!(more, refused("amount"));
    let parcel = house.capture_part(id, second, 2500).await.unwrap();
    assert_eq!(parcel, Outcome::Done);
    let too_much = house.capture_part(id, CaptureId::new(), 4001).await;
    assert_eq!(too_much.unwrap(), refused("amount"));

    for _ in 0..2 {
        assert_eq!(house.reverse(id).await.unwrap(), Outcome::Done);
    }
    let late = house.capture_part(id, CaptureId::new(), 100).await.unwrap();
    assert_eq!(late, refused("amount"));
    let report = house.report(id).await;
    assert_eq!(
        (report.state, report.captured, report.refunded),
        (State::Captured, Money::cents(6000), Money::cents(500))
    );
    assert_eq!(report.captures.len(), 2);
    let holds = house.holds(id).await;
    let Hold {
        state,
        captured,
        refunded,
        released,
        reversals,
        ..
    } = &holds[0];
    assert_eq!((state.as_str(), *reversals), ("captured", 1));
    assert_eq!(
        (*captured, *refunded, *released),
        (Money::cents(6000), Money::cents(500), Money::cents(4000))
    );
    assert_eq!(house.books().await.totals.held, Money::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_waits_for_the_captures_before_it() {
    let house = House::open().await;
    let id = PaymentId::new();
    house.authorise(id, "approve", 5000).await;
    house.wire.unplug();
    until("the line is down", async || {
        house.status().await.line_up_since.is_none()
    })
    .await;
    let parcel = house.capture_part(id, CaptureId::new(), 2000).await;
    assert_eq!(parcel.unwrap(), Outcome::Pending);
    let early = house.refund(id, RefundId::new(), 2000).await.unwrap();
    assert_eq!(early, refused("under_way"));
    assert_eq!(house.reverse(id).await.unwrap(), Outcome::Pending);
    let late = house.capture_part(id, CaptureId::new(), 100).await.unwrap();
    assert_eq!(late, refused("not_approved"));
    house.kill_switch().await;
    house.start_switch().await;
    house.wire.plug_in();
    house.until_settled().await;
    let (report, holds) = (house.report(id).await, house.holds(id).await);
    assert_eq!(
        (report.state, report.captured),
        (State::Captured, Money::cents(2000))
    );
    assert_eq!(
        (holds[0].captured, holds[0].released, holds[0].reversals),
        (Money::cents(2000), Money::cents(3000), 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_cancelled_lets_go_of_the_money() {
    let house = House::open().await;
    let id = PaymentId::new();
    house.authorise(id, "approve", 990).await;
    for _ in 0..2 {
        assert_eq!(house.reverse(id).await.unwrap(), Outcome::Done);
    }
    assert_eq!(
        house.capture(id, 990).await.unwrap(),
        refused("not_approved")
    );
    let holds = house.holds(id).await;
    assert_eq!(
        (holds[0].state.as_str(), holds[0].reversals),
        ("reversed", 1)
    );
    assert_eq!(house.report(id).await.state, State::Reversed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reason_to_decline_arrives_as_that_reason() {
    let house = House::open().await;
    for reason in Decline::ALL {
        let id = PaymentId::new();
        let declined = AuthoriseOutcome::Declined { reason };
        assert_eq!(house.authorise(id, reason.code(), 1500).await, declined);
        assert_eq!(house.authorise(id, reason.code(), 1500).await, declined);
        assert_eq!(house.holds(id).await[0].state, "declined");
        assert_eq!(house.reverse(id).await.unwrap(), Outcome::Done);
    }
    assert_eq!(house.books().await.totals.held, Money::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_the_amount_is_not_taken_and_reversed_once() {
    let house = House::open().await;
    let id = PaymentId::new();
    let declined = AuthoriseOutcome::Declined {
        reason: Decline::InsufficientFunds,
    };
    for _ in 0..2 {
        assert_eq!(house.authorise(id, "partial", 4201).await, declined);
    }
    assert_eq!(
        house.capture(id, 2100).await.unwrap(),
        refused("not_approved")
    );
    house.until_settled().await;
    assert_eq!(house.reverse(id).await.unwrap(), Outcome::Done);
    let (report, holds) = (house.report(id).await, house.holds(id).await);
    assert_eq!(
        (report.state, report.part, report.reversal),
        (
            State::Reversed,
            Some(Money::cents(2100)),
            Some(Outcome::Done)
        )
    );
    assert_eq!(
        (holds[0].amount, holds[0].released, holds[0].reversals),
        (Money::cents(2100), Money::cents(2100), 1)
    );
    // Of one cent there is no part.
    let cent = PaymentId::new();
    assert_eq!(house.authorise(cent, "partial", 1).await, declined);
    assert_eq!(house.report(cent).await.state, State::Declined);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_bank_leaves_doubt_and_exactly_one_reversal() {
    let house = House::open().await;
    let id = PaymentId::new();
    assert_eq!(
        house.authorise(id, "silent", 4200).await,
        AuthoriseOutcome::Unknown
    );
    house.until_settled().await;
    let holds = house.holds(id).await;
    assert_eq!(holds.len(), 1);
    assert_eq!(
        (holds[0].state.as_str(), holds[0].reversals),
        ("reversed", 1)
    );
    // The truth told to the reader stays the truth, and asking again reverses nothing twice.
    assert_eq!(
        house.authorise(id, "silent", 4200).await,
        AuthoriseOutcome::Unknown
    );
    assert_eq!(house.reverse(id).await.unwrap(), Outcome::Done);
    assert_eq!(house.holds(id).await[0].reversals, 1);
    assert_eq!(house.books().await.totals.unmatched_reversals, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_bank_is_waited_for_and_others_pass_by() {
    let house = House::open().await;
    let (slow, quick) = (PaymentId::new(), PaymentId::new());
    let (slow, quick) = tokio::join!(
        async {
            (
                house.authorise(slow, "slow", 100).await,
                std::time::Instant::now(),
            )
        },
        async {
            (
                house.authorise(quick, "approve", 100).await,
                std::time::Instant::now(),
            )
        },
    );
    assert!(matches!(slow.0, AuthoriseOutcome::Approved { .. }));
    assert!(matches!(quick.0, AuthoriseOutcome::Approved { .. }));
    assert!(quick.1 < slow.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_comes_too_late_is_kept_apart_and_reversed() {
    let house = House::open_with(ANSWER + Duration::from_millis(300)).await;
    let id = PaymentId::new();
    assert_eq!(
        house.authorise(id, "slow", 3100).await,
        AuthoriseOutcome::Unknown
    );
    until("the late reply is seen", async || {
        !house.status().await.strays.is_empty()
    })
    .await;
    house.until_settled().await;
    let strays = house.status().await.strays;
    assert_eq!(strays.len(), 1);
    assert_eq!(
        (strays[0].mti.as_str(), strays[0].response_code.as_str()),
        ("0110", "00")
    );
    assert!(strays[0].reason.contains("late"), "{}", strays[0].reason);
    let holds = house.holds(id).await;
    assert_eq!(
        (holds[0].state.as_str(), holds[0].reversals),
        ("reversed", 1)
    );
    assert_eq!(house.report(id).await.state, State::Reversed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_code_that_is_filled_up_with_spaces_is_as_good_as_any() {
    let house = House::open().await;
    let (sold, cancelled) = (PaymentId::new(), PaymentId::new());
    for id in [sold, cancelled] {
        let outcome = house.authorise(id, "short_code", 2390).await;
        let AuthoriseOutcome::Approved { approval_code, .. } = &outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(approval_code, "T42");
    }
    assert_eq!(house.capture(sold, 2390).await.unwrap(), Outcome::Done);
    let refund = house.refund(sold, RefundId::new(), 390).await.unwrap();
    assert_eq!(refund, Outcome::Done);
    assert_eq!(house.reverse(cancelled).await.unwrap(), Outcome::Done);
    house.cut_batches().await;
    house.until_cleared().await;
    let batch = house.batches().await.remove(0);
    assert_eq!(batch.accepted.map(|accepted| accepted.lines), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_could_never_be_cleared_is_reversed() {
    let house = House::open().await;
    house.troubles.set([Trouble::BrokenCode]);
    let id = PaymentId::new();
    let outcome = house.authorise(id, "approve", 2390).await;
    assert_eq!(outcome, AuthoriseOutcome::Unknown);
    house.until_settled().await;
    let holds = house.holds(id).await;
    assert_eq!(
        (holds[0].state.as_str(), holds[0].reversals),
        ("reversed", 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_after_a_reversal_of_something_unheard_of_is_taken_back() {
    let house = House::open().await;
    // The bank says yes when nobody waits any more, and nothing of it to the reversal.
    let late = ANSWER + Duration::from_millis(800);
    let late = Trouble::Late(late.as_millis() as u64);
    house.troubles.set([late, Trouble::Unheard]);
    let id = PaymentId::new();
    let outcome = house.authorise(id, "approve", 3100).await;
    assert_eq!(outcome, AuthoriseOutcome::Unknown);
    until("the bank knows of nothing to reverse", async || {
        house.report(id).await.state == State::Reversed
    })
    .await;
    assert_eq!(house.holds(id).await[0].state, "held");
    until("the late approval is taken back", async || {
        house.holds(id).await[0].state == "reversed"
    })
    .await;
    house.until_settled().await;
    assert_eq!(house.holds(id).await[0].reversals, 1);
    assert_eq!(house.report(id).await.state, State::Reversed);
    let strays = house.status().await.strays;
    assert_eq!(
        (strays[0].payment, strays[0].finding),
        (Some(id), Some(Finding::TakenBack))
    );
    // What the reader was told stays so.
    let outcome = house.authorise(id, "approve", 3100).await;
    assert_eq!(outcome, AuthoriseOutcome::Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_line_nothing_is_sent_and_that_is_certain() {
    let house = House::closed(house::SLOW).await;
    house.start_switch().await;
    let id = PaymentId::new();
    let not_sent = AuthoriseOutcome::NotSent {
        reason: NotSent::BankUnreachable,
    };
    assert_eq!(house.authorise(id, "approve", 700).await, not_sent);
    house.start_bank().await;
    house.until_up().await;
    assert_eq!(house.authorise(id, "approve", 700).await, not_sent);
    assert!(house.holds(id).await.is_empty());

    let (id, request) = (
        PaymentId::new(),
        house.request(PaymentId::new(), &number("approve"), 700),
    );
    assert_eq!(
        status_of(house.ask(id, &request).await),
        403,
        "a grant for another payment"
    );
    let id = PaymentId::new();
    let request = house.request(id, &number("approve"), 700);
    house.vault.forget();
    let card_gone = AuthoriseOutcome::NotSent {
        reason: NotSent::CardGone,
    };
    assert_eq!(house.ask(id, &request).await.unwrap(), card_gone);
    assert_eq!(house.books().await.totals.authorisations, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_breaks_after_the_question_leaves_doubt_and_one_reversal() {
    let house = House::open().await;
    let id = PaymentId::new();
    house.wire.stall_answers();
    let (outcome, ()) = tokio::join!(house.authorise(id, "approve", 5600), async {
        until("the bank holds the amount", async || {
            !house.holds(id).await.is_empty()
        })
        .await;
        house.wire.unplug();
    });
    assert_eq!(outcome, AuthoriseOutcome::Unknown);
    assert_eq!(house.holds(id).await[0].state, "held");
    assert_eq!(house.status().await.unknown, 1);
    house.wire.plug_in();
    house.until_settled().await;
    let holds = house.holds(id).await;
    assert_eq!(
        (holds[0].state.as_str(), holds[0].reversals),
        ("reversed", 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_killed_while_it_asks_reverses_once_when_it_is_back() {
    let house = House::open().await;
    let id = PaymentId::new();
    house.wire.stall_answers();
    let (cut_off, ()) = tokio::join!(house.try_authorise(id, "approve", 8800), async {
        until("the bank holds the amount", async || {
            !house.holds(id).await.is_empty()
        })
        .await;
        house.kill_switch().await;
        house.wire.cut();
        house.wire.let_answers_flow();
    });
    assert!(cut_off.is_err());
    house.start_switch().await;
    assert_eq!(
        house.authorise(id, "approve", 8800).await,
        AuthoriseOutcome::Unknown
    );
    house.until_settled().await;
    for _ in 0..2 {
        house.kill_switch().await;
        house.start_switch().await;
        house.until_settled().await;
    }
    let holds = house.holds(id).await;
    assert_eq!(holds.len(), 1);
    assert_eq!(
        (holds[0].state.as_str(), holds[0].reversals),
        ("reversed", 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_shop_wants_while_the_line_is_down_is_done_later_and_once() {
    let house = House::open().await;
    let (shipped, cancelled, returned) = (PaymentId::new(), PaymentId::new(), PaymentId::new());
    for id in [shipped, cancelled, returned] {
        house.authorise(id, "approve", 1200).await;
    }
    house.capture(returned, 1200).await.unwrap();
    house.wire.unplug();
    until("the line is down", async || {
        house.status().await.line_up_since.is_none()
    })
    .await;
    let refund = RefundId::new();
    for _ in 0..2 {
        assert_eq!(
            house.capture(shipped, 1200).await.unwrap(),
            Outcome::Pending
        );
        assert_eq!(house.reverse(cancelled).await.unwrap(), Outcome::Pending);
        assert_eq!(
            house.refund(returned, refund, 1200).await.unwrap(),
            Outcome::Pending
        );
    }
    house.kill_switch().await;
    house.start_switch().await;
    assert_eq!(house.status().await.queued, 3);
    house.wire.plug_in();
    house.until_settled().await;
    assert_eq!(house.capture(shipped, 1200).await.unwrap(), Outcome::Done);
    assert_eq!(house.reverse(cancelled).await.unwrap(), Outcome::Done);
    assert_eq!(
        house.refund(returned, refund, 1200).await.unwrap(),
        Outcome::Done
    );
    let totals = house.books().await.totals;
    assert_eq!(totals.captured, Money::cents(2400));
    assert_eq!(totals.refunded, Money::cents(1200));
    assert_eq!(totals.reversed, Money::cents(1200));
    assert_eq!(totals.held, Money::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_never_heard_of_can_be_closed_before_it_arrives() {
    let house = House::open().await;
    let id = PaymentId::new();
    assert_eq!(house.reverse(id).await.unwrap(), Outcome::Done);
    let outcome = house.authorise(id, "approve", 300).await;
    assert!(
        matches!(outcome, AuthoriseOutcome::NotSent { .. }),
        "{outcome:?}"
    );
    assert!(house.holds(id).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_name_for_something_else_is_refused() {
    let house = House::open().await;
    let id = PaymentId::new();
    house.authorise(id, "approve", 300).await;
    assert_eq!(
        status_of(house.try_authorise(id, "approve", 301).await),
        409
    );
    assert_eq!(
        status_of(house.try_authorise(PaymentId::new(), "approve", 0).await),
        422
    );
    assert_eq!(status_of(house.capture(PaymentId::new(), 300).await), 404);
    assert_eq!(house.capture(id, 300).await.unwrap(), Outcome::Done);
    assert_eq!(status_of(house.capture(id, 299).await), 409);
    // The same request twenty times at once is one authorisation.
    let id = PaymentId::new();
    let house = Arc::new(house);
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let house = Arc::clone(&house);
        asking.spawn(async move { house.authorise(id, "slow", 500).await });
    }
    let outcomes = asking.join_all().await;
    assert!(
        matches!(outcomes[0], AuthoriseOutcome::Approved { .. }),
        "{:?}",
        outcomes[0]
    );
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
    assert_eq!(house.holds(id).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_shop_may_ask() {
    let house = House::closed(house::SLOW).await;
    let switch = switch::Switch::open(house.switch_config()).await.unwrap();
    let address = switch.address().unwrap();
    tokio::spawn(switch.serve());
    // The switch's own certificate is its operator's, who may look and cut, and touch no payment.
    for (name, may_look, may_pay) in [
        ("shop", true, true),
        ("vault", false, false),
        ("bank", false, false),
        ("switch", true, false),
    ] {
        let client = Client::new(address, &house.identity(name), "switch").unwrap();
        let (status, soon) = ("/status", Duration::from_secs(5));
        let looked = client.get::<switch::Status>(status, soon).await;
        assert_eq!(looked.is_ok(), may_look, "{name}");
        let path = format!("/payments/{}/reverse", PaymentId::new());
        let nothing = serde_json::Map::new();
        let paid = client.post::<_, Outcome>(&path, &nothing, soon).await;
        assert_eq!(paid.is_ok(), may_pay, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_database_ever_holds_a_card_number() {
    let house = House::open().await;
    for behaviour in ["approve", "silent", "insufficient_funds"] {
        house.authorise(PaymentId::new(), behaviour, 1000).await;
    }
    house.until_settled().await;
    let mut searched = 0;
    for entry in std::fs::read_dir(house.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            searched += bytes.len();
            for behaviour in ["approve", "silent", "insufficient_funds"] {
                let number = number(behaviour);
                let found = bytes.windows(16).any(|window| window == number.as_bytes());
                assert!(!found, "{} holds a card number", path.display());
            }
        }
    }
    assert!(searched > 50_000, "the databases were not found");
}
