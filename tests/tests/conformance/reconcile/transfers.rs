//! Transfers that do not fit: nothing is lost, and a bookseller puts each where it belongs.

use std::time::Duration;

use shop::{
    order::OrderState,
    reconciliation::{self, BreakKind, FileRefusal, Given, SuspenseRefusal},
};
use trade::money::Money;

use super::{
    Bank, balance, found, hand_in, hand_in_statement, kinds,
    month::{by_transfer, words},
    sent, transfer, xml,
};
use crate::counter::Counter;

const DAY: Duration = Duration::from_secs(24 * 3600);

pub async fn what_pays_no_order_lies_in_suspense_until_a_bookseller_places_it(counter: Counter) {
    let clock = &counter.clock;
    let mut bank = Bank::default();
    let (short, due) = by_transfer(&counter, 1).await;
    let (rich, _) = by_transfer(&counter, 1).await;
    let cents = due.as_cents();
    let entries = vec![
        transfer(cents - 500, &words(&short)),
        transfer(cents + 300, &words(&rich)),
        transfer(700, "pour les livres"),
        transfer(900, &format!("{} {}", words(&short), words(&rich))),
    ];
    let statement = bank.statement(clock.today(), entries);
    hand_in_statement(&counter, &statement).await;
    use BreakKind::{TransferAmount, TransferUnknown};
    let open = found(&counter).await;
    let mut opened: Vec<_> = open.iter().map(|one| one.kind).collect();
    opened.sort_by_key(|kind| kind.code());
    assert_eq!(
        opened,
        [
            TransferAmount,
            TransferAmount,
            TransferUnknown,
            TransferUnknown
        ]
    );
    assert_eq!(
        balance(&counter).await.posted("suspense"),
        -Money::cents(2 * cents + 1400)
    );
    let letters = counter.letters().await;
    for number in [&short, &rich] {
        let told = format!("mail:set_aside:{number}:");
        assert_eq!(
            letters.iter().filter(|key| key.starts_with(&told)).count(),
            1,
            "{letters:?}"
        );
    }

    let give = async |entry: i64, number: &trade::ids::OrderNumber| {
        let (number, now) = (number.clone(), counter.clock.now());
        let giving =
            move |tx: &mut dyn storage::Tx| reconciliation::give(tx, entry, &number, "anne", now);
        counter.store.write(giving).await
    };
    assert_eq!(
        give(1, &short).await.unwrap(),
        Given::Waits {
            missing: Money::cents(500)
        }
    );
    assert_eq!(
        give(3, &short).await.unwrap(),
        Given::Paid {
            left: Money::cents(200)
        }
    );
    assert_eq!(counter.order(&short).await.state, OrderState::Confirmed);
    assert_eq!(
        give(2, &rich).await.unwrap(),
        Given::Paid {
            left: Money::cents(300)
        }
    );
    assert!(matches!(
        give(4, &rich).await,
        Err(SuspenseRefusal::NotWaiting)
    ));
    assert!(matches!(give(1, &short).await, Err(SuspenseRefusal::Gone)));
    assert_eq!(
        kinds(&counter).await.len(),
        3,
        "1 is gone; 2, 3 and 4 have rests"
    );

    let now = clock.now();
    let back = counter
        .store
        .write(move |tx| reconciliation::send_back(tx, 4, "anne", now));
    assert_eq!(back.await.unwrap(), Money::cents(900));
    let again = counter
        .store
        .write(move |tx| reconciliation::send_back(tx, 4, "anne", now));
    assert!(matches!(again.await, Err(SuspenseRefusal::Gone)));
    assert_eq!(kinds(&counter).await.len(), 2);
    clock.advance(8 * DAY);
    assert!(kinds(&counter).await.contains(&BreakKind::ReturnUnseen));
    let reference = reconciliation::reference_back(4).unwrap();
    let entries = vec![
        sent(Money::cents(900), &reference.grouped()),
        sent(Money::cents(1990), "loyer"),
    ];
    let statement = bank.statement(clock.today(), entries);
    hand_in_statement(&counter, &statement).await;
    let open = kinds(&counter).await;
    assert_eq!(
        open,
        [BreakKind::EntryUnknown, TransferAmount, TransferUnknown]
    );
    let charge = counter
        .store
        .write(move |tx| reconciliation::is_charge(tx, 6, "anne", now));
    charge.await.unwrap();
    assert_eq!(kinds(&counter).await, [TransferAmount, TransferUnknown]);
    assert_eq!(balance(&counter).await.posted("fees"), Money::cents(1990));
    assert_eq!(
        balance(&counter).await.posted("suspense"),
        Money::cents(-500)
    );
}

pub async fn a_transfer_that_comes_too_late_or_twice_is_kept_for_the_reader(counter: Counter) {
    let clock = &counter.clock;
    let mut bank = Bank::default();
    let (late, due) = by_transfer(&counter, 1).await;
    clock.advance(9 * DAY);
    let now = clock.now();
    let releasing = counter
        .store
        .write(move |tx| shop::order::release_expired(tx, now));
    assert_eq!(releasing.await.unwrap(), 1);
    let (paid, _) = by_transfer(&counter, 1).await;
    let pays = |number| transfer(due.as_cents(), &words(number));
    let entries = vec![pays(&late), pays(&paid), pays(&paid)];
    let statement = bank.statement(clock.today(), entries);
    hand_in_statement(&counter, &statement).await;
    assert_eq!(counter.order(&paid).await.state, OrderState::Confirmed);
    assert_eq!(counter.order(&late).await.state, OrderState::Expired);
    assert_eq!(
        kinds(&counter).await,
        [BreakKind::TransferLate, BreakKind::TransferLate]
    );
    assert_eq!(balance(&counter).await.posted("suspense"), -(due + due));

    let mut other = bank.statement(clock.today(), vec![transfer(100, "x")]);
    other.account = banking::statement::AccountId::Other("12345".into());
    let foreign = hand_in(&counter, xml(&other)).await;
    assert!(matches!(foreign, Err(FileRefusal::OtherAccount)));
}
