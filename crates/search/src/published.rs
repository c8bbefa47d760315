//! What came out lately and what is to come out, by the day of publication.

use std::ops::{Bound, RangeInclusive};

use jiff::civil::Date;
use tantivy::collector::TopDocs;
use tantivy::query::RangeQuery;
use tantivy::{Order, Term};
use trade::ids::EditionId;

use crate::Index;
use crate::error::SearchError;
use crate::limits::DEEPEST_HIT;
use crate::rank::collapsed;
use crate::schema::fast;

/// In which order books of several days stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// The latest day first.
    Latest,
    /// The earliest day first.
    Earliest,
}

impl Index {
    /// One edition of each work that was, or will be, published on these days, at most `limit` of them. A book of
    /// which only the year or the month is known belongs to no day.
    pub fn published(
        &self,
        days: RangeInclusive<Date>,
        order: Days,
        limit: usize,
    ) -> Result<Vec<EditionId>, SearchError> {
        let field = self.shared.fields.published;
        let bound = |day: &Date| Bound::Included(Term::from_field_i64(field, number(*day)));
        let query = RangeQuery::new(bound(days.start()), bound(days.end()));
        let order = match order {
            Days::Latest => Order::Desc,
            Days::Earliest => Order::Asc,
        };
        let snapshot = self.shared.now();
        // Editions of one work often come out together, and a month without a day stands before its first: look
        // further down while the list is not full.
        let mut looked_at = limit.max(1) * 2;
        loop {
            let best =
                TopDocs::with_limit(looked_at).order_by_fast_field::<i64>(fast::PUBLISHED, order);
            let found = snapshot.searcher.search(&query, &best)?;
            let are_all = found.len() < looked_at || looked_at >= DEEPEST_HIT as usize;
            let places: Vec<_> = found
                .into_iter()
                .filter(|(day, _)| day.is_some_and(|day| day % 32 > 0))
                .map(|(_, place)| place)
                .collect();
            let hits = collapsed(&snapshot, &places);
            if hits.len() >= limit || are_all {
                return Ok(hits
                    .into_iter()
                    .take(limit)
                    .map(|hit| hit.edition)
                    .collect());
            }
            looked_at *= 4;
        }
    }
}

/// A day as [`crate::schema::Fields::published`] writes it.
fn number(day: Date) -> i64 {
    i64::from(day.year()) * 512 + i64::from(day.month()) * 32 + i64::from(day.day())
}
