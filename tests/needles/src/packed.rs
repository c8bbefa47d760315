//! What is compressed among other bytes: gzip, zlib, zstd, and the deflated files of a ZIP archive, each found by its first
//! bytes, wherever they stand.
//!
//! Bounded: [`MOST`] bytes of each are read, and what is compressed in what was compressed [`DEPTH`] times is not opened.

use std::{
    io::{Cursor, Read},
    sync::LazyLock,
};

use aho_corasick::AhoCorasick;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::Needles;

/// A page, a log or a backup of the tests is smaller.
const MOST: u64 = 64 << 20;
/// A compressed page in a compressed archive.
pub(super) const DEPTH: usize = 2;
/// Before the name of a file in a ZIP archive (APPNOTE, 4.3.7).
const ZIP_HEADER_BYTES: usize = 30;

/// How something begins that can be opened.
const MAGIC: [(&[u8], Kind); 7] = [
    (&[0x1f, 0x8b, 8], Kind::Gzip),
    (&[0x28, 0xb5, 0x2f, 0xfd], Kind::Zstd),
    (b"PK\x03\x04", Kind::Zip),
    // A window of 32 KiB, and the four levels (RFC 1950).
    (&[0x78, 0x01], Kind::Zlib),
    (&[0x78, 0x5e], Kind::Zlib),
    (&[0x78, 0x9c], Kind::Zlib),
    (&[0x78, 0xda], Kind::Zlib),
];

#[derive(Clone, Copy)]
enum Kind {
    Gzip,
    Zlib,
    Zstd,
    Zip,
}

static BEGINNINGS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(MAGIC.map(|(magic, _)| magic)).ok());

/// Where something begins that may be compressed.
pub(super) fn beginnings(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let hits = BEGINNINGS.iter().flat_map(move |all| all.find_iter(bytes));
    hits.map(|hit| hit.start())
}

/// The spelling of the first number in what is compressed in `bytes`.
pub(super) fn found(needles: &Needles, bytes: &[u8], depth: usize) -> Option<&'static str> {
    beginnings(bytes).find_map(|at| found_behind(needles, bytes.get(at..)?, depth))
}

/// The spelling of the first number in what begins here, if it can be opened.
pub(super) fn found_behind(
    needles: &Needles,
    from: impl Read,
    depth: usize,
) -> Option<&'static str> {
    let left = depth.checked_sub(1)?;
    let opened = open(from)?;
    let plain = needles.found_plainly(&opened);
    plain.or_else(|| found(needles, &opened, left))
}

/// What begins here, as far as it can be read: the end may be cut off, or be something else.
fn open(mut from: impl Read) -> Option<Vec<u8>> {
    let mut head = [0; 4];
    from.read_exact(&mut head).ok()?;
    let (_, kind) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic))?;
    let mut whole = Cursor::new(head).chain(from);
    let mut opened = Vec::new();
    // Wrong or cut off, it ends with an error behind what was read.
    let _ = match kind {
        Kind::Gzip => GzDecoder::new(whole).take(MOST).read_to_end(&mut opened),
        Kind::Zlib => ZlibDecoder::new(whole).take(MOST).read_to_end(&mut opened),
        Kind::Zstd => {
            let decoder = zstd::stream::read::Decoder::new(whole).ok()?;
            decoder.take(MOST).read_to_end(&mut opened)
        }
        Kind::Zip => {
            skip_to_content(&mut whole)?;
            DeflateDecoder::new(whole)
                .take(MOST)
                .read_to_end(&mut opened)
        }
    };
    Some(opened)
}

/// Passes over the header of a file in a ZIP archive; none when it is stored as it is, and so was searched already.
fn skip_to_content(from: &mut impl Read) -> Option<()> {
    const DEFLATED: u64 = 8;
    let mut header = [0; ZIP_HEADER_BYTES];
    from.read_exact(&mut header).ok()?;
    let number = |at: usize| {
        let bytes: [u8; 2] = header.get(at..at + 2)?.try_into().ok()?;
        Some(u64::from(u16::from_le_bytes(bytes)))
    };
    let names = number(26)? + number(28)?;
    std::io::copy(&mut from.take(names), &mut std::io::sink()).ok()?;
    (number(8)? == DEFLATED).then_some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::io::Write as _;

    use flate2::{Compression, write};

    use super::*;

    const NUMBER: &str = "4970105191923460";

    fn text(number: &str) -> Vec<u8> {
        // Enough of other digits that the number's own are coded too, and not only repeated.
        let lines: String = (0..2000_u32)
            .map(|line| format!("line {}\n", line.wrapping_mul(2_654_435_761)))
            .collect();
        format!("{lines}{number} is behind it, and so on").into_bytes()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = write::GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    /// The text in each of the ways.
    fn ways(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let mut ways = vec![("gzip", gzip(bytes))];
        for (name, level) in [("zlib 1", 1), ("zlib 3", 3), ("zlib 6", 6), ("zlib 9", 9)] {
            let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::new(level));
            zlib.write_all(bytes).unwrap();
            ways.push((name, zlib.finish().unwrap()));
        }
        ways.push(("zstd", zstd::encode_all(bytes, 3).unwrap()));
        let mut deflate = write::DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(bytes).unwrap();
        let mut header = [0_u8; ZIP_HEADER_BYTES];
        header[..4].copy_from_slice(b"PK\x03\x04");
        (header[8], header[26], header[28]) = (8, 5, 2);
        let zip = [&header, b"a.logxx".as_slice(), &deflate.finish().unwrap()].concat();
        ways.push(("ZIP", zip));
        ways
    }

    #[test]
    fn a_number_is_found_in_what_was_compressed_and_only_if_it_is_there() {
        let needles = Needles::of(&[NUMBER]).unwrap();
        let (with, without) = (text(NUMBER), text("4970105191923461"));
        for ((name, with), (_, without)) in ways(&with).into_iter().zip(ways(&without)) {
            assert_eq!(needles.found_plainly(&with), None, "{name}");
            let among = [
                b"\x00x\x78\x9c before ",
                with.as_slice(),
                b"\x1f\x8b behind",
            ]
            .concat();
            assert_eq!(needles.found(&among), Some("plain"), "{name}");
            assert_eq!(needles.found(&without), None, "{name}");
            // Cut off behind the number, it is found all the same, where it is not written in blocks.
            let cut = with.len() - 6;
            let found = needles.found(&with[..cut]);
            assert!(name == "zstd" || found == Some("plain"), "{name}");
        }
    }

    #[test]
    fn what_was_compressed_twice_is_opened_and_no_more_than_that() {
        let needles = Needles::of(&[NUMBER]).unwrap();
        // So uniform that it can be compressed twice.
        let lines = "a line of a log\n".repeat(200_000);
        let twice = gzip(&gzip(format!("{lines}{NUMBER}").as_bytes()));
        assert_eq!(needles.found(&twice), Some("plain"));
        assert_eq!(found(&needles, &twice, 1), None);
        let bomb = gzip(&vec![0; (MOST as usize) + (1 << 20)]);
        assert_eq!(open(bomb.as_slice()).unwrap().len(), MOST as usize);
    }

    #[test]
    fn what_only_begins_like_it_is_passed_over() {
        let needles = Needles::of(&[NUMBER]).unwrap();
        for (magic, _) in MAGIC {
            assert_eq!(needles.found(magic), None);
            let nonsense = [magic, &[0xff; 100]].concat();
            assert_eq!(needles.found(&nonsense), None);
            let before = [magic, &[0xff; 100], NUMBER.as_bytes()].concat();
            assert_eq!(needles.found(&before), Some("plain"));
        }
    }
}
