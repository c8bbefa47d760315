//! Requests that wait for a stored message to be confirmed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

/// By the sequence number of the message. As large as the number of requests in work.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<HashMap<i64, Vec<oneshot::Sender<()>>>>);

impl Waiters {
    /// Resolves when [`Waiters::wake`] is called for the message after this call.
    pub(crate) fn wait_for(&self, seq: i64) -> oneshot::Receiver<()> {
        let (wake, woken) = oneshot::channel();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiting.entry(seq).or_default();
        // Those who have given up make room for the one who comes.
        waiting.retain(|wake| !wake.is_closed());
        waiting.push(wake);
        woken
    }

    pub(crate) fn wake(&self, seq: i64) {
        let waiting = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&seq);
        for wake in waiting.into_iter().flatten() {
            // One who has given up needs no waking.
            let _ = wake.send(());
        }
    }
}
