//! The index of the shelf's file: where the records lie, and what finds them.
//!
//! As bytes it is its head in postcard, then columns of 8-byte little-endian numbers: taking in a million of them must
//! not be felt when the shop opens. Records lie one behind the other, so only their lengths are written down.

use serde::{Deserialize, Serialize};

use super::file::HEADER_BYTES;
use super::{Counts, Showcase};

/// Where a record lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The edition it is, or is about.
    pub(super) id: i64,
    pub(super) offset: u64,
    pub(super) bytes: u32,
}

/// Everything about the file that is kept in memory.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) counts: Counts,
    pub(super) showcase: Showcase,
    /// Sorted by number.
    pub(super) editions: Vec<Place>,
    /// ISBN and edition, sorted.
    pub(super) isbns: Vec<(u64, i64)>,
    /// Work and edition, sorted.
    pub(super) works: Vec<(i64, i64)>,
    /// All reviews of one edition are one record; sorted by edition, behind the editions.
    pub(super) reviews: Vec<Place>,
}

/// What stands before the columns.
#[derive(Serialize, Deserialize)]
struct Head {
    counts: Counts,
    showcase: Showcase,
    editions: u64,
    isbns: u64,
    works: u64,
    reviews: u64,
}

impl Index {
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        let mut bytes = postcard::to_stdvec(&Head {
            counts: self.counts,
            showcase: self.showcase.clone(),
            editions: self.editions.len() as u64,
            isbns: self.isbns.len() as u64,
            works: self.works.len() as u64,
            reviews: self.reviews.len() as u64,
        })?;
        for places in [&self.editions, &self.reviews] {
            column(
                &mut bytes,
                places.iter().map(|place| place.id.cast_unsigned()),
            );
            column(&mut bytes, places.iter().map(|place| place.bytes.into()));
        }
        column(&mut bytes, self.isbns.iter().map(|(isbn, _)| *isbn));
        column(
            &mut bytes,
            self.isbns.iter().map(|(_, id)| id.cast_unsigned()),
        );
        column(
            &mut bytes,
            self.works.iter().map(|(work, _)| work.cast_unsigned()),
        );
        column(
            &mut bytes,
            self.works.iter().map(|(_, id)| id.cast_unsigned()),
        );
        Ok(bytes)
    }

    /// Reads an index; none when the bytes are no index of records that end at `end`.
    pub(super) fn of_bytes(bytes: &[u8], end: u64) -> Option<Index> {
        let (head, columns) = postcard::take_from_bytes::<Head>(bytes).ok()?;
        let mut columns = Columns(columns);
        let mut offset = HEADER_BYTES as u64;
        let editions = columns.places(head.editions, &mut offset)?;
        let reviews = columns.places(head.reviews, &mut offset)?;
        let isbns = columns.take(head.isbns)?.zip(columns.take(head.isbns)?);
        let works = columns.take(head.works)?.zip(columns.take(head.works)?);
        let whole = offset == end && columns.0.is_empty();
        whole.then(|| Index {
            counts: head.counts,
            showcase: head.showcase,
            editions,
            isbns: isbns.map(|(isbn, id)| (isbn, id.cast_signed())).collect(),
            works: works
                .map(|(work, id)| (work.cast_signed(), id.cast_signed()))
                .collect(),
            reviews,
        })
    }
}

fn column(bytes: &mut Vec<u8>, numbers: impl ExactSizeIterator<Item = u64>) {
    bytes.reserve(numbers.len() * 8);
    bytes.extend(numbers.flat_map(u64::to_le_bytes));
}

/// The columns that were not read yet.
struct Columns<'b>(&'b [u8]);

impl<'b> Columns<'b> {
    fn take(&mut self, numbers: u64) -> Option<impl ExactSizeIterator<Item = u64> + use<'b>> {
        let bytes = usize::try_from(numbers).ok()?.checked_mul(8)?;
        let (column, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        let (numbers, _) = column.as_chunks::<8>();
        Some(numbers.iter().map(|number| u64::from_le_bytes(*number)))
    }

    /// Places from `offset` on, which is left behind the last.
    fn places(&mut self, places: u64, offset: &mut u64) -> Option<Vec<Place>> {
        let records = self.take(places)?.zip(self.take(places)?);
        let mut found = Vec::with_capacity(records.len());
        for (id, bytes) in records {
            found.push(Place {
                id: id.cast_signed(),
                offset: *offset,
                bytes: u32::try_from(bytes).ok()?,
            });
            *offset = offset.checked_add(bytes)?;
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn index() -> Index {
        let place = |id, offset, bytes| Place { id, offset, bytes };
        Index {
            editions: vec![place(3, 128, 10), place(-4, 138, 700)],
            isbns: vec![(9_782_070_360_024, 3)],
            works: vec![(-9, 3), (i64::MAX, -4)],
            reviews: vec![place(3, 838, 5)],
            ..Index::default()
        }
    }

    #[test]
    fn an_index_is_read_back_as_written() {
        let bytes = index().to_bytes().unwrap();
        let read = Index::of_bytes(&bytes, 843).unwrap();
        assert_eq!(read.editions, index().editions);
        assert_eq!(read.reviews, index().reviews);
        assert_eq!((read.isbns, read.works), (index().isbns, index().works));
    }

    #[test]
    fn half_an_index_is_none() {
        let bytes = index().to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(Index::of_bytes(&bytes[..end], 843).is_none(), "{end} bytes");
        }
        assert!(
            Index::of_bytes(&bytes, 842).is_none(),
            "a record is missing"
        );
    }
}
