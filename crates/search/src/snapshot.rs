//! The index at one moment, with what is worked out once for all searches until it changes.
//!
//! What is counted for each hit, the values of its facets and its work, lies in memory in plain rows: 14 bytes for each
//! edition, and about 36 for each work to number the works in sequence. Their own numbers are too large to count by.
//! Columns are read where they lie, and opened once: opening one reads the heads of all its blocks.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use quick_cache::sync::Cache;
use tantivy::columnar::ColumnValues;
use tantivy::index::SegmentId;
use tantivy::{Searcher, SegmentOrdinal, SegmentReader};

use crate::limits::{KEPT_ANSWERS, WIDE_HITS};
use crate::query::{Hit, Query, Results};
use crate::rules::Rules;
use crate::schema::fast;

/// The index as it is until the next change.
pub struct Snapshot {
    pub searcher: Searcher,
    /// The rules in force: here, so that an answer kept by a snapshot follows the rules that stand beside it.
    pub rules: Arc<Rules>,
    rows: Arc<[(SegmentId, Arc<Rows>)]>,
    /// Answers that cost much, because they found much.
    answers: Cache<Query, Arc<Results>>,
    related: Cache<Vec<String>, Arc<Vec<Hit>>>,
}

/// What is counted for the editions of one segment, and what is asked of hits, by their place in it.
pub struct Rows {
    /// All facets in one number; see [`crate::facet`].
    pub faces: Box<[u64]>,
    /// The work's number in sequence.
    pub works: Box<[u32]>,
    /// What decides between hits of equal rank, see [`crate::document`].
    pub priors: Box<[u16]>,
    /// The edition's own number.
    pub edition: Arc<dyn ColumnValues<i64>>,
    /// The work's own number.
    pub work: Arc<dyn ColumnValues<i64>>,
}

/// Gives works numbers in sequence.
#[derive(Debug, Default)]
pub struct Works(HashMap<i64, u32, BuildHasherDefault<AsItIs>>);

/// Work numbers are parts of a hash already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        // The table looks at the uppermost bits, and works have 52.
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_i64(&mut self, number: i64) {
        self.0 = number.cast_unsigned();
    }
}

impl Works {
    fn in_sequence(&mut self, work: i64) -> u32 {
        // More works than this do not fit into the memory that counts them.
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(work).or_insert(next)
    }
}

impl Snapshot {
    /// What `searcher` sees; rows of segments that were there before are kept.
    pub fn of(
        searcher: Searcher,
        before: Option<&Snapshot>,
        works: &mut Works,
    ) -> tantivy::Result<Snapshot> {
        let mut rows = Vec::with_capacity(searcher.segment_readers().len());
        for segment in searcher.segment_readers() {
            let id = segment.segment_id();
            let known = before.and_then(|before| before.rows(id));
            let of_segment = match known {
                Some(known) => Arc::clone(known),
                None => Arc::new(Rows::of(segment, works)?),
            };
            rows.push((id, of_segment));
        }
        Ok(Snapshot {
            searcher,
            rules: before.map_or_else(Arc::default, |before| Arc::clone(&before.rules)),
            rows: rows.into(),
            answers: Cache::new(KEPT_ANSWERS),
            related: Cache::new(KEPT_ANSWERS),
        })
    }

    /// The same index under other rules, with nothing worked out yet.
    pub fn under(&self, rules: Rules) -> Snapshot {
        Snapshot {
            searcher: self.searcher.clone(),
            rules: Arc::new(rules),
            rows: Arc::clone(&self.rows),
            answers: Cache::new(KEPT_ANSWERS),
            related: Cache::new(KEPT_ANSWERS),
        }
    }

    /// The rows of a segment.
    pub fn rows(&self, segment: SegmentId) -> Option<&Arc<Rows>> {
        rows_of(&self.rows, segment)
    }

    /// The rows of the segment with that place among the searcher's.
    pub fn rows_at(&self, segment: SegmentOrdinal) -> Option<&Rows> {
        let (_, rows) = self.rows.get(segment as usize)?;
        Some(rows)
    }

    /// The rows of all segments.
    pub fn all_rows(&self) -> Arc<[(SegmentId, Arc<Rows>)]> {
        Arc::clone(&self.rows)
    }

    /// The answer to a query that was asked before.
    pub fn answer(&self, query: &Query) -> Option<Arc<Results>> {
        self.answers.get(query)
    }

    /// Keeps an answer if it is one that costs much.
    pub fn keep_answer(&self, query: &Query, results: &Results) {
        if results.editions >= WIDE_HITS {
            self.answers
                .insert(query.clone(), Arc::new(results.clone()));
        }
    }

    /// The books with one of `terms`, as `find` finds them unless that was done before.
    pub fn related<E>(
        &self,
        terms: Vec<String>,
        find: impl FnOnce(&[String]) -> Result<Vec<Hit>, E>,
    ) -> Result<Arc<Vec<Hit>>, E> {
        if let Some(known) = self.related.get(&terms) {
            return Ok(known);
        }
        let found = Arc::new(find(&terms)?);
        self.related.insert(terms, Arc::clone(&found));
        Ok(found)
    }
}

impl Rows {
    fn of(segment: &SegmentReader, works: &mut Works) -> tantivy::Result<Rows> {
        let columns = segment.fast_fields();
        let editions = segment.max_doc() as usize;
        let mut faces = vec![0; editions];
        columns
            .column_first_or_default::<u64>(fast::FACES)?
            .get_range(0, &mut faces);
        let mut priors = vec![0; editions];
        columns
            .column_first_or_default::<u64>(fast::PRIOR)?
            .get_range(0, &mut priors);
        let work = columns.column_first_or_default::<i64>(fast::WORK)?;
        let mut numbers = vec![0; editions];
        work.get_range(0, &mut numbers);
        Ok(Rows {
            faces: faces.into(),
            works: numbers
                .into_iter()
                .map(|work| works.in_sequence(work))
                .collect(),
            priors: priors
                .into_iter()
                .map(|prior| u16::try_from(prior).unwrap_or(u16::MAX))
                .collect(),
            edition: columns.column_first_or_default(fast::EDITION)?,
            work,
        })
    }
}

/// The rows of one segment among those of several: there are few, a walk is short.
pub fn rows_of(rows: &[(SegmentId, Arc<Rows>)], segment: SegmentId) -> Option<&Arc<Rows>> {
    let found = rows.iter().find(|(id, _)| *id == segment);
    found.map(|(_, rows)| rows)
}
