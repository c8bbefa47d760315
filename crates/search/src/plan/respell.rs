//! Other spellings in a query: found, put into whole titles, and told to the reader (rule S6).

use std::collections::HashMap;

use tantivy::{Searcher, Term};

use super::Plan;
use crate::analysis::{Forms, fold, normalize, split};
use crate::limits::{RESPELT_TITLES, RESPELT_WORDS};
use crate::spelling::spellings;

impl Plan {
    /// Looks other spellings up: for words the catalogue does not have; if it has them all, one edit for each.
    ///
    /// Says whether there are any.
    pub fn respell(&mut self, searcher: &Searcher) -> tantivy::Result<bool> {
        let mut unknown = Vec::with_capacity(self.wanted.len());
        for wanted in &self.wanted {
            let known = wanted.volume.is_some()
                || searcher.doc_freq(&Term::from_field_text(self.fields.all, &wanted.word))? > 0
                || (wanted.last && self.is_beginning(searcher, &wanted.word)?);
            unknown.push(!known);
        }
        let some_unknown = unknown.contains(&true);
        let mut left = RESPELT_WORDS;
        for (wanted, unknown) in self.wanted.iter_mut().zip(unknown) {
            if wanted.volume.is_some() || left == 0 || (some_unknown && !unknown) {
                continue;
            }
            left -= 1;
            wanted.spellings = spellings(
                searcher,
                self.fields.all,
                &wanted.word,
                if unknown { 2 } else { 1 },
            )?;
        }
        Ok(self
            .wanted
            .iter()
            .any(|wanted| !wanted.spellings.is_empty()))
    }

    /// Whether a word of the catalogue begins so.
    fn is_beginning(&self, searcher: &Searcher, word: &str) -> tantivy::Result<bool> {
        for segment in searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.all)?;
            let mut from = index.terms().range().ge(word).into_stream()?;
            if from.advance() && from.key().starts_with(word.as_bytes()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sets of words and what to put in their place, nearest first, with the weight of the whole.
    pub(super) fn respelt_words(&self) -> Vec<(Vec<&str>, Vec<&str>, f32)> {
        let mut sets: Vec<(Vec<&str>, Vec<&str>, f32)> = vec![(Vec::new(), Vec::new(), 1.0)];
        for wanted in self
            .wanted
            .iter()
            .filter(|wanted| !wanted.spellings.is_empty())
        {
            let mut longer = Vec::with_capacity(sets.len() * (wanted.spellings.len() + 1));
            for (from, to, weight) in &sets {
                longer.push((from.clone(), to.clone(), *weight));
                for spelling in &wanted.spellings {
                    let mut set = (from.clone(), to.clone(), weight * spelling.weight);
                    set.0.push(&wanted.word);
                    set.1.push(&spelling.word);
                    longer.push(set);
                }
            }
            longer.sort_by(|one, other| other.2.total_cmp(&one.2));
            longer.truncate(RESPELT_TITLES);
            sets = longer;
        }
        sets.retain(|(from, _, _)| !from.is_empty());
        sets
    }

    /// The query in the words of its best hit, when that one needed another spelling.
    pub fn corrected(&self, best: &str) -> Option<String> {
        let words = split(&normalize(best), usize::MAX)
            .into_iter()
            .map(|word| Forms::of(&word.text).main)
            .map(|word| (fold(&word).into_owned(), word))
            .collect::<HashMap<_, _>>();
        let mut text = self.text.clone();
        let mut changed = false;
        for wanted in self
            .wanted
            .iter()
            .rev()
            .filter(|wanted| !words.contains_key(&wanted.word))
        {
            let Some(instead) = wanted
                .spellings
                .iter()
                .find_map(|spelling| words.get(&spelling.word))
            else {
                continue;
            };
            // The elided article, if any, stays as typed.
            let typed = text.get(wanted.place.clone())?;
            let kept = typed.rfind(['\'', '’']).map_or(0, |at| {
                at + typed
                    .get(at..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(1, char::len_utf8)
            });
            text.replace_range(wanted.place.start + kept..wanted.place.end, instead);
            changed = true;
        }
        changed.then_some(text)
    }
}

/// The signature with some of its words replaced; none when one is missing.
pub(super) fn replaced(signature: &str, from: &[&str], to: &[&str]) -> Option<String> {
    let (kind, words) = signature.split_once('_')?;
    let mut words: Vec<&str> = words.split('_').collect();
    for (from, to) in from.iter().zip(to) {
        *words.iter_mut().find(|word| **word == *from)? = *to;
    }
    if kind == "a" {
        words.sort_unstable();
    }
    Some(format!("{kind}_{}", words.join("_")))
}
