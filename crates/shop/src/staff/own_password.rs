//! Changing one's own password. Whoever sits at an unattended computer cannot: the current one is asked for.

use storage::{Fault, Store};
use trade::clock::Clock;

use super::{
    accounts::Member,
    attempts::Guess,
    audit,
    guessing::Obvious,
    login::{self, LoginRefusal},
    password::{self, PasswordRefusal},
    sessions::{self, Browser, NewSession, Session},
};

storage::statements! {
    // Only what was proven is replaced: an administrator may have given another password, or closed the account, since.
    CHANGE = "UPDATE staff SET password_hash = $2, one_time_until_us = NULL
        WHERE id = $1 AND password_hash = $3 AND disabled = 0";
}

/// What somebody types to change her password.
#[derive(Clone, Copy)]
pub struct NewPassword<'a> {
    /// The one that lets her in now.
    pub current: &'a str,
    /// The one that shall.
    pub new: &'a str,
    /// The name of the shop, which it may not live on.
    pub shop: &'a str,
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRefusal {
    /// The current password is wrong, or was wrong too often.
    #[error(transparent)]
    Current(#[from] LoginRefusal),
    /// The new one is not taken.
    #[error(transparent)]
    New(#[from] PasswordRefusal),
    /// Both are the same.
    #[error("the new password is the current one")]
    Same,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Changes the password of whose session it is. All her sessions end; she goes on in a new one.
///
/// # Errors
/// See [`ChangeRefusal`].
pub async fn change_password(
    store: &Store,
    clock: &Clock,
    session: &Session,
    typed: NewPassword<'_>,
    browser: &Browser,
) -> Result<NewSession, ChangeRefusal> {
    let member = session.member.clone();
    if typed.new == typed.current {
        return Err(ChangeRefusal::Same);
    }
    // Before the current one is looked at: who looks for a new one that is taken does not run out of attempts.
    let hash = hashed(typed, &member).await?;
    let (_, proven) = login::prove(store, clock, &member.login, typed.current).await?;
    let (browser, shown, now) = (browser.clone(), session.factor_shown, clock.now());
    let changing = store.write(move |tx| -> Result<Option<NewSession>, Fault> {
        login::settle(tx, Guess::Password(&member.login), &member.login, now)?;
        let params = [
            member.id.into(),
            hash.0.as_str().into(),
            proven.0.as_str().into(),
        ];
        if tx.execute(&CHANGE, &params)? == 0 {
            return Ok(None);
        }
        audit::record(
            tx,
            &member.login,
            "staff.own_password",
            &member.login,
            None,
            now,
        )?;
        sessions::renew(tx, &member, &browser, shown, now).map(Some)
    });
    changing
        .await?
        .ok_or(ChangeRefusal::Current(LoginRefusal::Wrong))
}

async fn hashed(
    typed: NewPassword<'_>,
    member: &Member,
) -> Result<password::PasswordHash, ChangeRefusal> {
    let (new, shop) = (typed.new.to_owned(), typed.shop.to_owned());
    let (name, login) = (member.name.clone(), member.login.clone());
    let hashing = tokio::task::spawn_blocking(move || {
        let obvious = Obvious {
            shop: &shop,
            name: &name,
            login: &login,
        };
        password::hash(&new, &obvious)
    });
    let hash = hashing.await.map_err(|e| Fault::Unavailable(e.into()))?;
    Ok(hash?)
}
