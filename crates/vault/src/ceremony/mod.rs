//! The key ceremony: a master key is made in memory, cut into five shares of which any three make it again and two say
//! nothing, and each share is sealed to its custodian. Nothing here knows the key afterwards.
//!
//! What is kept is the record: who holds which share, and by what each share is recognised. It holds no secret.

mod gathering;
mod init;
mod reshare;
mod shamir;
mod transcript;

use cards::custody::{CustodyPublicKey, SealedShare, ShareLabel, Way};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use trade::clock::Timestamp;

use crate::envelope::Secret;
use crate::keys::{check_value, hex};
pub use gathering::ShareRefusal;
pub(crate) use gathering::{Gathering, Progress};
pub use init::{Held, held, init};
pub(crate) use reshare::{NotShared, reshare};

/// How many shares make the master key.
pub const QUORUM: u8 = 3;
/// How many custodians hold one.
pub const CUSTODIANS: u8 = 5;
/// A custodian's name fits a line of the transcript.
const MAX_NAME_CHARS: usize = 40;
/// A name goes into the log, so that nothing like a card number can be one.
const MAX_NAME_DIGITS: usize = 4;

/// Why a ceremony cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// Four custodians, or six.
    #[error("{CUSTODIANS} custodians are wanted, not {0}")]
    HowMany(usize),
    /// A name that cannot stand in a line; by its place, since it may be anything.
    #[error(
        "the name of custodian {0} is none: 1 to {MAX_NAME_CHARS} letters, digits (at most {MAX_NAME_DIGITS}), spaces and . ' -"
    )]
    Name(usize),
    /// Two shares for one name.
    #[error("{0} is named twice: every custodian holds one share")]
    SameName(String),
    /// Two shares for one key.
    #[error("{0} and {1} have the same key: whoever has it would hold two shares")]
    SameKey(String, String),
    /// No randomness, or a key that cannot be sealed to.
    #[error("the shares could not be made")]
    NoShares,
}

/// Who will hold a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The name, as it stands in the transcript.
    pub name: String,
    /// The key that the custodian made.
    pub key: CustodyPublicKey,
}

/// A custodian and how the share is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custodian {
    /// The number of the share, from 1.
    pub index: u8,
    /// The custodian's name.
    pub name: String,
    /// The custodian's public key.
    pub key: CustodyPublicKey,
    /// SHA-256 of the share, hexadecimal. A share has 256 random bits, so nothing can be guessed from it.
    pub share_hash: String,
    /// SHA-256 of the sealed share, hexadecimal, as on the transcript.
    pub sealed_hash: String,
}

/// The record of a ceremony.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceremony {
    /// 16 hexadecimal digits.
    pub id: String,
    /// When, RFC 3339.
    pub held_at: String,
    /// How many shares make the key.
    pub quorum: u8,
    /// Who holds one.
    pub custodians: Vec<Custodian>,
}

/// A ceremony that has just been held: the key is still here.
pub(crate) struct Dealt {
    pub(crate) master: Secret,
    pub(crate) ceremony: Ceremony,
    pub(crate) shares: Vec<SealedShare>,
}

/// Makes a master key and seals its shares.
pub(crate) fn deal(candidates: &[Candidate], now: Timestamp) -> Result<Dealt, CeremonyError> {
    check(candidates)?;
    let no_shares = |_| CeremonyError::NoShares;
    let master = Secret::random().map_err(no_shares)?;
    let mut id = [0_u8; 8];
    getrandom::fill(&mut id).map_err(|_| CeremonyError::NoShares)?;
    let id = hex(&id);
    let dealt = shamir::split(&master);
    if !shamir::every_quorum_makes(&dealt, &master) {
        return Err(CeremonyError::NoShares);
    }
    let (mut custodians, mut shares) = (Vec::new(), Vec::new());
    for ((candidate, share), index) in candidates.iter().zip(&dealt).zip(1..=CUSTODIANS) {
        let label = ShareLabel {
            ceremony: id.clone(),
            index,
            custodian: candidate.name.clone(),
        };
        let sealed = SealedShare::seal(&candidate.key, label, Way::ToCustodian, share)
            .map_err(|_| CeremonyError::NoShares)?;
        custodians.push(Custodian {
            index,
            name: candidate.name.clone(),
            key: candidate.key.clone(),
            share_hash: share_hash(&id, share),
            sealed_hash: hex(&Sha256::digest(sealed.sealed.as_bytes())),
        });
        shares.push(sealed);
    }
    let ceremony = Ceremony {
        id,
        held_at: now.rfc3339(),
        quorum: QUORUM,
        custodians,
    };
    Ok(Dealt {
        master,
        ceremony,
        shares,
    })
}

impl Dealt {
    /// The check value of the key, as on the transcript.
    pub(crate) fn check(&self) -> String {
        check_value(&self.master)
    }
}

pub(crate) fn check(candidates: &[Candidate]) -> Result<(), CeremonyError> {
    if candidates.len() != usize::from(CUSTODIANS) {
        return Err(CeremonyError::HowMany(candidates.len()));
    }
    for (at, one) in candidates.iter().enumerate() {
        if !is_a_name(&one.name) {
            return Err(CeremonyError::Name(at + 1));
        }
        for other in candidates.iter().take(at) {
            if other.name == one.name {
                return Err(CeremonyError::SameName(one.name.clone()));
            }
            if other.key == one.key {
                let (first, second) = (other.name.clone(), one.name.clone());
                return Err(CeremonyError::SameKey(first, second));
            }
        }
    }
    Ok(())
}

fn is_a_name(name: &str) -> bool {
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    let plain = |c: char| c.is_alphanumeric() || " .'’-".contains(c);
    let digits = name.chars().filter(char::is_ascii_digit).count();
    fits && digits <= MAX_NAME_DIGITS && name.trim() == name && name.chars().all(plain)
}

/// By what a share is recognised, without saying anything about it.
fn share_hash(ceremony: &str, share: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"bouquin master key share 1\0");
    hash.update(ceremony.as_bytes());
    hash.update(b"\0");
    hash.update(share);
    hex(&hash.finalize())
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
    use cards::custody::CustodyKey;

    fn candidates() -> Vec<Candidate> {
        ["Aline", "Bruno", "Chloé", "David", "Élise"]
            .iter()
            .zip(1..)
            .map(|(name, seed)| Candidate {
                name: (*name).to_owned(),
                key: CustodyKey::from_seed(&[seed; 32]).unwrap().public().clone(),
            })
            .collect()
    }

    #[test]
    fn five_people_with_five_keys_hold_the_shares() {
        assert!(check(&candidates()).is_ok());
        let four = &candidates()[..4];
        assert!(matches!(check(four), Err(CeremonyError::HowMany(4))));
        let mut twice = candidates();
        twice[4].name = "Aline".into();
        assert!(matches!(check(&twice), Err(CeremonyError::SameName(_))));
        let mut one_key = candidates();
        one_key[3].key = one_key[1].key.clone();
        assert!(
            matches!(check(&one_key), Err(CeremonyError::SameKey(first, second))
            if (first.as_str(), second.as_str()) == ("Bruno", "David"))
        );
        for name in [
            "",
            " Aline",
            "A\nB",
            "A=B",
            &"a".repeat(41),
            "4111 1111 1111 1111",
        ] {
            let mut odd = candidates();
            odd[0].name = name.into();
            assert!(
                matches!(check(&odd), Err(CeremonyError::Name(1))),
                "{name:?}"
            );
        }
    }

    #[test]
    fn each_custodian_opens_her_own_share_and_no_other() {
        let dealt = deal(&candidates(), Timestamp::micros(0)).unwrap();
        for (index, share) in dealt.shares.iter().enumerate() {
            for seed in 1..=5_u8 {
                let key = CustodyKey::from_seed(&[seed; 32]).unwrap();
                let opened = key.open(share, Way::ToCustodian);
                assert_eq!(opened.is_ok(), usize::from(seed) == index + 1);
                if let Ok(plain) = opened {
                    let custodian = &dealt.ceremony.custodians[index];
                    assert_eq!(custodian.share_hash, share_hash(&dealt.ceremony.id, &plain));
                }
            }
        }
    }
}
