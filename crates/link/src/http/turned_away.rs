//! Who does not get in at a private door is in the log, and cannot fill it.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::fault::LinkFault;

/// How long it is quiet after a line: a process with a wrong certificate tries several times a second, and one line says it.
const QUIET: Duration = Duration::from_secs(10);

/// The connections that a door turned away.
#[derive(Debug, Default)]
pub(super) struct TurnedAway(Mutex<Pace>);

#[derive(Debug, Default)]
struct Pace {
    said: Option<Instant>,
    unsaid: u64,
}

impl Pace {
    /// How many there were since the last line, when it is time for one.
    fn next(&mut self, now: Instant) -> Option<u64> {
        let quiet = self
            .said
            .is_some_and(|said| now.saturating_duration_since(said) < QUIET);
        if quiet {
            self.unsaid += 1;
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

impl TurnedAway {
    /// Says that a handshake failed, if it is time for a line.
    pub(super) fn note(&self, from: SocketAddr, fault: &LinkFault) {
        let mut pace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match pace.next(Instant::now()) {
            Some(others) => tracing::warn!(%from, %fault, others, "a peer was turned away"),
            None => tracing::debug!(%from, %fault, "a peer was turned away"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_in_ten_seconds_counts_the_others() {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut pace = Pace::default();
        assert_eq!(pace.next(begin), Some(0));
        for second in 0..10 {
            assert_eq!(pace.next(after(second)), None);
        }
        assert_eq!(pace.next(after(10)), Some(10));
        assert_eq!(pace.next(after(11)), None);
        assert_eq!(pace.next(after(60)), Some(1));
    }
}
