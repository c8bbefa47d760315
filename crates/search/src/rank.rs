//! Putting what a query finds in order, and one edition of each work forward.

use std::collections::HashSet;

use tantivy::collector::TopDocs;
use tantivy::query::Query as TantivyQuery;
use tantivy::{DocAddress, DocId, Order, Score, SegmentReader};
use trade::ids::{EditionId, WorkId};

use crate::collect::{Counting, Tally};
use crate::error::SearchError;
use crate::query::{Hit, Sort};
use crate::schema::fast;
use crate::snapshot::{Snapshot, rows_of};

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
    let by_column = |(best, tally): (Vec<(Option<i64>, DocAddress)>, Tally)| Ranked {
        tally,
        best: places(best),
    };
    let ranked = match sort {
        Sort::Relevance => {
            let (best, tally) =
                searcher.search(query, &(top.tweak_score(with_prior(snapshot)), counting()))?;
            Ranked {
                tally,
                best: places(best),
            }
        }
        Sort::Newest => by_column(searcher.search(
            query,
            &(by_number(top, fast::PUBLISHED, Order::Desc), counting()),
        )?),
        Sort::PriceUp => by_column(searcher.search(
            query,
            &(by_number(top, fast::PRICE, Order::Asc), counting()),
        )?),
        Sort::PriceDown => by_column(searcher.search(
            query,
            &(by_number(top, fast::PRICE, Order::Desc), counting()),
        )?),
        Sort::Volume => by_column(searcher.search(
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
pub fn with_prior(
    snapshot: &Snapshot,
) -> impl Fn(&SegmentReader) -> Box<dyn Fn(DocId, Score) -> Score> + use<> {
    let rows = snapshot.all_rows();
    move |segment| match rows_of(&rows, segment.segment_id()).cloned() {
        Some(rows) => Box::new(move |doc, score| {
            let prior = rows.priors.get(doc as usize).copied();
            score + PRIOR_WEIGHT * f32::from(prior.unwrap_or_default())
        }),
        None => Box::new(|_, score| score),
    }
}

/// One hit per work, at the place of its best edition.
pub fn collapsed(snapshot: &Snapshot, best: &[DocAddress]) -> Vec<Hit> {
    let mut seen = HashSet::with_capacity(best.len());
    let named = numbers(snapshot, best).into_iter();
    let hits = named.filter(|(_, work)| seen.insert(*work));
    hits.map(|(edition, work)| Hit {
        edition,
        work,
        editions_in_work: 1,
    })
    .collect()
}

/// The editions at those places, with their works.
pub fn numbers(snapshot: &Snapshot, places: &[DocAddress]) -> Vec<(EditionId, WorkId)> {
    let at = |place: &DocAddress| {
        let rows = snapshot.rows_at(place.segment_ord)?;
        let edition = EditionId(rows.edition.get_val(place.doc_id));
        Some((edition, WorkId(rows.work.get_val(place.doc_id))))
    };
    places.iter().filter_map(at).collect()
}
