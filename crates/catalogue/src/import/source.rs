//! Opening a file to import: unpacking it, counting what is read, and telling from its beginning what it is.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{ImportError, csv, marc};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BUFFER_BYTES: usize = 128 << 10;

/// A file that is open but not read yet.
pub(super) struct Source {
    path: PathBuf,
    bytes: u64,
    read: Rc<Cell<u64>>,
    raw: Box<dyn Read>,
}

/// What a file holds, unpacked, from its first byte.
pub(super) enum Content {
    Xml(Box<dyn BufRead>),
    MarcXml(Box<dyn BufRead>),
    MarcBytes(Box<dyn BufRead>),
    JsonLines(Box<dyn BufRead>),
    Table(Box<dyn BufRead>),
    Unknown,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Source, ImportError> {
        let failed = |source| ImportError::Open {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        Ok(Source::of(path.to_owned(), metadata.len(), Box::new(file)))
    }

    #[cfg(test)]
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Source {
        Source::of(
            PathBuf::from("test"),
            bytes.len() as u64,
            Box::new(Cursor::new(bytes)),
        )
    }

    fn of(path: PathBuf, bytes: u64, file: Box<dyn Read>) -> Source {
        let read = Rc::new(Cell::new(0));
        let raw = Box::new(Counting {
            file,
            read: Rc::clone(&read),
        });
        Source {
            path,
            bytes,
            read,
            raw,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The size of the file as it lies on the disk.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many of [`Source::bytes`] have been read; goes on counting after [`Source::content`].
    pub(super) fn read_counter(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.read)
    }

    pub(super) fn content(self) -> io::Result<Content> {
        let (magic, raw) = peek(self.raw)?;
        let unpacked: Box<dyn Read> = if magic.starts_with(GZIP_MAGIC) {
            Box::new(flate2::bufread::MultiGzDecoder::new(raw))
        } else if magic.starts_with(ZSTD_MAGIC) {
            Box::new(zstd::stream::read::Decoder::with_buffer(raw)?)
        } else {
            Box::new(raw)
        };
        let (beginning, content) = peek(unpacked)?;
        Ok(match first_sign(&beginning) {
            Some(b'<') if marc::is_root(&beginning) => Content::MarcXml(Box::new(content)),
            Some(b'<') => Content::Xml(Box::new(content)),
            _ if marc::looks_like(&beginning) => Content::MarcBytes(Box::new(content)),
            Some(b'{') => Content::JsonLines(Box::new(content)),
            _ if csv::looks_like(&beginning) => Content::Table(Box::new(content)),
            _ => Content::Unknown,
        })
    }
}

/// The first bytes of `reader`, which are also still to come from the reader that is returned.
fn peek(mut reader: Box<dyn Read>) -> io::Result<(Vec<u8>, impl BufRead)> {
    let mut beginning = Vec::new();
    reader.by_ref().take(1024).read_to_end(&mut beginning)?;
    let whole = Cursor::new(beginning.clone()).chain(reader);
    Ok((beginning, BufReader::with_capacity(BUFFER_BYTES, whole)))
}

/// The first byte that is not white space, a byte order mark, or half of a UTF-16 letter.
fn first_sign(beginning: &[u8]) -> Option<u8> {
    let marks = [0xef, 0xbb, 0xbf, 0xfe, 0xff, 0];
    beginning
        .iter()
        .copied()
        .find(|byte| !byte.is_ascii_whitespace() && !marks.contains(byte))
}

struct Counting {
    file: Box<dyn Read>,
    read: Rc<Cell<u64>>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read(buffer)?;
        self.read.set(self.read.get() + bytes as u64);
        Ok(bytes)
    }
}
