//! How often a mark was seen before, and with how many others.

use std::time::Duration;

use trade::clock::Timestamp;

use super::{
    limits,
    marks::{Mark, Marks},
    traces::{DAY, HOUR, TEN_MINUTES, THIRTY_DAYS, Trace},
};

/// How often something that an attempt carries was seen before, this attempt not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub ten_minutes: i64,
    pub hour: i64,
    pub day: i64,
    pub thirty_days: i64,
    pub cards_hour: i64,
    pub cards_day: i64,
    pub cards_thirty_days: i64,
    pub emails_day: i64,
    pub emails_thirty_days: i64,
    pub addresses_thirty_days: i64,
    pub declines_hour: i64,
    pub declines_day: i64,
    pub spellings_thirty_days: i64,
}

/// Counts the traces of one mark, latest first, and stops where [`limits::LOOKED_BACK`] says.
pub(super) fn count<'a>(
    traces: impl Iterator<Item = &'a Trace>,
    own: &Marks,
    now: Timestamp,
) -> Seen {
    let mut seen = Seen::default();
    let (mut cards, mut emails) = (Others::default(), Others::default());
    let (mut spellings, mut addresses) = (Others::default(), Others::default());
    for trace in traces {
        let age = now.since(trace.at);
        if age >= THIRTY_DAYS || seen.thirty_days == limits::LOOKED_BACK {
            break;
        }
        let within = |span| i64::from(age < span);
        if trace.declined {
            seen.declines_hour += within(HOUR);
            seen.declines_day += within(DAY);
            continue;
        }
        seen.ten_minutes += within(TEN_MINUTES);
        seen.hour += within(HOUR);
        seen.day += within(DAY);
        seen.thirty_days += 1;
        cards.note(trace.marks.card, own.card, age);
        emails.note(Some(trace.marks.email), Some(own.email), age);
        spellings.note(Some(trace.marks.spelling), Some(own.spelling), age);
        addresses.note(Some(trace.marks.address), Some(own.address), age);
    }
    Seen {
        cards_hour: cards.within(HOUR),
        cards_day: cards.within(DAY),
        cards_thirty_days: cards.within(THIRTY_DAYS),
        emails_day: emails.within(DAY),
        emails_thirty_days: emails.within(THIRTY_DAYS),
        addresses_thirty_days: addresses.within(THIRTY_DAYS),
        spellings_thirty_days: spellings.within(THIRTY_DAYS),
        ..seen
    }
}

/// Other values than this attempt's, each with how long ago it was seen last: few enough to be looked through.
#[derive(Default)]
struct Others(Vec<(Mark, Duration)>);

impl Others {
    /// Notes what was seen, later ones first.
    fn note(&mut self, value: Option<Mark>, own: Option<Mark>, age: Duration) {
        if let Some(value) = value.filter(|value| Some(*value) != own)
            && self.0.iter().all(|(known, _)| *known != value)
        {
            self.0.push((value, age));
        }
    }

    fn within(&self, span: Duration) -> i64 {
        let count = self.0.iter().filter(|(_, age)| *age < span).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}
