//! The commands and their options, as `bouquin --help` shows them.

mod backup;
mod bank;
mod certs;
mod eval;
mod import;
mod migrate;
mod staff;
mod switch;
mod vault;
mod vault_audit;

use std::{future::Future, path::PathBuf};

pub use certs::PROCESSES;
pub use migrate::TABLES;

use anyhow::{Context, Result};
use clap::Subcommand;

/// What the program can be asked.
#[derive(Subcommand)]
pub enum Command {
    /// A whole bookshop to try: shop, vault, switch and bank, with an invented catalogue.
    Demo(crate::demo::Options),
    /// Runs the shop.
    Serve(ConfigFile),
    /// Runs the vault, where cards check in.
    Vault(vault::Options),
    /// Runs the switch, the way to the bank.
    Switch(switch::Options),
    /// The demonstration's bank.
    Bank(bank::Options),
    /// Reads catalogue files: ONIX 3.0 and 3.1, JSON lines; plain, .gz or .zst.
    Import(import::Options),
    /// Measures what the shop finds.
    Eval(eval::Options),
    /// Makes the first account of the back office; gives a new password to who forgot hers.
    #[command(subcommand)]
    Staff(staff::Deed),
    /// Brings the database's schema up to this program.
    Migrate(ConfigFile),
    /// Copies an embedded database into one checked file, while the shop runs.
    Backup(backup::Backup),
    /// Brings a backup back to the place of a database that must not exist.
    Restore(backup::Restore),
    /// Makes certificates and signing keys for the links between the processes.
    Certs(certs::Options),
}

/// Where a process finds its configuration.
#[derive(clap::Args)]
pub struct ConfigFile {
    /// The TOML file; see docs/configuration.md.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs a command to its end.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Demo(options) => on_runtime(crate::demo::run(options)),
        Command::Serve(file) => on_runtime(crate::serve::run(file.config)),
        Command::Vault(options) => vault::run(options),
        Command::Switch(options) => switch::run(options),
        Command::Bank(options) => bank::run(options),
        Command::Import(options) => on_runtime(import::run(options)),
        Command::Eval(options) => eval::run(options),
        Command::Staff(deed) => on_runtime(staff::run(deed)),
        Command::Migrate(file) => on_runtime(migrate::run(file.config)),
        Command::Backup(options) => backup::backup(&options),
        Command::Restore(options) => backup::restore(&options),
        Command::Certs(options) => certs::run(&options),
    }
}

/// Runs asynchronous work on a runtime of its own.
pub fn on_runtime<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")?;
    let done = runtime.block_on(work);
    // Workers that wait for a peer must not keep a process that was told to end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    done
}

/// Completes when the process is told to end: SIGTERM, or Ctrl-C at a terminal.
pub async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
