//! The shop's own subjects: the two dozen shelves a reader browses, and how a book's codes lead to one.
//!
//! Publishers send Thema, BISAC or library classes, often only keywords; readers want shelves. The first code the
//! shop knows decides; keywords only when there is none. Codes are matched by prefix, the longest wins. This is
//! not a classification of knowledge and does not try to keep a book on several shelves.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use trade::locale::Locale;

use crate::model::{Subject, SubjectScheme};
use crate::subject::rules::{BISAC, KEYWORDS, LCC, SHELVES, THEMA};
use crate::text;
use crate::thema::Thema;

mod mapped;
mod rules;

/// One of the shop's shelves. Ordered as the shop shows them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShopSubject(u8);

impl ShopSubject {
    /// Every shelf, in the order the shop shows them.
    pub fn all() -> impl ExactSizeIterator<Item = ShopSubject> {
        (0..SHELVES.len()).map(|place| ShopSubject(u8::try_from(place).unwrap_or(u8::MAX)))
    }

    /// The shelf with that slug.
    pub fn from_slug(slug: &str) -> Option<ShopSubject> {
        ShopSubject::all().find(|subject| subject.slug() == slug)
    }

    /// Its name in addresses, the same in both languages: `crime-thrillers`.
    pub fn slug(self) -> &'static str {
        self.shelf().0
    }

    /// Its name for a reader.
    pub fn heading(self, locale: Locale) -> &'static str {
        let (_, french, english) = self.shelf();
        match locale {
            Locale::Fr => french,
            Locale::En => english,
        }
    }

    fn shelf(self) -> (&'static str, &'static str, &'static str) {
        SHELVES
            .get(usize::from(self.0))
            .copied()
            .unwrap_or(("", "", ""))
    }
}

impl fmt::Debug for ShopSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShopSubject({})", self.slug())
    }
}

impl Serialize for ShopSubject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

impl<'de> Deserialize<'de> for ShopSubject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?;
        ShopSubject::from_slug(&slug)
            .ok_or_else(|| serde::de::Error::custom(format!("no shop subject {slug:?}")))
    }
}

/// What a book is about, in Thema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topics {
    /// As its senders say.
    Sent(Vec<Thema>),
    /// No sender says it in Thema: read from the codes of other schemes, so broader, and nobody's word but the shop's.
    Derived(Vec<Thema>),
}

impl Topics {
    /// What these subjects say. A book that bears one Thema code is not given others.
    pub fn of(subjects: &[Subject]) -> Topics {
        let coded = |read: fn(SubjectScheme, &str) -> Option<Thema>| {
            let codes = subjects
                .iter()
                .filter_map(move |subject| read(subject.scheme, subject.code.as_deref()?));
            let mut themas = Vec::new();
            for thema in codes {
                if !themas.contains(&thema) {
                    themas.push(thema);
                }
            }
            themas
        };
        let sent =
            coded(|scheme, code| (scheme == SubjectScheme::Thema).then(|| Thema::parse(code))?);
        if sent.is_empty() {
            Topics::Derived(coded(mapped::thema))
        } else {
            Topics::Sent(sent)
        }
    }

    /// The subjects, wherever they come from.
    pub fn themas(&self) -> &[Thema] {
        match self {
            Topics::Sent(themas) | Topics::Derived(themas) => themas,
        }
    }
}

/// The shelf for a book with these subjects, if any of them leads to one.
pub fn of(subjects: &[Subject]) -> Option<ShopSubject> {
    [
        SubjectScheme::Thema,
        SubjectScheme::Bisac,
        SubjectScheme::Clil,
        SubjectScheme::Lcc,
        SubjectScheme::Dewey,
    ]
    .into_iter()
    .find_map(|scheme| {
        subjects
            .iter()
            .filter(|subject| subject.scheme == scheme)
            .find_map(|subject| of_code(scheme, subject.code.as_deref()?))
    })
    .filter(|shelf| !is_vague(*shelf))
    .or_else(|| of_keywords(subjects))
    .or_else(|| {
        subjects
            .iter()
            .find_map(|subject| of_code(subject.scheme, subject.code.as_deref()?))
    })
}

/// A library class says only "literature" where keywords often say which kind.
fn is_vague(shelf: ShopSubject) -> bool {
    shelf.slug() == "literature"
}

/// The shelf of the longest known prefix of `code`.
fn of_code(scheme: SubjectScheme, code: &str) -> Option<ShopSubject> {
    let rules = match scheme {
        SubjectScheme::Thema => THEMA,
        SubjectScheme::Bisac => BISAC,
        SubjectScheme::Lcc => LCC,
        SubjectScheme::Clil | SubjectScheme::Dewey => {
            return of_code(SubjectScheme::Thema, mapped::thema(scheme, code)?.code());
        }
        SubjectScheme::Keyword => return None,
    };
    let code = code.trim().to_ascii_uppercase();
    rules
        .iter()
        .filter(|(prefix, _)| code.starts_with(prefix))
        .max_by_key(|(prefix, _)| prefix.len())
        .and_then(|(_, slug)| ShopSubject::from_slug(slug))
}

/// A phrase that leads to a shelf, with its rank in [`KEYWORDS`]: the lowest rank met decides.
struct Phrase {
    rank: usize,
    rest: Vec<&'static str>,
    shelf: ShopSubject,
}

/// Phrases by their first word, so that a heading costs one look-up per word.
static PHRASES: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<_, Vec<Phrase>> = HashMap::new();
    for (rank, (phrase, slug)) in KEYWORDS.iter().enumerate() {
        let mut words = phrase.split(' ');
        let (Some(first), Some(shelf)) = (words.next(), ShopSubject::from_slug(slug)) else {
            continue;
        };
        phrases.entry(first).or_default().push(Phrase {
            rank,
            rest: words.collect(),
            shelf,
        });
    }
    phrases
});

fn of_keywords(subjects: &[Subject]) -> Option<ShopSubject> {
    subjects
        .iter()
        .filter_map(|subject| best_phrase(&subject.heading))
        .min_by_key(|phrase| phrase.rank)
        .map(|phrase| phrase.shelf)
}

fn best_phrase(heading: &str) -> Option<&'static Phrase> {
    let folded = text::fold(heading);
    let words: Vec<&str> = text::words(&folded).map(singular).collect();
    let mut tails = std::iter::successors(Some(words.as_slice()), |tail| {
        tail.split_first().map(|(_, rest)| rest)
    });
    let mut best: Option<&'static Phrase> = None;
    while let Some([first, rest @ ..]) = tails.next() {
        for phrase in PHRASES.get(*first).map(Vec::as_slice).unwrap_or_default() {
            if begins_with(rest, &phrase.rest) && best.is_none_or(|held| phrase.rank < held.rank) {
                best = Some(phrase);
            }
        }
    }
    best
}

fn begins_with(words: &[&str], phrase: &[&str]) -> bool {
    words
        .get(..phrase.len())
        .is_some_and(|beginning| beginning == phrase)
}

/// English and French plurals in -s, for matching only.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem,
        _ => word,
    }
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

    fn coded(scheme: SubjectScheme, code: &str) -> Subject {
        Subject {
            scheme,
            code: Some(code.to_owned()),
            heading: String::new(),
        }
    }

    fn keyword(heading: &str) -> Subject {
        Subject {
            scheme: SubjectScheme::Keyword,
            code: None,
            heading: heading.to_owned(),
        }
    }

    fn slug(subjects: &[Subject]) -> &'static str {
        of(subjects).map_or("none", ShopSubject::slug)
    }

    #[test]
    fn every_rule_names_a_shelf_and_is_written_as_it_is_matched() {
        for (_, slug) in THEMA.iter().chain(BISAC).chain(LCC).chain(KEYWORDS) {
            assert!(ShopSubject::from_slug(slug).is_some(), "{slug}");
        }
        for (phrase, _) in KEYWORDS {
            let folded = text::fold(phrase);
            let matched: Vec<&str> = text::words(&folded).map(singular).collect();
            assert_eq!(matched.join(" "), *phrase);
        }
    }

    #[test]
    fn codes_decide_by_their_longest_prefix() {
        for (scheme, code, shelf) in [
            (SubjectScheme::Thema, "FBA", "literature"),
            (SubjectScheme::Thema, "FFL", "crime-thrillers"),
            (SubjectScheme::Thema, "DNBF1", "biography"),
            (SubjectScheme::Thema, "DNL", "essays"),
            (SubjectScheme::Thema, "YFB", "children"),
            (SubjectScheme::Thema, "JMC", "psychology-wellbeing"),
            (SubjectScheme::Thema, "WTL", "travel"),
            (SubjectScheme::Bisac, "FIC022040", "crime-thrillers"),
            (SubjectScheme::Bisac, "FIC000000", "literature"),
            (SubjectScheme::Bisac, "CKB000000", "food-drink"),
            (SubjectScheme::Lcc, "QA76", "science"),
            (SubjectScheme::Dewey, "641.5", "food-drink"),
            (SubjectScheme::Clil, "3751", "children"),
        ] {
            assert_eq!(slug(&[coded(scheme, code)]), shelf, "{code}");
        }
    }

    #[test]
    fn keywords_decide_where_no_code_does() {
        assert_eq!(
            slug(&[keyword("Conduct of life -- Juvenile fiction")]),
            "children"
        );
        assert_eq!(
            slug(&[keyword(
                "England -- Social life and customs -- 19th century -- Fiction"
            )]),
            "literature"
        );
        assert_eq!(
            slug(&[keyword("Detective and mystery stories")]),
            "crime-thrillers"
        );
        assert_eq!(slug(&[keyword("Poésie française")]), "poetry");
        assert_eq!(slug(&[keyword("bandes dessinées")]), "comics");
        assert_eq!(
            slug(&[coded(SubjectScheme::Lcc, "PQ"), keyword("Science fiction")]),
            "science-fiction-fantasy"
        );
        assert_eq!(slug(&[coded(SubjectScheme::Lcc, "PQ")]), "literature");
        assert_eq!(slug(&[keyword("zzz")]), "none");
    }

    #[test]
    fn a_senders_own_thema_goes_before_what_is_derived() {
        let code = |topics: &Topics| -> Vec<&str> {
            topics.themas().iter().map(|thema| thema.code()).collect()
        };
        let dewey = coded(SubjectScheme::Dewey, "843.912");
        let lcc = coded(SubjectScheme::Lcc, "PQ2637");
        let derived = Topics::of(&[dewey.clone(), dewey.clone(), lcc, keyword("Roman")]);
        assert!(matches!(&derived, Topics::Derived(_)), "{derived:?}");
        assert_eq!(code(&derived), ["F", "D"]);
        let sent = Topics::of(&[dewey, coded(SubjectScheme::Thema, "FBA")]);
        assert!(matches!(&sent, Topics::Sent(_)), "{sent:?}");
        assert_eq!(code(&sent), ["FBA"]);
        assert_eq!(Topics::of(&[]).themas(), []);
    }

    #[test]
    fn slugs_and_headings_are_complete_and_distinct() {
        let mut slugs: Vec<_> = ShopSubject::all().map(ShopSubject::slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), SHELVES.len());
        assert!(
            ShopSubject::all()
                .all(|s| !s.heading(Locale::Fr).is_empty() && !s.heading(Locale::En).is_empty())
        );
        let literature = ShopSubject::from_slug("literature").unwrap();
        let json = serde_json::to_string(&literature).unwrap();
        assert_eq!(
            serde_json::from_str::<ShopSubject>(&json).unwrap(),
            literature
        );
    }
}
