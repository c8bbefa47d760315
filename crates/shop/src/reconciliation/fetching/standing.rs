//! How each source does: when it is asked next, by one node at a time, and how it went.

use std::time::Duration;

use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, limits};

use super::door::{FetchFault, Source};
use crate::random;

storage::statements! {
    WAITS = "SELECT 1 FROM bank_sources WHERE source = $1 AND (due_us > $2 OR leased_us > $2)";
    CLAIM = "INSERT INTO bank_sources (source, due_us, leased_us) VALUES ($1, $2, $3)
        ON CONFLICT (source) DO UPDATE SET leased_us = $3
            WHERE bank_sources.due_us <= $2 AND bank_sources.leased_us <= $2
        RETURNING fetched_us, failing_us, tries";
    END = "UPDATE bank_sources SET leased_us = 0, due_us = $3, fetched_us = $4, failure = $5, failing_us = $6, tries = $7
        WHERE source = $1 AND leased_us = $2";
    LIST = "SELECT source, due_us, fetched_us, failure, failing_us FROM bank_sources ORDER BY source";
    ASK_NOW = "UPDATE bank_sources SET due_us = $1 WHERE due_us > $1";
}

/// A node's right to ask a source, for [`limits::FETCH_LEASE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    source: Source,
    until: Timestamp,
    fetched: Option<Timestamp>,
    failing: Option<Timestamp>,
    tries: u32,
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The source was asked for everything; what hindered single files.
    Through(Option<FetchFault>),
    /// There is more to fetch at once.
    More(Option<FetchFault>),
    /// It stopped before.
    Stopped(FetchFault),
}

/// How a source does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub source: Source,
    /// When it was asked last and answered everything.
    pub fetched: Option<Timestamp>,
    /// What went wrong the last time.
    pub failure: Option<FetchFault>,
    /// Since when something has gone wrong every time.
    pub failing: Option<Timestamp>,
    /// When it is asked next.
    pub due: Timestamp,
}

impl Standing {
    /// Whether a person should see to it: nothing has gone well for [`limits::FETCH_TOLD_AFTER`], or nobody has asked.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let since = self.failing.unwrap_or(self.due);
        now.since(since) >= limits::FETCH_TOLD_AFTER
    }
}

/// Whether a source is to be asked, as far as can be seen without writing.
pub(super) fn is_due(tx: &mut dyn Tx, source: Source, now: Timestamp) -> Result<bool, Fault> {
    let params = [source.into(), now.as_micros().into()];
    Ok(tx.query_opt(&WAITS, &params)?.is_none())
}

/// Takes a source that is due, unless another node has it.
pub(super) fn claim(
    tx: &mut dyn Tx,
    source: Source,
    now: Timestamp,
) -> Result<Option<Claim>, Fault> {
    let until = now.plus(limits::FETCH_LEASE);
    let params = [
        source.into(),
        now.as_micros().into(),
        until.as_micros().into(),
    ];
    let Some(row) = tx.query_opt(&CLAIM, &params)? else {
        return Ok(None);
    };
    Ok(Some(Claim {
        source,
        until,
        fetched: row.opt_int(0)?.map(Timestamp::micros),
        failing: row.opt_int(1)?.map(Timestamp::micros),
        tries: row.count(2)?,
    }))
}

/// Says how a round went and when the next one is, unless the claim is another's by now.
pub(super) fn end(
    tx: &mut dyn Tx,
    claim: &Claim,
    ending: Ending,
    every: Duration,
    now: Timestamp,
) -> Result<(), Fault> {
    let (failure, tries, pause) = match ending {
        Ending::Through(hindered) => (hindered, 0, with_jitter(every)?),
        Ending::More(hindered) => (hindered, 0, Duration::ZERO),
        Ending::Stopped(failure) => {
            let tries = claim.tries.saturating_add(1);
            (Some(failure), tries, with_jitter(patience(tries, every))?)
        }
    };
    let fetched = match ending {
        Ending::Stopped(_) => claim.fetched,
        Ending::Through(_) | Ending::More(_) => Some(now),
    };
    let failing = failure.map(|_| claim.failing.unwrap_or(now));
    let params = [
        claim.source.into(),
        claim.until.as_micros().into(),
        now.plus(pause).as_micros().into(),
        fetched.map(Timestamp::as_micros).into(),
        failure.map(FetchFault::code).into(),
        failing.map(Timestamp::as_micros).into(),
        tries.into(),
    ];
    tx.execute(&END, &params).map(drop)
}

/// The pause after so many failures in a row: it doubles, and begins with less where the shop asks more often.
fn patience(tries: u32, every: Duration) -> Duration {
    let first = limits::FETCH_PAUSE.min(every);
    let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
    first
        .saturating_mul(doubled)
        .min(limits::FETCH_LONGEST_PAUSE)
}

/// Up to a quarter more, so that the shops of a bank do not all come at once.
fn with_jitter(pause: Duration) -> Result<Duration, Fault> {
    let [chance] = random::bytes::<1>()?;
    Ok(pause + pause / 4 * u32::from(chance) / 256)
}

/// How the sources do that were asked at some time.
///
/// # Errors
/// A [`Fault`], as for [`ask_now`].
pub fn standings(tx: &mut dyn Tx) -> Result<Vec<Standing>, Fault> {
    tx.query(&LIST, &[])?.iter().map(of_row).collect()
}

/// Lets all sources be asked without waiting.
pub fn ask_now(tx: &mut dyn Tx, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&ASK_NOW, &[now.as_micros().into()]).map(drop)
}

fn of_row(row: &Row) -> Result<Standing, Fault> {
    Ok(Standing {
        source: Source::of_column(row.text(0)?)?,
        due: Timestamp::micros(row.int(1)?),
        fetched: row.opt_int(2)?.map(Timestamp::micros),
        failure: row.opt_text(3)?.map(FetchFault::of_column).transpose()?,
        failing: row.opt_int(4)?.map(Timestamp::micros),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_half_an_hour_and_a_quarter() {
        let every = Duration::from_secs(900);
        let seconds = |tries| patience(tries, every).as_secs();
        assert_eq!([1, 2, 3, 7, 99].map(seconds), [30, 60, 120, 1800, 1800]);
        assert_eq!(patience(1, Duration::from_secs(5)).as_secs(), 5);
        for _ in 0..100 {
            let paused = with_jitter(every).unwrap();
            assert!((900..1125).contains(&paused.as_secs()), "{paused:?}");
        }
    }
}
