//! Whether a French postcode and a town belong together.
//!
//! The list is of communes and their postcodes; what is in no list (Monaco, CEDEX, a postcode newer than the list) is
//! not held against anybody. Streets are not looked at.

use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::condition::distance;

/// Postcodes and their towns; licence and source are in its first lines.
const LIST: &str = include_str!("../data/places.tsv");

/// The lines of the list, in the order of their postcodes.
static TOWNS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).collect()
});

/// Whether postcode and town belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The town, or nearly its name, has that postcode.
    Agrees,
    /// The postcode exists, the town is another one.
    Differs,
    /// The postcode is in no list.
    Unknown,
}

impl Place {
    /// The value of the fact `place`.
    pub const fn code(self) -> &'static str {
        match self {
            Place::Agrees => "agrees",
            Place::Differs => "differs",
            Place::Unknown => "unknown",
        }
    }
}

/// Looks a postcode (five digits) and a town up, however the town is written.
pub fn look_up(postcode: &str, town: &str) -> Place {
    let place = TOWNS.binary_search_by_key(&postcode, |(postcode, _)| postcode);
    let Some((_, towns)) = place.ok().and_then(|place| TOWNS.get(place)) else {
        return Place::Unknown;
    };
    let town = folded(town);
    match towns.split('|').any(|known| alike(&folded(known), &town)) {
        true => Place::Agrees,
        false => Place::Differs,
    }
}

/// The same, one with more said of it than the other ("Aix en Provence" and "Aix"), or a slip of the pen.
fn alike(known: &str, typed: &str) -> bool {
    let begins = |long: &str, short: &str| {
        short.len() >= 3
            && long
                .strip_prefix(short)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    begins(known, typed) || begins(typed, known) || distance(known, typed) <= known.len() / 5
}

/// Small letters without accents; no articles, numbers or CEDEX; saint as `st`.
fn folded(town: &str) -> String {
    let plain: String = town
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let plain = plain.replace('œ', "oe").replace('æ', "ae");
    let words = plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()))
        .filter(|word| {
            !matches!(
                *word,
                "cedex" | "arrondissement" | "le" | "la" | "les" | "l"
            )
        });
    let words = words.map(|word| match word {
        "saint" => "st",
        "sainte" => "ste",
        "s" => "sur",
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towns_are_found_however_they_are_written() {
        for (postcode, town) in [
            ("75005", "Paris"),
            ("75005", "PARIS 05"),
            ("75005", "Paris 5e"),
            ("69003", "lyon"),
            ("13100", "Aix en Provence"),
            ("13100", "Aix"),
            ("42000", "St Etienne"),
            ("42000", "Saint-Étienne"),
            ("44000", "Nantes Cedex"),
            ("59000", "Lile"),
            ("85100", "Les Sables-d’Olonne"),
            ("76600", "Le Havre"),
        ] {
            assert_eq!(look_up(postcode, town), Place::Agrees, "{postcode} {town}");
        }
    }

    #[test]
    fn another_town_differs_and_an_unlisted_postcode_is_unknown() {
        for (postcode, town) in [
            ("75005", "Lyon"),
            ("13100", "Marseille"),
            ("59000", "Paris"),
        ] {
            assert_eq!(look_up(postcode, town), Place::Differs, "{postcode} {town}");
        }
        for (postcode, town) in [("98000", "Monaco"), ("75505", "Paris Cedex 15"), ("", "")] {
            assert_eq!(look_up(postcode, town), Place::Unknown, "{postcode} {town}");
        }
    }

    #[test]
    fn every_town_of_the_list_agrees_with_its_postcode() {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        let mut counted = 0;
        for line in lines {
            let (postcode, names) = line.split_once('\t').unwrap_or((line, ""));
            for name in names.split('|') {
                assert_eq!(look_up(postcode, name), Place::Agrees, "{line}");
                counted += 1;
            }
        }
        assert!(counted > 35_000, "{counted}");
    }
}
