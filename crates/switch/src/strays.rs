//! Replies that nobody waited for, on their way into the journal.
//!
//! A line hands them in and reads on: when a carrier fails there is one for every question of that moment, and an answer that
//! somebody waits for may be behind them. One task writes them down, many in one transaction, and holds each against the
//! journal. What does not fit into the queue is counted and said; it is a reply that nobody waits for, and what it is about is
//! said again until it is answered.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use storage::Fault;
use tokio::sync::mpsc;

use crate::api::SHOWN_STRAYS;
use crate::desk::Desk;
use crate::journal::stray::{self, Finding, Keeping, Kept, Stray};

/// How many wait to be written down: as many as a line may have asked when it fails, a megabyte or two.
const MOST_QUEUED: usize = 8192;

/// How many are written in one transaction.
const MOST_AT_ONCE: usize = 256;

/// Before a journal that could not be written is tried again; doubles up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(200);

const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The replies that are to be written down.
pub(crate) struct Strays {
    queue: mpsc::Sender<Stray>,
    queued: tokio::sync::Mutex<mpsc::Receiver<Stray>>,
    unkept: AtomicU64,
    /// Which carrier brought the latest of them, by their numbers.
    brought: Mutex<VecDeque<(i64, SocketAddr)>>,
}

impl Strays {
    pub(crate) fn new() -> Strays {
        Strays::with_room(MOST_QUEUED)
    }

    fn with_room(room: usize) -> Strays {
        let (queue, queued) = mpsc::channel(room);
        Strays {
            queue,
            queued: tokio::sync::Mutex::new(queued),
            unkept: AtomicU64::new(0),
            brought: Mutex::default(),
        }
    }

    /// Takes one from a line, without waiting.
    pub(crate) fn hand_in(&self, stray: Stray) {
        tracing::warn!(
            mti = stray.mti,
            stan = stray.stan,
            reason = stray.reason,
            "a reply nobody waited for"
        );
        if self.queue.try_send(stray).is_err() {
            let unkept = 1 + self.unkept.fetch_add(1, Ordering::Relaxed);
            tracing::error!(unkept, "it does not fit into the queue and is not kept");
        }
    }

    /// How many were not kept since the switch started.
    pub(crate) fn unkept(&self) -> u64 {
        self.unkept.load(Ordering::Relaxed)
    }

    /// The carrier that brought a reply, by its number.
    pub(crate) fn who_brought(&self, seq: i64) -> Option<SocketAddr> {
        let brought = self.brought.lock().unwrap_or_else(PoisonError::into_inner);
        let mut brought = brought.iter();
        brought
            .find(|(of, _)| *of == seq)
            .map(|(_, carrier)| *carrier)
    }

    fn remember(&self, seq: i64, carrier: SocketAddr) {
        let mut brought = self.brought.lock().unwrap_or_else(PoisonError::into_inner);
        brought.push_back((seq, carrier));
        if brought.len() > SHOWN_STRAYS {
            brought.pop_front();
        }
    }
}

/// Writes them down until the future is dropped.
pub(crate) async fn keep(desk: Arc<Desk>) {
    let mut queued = desk.strays.queued.lock().await;
    loop {
        let mut strays = Vec::new();
        if queued.recv_many(&mut strays, MOST_AT_ONCE).await == 0 {
            return;
        }
        for kept in write(&desk, strays).await {
            tell(&kept);
            if let Some(carrier) = kept.stray.carrier {
                desk.strays.remember(kept.stray.seq, carrier);
            }
            if kept.armed {
                desk.bell.notify_one();
            }
        }
    }
}

/// Writes some down, as often as it takes: an approval among them may be money that nobody else knows of.
async fn write(desk: &Desk, strays: Vec<Stray>) -> Vec<Kept> {
    let strays = Arc::new(strays);
    let (mut pause, mut how) = (PAUSE, Keeping::Reconciled);
    loop {
        let (these, now) = (Arc::clone(&strays), desk.clock.now());
        let written = desk.store.write(move |tx| {
            let strays = these.iter();
            let kept = strays.map(|stray| stray::keep(tx, stray, how, now));
            kept.collect::<Result<Vec<_>, _>>()
        });
        match written.await {
            Ok(kept) => return kept,
            Err(fault) => {
                tracing::error!(
                    fault = fault.detail(),
                    replies = strays.len(),
                    "replies nobody waited for cannot be written down"
                );
                if matches!(fault, Fault::Defect(_)) {
                    // Something in the journal cannot be read: better as they are than not at all.
                    how = Keeping::AsItIs;
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

/// What a person may have to know of one.
fn tell(kept: &Kept) {
    let Stray {
        mti,
        stan,
        response_code: code,
        payment: Some(payment),
        finding: Some(finding),
        ..
    } = &kept.stray
    else {
        return;
    };
    match finding {
        Finding::TakenBack if kept.armed => {
            tracing::warn!(%payment, code, "an approval came too late; it is reversed");
        }
        Finding::Contradicts => tracing::error!(
            %payment, mti, stan, code,
            "a late reply says otherwise than the answer that counts: ask the bank"
        ),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trade::clock::Timestamp;

    #[test]
    fn what_does_not_fit_is_counted_and_nobody_waits() {
        let strays = Strays::with_room(2);
        let unreadable = Stray::unreadable(
            &cards::iso8583::ParseError::Mti,
            Timestamp::micros(1_795_000_000_000_000),
        );
        for _ in 0..5 {
            strays.hand_in(unreadable.clone());
        }
        assert_eq!(strays.unkept(), 3);
    }
}
