//! Sharing anew: a custodian is lost, or leaves. A quorum of the old custodians gives its shares for it; the vault makes
//! a new master key, wraps its keys with that, and seals new shares. The old shares open nothing that the vault has.

use std::path::Path;

use trade::clock::Timestamp;

use super::{Candidate, CeremonyError, Held, deal};
use crate::envelope::Secret;
use crate::keys::ring::{Ring, RingError};
use crate::keys::{Keys, Safe};

/// Why nothing was shared anew. The old shares are good as before.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotShared {
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    #[error("the ring of keys: {0}")]
    Ring(#[from] RingError),
    #[error("the new shares cannot be written: {0}")]
    Shares(#[from] std::io::Error),
}

/// Makes a new master key for the ring. The sealed shares lie in `keys/reshared-CEREMONY` before the ring is changed, so
/// that no crash leaves keys without shares.
pub(crate) fn reshare(
    safe: &Safe,
    old: &Secret,
    anew: &[Candidate],
    now: Timestamp,
) -> Result<Keys, NotShared> {
    let dealt = deal(anew, now)?;
    let folder = safe.ring_path().parent().unwrap_or(Path::new("."));
    let folder = folder.join(format!("reshared-{}", dealt.ceremony.id));
    Held::of(&dealt).carry(&folder)?;
    let new = std::sync::Arc::new(dealt.master);
    let ring = safe.replace(|ring: &Ring| ring.wrapped_by(old, &new, dealt.ceremony))?;
    tracing::warn!(folder = %folder.display(), "the master key is shared anew");
    Ok(Keys::open(new, ring)?)
}
