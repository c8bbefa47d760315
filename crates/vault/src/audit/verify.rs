//! Reading the whole log, and naming what is wrong with it.

use link::note;
use link::signed::VerifyingKey;
use storage::{Fault, Row, Store, StoreUrl, Tx};

use super::checkpoint::Checkpoint;
use super::tree::{self, Frontier, Hash};
use super::{ENTRIES, Entry, MIGRATIONS};
use crate::config::Config;
use crate::error::VaultError;

/// Entries read at a time.
const PAGE: u16 = 4_096;

/// What was done to a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The entry is not what was written down.
    #[error("entry {0} was changed")]
    Changed(u64),
    /// The entry was never written down by the vault.
    #[error("entry {0} was put there")]
    Inserted(i64),
    /// Entries that were written down are not there.
    #[error("entries {first} to {last} were removed")]
    Removed {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// The row that says how long the log is says something else.
    #[error("the log's own row does not fit its {0} entries")]
    OwnRow(u64),
    /// The log does not begin with what was witnessed: it was written anew, by someone with the vault's key.
    #[error("the first {0} entries are not those of the checkpoint: the log was written anew")]
    Rewritten(u64),
    /// The checkpoint that it is compared with is none of this log.
    #[error("the checkpoint is not one of this log, or not signed by this vault")]
    OtherLog,
    /// The witness did not sign the checkpoint.
    #[error("the checkpoint does not carry the signature of the witness {0}")]
    NotWitnessed(String),
}

/// Why a log cannot be shown to be whole.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// It is not.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It cannot be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<Fault> for NotVerified {
    fn from(fault: Fault) -> NotVerified {
        NotVerified::Vault(fault.into())
    }
}

/// A whole log, every entry of it verified.
#[derive(Clone, Debug)]
pub struct Log {
    origin: String,
    key: VerifyingKey,
    leaves: Vec<Hash>,
    /// The signature of the last entry's checkpoint.
    signature: Vec<u8>,
}

impl Log {
    /// Reads and verifies the log of a vault, which may be running.
    ///
    /// # Errors
    /// [`NotVerified`]; of several things done to it, the first is named.
    pub async fn read(config: &Config) -> Result<Log, NotVerified> {
        let key = VerifyingKey::load(&config.certs_dir, crate::NAME).map_err(VaultError::from)?;
        let url = StoreUrl::Sqlite(config.data_dir.join(crate::DATABASE));
        let store = Store::open(&url, &[crate::MIGRATIONS, MIGRATIONS])
            .await
            .map_err(VaultError::from)?;
        Log::of(&store, config.audit_origin(), key).await
    }

    pub(crate) async fn of(
        store: &Store,
        origin: String,
        key: VerifyingKey,
    ) -> Result<Log, NotVerified> {
        let mut walk = Walk {
            log: Log {
                origin,
                key,
                leaves: Vec::new(),
                signature: Vec::new(),
            },
            frontier: Frontier::default(),
        };
        let mut from = i64::MIN;
        loop {
            let params = [from.into(), i64::from(PAGE).into()];
            // In one transaction: the vault may be writing, and what it says of the log's length is of that moment.
            let page = move |tx: &mut dyn Tx| {
                Ok::<_, Fault>((
                    tx.query(&ENTRIES, &params)?,
                    tx.query_one(&super::LOG, &[])?,
                ))
            };
            let (rows, own_row) = store.read(page).await?;
            for (at, row) in rows.iter().enumerate() {
                walk.take(row, rows.get(at + 1))?;
            }
            match rows.last() {
                Some(row) if rows.len() == usize::from(PAGE) => {
                    from = row.int(0)?.saturating_add(1);
                }
                _ => return walk.end(&own_row),
            }
        }
    }

    /// How many entries it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.leaves.len()
    }

    /// The log as it stands, signed by the vault; none while nothing was asked of it.
    #[must_use]
    pub fn checkpoint(&self) -> Option<String> {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size: self.leaves.len() as u64,
            root: tree::root_of(&self.leaves),
        };
        (!self.leaves.is_empty()).then(|| checkpoint.note(&self.key, &self.signature))
    }

    /// The hashes of its entries, to prove things with.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// Whether the log begins with what a checkpoint says, which a witness has kept, and signed when one is named.
    ///
    /// # Errors
    /// What was done to the log since, or why the checkpoint says nothing.
    pub fn compare(
        &self,
        note: &str,
        witness: Option<(&str, &VerifyingKey)>,
    ) -> Result<Checkpoint, Broken> {
        let then = Checkpoint::of_note(note)
            .filter(|then| then.origin == self.origin)
            .filter(|_| note::has_signed(&self.key, &self.origin, note))
            .ok_or(Broken::OtherLog)?;
        if let Some((name, key)) = witness {
            note::has_cosigned(key, name, note)
                .ok_or_else(|| Broken::NotWitnessed(name.to_owned()))?;
        }
        let first = usize::try_from(then.size).unwrap_or(usize::MAX);
        let Some(leaves) = self.leaves.get(..first) else {
            return Err(Broken::Removed {
                first: self.leaves.len() as u64,
                last: then.size - 1,
            });
        };
        if tree::root_of(leaves) != then.root {
            return Err(Broken::Rewritten(then.size));
        }
        Ok(then)
    }
}

/// A walk through the entries, as far as they are whole.
struct Walk {
    log: Log,
    frontier: Frontier,
}

impl Walk {
    fn take(&mut self, row: &Row, next: Option<&Row>) -> Result<(), NotVerified> {
        let (place, said, signature) = (row.int(0)?, row.text(1)?, row.bytes(2)?);
        let expected = self.frontier.size();
        let Ok(here) = u64::try_from(place) else {
            return Err(Broken::Inserted(place).into());
        };
        if here > expected {
            return Err(removed(expected, here).into());
        }
        let leaf = tree::leaf(said.as_bytes());
        self.frontier.push(leaf);
        let checkpoint = Checkpoint {
            origin: self.log.origin.clone(),
            size: self.frontier.size(),
            root: self.frontier.root(),
        };
        if !note::is_signed(&self.log.key, &checkpoint.text(), signature) {
            let next = next.map(|row| row.text(1)).transpose()?;
            return Err(named(here, said, next).into());
        }
        self.log.leaves.push(leaf);
        self.log.signature = signature.to_vec();
        Ok(())
    }

    /// Compares with the log's own row, as it was when the last entries were read.
    fn end(self, own_row: &Row) -> Result<Log, NotVerified> {
        let found = self.frontier.size();
        let (size, roots) = (own_row.int(0)?, own_row.bytes(1)?);
        match u64::try_from(size) {
            Ok(size) if size == found && roots == self.frontier.to_bytes() => Ok(self.log),
            Ok(size) if size > found => Err(removed(found, size).into()),
            _ => Err(Broken::OwnRow(found).into()),
        }
    }
}

fn removed(first: u64, behind: u64) -> Broken {
    Broken::Removed {
        first,
        last: behind - 1,
    }
}

/// What was done at the first place whose signature does not fit: entries say their own place, and so whether they
/// were moved up behind a removed one or down behind an added one.
fn named(here: u64, said: &str, next: Option<&str>) -> Broken {
    let own_place = |said: &str| serde_json::from_str(said).map(|entry: Entry| entry.n);
    match (own_place(said), next.map(own_place)) {
        (Ok(n), _) if n > here => removed(here, n),
        (_, Some(Ok(n))) if n == here => Broken::Inserted(here.cast_signed()),
        _ => Broken::Changed(here),
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
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;
    use std::time::Duration;

    use super::*;
    use crate::audit::Verb;
    use crate::for_test::House;

    /// Reads the log, and writes an entry between any two looks of the reading at the database but those of this number.
    async fn read_beside_writing(house: &House, quiet: u32) -> Log {
        let vault = &house.vault;
        let (origin, key) = (vault.audit.origin.clone(), vault.signing.verifying_key());
        let mut reading = pin!(Log::of(&vault.store, origin, key));
        for look in 0..30 {
            if let Poll::Ready(log) = poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await {
                return log.unwrap();
            }
            // What was just asked of the database is answered before the vault writes.
            tokio::time::sleep(Duration::from_millis(20)).await;
            if look != quiet {
                let entry = Entry::new(Verb::Rotate, vault.clock.now());
                vault.note(entry).await.unwrap();
            }
        }
        panic!("the reading has no end");
    }

    #[tokio::test]
    async fn the_log_of_a_vault_at_work_is_whole_at_every_moment() {
        let house = House::open().await;
        for quiet in 0..4 {
            let size = read_beside_writing(&house, quiet).await.size();
            assert!(size > 0);
        }
    }
}
