//! Files from the bank and the switch, as they are handed in: account statements, clearing batches, answers to batches.
//!
//! Which one it is, the file says. What cannot be believed is refused whole, and kept in mind as a break until the right
//! one comes. Fetching files is not done here.

use banking::{
    clearing::{Acknowledgement, Batch},
    iban::Iban,
    statement::{AccountId, Message, Statement},
};
use sha2::{Digest, Sha256};
use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    limits,
};

use super::{batch, statement};
use crate::staff::audit;

const BATCH: &[u8] = b"H|bouquin-clearing|";
const ANSWER: &[u8] = b"H|bouquin-acknowledgement|";
/// Characters that are kept of a file's name, and of what is wrong with it.
const KEPT_CHARS: usize = 200;

storage::statements! {
    REFUSED = "INSERT INTO bank_files_refused (digest, name, about, reason, staff, at_us) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (digest) DO NOTHING";
}

/// A file that somebody hands in.
#[derive(Clone, Debug)]
pub struct HandedIn {
    /// Its name on her disk.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Her login.
    pub staff: String,
}

/// What was read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRead {
    /// Statements: so many that were new, so many movements in those, so many known before.
    Statements {
        /// New ones.
        new: usize,
        /// Movements in the new ones.
        entries: usize,
        /// Those that had been read before.
        known: usize,
    },
    /// A clearing batch.
    Batch {
        /// Its number.
        sequence: u32,
        /// Whether it had been read before.
        known: bool,
    },
    /// The bank's answer to a batch.
    Answer {
        /// The batch's number.
        sequence: u32,
        /// Whether it had been read before.
        known: bool,
    },
}

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
pub enum FileRefusal {
    /// More bytes than are read.
    #[error("the file is larger than {} MB", limits::BANK_UPLOAD_BYTES >> 20)]
    TooLarge,
    /// It is damaged, or no such file; the place and the reason.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// Another file with the same number was read before.
    #[error("another file was read as {0}")]
    Another(String),
    /// It is about an account that is not the shop's.
    #[error("the statement is about another account")]
    OtherAccount,
    /// The batch is another merchant's.
    #[error("the batch is another merchant's")]
    OtherMerchant,
    /// The batch that it answers was not read, or is another one.
    #[error("the batch {0} that this answers was not read")]
    NoSuchBatch(u32),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A file that was read, before anything of it is kept.
enum Content {
    Statements(Vec<Statement>),
    Batch(Batch),
    Answer(Acknowledgement),
}

/// Reads a file and keeps what it says; the whole of it, or nothing. `account` is the shop's own, when it is known.
///
/// # Errors
/// [`FileRefusal`]; nothing was kept then.
pub async fn read_file(
    store: &Store,
    clock: &Clock,
    file: HandedIn,
    account: Option<&Iban>,
) -> Result<FileRead, FileRefusal> {
    if file.bytes.len() > limits::BANK_UPLOAD_BYTES {
        return Err(FileRefusal::TooLarge);
    }
    let (now, account) = (clock.now(), account.cloned());
    let (file, content) = tokio::task::spawn_blocking(move || {
        let content = content(&file.bytes);
        (file, content)
    })
    .await
    .map_err(|error| Fault::defect(error.to_string()))?;
    let content = match content {
        Ok(content) => content,
        Err(reason) => {
            let told = reason.clone();
            store
                .write(move |tx| refuse(tx, &file, &reason, now))
                .await?;
            return Err(FileRefusal::Unreadable(told));
        }
    };
    let digest = (file.name.clone(), file.staff.clone(), digest(&file.bytes));
    let kept = store
        .write(move |tx| keep(tx, &file, &content, account.as_ref(), now))
        .await;
    if let Err(FileRefusal::Another(about)) = &kept {
        let about = about.clone();
        store
            .write(move |tx| note(tx, &digest, Some(&about), "another", now))
            .await?;
    }
    kept
}

fn content(bytes: &[u8]) -> Result<Content, String> {
    if bytes.starts_with(BATCH) {
        return Batch::read(bytes)
            .map(Content::Batch)
            .map_err(|error| error.to_string());
    }
    if bytes.starts_with(ANSWER) {
        let read = Acknowledgement::read(bytes);
        return read.map(Content::Answer).map_err(|error| error.to_string());
    }
    match Message::read(bytes) {
        Ok(message) => Ok(Content::Statements(message.statements)),
        Err(error) => Err(error.to_string()),
    }
}

fn keep(
    tx: &mut dyn Tx,
    file: &HandedIn,
    content: &Content,
    account: Option<&Iban>,
    now: Timestamp,
) -> Result<FileRead, FileRefusal> {
    let read = match content {
        Content::Statements(statements) => keep_statements(tx, file, statements, account, now)?,
        Content::Batch(batch) => {
            let sequence = batch.header().sequence.get();
            let handed = batch::read(tx, batch, &file.staff, now)?;
            FileRead::Batch {
                sequence,
                known: is_known(handed, sequence)?,
            }
        }
        Content::Answer(answer) => {
            let sequence = answer.batch.sequence.get();
            let handed = batch::answered(tx, answer)?;
            FileRead::Answer {
                sequence,
                known: is_known(handed, sequence)?,
            }
        }
    };
    audit::record(tx, &file.staff, "bank.read", &short(&file.name), None, now)?;
    Ok(read)
}

fn is_known(handed: batch::Handed, sequence: u32) -> Result<bool, FileRefusal> {
    match handed {
        batch::Handed::Read => Ok(false),
        batch::Handed::Known => Ok(true),
        batch::Handed::Another => Err(FileRefusal::Another(sequence.to_string())),
        batch::Handed::OtherMerchant => Err(FileRefusal::OtherMerchant),
        batch::Handed::NoSuchBatch => Err(FileRefusal::NoSuchBatch(sequence)),
    }
}

fn keep_statements(
    tx: &mut dyn Tx,
    file: &HandedIn,
    statements: &[Statement],
    account: Option<&Iban>,
    now: Timestamp,
) -> Result<FileRead, FileRefusal> {
    let is_ours = |statement: &Statement| match (account, &statement.account) {
        (None, _) => true,
        (Some(ours), AccountId::Iban(iban)) => iban == ours,
        (Some(_), AccountId::Other(_)) => false,
    };
    if !statements.iter().all(is_ours) {
        return Err(FileRefusal::OtherAccount);
    }
    let (mut new, mut entries, mut known) = (0, 0, 0);
    for one in statements {
        match statement::read(tx, one, &file.staff, now)? {
            statement::Handed::Read(count) => {
                new += 1;
                entries += count;
            }
            statement::Handed::Known => known += 1,
            statement::Handed::Another => {
                return Err(FileRefusal::Another(statement::name(one)));
            }
        }
    }
    Ok(FileRead::Statements {
        new,
        entries,
        known,
    })
}

/// Keeps in mind that a file could not be read.
fn refuse(tx: &mut dyn Tx, file: &HandedIn, reason: &str, now: Timestamp) -> Result<(), Fault> {
    let of = (file.name.clone(), file.staff.clone(), digest(&file.bytes));
    note(tx, &of, batch_of(&file.bytes).as_deref(), reason, now)
}

fn note(
    tx: &mut dyn Tx,
    (name, staff, digest): &(String, String, String),
    about: Option<&str>,
    reason: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        digest.as_str().into(),
        short(name).into(),
        about.into(),
        short(reason).into(),
        staff.as_str().into(),
        now.as_micros().into(),
    ];
    tx.execute(&REFUSED, &params).map(drop)
}

/// The number of the batch that a damaged file was, if that can be seen.
fn batch_of(bytes: &[u8]) -> Option<String> {
    let rest = bytes.strip_prefix(BATCH)?;
    let sequence = rest.split(|byte| *byte == b'|').nth(2)?;
    let sequence: u32 = std::str::from_utf8(sequence).ok()?.parse().ok()?;
    Some(sequence.to_string())
}

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn short(text: &str) -> String {
    let kept = text.chars().filter(|symbol| !symbol.is_control());
    kept.take(KEPT_CHARS).collect()
}
