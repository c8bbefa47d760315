//! MARC: UNIMARC and MARC 21, as MARCXML or MarcXchange ([`xml`]) or as bytes ([`iso2709`]).
//!
//! Both notations give the same fields ([`fields`]); what these mean is said in [`marc21`] and [`unimarc`]. Which of the
//! two a record is written in is told from the record itself, so files may mix them.
//!
//! Not done here: authority and holdings records (reported), scripts other than Latin in MARC-8 (reported), linked
//! fields in another script (880), the records of a multi-volume set as one work.

use std::io::BufRead;

use super::{Rejection, Remarks, Session, Severity};
use crate::import::Remark;
use crate::limits;
use crate::model::Edition;
use crate::store::{Incoming, Record};

mod fields;
mod form;
mod iso2709;
mod marc21;
mod people;
mod subjects;
mod unimarc;
mod xml;

#[cfg(test)]
mod tests;

pub(super) use form::binding;
pub(super) use iso2709::looks_like;
pub(super) use xml::is_root;

use super::onix::Utf8;
use fields::{Dialect, Fields};

/// What comes next in a file.
enum Piece {
    /// A record, and where it begins: its line, or its number in a file of bytes.
    Record { line: u64, fields: Fields },
    /// A record that cannot be read.
    Bad { line: u64, rejection: Rejection },
    /// The file cannot be read on.
    Broken { line: u64, error: std::io::Error },
    /// The end; `closed` when it is not in the middle of something.
    End { line: u64, closed: bool },
}

/// A notation of records.
trait Pieces {
    fn next_piece(&mut self) -> Piece;

    /// How many bytes were not in the encoding that the file says it has.
    fn repaired(&self) -> u64;
}

/// The records of a file.
pub(super) struct Records<'s, 'a> {
    pieces: Box<dyn Pieces>,
    session: &'s mut Session<'a>,
    any: bool,
    ended: bool,
}

impl<'s, 'a> Records<'s, 'a> {
    /// The records of MARCXML.
    pub(super) fn of_xml(reader: Box<dyn BufRead>, session: &'s mut Session<'a>) -> Self {
        Records::of(Box::new(xml::Cutter::of(Utf8::of(reader))), session)
    }

    /// The records of bytes.
    pub(super) fn of_bytes(reader: Box<dyn BufRead>, session: &'s mut Session<'a>) -> Self {
        Records::of(Box::new(iso2709::Cutter::of(reader)), session)
    }

    fn of(pieces: Box<dyn Pieces>, session: &'s mut Session<'a>) -> Self {
        Records {
            pieces,
            session,
            any: false,
            ended: false,
        }
    }

    fn take_record(&mut self, line: u64, fields: &Fields) -> Option<Incoming> {
        self.session.record();
        match read(fields) {
            Ok((incoming, remarks)) => {
                let (sender, reference) = incoming.identity();
                remarks.tell(self.session, line, (sender, reference));
                self.session.remember(line, sender, reference);
                Some(incoming)
            }
            Err(rejection) => {
                rejection.tell(self.session, line);
                None
            }
        }
    }

    fn end(&mut self, line: u64, closed: bool) {
        self.ended = true;
        if !closed {
            self.session
                .note(Severity::Error, line, Remark::Unfinished {});
        } else if !self.any {
            self.session
                .note(Severity::Warning, 0, Remark::NoRecords {});
        }
        let repaired = self.pieces.repaired();
        if repaired > 0 {
            self.session.encoding_repaired(repaired);
        }
    }
}

impl Iterator for Records<'_, '_> {
    type Item = Incoming;

    fn next(&mut self) -> Option<Incoming> {
        while !self.ended && !(self.session.is_halted)() {
            match self.pieces.next_piece() {
                Piece::Record { line, fields } => {
                    self.any = true;
                    if let Some(incoming) = self.take_record(line, &fields) {
                        return Some(incoming);
                    }
                }
                Piece::Bad { line, rejection } => {
                    self.any = true;
                    self.session.record();
                    rejection.tell(self.session, line);
                }
                Piece::Broken { line, error } => {
                    self.session.broken_off(line, &error);
                    self.ended = true;
                }
                Piece::End { line, closed } => self.end(line, closed),
            }
        }
        None
    }
}

/// Reads one record.
fn read(fields: &Fields) -> Result<(Incoming, Remarks), Rejection> {
    if fields.is_empty() {
        return Err(Rejection::error(Remark::NotMarc {}));
    }
    let dialect = fields.dialect();
    let sender = sender(fields, dialect);
    let known = reference(fields);
    let unnamed = || Rejection::error(Remark::NoNumber {});
    let reference = known.clone().unwrap_or_default();
    let mut remarks = Remarks::default();
    if fields.leader_at(5) == 'd' {
        known.ok_or_else(unnamed)?;
        let hide = Incoming::Hide {
            sender,
            reference,
            message: None,
        };
        return Ok((hide, remarks));
    }
    if matches!(fields.leader_at(6), 'q' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z') {
        let reference = known.ok_or_else(unnamed)?;
        return Err(Rejection {
            severity: Severity::Info,
            ..Rejection::error(Remark::NotBibliographic {}).of(&reference)
        });
    }
    let read = match dialect {
        Dialect::Marc21 => marc21::read,
        Dialect::Unimarc => unimarc::read,
    };
    let mut edition: Edition = read(fields, &mut remarks);
    form::put(&mut edition, fields, dialect, &mut remarks);
    edition.records = vec![format!("{sender}:{reference}")];
    let is_titled = !edition.title.is_empty();
    let record = Record {
        sender,
        reference,
        message: None,
        edition,
    };
    match known {
        None => Err(unnamed().but_for_that(record)),
        Some(reference) if !is_titled => Err(Rejection::error(Remark::NoTitleField {})
            .of(&reference)
            .but_for_that(record)),
        Some(_) => Ok((Incoming::Put(Box::new(record)), remarks)),
    }
}

/// The agency that numbers the records (003), else the one that made them (040, 801).
fn sender(fields: &Fields, dialect: Dialect) -> String {
    let numbering = fields
        .control("003")
        .map(str::trim)
        .filter(|agency| !agency.is_empty() && !agency.contains("://"))
        .map(str::to_owned);
    let making = || match dialect {
        Dialect::Marc21 => fields.line("040", 'a'),
        Dialect::Unimarc => fields.line("801", 'b'),
    };
    numbering
        .or_else(making)
        .unwrap_or_else(|| "marc".to_owned())
}

/// The record's number, else its number elsewhere, else its ISBN.
fn reference(fields: &Fields) -> Option<String> {
    let own = fields
        .control("001")
        .map(|number| number.trim().to_owned())
        .filter(|number| !number.is_empty() && number.chars().count() <= limits::NAME_CHARS);
    own.or_else(|| fields.line("035", 'a'))
        .or_else(|| fields.line("020", 'a'))
        .or_else(|| fields.line("010", 'a'))
}
