//! Titles, authors, series and subjects that begin with what is being typed.
//!
//! Names stand sorted in memory, so what begins alike stands together; where many begin alike the heaviest of them
//! are known beforehand ([`names`]). What changed since they were sorted lies over them in a small sorted layer.

mod names;
mod subjects;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;

use catalogue::thema::{HeadingLanguage, Thema};
use tantivy::Searcher;
use trade::ids::EditionId;
use trade::limits::QUERY_CHARS;

use self::names::{Names, Pile};
use self::subjects::Subjects;
use crate::aisle::Name;
use crate::analysis::{Forms, fold, is_article, normalize, split};
use crate::document::Label;
use crate::limits::{FRESH_SUGGESTIONS, QUERY_WORDS};
use crate::schema::Fields;

/// Subjects among the suggestions: they have many books each, and would leave no place to anything else.
const SUBJECTS: usize = 2;

/// Something a reader may have begun to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// As printed.
    pub text: String,
    /// What it names.
    pub of: Suggested,
}

/// What a suggestion names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggested {
    /// A book.
    Title(EditionId),
    /// A contributor, as their page's address writes the name.
    Author(Name),
    /// A series, likewise.
    Series(Name),
    /// A subject, and the language of the heading that was found.
    Subject(Thema, HeadingLanguage),
}

/// The kinds of names kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Title,
    Author,
    Series,
}

/// A name found.
#[derive(Debug, Clone, Copy)]
struct Found<'a> {
    weight: u32,
    text: &'a str,
    kind: Kind,
    edition: i64,
}

/// A name of an edition that changed since all were sorted.
#[derive(Debug)]
struct Fresh {
    text: String,
    kind: Kind,
    edition: i64,
    weight: u32,
}

/// All names, sorted, and those changed since they were sorted.
#[derive(Debug, Default)]
pub struct Suggestions {
    names: Names,
    subjects: Subjects,
    fresh: BTreeMap<String, Vec<Fresh>>,
    /// Under which keys a changed edition has names in `fresh`.
    fresh_keys: HashMap<i64, Vec<String>>,
    /// Editions whose titles among `names` are no longer true.
    replaced: HashSet<i64>,
    /// Those of them that changed since names began to be gathered anew.
    meanwhile: HashSet<i64>,
    gathered: bool,
}

/// Names gathered from an index.
#[derive(Debug)]
pub struct Gathered {
    names: Names,
    subjects: Subjects,
}

impl Gathered {
    /// The names of everything in the index; takes seconds for a million titles.
    pub fn of(searcher: &Searcher, fields: &Fields) -> tantivy::Result<Gathered> {
        Ok(Gathered {
            names: Pile::of_index(searcher, fields)?.sorted(),
            subjects: Subjects::gather(searcher, fields)?,
        })
    }
}

impl Suggestions {
    /// Notes that names begin to be gathered anew, from an index that is opened after this.
    pub fn begin_anew(&mut self) {
        self.meanwhile.clear();
    }

    /// Puts names gathered anew in the place of the old ones, under what has changed meanwhile.
    pub fn replace(&mut self, gathered: Gathered) {
        let meanwhile = std::mem::take(&mut self.meanwhile);
        self.fresh_keys
            .retain(|edition, _| meanwhile.contains(edition));
        self.fresh.retain(|_, named| {
            named.retain(|one| meanwhile.contains(&one.edition));
            !named.is_empty()
        });
        self.replaced = meanwhile;
        self.names = gathered.names;
        self.subjects = gathered.subjects;
        self.gathered = true;
    }

    /// Whether the names of the whole index were gathered once.
    pub fn are_gathered(&self) -> bool {
        self.gathered
    }

    /// Notes that editions have changed or gone; false when so many have that gathering anew is better.
    pub fn change(&mut self, changed: &[(i64, Label, u32)], removed: &[i64]) -> bool {
        let gone = changed.iter().map(|(edition, _, _)| edition).chain(removed);
        for edition in gone {
            self.replaced.insert(*edition);
            self.meanwhile.insert(*edition);
            for key in self.fresh_keys.remove(edition).unwrap_or_default() {
                if let Some(named) = self.fresh.get_mut(&key) {
                    named.retain(|one| one.edition != *edition);
                    if named.is_empty() {
                        self.fresh.remove(&key);
                    }
                }
            }
        }
        for (edition, label, asked_for) in changed {
            names_of(label, |key, text, kind| {
                self.fresh_keys
                    .entry(*edition)
                    .or_default()
                    .push(key.clone());
                self.fresh.entry(key).or_default().push(Fresh {
                    text: text.to_owned(),
                    kind,
                    edition: *edition,
                    weight: *asked_for,
                });
            });
        }
        let fresh = FRESH_SUGGESTIONS.max(self.names.len() / 20);
        !self.gathered || self.replaced.len() <= fresh
    }

    /// The best `limit` names that begin with `typed`; subjects by their headings in `languages`, the reader's first.
    pub fn complete(
        &self,
        typed: &str,
        limit: usize,
        languages: &[HeadingLanguage],
    ) -> Vec<Suggestion> {
        let typed: String = typed.chars().take(QUERY_CHARS).collect();
        let whole = key(&typed, false);
        if whole.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let bare = key(&typed, true);
        self.collect(&whole, |_| true, &mut found);
        if bare != whole {
            // Only titles and series are kept without their article.
            self.collect(&bare, |kind| kind != Kind::Author, &mut found);
        }
        found.sort_by(|one, other| {
            (other.weight, one.text.len(), one.text, one.kind).cmp(&(
                one.weight,
                other.text.len(),
                other.text,
                other.kind,
            ))
        });
        let subjects: Vec<Suggestion> = self
            .subjects
            .beginning(&whole, languages)
            .into_iter()
            .take(SUBJECTS.min(limit))
            .map(|(thema, language)| Suggestion {
                text: thema.heading(language).to_owned(),
                of: Suggested::Subject(thema, language),
            })
            .collect();
        let mut seen = HashSet::new();
        found
            .iter()
            .filter(|one| seen.insert((one.text, one.kind)))
            .filter_map(Found::suggestion)
            .take(limit - subjects.len())
            .chain(subjects)
            .collect()
    }

    fn collect<'a>(
        &'a self,
        beginning: &str,
        wanted: impl Fn(Kind) -> bool,
        found: &mut Vec<Found<'a>>,
    ) {
        let beginning = names::kept(beginning);
        let is_stale =
            |one: &Found| one.kind == Kind::Title && self.replaced.contains(&one.edition);
        let sorted = self.names.heaviest(beginning);
        found.extend(sorted.filter(|one| wanted(one.kind) && !is_stale(one)));
        let fresh = self
            .fresh
            .range::<str, _>((Bound::Included(beginning), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(beginning))
            .flat_map(|(_, named)| named);
        found.extend(fresh.filter(|named| wanted(named.kind)).map(|named| Found {
            weight: weigh(1, named.weight),
            text: &named.text,
            kind: named.kind,
            edition: named.edition,
        }));
    }
}

impl Found<'_> {
    fn suggestion(&self) -> Option<Suggestion> {
        let of = match self.kind {
            Kind::Title => Suggested::Title(EditionId(self.edition)),
            Kind::Author => Suggested::Author(Name::of(self.text)?),
            Kind::Series => Suggested::Series(Name::of(self.text)?),
        };
        Some(Suggestion {
            text: self.text.to_owned(),
            of,
        })
    }
}

/// Readers' interest and the number of books, both by their logarithm.
fn weigh(count: u32, interest: u32) -> u32 {
    ((f64::from(interest).ln_1p() + 2.0 * f64::from(count.max(1)).ln()) * 100.0) as u32
}

/// The names of an edition, each with the key under which it stands.
fn names_of(label: &Label, mut add: impl FnMut(String, &str, Kind)) {
    let mut add = |key: String, text: &str, kind| {
        if !key.is_empty() {
            add(names::kept(&key).to_owned(), text, kind);
        }
    };
    add(key(&label.title, true), &label.title, Kind::Title);
    for (name, inverted) in &label.names {
        let as_printed = key(name, false);
        let as_shelved = match inverted {
            Some(inverted) => key(inverted, false),
            None => as_printed
                .rsplit_once(' ')
                .map_or_else(String::new, |(given, family)| format!("{family} {given}")),
        };
        if as_shelved != as_printed {
            add(as_shelved, name, Kind::Author);
        }
        add(as_printed, name, Kind::Author);
    }
    if let Some(series) = &label.series {
        add(key(series, true), series, Kind::Series);
    }
}

/// The folded words of a name, without its leading article if `bare`.
fn key(text: &str, bare: bool) -> String {
    let words = split(&normalize(text), QUERY_WORDS);
    let mut folded: Vec<String> = words
        .iter()
        .map(|word| fold(&Forms::of(&word.text).main).into_owned())
        .collect();
    if bare && folded.len() > 1 && folded.first().is_some_and(|first| is_article(first)) {
        folded.remove(0);
    }
    folded.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::panic)]
    use super::*;

    fn label(title: &str, author: &str) -> Label {
        Label {
            title: title.into(),
            names: if author.is_empty() {
                vec![]
            } else {
                vec![(author.into(), None)]
            },
            series: None,
        }
    }

    fn suggestions() -> Suggestions {
        let books = [
            ("Le Petit Prince", "Antoine de Saint-Exupéry", 900),
            ("L'Été", "Albert Camus", 50),
            ("L'Étranger", "Albert Camus", 500),
            ("Petit Poucet", "Perrault", 5),
        ];
        let mut pile = Pile::default();
        for (edition, (title, author, asked_for)) in books.into_iter().enumerate() {
            pile.add(&label(title, author), edition as i64, asked_for);
        }
        Suggestions {
            names: pile.sorted(),
            ..Suggestions::default()
        }
    }

    fn texts(suggestions: &Suggestions, typed: &str) -> Vec<String> {
        suggestions
            .complete(typed, 5, &[HeadingLanguage::French])
            .into_iter()
            .map(|suggestion| suggestion.text)
            .collect()
    }

    #[test]
    fn titles_are_found_with_and_without_their_article_best_known_first() {
        let all = suggestions();
        assert_eq!(texts(&all, "petit"), ["Le Petit Prince", "Petit Poucet"]);
        assert_eq!(texts(&all, "le pet"), ["Le Petit Prince", "Petit Poucet"]);
        assert_eq!(texts(&all, "l'ét"), ["L'Étranger", "L'Été"]);
        assert_eq!(texts(&all, "etr"), ["L'Étranger"]);
    }

    #[test]
    fn authors_are_found_by_either_name() {
        let all = suggestions();
        assert_eq!(texts(&all, "alb"), ["Albert Camus"]);
        assert_eq!(texts(&all, "camus a"), ["Albert Camus"]);
        let camus = &all.complete("camus", 1, &[HeadingLanguage::French])[0];
        let Suggested::Author(name) = &camus.of else {
            panic!("{camus:?}")
        };
        assert_eq!(name.as_str(), "albert-camus");
    }

    #[test]
    fn nothing_typed_suggests_nothing() {
        assert!(texts(&suggestions(), " !").is_empty());
    }

    #[test]
    fn changes_show_at_once() {
        let mut all = suggestions();
        assert!(all.change(&[(0, label("Petite Fadette", ""), 7)], &[3]));
        assert_eq!(texts(&all, "petit"), ["Petite Fadette"]);
        assert!(all.change(&[(0, label("Grande Fadette", ""), 7)], &[]));
        assert!(texts(&all, "petit").is_empty());
        assert_eq!(texts(&all, "gran"), ["Grande Fadette"]);
    }

    #[test]
    fn names_gathered_anew_lie_under_what_changed_meanwhile() {
        let mut all = suggestions();
        all.change(&[(0, label("Petite Fadette", ""), 7)], &[]);
        all.begin_anew();
        let mut pile = Pile::default();
        pile.add(&label("Petite Fadette", ""), 0, 7);
        pile.add(&label("Petit Poucet", ""), 3, 7);
        all.change(&[], &[3]);
        all.replace(Gathered {
            names: pile.sorted(),
            subjects: Subjects::default(),
        });
        assert_eq!(texts(&all, "petit"), ["Petite Fadette"]);
        assert!(all.fresh.is_empty() && all.replaced.len() == 1);
    }
}
