//! The values of ISO 20022: amounts, days, indicators.

use jiff::civil::{Date, DateTime};
use trade::clock::Timestamp;
use trade::limits;
use trade::money::Money;

use super::entry::{Direction, EntryStatus};
use super::error::Problem;

/// The longest piece of a file that an error repeats, in characters.
const FOUND_CHARS: usize = 40;

/// The error for a text that is not what it should be.
pub(super) fn unreadable(text: &str, expected: &'static str) -> Problem {
    Problem::Unreadable {
        found: beginning(text),
        expected,
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(FOUND_CHARS).collect()
}

/// Whether a text may have that character: those of XML, without those that only move a cursor.
pub(super) fn is_printable(character: char) -> bool {
    let is_blank = matches!(character, '\n' | '\t');
    is_blank || !(character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}'))
}

/// Reads an amount of euros: digits, and a decimal point with one or two decimals. The standard has no sign and, for a
/// currency with two decimals, no third one, not even a zero.
pub(super) fn amount(text: &str) -> Result<Money, Problem> {
    let not_an_amount = || Problem::Amount(beginning(text));
    let (units, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if (units.is_empty() && decimals.is_empty()) || !is_number(units) || !is_number(decimals) {
        return Err(not_an_amount());
    }
    if decimals.len() > 2 {
        return Err(Problem::Decimals(beginning(text)));
    }
    let digits = format!("{units}{decimals:0<2}");
    let cents: i64 = digits.parse().map_err(|_| not_an_amount())?;
    if cents > limits::STATEMENT_AMOUNT_CENTS {
        return Err(not_an_amount());
    }
    Ok(Money::cents(cents))
}

/// Reads a day (`ISODate`), as it stands: the bank's day, whatever offset is written behind it.
pub(super) fn day(text: &str) -> Result<Date, Problem> {
    let expected = || unreadable(text, "a day like 2026-11-26");
    let (day, offset) = text.split_at_checked(10).ok_or_else(expected)?;
    if !is_offset(offset) {
        return Err(expected());
    }
    day.parse().map_err(|_| expected())
}

/// Reads the day of an instant (`ISODateTime`): in Paris when it has an offset, else as it stands.
pub(super) fn day_of_instant(text: &str) -> Result<Date, Problem> {
    let expected = || unreadable(text, "an instant like 2026-11-26T17:45:00+01:00");
    // The library reads more spellings than XML has.
    let (seconds, rest) = text.split_at_checked(19).ok_or_else(expected)?;
    let has_form = seconds.bytes().zip(0..).all(|(byte, place)| match place {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let offset = match rest.strip_prefix('.') {
        Some(decimals) => decimals.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    if !has_form || !is_offset(offset) {
        return Err(expected());
    }
    if offset.is_empty() {
        let instant: DateTime = seconds.parse().map_err(|_| expected())?;
        return Ok(instant.date());
    }
    let instant: jiff::Timestamp = format!("{seconds}{offset}")
        .parse()
        .map_err(|_| expected())?;
    Ok(Timestamp::micros(instant.as_microsecond()).date_in_paris())
}

/// Whether a text is an offset from UTC, or nothing.
fn is_offset(text: &str) -> bool {
    match text.as_bytes() {
        [] | b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// Reads `true`, `false`, `1` or `0`.
pub(super) fn indicator(text: &str) -> Result<bool, Problem> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(unreadable(text, "true or false")),
    }
}

/// Reads `CRDT` or `DBIT`.
pub(super) fn direction(text: &str) -> Result<Direction, Problem> {
    match text {
        "CRDT" => Ok(Direction::Credit),
        "DBIT" => Ok(Direction::Debit),
        _ => Err(unreadable(text, "CRDT or DBIT")),
    }
}

/// The code of a direction.
pub(super) fn direction_code(direction: Direction) -> &'static str {
    match direction {
        Direction::Credit => "CRDT",
        Direction::Debit => "DBIT",
    }
}

/// Reads the status of an entry. What is not known is never taken for booked.
pub(super) fn status(text: &str) -> EntryStatus {
    match text {
        "BOOK" => EntryStatus::Booked,
        "PDNG" => EntryStatus::Pending,
        "INFO" => EntryStatus::Information,
        "FUTR" => EntryStatus::Future,
        other => EntryStatus::Other(other.to_owned()),
    }
}

/// The code of a status.
pub(super) fn status_code(status: &EntryStatus) -> &str {
    match status {
        EntryStatus::Booked => "BOOK",
        EntryStatus::Pending => "PDNG",
        EntryStatus::Information => "INFO",
        EntryStatus::Future => "FUTR",
        EntryStatus::Other(other) => other,
    }
}

/// Reads a number without a sign, at most 18 digits.
pub(super) fn number(text: &str) -> Result<u64, Problem> {
    let is_number = (1..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| is_number)
        .ok_or_else(|| unreadable(text, "a number"))
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

    #[test]
    fn an_amount_is_never_rounded() {
        for (text, cents) in [
            ("0", 0),
            ("8.85", 885),
            ("8.8", 880),
            ("8.", 800),
            (".5", 50),
            ("0008.85", 885),
            ("100000000000", limits::STATEMENT_AMOUNT_CENTS),
        ] {
            assert_eq!(amount(text), Ok(Money::cents(cents)), "{text}");
        }
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "1,5",
            "1 000",
            "1e3",
            "١",
            "100000000000.01",
            "99999999999999999999",
        ] {
            assert!(matches!(amount(text), Err(Problem::Amount(_))), "{text}");
        }
        for text in ["8.855", "8.850", "8.00000"] {
            assert!(matches!(amount(text), Err(Problem::Decimals(_))), "{text}");
        }
    }

    #[test]
    fn a_day_is_the_banks() {
        for text in ["2026-11-26", "2026-11-26Z", "2026-11-26+01:00"] {
            assert_eq!(day(text), Ok(date(2026, 11, 26)), "{text}");
        }
        for text in [
            "",
            "2026-11-26T00:00:00",
            "26.11.2026",
            "2026-02-30",
            "2026-11-2é",
        ] {
            assert!(day(text).is_err(), "{text}");
        }
        for (text, expected) in [
            ("2026-11-26T23:30:00", date(2026, 11, 26)),
            ("2026-11-26T23:30:00+01:00", date(2026, 11, 26)),
            ("2026-11-26T23:30:00.000Z", date(2026, 11, 27)),
        ] {
            assert_eq!(day_of_instant(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "2026-11-26",
            "2026-11-26 10:00:00",
            "2026-11-26T10:00",
            "2026-11-26T10:00:00+0100",
            "2026-11-26T10:00:00+01:00[Europe/Paris]",
            "2026-11-26T25:00:00",
            // Legal in XML and rare; refused, not guessed.
            "2026-11-26T24:00:00",
        ] {
            assert!(day_of_instant(text).is_err(), "{text}");
        }
    }
}
