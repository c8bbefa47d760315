//! `bouquin vault audit`: shows that the vault's log is whole, and has a witness sign that it forgot nothing.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use link::signed::{SigningKey, VerifyingKey};
use trade::clock::Clock;
use vault::audit::checkpoint::Checkpoint;
use vault::audit::verify::{Log, NotVerified};
use vault::audit::{tree, witness};

/// What may be done with the log.
#[derive(clap::Subcommand)]
pub enum Audit {
    /// Reads every entry; names the first that was changed, removed or added.
    Verify(Verify),
    /// Prints what a witness is asked to sign.
    Checkpoint(Ask),
    /// Signs, as the witness, a log that continues the one signed before.
    Cosign(Cosign),
    /// Makes the pair of keys of a witness, who is not the vault's owner.
    Witness(Witness),
}

/// `bouquin vault audit verify`
#[derive(clap::Args)]
pub struct Verify {
    /// The vault's configuration; the vault may be running.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A checkpoint kept elsewhere, which the log must begin with.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// The folder and name of the witness who must have signed that checkpoint: `KEYS/NAME.sign.pub`.
    #[arg(long, value_name = "KEYS/NAME", requires = "against")]
    witness: Option<PathBuf>,
    /// Also prove that this entry is in the log.
    #[arg(long, value_name = "NUMBER")]
    entry: Option<usize>,
}

/// `bouquin vault audit checkpoint`
#[derive(clap::Args)]
pub struct Ask {
    /// The vault's configuration; the vault may be running.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// How many entries the witness has signed already.
    #[arg(long, value_name = "ENTRIES", default_value_t = 0)]
    since: usize,
}

/// `bouquin vault audit cosign`
#[derive(clap::Args)]
pub struct Cosign {
    /// What the vault asks; standard input when it is `-`.
    #[arg(value_name = "REQUEST")]
    request: PathBuf,
    /// The witness's keys: `KEYS/NAME.sign.key`.
    #[arg(long, value_name = "KEYS/NAME")]
    witness: PathBuf,
    /// The vault's public key: `KEYS/NAME.sign.pub`.
    #[arg(long, value_name = "KEYS/NAME")]
    vault: PathBuf,
    /// The last checkpoint that was signed; written anew. Only the first time it may be missing.
    #[arg(long, value_name = "FILE")]
    seen: PathBuf,
    /// The name of the log.
    #[arg(long, default_value = "bouquin.internal/vault/shop")]
    origin: String,
}

/// `bouquin vault audit witness`
#[derive(clap::Args)]
pub struct Witness {
    /// Where to, and the name: `KEYS/NAME`.
    #[arg(value_name = "KEYS/NAME")]
    witness: PathBuf,
}

/// Does what was asked, with the vault's settings as its configuration file has them.
pub fn run(command: &Audit, settings: impl Fn(&Path) -> Result<vault::Config>) -> Result<()> {
    match command {
        Audit::Verify(options) => verify(options, &settings(&options.config)?),
        Audit::Checkpoint(options) => ask(options, &settings(&options.config)?),
        Audit::Cosign(options) => cosign(options),
        Audit::Witness(options) => make_witness(options),
    }
}

fn read(config: &vault::Config) -> Result<Log> {
    let database = config.data_dir.join("vault.db");
    if !database.exists() {
        bail!(
            "{} is not there: has this vault ever been open?",
            database.display()
        );
    }
    let read = super::on_runtime(async { Ok(Log::read(config).await) })?;
    read.map_err(|fault| match fault {
        NotVerified::Broken(broken) => anyhow::Error::new(broken).context("the log is NOT whole"),
        NotVerified::Vault(fault) => anyhow::Error::new(fault).context("the log cannot be read"),
    })
}

fn verify(options: &Verify, config: &vault::Config) -> Result<()> {
    let log = read(config)?;
    println!("{} entries, all as they were written down.", log.size());
    if let Some(path) = &options.against {
        let note = text(path)?;
        let witness = options.witness.as_deref().map(named).transpose()?;
        let key = witness
            .as_ref()
            .map(|(folder, name)| VerifyingKey::load(folder, name).map(|key| (name.as_str(), key)));
        let key = key.transpose()?;
        let then = log.compare(&note, key.as_ref().map(|(name, key)| (*name, key)))?;
        println!(
            "It begins with the {} entries of {}{}.",
            then.size,
            path.display(),
            witness.map_or(String::new(), |(_, name)| format!(", signed by {name}"))
        );
    }
    if let Some(entry) = options.entry {
        prove(&log, entry)?;
    }
    if let Some(note) = log.checkpoint() {
        println!("\n{note}");
    }
    Ok(())
}

fn prove(log: &Log, entry: usize) -> Result<()> {
    let (leaf, proof) = log
        .leaves()
        .get(entry)
        .zip(tree::inclusion(log.leaves(), entry))
        .with_context(|| format!("there is no entry {entry}: they count from 0"))?;
    let root = tree::root_of(log.leaves());
    if !tree::is_included(*leaf, entry as u64, log.size() as u64, root, &proof) {
        bail!("entry {entry} is not proved to be in the log");
    }
    println!("Entry {entry} is in it, by {} hashes:", proof.len());
    for hash in proof {
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("  {hex}");
    }
    Ok(())
}

fn ask(options: &Ask, config: &vault::Config) -> Result<()> {
    let log = read(config)?;
    let request = witness::request(&log, options.since).with_context(|| {
        format!(
            "--since {}: the log has {} entries",
            options.since,
            log.size()
        )
    })?;
    print!("{request}");
    Ok(())
}

fn cosign(options: &Cosign) -> Result<()> {
    let request = text(&options.request)?;
    let (vault_folder, vault_name) = named(&options.vault)?;
    let (folder, name) = named(&options.witness)?;
    let log_key = VerifyingKey::load(&vault_folder, &vault_name)?;
    let key = SigningKey::load(&folder, &name)?;
    let seen = match options.seen.exists() {
        true => Some(
            Checkpoint::of_note(&text(&options.seen)?)
                .with_context(|| format!("{} is no checkpoint", options.seen.display()))?,
        ),
        false => None,
    };
    let time = Clock::system().now().as_micros() / 1_000_000;
    let signed = witness::cosign(
        &request,
        (&options.origin, &log_key),
        (&name, &key),
        seen.as_ref(),
        u64::try_from(time).unwrap_or_default(),
    )?;
    // Remembered before it is given out: what is signed once is never signed otherwise.
    link::keyfile::write_public(&options.seen, signed.as_bytes())
        .with_context(|| options.seen.display().to_string())?;
    print!("{signed}");
    Ok(())
}

fn make_witness(options: &Witness) -> Result<()> {
    let (folder, name) = named(&options.witness)?;
    if folder.join(format!("{name}.sign.key")).exists() {
        bail!("{name} has keys in {} already", folder.display());
    }
    link::keyfile::private_dir(&folder).with_context(|| folder.display().to_string())?;
    SigningKey::generate()?.save(&folder, &name)?;
    println!(
        "{name}.sign.key signs and stays here; {name}.sign.pub is for those who verify. Both are in {}.",
        folder.display()
    );
    Ok(())
}

/// `KEYS/NAME` in its parts.
fn named(path: &Path) -> Result<(PathBuf, String)> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{}: expected KEYS/NAME", path.display()))?;
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    Ok((folder.unwrap_or(Path::new(".")).to_owned(), name.to_owned()))
}

fn text(path: &Path) -> Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(path).with_context(|| path.display().to_string())
}
