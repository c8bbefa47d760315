//! The name of a file of entries (IX): the SIREN, `FEC`, and the day on which the year is closed.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// The nine digits by which a French firm is known, with a right check digit (Luhn).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Siren(u32);

/// A text that is no SIREN, or no name of a file of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not nine digits with a right check digit.
    #[error("a SIREN has nine digits, the last of which checks the others")]
    Siren,
    /// Not SIREN, `FEC`, and a day like 20261231.
    #[error("a file of entries is named like 123456782FEC20261231.txt")]
    Form,
}

impl Siren {
    /// Reads a SIREN, with or without spaces.
    pub fn parse(text: &str) -> Result<Siren, NameError> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let is_number = digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let sum: u32 = digits
            .chars()
            .rev()
            .filter_map(|digit| digit.to_digit(10))
            .zip([1, 2].into_iter().cycle())
            .map(|(digit, weight)| digit * weight / 10 + digit * weight % 10)
            .sum();
        let number = digits.parse().ok().filter(|number| *number > 0);
        number
            .filter(|_| is_number && sum.is_multiple_of(10))
            .map(Siren)
            .ok_or(NameError::Siren)
    }
}

impl fmt::Display for Siren {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

/// The name of a file of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileName {
    /// Whose.
    pub siren: Siren,
    /// The last day of the year.
    pub closing: Date,
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}FEC{}", self.siren, self.closing.strftime("%Y%m%d"))
    }
}

impl FromStr for FileName {
    type Err = NameError;

    /// Reads a name with or without `.txt`, and with `_1`, `_2` … when a file was split (XIII).
    fn from_str(text: &str) -> Result<FileName, NameError> {
        let name = text.strip_suffix(".txt").unwrap_or(text);
        let (name, part) = name.split_once('_').unwrap_or((name, "1"));
        let (siren, closing) = name.split_once("FEC").ok_or(NameError::Form)?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) || siren.len() != 9 {
            return Err(NameError::Form);
        }
        let siren = Siren::parse(siren)?;
        let closing = day(closing).ok_or(NameError::Form)?;
        Ok(FileName { siren, closing })
    }
}

/// Reads a day in eight digits (XII 4°).
pub(super) fn day(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
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
    fn a_file_is_named_after_firm_and_day() {
        let name = FileName {
            siren: Siren::parse("732 829 320").unwrap(),
            closing: date(2026, 12, 31),
        };
        assert_eq!(name.to_string(), "732829320FEC20261231");
        for text in [
            "732829320FEC20261231",
            "732829320FEC20261231.txt",
            "732829320FEC20261231_2.txt",
        ] {
            assert_eq!(text.parse(), Ok(name), "{text}");
        }
        for text in [
            "",
            "732829320FEC20261331",
            "732829320FEC2026-12-31",
            "732829320fec20261231",
            "732829320FEC20261231_x",
            "732 829 320FEC20261231",
            "FEC20261231",
        ] {
            assert_eq!(text.parse::<FileName>(), Err(NameError::Form), "{text}");
        }
        for text in ["732829321", "73282932", "000000000", "73282932é", ""] {
            assert_eq!(Siren::parse(text), Err(NameError::Siren), "{text}");
        }
    }
}
