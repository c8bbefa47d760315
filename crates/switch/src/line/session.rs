//! The life of the connection: connect, sign on, converse, echo, and begin again.

use std::io;
use std::time::Duration;

use cards::iso8583::{ASCII_1987, Message, View, frame};
use link::tls::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::outgoing::Outgoing;
use super::{Line, MOST_QUEUED};
use crate::dialogue::{ECHO, SIGN_ON};
use crate::journal::stray::Stray;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

impl Line {
    /// Keeps the line up until the future is dropped.
    pub(crate) async fn keep(&self) {
        let mut pause = self.times.reconnect_first;
        loop {
            match self.tls.connect(self.address, CONNECT).await {
                Ok(stream) => {
                    let (was_up, ended) = self.session(stream).await;
                    tracing::warn!(was_up, carrier = %self.address, %ended, "a line to the bank ended");
                    if was_up {
                        pause = self.times.reconnect_first;
                    }
                }
                Err(fault) => {
                    tracing::warn!(%fault, carrier = %self.address, "the bank cannot be reached");
                }
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = pause.saturating_mul(2).min(self.times.reconnect_most);
        }
    }

    /// One connection from sign-on to its end; whether it was ever up, and why it ended.
    async fn session(&self, stream: Stream) -> (bool, io::Error) {
        let (reader, writer) = tokio::io::split(stream);
        let (door, queue) = mpsc::channel(MOST_QUEUED);
        let ended = tokio::select! {
            ended = self.read(reader, &door) => ended,
            ended = write(writer, queue) => ended,
            ended = self.stay_signed_on(&door) => ended,
        };
        // Here the queue is gone, so that every message in it is either leaving or never will be;
        // only now may those who wait be told that nobody will answer.
        self.set_door(None);
        let was_up = self.set_up(None).is_some();
        self.in_flight.lose_all();
        (was_up, ended)
    }

    async fn stay_signed_on(&self, door: &mpsc::Sender<Outgoing>) -> io::Error {
        if !self.network(door, SIGN_ON).await {
            return io::Error::other("the bank did not accept the sign-on");
        }
        self.set_door(Some(door.clone()));
        self.set_up(Some(self.clock.now()));
        tracing::info!(carrier = %self.address, "a line to the bank is up");
        loop {
            let quiet = self.quiet_for();
            tokio::select! {
                () = tokio::time::sleep(self.times.echo.saturating_sub(quiet)) => {
                    if self.quiet_for() < self.times.echo {
                        continue;
                    }
                }
                () = self.doubt.notified() => {}
            }
            if !self.network(door, ECHO).await {
                return io::Error::other("the bank does not answer an echo");
            }
        }
    }

    fn set_door(&self, door: Option<mpsc::Sender<Outgoing>>) {
        *self
            .door
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = door;
    }

    async fn read(&self, mut reader: ReadHalf<Stream>, door: &mpsc::Sender<Outgoing>) -> io::Error {
        loop {
            match read_frame(&mut reader).await {
                Ok(bytes) => {
                    self.heard_now();
                    self.take(&bytes, door).await;
                }
                Err(error) => return error,
            }
        }
    }

    /// One message from the bank, to whoever waits for it.
    async fn take(&self, bytes: &[u8], door: &mpsc::Sender<Outgoing>) {
        let now = self.clock.now();
        let view = match View::parse(&ASCII_1987, bytes) {
            Ok(view) => view,
            Err(error) => {
                let reason = format!("it cannot be read: {error}");
                return self.keep_stray(Stray::unreadable(reason, now)).await;
            }
        };
        // Read a second time: the copy is for the one who waits, and it is theirs to keep.
        let Ok(message) = Message::parse(&ASCII_1987, bytes) else {
            return;
        };
        if view.mti().is_request() {
            return self.answer_bank(&view, &message, door).await;
        }
        if let Err(reason) = self.in_flight.deliver(&view, message) {
            self.keep_stray(Stray::of(&view, reason, now)).await;
        }
    }

    /// Banks echo too; anything else they ask is written down and left.
    async fn answer_bank(&self, view: &View<'_>, asked: &Message, door: &mpsc::Sender<Outgoing>) {
        if asked.mti() != cards::iso8583::Mti::NETWORK {
            let stray = Stray::of(
                view,
                "it is a request, and this side answers none",
                self.clock.now(),
            );
            return self.keep_stray(stray).await;
        }
        let framed = asked
            .answer("00")
            .ok()
            .and_then(|answer| frame::wrap(&answer.encode()).ok());
        if let Some(framed) = framed {
            // A full queue is a reason to be slow in answering an echo, not to wait here.
            let _ = door.try_send(Outgoing::new(framed).0);
        }
    }
}

async fn write(mut writer: WriteHalf<Stream>, mut queue: mpsc::Receiver<Outgoing>) -> io::Error {
    while let Some(outgoing) = queue.recv().await {
        let Some(framed) = outgoing.leave() else {
            continue;
        };
        let written = match writer.write_all(&framed).await {
            Ok(()) => writer.flush().await,
            failed => failed,
        };
        if let Err(error) = written {
            return error;
        }
    }
    io::Error::other("nobody can send any more")
}

async fn read_frame(reader: &mut ReadHalf<Stream>) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut header = [0; frame::HEADER_BYTES];
    reader.read_exact(&mut header).await?;
    let length = frame::length(header).map_err(io::Error::other)?;
    let mut message = Zeroizing::new(vec![0; length]);
    reader.read_exact(&mut message).await?;
    Ok(message)
}

/// Between half and one and a half of the pause, so that many switches do not return at once.
fn jittered(pause: Duration) -> Duration {
    let share = getrandom::u32().unwrap_or(u32::MAX / 2);
    pause.mul_f64(0.5 + f64::from(share) / f64::from(u32::MAX))
}
