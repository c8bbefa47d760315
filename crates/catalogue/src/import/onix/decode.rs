//! A message as UTF-8, whatever its encoding: byte order mark, then XML declaration, then what the bytes look like.
//!
//! Bytes that are not UTF-8 in a message that says it is are read as Windows-1252, which is what they always are.

use std::io::{self, BufRead};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes read at a time: as many as the reader below holds, which then hands them on without holding them.
const CHUNK_BYTES: usize = 128 << 10;

/// A stream of UTF-8 text.
pub(in crate::import) struct Utf8 {
    reader: Box<dyn BufRead>,
    encoding: Option<Detected>,
    /// Bytes of a letter whose end is in the next chunk.
    pending: Vec<u8>,
    repaired: u64,
    ended: bool,
}

enum Detected {
    Utf8,
    Other(Decoder),
}

impl Utf8 {
    pub(in crate::import) fn of(reader: Box<dyn BufRead>) -> Utf8 {
        Utf8 {
            reader,
            encoding: None,
            pending: Vec::new(),
            repaired: 0,
            ended: false,
        }
    }

    /// How many bytes or letters were not of the encoding that the message says it has.
    pub(in crate::import) fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Appends the next piece of text to `text`; `false` when there is no more.
    pub(in crate::import) fn read_into(&mut self, text: &mut String) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let mut chunk = std::mem::take(&mut self.pending);
        let known = chunk.len();
        chunk.resize(known + CHUNK_BYTES, 0);
        let read = read_full(&mut self.reader, chunk.get_mut(known..).unwrap_or_default())?;
        chunk.truncate(known + read);
        self.ended = read == 0;
        let mut bytes = chunk.as_slice();
        if self.encoding.is_none() {
            let (detected, marks) = detect(bytes);
            self.encoding = Some(detected);
            bytes = bytes.get(marks..).unwrap_or_default();
        }
        match &mut self.encoding {
            Some(Detected::Other(decoder)) => {
                self.repaired += decode(decoder, bytes, text, self.ended)
            }
            _ => self.copy_utf8(bytes, text),
        }
        Ok(true)
    }

    /// The same for readers that cut bytes.
    pub(in crate::import) fn read_bytes_into(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let mut piece = String::new();
        let more = self.read_into(&mut piece)?;
        text.extend_from_slice(piece.as_bytes());
        Ok(more)
    }

    fn copy_utf8(&mut self, bytes: &[u8], text: &mut String) {
        let unfinished = if self.ended { 0 } else { unfinished(bytes) };
        let (whole, rest) = bytes
            .split_at_checked(bytes.len() - unfinished)
            .unwrap_or((bytes, &[]));
        self.pending = rest.to_vec();
        if let Ok(valid) = simdutf8::basic::from_utf8(whole) {
            text.push_str(valid);
            return;
        }
        for chunk in whole.utf8_chunks() {
            text.push_str(chunk.valid());
            let (repaired, _) = WINDOWS_1252.decode_without_bom_handling(chunk.invalid());
            text.push_str(&repaired);
            self.repaired += chunk.invalid().len() as u64;
        }
    }
}

/// How many bytes at the end are the beginning of a letter.
fn unfinished(bytes: &[u8]) -> usize {
    let last = bytes.iter().rev().zip(1..4);
    for (byte, back) in last {
        let letter_bytes = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        return if letter_bytes > back { back } else { 0 };
    }
    0
}

/// Fills `buffer` as far as the stream goes, so that the declaration is in the first chunk.
fn read_full(reader: &mut dyn BufRead, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What came before the fault is complete and worth taking; the fault comes again with the next read.
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Decodes and returns how many letters were malformed, at least.
fn decode(decoder: &mut Decoder, bytes: &[u8], text: &mut String, last: bool) -> u64 {
    let room = decoder.max_utf8_buffer_length(bytes.len());
    text.reserve(room.unwrap_or(bytes.len().saturating_mul(3)));
    let (_, _, malformed) = decoder.decode_to_string(bytes, text, last);
    u64::from(malformed)
}

/// The encoding of a message by its first bytes, and how many of them are a byte order mark.
fn detect(bytes: &[u8]) -> (Detected, usize) {
    let other =
        |encoding: &'static Encoding| Detected::Other(encoding.new_decoder_without_bom_handling());
    match Encoding::for_bom(bytes) {
        Some((encoding, marks)) if encoding == UTF_8 => return (Detected::Utf8, marks),
        Some((encoding, marks)) => return (other(encoding), marks),
        None => {}
    }
    match bytes {
        [b'<', 0, ..] => return (other(UTF_16LE), 0),
        [0, b'<', ..] => return (other(UTF_16BE), 0),
        _ => {}
    }
    match declared(bytes).and_then(|label| Encoding::for_label(label.as_bytes())) {
        // Readable as bytes, so whatever it says, it is not UTF-16.
        None => (Detected::Utf8, 0),
        Some(encoding) if encoding == UTF_8 || encoding == UTF_16LE || encoding == UTF_16BE => {
            (Detected::Utf8, 0)
        }
        Some(encoding) => (other(encoding), 0),
    }
}

/// The `encoding` of an XML declaration.
fn declared(bytes: &[u8]) -> Option<String> {
    let beginning = bytes.get(..bytes.len().min(256))?;
    let beginning: String = beginning.iter().map(|byte| char::from(*byte)).collect();
    let declaration = beginning
        .trim_start()
        .strip_prefix("<?xml")?
        .split_once("?>")?
        .0;
    let value = declaration
        .split_once("encoding")?
        .1
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value
        .get(1..)?
        .split_once(quote)
        .map(|(label, _)| label.to_owned())
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

    fn text(bytes: &[u8]) -> (String, u64) {
        let mut utf8 = Utf8::of(Box::new(Cursor::new(bytes.to_vec())));
        let mut text = String::new();
        while utf8.read_into(&mut text).unwrap() {}
        (text, utf8.repaired())
    }

    #[test]
    fn o17_encodings_are_told_from_marks_declarations_and_bytes() {
        let utf16 = |to_bytes: fn(u16) -> [u8; 2]| {
            "<é/>"
                .encode_utf16()
                .flat_map(to_bytes)
                .collect::<Vec<u8>>()
        };
        assert_eq!(text(&utf16(u16::to_le_bytes)).0, "<é/>");
        assert_eq!(text(&utf16(u16::to_be_bytes)).0, "<é/>");
        assert_eq!(
            text(&[&[0xff, 0xfe], utf16(u16::to_le_bytes).as_slice()].concat()).0,
            "<é/>"
        );
        assert_eq!(text("\u{feff}<é/>".as_bytes()).0, "<é/>");
        assert_eq!(
            text(b"<?xml version='1.0' encoding='ISO-8859-1'?>\xe9")
                .0
                .chars()
                .last(),
            Some('é')
        );
        assert_eq!(
            text(b"<?xml version=\"1.0\" encoding=\"windows-1252\"?>\x80")
                .0
                .chars()
                .last(),
            Some('€')
        );
        assert_eq!(
            text(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>\x93caf\xe9\x94 \xc3\xa9</a>")
                .0
                .split_once("<a>")
                .unwrap()
                .1,
            "“café” é</a>"
        );
        assert_eq!(text(b"<a>\xe9</a>").1, 1);
        assert_eq!(text(b"<a>\xc3"), ("<a>Ã".to_owned(), 1));
    }

    #[test]
    fn letters_across_chunks_are_whole() {
        let long = format!(
            "<{}é{}€",
            "x".repeat(CHUNK_BYTES - 2),
            "y".repeat(CHUNK_BYTES - 2)
        );
        assert_eq!(text(long.as_bytes()), (long, 0));
    }
}
