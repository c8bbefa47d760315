//! `bouquin migrate`: brings the schema up to the program without starting the shop.

use std::path::PathBuf;

use anyhow::{Context, Result};
use storage::{Migration, Store};

use crate::config;

/// The tables of the shop's database, in the order in which they are made.
pub const TABLES: &[&[Migration]] = &[catalogue::MIGRATIONS, shop::MIGRATIONS];

/// Opens the database, which applies what is missing.
pub async fn run(path: PathBuf) -> Result<()> {
    let config = config::shop(&path).context("the configuration")?;
    let store = Store::open(config.data.database(), TABLES).await?;
    println!(
        "The schema of the {:?} database is that of this program.",
        store.engine()
    );
    Ok(())
}
