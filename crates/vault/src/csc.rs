//! Security codes wait here, in memory, for the authorisation: never longer than half an hour, given out once, and
//! gone when the process ends (PCI DSS 3.3.1).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cards::csc::Csc;
use storage::Fault;
use trade::clock::Timestamp;
use trade::payment::CardToken;

use crate::OpenVault;
use crate::store;

/// The longest a code waits: the shop holds the goods of an unpaid order for as long.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// How often codes that nobody fetched are wiped.
pub(crate) const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// More waiting codes than a record day has check-ins in half an hour. The oldest goes first; its bank then decides
/// without a code.
const MOST: usize = 50_000;

/// Keeps the code of a card that came in, unless its redemption, its forgetting or a sealing came first; `sealings` is from
/// before it came in. The code is kept and then looked whether it is wanted, so that whoever comes after the look finds it, and
/// takes or wipes it.
///
/// # Errors
/// The database does not say; the code is wiped then.
pub(crate) async fn keep(
    vault: &OpenVault,
    token: &CardToken,
    code: Csc,
    sealings: u64,
) -> Result<(), Fault> {
    vault.codes.keep(token, code, vault.clock.now());
    let params = [token.as_str().into()];
    let is_waiting = vault
        .store
        .read(move |tx| tx.query_one(&store::IS_WAITING, &params)?.flag(0))
        .await;
    if !matches!(is_waiting, Ok(true)) || vault.safe.sealings() != sealings {
        vault.codes.forget(token);
    }
    is_waiting.map(drop)
}

/// The waiting codes.
#[derive(Default)]
pub(crate) struct CodeMemory(Mutex<HashMap<String, (Csc, Timestamp)>>);

impl CodeMemory {
    /// Keeps a code for the token, in place of an earlier one.
    pub(crate) fn keep(&self, token: &CardToken, code: Csc, now: Timestamp) {
        let mut codes = self.codes();
        if codes.len() >= MOST {
            let oldest = codes
                .iter()
                .min_by_key(|(_, (_, since))| *since)
                .map(|(token, _)| token.clone());
            oldest.and_then(|token| codes.remove(&token));
        }
        codes.insert(token.as_str().to_owned(), (code, now));
    }

    /// Gives the code out, once.
    pub(crate) fn take(&self, token: &CardToken, now: Timestamp) -> Option<Csc> {
        let (code, since) = self.codes().remove(token.as_str())?;
        (now.since(since) <= LIFE).then_some(code)
    }

    /// Wipes what has waited too long.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.codes()
            .retain(|_, (_, since)| now.since(*since) <= LIFE);
    }

    /// Wipes the code of a card.
    pub(crate) fn forget(&self, token: &CardToken) {
        self.codes().remove(token.as_str());
    }

    /// Wipes every code.
    pub(crate) fn forget_all(&self) {
        self.codes().clear();
    }

    fn codes(&self) -> MutexGuard<'_, HashMap<String, (Csc, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;
    use crate::for_test::House;
    use crate::{forget, unsealing, verbs};

    /// As a double submit does that is slower than what came of the first.
    async fn kept_late(house: &House, token: &CardToken, sealings: u64) -> bool {
        let code = house.card().csc;
        keep(&house.vault, token, code, sealings).await.unwrap();
        let found = house.vault.codes.take(token, house.vault.clock.now());
        found.is_some()
    }

    #[tokio::test]
    async fn a_late_code_is_kept_only_while_its_card_waits_in_an_open_vault() {
        let house = House::open().await;
        let sealings = house.vault.safe.sealings();
        let (ticket, token) = house.paid().await;
        assert!(kept_late(&house, &token, sealings).await);
        let grant = house.grant(&ticket, &token);
        verbs::redeem(&house.vault, "switch", &grant).await.unwrap();
        assert!(!kept_late(&house, &token, sealings).await, "redeemed");

        let (_, token) = house.paid().await;
        forget::forget(&house.vault, "shop", token.clone())
            .await
            .unwrap();
        assert!(!kept_late(&house, &token, sealings).await, "forgotten");

        let (_, token) = house.paid().await;
        unsealing::seal(&house.vault).unwrap();
        assert!(!kept_late(&house, &token, sealings).await, "sealed");
        unsealing::open_again(&house.vault).await.unwrap();
        assert!(!kept_late(&house, &token, sealings).await, "sealed since");
        let sealings = house.vault.safe.sealings();
        assert!(kept_late(&house, &token, sealings).await, "sent again");
    }

    #[tokio::test]
    async fn a_code_that_comes_in_while_its_card_is_forgotten_goes_with_it() {
        let house = House::open().await;
        let (_, token) = house.paid().await;
        let release = house.hold_the_writer();
        let forgetting = forget::forget(&house.vault, "shop", token.clone());
        let meanwhile = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            // The card is still here, so the code is kept.
            let sealings = house.vault.safe.sealings();
            keep(&house.vault, &token, house.card().csc, sealings)
                .await
                .unwrap();
            release.send(()).unwrap();
        };
        let (forgotten, ()) = tokio::join!(forgetting, meanwhile);
        forgotten.unwrap();
        let left = house.vault.codes.take(&token, house.vault.clock.now());
        assert!(left.is_none());
    }
}
