//! Rotation: a new epoch key, every card's data key wrapped anew under it, and the old epoch key destroyed.
//!
//! No card is opened: only its wrapped data key is touched. Each batch is a transaction and each row names its epoch,
//! so a rotation that was killed goes on where it ended, at the next opening or by `bouquin vault rotate`. The old key
//! is destroyed by the last step, after the database has said that no row needs it.

use std::sync::Arc;
use std::time::Duration;

use storage::{Fault, Tx};
use trade::payment::CardToken;

use crate::OpenVault;
use crate::keys::{Changed, Keys, Sealed};
use crate::record;
use crate::store;

/// Cards a transaction.
const BATCH: i64 = 100;
/// A breath between two, so that readers who check cards in do not wait.
const PAUSE: Duration = Duration::from_millis(10);

/// Why a rotation stopped. It can always be gone on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    #[error(transparent)]
    Changed(#[from] Changed),
    #[error("{0} cards do not open; the old key is kept")]
    Damaged(i64),
    #[error("the database failed: {}", .0.detail())]
    Fault(#[from] Fault),
    #[error("the list of forgotten cards cannot be written: {0}")]
    Forgotten(#[from] std::io::Error),
}

impl From<Sealed> for Stopped {
    fn from(sealed: Sealed) -> Stopped {
        Stopped::Changed(sealed.into())
    }
}

/// Begins a rotation, or goes on with the one that is not done.
pub(crate) fn begin(vault: &Arc<OpenVault>) -> Result<(), Changed> {
    let mut begun = false;
    let keys = vault.safe.change(|ring, master| {
        begun = ring.begin_epoch(master)?;
        Ok(())
    })?;
    if begun {
        tracing::info!(epoch = keys.epoch(), "an epoch begins");
    }
    go_on(vault);
    Ok(())
}

/// Goes on with a rotation that is not done, beside everything else.
pub(crate) fn go_on(vault: &Arc<OpenVault>) {
    let vault = Arc::clone(vault);
    tokio::spawn(async move {
        let _one_at_a_time = vault.rotating.lock().await;
        match run(&vault).await {
            Ok(()) | Err(Stopped::Changed(Changed::Sealed(_))) => {}
            Err(stopped) => tracing::error!(%stopped, "a rotation is not done"),
        }
    });
}

/// How many cards still wait to be wrapped anew; `None` when no rotation is under way.
pub(crate) async fn to_move(vault: &OpenVault) -> Result<Option<i64>, Fault> {
    let old = vault
        .safe
        .keys()
        .map_or(Vec::new(), |keys| keys.old_epochs());
    if old.is_empty() {
        return Ok(None);
    }
    let count = move |tx: &mut dyn Tx| count_of(tx, &old);
    vault.store.read(count).await.map(Some)
}

async fn run(vault: &OpenVault) -> Result<(), Stopped> {
    let keys = vault.safe.keys()?;
    let old = keys.old_epochs();
    if old.is_empty() {
        return Ok(());
    }
    for epoch in &old {
        empty(vault, *epoch).await?;
    }
    // Through the writer, behind every check-in that was under way when the epoch began.
    let counted = old.clone();
    let left = vault.store.write(move |tx| count_of(tx, &counted)).await?;
    if left > 0 {
        return Err(Stopped::Damaged(left));
    }
    // Those that were counted and no other: whatever has begun since has cards.
    let keys = vault.safe.change(|ring, _| {
        ring.destroy_epochs(&old);
        Ok(())
    })?;
    vault.forgotten.strike_before(keys.oldest_epoch())?;
    tracing::info!(epoch = keys.epoch(), "the old epoch's key is destroyed");
    Ok(())
}

/// Wraps every card of an old epoch anew. Cards that do not open stay, and are named in the log.
async fn empty(vault: &OpenVault, epoch: i64) -> Result<(), Stopped> {
    let mut after = String::new();
    loop {
        let keys = vault.safe.keys()?;
        let from = after.clone();
        let last = vault
            .store
            .write(move |tx| wrap_batch(tx, &keys, epoch, &from))
            .await?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One batch; answers the last token it looked at.
fn wrap_batch(
    tx: &mut dyn Tx,
    keys: &Keys,
    epoch: i64,
    after: &str,
) -> Result<Option<String>, Fault> {
    let params = [epoch.into(), after.into(), BATCH.into()];
    let rows = tx.query(&store::CARDS_OF_EPOCH, &params)?;
    let mut last = None;
    for row in &rows {
        let token = row.text(0)?;
        last = Some(token.to_owned());
        let wrapped = CardToken::parse(token).ok().and_then(|token| {
            record::wrap_anew(keys, &token, epoch, row.int(2).ok()?, row.bytes(1).ok()?).ok()
        });
        let Some(wrapped) = wrapped else {
            tracing::error!(token, epoch, "a card's data key does not open");
            continue;
        };
        let params = [
            token.into(),
            epoch.into(),
            keys.epoch().into(),
            wrapped.into(),
        ];
        tx.execute(&store::WRAP_ANEW, &params)?;
    }
    Ok(last)
}

fn count_of(tx: &mut dyn Tx, epochs: &[i64]) -> Result<i64, Fault> {
    let mut count = 0;
    for epoch in epochs {
        count += tx
            .query_one(&store::COUNT_OF_EPOCH, &[(*epoch).into()])?
            .int(0)?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::sync::Barrier;

    use super::*;
    use crate::for_test::House;
    use crate::verbs;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_rotate_at_once_begin_one_epoch_and_no_card_loses_its_key() {
        let house = House::open().await;
        let (ticket, token) = house.paid().await;
        let not_yet = house.vault.rotating.lock().await;
        let together = Arc::new(Barrier::new(8));
        let begun: Vec<_> = (0..8)
            .map(|_| {
                let (vault, together) = (Arc::clone(&house.vault), Arc::clone(&together));
                tokio::task::spawn_blocking(move || {
                    together.wait();
                    begin(&vault)
                })
            })
            .collect();
        for begun in begun {
            begun.await.unwrap().unwrap();
        }
        let keys = house.vault.safe.keys().unwrap();
        assert_eq!((keys.epoch(), keys.old_epochs()), (2, vec![1]));
        let (later, second) = house.paid().await;
        drop(not_yet);
        while !house.vault.safe.keys().unwrap().old_epochs().is_empty() {
            tokio::time::sleep(PAUSE).await;
        }
        for (ticket, token) in [(ticket, token), (later, second)] {
            let grant = house.grant(&ticket, &token);
            verbs::redeem(&house.vault, "switch", &grant).await.unwrap();
        }
    }
}
