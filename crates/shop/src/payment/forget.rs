//! Cards that nothing needs any more: the vault is asked to forget them, until it says that it did.
//!
//! A card is needed for one authorisation. Captures, reversals and refunds name the payment and the bank's references, a
//! payment in doubt is reversed by its message's name, and who pays again gives her card again. So the transaction that
//! writes the outcome of an authorisation, whatever it is, puts the card into the outbox; nothing is asked in it. The mark by
//! which the screening knows a card again was made when it came in and is not touched.
//!
//! A card that came in and was never asked about is not known here; the vault forgets it by itself
//! ([`limits::CARD_KEPT`]).

use storage::{
    Fault, Store, Tx,
    outbox::{self, Leased},
};
use trade::{
    clock::{Clock, Timestamp},
    ids::PaymentId,
    limits,
    payment::CardToken,
};

use super::{PaymentZone, ZoneFault};
use crate::columns;

/// The outbox topic of cards that the vault is to forget. An entry's key is the card's token, so that each is there once.
pub const TOPIC: &str = "forget_card";

storage::statements! {
    CARD_OF = "SELECT card_token FROM payments WHERE id = $1 AND card_token IS NOT NULL";
}

/// What a round of [`forget_cards`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CardsForgotten {
    /// Cards that are gone.
    pub forgotten: u32,
    /// Cards that were looked at and still wait.
    pub waiting: u32,
}

/// Nothing needs the card any more.
pub(super) fn give_up(tx: &mut dyn Tx, token: &CardToken) -> Result<(), Fault> {
    outbox::push(tx, TOPIC, token.as_str(), &columns::to_json(token)?).map(drop)
}

/// Nothing needs the payment's card any more, if it had one.
pub(super) fn give_up_card_of(tx: &mut dyn Tx, payment: PaymentId) -> Result<(), Fault> {
    let row = tx.query_opt(&CARD_OF, &[payment.to_string().into()])?;
    let Some(row) = row else {
        return Ok(());
    };
    let token = CardToken::parse(row.text(0)?);
    give_up(
        tx,
        &token.map_err(|_| Fault::defect("a token of another form"))?,
    )
}

/// Has the vault forget the cards that are given up, a bounded number at a time.
///
/// Run it every few seconds, on as many nodes as there are; after one that left something waiting, no sooner than
/// [`limits::FORGET_AGAIN`].
///
/// # Errors
/// A [`Fault`]; cards that were being asked about are asked about again.
pub async fn forget_cards(
    store: &Store,
    zone: &dyn PaymentZone,
    clock: &Clock,
) -> Result<CardsForgotten, Fault> {
    let now = clock.now();
    let mut waiting = store.write(move |tx| lease(tx, now)).await?.into_iter();
    let mut answers = Vec::new();
    for entry in waiting.by_ref() {
        let answer = ask(zone, &entry).await;
        answers.push((entry.seq, answer.clone()));
        if answer == Err(ZoneFault::Unreachable) {
            break;
        }
    }
    // The others would wait before the same closed door.
    answers.extend(waiting.map(|entry| (entry.seq, Err(ZoneFault::Unreachable))));
    if answers.is_empty() {
        return Ok(CardsForgotten::default());
    }
    let now = clock.now();
    store.write(move |tx| write_down(tx, &answers, now)).await
}

fn lease(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<Leased>, Fault> {
    let until = now.plus(limits::FORGET_LEASE).as_micros() - now.as_micros();
    let most = limits::CARDS_FORGOTTEN_AT_ONCE;
    outbox::lease(tx, TOPIC, most, now.as_micros(), until)
}

async fn ask(zone: &dyn PaymentZone, entry: &Leased) -> Result<(), ZoneFault> {
    match CardToken::parse(&entry.key) {
        Ok(token) => zone.forget(&token).await,
        Err(malformed) => {
            // Only this one waits.
            tracing::error!(entry.seq, %malformed, "a card cannot be forgotten");
            Err(ZoneFault::NoAnswer)
        }
    }
}

fn write_down(
    tx: &mut dyn Tx,
    answers: &[(i64, Result<(), ZoneFault>)],
    now: Timestamp,
) -> Result<CardsForgotten, Fault> {
    let mut did = CardsForgotten::default();
    let again = now.plus(limits::FORGET_AGAIN).as_micros();
    for (seq, answer) in answers {
        match answer {
            Ok(()) => {
                outbox::done(tx, *seq, now.as_micros())?;
                did.forgotten += 1;
            }
            Err(_) => {
                outbox::retry_later(tx, *seq, again)?;
                did.waiting += 1;
            }
        }
    }
    Ok(did)
}
