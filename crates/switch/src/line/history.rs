//! The last hour of a line, minute by minute: what an operator sees on a chart.
//!
//! It is kept in memory and begins anew with the process; what must outlive it is in the journal.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use trade::clock::Timestamp;

use super::NoAnswer;

/// How many minutes are kept.
const KEPT: usize = 60;
const MINUTE_US: i64 = 60_000_000;

/// What came of the messages that were answered, or given up, in one minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minute {
    /// Its beginning.
    pub begins: Timestamp,
    /// Messages that were answered.
    pub answered: u64,
    /// Messages without an answer in time.
    pub timed_out: u64,
    /// Messages whose connection was lost.
    pub lost: u64,
    /// Between message and answer, on average, in microseconds.
    pub mean_answer_us: u64,
    /// The longest of them.
    pub longest_answer_us: u64,
}

/// The minutes in which something was asked, oldest first.
#[derive(Default)]
pub(super) struct History(Mutex<VecDeque<Bucket>>);

#[derive(Default)]
struct Bucket {
    minute: i64,
    answered: u64,
    timed_out: u64,
    lost: u64,
    waited_us: u64,
    longest_us: u64,
}

impl History {
    /// Notes what came of a message that was sent.
    pub(super) fn note(&self, now: Timestamp, came: Result<Duration, NoAnswer>) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.as_micros().div_euclid(MINUTE_US);
        if buckets.back().is_none_or(|last| last.minute < minute) {
            buckets.push_back(Bucket {
                minute,
                ..Bucket::default()
            });
        }
        while buckets.len() > KEPT {
            buckets.pop_front();
        }
        let Some(bucket) = buckets.back_mut() else {
            return;
        };
        match came {
            Ok(waited) => {
                let waited_us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
                bucket.answered += 1;
                bucket.waited_us = bucket.waited_us.saturating_add(waited_us);
                bucket.longest_us = bucket.longest_us.max(waited_us);
            }
            Err(NoAnswer::TimedOut) => bucket.timed_out += 1,
            Err(NoAnswer::Lost) => bucket.lost += 1,
            Err(NoAnswer::NotSent) => {}
        }
    }

    /// The minutes of the hour before `now` in which something came of a message.
    pub(super) fn of_the_hour(&self, now: Timestamp) -> Vec<Minute> {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = now.as_micros().div_euclid(MINUTE_US) - KEPT as i64;
        let recent = buckets.iter().filter(|bucket| bucket.minute > first);
        recent.map(Bucket::told).collect()
    }
}

impl Bucket {
    fn told(&self) -> Minute {
        Minute {
            begins: Timestamp::micros(self.minute * MINUTE_US),
            answered: self.answered,
            timed_out: self.timed_out,
            lost: self.lost,
            mean_answer_us: self
                .waited_us
                .checked_div(self.answered)
                .unwrap_or_default(),
            longest_answer_us: self.longest_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_kept_minute_by_minute() {
        let history = History::default();
        let minute = |n: i64| Timestamp::micros(n * MINUTE_US + 7);
        for n in 0..100 {
            history.note(minute(n), Ok(Duration::from_millis(2)));
            history.note(minute(n), Ok(Duration::from_millis(4)));
            history.note(minute(n), Err(NoAnswer::TimedOut));
            history.note(minute(n), Err(NoAnswer::NotSent));
        }
        let told = history.of_the_hour(minute(99));
        assert_eq!(told.len(), KEPT);
        let last = Minute {
            begins: Timestamp::micros(99 * MINUTE_US),
            answered: 2,
            timed_out: 1,
            lost: 0,
            mean_answer_us: 3000,
            longest_answer_us: 4000,
        };
        assert_eq!(told.last(), Some(&last));
        // Quiet minutes are not there, and old ones go.
        assert!(history.of_the_hour(minute(158)).len() == 1);
        assert!(history.of_the_hour(minute(160)).is_empty());
    }
}
