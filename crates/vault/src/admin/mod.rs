//! The admin door: a Unix socket in the vault's folder, for the vault's own user on the vault's own machine.
//!
//! One line of JSON asks, one answers. Shares come in sealed to a key of this start, so not even this door sees one.

mod client;
mod door;

use cards::custody::SealedShare;
use serde::{Deserialize, Serialize};

use crate::ceremony::{Candidate, Custodian};

pub use client::ask;
pub(crate) use door::AdminDoor;

/// The socket's name in the vault's folder.
pub const SOCKET: &str = "vault.sock";
/// No question and no answer is longer.
const MAX_LINE_BYTES: u64 = 16 * 1024;

/// What the vault can be asked here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// How it stands.
    Standing,
    /// Take this share.
    Give {
        /// Sealed to the key that [`Standing::unsealing_key`] says.
        share: SealedShare,
    },
    /// Open again with the key file; only a vault that was started with `--dev` does.
    Open,
    /// Forget all keys, the shares that were given, and what they were given for.
    Seal,
    /// Gather shares for a new master key, whose shares go to these.
    Reshare {
        /// Five of them.
        candidates: Vec<Candidate>,
    },
    /// Begin an epoch, or go on with a rotation.
    Rotate,
}

/// What it answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// How it stands now.
    Standing(Standing),
    /// It did not do what was asked.
    Refused {
        /// Why, for the person at the terminal.
        reason: String,
    },
}

/// How the vault stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    /// Whether there are keys in memory.
    pub open: bool,
    /// The epoch of new cards, while open.
    pub epoch: Option<i64>,
    /// Cards that are here and not forgotten.
    pub cards: i64,
    /// Cards that a rotation has not moved yet.
    pub to_move: Option<i64>,
    /// The ceremony; none was held for a `--dev` vault, nor for a new folder.
    pub ceremony: Option<String>,
    /// The master key's check value, to be compared with the paper.
    pub check: Option<String>,
    /// Who holds a share.
    pub custodians: Vec<Custodian>,
    /// How many shares open the vault.
    pub quorum: u8,
    /// The numbers of the shares that are here.
    pub given: Vec<u8>,
    /// Among whom the key is shared anew when there is a quorum; nobody when that opens the vault.
    pub anew: Vec<Candidate>,
    /// What custodians seal their shares to, while sealed.
    pub unsealing_key: Option<String>,
}
