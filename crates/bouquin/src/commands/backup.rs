//! `bouquin backup` and `bouquin restore`, for the embedded databases of shop, vault and switch.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use storage::StoreUrl;

use crate::config;

/// `bouquin backup`
#[derive(clap::Args)]
pub struct Backup {
    /// The configuration of the process whose database it is: shop, vault or switch. It may be running.
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
    /// The configuration of the process whose database it was; there must be none in its place.
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

/// Whose configuration it is, is told by the key that only it has: the card page is the vault's, the contract with the
/// bank the switch's.
fn embedded(config: &Path) -> Result<PathBuf> {
    let keys: toml::Table = config::read(config).context("the configuration")?;
    if keys.contains_key("card_page") {
        return Ok(super::vault::folder(config)?.join("vault.db"));
    }
    if keys.contains_key("merchant") {
        return super::switch::database(config);
    }
    let config = config::shop(config).context("the configuration")?;
    match config.data.database() {
        StoreUrl::Sqlite(path) => Ok(path.clone()),
        StoreUrl::Postgres(_) => {
            bail!(
                "the configuration names a PostgreSQL server: use its own tools, such as pg_dump or pgBackRest"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_database_of_vault_and_switch_is_found_by_their_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("process.toml");
        let found = |text: &str| {
            std::fs::write(&path, text).unwrap();
            embedded(&path).map_err(|error| format!("{error:#}"))
        };
        let vault = "profile = \"demo\"\nfolder = \"/v\"\ncertificates = \"/c\"\ncard_page = \"127.0.0.1:1\"\n\
                     private = \"127.0.0.1:2\"\nshop_name = \"Q\"\nshop_url = \"http://127.0.0.1:3\"\n";
        assert_eq!(found(vault), Ok(PathBuf::from("/v/vault.db")));
        let switch = "profile = \"demo\"\nfolder = \"/s\"\ncertificates = \"/c\"\nprivate = \"127.0.0.1:2\"\n\
                      vault = \"127.0.0.1:3\"\nbank = \"127.0.0.1:4\"\n[merchant]\nterminal = \"QUAI0001\"\n\
                      number = \"BOUQUIN-DEMO-01\"\nacquirer = 30002\n";
        assert_eq!(found(switch), Ok(PathBuf::from("/s/switch.db")));
        assert!(
            found("profile = \"demo\"\n")
                .unwrap_err()
                .contains("missing field `shop`")
        );
    }
}
