//! The life of a line: a session that is kept up, begun again when it ends, and replaced before it grows old.
//!
//! A session is replaced when the bank asks for other keys (0800, field 70 = 161), when this side has a new certificate, and
//! once a day. There is no key between the two but those of TLS, so a new session is the change of keys: it signs on, takes
//! over, and the old one signs off when its last message was answered. Nothing that is on its way is lost by it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Line;
use super::session::Session;
use crate::dialogue::KEY_CHANGE;

/// How often it is looked whether this side has a new certificate.
const LOOK: Duration = Duration::from_secs(1);

/// After a new session could not be opened, while the old one lives on.
const AGAIN: Duration = Duration::from_secs(10);

/// Why a session is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    BankAsks,
    NewCertificate,
    Age,
}

impl Line {
    /// Keeps the line up until the future is dropped.
    pub(crate) async fn keep(self: Arc<Self>) {
        let mut pause = self.times.reconnect_first;
        loop {
            match self.open().await {
                Ok(session) => {
                    self.stay(session).await;
                    pause = self.times.reconnect_first;
                }
                Err(error) => {
                    self.history.note_session_failed(self.clock.now());
                    tracing::warn!(%error, carrier = %self.address, "the bank cannot be reached");
                }
            }
            let dice = getrandom::u32().unwrap_or(u32::MAX / 2);
            tokio::time::sleep(jittered(pause, dice)).await;
            pause = grown(pause, self.times.reconnect_most);
        }
    }

    /// Until the line ends, however often its session is replaced.
    async fn stay(self: &Arc<Self>, mut session: Session) {
        let mut leaving = JoinSet::new();
        let mut not_before = Instant::now();
        self.set_door(Some(session.door.clone()));
        self.set_up(true);
        tracing::info!(carrier = %self.address, "a line to the bank is up");
        loop {
            let next = self.successor(&session, not_before);
            let next = tokio::select! {
                next = next => next,
                error = session.ended() => {
                    tracing::warn!(%error, carrier = %self.address, "a line to the bank ended");
                    self.set_door(None);
                    self.set_up(false);
                    self.history.note_session_failed(self.clock.now());
                    return session.close(self).await;
                }
            };
            match next {
                Ok(next) => {
                    let old = std::mem::replace(&mut session, next);
                    self.set_door(Some(session.door.clone()));
                    leaving.spawn(Arc::clone(self).take_leave(old));
                }
                Err(error) => {
                    tracing::warn!(%error, carrier = %self.address, "the old session is kept");
                    not_before = Instant::now() + AGAIN;
                }
            }
            while leaving.try_join_next().is_some() {}
        }
    }

    /// Waits for a reason to replace the session, and opens the one that takes its place.
    fn successor(
        self: &Arc<Self>,
        session: &Session,
        not_before: Instant,
    ) -> impl Future<Output = io::Result<Session>> + use<> {
        let line = Arc::clone(self);
        let (door, begun, renewals) = (session.door.clone(), session.begun, session.renewals);
        async move {
            tokio::time::sleep_until(not_before).await;
            let reason = line.must_be_replaced(begun, renewals).await;
            tracing::info!(?reason, carrier = %line.address, "the session to the bank is renewed");
            if reason != Reason::BankAsks {
                // The bank is told why another session begins; it has nothing to say to that.
                line.network(&door, KEY_CHANGE).await;
            }
            line.open().await
        }
    }

    /// Waits for a reason to replace a session of that age, made with a certificate that had been renewed so often.
    async fn must_be_replaced(&self, begun: Instant, renewals: u64) -> Reason {
        loop {
            tokio::select! {
                () = self.key_change.notified() => return Reason::BankAsks,
                () = tokio::time::sleep_until(begun + self.times.renew) => return Reason::Age,
                () = tokio::time::sleep(LOOK) => {
                    if self.tls.renewals() != renewals {
                        return Reason::NewCertificate;
                    }
                }
            }
        }
    }
}

/// The pause after a pause that did not help.
fn grown(pause: Duration, most: Duration) -> Duration {
    pause.saturating_mul(2).min(most)
}

/// Between half and one and a half of the pause, as the dice fall, so that many switches do not return at once.
fn jittered(pause: Duration, dice: u32) -> Duration {
    pause.mul_f64(0.5 + f64::from(dice) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::LineTimes;

    #[test]
    fn pauses_double_to_the_longest_and_stay_there() {
        let times = LineTimes::default();
        let pauses = std::iter::successors(Some(times.reconnect_first), |pause| {
            Some(grown(*pause, times.reconnect_most))
        });
        let pauses: Vec<u128> = pauses.take(9).map(|pause| pause.as_millis()).collect();
        assert_eq!(
            pauses,
            [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]
        );
        assert_eq!(
            grown(Duration::MAX, times.reconnect_most),
            times.reconnect_most
        );
    }

    #[test]
    fn however_the_dice_fall_a_pause_is_half_to_one_and_a_half_of_itself() {
        for pause in [1, 200, 3_333, 10_000].map(Duration::from_millis) {
            assert_eq!(jittered(pause, 0), pause / 2);
            assert_eq!(jittered(pause, u32::MAX), pause * 3 / 2);
            let mut last = Duration::ZERO;
            for dice in (0..u32::MAX).step_by(65_537) {
                let rested = jittered(pause, dice);
                assert!((pause / 2..=pause * 3 / 2).contains(&rested), "{dice}");
                // Each fall its own: no two of many switches return together.
                assert!(rested >= last, "{dice}");
                last = rested;
            }
        }
    }
}
