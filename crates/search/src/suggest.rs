//! Titles, authors and series that begin with what is being typed.
//!
//! A sorted list in memory: what begins alike stands together, so a suggestion costs one binary search and one
//! look at each candidate's weight. It is gathered from the index on first use and holds no more than names.

use std::collections::HashSet;

use serde::Serialize;
use tantivy::schema::Value;
use tantivy::{Searcher, TantivyDocument};
use trade::ids::EditionId;
use trade::limits::QUERY_CHARS;

use crate::analysis::{Forms, fold, is_article, normalize, split};
use crate::document::Label;
use crate::limits::{FRESH_SUGGESTIONS, QUERY_WORDS};
use crate::schema::{Fields, fast};

/// Bytes of a key that are kept; nobody types more before choosing.
const KEY_BYTES: usize = 40;

/// Something a reader may have begun to type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// As printed.
    pub text: String,
    /// What it is.
    pub kind: SuggestionKind,
    /// The book, for a title.
    pub edition: Option<EditionId>,
}

/// What a suggestion names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// A book.
    Title,
    /// A contributor.
    Author,
    /// A series.
    Series,
}

/// One name before it is sorted in.
#[derive(Debug, Clone)]
struct Named {
    key: String,
    text: String,
    kind: SuggestionKind,
    edition: i64,
    weight: u32,
}

/// A sorted name: places in the shared text.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u32,
    text: u32,
    edition: i64,
    weight: u32,
    key_bytes: u8,
    text_bytes: u16,
    kind: SuggestionKind,
}

/// All names, sorted, and those changed since they were sorted.
#[derive(Debug, Default)]
pub struct Suggestions {
    entries: Vec<Entry>,
    text: String,
    fresh: Vec<Named>,
    replaced: HashSet<i64>,
}

impl Suggestions {
    /// Gathers the names of everything in the index.
    pub fn gather(searcher: &Searcher, fields: &Fields) -> tantivy::Result<Suggestions> {
        let mut named = Vec::new();
        for segment in searcher.segment_readers() {
            let editions = segment
                .fast_fields()
                .column_first_or_default::<i64>(fast::EDITION)?;
            let popularity = segment
                .fast_fields()
                .column_first_or_default::<u64>(fast::POPULARITY)?;
            let store = segment.get_store_reader(1)?;
            for (doc, stored) in segment
                .doc_ids_alive()
                .zip(store.iter::<TantivyDocument>(segment.alive_bitset()))
            {
                let stored = stored?;
                let Some(label) = stored
                    .get_first(fields.label)
                    .and_then(|label| label.as_str())
                else {
                    continue;
                };
                let asked_for = u32::try_from(popularity.get_val(doc)).unwrap_or(u32::MAX);
                add_names(
                    &mut named,
                    &Label::parse(label),
                    editions.get_val(doc),
                    asked_for,
                );
            }
        }
        Ok(Suggestions::sorted(named))
    }

    fn sorted(mut named: Vec<Named>) -> Suggestions {
        named.sort_unstable_by(|one, other| {
            (&one.key, one.kind, &one.text).cmp(&(&other.key, other.kind, &other.text))
        });
        let mut sorted = Suggestions::default();
        let mut at = 0;
        while let Some(first) = named.get(at) {
            let same = named
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take_while(|one| one.key == first.key && one.kind == first.kind);
            let (mut count, mut interest, mut best) = (0_u32, 0_u32, first);
            for one in same {
                count += 1;
                interest = interest.saturating_add(one.weight);
                if one.weight > best.weight {
                    best = one;
                }
            }
            sorted.push(best, weigh(count, interest));
            at += count as usize;
        }
        sorted.entries.shrink_to_fit();
        sorted.text.shrink_to_fit();
        sorted
    }

    fn push(&mut self, named: &Named, weight: u32) {
        let key_bytes = named.key.floor_char_boundary(KEY_BYTES);
        let text_bytes = named.text.floor_char_boundary(usize::from(u16::MAX));
        let (Ok(key), Ok(text)) = (
            u32::try_from(self.text.len()),
            u32::try_from(self.text.len() + key_bytes),
        ) else {
            return;
        };
        self.text
            .push_str(named.key.get(..key_bytes).unwrap_or_default());
        self.text
            .push_str(named.text.get(..text_bytes).unwrap_or_default());
        self.entries.push(Entry {
            key,
            text,
            edition: named.edition,
            weight,
            key_bytes: key_bytes as u8,
            text_bytes: text_bytes as u16,
            kind: named.kind,
        });
    }

    /// Notes that editions have changed or gone; false when so many have that gathering anew is better.
    pub fn change(&mut self, changed: &[(i64, Label, u32)], removed: &[i64]) -> bool {
        self.replaced.extend(
            changed
                .iter()
                .map(|(edition, _, _)| *edition)
                .chain(removed.iter().copied()),
        );
        self.fresh.retain(|named| {
            !removed.contains(&named.edition)
                && !changed
                    .iter()
                    .any(|(edition, _, _)| *edition == named.edition)
        });
        for (edition, label, asked_for) in changed {
            add_names(&mut self.fresh, label, *edition, *asked_for);
        }
        self.fresh.len() <= FRESH_SUGGESTIONS && self.replaced.len() <= FRESH_SUGGESTIONS
    }

    /// The best `limit` names that begin with `typed`.
    pub fn complete(&self, typed: &str, limit: usize) -> Vec<Suggestion> {
        let typed: String = typed.chars().take(QUERY_CHARS).collect();
        let whole = key(&typed, false);
        if whole.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(u32, &str, SuggestionKind, i64)> = Vec::new();
        let bare = key(&typed, true);
        self.collect(&whole, |_| true, &mut found);
        if bare != whole {
            // Only titles and series are kept without their article.
            self.collect(&bare, |kind| kind != SuggestionKind::Author, &mut found);
        }
        found.sort_by(|one, other| {
            (other.0, one.1.len(), one.1, one.2).cmp(&(one.0, other.1.len(), other.1, other.2))
        });
        let mut seen = HashSet::new();
        found
            .into_iter()
            .filter(|(_, text, kind, _)| seen.insert((*text, *kind)))
            .take(limit)
            .map(|(_, text, kind, edition)| Suggestion {
                text: text.to_owned(),
                kind,
                edition: (kind == SuggestionKind::Title).then_some(EditionId(edition)),
            })
            .collect()
    }

    fn collect<'a>(
        &'a self,
        beginning: &str,
        wanted: impl Fn(SuggestionKind) -> bool,
        found: &mut Vec<(u32, &'a str, SuggestionKind, i64)>,
    ) {
        // Only the heaviest of many are sorted: a single letter has thousands.
        const KEPT: usize = 64;
        let beginning = beginning
            .get(..beginning.floor_char_boundary(KEY_BYTES))
            .unwrap_or_default();
        let from = self
            .entries
            .partition_point(|entry| self.key(entry) < beginning);
        let begin_so = self
            .entries
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|entry| self.key(entry).starts_with(beginning));
        let mut heaviest: Vec<&Entry> = begin_so
            .filter(|entry| wanted(entry.kind))
            .filter(|entry| {
                entry.kind != SuggestionKind::Title || !self.replaced.contains(&entry.edition)
            })
            .collect();
        if heaviest.len() > KEPT {
            heaviest.select_nth_unstable_by(KEPT, |one, other| other.weight.cmp(&one.weight));
            heaviest.truncate(KEPT);
        }
        found.extend(
            heaviest
                .into_iter()
                .map(|entry| (entry.weight, self.shown(entry), entry.kind, entry.edition)),
        );
        let fresh = self
            .fresh
            .iter()
            .filter(|named| wanted(named.kind) && named.key.starts_with(beginning));
        found.extend(fresh.map(|named| {
            (
                weigh(1, named.weight),
                named.text.as_str(),
                named.kind,
                named.edition,
            )
        }));
    }

    fn key(&self, entry: &Entry) -> &str {
        let from = entry.key as usize;
        self.text
            .get(from..from + usize::from(entry.key_bytes))
            .unwrap_or_default()
    }

    fn shown(&self, entry: &Entry) -> &str {
        let from = entry.text as usize;
        self.text
            .get(from..from + usize::from(entry.text_bytes))
            .unwrap_or_default()
    }
}

/// Readers' interest and the number of books, both by their logarithm.
fn weigh(count: u32, interest: u32) -> u32 {
    ((f64::from(interest).ln_1p() + 2.0 * f64::from(count).ln()) * 100.0) as u32
}

fn add_names(named: &mut Vec<Named>, label: &Label, edition: i64, asked_for: u32) {
    let mut add = |key: String, text: &str, kind| {
        if !key.is_empty() {
            named.push(Named {
                key,
                text: text.to_owned(),
                kind,
                edition,
                weight: asked_for,
            });
        }
    };
    add(key(&label.title, true), &label.title, SuggestionKind::Title);
    for (name, inverted) in &label.names {
        let as_printed = key(name, false);
        let as_shelved = match inverted {
            Some(inverted) => key(inverted, false),
            None => as_printed
                .rsplit_once(' ')
                .map_or_else(String::new, |(given, family)| format!("{family} {given}")),
        };
        if as_shelved != as_printed {
            add(as_shelved, name, SuggestionKind::Author);
        }
        add(as_printed, name, SuggestionKind::Author);
    }
    if let Some(series) = &label.series {
        add(key(series, true), series, SuggestionKind::Series);
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
    #![allow(clippy::indexing_slicing)]
    use super::*;

    fn suggestions() -> Suggestions {
        let mut named = Vec::new();
        let books = [
            ("Le Petit Prince", "Antoine de Saint-Exupéry", 900),
            ("L'Été", "Albert Camus", 50),
            ("L'Étranger", "Albert Camus", 500),
            ("Petit Poucet", "Perrault", 5),
        ];
        for (edition, (title, author, asked_for)) in books.into_iter().enumerate() {
            let label = Label {
                title: title.into(),
                names: vec![(author.into(), None)],
                series: None,
            };
            add_names(&mut named, &label, edition as i64, asked_for);
        }
        Suggestions::sorted(named)
    }

    fn texts(suggestions: &Suggestions, typed: &str) -> Vec<String> {
        suggestions
            .complete(typed, 5)
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
    }

    #[test]
    fn nothing_typed_suggests_nothing() {
        assert!(texts(&suggestions(), " !").is_empty());
    }

    #[test]
    fn changes_show_at_once() {
        let mut all = suggestions();
        let label = Label {
            title: "Petite Fadette".into(),
            names: vec![],
            series: None,
        };
        assert!(all.change(&[(0, label, 7)], &[3]));
        assert_eq!(texts(&all, "petit"), ["Petite Fadette"]);
    }
}
