//! One at a time per payment: a repeated request waits for the first, then finds its outcome.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use trade::ids::PaymentId;

type Turn = Arc<tokio::sync::Mutex<()>>;

/// Who works on which payment. As large as the number of requests in work.
#[derive(Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<PaymentId, Turn>>>);

/// The right to work on a payment; given back when dropped.
pub(crate) struct Taken {
    turns: Arc<Mutex<HashMap<PaymentId, Turn>>>,
    payment: PaymentId,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    pub(crate) async fn take(&self, payment: PaymentId) -> Taken {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(payment).or_default())
        };
        let guard = Some(turn.lock_owned().await);
        Taken {
            turns: Arc::clone(&self.0),
            payment,
            guard,
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.guard.take());
        // Nobody else holds or awaits it when the table's own is the only one left.
        if turns
            .get(&self.payment)
            .is_some_and(|turn| Arc::strong_count(turn) == 1)
        {
            turns.remove(&self.payment);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_second_waits_for_the_first_and_nothing_is_left_behind() {
        let turns = Turns::default();
        let payment = PaymentId::new();
        let first = turns.take(payment).await;
        let mut second = Box::pin(turns.take(payment));
        assert!(futures_pending(&mut second).await);
        drop(first);
        drop(second.await);
        assert!(turns.0.lock().unwrap().is_empty());
    }

    async fn futures_pending(future: &mut (impl Future<Output = Taken> + Unpin)) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(20), future)
            .await
            .is_err()
    }
}
