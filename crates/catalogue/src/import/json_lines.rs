//! JSON lines: one record per line, in the schema of the merged catalogue sets.
//!
//! `{"id": "gutenberg:1", "source": "gutenberg", "title": …, "contributors": [{"name", "role"?}], "publisher",
//! "year", "language", "isbn13": […], "isbn_invalid": […], "subjects": […], "description", "popularity": {…},
//! "series", "volume", "subtitle", "original_title", "bookshelves": […], "lcc": […]}`. Only `id` and `title` are
//! required. Such records carry neither price nor availability, so their editions can be found but not bought.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use serde::Deserialize;

use super::plain_text::{one_line, paragraphs};
use super::{Rejection, Remarks, Session, Severity, names};
use crate::limits;
use crate::model::{
    Contributor, ContributorRole, Edition, Isbn13, Language, PublicationDate, Series, Subject,
    SubjectScheme, Text, TextKind,
};
use crate::store::{Incoming, Record};

/// The records of a file.
pub(super) struct Lines<'s, 'a> {
    reader: Box<dyn BufRead>,
    session: &'s mut Session<'a>,
    line: Vec<u8>,
    number: u64,
    ended: bool,
}

impl<'s, 'a> Lines<'s, 'a> {
    pub(super) fn of(reader: Box<dyn BufRead>, session: &'s mut Session<'a>) -> Self {
        Lines {
            reader,
            session,
            line: Vec::new(),
            number: 0,
            ended: false,
        }
    }

    fn take_line(&mut self) -> Option<Incoming> {
        let line = self.line.trim_ascii();
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.is_empty() {
            return None;
        }
        self.session.record();
        match read_record(line) {
            Ok((record, remarks)) => {
                remarks.tell(self.session, self.number, &record.reference);
                self.session
                    .remember(self.number, &record.sender, &record.reference);
                Some(Incoming::Put(Box::new(record)))
            }
            Err(rejection) => {
                rejection.tell(self.session, self.number);
                None
            }
        }
    }
}

impl Iterator for Lines<'_, '_> {
    type Item = Incoming;

    fn next(&mut self) -> Option<Incoming> {
        while !self.ended {
            self.number += 1;
            match read_line(&mut self.reader, &mut self.line) {
                Ok(Line::End) => self.ended = true,
                Ok(Line::Whole) => {
                    if let Some(incoming) = self.take_line() {
                        return Some(incoming);
                    }
                }
                Ok(Line::TooLong) => {
                    self.session.record();
                    let message = format!(
                        "The line is longer than {} MB. It was skipped: a record should hold one book.",
                        limits::RECORD_BYTES >> 20
                    );
                    self.session
                        .reject(Severity::Error, "too-large", self.number, None, &message);
                }
                Err(error) => {
                    self.session.broken_off(self.number, &error);
                    self.ended = true;
                }
            }
        }
        None
    }
}

enum Line {
    Whole,
    TooLong,
    End,
}

/// Reads one line, however long, keeping at most [`limits::RECORD_BYTES`] of it.
fn read_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let mut too_long = false;
    let mut any = false;
    loop {
        let available = reader.fill_buf()?;
        if available.is_empty() {
            break;
        }
        any = true;
        let end = memchr::memchr(b'\n', available);
        let part = available
            .get(..end.unwrap_or(available.len()))
            .unwrap_or_default();
        too_long |= line.len() + part.len() > limits::RECORD_BYTES;
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok(match (any, too_long) {
        (false, _) => Line::End,
        (true, true) => Line::TooLong,
        (true, false) => Line::Whole,
    })
}

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
    #[serde(default)]
    popularity: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct WrittenContributor {
    name: String,
    role: Option<String>,
}

fn read_record(line: &[u8]) -> Result<(Record, Remarks), Rejection> {
    let written: Written = serde_json::from_slice(line).map_err(|error| {
        Rejection::error(
            "json-invalid",
            format!("The line is not a record: {error}. Correct or remove the line."),
        )
    })?;
    let id = written
        .id
        .as_deref()
        .map(one_line)
        .filter(|id| !id.is_empty())
        .ok_or_else(|| {
            Rejection::error(
                "no-reference",
                "The record has no \"id\", so it could never be updated. Give it one.",
            )
        })?;
    let sender = written
        .source
        .as_deref()
        .map(one_line)
        .filter(|source| !source.is_empty())
        .unwrap_or_else(|| {
            id.split_once(':')
                .map_or("unknown", |(source, _)| source)
                .to_owned()
        });
    let mut remarks = Remarks::default();
    let mut edition = titled(&written).map_err(|rejection| rejection.of(&id))?;
    number(&mut edition, &written, &mut remarks);
    describe(&mut edition, &written, &mut remarks);
    edition.records = vec![id.clone()];
    Ok((
        Record {
            sender,
            reference: id,
            edition,
        },
        remarks,
    ))
}

/// Title, subtitle and series, apart.
fn titled(written: &Written) -> Result<Edition, Rejection> {
    let title = one_line(written.title.as_deref().unwrap_or_default());
    let (title, in_title) = split_series(&title);
    let (title, subtitle) = split_subtitle(title);
    if title.is_empty() {
        return Err(Rejection::error(
            "no-title",
            "The record has no title. Without one a book cannot be shown.",
        ));
    }
    let mut edition = Edition::titled(title);
    edition.subtitle = some_line(written.subtitle.as_deref()).or(subtitle);
    edition.original_title =
        some_line(written.original_title.as_deref()).filter(|original| *original != edition.title);
    edition.series = match some_line(written.series.as_deref()) {
        Some(series) => Some(numbered(&series, written.volume.as_deref())),
        None => in_title,
    };
    Ok(edition)
}

/// `Title : subtitle`, also with the subfield sign that library exports leave in.
fn split_subtitle(title: &str) -> (String, Option<String>) {
    match title.split_once(" : ") {
        Some((title, subtitle)) => {
            let subtitle = subtitle.trim_start_matches("$b").trim();
            (
                title.trim().to_owned(),
                Some(subtitle.to_owned()).filter(|subtitle| !subtitle.is_empty()),
            )
        }
        None => (title.trim_end_matches([' ', ':', '/']).to_owned(), None),
    }
}

/// `Title (Series, #3)`.
fn split_series(title: &str) -> (&str, Option<Series>) {
    let series = || {
        let (before, inside) = title.strip_suffix(')')?.rsplit_once('(')?;
        let (series, volume) = inside.rsplit_once('#')?;
        let series = series.trim_end_matches([' ', ',']);
        let is_volume = volume.starts_with(|c: char| c.is_ascii_digit());
        let whole = !before.trim().is_empty() && !series.is_empty() && is_volume;
        whole.then(|| {
            (
                before.trim(),
                Series {
                    title: series.to_owned(),
                    volume: Some(volume.to_owned()),
                },
            )
        })
    };
    series().map_or((title, None), |(before, series)| (before, Some(series)))
}

/// A series with its number, which may stand in brackets behind its title: `Candy Apple (8)`.
fn numbered(series: &str, volume: Option<&str>) -> Series {
    if let Some(volume) = some_line(volume) {
        return Series {
            title: series.to_owned(),
            volume: Some(volume),
        };
    }
    let bracketed = || {
        let (title, volume) = series.strip_suffix(')')?.rsplit_once('(')?;
        let is_number = !volume.is_empty()
            && volume
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_number.then(|| (title.trim().to_owned(), volume.to_owned()))
    };
    match bracketed() {
        Some((title, volume)) => Series {
            title,
            volume: Some(volume),
        },
        None => Series {
            title: series.to_owned(),
            volume: None,
        },
    }
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
                remarks.warn(
                    "isbn-invalid",
                    format!("{sent:?} is not an ISBN ({error}). The book was taken without it: look it up in the book."),
                );
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
            remarks.warn(
                "date-invalid",
                format!("The year {year} is not one. It was left out."),
            );
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
        });
    }
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
        remarks.info(
            "language-unknown",
            format!("The language {sent:?} is not known here. The book was taken without it."),
        );
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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use jiff::civil::date;

    use super::*;
    use crate::import::{Note, read_bytes};

    fn read(lines: &str) -> (Vec<Edition>, Vec<Note>) {
        let (incoming, notes) = read_bytes(lines.as_bytes(), date(2026, 11, 23));
        let editions = incoming.into_iter().map(|incoming| match incoming {
            Incoming::Put(record) => record.edition,
            Incoming::Hide { .. } => panic!("nothing is hidden"),
        });
        (editions.collect(), notes)
    }

    #[test]
    fn a_line_becomes_an_edition() {
        let (editions, notes) = read(
            r#"{"id":"set:1","source":"set","title":"Les Marées : $b roman","contributors":[{"name":"Arvor, Jeanne d'"},{"name":"Le Goff, Maud","role":"translator"}],"publisher":"Quai","year":1998,"language":"fr/en","isbn13":["9782070541270","9780141439518"],"subjects":["Sea stories","Category: Novels"],"lcc":["PQ"],"description":"Une marée.","popularity":{"loans":309},"series":"Quais (8)"}"#,
        );
        assert_eq!(notes, []);
        let edition = &editions[0];
        assert_eq!(
            (edition.title.as_str(), edition.subtitle.as_deref()),
            ("Les Marées", Some("roman"))
        );
        assert_eq!(edition.byline(), "Jeanne d'Arvor");
        assert_eq!(edition.contributors[1].role, ContributorRole::Translator);
        assert_eq!(edition.isbns().count(), 2);
        assert_eq!(edition.language, Language::parse("fr").ok());
        assert_eq!(
            edition.series,
            Some(Series {
                title: "Quais".to_owned(),
                volume: Some("8".to_owned())
            })
        );
        assert_eq!(
            (
                edition.popularity,
                edition.subjects.len(),
                edition.texts.len()
            ),
            (309, 3, 1)
        );
        assert_eq!(
            edition.subject().map(|subject| subject.slug()),
            Some("historical-adventure")
        );
        assert_eq!(edition.records, ["set:1"]);
        assert!(!edition.buyable());
    }

    #[test]
    fn i6_a_wrong_isbn_is_flagged_and_a_bad_line_loses_no_neighbour() {
        let (editions, notes) = read(
            "{\"id\":\"a:1\",\"title\":\"One (Set, #2)\",\"isbn_invalid\":[\"61120081\"],\"language\":\"qqq\"}\n\
             nonsense\n\n{\"id\":\"a:3\"}\n{\"title\":\"x\"}\n{\"id\":\"a:1\",\"title\":\"Two\",\"year\":99999}\n",
        );
        let titles: Vec<_> = editions
            .iter()
            .map(|edition| edition.title.as_str())
            .collect();
        assert_eq!(titles, ["One", "Two"]);
        assert_eq!(editions[0].flagged_isbns, ["61120081"]);
        assert_eq!(
            editions[0]
                .series
                .as_ref()
                .and_then(|series| series.volume.as_deref()),
            Some("2")
        );
        let told: Vec<_> = notes.iter().map(|note| (note.line, note.code)).collect();
        assert!(told.starts_with(&[(1, "isbn-invalid")]));
        for expected in [
            (2, "json-invalid"),
            (4, "no-title"),
            (5, "no-reference"),
            (6, "date-invalid"),
            (6, "duplicate-reference"),
        ] {
            assert!(told.contains(&expected), "{told:?}");
        }
    }

    #[test]
    fn an_endless_line_is_skipped() {
        let long = format!(
            "{{\"id\":\"a:1\",\"title\":\"{}\"}}\n{{\"id\":\"a:2\",\"title\":\"T\"}}",
            "x".repeat(limits::RECORD_BYTES)
        );
        let (editions, notes) = read(&long);
        assert_eq!((editions.len(), notes[0].code), (1, "too-large"));
    }
}
