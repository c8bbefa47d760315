//! Cutting a message into its products, without understanding them.
//!
//! Only as much XML is looked at as is needed not to be misled by comments, CDATA and quotes; where a product is
//! broken, the next start of a product is where order returns. So one bad product cannot take its neighbours along,
//! and memory is bounded by the largest product that is accepted.

use std::io;

use memchr::{memchr, memchr_iter, memmem};

use super::decode::Utf8;
use super::tags;
use crate::limits;

/// Longest name of a tag that is passed over quickly: the longest of ONIX has 34 letters.
const NAME_BYTES_MAX: usize = 64;

/// What comes next in a message.
#[derive(Debug)]
pub(super) enum Piece {
    /// A product from its start tag to its end tag.
    Product { line: u64, text: String },
    /// A product in which the next one begins.
    Unclosed { line: u64 },
    /// A product of more than [`limits::RECORD_BYTES`].
    TooLarge { line: u64 },
    /// A product in which the file ends.
    CutOff { line: u64 },
    /// The file cannot be read on.
    Broken { line: u64, error: io::Error },
    /// The end of the file; `closed` when the message was ended before.
    End { line: u64, closed: bool },
}

/// A message being cut up.
pub(super) struct Splitter {
    source: Utf8,
    text: String,
    /// Everything before it was looked at.
    at: usize,
    /// Where the product begins that `at` is in; none outside products and in one that is too large.
    start: Option<usize>,
    inside: Option<Inside>,
    /// The line of `counted`.
    line: u64,
    counted: usize,
    /// A product was met, so that `prologue` is complete.
    begun: bool,
    prologue: String,
    closed: bool,
}

#[derive(Clone, Copy)]
struct Inside {
    line: u64,
    too_large: bool,
}

impl Splitter {
    pub(super) fn of(source: Utf8) -> Splitter {
        Splitter {
            source,
            text: String::new(),
            at: 0,
            start: None,
            inside: None,
            line: 1,
            counted: 0,
            begun: false,
            prologue: String::new(),
            closed: false,
        }
    }

    /// What stands before the first product, once a product or the end was met.
    pub(super) fn take_prologue(&mut self) -> String {
        std::mem::take(&mut self.prologue)
    }

    pub(super) fn repaired(&self) -> u64 {
        self.source.repaired()
    }

    pub(super) fn next_piece(&mut self) -> Piece {
        loop {
            match self.step() {
                Ok(None) => {}
                Ok(Some(piece)) => return piece,
                Err(error) => {
                    let line = self.line_of(self.at);
                    self.begin_at(self.at);
                    return Piece::Broken { line, error };
                }
            }
        }
    }

    /// Passes one tag, comment or the like.
    fn step(&mut self) -> io::Result<Option<Piece>> {
        loop {
            match next_markup(self.bytes(self.at)) {
                Ok(found) => {
                    self.at += found;
                    break;
                }
                Err(passed) => self.at += passed,
            }
            if !self.read_more()? {
                return Ok(Some(self.end()));
            }
        }
        let end = loop {
            let markup = self.bytes(self.at);
            let end = markup_end(markup);
            if end.is_some() || markup.len() > limits::RECORD_BYTES || !self.read_more()? {
                break end;
            }
        };
        let begin = self.at;
        let markup = end
            .and_then(|end| self.bytes(begin).get(..end))
            .unwrap_or_default();
        if markup.is_empty() || (self.inside.is_some() && swallows_a_product(markup)) {
            self.resume_at_next_product();
            return Ok(None);
        }
        let end = markup.len();
        let tag = read_tag(markup);
        self.at += end;
        Ok(match tag {
            Some(Tag::ProductStart { empty }) => self.start_product(begin, empty),
            Some(Tag::ProductEnd) => self.end_product(),
            Some(Tag::MessageEnd) => {
                self.closed = true;
                None
            }
            None => None,
        })
    }

    /// Passes over markup that never ends, to where the next product may begin.
    fn resume_at_next_product(&mut self) {
        let begin = self.at + 1;
        let rest = self.bytes(begin);
        let starts = [b"<Product", b"<product"].map(|start| memmem::find(rest, start));
        self.at = match starts.into_iter().flatten().min() {
            Some(found) => begin + found,
            // The beginning of one may be the last thing that was read.
            None => {
                let last = self.text.len().saturating_sub(b"<Product".len());
                begin.max(self.text.floor_char_boundary(last))
            }
        };
    }

    fn start_product(&mut self, begin: usize, empty: bool) -> Option<Piece> {
        self.begin_at(begin);
        let broken = self.inside.take().map(|inside| match inside.too_large {
            true => Piece::TooLarge { line: inside.line },
            false => Piece::Unclosed { line: inside.line },
        });
        let line = self.line_of(begin);
        self.inside = Some(Inside {
            line,
            too_large: false,
        });
        self.start = Some(begin);
        match broken {
            None if empty => self.end_product(),
            broken => broken,
        }
    }

    fn end_product(&mut self) -> Option<Piece> {
        let inside = self.inside.take()?;
        let start = self.start.take();
        if inside.too_large {
            return Some(Piece::TooLarge { line: inside.line });
        }
        let text = self.text.get(start?..self.at)?.to_owned();
        Some(Piece::Product {
            line: inside.line,
            text,
        })
    }

    /// There is no more text.
    fn end(&mut self) -> Piece {
        self.begin_at(self.text.len());
        self.at = self.text.len();
        self.start = None;
        match self.inside.take() {
            Some(Inside {
                line,
                too_large: true,
            }) => Piece::TooLarge { line },
            Some(Inside {
                line,
                too_large: false,
            }) => Piece::CutOff { line },
            None => Piece::End {
                line: self.line_of(self.at),
                closed: self.closed,
            },
        }
    }

    /// Everything before `at` is the prologue, unless that was settled before.
    fn begin_at(&mut self, at: usize) {
        if !self.begun {
            self.begun = true;
            self.prologue = self.text.get(..at).unwrap_or_default().to_owned();
        }
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
        if self.begun {
            self.let_go(self.start.unwrap_or(self.at).min(self.at));
        } else if self.text.len() > limits::PROLOGUE_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "there is no product in the first megabyte",
            ));
        }
        self.source.read_into(&mut self.text)
    }

    fn bytes(&self, from: usize) -> &[u8] {
        self.text.as_bytes().get(from..).unwrap_or_default()
    }

    fn let_go(&mut self, bytes: usize) {
        self.line_of(bytes.max(self.counted));
        self.text.drain(..bytes);
        self.at -= bytes;
        self.counted -= bytes;
        self.start = self.start.map(|start| start - bytes);
    }

    /// The line of a place at or after the last place asked for.
    fn line_of(&mut self, place: usize) -> u64 {
        let between = self.bytes(self.counted);
        let between = between.get(..place.saturating_sub(self.counted));
        self.line += memchr_iter(b'\n', between.unwrap_or_default()).count() as u64;
        self.counted = self.counted.max(place);
        self.line
    }
}

/// Where the next markup begins that may begin or end something; else how far there is none. A tag of any other name
/// is passed over by its name alone: its end does not matter, as no value may hold a `<`.
fn next_markup(text: &[u8]) -> Result<usize, usize> {
    let mut at = 0;
    while let Some(found) = memchr(b'<', text.get(at..).unwrap_or_default()) {
        at += found;
        match other_name(text.get(at + 1..).unwrap_or_default()) {
            Some(name_bytes) => at += 1 + name_bytes,
            None => return Ok(at),
        }
    }
    Err(text.len())
}

/// The length of the name that a tag begins with, when it is whole and neither a product's nor a message's.
fn other_name(tag: &[u8]) -> Option<usize> {
    let name = tag.strip_prefix(b"/").unwrap_or(tag);
    if !name.first()?.is_ascii_alphabetic() {
        return None;
    }
    let name_bytes = name
        .iter()
        .take(NAME_BYTES_MAX)
        .position(|byte| matches!(byte, b'>' | b' ' | b'/' | b'\t' | b'\r' | b'\n' | b'<'))?;
    let name = name.get(..name_bytes)?;
    let may_cut = match name.last()? {
        b't' => name.ends_with(b"roduct"),
        b'e' => name.ends_with(b"essage"),
        _ => false,
    };
    (!may_cut).then_some(name_bytes)
}

enum Tag {
    ProductStart { empty: bool },
    ProductEnd,
    MessageEnd,
}

fn read_tag(markup: &[u8]) -> Option<Tag> {
    let inside = markup.strip_prefix(b"<")?.strip_suffix(b">")?;
    let (closes, inside) = match inside.strip_prefix(b"/") {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let name = inside
        .split(|byte| byte.is_ascii_whitespace() || *byte == b'/')
        .next()?;
    let name = std::str::from_utf8(name).ok()?;
    match (tags::without_prefix(name), closes) {
        ("Product" | "product", false) => Some(Tag::ProductStart {
            empty: inside.ends_with(b"/"),
        }),
        ("Product" | "product", true) => Some(Tag::ProductEnd),
        ("ONIXMessage" | "ONIXmessage", true) => Some(Tag::MessageEnd),
        _ => None,
    }
}

/// Where the tag, comment, CDATA, instruction or declaration at the beginning of `text` ends; none when that is not
/// in `text`. A `<` that begins nothing ends at once, and a tag that is not closed ends before the next `<`.
fn markup_end(text: &[u8]) -> Option<usize> {
    let after = |from: usize, mark: &[u8]| {
        memmem::find(text.get(from..)?, mark).map(|found| from + found + mark.len())
    };
    match text.get(1)? {
        b'?' => after(2, b"?>"),
        b'!' if text.len() < 9 => None,
        b'!' if text.starts_with(b"<!--") => after(4, b"-->"),
        b'!' if text.starts_with(b"<![CDATA[") => after(9, b"]]>"),
        b'!' => declaration_end(text),
        first
            if first.is_ascii_alphabetic() || matches!(first, b'/' | b'_') || !first.is_ascii() =>
        {
            tag_end(text)
        }
        _ => Some(1),
    }
}

fn tag_end(text: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match (byte, quote) {
            // Not even a quoted value may hold it.
            (b'<', _) => return Some(at),
            (b'>', None) => return Some(at + 1),
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}

/// The end of a document type with its declarations.
fn declaration_end(text: &[u8]) -> Option<usize> {
    let (mut quote, mut brackets, mut at) = (None, 0_usize, 2);
    while let Some(byte) = text.get(at) {
        match (byte, quote) {
            (byte, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (b'<', None) if text.get(at..).is_some_and(|rest| rest.starts_with(b"<!--")) => {
                at += memmem::find(text.get(at..)?, b"-->")? + 2;
            }
            (b'"' | b'\'', None) => quote = Some(byte),
            (b'[', None) => brackets += 1,
            (b']', None) => brackets = brackets.saturating_sub(1),
            (b'>', None) if brackets == 0 => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// A comment or CDATA inside a product that holds the start of another one was surely never closed.
fn swallows_a_product(markup: &[u8]) -> bool {
    markup.starts_with(b"<!")
        && [
            b"<Product>".as_slice(),
            b"<product>",
            b"<Product ",
            b"<product ",
        ]
        .iter()
        .any(|start| memmem::find(markup, start).is_some())
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

    use super::*;

    /// The pieces of a message, each in a word: `line:text`, or what is wrong with it.
    fn pieces(message: &str) -> Vec<String> {
        let mut splitter =
            Splitter::of(Utf8::of(Box::new(Cursor::new(message.as_bytes().to_vec()))));
        let mut pieces = Vec::new();
        loop {
            pieces.push(match splitter.next_piece() {
                Piece::Product { line, text } => format!("{line}:{text}"),
                Piece::Unclosed { line } => format!("{line} unclosed"),
                Piece::TooLarge { line } => format!("{line} too large"),
                Piece::CutOff { line } => format!("{line} cut off"),
                Piece::Broken { line, .. } => {
                    return [pieces, vec![format!("{line} broken")]].concat();
                }
                Piece::End { line, closed } => {
                    return [pieces, vec![format!("{line} end {closed}")]].concat();
                }
            });
        }
    }

    #[test]
    fn o18_products_are_cut_out_whole() {
        let message = "<?xml version='1.0'?>\n<!DOCTYPE ONIXMessage [<!ENTITY a '<Product>'><!-- it's -->]>\n\
            <ONIXMessage><Header/>\n<!-- <Product>no</Product> -->\n<Product a='>'><X/></Product>\n\
            <o:Product>\n<![CDATA[</Product>]]></o:Product><Product/></ONIXMessage>";
        assert_eq!(
            pieces(message),
            [
                "5:<Product a='>'><X/></Product>",
                "6:<o:Product>\n<![CDATA[</Product>]]></o:Product>",
                "7:<Product/>",
                "7 end true"
            ]
        );
    }

    #[test]
    fn o18_a_broken_product_does_not_take_its_neighbour() {
        for broken in [
            "<Product><a>",
            "<Product><a b=\"c>",
            "<Product><!-- open ",
            "<Product><![CDATA[ open",
            "<Product>< ",
        ] {
            let message = format!("<ONIXMessage>{broken}\n<Product>ok</Product></ONIXMessage>");
            assert_eq!(
                pieces(&message),
                ["1 unclosed", "2:<Product>ok</Product>", "2 end true"],
                "{broken}"
            );
        }
    }

    #[test]
    fn o18_a_cut_file_and_a_giant_are_noticed() {
        assert_eq!(
            pieces("<m><Product>a</Product><Prod"),
            ["1:<Product>a</Product>", "1 end false"]
        );
        assert_eq!(
            pieces("<m><Product>a</Product>\n<Product>b"),
            ["1:<Product>a</Product>", "2 cut off", "2 end false"]
        );
        let giant = "x".repeat(limits::RECORD_BYTES + 200_000);
        for giant in [
            giant.clone(),
            format!("<!--{giant}"),
            format!("<a b='{giant}"),
        ] {
            let message = format!("<m><Product>{giant}</Product>\n<Product>b</Product></m>");
            assert_eq!(
                pieces(&message).get(1..),
                Some(
                    &[
                        "2:<Product>b</Product>".to_owned(),
                        "2 end false".to_owned()
                    ][..]
                )
            );
        }
        let no_product = format!("<m>{}</m>", "x".repeat(limits::PROLOGUE_BYTES * 2));
        assert_eq!(pieces(&no_product), ["1 broken"]);
    }
}
