//! Entering the back office.
//!
//! Who guesses somebody's password keeps them out for a while too: the page that calls this limits attempts per
//! address before that happens. Who has a second factor is not inside before she showed it: her session owes
//! [`Step::Code`](super::Step::Code) until then.

use storage::{Fault, Store, Tx};
use trade::clock::{Clock, Timestamp};

use super::{
    accounts::{Member, member_of_row},
    attempts::{self, Guess},
    audit,
    password::{self, PasswordHash},
    sessions::{self, Browser, NewSession},
};
use crate::text::fold;

storage::statements! {
    CREDENTIALS = "SELECT id, login, name, role, disabled, one_time_until_us, factor_salt, password_hash FROM staff
        WHERE login = $1 AND disabled = 0 AND (one_time_until_us IS NULL OR one_time_until_us > $2)";
}

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefusal {
    /// No such login, a wrong password, one that was given and is over, or an account that may not enter; which one is not
    /// told. Or a wrong code of the second factor.
    #[error("login or password is wrong")]
    Wrong,
    /// Too many wrong passwords, or codes.
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
    browser: &Browser,
) -> Result<NewSession, LoginRefusal> {
    let (member, _) = prove(store, clock, login, password).await?;
    let (browser, now) = (browser.clone(), clock.now());
    Ok(store
        .write(move |tx| enter(tx, &member, &browser, now))
        .await?)
}

/// Whose password it is; also for who is inside and does something that the owner of the password alone may do. The attempt
/// stays counted until [`settle`] forgets it.
pub(super) async fn prove(
    store: &Store,
    clock: &Clock,
    login: &str,
    password: &str,
) -> Result<(Member, PasswordHash), LoginRefusal> {
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
    known.ok_or(LoginRefusal::Wrong)
}

fn attempt(
    tx: &mut dyn Tx,
    login: &str,
    now: Timestamp,
) -> Result<Option<(Member, PasswordHash)>, LoginRefusal> {
    attempts::count(tx, Guess::Password(login), now)?;
    let row = tx.query_opt(&CREDENTIALS, &[login.into(), now.as_micros().into()])?;
    let known = row
        .map(|row| Ok::<_, Fault>((member_of_row(&row)?, PasswordHash(row.text(7)?.to_owned()))));
    Ok(known.transpose()?)
}

/// Opens the session. Who enters is written down, but for who has still to show a second factor.
fn enter(
    tx: &mut dyn Tx,
    member: &Member,
    browser: &Browser,
    now: Timestamp,
) -> Result<NewSession, Fault> {
    settle(tx, Guess::Password(&member.login), &member.login, now)?;
    if !member.second_factor {
        audit::record(tx, &member.login, "staff.enter", &member.login, None, now)?;
    }
    sessions::open(tx, member, browser, false, now)
}

/// Forgets the attempts and writes down how many wrong ones went before the right one.
pub(super) fn settle(
    tx: &mut dyn Tx,
    guess: Guess<'_>,
    login: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    match attempts::succeeded(tx, guess)? {
        0 => Ok(()),
        wrong => audit::record(
            tx,
            login,
            "staff.wrong",
            login,
            Some(&wrong.to_string()),
            now,
        ),
    }
}
