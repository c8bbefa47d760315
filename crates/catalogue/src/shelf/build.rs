//! Writing the shelf's file: from the database, or from an older file and what changed since.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use storage::{Fault, Store};

use super::file::{FILE_NAME, HEADER_BYTES, Header, ShelfError};
use super::places::{Index, Place};
use super::record::{self, Front};
use super::showcase::Chooser;
use super::{Counts, Shelf};
use crate::limits;
use crate::model::{EditionId, Review};
use crate::store;

/// Builds the shelf file in `dir` from the database and puts it in the place of an older one, whole or not at all.
///
/// Changes committed meanwhile may or may not be in it; the overlay of [`super::ShelfHandle`] brings all of them.
/// Blocks for seconds on a large catalogue.
///
/// # Errors
/// [`ShelfError::Fault`] of the database or [`ShelfError::Io`] of the file; the older file then stays.
pub fn build(store: &Store, dir: &Path) -> Result<Counts, ShelfError> {
    let sequence = store.read_blocking(store::sequence)?;
    write_anew(store, dir, sequence, |writer, io| {
        write_editions(store, writer, io)
    })
}

/// Writes what `shelf` shows, its file and its overlay, as one new file: copying, where [`build`] would ask the
/// database for the whole catalogue.
pub(super) fn merge(store: &Store, dir: &Path, shelf: &Shelf) -> Result<Counts, ShelfError> {
    write_anew(store, dir, shelf.sequence(), |writer, io| {
        let mut changes = shelf.overlay.changes().peekable();
        let mut filed = shelf.file.records();
        while let Some((id, record)) = filed.next_record().map_err(io)? {
            while let Some(changed) = changes.next_if(|changed| changed.id() < id) {
                writer.changed(changed.record()).map_err(io)?;
            }
            match changes.next_if(|changed| changed.id() == id) {
                Some(changed) => writer.changed(changed.record()).map_err(io)?,
                None => writer.edition(record).map_err(io)?,
            }
        }
        for changed in changes {
            writer.changed(changed.record()).map_err(io)?;
        }
        Ok(())
    })
}

fn write_anew(
    store: &Store,
    dir: &Path,
    sequence: i64,
    editions: impl FnOnce(&mut Writer, &dyn Fn(io::Error) -> ShelfError) -> Result<(), ShelfError>,
) -> Result<Counts, ShelfError> {
    let path = dir.join(FILE_NAME);
    let unfinished = dir.join(format!("{FILE_NAME}.{}.new", std::process::id()));
    let io = |source| ShelfError::Io {
        path: unfinished.clone(),
        source,
    };
    fs::create_dir_all(dir).map_err(io)?;
    let mut writer = Writer::create(&unfinished).map_err(io)?;
    editions(&mut writer, &io)?;
    write_reviews(store, &mut writer, io)?;
    let counts = writer.finish(sequence).map_err(io)?;
    fs::rename(&unfinished, &path).map_err(io)?;
    // The new name is durable once the folder is.
    File::open(dir)
        .and_then(|folder| folder.sync_all())
        .map_err(io)?;
    Ok(counts)
}

fn write_editions(
    store: &Store,
    writer: &mut Writer,
    io: &dyn Fn(io::Error) -> ShelfError,
) -> Result<(), ShelfError> {
    let mut after = EditionId(0);
    loop {
        let page = store.read_blocking(|tx| store::page(tx, after, limits::SHELF_BUILD_PAGE))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.id;
        for edition in &page {
            let record = record::encode(edition).map_err(|error| io(io::Error::other(error)))?;
            writer.edition(&record).map_err(io)?;
        }
    }
}

/// All reviews are held in memory once, to be grouped by edition.
fn write_reviews(
    store: &Store,
    writer: &mut Writer,
    io: impl Fn(io::Error) -> ShelfError,
) -> Result<(), ShelfError> {
    let mut reviews: Vec<Review> = Vec::new();
    loop {
        let after = reviews.last().map_or(0, |review| review.id);
        let page = store.read_blocking(|tx| -> Result<_, Fault> {
            store::reviews(tx, after, limits::SHELF_BUILD_PAGE)
        })?;
        if page.is_empty() {
            break;
        }
        reviews.extend(page);
    }
    reviews.sort_by_key(|review| {
        (
            review.edition.0,
            std::cmp::Reverse(review.written),
            review.id,
        )
    });
    for of_edition in reviews.chunk_by(|one, next| one.edition == next.edition) {
        writer.reviews(of_edition).map_err(&io)?;
    }
    Ok(())
}

/// A shelf file being written.
struct Writer {
    file: BufWriter<File>,
    offset: u64,
    content: Sha256,
    index: Index,
    chooser: Chooser,
}

impl Writer {
    fn create(path: &Path) -> io::Result<Writer> {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        file.write_all(&[0; HEADER_BYTES])?;
        Ok(Writer {
            file,
            offset: HEADER_BYTES as u64,
            content: Sha256::new(),
            index: Index::default(),
            chooser: Chooser::default(),
        })
    }

    /// A changed edition's record, unless it is hidden.
    fn changed(&mut self, record: Option<&[u8]>) -> io::Result<()> {
        record.map_or(Ok(()), |record| self.edition(record))
    }

    fn edition(&mut self, record: &[u8]) -> io::Result<()> {
        let front: Front = record::front(record).map_err(io::Error::other)?;
        let id = front.id.0;
        let place = self.record(front.id, record)?;
        self.index.editions.push(place);
        self.index
            .isbns
            .extend(front.isbns.iter().map(|isbn| (isbn.as_u64(), id)));
        self.index.works.push((front.work.0, id));
        self.index.counts.editions += 1;
        self.index.counts.summaries += u64::from(front.has_summary);
        self.chooser.consider(&front);
        Ok(())
    }

    fn reviews(&mut self, of_edition: &[Review]) -> io::Result<()> {
        let Some(first) = of_edition.first() else {
            return Ok(());
        };
        let kept = of_edition
            .get(..limits::REVIEWS_OF_EDITION)
            .unwrap_or(of_edition);
        let record = postcard::to_stdvec(&kept).map_err(io::Error::other)?;
        let place = self.record(first.edition, &record)?;
        self.index.reviews.push(place);
        self.index.counts.reviews += kept.len() as u64;
        Ok(())
    }

    fn record(&mut self, id: EditionId, record: &[u8]) -> io::Result<Place> {
        self.file.write_all(record)?;
        self.content.update(record);
        let bytes = u32::try_from(record.len()).map_err(io::Error::other)?;
        let place = Place {
            id: id.0,
            offset: self.offset,
            bytes,
        };
        self.offset += u64::from(bytes);
        Ok(place)
    }

    /// Writes index and header, and waits until all of it is on the disk.
    fn finish(mut self, sequence: i64) -> io::Result<Counts> {
        self.index.isbns.sort_unstable();
        self.index.isbns.dedup();
        self.index.works.sort_unstable();
        self.index.showcase = self.chooser.choose();
        let index = self.index.to_bytes().map_err(io::Error::other)?;
        self.file.write_all(&index)?;
        self.content.update(&index);
        let header = Header {
            sequence,
            index_offset: self.offset,
            length: self.offset + index.len() as u64,
            content: self.content.finalize().into(),
            index: Sha256::digest(&index).into(),
        };
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header.to_bytes())?;
        self.file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        Ok(self.index.counts)
    }
}
