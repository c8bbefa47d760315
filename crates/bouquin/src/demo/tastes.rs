//! Made-up readers with a taste each, so that the demonstration can show what readers also bought. Not one order
//! is made up: only the table is, and pages say so.

use std::collections::HashMap;

use catalogue::{shelf::Shelf, subject::ShopSubject};
use trade::ids::WorkId;

/// Readers of each subject.
const READERS: u32 = 600;
/// Books each of them reads.
const BOOKS: u64 = 10;
/// Most wanted works of each subject that they choose from: enough of them share a choice.
const WORKS: usize = 200;

/// (reader, work) pairs, the same for the same catalogue.
pub fn purchases(shelf: &Shelf) -> Vec<(u32, WorkId)> {
    let mut by_subject: HashMap<ShopSubject, HashMap<WorkId, u32>> = HashMap::new();
    for edition in shelf.iter().filter(|edition| edition.buyable()) {
        if let Some(subject) = edition.subject() {
            let wanted = by_subject
                .entry(subject)
                .or_default()
                .entry(edition.work)
                .or_default();
            *wanted = edition.popularity.max(*wanted);
        }
    }
    let mut made_up = Vec::new();
    for (taste, subject) in (0_u32..).zip(ShopSubject::all()) {
        let mut works: Vec<(WorkId, u32)> = by_subject
            .remove(&subject)
            .unwrap_or_default()
            .into_iter()
            .collect();
        works.sort_by_key(|(work, wanted)| (std::cmp::Reverse(*wanted), work.get()));
        works.truncate(WORKS);
        for reader in (taste * READERS)..((taste + 1) * READERS) {
            made_up.extend((0..BOOKS).filter_map(|book| {
                Some((reader, works.get(choice(reader, book, works.len()))?.0))
            }));
        }
    }
    made_up
}

/// A place below `count`: near the reader's own corner of the subject, or near its beginning.
fn choice(reader: u32, book: u64, count: usize) -> usize {
    let drawn = u64::from(reader)
        .wrapping_mul(BOOKS)
        .wrapping_add(book + 1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let drawn = (drawn ^ (drawn >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40;
    let (count, drawn) = (count.max(1), usize::try_from(drawn).unwrap_or(0));
    let corner = reader as usize * 7 % count;
    if book.is_multiple_of(3) {
        drawn % count * (drawn % 97) / 97
    } else {
        (corner + drawn % 12) % count
    }
}
