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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use serde_json::Value;

    use super::*;

    /// RFC 9180, Appendix A, for this suite; the file says where it is from.
    const VECTOR: &str = include_str!("../tests/data/rfc9180.json");

    fn bytes(vector: &Value, name: &str) -> Vec<u8> {
        let text = vector[name].as_str().unwrap();
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn keys_and_ciphertext_are_those_of_the_rfc() {
        let vector: Value = serde_json::from_str(VECTOR).unwrap();
        let ids = ["mode", "kem_id", "kdf_id", "aead_id"].map(|id| vector[id].as_u64().unwrap());
        assert_eq!(ids, [0, 0x20, 1, 2], "the vector is of another suite");
        let of = |name: &str| bytes(&vector, name);
        let pair = KeyPair::from_seed(&of("ikmR")).unwrap();
        assert_eq!(pair.public(), of("pkRm"));
        // In base mode what is sent along is the ephemeral public key.
        let ephemeral = KeyPair::from_seed(&of("ikmE")).unwrap();
        assert_eq!(ephemeral.public(), of("enc"));

        let (info, aad) = (
            String::from_utf8(of("info")).unwrap(),
            String::from_utf8(of("aad")).unwrap(),
        );
        let (enc, ct) = (of("enc"), of("ct"));
        let opened = pair.open(&enc, &ct, &info, &aad).unwrap();
        assert_eq!(opened.as_slice(), of("pt"));
        assert!(pair.open(&enc, &ct, &info, "Count-1").is_err());
        assert!(pair.open(&enc, &ct, "Ode to a Nightingale", &aad).is_err());
        assert!(ephemeral.open(&enc, &ct, &info, &aad).is_err());
        for at in 0..ct.len() {
            let mut altered = ct.clone();
            altered[at] ^= 1;
            assert!(pair.open(&enc, &altered, &info, &aad).is_err());
        }
    }
}
