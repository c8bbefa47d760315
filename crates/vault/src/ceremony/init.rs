//! `bouquin vault init`: holds the ceremony for a folder that has no keys yet.

use std::io;
use std::path::Path;

use cards::custody::SealedShare;
use link::keyfile;
use storage::{Store, StoreUrl};
use trade::clock::Clock;

use super::transcript::transcript;
use super::{Candidate, Ceremony, Dealt, deal};
use crate::error::VaultError;
use crate::keys::dev;
use crate::keys::ring::{Ring, RingError};
use crate::store::{self, MIGRATIONS};

/// What a ceremony leaves to be carried away.
pub struct Held {
    /// The record.
    pub ceremony: Ceremony,
    /// One sealed share for each custodian.
    pub shares: Vec<SealedShare>,
    /// The paper to be signed.
    pub transcript: String,
}

impl Held {
    pub(super) fn of(dealt: &Dealt) -> Held {
        Held {
            transcript: transcript(&dealt.ceremony, &dealt.check()),
            ceremony: dealt.ceremony.clone(),
            shares: dealt.shares.clone(),
        }
    }

    /// Writes the sealed shares and the transcript into a folder of their own, made if missing. Nothing that is there is
    /// written over.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn carry(&self, folder: &Path) -> io::Result<()> {
        keyfile::private_dir(folder)?;
        let free = |name: String| {
            let path = folder.join(name);
            if path.exists() {
                let text = format!("{} is there already", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
            }
            Ok(path)
        };
        for share in &self.shares {
            let text = serde_json::to_vec_pretty(share)?;
            let name = format!("{}-share-{}.json", self.ceremony.id, share.label.index);
            keyfile::write_secret(&free(name)?, &text)?;
        }
        let name = format!("{}-transcript.txt", self.ceremony.id);
        keyfile::write_public(&free(name)?, self.transcript.as_bytes())
    }
}

/// Makes the vault's keys, wraps them, and seals the shares of the master key, which is gone when this returns. The
/// shares are given to `carry`, which writes them where they are carried away from; only when it has, does the vault
/// take the keys for its own.
///
/// # Errors
/// See [`VaultError`]: the folder has keys or cards already, or the custodians are not five.
pub async fn init<E: From<VaultError>>(
    data_dir: &Path,
    candidates: &[Candidate],
    clock: &Clock,
    carry: impl FnOnce(&Held) -> Result<(), E>,
) -> Result<Held, E> {
    let path = crate::ring_path(data_dir);
    let (dealt, ring) = prepare(data_dir, &path, candidates, clock).await?;
    let held = Held::of(&dealt);
    carry(&held)?;
    ring.save(&path)
        .map_err(|fault| VaultError::ring(&path, &fault.to_string()))?;
    Ok(held)
}

async fn prepare(
    data_dir: &Path,
    path: &Path,
    candidates: &[Candidate],
    clock: &Clock,
) -> Result<(Dealt, Ring), VaultError> {
    let fault = |fault: RingError| VaultError::ring(path, &fault.to_string());
    crate::make_folders(data_dir)?;
    if Ring::load(path).map_err(fault)?.is_some() || dev::master_key_path(data_dir).exists() {
        let reason = "this folder has keys already; a ceremony is held once";
        return Err(VaultError::ring(path, reason));
    }
    let url = StoreUrl::Sqlite(data_dir.join(crate::DATABASE));
    let store = Store::open(&url, &[MIGRATIONS]).await?;
    if store::has_cards_or_keys(&store).await? {
        let reason = "it is missing, and this folder has cards; bring it back from its backup";
        return Err(VaultError::ring(path, reason));
    }
    let dealt = deal(candidates, clock.now())?;
    let today = clock.today().to_string();
    let ring = Ring::new(&dealt.master, &today, Some(dealt.ceremony.clone())).map_err(fault)?;
    Ok((dealt, ring))
}

/// The ceremony of this folder and its key's check value, if one was held.
///
/// # Errors
/// The ring cannot be read.
pub fn held(data_dir: &Path) -> Result<Option<(Ceremony, String)>, VaultError> {
    let path = crate::ring_path(data_dir);
    let ring = Ring::load(&path).map_err(|fault| VaultError::ring(&path, &fault.to_string()))?;
    Ok(ring.and_then(|ring| {
        let check = ring.check().to_owned();
        Some((ring.ceremony?, check))
    }))
}
