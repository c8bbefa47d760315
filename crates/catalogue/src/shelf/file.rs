//! The shelf's file.
//!
//! ```text
//! 0    magic "BQSHELF\0"
//! 8    format version, u32 little endian, then 4 zero bytes
//! 16   number of the last change it holds, i64
//! 24   where the index begins, u64
//! 32   length of the file, u64
//! 40   SHA-256 of everything after the header
//! 72   SHA-256 of the index
//! 104  zeros
//! 128  editions, each front and whole in postcard, then the reviews of each edition, postcard
//!      the index, see [`super::places`]
//! ```
//! Opening checks magic, version, length and the index's hash. It does not read the records, so that opening is
//! instant; a record that does not decode is reported in the log and treated as absent.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use storage::Fault;

use super::places::{Index, Place};
use super::record;
use super::{Counts, Showcase};
use crate::limits;
use crate::model::{Edition, EditionId, Isbn13, Review, WorkId};

/// The file's name inside the data folder.
pub(super) const FILE_NAME: &str = "catalogue.shelf";
pub(super) const HEADER_BYTES: usize = 128;
const MAGIC: &[u8; 8] = b"BQSHELF\0";
/// To be raised with every change to the layout or to [`Edition`], [`Review`] or the index.
const VERSION: u32 = 4;

/// Why a shelf cannot be opened or built.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// No shelf was built here yet.
    #[error("there is no shelf file at {0}")]
    Missing(PathBuf),
    /// The file is something else.
    #[error("{0} is not a shelf file")]
    Foreign(PathBuf),
    /// The file was written by another version of this program.
    #[error("{path} has shelf format {found}, this program reads {VERSION}")]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The file is shorter or longer than it says, as after a full disk.
    #[error("{path} should have {expected} bytes and has {found}")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// What its header says.
        expected: u64,
        /// What there is.
        found: u64,
    },
    /// The index is not what was written.
    #[error("the index of {0} is damaged")]
    Damaged(PathBuf),
    /// The file cannot be read or written.
    #[error("the shelf file {path} cannot be used")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// The database that the shelf is built from.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The fixed beginning of the file.
pub(super) struct Header {
    pub(super) sequence: i64,
    pub(super) index_offset: u64,
    pub(super) length: u64,
    pub(super) content: [u8; 32],
    pub(super) index: [u8; 32],
}

impl Header {
    pub(super) fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let parts: [&[u8]; 8] = [
            MAGIC,
            &VERSION.to_le_bytes(),
            &[0; 4],
            &self.sequence.to_le_bytes(),
            &self.index_offset.to_le_bytes(),
            &self.length.to_le_bytes(),
            &self.content,
            &self.index,
        ];
        for (to, from) in bytes.iter_mut().zip(parts.concat()) {
            *to = from;
        }
        bytes
    }

    fn of_bytes(bytes: &[u8; HEADER_BYTES], path: &Path) -> Result<Header, ShelfError> {
        let foreign = || ShelfError::Foreign(path.to_owned());
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or_else(foreign)?;
        if magic != MAGIC {
            return Err(foreign());
        }
        let (version, rest) = rest.split_first_chunk::<4>().ok_or_else(foreign)?;
        let found = u32::from_le_bytes(*version);
        if found != VERSION {
            return Err(ShelfError::OtherVersion {
                path: path.to_owned(),
                found,
            });
        }
        let (_, rest) = rest.split_first_chunk::<4>().ok_or_else(foreign)?;
        let (sequence, rest) = rest.split_first_chunk::<8>().ok_or_else(foreign)?;
        let (index_offset, rest) = rest.split_first_chunk::<8>().ok_or_else(foreign)?;
        let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(foreign)?;
        let (content, rest) = rest.split_first_chunk::<32>().ok_or_else(foreign)?;
        let (index, _) = rest.split_first_chunk::<32>().ok_or_else(foreign)?;
        Ok(Header {
            sequence: i64::from_le_bytes(*sequence),
            index_offset: u64::from_le_bytes(*index_offset),
            length: u64::from_le_bytes(*length),
            content: *content,
            index: *index,
        })
    }
}

/// An open shelf file.
#[derive(Debug)]
pub(super) struct ShelfFile {
    file: File,
    path: PathBuf,
    sequence: i64,
    content: [u8; 32],
    index: Index,
    decoded: Cache<i64, Arc<Edition>>,
}

impl ShelfFile {
    pub(super) fn open(dir: &Path) -> Result<ShelfFile, ShelfError> {
        let path = dir.join(FILE_NAME);
        let io = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => ShelfError::Missing(path.clone()),
            io::ErrorKind::UnexpectedEof => ShelfError::Foreign(path.clone()),
            _ => ShelfError::Io {
                path: path.clone(),
                source,
            },
        };
        let file = File::open(&path).map_err(io)?;
        let found = file.metadata().map_err(io)?.len();
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).map_err(io)?;
        let header = Header::of_bytes(&header, &path)?;
        if header.length != found {
            return Err(ShelfError::Truncated {
                path,
                expected: header.length,
                found,
            });
        }
        let damaged = || ShelfError::Damaged(path.clone());
        let index_bytes = header
            .length
            .checked_sub(header.index_offset)
            .ok_or_else(damaged)?;
        let mut index = vec![0; usize::try_from(index_bytes).map_err(|_| damaged())?];
        file.read_exact_at(&mut index, header.index_offset)
            .map_err(io)?;
        if Sha256::digest(&index).as_slice() != header.index {
            return Err(damaged());
        }
        let index = Index::of_bytes(&index, header.index_offset).ok_or_else(damaged)?;
        let decoded = Cache::new(limits::SHELF_CACHE_EDITIONS);
        Ok(ShelfFile {
            file,
            path,
            sequence: header.sequence,
            content: header.content,
            index,
            decoded,
        })
    }

    pub(super) fn sequence(&self) -> i64 {
        self.sequence
    }

    pub(super) fn content_hash(&self) -> [u8; 32] {
        self.content
    }

    pub(super) fn counts(&self) -> Counts {
        self.index.counts
    }

    pub(super) fn showcase(&self) -> &Showcase {
        &self.index.showcase
    }

    pub(super) fn len(&self) -> usize {
        self.index.editions.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = EditionId> + '_ {
        self.index.editions.iter().map(|place| EditionId(place.id))
    }

    pub(super) fn holds(&self, id: EditionId) -> bool {
        place_of(&self.index.editions, id).is_some()
    }

    /// The edition, from memory when it was asked for lately.
    pub(super) fn edition(&self, id: EditionId) -> Option<Arc<Edition>> {
        if let Some(known) = self.decoded.get(&id.0) {
            return Some(known);
        }
        let edition = Arc::new(self.read(id)?);
        self.decoded.insert(id.0, Arc::clone(&edition));
        Some(edition)
    }

    /// The edition from the file, for walks over all of them that would only disturb what is kept.
    pub(super) fn read(&self, id: EditionId) -> Option<Edition> {
        self.record(place_of(&self.index.editions, id)?, record::decode)
    }

    /// Every edition's record, in order of number.
    pub(super) fn records(&self) -> Records<'_> {
        let at = AtPlace {
            file: &self.file,
            offset: HEADER_BYTES as u64,
        };
        Records {
            places: self.index.editions.iter(),
            from: BufReader::with_capacity(1 << 20, at),
            record: Vec::new(),
        }
    }

    pub(super) fn with_isbn(&self, isbn: Isbn13) -> impl Iterator<Item = EditionId> + '_ {
        under(&self.index.isbns, isbn.as_u64())
    }

    pub(super) fn of_work(&self, work: WorkId) -> impl Iterator<Item = EditionId> + '_ {
        under(&self.index.works, work.0)
    }

    pub(super) fn reviews(&self, id: EditionId) -> Arc<[Review]> {
        let reviews: Option<Vec<Review>> = place_of(&self.index.reviews, id)
            .and_then(|place| self.record(place, |bytes| postcard::from_bytes(bytes)));
        reviews.unwrap_or_default().into()
    }

    fn record<T>(
        &self,
        place: Place,
        decode: impl FnOnce(&[u8]) -> Result<T, postcard::Error>,
    ) -> Option<T> {
        let bytes = usize::try_from(place.bytes)
            .ok()
            .filter(|bytes| *bytes <= limits::SHELF_RECORD_BYTES)?;
        let mut record = vec![0; bytes];
        if let Err(error) = self.file.read_exact_at(&mut record, place.offset) {
            tracing::error!(path = %self.path.display(), edition = place.id, %error, "the shelf file cannot be read");
            return None;
        }
        match decode(&record) {
            Ok(record) => Some(record),
            Err(error) => {
                tracing::error!(path = %self.path.display(), edition = place.id, %error, "a shelf record is damaged");
                None
            }
        }
    }
}

/// A walk over the records of a file. They lie one behind the other in order of number, from the header on.
pub(super) struct Records<'f> {
    places: std::slice::Iter<'f, Place>,
    from: BufReader<AtPlace<'f>>,
    record: Vec<u8>,
}

impl Records<'_> {
    /// The next edition's number and record.
    pub(super) fn next_record(&mut self) -> io::Result<Option<(EditionId, &[u8])>> {
        let Some(place) = self.places.next() else {
            return Ok(None);
        };
        let bytes = usize::try_from(place.bytes).unwrap_or(usize::MAX);
        if bytes > limits::SHELF_RECORD_BYTES {
            return Err(io::Error::other("a shelf record is larger than any can be"));
        }
        self.record.resize(bytes, 0);
        self.from.read_exact(&mut self.record)?;
        Ok(Some((EditionId(place.id), &self.record)))
    }
}

/// Reads an open file from a place of its own, so that others can read it meanwhile.
struct AtPlace<'f> {
    file: &'f File,
    offset: u64,
}

impl Read for AtPlace<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

fn place_of(places: &[Place], id: EditionId) -> Option<Place> {
    let found = places.binary_search_by_key(&id.0, |place| place.id).ok()?;
    places.get(found).copied()
}

/// The editions filed under `key` in sorted pairs.
fn under<K: Copy + Ord>(pairs: &[(K, i64)], key: K) -> impl Iterator<Item = EditionId> + '_ {
    let first = pairs.partition_point(|(found, _)| *found < key);
    let from_first = pairs.get(first..).unwrap_or_default();
    from_first
        .iter()
        .take_while(move |(found, _)| *found == key)
        .map(|(_, id)| EditionId(*id))
}
