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

/// HPKE's associated data: what this card pays, one field per line. No field of a ticket that was made for this shop
/// holds a line feed.
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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use trade::clock::Timestamp;
    use trade::ids::{OrderNumber, PaymentId};
    use trade::locale::Locale;
    use trade::money::Money;

    use super::*;

    const FORM: &[u8] = br#"{"name":"","number":"4111111111111111","exp":"04/29","csc":"123"}"#;

    fn ticket() -> CheckInTicket {
        CheckInTicket {
            shop: "shop".into(),
            order: OrderNumber::from_bits(42),
            payment: PaymentId::new(),
            amount: Money::cents(2390),
            nonce: "abc".into(),
            expires: Timestamp::micros(0),
            return_url: String::new(),
            locale: Locale::Fr,
        }
    }

    #[test]
    fn a_card_opens_with_its_key_for_its_ticket() {
        let key = IntakeKey::from_seed(&[7; 32]).unwrap();
        let sealed = key.public().seal(FORM, &ticket()).unwrap();
        assert_eq!(
            key.open(&sealed, &ticket()).unwrap().number,
            "4111111111111111"
        );
        assert_eq!(
            IntakeKey::from_seed(&[7; 32]).unwrap().public(),
            key.public()
        );
        let other = IntakeKey::from_seed(&[8; 32]).unwrap();
        assert_eq!(
            other.open(&sealed, &ticket()).unwrap_err(),
            SealedError::UnknownKey
        );
        assert_eq!(
            IntakeKey::from_seed(&[7; 31]).unwrap_err(),
            SealedError::BadKey
        );
    }

    #[test]
    fn a_card_does_not_open_for_another_shop_order_amount_or_ticket() {
        let key = IntakeKey::from_seed(&[7; 32]).unwrap();
        let sealed = key.public().seal(FORM, &ticket()).unwrap();
        for other in [
            CheckInTicket {
                shop: "shop2".into(),
                ..ticket()
            },
            CheckInTicket {
                order: OrderNumber::from_bits(43),
                ..ticket()
            },
            CheckInTicket {
                amount: Money::cents(2391),
                ..ticket()
            },
            CheckInTicket {
                nonce: "abd".into(),
                ..ticket()
            },
        ] {
            assert_eq!(
                key.open(&sealed, &other).unwrap_err(),
                SealedError::NotForThis
            );
        }
    }

    #[test]
    fn the_suite_is_named_and_nonsense_is_refused() {
        let key = IntakeKey::from_seed(&[7; 32]).unwrap();
        let sealed = key.public().seal(FORM, &ticket()).unwrap();
        let later = sealed.replacen("1.", "2.", 1);
        assert_eq!(
            key.open(&later, &ticket()).unwrap_err(),
            SealedError::UnknownSuite
        );
        let long = "1.".repeat(MAX_SEALED_BYTES);
        for nonsense in ["", "1", "....", "1.a.b", &long] {
            assert!(key.open(nonsense, &ticket()).is_err());
        }
        let no_form = key.public().seal(b"[]x", &ticket()).unwrap();
        assert_eq!(
            key.open(&no_form, &ticket()).unwrap_err(),
            SealedError::Malformed
        );
    }
}
