//! `bouquin backup` and `bouquin restore`, for the embedded database.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use storage::StoreUrl;

use crate::config::{self, ShopConfig};

/// `bouquin backup`
#[derive(clap::Args)]
pub struct Backup {
    /// The shop's configuration, which names the database.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The new file; nothing is overwritten.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// `bouquin restore`
#[derive(clap::Args)]
pub struct Restore {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The shop's configuration; the database that it names must not exist.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Copies the database and checks the copy.
pub fn backup(options: &Backup) -> Result<()> {
    let database = embedded(&options.config)?;
    storage::backup(&database, &options.to)?;
    println!(
        "{} holds a checked copy of {}; its integrity check found nothing.",
        options.to.display(),
        database.display()
    );
    Ok(())
}

/// Checks the backup and brings it to its place.
pub fn restore(options: &Restore) -> Result<()> {
    let database = embedded(&options.config)?;
    storage::restore(&options.from, &database)?;
    println!(
        "{} is restored from {}.",
        database.display(),
        options.from.display()
    );
    Ok(())
}

fn embedded(config: &std::path::Path) -> Result<PathBuf> {
    let config: ShopConfig = config::read(config).context("the configuration")?;
    match config.data.database.0 {
        StoreUrl::Sqlite(path) => Ok(path),
        StoreUrl::Postgres(_) => {
            bail!(
                "the configuration names a PostgreSQL server: use its own tools, such as pg_dump or pgBackRest"
            )
        }
    }
}
