//! One line as a record, in the schema of the merged catalogue sets.
//!
//! `{"id": "gutenberg:1", "source": "gutenberg", "title": …, "contributors": [{"name", "role"?}], "publisher",
//! "year", "language", "isbn13": […], "isbn_invalid": […], "subjects": […], "description", "popularity": {…},
//! "series", "volume", "subtitle", "original_title", "bookshelves": […], "lcc": […], "cover"}`. Only `id` and `title` are
//! required. Such records carry neither price nor availability, so their editions can be found but not bought.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::import::plain_text::{one_line, paragraphs};
use crate::import::titles::{numbered, split_series, split_subtitle};
use crate::import::{Rejection, Remarks, cover, names};
use crate::import::{Remark, Why};
use crate::limits;
use crate::model::{
    Contributor, ContributorRole, CoverLink, Edition, Isbn13, Language, PublicationDate, Subject,
    SubjectScheme, Text, TextKind,
};
use crate::store::Record;

/// A line as it is written.
#[derive(Deserialize)]
struct Written {
    id: Option<String>,
    source: Option<String>,
    title: Option<String>,
    subtitle: Option<String>,
    original_title: Option<String>,
    #[serde(default)]
    contributors: Vec<WrittenContributor>,
    publisher: Option<String>,
    series: Option<String>,
    volume: Option<String>,
    year: Option<i64>,
    language: Option<String>,
    #[serde(default)]
    isbn13: Vec<String>,
    #[serde(default)]
    isbn_invalid: Vec<String>,
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    bookshelves: Vec<String>,
    #[serde(default)]
    lcc: Vec<String>,
    description: Option<String>,
    cover: Option<String>,
    #[serde(default)]
    popularity: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct WrittenContributor {
    name: String,
    role: Option<String>,
}

/// Reads a line.
pub(super) fn read(line: &[u8]) -> Result<(Record, Remarks), Rejection> {
    let written: Written = serde_json::from_slice(line).map_err(|error| {
        Rejection::error(Remark::JsonInvalid {
            why: Why::Words(error.to_string()),
        })
    })?;
    let id = some_line(written.id.as_deref());
    let sender = some_line(written.source.as_deref()).unwrap_or_else(|| {
        let source = id.as_deref().and_then(|id| id.split_once(':'));
        source.map_or("unknown", |(source, _)| source).to_owned()
    });
    let mut remarks = Remarks::default();
    let mut edition = titled(&written);
    number(&mut edition, &written, &mut remarks);
    describe(&mut edition, &written, &mut remarks);
    edition.records = id.iter().cloned().collect();
    let is_titled = !edition.title.is_empty();
    let record = Record {
        sender,
        reference: id.clone().unwrap_or_default(),
        message: None,
        edition,
    };
    match id {
        None => Err(Rejection::error(Remark::NoId {}).but_for_that(record)),
        Some(id) if !is_titled => Err(Rejection::error(Remark::NoTitle {})
            .of(&id)
            .but_for_that(record)),
        Some(_) => Ok((record, remarks)),
    }
}

/// Title, which may be missing, subtitle and series, apart.
fn titled(written: &Written) -> Edition {
    let title = one_line(written.title.as_deref().unwrap_or_default());
    let (title, in_title) = split_series(&title);
    let (title, subtitle) = split_subtitle(title);
    let mut edition = Edition::titled(title);
    edition.subtitle = some_line(written.subtitle.as_deref()).or(subtitle);
    edition.original_title =
        some_line(written.original_title.as_deref()).filter(|original| *original != edition.title);
    edition.series = match some_line(written.series.as_deref()) {
        Some(series) => Some(numbered(&series, written.volume.as_deref())),
        None => in_title,
    };
    edition
}

/// ISBNs: valid ones find the book, others are kept as they came and flagged.
fn number(edition: &mut Edition, written: &Written, remarks: &mut Remarks) {
    for sent in written
        .isbn13
        .iter()
        .chain(&written.isbn_invalid)
        .take(limits::PARTS)
    {
        match Isbn13::parse(sent) {
            Ok(isbn) if edition.isbns().any(|known| known == isbn) => {}
            Ok(isbn) if edition.isbn.is_none() => edition.isbn = Some(isbn),
            Ok(isbn) => edition.other_isbns.push(isbn),
            Err(error) => {
                remarks.warn(Remark::IsbnInvalid {
                    sent: one_line(sent),
                    why: error.into(),
                });
                edition.flagged_isbns.push(one_line(sent));
            }
        }
    }
}

fn describe(edition: &mut Edition, written: &Written, remarks: &mut Remarks) {
    edition.contributors = contributors(&written.contributors);
    edition.publisher = some_line(written.publisher.as_deref());
    edition.language = written
        .language
        .as_deref()
        .and_then(|sent| language(sent, remarks));
    edition.published = written.year.and_then(|year| match i16::try_from(year) {
        Ok(year) if (1..=2200).contains(&year) => Some(PublicationDate::year(year)),
        _ => {
            remarks.warn(Remark::DateInvalid {
                sent: year.to_string(),
            });
            None
        }
    });
    edition.subjects = subjects(written);
    if let Some(body) = written
        .description
        .as_deref()
        .map(paragraphs)
        .filter(|body| !body.is_empty())
    {
        edition.texts.push(Text {
            kind: TextKind::Summary,
            language: edition.language,
            body,
            cited: None,
        });
    }
    let cover = written.cover.as_deref().and_then(cover::link);
    edition.cover = cover.map(CoverLink::of);
    edition.popularity = popularity(&written.popularity);
}

fn contributors(written: &[WrittenContributor]) -> Vec<Contributor> {
    written
        .iter()
        .take(limits::PARTS)
        .map(|contributor| {
            let (name, inverted) = names::read(&one_line(&contributor.name));
            Contributor {
                name,
                inverted,
                role: role(contributor.role.as_deref()),
            }
        })
        .filter(|contributor| !contributor.name.is_empty() && contributor.name != "Not Applicable")
        .collect()
}

/// English words and MARC relator codes; who is named without a role is the author.
fn role(role: Option<&str>) -> ContributorRole {
    match role.map(|role| role.split(',').next().unwrap_or(role)) {
        None | Some("author" | "aut" | "cre" | "aui" | "statement") => ContributorRole::Author,
        Some("translator" | "trl") => ContributorRole::Translator,
        Some("illustrator" | "ill" | "pht" | "art") => ContributorRole::Illustrator,
        Some("editor" | "edt" | "com" | "cmp") => ContributorRole::Editor,
        Some("preface" | "aft" | "win" | "wpr" | "prf") => ContributorRole::Preface,
        Some("narrator" | "nrt") => ContributorRole::Narrator,
        Some(_) => ContributorRole::Other,
    }
}

/// The first of `en/la`; `und` and `mul` say that there is none.
fn language(sent: &str, remarks: &mut Remarks) -> Option<Language> {
    let first = sent.split('/').next().unwrap_or(sent);
    if matches!(first, "" | "und" | "mul" | "zxx") {
        return None;
    }
    let known = Language::parse(first).ok();
    if known.is_none() {
        remarks.info(Remark::LanguageUnknown {
            sent: one_line(sent),
        });
    }
    known
}

fn subjects(written: &Written) -> Vec<Subject> {
    let words = written
        .subjects
        .iter()
        .chain(&written.bookshelves)
        .map(|words| {
            let words = one_line(words);
            let heading = words
                .strip_prefix("Category: ")
                .unwrap_or(&words)
                .trim_end_matches('.')
                .to_owned();
            Subject {
                scheme: SubjectScheme::Keyword,
                code: None,
                heading,
            }
        });
    let classes = written.lcc.iter().map(|class| Subject {
        scheme: SubjectScheme::Lcc,
        code: Some(one_line(class)),
        heading: String::new(),
    });
    let mut subjects: Vec<Subject> = Vec::new();
    for subject in words.chain(classes).take(limits::PARTS) {
        let says_something = !subject.heading.is_empty() || subject.code.is_some();
        if says_something && !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects
}

/// How many readers rated, borrowed or took it: whichever the set counts.
fn popularity(counted: &BTreeMap<String, f64>) -> u32 {
    let most = ["ratings_count", "loans", "borrow_count"]
        .into_iter()
        .filter_map(|kind| counted.get(kind))
        .fold(0.0_f64, |most, count| most.max(*count));
    // Saturates, and not-a-number becomes 0: both are what is wanted.
    most as u32
}

fn some_line(text: Option<&str>) -> Option<String> {
    text.map(one_line).filter(|line| !line.is_empty())
}
