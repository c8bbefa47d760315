//! `bouquin demo`: a whole bookshop to try, in one command.
//!
//! It prepares its folder and addresses, loads the invented catalogue, makes certificates, starts bank,
//! vault, switch and shop as processes of this same executable, says where they are, and keeps them
//! running until Ctrl-C.

mod display;
mod ground;
mod load;
mod roster;
pub mod supervise;
mod tastes;
mod welcome;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context, Result};
use storage::StoreUrl;

use crate::commands::told_to_end;
use ground::Ground;
use roster::Roster;

/// `bouquin demo`
#[derive(clap::Args)]
pub struct Options {
    /// How many titles the shop has; the first few hundred are real, in the public domain.
    #[arg(long, default_value_t = 150_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    titles: u32,
    /// The folder for everything the demonstration keeps.
    #[arg(long, value_name = "FOLDER", default_value = "bouquin-data")]
    data: PathBuf,
    /// Where the shop listens; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// A PostgreSQL database for the shop instead of a file: `postgres://USER@HOST/DATABASE`.
    #[arg(long, value_name = "URL", value_parser = StoreUrl::parse)]
    database: Option<StoreUrl>,
    /// Do what the screening of orders decides, instead of only writing it down.
    #[arg(long)]
    screen: bool,
}

/// Runs until Ctrl-C.
pub async fn run(options: Options) -> Result<()> {
    let begun = Instant::now();
    let ground = Ground::prepare(
        &options.data,
        options.listen,
        options.database,
        options.screen,
    )?;
    link::ca::make_demo(&ground.certificates(), crate::commands::PROCESSES)
        .context("the demonstration's certificates")?;
    ground.write_configuration()?;
    let login = load::load(&ground, options.titles).await?;
    let roster = Arc::new(Roster::new(&ground, &login));
    let supervisor = supervise::start(&ground, &roster)?;
    let opened = tokio::select! {
        opened = welcome::wait_until_open(&ground) => opened,
        () = told_to_end() => Ok(()),
    };
    if let Err(error) = opened {
        supervisor.stop().await;
        return Err(error);
    }
    welcome::print(&ground, &login, begun.elapsed())?;
    told_to_end().await;
    eprintln!("\nClosing the shop.");
    supervisor.stop().await;
    Ok(())
}
