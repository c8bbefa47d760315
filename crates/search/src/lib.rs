//! The index of the catalogue: what a reader types becomes books.
//!
//! [`Index`] is built from editions, kept up to date with [`Index::apply`], and answers [`Query`]s with ranked
//! works, counts per facet, and suggestions while typing. French rules live in [`analysis`]; the order in which
//! a query is tried (as typed, then wider, then corrected, then relaxed) in `plan`.
//!
//! It deliberately knows nothing of stock, carts or pages, and never asks the database: an answer comes from
//! this index alone, and the caller looks the editions up on the shelf.

mod aisle;
pub mod analysis;
mod answer;
mod collect;
mod document;
mod error;
pub mod eval;
mod facet;
mod found;
mod index;
pub mod limits;
mod merit;
mod plan;
mod published;
mod query;
mod rank;
mod related;
mod rules;
mod schema;
mod signature;
mod snapshot;
mod spelling;
mod suggest;
mod words;

pub use aisle::{Aisle, Name};
pub use error::SearchError;
pub use index::Index;
pub use published::Days;
pub use query::{Facet, Filters, Hit, Query, Results, Sort};
pub use related::Relation;
pub use rules::{Boosted, Rules, Strength};
pub use suggest::{Suggested, Suggestion};
