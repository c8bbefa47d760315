//! An edition as the shelf keeps it: what its lists and indexes need in front, the whole behind.
//!
//! The front is read a thousand at a time when the file is written anew; the whole only when a page asks for it.

use serde::{Deserialize, Serialize};

use crate::model::{Availability, Edition, EditionId, Isbn13, PublicationDate, TextKind, WorkId};
use crate::subject::ShopSubject;

/// What lists and indexes need to know of an edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Front {
    pub(super) id: EditionId,
    pub(super) work: WorkId,
    pub(super) isbns: Vec<Isbn13>,
    pub(super) published: Option<PublicationDate>,
    pub(super) popularity: u32,
    pub(super) subject: Option<ShopSubject>,
    pub(super) buyable: bool,
    pub(super) forthcoming: bool,
    pub(super) has_summary: bool,
}

impl Front {
    pub(super) fn of(edition: &Edition) -> Front {
        Front {
            id: edition.id,
            work: edition.work,
            isbns: edition.isbns().collect(),
            published: edition.published,
            popularity: edition.popularity,
            subject: edition.subject(),
            buyable: edition.buyable(),
            forthcoming: edition.availability == Availability::Forthcoming,
            has_summary: edition
                .texts
                .iter()
                .any(|text| text.kind == TextKind::Summary),
        }
    }
}

/// Writes an edition down, front first.
pub(super) fn encode(edition: &Edition) -> Result<Vec<u8>, postcard::Error> {
    let front = postcard::to_stdvec(&Front::of(edition))?;
    postcard::to_extend(edition, front)
}

/// The front of a record.
pub(super) fn front(record: &[u8]) -> Result<Front, postcard::Error> {
    postcard::take_from_bytes(record).map(|(front, _)| front)
}

/// The edition of a record.
pub(super) fn decode(record: &[u8]) -> Result<Edition, postcard::Error> {
    let (_, rest) = postcard::take_from_bytes::<Front>(record)?;
    postcard::from_bytes(rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_record_gives_back_its_front_and_its_edition() {
        let mut edition = Edition::titled("Un livre");
        edition.isbn = Isbn13::parse("9782070541270").ok();
        let record = encode(&edition).unwrap();
        assert_eq!(front(&record).unwrap(), Front::of(&edition));
        assert_eq!(decode(&record).unwrap(), edition);
        assert!(decode(record.get(..record.len() - 1).unwrap()).is_err());
    }
}
