//! Codes of other schemes read as Thema: broad, but right. Where a class says less than Thema's, the nearest wider
//! Thema subject is taken; where it says nothing that Thema knows (periodicals), none.
//!
//! The tables were made from the meaning of the classes (their first lines say so); they are not the mappings that
//! BISG, OCLC or the CLIL license.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::SubjectScheme;
use crate::thema::Thema;

/// Scheme, the table from its codes or their beginnings, whether codes are compared whole.
const TABLES: [(SubjectScheme, &str, bool); 4] = [
    (
        SubjectScheme::Bisac,
        include_str!("../../data/thema_from_bisac.tsv"),
        false,
    ),
    (
        SubjectScheme::Clil,
        include_str!("../../data/thema_from_clil.tsv"),
        true,
    ),
    (
        SubjectScheme::Dewey,
        include_str!("../../data/thema_from_dewey.tsv"),
        false,
    ),
    (
        SubjectScheme::Lcc,
        include_str!("../../data/thema_from_lcc.tsv"),
        false,
    ),
];

/// Figures that a Dewey class has at least; shorter ones are something else.
const DEWEY_FIGURES: usize = 3;

struct Table {
    thema: HashMap<&'static str, Thema>,
    longest: usize,
    whole: bool,
}

static BY_SCHEME: LazyLock<HashMap<SubjectScheme, Table>> = LazyLock::new(|| {
    let tables = TABLES.into_iter().map(|(scheme, text, whole)| {
        let thema: HashMap<&str, Thema> = rows(text)
            .filter_map(|(code, thema)| Some((code, Thema::parse(thema)?)))
            .collect();
        let longest = thema.keys().map(|code| code.len()).max().unwrap_or(0);
        let table = Table {
            thema,
            longest,
            whole,
        };
        (scheme, table)
    });
    tables.collect()
});

fn rows(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
}

/// The Thema subject of a code of another scheme.
pub(super) fn thema(scheme: SubjectScheme, code: &str) -> Option<Thema> {
    let table = BY_SCHEME.get(&scheme)?;
    let code = written(scheme, code)?;
    if table.whole {
        return table.thema.get(code.as_str()).copied();
    }
    let longest = table.longest.min(code.len());
    (1..=longest)
        .rev()
        .find_map(|end| table.thema.get(code.get(..end)?).copied())
}

/// A code as the tables write it: capitals, and Dewey classes without their point and what follows the figures.
fn written(scheme: SubjectScheme, code: &str) -> Option<String> {
    let code = code.trim();
    if scheme != SubjectScheme::Dewey {
        return Some(code.to_ascii_uppercase());
    }
    let figures: String = code
        .chars()
        .filter(|c| !matches!(c, '.' | '/' | '\''))
        .take_while(char::is_ascii_digit)
        .collect();
    (figures.len() >= DEWEY_FIGURES).then_some(figures)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_names_a_subject_and_every_code_once() {
        for (scheme, text, _) in TABLES {
            assert!(text.starts_with("# "), "{scheme:?} says where it is from");
            let mut codes = HashSet::new();
            for (code, thema) in rows(text) {
                let subject = Thema::parse(thema);
                assert!(subject.is_some(), "{scheme:?} {code} {thema}");
                assert!(!subject.unwrap().is_qualifier(), "{scheme:?} {code}");
                assert!(codes.insert(code), "{scheme:?} {code} twice");
                let as_compared = match scheme {
                    SubjectScheme::Dewey => code.bytes().all(|figure| figure.is_ascii_digit()),
                    _ => code == code.to_ascii_uppercase(),
                };
                assert!(as_compared, "{scheme:?} {code}");
            }
            assert_eq!(codes.len(), BY_SCHEME.get(&scheme).unwrap().thema.len());
        }
    }

    #[test]
    fn the_longest_beginning_counts() {
        for (scheme, code, expected) in [
            (SubjectScheme::Bisac, "FIC022040", Some("FF")),
            (SubjectScheme::Bisac, "fic000000", Some("F")),
            (SubjectScheme::Bisac, "NON000000", None),
            (SubjectScheme::Dewey, "843/.912", Some("F")),
            (SubjectScheme::Dewey, "741.5944", Some("X")),
            (SubjectScheme::Dewey, "294.3", Some("QRF")),
            (SubjectScheme::Dewey, "944.04 MIC", Some("NH")),
            (SubjectScheme::Dewey, "[Fic]", None),
            (SubjectScheme::Dewey, "12", None),
            (SubjectScheme::Lcc, "QA76.73", Some("U")),
            (SubjectScheme::Lcc, "E456", Some("NH")),
            (SubjectScheme::Lcc, "AP", None),
            (SubjectScheme::Clil, "3442", Some("F")),
            (SubjectScheme::Clil, "34421", None),
            (SubjectScheme::Keyword, "F", None),
        ] {
            let found = thema(scheme, code).map(Thema::code);
            assert_eq!(found, expected, "{scheme:?} {code}");
        }
    }
}
