//! MARCXML and MarcXchange: records cut out of whatever encloses them (a collection, an SRU or OAI answer), with any
//! namespace prefix.
//!
//! Cutting looks only for the tags of records, so that a record that is not well-formed loses only itself. An answer's
//! own `record` holds another one and no field of its own: the innermost is the one that counts.

use std::io;

use memchr::{memchr, memchr_iter, memmem};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::fields::{Field, Fields};
use super::{Piece, Pieces};
use crate::import::onix::Utf8;
use crate::import::{Rejection, entity};
use crate::import::{Remark, Why};
use crate::limits;

/// Longest start tag of a record: a dozen namespace declarations are 1 kB.
const TAG_BYTES_MAX: usize = 8 << 10;

/// Whether a file that begins so is MARCXML or an answer that may hold some: told by its first element.
pub(in crate::import) fn is_root(beginning: &[u8]) -> bool {
    first_element(beginning).is_some_and(|name| ROOTS.contains(&name.as_slice()))
}

/// The name of the first element, without prefix.
fn first_element(beginning: &[u8]) -> Option<Vec<u8>> {
    // Letters of UTF-16 are two bytes, one of them empty.
    let text: Vec<u8> = beginning
        .iter()
        .copied()
        .filter(|byte| *byte != 0)
        .collect();
    let mut rest = text.as_slice();
    while let Some(at) = memchr(b'<', rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let end: &[u8] = match rest.first() {
            Some(b'?') => b"?>",
            Some(b'!') if rest.starts_with(b"!--") => b"-->",
            Some(b'!') => b">",
            _ => {
                let name = rest
                    .split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
                    .next()
                    .unwrap_or_default();
                return Some(local_name(name).to_vec());
            }
        };
        let passed = memmem::find(rest, end).unwrap_or(rest.len());
        rest = rest.get(passed..).unwrap_or_default();
    }
    None
}

/// First elements of MARCXML and of the answers of SRU and OAI servers.
const ROOTS: [&[u8]; 5] = [
    b"collection",
    b"record",
    b"records",
    b"searchRetrieveResponse",
    b"OAI-PMH",
];

/// A file being cut up.
pub(super) struct Cutter {
    source: Utf8,
    text: Vec<u8>,
    /// Everything before it was looked at.
    at: usize,
    /// Where the record that `at` is in begins; none outside records and in one that is too large.
    start: Option<usize>,
    inside: Option<Inside>,
    /// The line of `counted`.
    line: u64,
    counted: usize,
    /// Up to where no end of CDATA was found, and none of a comment.
    cdata_without_end: usize,
    comment_without_end: usize,
    /// The name of the first element.
    root: Option<Vec<u8>>,
    ended: bool,
}

#[derive(Clone, Copy)]
struct Inside {
    line: u64,
    too_large: bool,
}

/// What a tag says about records.
enum Tag {
    Start { end: usize, empty: bool },
    End { end: usize },
}

impl Cutter {
    pub(super) fn of(source: Utf8) -> Cutter {
        Cutter {
            source,
            text: Vec::new(),
            at: 0,
            start: None,
            inside: None,
            line: 1,
            counted: 0,
            cdata_without_end: 0,
            comment_without_end: 0,
            root: None,
            ended: false,
        }
    }

    /// Passes one tag or comment.
    fn step(&mut self) -> io::Result<Option<Piece>> {
        loop {
            let ahead = self.text.get(self.at..).unwrap_or_default();
            match memchr(b'<', ahead) {
                Some(found) => {
                    self.at += found;
                    break;
                }
                None => self.at = self.text.len(),
            }
            if !self.read_more()? {
                return Ok(Some(self.end()));
            }
        }
        // Enough to know a tag, or that it is none.
        while self.text.len() - self.at < TAG_BYTES_MAX && self.read_more()? {}
        if self.root.is_none() {
            self.root = Some(first_element(&self.text).unwrap_or_default());
        }
        let ahead = self.ahead();
        if ahead.starts_with(b"<!--") || ahead.starts_with(b"<![CDATA[") {
            self.pass_over()?;
            return Ok(None);
        }
        let tag = read_tag(ahead);
        let begin = self.at;
        self.at += match tag {
            Some(Tag::Start { end, .. } | Tag::End { end }) => end,
            None => 1,
        };
        Ok(match tag {
            Some(Tag::Start { empty, .. }) => self.open(begin, empty),
            Some(Tag::End { .. }) => self.close(),
            None => None,
        })
    }

    /// Passes over a comment or CDATA. One that has no end, or would swallow a record, was surely never closed: what
    /// follows it is read again from the next record on.
    fn pass_over(&mut self) -> io::Result<()> {
        let is_comment = self.ahead().starts_with(b"<!--");
        let end: &[u8] = if is_comment { b"-->" } else { b"]]>" };
        loop {
            // What was searched for an earlier one is not searched again.
            let from = (*self.without_end(is_comment)).max(self.at);
            let found = memmem::find(self.text.get(from..).unwrap_or_default(), end);
            if let Some(found) = found {
                let inside = self.text.get(self.at..from + found).unwrap_or_default();
                if memmem::find(inside, b"leader").is_some() {
                    self.resume_at_next_record();
                } else {
                    self.at = from + found + end.len();
                }
                return Ok(());
            }
            // The beginning of an end may be the last thing that was read.
            *self.without_end(is_comment) = self.text.len().saturating_sub(end.len());
            if self.ahead().len() > limits::RECORD_BYTES || !self.read_more()? {
                self.resume_at_next_record();
                return Ok(());
            }
        }
    }

    /// Up to where no end of a comment, or of CDATA, was found.
    fn without_end(&mut self, of_comment: bool) -> &mut usize {
        match of_comment {
            true => &mut self.comment_without_end,
            false => &mut self.cdata_without_end,
        }
    }

    fn ahead(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn resume_at_next_record(&mut self) {
        let begin = self.at + 1;
        let rest = self.text.get(begin..).unwrap_or_default();
        let name = memmem::find_iter(rest, b"record").find_map(|name| {
            let before = name.checked_sub(1)?;
            matches!(rest.get(before), Some(b'<' | b':')).then_some(before)
        });
        let start = name.and_then(|name| memchr::memrchr(b'<', rest.get(..=name)?));
        self.at = match (name, start) {
            (Some(_), Some(start)) => begin + start,
            (Some(name), None) => begin + name + 1,
            // The beginning of one may be the last thing that was read.
            (None, _) => begin.max(self.text.len().saturating_sub(b"<record".len())),
        };
    }

    fn open(&mut self, begin: usize, empty: bool) -> Option<Piece> {
        let unclosed = self.unclosed(Remark::Unclosed {});
        let line = self.line_of(begin);
        self.inside = (!empty).then_some(Inside {
            line,
            too_large: false,
        });
        self.start = (!empty).then_some(begin);
        unclosed
    }

    /// The record that is open, when it has fields of its own; an answer's wrapper is forgotten.
    fn unclosed(&mut self, remark: Remark) -> Option<Piece> {
        let inside = self.inside.take()?;
        let start = self.start.take();
        if inside.too_large {
            return Some(too_large(inside.line));
        }
        let text = self.text.get(start?..self.at)?;
        has_fields(text).then(|| Piece::Bad {
            line: inside.line,
            rejection: Rejection::error(remark),
        })
    }

    fn close(&mut self) -> Option<Piece> {
        // The end of a wrapper, otherwise.
        let inside = self.inside.take()?;
        let start = self.start.take();
        if inside.too_large {
            return Some(too_large(inside.line));
        }
        let line = inside.line;
        let text = String::from_utf8_lossy(self.text.get(start?..self.at)?);
        Some(match read(&text) {
            Ok(fields) => Piece::Record { line, fields },
            Err(why) => Piece::Bad {
                line,
                rejection: Rejection::error(Remark::XmlMalformed { why }),
            },
        })
    }

    fn end(&mut self) -> Piece {
        self.ended = true;
        let cut = self.unclosed(Remark::CutOff {});
        cut.unwrap_or_else(|| Piece::End {
            line: self.line_of(self.text.len()),
            closed: self.is_closed(),
        })
    }

    /// Whether the last thing in the file is the end of its first element.
    fn is_closed(&self) -> bool {
        let rest = self.text.trim_ascii_end();
        let last = rest.rsplit(|byte| *byte == b'<').next().unwrap_or_default();
        let name = last
            .strip_prefix(b"/")
            .and_then(|last| last.strip_suffix(b">"))
            .map(|name| local_name(name.trim_ascii_end()));
        let closes = name.is_some_and(|name| self.root.as_deref() == Some(name));
        closes || last.starts_with(b"!--") && last.ends_with(b"-->")
    }

    /// Reads on, letting go of what is no longer needed; `false` at the end.
    fn read_more(&mut self) -> io::Result<bool> {
        let bytes = self.start.map_or(0, |start| self.text.len() - start);
        if let Some(inside) = self
            .inside
            .as_mut()
            .filter(|_| bytes > limits::RECORD_BYTES)
        {
            inside.too_large = true;
            self.start = None;
        }
        // The last tag stays, to see whether the file was ended.
        let unneeded = self.start.unwrap_or(self.at).min(self.at);
        let unneeded = unneeded.saturating_sub(TAG_BYTES_MAX);
        // Not before it is the greater part, so that what remains is not moved for every tag.
        if unneeded > self.text.len() / 2 {
            self.let_go(unneeded);
        }
        self.source.read_bytes_into(&mut self.text)
    }

    fn let_go(&mut self, bytes: usize) {
        self.line_of(bytes.max(self.counted));
        self.text.drain(..bytes);
        self.at -= bytes;
        self.counted -= bytes;
        self.start = self.start.map(|start| start - bytes);
        self.cdata_without_end = self.cdata_without_end.saturating_sub(bytes);
        self.comment_without_end = self.comment_without_end.saturating_sub(bytes);
    }

    /// The line of a place at or after the last place asked for.
    fn line_of(&mut self, place: usize) -> u64 {
        let between = self.text.get(self.counted..place).unwrap_or_default();
        self.line += memchr_iter(b'\n', between).count() as u64;
        self.counted = self.counted.max(place);
        self.line
    }
}

impl Pieces for Cutter {
    fn next_piece(&mut self) -> Piece {
        while !self.ended {
            match self.step() {
                Ok(None) => {}
                Ok(Some(piece)) => return piece,
                Err(error) => {
                    self.ended = true;
                    let line = self.line_of(self.at);
                    return Piece::Broken { line, error };
                }
            }
        }
        Piece::End {
            line: self.line,
            closed: true,
        }
    }

    fn repaired(&self) -> u64 {
        self.source.repaired()
    }
}

pub(super) fn too_large(line: u64) -> Piece {
    Piece::Bad {
        line,
        rejection: Rejection::error(crate::import::too_large()),
    }
}

fn has_fields(text: &[u8]) -> bool {
    [b"leader".as_slice(), b"controlfield", b"datafield"]
        .iter()
        .any(|name| memmem::find(text, name).is_some())
}

/// The tag at the beginning of `text`, if it is a record's.
fn read_tag(text: &[u8]) -> Option<Tag> {
    let inside = text.get(1..TAG_BYTES_MAX.min(text.len()))?;
    let (closes, inside) = match inside.strip_prefix(b"/") {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let name_bytes = inside
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'<'))?;
    let name = inside.get(..name_bytes)?;
    if local_name(name) != b"record" {
        return None;
    }
    let end = memchr(b'>', inside)?;
    let empty = !closes && inside.get(..end)?.ends_with(b"/");
    let end = end + 2 + usize::from(closes);
    Some(match closes {
        true => Tag::End { end },
        false => Tag::Start { end, empty },
    })
}

fn local_name(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b':').next().unwrap_or(name)
}

/// Reads one record; says what is wrong with it otherwise.
fn read(xml: &str) -> Result<Fields, Why> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().allow_dangling_amp = true;
    let mut building = Building::default();
    loop {
        match reader
            .read_event()
            .map_err(|error| Why::Words(error.to_string()))?
        {
            Event::Start(start) => building.open(&start)?,
            Event::Empty(start) => {
                building.open(&start)?;
                building.close(start.name().as_ref());
            }
            Event::End(end) => building.close(end.name().as_ref()),
            Event::Text(text) => building.text.push_str(&text),
            Event::CData(text) => building.text.push_str(&text),
            Event::GeneralRef(name) if name.is_char_ref() => {
                if let Ok(Some(letter)) = name.resolve_char_ref() {
                    building.text.push(letter);
                }
            }
            // Only what XML and HTML know: MARCXML has no document type, and nothing is ever fetched.
            Event::GeneralRef(name) => match entity::letters(&name) {
                Some(value) => building.text.push_str(value),
                None => building.text.push_str(&format!("&{};", &*name)),
            },
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => return Ok(building.fields),
        }
    }
}

/// A record being read.
#[derive(Default)]
struct Building {
    fields: Fields,
    elements: usize,
    /// The tag of the control field that is open.
    control: Option<String>,
    field: Option<Field>,
    /// The code of the subfield that is open.
    subfield: Option<char>,
    text: String,
}

impl Building {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Why> {
        self.elements += 1;
        if self.elements > limits::XML_ELEMENTS {
            return Err(Why::XmlElements);
        }
        self.text.clear();
        let attribute = |name: &str| attribute(start, name);
        match local_name(start.name().as_ref().as_bytes()) {
            b"controlfield" => self.control = Some(attribute("tag")?),
            b"datafield" => {
                let indicator =
                    |name| attribute(name).map(|value| value.chars().next().unwrap_or(' '));
                let indicators = [indicator("ind1")?, indicator("ind2")?];
                self.field = Some(Field::new(attribute("tag")?, indicators));
            }
            b"subfield" => self.subfield = attribute("code")?.chars().next(),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        let text = std::mem::take(&mut self.text);
        match local_name(name.as_bytes()) {
            b"leader" => self.fields.leader = text,
            b"controlfield" => {
                if let Some(tag) = self.control.take() {
                    self.fields.push_control(tag, text);
                }
            }
            b"subfield" => {
                if let (Some(field), Some(code)) = (self.field.as_mut(), self.subfield.take()) {
                    field.push(code, &text);
                }
            }
            b"datafield" => {
                if let Some(field) = self.field.take() {
                    self.fields.push(field);
                }
            }
            _ => {}
        }
    }
}

/// The value of an attribute; empty when it is not there.
fn attribute(start: &BytesStart<'_>, name: &str) -> Result<String, Why> {
    for attribute in start
        .attributes()
        .with_checks(false)
        .take(limits::XML_ATTRIBUTES)
    {
        let attribute = attribute.map_err(|error| Why::Words(error.to_string()))?;
        if attribute.key.as_ref() == name {
            return Ok(attribute.value.into_owned());
        }
    }
    Ok(String::new())
}
