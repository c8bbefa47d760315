//! What the provider tells by itself: heard once, and a reason to ask it.

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    limits,
};

use super::page;
use crate::payment::ProviderEvent;

storage::statements! {
    HEAR = "INSERT INTO provider_events (id, reference, came_us) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    FORGET = "DELETE FROM provider_events WHERE came_us < $1";
}

/// What an event was to the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// News of a payment: the next run of [`recover`](crate::payment::recover) asks what became of it.
    News,
    /// It was told before.
    Before,
    /// It is about nothing that this shop asked for.
    OfNoPayment,
}

/// Writes an event down. Once this returns it may be acknowledged.
///
/// What it says is not believed further than that there is something to ask, so that events may come late, twice, in
/// another order, or not at all.
///
/// # Errors
/// A [`Fault`]; the provider tells again what was not acknowledged.
pub async fn provider_told(
    store: &Store,
    clock: &Clock,
    event: &ProviderEvent,
) -> Result<Heard, Fault> {
    let (event, now) = (event.clone(), clock.now());
    store.write(move |tx| hear(tx, &event, now)).await
}

fn hear(tx: &mut dyn Tx, event: &ProviderEvent, now: Timestamp) -> Result<Heard, Fault> {
    let reference = event.reference.as_deref();
    let params = [
        event.id.as_str().into(),
        reference.into(),
        now.as_micros().into(),
    ];
    if tx.execute(&HEAR, &params)? == 0 {
        return Ok(Heard::Before);
    }
    let page = match reference {
        Some(reference) => page::by_reference(tx, reference)?,
        None => None,
    };
    let Some(page) = page else {
        return Ok(Heard::OfNoPayment);
    };
    page::look_now(tx, page.payment, now)?;
    Ok(Heard::News)
}

/// Forgets events that are told no more, and says how many.
///
/// # Errors
/// A [`Fault`].
pub fn forget_events(tx: &mut dyn Tx, now: Timestamp) -> Result<u64, Fault> {
    let before = now.minus(limits::PROVIDER_EVENTS_KEPT);
    tx.execute(&FORGET, &[before.as_micros().into()])
}
