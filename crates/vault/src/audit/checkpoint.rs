//! A checkpoint: the size and the root of the log at one moment, as a text that is signed (C2SP *tlog-checkpoint*).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use link::note;
use link::signed::VerifyingKey;

use super::tree::Hash;

/// What the log was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name under which it is signed.
    pub origin: String,
    /// How many entries it had.
    pub size: u64,
    /// The hash that stands for them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        )
    }

    /// The signed note, with the signature that stands in the log.
    #[must_use]
    pub fn note(&self, key: &VerifyingKey, signature: &[u8]) -> String {
        let line = note::line(key, &self.origin, signature);
        format!("{}\n{line}", self.text())
    }

    /// Reads the text of a note; none when it is no checkpoint. Who signed it is asked of [`link::note`].
    #[must_use]
    pub fn of_note(note: &str) -> Option<Checkpoint> {
        let (text, _) = note::apart(note)?;
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            size: size.parse().ok()?,
            root: STANDARD.decode(root).ok()?.try_into().ok()?,
        };
        // Written otherwise than we would, it would not be what was signed.
        (checkpoint.text() == text).then_some(checkpoint)
    }
}
