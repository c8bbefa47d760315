//! What the process does to itself before it touches a key, and when it stops.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::VaultError;

/// No core file, and no other process of the same user may read this one's memory (PR_SET_DUMPABLE 0). For every
/// process that touches a key.
///
/// # Errors
/// [`VaultError::System`].
pub fn harden() -> Result<(), VaultError> {
    let system = |errno: rustix::io::Errno| VaultError::System(errno.into());
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(system)?;
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )
    .map_err(system)
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
