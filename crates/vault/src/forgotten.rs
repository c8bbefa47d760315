//! Which cards were forgotten, in a file beside the ring and not in the database: a database that is brought back from
//! a backup forgets them again before anybody can ask for them.
//!
//! An entry is needed for as long as the key of its epoch is there, and goes when that is destroyed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use link::keyfile;
use trade::payment::CardToken;

/// The list.
pub(crate) struct Forgotten {
    path: PathBuf,
    writing: Mutex<()>,
}

impl Forgotten {
    pub(crate) fn new(path: PathBuf) -> Forgotten {
        Forgotten {
            path,
            writing: Mutex::new(()),
        }
    }

    /// Adds cards; they are on disk when this returns. `epoch` is the one in force.
    pub(crate) fn note(&self, tokens: &[CardToken], epoch: i64) -> io::Result<()> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !self.path.exists();
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)?;
        // Lines of their own, also after one that a crash cut short.
        let mut lines = String::from("\n");
        for token in tokens {
            lines.push_str(&format!("{} {epoch}\n", token.as_str()));
        }
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        match self.path.parent() {
            Some(folder) if is_new => File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    }

    /// Everything on the list.
    pub(crate) fn read(&self) -> io::Result<Vec<(CardToken, i64)>> {
        let text = match keyfile::read_secret(&self.path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(fault) => return Err(fault),
        };
        let entry = |line: &str| {
            let (token, epoch) = line.split_once(' ')?;
            Some((CardToken::parse(token).ok()?, epoch.parse().ok()?))
        };
        Ok(String::from_utf8_lossy(&text)
            .lines()
            .filter_map(entry)
            .collect())
    }

    /// Strikes out what no key could open any more.
    pub(crate) fn strike_before(&self, epoch: i64) -> io::Result<()> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = self.read()?;
        if entries.is_empty() {
            return Ok(());
        }
        let kept: String = entries
            .iter()
            .filter(|(_, of)| *of >= epoch)
            .map(|(token, of)| format!("{} {of}\n", token.as_str()))
            .collect();
        keyfile::write_secret(&self.path, kept.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn entries_stay_as_long_as_their_epoch_and_survive_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let list = Forgotten::new(folder.path().join("forgotten"));
        let token = |letter: &str| CardToken::parse(&format!("tok_{}", letter.repeat(16))).unwrap();
        assert!(list.read().unwrap().is_empty());
        list.note(&[token("a")], 1).unwrap();
        let mut file = OpenOptions::new().append(true).open(&list.path).unwrap();
        file.write_all(b"tok_bbbbb").unwrap();
        list.note(&[token("c"), token("d")], 2).unwrap();
        let later = [(token("c"), 2), (token("d"), 2)];
        assert_eq!(
            list.read().unwrap(),
            [&[(token("a"), 1)], later.as_slice()].concat()
        );
        list.strike_before(2).unwrap();
        assert_eq!(list.read().unwrap(), later);
    }
}
