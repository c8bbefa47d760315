//! The files inside a zip archive: which there are, and each as a stream.
//!
//! Only the archive's directory is left to the library; the files are unpacked here, because a stream that owns its
//! file can be handed on. Not read: encrypted files, and packings other than deflate, which no feed uses.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::limits;

/// How every zip archive with a file in it begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// A file inside an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Its size as it lies in the archive.
    pub(super) packed_bytes: u64,
    start: u64,
    packing: Packing,
    checksum: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Stored,
    Deflated,
    Unreadable(&'static str),
}

/// The files of an archive in its own order, without those that only serve an operating system.
pub(super) fn members<R: Read + Seek>(archive: R) -> io::Result<Vec<Member>> {
    let mut archive = ZipArchive::new(Frugal {
        reader: archive,
        left: limits::ARCHIVE_DIRECTORY_BYTES,
    })?;
    if archive.len() > limits::ARCHIVE_MEMBERS {
        return Err(refused(format!(
            "the archive holds more than {} files",
            limits::ARCHIVE_MEMBERS
        )));
    }
    let mut members = Vec::new();
    for place in 0..archive.len() {
        let entry = archive.by_index_raw(place)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_dir() || is_of_the_system(&name) {
            continue;
        }
        members.push(Member {
            packed_bytes: entry.compressed_size(),
            start: entry
                .data_start()
                .ok_or_else(|| refused(format!("{name} has no place in the archive")))?,
            packing: match entry.compression() {
                _ if entry.encrypted() => Packing::Unreadable("is encrypted"),
                CompressionMethod::Stored => Packing::Stored,
                CompressionMethod::Deflated => Packing::Deflated,
                _ => Packing::Unreadable("is packed in another way than deflate"),
            },
            checksum: entry.crc32(),
            name,
        });
    }
    if members.is_empty() {
        return Err(refused("the archive holds no file".to_owned()));
    }
    Ok(members)
}

impl Member {
    /// Its packed bytes.
    pub(super) fn open(&self, archive: &Path) -> io::Result<impl Read + use<>> {
        let mut file = File::open(archive)?;
        file.seek(SeekFrom::Start(self.start))?;
        Ok(file.take(self.packed_bytes))
    }

    /// What it holds, from its packed bytes; fails at the end when the checksum is wrong.
    pub(super) fn unpack(&self, packed: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
        let unpacked: Box<dyn Read> = match self.packing {
            Packing::Stored => packed,
            Packing::Deflated => Box::new(DeflateDecoder::new(BufReader::new(packed))),
            Packing::Unreadable(reason) => {
                let message = format!("{} {reason}: ask the sender for a plain zip", self.name);
                return Err(io::Error::new(io::ErrorKind::Unsupported, message));
            }
        };
        Ok(Box::new(Checked {
            reader: unpacked,
            crc: Crc::new(),
            expected: self.checksum,
        }))
    }
}

fn is_of_the_system(name: &str) -> bool {
    let file_name = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/") || file_name.starts_with('.')
}

fn refused(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// A reader that stops when more than a directory was read from it.
struct Frugal<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Frugal<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| refused("the archive's directory is too large".to_owned()))?;
        Ok(read)
    }
}

impl<R: Seek> Seek for Frugal<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

/// Bytes whose checksum is compared at their end.
struct Checked<R> {
    reader: R,
    crc: Crc,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(refused(
                "the checksum in the archive is another: it is damaged".to_owned(),
            ));
        }
        Ok(read)
    }
}
