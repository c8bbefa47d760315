//! Records of bytes (ISO 2709): leader, directory, fields, each with an end mark.
//!
//! Records are cut at their end mark and not by the length they claim, which is wrong in many files and has only five
//! digits. Text that is not UTF-8 is read as MARC-8 or ISO 5426, Latin letters only; a record in another script of
//! those sets is reported and not taken.

use std::io::{self, BufRead};

use super::fields::{Dialect, Field, Fields};
use super::{Piece, Pieces};
use crate::import::Rejection;
use crate::import::diacritics::CharacterSet;
use crate::import::{Remark, Why};
use crate::limits;

const RECORD_END: u8 = 0x1d;
const FIELD_END: u8 = 0x1e;
const SUBFIELD: u8 = 0x1f;
const ESCAPE: u8 = 0x1b;
const LEADER_BYTES: usize = 24;
const ENTRY_BYTES: usize = 12;

/// Whether a file that begins so holds such records.
pub(in crate::import) fn looks_like(beginning: &[u8]) -> bool {
    let digits = |from: usize, to: usize| {
        beginning
            .get(from..to)
            .is_some_and(|bytes| bytes.iter().all(u8::is_ascii_digit))
    };
    digits(0, 5) && digits(12, 17) && beginning.get(10..12) == Some(b"22")
}

/// A file being cut up.
pub(super) struct Cutter {
    reader: Box<dyn BufRead>,
    record: Vec<u8>,
    /// Records met; stands for the line, which bytes do not have.
    number: u64,
}

impl Cutter {
    pub(super) fn of(reader: Box<dyn BufRead>) -> Cutter {
        Cutter {
            reader,
            record: Vec::new(),
            number: 0,
        }
    }

    /// Reads to the next end of a record, keeping at most [`limits::RECORD_BYTES`]; says how many bytes there were
    /// and whether the end was met.
    fn read_record(&mut self) -> io::Result<(usize, bool)> {
        self.record.clear();
        let mut bytes = 0;
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                return Ok((bytes, false));
            }
            let end = memchr::memchr(RECORD_END, available);
            let part = available
                .get(..end.unwrap_or(available.len()))
                .unwrap_or_default();
            bytes += part.len();
            if bytes <= limits::RECORD_BYTES {
                self.record.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                return Ok((bytes, true));
            }
        }
    }
}

impl Pieces for Cutter {
    fn next_piece(&mut self) -> Piece {
        let read = self.read_record();
        let line = self.number + 1;
        let bad = |rejection| Piece::Bad { line, rejection };
        match read {
            Err(error) => Piece::Broken { line, error },
            Ok((bytes, false)) => {
                if self.record.iter().all(u8::is_ascii_whitespace) && bytes <= limits::RECORD_BYTES
                {
                    return Piece::End {
                        line: self.number,
                        closed: true,
                    };
                }
                self.number = line;
                bad(Rejection::error(Remark::CutOff {}))
            }
            Ok((bytes, true)) => {
                self.number = line;
                if bytes > limits::RECORD_BYTES {
                    return super::xml::too_large(line);
                }
                match read_fields(self.record.trim_ascii_start()) {
                    Ok(fields) => Piece::Record { line, fields },
                    Err(rejection) => bad(rejection),
                }
            }
        }
    }

    fn repaired(&self) -> u64 {
        0
    }
}

/// Reads one record without its end mark.
fn read_fields(record: &[u8]) -> Result<Fields, Rejection> {
    let malformed = |why| Rejection::error(Remark::MarcMalformed { why });
    let leader = record
        .get(..LEADER_BYTES)
        .ok_or_else(|| malformed(Why::MarcShort))?;
    let leader: String = leader.iter().map(|byte| char::from(*byte)).collect();
    let rest = record.get(LEADER_BYTES..).unwrap_or_default();
    let mut parts = rest.split(|byte| *byte == FIELD_END);
    let directory = parts.next().unwrap_or_default();
    if directory.is_empty() || directory.len() % ENTRY_BYTES != 0 {
        return Err(malformed(Why::MarcDirectory));
    }
    let tags: Vec<&[u8]> = directory
        .chunks_exact(ENTRY_BYTES)
        .take(limits::XML_ELEMENTS)
        .filter_map(|entry| entry.get(..3))
        .collect();
    // Fields lie in the order of the directory, as a rule; where one does, its place is not needed.
    let contents: Vec<&[u8]> = in_order(directory, record).unwrap_or_else(|| parts.collect());
    let text = Decoder::of(&leader, record, &tags)?;
    let mut fields = Fields::of(leader);
    for (tag, content) in tags.into_iter().zip(contents) {
        let tag: String = tag.iter().map(|byte| char::from(*byte)).collect();
        if tag.starts_with("00") {
            fields.push_control(tag, text.decode(content).trim().to_owned());
        } else {
            fields.push(read_field(tag, content, &text));
        }
    }
    Ok(fields)
}

/// The contents at the places that the directory says; none when a place is not where a field begins, or when fields lie
/// upon each other, by which a small record could be made as large as one likes.
fn in_order<'r>(directory: &[u8], record: &'r [u8]) -> Option<Vec<&'r [u8]>> {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse::<usize>().ok();
    let base = number(record.get(12..17)?)?;
    let mut left = record.len();
    directory
        .chunks_exact(ENTRY_BYTES)
        .map(|entry| {
            let (length, place) = (number(entry.get(3..7)?)?, number(entry.get(7..12)?)?);
            let begin = base.checked_add(place)?;
            let is_begin = record.get(begin.checked_sub(1)?) == Some(&FIELD_END);
            left = left.checked_sub(length)?;
            let content = record.get(begin..begin.checked_add(length)?)?;
            let content = content.strip_suffix(&[FIELD_END]).unwrap_or(content);
            (is_begin && !content.contains(&FIELD_END)).then_some(content)
        })
        .collect()
}

fn read_field(tag: String, content: &[u8], text: &Decoder) -> Field {
    let mut parts = content.split(|byte| *byte == SUBFIELD);
    let indicators = parts.next().unwrap_or_default();
    let indicator = |at: usize| indicators.get(at).map_or(' ', |byte| char::from(*byte));
    let mut field = Field::new(tag, [indicator(0), indicator(1)]);
    for part in parts {
        if let Some((code, value)) = part.split_first() {
            field.push(char::from(*code), &text.decode(value));
        }
    }
    field
}

/// How the text of a record is encoded.
enum Decoder {
    Utf8,
    Old(CharacterSet),
}

impl Decoder {
    /// The bytes decide, since leaders say UTF-8 where there is none, and the other way round.
    fn of(leader: &str, record: &[u8], tags: &[&[u8]]) -> Result<Decoder, Rejection> {
        if std::str::from_utf8(record).is_ok() && !record.contains(&ESCAPE) {
            return Ok(Decoder::Utf8);
        }
        if record.contains(&ESCAPE) {
            return Err(Rejection::error(Remark::EncodingUnsupported {}));
        }
        // Only the title's field tells, and the tags are known before the text.
        let mut told = Fields::of(leader.to_owned());
        for tag in tags {
            let tag = tag.iter().map(|byte| char::from(*byte)).collect();
            told.push(Field::new(tag, [' ', ' ']));
        }
        Ok(Decoder::Old(match told.dialect() {
            Dialect::Marc21 => CharacterSet::Marc8,
            Dialect::Unimarc => CharacterSet::Iso5426,
        }))
    }

    fn decode(&self, bytes: &[u8]) -> String {
        match self {
            Decoder::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Decoder::Old(set) => set.decode(bytes).0,
        }
    }
}
