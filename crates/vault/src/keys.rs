//! The vault's keys: a master key that wraps the working keys, which lie wrapped in the database.
//!
//! With `--dev` the master key is 32 bytes in a file beside the data, which unseals the vault and protects nothing
//! from whoever reads the folder. The key ceremony replaces [`dev_master_key`] and nothing else here.

use std::path::{Path, PathBuf};

use cards::sealed::IntakeKey;
use link::keyfile;
use storage::Store;
use trade::clock::Timestamp;

use crate::envelope::Secret;
use crate::error::VaultError;
use crate::store;

/// The epoch in which new cards are locked. Rotation will add epochs; records name theirs.
const EPOCH: i64 = 1;
const EPOCH_KEY: &str = "epoch-1";
const FINGERPRINT_KEY: &str = "fingerprint";
const INTAKE_KEY: &str = "intake";

/// The open working keys.
pub(crate) struct Keys {
    /// Which epoch `epoch_key` is of.
    pub(crate) epoch: i64,
    /// Wraps each card's data key.
    pub(crate) epoch_key: Secret,
    /// Keys the HMAC by which the same card is recognised.
    pub(crate) fingerprint: Secret,
    /// Opens the cards that browsers sealed.
    pub(crate) intake: IntakeKey,
}

/// Where the development master key lies.
pub(crate) fn master_key_path(data_dir: &Path) -> PathBuf {
    data_dir.join("dev-master.key")
}

/// Opens the working keys, and makes them on the first start.
pub(crate) async fn open(
    data_dir: &Path,
    store: &Store,
    now: Timestamp,
) -> Result<Keys, VaultError> {
    let path = master_key_path(data_dir);
    let names = [EPOCH_KEY, FINGERPRINT_KEY, INTAKE_KEY];
    let master = dev_master_key(&path, store).await?;
    let mut opened = Vec::new();
    for name in names {
        opened.push(working_key(&master, name, &path, store, now).await?);
    }
    let [epoch_key, fingerprint, intake_seed] =
        <[Secret; 3]>::try_from(opened).map_err(|_| unusable(&path, "a working key is missing"))?;
    let intake = IntakeKey::from_seed(intake_seed.bytes())
        .map_err(|_| unusable(&path, "the intake key it wraps is damaged"))?;
    Ok(Keys {
        epoch: EPOCH,
        epoch_key,
        fingerprint,
        intake,
    })
}

/// Reads the master key, or makes one for a database that has no keys yet. Never for one that has: that would turn a
/// lost key into lost cards without a word.
async fn dev_master_key(path: &Path, store: &Store) -> Result<Secret, VaultError> {
    if path.exists() {
        let bytes =
            keyfile::read_secret(path).map_err(|fault| unusable(path, &fault.to_string()))?;
        let bytes = zeroize::Zeroizing::new(bytes);
        return Secret::from_bytes(&bytes).ok_or_else(|| unusable(path, "it is not 32 bytes long"));
    }
    if store::has_keys(store).await? {
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

async fn working_key(
    master: &Secret,
    name: &str,
    path: &Path,
    store: &Store,
    now: Timestamp,
) -> Result<Secret, VaultError> {
    let place = format!("vault key {name} 1");
    let fresh = Secret::random().map_err(VaultError::System)?;
    let wrapped = master
        .lock(fresh.bytes(), &place)
        .map_err(|fault| unusable(path, &fault.to_string()))?;
    let wrapped = store::key_or_insert(store, name, wrapped, now).await?;
    let bytes = master.open(&wrapped, &place).map_err(|_| {
        unusable(
            path,
            "it does not open the keys of this database; it belongs to another one",
        )
    })?;
    Secret::from_bytes(&bytes).ok_or_else(|| unusable(path, "a key it wraps is damaged"))
}

fn unusable(path: &Path, reason: &str) -> VaultError {
    VaultError::MasterKey {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
