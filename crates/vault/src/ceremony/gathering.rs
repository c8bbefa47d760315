//! Shares as they come in while the vault is sealed: kept in memory until there is a quorum, which opens the vault or
//! shares its key anew, as was said when the gathering began.
//!
//! Never more than two shares wait: each is a custodian's of the ceremony, once, and the third ends the gathering. And
//! never for long ([`VAULT_SHARES_WAIT`]): who reads this process's memory later finds none.

use std::collections::BTreeMap;

use cards::custody::{CustodyKey, CustodyPublicKey, SealedShare, Way};

use trade::clock::Timestamp;
use trade::limits::VAULT_SHARES_WAIT;

use super::shamir::{self, PlainShare};
use super::{Candidate, Ceremony, CeremonyError, Custodian, share_hash};
use crate::envelope::Secret;

/// Why a share is not taken. Those that came before are kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareRefusal {
    /// Of an earlier ceremony, or of another vault's.
    #[error("{custodian}'s share is of another ceremony than this vault's ({ceremony})")]
    OtherCeremony {
        /// Who gave it.
        custodian: String,
        /// The vault's.
        ceremony: String,
    },
    /// No custodian of this name holds a share of this number.
    #[error("share {index} of this ceremony is not of a custodian with this name")]
    NotACustodian {
        /// Its number.
        index: u8,
    },
    /// Sealed to the key of an earlier start, or damaged.
    #[error(
        "{custodian}'s share was sealed for another start of the vault, or is damaged: make it again with the key that \
         the vault shows now"
    )]
    NotForThisVault {
        /// Who gave it.
        custodian: String,
    },
    /// It opens, and is not the share that the ceremony gave to this custodian.
    #[error("{custodian}'s share is not the one that the ceremony made")]
    Wrong {
        /// Who gave it.
        custodian: String,
    },
}

/// What a share brought.
pub(crate) enum Progress {
    /// More are wanted.
    Waiting,
    /// The master key.
    Quorum(Secret),
}

/// The shares of one sealing, and the key that custodians seal them to.
pub(crate) struct Gathering {
    key: CustodyKey,
    given: BTreeMap<u8, PlainShare>,
    /// Among whom the key is to be shared anew; nobody when the vault is to be opened.
    anew: Vec<Candidate>,
    /// When the first thing came that waits for others.
    since: Option<Timestamp>,
}

impl Gathering {
    /// None yet, under a key of this moment.
    pub(crate) fn new() -> std::io::Result<Gathering> {
        let seed = Secret::random()?;
        let key = CustodyKey::from_seed(seed.bytes()).map_err(std::io::Error::other)?;
        Ok(Gathering {
            key,
            given: BTreeMap::new(),
            anew: Vec::new(),
            since: None,
        })
    }

    /// A gathering for sharing the key anew, under a key of its own: what was given for opening is not consent to this.
    pub(crate) fn among(anew: Vec<Candidate>, now: Timestamp) -> Result<Gathering, CeremonyError> {
        super::check(&anew)?;
        let gathering = Gathering::new().map_err(|_| CeremonyError::NoShares)?;
        Ok(Gathering {
            anew,
            since: Some(now),
            ..gathering
        })
    }

    /// Whether what is here has waited too long.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.since
            .is_some_and(|since| now.since(since) > VAULT_SHARES_WAIT)
    }

    /// Among whom the key is to be shared anew.
    pub(crate) fn anew(&self) -> &[Candidate] {
        &self.anew
    }

    /// What custodians seal their shares to.
    pub(crate) fn key(&self) -> &CustodyPublicKey {
        self.key.public()
    }

    /// The numbers of the shares that are here.
    pub(crate) fn given(&self) -> Vec<u8> {
        self.given.keys().copied().collect()
    }

    /// Whether [`Gathering::give`] would take the share.
    pub(crate) fn check(
        &self,
        ceremony: &Ceremony,
        share: &SealedShare,
    ) -> Result<(), ShareRefusal> {
        self.opened(ceremony, share).map(drop)
    }

    /// The number and the text of a share that is one of the ceremony's.
    fn opened(
        &self,
        ceremony: &Ceremony,
        share: &SealedShare,
    ) -> Result<(u8, PlainShare), ShareRefusal> {
        let custodian = named(ceremony, share)?;
        let name = || custodian.name.clone();
        let way = if self.anew.is_empty() {
            Way::ToVault
        } else {
            Way::ToReshare
        };
        let plain = self
            .key
            .open(share, way)
            .map_err(|_| ShareRefusal::NotForThisVault { custodian: name() })?;
        let number = plain.first().copied();
        if number != Some(custodian.index)
            || share_hash(&ceremony.id, &plain) != custodian.share_hash
        {
            return Err(ShareRefusal::Wrong { custodian: name() });
        }
        Ok((custodian.index, plain))
    }

    /// Takes a share. The same one twice counts once. The shares of a quorum are gone from here, whatever comes of the key.
    pub(crate) fn give(
        &mut self,
        ceremony: &Ceremony,
        share: &SealedShare,
        now: Timestamp,
    ) -> Result<Progress, ShareRefusal> {
        let (index, plain) = self.opened(ceremony, share)?;
        self.given.insert(index, plain);
        self.since.get_or_insert(now);
        if self.given.len() < ceremony.quorum.into() {
            return Ok(Progress::Waiting);
        }
        let given = std::mem::take(&mut self.given);
        // Each share is one of the ceremony's, and the ceremony tried them all.
        let master = shamir::join(given.values()).ok_or_else(|| ShareRefusal::Wrong {
            custodian: share.label.custodian.clone(),
        })?;
        Ok(Progress::Quorum(master))
    }
}

fn named<'a>(ceremony: &'a Ceremony, share: &SealedShare) -> Result<&'a Custodian, ShareRefusal> {
    let label = &share.label;
    let custodian = ceremony
        .custodians
        .iter()
        .find(|custodian| custodian.index == label.index && custodian.name == label.custodian);
    let custodian = custodian.ok_or(ShareRefusal::NotACustodian { index: label.index });
    if label.ceremony != ceremony.id {
        return Err(ShareRefusal::OtherCeremony {
            // What is not ours may not write what it likes into a log.
            custodian: custodian.map_or_else(|_| "a stranger".to_owned(), |c| c.name.clone()),
            ceremony: ceremony.id.clone(),
        });
    }
    custodian
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use cards::custody::ShareLabel;
    use trade::clock::Timestamp;

    use super::super::{Dealt, deal};
    use super::*;

    const NAMES: [&str; 5] = ["Aline", "Bruno", "Chloé", "David", "Élise"];

    fn key(index: usize) -> CustodyKey {
        CustodyKey::from_seed(&[u8::try_from(index).unwrap() + 1; 32]).unwrap()
    }

    fn held() -> Dealt {
        let candidates: Vec<Candidate> = NAMES
            .iter()
            .enumerate()
            .map(|(index, name)| Candidate {
                name: (*name).to_owned(),
                key: key(index).public().clone(),
            })
            .collect();
        deal(&candidates, Timestamp::micros(0)).unwrap()
    }

    fn handed(dealt: &Dealt, index: usize, to: &Gathering) -> SealedShare {
        let share = &dealt.shares[index];
        let plain = key(index).open(share, Way::ToCustodian).unwrap();
        SealedShare::seal(to.key(), share.label.clone(), Way::ToVault, &plain).unwrap()
    }

    fn gives(gathering: &mut Gathering, dealt: &Dealt, share: &SealedShare) -> &'static str {
        match gathering.give(&dealt.ceremony, share, Timestamp::micros(0)) {
            Ok(Progress::Waiting) => "waiting",
            Ok(Progress::Quorum(master)) => {
                assert_eq!(master.bytes(), dealt.master.bytes());
                "quorum"
            }
            Err(ShareRefusal::OtherCeremony { .. }) => "other ceremony",
            Err(ShareRefusal::NotACustodian { .. }) => "not a custodian",
            Err(ShareRefusal::NotForThisVault { .. }) => "not for this vault",
            Err(ShareRefusal::Wrong { .. }) => "wrong",
        }
    }

    #[test]
    fn two_custodians_never_unseal_whichever_they_are_and_however_often_they_try() {
        let dealt = held();
        for one in 0..5 {
            for two in 0..5 {
                let mut gathering = Gathering::new().unwrap();
                for giver in [one, two, one, two, two] {
                    let share = handed(&dealt, giver, &gathering);
                    assert_eq!(gives(&mut gathering, &dealt, &share), "waiting");
                    // Nor with her share under the names of the others.
                    for (other, name) in NAMES.iter().enumerate() {
                        let plain = key(giver)
                            .open(&dealt.shares[giver], Way::ToCustodian)
                            .unwrap();
                        let label = ShareLabel {
                            index: u8::try_from(other).unwrap() + 1,
                            custodian: (*name).to_owned(),
                            ..share.label.clone()
                        };
                        let as_other =
                            SealedShare::seal(gathering.key(), label, Way::ToVault, &plain)
                                .unwrap();
                        let expected = if other == giver { "waiting" } else { "wrong" };
                        assert_eq!(gives(&mut gathering, &dealt, &as_other), expected);
                    }
                }
            }
        }
    }

    #[test]
    fn any_three_unseal_and_a_wrong_share_is_refused_by_name_without_losing_the_others() {
        let dealt = held();
        let stranger = held();
        for quorum in [[0, 1, 2], [0, 2, 4], [4, 3, 1]] {
            let mut gathering = Gathering::new().unwrap();
            let [first, second, third] = quorum.map(|index| handed(&dealt, index, &gathering));
            assert_eq!(gives(&mut gathering, &dealt, &first), "waiting");
            let wrong = SealedShare::seal(
                gathering.key(),
                second.label.clone(),
                Way::ToVault,
                &[second.label.index; 33],
            )
            .unwrap();
            let refusal = gathering
                .give(&dealt.ceremony, &wrong, Timestamp::micros(0))
                .err()
                .unwrap();
            assert!(
                refusal.to_string().starts_with(&second.label.custodian),
                "{refusal}"
            );
            let old = handed(&stranger, quorum[1], &gathering);
            assert_eq!(gives(&mut gathering, &dealt, &old), "other ceremony");
            let earlier = handed(&dealt, quorum[1], &Gathering::new().unwrap());
            assert_eq!(
                gives(&mut gathering, &dealt, &earlier),
                "not for this vault"
            );
            assert_eq!(
                gives(&mut gathering, &dealt, &dealt.shares[quorum[1]]),
                "not for this vault"
            );
            assert_eq!(gathering.given(), [first.label.index]);
            assert_eq!(gives(&mut gathering, &dealt, &second), "waiting");
            assert_eq!(gives(&mut gathering, &dealt, &third), "quorum");
        }
    }

    #[test]
    fn shares_wait_for_a_while_and_no_more_than_two_of_them() {
        let dealt = held();
        let mut gathering = Gathering::new().unwrap();
        let late = Timestamp::micros(0).plus(VAULT_SHARES_WAIT);
        let too_late = Timestamp::micros(1).plus(VAULT_SHARES_WAIT);
        assert!(!gathering.is_over(too_late), "nothing waits yet");
        for giver in [0, 1, 0, 1, 1] {
            let share = handed(&dealt, giver, &gathering);
            assert_eq!(gives(&mut gathering, &dealt, &share), "waiting");
        }
        assert_eq!(gathering.given().len(), 2);
        assert!(!gathering.is_over(late) && gathering.is_over(too_late));
        let third = handed(&dealt, 2, &gathering);
        assert_eq!(gives(&mut gathering, &dealt, &third), "quorum");
        assert!(gathering.given().is_empty());
        let candidates = NAMES.iter().enumerate().map(|(index, name)| Candidate {
            name: (*name).to_owned(),
            key: key(index).public().clone(),
        });
        let plan = Gathering::among(candidates.collect(), Timestamp::micros(0)).unwrap();
        assert!(!plan.is_over(late) && plan.is_over(too_late));
    }
}
