//! What booksellers add to the search: words that mean the same, books put forward, the book for a query.
//!
//! Rules are applied when a query is read and touch no document: they hold from the next query on, and the index
//! stays as it is. Where there are none, nothing is done for them. Who may make rules, how many, and from when until
//! when they hold is not known here.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::Term;
use tantivy::query::{BooleanQuery, Occur, Query};
use trade::ids::EditionId;

use crate::aisle::Aisle;
use crate::analysis::{Forms, Word, fold, is_elided, normalize, split, stems};
use crate::limits::{QUERY_WORDS, READINGS};
use crate::merit::{Merit, Weighed};
use crate::plan::terms::{constant, of_edition, term, term_query};
use crate::schema::Fields;

/// Above everything that a book's own words can weigh, however many they are.
const PINNED: f32 = 1_000_000.0;
/// What each further book for the same query stands below the one before: more than its own words can weigh, too.
const NEXT_PINNED: f32 = 2_000.0;

/// The rules in force.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// By the first word of what is typed.
    synonyms: HashMap<String, Vec<Synonym>>,
    boosts: Vec<(Boosted, Strength)>,
    pins: HashMap<String, Vec<EditionId>>,
    version: u64,
}

/// What is put forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boosted {
    /// One edition.
    Edition(EditionId),
    /// All of an author, publisher, series or subject.
    Aisle(Aisle),
}

/// How far forward. Each step is measured against what a query gives by itself, see [`crate::rank`] and the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Before books that answer about as well: as much as the interest of very many readers.
    Slight,
    /// Before books that have a word more of the query.
    Clear,
    /// Before a book whose whole title was typed; not before the books of an author whose whole name was.
    Strong,
}

impl Strength {
    fn weight(self) -> f32 {
        match self {
            Strength::Slight => 5.0,
            Strength::Clear => 25.0,
            Strength::Strong => 200.0,
        }
    }
}

/// A phrase that is also read as others.
#[derive(Debug, Clone)]
struct Synonym {
    /// Its words, as [`keys`] are.
    typed: Vec<String>,
    /// What it is read as.
    means: Vec<String>,
}

impl Synonym {
    /// Whether the words begin with the phrase.
    fn begins(&self, words: &[Key]) -> bool {
        words
            .get(..self.typed.len())
            .is_some_and(|words| words.iter().map(|word| &word.text).eq(&self.typed))
    }
}

/// A word as synonyms compare it: by its stem, so that one entry holds for singular and plural.
struct Key {
    /// Where the word stands, in bytes.
    place: Range<usize>,
    text: String,
}

impl Rules {
    /// No rules yet; `version` names these among others, see [`Rules::version`].
    pub fn new(version: u64) -> Rules {
        Rules {
            version,
            ..Rules::default()
        }
    }

    /// What the maker of these rules calls them: another one for other rules, for the keys of kept pages.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Phrases that all mean the same: who types one finds what the others find.
    pub fn equivalent(&mut self, phrases: &[String]) {
        for (at, typed) in phrases.iter().enumerate() {
            let others = phrases.iter().enumerate();
            let others = others
                .filter(|(other, _)| *other != at)
                .map(|(_, other)| other.clone());
            self.read_as(typed, others.collect());
        }
    }

    /// Who types `typed` also finds what `means` find, and not the other way round.
    pub fn one_way(&mut self, typed: &str, means: &[String]) {
        self.read_as(typed, means.to_vec());
    }

    fn read_as(&mut self, typed: &str, means: Vec<String>) {
        let words = split(&normalize(typed), QUERY_WORDS);
        let typed: Vec<String> = keys(&words).into_iter().map(|key| key.text).collect();
        if let Some(first) = typed.first() {
            self.synonyms
                .entry(first.clone())
                .or_default()
                .push(Synonym { typed, means });
        }
    }

    /// Puts books forward in every search that finds them.
    pub fn boost(&mut self, what: Boosted, strength: Strength) {
        self.boosts.push((what, strength));
    }

    /// Shows an edition first for a query, found or not; further editions for the same query come behind it.
    pub fn pin(&mut self, query: &str, edition: EditionId) {
        self.pins.entry(spelt(query)).or_default().push(edition);
    }

    /// Other texts that a query may be read as, the nearest first; `words` are those of `text`.
    pub(crate) fn readings(&self, text: &str, words: &[Word]) -> Vec<String> {
        if self.synonyms.is_empty() {
            return Vec::new();
        }
        let mut readings = vec![text.to_owned()];
        // From the end, so that what stands before keeps its place.
        for (place, means) in self.matches(words).into_iter().rev() {
            let in_other_words = |reading: &String, instead: &str| {
                let mut other = reading.clone();
                other.replace_range(place.clone(), instead);
                other
            };
            let others: Vec<String> = readings
                .iter()
                .flat_map(|reading| means.iter().map(|instead| in_other_words(reading, instead)))
                .take(READINGS)
                .collect();
            readings.extend(others);
        }
        readings.into_iter().skip(1).take(READINGS).collect()
    }

    /// The phrases with synonyms in a query, longest first at each place and none within another.
    fn matches(&self, words: &[Word]) -> Vec<(Range<usize>, Vec<&str>)> {
        let keys = keys(words);
        let mut found = Vec::new();
        let mut rest = keys.as_slice();
        while let Some((first, others)) = rest.split_first() {
            let here = self.synonyms.get(&first.text).map(Vec::as_slice);
            let here = here.unwrap_or_default().iter();
            let fitting: Vec<&Synonym> = here.filter(|one| one.begins(rest)).collect();
            let longest = fitting.iter().map(|one| one.typed.len()).max();
            let Some((phrase, behind)) = longest.and_then(|long| rest.split_at_checked(long))
            else {
                rest = others;
                continue;
            };
            let end = phrase.last().map_or(first.place.end, |last| last.place.end);
            let means = fitting
                .iter()
                .filter(|one| one.typed.len() == phrase.len())
                .flat_map(|one| one.means.iter().map(String::as_str));
            found.push((first.place.start..end, means.collect()));
            rest = behind;
        }
        found
    }

    /// `query` with what is put forward by the rules for `text`; it must let `filters` through itself.
    pub(crate) fn applied(
        &self,
        fields: &Fields,
        text: &str,
        filters: &[Term],
        query: Box<dyn Query>,
    ) -> Box<dyn Query> {
        let pinned = self.pinned(text);
        if self.boosts.is_empty() && pinned.is_empty() {
            return query;
        }
        let boosts = self.boosts.iter().map(|(what, strength)| {
            let found = match what {
                Boosted::Edition(edition) => of_edition(fields, *edition),
                Boosted::Aisle(aisle) => term(fields.filter, &aisle.term()),
            };
            Merit::one(constant(found, strength.weight()))
        });
        Box::new(Weighed {
            hits: with_pinned(fields, filters, query, pinned),
            merits: boosts.collect(),
        })
    }

    /// What is shown first for that query.
    pub(crate) fn pinned(&self, text: &str) -> &[EditionId] {
        if self.pins.is_empty() {
            return &[];
        }
        self.pins
            .get(&spelt(text))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// What the query finds, and the pinned editions that the filters let through.
fn with_pinned(
    fields: &Fields,
    filters: &[Term],
    query: Box<dyn Query>,
    pinned: &[EditionId],
) -> Box<dyn Query> {
    if pinned.is_empty() {
        return query;
    }
    let mut any = vec![query];
    let mut score = PINNED;
    for edition in pinned {
        any.push(constant(of_edition(fields, *edition), score));
        score -= NEXT_PINNED;
    }
    let mut clauses: Vec<(Occur, Box<dyn Query>)> =
        vec![(Occur::Must, Box::new(BooleanQuery::union(any)))];
    clauses.extend(
        filters
            .iter()
            .map(|filter| (Occur::Must, constant(term_query(filter.clone()), 0.0))),
    );
    Box::new(BooleanQuery::new(clauses))
}

/// A query as it is compared with others: folded words.
fn spelt(text: &str) -> String {
    let words = split(&normalize(text), QUERY_WORDS);
    let folded: Vec<String> = content(&words)
        .map(|(_, main)| fold(&main).into_owned())
        .collect();
    folded.join(" ")
}

/// The words with what elision leaves of them, and without the lone letters that it leaves apart (rule S1).
fn content(words: &[Word]) -> impl Iterator<Item = (&Word, String)> {
    let main = |word: &Word| Forms::of(&word.text).main;
    let only_elided = words.iter().all(|word| is_elided(&fold(&main(word))));
    words
        .iter()
        .map(move |word| (word, main(word)))
        .filter(move |(_, main)| only_elided || !is_elided(&fold(main)))
}

fn keys(words: &[Word]) -> Vec<Key> {
    content(words)
        .map(|(word, main)| Key {
            place: word.start..word.end,
            text: stems(&main)
                .into_iter()
                .next()
                .filter(|stem| !stem.is_empty())
                .unwrap_or_else(|| fold(&main).into_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(rules: &Rules, text: &str) -> Vec<String> {
        rules.readings(text, &split(text, QUERY_WORDS))
    }

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn phrases_are_read_as_each_other_in_any_inflection() {
        let mut rules = Rules::default();
        rules.equivalent(&words(&["bd", "bande dessinée"]));
        assert_eq!(readings(&rules, "BD Corse"), ["bande dessinée Corse"]);
        assert_eq!(readings(&rules, "les bandes dessinees"), ["les bd"]);
        assert_eq!(readings(&rules, "bande"), [""; 0], "half a phrase is none");
    }

    #[test]
    fn one_way_leads_one_way() {
        let mut rules = Rules::default();
        rules.one_way("polar", &words(&["roman policier", "thriller"]));
        assert_eq!(
            readings(&rules, "un polar noir"),
            ["un roman policier noir", "un thriller noir"]
        );
        assert_eq!(readings(&rules, "thriller"), [""; 0]);
    }

    #[test]
    fn the_longest_phrase_counts_and_readings_have_an_end() {
        let mut rules = Rules::default();
        rules.one_way("science", &words(&["savoir"]));
        rules.one_way("science fiction", &words(&["sf"]));
        assert_eq!(readings(&rules, "science fiction"), ["sf"]);
        assert_eq!(readings(&rules, "science nouvelle"), ["savoir nouvelle"]);
        for letter in ["a1", "b1", "c1", "d1"] {
            rules.one_way(letter, &words(&["x", "y", "z"]));
        }
        assert_eq!(readings(&rules, "a1 b1 c1 d1").len(), READINGS);
    }

    #[test]
    fn s1_elision_does_not_hide_a_phrase() {
        let mut rules = Rules::default();
        rules.one_way("le maître de l'horreur", &words(&["king"]));
        assert_eq!(readings(&rules, "le maitre de l horreur"), ["king"]);
        assert_eq!(spelt("L’Étranger"), spelt("l etranger"));
    }

    #[test]
    fn a_circle_of_synonyms_ends() {
        let mut rules = Rules::default();
        rules.one_way("jour", &words(&["nuit"]));
        rules.one_way("nuit", &words(&["jour"]));
        assert_eq!(readings(&rules, "jour"), ["nuit"]);
    }
}
