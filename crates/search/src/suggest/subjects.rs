//! Subjects that have books, by the words of their headings.
//!
//! The headings of a language are sorted when somebody first types in it, so a language that no reader reads takes no
//! memory; all fifteen together take 3 MB where every subject has books.

use std::sync::OnceLock;

use catalogue::thema::{HeadingLanguage, Thema};
use tantivy::{Searcher, Term};

use crate::aisle::Aisle;
use crate::analysis::{Forms, fold, is_stop_word, normalize, split};
use crate::limits::QUERY_WORDS;
use crate::schema::Fields;

/// A subject and the number of editions under it.
type WithBooks = (Thema, u64);

/// The headings of one language.
#[derive(Debug)]
struct Headings {
    /// Each with its folded words.
    folded: Vec<(WithBooks, Box<str>)>,
    /// Where a reader may begin: which heading, and from which byte of it on. Sorted by what stands there.
    beginnings: Vec<(u16, u16)>,
}

/// The subjects in all languages.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    with_books: Vec<WithBooks>,
    headings: [OnceLock<Headings>; HeadingLanguage::ALL.len()],
}

impl Subjects {
    /// The subjects of everything in the index. Qualifiers are none by themselves.
    pub(super) fn gather(searcher: &Searcher, fields: &Fields) -> tantivy::Result<Subjects> {
        let mut with_books = Vec::new();
        for thema in Thema::all().filter(|thema| !thema.is_qualifier()) {
            let term = Term::from_field_text(fields.filter, &Aisle::Subject(thema).term());
            let books = searcher.doc_freq(&term)?;
            if books > 0 {
                with_books.push((thema, books));
            }
        }
        Ok(Subjects::of(with_books))
    }

    fn of(with_books: Vec<WithBooks>) -> Subjects {
        Subjects {
            with_books,
            headings: Default::default(),
        }
    }

    /// Subjects with a word that begins so in one of the languages, those with most books first. Each once, with the
    /// first of the languages in which it was found.
    pub(super) fn beginning(
        &self,
        beginning: &str,
        languages: &[HeadingLanguage],
    ) -> Vec<(Thema, HeadingLanguage)> {
        let mut found: Vec<(WithBooks, usize, HeadingLanguage)> = Vec::new();
        for (place, language) in languages.iter().enumerate() {
            let Some(headings) = self.headings.get(*language as usize) else {
                continue;
            };
            let headings = headings.get_or_init(|| Headings::of(*language, &self.with_books));
            let begun = headings.beginning(beginning);
            found.extend(begun.map(|subject| (subject, place, *language)));
        }
        found.sort_by_key(|((thema, books), place, _)| (std::cmp::Reverse(*books), *thema, *place));
        found.dedup_by_key(|((thema, _), _, _)| *thema);
        found
            .into_iter()
            .map(|((thema, _), _, language)| (thema, language))
            .collect()
    }
}

impl Headings {
    fn of(language: HeadingLanguage, with_books: &[WithBooks]) -> Headings {
        let mut folded = Vec::new();
        let mut beginnings = Vec::new();
        for subject in with_books {
            let Some(heading) = subject.0.translation(language) else {
                continue;
            };
            let (words, begins) = folded_words(heading);
            if let Ok(place) = u16::try_from(folded.len()) {
                let begins = begins
                    .into_iter()
                    .filter_map(|from| u16::try_from(from).ok());
                beginnings.extend(begins.map(|from| (place, from)));
                folded.push((*subject, words.into_boxed_str()));
            }
        }
        let mut headings = Headings {
            folded,
            beginnings: Vec::new(),
        };
        beginnings.sort_by(|one, other| headings.words_at(*one).cmp(headings.words_at(*other)));
        headings.folded.shrink_to_fit();
        beginnings.shrink_to_fit();
        headings.beginnings = beginnings;
        headings
    }

    fn words_at(&self, (place, from): (u16, u16)) -> &str {
        let heading = self.folded.get(usize::from(place));
        heading
            .and_then(|(_, words)| words.get(usize::from(from)..))
            .unwrap_or_default()
    }

    fn beginning(&self, beginning: &str) -> impl Iterator<Item = WithBooks> {
        let first = self
            .beginnings
            .partition_point(|at| self.words_at(*at) < beginning);
        let rest = self.beginnings.get(first..).unwrap_or_default();
        rest.iter()
            .take_while(move |at| self.words_at(**at).starts_with(beginning))
            .filter_map(|(place, _)| Some(self.folded.get(usize::from(*place))?.0))
    }
}

/// The words of a heading as [`super::key`] folds them, and the bytes at which a reader may begin: each word that says
/// something, and what follows an apostrophe inside one (*dell’arte*). Japanese, which has no blanks, begins at each part
/// between marks.
fn folded_words(heading: &str) -> (String, Vec<usize>) {
    let mut folded = String::new();
    let mut begins = Vec::new();
    for word in split(&normalize(heading), QUERY_WORDS) {
        let forms = Forms::of(&word.text);
        let main = fold(&forms.main);
        if !folded.is_empty() {
            folded.push(' ');
        }
        let mut at = folded.len();
        if !is_stop_word(&main) {
            begins.push(at);
        }
        folded.push_str(&main);
        for part in &forms.parts {
            at += fold(part).len();
            if at < folded.len() {
                begins.push(at);
            }
        }
    }
    (folded, begins)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use HeadingLanguage::{Arabic, English, French, German, Italian, Japanese, Polish};

    use super::super::key;
    use super::*;

    fn subjects(codes: &[(&str, u64)]) -> Subjects {
        let subject = |(code, books): &(&str, u64)| (Thema::parse(code).unwrap(), *books);
        Subjects::of(codes.iter().map(subject).collect())
    }

    fn codes(subjects: &Subjects, typed: &str, languages: &[HeadingLanguage]) -> Vec<String> {
        let found = subjects.beginning(&key(typed, false), languages);
        let named = |(thema, language): (Thema, HeadingLanguage)| {
            format!("{} {}", thema.code(), language.code())
        };
        found.into_iter().map(named).collect()
    }

    #[test]
    fn a_subject_is_found_in_the_readers_language_and_in_that_of_the_page() {
        let subjects = subjects(&[("A", 9), ("AGA", 3), ("FF", 7), ("FBA", 5)]);
        let both = [German, English];
        assert_eq!(codes(&subjects, "krimi", &both), ["FF de"]);
        assert_eq!(codes(&subjects, "Crime", &both), ["FF en"]);
        assert_eq!(codes(&subjects, "krimi", &[French]), [""; 0]);
        assert_eq!(codes(&subjects, "kunst", &both), ["A de", "AGA de"]);
        // In both languages, and shown once.
        assert_eq!(codes(&subjects, "modern", &both), ["FBA de"]);
    }

    #[test]
    fn only_languages_that_somebody_types_in_are_sorted() {
        let subjects = subjects(&[("FF", 7)]);
        codes(&subjects, "krimi", &[German, French]);
        let sorted = subjects.headings.iter().filter_map(OnceLock::get).count();
        assert_eq!(sorted, 2);
    }

    #[test]
    fn other_scripts_and_marks_are_found() {
        let subjects = subjects(&[("A", 9), ("AGA", 3), ("AFF", 2), ("FF", 7)]);
        assert_eq!(codes(&subjects, "芸", &[Japanese]), ["A ja", "AGA ja"]);
        // Behind the middle dot of デッサン・ドローイング.
        assert_eq!(codes(&subjects, "ドロー", &[Japanese]), ["AFF ja"]);
        assert_eq!(codes(&subjects, "الفن", &[Arabic]), ["A ar", "AGA ar"]);
        assert_eq!(codes(&subjects, "krymin", &[Polish]), ["FF pl"]);
        for typed in ["arte", "dell'arte", "storia dell’a"] {
            let found = codes(&subjects, typed, &[Italian]);
            assert!(found.contains(&"AGA it".to_owned()), "{typed}: {found:?}");
        }
    }

    #[test]
    fn all_languages_take_little_memory() {
        let all = Thema::all().filter(|thema| !thema.is_qualifier());
        let with_books: Vec<WithBooks> = all.map(|thema| (thema, 1)).collect();
        let mut bytes = 0;
        for language in HeadingLanguage::ALL {
            let headings = Headings::of(language, &with_books);
            let words: usize = headings.folded.iter().map(|(_, words)| words.len()).sum();
            bytes += words
                + headings.folded.capacity() * size_of::<(WithBooks, Box<str>)>()
                + headings.beginnings.capacity() * size_of::<(u16, u16)>();
        }
        assert!(bytes < 3_500_000, "{bytes} bytes");
    }
}
