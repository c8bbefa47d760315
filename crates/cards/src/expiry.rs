//! The month after which a card is no longer good, as people type it and as ISO 8583 field 14 carries it.

use trade::payment::CardExpiry;

/// No card is issued for longer; a year beyond is a typing error.
const MOST_YEARS_AHEAD: i32 = 20;

/// Why a text is no expiry date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    /// Nothing was typed.
    #[error("no expiry date")]
    Missing,
    /// Not a month and a year.
    #[error("an expiry date is a month and a year, such as 04/29")]
    Malformed,
    /// The month is over.
    #[error("the card has expired")]
    Past,
    /// More than 20 years away.
    #[error("no card is issued for so long")]
    TooFar,
}

/// Reads `04/29`, `4/2029`, `04 / 29`, `04-29` or `0429`, and checks it against the year and month of today: a card
/// is good to the last day of its month.
///
/// # Errors
/// See [`ExpiryError`].
pub fn parse(typed: &str, (this_year, this_month): (i16, i8)) -> Result<CardExpiry, ExpiryError> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if typed.is_empty() {
        return Err(ExpiryError::Missing);
    }
    let (month, year) = match typed.split_once(['/', '-', '.']) {
        Some(parts) => parts,
        None if typed.is_ascii() && matches!(typed.len(), 4 | 6) => typed.split_at(2),
        None => return Err(ExpiryError::Malformed),
    };
    let (month, year) = (number(month, 1..=2)?, number(year, 2..=4)?);
    let year = if year < 100 { 2000 + year } else { year };
    if !(1..=12).contains(&month) || year < 2000 {
        return Err(ExpiryError::Malformed);
    }
    let (now_year, now_month) = (i32::from(this_year), i32::from(this_month));
    if (i32::from(year), i32::from(month)) < (now_year, now_month) {
        return Err(ExpiryError::Past);
    }
    if i32::from(year) > now_year + MOST_YEARS_AHEAD {
        return Err(ExpiryError::TooFar);
    }
    Ok(CardExpiry {
        month: u8::try_from(month).map_err(|_| ExpiryError::Malformed)?,
        year,
    })
}

/// `YYMM`, as ISO 8583 field 14 has it.
#[must_use]
pub fn yymm(expiry: CardExpiry) -> String {
    format!("{:02}{:02}", expiry.year % 100, expiry.month)
}

/// Reads `YYMM`. Only the form is checked: whether the card is still good is the issuer's to say.
#[must_use]
pub fn from_yymm(text: &str) -> Option<CardExpiry> {
    let (year, month) = text.split_at_checked(2)?;
    let (year, month) = (number(year, 2..=2).ok()?, number(month, 2..=2).ok()?);
    let month = u8::try_from(month)
        .ok()
        .filter(|month| (1..=12).contains(month))?;
    Some(CardExpiry {
        month,
        year: 2000 + year,
    })
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Result<u16, ExpiryError> {
    if !digits.contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ExpiryError::Malformed);
    }
    text.parse().map_err(|_| ExpiryError::Malformed)
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

    const TODAY: (i16, i8) = (2026, 11);

    #[test]
    fn dates_are_read_as_people_type_them() {
        let april = CardExpiry {
            month: 4,
            year: 2029,
        };
        for typed in [
            "04/29", "4/29", "04 / 29", "04-29", "04/2029", "0429", "042029", " 04.29 ",
        ] {
            assert_eq!(parse(typed, TODAY), Ok(april), "{typed}");
        }
        assert_eq!(yymm(april), "2904");
        assert_eq!(from_yymm("2904"), Some(april));
        assert_eq!(from_yymm("2913"), None);
        assert_eq!(from_yymm("é1"), None);
    }

    #[test]
    fn a_card_is_good_to_the_end_of_its_month() {
        assert!(parse("11/26", TODAY).is_ok());
        assert_eq!(parse("10/26", TODAY), Err(ExpiryError::Past));
        assert_eq!(parse("12/25", TODAY), Err(ExpiryError::Past));
        assert!(parse("01/46", TODAY).is_ok());
        assert_eq!(parse("01/47", TODAY), Err(ExpiryError::TooFar));
    }

    #[test]
    fn slips_are_named() {
        assert_eq!(parse(" ", TODAY), Err(ExpiryError::Missing));
        for typed in [
            "13/29", "0/29", "29", "04/9", "ab/cd", "04/29/1", "éé/29", "04/1999",
        ] {
            assert_eq!(parse(typed, TODAY), Err(ExpiryError::Malformed), "{typed}");
        }
    }
}
