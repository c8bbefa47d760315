//! Two engines behind one transaction port.
//!
//! A verb of the shop is a plain function over [`Tx`], written once. [`Store::write`] runs it in one
//! transaction on SQLite (one writer thread, group commit) or on PostgreSQL (pooled connections).
//! This crate knows no table of the shop, and no other crate names a database driver.
//!
//! It deliberately has no query builder and no object mapping: the statements are SQL, each
//! registered by [`statements!`] so that one test can prepare all of them on both engines.

mod fault;
pub mod migrate;
pub mod outbox;
mod postgres;
mod sqlite;
mod statement;
mod store;
mod tx;
mod url;
mod value;

pub use fault::Fault;
pub use migrate::Migration;
pub use postgres::tls::{Refusal, TrustError};
pub use sqlite::files::{BackupError, backup, restore};
pub use statement::Statement;
pub use store::{OpenError, Store};
pub use tx::{Engine, Tx};
pub use url::{MalformedUrl, PostgresUrl, StoreUrl};
pub use value::{Row, Value};

/// Every statement of this crate, for the test that prepares all of them on both engines.
pub fn statements() -> Vec<&'static Statement> {
    [outbox::STATEMENTS, migrate::STATEMENTS].concat()
}

/// The tables of this crate.
pub const MIGRATIONS: &[Migration] = outbox::MIGRATIONS;
