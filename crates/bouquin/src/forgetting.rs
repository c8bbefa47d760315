//! The shop's part in forgetting cards: what is given up leaves the outbox and the vault is asked, until it says yes.

use std::time::Duration;

use shop::payment::{Methods, forget_cards};
use storage::Store;
use trade::{clock::Clock, limits};

/// How often the outbox is looked into.
const ROUND: Duration = Duration::from_secs(1);

/// Asks for ever. A shop without a vault of its own has nobody to ask.
pub async fn run(store: Store, methods: Methods, clock: Clock) {
    let Some(zone) = methods.card else {
        return;
    };
    loop {
        let pause = match forget_cards(&store, zone.as_ref(), &clock).await {
            Ok(did) if did.waiting > 0 => {
                tracing::info!(did.forgotten, did.waiting, "cards wait to be forgotten");
                limits::FORGET_AGAIN
            }
            Ok(did) if did.forgotten == limits::CARDS_FORGOTTEN_AT_ONCE => Duration::ZERO,
            Ok(_) => ROUND,
            Err(fault) => {
                tracing::warn!(fault = fault.detail(), "cards could not be looked through");
                limits::FORGET_AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}
