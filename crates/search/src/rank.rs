//! Putting what a query finds in order, and one edition of each work forward.

use std::collections::HashSet;
use std::sync::Arc;

use tantivy::collector::TopDocs;
use tantivy::columnar::ColumnValues;
use tantivy::query::Query as TantivyQuery;
use tantivy::{DocAddress, Order, Searcher, SegmentReader};
use trade::ids::{EditionId, WorkId};

use crate::collect::{Counting, Tally};
use crate::error::SearchError;
use crate::query::{Hit, Sort};
use crate::schema::fast;
use crate::snapshot::Snapshot;

/// What a tenth of the prior weighs against a point of BM25.
const PRIOR_WEIGHT: f32 = 0.05;

/// The best hits for a query, and everything it found counted.
pub struct Ranked {
    pub tally: Tally,
    pub best: Vec<DocAddress>,
}

/// The best `limit` editions in the order asked for.
pub fn rank(
    snapshot: &Snapshot,
    query: &dyn TantivyQuery,
    sort: Sort,
    limit: usize,
) -> Result<Ranked, SearchError> {
    let searcher = &snapshot.searcher;
    let counting = || Counting(snapshot);
    let top = TopDocs::with_limit(limit);
    let by_number = |top: TopDocs, field: &'static str, order: Order| {
        top.order_by_fast_field::<i64>(field, order)
    };
    let numbers = |(best, tally): (Vec<(Option<i64>, DocAddress)>, Tally)| Ranked {
        tally,
        best: places(best),
    };
    let ranked = match sort {
        Sort::Relevance => {
            let (best, tally) =
                searcher.search(query, &(top.tweak_score(with_prior), counting()))?;
            Ranked {
                tally,
                best: places(best),
            }
        }
        Sort::Newest => numbers(searcher.search(
            query,
            &(by_number(top, fast::PUBLISHED, Order::Desc), counting()),
        )?),
        Sort::PriceUp => numbers(searcher.search(
            query,
            &(by_number(top, fast::PRICE, Order::Asc), counting()),
        )?),
        Sort::PriceDown => numbers(searcher.search(
            query,
            &(by_number(top, fast::PRICE, Order::Desc), counting()),
        )?),
        Sort::Volume => numbers(searcher.search(
            query,
            &(by_number(top, fast::VOLUME, Order::Asc), counting()),
        )?),
        Sort::Title => {
            let shelved = top.order_by_string_fast_field(fast::SHELVED, Order::Asc);
            let (best, tally) = searcher.search(query, &(shelved, counting()))?;
            Ranked {
                tally,
                best: places(best),
            }
        }
    };
    Ok(ranked)
}

fn places<K>(best: Vec<(K, DocAddress)>) -> Vec<DocAddress> {
    best.into_iter().map(|(_, place)| place).collect()
}

/// The score with what the edition itself weighs.
pub fn with_prior(segment: &SegmentReader) -> impl Fn(u32, f32) -> f32 + use<> {
    // An index without the column cannot be opened; should it be missing all the same, rank without it.
    let prior: Option<Arc<dyn ColumnValues<u64>>> = segment
        .fast_fields()
        .column_first_or_default::<u64>(fast::PRIOR)
        .ok();
    move |doc, score| {
        score + PRIOR_WEIGHT * prior.as_ref().map_or(0, |prior| prior.get_val(doc)) as f32
    }
}

/// One hit per work, at the place of its best edition.
pub fn collapsed(searcher: &Searcher, best: &[DocAddress]) -> Result<Vec<Hit>, SearchError> {
    let mut columns = Vec::with_capacity(searcher.segment_readers().len());
    for segment in searcher.segment_readers() {
        let fast_fields = segment.fast_fields();
        columns.push((
            fast_fields.column_first_or_default::<i64>(fast::EDITION)?,
            fast_fields.column_first_or_default::<i64>(fast::WORK)?,
        ));
    }
    let mut seen = HashSet::with_capacity(best.len());
    let mut hits = Vec::with_capacity(best.len());
    for place in best {
        let Some((editions, works)) = columns.get(place.segment_ord as usize) else {
            continue;
        };
        let work = works.get_val(place.doc_id);
        if seen.insert(work) {
            let edition = EditionId(editions.get_val(place.doc_id));
            hits.push(Hit {
                edition,
                work: WorkId(work),
                editions_in_work: 1,
            });
        }
    }
    Ok(hits)
}
