//! The doors at which the shop asks for files, as ports: what lies behind them is the executable's.

use std::{path::PathBuf, pin::Pin, sync::Arc};

use trade::clock::Timestamp;

use crate::{
    codes::coded,
    reconciliation::payouts::{Payout, Transaction},
};

coded! {
    /// Where files come from.
    pub enum Source {
        /// The switch: clearing batches, and the bank's answers to them.
        Switch = "switch",
        /// The bank's window: statements.
        Window = "window",
        /// A folder where statements arrive.
        Folder = "folder",
        /// The hosted provider: its payouts.
        Provider = "provider",
    }
}

coded! {
    /// Why nothing, or not everything, could be fetched.
    pub enum FetchFault {
        /// There is no connection, or the two do not accept each other.
        Unreachable = "unreachable",
        /// The question left, and no answer came in time.
        Silent = "silent",
        /// The other side said no.
        Refused = "refused",
        /// What it said cannot be understood, or is too long.
        Garbled = "garbled",
        /// It gave another file than the one that was asked for.
        Misnumbered = "misnumbered",
        /// The folder is not there.
        FolderMissing = "folder_missing",
        /// The folder may not be listed or written to.
        FolderClosed = "folder_closed",
        /// A folder of the shop's own in it belongs to somebody else, or others may write to it.
        FolderNotOurs = "folder_not_ours",
        /// Something in it is a link, or a file with a second name.
        NotOrdinary = "not_ordinary",
        /// A file in it may not be read or moved.
        Forbidden = "forbidden",
    }
}

impl FetchFault {
    /// Whether it is about one file: the others are fetched all the same.
    pub(super) fn is_of_file(self) -> bool {
        matches!(
            self,
            FetchFault::Refused | FetchFault::Garbled | FetchFault::Misnumbered
        )
    }
}

/// An answer that somebody waits for.
pub type Fetched<'a, T> = Pin<Box<dyn Future<Output = Result<T, FetchFault>> + Send + 'a>>;

/// A part of a list, in the order of the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What has a higher number than the one that was named.
    pub offered: Vec<T>,
    /// From where the list goes on, when there may be more.
    pub next: Option<u32>,
}

/// A clearing batch that can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferedBatch {
    /// Its number.
    pub sequence: u32,
    /// Whether the bank took it; none before it answered.
    pub taken: Option<bool>,
}

/// The switch's door for clearing.
pub trait BatchDoor: Send + Sync {
    /// The batches after a number.
    fn batches(&self, after: u32) -> Fetched<'_, Page<OfferedBatch>>;

    /// The file of a batch.
    fn batch(&self, sequence: u32) -> Fetched<'_, Vec<u8>>;

    /// The file of the bank's latest answer to it.
    fn answer(&self, sequence: u32) -> Fetched<'_, Vec<u8>>;
}

/// The bank's door for statements of the shop's account, which it numbers 1, 2, 3 … and does not begin again.
pub trait StatementDoor: Send + Sync {
    /// The numbers of statements after one.
    fn statements(&self, after: u32) -> Fetched<'_, Page<u32>>;

    /// A statement as camt.053.
    fn statement(&self, number: u32) -> Fetched<'_, Vec<u8>>;
}

/// A part of a list in which each entry has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// What follows the one that was named.
    pub listed: Vec<T>,
    /// After which the list goes on, when there is more.
    pub next: Option<String>,
}

/// The hosted provider's door for its payouts, listed from the newest to the oldest.
pub trait PayoutDoor: Send + Sync {
    /// The payouts that were made at a time or later, or all, after one.
    fn payouts<'a>(
        &'a self,
        since: Option<Timestamp>,
        after: Option<&'a str>,
    ) -> Fetched<'a, Listing<Payout>>;

    /// What a payout is made of, after one transaction.
    fn transactions<'a>(
        &'a self,
        payout: &'a str,
        after: Option<&'a str>,
    ) -> Fetched<'a, Listing<Transaction>>;
}

/// A place where the shop asks for files.
#[derive(Clone)]
pub enum Place {
    /// The switch.
    Switch(Arc<dyn BatchDoor>),
    /// The bank's window.
    Window(Arc<dyn StatementDoor>),
    /// A folder.
    Folder(PathBuf),
    /// The hosted provider.
    Provider(Arc<dyn PayoutDoor>),
}

impl Place {
    /// What it is.
    pub fn source(&self) -> Source {
        match self {
            Place::Switch(_) => Source::Switch,
            Place::Window(_) => Source::Window,
            Place::Folder(_) => Source::Folder,
            Place::Provider(_) => Source::Provider,
        }
    }
}
