//! Works, editions, contributors, subjects and reviews; the importers that bring them in; the shelf that
//! pages are served from; covers; and the demo catalogue.
//!
//! The way in: a file is handed in at the [`desk`], is read by [`import`], becomes an [`model::Edition`], is put into the database by
//! [`store`], and reaches readers through the [`shelf`]. This crate knows nothing of carts, orders or stock.

pub mod covers;
pub mod demo;
pub mod desk;
pub mod import;
pub mod limits;
pub mod model;
pub mod schema;
pub mod shelf;
pub mod store;
pub mod subject;
mod text;
pub mod thema;

pub use schema::MIGRATIONS;

/// Every statement of the catalogue, for the test that prepares all of them on both engines.
pub fn statements() -> Vec<&'static storage::Statement> {
    [store::statements(), desk::statements()].concat()
}
