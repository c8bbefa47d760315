//! Tables: text files with one book a row, as spreadsheets, tills and library systems write them.
//!
//! Encoding, separator and headings are found out ([`dialect`]); which column is which field is said by a [`Mapping`],
//! the sender's saved one or one that is proposed ([`propose`]). Each row is repaired where the damage is beyond doubt
//! ([`misread`], [`shift`]) and becomes a record ([`record`]).
//!
//! Not done here: spreadsheets' own files (ask for CSV), the stock of the shop (a column of stock says only whether
//! the sender delivers), prices with a date.

use std::io::BufRead;

use serde::Serialize;

use super::onix::Utf8;
use super::{Rejection, Remarks, Session, Severity};
use crate::import::{Remark, Why};
use crate::limits;
use crate::store::Incoming;

mod dialect;
mod mapping;
mod misread;
mod plan;
mod propose;
mod record;
mod rows;
mod shift;
mod values;

#[cfg(test)]
mod tests;

pub(super) use dialect::looks_like;
pub use mapping::{Field, Mapping};

use misread::Repairer;
use plan::Plan;
use rows::{Cutter, Piece, Row};
use shift::Shift;

/// Cells shown of each column.
const EXAMPLES: usize = 3;

/// A table as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The character between its cells.
    pub separator: char,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Which of them is what: as it was given, or as it is proposed.
    pub mapping: Mapping,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its heading, or its number with `#` before it.
    pub name: String,
    /// What it holds; none when it is not read.
    pub field: Option<Field>,
    /// The first cells that are not empty.
    pub examples: Vec<String>,
}

/// The records of a file.
pub(super) struct Rows<'s, 'a> {
    session: &'s mut Session<'a>,
    /// None when the table cannot be read; that is reported.
    open: Option<Open>,
}

struct Open {
    cutter: Cutter,
    plan: Plan,
    repairer: Repairer,
    /// The line of the headings.
    headings: Option<u64>,
}

impl<'s, 'a> Rows<'s, 'a> {
    pub(super) fn of(reader: Box<dyn BufRead>, session: &'s mut Session<'a>) -> Self {
        let open = open(reader, session);
        Rows { session, open }
    }

    fn take_row(&mut self, mut row: Row) -> Option<Incoming> {
        let open = self.open.as_mut()?;
        if open.headings == Some(row.line) {
            return None;
        }
        self.session.record();
        let mut repairs = Remarks::default();
        repair(&mut row, open, &mut repairs);
        match record::read(&row.cells, &open.plan) {
            Ok((record, remarks)) => {
                let identity = (record.sender.as_str(), record.reference.as_str());
                repairs.tell(self.session, row.line, identity);
                remarks.tell(self.session, row.line, identity);
                self.session
                    .remember(row.line, &record.sender, &record.reference);
                Some(Incoming::Put(Box::new(record)))
            }
            Err(rejection) => {
                rejection.tell(self.session, row.line);
                None
            }
        }
    }

    fn end(&mut self) {
        let repaired = self.open.take().map_or(0, |open| open.cutter.repaired());
        if repaired > 0 {
            self.session.encoding_repaired(repaired);
        }
    }
}

impl Iterator for Rows<'_, '_> {
    type Item = Incoming;

    fn next(&mut self) -> Option<Incoming> {
        while !(self.session.is_halted)() {
            match self.open.as_mut()?.cutter.next_piece() {
                Piece::Row(row) => {
                    if let Some(incoming) = self.take_row(row) {
                        return Some(incoming);
                    }
                }
                Piece::TooLarge { line } => {
                    self.session.record();
                    Rejection::error(crate::import::too_large()).tell(self.session, line);
                }
                Piece::Broken { line, error } => {
                    self.session.broken_off(line, &error);
                    self.end();
                }
                Piece::End => self.end(),
            }
        }
        None
    }
}

/// Looks at the beginning of a table and makes the plan for the rest; says why when there is none.
fn open(reader: Box<dyn BufRead>, session: &mut Session<'_>) -> Option<Open> {
    let mut text = Vec::new();
    let read = dialect::with_mark(reader).and_then(|reader| {
        let mut source = Utf8::of(reader);
        while text.len() < limits::CSV_SAMPLE_BYTES && source.read_bytes_into(&mut text)? {}
        Ok(source)
    });
    let source = match read {
        Ok(source) => source,
        Err(error) => {
            session.broken_off(0, &error);
            return None;
        }
    };
    let separator = dialect::separator(&text);
    let mut rows = dialect::sample(&text, separator, usize::MAX);
    let has_headings = match &session.mapping {
        Some(mapping) => mapping.headings,
        None => propose::has_headings(&rows),
    };
    let headings = match has_headings && !rows.is_empty() {
        true => Some(rows.remove(0)),
        false => None,
    };
    let names = headings
        .as_ref()
        .map(|row| row.cells.clone())
        .unwrap_or_default();
    let mapping = session
        .mapping
        .clone()
        .unwrap_or_else(|| propose::propose(&names, &rows));
    session.table = Some(table(separator, &names, &mapping, &rows));
    match Plan::of(
        &mapping,
        &names,
        &rows,
        char::from(separator),
        session.today,
    ) {
        Ok(plan) => Some(Open {
            cutter: Cutter::of(text, Some(source), separator),
            plan,
            repairer: Repairer::of(&rows),
            headings: headings.map(|row| row.line),
        }),
        Err(rejection) => {
            session.note(Severity::Error, 0, rejection.remark);
            None
        }
    }
}

fn table(separator: u8, headings: &[String], mapping: &Mapping, rows: &[Row]) -> Table {
    let width = rows
        .iter()
        .map(|row| row.cells.len())
        .chain([headings.len()])
        .max();
    let fields = mapping
        .fields(headings, width.unwrap_or(0))
        .unwrap_or_default();
    let columns = (0..width.unwrap_or(0)).map(|place| {
        let cells = rows.iter().filter_map(|row| row.cells.get(place));
        let said = cells.filter(|cell| !values::is_nothing(cell));
        Column {
            name: mapping::name(place, headings),
            field: fields.get(place).copied().flatten(),
            examples: said
                .take(EXAMPLES)
                .map(|cell| cell.chars().take(limits::NAME_CHARS).collect())
                .collect(),
        }
    });
    Table {
        separator: char::from(separator),
        columns: columns.collect(),
        mapping: mapping.clone(),
    }
}

/// Undoes the damage to a row that is beyond doubt, and says so.
fn repair(row: &mut Row, open: &mut Open, remarks: &mut Remarks) {
    if row.unclosed {
        remarks.warn(Remark::QuoteUnclosed {});
    }
    if open.repairer.repair(&mut row.cells) {
        remarks.info(Remark::LettersRepaired {});
    }
    let shift = open.plan.columns.realign(&mut row.cells);
    let why = match shift {
        Some(Shift::TooMany) => Why::CellTooMany,
        Some(Shift::TooFew) => Why::CellTooFew,
        Some(Shift::SeparatorInText) => Why::SeparatorInText,
        None => return,
    };
    remarks.info(Remark::ColumnsShifted { why });
}
