//! The real works of the demo: out of copyright in the European Union, their authors dead before 1955.
//!
//! Title, author, year and publisher are those of the first publication: facts. The summaries were written for
//! Bouquin. The editions that the demo sells of them (price, number, stock) are not real, and their ISBNs say so
//! (see [`super::isbn`]); the works are, so they are not marked as generated.

use std::sync::LazyLock;

use trade::availability::Availability;
use trade::contributor::ContributorRole;
use trade::goods::Goods;
use trade::ids::{EditionId, WorkId};
use trade::language::Language;

use super::house;
use super::random::Random;
use super::{isbn, popularity, text};
use crate::model::{Contributor, Edition, Form, PublicationDate, Series};

/// Tab-separated, a heading line first; years before printing are left empty.
const FILES: [&str; 4] = [
    include_str!("../../data/demo/french_before_1800.tsv"),
    include_str!("../../data/demo/french_nineteenth_century.tsv"),
    include_str!("../../data/demo/french_twentieth_century.tsv"),
    include_str!("../../data/demo/world.tsv"),
];

/// How many real works the demo has.
pub(super) fn count() -> u32 {
    static COUNT: LazyLock<u32> = LazyLock::new(|| {
        let lines: usize = FILES.iter().map(|file| file.lines().skip(1).count()).sum();
        u32::try_from(lines).unwrap_or(u32::MAX)
    });
    *COUNT
}

/// An edition of each real work, numbered from 1.
pub(super) fn editions(titles: u32, seed: u64) -> impl Iterator<Item = Edition> {
    FILES
        .into_iter()
        .flat_map(|file| file.lines().skip(1))
        .zip(1_u32..)
        .filter_map(move |(row, number)| edition(row, number, titles, seed))
}

fn edition(row: &str, number: u32, titles: u32, seed: u64) -> Option<Edition> {
    let mut columns = row.split('\t');
    let mut next = || columns.next();
    let (author, inverted, title, original) = (next()?, next()?, next()?, next()?);
    let (series, volume, year, publisher) = (next()?, next()?, next()?, next()?);
    let (language, subject, form, pages) = (next()?, next()?, next()?, next()?);
    let (french, english) = (next()?, next()?);

    let mut random = Random::for_part(seed, 1, number.into());
    let form = Form::parse(form)?;
    let pages = pages.parse().ok()?;
    let mut edition = Edition::titled(title);
    edition.id = EditionId(number.into());
    edition.work = WorkId(number.into());
    edition.isbn = isbn::of_edition(number);
    edition.original_title = filled(original);
    edition.contributors = filled(author)
        .map(|name| Contributor {
            name,
            inverted: filled(inverted),
            role: ContributorRole::Author,
        })
        .into_iter()
        .collect();
    edition.publisher = filled(publisher);
    edition.series = filled(series).map(|title| Series {
        title,
        volume: filled(volume),
    });
    edition.language = Language::parse(language).ok();
    edition.published = year.parse().ok().map(PublicationDate::year);
    edition.form = form;
    edition.pages = Some(pages);
    edition.subjects = house::subjects(subject);
    edition.texts = vec![
        text(Language::FRENCH, french),
        text(Language::ENGLISH, english),
    ];
    edition.price = house::price(subject, form, pages, &mut random);
    edition.availability = random
        .weighted(&[
            (88, Availability::InStock),
            (10, Availability::ToOrder { days: 4 }),
            (2, Availability::TemporarilyOut),
        ])
        .unwrap_or(Availability::InStock);
    edition.goods = Goods::NewBook;
    edition.popularity = popularity::of(number, titles);
    edition.records = vec![format!("demo:{number}")];
    Some(edition)
}

fn filled(column: &str) -> Option<String> {
    (!column.is_empty()).then(|| column.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::collections::HashSet;

    use trade::locale::Locale;

    use super::*;

    #[test]
    fn every_row_becomes_an_edition_with_two_summaries_a_number_and_a_price() {
        let editions: Vec<Edition> = editions(1_000, 7).collect();
        assert_eq!(editions.len(), usize::try_from(count()).unwrap());
        assert!(editions.len() >= 320, "{}", editions.len());
        for edition in &editions {
            let title = &edition.title;
            let (french, english) = (
                edition.summary(Locale::Fr).unwrap(),
                edition.summary(Locale::En).unwrap(),
            );
            assert_ne!(french.body, english.body, "{title}");
            for body in [&french.body, &english.body] {
                assert!(
                    body.chars().count() > 60 && body.ends_with(['.', '!', '?', '»']),
                    "{title}: {body}"
                );
            }
            assert!(
                edition.subject().is_some()
                    && edition.buyable() | (edition.availability == Availability::TemporarilyOut)
            );
            assert!(!edition.generated && edition.language.is_some(), "{title}");
        }
        let numbers: HashSet<_> = editions
            .iter()
            .map(|edition| edition.isbn.unwrap())
            .collect();
        let titles: HashSet<_> = editions
            .iter()
            .map(|edition| (&edition.title, edition.byline()))
            .collect();
        assert_eq!(
            (numbers.len(), titles.len()),
            (editions.len(), editions.len())
        );
    }

    #[test]
    fn t1_french_texts_have_no_typewriter_punctuation() {
        for edition in editions(1_000, 7) {
            let body = &edition.summary(Locale::Fr).unwrap().body;
            for wrong in ["'", "\"", " ;", " ?", " !", " :", "« ", " »", "  ", "..."] {
                assert!(!body.contains(wrong), "{wrong:?} in {body}");
            }
        }
    }
}
