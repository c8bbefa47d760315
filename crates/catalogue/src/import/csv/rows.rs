//! Cutting a text file into rows of cells.
//!
//! Written here and not left to a library because of what happens after a quotation mark that is never closed: parsers
//! of CSV read on to the end of the file. Here a quoted cell is bounded, and when it does not end as one does, its first
//! line is read by itself, so that no row takes its neighbours along.

use std::io;

use memchr::{memchr, memchr3};

use crate::import::onix::Utf8;
use crate::limits;

/// What comes next in a file.
#[derive(Debug)]
pub(super) enum Piece {
    Row(Row),
    /// A row of more than [`limits::RECORD_BYTES`].
    TooLarge {
        line: u64,
    },
    /// The file cannot be read on.
    Broken {
        line: u64,
        error: io::Error,
    },
    End,
}

/// A row with at least one cell that is not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) cells: Vec<String>,
    /// A quotation mark was opened and never closed.
    pub(super) unclosed: bool,
}

/// A file being cut up.
pub(super) struct Cutter {
    source: Option<Utf8>,
    text: Vec<u8>,
    at: usize,
    line: u64,
    separator: u8,
}

impl Cutter {
    /// Of `text`, which was read already, and what follows it in `source`.
    pub(super) fn of(text: Vec<u8>, source: Option<Utf8>, separator: u8) -> Cutter {
        Cutter {
            source,
            text,
            at: 0,
            line: 1,
            separator,
        }
    }

    pub(super) fn repaired(&self) -> u64 {
        self.source.as_ref().map_or(0, Utf8::repaired)
    }

    pub(super) fn next_piece(&mut self) -> Piece {
        loop {
            match self.step() {
                Ok(Some(Piece::Row(row)))
                    if row.cells.iter().all(|cell| cell.trim().is_empty()) => {}
                Ok(Some(piece)) => return piece,
                Ok(None) => {}
                Err(error) => {
                    self.source = None;
                    self.at = self.text.len();
                    return Piece::Broken {
                        line: self.line,
                        error,
                    };
                }
            }
        }
    }

    fn step(&mut self) -> io::Result<Option<Piece>> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let at_end = self.source.is_none();
        if rest.is_empty() && at_end {
            return Ok(Some(Piece::End));
        }
        let line = self.line;
        match parse(rest, self.separator, at_end) {
            Parsed::Row { bytes, lines, .. } if bytes > limits::RECORD_BYTES => {
                self.at += bytes;
                self.line += lines;
                Ok(Some(Piece::TooLarge { line }))
            }
            Parsed::Row {
                cells,
                bytes,
                lines,
            } => {
                self.at += bytes;
                self.line += lines;
                Ok(Some(Piece::Row(Row {
                    line,
                    cells,
                    unclosed: false,
                })))
            }
            Parsed::Unclosed { cells, bytes } => {
                self.at += bytes;
                self.line += 1;
                Ok(Some(Piece::Row(Row {
                    line,
                    cells,
                    unclosed: true,
                })))
            }
            Parsed::Unfinished if rest.len() > limits::RECORD_BYTES => {
                self.pass_line()?;
                Ok(Some(Piece::TooLarge { line }))
            }
            Parsed::Unfinished => {
                // Twice as much each time, so that a long row is not read again and again.
                let wanted = rest.len() * 2;
                while self.source.is_some() && self.text.len() - self.at <= wanted {
                    self.read_more()?;
                }
                Ok(None)
            }
        }
    }

    /// Passes over the rest of a line, however long.
    fn pass_line(&mut self) -> io::Result<()> {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            if let Some(end) = memchr(b'\n', rest) {
                self.at += end + 1;
                self.line += 1;
                return Ok(());
            }
            self.at = self.text.len();
            if self.source.is_none() {
                return Ok(());
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        self.text.drain(..self.at);
        self.at = 0;
        let more = match self.source.as_mut() {
            Some(source) => source.read_bytes_into(&mut self.text)?,
            None => false,
        };
        if !more {
            self.source = None;
        }
        Ok(())
    }
}

enum Parsed {
    Row {
        cells: Vec<String>,
        bytes: usize,
        lines: u64,
    },
    /// The first line by itself, its quotation marks taken as they stand.
    Unclosed { cells: Vec<String>, bytes: usize },
    /// More text is needed to know.
    Unfinished,
}

/// How a cell ended, and what follows it.
enum Cell {
    Ended { text: Vec<u8>, after: usize },
    Unclosed,
    Unfinished,
}

fn parse(text: &[u8], separator: u8, at_end: bool) -> Parsed {
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let cell = match rest.first() {
            Some(b'"') => quoted(rest, separator, at_end),
            _ => plain(rest, separator, at_end),
        };
        let (cell, after) = match cell {
            Cell::Ended { text, after } => (text, at + after),
            Cell::Unfinished => return Parsed::Unfinished,
            Cell::Unclosed => return first_line(text, separator),
        };
        if cells.len() < limits::CSV_COLUMNS {
            cells.push(String::from_utf8_lossy(&cell).into_owned());
        }
        let (bytes, goes_on) = match (text.get(after), text.get(after + 1)) {
            (Some(byte), _) if *byte == separator => (after + 1, true),
            (Some(b'\r'), Some(b'\n')) => (after + 2, false),
            (Some(b'\r'), None) if !at_end => return Parsed::Unfinished,
            (Some(_), _) => (after + 1, false),
            (None, _) => (after, false),
        };
        at = bytes;
        if !goes_on {
            let row = text.get(..bytes).unwrap_or_default();
            return Parsed::Row {
                cells,
                bytes,
                lines: lines_in(row),
            };
        }
    }
}

/// Line ends of Windows, Unix, and the old Macintosh.
fn lines_in(row: &[u8]) -> u64 {
    let line_feeds = memchr::memchr_iter(b'\n', row).count() as u64;
    let alone = row.ends_with(b"\r");
    line_feeds + u64::from(alone)
}

/// A cell without quotation marks, up to a separator or the end of the line.
fn plain(rest: &[u8], separator: u8, at_end: bool) -> Cell {
    match memchr3(separator, b'\n', b'\r', rest) {
        Some(after) => Cell::Ended {
            text: rest.get(..after).unwrap_or_default().to_vec(),
            after,
        },
        None if at_end => Cell::Ended {
            text: rest.to_vec(),
            after: rest.len(),
        },
        None => Cell::Unfinished,
    }
}

/// A cell between quotation marks, in which two stand for one.
fn quoted(rest: &[u8], separator: u8, at_end: bool) -> Cell {
    let mut text = Vec::new();
    let mut at = 1;
    loop {
        let ahead = rest.get(at..).unwrap_or_default();
        let Some(found) = memchr(b'"', ahead) else {
            let too_long = text.len() + ahead.len() > limits::CSV_QUOTED_BYTES;
            return match at_end || too_long {
                true => Cell::Unclosed,
                false => Cell::Unfinished,
            };
        };
        text.extend_from_slice(ahead.get(..found).unwrap_or_default());
        at += found + 1;
        if text.len() > limits::CSV_QUOTED_BYTES {
            return Cell::Unclosed;
        }
        match rest.get(at) {
            Some(b'"') => {
                text.push(b'"');
                at += 1;
            }
            Some(byte) if *byte == separator || matches!(byte, b'\n' | b'\r') => {
                return Cell::Ended { text, after: at };
            }
            None if at_end => return Cell::Ended { text, after: at },
            None => return Cell::Unfinished,
            // The opening mark of a later cell, then: this one was never closed.
            Some(_) if text.contains(&b'\n') => return Cell::Unclosed,
            // `"Prague" : a novel`: marks that belong to the text.
            Some(_) => return plain(rest, separator, at_end),
        }
    }
}

fn first_line(text: &[u8], separator: u8) -> Parsed {
    let end = memchr(b'\n', text);
    let line = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    let cells = line
        .strip_suffix(b"\r")
        .unwrap_or(line)
        .split(|byte| *byte == separator)
        .take(limits::CSV_COLUMNS)
        .map(|cell| String::from_utf8_lossy(cell).into_owned())
        .collect();
    Parsed::Unclosed {
        cells,
        bytes: line.len() + usize::from(end.is_some()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>, bool)> {
        let source = Utf8::of(Box::new(Cursor::new(text.as_bytes().to_vec())));
        let mut cutter = Cutter::of(Vec::new(), Some(source), b';');
        let mut rows = Vec::new();
        loop {
            match cutter.next_piece() {
                Piece::Row(row) => rows.push((row.line, row.cells, row.unclosed)),
                Piece::TooLarge { line } => rows.push((line, Vec::new(), false)),
                Piece::Broken { error, .. } => panic!("{error}"),
                Piece::End => return rows,
            }
        }
    }

    fn cells(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn rows_are_cut_at_separators_and_line_ends_of_every_kind() {
        assert_eq!(
            rows("a;b\r\n\"c;\nd\";\"e \"\"f\"\"\"\n\n;;\ng;\"h\" i;j"),
            [
                (1, cells(&["a", "b"]), false),
                (2, cells(&["c;\nd", "e \"f\""]), false),
                (6, cells(&["g", "\"h\" i", "j"]), false),
            ]
        );
        assert_eq!(
            rows("a;b\rc;d"),
            [
                (1, cells(&["a", "b"]), false),
                (2, cells(&["c", "d"]), false)
            ]
        );
    }

    #[test]
    fn an_unclosed_quotation_mark_costs_its_own_row_only() {
        assert_eq!(
            rows("a;\"b;c\nd;\"e\";f\ng;h"),
            [
                (1, cells(&["a", "\"b", "c"]), true),
                (2, cells(&["d", "e", "f"]), false),
                (3, cells(&["g", "h"]), false),
            ]
        );
        assert_eq!(rows("a;\"b\nc;d").len(), 2);
        let long = format!("a;\"{}\nb;c", "x\n".repeat(limits::CSV_QUOTED_BYTES));
        assert_eq!(
            rows(&long).last(),
            Some(&(
                limits::CSV_QUOTED_BYTES as u64 + 2,
                cells(&["b", "c"]),
                false
            ))
        );
    }

    #[test]
    fn an_endless_line_is_passed_over() {
        let long = format!("{};x\na;b", "y".repeat(limits::RECORD_BYTES + 100_000));
        assert_eq!(
            rows(&long),
            [(1, vec![], false), (2, cells(&["a", "b"]), false)]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_by_the_rules_is_read_back(table in proptest::collection::vec(proptest::collection::vec("[a-z\";\n ]{0,6}", 2..5), 0..8)) {
            let text: String = table
                .iter()
                .map(|row| {
                    let cells: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
                    cells.join(";") + "\n"
                })
                .collect();
            let read: Vec<Vec<String>> = rows(&text).into_iter().map(|(_, cells, _)| cells).collect();
            let full: Vec<Vec<String>> = table.into_iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
            prop_assert_eq!(read, full);
        }
    }
}
