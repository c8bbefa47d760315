//! A line to the bank: one connection over mutual TLS, kept open, shared by all payments.
//!
//! [`Line::keep`] connects, signs on, echoes when it is quiet, renews the session and reconnects with growing, jittered
//! pauses. [`Line::exchange`] sends one message and waits for its answer, and when there is none
//! says whether the message can have left: on that word depends whether money may have moved.
//!
//! There is one for each carrier; [`crate::carriers`] says which of them is asked.

pub(crate) mod history;
mod in_flight;
mod keep;
mod outgoing;
mod session;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cards::iso8583::{Message, Stan, frame};
use link::tls::ClientTls;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use trade::clock::{Clock, Timestamp};
use zeroize::Zeroizing;

use crate::api::Carrier;
use crate::dialogue::{self, Merchant};
use crate::journal::{Trace, stray::Stray, transmission_time};
use crate::strays::Strays;
use history::History;
use in_flight::{Ended, InFlight, Key};
use outgoing::Outgoing;

/// Messages that may wait to be written; beyond, a caller is told that nothing was sent.
const MOST_QUEUED: usize = 4096;

/// How long the line waits for what.
#[derive(Debug, Clone)]
pub struct LineTimes {
    /// For the answer to any message.
    pub answer: Duration,
    /// Without an answer, before another carrier is asked too.
    pub silence: Duration,
    /// Without hearing anything, before an echo is sent.
    pub echo: Duration,
    /// Before the first attempt to reconnect; doubles up to `reconnect_most`, ±50 %.
    pub reconnect_first: Duration,
    /// The longest pause between two attempts.
    pub reconnect_most: Duration,
    /// How old a session grows before another one takes its place, and with it other keys.
    pub renew: Duration,
}

impl Default for LineTimes {
    fn default() -> LineTimes {
        LineTimes {
            answer: Duration::from_secs(8),
            silence: Duration::from_millis(700),
            echo: Duration::from_secs(30),
            reconnect_first: Duration::from_millis(200),
            reconnect_most: Duration::from_secs(10),
            renew: Duration::from_secs(24 * 60 * 60),
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

/// A message as it goes by any line: the key of its answer, and its bytes, wiped when dropped.
#[derive(Clone)]
pub(crate) struct Worded {
    key: Key,
    frame: Zeroizing<Vec<u8>>,
}

impl Worded {
    /// `None` for a message whose answer could not be recognised, or that is too long.
    pub(crate) fn of(message: &Message) -> Option<Worded> {
        Some(Worded {
            key: Key::awaited_by(message)?,
            frame: frame::wrap(&message.encode()).ok()?,
        })
    }
}

/// The way into a session that is signed on.
#[derive(Clone)]
struct Door {
    session: u64,
    queue: mpsc::Sender<Outgoing>,
}

/// One line.
pub(crate) struct Line {
    address: SocketAddr,
    tls: ClientTls,
    merchant: Merchant,
    times: LineTimes,
    clock: Clock,
    /// Where replies go that nobody waits for.
    strays: Arc<Strays>,
    in_flight: InFlight,
    /// Where messages go in, while the session is signed on.
    door: Mutex<Option<Door>>,
    standing: Mutex<Standing>,
    /// How many lines are up, this one among them.
    all_up: watch::Sender<usize>,
    /// Whether it was silent when last asked: others are asked first.
    doubted: AtomicBool,
    counts: Counts,
    history: History,
    heard: Mutex<Instant>,
    /// Rung when a message got no answer: is anybody there?
    doubt: Notify,
    /// Rung when the bank asks for other keys.
    key_change: Notify,
    network_messages: AtomicU64,
    sessions: AtomicU64,
}

/// Whether a line is up, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// The bank can be reached by it since then.
    #[serde(rename = "up_since")]
    Up(Timestamp),
    /// It cannot since then, or since the switch runs without having reached the bank by it.
    #[serde(rename = "down_since")]
    Down(Timestamp),
}

/// What came of the messages that went by a line.
#[derive(Default)]
struct Counts {
    answered: AtomicU64,
    unanswered: AtomicU64,
    /// Between message and answer, microseconds altogether.
    waited_us: AtomicU64,
}

impl Line {
    pub(crate) fn new(
        address: SocketAddr,
        tls: ClientTls,
        merchant: Merchant,
        times: LineTimes,
        clock: Clock,
        strays: Arc<Strays>,
        all_up: watch::Sender<usize>,
    ) -> Line {
        Line {
            address,
            tls,
            merchant,
            times,
            standing: Mutex::new(Standing::Down(clock.now())),
            clock,
            strays,
            in_flight: InFlight::default(),
            door: Mutex::new(None),
            all_up,
            doubted: AtomicBool::new(false),
            counts: Counts::default(),
            history: History::default(),
            heard: Mutex::new(Instant::now()),
            doubt: Notify::new(),
            key_change: Notify::new(),
            network_messages: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
        }
    }

    fn standing(&self) -> Standing {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when the bank can be reached; `None` when it cannot.
    pub(crate) fn up_since(&self) -> Option<Timestamp> {
        match self.standing() {
            Standing::Up(since) => Some(since),
            Standing::Down(_) => None,
        }
    }

    /// Says that the line is up, or down, from now on.
    fn set_up(&self, up: bool) {
        let now = self.clock.now();
        {
            let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(*standing, Standing::Up(_)) == up {
                return;
            }
            *standing = if up {
                Standing::Up(now)
            } else {
                Standing::Down(now)
            };
        }
        self.all_up.send_modify(|lines| match up {
            true => *lines += 1,
            false => *lines -= 1,
        });
    }

    /// Another carrier brought the answer that this one was asked for first.
    pub(crate) fn was_overtaken(&self) {
        self.counts.unanswered.fetch_add(1, Ordering::Relaxed);
        self.history.note_overtaken(self.clock.now());
    }

    /// It was silent: others go first until it is heard again, and it is asked whether it is there.
    pub(crate) fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
        self.doubt.notify_one();
    }

    pub(crate) fn is_doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed)
    }

    /// How it is, for an operator.
    pub(crate) fn report(&self) -> Carrier {
        let answered = self.counts.answered.load(Ordering::Relaxed);
        let waited_us = self.counts.waited_us.load(Ordering::Relaxed);
        Carrier {
            address: self.address,
            standing: self.standing(),
            doubted: self.is_doubted(),
            in_flight: self.in_flight(),
            answered,
            unanswered: self.counts.unanswered.load(Ordering::Relaxed),
            mean_answer_us: waited_us.checked_div(answered).unwrap_or_default(),
            minutes: self.history.of_the_hour(self.clock.now()),
        }
    }

    /// How many messages wait for their answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.count()
    }

    /// Sends a message and waits for its answer, matched by type, terminal and trace number. Dropped meanwhile, it is
    /// answered elsewhere.
    pub(crate) async fn exchange(&self, worded: Worded) -> Result<Message, NoAnswer> {
        let begun = Instant::now();
        let Worded { key, frame } = worded;
        let (waiting, queue) = self.enter(key)?;
        let answer = waiting.exchange(&queue, frame).await;
        let came = answer.as_ref().map(|_| begun.elapsed());
        self.history
            .note(self.clock.now(), came.map_err(|none| *none));
        match &answer {
            Ok(_) => {
                let waited = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.counts.waited_us.fetch_add(waited, Ordering::Relaxed);
                self.counts.answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(NoAnswer::NotSent) => {}
            Err(NoAnswer::Lost) => drop(self.counts.unanswered.fetch_add(1, Ordering::Relaxed)),
            Err(NoAnswer::TimedOut) => {
                self.counts.unanswered.fetch_add(1, Ordering::Relaxed);
                self.doubt();
            }
        }
        answer
    }

    /// Begins to wait for an answer by the session that is signed on. Under the door's lock, so that a session that was
    /// replaced knows all whom it still has to wait for.
    fn enter(&self, key: Key) -> Result<(Waiting<'_>, mpsc::Sender<Outgoing>), NoAnswer> {
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        let door = door.as_ref().ok_or(NoAnswer::NotSent)?;
        Ok((self.wait_by(door, key)?, door.queue.clone()))
    }

    fn wait_by(&self, door: &Door, key: Key) -> Result<Waiting<'_>, NoAnswer> {
        let answer = self.in_flight.enter(&key, door.session);
        let answer = answer.ok_or(NoAnswer::NotSent)?;
        Ok(Waiting {
            line: self,
            key,
            answer,
        })
    }

    fn set_door(&self, door: Option<Door>) {
        *self.door.lock().unwrap_or_else(PoisonError::into_inner) = door;
    }

    fn next_session(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed)
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

    /// Signs on or off, echoes, or announces other keys; whether the bank said yes.
    async fn network(&self, door: &Door, code: &str) -> bool {
        let message = self
            .network_trace()
            .and_then(|trace| dialogue::network(&self.merchant, code, trace).ok());
        let Some(message) = message else { return false };
        let Some(Worded { key, frame }) = Worded::of(&message) else {
            return false;
        };
        let Ok(waiting) = self.wait_by(door, key) else {
            return false;
        };
        let answer = waiting.exchange(&door.queue, frame).await;
        answer.is_ok_and(|answer| dialogue::is_approved(&answer))
    }

    fn keep_stray(&self, stray: Stray) {
        self.strays.hand_in(Stray {
            carrier: Some(self.address),
            ..stray
        });
    }

    fn heard_now(&self) {
        self.doubted.store(false, Ordering::Relaxed);
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn quiet_for(&self) -> Duration {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}

/// Somebody who waits for an answer; whoever stops waiting leaves word why, for a reply that comes too late.
struct Waiting<'l> {
    line: &'l Line,
    key: Key,
    answer: oneshot::Receiver<Message>,
}

impl Waiting<'_> {
    /// Sends the message and waits.
    async fn exchange(
        mut self,
        queue: &mpsc::Sender<Outgoing>,
        frame: Zeroizing<Vec<u8>>,
    ) -> Result<Message, NoAnswer> {
        let (outgoing, fate) = Outgoing::new(frame);
        if queue.try_send(outgoing).is_err() {
            return Err(NoAnswer::NotSent);
        }
        match tokio::time::timeout(self.line.times.answer, &mut self.answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) if fate.stop() => Err(NoAnswer::NotSent),
            Ok(Err(_)) => Err(NoAnswer::Lost),
            Err(_) if fate.stop() => Err(NoAnswer::NotSent),
            Err(_) => {
                self.line.in_flight.leave(&self.key, Some(Ended::GivenUp));
                // The answer may have come between the time-out and the line above.
                self.answer.try_recv().map_err(|_| NoAnswer::TimedOut)
            }
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Nothing, when it was answered, given up or lost before.
        self.line.in_flight.leave(&self.key, Some(Ended::Elsewhere));
    }
}
