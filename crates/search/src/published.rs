//! What came out lately and what is to come out, by the day of publication.

use std::ops::{Bound, RangeInclusive};

use jiff::civil::Date;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Query as TantivyQuery, RangeQuery};
use tantivy::{Order, Term};
use trade::ids::EditionId;

use crate::Index;
use crate::error::SearchError;
use crate::rank::collapsed;
use crate::schema::fast;

/// Months looked at: more than any list asks for.
const MONTHS: usize = 120;

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
        let bound = |day: Date| Bound::Included(Term::from_field_i64(field, number(day)));
        // Month by month, because a month without a day stands before its first.
        let months = months(days).map(|month| -> Box<dyn TantivyQuery> {
            Box::new(RangeQuery::new(bound(*month.start()), bound(*month.end())))
        });
        let query = BooleanQuery::union(months.collect());
        let order = match order {
            Days::Latest => Order::Desc,
            Days::Earliest => Order::Asc,
        };
        // Editions of one work often come out together.
        let best = TopDocs::with_limit(limit.max(1) * 2)
            .order_by_fast_field::<i64>(fast::PUBLISHED, order);
        let snapshot = self.shared.now();
        let searcher = &snapshot.searcher;
        let found = searcher.search(&query, &best)?;
        let places: Vec<_> = found.into_iter().map(|(_, place)| place).collect();
        let hits = collapsed(searcher, &places)?.into_iter();
        Ok(hits.take(limit).map(|hit| hit.edition).collect())
    }
}

/// The days of each month within `days`, of [`MONTHS`] months at most.
fn months(days: RangeInclusive<Date>) -> impl Iterator<Item = RangeInclusive<Date>> {
    let (first, last) = days.into_inner();
    let month = move |from: &Date| *from..=from.last_of_month().min(last);
    let next = move |from: &Date| {
        from.last_of_month()
            .tomorrow()
            .ok()
            .filter(|day| *day <= last)
    };
    let begins = std::iter::successors((first <= last).then_some(first), next);
    begins.take(MONTHS).map(move |from| month(&from))
}

/// A day as [`crate::schema::Fields::published`] writes it.
fn number(day: Date) -> i64 {
    i64::from(day.year()) * 512 + i64::from(day.month()) * 32 + i64::from(day.day())
}
