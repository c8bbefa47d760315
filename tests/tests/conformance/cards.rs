//! Cards that nothing needs any more: the vault is asked to forget them, each once it has said yes.

use shop::payment::{
    Authorisation, CardWanted, CardsForgotten, FORGET_TOPIC, Means, PayRefusal, Standing,
    ZoneFault, card_wanted, choose, forget_cards,
};
use storage::{Store, outbox};
use trade::{
    limits,
    payment::{AuthoriseOutcome, CardToken, CheckInReceipt, Decline, NotSent},
};

use crate::counter::{Counter, ETRANGER, MUG, approved, known, receipt, refund, ship};

storage::statements! {
    pub AS_BEFORE = "DELETE FROM outbox WHERE topic = 'forget_card'";
    pub STEP_NOT_TAKEN = "DELETE FROM schema_version WHERE component = 'shop' AND version = 22";
}

/// The receipt for a card with a token of its own.
fn with(card: &CardWanted, letter: char) -> CheckInReceipt {
    CheckInReceipt {
        token: token(letter),
        ..receipt(card)
    }
}

fn token(letter: char) -> CardToken {
    CardToken::parse(&format!("tok_{}", letter.to_string().repeat(16))).unwrap()
}

impl Counter {
    async fn forget(&self) -> CardsForgotten {
        let asked = forget_cards(&self.store, &*self.zone, &self.clock);
        asked.await.unwrap()
    }

    /// The letters of the tokens that the vault was asked to forget.
    fn forgotten(&self) -> String {
        let asked = self.zone.asked();
        let tokens = asked
            .iter()
            .filter_map(|asked| asked.strip_prefix("forget tok_"));
        tokens.filter_map(|token| token.chars().next()).collect()
    }

    async fn waiting(&self) -> i64 {
        let waiting = self.store.read(|tx| outbox::waiting(tx, FORGET_TOPIC));
        waiting.await.unwrap()
    }
}

const fn did(forgotten: u32, waiting: u32) -> CardsForgotten {
    CardsForgotten { forgotten, waiting }
}

pub async fn every_outcome_gives_its_card_up(counter: Counter) {
    let outcomes = [
        approved(),
        AuthoriseOutcome::Declined {
            reason: Decline::DoNotHonour,
        },
        AuthoriseOutcome::NotSent {
            reason: NotSent::BankUnreachable,
        },
        AuthoriseOutcome::Unknown,
    ];
    for (outcome, letter) in outcomes.into_iter().zip('a'..) {
        let placed = counter.ordered(&[(MUG, 1)]).await;
        counter.zone.will_authorise(Ok(outcome));
        counter
            .show(&with(&placed.card.unwrap(), letter))
            .await
            .unwrap();
    }
    assert_eq!(
        counter.forgotten(),
        "",
        "nothing is asked while it is written"
    );
    assert_eq!(counter.forget().await, did(4, 0));
    assert_eq!(counter.forgotten(), "abcd");

    // While the bank may still be asked, the card is needed.
    let placed = counter.ordered(&[(MUG, 1)]).await;
    let card = with(&placed.card.unwrap(), 'e');
    counter.zone.will_authorise(Err(ZoneFault::NoAnswer));
    assert_eq!(counter.show(&card).await.unwrap(), Authorisation::Asking);
    assert_eq!(counter.show(&card).await.unwrap(), Authorisation::Asking);
    counter.zone.will_find(Ok(Standing::InProgress));
    counter.recover().await.unwrap();
    assert_eq!(counter.forget().await, did(0, 0));
    counter.zone.will_find(Ok(known(approved())));
    counter.recover().await.unwrap();
    assert_eq!(counter.forget().await, did(1, 0));
    assert_eq!(counter.forgotten(), "abcde");
    // Shown again, it is not asked for again.
    assert_eq!(counter.show(&card).await.unwrap(), Authorisation::Confirmed);
    assert_eq!(
        (counter.forget().await, counter.waiting().await),
        (did(0, 0), 0)
    );
}

/// What follows an authorisation needs no card.
pub async fn an_order_is_shipped_and_refunded_after_its_card_is_gone(counter: Counter) {
    let number = counter.paid(&[(MUG, 1)]).await;
    assert_eq!(counter.forget().await, did(1, 0));
    let (store, methods, clock) = (&counter.store, &counter.methods, &counter.clock);
    ship(store, methods, clock, &number, "anne").await.unwrap();
    refund(store, methods, clock, &number, "anne")
        .await
        .unwrap();
    assert_eq!(counter.zone.times("capture"), 1);
    assert_eq!(counter.zone.times("refund"), 1);
    assert_eq!(counter.waiting().await, 0);
}

pub async fn a_sealed_vault_is_asked_again_until_it_has_forgotten(counter: Counter) {
    for letter in 'a'..'d' {
        let placed = counter.ordered(&[(MUG, 1)]).await;
        counter
            .show(&with(&placed.card.unwrap(), letter))
            .await
            .unwrap();
    }
    counter.zone.will_forget(Err(ZoneFault::Unreachable));
    assert_eq!(counter.forget().await, did(0, 3));
    assert_eq!(counter.forgotten(), "a", "a closed door is tried once");
    assert_eq!(counter.forget().await, did(0, 0), "and not again at once");
    counter.clock.advance(limits::FORGET_AGAIN);
    counter.zone.will_forget(Err(ZoneFault::NoAnswer));
    assert_eq!(
        counter.forget().await,
        did(2, 1),
        "one that fails holds up no other"
    );
    assert_eq!(counter.forgotten(), "aabc");
    counter.clock.advance(limits::FORGET_AGAIN);
    assert_eq!(counter.forget().await, did(1, 0));
    assert_eq!(counter.waiting().await, 0);
}

pub async fn what_a_worker_left_when_it_died_is_asked_again(counter: Counter) {
    for letter in 'a'..'e' {
        let placed = counter.ordered(&[(MUG, 1)]).await;
        counter
            .show(&with(&placed.card.unwrap(), letter))
            .await
            .unwrap();
    }
    let (one, two) = tokio::join!(counter.forget(), counter.forget());
    assert_eq!(one.forgotten + two.forgotten, 4, "each has one worker");
    assert_eq!(counter.forgotten().len(), 4);

    let placed = counter.ordered(&[(MUG, 1)]).await;
    counter
        .show(&with(&placed.card.unwrap(), 'f'))
        .await
        .unwrap();
    let (now, lease) = (counter.clock.now().as_micros(), limits::FORGET_LEASE);
    let lease = i64::try_from(lease.as_micros()).unwrap();
    let leasing = move |tx: &mut dyn storage::Tx| outbox::lease(tx, FORGET_TOPIC, 9, now, lease);
    assert_eq!(counter.store.write(leasing).await.unwrap().len(), 1);
    assert_eq!(counter.forget().await, did(0, 0));
    counter.clock.advance(limits::FORGET_LEASE);
    assert_eq!(counter.forget().await, did(1, 0));
}

/// A card that comes in when nobody will ask about it any more is known by its receipt only.
pub async fn a_card_that_comes_too_late_is_given_up_at_once(counter: Counter) {
    let expired = counter.ordered(&[(MUG, 1)]).await.card.unwrap();
    counter.clock.advance(limits::ORDER_HOLD);
    let now = counter.clock.now();
    let sweep = counter
        .store
        .write(move |tx| shop::order::release_expired(tx, now));
    assert_eq!(sweep.await.unwrap(), 1);
    let refused = counter.show(&with(&expired, 'a')).await;
    assert!(
        matches!(refused, Err(PayRefusal::NotWaiting { .. })),
        "{refused:?}"
    );

    // It was declined; on the vault's page, left open in another tab, she tries another card.
    let placed = counter.ordered(&[(MUG, 1)]).await;
    let card = placed.card.unwrap();
    let reason = Decline::DoNotHonour;
    counter
        .zone
        .will_authorise(Ok(AuthoriseOutcome::Declined { reason }));
    counter.show(&with(&card, 'b')).await.unwrap();
    let standing = counter.show(&with(&card, 'c')).await.unwrap();
    assert_eq!(standing, Authorisation::Declined(reason));

    // Somebody else's receipt gives nothing up.
    let mut foreign = with(&card, 'x');
    foreign.nonce = "0".repeat(32);
    let refused = counter.show(&foreign).await;
    assert!(
        matches!(refused, Err(PayRefusal::NoSuchPayment)),
        "{refused:?}"
    );

    assert_eq!(counter.forget().await, did(3, 0));
    assert_eq!(counter.forgotten(), "abc");
    assert_eq!(counter.zone.times("authorise"), 1);
}

pub async fn who_pays_again_gives_a_card_again(counter: Counter) {
    let placed = counter.ordered(&[(ETRANGER, 1)]).await;
    let first = placed.card.unwrap();
    counter.zone.will_authorise(Err(ZoneFault::Unreachable));
    let shown = counter.show(&with(&first, 'a')).await.unwrap();
    assert_eq!(shown, Authorisation::NotSent);
    assert_eq!(counter.forget().await, did(1, 0));
    let (store, clock, number) = (&counter.store, &counter.clock, &placed.number);
    let chosen = choose(store, &counter.methods, clock, number, Means::Card).await;
    assert!(chosen.is_ok());
    let second = card_wanted(store, clock, number).await.unwrap();
    assert_ne!(
        (first.payment, &first.nonce),
        (second.payment, &second.nonce)
    );
    let shown = counter.show(&with(&second, 'b')).await.unwrap();
    assert_eq!(shown, Authorisation::Confirmed);
    assert_eq!(counter.forget().await, did(1, 0));
    assert_eq!(counter.forgotten(), "ab");
}

/// Shops that were there before this queue have cards in their vault.
pub async fn cards_of_before_are_forgotten_too(counter: Counter) {
    for (letter, ends) in [('a', true), ('b', false)] {
        let placed = counter.ordered(&[(MUG, 1)]).await;
        if !ends {
            counter.zone.will_authorise(Err(ZoneFault::NoAnswer));
        }
        counter
            .show(&with(&placed.card.unwrap(), letter))
            .await
            .unwrap();
    }
    let as_before = counter.store.write(|tx: &mut dyn storage::Tx| {
        tx.execute(&AS_BEFORE, &[])?;
        tx.execute(&STEP_NOT_TAKEN, &[])
    });
    assert_eq!(as_before.await.unwrap(), 1);
    assert_eq!(counter.waiting().await, 0);
    let migrations = [catalogue::MIGRATIONS, shop::MIGRATIONS];
    Store::open(&counter.url, &migrations).await.unwrap();
    assert_eq!(counter.forget().await, did(1, 0));
    assert_eq!(counter.forgotten(), "a", "the other is with the bank");
}
