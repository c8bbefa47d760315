//! The sealed card: what the browser makes of the form so that nobody between it and the vault can read it.
//!
//! HPKE (RFC 9180) in base mode with X25519, HKDF-SHA-256 and AES-256-GCM. A sealed card is the text
//! `SUITE.KEYID.ENC.CIPHERTEXT`: the suite's number, the intake key's id, and two base64url parts. `info` is the
//! suite and key id, which names the key's day; the associated data is shop, order, amount, currency and the ticket's nonce, so that a sealed
//! card is worthless for another order or amount. The suite is numbered so that a hybrid one can follow.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use trade::payment::CheckInTicket;

use crate::entry::Entry;
pub use crate::suite::SUITE;
use crate::suite::{self, KeyPair, Unopened};

/// The only currency of the house (ISO 4217).
pub const CURRENCY: &str = "EUR";
/// The longest sealed card that is looked at. The four fields are far below.
pub const MAX_SEALED_BYTES: usize = 4096;

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
    pair: KeyPair,
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
    /// The key's day and twelve hexadecimal digits of its SHA-256: `20261126-0123456789ab`.
    pub id: String,
    /// 32 bytes.
    pub bytes: Vec<u8>,
}

impl IntakeKey {
    /// The key pair of a day from 32 random bytes (RFC 9180 `DeriveKeyPair`); the same bytes give the same pair, so
    /// these are what is kept. The day (`2026-11-26`) is part of the key's id, hence of `info`: what was sealed on one
    /// day opens with no key of another.
    ///
    /// # Errors
    /// [`SealedError::BadKey`] for another length.
    pub fn from_seed(seed: &[u8], day: &str) -> Result<IntakeKey, SealedError> {
        let pair = KeyPair::from_seed(seed).map_err(|Unopened| SealedError::BadKey)?;
        let day: String = day.chars().filter(char::is_ascii_digit).collect();
        let bytes = pair.public().to_vec();
        let id = format!("{day}-{}", suite::fingerprint(&bytes, 6));
        Ok(IntakeKey {
            pair,
            public: IntakePublicKey { id, bytes },
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
        let plain = self
            .pair
            .open(
                &decode(encapsulated)?,
                &decode(ciphertext)?,
                &info(key_id),
                &associated_data(ticket),
            )
            .map_err(|Unopened| SealedError::NotForThis)?;
        serde_json::from_slice(&plain).map_err(|_| SealedError::Malformed)
    }
}

impl IntakePublicKey {
    /// Seals the JSON of a form, as the browser does. Used by tests and by machines that play the browser.
    ///
    /// # Errors
    /// [`SealedError::BadKey`].
    pub fn seal(&self, form_json: &[u8], ticket: &CheckInTicket) -> Result<String, SealedError> {
        let (encapsulated, ciphertext) = suite::seal(
            &self.bytes,
            form_json,
            &info(&self.id),
            &associated_data(ticket),
        )
        .map_err(|Unopened| SealedError::BadKey)?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Ok(format!(
            "{SUITE}.{}.{}.{}",
            self.id,
            encode(&encapsulated),
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

    const DAY: &str = "2026-11-26";
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
        let key = IntakeKey::from_seed(&[7; 32], DAY).unwrap();
        let sealed = key.public().seal(FORM, &ticket()).unwrap();
        assert_eq!(
            key.open(&sealed, &ticket()).unwrap().number,
            "4111111111111111"
        );
        assert_eq!(
            IntakeKey::from_seed(&[7; 32], DAY).unwrap().public(),
            key.public()
        );
        let other = IntakeKey::from_seed(&[8; 32], DAY).unwrap();
        assert_eq!(
            other.open(&sealed, &ticket()).unwrap_err(),
            SealedError::UnknownKey
        );
        assert_eq!(
            IntakeKey::from_seed(&[7; 31], DAY).unwrap_err(),
            SealedError::BadKey
        );
    }

    #[test]
    fn a_card_does_not_open_for_another_shop_order_amount_or_ticket() {
        let key = IntakeKey::from_seed(&[7; 32], DAY).unwrap();
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
        let key = IntakeKey::from_seed(&[7; 32], DAY).unwrap();
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
