//! The limits of fetching covers, each with its reason.

use std::time::Duration;

/// Bytes of one file: a cover of 1,400 by 2,100 pixels that was made with care has 1.6 MB, and some are made for print.
pub const FILE_BYTES: usize = 20 << 20;

/// Time for one cover from the first question to the last byte, redirects included: 20 MB at 6 Mbit/s.
pub const FETCH: Duration = Duration::from_secs(30);

/// Time for one address to take the connection.
pub const CONNECT: Duration = Duration::from_secs(5);

/// Addresses of one host that are tried: the rest are for load, not for faults.
pub const ADDRESSES: usize = 3;

/// How often a link may lead on (http to https, to `www`, to a storage).
pub const REDIRECTS: usize = 3;

/// Bytes of an answer's head: as much as most servers let a question have, four times over.
pub const HEAD_BYTES: usize = 32 << 10;

/// Characters of an `ETag` or `Last-Modified` that are kept.
pub const TAG_CHARS: usize = 200;

/// Pixels of a picture (O21).
pub const PIXELS: u64 = 50_000_000;

/// Pixels of one side: covers are not ribbons, and WebP knows no more (RFC 9649).
pub const SIDE: u32 = 16_383;

/// Pixels of the shorter side below which it is no cover: a dot that counts readers, a stand-in.
pub const SHORT_SIDE: u32 = 40;

/// Bytes that the pixels of a picture may take at a time, decoding and what is made of it together: 50 megapixels of a PNG
/// in three colours twice over. JPEG and WebP, whose decoders take more, reach it at 30 megapixels, which is more than A4
/// at 400 dots an inch.
pub const PIXEL_BYTES: u64 = 320 << 20;

/// Covers that are taken from the queue at a time.
pub const BATCH: u32 = 100;

/// Servers that are asked at the same time; each is asked one thing at a time.
pub const SERVERS_AT_ONCE: usize = 4;

/// Time for one server in one round, after which its covers wait for the next one: one question may take half of it.
pub const SERVER_TIME: Duration = Duration::from_secs(60);

/// Pictures whose files are looked for at a time: a million of them are looked through in a hundred times.
pub const LOOKED_THROUGH: u32 = 10_000;

/// How often files are removed that no row names.
pub const SWEEP: Duration = Duration::from_secs(24 * 3600);

/// Pause between two questions to one server.
pub const POLITE_PAUSE: Duration = Duration::from_millis(250);

/// How often the queue is looked at while nothing is due.
pub const LOOK: Duration = Duration::from_secs(5);

/// The first pause after a fetch that failed; each further one is four times as long.
pub const FIRST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The longest of these pauses.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Tries in a row after which a link that fails is given up, which takes two and a half weeks: covers of books that are
/// announced often come later than their records.
pub const TRIES: u32 = 8;

/// When a picture is asked for again whose sender says neither its hash nor its date.
pub const LOOK_AGAIN: Duration = Duration::from_secs(30 * 24 * 3600);

/// Quality of WebP files, of 100.
pub const WEBP_QUALITY: f32 = 78.0;

/// Quality of JPEG files, of 100.
pub const JPEG_QUALITY: u8 = 80;
