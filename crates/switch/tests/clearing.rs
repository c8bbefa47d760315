//! From captures and refunds over the clearing batch to the bank's statement, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::time::Duration;

use bank::{ChargeBack, Dispute, StatementReport, Transfer};
use banking::clearing::{Acknowledgement, Batch};
use banking::statement::{Direction, Statement};
use house::{House, until};
use link::LinkFault;
use link::http::Client;
use switch::{BatchState, Config};
use trade::clock::Clock;
use trade::ids::{CaptureId, PaymentId, RefundId};
use trade::money::Money;
use trade::payment::Outcome;

/// What the bank of the tests charges for so many captures: 0.8 % and five cents each (crates/bank/data/account.toml).
fn charges(captures: i64, sum: i64) -> i64 {
    (sum * 80 + 5_000) / 10_000 + 5 * captures
}

async fn close_the_day(house: &House) -> Vec<Statement> {
    let nothing = serde_json::Map::new();
    let closed = house.at_the_bank::<_, Vec<StatementReport>>("/statements", &nothing);
    closed.await.unwrap();
    house.statements().await
}

fn signed(statement: &Statement) -> Vec<i64> {
    let entries = statement.entries.iter();
    entries.map(|entry| entry.signed().as_cents()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_cleared_line_by_line_and_paid_at_once() {
    let house = House::open().await;
    let (parcels, returned, held) = (PaymentId::new(), PaymentId::new(), PaymentId::new());
    for (id, amount) in [(parcels, 9000), (returned, 2390), (held, 500)] {
        house.authorise(id, "approve", amount).await;
    }
    for part in [4000, 3000] {
        let parcel = house.capture_part(parcels, CaptureId::new(), part).await;
        assert_eq!(parcel.unwrap(), Outcome::Done);
    }
    house.capture(returned, 2390).await.unwrap();
    house.refund(returned, RefundId::new(), 390).await.unwrap();

    let cut = house.cut_batches().await;
    assert_eq!(cut.len(), 1);
    assert_eq!(
        (
            cut[0].sequence,
            cut[0].lines,
            cut[0].captures,
            cut[0].refunds
        ),
        (1, 4, Money::cents(9390), Money::cents(390))
    );
    house.until_cleared().await;
    let batch = house.batches().await.remove(0);
    let accepted = batch.accepted.unwrap();
    assert_eq!(
        (accepted.lines, accepted.captures, accepted.refunds),
        (4, Money::cents(9390), Money::cents(390))
    );
    let page = house.batch_lines(1).await;
    assert!(page.lines.iter().all(|line| line.rejected.is_none()));
    assert_eq!(page.lines[3].kind, "refund");

    // A day without captures has a batch too, and what was cleared is not cleared again.
    house
        .capture_part(parcels, CaptureId::new(), 2000)
        .await
        .unwrap();
    house.cut_batches().await;
    house.cut_batches().await;
    house.until_cleared().await;
    let batches = house.batches().await;
    let lines: Vec<_> = batches
        .iter()
        .map(|batch| (batch.sequence, batch.lines))
        .collect();
    assert_eq!(lines, [(1, 4), (2, 1), (3, 0)]);

    let statements = close_the_day(&house).await;
    assert_eq!(statements.len(), 1);
    let first = 9000 - charges(3, 9390);
    let second = 2000 - charges(1, 2000);
    assert_eq!(signed(&statements[0]), [first, second]);
    let entry = &statements[0].entries[0];
    assert_eq!(entry.charges[0].amount.as_cents(), charges(3, 9390));
    let told = entry.details[0].batch.as_ref().unwrap();
    assert_eq!(
        (told.payment_id.as_deref(), told.count),
        (Some("1"), Some(4))
    );
    assert_eq!(statements[0].closing.amount, Money::cents(first + second));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_sent_until_it_is_answered_and_booked_once() {
    let house = House::open().await;
    let id = PaymentId::new();
    house.authorise(id, "approve", 1000).await;
    house.capture(id, 1000).await.unwrap();
    house.files.unplug();
    house.cut_batches().await;
    // Killed while it waits: a batch is what was cut, and is sent as it was.
    house.kill_switch().await;
    house.start_switch().await;
    assert_eq!(house.status().await.clearing.untaken, 1);
    let unanswered = house.batch_answer(1).await;
    assert!(
        matches!(unanswered, Err(LinkFault::Refused { status: 404, .. })),
        "{unanswered:?}"
    );
    house.files.plug_in();
    house.until_cleared().await;
    // Sent again, as after an acknowledgement that was lost: the same answer, and nothing moves.
    let file = house.batch_file(1).await;
    let bank = Client::new(house.files.address, &house.identity("switch"), "bank").unwrap();
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = bank.send_file("/clearing", file.clone(), 1 << 20, Duration::from_secs(5));
        answers.push(Acknowledgement::read(&answer.await.unwrap()).unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    let batch = Batch::read(&file).unwrap();
    answers[0].check(&batch).unwrap();
    let kept = Acknowledgement::read(&house.batch_answer(1).await.unwrap()).unwrap();
    assert_eq!(kept, answers[0], "the shop can fetch it");
    let statements = close_the_day(&house).await;
    assert_eq!(statements.len(), 1);
    assert_eq!(signed(&statements[0]), [1000 - charges(1, 1000)]);
    let status = house.status().await.clearing;
    assert_eq!(
        (status.last_sequence, status.untaken, status.uncleared),
        (Some(1), 0, 0)
    );
}

/// A batch of forty days ago is too old for the bank; those after it are cleared all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_stays_refused_stops_no_other() {
    let house = House::closed(house::SLOW).await;
    house.start_bank().await;
    let long_ago = Clock::system()
        .now()
        .minus(Duration::from_secs(40 * 86_400));
    house
        .start_switch_with(Config {
            clock: Clock::fixed(long_ago),
            ..house.switch_config()
        })
        .await;
    assert_eq!(house.cut_batches().await.len(), 1);
    until("the bank refuses it", async || {
        house.batches().await[0].state == BatchState::Refused
    })
    .await;
    house.kill_switch().await;
    house.start_switch().await;
    house.until_up().await;
    let id = PaymentId::new();
    house.authorise(id, "approve", 1000).await;
    house.capture(id, 1000).await.unwrap();
    house.cut_batches().await;
    house.cut_batches().await;
    until("the others are taken", async || {
        let batches = house.batches().await;
        batches[1..]
            .iter()
            .all(|batch| batch.state == BatchState::Taken)
    })
    .await;
    let batches = house.batches().await;
    assert_eq!(
        batches[1].accepted.as_ref().map(|accepted| accepted.lines),
        Some(1)
    );
    let status = house.status().await.clearing;
    assert_eq!(
        (status.untaken, status.refused, status.uncleared),
        (1, 1, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disputes_and_transfers_stand_on_the_statement() {
    let house = House::open().await;
    let id = PaymentId::new();
    house.authorise(id, "approve", 5000).await;
    house.capture(id, 5000).await.unwrap();
    let asked = ChargeBack {
        payment: id.to_string(),
        amount: Money::cents(5000),
        reason: "not received".to_owned(),
    };
    let charge_back = async || {
        house
            .at_the_bank::<_, Dispute>("/chargebacks", &asked)
            .await
    };
    let early = charge_back().await;
    assert!(
        matches!(early, Err(LinkFault::Refused { status: 422, .. })),
        "{early:?}"
    );
    house.cut_batches().await;
    house.until_cleared().await;
    let before = close_the_day(&house).await;

    let dispute = charge_back().await.unwrap();
    assert!(charge_back().await.is_err(), "more than was paid");
    let represent = format!("/chargebacks/{}/represent", dispute.dispute);
    let nothing = serde_json::Map::new();
    assert_eq!(
        house
            .at_the_bank::<_, Dispute>(&represent, &nothing)
            .await
            .unwrap(),
        dispute
    );
    assert!(
        house
            .at_the_bank::<_, Dispute>(&represent, &nothing)
            .await
            .is_err(),
        "twice"
    );
    let transfer = Transfer {
        amount: Money::cents(2390),
        words: "ma commande bq-7k3m-q9xz".to_owned(),
        name: "Jeanne Moreau".to_owned(),
        iban: Some("FR1420041010050500013M02606".to_owned()),
    };
    house
        .at_the_bank::<_, ()>("/transfers", &transfer)
        .await
        .unwrap();

    let statements = close_the_day(&house).await;
    assert_eq!(statements.len(), 2);
    statements[1].follows(&before[0]).unwrap();
    assert_eq!(signed(&statements[1]), [-5000 - 1500, 5000, 2390]);
    let [chargeback, representment, transfer] = &statements[1].entries[..] else {
        panic!("{statements:?}");
    };
    assert_eq!(chargeback.direction, Direction::Debit);
    assert!(representment.is_reversal);
    let of = |entry: &banking::statement::Entry| entry.transactions().next().cloned().unwrap();
    for disputed in [chargeback, representment] {
        assert_eq!(of(disputed).end_to_end_id, Some(id.0.simple().to_string()));
        assert_eq!(of(disputed).transaction_id, Some(dispute.dispute.clone()));
    }
    assert_eq!(of(chargeback).remittance.unstructured, ["not received"]);
    assert_eq!(
        of(transfer).remittance.unstructured,
        ["ma commande bq-7k3m-q9xz"]
    );
    assert_eq!(of(transfer).debtor.name.as_deref(), Some("Jeanne Moreau"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_banks_operator_makes_money_appear() {
    let house = House::open().await;
    let transfer = Transfer {
        amount: Money::cents(100),
        words: "w".to_owned(),
        name: "n".to_owned(),
        iban: None,
    };
    let answer = house
        .as_shop_at_the_bank::<_, ()>("/transfers", &transfer)
        .await;
    assert!(
        matches!(answer, Err(LinkFault::Refused { status: 403, .. })),
        "{answer:?}"
    );
    assert!(
        house
            .batches()
            .await
            .iter()
            .all(|batch| batch.state == BatchState::Taken)
    );
}
