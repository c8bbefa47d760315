//! Each kind of damage gives exactly its break, which goes when its cause does.

use std::time::Duration;

use banking::clearing::{
    Acknowledgement, Batch, Line, Movement, Refusal, Rejection, RejectionReason,
};
use shop::{
    ledger,
    payment::{Contents, Settled, refund_sent},
    reconciliation::{self, Break, BreakFilter, BreakKind, BreakRefusal, FileRefusal, Nightly},
    stock::StockPolicy,
};
use storage::{Fault, Tx};
use trade::{
    ids::{CaptureId, OrderId, OrderNumber, PaymentId},
    limits,
    money::Money,
};

use super::{
    Bank, batch, disputed, found, hand_in, hand_in_batch, hand_in_statement, kinds, lines,
    month::{by_transfer, words},
    pays, pays_for, sent, transfer, xml,
};
use crate::counter::{Counter, ETRANGER, MUG, refund, ship};

const DAY: Duration = Duration::from_secs(24 * 3600);

storage::statements! {
    UNBALANCE = "UPDATE ledger_entries SET amount_cents = amount_cents + $2
        WHERE account = 'card-clearing' AND transfer LIKE $1";
    CAPTURE_MORE = "UPDATE payments SET amount_cents = amount_cents + $2, captured_cents = captured_cents + $2
        WHERE order_id = $1";
    // Both sides, so that the transfer still adds up.
    MISBOOK = "UPDATE ledger_entries
        SET amount_cents = amount_cents + CASE WHEN account = 'bank' THEN CAST($2 AS BIGINT) ELSE -CAST($2 AS BIGINT) END
        WHERE transfer LIKE $1";
    OVERDRAW = "UPDATE certificates SET balance_cents = balance_cents + $2 WHERE id = $1";
    // What is left of a run whose shop died in it.
    BEGUN = "INSERT INTO reconciliation_runs (staff, begun_us) VALUES ($1, $2)";
    MISCOUNT = "UPDATE stock SET on_hand = on_hand + $2 WHERE edition = $1";
}

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    STATEMENTS.to_vec()
}

/// Changes something behind the shop's back; how many rows it was.
async fn tamper(
    counter: &Counter,
    statement: &'static storage::Statement,
    key: impl Into<storage::Value>,
    by: i64,
) -> u64 {
    let key = key.into();
    let changing = counter
        .store
        .write(move |tx: &mut dyn Tx| tx.execute(statement, &[key.clone(), by.into()]));
    changing.await.unwrap()
}

async fn shipped(counter: &Counter) -> OrderNumber {
    let number = counter.paid(&[(MUG, 1)]).await;
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    ship(store, methods, clock, &number, "anne").await.unwrap();
    number
}

async fn line(counter: &Counter) -> Line {
    let number = shipped(counter).await;
    lines(counter, &[number]).await.remove(0)
}

/// What is open in `after` and was not before.
fn new(before: &[Break], after: &[Break]) -> Vec<(BreakKind, String)> {
    let known = |one: &&Break| !before.iter().any(|old| old.id == one.id);
    let new = after.iter().filter(known);
    new.map(|one| (one.kind, one.subject.clone())).collect()
}

pub async fn files_that_are_missing_damaged_or_others_are_found(counter: Counter) {
    let today = counter.clock.today();
    let mut bank = Bank::default();
    let batches: Vec<Batch> = {
        let mut batches = Vec::new();
        for sequence in 1..=3 {
            batches.push(batch(sequence, today, vec![line(&counter).await]));
        }
        batches
    };
    let statements: Vec<_> = batches
        .iter()
        .map(|batch| bank.statement(today, vec![pays_for(batch)]))
        .collect();

    hand_in_statement(&counter, &statements[0]).await;
    assert_eq!(
        kinds(&counter).await,
        [BreakKind::BatchMissing],
        "an entry without its batch"
    );
    hand_in_batch(&counter, &batches[0]).await;
    assert_eq!(kinds(&counter).await, [], "it closed by itself");

    hand_in_batch(&counter, &batches[2]).await;
    assert_eq!(kinds(&counter).await, [BreakKind::BatchGap]);
    let damaged = batches[1].to_text().replacen("A1B2C3", "A1B2C4", 1);
    let refused = hand_in(&counter, damaged.into_bytes()).await;
    assert!(
        matches!(refused, Err(FileRefusal::Unreadable(_))),
        "{refused:?}"
    );
    assert_eq!(
        kinds(&counter).await,
        [BreakKind::BatchGap, BreakKind::FileRefused]
    );
    let wrong_total = {
        let text = batches[1].to_text();
        let trailer = text.lines().last().unwrap();
        let hash_total = trailer.split('|').nth(5).unwrap();
        text.replace(&format!("|{hash_total}|"), &format!("|{hash_total}1|"))
    };
    assert!(hand_in(&counter, wrong_total.into_bytes()).await.is_err());
    assert_eq!(kinds(&counter).await.len(), 3);
    hand_in_batch(&counter, &batches[1]).await;
    assert_eq!(
        kinds(&counter).await,
        [],
        "the right file explains the damaged ones"
    );

    hand_in_statement(&counter, &statements[2]).await;
    assert_eq!(kinds(&counter).await, [BreakKind::StatementGap]);
    let mut other = statements[2].clone();
    other.opening.amount += Money::cents(1);
    other.closing.amount += Money::cents(1);
    let another = hand_in(&counter, xml(&other)).await;
    assert!(
        matches!(another, Err(FileRefusal::Another(_))),
        "{another:?}"
    );
    assert_eq!(
        kinds(&counter).await,
        [BreakKind::FileRefused, BreakKind::StatementGap]
    );
    hand_in_statement(&counter, &statements[1]).await;
    assert_eq!(kinds(&counter).await, [BreakKind::FileRefused]);
    let mut torn = bank.statement(today, vec![transfer(1, "x")]);
    torn.opening.amount += Money::cents(7);
    torn.closing.amount += Money::cents(7);
    hand_in_statement(&counter, &torn).await;
    let open = kinds(&counter).await;
    assert_eq!(
        open,
        [
            BreakKind::FileRefused,
            BreakKind::StatementBalance,
            BreakKind::TransferUnknown
        ]
    );
}

pub async fn lines_and_payments_that_differ_are_found(counter: Counter) {
    let (clock, today) = (&counter.clock, counter.clock.today());
    let mut bank = Bank::default();
    let good = line(&counter).await;
    let dearer = Line {
        amount: Money::cents(9_999),
        ..line(&counter).await
    };
    let unknown = Line {
        movement: Movement::Capture(CaptureId::new()),
        payment: PaymentId::new(),
        ..good.clone()
    };
    let forgotten = shipped(&counter).await;
    let first = batch(1, today, vec![good.clone(), dearer, unknown]);
    hand_in_batch(&counter, &first).await;
    let before = found(&counter).await;
    use BreakKind as Kind;
    let told = [
        (Kind::LineUnknown, "1:3".to_owned()),
        (Kind::LineDiffers, "1:2".to_owned()),
    ];
    assert_eq!(new(&[], &before), told);
    let amounts = before
        .iter()
        .find(|one| one.kind == Kind::LineDiffers)
        .unwrap();
    assert_eq!(amounts.found, Some(Money::cents(9_999)));

    let second = batch(2, today, vec![good.clone()]);
    hand_in_batch(&counter, &second).await;
    let now = found(&counter).await;
    assert_eq!(
        new(&before, &now),
        [(
            Kind::LineRepeated,
            match good.movement {
                Movement::Capture(id) => id.to_string(),
                Movement::Refund(id) => id.to_string(),
            }
        )]
    );
    let rejection = Rejection {
        line: 1,
        reason: RejectionReason::AlreadyCleared,
    };
    let answer = Acknowledgement::taken(&second, clock.now(), vec![rejection]).unwrap();
    hand_in(&counter, answer.to_text().into_bytes())
        .await
        .unwrap();
    let before = found(&counter).await;
    assert_eq!(new(&now, &before), [(Kind::LineRejected, "2:1".to_owned())]);
    assert!(
        before.iter().all(|one| one.kind != Kind::LineRepeated),
        "the bank booked it once"
    );

    let charges = Money::cents(1);
    let statement = bank.statement(today, vec![pays(1, first.totals().net(), charges)]);
    hand_in_statement(&counter, &statement).await;
    let now = found(&counter).await;
    assert_eq!(
        new(&before, &now),
        [(Kind::FeeDiffers, "batch:1".to_owned())]
    );
    let third = batch(3, today, vec![line(&counter).await]);
    hand_in_batch(&counter, &third).await;
    let refused = Acknowledgement::refused(&third, clock.now(), Refusal::BusinessDate);
    hand_in(&counter, refused.to_text().into_bytes())
        .await
        .unwrap();
    let before = found(&counter).await;
    assert_eq!(new(&now, &before), [(Kind::BatchRefused, "3".to_owned())]);
    let taken = Acknowledgement::taken(&third, clock.now(), Vec::new()).unwrap();
    hand_in(&counter, taken.to_text().into_bytes())
        .await
        .unwrap();
    let less = third.totals().net() - Money::cents(10);
    let right = super::agreement()
        .of_batch(today, 1, third.totals().captures)
        .unwrap();
    let statement = bank.statement(today, vec![pays(3, less, right)]);
    hand_in_statement(&counter, &statement).await;
    let now = found(&counter).await;
    assert_eq!(new(&before, &now), [(Kind::BatchAmount, "3".to_owned())]);
    assert!(now.iter().all(|one| one.kind != Kind::BatchRefused));

    let fourth = batch(4, today, vec![line(&counter).await]);
    hand_in_batch(&counter, &fourth).await;
    assert_eq!(new(&now, &found(&counter).await), []);
    clock.advance(6 * DAY);
    let late = found(&counter).await;
    let order = counter.order(&forgotten).await;
    let mut told = vec![
        (Kind::CaptureUncleared, order.parcels[0].id.to_string()),
        (Kind::BatchUnpaid, "4".to_owned()),
    ];
    told.sort_by_key(|(kind, _)| kind.code());
    let mut added = new(&now, &late);
    added.sort_by_key(|(kind, _)| kind.code());
    assert_eq!(added, told);
    let payment = order.payment.unwrap().id;
    let dear = disputed(payment, "D1", Money::cents(-100), 9_900);
    let statement = bank.statement(clock.today(), vec![pays_for(&fourth), dear]);
    hand_in_statement(&counter, &statement).await;
    let last = found(&counter).await;
    assert_eq!(
        new(&late, &last)
            .iter()
            .map(|(kind, _)| *kind)
            .collect::<Vec<_>>(),
        [Kind::FeeDiffers]
    );
    assert!(last.iter().all(|one| one.kind != Kind::BatchUnpaid));
}

pub async fn books_that_were_tampered_with_are_found(counter: Counter) {
    counter.shelve(ETRANGER, 3, StockPolicy::Limited).await;
    let number = shipped(&counter).await;
    let order = counter.order(&number).await;
    assert_eq!(kinds(&counter).await, []);
    let tamper = async |statement: &'static storage::Statement, key: storage::Value, by: i64| {
        assert_eq!(tamper(&counter, statement, key, by).await, 1);
    };
    let card = format!("card:{}%", order.payment.unwrap().id);
    tamper(&UNBALANCE, card.as_str().into(), 5).await;
    let of_order = async |id: OrderId| {
        let reading = counter.store.read(move |tx| ledger::of_order(tx, id));
        reading.await
    };
    let unread = of_order(order.id).await;
    assert!(matches!(unread, Err(Fault::Defect(_))), "{unread:?}");
    let held = counter.store.read(ledger::trial_balance).await.unwrap();
    assert!(!held.is_balanced());
    let unbalanced: Vec<&str> = held.unbalanced.iter().map(String::as_str).collect();
    assert_eq!(unbalanced, [card.trim_end_matches('%')]);
    use BreakKind::{LedgerUnbalanced, OrderDisagrees, StockDisagrees};
    assert_eq!(
        kinds(&counter).await,
        [LedgerUnbalanced, OrderDisagrees],
        "the order's money lies elsewhere too"
    );
    tamper(&UNBALANCE, card.as_str().into(), -5).await;
    assert_eq!(kinds(&counter).await, []);
    assert!(of_order(order.id).await.is_ok_and(|lines| lines.len() > 2));
    tamper(&CAPTURE_MORE, order.id.0.into(), 100).await;
    assert_eq!(
        kinds(&counter).await,
        [OrderDisagrees, OrderDisagrees],
        "with the ledger, and with the parcels"
    );
    tamper(&CAPTURE_MORE, order.id.0.into(), -100).await;
    tamper(&MISCOUNT, ETRANGER.0.into(), 1).await;
    assert_eq!(kinds(&counter).await, [StockDisagrees]);
    tamper(&MISCOUNT, ETRANGER.0.into(), -1).await;
    assert_eq!(kinds(&counter).await, []);
}

pub async fn certificates_that_were_tampered_with_are_found(counter: Counter) {
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let (one, other) = (counter.sell("50").await, counter.sell("30").await);
    let number = counter.ordered(&[(ETRANGER, 3)]).await.number;
    counter.spend(&number, &one).await.unwrap();
    let waiting = counter.ordered(&[(ETRANGER, 9)]).await.number;
    counter.spend(&waiting, &other).await.unwrap();
    let first = Contents {
        copies: Some(vec![(1, 1)]),
        tracking: None,
    };
    let sent = shop::payment::ship(store, methods, clock, &number, &first, "anne").await;
    assert_eq!(sent.unwrap(), Settled::Done);
    assert_eq!(
        found(&counter).await,
        [],
        "what waits for a parcel or for a payment disagrees with nothing"
    );

    let held = Money::cents(counter.left().await.iter().sum());
    assert_eq!(tamper(&counter, &OVERDRAW, 1_i64, -5).await, 1);
    let open = found(&counter).await;
    let kind = BreakKind::CertificatesDisagree;
    assert_eq!(
        new(&[], &open),
        [(kind, "total".to_owned()), (kind, "1".to_owned())]
    );
    let less = held - Money::cents(5);
    assert_eq!((open[0].expected, open[0].found), (Some(held), Some(less)));
    let differs = open[1].expected.unwrap() - open[1].found.unwrap();
    assert_eq!(differs, Money::cents(5));
    assert_eq!(tamper(&counter, &OVERDRAW, 1_i64, 5).await, 1);
    assert_eq!(found(&counter).await, [], "both closed by themselves");
}

pub async fn refunds_that_no_file_shows_are_found(counter: Counter) {
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    let mut bank = Bank::default();
    let (carded, (wired, due)) = (shipped(&counter).await, by_transfer(&counter, 1).await);
    let orders = [carded.clone()];
    let first = batch(1, clock.today(), lines(&counter, &orders).await);
    hand_in_batch(&counter, &first).await;
    let paid = transfer(due.as_cents(), &words(&wired));
    let statement = bank.statement(clock.today(), vec![pays_for(&first), paid]);
    hand_in_statement(&counter, &statement).await;
    ship(store, methods, clock, &wired, "anne").await.unwrap();
    let given = refund(store, methods, clock, &carded, "anne").await;
    assert_eq!(given.unwrap(), Settled::Done);
    let wanted = refund(store, methods, clock, &wired, "anne").await;
    assert_eq!(wanted.unwrap(), Settled::Pending);
    refund_sent(store, clock, &wired, "anne").await.unwrap();

    clock.advance(limits::DAYS_TO_CLEAR * DAY);
    assert_eq!(kinds(&counter).await, [], "files come late");
    clock.advance((limits::DAYS_TO_BOOK - limits::DAYS_TO_CLEAR) * DAY);
    let [by_card, by_transfer] = [&carded, &wired];
    let refund_of = async |number: &OrderNumber| counter.order(number).await.refunds.remove(0);
    let (by_card, by_transfer) = (refund_of(by_card).await, refund_of(by_transfer).await);
    let uncleared = (BreakKind::RefundUncleared, by_card.id.to_string());
    let open = found(&counter).await;
    assert_eq!(new(&[], &open), [uncleared]);
    assert_eq!(open[0].expected, Some(by_card.amount));
    assert_eq!(open[0].order.as_deref(), Some(carded.as_str()));
    clock.advance(DAY);
    let late = found(&counter).await;
    let unseen = (BreakKind::RefundUnseen, by_transfer.id.to_string());
    assert_eq!(new(&open, &late), [unseen]);
    let amount = late.iter().find(|one| one.kind == BreakKind::RefundUnseen);
    assert_eq!(amount.unwrap().expected, Some(due));

    let mut cleared = lines(&counter, &orders).await;
    cleared.retain(|line| matches!(line.movement, Movement::Refund(_)));
    let second = batch(2, clock.today(), cleared);
    hand_in_batch(&counter, &second).await;
    let entries = vec![pays_for(&second), sent(due, &words(&wired))];
    hand_in_statement(&counter, &bank.statement(clock.today(), entries)).await;
    assert_eq!(kinds(&counter).await, [], "both are shown now");
}

pub async fn a_bank_account_that_was_booked_wrongly_is_found(counter: Counter) {
    let mut bank = Bank::default();
    let first = batch(1, counter.clock.today(), vec![line(&counter).await]);
    hand_in_batch(&counter, &first).await;
    let free = pays(1, first.totals().net(), Money::ZERO);
    hand_in_statement(&counter, &bank.statement(counter.clock.today(), vec![free])).await;
    let before = found(&counter).await;
    let fee = (BreakKind::FeeDiffers, "batch:1".to_owned());
    assert_eq!(new(&[], &before), [fee]);
    let booked = "bank:%";
    assert_eq!(tamper(&counter, &MISBOOK, booked, 7).await, 2);
    let now = found(&counter).await;
    assert_eq!(
        new(&before, &now),
        [(BreakKind::BankBalance, "bank".to_owned())]
    );
    let difference = now.iter().find(|one| one.kind == BreakKind::BankBalance);
    let difference = difference.unwrap();
    let held = counter.store.read(ledger::trial_balance).await.unwrap();
    assert_eq!(difference.found, Some(held.posted("bank")));
    assert_eq!(difference.expected, Some(first.totals().net()));
    tamper(&counter, &MISBOOK, booked, -7).await;
    assert_eq!(new(&before, &found(&counter).await), []);
}

pub async fn a_break_opens_once_and_has_an_owner(counter: Counter) {
    let (store, clock) = (&counter.store, &counter.clock);
    let mut bank = Bank::default();
    let statement = bank.statement(clock.today(), vec![transfer(700, "pour les livres")]);
    hand_in_statement(&counter, &statement).await;
    let one = found(&counter).await.remove(0);
    assert_eq!(found(&counter).await.remove(0).id, one.id);
    let (id, now) = (one.id, clock.now());
    let owning = store.write(move |tx| {
        reconciliation::look_after(tx, id, Some("anne"), "I ask the bank", "anne", now)
    });
    owning.await.unwrap();
    let mine = BreakFilter {
        owner: Some("anne".into()),
        ..BreakFilter::default()
    };
    let listed = store
        .read(move |tx| reconciliation::breaks(tx, &mine, 1, 10))
        .await
        .unwrap()
        .0;
    assert_eq!(
        (listed[0].owner.as_deref(), listed[0].note.as_str()),
        (Some("anne"), "I ask the bank")
    );
    let close = async |note: &'static str| {
        store
            .write(move |tx| reconciliation::close(tx, id, note, "anne", now))
            .await
    };
    assert!(matches!(close(" ").await, Err(BreakRefusal::Note)));
    close("a gift for the shop; the accountant books it")
        .await
        .unwrap();
    assert!(matches!(close("again").await, Err(BreakRefusal::Gone)));
    assert_eq!(found(&counter).await, [], "closed by hand, it stays closed");
    let closed = BreakFilter {
        closed: true,
        ..BreakFilter::default()
    };
    let listed = store
        .read(move |tx| reconciliation::breaks(tx, &closed, 1, 10))
        .await
        .unwrap()
        .0;
    assert_eq!(listed[0].closed_by.as_deref(), Some("anne"));
    let last = store.read(reconciliation::last_run).await.unwrap().unwrap();
    assert_eq!((last.open, last.staff.as_deref()), (0, Some("anne")));
    let agreement = super::agreement();
    let nightly = reconciliation::nightly(store, clock, &agreement)
        .await
        .unwrap();
    assert_eq!(nightly, Nightly::Recent, "one ran just now");
    clock.advance(DAY);
    let nightly = reconciliation::nightly(store, clock, &agreement)
        .await
        .unwrap();
    let Nightly::Ran(run) = nightly else {
        panic!("{nightly:?}")
    };
    assert_eq!((run.staff, run.opened, run.open), (None, 0, 0));
}

pub async fn a_night_whose_shop_died_in_it_is_done_again(counter: Counter) {
    let (store, clock) = (&counter.store, &counter.clock);
    let agreement = super::agreement();
    let night = async || {
        reconciliation::nightly(store, clock, &agreement)
            .await
            .unwrap()
    };
    let begun = clock.now().as_micros();
    assert_eq!(tamper(&counter, &BEGUN, "anne", begun).await, 1);
    assert_eq!(night().await, Nightly::UnderWay, "it may be another node's");
    clock.advance(reconciliation::UNDER_WAY);
    assert!(matches!(night().await, Nightly::Ran(_)));
    assert_eq!(night().await, Nightly::Recent);
    let last = store.read(reconciliation::last_run).await.unwrap().unwrap();
    assert_eq!((last.begun, last.staff), (clock.now(), None));
}
