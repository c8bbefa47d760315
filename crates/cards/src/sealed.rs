//! The sealed card: what the browser makes of the form so that nobody between it and the vault can read it.
//!
//! HPKE (RFC 9180) in base mode with X25519, HKDF-SHA-256 and AES-256-GCM. A sealed card is the text
//! `SUITE.KEYID.ENC.CIPHERTEXT`: the suite's number, the intake key's id, and two base64url parts. `info` is the
//! suite and key id; the associated data is shop, order, amount, currency and the ticket's nonce, so that a sealed
//! card is worthless for another order or amount. The suite is numbered so that a hybrid one can follow.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use sha2::{Digest as _, Sha256};
use trade::payment::CheckInTicket;
use zeroize::Zeroizing;

use crate::entry::Entry;

/// DHKEM(X25519, HKDF-SHA256) · HKDF-SHA256 · AES-256-GCM: the first suite of this house.
pub const SUITE: &str = "1";
/// The only currency of the house (ISO 4217).
pub const CURRENCY: &str = "EUR";
/// The longest sealed card that is looked at. The four fields are far below.
pub const MAX_SEALED_BYTES: usize = 4096;

type PrivateKey = <X25519HkdfSha256 as hpke::Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as hpke::Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as hpke::Kem>::EncappedKey;

/// Why a sealed card is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// Not of the form of a sealed card, or too long.
    #[error("this is not a sealed card")]
    Malformed,
    /// Of a suite this version does not know.
    #[error("the card is sealed in an unknown suite")]
    UnknownSuite,
    /// Sealed to a key that is not the present one: a page that stayed open for long.
    #[error("the card is sealed to another key")]
    UnknownKey,
    /// Altered, or sealed for another order, amount or ticket.
    #[error("the sealed card does not belong to this payment")]
    NotForThis,
    /// A key that is not 32 bytes of X25519.
    #[error("this is not an intake key")]
    BadKey,
}

/// The vault's key pair for arriving cards. The private half wipes itself.
pub struct IntakeKey {
    private: PrivateKey,
    public: IntakePublicKey,
}

impl std::fmt::Debug for IntakeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IntakeKey({})", self.public.id)
    }
}

/// The half that a page gives to the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakePublicKey {
    /// Twelve hexadecimal digits of the key's SHA-256.
    pub id: String,
    /// 32 bytes.
    pub bytes: Vec<u8>,
}

impl IntakeKey {
    /// A key pair from 32 random bytes (RFC 9180 `DeriveKeyPair`); the same bytes give the same pair, so these are
    /// what is kept.
    ///
    /// # Errors
    /// [`SealedError::BadKey`] for another length.
    pub fn from_seed(seed: &[u8]) -> Result<IntakeKey, SealedError> {
        if seed.len() != 32 {
            return Err(SealedError::BadKey);
        }
        let (private, public) = X25519HkdfSha256::derive_keypair(seed);
        Ok(IntakeKey {
            private,
            public: IntakePublicKey::of(public.to_bytes().to_vec()),
        })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &IntakePublicKey {
        &self.public
    }

    /// Opens a sealed card for the ticket's order and amount.
    ///
    /// # Errors
    /// Every variant of [`SealedError`] but `BadKey`.
    pub fn open(&self, sealed: &str, ticket: &CheckInTicket) -> Result<Entry, SealedError> {
        if sealed.len() > MAX_SEALED_BYTES {
            return Err(SealedError::Malformed);
        }
        let parts: Vec<&str> = sealed.split('.').collect();
        let &[suite, key_id, encapsulated, ciphertext] = parts.as_slice() else {
            return Err(SealedError::Malformed);
        };
        if suite != SUITE {
            return Err(SealedError::UnknownSuite);
        }
        if key_id != self.public.id {
            return Err(SealedError::UnknownKey);
        }
        let decode = |part: &str| {
            URL_SAFE_NO_PAD
                .decode(part)
                .map_err(|_| SealedError::Malformed)
        };
        let encapsulated =
            Encapsulated::from_bytes(&decode(encapsulated)?).map_err(|_| SealedError::Malformed)?;
        let plain = hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &encapsulated,
            info(key_id).as_bytes(),
            &decode(ciphertext)?,
            associated_data(ticket).as_bytes(),
        )
        .map_err(|_| SealedError::NotForThis)?;
        let plain = Zeroizing::new(plain);
        serde_json::from_slice(&plain).map_err(|_| SealedError::Malformed)
    }
}

impl IntakePublicKey {
    fn of(bytes: Vec<u8>) -> IntakePublicKey {
        let id = Sha256::digest(&bytes)
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        IntakePublicKey { id, bytes }
    }

    /// Seals the JSON of a form, as the browser does. Used by tests and by machines that play the browser.
    ///
    /// # Errors
    /// [`SealedError::BadKey`].
    pub fn seal(&self, form_json: &[u8], ticket: &CheckInTicket) -> Result<String, SealedError> {
        let key = PublicKey::from_bytes(&self.bytes).map_err(|_| SealedError::BadKey)?;
        let (encapsulated, ciphertext) =
            hpke::single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
                &OpModeS::Base,
                &key,
                info(&self.id).as_bytes(),
                form_json,
                associated_data(ticket).as_bytes(),
            )
            .map_err(|_| SealedError::BadKey)?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Ok(format!(
            "{SUITE}.{}.{}.{}",
            self.id,
            encode(&encapsulated.to_bytes()),
            encode(&ciphertext)
        ))
    }
}

/// HPKE's `info`: what the key is for.
#[must_use]
pub fn info(key_id: &str) -> String {
    format!("bouquin card intake {SUITE} {key_id}")
}

/// HPKE's associated data: what this card pays. The shop's name comes last but one and may hold anything but a line
/// feed, which no field of a verified ticket holds and which would only make the seal useless.
#[must_use]
pub fn associated_data(ticket: &CheckInTicket) -> String {
    format!(
        "{}\n{}\n{}\n{CURRENCY}\n{}",
        ticket.shop,
        ticket.order,
        ticket.amount.as_cents(),
        ticket.nonce
    )
}
