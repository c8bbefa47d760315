//! How a sealed vault opens, and an open one is sealed.

use std::sync::Arc;

use cards::custody::SealedShare;
use storage::{Fault, Tx};

use crate::OpenVault;
use crate::ceremony::{
    Candidate, CeremonyError, Gathering, NotShared, Progress, ShareRefusal, reshare,
};
use crate::error::VaultError;
use crate::keys::ring::{Ring, RingError};
use crate::keys::{Keys, dev};
use crate::rotation;
use crate::store;

/// Why a vault does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unopenable {
    #[error("the vault is open already")]
    Open,
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

/// Takes a share, and opens the vault when there is a quorum.
pub(crate) async fn give(vault: &Arc<OpenVault>, share: &SealedShare) -> Result<(), Unopenable> {
    if vault.safe.keys().is_ok() {
        return Err(Unopenable::Open);
    }
    sweep(vault)?;
    let ring = Ring::load(vault.safe.ring_path())?.ok_or(Unopenable::NoCeremony)?;
    let ceremony = ring.ceremony.as_ref().ok_or(Unopenable::NoCeremony)?;
    let now = vault.clock.now();
    let progress = vault.gathering().give(ceremony, share, now)?;
    let index = share.label.index;
    match progress {
        Progress::Waiting => tracing::info!(index, "a custodian's share is here"),
        Progress::Quorum(master) => {
            let anew = vault.gathering().anew().to_vec();
            let keys = if anew.is_empty() {
                Keys::open(Arc::new(master), ring)?
            } else {
                reshare(&vault.safe, &master, &anew, now)?
            };
            open(vault, keys).await?;
            *vault.gathering() = Gathering::new()?;
            tracing::warn!("the vault is unsealed by its custodians");
        }
    }
    Ok(())
}

/// Begins to gather shares for sharing the key anew, while the vault is sealed; those for opening it are dropped.
pub(crate) fn share_anew(vault: &OpenVault, anew: Vec<Candidate>) -> Result<(), Unopenable> {
    if vault.safe.keys().is_ok() {
        return Err(Unopenable::SealFirst);
    }
    *vault.gathering() = Gathering::among(anew, vault.clock.now())?;
    tracing::warn!("the master key is to be shared anew, if a quorum of its custodians agrees");
    Ok(())
}

/// Opens a vault that was started with `--dev`, after it was sealed, by its key file.
pub(crate) async fn open_again(vault: &Arc<OpenVault>) -> Result<(), Unopenable> {
    if vault.safe.keys().is_ok() {
        return Err(Unopenable::Open);
    }
    let (Some(data_dir), true) = (vault.safe.data_dir(), vault.dev) else {
        return Err(Unopenable::WithCustodians);
    };
    let today = vault.clock.today().to_string();
    let keys = dev::open(data_dir, vault.safe.ring_path(), &vault.store, &today).await;
    open(
        vault,
        keys.map_err(|fault| Unopenable::Dev(Box::new(fault)))?,
    )
    .await?;
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

/// Takes the keys for this process, once what was forgotten is forgotten again: the database may come from a backup.
pub(crate) async fn open(vault: &Arc<OpenVault>, keys: Keys) -> Result<(), Unopenable> {
    let forgotten = vault.forgotten.read()?;
    let now = vault.clock.now();
    vault
        .store
        .write(move |tx: &mut dyn Tx| {
            for (token, _) in &forgotten {
                tx.execute(&store::FORGET_CARD, &store::forget_card(token, now))?;
            }
            Ok::<_, Fault>(())
        })
        .await?;
    vault.safe.unseal(keys, vault.clock.now());
    rotation::go_on(vault);
    Ok(())
}

/// Forgets the keys, the security codes and the shares that are here.
pub(crate) fn seal(vault: &OpenVault) -> std::io::Result<()> {
    vault.safe.seal(vault.clock.now());
    vault.codes.forget_all();
    *vault.gathering() = Gathering::new()?;
    tracing::warn!("the vault is sealed");
    Ok(())
}
