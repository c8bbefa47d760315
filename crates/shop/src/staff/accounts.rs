//! Who may enter the back office.

use storage::{Fault, Row, Tx};
use trade::clock::Timestamp;

use super::password::PasswordHash;
use crate::{codes::coded, text::fold};

coded! {
    /// What somebody may do.
    pub enum Role {
        /// Orders, stock, imports.
        Bookseller = "bookseller",
        /// That, and accounts and settings.
        Administrator = "administrator",
    }
}

storage::statements! {
    CREATE = "INSERT INTO staff (login, name, role, password_hash, disabled, created_us)
        VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (login) DO NOTHING";
    BY_LOGIN = "SELECT id, login, name, role, disabled FROM staff WHERE login = $1";
    ALL = "SELECT id, login, name, role, disabled FROM staff ORDER BY login LIMIT 1000";
    SET_PASSWORD = "UPDATE staff SET password_hash = $2, disabled = 0 WHERE login = $1";
    DISABLE = "UPDATE staff SET disabled = 1 WHERE login = $1";
    CLOSE_SESSIONS = "DELETE FROM staff_sessions
        WHERE staff IN (SELECT id FROM staff WHERE login = $1)";
}

/// Somebody who works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The number of the account.
    pub id: i64,
    /// What they type to log in.
    pub login: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may not enter any more.
    pub disabled: bool,
}

/// An account to be opened.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// What they type to log in; kept in lower case.
    pub login: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their password, hashed by [`hash`](super::hash).
    pub password: PasswordHash,
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountRefusal {
    /// Somebody else has the login.
    #[error("the login {login} is taken")]
    LoginTaken {
        /// The login.
        login: String,
    },
    /// The login is empty, longer than 64 characters, or not made of letters, digits and `. - _ @`.
    #[error("a login has 1 to 64 letters, digits and . - _ @")]
    BadLogin,
    /// Nobody has the login.
    #[error("there is no account {login}")]
    NoSuchLogin {
        /// The login.
        login: String,
    },
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Opens an account.
///
/// # Errors
/// [`AccountRefusal::LoginTaken`], [`AccountRefusal::BadLogin`].
pub fn create(
    tx: &mut dyn Tx,
    member: &NewMember,
    now: Timestamp,
) -> Result<Member, AccountRefusal> {
    let login = fold(&member.login);
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    if login.is_empty() || login.len() > 64 || !login.chars().all(plain) {
        return Err(AccountRefusal::BadLogin);
    }
    let params = [
        login.as_str().into(),
        member.name.as_str().into(),
        member.role.into(),
        member.password.0.as_str().into(),
        now.as_micros().into(),
    ];
    if tx.execute(&CREATE, &params)? == 0 {
        return Err(AccountRefusal::LoginTaken { login });
    }
    Ok(member_of_row(&tx.query_one(&BY_LOGIN, &[login.into()])?)?)
}

/// All accounts.
///
/// # Errors
/// A [`Fault`].
pub fn list(tx: &mut dyn Tx) -> Result<Vec<Member>, Fault> {
    tx.query(&ALL, &[])?.iter().map(member_of_row).collect()
}

/// Gives an account a new password, lets it enter again, and logs it out everywhere.
///
/// # Errors
/// [`AccountRefusal::NoSuchLogin`].
pub fn set_password(
    tx: &mut dyn Tx,
    login: &str,
    password: &PasswordHash,
) -> Result<(), AccountRefusal> {
    let login = fold(login);
    let changed = tx.execute(
        &SET_PASSWORD,
        &[login.as_str().into(), password.0.as_str().into()],
    )?;
    closed(tx, login, changed)
}

/// Lets an account enter no more and logs it out everywhere.
///
/// # Errors
/// [`AccountRefusal::NoSuchLogin`].
pub fn disable(tx: &mut dyn Tx, login: &str) -> Result<(), AccountRefusal> {
    let login = fold(login);
    let changed = tx.execute(&DISABLE, &[login.as_str().into()])?;
    closed(tx, login, changed)
}

fn closed(tx: &mut dyn Tx, login: String, changed: u64) -> Result<(), AccountRefusal> {
    if changed == 0 {
        return Err(AccountRefusal::NoSuchLogin { login });
    }
    tx.execute(&CLOSE_SESSIONS, &[login.into()])?;
    Ok(())
}

pub(super) fn member_of_row(row: &Row) -> Result<Member, Fault> {
    Ok(Member {
        id: row.int(0)?,
        login: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        role: Role::of_column(row.text(3)?)?,
        disabled: row.flag(4)?,
    })
}
