//! The two languages of the shop and how each writes money, numbers and dates (T1).
//!
//! Sentences are the web crate's; here are only forms that also appear in mail, files and the vault.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::money::Money;

/// Narrow no-break space: French thousands, and before `; ! ?`.
const NARROW_NO_BREAK_SPACE: char = '\u{202f}';
/// No-break space: before `€`, `%` and `:`, inside « ».
const NO_BREAK_SPACE: char = '\u{a0}';

/// The language of a page, a mail, a card form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// French as in France.
    #[default]
    Fr,
    /// English as in Great Britain.
    En,
}

impl Locale {
    /// Both, the shop's own language first.
    pub const ALL: [Locale; 2] = [Locale::Fr, Locale::En];

    /// `fr` or `en`: first part of an address, `lang` attribute.
    pub const fn code(self) -> &'static str {
        match self {
            Locale::Fr => "fr",
            Locale::En => "en",
        }
    }

    /// The locale with that [`code`](Locale::code).
    pub fn parse(code: &str) -> Option<Locale> {
        Locale::ALL.into_iter().find(|locale| locale.code() == code)
    }
}

/// `1 234,50 €` in French (U+202F between thousands, U+00A0 before the sign), `€1,234.50` in English.
pub fn format_money(amount: Money, locale: Locale) -> String {
    let cents = amount.as_cents().unsigned_abs();
    let sign = if amount.is_negative() { "-" } else { "" };
    let (units, decimals) = (group(cents / 100, locale), cents % 100);
    match locale {
        Locale::Fr => format!("{sign}{units},{decimals:02}{NO_BREAK_SPACE}€"),
        Locale::En => format!("{sign}€{units}.{decimals:02}"),
    }
}

/// `150 000` in French (U+202F), `150,000` in English.
pub fn format_number(number: i64, locale: Locale) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", group(number.unsigned_abs(), locale))
}

/// A share in hundredths of a percent: 550 is `5,5 %` in French (U+00A0), `5.5%` in English.
pub fn format_percent(basis_points: u32, locale: Locale) -> String {
    let (units, decimals) = (
        group(u64::from(basis_points / 100), locale),
        basis_points % 100,
    );
    let decimals = match (decimals, decimals % 10) {
        (0, _) => String::new(),
        (_, 0) => format!("{}", decimals / 10),
        _ => format!("{decimals:02}"),
    };
    let mark = match (decimals.is_empty(), locale) {
        (true, _) => "",
        (false, Locale::Fr) => ",",
        (false, Locale::En) => ".",
    };
    match locale {
        Locale::Fr => format!("{units}{mark}{decimals}{NO_BREAK_SPACE}%"),
        Locale::En => format!("{units}{mark}{decimals}%"),
    }
}

/// `1er mars 2026` in French, `1 March 2026` in English.
pub fn format_date(date: Date, locale: Locale) -> String {
    let month = month_name(date.month(), locale);
    let ordinal = if locale == Locale::Fr && date.day() == 1 {
        "er"
    } else {
        ""
    };
    format!("{}{ordinal} {month} {}", date.day(), date.year())
}

/// The hour in Paris: `1er mars 2026 à 14:05` in French, `1 March 2026, 14:05` in English.
pub fn format_time(at: Timestamp, locale: Locale) -> String {
    let there = at.in_paris();
    let date = format_date(there.date(), locale);
    let hour = format!("{:02}:{:02}", there.hour(), there.minute());
    match locale {
        Locale::Fr => format!("{date} à {hour}"),
        Locale::En => format!("{date}, {hour}"),
    }
}

/// The name of month 1 to 12, as within a date.
pub fn month_name(month: i8, locale: Locale) -> &'static str {
    let names = match locale {
        Locale::Fr => &FRENCH_MONTHS,
        Locale::En => &ENGLISH_MONTHS,
    };
    usize::try_from(month)
        .ok()
        .and_then(|month| names.get(month.checked_sub(1)?).copied())
        .unwrap_or_default()
}

const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Groups thousands the locale's way.
fn group(number: u64, locale: Locale) -> String {
    let separator = match locale {
        Locale::Fr => NARROW_NO_BREAK_SPACE,
        Locale::En => ',',
    };
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * separator.len_utf8());
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
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
    fn t1_money() {
        for (cents, fr, en) in [
            (123_450, "1\u{202f}234,50\u{a0}€", "€1,234.50"),
            (1250, "12,50\u{a0}€", "€12.50"),
            (1, "0,01\u{a0}€", "€0.01"),
            (-300, "-3,00\u{a0}€", "-€3.00"),
            (
                10_000_000_000,
                "100\u{202f}000\u{202f}000,00\u{a0}€",
                "€100,000,000.00",
            ),
        ] {
            assert_eq!(format_money(Money::cents(cents), Locale::Fr), fr);
            assert_eq!(format_money(Money::cents(cents), Locale::En), en);
        }
    }

    #[test]
    fn t1_numbers_and_shares() {
        assert_eq!(format_number(150_000, Locale::Fr), "150\u{202f}000");
        assert_eq!(format_number(-1_500, Locale::En), "-1,500");
        assert_eq!(format_number(999, Locale::Fr), "999");
        for (points, fr, en) in [
            (550, "5,5\u{a0}%", "5.5%"),
            (2000, "20\u{a0}%", "20%"),
            (1925, "19,25\u{a0}%", "19.25%"),
            (5, "0,05\u{a0}%", "0.05%"),
        ] {
            assert_eq!(
                (
                    format_percent(points, Locale::Fr).as_str(),
                    format_percent(points, Locale::En).as_str()
                ),
                (fr, en)
            );
        }
    }

    #[test]
    fn t1_dates() {
        assert_eq!(format_date(date(2026, 3, 1), Locale::Fr), "1er mars 2026");
        assert_eq!(format_date(date(2026, 8, 12), Locale::Fr), "12 août 2026");
        assert_eq!(format_date(date(2026, 3, 1), Locale::En), "1 March 2026");
        let instant = Timestamp(1_774_000_000_000_000);
        assert_eq!(format_time(instant, Locale::Fr), "20 mars 2026 à 10:46");
        assert_eq!(format_time(instant, Locale::En), "20 March 2026, 10:46");
    }
}
