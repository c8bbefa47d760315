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

/// What came of the messages that were answered, or given up, in one minute, and of the sessions.
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
    /// Messages that were asked by another carrier too, because this one was silent, and that the other one brought the
    /// answer to.
    #[serde(default)]
    pub overtaken: u64,
    /// Sessions that ended by themselves, and attempts at one that failed.
    #[serde(default)]
    pub sessions_failed: u64,
    /// Between message and answer, on average, in microseconds.
    pub mean_answer_us: u64,
    /// The longest of them.
    pub longest_answer_us: u64,
}

/// The minutes in which something happened, oldest first.
#[derive(Default)]
pub(super) struct History(Mutex<VecDeque<Bucket>>);

#[derive(Default)]
struct Bucket {
    minute: i64,
    answered: u64,
    timed_out: u64,
    lost: u64,
    overtaken: u64,
    sessions_failed: u64,
    waited_us: u64,
    longest_us: u64,
}

impl History {
    /// Notes what came of a message. One of which not a byte left says nothing of the line.
    pub(super) fn note(&self, now: Timestamp, came: Result<Duration, NoAnswer>) {
        match came {
            Ok(waited) => self.change(now, |minute| {
                let waited_us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
                minute.answered += 1;
                minute.waited_us = minute.waited_us.saturating_add(waited_us);
                minute.longest_us = minute.longest_us.max(waited_us);
            }),
            Err(NoAnswer::TimedOut) => self.change(now, |minute| minute.timed_out += 1),
            Err(NoAnswer::Lost) => self.change(now, |minute| minute.lost += 1),
            Err(NoAnswer::NotSent) => {}
        }
    }

    /// Notes that another carrier brought an answer that this one was asked for first.
    pub(super) fn note_overtaken(&self, now: Timestamp) {
        self.change(now, |minute| minute.overtaken += 1);
    }

    /// Notes that a session ended by itself, or could not begin.
    pub(super) fn note_session_failed(&self, now: Timestamp) {
        self.change(now, |minute| minute.sessions_failed += 1);
    }

    fn change(&self, now: Timestamp, how: impl FnOnce(&mut Bucket)) {
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
        if let Some(bucket) = buckets.back_mut() {
            how(bucket);
        }
    }

    /// The minutes of the hour before `now` in which something happened.
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
            overtaken: self.overtaken,
            sessions_failed: self.sessions_failed,
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
            history.note_overtaken(minute(n));
        }
        let told = history.of_the_hour(minute(99));
        assert_eq!(told.len(), KEPT);
        let last = Minute {
            begins: Timestamp::micros(99 * MINUTE_US),
            answered: 2,
            timed_out: 1,
            lost: 0,
            overtaken: 1,
            sessions_failed: 0,
            mean_answer_us: 3000,
            longest_answer_us: 4000,
        };
        assert_eq!(told.last(), Some(&last));
        // Quiet minutes are not there, and old ones go.
        assert!(history.of_the_hour(minute(158)).len() == 1);
        assert!(history.of_the_hour(minute(160)).is_empty());
    }

    #[test]
    fn a_line_that_cannot_be_opened_is_seen_and_what_did_not_leave_is_not() {
        let history = History::default();
        history.note(Timestamp::micros(7), Err(NoAnswer::NotSent));
        assert!(history.of_the_hour(Timestamp::micros(8)).is_empty());
        history.note_session_failed(Timestamp::micros(9));
        let told = history.of_the_hour(Timestamp::micros(10));
        assert_eq!(told.len(), 1);
        assert!(
            told.iter()
                .all(|minute| minute.sessions_failed == 1 && minute.answered == 0)
        );
    }
}
