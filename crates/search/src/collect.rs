//! Counting what a query finds, in the same pass that ranks it: editions, works, and the values of each facet.

use std::collections::HashSet;
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Cardinality, Column, ColumnValues};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use crate::facet::FACETS;
use crate::query::Facet;
use crate::schema::fast;

/// Documents counted at a time, so that each column is read in one go.
const BATCH: usize = 1_024;

/// Work numbers below this are kept as bits; they are handed out in sequence.
const DENSE_WORKS: i64 = 16_000_000;

/// What was found.
#[derive(Debug, Default)]
pub struct Tally {
    pub editions: u64,
    works: Works,
    counts: [Vec<u32>; FACETS.len()],
}

impl Tally {
    /// How many different works there are among the editions.
    pub fn works(&self) -> u64 {
        self.works.len()
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

    fn add(&mut self, other: Tally) {
        self.editions += other.editions;
        self.works.add(other.works);
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

/// A set of work numbers.
#[derive(Debug, Default)]
struct Works {
    dense: Vec<u64>,
    others: HashSet<i64>,
}

impl Works {
    fn insert(&mut self, work: i64) {
        if !(0..DENSE_WORKS).contains(&work) {
            self.others.insert(work);
            return;
        }
        let (cell, bit) = ((work / 64) as usize, work % 64);
        if self.dense.len() <= cell {
            self.dense.resize(cell + 1, 0);
        }
        if let Some(cell) = self.dense.get_mut(cell) {
            *cell |= 1 << bit;
        }
    }

    fn add(&mut self, other: Works) {
        if self.dense.len() < other.dense.len() {
            self.dense.resize(other.dense.len(), 0);
        }
        for (cell, more) in self.dense.iter_mut().zip(other.dense) {
            *cell |= more;
        }
        self.others.extend(other.others);
    }

    fn len(&self) -> u64 {
        self.dense
            .iter()
            .map(|cell| u64::from(cell.count_ones()))
            .sum::<u64>()
            + self.others.len() as u64
    }
}

/// The collector that makes a [`Tally`].
pub struct Counting;

impl Collector for Counting {
    type Fruit = Tally;
    type Child = SegmentCounting;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<SegmentCounting> {
        let columns = segment.fast_fields();
        let mut facets = Vec::with_capacity(FACETS.len());
        let mut tally = Tally::default();
        for (kind, counts) in FACETS.iter().zip(&mut tally.counts) {
            let column = one_per_document(columns.u64(kind.name)?);
            *counts = vec![
                0;
                usize::try_from(column.max_value())
                    .unwrap_or(0)
                    .saturating_add(1)
            ];
            facets.push(column);
        }
        let works = one_per_document(columns.i64(fast::WORK)?);
        Ok(SegmentCounting {
            facets,
            works,
            batch: Vec::with_capacity(BATCH),
            tally,
            numbers: vec![0; BATCH],
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Tally>) -> tantivy::Result<Tally> {
        let mut sum = Tally::default();
        segments.into_iter().for_each(|tally| sum.add(tally));
        Ok(sum)
    }
}

/// The values by document; every document has one, so the layer that would look for it is left out.
fn one_per_document<T: PartialOrd + Copy + Default + Send + Sync + std::fmt::Debug + 'static>(
    column: Column<T>,
) -> Arc<dyn ColumnValues<T>> {
    if column.get_cardinality() == Cardinality::Full {
        column.values
    } else {
        column.first_or_default_col(T::default())
    }
}

/// Counting within one segment.
pub struct SegmentCounting {
    facets: Vec<Arc<dyn ColumnValues<u64>>>,
    works: Arc<dyn ColumnValues<i64>>,
    batch: Vec<DocId>,
    numbers: Vec<u64>,
    tally: Tally,
}

impl SegmentCounting {
    fn count_batch(&mut self) {
        self.tally.editions += self.batch.len() as u64;
        for doc in &self.batch {
            self.tally.works.insert(self.works.get_val(*doc));
        }
        let Some(numbers) = self.numbers.get_mut(..self.batch.len()) else {
            return;
        };
        for (column, counts) in self.facets.iter().zip(&mut self.tally.counts) {
            column.get_vals(&self.batch, numbers);
            for number in numbers.iter() {
                if let Some(count) = counts.get_mut(*number as usize) {
                    *count += 1;
                }
            }
        }
        self.batch.clear();
    }
}

impl SegmentCollector for SegmentCounting {
    type Fruit = Tally;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.batch.push(doc);
        if self.batch.len() == BATCH {
            self.count_batch();
        }
    }

    fn harvest(mut self) -> Tally {
        self.count_batch();
        self.tally
    }
}
