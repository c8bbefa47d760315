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
    let is_new = found.is_none();
    let ring = match found {
        Some(ring) => ring,
        None => first_ring(&master, ring_path, store, today).await?,
    };
    let keys = Keys::open(master, ring.clone()).map_err(|fault| match fault {
        // A ring of the first version's keys says nothing yet about their master key.
        RingError::OtherMaster | RingError::Damaged if is_new => other_master(&path),
        RingError::OtherMaster => other_master(&path),
        other => ring_fault(other),
    })?;
    if is_new {
        ring.save(ring_path).map_err(ring_fault)?;
    }
    // Only now that they are in the ring on disk: a crash before this leaves them in the database as well.
    store::drop_keys_of_first_version(store).await?;
    Ok(keys)
}

fn other_master(path: &Path) -> VaultError {
    unusable(
        path,
        "it does not open the keys of this folder; it belongs to another one",
    )
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
    match store::keys_of_first_version(store).await? {
        Some((epoch, fingerprint)) => Ok(Ring::of(
            master,
            Wrapped::of(&epoch),
            Wrapped::of(&fingerprint),
        )),
        None if store::has_cards_or_keys(store).await? => {
            let reason = "it is missing, and the cards of this folder open with no other";
            Err(VaultError::ring(path, reason))
        }
        None => Ring::new(master, today, None).map_err(fault),
    }
}

fn unusable(path: &Path, reason: &str) -> VaultError {
    VaultError::MasterKey {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::fs;

    use storage::{StoreUrl, Tx};
    use trade::payment::CardToken;

    use super::*;
    use crate::record::{self, LockedCard};

    storage::statements! {
        INSERT_KEY = "INSERT INTO vault_key (name, wrapped, made_at) VALUES ($1, $2, 0)";
        INSERT_CARD = "INSERT INTO card (token, epoch, wrapped_key, locked, fingerprint, brand, last4, expiry_month,
            expiry_year, checked_in_at) VALUES ($1, 1, $2, $3, $3, 'visa', '1111', 4, 2029, 0)";
        CARD = "SELECT epoch, wrapped_key, locked, schema FROM card WHERE token = $1";
        KEYS_LEFT = "SELECT COUNT(*) FROM vault_key";
    }

    const TOKEN: &str = "tok_AAAAAAAAAAAAAAAAAAAAAA";
    const TODAY: &str = "2026-11-26";

    /// A folder as the first version left it: keys in the database, a card whose lock names its epoch.
    struct Old {
        _dir: tempfile::TempDir,
        data_dir: PathBuf,
        fingerprint: Secret,
        /// As `vault_key` has them.
        wrapped: Vec<(&'static str, Vec<u8>)>,
    }

    impl Old {
        async fn folder() -> Old {
            let dir = tempfile::tempdir().unwrap();
            let data_dir = dir.path().join("vault");
            crate::make_folders(&data_dir).unwrap();
            let [master, epoch, fingerprint, intake, data] =
                [(); 5].map(|()| Secret::random().unwrap());
            keyfile::write_secret(&master_key_path(&data_dir), master.bytes()).unwrap();
            let wrap = |name: &'static str, key: &Secret| {
                let wrapped = master.lock(key.bytes(), &format!("vault key {name} 1"));
                (name, wrapped.unwrap())
            };
            let wrapped = vec![
                wrap("epoch-1", &epoch),
                wrap("fingerprint", &fingerprint),
                wrap("intake", &intake),
            ];
            let text = b"4111111111111111\n2904\nJeanne Lecture";
            let card = [
                TOKEN.into(),
                epoch
                    .lock(data.bytes(), &format!("data key {TOKEN} 1 1"))
                    .unwrap()
                    .into(),
                data.lock(text, &format!("card {TOKEN} 1 1"))
                    .unwrap()
                    .into(),
            ];
            let old = Old {
                _dir: dir,
                data_dir,
                fingerprint,
                wrapped,
            };
            let store = Store::open(&old.url(), &[&store::MIGRATIONS[..1]])
                .await
                .unwrap();
            store.call(&INSERT_CARD, card.to_vec()).await.unwrap();
            old.put_keys_back(&store).await;
            old
        }

        fn url(&self) -> StoreUrl {
            StoreUrl::Sqlite(self.data_dir.join(crate::DATABASE))
        }

        async fn put_keys_back(&self, store: &Store) {
            for (name, wrapped) in &self.wrapped {
                let params = vec![(*name).into(), wrapped.clone().into()];
                store.call(&INSERT_KEY, params).await.unwrap();
            }
        }

        async fn store(&self) -> Store {
            Store::open(&self.url(), &[store::MIGRATIONS])
                .await
                .unwrap()
        }

        async fn open(&self, store: &Store) -> Result<Keys, VaultError> {
            let ring = crate::ring_path(&self.data_dir);
            super::open(&self.data_dir, &ring, store, TODAY).await
        }
    }

    async fn keys_left(store: &Store) -> i64 {
        let count = store
            .read(|tx: &mut dyn Tx| tx.query_one(&KEYS_LEFT, &[]))
            .await;
        count.unwrap().int(0).unwrap()
    }

    async fn last4(store: &Store, keys: &Keys) -> String {
        let row = store
            .read(|tx: &mut dyn Tx| tx.query_one(&CARD, &[TOKEN.into()]))
            .await
            .unwrap();
        let locked = LockedCard {
            epoch: row.int(0).unwrap(),
            wrapped_key: row.bytes(1).unwrap().to_vec(),
            locked: row.bytes(2).unwrap().to_vec(),
            schema: row.int(3).unwrap(),
        };
        let token = CardToken::parse(TOKEN).unwrap();
        let (pan, _) = record::open(keys, &token, &locked).unwrap();
        pan.last4().to_owned()
    }

    #[tokio::test]
    async fn keys_of_the_first_version_move_into_the_ring_and_its_cards_open() {
        let old = Old::folder().await;
        let store = old.store().await;
        for statement in STATEMENTS {
            store.prepare(statement).await.unwrap();
        }
        assert_eq!(keys_left(&store).await, 3);
        let keys = old.open(&store).await.unwrap();
        assert_eq!(
            (keys.epoch(), last4(&store, &keys).await.as_str()),
            (1, "1111")
        );
        assert_eq!(keys.fingerprint().bytes(), old.fingerprint.bytes());
        assert_eq!(keys_left(&store).await, 0);
        let again = old.open(&store).await.unwrap();
        assert_eq!(last4(&store, &again).await, "1111");
    }

    #[tokio::test]
    async fn a_crash_in_the_middle_of_the_move_leaves_no_key_in_the_database_for_long() {
        let old = Old::folder().await;
        let store = old.store().await;
        old.open(&store).await.unwrap();
        // As if the process had died between the ring and the database.
        old.put_keys_back(&store).await;
        let keys = old.open(&store).await.unwrap();
        assert_eq!(
            (last4(&store, &keys).await.as_str(), keys_left(&store).await),
            ("1111", 0)
        );
    }

    #[tokio::test]
    async fn keys_that_have_moved_and_are_lost_are_not_replaced_without_a_word() {
        let old = Old::folder().await;
        let store = old.store().await;
        old.open(&store).await.unwrap();
        fs::remove_file(crate::ring_path(&old.data_dir)).unwrap();
        let lost = old.open(&store).await.err().unwrap().to_string();
        assert!(lost.contains("open with no other"), "{lost}");
    }

    #[tokio::test]
    async fn keys_of_another_master_key_stay_where_they_are() {
        let old = Old::folder().await;
        let store = old.store().await;
        keyfile::write_secret(&master_key_path(&old.data_dir), &[7; 32]).unwrap();
        assert!(matches!(
            old.open(&store).await,
            Err(VaultError::MasterKey { .. })
        ));
        assert_eq!(keys_left(&store).await, 3);
    }
}
