//! A message on its way to the wire, and the question whether it got there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use zeroize::Zeroizing;

const QUEUED: u8 = 0;
const LEAVING: u8 = 1;
const STOPPED: u8 = 2;

/// A frame in the writer's queue; wiped when written or dropped.
pub(super) struct Outgoing {
    frame: Zeroizing<Vec<u8>>,
    fate: Fate,
}

/// What the sender keeps of a message that it has queued.
#[derive(Clone, Default)]
pub(super) struct Fate(Arc<AtomicU8>);

impl Outgoing {
    pub(super) fn new(frame: Zeroizing<Vec<u8>>) -> (Outgoing, Fate) {
        let fate = Fate::default();
        (
            Outgoing {
                frame,
                fate: fate.clone(),
            },
            fate,
        )
    }

    /// The bytes, if nobody has stopped them. From now on they count as sent, even if the wire
    /// fails at the first of them.
    pub(super) fn leave(self) -> Option<Zeroizing<Vec<u8>>> {
        self.fate.change(LEAVING).then_some(self.frame)
    }
}

impl Fate {
    /// Stops a message that has not begun to leave; `false` when it has.
    pub(super) fn stop(&self) -> bool {
        self.change(STOPPED)
    }

    fn change(&self, to: u8) -> bool {
        self.0
            .compare_exchange(QUEUED, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_either_sent_or_stopped() {
        let (sent, fate) = Outgoing::new(Zeroizing::new(vec![1]));
        assert!(sent.leave().is_some());
        assert!(!fate.stop());
        let (stopped, fate) = Outgoing::new(Zeroizing::new(vec![1]));
        assert!(fate.stop());
        assert!(stopped.leave().is_none());
    }
}
