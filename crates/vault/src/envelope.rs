//! One thing locked with one key: AES-256-GCM under a random nonce, with words that say where it belongs.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead as _, KeyInit as _, Nonce, Payload};
use zeroize::Zeroizing;

/// Bytes of a GCM nonce.
const NONCE: usize = 12;

/// 32 secret bytes, wiped when dropped. On the heap, so that moving the value copies no key.
pub(crate) struct Secret(Zeroizing<Box<[u8]>>);

/// Something could not be locked or opened. Says nothing more on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a locked record does not open")]
pub(crate) struct Unopened;

impl Secret {
    /// 32 bytes, neither more nor less.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Secret> {
        (bytes.len() == 32).then(|| Secret(Zeroizing::new(Box::from(bytes))))
    }

    /// From the operating system's randomness.
    pub(crate) fn random() -> std::io::Result<Secret> {
        let mut bytes = Zeroizing::new(vec![0_u8; 32].into_boxed_slice());
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        Ok(Secret(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Locks `plain`; it opens only with the same `place`.
    pub(crate) fn lock(&self, plain: &[u8], place: &str) -> Result<Vec<u8>, Unopened> {
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| Unopened)?;
        let payload = Payload {
            msg: plain,
            aad: place.as_bytes(),
        };
        let locked = self
            .cipher()?
            .encrypt(&Nonce::<Aes256Gcm>::from(nonce), payload)
            .map_err(|_| Unopened)?;
        Ok([nonce.as_slice(), &locked].concat())
    }

    /// Opens what [`Secret::lock`] locked for this `place`.
    pub(crate) fn open(&self, locked: &[u8], place: &str) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (nonce, locked) = locked.split_first_chunk::<NONCE>().ok_or(Unopened)?;
        let payload = Payload {
            msg: locked,
            aad: place.as_bytes(),
        };
        let plain = self
            .cipher()?
            .decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload)
            .map_err(|_| Unopened)?;
        Ok(Zeroizing::new(plain))
    }

    fn cipher(&self) -> Result<Aes256Gcm, Unopened> {
        Aes256Gcm::new_from_slice(&self.0).map_err(|_| Unopened)
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
    use super::*;

    #[test]
    fn what_is_locked_opens_in_its_place_only() {
        let (key, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        let locked = key.lock(b"plain", "card tok_a 1 1").unwrap();
        assert_eq!(
            key.open(&locked, "card tok_a 1 1").unwrap().as_slice(),
            b"plain"
        );
        assert_eq!(key.open(&locked, "card tok_b 1 1").unwrap_err(), Unopened);
        assert_eq!(other.open(&locked, "card tok_a 1 1").unwrap_err(), Unopened);
        assert_ne!(locked, key.lock(b"plain", "card tok_a 1 1").unwrap());
        for end in 0..locked.len() {
            assert!(key.open(&locked[..end], "card tok_a 1 1").is_err());
        }
    }
}
