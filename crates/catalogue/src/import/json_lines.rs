//! JSON lines: one record per line. What a record looks like is said in [`record`].

use std::io::{self, BufRead};

use super::{Rejection, Session};
use crate::limits;
use crate::store::Incoming;

mod record;

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
        match record::read(line) {
            Ok((record, remarks)) => {
                let identity = (record.sender.as_str(), record.reference.as_str());
                remarks.tell(self.session, self.number, identity);
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
        while !self.ended && !(self.session.is_halted)() {
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
                    Rejection::error(super::too_large()).tell(self.session, self.number);
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
    use crate::model::{ContributorRole, Edition, Language, Series};

    fn read(lines: &str) -> (Vec<Edition>, Vec<Note>) {
        let (incoming, notes) = read_bytes(lines.as_bytes(), date(2026, 11, 23));
        let editions = incoming.into_iter().map(|incoming| match incoming {
            Incoming::Put(record) => record.edition,
            other => panic!("{:?} is not a complete record", other.identity()),
        });
        (editions.collect(), notes)
    }

    #[test]
    fn a_line_becomes_an_edition() {
        let (editions, notes) = read(
            r#"{"id":"set:1","source":"set","title":"Les Marées : $b roman","contributors":[{"name":"Arvor, Jeanne d'"},{"name":"Le Goff, Maud","role":"translator"}],"publisher":"Quai","year":1998,"language":"fr/en","isbn13":["9782070541270","9780141439518"],"subjects":["Sea stories","Category: Novels"],"lcc":["PQ"],"description":"Une marée.","popularity":{"loans":309},"series":"Quais (8)","cover":"https://quai.example/1.jpg"}"#,
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
        let cover = edition.cover.as_ref().map(|cover| cover.link.as_str());
        assert_eq!(cover, Some("https://quai.example/1.jpg"));
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
        let kept = |line| notes.iter().find(|note| note.line == line)?.draft.as_ref();
        let (untitled, unnamed) = (kept(4).unwrap(), kept(5).unwrap());
        assert_eq!(
            (untitled.reference.as_str(), untitled.sender.as_str()),
            ("a:3", "a")
        );
        assert_eq!(
            (unnamed.reference.as_str(), unnamed.edition.title.as_str()),
            ("", "x")
        );
        assert!(kept(2).is_none(), "nothing could be read of it");
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
