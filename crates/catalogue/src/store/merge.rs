//! One edition from what several senders say of it, field by field.
//!
//! The records come in the bookseller's order of precedence; each field is the first record's that says something.
//! What belongs together stays together: form and kind of goods, title and subtitle. Statements that add up are added
//! up: subjects, further ISBNs, texts of another kind or language. Where a field comes from is found by merging
//! again, so it is never stored.

use std::cmp::Reverse;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::notification::Origin;
use super::precedence::Rank;
use crate::limits;
use crate::model::{Availability, Edition, Embargo, Form, Goods, Isbn13, Text};
use crate::text;

/// The fields of an edition that a source is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Its ISBN.
    Isbn,
    /// Its title.
    Title,
    /// Its subtitle.
    Subtitle,
    /// Its title in the original language.
    OriginalTitle,
    /// Those who made it.
    Contributors,
    /// Its publisher.
    Publisher,
    /// Its collection.
    Collection,
    /// Its series and volume.
    Series,
    /// Its language.
    Language,
    /// Its date of publication.
    Published,
    /// Its form and kind of goods.
    Form,
    /// Its number of pages.
    Pages,
    /// Its subjects: the first source of them.
    Subjects,
    /// Its texts: the first source of them.
    Texts,
    /// The picture of its cover.
    Cover,
    /// Its price.
    Price,
    /// Its availability.
    Availability,
}

impl Field {
    /// All of them.
    pub const ALL: [Field; 17] = [
        Field::Isbn,
        Field::Title,
        Field::Subtitle,
        Field::OriginalTitle,
        Field::Contributors,
        Field::Publisher,
        Field::Collection,
        Field::Series,
        Field::Language,
        Field::Published,
        Field::Form,
        Field::Pages,
        Field::Subjects,
        Field::Texts,
        Field::Cover,
        Field::Price,
        Field::Availability,
    ];
}

impl Field {
    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            Field::Isbn => "isbn",
            Field::Title => "title",
            Field::Subtitle => "subtitle",
            Field::OriginalTitle => "original_title",
            Field::Contributors => "contributors",
            Field::Publisher => "publisher",
            Field::Collection => "collection",
            Field::Series => "series",
            Field::Language => "language",
            Field::Published => "published",
            Field::Form => "form",
            Field::Pages => "pages",
            Field::Subjects => "subjects",
            Field::Texts => "texts",
            Field::Cover => "cover",
            Field::Price => "price",
            Field::Availability => "availability",
        }
    }

    fn differs(self, one: &Edition, other: &Edition) -> bool {
        match self {
            Field::Isbn => one.isbn != other.isbn,
            Field::Title => one.title != other.title,
            Field::Subtitle => one.subtitle != other.subtitle,
            Field::OriginalTitle => one.original_title != other.original_title,
            Field::Contributors => one.contributors != other.contributors,
            Field::Publisher => one.publisher != other.publisher,
            Field::Collection => one.collection != other.collection,
            Field::Series => one.series != other.series,
            Field::Language => one.language != other.language,
            Field::Published => (one.published, one.embargo) != (other.published, other.embargo),
            Field::Form => {
                (one.form, one.goods, one.school_book)
                    != (other.form, other.goods, other.school_book)
            }
            Field::Pages => one.pages != other.pages,
            Field::Subjects => one.subjects != other.subjects,
            Field::Texts => one.texts != other.texts,
            Field::Cover => one.cover != other.cover,
            Field::Price => one.price != other.price || one.price_changes != other.price_changes,
            Field::Availability => one.availability != other.availability,
        }
    }
}

/// The fields in which two editions differ.
pub(super) fn differences(one: &Edition, other: &Edition) -> Vec<Field> {
    Field::ALL
        .into_iter()
        .filter(|field| field.differs(one, other))
        .collect()
}

/// Where a field of an edition comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The field.
    pub field: Field,
    /// Who sent it.
    pub sender: String,
    /// The sender's name for the record.
    pub reference: String,
    /// The import and the message that brought it.
    pub origin: Origin,
}

/// Whether the record is somebody's offer: it has a price, or a supplier speaks.
pub(super) fn sells(edition: &Edition) -> bool {
    edition.price.is_some() || edition.availability != Availability::Unknown
}

/// The order of records beside the bookseller's own of their senders: offers before descriptions, fuller records
/// before thinner ones.
pub(super) fn default_order(edition: &Edition) -> impl Ord + use<> {
    (!sells(edition), Reverse(filled(edition)))
}

fn filled(edition: &Edition) -> usize {
    [
        edition.isbn.is_some(),
        edition.subtitle.is_some(),
        edition.original_title.is_some(),
        !edition.contributors.is_empty(),
        edition.publisher.is_some(),
        edition.collection.is_some(),
        edition.series.is_some(),
        edition.language.is_some(),
        edition.published.is_some(),
        edition.form != Form::Other,
        edition.pages.is_some(),
        !edition.subjects.is_empty(),
        !edition.texts.is_empty(),
    ]
    .into_iter()
    .filter(|is_filled| *is_filled)
    .count()
}

/// The first record that says something of a field, by its place.
fn first_source(field: Field, records: &[&Edition]) -> Option<usize> {
    let title = || {
        let titled = records.iter().find(|edition| !edition.title.is_empty());
        titled.map(|first| text::fold(&first.title))
    };
    records.iter().position(|edition| match field {
        Field::Isbn => edition.isbn.is_some(),
        // Only a correction of something else has none.
        Field::Title => !edition.title.is_empty(),
        Field::Subtitle => {
            edition.subtitle.is_some() && Some(text::fold(&edition.title)) == title()
        }
        Field::OriginalTitle => edition.original_title.is_some(),
        Field::Contributors => !edition.contributors.is_empty(),
        Field::Publisher => edition.publisher.is_some(),
        Field::Collection => edition.collection.is_some(),
        Field::Series => edition.series.is_some(),
        Field::Language => edition.language.is_some(),
        Field::Published => edition.published.is_some(),
        Field::Form => edition.form != Form::Other || edition.goods != Goods::NewBook,
        Field::Pages => edition.pages.is_some(),
        Field::Subjects => !edition.subjects.is_empty(),
        Field::Texts => !edition.texts.is_empty(),
        Field::Cover => edition.cover.is_some(),
        Field::Price => edition.price.is_some() || !edition.price_changes.is_empty(),
        Field::Availability => edition.availability != Availability::Unknown,
    })
}

/// The fields that have a source, with its place among `records`.
pub(super) fn sources(records: &[&Edition]) -> Vec<(Field, usize)> {
    Field::ALL
        .into_iter()
        .filter_map(|field| Some((field, first_source(field, records)?)))
        .collect()
}

/// The edition that records are of, in order of precedence; none of none.
pub(super) fn merge(ranked: &[(Rank, &Edition)]) -> Option<Edition> {
    let records: Vec<&Edition> = ranked.iter().map(|(_, edition)| *edition).collect();
    let (first, others) = records.split_first()?;
    let mut edition = (*first).clone();
    if others.is_empty() {
        return Some(edition);
    }
    for (field, place) in sources(&records) {
        if let Some(source) = records.get(place).filter(|_| place > 0) {
            take(field, &mut edition, source);
        }
    }
    for other in others {
        add(&mut edition, other);
    }
    gather_isbns(&mut edition, &records);
    edition.embargo = embargo(ranked);
    Some(edition)
}

/// The embargo of what several senders say (O12): for each of showing, ordering and handing over, the day that the
/// sender who comes first names.
///
/// Who names none lifts nobody's, since most records say nothing of embargoes; a sender lifts its own by sending the
/// record without it. Where the bookseller did not say whose word counts first, the latest day protects: a book sold a
/// day late is an annoyance, one sold a day early a breach. Corrections say nothing of embargoes.
fn embargo(ranked: &[(Rank, &Edition)]) -> Embargo {
    let day = |of: fn(&Embargo) -> Option<Date>| {
        let named = ranked
            .iter()
            .filter(|(rank, _)| *rank != Rank::Correction)
            .filter_map(|(rank, edition)| Some((*rank, Reverse(of(&edition.embargo)?))));
        named.min().map(|(_, Reverse(day))| day)
    };
    Embargo {
        display: day(|embargo| embargo.display),
        order: day(|embargo| embargo.order),
        delivery: day(|embargo| embargo.delivery),
    }
}

fn take(field: Field, edition: &mut Edition, source: &Edition) {
    match field {
        Field::Isbn => edition.isbn = source.isbn,
        Field::Title => edition.title.clone_from(&source.title),
        Field::Subtitle => edition.subtitle.clone_from(&source.subtitle),
        Field::OriginalTitle => edition.original_title.clone_from(&source.original_title),
        Field::Contributors => edition.contributors.clone_from(&source.contributors),
        Field::Publisher => edition.publisher.clone_from(&source.publisher),
        Field::Collection => edition.collection.clone_from(&source.collection),
        Field::Series => edition.series.clone_from(&source.series),
        Field::Language => edition.language = source.language,
        Field::Published => edition.published = source.published,
        Field::Form => {
            edition.form = source.form;
            edition.goods = source.goods;
            edition.school_book = source.school_book;
        }
        Field::Pages => edition.pages = source.pages,
        Field::Subjects => edition.subjects.clone_from(&source.subjects),
        Field::Texts => edition.texts.clone_from(&source.texts),
        Field::Cover => edition.cover.clone_from(&source.cover),
        Field::Price => {
            edition.price = source.price;
            edition.price_changes.clone_from(&source.price_changes);
        }
        Field::Availability => edition.availability = source.availability,
    }
}

/// What adds up.
fn add(edition: &mut Edition, other: &Edition) {
    for subject in &other.subjects {
        if edition.subjects.len() < limits::PARTS && !edition.subjects.contains(subject) {
            edition.subjects.push(subject.clone());
        }
    }
    for addition in &other.texts {
        let is_there = |known: &Text| {
            known.kind == addition.kind
                && (known.language.is_none()
                    || addition.language.is_none()
                    || known.language == addition.language)
        };
        if edition.texts.len() < limits::PARTS && !edition.texts.iter().any(is_there) {
            edition.texts.push(addition.clone());
        }
    }
    for number in &other.flagged_isbns {
        if edition.flagged_isbns.len() < limits::PARTS && !edition.flagged_isbns.contains(number) {
            edition.flagged_isbns.push(number.clone());
        }
    }
    edition.popularity = edition.popularity.max(other.popularity);
    edition.generated |= other.generated;
    edition.records.extend(other.records.iter().cloned());
}

/// Every valid ISBN of the records must find the book.
fn gather_isbns(edition: &mut Edition, records: &[&Edition]) {
    let mut others: Vec<Isbn13> = Vec::new();
    for isbn in records.iter().flat_map(|record| record.isbns()) {
        if Some(isbn) != edition.isbn && !others.contains(&isbn) && others.len() < limits::PARTS {
            others.push(isbn);
        }
    }
    edition.other_isbns = others;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::*;
    use crate::model::PublicationDate;

    const FIRST: Rank = Rank::Placed(1);
    const SECOND: Rank = Rank::Placed(2);

    /// What a sender says who forbids to order before a day of December, and before another to hand over.
    fn forbids(order: Option<i8>, delivery: Option<i8>) -> Edition {
        let day = |day| date(2026, 12, day);
        Edition {
            embargo: Embargo {
                display: None,
                order: order.map(day),
                delivery: delivery.map(day),
            },
            ..Edition::titled("Demain")
        }
    }

    fn dated(edition: Edition) -> Edition {
        Edition {
            published: Some(PublicationDate {
                year: 2026,
                month: None,
                day: None,
            }),
            ..edition
        }
    }

    fn merged(ranked: &[(Rank, &Edition)]) -> Embargo {
        merge(ranked).unwrap().embargo
    }

    #[test]
    fn o12_a_sender_who_names_no_embargo_lifts_nobodys() {
        let (silent, strict) = (dated(forbids(None, None)), forbids(Some(9), None));
        for ranks in [[FIRST, SECOND], [SECOND, FIRST], [Rank::Unplaced; 2]] {
            let [one, other] = ranks;
            let mut ranked = [(one, &silent), (other, &strict)];
            ranked.sort_by_key(|(rank, _)| *rank);
            assert_eq!(merged(&ranked), strict.embargo, "{ranks:?}");
        }
        assert_eq!(merged(&[(FIRST, &silent)]), Embargo::default(), "lifted");
    }

    #[test]
    fn o12_of_two_days_for_one_thing_the_first_senders_counts() {
        let (early, late) = (forbids(Some(2), None), forbids(Some(9), Some(5)));
        let both = merged(&[(FIRST, &early), (SECOND, &late)]);
        assert_eq!(
            both,
            forbids(Some(2), Some(5)).embargo,
            "each thing by itself"
        );
        let both = merged(&[(FIRST, &late), (SECOND, &early)]);
        assert_eq!(both, late.embargo);
        let placed = merged(&[(FIRST, &early), (Rank::Unplaced, &late)]);
        assert_eq!(placed.order, early.embargo.order);
    }

    #[test]
    fn o12_when_nobody_said_who_comes_first_the_later_day_protects() {
        let (early, late) = (dated(forbids(Some(2), None)), forbids(Some(9), None));
        for rank in [Rank::Unplaced, FIRST] {
            for ranked in [[&early, &late], [&late, &early]] {
                let [one, other] = ranked.map(|edition| (rank, edition));
                assert_eq!(merged(&[one, other]), late.embargo, "{rank:?}");
            }
        }
    }

    #[test]
    fn o12_the_embargo_follows_the_senders_whatever_is_corrected() {
        let correction = Edition {
            published: Some(PublicationDate {
                year: 2027,
                month: None,
                day: None,
            }),
            ..forbids(Some(1), Some(1))
        };
        let theirs = dated(forbids(Some(2), None));
        let corrected = merge(&[(Rank::Correction, &correction), (FIRST, &theirs)]).unwrap();
        assert_eq!(corrected.published, correction.published);
        assert_eq!(
            corrected.embargo, theirs.embargo,
            "set after the correction"
        );
        let lifted = dated(forbids(None, None));
        let lifted = merged(&[(Rank::Correction, &correction), (FIRST, &lifted)]);
        assert_eq!(lifted, Embargo::default());
    }
}
