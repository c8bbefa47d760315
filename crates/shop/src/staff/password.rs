//! Passwords, as argon2id hashes. Hashing takes tens of milliseconds on purpose: never inside a transaction,
//! never on an async thread.
//!
//! What a person chooses is asked whether it is long and hard to guess, and nothing else: no capitals, no digits, no end
//! after some months. What the shop draws itself needs no such question.

use std::fmt;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc},
};
use storage::Fault;
use trade::limits;

use super::guessing::{self, Obvious};
use crate::random;

/// Letters and digits that are not taken for one another: five bits each.
const DRAWN_LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password's hash, as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub(super) String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// Easy to guess.
    #[error("a password has at least {min} characters")]
    TooShort {
        /// The fewest characters.
        min: usize,
    },
    /// Longer than anybody types.
    #[error("a password has at most {max} bytes")]
    TooLong {
        /// The most bytes.
        max: usize,
    },
    /// Among the passwords that were found most often in leaks.
    #[error("many people use this password, and so do those who guess")]
    Common,
    /// Little more than what anybody knows of the shop or of her whose it is.
    #[error(
        "the password lives on the name of the shop, of its owner, or on a word that everybody tries"
    )]
    Obvious,
    /// The system gives no random numbers.
    #[error("the password could not be hashed")]
    Unhashed,
}

/// Hashes a password that somebody chose. Blocking: call it from a thread of its own.
///
/// # Errors
/// See [`PasswordRefusal`].
pub fn hash(password: &str, obvious: &Obvious<'_>) -> Result<PasswordHash, PasswordRefusal> {
    if password.chars().count() < limits::PASSWORD_MIN_CHARS {
        return Err(PasswordRefusal::TooShort {
            min: limits::PASSWORD_MIN_CHARS,
        });
    }
    if password.len() > limits::PASSWORD_MAX_BYTES {
        return Err(PasswordRefusal::TooLong {
            max: limits::PASSWORD_MAX_BYTES,
        });
    }
    if guessing::is_common(password) {
        return Err(PasswordRefusal::Common);
    }
    if obvious.is_in(password) {
        return Err(PasswordRefusal::Obvious);
    }
    hashed(password)
}

/// A password that nobody chose: twenty letters and digits that are easy to copy by hand, 100 bits. Told once, and its hash.
/// Blocking.
///
/// # Errors
/// A [`Fault`] when the system gives no random numbers.
pub fn drawn() -> Result<(String, PasswordHash), Fault> {
    let password = letters::<20>()?;
    let hash = hashed(&password).map_err(|refusal| Fault::Unavailable(refusal.into()))?;
    Ok((password, hash))
}

/// `N` random letters and digits, five bits each.
pub(super) fn letters<const N: usize>() -> Result<String, Fault> {
    let letter = |byte: u8| DRAWN_LETTERS.get(usize::from(byte % 32)).copied();
    let bytes = random::bytes::<N>()?;
    Ok(bytes
        .into_iter()
        .filter_map(letter)
        .map(char::from)
        .collect())
}

fn hashed(password: &str) -> Result<PasswordHash, PasswordRefusal> {
    let hash: phc::PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|_| PasswordRefusal::Unhashed)?;
    Ok(PasswordHash(hash.to_string()))
}

/// Whether `password` is the one that was hashed; without a hash the same work is done for nothing, so that
/// the time tells nobody which logins exist. Blocking.
pub(super) fn matches(password: &str, kept: Option<&PasswordHash>) -> bool {
    if password.len() > limits::PASSWORD_MAX_BYTES {
        return false;
    }
    let Some(kept) = kept else {
        let wasted: Result<phc::PasswordHash, _> =
            Argon2::default().hash_password(password.as_bytes());
        drop(wasted);
        return false;
    };
    phc::PasswordHash::new(&kept.0).is_ok_and(|kept| {
        Argon2::default()
            .verify_password(password.as_bytes(), &kept)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    const OBVIOUS: Obvious<'static> = Obvious {
        shop: "Librairie du Quai",
        name: "Jeanne Dupont",
        login: "jd",
    };

    #[test]
    fn only_the_password_matches_its_hash() {
        let kept = hash("correct horse battery", &OBVIOUS).unwrap();
        // A cost that OWASP recommends: 19 MiB, two passes, one lane. A salt of 128 bits.
        let cost_and_salt = kept.0.rsplit_once('$').unwrap().0;
        let salt = cost_and_salt.strip_prefix("$argon2id$v=19$m=19456,t=2,p=1$");
        assert_eq!(salt.map(str::len), Some(22), "{}", kept.0);
        assert!(matches("correct horse battery", Some(&kept)));
        assert!(!matches("correct horse batterx", Some(&kept)));
        assert!(!matches("correct horse battery", None));
    }

    #[test]
    fn a_password_is_taken_as_it_was_typed() {
        // As long as one may be: whatever is cut off is missed.
        let end = "x".repeat(limits::PASSWORD_MAX_BYTES - 22);
        let typed = format!(" Correct horse  été {end}");
        assert_eq!(typed.len(), limits::PASSWORD_MAX_BYTES);
        let kept = hash(&typed, &OBVIOUS).unwrap();
        assert!(matches(&typed, Some(&kept)));
        for other in [
            typed.trim_start().to_owned(),
            typed.replace("  ", " "),
            typed.to_lowercase(),
            typed.replace('é', "e\u{301}"),
            typed.replace('é', "e"),
            typed[..typed.len() - 1].to_owned(),
            format!("{}y", &typed[..typed.len() - 1]),
            typed[..72].to_owned(),
        ] {
            assert!(!matches(&other, Some(&kept)), "{other}");
        }
        let spaced = "un cheval, une pile ";
        let kept = hash(spaced, &OBVIOUS).unwrap();
        assert!(matches(spaced, Some(&kept)) && !matches(spaced.trim_end(), Some(&kept)));
    }

    #[test]
    fn short_passwords_are_refused() {
        assert_eq!(
            hash("éééééééééé", &OBVIOUS),
            Err(PasswordRefusal::TooShort { min: 12 })
        );
        assert!(hash(&"x".repeat(64), &OBVIOUS).is_ok());
        let max = limits::PASSWORD_MAX_BYTES;
        assert_eq!(
            hash(&"x".repeat(max + 1), &OBVIOUS),
            Err(PasswordRefusal::TooLong { max })
        );
    }

    #[test]
    fn easily_guessed_passwords_are_refused() {
        for common in ["1qaz2wsx3edc", "QwertyQwerty", "motherfucker"] {
            assert_eq!(
                hash(common, &OBVIOUS),
                Err(PasswordRefusal::Common),
                "{common}"
            );
        }
        for obvious in ["Vive Jeanne du comptoir", "librairieduquai-2026"] {
            assert_eq!(
                hash(obvious, &OBVIOUS),
                Err(PasswordRefusal::Obvious),
                "{obvious}"
            );
        }
    }

    #[test]
    fn what_the_shop_draws_is_long_and_never_the_same() {
        let (one, kept) = drawn().unwrap();
        let (other, _) = drawn().unwrap();
        assert_eq!(one.len(), 20);
        assert_ne!(one, other);
        assert!(matches(&one, Some(&kept)));
        assert!(one.bytes().all(|letter| DRAWN_LETTERS.contains(&letter)));
    }
}
