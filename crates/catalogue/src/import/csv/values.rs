//! Values as people write them in cells: dates, prices, rates, availability, bindings, languages.

use jiff::civil::Date;

use crate::import::isbd::{without_brackets, year};
use crate::import::marc::binding;
use crate::model::{Availability, Form, Language, Locale, Money, PublicationDate};
use crate::text;

/// Whether the day or the month stands first in `03/04/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum DateOrder {
    /// As in Europe.
    #[default]
    DayFirst,
    /// As in the United States.
    MonthFirst,
}

/// Whether a cell stands for nothing.
pub(super) fn is_nothing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty()
        || matches!(cell, "-" | "--" | "—" | "–" | "." | "?" | "0000-00-00")
        || [
            "n/a", "na", "null", "none", "nan", "#n/a", "#ref!", "#valeur!", "néant",
        ]
        .iter()
        .any(|nothing| cell.to_lowercase() == *nothing)
}

/// The order in which these dates can be read, when they tell.
pub(super) fn date_order<'c>(cells: impl Iterator<Item = &'c str>) -> DateOrder {
    let (mut day_first, mut month_first) = (0_u32, 0_u32);
    for cell in cells {
        let mut numbers = cell
            .split(['/', '.', '-'])
            .map(|part| part.trim().parse::<u32>().unwrap_or(0));
        let (first, second) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        day_first += u32::from((13..=31).contains(&first) && (1..=12).contains(&second));
        month_first += u32::from((13..=31).contains(&second) && (1..=12).contains(&first));
    }
    if month_first > day_first {
        DateOrder::MonthFirst
    } else {
        DateOrder::DayFirst
    }
}

/// A date as precise as it is written: `23/11/2026`, `2026-11-23`, `20261123`, `novembre 2026`, `June 16, 2008`,
/// `2008.0`.
pub(super) fn date(cell: &str, order: DateOrder, today: Date) -> Option<PublicationDate> {
    let cell = cell.trim();
    let cell = cell.strip_suffix(".0").unwrap_or(cell);
    let day = cell
        .split(['T', ' '])
        .next()
        .filter(|_| cell.starts_with(|c: char| c.is_ascii_digit()));
    let numbers: Option<Vec<&str>> = day.map(|day| day.split(['/', '.', '-']).collect());
    let number = |text: &str| text.parse::<i16>().ok();
    match numbers.as_deref() {
        Some([whole]) if whole.len() == 8 => made(
            number(whole.get(..4)?)?,
            number(whole.get(4..6)?),
            number(whole.get(6..)?),
        ),
        Some([year]) if year.len() <= 4 && cell == *year => made(number(year)?, None, None),
        Some([year, month, day]) if year.len() == 4 => {
            made(number(year)?, number(month), number(day))
        }
        Some([year, month]) if year.len() == 4 => made(number(year)?, number(month), None),
        Some([month, year]) if year.len() == 4 => made(number(year)?, number(month), None),
        Some([first, second, year]) => {
            let (day, month) = match order {
                DateOrder::DayFirst => (number(first)?, number(second)?),
                DateOrder::MonthFirst => (number(second)?, number(first)?),
            };
            // The other order, where only that one is a date.
            let (day, month) = if month > 12 {
                (month, day)
            } else {
                (day, month)
            };
            made(full_year(year, today)?, Some(month), Some(day))
        }
        _ => in_words(cell),
    }
}

fn made(year: i16, month: Option<i16>, day: Option<i16>) -> Option<PublicationDate> {
    let month = month.filter(|month| *month != 0);
    let day = day.filter(|day| *day != 0 && month.is_some());
    let part = |part: Option<i16>| i8::try_from(part.unwrap_or(1)).ok();
    let is_year = (1..=2200).contains(&year);
    Date::new(year, part(month)?, part(day)?)
        .ok()
        .filter(|_| is_year)?;
    let small = |part: Option<i16>| part.and_then(|part| u8::try_from(part).ok());
    Some(PublicationDate {
        year,
        month: small(month),
        day: small(day),
    })
}

/// `06` is 2006, and `84` is 1984: the latest year that is not more than five years ahead.
fn full_year(year: &str, today: Date) -> Option<i16> {
    let number: i16 = year.parse().ok()?;
    if year.len() != 2 {
        return Some(number);
    }
    let century = today.year() / 100 * 100;
    let near = century + number;
    Some(if near > today.year() + 5 {
        near - 100
    } else {
        near
    })
}

/// `16 juin 2008`, `June 16, 2008`, `January 1992`.
fn in_words(cell: &str) -> Option<PublicationDate> {
    let folded = text::fold(cell);
    let words: Vec<&str> = text::words(&folded).collect();
    let month = words.iter().find_map(|word| {
        let begins = |names: &&[&str; 2]| {
            names
                .iter()
                .any(|name| word.len() >= 3 && name.starts_with(word))
        };
        MONTHS.iter().position(|names| begins(&names))
    })?;
    let numbers = || {
        words
            .iter()
            .filter_map(|word| word.trim_end_matches("er").parse::<i16>().ok())
    };
    let year = numbers().find(|number| *number > 31)?;
    let day = numbers().find(|number| (1..=31).contains(number));
    let month = i16::try_from(month + 1).ok();
    made(year, month, day)
}

const MONTHS: [[&str; 2]; 12] = [
    ["janvier", "january"],
    ["fevrier", "february"],
    ["mars", "march"],
    ["avril", "april"],
    ["mai", "may"],
    ["juin", "june"],
    ["juillet", "july"],
    ["aout", "august"],
    ["septembre", "september"],
    ["octobre", "october"],
    ["novembre", "november"],
    ["decembre", "december"],
];

/// `Paris : Delcourt, impr. 2014` as publisher and year; none when it is not written so.
pub(super) fn imprint(text: &str) -> Option<(String, Option<i16>)> {
    let (place, rest) = text.split_once(':')?;
    // The publisher 10:18 is no place.
    if !place.ends_with(' ') && !rest.starts_with(' ') {
        return None;
    }
    // What stands before the date, which may be followed by a second place.
    let dated = rest.match_indices(',').find_map(|(comma, _)| {
        let date = rest.get(comma + 1..)?.split(',').next()?;
        Some((rest.get(..comma)?, year(date)?))
    });
    let (publisher, year) = match dated {
        Some((publisher, year)) => (publisher, Some(year)),
        None if place.ends_with(' ') && rest.starts_with(' ') => (rest, None),
        None => return None,
    };
    // Of several publishers the first.
    let publisher = publisher.split(" : ").next().unwrap_or(publisher);
    let publisher = without_brackets(publisher);
    (!publisher.is_empty()).then_some((publisher, year))
}

/// What a price's cell says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Amount {
    Euro(Money),
    OtherCurrency,
    None,
}

/// `12,50 €`, `12.50`, `EUR 12,5`, `12,500`.
pub(super) fn amount(cell: &str) -> Amount {
    let upper = cell.trim().to_uppercase();
    let other = ["$", "£", "CHF", "USD", "GBP", "CAD", "FRF"];
    if other.iter().any(|sign| upper.contains(sign)) {
        return Amount::OtherCurrency;
    }
    let number = ["EUROS", "EURO", "EUR", "€", "TTC", "HT"]
        .iter()
        .fold(upper, |number, unit| number.replace(unit, ""));
    let number = number.trim();
    // Noughts behind the cents are no third decimal.
    let (units, decimals) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let decimals = match decimals.len() {
        0..=2 => decimals,
        _ => decimals.trim_end_matches('0'),
    };
    let number = match decimals.is_empty() {
        true => units.to_owned(),
        false => format!("{units}.{decimals}"),
    };
    Money::parse_decimal(&number)
        .filter(|amount| *amount > Money::ZERO)
        .map_or(Amount::None, Amount::Euro)
}

/// `5,5`, `5.5 %`, `0.055` as hundredths of a per cent.
pub(super) fn rate(cell: &str) -> Option<i64> {
    let number = cell.trim().trim_end_matches('%').trim().replace(',', ".");
    let rate: f64 = number.parse().ok()?;
    let percent = if rate > 0.0 && rate < 1.0 {
        rate * 100.0
    } else {
        rate
    };
    // Not a number and what is too large become none.
    (0.0..=100.0)
        .contains(&percent)
        .then_some((percent * 100.0).round() as i64)
}

/// Words for availability, or a code of ONIX list 65.
pub(super) fn availability(cell: &str) -> Option<Availability> {
    if let Some(known) = Availability::from_onix65(cell.trim()) {
        return Some(known);
    }
    let folded = text::fold(cell);
    let words = text::words(&folded).collect::<Vec<_>>().join(" ");
    AVAILABILITIES
        .iter()
        .find(|(_, said)| said.iter().any(|said| words.contains(said)))
        .map(|(availability, _)| *availability)
        .or(match words.as_str() {
            "oui" | "yes" | "true" | "vrai" | "o" | "y" => Some(Availability::InStock),
            "non" | "no" | "false" | "faux" | "n" => Some(Availability::TemporarilyOut),
            _ => None,
        })
}

/// Those whose words hold another's words stand first: *non disponible* before *disponible*.
const AVAILABILITIES: &[(Availability, &[&str])] = &[
    (
        Availability::TemporarilyOut,
        &[
            "reimpression",
            "rupture",
            "provisoire",
            "temporaire",
            "manque",
            "out of stock",
            "reprint",
            "temporar",
        ],
    ),
    (
        Availability::Unavailable,
        &[
            "epuise",
            "arret",
            "indisponible",
            "non disponible",
            "unavailable",
            "not available",
            "out of print",
            "supprime",
        ],
    ),
    (
        Availability::Forthcoming,
        &[
            "a paraitre",
            "forthcoming",
            "not yet",
            "precommande",
            "pre order",
            "preorder",
            "bientot",
        ],
    ),
    (
        Availability::PrintOnDemand,
        &["a la demande", "on demand", "pod"],
    ),
    (
        Availability::ToOrder {
            days: trade::availability::USUAL_ORDER_DAYS,
        },
        &["commande", "to order", "sous"],
    ),
    (
        Availability::InStock,
        &["disponible", "en stock", "in stock", "available", "dispo"],
    ),
];

/// A binding by a word for it.
pub(super) fn form(cell: &str) -> Option<Form> {
    let folded = text::fold(cell);
    text::words(&folded).find_map(binding)
}

/// Codes that say that there is no one language.
pub(super) fn is_no_language(code: &str) -> bool {
    matches!(code, "und" | "mul" | "zxx")
}

/// A language by its code, or its name in French or English.
pub(super) fn language(cell: &str) -> Option<Language> {
    let first = cell.split(['/', ',', ';']).next().unwrap_or(cell).trim();
    if is_no_language(first) {
        return None;
    }
    let folded = text::fold(first);
    let named = || {
        NAMED
            .iter()
            .filter_map(|code| Language::parse(code).ok())
            .find(|language| {
                Locale::ALL
                    .iter()
                    .any(|locale| text::fold(&language.name(*locale)) == folded)
            })
    };
    named().or_else(|| Language::parse(first).ok())
}

/// The languages whose names are looked for.
const NAMED: [&str; 22] = [
    "fre", "eng", "ger", "spa", "ita", "por", "dut", "rus", "pol", "jpn", "chi", "ara", "lat",
    "grc", "gre", "swe", "dan", "nor", "tur", "cat", "bre", "oci",
];

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 23);

    #[test]
    fn dates_are_read_as_people_write_them() {
        use DateOrder::{DayFirst, MonthFirst};
        let made = |year, month, day| Some(PublicationDate { year, month, day });
        for (cell, order, read) in [
            ("23/11/2026", DayFirst, made(2026, Some(11), Some(23))),
            ("23.11.26", DayFirst, made(2026, Some(11), Some(23))),
            ("9/16/06", MonthFirst, made(2006, Some(9), Some(16))),
            ("9/16/06", DayFirst, made(2006, Some(9), Some(16))),
            ("3/4/84", DayFirst, made(1984, Some(4), Some(3))),
            (
                "2026-11-23T10:00:00",
                DayFirst,
                made(2026, Some(11), Some(23)),
            ),
            ("2026-11", DayFirst, made(2026, Some(11), None)),
            ("11/2026", DayFirst, made(2026, Some(11), None)),
            ("20261123", DayFirst, made(2026, Some(11), Some(23))),
            ("2008.0", DayFirst, made(2008, None, None)),
            ("1er juin 2008", DayFirst, made(2008, Some(6), Some(1))),
            ("July 18, 2000", DayFirst, made(2000, Some(7), Some(18))),
            ("January 1992", DayFirst, made(1992, Some(1), None)),
            ("févr. 1992", DayFirst, made(1992, Some(2), None)),
            ("c1999", DayFirst, None),
            ("30/02/2026", DayFirst, None),
            ("11/31/2000", MonthFirst, None),
            ("-750.0", DayFirst, None),
            ("bientôt", DayFirst, None),
        ] {
            assert_eq!(date(cell, order, TODAY), read, "{cell}");
        }
        assert_eq!(date_order(["9/16/06", "11/1/03"].into_iter()), MonthFirst);
        assert_eq!(date_order(["1/2/03", "2008"].into_iter()), DayFirst);
    }

    #[test]
    fn imprints_are_taken_apart() {
        let read = |text| imprint(text).map(|(publisher, year)| (publisher, year.unwrap_or(0)));
        for (sent, publisher, year) in [
            ("Paris : Delcourt, 2014", "Delcourt", 2014),
            ("Toulouse  : Ed. Milan, 1989-", "Ed. Milan", 1989),
            ("[Paris] : Éd. du Cercle, DL 2010", "Éd. du Cercle", 2010),
            ("Nanterre: Fleurus Presse, 2010", "Fleurus Presse", 2010),
            ("Paris : Marie Claire", "Marie Claire", 0),
            ("Paris : Biba, 1980-, Paris", "Biba", 1980),
            (
                "London : Simpkin, Marshall, 1922",
                "Simpkin, Marshall",
                1922,
            ),
        ] {
            assert_eq!(read(sent), Some((publisher.to_owned(), year)), "{sent}");
        }
        assert_eq!(read("Delcourt"), None);
        assert_eq!(read("10:18, 2004"), None);
    }

    #[test]
    fn prices_and_rates_are_read_as_people_write_them() {
        for (cell, cents) in [
            ("12,50 €", 1250),
            ("12.50", 1250),
            ("EUR 12,5", 1250),
            ("12,500", 1250),
            ("1\u{202f}234,50\u{a0}€ TTC", 123_450),
            ("9", 900),
        ] {
            assert_eq!(amount(cell), Amount::Euro(Money::cents(cents)), "{cell}");
        }
        assert_eq!(amount("$12.50"), Amount::OtherCurrency);
        for cell in ["", "0", "0,00 €", "gratuit", "12,505", "-3"] {
            assert_eq!(amount(cell), Amount::None, "{cell}");
        }
        for (cell, points) in [
            ("5,5", Some(550)),
            ("5.5 %", Some(550)),
            ("0.055", Some(550)),
            ("20", Some(2000)),
            ("0", Some(0)),
            ("NaN", None),
            ("x", None),
        ] {
            assert_eq!(rate(cell), points, "{cell}");
        }
    }

    #[test]
    fn o14_availability_is_read_from_words_and_codes() {
        for (cell, read) in [
            ("Disponible", Some(Availability::InStock)),
            ("Non disponible", Some(Availability::Unavailable)),
            ("En réimpression", Some(Availability::TemporarilyOut)),
            ("À paraître", Some(Availability::Forthcoming)),
            ("Épuisé", Some(Availability::Unavailable)),
            ("impression à la demande", Some(Availability::PrintOnDemand)),
            ("20", Some(Availability::InStock)),
            ("oui", Some(Availability::InStock)),
            ("?!", None),
        ] {
            assert_eq!(availability(cell), read, "{cell}");
        }
        assert_eq!(form("Broché"), Some(Form::Paperback));
        assert_eq!(form("Livre de poche"), Some(Form::Pocket));
        for (cell, code) in [
            ("Français", "fre"),
            ("English", "eng"),
            ("en-US", "eng"),
            ("ger", "ger"),
        ] {
            assert_eq!(language(cell).unwrap().code(), code);
        }
        assert_eq!(language("inconnue"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_cell_makes_them_panic(cell in "\\PC{0,20}|[0-9/.,:eE€% -]{0,20}") {
            let _ = (date(&cell, DateOrder::DayFirst, TODAY), date(&cell, DateOrder::MonthFirst, TODAY));
            let _ = (amount(&cell), rate(&cell), availability(&cell), form(&cell), language(&cell));
        }
    }
}
