//! Where the open keys are while there are any: a vault is sealed when this place is empty.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use trade::clock::Timestamp;

use super::Keys;
use super::ring::{Ring, RingError};
use crate::envelope::Secret;

/// There are no keys in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vault is sealed")]
pub(crate) struct Sealed;

/// Why the ring was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Changed {
    #[error(transparent)]
    Sealed(#[from] Sealed),
    #[error("the ring of keys cannot be changed: {0}")]
    Ring(#[from] RingError),
}

/// The open keys, if any, and their ring.
pub(crate) struct Safe {
    ring: PathBuf,
    here: RwLock<Here>,
    /// Whoever changes the ring, or opens what it holds, has this.
    changing: Mutex<()>,
}

/// What is in memory.
struct Here {
    keys: Option<Arc<Keys>>,
    /// When they came, or went.
    since: Timestamp,
    /// How often it was sealed: what was begun before a sealing is not ended after it.
    sealings: u64,
}

impl Safe {
    /// A sealed one, from `now` on.
    pub(crate) fn new(ring: PathBuf, now: Timestamp) -> Safe {
        Safe {
            ring,
            here: RwLock::new(Here {
                keys: None,
                since: now,
                sealings: 0,
            }),
            changing: Mutex::new(()),
        }
    }

    pub(crate) fn ring_path(&self) -> &Path {
        &self.ring
    }

    /// The vault's folder, two above the ring.
    pub(crate) fn data_dir(&self) -> Option<&Path> {
        self.ring.parent()?.parent()
    }

    /// The keys of this moment.
    pub(crate) fn keys(&self) -> Result<Arc<Keys>, Sealed> {
        self.here().keys.clone().ok_or(Sealed)
    }

    /// Since when it is as it is, open or sealed.
    pub(crate) fn since(&self) -> Timestamp {
        self.here().since
    }

    /// How often it was sealed, for [`Safe::unseal`].
    pub(crate) fn sealings(&self) -> u64 {
        self.here().sealings
    }

    /// Takes these keys, with what the ring has now: it may have changed since they were read. Not when the vault was
    /// sealed since `sealings` was asked for.
    pub(crate) fn unseal(&self, keys: &Keys, sealings: u64, now: Timestamp) -> Result<(), Changed> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = Ring::load(&self.ring)?.ok_or(RingError::Damaged)?;
        let keys = Keys::open(Arc::clone(&keys.master), ring)?;
        let mut here = self.here_to_change();
        if here.sealings != sealings {
            return Err(Sealed.into());
        }
        if here.keys.is_none() {
            here.since = now;
        }
        here.keys = Some(Arc::new(keys));
        Ok(())
    }

    /// Forgets every key, at once. What is under way still holds them for the moment it takes.
    pub(crate) fn seal(&self, now: Timestamp) {
        let mut here = self.here_to_change();
        if here.keys.take().is_some() {
            here.since = now;
        }
        here.sealings += 1;
    }

    fn here(&self) -> RwLockReadGuard<'_, Here> {
        self.here.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn here_to_change(&self) -> RwLockWriteGuard<'_, Here> {
        self.here.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the ring: on disk first, then here. A change that finds the vault sealed again opens nothing.
    pub(crate) fn change(
        &self,
        how: impl FnOnce(&mut Ring, &Secret) -> Result<(), RingError>,
    ) -> Result<Arc<Keys>, Changed> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = self.keys()?;
        let mut ring = keys.ring.clone();
        how(&mut ring, &keys.master)?;
        ring.save(&self.ring)?;
        let changed = Arc::new(Keys::open(Arc::clone(&keys.master), ring)?);
        let mut here = self.here_to_change();
        if here.keys.is_none() {
            return Err(Sealed.into());
        }
        here.keys = Some(Arc::clone(&changed));
        Ok(changed)
    }

    /// Writes another ring in place of the one on disk, while the vault is sealed.
    pub(crate) fn replace(
        &self,
        how: impl FnOnce(&Ring) -> Result<Ring, RingError>,
    ) -> Result<Ring, RingError> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = how(&Ring::load(&self.ring)?.ok_or(RingError::Damaged)?)?;
        ring.save(&self.ring)?;
        Ok(ring)
    }

    /// The keys with an intake key for `today`, and none older than `yesterday`.
    pub(crate) fn keys_of_day(&self, today: &str, yesterday: &str) -> Result<Arc<Keys>, Changed> {
        let keys = self.keys()?;
        let newest = keys
            .ring
            .intake
            .last_key_value()
            .map(|(day, _)| day.as_str());
        if newest.is_some_and(|newest| newest >= today) {
            return Ok(keys);
        }
        self.change(|ring, master| {
            // Another request may have been faster.
            if !ring.intake.contains_key(today) {
                ring.add_intake(master, today)?;
            }
            ring.intake.retain(|day, _| day.as_str() >= yesterday);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn safe(folder: &Path) -> Safe {
        let master = Arc::new(Secret::random().unwrap());
        let ring = Ring::new(&master, "2026-11-26", None).unwrap();
        let safe = Safe::new(folder.join("ring.json"), Timestamp::micros(1));
        ring.save(safe.ring_path()).unwrap();
        let keys = Keys::open(master, ring).unwrap();
        safe.unseal(&keys, safe.sealings(), Timestamp::micros(2))
            .unwrap();
        safe
    }

    fn days(keys: &Keys) -> Vec<&str> {
        keys.intake.keys().map(String::as_str).collect()
    }

    #[test]
    fn intake_keys_of_two_days_are_kept_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let safe = safe(folder.path());
        let first = safe.keys_of_day("2026-11-26", "2026-11-25").unwrap();
        let second = safe.keys_of_day("2026-11-27", "2026-11-26").unwrap();
        assert_eq!(days(&second), ["2026-11-26", "2026-11-27"]);
        assert_ne!(
            first.intake().unwrap().public(),
            second.intake().unwrap().public()
        );
        let later = safe.keys_of_day("2026-11-30", "2026-11-29").unwrap();
        assert_eq!(days(&later), ["2026-11-30"]);
        let on_disk = Ring::load(safe.ring_path()).unwrap().unwrap();
        assert_eq!(on_disk.intake.len(), 1);
    }

    #[test]
    fn keys_wrapped_by_another_master_are_the_same_keys_and_the_old_master_opens_none() {
        let (old, new) = (Secret::random().unwrap(), Secret::random().unwrap());
        let mut ring = Ring::new(&old, "2026-11-26", None).unwrap();
        ring.begin_epoch(&old).unwrap();
        let ceremony = crate::ceremony::Ceremony {
            id: "0a1b".into(),
            held_at: String::new(),
            quorum: 3,
            custodians: Vec::new(),
        };
        let anew = ring.wrapped_by(&old, &new, ceremony).unwrap();
        assert!(
            ring.wrapped_by(&new, &old, anew.ceremony.clone().unwrap())
                .is_err()
        );
        let (old, new) = (Arc::new(old), Arc::new(new));
        let before = Keys::open(Arc::clone(&old), ring).unwrap();
        let after = Keys::open(new, anew.clone()).unwrap();
        for epoch in [1, 2] {
            let [one, other] = [&before, &after].map(|keys| keys.epoch_key(epoch).unwrap().bytes());
            assert_eq!(one, other);
        }
        assert_eq!(before.fingerprint().bytes(), after.fingerprint().bytes());
        let intake = |keys: &Keys| keys.intake().unwrap().public().clone();
        assert_eq!(intake(&before), intake(&after));
        assert!(matches!(Keys::open(old, anew), Err(RingError::OtherMaster)));
    }

    #[test]
    fn a_sealed_safe_gives_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let safe = safe(folder.path());
        assert_eq!(safe.since(), Timestamp::micros(2));
        let before = std::fs::read(safe.ring_path()).unwrap();
        safe.seal(Timestamp::micros(3));
        safe.seal(Timestamp::micros(4));
        assert_eq!(safe.since(), Timestamp::micros(3), "since the first seal");
        assert_eq!(safe.keys().err(), Some(Sealed));
        let change = safe.change(|ring, master| ring.begin_epoch(master).map(drop));
        assert!(matches!(change, Err(Changed::Sealed(Sealed))));
        assert_eq!(std::fs::read(safe.ring_path()).unwrap(), before);
    }

    #[test]
    fn a_sealing_is_not_undone_by_keys_that_were_read_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let safe = safe(folder.path());
        let (keys, sealings) = (safe.keys().unwrap(), safe.sealings());
        safe.seal(Timestamp::micros(3));
        let late = safe.unseal(&keys, sealings, Timestamp::micros(4));
        assert!(matches!(late, Err(Changed::Sealed(Sealed))));
        assert_eq!(safe.keys().err(), Some(Sealed));
        safe.unseal(&keys, safe.sealings(), Timestamp::micros(5))
            .unwrap();
        assert_eq!(safe.since(), Timestamp::micros(5));
    }

    #[test]
    fn keys_that_were_read_before_the_ring_changed_lose_nothing_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let safe = safe(folder.path());
        let older = safe.keys().unwrap();
        safe.keys_of_day("2026-11-27", "2026-11-26").unwrap();
        safe.unseal(&older, safe.sealings(), Timestamp::micros(3))
            .unwrap();
        assert_eq!(days(&safe.keys().unwrap()), ["2026-11-26", "2026-11-27"]);
    }

    #[test]
    fn an_epoch_begins_beside_the_old_one_and_ends_alone() {
        let folder = tempfile::tempdir().unwrap();
        let safe = safe(folder.path());
        let begin = || safe.change(|ring, master| ring.begin_epoch(master).map(drop));
        let both = begin().unwrap();
        assert_eq!((both.epoch(), both.old_epochs()), (2, vec![1]));
        assert!(both.epoch_key(1).is_ok() && both.epoch_key(2).is_ok());
        // Also when it is asked for twice: the first one's end destroys no key of a third.
        let still = begin().unwrap();
        assert_eq!((still.epoch(), still.old_epochs()), (2, vec![1]));
        let one = safe
            .change(|ring, _| {
                ring.destroy_epochs(&[1]);
                Ok(())
            })
            .unwrap();
        assert!(one.old_epochs().is_empty() && one.epoch_key(1).is_err());
        let text = std::fs::read_to_string(safe.ring_path()).unwrap();
        let on_disk: Ring = serde_json::from_str(&text).unwrap();
        assert_eq!(on_disk.epochs.keys().collect::<Vec<_>>(), [&2]);
    }

    #[test]
    fn only_epochs_that_were_counted_lose_their_key() {
        let master = Secret::random().unwrap();
        let mut ring = Ring::new(&master, "2026-11-26", None).unwrap();
        ring.begin_epoch(&master).unwrap();
        // A card came in under epoch 2 after the cards of epoch 1 were counted.
        let second = ring.epochs.clone();
        ring.destroy_epochs(&[1]);
        ring.begin_epoch(&master).unwrap();
        ring.destroy_epochs(&[1, 3]);
        assert_eq!(ring.epochs.keys().collect::<Vec<_>>(), [&2, &3]);
        assert_eq!(ring.epochs.get(&2), second.get(&2));
    }
}
