//! Signed notes: a text that people can read, with signature lines below it, as transparency logs publish their
//! checkpoints (C2SP *signed-note*, *tlog-checkpoint* and *tlog-cosignature*, v1).
//!
//! The text ends with a line feed; an empty line and one line for each signature follow:
//! `— NAME BASE64`, where the base64 is four bytes that tell keys apart and the signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};

use crate::signed::{SigningKey, VerifyingKey};

/// What a key signs, by the algorithm bytes of the standard.
const ED25519: u8 = 0x01;
const COSIGNATURE: u8 = 0x04;
const SIGNATURE_BYTES: usize = 64;

/// Signs a text as its author: the signature, without name and key id.
#[must_use]
pub fn sign(key: &SigningKey, text: &str) -> [u8; SIGNATURE_BYTES] {
    key.raw().sign(text.as_bytes()).to_bytes()
}

/// Whether the author signed the text.
#[must_use]
pub fn is_signed(key: &VerifyingKey, text: &str, signature: &[u8]) -> bool {
    let signature = ed25519_dalek::Signature::from_slice(signature);
    signature.is_ok_and(|signature| key.raw().verify_strict(text.as_bytes(), &signature).is_ok())
}

/// The line of an author's signature.
#[must_use]
pub fn line(key: &VerifyingKey, name: &str, signature: &[u8]) -> String {
    written(key, name, ED25519, signature)
}

/// The line of a witness, who says with it that the log did not forget anything until `time` (seconds since 1970).
#[must_use]
pub fn cosign(key: &SigningKey, name: &str, text: &str, time: u64) -> String {
    let signature = sign(key, &cosigned(text, time));
    let timed = [&time.to_be_bytes(), signature.as_slice()].concat();
    written(&key.verifying_key(), name, COSIGNATURE, &timed)
}

/// Takes a note apart: its text, and the lines of its signatures. None when it is no note.
#[must_use]
pub fn apart(note: &str) -> Option<(&str, Vec<&str>)> {
    let (text, lines) = note.split_once("\n\n— ")?;
    let text = note.get(..text.len() + 1)?;
    let lines = lines.lines().map(|line| line.trim_start_matches("— "));
    Some((text, lines.collect()))
}

/// Whether one of the note's lines is the author's.
#[must_use]
pub fn has_signed(key: &VerifyingKey, name: &str, note: &str) -> bool {
    let Some((text, lines)) = apart(note) else {
        return false;
    };
    let of_key = lines
        .iter()
        .filter_map(|line| read(key, name, ED25519, line));
    of_key
        .into_iter()
        .any(|signature| is_signed(key, text, &signature))
}

/// When the witness last co-signed the note, in seconds since 1970; none when it did not.
#[must_use]
pub fn has_cosigned(key: &VerifyingKey, name: &str, note: &str) -> Option<u64> {
    let (text, lines) = apart(note)?;
    let of_key = lines
        .iter()
        .filter_map(|line| read(key, name, COSIGNATURE, line));
    of_key
        .filter_map(|timed| {
            let (time, signature) = timed.split_first_chunk::<8>()?;
            let time = u64::from_be_bytes(*time);
            is_signed(key, &cosigned(text, time), signature).then_some(time)
        })
        .max()
}

fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn written(key: &VerifyingKey, name: &str, algorithm: u8, signature: &[u8]) -> String {
    let bytes = [&key_id(key, name, algorithm), signature].concat();
    format!("— {name} {}\n", STANDARD.encode(bytes))
}

/// The signature of a line, when it is of that key and name.
fn read(key: &VerifyingKey, name: &str, algorithm: u8, line: &str) -> Option<Vec<u8>> {
    let encoded = line.strip_prefix(name)?.strip_prefix(' ')?;
    let bytes = STANDARD.decode(encoded.trim_end()).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (*id == key_id(key, name, algorithm)).then(|| signature.to_vec())
}

/// Tells keys of one name apart: the beginning of a hash of name, algorithm and public key.
fn key_id(key: &VerifyingKey, name: &str, algorithm: u8) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update([b'\n', algorithm]);
    hash.update(key.raw().as_bytes());
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = "log\n3\nroot\n";

    fn note(key: &SigningKey) -> String {
        let signature = sign(key, TEXT);
        format!("{TEXT}\n{}", line(&key.verifying_key(), "log", &signature))
    }

    #[test]
    fn a_note_is_believed_from_its_author_only() {
        let (key, other) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        let note = note(&key);
        let (text, lines) = apart(&note).unwrap();
        assert_eq!((text, lines.len()), (TEXT, 1));
        assert!(has_signed(&key.verifying_key(), "log", &note));
        assert!(!has_signed(&other.verifying_key(), "log", &note));
        assert!(!has_signed(&key.verifying_key(), "lo", &note));
        assert!(!has_signed(
            &key.verifying_key(),
            "log",
            &note.replace('3', "4")
        ));
        assert_eq!(has_cosigned(&key.verifying_key(), "log", &note), None);
        for nonsense in ["", "\n\n— ", "a\n\n— log ==", "a\n\n— log"] {
            assert!(!has_signed(&key.verifying_key(), "log", nonsense));
        }
    }

    #[test]
    fn a_witness_says_when() {
        let (key, witness) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        let once = note(&key) + &cosign(&witness, "security", TEXT, 1_795_000_000);
        let twice = once.clone() + &cosign(&witness, "security", TEXT, 1_795_000_060);
        let public = witness.verifying_key();
        assert!(has_signed(&key.verifying_key(), "log", &twice));
        assert_eq!(
            has_cosigned(&public, "security", &once),
            Some(1_795_000_000)
        );
        assert_eq!(
            has_cosigned(&public, "security", &twice),
            Some(1_795_000_060)
        );
        assert_eq!(
            has_cosigned(&public, "security", &twice.replace('3', "4")),
            None
        );
        assert_eq!(has_cosigned(&public, "other", &twice), None);
    }
}
