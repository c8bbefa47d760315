//! What the process does to itself before it touches a key, and when it stops.
//!
//! All of its memory is locked, not only the pages of keys: numbers, codes and key schedules also lie in buffers and on
//! stacks. Locked memory is never written to swap; it is not hidden from the kernel or from root.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, getrlimit};
use rustix::thread::{CapabilitySet, capabilities};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::VaultError;

/// No core file, and no other process of the same user may read this one's memory. For every process that touches a key.
///
/// # Errors
/// [`VaultError::System`].
pub fn harden() -> Result<(), VaultError> {
    sandbox::harden().map_err(VaultError::System)
}

/// What the process may lock at least. Most of it is address space that the allocator and the threads' stacks reserve and
/// never touch, which the kernel counts all the same.
const LOCKED_BYTES: u64 = 4 << 30;

/// Why the memory is not locked.
#[derive(Debug, thiserror::Error)]
pub enum NotLocked {
    /// The limit would be met while cards are handled, and the process would end.
    #[error(
        "only {0} bytes of memory may be locked (RLIMIT_MEMLOCK), {LOCKED_BYTES} are needed: say LimitMEMLOCK=infinity in the service's unit, or ulimit -l unlimited"
    )]
    Limit(u64),
    /// The kernel refuses.
    #[error("the memory cannot be locked: {0}")]
    Refused(#[source] std::io::Error),
}

/// Keeps all memory of the process, present and future, out of swap. Pages are locked as they are first touched.
///
/// # Errors
/// See [`NotLocked`]; then nothing is locked.
pub(crate) fn lock_memory() -> Result<(), NotLocked> {
    let limit = getrlimit(Resource::Memlock).current;
    let unlimited = limit.is_none() || may_lock_all();
    if let Some(limit) = limit.filter(|limit| !unlimited && *limit < LOCKED_BYTES) {
        return Err(NotLocked::Limit(limit));
    }
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)
        .map_err(|errno| NotLocked::Refused(errno.into()))
}

/// Whether the limit does not count for this process.
fn may_lock_all() -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK))
}

/// Resolves on SIGTERM or SIGINT.
pub(crate) async fn stop_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::warn!("signals cannot be listened to; the vault stops only when it is killed");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
