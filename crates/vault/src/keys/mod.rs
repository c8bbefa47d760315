//! The vault's keys: a master key that wraps the working keys, which lie wrapped in the [ring](ring), a file outside
//! the database.
//!
//! The master key comes from a quorum of custodians ([`ceremony`](crate::ceremony)) or, with `--dev`, from 32 bytes
//! in a file beside the data, which unseals the vault and protects nothing from whoever reads the folder.

pub(crate) mod dev;
pub(crate) mod ring;
mod safe;

use std::collections::BTreeMap;
use std::sync::Arc;

use cards::entry::Entry;
use cards::sealed::{IntakeKey, SealedError};
use sha2::{Digest as _, Sha256};
use trade::payment::CheckInTicket;

use crate::envelope::{Secret, Unopened};
use ring::{Ring, RingError};
pub(crate) use safe::{Changed, Safe, Sealed};

/// The open working keys, as the ring had them at one moment. Shared by the requests that run; wiped with the last.
pub(crate) struct Keys {
    master: Arc<Secret>,
    ring: Ring,
    epochs: BTreeMap<i64, Secret>,
    fingerprint: Secret,
    /// By day, `2026-11-26`.
    intake: BTreeMap<String, IntakeKey>,
}

impl Keys {
    /// Opens every key of the ring.
    pub(crate) fn open(master: Arc<Secret>, ring: Ring) -> Result<Keys, RingError> {
        if !ring.is_of(&master) {
            return Err(RingError::OtherMaster);
        }
        let mut epochs = BTreeMap::new();
        for (epoch, wrapped) in &ring.epochs {
            epochs.insert(
                *epoch,
                ring::unwrap(&master, &ring::epoch_name(*epoch), wrapped)?,
            );
        }
        if !epochs.contains_key(&ring.epoch) {
            return Err(RingError::Damaged);
        }
        let mut intake = BTreeMap::new();
        for (day, wrapped) in &ring.intake {
            let seed = ring::unwrap(&master, &ring::intake_name(day), wrapped)?;
            let key = IntakeKey::from_seed(seed.bytes(), day).map_err(|_| RingError::Damaged)?;
            intake.insert(day.clone(), key);
        }
        let fingerprint = ring::unwrap(&master, ring::FINGERPRINT, &ring.fingerprint)?;
        Ok(Keys {
            master,
            ring,
            epochs,
            fingerprint,
            intake,
        })
    }

    /// The epoch in which new cards are locked.
    pub(crate) fn epoch(&self) -> i64 {
        self.ring.epoch
    }

    /// The epochs that a rotation is to empty.
    pub(crate) fn old_epochs(&self) -> Vec<i64> {
        let current = self.ring.epoch;
        self.epochs
            .keys()
            .copied()
            .filter(|epoch| *epoch != current)
            .collect()
    }

    /// The oldest epoch that still has its key.
    pub(crate) fn oldest_epoch(&self) -> i64 {
        let first = self.epochs.first_key_value();
        first.map_or(self.ring.epoch, |(epoch, _)| *epoch)
    }

    /// The key that wraps the data keys of an epoch; a destroyed epoch has none.
    pub(crate) fn epoch_key(&self, epoch: i64) -> Result<&Secret, Unopened> {
        self.epochs.get(&epoch).ok_or(Unopened)
    }

    /// Keys the HMAC by which the same card is recognised.
    pub(crate) fn fingerprint(&self) -> &Secret {
        &self.fingerprint
    }

    /// The key that pages seal to: the newest.
    pub(crate) fn intake(&self) -> Option<&IntakeKey> {
        self.intake.last_key_value().map(|(_, key)| key)
    }

    /// Opens a sealed card with the key it names, if that is today's or yesterday's.
    pub(crate) fn open_card(
        &self,
        sealed: &str,
        ticket: &CheckInTicket,
    ) -> Result<Entry, SealedError> {
        let mut answer = Err(SealedError::UnknownKey);
        for key in self.intake.values().rev() {
            answer = key.open(sealed, ticket);
            if !matches!(answer, Err(SealedError::UnknownKey)) {
                break;
            }
        }
        answer
    }
}

/// By what a master key is recognised without being told: the first 8 bytes of a hash, hexadecimal. The key is 32
/// random bytes, so nothing can be guessed from it.
pub(crate) fn check_value(master: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(b"bouquin vault master key check 1\0");
    hash.update(master.bytes());
    hex(hash.finalize().get(..8).unwrap_or_default())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::expect_used)]
pub(crate) fn for_test() -> Keys {
    let master = Arc::new(Secret::random().expect("randomness"));
    let ring = Ring::new(&master, "2026-11-26", None).expect("a ring");
    Keys::open(master, ring).expect("keys")
}
