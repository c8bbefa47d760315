//! Security codes wait here, in memory, for the authorisation: never longer than half an hour, given out once, and
//! gone when the process ends (PCI DSS 3.3.1).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cards::csc::Csc;
use trade::clock::Timestamp;
use trade::payment::CardToken;

/// The longest a code waits: the shop holds the goods of an unpaid order for as long.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// How often codes that nobody fetched are wiped.
pub(crate) const SWEEP_INTERVAL: Duration = Duration::from_secs(60);
/// More waiting codes than a record day has check-ins in half an hour. The oldest goes first; its bank then decides
/// without a code.
const MOST: usize = 50_000;

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
