//! Shares of the vault's master key on their way: sealed to a custodian at the ceremony, and by the custodian to the
//! vault that waits for them.
//!
//! The suite is that of the [sealed card](crate::sealed). `info` names the way, the ceremony, the share and its
//! custodian, so that a share is worth nothing under another name or on the other way.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::suite::{self, KEY_BYTES, KeyPair, SUITE, Unopened};

/// Why a share is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustodyError {
    /// Not a key of this suite.
    #[error("this is not a key: 43 letters, digits, - and _ are wanted")]
    BadKey,
    /// Altered, sealed to another key, or under another name.
    #[error("the sealed share does not open with this key")]
    Unopened,
}

/// Where a sealed share goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// From the ceremony to its custodian.
    ToCustodian,
    /// From the custodian to the vault that is being unsealed.
    ToVault,
    /// From the custodian to the vault whose key is to be shared anew, among others.
    ToReshare,
}

/// Which share it is. No field holds a line feed: the ceremony checks names, and ids are hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareLabel {
    /// The ceremony that made it.
    pub ceremony: String,
    /// Its number, from 1.
    pub index: u8,
    /// The custodian's name.
    pub custodian: String,
}

impl ShareLabel {
    fn info(&self, way: Way) -> String {
        let way = match way {
            Way::ToCustodian => "to custodian",
            Way::ToVault => "to vault",
            Way::ToReshare => "to be shared anew",
        };
        format!(
            "bouquin master key share {way} {SUITE}\n{}\n{}\n{}",
            self.ceremony, self.index, self.custodian
        )
    }
}

/// A share that only one key opens. What is written to files and sent to the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedShare {
    /// Which share.
    pub label: ShareLabel,
    /// Where it goes.
    pub way: Way,
    /// `SUITE.ENC.CIPHERTEXT`.
    pub sealed: String,
}

impl SealedShare {
    /// Seals a share.
    ///
    /// # Errors
    /// [`CustodyError::BadKey`].
    pub fn seal(
        to: &CustodyPublicKey,
        label: ShareLabel,
        way: Way,
        share: &[u8],
    ) -> Result<SealedShare, CustodyError> {
        let (encapsulated, ciphertext) = suite::seal(&to.0, share, &label.info(way), "")
            .map_err(|Unopened| CustodyError::BadKey)?;
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Ok(SealedShare {
            label,
            way,
            sealed: format!("{SUITE}.{}.{}", encode(&encapsulated), encode(&ciphertext)),
        })
    }
}

/// The key pair of a custodian, or of a vault that waits for shares. Wipes itself.
pub struct CustodyKey {
    pair: KeyPair,
    public: CustodyPublicKey,
}

impl fmt::Debug for CustodyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustodyKey({})", self.public)
    }
}

impl CustodyKey {
    /// From 32 random bytes, which are what is kept.
    ///
    /// # Errors
    /// [`CustodyError::BadKey`] for another length.
    pub fn from_seed(seed: &[u8]) -> Result<CustodyKey, CustodyError> {
        let pair = KeyPair::from_seed(seed).map_err(|Unopened| CustodyError::BadKey)?;
        let public = CustodyPublicKey::of(pair.public()).ok_or(CustodyError::BadKey)?;
        Ok(CustodyKey { pair, public })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &CustodyPublicKey {
        &self.public
    }

    /// Opens a share that was sealed to this key for this way.
    ///
    /// # Errors
    /// [`CustodyError::Unopened`].
    pub fn open(&self, share: &SealedShare, way: Way) -> Result<Zeroizing<Vec<u8>>, CustodyError> {
        let parts: Vec<&str> = share.sealed.split('.').collect();
        let &[SUITE, encapsulated, ciphertext] = parts.as_slice() else {
            return Err(CustodyError::Unopened);
        };
        let decode = |part| {
            URL_SAFE_NO_PAD
                .decode(part)
                .map_err(|_| CustodyError::Unopened)
        };
        self.pair
            .open(
                &decode(encapsulated)?,
                &decode(ciphertext)?,
                &share.label.info(way),
                "",
            )
            .map_err(|Unopened| CustodyError::Unopened)
    }
}

/// The half that others seal to: 32 bytes of X25519, written as 43 letters of base64url.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustodyPublicKey([u8; KEY_BYTES]);

impl CustodyPublicKey {
    fn of(bytes: &[u8]) -> Option<CustodyPublicKey> {
        bytes.try_into().ok().map(CustodyPublicKey)
    }

    /// What people compare aloud: the first 8 bytes of the key's SHA-256, in groups of four hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digits = suite::fingerprint(&self.0, 8);
        let digits: Vec<char> = digits.chars().collect();
        let groups: Vec<String> = digits
            .chunks(4)
            .map(|group| group.iter().collect())
            .collect();
        groups.join(" ")
    }
}

impl fmt::Display for CustodyPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for CustodyPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustodyPublicKey({self})")
    }
}

impl FromStr for CustodyPublicKey {
    type Err = CustodyError;

    fn from_str(text: &str) -> Result<CustodyPublicKey, CustodyError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim())
            .map_err(|_| CustodyError::BadKey)?;
        CustodyPublicKey::of(&bytes).ok_or(CustodyError::BadKey)
    }
}

impl TryFrom<String> for CustodyPublicKey {
    type Error = CustodyError;

    fn try_from(text: String) -> Result<CustodyPublicKey, CustodyError> {
        text.parse()
    }
}

impl From<CustodyPublicKey> for String {
    fn from(key: CustodyPublicKey) -> String {
        key.to_string()
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

    fn label() -> ShareLabel {
        ShareLabel {
            ceremony: "0a1b".into(),
            index: 2,
            custodian: "Aline".into(),
        }
    }

    #[test]
    fn a_share_opens_for_its_custodian_name_number_ceremony_and_way_only() {
        let (aline, bruno) = (
            CustodyKey::from_seed(&[1; 32]).unwrap(),
            CustodyKey::from_seed(&[2; 32]).unwrap(),
        );
        let sealed =
            SealedShare::seal(aline.public(), label(), Way::ToCustodian, b"share").unwrap();
        assert_eq!(
            aline.open(&sealed, Way::ToCustodian).unwrap().as_slice(),
            b"share"
        );
        assert!(bruno.open(&sealed, Way::ToCustodian).is_err());
        assert!(aline.open(&sealed, Way::ToVault).is_err());
        assert!(aline.open(&sealed, Way::ToReshare).is_err());
        for other in [
            ShareLabel {
                ceremony: "0a1c".into(),
                ..label()
            },
            ShareLabel {
                index: 3,
                ..label()
            },
            ShareLabel {
                custodian: "Bruno".into(),
                ..label()
            },
        ] {
            let renamed = SealedShare {
                label: other,
                ..sealed.clone()
            };
            assert!(aline.open(&renamed, Way::ToCustodian).is_err());
        }
        let later = SealedShare {
            sealed: sealed.sealed.replacen("1.", "2.", 1),
            ..sealed
        };
        assert!(aline.open(&later, Way::ToCustodian).is_err());
    }

    #[test]
    fn a_public_key_is_read_back_as_it_is_written() {
        let key = CustodyKey::from_seed(&[1; 32]).unwrap();
        let text = key.public().to_string();
        assert_eq!(text.len(), 43);
        assert_eq!(&text.parse::<CustodyPublicKey>().unwrap(), key.public());
        assert_eq!(key.public().fingerprint().len(), 19);
        for wrong in ["", "AAAA", &text[1..], &format!("{text}A")] {
            assert_eq!(
                wrong.parse::<CustodyPublicKey>(),
                Err(CustodyError::BadKey),
                "{wrong}"
            );
        }
    }
}
