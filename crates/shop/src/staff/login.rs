//! Entering the back office.
//!
//! An attempt is counted before the password is looked at, so that guessing in parallel gains nothing. Who
//! guesses somebody's password keeps them out for a while too: the page that calls this limits attempts per
//! address before that happens.

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    limits,
};

use super::{
    accounts::{Member, member_of_row},
    audit,
    password::{self, PasswordHash},
    sessions::{self, NewSession},
};
use crate::text::fold;

storage::statements! {
    FORGET_OLD = "DELETE FROM staff_attempts WHERE last_us < $1";
    ATTEMPT = "INSERT INTO staff_attempts (login, failures, last_us) VALUES ($1, 1, $2)
        ON CONFLICT (login) DO UPDATE SET failures = staff_attempts.failures + 1, last_us = $2
        RETURNING failures";
    SUCCEEDED = "DELETE FROM staff_attempts WHERE login = $1 RETURNING failures";
    CREDENTIALS = "SELECT id, login, name, role, disabled, password_hash FROM staff
        WHERE login = $1 AND disabled = 0";
}

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefusal {
    /// No such login, a wrong password, or an account that may not enter; which one is not told.
    #[error("login or password is wrong")]
    Wrong,
    /// Too many wrong passwords.
    #[error("too many wrong passwords")]
    TryLater,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Lets somebody in.
///
/// # Errors
/// See [`LoginRefusal`].
pub async fn log_in(
    store: &Store,
    clock: &Clock,
    login: &str,
    password: &str,
) -> Result<NewSession, LoginRefusal> {
    let (login, now) = (
        fold(login).chars().take(64).collect::<String>(),
        clock.now(),
    );
    let known = store.write(move |tx| attempt(tx, &login, now)).await?;
    let password = password.to_owned();
    let checking = tokio::task::spawn_blocking(move || {
        let matches = password::matches(&password, known.as_ref().map(|(_, hash)| hash));
        known.filter(|_| matches)
    });
    let known = checking.await.map_err(|e| Fault::Unavailable(e.into()))?;
    let (member, _) = known.ok_or(LoginRefusal::Wrong)?;
    let now = clock.now();
    Ok(store.write(move |tx| enter(tx, &member, now)).await?)
}

fn attempt(
    tx: &mut dyn Tx,
    login: &str,
    now: Timestamp,
) -> Result<Option<(Member, PasswordHash)>, LoginRefusal> {
    tx.execute(
        &FORGET_OLD,
        &[now.minus(limits::LOGIN_PAUSE).as_micros().into()],
    )?;
    let attempts = tx
        .query_one(&ATTEMPT, &[login.into(), now.as_micros().into()])?
        .count(0)?;
    if attempts > limits::LOGIN_FAILURES {
        // The refusal undoes the count: the pause runs from the last password that was looked at.
        return Err(LoginRefusal::TryLater);
    }
    let row = tx.query_opt(&CREDENTIALS, &[login.into()])?;
    let known = row
        .map(|row| Ok::<_, Fault>((member_of_row(&row)?, PasswordHash(row.text(5)?.to_owned()))));
    Ok(known.transpose()?)
}

/// Opens the session and writes down who entered, and how many wrong passwords went before.
fn enter(tx: &mut dyn Tx, member: &Member, now: Timestamp) -> Result<NewSession, Fault> {
    let login = member.login.as_str();
    let attempts = tx.query_opt(&SUCCEEDED, &[login.into()])?;
    let wrong = match attempts {
        Some(attempts) => attempts.count(0)?.saturating_sub(1),
        // Somebody entered under this login in the same moment.
        None => 0,
    };
    if wrong > 0 {
        let wrong = wrong.to_string();
        audit::record(tx, login, "staff.wrong", login, Some(&wrong), now)?;
    }
    audit::record(tx, login, "staff.enter", login, None, now)?;
    sessions::open(tx, member, now)
}
