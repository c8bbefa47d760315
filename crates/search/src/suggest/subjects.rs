//! Subjects that have books, by the words of their headings.

use catalogue::thema::Thema;
use tantivy::{Searcher, Term};
use trade::locale::Locale;

use super::key;
use crate::aisle::Aisle;
use crate::analysis::is_stop_word;
use crate::schema::Fields;

/// A heading from one of its words on.
#[derive(Debug)]
struct Heading {
    key: String,
    thema: Thema,
    /// How many editions stand under it.
    books: u64,
}

/// The headings of one language, sorted by their keys.
#[derive(Debug)]
struct Headings {
    locale: Locale,
    sorted: Vec<Heading>,
}

/// The subjects of all languages.
#[derive(Debug, Default)]
pub(super) struct Subjects(Vec<Headings>);

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
        Ok(Subjects(
            Locale::ALL
                .iter()
                .map(|locale| Headings::of(*locale, &with_books))
                .collect(),
        ))
    }

    /// Subjects with a word that begins so, those with most books first.
    pub(super) fn beginning(
        &self,
        beginning: &str,
        locale: Locale,
    ) -> impl Iterator<Item = (&'static str, Thema)> {
        let headings = self.0.iter().find(|headings| headings.locale == locale);
        let sorted = headings
            .map(|headings| headings.sorted.as_slice())
            .unwrap_or_default();
        let from = sorted.partition_point(|heading| heading.key.as_str() < beginning);
        let rest = sorted.get(from..).unwrap_or_default();
        let mut found: Vec<&Heading> = rest
            .iter()
            .take_while(|heading| heading.key.starts_with(beginning))
            .collect();
        found.sort_by_key(|heading| (std::cmp::Reverse(heading.books), heading.thema));
        found.dedup_by_key(|heading| heading.thema);
        found
            .into_iter()
            .map(move |heading| (heading.thema.heading(locale), heading.thema))
    }
}

impl Headings {
    fn of(locale: Locale, with_books: &[(Thema, u64)]) -> Headings {
        let mut sorted = Vec::new();
        for (thema, books) in with_books {
            let whole = key(thema.heading(locale), false);
            let mut rest = whole.as_str();
            while !rest.is_empty() {
                let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
                if !is_stop_word(word) {
                    sorted.push(Heading {
                        key: rest.to_owned(),
                        thema: *thema,
                        books: *books,
                    });
                }
                rest = after;
            }
        }
        sorted.sort_by(|one, other| one.key.cmp(&other.key));
        Headings { locale, sorted }
    }
}
