//! Whether two records that carry the same ISBN speak of the same book.
//!
//! An equal ISBN is strong evidence and no proof: sets lend theirs to their volumes, and numbers were used twice
//! (I6, I7). So title, contributors and volume must not contradict it. Records without a common ISBN are never
//! compared; which editions are of one work is another question, see [`super::work`].

use std::collections::BTreeSet;

use crate::model::{Edition, Form, Goods};
use crate::text;

/// Words that say nothing about which book it is, in the languages met most.
const EMPTY_WORDS: [&str; 32] = [
    "a", "an", "and", "au", "aux", "d", "das", "de", "del", "der", "des", "die", "du", "el", "et",
    "for", "i", "il", "in", "l", "la", "las", "le", "les", "los", "of", "s", "the", "to", "un",
    "une", "y",
];

/// Share of common words from which two titles are one, when nobody contradicts; and when the names differ, as they
/// do between pseudonyms and between scripts.
const TITLES_AGREE: f64 = 0.5;

/// Share of common letter triples from which two titles are one word for word but for spelling: `Siddartha`.
const SPELLED_ALIKE: f64 = 0.6;

/// What is compared of a record.
#[derive(Debug, Clone)]
pub(super) struct Likeness {
    title: BTreeSet<String>,
    main_title: BTreeSet<String>,
    /// Title and subtitle.
    whole_title: BTreeSet<String>,
    series: BTreeSet<String>,
    letters: BTreeSet<[char; 3]>,
    main_letters: BTreeSet<[char; 3]>,
    names: BTreeSet<String>,
    surnames: BTreeSet<String>,
    volume: Option<u32>,
    kind: Option<Kind>,
}

/// Words that a volume's number follows.
const DESIGNATORS: [&str; 10] = [
    "tome", "t", "vol", "volume", "volumes", "part", "partie", "book", "livre", "bd",
];

/// Kinds of goods that an ISBN cannot be shared between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Printed,
    File,
    Used,
    Other,
}

impl Likeness {
    pub(super) fn of(edition: &Edition) -> Likeness {
        let folded = text::fold(&edition.title);
        let title = without_brackets(&folded);
        let main = title.split(':').next().unwrap_or(title);
        let words = words_of(title);
        let mut whole_title = words.clone();
        if let Some(subtitle) = &edition.subtitle {
            whole_title.extend(words_of(&text::fold(subtitle)));
        }
        let mut names = BTreeSet::new();
        let mut surnames = BTreeSet::new();
        for contributor in &edition.contributors {
            let folded = text::fold(&contributor.name);
            let parts: Vec<&str> = text::words(&folded).collect();
            names.extend(parts.iter().map(|part| (*part).to_owned()));
            surnames.extend(parts.last().map(|part| (*part).to_owned()));
        }
        let series = edition
            .series
            .as_ref()
            .map_or_else(BTreeSet::new, |series| words_of(&text::fold(&series.title)));
        // Sources number a series differently: what tells two books apart is their titles, where they have one.
        let counted = edition
            .series
            .as_ref()
            .filter(|_| words.is_subset(&series))
            .and_then(|series| number(series.volume.as_deref()?));
        Likeness {
            main_title: words_of(main),
            series,
            letters: triples(title),
            main_letters: triples(main),
            whole_title,
            names,
            surnames,
            volume: counted.or_else(|| designated(title)),
            kind: kind_of(edition),
            title: words,
        }
    }
}

/// Which of the records of one ISBN speak of the same book, pair by pair.
pub(super) fn is_same_book(one: &Likeness, other: &Likeness, volumes_matter: bool) -> bool {
    let kinds_agree = one.kind.is_none() || other.kind.is_none() || one.kind == other.kind;
    kinds_agree && !(volumes_matter && one.volume != other.volume) && titles_agree(one, other)
}

/// Whether records of one ISBN are volumes of the same series: then it is the set's, and only records of the same
/// volume are one book (I6).
pub(super) fn has_volumes<'a>(records: impl Iterator<Item = &'a Likeness>) -> bool {
    let numbered: Vec<&Likeness> = records.filter(|record| record.volume.is_some()).collect();
    numbered.iter().enumerate().any(|(place, one)| {
        numbered
            .iter()
            .skip(place + 1)
            .any(|other| one.volume != other.volume && !one.around().is_disjoint(&other.around()))
    })
}

impl Likeness {
    /// The words that a volume's number may count: its series' and its title's.
    fn around(&self) -> BTreeSet<&str> {
        let words = if self.series.is_empty() {
            &self.title
        } else {
            &self.series
        };
        words.iter().map(String::as_str).collect()
    }

    fn shares_a_surname(&self, other: &Likeness) -> bool {
        !self.surnames.is_disjoint(&other.names) || !other.surnames.is_disjoint(&self.names)
    }
}

fn titles_agree(one: &Likeness, other: &Likeness) -> bool {
    if one.title == other.title || alike(&one.letters, &other.letters) >= SPELLED_ALIKE {
        return true;
    }
    let nobody_named = one.names.is_empty() || other.names.is_empty();
    if !nobody_named && !one.shares_a_surname(other) {
        return in_common(&one.title, &other.title)
            .max(in_common(&one.main_title, &other.main_title))
            >= TITLES_AGREE;
    }
    // A record may hold the series for the title.
    let names_series = |title: &BTreeSet<String>, series: &BTreeSet<String>| {
        !series.is_empty() && contained(series, title) >= 1.0
    };
    contained(&one.title, &other.title) >= TITLES_AGREE
        || contained(&one.whole_title, &other.whole_title) >= TITLES_AGREE
        || alike(&one.main_letters, &other.main_letters) >= SPELLED_ALIKE
        || names_series(&one.title, &other.series)
        || names_series(&other.title, &one.series)
}

/// Common words as a share of all.
fn in_common(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
    share(one.intersection(other).count(), one.union(other).count())
}

/// Common words as a share of the shorter title.
fn contained(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
    share(one.intersection(other).count(), one.len().min(other.len()))
}

fn triples(folded: &str) -> BTreeSet<[char; 3]> {
    let letters: Vec<char> = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    letters
        .windows(3)
        .filter_map(|triple| triple.first_chunk().copied())
        .collect()
}

/// Dice's coefficient of letter triples.
fn alike(one: &BTreeSet<[char; 3]>, other: &BTreeSet<[char; 3]>) -> f64 {
    share(2 * one.intersection(other).count(), one.len() + other.len())
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

fn kind_of(edition: &Edition) -> Option<Kind> {
    match (edition.goods, edition.form) {
        (Goods::UsedBook, _) => Some(Kind::Used),
        (Goods::Ebook, _) | (_, Form::Ebook | Form::Audiobook) => Some(Kind::File),
        (Goods::Other, _) => Some(Kind::Other),
        (Goods::NewBook, Form::Other) => None,
        (Goods::NewBook, _) => Some(Kind::Printed),
    }
}

/// A title without what stands in brackets at its end: series, collection, "movie tie-in".
fn without_brackets(title: &str) -> &str {
    let mut rest = title.trim();
    while let Some((before, _)) = last_bracket(rest) {
        rest = before;
    }
    rest
}

/// A title without the brackets at its end that count nothing: `(Folio)` goes, `(Vol. 2 of 3)` stays.
pub(super) fn without_idle_brackets(title: &str) -> &str {
    let counts = |inside: &str| {
        inside.contains(|c: char| c.is_ascii_digit())
            || text::words(inside).any(|word| DESIGNATORS.contains(&word))
    };
    let mut rest = title.trim();
    while let Some((before, inside)) = last_bracket(rest)
        && !counts(inside)
    {
        rest = before;
    }
    rest
}

/// What stands before the bracket that ends the title, and what stands in it.
fn last_bracket(title: &str) -> Option<(&str, &str)> {
    let (before, inside) = title.strip_suffix(')')?.rsplit_once('(')?;
    let before = before.trim();
    (!before.is_empty()).then_some((before, inside))
}

/// The words of a folded text that tell books apart, numbers without leading zeros.
pub(super) fn words_of(folded: &str) -> BTreeSet<String> {
    let telling: BTreeSet<String> = text::words(folded)
        .filter(|word| !EMPTY_WORDS.contains(word))
        .map(plain)
        .collect();
    if telling.is_empty() {
        return text::words(folded).map(plain).collect();
    }
    telling
}

fn plain(word: &str) -> String {
    let without_zeros = word.trim_start_matches('0');
    if without_zeros.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.to_owned();
    }
    without_zeros.to_owned()
}

/// The number behind `tome`, `t.`, `vol.` and their like.
fn designated(folded_title: &str) -> Option<u32> {
    let words: Vec<&str> = text::words(folded_title).collect();
    words.windows(2).find_map(|pair| match pair {
        [designator, count] if DESIGNATORS.contains(designator) => number(count),
        _ => None,
    })
}

/// Arabic, Roman, or an English or French word up to ten.
fn number(text: &str) -> Option<u32> {
    const WORDS: [&[&str]; 10] = [
        &["one", "un", "premier", "premiere"],
        &["two", "deux"],
        &["three", "trois"],
        &["four", "quatre"],
        &["five", "cinq"],
        &["six"],
        &["seven", "sept"],
        &["eight", "huit"],
        &["nine", "neuf"],
        &["ten", "dix"],
    ];
    let text = text.trim().to_lowercase();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let word = WORDS
        .iter()
        .zip(1..)
        .find(|(words, _)| words.contains(&text.as_str()));
    word.map(|(_, number)| number).or_else(|| roman(&text))
}

fn roman(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 8 {
        return None;
    }
    let digits: Vec<u32> = text
        .chars()
        .map(|c| match c {
            'i' => Some(1),
            'v' => Some(5),
            'x' => Some(10),
            'l' => Some(50),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let (mut sum, mut highest) = (0_u32, 0);
    for digit in digits.into_iter().rev() {
        if digit < highest {
            sum = sum.saturating_sub(digit);
        } else {
            sum += digit;
            highest = digit;
        }
    }
    Some(sum).filter(|sum| *sum > 0)
}
