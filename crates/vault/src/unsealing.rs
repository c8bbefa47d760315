//! How a sealed vault opens, and an open one is sealed.

use std::path::Path;
use std::sync::Arc;

use cards::custody::SealedShare;
use storage::{Fault, Tx};

use crate::OpenVault;
use crate::audit::{self, Entry, Verb};
use crate::ceremony::{
    self, Candidate, Ceremony, CeremonyError, Gathering, NotShared, Progress, ShareRefusal, reshare,
};
use crate::error::VaultError;
use crate::keys::ring::{Ring, RingError};
use crate::keys::{Changed, Keys, dev};
use crate::rotation;
use crate::store;

/// Why a vault does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unopenable {
    #[error("the vault is open already")]
    Open,
    #[error("the vault was sealed meanwhile, and stays so")]
    SealedMeanwhile,
    #[error("the vault is open; its key is shared anew while it is sealed")]
    SealFirst,
    #[error("its key is with custodians: three of them open it")]
    WithCustodians,
    #[error(transparent)]
    Dev(Box<VaultError>),
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    #[error("nothing was shared anew: {0}")]
    NotShared(#[from] NotShared),
    #[error("no ceremony was held for this vault: see bouquin vault init")]
    NoCeremony,
    #[error(transparent)]
    Share(#[from] ShareRefusal),
    #[error("the ring of keys: {0}")]
    Ring(#[from] RingError),
    #[error("the operating system: {0}")]
    System(#[from] std::io::Error),
    #[error("the database failed: {}", .0.detail())]
    Fault(#[from] Fault),
}

impl From<Changed> for Unopenable {
    fn from(changed: Changed) -> Unopenable {
        match changed {
            Changed::Sealed(_) => Unopenable::SealedMeanwhile,
            Changed::Ring(fault) => Unopenable::Ring(fault),
        }
    }
}

/// Whether [`give`] would take the share.
pub(crate) fn may_give(vault: &OpenVault, share: &SealedShare) -> Result<(), Unopenable> {
    let (_, ceremony) = to_be_opened(vault)?;
    Ok(vault.gathering().check(&ceremony, share)?)
}

/// The ring of a sealed vault and its ceremony; shares that waited too long are dropped first.
fn to_be_opened(vault: &OpenVault) -> Result<(Ring, Ceremony), Unopenable> {
    if vault.safe.keys().is_ok() {
        return Err(Unopenable::Open);
    }
    sweep(vault)?;
    let ring = Ring::load(vault.safe.ring_path())?.ok_or(Unopenable::NoCeremony)?;
    let ceremony = ring.ceremony.clone().ok_or(Unopenable::NoCeremony)?;
    Ok((ring, ceremony))
}

/// Takes a share, and opens the vault when there is a quorum, whose shares are gone then, whether it opens or not.
pub(crate) async fn give(vault: &Arc<OpenVault>, share: &SealedShare) -> Result<(), Unopenable> {
    let sealings = vault.safe.sealings();
    let (ring, ceremony) = to_be_opened(vault)?;
    let now = vault.clock.now();
    let (progress, anew) = {
        let mut gathering = vault.gathering();
        let progress = gathering.give(&ceremony, share, now)?;
        let anew = gathering.anew().to_vec();
        if matches!(progress, Progress::Quorum(_)) {
            *gathering = Gathering::new()?;
        }
        (progress, anew)
    };
    let index = share.label.index;
    match progress {
        Progress::Waiting => tracing::info!(index, "a custodian's share is here"),
        Progress::Quorum(master) => {
            let keys = if anew.is_empty() {
                Keys::open(Arc::new(master), ring)?
            } else {
                reshare(&vault.safe, &master, &anew, now)?
            };
            open(vault, &keys, sealings).await?;
            tracing::warn!("the vault is unsealed by its custodians");
        }
    }
    Ok(())
}

/// Whether [`share_anew`] would begin.
pub(crate) fn may_share_anew(vault: &OpenVault, anew: &[Candidate]) -> Result<(), Unopenable> {
    if vault.safe.keys().is_ok() {
        return Err(Unopenable::SealFirst);
    }
    Ok(ceremony::check(anew)?)
}

/// Begins to gather shares for sharing the key anew, while the vault is sealed; those for opening it are dropped.
pub(crate) fn share_anew(vault: &OpenVault, anew: Vec<Candidate>) -> Result<(), Unopenable> {
    may_share_anew(vault, &anew)?;
    *vault.gathering() = Gathering::among(anew, vault.clock.now())?;
    tracing::warn!("the master key is to be shared anew, if a quorum of its custodians agrees");
    Ok(())
}

/// Whether [`open_again`] would open it, and the vault's folder.
pub(crate) fn may_open_again(vault: &OpenVault) -> Result<&Path, Unopenable> {
    if vault.safe.keys().is_ok() {
        return Err(Unopenable::Open);
    }
    match (vault.safe.data_dir(), vault.dev) {
        (Some(data_dir), true) => Ok(data_dir),
        _ => Err(Unopenable::WithCustodians),
    }
}

/// Opens a vault that was started with `--dev`, after it was sealed, by its key file.
pub(crate) async fn open_again(vault: &Arc<OpenVault>) -> Result<(), Unopenable> {
    let sealings = vault.safe.sealings();
    let data_dir = may_open_again(vault)?;
    let today = vault.clock.today().to_string();
    let keys = dev::open(data_dir, vault.safe.ring_path(), &vault.store, &today).await;
    let keys = keys.map_err(|fault| Unopenable::Dev(Box::new(fault)))?;
    open(vault, &keys, sealings).await?;
    tracing::warn!("the vault is unsealed by its key file");
    Ok(())
}

/// Drops the shares of a quorum that does not come, under a new key; says so once.
pub(crate) fn sweep(vault: &OpenVault) -> std::io::Result<()> {
    let mut gathering = vault.gathering();
    if gathering.is_over(vault.clock.now()) {
        *gathering = Gathering::new()?;
        tracing::warn!(
            unsealing_key = %gathering.key(),
            "the shares that were given are dropped: no quorum came"
        );
    }
    Ok(())
}

/// Takes the keys for this process, once what was forgotten is forgotten again: the database may come from a backup. Not when
/// the vault was sealed since `sealings` was asked for.
pub(crate) async fn open(
    vault: &Arc<OpenVault>,
    keys: &Keys,
    sealings: u64,
) -> Result<(), Unopenable> {
    let forgotten = vault.forgotten.read()?;
    let entry = Entry::new(Verb::Forget, vault.clock.now());
    let signer = vault.audit.clone();
    vault
        .store
        .write(move |tx: &mut dyn Tx| {
            for (token, _) in &forgotten {
                let params = store::forget_card(token, entry.at);
                if tx.execute(&store::FORGET_CARD, &params)? == 1 {
                    let token = Some(token.clone());
                    let entry = Entry {
                        token,
                        ..entry.clone()
                    };
                    audit::append(tx, &signer, entry)?;
                }
            }
            Ok::<_, Fault>(())
        })
        .await?;
    vault.safe.unseal(keys, sealings, vault.clock.now())?;
    rotation::go_on(vault);
    Ok(())
}

/// Forgets the keys, the security codes and the shares that are here, at once: an opening that is under way comes to nothing.
pub(crate) fn seal(vault: &OpenVault) -> std::io::Result<()> {
    vault.safe.seal(vault.clock.now());
    vault.codes.forget_all();
    *vault.gathering() = Gathering::new()?;
    tracing::warn!("the vault is sealed");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::fs;

    use super::*;
    use crate::for_test::House;

    async fn two_shares(house: &House) {
        for index in [1, 2] {
            give(&house.vault, &house.handed(index)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_sealing_while_the_third_share_opens_the_vault_stands() {
        let house = House::sealed().await;
        two_shares(&house).await;
        let third = house.handed(3);
        let release = house.hold_the_writer();
        let sealing = async {
            seal(&house.vault).unwrap();
            release.send(()).unwrap();
        };
        let (given, ()) = tokio::join!(give(&house.vault, &third), sealing);
        assert!(matches!(given, Err(Unopenable::SealedMeanwhile)));
        assert!(house.vault.safe.keys().is_err());
    }

    #[tokio::test]
    async fn the_shares_of_a_quorum_do_not_wait_also_when_nothing_opens() {
        let house = House::sealed().await;
        two_shares(&house).await;
        // A list of forgotten cards that cannot be read.
        let list = house.vault.safe.ring_path().with_file_name("forgotten");
        fs::create_dir(&list).unwrap();
        let third = give(&house.vault, &house.handed(3)).await;
        assert!(matches!(third, Err(Unopenable::System(_))));
        assert!(house.vault.gathering().given().is_empty());
        fs::remove_dir(&list).unwrap();
        two_shares(&house).await;
        give(&house.vault, &house.handed(3)).await.unwrap();
        assert!(house.vault.safe.keys().is_ok());
    }
}
