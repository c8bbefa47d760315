//! What kind of text file a table is: its encoding where no mark says it, and its separator.

use std::io::{self, BufRead, Cursor, Read};

use super::rows::{Cutter, Piece, Row};
use crate::limits;

/// Separators, the likeliest first: French spreadsheets write semicolons because the comma is for decimals.
const SEPARATORS: [u8; 4] = [b';', b',', b'\t', b'|'];

/// Rows that are looked at to find the separator.
const ROWS_LOOKED_AT: usize = 200;

/// Whether a file that begins so may be a table: text, whose first line has a separator.
pub(in crate::import) fn looks_like(beginning: &[u8]) -> bool {
    let text: Vec<u8> = match utf16(beginning) {
        Some(_) => beginning
            .iter()
            .copied()
            .filter(|byte| *byte != 0)
            .collect(),
        None => beginning.to_vec(),
    };
    let is_binary =
        |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a);
    let first_line = text
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    let has_separator = first_line.iter().any(|byte| SEPARATORS.contains(byte));
    // One NUL is a fault in a text; more of them, or other control characters, are no text.
    let binary = text.iter().filter(|byte| is_binary(byte)).count();
    has_separator && binary <= 1 && !beginning.starts_with(b"%PDF") && !beginning.starts_with(b"PK")
}

/// The byte order mark that UTF-16 without one should have.
fn utf16(beginning: &[u8]) -> Option<[u8; 2]> {
    let (even, odd): (Vec<_>, Vec<_>) = beginning
        .iter()
        .enumerate()
        .partition(|(at, _)| at % 2 == 0);
    let nuls = |bytes: &[(usize, &u8)]| bytes.iter().filter(|(_, byte)| **byte == 0).count();
    let half = beginning.len() / 4;
    if beginning.len() < 4 {
        None
    } else if nuls(&odd) > half && nuls(&even) == 0 {
        Some([0xff, 0xfe])
    } else if nuls(&even) > half && nuls(&odd) == 0 {
        Some([0xfe, 0xff])
    } else {
        None
    }
}

/// The file with the byte order mark it lacks.
pub(super) fn with_mark(mut reader: Box<dyn BufRead>) -> io::Result<Box<dyn BufRead>> {
    let beginning = reader.fill_buf()?;
    let beginning = beginning
        .get(..beginning.len().min(1024))
        .unwrap_or_default();
    let is_marked = beginning.starts_with(&[0xff, 0xfe]) || beginning.starts_with(&[0xfe, 0xff]);
    match utf16(beginning).filter(|_| !is_marked) {
        Some(mark) => Ok(Box::new(Cursor::new(mark).chain(reader))),
        None => Ok(reader),
    }
}

/// The separator of a text: the one that makes the most cells the most evenly.
pub(super) fn separator(text: &[u8]) -> u8 {
    let merit = |separator: u8| {
        let widths: Vec<usize> = sample(text, separator, ROWS_LOOKED_AT)
            .iter()
            .map(|row| row.cells.len())
            .collect();
        let usual = usual(&widths);
        let even = widths.iter().filter(|width| **width == usual).count() as f64
            / widths.len().max(1) as f64;
        even * even * usual.saturating_sub(1) as f64
    };
    let mut best = (0.0, b';');
    for separator in SEPARATORS {
        let merit = merit(separator);
        if merit > best.0 {
            best = (merit, separator);
        }
    }
    best.1
}

/// The most frequent of these widths.
fn usual(widths: &[usize]) -> usize {
    let frequency = |width: usize| widths.iter().filter(|held| **held == width).count();
    widths
        .iter()
        .copied()
        .max_by_key(|width| frequency(*width))
        .unwrap_or(0)
}

/// The first rows of a text that may be cut off in the middle of one; the last one only when there is no other.
pub(super) fn sample(text: &[u8], separator: u8, most: usize) -> Vec<Row> {
    let end = match text.len() >= limits::CSV_SAMPLE_BYTES {
        true => memchr::memrchr(b'\n', text).map_or(text.len(), |end| end + 1),
        false => text.len(),
    };
    let whole = text.get(..end).unwrap_or_default();
    let mut cutter = Cutter::of(whole.to_vec(), None, separator);
    let mut rows = Vec::new();
    while rows.len() < most {
        match cutter.next_piece() {
            Piece::Row(row) => rows.push(row),
            Piece::TooLarge { .. } => {}
            Piece::Broken { .. } | Piece::End => break,
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_that_makes_even_rows() {
        for (text, found) in [
            (
                "ean;titre;prix\n1;Un, deux, trois;12,50\n2;Quatre, cinq;9,90\n",
                b';',
            ),
            ("id,title,authors\n1,\"a;b\",c\n2,d,e\n", b','),
            ("a\tb, c\n1\td, e, f\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("alone\n", b';'),
        ] {
            assert_eq!(separator(text.as_bytes()), found, "{text}");
        }
    }

    #[test]
    fn tables_are_told_from_other_files() {
        let utf16: Vec<u8> = "ean;titre\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for (file, is_table) in [
            ("ean;titre\n".as_bytes(), true),
            (&utf16, true),
            (b"PK\x03\x04;;;", false),
            (b"%PDF-1.7;", false),
            (b"\x00\x01\x02;;\x03", false),
            (b"no separator\n", false),
            (b"", false),
        ] {
            assert_eq!(looks_like(file), is_table, "{file:?}");
        }
    }
}
