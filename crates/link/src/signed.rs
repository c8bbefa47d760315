//! Signed tickets: short JSON messages that travel through the reader's browser between two houses that trust each
//! other's Ed25519 keys.
//!
//! A ticket is `base64url(json) "." base64url(signature)`, safe in a URL. The signature also covers the ticket's
//! purpose, so that a grant can never be shown as a receipt. Time and single use are the caller's business: a
//! signature says who spoke, not whether it is still true.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use trade::payment::{CheckInReceipt, CheckInTicket, Grant};

use crate::keyfile;

/// The longest ticket that is looked at, in bytes: a URL of this length still passes every browser and proxy.
pub const MAX_TICKET_BYTES: usize = 4096;

/// A message that may be signed. The purpose is part of what is signed and must be unique in the house.
pub trait Ticket: Serialize + DeserializeOwned {
    /// The name of this kind of message and its version, such as `grant.v1`.
    const PURPOSE: &'static str;
}

impl Ticket for CheckInTicket {
    const PURPOSE: &'static str = "check-in-ticket.v1";
}

impl Ticket for CheckInReceipt {
    const PURPOSE: &'static str = "check-in-receipt.v1";
}

impl Ticket for Grant {
    const PURPOSE: &'static str = "grant.v1";
}

/// Why a ticket is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// Not of the form of a ticket, or too long.
    #[error("this is not a ticket")]
    Malformed,
    /// The signature does not match: altered, signed by somebody else, or meant for another purpose.
    #[error("the ticket's signature does not match")]
    Forged,
    /// Signed by the right key, but with other fields than this version knows.
    #[error("the ticket is of another version")]
    Unreadable,
    /// A message that cannot be written as JSON, or is too long for a URL.
    #[error("the message cannot be signed")]
    Unsignable,
}

/// Why a key file is not usable.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The file does not hold an Ed25519 key in PEM.
    #[error("{path} does not hold an Ed25519 key in PEM", path = .0.display())]
    Malformed(PathBuf),
}

/// The private half: signs. Forgotten from memory on drop (by ed25519-dalek).
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(****)")
    }
}

impl SigningKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn generate() -> io::Result<SigningKey> {
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        Ok(SigningKey(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Reads `DIR/NAME.sign.key` (PKCS #8 PEM, mode 0600), as written by [`crate::ca::make_demo`].
    ///
    /// # Errors
    /// The file is missing, open to others, or not a key.
    pub fn load(dir: &Path, name: &str) -> Result<SigningKey, KeyError> {
        let path = dir.join(format!("{name}.sign.key"));
        let bytes = keyfile::read_secret(&path).map_err(|source| KeyError::File {
            path: path.clone(),
            source,
        })?;
        let pem = String::from_utf8(bytes).map_err(|_| KeyError::Malformed(path.clone()))?;
        ed25519_dalek::SigningKey::from_pkcs8_pem(&pem)
            .map(SigningKey)
            .map_err(|_| KeyError::Malformed(path))
    }

    /// Writes the pair as `DIR/NAME.sign.key` (0600) and `DIR/NAME.sign.pub`.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn save(&self, dir: &Path, name: &str) -> Result<(), KeyError> {
        let key_path = dir.join(format!("{name}.sign.key"));
        let public_path = dir.join(format!("{name}.sign.pub"));
        let key = self
            .0
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| KeyError::Malformed(key_path.clone()))?;
        let public = self
            .0
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .map_err(|_| KeyError::Malformed(public_path.clone()))?;
        keyfile::write_secret(&key_path, key.as_bytes()).map_err(|source| KeyError::File {
            path: key_path,
            source,
        })?;
        keyfile::write_public(&public_path, public.as_bytes()).map_err(|source| KeyError::File {
            path: public_path,
            source,
        })
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    pub(crate) fn raw(&self) -> &ed25519_dalek::SigningKey {
        &self.0
    }
}

/// The public half: believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    pub(crate) fn raw(&self) -> &ed25519_dalek::VerifyingKey {
        &self.0
    }

    /// Reads `DIR/NAME.sign.pub` (SubjectPublicKeyInfo PEM).
    ///
    /// # Errors
    /// The file is missing or not a key.
    pub fn load(dir: &Path, name: &str) -> Result<VerifyingKey, KeyError> {
        let path = dir.join(format!("{name}.sign.pub"));
        let pem = std::fs::read_to_string(&path).map_err(|source| KeyError::File {
            path: path.clone(),
            source,
        })?;
        ed25519_dalek::VerifyingKey::from_public_key_pem(&pem)
            .map(VerifyingKey)
            .map_err(|_| KeyError::Malformed(path))
    }
}

/// Signs a message.
///
/// # Errors
/// [`SignedError::Unsignable`] when the message does not fit.
pub fn sign<T: Ticket>(key: &SigningKey, message: &T) -> Result<String, SignedError> {
    let body = serde_json::to_vec(message).map_err(|_| SignedError::Unsignable)?;
    let signature = key.0.sign(&signed_bytes::<T>(&body));
    let ticket = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(&body),
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    );
    if ticket.len() > MAX_TICKET_BYTES {
        Err(SignedError::Unsignable)
    } else {
        Ok(ticket)
    }
}

/// Reads a message if the key's owner signed it for this purpose. The caller still checks time and single use.
///
/// # Errors
/// Every variant of [`SignedError`] but `Unsignable`.
pub fn verify<T: Ticket>(key: &VerifyingKey, ticket: &str) -> Result<T, SignedError> {
    if ticket.len() > MAX_TICKET_BYTES {
        return Err(SignedError::Malformed);
    }
    let (body, signature) = ticket.split_once('.').ok_or(SignedError::Malformed)?;
    let body = URL_SAFE_NO_PAD
        .decode(body)
        .map_err(|_| SignedError::Malformed)?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| SignedError::Malformed)?;
    let signature =
        ed25519_dalek::Signature::from_slice(&signature).map_err(|_| SignedError::Malformed)?;
    key.0
        .verify_strict(&signed_bytes::<T>(&body), &signature)
        .map_err(|_| SignedError::Forged)?;
    serde_json::from_slice(&body).map_err(|_| SignedError::Unreadable)
}

/// A random value for the `nonce` of a ticket: 128 bits as 22 URL-safe characters.
///
/// # Errors
/// The operating system has no randomness to give.
pub fn nonce() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The zero byte cannot occur in a purpose, so no two pairs of purpose and body give the same bytes.
fn signed_bytes<T: Ticket>(body: &[u8]) -> Vec<u8> {
    [
        b"bouquin ticket\0".as_slice(),
        T::PURPOSE.as_bytes(),
        b"\0",
        body,
    ]
    .concat()
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
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Order {
        number: String,
        cents: i64,
    }
    impl Ticket for Order {
        const PURPOSE: &'static str = "test-order.v1";
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Lookalike {
        number: String,
        cents: i64,
    }
    impl Ticket for Lookalike {
        const PURPOSE: &'static str = "test-lookalike.v1";
    }

    fn order() -> Order {
        Order {
            number: "BQ-0001".into(),
            cents: 2390,
        }
    }

    #[test]
    fn a_ticket_is_believed_from_its_signer_only() {
        let key = SigningKey::generate().unwrap();
        let ticket = sign(&key, &order()).unwrap();
        assert_eq!(verify::<Order>(&key.verifying_key(), &ticket), Ok(order()));
        let other = SigningKey::generate().unwrap();
        assert_eq!(
            verify::<Order>(&other.verifying_key(), &ticket),
            Err(SignedError::Forged)
        );
    }

    #[test]
    fn a_tampered_ticket_is_refused() {
        let key = SigningKey::generate().unwrap();
        let ticket = sign(&key, &order()).unwrap();
        let (_, signature) = ticket.split_once('.').unwrap();
        let cheaper = serde_json::to_vec(&Order {
            cents: 1,
            ..order()
        })
        .unwrap();
        let forged = format!("{}.{signature}", URL_SAFE_NO_PAD.encode(cheaper));
        assert_eq!(
            verify::<Order>(&key.verifying_key(), &forged),
            Err(SignedError::Forged)
        );
        for broken in [
            "",
            ".",
            "a.b",
            "no ticket",
            &ticket[..ticket.len() - 1],
            &"x".repeat(MAX_TICKET_BYTES + 1),
        ] {
            assert!(
                verify::<Order>(&key.verifying_key(), broken).is_err(),
                "{broken}"
            );
        }
    }

    #[test]
    fn a_ticket_for_one_purpose_is_no_ticket_for_another() {
        let key = SigningKey::generate().unwrap();
        let ticket = sign(&key, &order()).unwrap();
        assert_eq!(
            verify::<Lookalike>(&key.verifying_key(), &ticket),
            Err(SignedError::Forged)
        );
    }

    #[test]
    fn keys_survive_their_files() {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::generate().unwrap();
        key.save(dir.path(), "shop").unwrap();
        let ticket = sign(&SigningKey::load(dir.path(), "shop").unwrap(), &order()).unwrap();
        assert!(verify::<Order>(&VerifyingKey::load(dir.path(), "shop").unwrap(), &ticket).is_ok());
        assert!(matches!(
            VerifyingKey::load(dir.path(), "vault"),
            Err(KeyError::File { .. })
        ));
    }
}
