//! One connection to the bank: from the handshake over the sign-on to the sign-off, or to whatever ends it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cards::iso8583::{ASCII_1987, Field, Message, Mti, View, frame};
use link::tls::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::outgoing::Outgoing;
use super::{Door, Line, MOST_QUEUED};
use crate::dialogue::{ECHO, KEY_CHANGE, SIGN_OFF, SIGN_ON};
use crate::journal::stray::{Stray, StrayKind};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How often a session that leaves looks whether all its messages have been answered.
const LOOK: Duration = Duration::from_millis(10);

/// A connection that is signed on.
pub(super) struct Session {
    pub(super) door: Door,
    pub(super) begun: Instant,
    /// How often the certificate had been renewed when it was made.
    pub(super) renewals: u64,
    /// Reads, writes and echoes; the first to end ends it.
    tasks: JoinSet<io::Error>,
}

impl Session {
    /// Why it ended.
    pub(super) async fn ended(&mut self) -> io::Error {
        match self.tasks.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(_)) | None => io::Error::other("it was stopped"),
        }
    }

    /// Ends it, if it has not ended: those who wait for an answer on it are told that none will come.
    pub(super) async fn close(mut self, line: &Line) {
        self.tasks.shutdown().await;
        // Here its queue is gone, so that every message in it is either leaving or never will be; only now may those who
        // wait be told.
        line.in_flight.lose(self.door.session);
    }
}

impl Line {
    /// Connects and signs on.
    pub(super) async fn open(self: &Arc<Self>) -> io::Result<Session> {
        let renewals = self.tls.renewals();
        let stream = self.tls.connect(self.address, CONNECT).await;
        let (reader, writer) = tokio::io::split(stream.map_err(io::Error::other)?);
        let (queue, leaving) = mpsc::channel(MOST_QUEUED);
        let door = Door {
            session: self.next_session(),
            queue,
        };
        let mut tasks = JoinSet::new();
        let (reading, answers) = (Arc::clone(self), door.queue.clone());
        tasks.spawn(async move { reading.read(reader, answers).await });
        tasks.spawn(write(writer, leaving));
        let mut session = Session {
            door,
            begun: Instant::now(),
            renewals,
            tasks,
        };
        let accepted = tokio::select! {
            accepted = self.network(&session.door, SIGN_ON) => accepted,
            Some(Ok(ended)) = session.tasks.join_next() => {
                session.close(self).await;
                return Err(ended);
            }
        };
        if !accepted {
            session.close(self).await;
            return Err(io::Error::other("the bank did not accept the sign-on"));
        }
        let (echoing, door) = (Arc::clone(self), session.door.clone());
        session
            .tasks
            .spawn(async move { echoing.echo(&door).await });
        Ok(session)
    }

    /// Lets an old session go: its messages are answered first, as far as the bank answers, then it signs off.
    pub(super) async fn take_leave(self: Arc<Self>, mut session: Session) {
        let door = session.door.clone();
        let signed_off = tokio::select! {
            _ = session.ended() => false,
            signed_off = self.sign_off(&door) => signed_off,
        };
        tracing::info!(signed_off, carrier = %self.address, "an old session to the bank is closed");
        session.close(&self).await;
    }

    async fn sign_off(&self, door: &Door) -> bool {
        let gone = Instant::now() + self.times.answer;
        while self.in_flight.count_of(door.session) > 0 && Instant::now() < gone {
            tokio::time::sleep(LOOK).await;
        }
        self.network(door, SIGN_OFF).await
    }

    /// Asks whether the bank is there, when it is quiet or doubted; ends when it is not.
    async fn echo(&self, door: &Door) -> io::Error {
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

    async fn read(
        &self,
        mut reader: ReadHalf<Stream>,
        answers: mpsc::Sender<Outgoing>,
    ) -> io::Error {
        loop {
            match read_frame(&mut reader).await {
                Ok(bytes) => {
                    self.heard_now();
                    self.take(&bytes, &answers);
                }
                Err(error) => return error,
            }
        }
    }

    /// One message from the bank, to whoever waits for it.
    fn take(&self, bytes: &[u8], answers: &mpsc::Sender<Outgoing>) {
        let now = self.clock.now();
        let view = match View::parse(&ASCII_1987, bytes) {
            Ok(view) => view,
            Err(error) => return self.keep_stray(Stray::unreadable(&error, now)),
        };
        // Read a second time: the copy is for the one who waits, and it is theirs to keep.
        let Ok(message) = Message::parse(&ASCII_1987, bytes) else {
            return;
        };
        if view.mti().is_request() {
            return self.answer_bank(&view, &message, answers);
        }
        if let Err(kind) = self.in_flight.deliver(&view, message) {
            self.keep_stray(Stray::of(&view, kind, now));
        }
    }

    /// Banks echo too, and ask for other keys; anything else they ask is written down and left.
    fn answer_bank(&self, view: &View<'_>, asked: &Message, answers: &mpsc::Sender<Outgoing>) {
        if asked.mti() != Mti::NETWORK {
            let stray = Stray::of(view, StrayKind::Request, self.clock.now());
            return self.keep_stray(stray);
        }
        if asked.get(Field::NETWORK_CODE) == Some(KEY_CHANGE) {
            tracing::info!(carrier = %self.address, "the bank asks for other keys");
            self.key_change.notify_one();
        }
        let framed = asked
            .answer("00")
            .ok()
            .and_then(|answer| frame::wrap(&answer.encode()).ok());
        if let Some(framed) = framed {
            // A full queue is a reason to be slow in answering an echo, not to wait here.
            let _ = answers.try_send(Outgoing::new(framed).0);
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
