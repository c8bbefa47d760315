//! Dates as senders write them (O19): YYYYMMDD, YYYYMM, YYYY, ISO 8601, with or without a time, whatever the format
//! code says.

use std::time::Duration;

use jiff::civil::Date;
use trade::clock::Timestamp;

use super::tree::Element;
use crate::model::PublicationDate;

/// The date in a composite with `Date`, as precisely as it is written; none when it is not a date.
///
/// Year and quarter, week or season (formats 02 to 04) are read as the year; of a span, the beginning is taken.
pub(super) fn read(composite: &Element) -> Option<PublicationDate> {
    let date = composite.child("Date")?;
    let format = date
        .date_format()
        .or_else(|| composite.text("DateFormat"))
        .unwrap_or_default();
    read_text(date.own_text()?, format)
}

/// The day a composite names; the first one of a month or year.
pub(super) fn day(composite: &Element) -> Option<Date> {
    let date = read(composite)?;
    let part = |part: Option<u8>| i8::try_from(part.unwrap_or(1)).ok();
    Date::new(date.year, part(date.month)?, part(date.day)?).ok()
}

/// When a message was sent (O6): a day, or a day and a time, in the sender's zone or in Paris.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    // 2.1 writes the time behind the day without a letter between.
    let (day, time) = match text.split_once(['T', 't', ' ']) {
        Some(parts) => parts,
        None if text.len() > 8 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.split_at_checked(8)?
        }
        None => (text, ""),
    };
    let date = read_text(day, "00")?;
    let date = Date::new(
        date.year,
        i8::try_from(date.month?).ok()?,
        i8::try_from(date.day?).ok()?,
    );
    let date = date.ok()?;
    let (time, zone) =
        time.split_at_checked(time.find(['Z', 'z', '+', '-']).unwrap_or(time.len()))?;
    let of_day = Duration::from_secs(seconds(time)?);
    if zone.is_empty() {
        return Some(Timestamp::start_of_day_in_paris(date).plus(of_day));
    }
    let midnight = jiff::tz::Offset::UTC
        .to_timestamp(date.at(0, 0, 0, 0))
        .ok()?;
    let utc = Timestamp::micros(midnight.as_microsecond()).plus(of_day);
    let offset = Duration::from_secs(seconds(zone.get(1..)?)?);
    Some(match zone.starts_with('-') {
        true => utc.plus(offset),
        false => utc.minus(offset),
    })
}

/// `HHMM`, `HH:MM`, with or without seconds and their parts, since midnight; nothing is 0.
fn seconds(time: &str) -> Option<u64> {
    let whole = time.split(['.', ',']).next()?;
    let digits: String = whole.chars().filter(|c| *c != ':').collect();
    let part = |from: usize| match digits.get(from..from + 2) {
        Some(part) => part.parse::<u64>().ok(),
        None if digits.len() <= from => Some(0),
        None => None,
    };
    Some(part(0)? * 3600 + part(2)? * 60 + part(4)?).filter(|seconds| *seconds <= 86_400)
}

fn read_text(text: &str, format: &str) -> Option<PublicationDate> {
    let digits: String = text
        .split(['T', 't', ' '])
        .next()?
        .chars()
        .filter(|c| !matches!(c, '-' | '/' | '.'))
        .collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
    let year = number(0, 4).filter(|year| *year > 0)?;
    let month = match (format, digits.len()) {
        ("02" | "03" | "04" | "08" | "09" | "10" | "05" | "11", _) | (_, 4) => None,
        _ => Some(number(4, 6)?),
    };
    let day = match (month, format, digits.len()) {
        (None, _, _) | (_, "01" | "07", _) | (_, _, 6) => None,
        _ => Some(number(6, 8)?),
    };
    // 00 for a month or day that is not known is common.
    let month = month.filter(|month| *month != 0);
    let day = day.filter(|day| *day != 0 && month.is_some());
    let valid = Date::new(
        year,
        i8::try_from(month.unwrap_or(1)).ok()?,
        i8::try_from(day.unwrap_or(1)).ok()?,
    );
    valid.ok().map(|_| PublicationDate {
        year,
        month: month.and_then(|month| u8::try_from(month).ok()),
        day: day.and_then(|day| u8::try_from(day).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o6_the_time_a_message_was_sent_is_read_in_every_form() {
        for (text, instant) in [
            ("20140915T0905-0400", Some("2014-09-15T13:05:00Z")),
            ("2014-09-15T13:05:00Z", Some("2014-09-15T13:05:00Z")),
            ("2014-09-15T15:05:00.25+02:00", Some("2014-09-15T13:05:00Z")),
            ("20150717T210409", Some("2015-07-17T19:04:09Z")),
            ("20200210", Some("2020-02-09T23:00:00Z")),
            ("202002101530", Some("2020-02-10T14:30:00Z")),
            ("202002", None),
            ("20200230", None),
            ("20200210T9", None),
            ("20200210Tnoon", None),
            ("20200210T99:00", None),
            ("", None),
        ] {
            assert_eq!(
                super::instant(text).map(Timestamp::rfc3339).as_deref(),
                instant,
                "{text}"
            );
        }
    }

    #[test]
    fn o19_dates_are_read_in_every_form() {
        let date = |year, month, day| Some(PublicationDate { year, month, day });
        for (text, format, read) in [
            ("20261123", "00", date(2026, Some(11), Some(23))),
            ("20261123", "", date(2026, Some(11), Some(23))),
            ("2026-11-23", "", date(2026, Some(11), Some(23))),
            ("20261123T101500+0100", "14", date(2026, Some(11), Some(23))),
            ("202611", "01", date(2026, Some(11), None)),
            ("2026", "05", date(2026, None, None)),
            ("2026", "00", date(2026, None, None)),
            ("20263", "03", date(2026, None, None)),
            ("20260000", "00", date(2026, None, None)),
            ("20260230", "00", None),
            ("20261323", "00", None),
            ("0000", "05", None),
            ("printemps 2026", "12", None),
            ("", "00", None),
            ("20é6", "00", None),
        ] {
            assert_eq!(read_text(text, format), read, "{text} {format}");
        }
    }
}
