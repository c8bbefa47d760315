//! Sessions: the connections of the switch. Reads frames, lets each message be answered on its own
//! time, writes the answers as they come, and asks for other keys when the bank's operator wants them.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cards::iso8583::{ASCII_1987, Field, FieldError, Message, Mti, frame};
use link::tls::{ServerTls, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::desk::Desk;
use crate::trouble::Trouble;

/// Connections at once: the switch has one, a reconnecting one may have two.
const MAX_SESSIONS: usize = 64;

/// Messages of one connection in work at once; more wait unread.
const MAX_IN_WORK: usize = 1024;

/// Network management code: other keys, please.
pub(crate) const KEY_CHANGE: &str = "161";

/// Issuer or switch inoperative: nobody has signed on.
const NOT_SIGNED_ON: &str = "91";

/// How long an answer that comes out of order waits for the next one.
const REORDERED: Duration = Duration::from_millis(200);

/// What a session writes.
enum Said {
    Answer(Message),
    /// After the next one.
    Later(Message),
    /// Something that is no message.
    Garbage,
    /// Nothing more: the connection ends.
    HangUp,
}

/// Accepts connections until the future is dropped, and they end with it.
pub(crate) async fn accept(door: TcpListener, tls: ServerTls, desk: Arc<Desk>) {
    let mut sessions = JoinSet::new();
    loop {
        while sessions.len() >= MAX_SESSIONS {
            sessions.join_next().await;
        }
        while sessions.try_join_next().is_some() {}
        match door.accept().await {
            Ok((tcp, _)) => {
                sessions.spawn(session(tcp, tls.clone(), Arc::clone(&desk)));
            }
            Err(error) => {
                // Out of descriptors, most likely: others will close some.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn session(tcp: TcpStream, tls: ServerTls, desk: Arc<Desk>) {
    let (stream, peer) = match tls.accept(tcp).await {
        Ok(accepted) => accepted,
        Err(fault) => return tracing::warn!(%fault, "a connection was refused"),
    };
    tracing::info!(peer = peer.name(), "a session begins");
    let (reader, writer) = tokio::io::split(stream);
    let (answers, outgoing) = mpsc::channel(MAX_IN_WORK);
    let terminal = OnceLock::new();
    let ended = tokio::select! {
        ended = converse(reader, answers.clone(), Arc::clone(&desk), &terminal) => ended,
        ended = ask_for_keys(answers, desk, &terminal) => ended,
        ended = write_answers(writer, outgoing) => ended,
    };
    match ended {
        Ok(()) => tracing::info!("a session ended"),
        Err(error) => tracing::info!(%error, "a session broke"),
    }
}

async fn converse(
    mut reader: ReadHalf<Stream>,
    answers: mpsc::Sender<Said>,
    desk: Arc<Desk>,
    terminal: &OnceLock<String>,
) -> io::Result<()> {
    let mut in_work = JoinSet::new();
    let mut signed_on = false;
    while let Some(bytes) = read_frame(&mut reader).await? {
        let message = match Message::parse(&ASCII_1987, &bytes) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(%error, "a message cannot be read");
                continue;
            }
        };
        if !message.mti().is_request() {
            tracing::info!(answer = ?message, "the switch answers");
            continue;
        }
        let immediate = match message.mti() {
            Mti::NETWORK => Some(network(&message, &mut signed_on, terminal)),
            _ if !signed_on => Some(message.answer(NOT_SIGNED_ON)),
            _ => None,
        };
        while in_work.len() >= MAX_IN_WORK {
            in_work.join_next().await;
        }
        while in_work.try_join_next().is_some() {}
        let (answers, desk) = (answers.clone(), Arc::clone(&desk));
        in_work.spawn(async move {
            let said = match immediate {
                Some(answer) => answer.map(|answer| vec![Said::Answer(answer)]),
                None => answer(&desk, &message).await,
            };
            match said {
                Ok(said) => {
                    for said in said {
                        // A session that has ended hears no answer.
                        let _ = answers.send(said).await;
                    }
                }
                Err(error) => tracing::error!(%error, "an answer cannot be worded"),
            }
        });
    }
    Ok(())
}

/// What is said to a message about a payment, and what goes wrong with it.
async fn answer(desk: &Desk, message: &Message) -> Result<Vec<Said>, FieldError> {
    let trouble = desk.troubles.next();
    if trouble == Trouble::DropBefore {
        return Ok(vec![Said::HangUp]);
    }
    if let Some(code) = trouble.instead() {
        return Ok(vec![Said::Answer(message.answer(code)?)]);
    }
    let Some(mut answer) = desk.answer(message).await? else {
        return Ok(Vec::new());
    };
    if trouble == Trouble::BrokenCode {
        break_code(&mut answer)?;
    }
    tokio::time::sleep(trouble.delay()).await;
    Ok(match trouble {
        Trouble::Nothing
        | Trouble::Late(_)
        | Trouble::InProgress
        | Trouble::Duplicate
        | Trouble::Unheard
        | Trouble::BrokenCode => vec![Said::Answer(answer)],
        Trouble::Silence => Vec::new(),
        Trouble::Twice => {
            let again = Message::parse(&ASCII_1987, &answer.encode()).ok();
            let again = again.map(Said::Answer);
            [Said::Answer(answer)].into_iter().chain(again).collect()
        }
        Trouble::Reordered => vec![Said::Later(answer)],
        Trouble::Garbage => vec![Said::Garbage],
        Trouble::DropBefore | Trouble::DropAfter => vec![Said::HangUp],
    })
}

/// A gap in the approval code, where the answer has one: its field allows that, and no clearing file does.
fn break_code(answer: &mut Message) -> Result<(), FieldError> {
    let code = answer.get(Field::APPROVAL_CODE);
    let broken = code.map(|code| {
        let characters = code.char_indices();
        characters
            .map(|(at, c)| if at == 1 { ' ' } else { c })
            .collect::<String>()
    });
    match broken {
        Some(broken) => answer.set(Field::APPROVAL_CODE, &broken),
        None => Ok(()),
    }
}

/// Sign-on, sign-off, echo, and the word that another session, with other keys, is about to begin.
fn network(
    message: &Message,
    signed_on: &mut bool,
    terminal: &OnceLock<String>,
) -> Result<Message, FieldError> {
    match message.get(Field::NETWORK_CODE) {
        Some("001") => {
            *signed_on = true;
            let name = message.get(Field::TERMINAL).unwrap_or_default();
            // Another sign-on of the same session is of the same terminal.
            let _ = terminal.set(name.to_owned());
        }
        Some("002") => *signed_on = false,
        Some(KEY_CHANGE) => tracing::info!("the switch is about to change its keys"),
        Some("301") => {}
        _ => return message.answer("40"),
    }
    message.answer("00")
}

/// Tells the switch of a session that is signed on whenever other keys are wanted.
async fn ask_for_keys(
    answers: mpsc::Sender<Said>,
    desk: Arc<Desk>,
    terminal: &OnceLock<String>,
) -> io::Result<()> {
    let mut wanted = desk.key_changes.subscribe();
    loop {
        if wanted.changed().await.is_err() {
            return std::future::pending().await;
        }
        if let Some(terminal) = terminal.get() {
            let asked = desk.key_change(terminal).map_err(io::Error::other)?;
            let asked = answers.send(Said::Answer(asked)).await;
            asked.map_err(|_| io::Error::other("nobody writes any more"))?;
        }
    }
}

async fn write_answers(
    mut writer: WriteHalf<Stream>,
    mut outgoing: mpsc::Receiver<Said>,
) -> io::Result<()> {
    let mut later = Vec::new();
    loop {
        let said = if later.is_empty() {
            outgoing.recv().await
        } else {
            let next = tokio::time::timeout(REORDERED, outgoing.recv()).await;
            next.unwrap_or_else(|_| later.pop().map(Said::Answer))
        };
        match said {
            Some(Said::Answer(answer)) => {
                write(&mut writer, &answer.encode()).await?;
                for answer in later.drain(..) {
                    write(&mut writer, &answer.encode()).await?;
                }
            }
            Some(Said::Later(answer)) => later.push(answer),
            Some(Said::Garbage) => write(&mut writer, b"?!").await?,
            Some(Said::HangUp) => return Err(io::Error::other("it was asked to end")),
            None => return Ok(()),
        }
    }
}

async fn write(writer: &mut WriteHalf<Stream>, message: &[u8]) -> io::Result<()> {
    let framed = frame::wrap(message).map_err(io::Error::other)?;
    writer.write_all(&framed).await?;
    writer.flush().await
}

/// The next message's bytes; `None` when the other side has closed between two messages.
async fn read_frame(reader: &mut ReadHalf<Stream>) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut header = [0; frame::HEADER_BYTES];
    match reader.read_exact(&mut header).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = frame::length(header).map_err(io::Error::other)?;
    let mut message = Zeroizing::new(vec![0; length]);
    reader.read_exact(&mut message).await?;
    Ok(Some(message))
}
