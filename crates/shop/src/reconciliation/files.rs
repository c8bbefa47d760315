//! Files from the bank and the switch, as they are handed in or fetched: account statements, clearing batches, answers to
//! batches.
//!
//! Which one it is, the file says. What cannot be believed is refused whole, and kept in mind as a break until the right
//! one comes. Fetching files is [`super::fetching`]'s.

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
/// The reason of a file whose number another one has.
const ANOTHER: &str = "another";
/// The reasons of refused files that are codes; others say where the file is wrong, in the terms of its format.
pub const REFUSED: [&str; 5] = [
    ANOTHER,
    TOO_LARGE,
    OTHER_ACCOUNT,
    OTHER_MERCHANT,
    NO_SUCH_BATCH,
];
const TOO_LARGE: &str = "too_large";
const OTHER_ACCOUNT: &str = "other_account";
const OTHER_MERCHANT: &str = "other_merchant";
const NO_SUCH_BATCH: &str = "no_such_batch";
/// Characters that are kept of a file's name, and of what is wrong with it.
const KEPT_CHARS: usize = 200;

storage::statements! {
    REFUSE = "INSERT INTO bank_files_refused (digest, name, about, reason, staff, at_us) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (digest) DO UPDATE SET about = COALESCE(bank_files_refused.about, $3)";
}

/// A file that somebody hands in, or that the shop fetched.
#[derive(Clone, Debug)]
pub struct HandedIn {
    /// Its name on her disk, or in the folder; what it is, when it was asked for.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Her login; empty when the shop fetched it.
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
    let (read, _) = read(store, clock.now(), file, account).await?;
    read
}

/// Reads a file that nobody handed in, so that nobody is told: whatever it is refused for becomes a break. `asked` is what
/// the shop asked for.
pub(super) async fn read_fetched(
    store: &Store,
    clock: &Clock,
    file: HandedIn,
    asked: Option<Asked>,
    account: Option<&Iban>,
) -> Result<FileRead, FileRefusal> {
    let now = clock.now();
    let (read, refused) = read(store, now, file, account).await?;
    let reason = match &read {
        // Another file under a known number is noted under that number.
        Ok(_) | Err(FileRefusal::Fault(_) | FileRefusal::Another(_)) => None,
        Err(FileRefusal::Unreadable(reason)) => Some(reason.as_str()),
        Err(FileRefusal::TooLarge) => Some(TOO_LARGE),
        Err(FileRefusal::OtherAccount) => Some(OTHER_ACCOUNT),
        Err(FileRefusal::OtherMerchant) => Some(OTHER_MERCHANT),
        Err(FileRefusal::NoSuchBatch(_)) => Some(NO_SUCH_BATCH),
    };
    if let Some(reason) = reason {
        let about = asked.map(Asked::about);
        refused.note(store, about, reason, now).await?;
    }
    read
}

/// Reads a file, and says by what it is kept in mind if it is refused; damage and another file under a known number are
/// noted already.
async fn read(
    store: &Store,
    now: Timestamp,
    file: HandedIn,
    account: Option<&Iban>,
) -> Result<(Result<FileRead, FileRefusal>, Refused), Fault> {
    let looked_at = tokio::task::spawn_blocking(move || {
        let (content, refused) = (content(&file.bytes), Refused::of(&file));
        (file, content, refused)
    });
    let (file, content, refused) = looked_at
        .await
        .map_err(|error| Fault::defect(error.to_string()))?;
    let content = match content {
        Ok(content) => content,
        Err(refusal) => {
            if let FileRefusal::Unreadable(reason) = &refusal {
                let about = batch_of(&file.bytes);
                refused.note(store, about, reason, now).await?;
            }
            return Ok((Err(refusal), refused));
        }
    };
    let account = account.cloned();
    let kept = store
        .write(move |tx| keep(tx, &file, &content, account.as_ref(), now))
        .await;
    if let Err(FileRefusal::Another(about)) = &kept {
        let about = Some(about.clone());
        refused.note(store, about, ANOTHER, now).await?;
    }
    Ok((kept, refused))
}

/// A file that is asked for by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A clearing batch.
    Batch(u32),
    /// The bank's answer to one.
    Answer(u32),
    /// A statement.
    Statement(u32),
}

impl Asked {
    /// What it is called where it is told of.
    pub fn name(self) -> &'static str {
        match self {
            Asked::Batch(_) => "clearing",
            Asked::Answer(_) => "acknowledgement",
            Asked::Statement(_) => "camt.053",
        }
    }

    /// What a refused one was to be: its break is over when that has been read.
    fn about(self) -> String {
        match self {
            Asked::Batch(number) => number.to_string(),
            Asked::Answer(number) | Asked::Statement(number) => {
                format!("{} {number}", self.name())
            }
        }
    }
}

fn content(bytes: &[u8]) -> Result<Content, FileRefusal> {
    if bytes.len() > limits::BANK_UPLOAD_BYTES {
        return Err(FileRefusal::TooLarge);
    }
    if bytes.starts_with(BATCH) {
        return Batch::read(bytes).map(Content::Batch).map_err(unreadable);
    }
    if bytes.starts_with(ANSWER) {
        let read = Acknowledgement::read(bytes);
        return read.map(Content::Answer).map_err(unreadable);
    }
    match Message::read(bytes) {
        Ok(message) => Ok(Content::Statements(message.statements)),
        Err(error) => Err(unreadable(error)),
    }
}

fn unreadable(error: impl std::error::Error) -> FileRefusal {
    FileRefusal::Unreadable(error.to_string())
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

/// A file that may have to be kept in mind as refused.
struct Refused {
    digest: String,
    name: String,
    staff: String,
}

impl Refused {
    fn of(file: &HandedIn) -> Refused {
        Refused {
            digest: digest(&file.bytes),
            name: short(&file.name),
            staff: file.staff.clone(),
        }
    }

    /// Keeps in mind that it was refused, once; what it was to be may become known later.
    async fn note(
        &self,
        store: &Store,
        about: Option<String>,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let params = [
            self.digest.as_str().into(),
            self.name.as_str().into(),
            about.as_deref().into(),
            short(reason).into(),
            self.staff.as_str().into(),
            now.as_micros().into(),
        ];
        store
            .write(move |tx| tx.execute(&REFUSE, &params).map(drop))
            .await
    }
}

/// The number of the batch that a damaged file was, if that can be seen.
fn batch_of(bytes: &[u8]) -> Option<String> {
    let rest = bytes.strip_prefix(BATCH)?;
    let sequence = rest.split(|byte| *byte == b'|').nth(2)?;
    let sequence: u32 = std::str::from_utf8(sequence).ok()?.parse().ok()?;
    Some(sequence.to_string())
}

/// The digest by which a refused file is known.
pub(super) fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn short(text: &str) -> String {
    let kept = text.chars().filter(|symbol| !symbol.is_control());
    kept.take(KEPT_CHARS).collect()
}
