//! The witness: somebody other than the vault's owner, who signs each checkpoint that continues the one before.
//!
//! Vault and witness exchange texts (C2SP *tlog-witness*, `add-checkpoint`): the vault's checkpoint with the proof that
//! it begins with the last one the witness saw goes one way, the witness's signature the other. They may travel by any
//! means; nothing in them is secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use link::note;
use link::signed::{SigningKey, VerifyingKey};

use super::checkpoint::Checkpoint;
use super::tree::{self, Hash};
use super::verify::Log;

/// More hashes than a proof about any log has.
const MOST_HASHES: usize = 63;

/// Why a witness does not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The text is not what a vault gives to its witness.
    #[error("this is not a request for a witness")]
    Unreadable,
    /// The checkpoint is of another log, or not signed by its vault.
    #[error("the checkpoint is not of this log, or not signed by its vault")]
    OtherLog,
    /// The proof begins elsewhere than where this witness stopped.
    #[error(
        "the proof begins at {asked} entries, this witness has seen {seen}: ask the vault for `--since {seen}`"
    )]
    OtherBeginning {
        /// Where the proof begins.
        asked: u64,
        /// What the witness has seen.
        seen: u64,
    },
    /// The log does not begin with what this witness has signed.
    #[error(
        "THE LOG WAS WRITTEN ANEW: it does not begin with the {0} entries that this witness has signed"
    )]
    Rewritten(u64),
}

/// What the vault asks of a witness that has seen `since` entries; none when the log is empty or was never so long.
#[must_use]
pub fn request(log: &Log, since: usize) -> Option<String> {
    let proof = match since {
        0 => Vec::new(),
        since => tree::consistency(log.leaves(), since)?,
    };
    let proof: String = proof
        .iter()
        .map(|hash| STANDARD.encode(hash) + "\n")
        .collect();
    Some(format!("old {since}\n{proof}\n{}", log.checkpoint()?))
}

/// Signs the checkpoint of a request when it continues `seen`, the last note this witness signed; answers with the
/// whole note. `time` is in seconds since 1970.
///
/// # Errors
/// See [`Refusal`].
pub fn cosign(
    request: &str,
    (origin, log_key): (&str, &VerifyingKey),
    (name, key): (&str, &SigningKey),
    seen: Option<&Checkpoint>,
    time: u64,
) -> Result<String, Refusal> {
    let (old, proof, asked) = read(request).ok_or(Refusal::Unreadable)?;
    let now = Checkpoint::of_note(asked)
        .filter(|now| now.origin == origin)
        .filter(|_| note::has_signed(log_key, origin, asked))
        .ok_or(Refusal::OtherLog)?;
    let seen_size = seen.map_or(0, |seen| seen.size);
    if old != seen_size {
        return Err(Refusal::OtherBeginning {
            asked: old,
            seen: seen_size,
        });
    }
    let continues = seen
        .is_none_or(|seen| tree::is_consistent(seen.size, seen.root, now.size, now.root, &proof));
    if !continues {
        return Err(Refusal::Rewritten(seen_size));
    }
    let end = if asked.ends_with('\n') { "" } else { "\n" };
    Ok(format!(
        "{asked}{end}{}",
        note::cosign(key, name, &now.text(), time)
    ))
}

/// The size that the proof begins at, the proof and the note.
fn read(request: &str) -> Option<(u64, Vec<Hash>, &str)> {
    let (head, note) = request.split_once("\n\n")?;
    let mut lines = head.lines();
    let old = lines.next()?.strip_prefix("old ")?.parse().ok()?;
    let hash = |line: &str| STANDARD.decode(line).ok()?.try_into().ok();
    let proof: Option<Vec<Hash>> = lines.map(hash).collect();
    Some((old, proof.filter(|proof| proof.len() <= MOST_HASHES)?, note))
}
