//! The ceremony at the terminal: custodians' keys, the shares, and the paper that is signed. Plain shares and private
//! keys are never printed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use cards::custody::{CustodyKey, CustodyPublicKey, SealedShare, Way};
use link::keyfile;
use trade::clock::Clock;
use vault::admin::{Ask, Standing};
use vault::ceremony::{Candidate, Held};

use super::running::{ask, give, standing, tell};

/// The first line of a custodian's key file.
const KEY_FILE: &str = "bouquin custodian key 1";

/// `bouquin vault init`
#[derive(clap::Args)]
pub struct Init {
    /// The vault's TOML file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A custodian and the public key that she made; five of them.
    #[arg(long = "custodian", value_name = "NAME=PUBLIC-KEY", value_parser = candidate)]
    custodians: Vec<Candidate>,
    /// Where the sealed shares and the transcript are written, to be carried away. Made if missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// `bouquin vault share`
#[derive(clap::Args)]
pub struct Share {
    /// The custodian's private key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Her sealed share.
    #[arg(long, value_name = "FILE")]
    share: PathBuf,
    /// Give the share for a new master key, among the custodians that `bouquin vault unseal` lists, and not for opening.
    #[arg(long)]
    reshare: bool,
    /// On the vault's machine: the vault's TOML file; the share is handed over at once.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "out"], required_unless_present = "to")]
    config: Option<PathBuf>,
    /// Elsewhere: the unsealing key that the vault shows since its last start.
    #[arg(long, value_name = "UNSEALING-KEY", requires = "out")]
    to: Option<CustodyPublicKey>,
    /// The file that is then brought to `bouquin vault unseal`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `bouquin vault custodians`
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Custodians {
    #[command(subcommand)]
    deed: Option<New>,
    /// The vault's TOML file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum New {
    /// On the custodian's own machine: makes her key pair and prints its public half.
    New {
        /// Where the private half is written, for her only.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// `bouquin vault reshare`
#[derive(clap::Args)]
pub struct Reshare {
    /// The vault's TOML file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A custodian of the new key and her public key; five of them.
    #[arg(long = "custodian", value_name = "NAME=PUBLIC-KEY", value_parser = candidate)]
    custodians: Vec<Candidate>,
}

/// Asks the sealed vault to gather shares for a new key.
pub fn reshare(reshare: Reshare) -> Result<()> {
    let question = Ask::Reshare {
        candidates: reshare.custodians,
    };
    tell(&standing(ask(
        &super::folder(&reshare.config)?,
        &question,
    )?)?);
    Ok(())
}

fn candidate(text: &str) -> Result<Candidate, String> {
    let (name, key) = text.split_once('=').ok_or("NAME=PUBLIC-KEY is wanted")?;
    let key = key.parse::<CustodyPublicKey>();
    Ok(Candidate {
        name: name.to_owned(),
        key: key.map_err(|fault| fault.to_string())?,
    })
}

/// Holds the ceremony.
pub async fn init(init: Init) -> Result<()> {
    vault::harden()?;
    let folder = super::folder(&init.config)?;
    let carry = |held: &Held| -> Result<()> { Ok(held.carry(&init.out)?) };
    let clock = Clock::system();
    let held = vault::ceremony::init(&folder, &init.custodians, &clock, carry).await?;
    print!("{}", held.transcript);
    println!("\nIn {}:", init.out.display());
    println!("the transcript, and one share for each custodian, who takes hers away and signs.");
    println!("Then the folder is emptied.");
    Ok(())
}

fn refuse_existing(path: &Path) -> Result<()> {
    if path.exists() {
        bail!("{} is there already", path.display());
    }
    Ok(())
}

/// Opens a share and seals it for the vault: into a file, or straight to the one that runs here.
pub fn share(options: &Share) -> Result<()> {
    vault::harden()?;
    let key = read_key(&options.key)?;
    let share = read_share(&options.share)?;
    let (to, asked) = match (&options.to, &options.config) {
        (Some(to), _) => (to.clone(), None),
        (None, Some(config)) => {
            let folder = super::folder(config)?;
            let standing = standing(ask(&folder, &Ask::Standing)?)?;
            if !standing.anew.is_empty() && !options.reshare {
                tell(&standing);
                bail!(
                    "this share would make a new key for those listed; if that is agreed, say --reshare"
                );
            }
            (unsealing_key(&standing)?, Some(folder))
        }
        (None, None) => bail!("for which vault? say --config FILE or --to UNSEALING-KEY"),
    };
    let plain = key.open(&share, Way::ToCustodian).with_context(|| {
        format!(
            "{}: {}'s share",
            options.share.display(),
            share.label.custodian
        )
    })?;
    let way = if options.reshare {
        Way::ToReshare
    } else {
        Way::ToVault
    };
    let handed = SealedShare::seal(&to, share.label, way, &plain)?;
    drop(plain);
    if let Some(folder) = asked {
        return give(&folder, handed).map(|standing| tell(&standing));
    }
    let out = options.out.as_ref().context("where to? say --out FILE")?;
    refuse_existing(out)?;
    keyfile::write_secret(out, &serde_json::to_vec_pretty(&handed)?)
        .with_context(|| out.display().to_string())?;
    println!(
        "{} opens in the vault that showed this key, and nowhere else.",
        out.display()
    );
    Ok(())
}

fn unsealing_key(standing: &Standing) -> Result<CustodyPublicKey> {
    match &standing.unsealing_key {
        Some(key) => Ok(key.parse()?),
        None => bail!("the vault is open already"),
    }
}

fn read_key(path: &Path) -> Result<CustodyKey> {
    use base64::Engine as _;
    let bytes = keyfile::read_secret(path).with_context(|| path.display().to_string())?;
    let bytes = zeroize::Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).ok().and_then(|text| {
        let (first, rest) = text.split_once('\n')?;
        (first == KEY_FILE).then_some(rest.trim())
    });
    let seed = text.and_then(|text| {
        let seed = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text);
        seed.ok().map(zeroize::Zeroizing::new)
    });
    let seed = seed.with_context(|| format!("{} is no custodian's key", path.display()))?;
    Ok(CustodyKey::from_seed(&seed)?)
}

/// Reads a share that was written by a ceremony or by `bouquin vault share`.
pub fn read_share(path: &Path) -> Result<SealedShare> {
    let text = fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no share", path.display()))
}

/// Lists the custodians, or makes a key pair.
pub fn custodians(options: Custodians) -> Result<()> {
    match (options.deed, options.config) {
        (Some(New::New { out }), _) => new_key(&out),
        (None, Some(config)) => list(&config),
        (None, None) => bail!("of which vault? say --config FILE"),
    }
}

fn new_key(out: &Path) -> Result<()> {
    use base64::Engine as _;
    vault::harden()?;
    refuse_existing(out)?;
    let mut seed = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(seed.as_mut()).map_err(|fault| anyhow::anyhow!("no randomness: {fault}"))?;
    let key = CustodyKey::from_seed(seed.as_ref())?;
    let mut text = zeroize::Zeroizing::new(String::with_capacity(128));
    text.push_str(KEY_FILE);
    text.push('\n');
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode_string(seed.as_ref(), &mut text);
    text.push('\n');
    keyfile::write_secret(out, text.as_bytes()).with_context(|| out.display().to_string())?;
    println!("public key   {}", key.public());
    println!("fingerprint  {}", key.public().fingerprint());
    Ok(())
}

fn list(config: &Path) -> Result<()> {
    let held = vault::ceremony::held(&super::folder(config)?)?;
    let Some((ceremony, check)) = held else {
        bail!("no ceremony was held for this vault: see bouquin vault init");
    };
    println!("ceremony     {} of {}", ceremony.id, ceremony.held_at);
    println!("check value  {check}");
    println!(
        "quorum       {} of {}",
        ceremony.quorum,
        ceremony.custodians.len()
    );
    for custodian in &ceremony.custodians {
        println!(
            "{}  {:<40} {}",
            custodian.index,
            custodian.name,
            custodian.key.fingerprint()
        );
    }
    Ok(())
}
