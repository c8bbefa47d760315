//! The line to the bank: one connection over mutual TLS, kept open, shared by all payments.
//!
//! [`Line::keep`] connects, signs on, echoes when it is quiet and reconnects with growing, jittered
//! pauses. [`Line::exchange`] sends one message and waits for its answer, and when there is none
//! says whether the message can have left: on that word depends whether money may have moved.
//!
//! One line to one bank in this release. A second carrier would be a second `Line` and a rule which
//! of them to ask; nothing here assumes it is alone.

mod in_flight;
mod outgoing;
mod session;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cards::iso8583::{Message, Stan, frame};
use link::tls::ClientTls;
use storage::Store;
use tokio::sync::{Notify, mpsc, watch};
use trade::clock::{Clock, Timestamp};

use crate::dialogue::{self, Merchant};
use crate::journal::{Trace, stray, stray::Stray, transmission_time};
use in_flight::{Ended, InFlight, Key};
use outgoing::Outgoing;

/// Messages that may wait to be written; beyond, a caller is told that nothing was sent.
const MOST_QUEUED: usize = 4096;

/// How long the line waits for what.
#[derive(Debug, Clone)]
pub struct LineTimes {
    /// For the answer to any message.
    pub answer: Duration,
    /// Without hearing anything, before an echo is sent.
    pub echo: Duration,
    /// Before the first attempt to reconnect; doubles up to `reconnect_most`, ±50 %.
    pub reconnect_first: Duration,
    /// The longest pause between two attempts.
    pub reconnect_most: Duration,
}

impl Default for LineTimes {
    fn default() -> LineTimes {
        LineTimes {
            answer: Duration::from_secs(8),
            echo: Duration::from_secs(30),
            reconnect_first: Duration::from_millis(200),
            reconnect_most: Duration::from_secs(10),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Certain: not one byte of the message left.
    NotSent,
    /// The connection ended after the message had begun to leave.
    Lost,
    /// No answer in time.
    TimedOut,
}

/// One line.
pub(crate) struct Line {
    address: SocketAddr,
    tls: ClientTls,
    merchant: Merchant,
    times: LineTimes,
    clock: Clock,
    store: Store,
    in_flight: InFlight,
    /// Where messages go in, while the session is signed on.
    door: Mutex<Option<mpsc::Sender<Outgoing>>>,
    /// Since when the line is up, or `None`.
    up: watch::Sender<Option<Timestamp>>,
    heard: Mutex<Instant>,
    /// Rung when a message got no answer: is anybody there?
    doubt: Notify,
    network_messages: AtomicU64,
}

impl Line {
    pub(crate) fn new(
        address: SocketAddr,
        tls: ClientTls,
        merchant: Merchant,
        times: LineTimes,
        clock: Clock,
        store: Store,
    ) -> Line {
        Line {
            address,
            tls,
            merchant,
            times,
            clock,
            store,
            in_flight: InFlight::default(),
            door: Mutex::new(None),
            up: watch::Sender::new(None),
            heard: Mutex::new(Instant::now()),
            doubt: Notify::new(),
            network_messages: AtomicU64::new(0),
        }
    }

    /// Since when the bank can be reached; `None` when it cannot.
    pub(crate) fn up_since(&self) -> Option<Timestamp> {
        *self.up.borrow()
    }

    /// How many messages wait for their answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.count()
    }

    /// Tells when the line comes up or goes down.
    pub(crate) fn changes(&self) -> watch::Receiver<Option<Timestamp>> {
        self.up.subscribe()
    }

    /// Sends a message and waits for its answer, matched by type, terminal and trace number.
    pub(crate) async fn exchange(&self, message: Message) -> Result<Message, NoAnswer> {
        let door = self
            .door
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let answer = self
            .exchange_through(&door.ok_or(NoAnswer::NotSent)?, message)
            .await;
        if answer
            .as_ref()
            .is_err_and(|none| *none == NoAnswer::TimedOut)
        {
            self.doubt.notify_one();
        }
        answer
    }

    async fn exchange_through(
        &self,
        door: &mpsc::Sender<Outgoing>,
        message: Message,
    ) -> Result<Message, NoAnswer> {
        let key = Key::awaited_by(&message).ok_or(NoAnswer::NotSent)?;
        let framed = frame::wrap(&message.encode()).map_err(|_| NoAnswer::NotSent)?;
        // The digits go now, not when the answer has come.
        drop(message);
        let mut answer = self.in_flight.enter(&key).ok_or(NoAnswer::NotSent)?;
        let (outgoing, fate) = Outgoing::new(framed);
        if door.try_send(outgoing).is_err() {
            self.in_flight.leave(&key, None);
            return Err(NoAnswer::NotSent);
        }
        match tokio::time::timeout(self.times.answer, &mut answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) if fate.stop() => Err(NoAnswer::NotSent),
            Ok(Err(_)) => Err(NoAnswer::Lost),
            Err(_) if fate.stop() => {
                self.in_flight.leave(&key, None);
                Err(NoAnswer::NotSent)
            }
            Err(_) => {
                self.in_flight.leave(&key, Some(Ended::GivenUp));
                // The answer may have come between the time-out and the line above.
                answer.try_recv().map_err(|_| NoAnswer::TimedOut)
            }
        }
    }

    /// A name for a message that is about no payment.
    fn network_trace(&self) -> Option<Trace> {
        let count = self.network_messages.fetch_add(1, Ordering::Relaxed);
        let transmitted = transmission_time(self.clock.now()).ok()?;
        Some(Trace {
            stan: Stan::nth(count),
            transmitted,
        })
    }

    /// Signs on or echoes; whether the bank said yes.
    async fn network(&self, door: &mpsc::Sender<Outgoing>, code: &str) -> bool {
        let message = self
            .network_trace()
            .and_then(|trace| dialogue::network(&self.merchant, code, trace).ok());
        let Some(message) = message else { return false };
        let answer = self.exchange_through(door, message).await;
        answer.is_ok_and(|answer| dialogue::is_approved(&answer))
    }

    async fn keep_stray(&self, stray: Stray) {
        tracing::warn!(
            mti = stray.mti,
            stan = stray.stan,
            reason = stray.reason,
            "a reply nobody waited for"
        );
        let kept = self.store.write(move |tx| stray::keep(tx, &stray)).await;
        if let Err(fault) = kept {
            tracing::error!(fault = fault.detail(), "it could not be written down");
        }
    }

    fn heard_now(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn quiet_for(&self) -> Duration {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}
