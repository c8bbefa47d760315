//! What is asked of the vault that runs, at its admin door.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use cards::custody::SealedShare;
use vault::admin::{Answer, Ask, Standing};

use super::ceremony::read_share;

/// How often a rotation is asked how far it is.
const LOOK: Duration = Duration::from_millis(500);
/// After so many without progress there will be none.
const MOST_LOOKS: u32 = 20;

/// `bouquin vault unseal`
#[derive(clap::Args)]
pub struct Unseal {
    /// The vault's TOML file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Opens a `--dev` vault again that was sealed, by its key file.
    #[arg(long, conflicts_with = "shares")]
    dev: bool,
    /// Shares that `bouquin vault share` made for this start of the vault; without one, says what it waits for.
    #[arg(value_name = "SHARE")]
    shares: Vec<PathBuf>,
}

/// Asks the vault of this folder.
pub fn ask(folder: &Path, question: &Ask) -> Result<Answer> {
    vault::admin::ask(folder, question).with_context(|| {
        let socket = folder.join(vault::admin::SOCKET);
        format!(
            "no vault answers at {}: does it run, and as this user?",
            socket.display()
        )
    })
}

/// The answer, if it is not a refusal.
pub fn standing(answer: Answer) -> Result<Standing> {
    match answer {
        Answer::Standing(standing) => Ok(standing),
        Answer::Refused { reason } => bail!("{reason}"),
    }
}

/// Hands a share over.
pub fn give(folder: &Path, share: SealedShare) -> Result<Standing> {
    standing(ask(folder, &Ask::Give { share })?)
}

/// Hands shares over; a wrong one is told and the others are kept.
pub fn unseal(options: &Unseal) -> Result<()> {
    let folder = super::folder(&options.config)?;
    if options.dev {
        tell(&standing(ask(&folder, &Ask::Open)?)?);
        return Ok(());
    }
    let mut refused = 0;
    for path in &options.shares {
        match give(&folder, read_share(path)?) {
            Ok(standing) => tell(&standing),
            Err(reason) => {
                refused += 1;
                eprintln!("{}: {reason}", path.display());
            }
        }
    }
    if refused > 0 {
        bail!("{refused} of {} shares were refused", options.shares.len());
    }
    if options.shares.is_empty() {
        tell(&standing(ask(&folder, &Ask::Standing)?)?);
    }
    Ok(())
}

/// Seals.
pub fn seal(config: &Path) -> Result<()> {
    tell(&standing(ask(&super::folder(config)?, &Ask::Seal)?)?);
    Ok(())
}

/// Begins a rotation, or goes on with one, and waits for its end.
pub fn rotate(config: &Path) -> Result<()> {
    let folder = super::folder(config)?;
    let mut standing = self::standing(ask(&folder, &Ask::Rotate)?)?;
    let (mut before, mut looks) = (i64::MAX, 0);
    while let Some(left) = standing.to_move {
        if left < before {
            println!("{left} cards to go");
            (before, looks) = (left, 0);
        }
        if looks == MOST_LOOKS {
            bail!("{left} cards do not move; the vault's log says why, and the old key is kept");
        }
        looks += 1;
        std::thread::sleep(LOOK);
        standing = self::standing(ask(&folder, &Ask::Standing)?)?;
    }
    match standing.epoch {
        Some(epoch) => println!("All cards are in epoch {epoch}; the older key is destroyed."),
        None => bail!("the vault was sealed meanwhile; it goes on when it is unsealed"),
    }
    Ok(())
}

/// How the vault stands, in words.
pub fn tell(standing: &Standing) {
    if let (Some(ceremony), Some(check)) = (&standing.ceremony, &standing.check) {
        println!("ceremony       {ceremony}, check value {check}");
    }
    match (&standing.unsealing_key, standing.epoch) {
        (Some(key), _) => {
            println!(
                "state          sealed: {} of {} shares",
                standing.given.len(),
                standing.quorum
            );
            for custodian in &standing.custodians {
                let here = if standing.given.contains(&custodian.index) {
                    "here"
                } else {
                    "-"
                };
                println!("  {}  {:<40} {here}", custodian.index, custodian.name);
            }
            if standing.custodians.is_empty() {
                println!(
                    "  no ceremony was held; a --dev vault is opened by bouquin vault unseal --dev"
                );
            }
            if !standing.anew.is_empty() {
                println!("with a quorum, a NEW KEY is shared among");
                for candidate in &standing.anew {
                    println!(
                        "     {:<40} {}",
                        candidate.name,
                        candidate.key.fingerprint()
                    );
                }
            }
            println!("unsealing key  {key}");
        }
        (None, Some(epoch)) => println!("state          open, epoch {epoch}"),
        (None, None) => println!("state          open"),
    }
    println!("cards          {}", standing.cards);
}
