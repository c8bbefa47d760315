//! The shop's premises: the folder with its shelf and index, the database behind them, and who is in.
//!
//! The running shop holds a lock on its folder. A command that finds it held leaves the shelf and the
//! index to the shop, which follows the database by itself.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use catalogue::shelf::ShelfHandle;
use indicatif::ProgressBar;
use search::Index;
use storage::{Store, StoreUrl};

use crate::{commands::TABLES, config, follow};

/// Where the shop's data is.
pub struct Premises {
    /// The shop's folder.
    pub folder: PathBuf,
    /// Its database.
    pub database: StoreUrl,
}

/// The options by which commands name the shop's data.
#[derive(clap::Args)]
pub struct Which {
    /// The data folder of a demonstration, or of an embedded shop.
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "bouquin-data",
        conflicts_with = "config"
    )]
    data: PathBuf,
    /// The shop's configuration, instead of a data folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Which {
    /// The premises that the options name.
    pub fn premises(&self) -> Result<Premises> {
        match &self.config {
            Some(path) => {
                let config = config::shop(path).context("the configuration")?;
                Ok(Premises {
                    database: config.data.database().clone(),
                    folder: config.data.folder,
                })
            }
            None => Ok(Premises::embedded(&self.data)),
        }
    }
}

impl Premises {
    /// An embedded shop in a data folder.
    pub fn embedded(data: &Path) -> Self {
        let folder = data.join("shop");
        Self {
            database: StoreUrl::Sqlite(folder.join("shop.db")),
            folder,
        }
    }

    /// Opens the database, bringing its schema up to this program.
    pub async fn store(&self) -> Result<Store> {
        Store::open(&self.database, TABLES)
            .await
            .context("the shop's database")
    }

    /// The folder of the shelf.
    pub fn shelf(&self) -> PathBuf {
        self.folder.join("shelf")
    }

    /// The folder of the search index.
    pub fn index(&self) -> PathBuf {
        self.folder.join("index")
    }

    /// The folder of the import desk.
    pub fn imports(&self) -> PathBuf {
        self.folder.join("imports")
    }

    /// Takes the premises for this process, for as long as the file is kept; none when a shop is open
    /// in them.
    pub fn enter(&self) -> Result<Option<fs::File>> {
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {}", self.folder.display()))?;
        let path = self.folder.join("open.lock");
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| path.display().to_string())?;
        let taken = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
        Ok(taken.is_ok().then_some(file))
    }

    /// The shelf and the index as the database has them now, built where they are missing.
    ///
    /// Blocks; `bar` shows the building of the index.
    pub fn shelf_and_index(
        &self,
        store: &Store,
        bar: &ProgressBar,
    ) -> Result<(ShelfHandle, Index)> {
        let shelf = ShelfHandle::open_or_build(store, &self.shelf()).context("the shelf")?;
        let last = store.read_blocking(catalogue::store::sequence)?;
        let index = match Index::open(&self.index()) {
            // Ahead of the database: that was restored from an older copy.
            Ok(index) if index.sequence() > last => {
                drop(index);
                self.build_index(&shelf, bar)?
            }
            Ok(index) => index,
            Err(fault) if fault.rebuild_helps() => self.build_index(&shelf, bar)?,
            Err(fault) => return Err(fault).context("the search index"),
        };
        while follow::catch_up(store, &shelf, &index)?.more {
            if shelf.wants_merging() {
                shelf.merge(store).context("the shelf")?;
            }
        }
        Ok((shelf, index))
    }

    /// Builds the index anew from the shelf.
    pub fn build_index(&self, shelf: &ShelfHandle, bar: &ProgressBar) -> Result<Index> {
        let shelf = shelf.load();
        bar.set_length(shelf.len() as u64);
        let editions: Box<dyn Iterator<Item = Arc<catalogue::model::Edition>>> =
            Box::new(shelf.iter());
        let index = Index::build(&self.index(), editions, shelf.sequence(), |done| {
            bar.set_position(done);
        })
        .context("the search index")?;
        bar.finish_and_clear();
        Ok(index)
    }
}
