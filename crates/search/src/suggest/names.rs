//! Names in sorted order: a million titles take 24 bytes each beside their letters.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use tantivy::schema::Value;
use tantivy::{Searcher, TantivyDocument};

use super::{Found, Kind, names_of, weigh};
use crate::document::Label;
use crate::schema::{Fields, fast};

/// Bytes of a key that are kept; nobody types more before choosing.
const KEY_BYTES: usize = 40;

/// The heaviest names of one beginning that are looked at.
const HEAVIEST: usize = 64;

/// With more names than this under one beginning, the heaviest are sought beforehand.
const CROWD: usize = 2_048;

/// What of a key is kept.
pub(super) fn kept(key: &str) -> &str {
    key.get(..key.floor_char_boundary(KEY_BYTES))
        .unwrap_or_default()
}

/// A name: its key and, behind it, its letters as printed, in the shared text.
#[derive(Debug, Clone, Copy)]
struct Entry {
    edition: i64,
    at: u32,
    weight: u32,
    text_bytes: u16,
    key_bytes: u8,
    kind: Kind,
}

impl Entry {
    fn key<'a>(&self, text: &'a str) -> &'a str {
        let from = self.at as usize;
        text.get(from..from + usize::from(self.key_bytes))
            .unwrap_or_default()
    }

    fn shown<'a>(&self, text: &'a str) -> &'a str {
        let from = self.at as usize + usize::from(self.key_bytes);
        text.get(from..from + usize::from(self.text_bytes))
            .unwrap_or_default()
    }
}

/// Names as they come, each name once: what one edition adds to a name known already is counted.
#[derive(Debug, Default)]
pub(super) struct Pile {
    text: String,
    entries: Vec<Entry>,
    /// How many editions have the name, and the readers' interest in the best known of them.
    counted: Vec<(u32, u32)>,
    places: HashMap<u64, u32>,
    hasher: RandomState,
}

impl Pile {
    /// The names of everything in the index.
    pub(super) fn of_index(searcher: &Searcher, fields: &Fields) -> tantivy::Result<Pile> {
        let mut pile = Pile::default();
        for segment in searcher.segment_readers() {
            let columns = segment.fast_fields();
            let editions = columns.column_first_or_default::<i64>(fast::EDITION)?;
            let popularity = columns.column_first_or_default::<u64>(fast::POPULARITY)?;
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
                pile.add(&Label::parse(label), editions.get_val(doc), asked_for);
            }
        }
        Ok(pile)
    }

    /// Takes in the names of an edition.
    pub(super) fn add(&mut self, label: &Label, edition: i64, asked_for: u32) {
        names_of(label, |key, text, kind| {
            self.name(&key, text, kind, edition, asked_for);
        });
    }

    fn name(&mut self, key: &str, text: &str, kind: Kind, edition: i64, asked_for: u32) {
        let hash = self.hasher.hash_one((key, kind));
        let known = self.places.get(&hash).map(|place| *place as usize);
        if let Some(place) = known
            && let (Some(entry), Some((count, best))) =
                (self.entries.get_mut(place), self.counted.get_mut(place))
            && entry.kind == kind
            && entry.key(&self.text) == key
        {
            *count += 1;
            entry.weight = entry.weight.saturating_add(asked_for);
            if asked_for > *best {
                (*best, entry.edition) = (asked_for, edition);
            }
            return;
        }
        let text = text
            .get(..text.floor_char_boundary(usize::from(u16::MAX)))
            .unwrap_or_default();
        let (Ok(at), Ok(place)) = (
            u32::try_from(self.text.len()),
            u32::try_from(self.entries.len()),
        ) else {
            return; // beyond 4 GB of names
        };
        self.text.push_str(key);
        self.text.push_str(text);
        self.places.insert(hash, place);
        self.counted.push((1, asked_for));
        self.entries.push(Entry {
            edition,
            at,
            weight: asked_for,
            text_bytes: text.len() as u16,
            key_bytes: key.len() as u8,
            kind,
        });
    }

    /// The names in order.
    pub(super) fn sorted(mut self) -> Names {
        for (entry, (count, _)) in self.entries.iter_mut().zip(&self.counted) {
            entry.weight = weigh(*count, entry.weight);
        }
        drop((self.places, self.counted));
        let text = self.text.into_boxed_str();
        let mut entries = self.entries.into_boxed_slice();
        entries.sort_unstable_by(|one, other| {
            (one.key(&text), one.kind, one.shown(&text)).cmp(&(
                other.key(&text),
                other.kind,
                other.shown(&text),
            ))
        });
        let mut names = Names {
            entries,
            text,
            crowds: HashMap::new(),
        };
        names.find_crowds(0..names.entries.len(), 0);
        names
    }
}

/// Names in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Names {
    entries: Box<[Entry]>,
    text: Box<str>,
    /// The heaviest names under the beginnings that very many share.
    crowds: HashMap<Box<str>, Box<[u32]>>,
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The heaviest names that begin so; all of them where they are few.
    pub(super) fn heaviest<'a>(&'a self, beginning: &str) -> impl Iterator<Item = Found<'a>> {
        let places = match self.crowds.get(beginning) {
            Some(crowd) => crowd.to_vec(),
            None => self.heaviest_of(self.beginning(beginning)),
        };
        places.into_iter().filter_map(|place| {
            let entry = self.entries.get(place as usize)?;
            Some(Found {
                weight: entry.weight,
                text: entry.shown(&self.text),
                kind: entry.kind,
                edition: entry.edition,
            })
        })
    }

    fn key(&self, entry: &Entry) -> &str {
        entry.key(&self.text)
    }

    fn beginning(&self, beginning: &str) -> Range<usize> {
        let from = self
            .entries
            .partition_point(|entry| self.key(entry) < beginning);
        let rest = self.entries.get(from..).unwrap_or_default();
        let so_many = rest.partition_point(|entry| self.key(entry).starts_with(beginning));
        from..from + so_many
    }

    fn heaviest_of(&self, range: Range<usize>) -> Vec<u32> {
        let mut places: Vec<u32> = range
            .filter_map(|place| u32::try_from(place).ok())
            .collect();
        let weight = |place: &u32| {
            let entry = self.entries.get(*place as usize);
            std::cmp::Reverse(entry.map_or(0, |entry| entry.weight))
        };
        if places.len() > HEAVIEST {
            places.select_nth_unstable_by_key(HEAVIEST, weight);
            places.truncate(HEAVIEST);
        }
        places
    }

    /// Notes the heaviest of every beginning within `range` that is crowded; all in `range` share their first
    /// `shared` bytes.
    fn find_crowds(&mut self, range: Range<usize>, shared: usize) {
        let mut from = range.start;
        while from < range.end {
            let Some(next) = self
                .entries
                .get(from)
                .and_then(|entry| self.key(entry).get(shared..)?.chars().next())
            else {
                from += 1; // this name ends here
                continue;
            };
            let longer = shared + next.len_utf8();
            let rest = self.entries.get(from..range.end).unwrap_or_default();
            let so_many = rest.partition_point(|entry| {
                let here = self.key(entry).get(shared..);
                here.and_then(|rest| rest.chars().next()) <= Some(next)
            });
            let crowd = from..from + so_many.max(1);
            if crowd.len() > CROWD {
                let beginning = self
                    .entries
                    .get(from)
                    .and_then(|entry| self.key(entry).get(..longer))
                    .unwrap_or_default()
                    .into();
                let heaviest = self.heaviest_of(crowd.clone()).into_boxed_slice();
                self.crowds.insert(beginning, heaviest);
                self.find_crowds(crowd.clone(), longer);
            }
            from = crowd.end;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn crowded_beginnings_give_the_same_heaviest_names_as_a_look_at_all() {
        let mut pile = Pile::default();
        for number in 0..3 * CROWD as u32 {
            let label = Label {
                title: format!(
                    "Aventure {} {number}",
                    ["à", "de", "zoé"][number as usize % 3]
                ),
                names: vec![],
                series: None,
            };
            pile.add(&label, i64::from(number), number * 7_919 % 10_007);
        }
        let names = pile.sorted();
        let crowded = ["a", "aventure ", "aventure", "av"];
        for beginning in crowded {
            assert!(names.crowds.contains_key(beginning), "{beginning}");
        }
        for beginning in crowded
            .into_iter()
            .chain(["aventure zoe", "aventure de 1", "b"])
        {
            let mut weights: Vec<u32> = names.heaviest(beginning).map(|one| one.weight).collect();
            let mut all: Vec<u32> = names
                .entries
                .iter()
                .filter(|entry| names.key(entry).starts_with(beginning))
                .map(|entry| entry.weight)
                .collect();
            weights.sort_unstable_by(|one, other| other.cmp(one));
            all.sort_unstable_by(|one, other| other.cmp(one));
            all.truncate(HEAVIEST);
            assert_eq!(weights, all, "{beginning}");
        }
    }
}
