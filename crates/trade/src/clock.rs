//! Time: an instant that is stored, and the clock that tells it.
//!
//! Verbs are given a [`Clock`]; nothing else in the house asks the system for the time, so that a test can
//! stand still or move on. The bookseller's day begins and ends at midnight in Paris.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Where the shop's days and hours are counted.
static PARIS: TimeZone = jiff::tz::get!("Europe/Paris");

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant that many microseconds after the epoch.
    pub const fn micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant `duration` later.
    pub fn plus(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(micros_of(duration)))
    }

    /// The instant `duration` earlier.
    pub fn minus(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(micros_of(duration)))
    }

    /// How long after `earlier` it is; zero when it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Date and time of day in Paris.
    pub fn in_paris(self) -> DateTime {
        PARIS.to_datetime(self.instant())
    }

    /// The date in Paris.
    pub fn date_in_paris(self) -> Date {
        self.in_paris().date()
    }

    /// The first instant of `date` in Paris.
    pub fn start_of_day_in_paris(date: Date) -> Timestamp {
        let midnight = date.at(0, 0, 0, 0);
        // The zone never skips midnight, so both readings of an ambiguous time are the same instant.
        match PARIS.to_ambiguous_timestamp(midnight).compatible() {
            Ok(instant) => Timestamp(instant.as_microsecond()),
            // Only for dates at the very ends of the calendar, years -9999 and 9999.
            Err(_) if date.year() < 0 => Timestamp(i64::MIN),
            Err(_) => Timestamp(i64::MAX),
        }
    }

    /// RFC 3339 in UTC to the second, for machines: `2026-11-23T18:45:00Z`.
    pub fn rfc3339(self) -> String {
        self.instant().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn instant(self) -> jiff::Timestamp {
        let ends = if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(ends)
    }
}

fn micros_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Tells the time: the system's, or one that a test sets. Clones tell the same time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands at `instant` until [`advance`](Clock::advance) moves it.
    pub fn fixed(instant: Timestamp) -> Clock {
        Clock(Source::Set(Arc::new(AtomicI64::new(instant.0))))
    }

    /// Moves a fixed clock and its clones on; the system's clock is not moved.
    pub fn advance(&self, duration: Duration) {
        if let Source::Set(micros) = &self.0 {
            micros.fetch_add(micros_of(duration), Ordering::SeqCst);
        }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp(jiff::Timestamp::now().as_microsecond()),
            Source::Set(micros) => Timestamp(micros.load(Ordering::SeqCst)),
        }
    }

    /// Today's date in Paris.
    pub fn today(&self) -> Date {
        self.now().date_in_paris()
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
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn the_day_begins_at_midnight_in_paris() {
        for (instant, day) in [
            ("2026-01-31T22:59:59Z", date(2026, 1, 31)),
            ("2026-01-31T23:00:00Z", date(2026, 2, 1)),
            ("2026-07-31T21:59:59Z", date(2026, 7, 31)),
            ("2026-07-31T22:00:00Z", date(2026, 8, 1)),
        ] {
            assert_eq!(at(instant).date_in_paris(), day, "{instant}");
        }
        assert_eq!(
            Timestamp::start_of_day_in_paris(date(2026, 8, 1)),
            at("2026-07-31T22:00:00Z")
        );
        assert_eq!(
            Timestamp::start_of_day_in_paris(date(2026, 2, 1)),
            at("2026-01-31T23:00:00Z")
        );
    }

    #[test]
    fn a_fixed_clock_and_its_clones_move_together() {
        let clock = Clock::fixed(Timestamp(1_000_000));
        let clone = clock.clone();
        clock.advance(Duration::from_secs(2));
        assert_eq!(clone.now(), Timestamp(3_000_000));
        assert_eq!(
            clone.now().since(Timestamp(1_000_000)),
            Duration::from_secs(2)
        );
        assert_eq!(clone.now().rfc3339(), "1970-01-01T00:00:03Z");
    }
}
