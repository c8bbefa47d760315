//! The editions that a query found, before they are weighed.

use std::sync::Arc;

use tantivy::index::SegmentId;
use tantivy::query::{ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, Searcher, SegmentReader, TERMINATED, Term};

use crate::words;

/// Editions of one searcher, none of them deleted; cheap to clone. As a query it finds them again.
#[derive(Debug, Clone, Default)]
pub struct Found {
    segments: Arc<[(SegmentId, Arc<[DocId]>)]>,
}

impl Found {
    /// What `find` finds in each segment, in order.
    pub fn of(
        searcher: &Searcher,
        find: impl Fn(&SegmentReader) -> tantivy::Result<Vec<DocId>>,
    ) -> tantivy::Result<Found> {
        let mut segments = Vec::with_capacity(searcher.segment_readers().len());
        for segment in searcher.segment_readers() {
            let mut found = find(segment)?;
            if let Some(alive) = segment.alive_bitset() {
                found.retain(|doc| alive.is_alive(*doc));
            }
            segments.push((segment.segment_id(), found.into()));
        }
        Ok(Found {
            segments: segments.into(),
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.segments.iter().map(|(_, found)| found.len()).sum()
    }

    /// Those that have all the terms.
    pub fn narrowed(&self, searcher: &Searcher, terms: &[Term]) -> tantivy::Result<Found> {
        if terms.is_empty() {
            return Ok(self.clone());
        }
        Found::of(searcher, |segment| {
            words::narrowed(self.within(segment).to_vec(), terms, segment)
        })
    }

    /// Those of either.
    pub fn or(&self, searcher: &Searcher, others: &Found) -> tantivy::Result<Found> {
        Found::of(searcher, |segment| {
            let mut all = self.within(segment).to_vec();
            all.extend_from_slice(&others.within(segment));
            all.sort(); // two runs in order: merged
            all.dedup();
            Ok(all)
        })
    }

    fn within(&self, segment: &SegmentReader) -> Arc<[DocId]> {
        let id = segment.segment_id();
        let found = self.segments.iter().find(|(found, _)| *found == id);
        found.map_or_else(Arc::default, |(_, found)| Arc::clone(found))
    }
}

impl Query for Found {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }

    fn query_terms<'a>(&'a self, _: &mut dyn FnMut(&'a Term, bool)) {}
}

impl Weight for Found {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let places = Places {
            docs: self.within(segment),
            at: 0,
        };
        Ok(Box::new(ConstScorer::new(places, boost)))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let found = self.within(segment).binary_search(&doc).is_ok();
        Ok(Explanation::new("found", if found { 1.0 } else { 0.0 }))
    }
}

/// A walk over places in order.
struct Places {
    docs: Arc<[DocId]>,
    at: usize,
}

impl DocSet for Places {
    fn advance(&mut self) -> DocId {
        self.at += 1;
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        let ahead = self.docs.get(self.at..).unwrap_or_default();
        self.at += ahead.partition_point(|doc| *doc < target);
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.docs.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.docs.len()).unwrap_or(u32::MAX)
    }
}
