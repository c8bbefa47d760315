//! What a reader asks and what comes back.

use serde::Serialize;
use trade::ids::{EditionId, WorkId};

use crate::aisle::Aisle;

/// A search as a page or the API asks it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Query {
    /// What was typed; blank means everything that the filters let through.
    pub text: String,
    /// Only books of this aisle.
    pub aisle: Option<Aisle>,
    /// Only books with these properties.
    pub filters: Filters,
    /// The order of the hits.
    pub sort: Sort,
    /// The page wanted, from 1; 0 counts as 1.
    pub page: u32,
    /// Hits per page, at most [`limits::PER_PAGE`](crate::limits::PER_PAGE); 0 counts as 1.
    pub per_page: u32,
}

impl Query {
    /// The first page of what `text` finds.
    pub fn text(text: impl Into<String>) -> Self {
        Query {
            text: text.into(),
            page: 1,
            per_page: 20,
            ..Query::default()
        }
    }
}

/// Values as [`Facet::values`] names them; a value the index does not know finds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Filters {
    /// Slug of a shop subject.
    pub subject: Option<String>,
    /// Language of the text, ISO 639-2/B: `fre`.
    pub language: Option<String>,
    /// Code of a form: `pocket`.
    pub form: Option<String>,
    /// Code of an availability: `in_stock`.
    pub availability: Option<String>,
    /// Price band in euro: `10-20`.
    pub price: Option<String>,
    /// First year of the decade of publication: `1990`.
    pub decade: Option<String>,
}

/// The order of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// Best answer first.
    #[default]
    Relevance,
    /// Latest publication first, unknown dates last.
    Newest,
    /// Cheapest first, without price last.
    PriceUp,
    /// Dearest first, without price last.
    PriceDown,
    /// As on a shelf: by title without leading article.
    Title,
    /// By the volumes of a series: what has no number last.
    Volume,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Results {
    /// Works found: what the pages count, because editions of one work are one hit.
    pub total: u64,
    /// Editions found: what the facets count.
    pub editions: u64,
    /// The hits of the page asked for.
    pub hits: Vec<Hit>,
    /// How the editions found divide, most frequent value first; editions without a value are not counted.
    pub facets: Vec<Facet>,
    /// The query as it was understood, when that is not how it was typed.
    pub corrected: Option<String>,
    /// Microseconds spent.
    pub took_us: u64,
}

/// One work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Its edition that answers best.
    pub edition: EditionId,
    /// The work.
    pub work: WorkId,
    /// How many editions of it the catalogue has.
    pub editions_in_work: u32,
}

/// The values of one property among the editions found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facet {
    /// The property, named as its field in [`Filters`].
    pub name: &'static str,
    /// Values and how many editions have them.
    pub values: Vec<(String, u64)>,
}
