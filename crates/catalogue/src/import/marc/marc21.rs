//! What the fields of MARC 21 mean for an edition.

use super::fields::{Field, Fields};
use super::{form, people, subjects};
use crate::import::isbd::{
    pages, trimmed, volume, without_brackets, without_material, without_stop, year,
};
use crate::import::plain_text::{one_line, paragraphs};
use crate::import::{Remarks, isbn};
use crate::limits;
use crate::model::{Edition, Language, PublicationDate, Series, Text, TextKind};

/// Reads an edition; none without a title.
pub(super) fn read(fields: &Fields, remarks: &mut Remarks) -> Edition {
    let mut edition = titled(fields).unwrap_or_else(|| Edition::titled(""));
    number(&mut edition, fields, remarks);
    edition.contributors = people::marc21(fields);
    published(&mut edition, fields);
    edition.language = language(fields);
    edition.original_title = original_title(fields, &edition);
    edition.pages = fields
        .all(&["300"])
        .flat_map(|field| field.texts('a'))
        .find_map(pages);
    if edition.series.is_none() {
        (edition.series, edition.collection) = series(fields);
    }
    edition.subjects = subjects::marc21(fields);
    edition.texts = texts(fields, edition.language);
    edition
}

/// Title (a), subtitle (b), and volume number and name (n, p).
fn titled(fields: &Fields) -> Option<Edition> {
    let field = fields.all(&["245"]).next()?;
    let part = |code| {
        field
            .get(code)
            .map(title_line)
            .filter(|text| !text.is_empty())
    };
    // A parallel title (` = `) follows the first one and is none of its subtitles.
    let has_parallel = field
        .subfields()
        .any(|(code, text)| matches!(code, 'a' | 'n' | 'p') && text.ends_with('='));
    let subtitle = part('b').filter(|_| !has_parallel);
    let whole = part('a').or_else(|| part('b'))?;
    let (title, series) = part_of(whole, part('n'), part('p'), form::is_serial(fields));
    // Old records have both in one subfield.
    let (title, in_title) = match title.split_once(" : ") {
        Some((title, rest)) if subtitle.is_none() && !title.is_empty() => {
            (title.to_owned(), Some(rest.to_owned()))
        }
        _ => (title, None),
    };
    let mut edition = Edition::titled(title);
    edition.subtitle = subtitle
        .or(in_title)
        .filter(|subtitle| *subtitle != edition.title);
    edition.series = series;
    Some(edition)
}

/// A title as readers know it: without material, statement of responsibility and last full stop.
pub(super) fn title_line(text: &str) -> String {
    let title = without_material(&one_line(text));
    let title = title
        .split_once(" / ")
        .map_or(title.as_str(), |(title, _)| title);
    without_stop(title).to_owned()
}

/// A volume of a set is called by its own name, else by the set's and its number; a serial's section by both names.
pub(super) fn part_of(
    whole: String,
    number: Option<String>,
    name: Option<String>,
    is_serial: bool,
) -> (String, Option<Series>) {
    match (number, name) {
        (None, None) => (whole, None),
        (number, name) if is_serial || number.is_none() => {
            let parts = [Some(whole), number, name];
            (
                parts.into_iter().flatten().collect::<Vec<_>>().join(". "),
                None,
            )
        }
        (number, name) => {
            let number = number.map(|number| volume(&number));
            let title = name
                .unwrap_or_else(|| format!("{whole}, {}", number.as_deref().unwrap_or_default()));
            let series = Series {
                title: whole,
                volume: number,
            };
            (title, Some(series))
        }
    }
}

/// 020: the ISBNs (a) in the order of the record, files after printed books, then those that are cancelled or another
/// binding's (z).
fn number(edition: &mut Edition, fields: &Fields, remarks: &mut Remarks) {
    let mut own: Vec<(bool, &str)> = Vec::new();
    for field in fields.all(&["020"]) {
        let is_file = form::of_qualifiers(field) == Some(crate::model::Form::Ebook);
        own.extend(field.texts('a').map(|text| (is_file, text)));
    }
    let printed_first = !form::is_electronic(fields);
    own.sort_by_key(|(is_file, _)| *is_file == printed_first);
    let others = fields.all(&["020"]).flat_map(|field| field.texts('z'));
    let sent: Vec<&str> = own
        .into_iter()
        .map(|(_, text)| text)
        .chain(others)
        .map(without_qualifier)
        .filter(|number| !number.is_empty())
        .collect();
    isbn::put(edition, sent, remarks);
}

/// `2070541274 (br.) :` as its number.
pub(super) fn without_qualifier(number: &str) -> &str {
    let number = number
        .split(['(', ':', ';'])
        .next()
        .unwrap_or(number)
        .trim();
    // A word behind the number, as old records have it: `0123456789 pbk.`
    match number.split_once(' ') {
        Some((digits, words))
            if words.starts_with(|c: char| c.is_alphabetic() && !matches!(c, 'x' | 'X')) =>
        {
            digits
        }
        _ => number,
    }
}

/// Publisher and year: 264 with second indicator 1, else 260, else another 264; the year of 008 when neither says one.
fn published(edition: &mut Edition, fields: &Fields) {
    let publications = || {
        let own = fields
            .all(&["264"])
            .filter(|field| field.indicator(1) == '1');
        own.chain(fields.all(&["260", "264"]))
    };
    edition.publisher = publications().find_map(|field| publisher(field, 'b'));
    edition.published = publications()
        .find_map(|field| field.texts('c').find_map(year))
        .or_else(|| year(fields.coded("008", 7, 11)?))
        .map(PublicationDate::year);
}

/// A publisher's name, if it is one: `[s.n.]` says that there is none.
pub(super) fn publisher(field: &Field, code: char) -> Option<String> {
    field.texts(code).find_map(|text| {
        let name = without_brackets(&one_line(text));
        let bare: String = name
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        let is_name = !matches!(
            bare.as_str(),
            "" | "sn"
                | "sl"
                | "snsl"
                | "publishernotidentified"
                | "editeurnonidentifié"
                | "verlagnichtermittelbar"
        );
        is_name.then_some(name)
    })
}

/// 041 a (codes may stand behind each other), else 008.
fn language(fields: &Fields) -> Option<Language> {
    fields
        .line("041", 'a')
        .and_then(|codes| known_language(codes.get(..3)?))
        .or_else(|| known_language(fields.coded("008", 35, 38)?))
}

/// A language, unless it says that there is none or many.
pub(super) fn known_language(code: &str) -> Option<Language> {
    let is_one = !matches!(code, "und" | "mul" | "zxx" | "mis" | "xxx");
    Language::parse(code).ok().filter(|_| is_one)
}

/// 240, when the record says that the book is a translation (041, first indicator 1) or 765 names the original.
fn original_title(fields: &Fields, edition: &Edition) -> Option<String> {
    let is_translated = fields
        .all(&["041"])
        .any(|field| field.indicator(0) == '1' || field.get('h').is_some());
    let uniform = || fields.line("240", 'a').filter(|_| is_translated);
    fields
        .line("765", 't')
        .or_else(uniform)
        .map(|title| without_stop(&title).to_owned())
        .filter(|title| !title.is_empty() && *title != edition.title)
}

/// 800, 830, 490: with a number it is a series, without one a publisher's collection.
fn series(fields: &Fields) -> (Option<Series>, Option<String>) {
    let (mut series, mut collection) = (None, None);
    for field in fields.all(&["800", "830", "490", "440"]) {
        let title = field.line(if field.tag() == "800" { 't' } else { 'a' });
        put_series(title, field.line('v'), &mut series, &mut collection);
    }
    (series, collection)
}

/// Sorts one statement into series or collection, the first of each kind.
pub(super) fn put_series(
    title: Option<String>,
    number: Option<String>,
    series: &mut Option<Series>,
    collection: &mut Option<String>,
) {
    let Some(title) = title
        .map(|title| title_line(&without_brackets(&title)))
        .map(|title| title.split(" : ").next().unwrap_or_default().to_owned())
        .filter(|title| !title.is_empty())
    else {
        return;
    };
    let number = number
        .map(|number| volume(trimmed(&number)))
        .filter(|number| !number.is_empty());
    match number {
        Some(number) if series.is_none() => {
            *series = Some(Series {
                title,
                volume: Some(number),
            });
        }
        Some(_) => {}
        None if collection.is_none() => *collection = Some(title),
        None => {}
    }
}

/// Summaries (520) and tables of contents (505).
fn texts(fields: &Fields, language: Option<Language>) -> Vec<Text> {
    let mut texts = Vec::new();
    for field in fields.in_order(&["520", "505"]) {
        let kind = match (field.tag(), field.indicator(0)) {
            ("505", _) => TextKind::TableOfContents,
            (_, '1') => TextKind::Review,
            // Advice on content.
            (_, '4') => continue,
            _ => TextKind::Summary,
        };
        push_text(
            &mut texts,
            kind,
            language,
            field,
            &['a', 'b', 'g', 't', 'r'],
        );
    }
    texts
}

/// The text of these subfields, joined as they stand.
pub(super) fn push_text(
    texts: &mut Vec<Text>,
    kind: TextKind,
    language: Option<Language>,
    field: &Field,
    codes: &[char],
) {
    let parts: Vec<&str> = field
        .subfields()
        .filter(|(code, _)| codes.contains(code))
        .map(|(_, text)| text)
        .collect();
    let body = paragraphs(&parts.join(" "));
    if !body.is_empty() && texts.len() < limits::PARTS {
        texts.push(Text {
            kind,
            language,
            body,
            cited: None,
        });
    }
}
