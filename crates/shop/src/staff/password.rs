//! Passwords, as argon2id hashes. Hashing takes tens of milliseconds on purpose: never inside a transaction,
//! never on an async thread.

use std::fmt;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc},
};
use trade::limits;

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
    /// The system gives no random numbers.
    #[error("the password could not be hashed")]
    Unhashed,
}

/// Hashes a new password. Blocking: call it from a thread of its own.
///
/// # Errors
/// See [`PasswordRefusal`].
pub fn hash(password: &str) -> Result<PasswordHash, PasswordRefusal> {
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

    #[test]
    fn only_the_password_matches_its_hash() {
        let kept = hash("correct horse battery").unwrap();
        assert!(kept.0.starts_with("$argon2id$"));
        assert!(matches("correct horse battery", Some(&kept)));
        assert!(!matches("correct horse batterx", Some(&kept)));
        assert!(!matches("correct horse battery", None));
    }

    #[test]
    fn short_passwords_are_refused() {
        assert_eq!(
            hash("éééééééééé"),
            Err(PasswordRefusal::TooShort { min: 12 })
        );
        assert!(hash(&"x".repeat(64)).is_ok());
        let max = limits::PASSWORD_MAX_BYTES;
        assert_eq!(
            hash(&"x".repeat(max + 1)),
            Err(PasswordRefusal::TooLong { max })
        );
    }
}
