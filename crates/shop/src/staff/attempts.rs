//! How often somebody guessed. An attempt is counted before what was typed is looked at, so that guessing in parallel gains
//! nothing.

use storage::{Fault, Tx};
use trade::{clock::Timestamp, limits};

use super::login::LoginRefusal;

storage::statements! {
    FORGET_OLD = "DELETE FROM staff_attempts WHERE last_us < $1";
    ATTEMPT = "INSERT INTO staff_attempts (login, failures, last_us) VALUES ($1, 1, $2)
        ON CONFLICT (login) DO UPDATE SET failures = staff_attempts.failures + 1, last_us = $2
        RETURNING failures";
    SUCCEEDED = "DELETE FROM staff_attempts WHERE login = $1 RETURNING failures";
}

/// What is guessed. Each is counted for itself: who knows a password has not yet shown a code.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guess<'a> {
    /// The password of a login.
    Password(&'a str),
    /// A code of its second factor.
    Code(&'a str),
}

impl Guess<'_> {
    /// No login has a colon in it.
    fn key(self) -> String {
        match self {
            Guess::Password(login) => login.to_owned(),
            Guess::Code(login) => format!("code:{login}"),
        }
    }
}

/// Counts an attempt.
///
/// # Errors
/// [`LoginRefusal::TryLater`], which undoes the count with the transaction: the pause runs from the last attempt that was
/// looked at.
pub(super) fn count(tx: &mut dyn Tx, guess: Guess<'_>, now: Timestamp) -> Result<(), LoginRefusal> {
    let old = now.minus(limits::LOGIN_PAUSE).as_micros();
    tx.execute(&FORGET_OLD, &[old.into()])?;
    let attempts = tx
        .query_one(&ATTEMPT, &[guess.key().into(), now.as_micros().into()])?
        .count(0)?;
    match attempts > limits::LOGIN_FAILURES {
        true => Err(LoginRefusal::TryLater),
        false => Ok(()),
    }
}

/// Forgets the attempts after one that was right, and says how many wrong ones went before it.
pub(super) fn succeeded(tx: &mut dyn Tx, guess: Guess<'_>) -> Result<u32, Fault> {
    let attempts = tx.query_opt(&SUCCEEDED, &[guess.key().into()])?;
    match attempts {
        Some(attempts) => Ok(attempts.count(0)?.saturating_sub(1)),
        // Somebody entered under this login in the same moment.
        None => Ok(0),
    }
}
