//! How often one caller may come, counted by whatever names it: an address, a ticket. In this process only, and in a table
//! that stays bounded whoever comes.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// Callers that are remembered. When so many have come within their pace's time, all are forgotten: whoever floods from so
/// many addresses is not slowed by counting them, and readers must not pay for it.
const CALLERS: usize = 10_000;

type Counts<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Counts callers by their key.
pub struct Pace<K: Hash + Eq + Clone> {
    quota: Quota,
    counts: Mutex<Counts<K>>,
}

impl<K: Hash + Eq + Clone> Pace<K> {
    /// At most so many times a minute, all of them at once if need be.
    #[must_use]
    pub fn per_minute(times: u32) -> Pace<K> {
        let times = NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN);
        Pace::new(Quota::per_minute(times))
    }

    /// So many times at once, and one more whenever so much time has passed (more than none).
    #[must_use]
    pub fn once_each(time: Duration, at_once: u32) -> Pace<K> {
        let at_once = NonZeroU32::new(at_once).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(time).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        Pace::new(quota.allow_burst(at_once))
    }

    fn new(quota: Quota) -> Pace<K> {
        let counts = Mutex::new(RateLimiter::hashmap(quota));
        Pace { quota, counts }
    }

    /// Counts one.
    ///
    /// # Errors
    /// There were too many: how long to wait before the next is let through.
    pub fn count(&self, key: &K) -> Result<(), Duration> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= CALLERS {
            counts.retain_recent();
            // Not a few at a time, which would look through all of them for each.
            if counts.len() > CALLERS / 2 {
                *counts = RateLimiter::hashmap(self.quota);
            }
        }
        let counted = counts.check_key(key);
        counted.map_err(|until| until.wait_time_from(counts.clock().now()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_caller_must_wait_and_another_need_not() {
        let pace = Pace::once_each(Duration::from_secs(10), 3);
        for _ in 0..3 {
            assert_eq!(pace.count(&"one"), Ok(()));
        }
        let wait = pace.count(&"one").unwrap_err();
        assert!(wait > Duration::from_secs(8) && wait <= Duration::from_secs(10));
        assert_eq!(pace.count(&"another"), Ok(()));
        let minute = Pace::per_minute(60);
        assert_eq!((0..70).filter(|_| minute.count(&()).is_ok()).count(), 60);
        assert!(minute.count(&()).unwrap_err() <= Duration::from_secs(1));
    }

    #[test]
    fn the_table_of_callers_stays_bounded() {
        let pace = Pace::per_minute(1);
        let last = 3 * CALLERS - 9;
        for caller in 0..=last {
            assert_eq!(pace.count(&caller), Ok(()));
            assert!(pace.counts.lock().unwrap().len() <= CALLERS);
        }
        // Only a full table is forgotten.
        assert!(pace.count(&last).is_err());
    }
}
