//! `bouquin certs`: a private authority, certificates and signing keys for the links between the processes, all in one folder.
//!
//! The folder as it is made serves a demonstration or a test. Of a real shop each process gets its own files only, and the
//! authority's key none: see `docs/operate-payments.md`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;

/// The processes that have a certificate.
pub const PROCESSES: &[&str] = &["shop", "vault", "switch", "bank"];

/// `bouquin certs`
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    action: Option<Action>,
    /// The folder to make them in; what is there and still good stays.
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// What else can be done with certificates.
#[derive(Subcommand)]
enum Action {
    /// Makes new certificates now. Processes that run show them to whom they meet next, and lose nothing by it.
    Renew {
        /// The folder that `bouquin certs` made.
        folder: PathBuf,
        /// Whose; everybody's without a name.
        names: Vec<String>,
    },
}

/// Makes what is missing or about to expire, or renews.
pub fn run(options: &Options) -> Result<()> {
    match (&options.action, &options.folder) {
        (Some(Action::Renew { folder, names }), _) => renew(folder, names),
        (None, Some(folder)) => make(folder),
        (None, None) => bail!("which folder? bouquin certs FOLDER"),
    }
}

fn make(folder: &Path) -> Result<()> {
    link::ca::make_demo(folder, PROCESSES).with_context(|| folder.display().to_string())?;
    println!(
        "{} holds a private authority and the certificates of {}, good for 90 days. It holds \
         everybody's keys: for a demonstration or a test leave it as it is, for a real shop give each process its own files \
         only, and ca.key to nobody (docs/operate-payments.md).",
        folder.display(),
        PROCESSES.join(", ")
    );
    Ok(())
}

fn renew(folder: &Path, names: &[String]) -> Result<()> {
    if let Some(stranger) = names
        .iter()
        .find(|name| !PROCESSES.contains(&name.as_str()))
    {
        bail!("{stranger:?} is none of {}", PROCESSES.join(", "));
    }
    let names: Vec<&str> = match names {
        [] => PROCESSES.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    link::ca::renew(folder, &names).with_context(|| folder.display().to_string())?;
    println!(
        "new certificates for {}, good for 90 days",
        names.join(", ")
    );
    Ok(())
}
