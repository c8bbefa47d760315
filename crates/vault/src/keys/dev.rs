//! The keys of a `--dev` vault: a master key in a file beside the data, and a ring made on the first start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use link::keyfile;
use storage::Store;

use super::Keys;
use super::ring::{Ring, RingError, Wrapped};
use crate::envelope::Secret;
use crate::error::VaultError;
use crate::store;

/// Where the development master key lies.
pub(crate) fn master_key_path(data_dir: &Path) -> PathBuf {
    data_dir.join("dev-master.key")
}

/// Opens the keys, and makes them on the first start.
pub(crate) async fn open(
    data_dir: &Path,
    ring_path: &Path,
    store: &Store,
    today: &str,
) -> Result<Keys, VaultError> {
    let path = master_key_path(data_dir);
    let ring_fault = |fault: RingError| VaultError::ring(ring_path, &fault.to_string());
    let found = Ring::load(ring_path).map_err(ring_fault)?;
    if found.as_ref().is_some_and(|ring| ring.ceremony.is_some()) {
        let reason = "its master key is with custodians; start without --dev and unseal it";
        return Err(VaultError::ring(ring_path, reason));
    }
    let master = Arc::new(master_key(&path, found.is_some(), store).await?);
    let ring = match found {
        Some(ring) => ring,
        None => first_ring(&master, ring_path, store, today).await?,
    };
    Keys::open(master, ring).map_err(|fault| match fault {
        RingError::OtherMaster => unusable(
            &path,
            "it does not open the keys of this folder; it belongs to another one",
        ),
        other => ring_fault(other),
    })
}

/// Reads the master key, or makes one for a folder that has no keys yet. Never for one that has: that would turn a
/// lost key into lost cards without a word.
async fn master_key(path: &Path, has_ring: bool, store: &Store) -> Result<Secret, VaultError> {
    if path.exists() {
        let bytes =
            keyfile::read_secret(path).map_err(|fault| unusable(path, &fault.to_string()))?;
        let bytes = zeroize::Zeroizing::new(bytes);
        return Secret::from_bytes(&bytes).ok_or_else(|| unusable(path, "it is not 32 bytes long"));
    }
    if has_ring || store::has_cards_or_keys(store).await? {
        return Err(unusable(
            path,
            "it is missing, and the cards of this folder open with no other",
        ));
    }
    let master = Secret::random().map_err(VaultError::System)?;
    keyfile::write_secret(path, master.bytes())
        .map_err(|fault| unusable(path, &fault.to_string()))?;
    Ok(master)
}

/// The ring of a folder that has none: new keys, or those that the first version kept in the database.
async fn first_ring(
    master: &Secret,
    path: &Path,
    store: &Store,
    today: &str,
) -> Result<Ring, VaultError> {
    let fault = |fault: RingError| VaultError::ring(path, &fault.to_string());
    let ring = match store::keys_of_first_version(store).await? {
        Some((epoch, fingerprint)) => {
            Ring::of(master, Wrapped::of(&epoch), Wrapped::of(&fingerprint))
        }
        None if store::has_cards_or_keys(store).await? => {
            let reason = "it is missing, and the cards of this folder open with no other";
            return Err(VaultError::ring(path, reason));
        }
        None => Ring::new(master, today, None).map_err(fault)?,
    };
    ring.save(path).map_err(fault)?;
    // Only now: a crash before leaves them where they were.
    store::drop_keys_of_first_version(store).await?;
    Ok(ring)
}

fn unusable(path: &Path, reason: &str) -> VaultError {
    VaultError::MasterKey {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
