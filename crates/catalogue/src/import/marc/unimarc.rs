//! What the fields of UNIMARC mean for an edition.

use super::fields::{Field, Fields};
use super::marc21::{
    known_language, part_of, publisher, push_text, put_series, title_line, without_qualifier,
};
use super::{form, people, subjects};
use crate::import::Remark;
use crate::import::isbd::{pages, without_stop, year};
use crate::import::{Remarks, isbn};
use crate::model::{
    Edition, Form, Language, Money, Price, PriceRegime, PublicationDate, Series, Text, TextKind,
};

/// Reads an edition; none without a title.
pub(super) fn read(fields: &Fields, remarks: &mut Remarks) -> Edition {
    let mut edition = titled(fields).unwrap_or_else(|| Edition::titled(""));
    number(&mut edition, fields, remarks);
    edition.contributors = people::unimarc(fields);
    published(&mut edition, fields);
    edition.language = fields
        .all(&["101"])
        .flat_map(|field| field.texts('a'))
        .find_map(known_language);
    edition.original_title = fields
        .line("454", 't')
        .map(|title| without_stop(&title).to_owned())
        .filter(|title| *title != edition.title);
    edition.pages = fields
        .all(&["215"])
        .flat_map(|field| field.texts('a'))
        .find_map(pages);
    let (series, collection) = series(fields);
    edition.series = edition.series.or(series);
    edition.collection = collection;
    edition.subjects = subjects::unimarc(fields);
    edition.texts = texts(fields, edition.language);
    edition.price = price(fields, remarks);
    edition
}

/// Title (a), subtitles (e), and number and name of a part (h, i).
fn titled(fields: &Fields) -> Option<Edition> {
    let field = fields.all(&["200"]).next()?;
    let part = |code| {
        field
            .get(code)
            .map(title_line)
            .filter(|text| !text.is_empty())
    };
    let whole = part('a').or_else(|| part('i'))?;
    let (title, series) = part_of(whole, part('h'), part('i'), form::is_serial(fields));
    let mut edition = Edition::titled(title);
    let subtitles: Vec<String> = field
        .texts('e')
        .map(title_line)
        .filter(|text| !text.is_empty())
        .collect();
    edition.subtitle = Some(subtitles.join(" : ")).filter(|subtitle| !subtitle.is_empty());
    edition.series = series;
    Some(edition)
}

/// 010 a and the bar code of 073, files after printed books; then the wrong numbers (z).
fn number(edition: &mut Edition, fields: &Fields, remarks: &mut Remarks) {
    let is_file = |field: &&Field| form::of_qualifiers(field) == Some(Form::Ebook);
    let (files, printed): (Vec<&Field>, Vec<&Field>) = fields.all(&["010"]).partition(is_file);
    let own = printed
        .into_iter()
        .chain(files)
        .chain(fields.all(&["073"]))
        .flat_map(|field| field.texts('a'));
    let wrong = fields
        .all(&["010", "073"])
        .flat_map(|field| field.texts('z'));
    let sent: Vec<&str> = own
        .chain(wrong)
        .map(without_qualifier)
        .filter(|number| !number.is_empty())
        .collect();
    isbn::put(edition, sent, remarks);
}

/// 214 with second indicator 0 or 210; the year of 100 when neither says one.
fn published(edition: &mut Edition, fields: &Fields) {
    let publications = || {
        let own = fields
            .all(&["214"])
            .filter(|field| matches!(field.indicator(1), '0' | ' ' | '#'));
        own.chain(fields.all(&["210", "214"]))
    };
    edition.publisher = publications().find_map(|field| publisher(field, 'c'));
    let coded = || {
        let coded = fields.all(&["100"]).find_map(|field| field.get('a'))?;
        year(coded.get(9..13)?)
    };
    edition.published = publications()
        .find_map(|field| field.texts('d').find_map(year))
        .or_else(coded)
        .map(PublicationDate::year);
}

/// 461 is the set that the book is a volume of; 225 and 410 with a number a series, without one a collection.
fn series(fields: &Fields) -> (Option<Series>, Option<String>) {
    let (mut series, mut collection) = (None, None);
    for field in fields.all(&["461", "225", "410"]) {
        let title = field.line(if field.tag() == "225" { 'a' } else { 't' });
        put_series(title, field.line('v'), &mut series, &mut collection);
    }
    let same = |series: &Series, name: &String| series.title == *name;
    if series
        .as_ref()
        .zip(collection.as_ref())
        .is_some_and(|(series, name)| same(series, name))
    {
        collection = None;
    }
    (series, collection)
}

/// Summaries (330) and tables of contents (327).
fn texts(fields: &Fields, language: Option<Language>) -> Vec<Text> {
    let mut texts = Vec::new();
    for field in fields.in_order(&["330", "327"]) {
        let kind = match field.tag() {
            "327" => TextKind::TableOfContents,
            _ => TextKind::Summary,
        };
        push_text(&mut texts, kind, language, field, &['a']);
    }
    texts
}

/// The price in euro (010 d) of a book published in France (102); one in francs or from elsewhere binds nobody here.
fn price(fields: &Fields, remarks: &mut Remarks) -> Option<Price> {
    let sent = fields.line("010", 'd')?;
    let lower = sent.to_lowercase();
    let number = ["eur", "euros", "euro", "€"]
        .iter()
        .fold(lower.clone(), |text, unit| text.replace(unit, ""));
    let is_euro = lower.contains("eur") || lower.contains('€');
    let is_french = fields
        .all(&["102"])
        .any(|field| field.texts('a').any(|country| country == "FR"));
    let amount = Money::parse_decimal(number.trim_matches([' ', 's', '.']))
        .filter(|amount| *amount > Money::ZERO);
    match amount {
        Some(amount) if is_euro && is_french => Some(Price {
            amount,
            regime: PriceRegime::FixedFr,
        }),
        _ => {
            remarks.info(Remark::PriceOfRecord {
                sent: sent.to_string(),
            });
            None
        }
    }
}
