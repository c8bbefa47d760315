//! Other spellings of a word, from the words of the catalogue itself (rule S6).
//!
//! One edit where either word has five letters or more, two from nine; two letters changed about count one.
//! Words with a figure in them are never respelt. The intended word's length counts as well as the typed one's,
//! because a reader who dropped two letters of *barcelone* typed only seven.

use std::collections::HashMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use crate::limits::SPELLINGS;

/// A word of the catalogue close to the one typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Spelling {
    /// The word, folded.
    pub word: String,
    /// How much a hit by it counts: below 1, less the farther it is.
    pub weight: f32,
}

const ONE_EDIT_LETTERS: usize = 5;
const TWO_EDITS_LETTERS: usize = 9;

/// The closest words to the folded `word`, best first; at most `most_edits` away.
pub fn spellings(
    searcher: &Searcher,
    field: Field,
    word: &str,
    most_edits: usize,
) -> tantivy::Result<Vec<Spelling>> {
    let letters = word.chars().count();
    let edits = most_edits.min(if letters + 2 >= TWO_EDITS_LETTERS {
        2
    } else {
        usize::from(letters + 1 >= ONE_EDIT_LETTERS)
    });
    if edits == 0 || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return Ok(Vec::new());
    }
    let query = FuzzyTermQuery::new(Term::from_field_text(field, word), edits as u8, true);
    let mut met: HashMap<String, u64> = HashMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut near = index.terms().search(query.automaton()?).into_stream()?;
        while near.advance() {
            let Ok(candidate) = std::str::from_utf8(near.key()) else {
                continue;
            };
            if candidate != word && candidate.chars().all(char::is_alphabetic) {
                *met.entry(candidate.to_owned()).or_default() += u64::from(near.value().doc_freq);
            }
        }
    }
    Ok(best(word, met))
}

fn best(word: &str, met: HashMap<String, u64>) -> Vec<Spelling> {
    let letters = word.chars().count();
    let mut ranked: Vec<(usize, u64, String)> = met
        .into_iter()
        .filter_map(|(candidate, books)| {
            let edits = distance(word, &candidate);
            let longer = letters.max(candidate.chars().count());
            let allowed = if longer >= TWO_EDITS_LETTERS {
                2
            } else {
                usize::from(longer >= ONE_EDIT_LETTERS)
            };
            // The first letter is rarely wrong: such a spelling comes after all others as near.
            let rank = edits * 2 + usize::from(candidate.chars().next() != word.chars().next());
            (edits <= allowed).then_some((rank, books, candidate))
        })
        .collect();
    ranked.sort_by(|one, other| (one.0, other.1, &one.2).cmp(&(other.0, one.1, &other.2)));
    let weigh = |rank: usize| 1.0 / (1.0 + 0.25 * rank as f32);
    ranked
        .into_iter()
        .take(SPELLINGS)
        .map(|(rank, _, word)| Spelling {
            word,
            weight: weigh(rank),
        })
        .collect()
}

/// Edits between two words: a letter more, less, other, or two neighbours changed about.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let first: Vec<usize> = (0..=other.len()).collect();
    let (mut before, mut last) = (first.clone(), first);
    for (row, letter) in one.iter().enumerate() {
        let mut line = Vec::with_capacity(last.len());
        line.push(row + 1);
        for (column, other_letter) in other.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut edits = (at(&last, column) + usize::from(letter != other_letter))
                .min(at(&last, column + 1) + 1)
                .min(at(&line, column) + 1);
            let changed_about = row > 0
                && column > 0
                && one.get(row - 1) == Some(other_letter)
                && other.get(column - 1) == Some(letter);
            if changed_about {
                edits = edits.min(at(&before, column - 1) + 1);
            }
            line.push(edits);
        }
        before = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s6_a_transposition_is_one_edit() {
        for (one, other, edits) in [
            ("adlutere", "adultere", 1),
            ("dagnereuses", "dangereuses", 1),
            ("abc", "abc", 0),
            ("", "abc", 3),
            ("elliatiqus", "elliptiques", 2),
            ("tuqueto", "turquetto", 2),
            ("hstoire", "histoire", 1),
        ] {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }

    #[test]
    fn s6_short_words_are_left_alone() {
        let near = |word: &str, candidate: &str| {
            !best(word, HashMap::from([(candidate.to_owned(), 1)])).is_empty()
        };
        assert!(!near("chat", "chut"));
        assert!(near("livre", "livra"));
        assert!(!near("poisson", "passion"));
        assert!(near("comptinse", "comptines"));
        assert!(near("closmptines", "comptines"));
    }
}
