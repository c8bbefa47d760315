//! Opening a file to import: unpacking it, counting what is read, and telling from its beginning what it is.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::archive::{self, Member};
use super::{FileKind, ImportError, csv, marc};
use crate::limits;

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BUFFER_BYTES: usize = 128 << 10;

/// A file, or a file inside an archive, that is not read yet.
pub(super) struct Source {
    path: PathBuf,
    bytes: u64,
    read: Rc<Cell<u64>>,
    place: Place,
}

enum Place {
    Open(Box<dyn Read>),
    /// Opened only when it is read: an archive may hold more files than can be open at once.
    Inside {
        archive: PathBuf,
        member: Member,
    },
    /// An archive whose files are not known.
    Unreadable(io::Error),
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

impl Content {
    pub(super) fn kind(&self) -> FileKind {
        match self {
            Content::Xml(_) => FileKind::Onix,
            Content::MarcXml(_) | Content::MarcBytes(_) => FileKind::Marc,
            Content::JsonLines(_) => FileKind::JsonLines,
            Content::Table(_) => FileKind::Table,
            Content::Unknown => FileKind::Unknown,
        }
    }
}

impl Source {
    /// The file, or each of the files in it when it is a zip archive.
    pub(super) fn open(path: &Path) -> Result<Vec<Source>, ImportError> {
        let failed = |source| ImportError::Open {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let mut beginning = Vec::new();
        let magic_bytes = archive::MAGIC.len() as u64;
        file.by_ref()
            .take(magic_bytes)
            .read_to_end(&mut beginning)
            .map_err(failed)?;
        // A pipe cannot be rewound, and holds no archive.
        if beginning == archive::MAGIC {
            return Ok(Source::inside(path, &file, metadata.len()));
        }
        let whole: Box<dyn Read> = match file.rewind() {
            Ok(()) => Box::new(file),
            Err(_) => Box::new(Cursor::new(beginning).chain(file)),
        };
        let place = Place::Open(whole);
        Ok(vec![Source::of(path.to_owned(), metadata.len(), place)])
    }

    fn inside(archive: &Path, file: &File, bytes: u64) -> Vec<Source> {
        let members = match archive::members(file) {
            Ok(members) => members,
            Err(error) => {
                let place = Place::Unreadable(error);
                return vec![Source::of(archive.to_owned(), bytes, place)];
            }
        };
        let sources = members.into_iter().map(|member| {
            let path = archive.join(member.name.trim_start_matches('/'));
            let bytes = member.packed_bytes;
            let archive = archive.to_owned();
            Source::of(path, bytes, Place::Inside { archive, member })
        });
        sources.collect()
    }

    /// What comes from elsewhere than a file; its size is not known.
    pub(super) fn of_stream(stream: Box<dyn Read>) -> Source {
        Source::of(PathBuf::from("stream"), 0, Place::Open(stream))
    }

    fn of(path: PathBuf, bytes: u64, place: Place) -> Source {
        Source {
            path,
            bytes,
            read: Rc::default(),
            place,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it is called when its file is called `file`.
    pub(super) fn name(&self, file: &str) -> String {
        match &self.place {
            Place::Inside { member, .. } => format!("{file}/{}", member.name),
            _ => file.to_owned(),
        }
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
        let counted = |file: Box<dyn Read>| -> Box<dyn Read> {
            Box::new(Counting {
                file,
                read: Rc::clone(&self.read),
            })
        };
        let guarded = |reader: Box<dyn Read>| -> Box<dyn Read> {
            Box::new(Unpacked {
                reader,
                bytes: 0,
                packed: Rc::clone(&self.read),
            })
        };
        let raw = match self.place {
            Place::Open(file) => counted(file),
            Place::Inside { archive, member } => {
                let packed = counted(Box::new(member.open(&archive)?));
                guarded(member.unpack(packed)?)
            }
            Place::Unreadable(error) => return Err(error),
        };
        let (magic, raw) = peek(raw)?;
        let unpacked: Box<dyn Read> = if magic.starts_with(GZIP_MAGIC) {
            guarded(Box::new(flate2::bufread::MultiGzDecoder::new(raw)))
        } else if magic.starts_with(ZSTD_MAGIC) {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(raw)?;
            decoder.window_log_max(limits::ZSTD_WINDOW_LOG)?;
            guarded(Box::new(decoder))
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

/// Unpacked bytes, refused when there are more than any catalogue unpacks to: what else grows so was made to.
struct Unpacked {
    reader: Box<dyn Read>,
    bytes: u64,
    /// How many packed bytes they came from.
    packed: Rc<Cell<u64>>,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes += read as u64;
        let allowed = self
            .packed
            .get()
            .saturating_mul(limits::UNPACKED_RATIO)
            .clamp(limits::UNPACKED_ALWAYS_BYTES, limits::UNPACKED_BYTES);
        if self.bytes > allowed {
            let message = format!(
                "it unpacks to more than {} MB, which no catalogue of its size does",
                allowed >> 20
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(read)
    }
}
