//! The house's one HPKE suite (RFC 9180, base mode): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
//!
//! What is sealed with it, and for whom, is said by [`sealed`](crate::sealed) and [`custody`](crate::custody).

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The number of the suite in everything that is sealed with it, so that another can follow.
pub const SUITE: &str = "1";
/// Bytes of a public key and of a key's seed.
pub(crate) const KEY_BYTES: usize = 32;

type PrivateKey = <X25519HkdfSha256 as hpke::Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as hpke::Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as hpke::Kem>::EncappedKey;

/// It does not open, or the key is none. Says nothing more on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unopened;

/// A key pair. The private half wipes itself.
pub(crate) struct KeyPair {
    private: PrivateKey,
    public: Vec<u8>,
}

impl KeyPair {
    /// From 32 random bytes (RFC 9180 `DeriveKeyPair`); the same bytes give the same pair.
    pub(crate) fn from_seed(seed: &[u8]) -> Result<KeyPair, Unopened> {
        if seed.len() != KEY_BYTES {
            return Err(Unopened);
        }
        let (private, public) = X25519HkdfSha256::derive_keypair(seed);
        Ok(KeyPair {
            private,
            public: public.to_bytes().to_vec(),
        })
    }

    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Opens what was sealed to the public half, for the same `info` and associated data.
    pub(crate) fn open(
        &self,
        encapsulated: &[u8],
        ciphertext: &[u8],
        info: &str,
        aad: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let encapsulated = Encapsulated::from_bytes(encapsulated).map_err(|_| Unopened)?;
        hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &encapsulated,
            info.as_bytes(),
            ciphertext,
            aad.as_bytes(),
        )
        .map(Zeroizing::new)
        .map_err(|_| Unopened)
    }
}

/// Seals to a public key: the encapsulated key and the ciphertext.
pub(crate) fn seal(
    public: &[u8],
    plain: &[u8],
    info: &str,
    aad: &str,
) -> Result<(Vec<u8>, Vec<u8>), Unopened> {
    let key = PublicKey::from_bytes(public).map_err(|_| Unopened)?;
    let (encapsulated, ciphertext) = hpke::single_shot_seal::<
        AesGcm256,
        HkdfSha256,
        X25519HkdfSha256,
    >(
        &OpModeS::Base, &key, info.as_bytes(), plain, aad.as_bytes()
    )
    .map_err(|_| Unopened)?;
    Ok((encapsulated.to_bytes().to_vec(), ciphertext))
}

/// The first `bytes` of the key's SHA-256, in hexadecimal.
pub(crate) fn fingerprint(public: &[u8], bytes: usize) -> String {
    Sha256::digest(public)
        .iter()
        .take(bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
