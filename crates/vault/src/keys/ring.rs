//! The ring: the working keys, each wrapped by the master key, in one file that is no part of the database.
//!
//! A backup of the database therefore holds no key. That is what lets a rotation put forgotten cards out of reach of
//! older backups (docs/adr/0006).

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use link::keyfile;
use serde::{Deserialize, Serialize};

use crate::ceremony::Ceremony;
use crate::envelope::Secret;
use crate::keys::check_value;

/// The version of the file.
const VERSION: u8 = 1;
pub(super) const FINGERPRINT: &str = "fingerprint";

/// Why a ring is not to be used.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The file cannot be read or written.
    #[error("{0}")]
    File(#[from] io::Error),
    /// Not the file that this program writes.
    #[error("it is damaged")]
    Damaged,
    /// It belongs to another master key.
    #[error("its keys were wrapped by another master key")]
    OtherMaster,
    /// There is no randomness, or a key cannot be wrapped.
    #[error("a key could not be made")]
    NoKey,
}

/// A key that only the master key opens: base64 of AES-256-GCM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Wrapped(String);

impl Wrapped {
    pub(crate) fn of(bytes: &[u8]) -> Wrapped {
        Wrapped(STANDARD.encode(bytes))
    }
}

/// What the file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ring {
    version: u8,
    /// The master key's check value.
    check: String,
    /// The epoch of new cards.
    pub(crate) epoch: i64,
    /// One key, or two and more while a rotation is under way.
    pub(crate) epochs: BTreeMap<i64, Wrapped>,
    pub(crate) fingerprint: Wrapped,
    /// Intake keys by day, `2026-11-26`.
    pub(crate) intake: BTreeMap<String, Wrapped>,
    /// Who holds shares of the master key; nobody does with `--dev`.
    #[serde(default)]
    pub(crate) ceremony: Option<Ceremony>,
}

impl Ring {
    /// Fresh keys under a fresh master key.
    pub(crate) fn new(
        master: &Secret,
        today: &str,
        ceremony: Option<Ceremony>,
    ) -> Result<Ring, RingError> {
        let mut ring = Ring::of(
            master,
            fresh(master, &epoch_name(1))?,
            fresh(master, FINGERPRINT)?,
        );
        ring.add_intake(master, today)?;
        ring.ceremony = ceremony;
        Ok(ring)
    }

    /// A ring of keys that were wrapped before: those of a database of the first version.
    pub(crate) fn of(master: &Secret, epoch_1: Wrapped, fingerprint: Wrapped) -> Ring {
        Ring {
            version: VERSION,
            check: check_value(master),
            epoch: 1,
            epochs: BTreeMap::from([(1, epoch_1)]),
            fingerprint,
            intake: BTreeMap::new(),
            ceremony: None,
        }
    }

    /// Reads the file, if there is one.
    pub(crate) fn load(path: &Path) -> Result<Option<Ring>, RingError> {
        let text = match keyfile::read_secret(path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(fault.into()),
        };
        let ring: Ring = serde_json::from_slice(&text).map_err(|_| RingError::Damaged)?;
        if ring.version != VERSION {
            return Err(RingError::Damaged);
        }
        Ok(Some(ring))
    }

    /// Writes the file: the old one or the new one is there afterwards, whatever happens.
    pub(crate) fn save(&self, path: &Path) -> Result<(), RingError> {
        let text = serde_json::to_vec_pretty(self).map_err(|_| RingError::Damaged)?;
        Ok(keyfile::write_secret(path, &text)?)
    }

    /// Whether this master key wrapped it.
    pub(crate) fn is_of(&self, master: &Secret) -> bool {
        self.check == check_value(master)
    }

    pub(crate) fn check(&self) -> &str {
        &self.check
    }

    /// Begins an epoch, unless the one before has not ended yet; says whether it did. The old keys stay until their cards
    /// have moved.
    pub(crate) fn begin_epoch(&mut self, master: &Secret) -> Result<bool, RingError> {
        if self.epochs.len() > 1 {
            return Ok(false);
        }
        let next = self.epoch + 1;
        self.epochs.insert(next, fresh(master, &epoch_name(next))?);
        self.epoch = next;
        Ok(true)
    }

    /// The same keys, wrapped by another master key.
    pub(crate) fn wrapped_by(
        &self,
        old: &Secret,
        new: &Secret,
        ceremony: Ceremony,
    ) -> Result<Ring, RingError> {
        let again = |name: &str, wrapped: &Wrapped| wrap(new, name, &unwrap(old, name, wrapped)?);
        let mut ring = self.clone();
        for (epoch, wrapped) in &mut ring.epochs {
            *wrapped = again(&epoch_name(*epoch), wrapped)?;
        }
        for (day, wrapped) in &mut ring.intake {
            *wrapped = again(&intake_name(day), wrapped)?;
        }
        ring.fingerprint = again(FINGERPRINT, &self.fingerprint)?;
        ring.check = check_value(new);
        ring.ceremony = Some(ceremony);
        Ok(ring)
    }

    /// Destroys the keys of these epochs, which are known to have no card; never the present one's.
    pub(crate) fn destroy_epochs(&mut self, without_cards: &[i64]) {
        let current = self.epoch;
        self.epochs
            .retain(|epoch, _| *epoch == current || !without_cards.contains(epoch));
    }

    /// Makes the intake key of a day.
    pub(crate) fn add_intake(&mut self, master: &Secret, day: &str) -> Result<(), RingError> {
        let key = fresh(master, &intake_name(day))?;
        self.intake.insert(day.to_owned(), key);
        Ok(())
    }
}

pub(super) fn epoch_name(epoch: i64) -> String {
    format!("epoch-{epoch}")
}

pub(super) fn intake_name(day: &str) -> String {
    format!("intake-{day}")
}

fn place(name: &str) -> String {
    format!("vault key {name} 1")
}

fn fresh(master: &Secret, name: &str) -> Result<Wrapped, RingError> {
    wrap(
        master,
        name,
        &Secret::random().map_err(|_| RingError::NoKey)?,
    )
}

fn wrap(master: &Secret, name: &str, key: &Secret) -> Result<Wrapped, RingError> {
    let wrapped = master
        .lock(key.bytes(), &place(name))
        .map_err(|_| RingError::NoKey)?;
    Ok(Wrapped::of(&wrapped))
}

pub(super) fn unwrap(master: &Secret, name: &str, wrapped: &Wrapped) -> Result<Secret, RingError> {
    let bytes = STANDARD
        .decode(&wrapped.0)
        .map_err(|_| RingError::Damaged)?;
    let key = master
        .open(&bytes, &place(name))
        .map_err(|_| RingError::Damaged)?;
    Secret::from_bytes(&key).ok_or(RingError::Damaged)
}
