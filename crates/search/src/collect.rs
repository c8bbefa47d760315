//! Counting what a query finds, in the same pass that ranks it: editions, works, and the values of each facet.

use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::facet::{FACETS, numbers_of};
use crate::query::Facet;
use crate::snapshot::{Rows, Snapshot};

/// What was found. Counts reach as far as values were met: languages have thousands of numbers, and books few of them.
#[derive(Debug, Default)]
pub struct Tally {
    pub editions: u64,
    works: Vec<u64>,
    counts: [Vec<u32>; FACETS.len()],
}

impl Tally {
    /// How many different works there are among the editions.
    pub fn works(&self) -> u64 {
        self.works
            .iter()
            .map(|cell| u64::from(cell.count_ones()))
            .sum()
    }

    /// The counts by value, most frequent first.
    pub fn facets(&self) -> Vec<Facet> {
        FACETS
            .iter()
            .zip(&self.counts)
            .map(|(kind, counts)| {
                let counted = counts.iter().enumerate().filter(|(_, count)| **count > 0);
                let mut values: Vec<(String, u64)> = counted
                    .filter_map(|(number, count)| {
                        Some(((kind.value)(number as u64)?, u64::from(*count)))
                    })
                    .collect();
                values.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
                Facet {
                    name: kind.name,
                    values,
                }
            })
            .collect()
    }

    fn count(&mut self, rows: &Rows, doc: DocId) {
        self.editions += 1;
        let doc = doc as usize;
        let (Some(face), Some(work)) = (rows.faces.get(doc), rows.works.get(doc)) else {
            return;
        };
        for (counts, number) in self.counts.iter_mut().zip(numbers_of(*face)) {
            if counts.len() <= number {
                counts.resize(number + 1, 0);
            }
            if let Some(count) = counts.get_mut(number) {
                *count += 1;
            }
        }
        let (cell, bit) = (*work as usize / 64, work % 64);
        if self.works.len() <= cell {
            self.works.resize(cell + 1, 0);
        }
        if let Some(cell) = self.works.get_mut(cell) {
            *cell |= 1 << bit;
        }
    }

    fn add(&mut self, other: Tally) {
        self.editions += other.editions;
        if self.works.len() < other.works.len() {
            self.works.resize(other.works.len(), 0);
        }
        for (cell, more) in self.works.iter_mut().zip(other.works) {
            *cell |= more;
        }
        for (counts, others) in self.counts.iter_mut().zip(other.counts) {
            if counts.len() < others.len() {
                counts.resize(others.len(), 0);
            }
            for (count, more) in counts.iter_mut().zip(others) {
                *count += more;
            }
        }
    }
}

/// The collector that makes a [`Tally`].
pub struct Counting<'s>(pub &'s Snapshot);

impl Collector for Counting<'_> {
    type Fruit = Tally;
    type Child = SegmentCounting;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<SegmentCounting> {
        let rows = self.0.rows(segment.segment_id()).cloned();
        let rows = rows.ok_or_else(|| {
            tantivy::TantivyError::InternalError("a segment without rows to count".to_owned())
        })?;
        Ok(SegmentCounting {
            rows,
            tally: Tally::default(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Tally>) -> tantivy::Result<Tally> {
        let mut segments = segments.into_iter();
        let mut sum = segments.next().unwrap_or_default();
        segments.for_each(|tally| sum.add(tally));
        Ok(sum)
    }
}

/// Counting within one segment.
pub struct SegmentCounting {
    rows: Arc<Rows>,
    tally: Tally,
}

impl SegmentCollector for SegmentCounting {
    type Fruit = Tally;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.tally.count(&self.rows, doc);
    }

    fn harvest(self) -> Tally {
        self.tally
    }
}
