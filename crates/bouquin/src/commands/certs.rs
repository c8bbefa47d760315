//! `bouquin certs`: an authority, certificates and signing keys for a demonstration or a test.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// The processes that have a certificate.
pub const PROCESSES: &[&str] = &["shop", "vault", "switch", "bank"];

/// `bouquin certs`
#[derive(clap::Args)]
pub struct Options {
    /// The folder to make them in; what is there and still good stays.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Makes what is missing or about to expire.
pub fn run(options: &Options) -> Result<()> {
    link::ca::make_demo(&options.folder, PROCESSES)
        .with_context(|| options.folder.display().to_string())?;
    println!(
        "{} holds a private authority and the certificates of {}, good for 90 days. They are for a \
         demonstration or a test: one folder holds everybody's keys.",
        options.folder.display(),
        PROCESSES.join(", ")
    );
    Ok(())
}
