//! Who may enter the back office, as administrators and the command keep it.
//!
//! Nobody chooses a password for somebody else: what is given is drawn by the shop and lets in for a while, until she has
//! chosen her own in [`change_password`](super::change_password).

use storage::{Fault, Row, Tx, Value};
use trade::{clock::Timestamp, limits};

use super::{
    attempts::{self, Guess},
    password::PasswordHash,
};
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
    CREATE = "INSERT INTO staff (login, name, role, password_hash, disabled, created_us, one_time_until_us)
        VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (login) DO NOTHING";
    BY_LOGIN = "SELECT id, login, name, role, disabled, one_time_until_us, factor_salt FROM staff WHERE login = $1";
    ALL = "SELECT id, login, name, role, disabled, one_time_until_us, factor_salt FROM staff ORDER BY login LIMIT 1000";
    SET_PASSWORD = "UPDATE staff SET password_hash = $2, one_time_until_us = $3, disabled = 0 WHERE login = $1";
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
    /// Until when the password that was given to them lets them in; none once they chose their own.
    pub one_time_until: Option<Timestamp>,
    /// Whether they show a second factor.
    pub second_factor: bool,
}

/// A password as an account gets it.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Chosen by its owner, or, in a demonstration, told to whoever started it.
    Own(PasswordHash),
    /// Given, and to be changed at the first entry; it lets in until then.
    OneTime(PasswordHash, Timestamp),
}

impl Credential {
    /// A drawn password that lets in for [`limits::ONE_TIME_PASSWORD`].
    pub fn one_time(hash: PasswordHash, now: Timestamp) -> Credential {
        Credential::OneTime(hash, now.plus(limits::ONE_TIME_PASSWORD))
    }

    fn columns(&self) -> [Value; 2] {
        match self {
            Credential::Own(hash) => [hash.0.as_str().into(), Value::Null],
            Credential::OneTime(hash, until) => [hash.0.as_str().into(), until.as_micros().into()],
        }
    }
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
    /// Their first password.
    pub password: Credential,
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
    let [hash, until] = member.password.columns();
    let params = [
        login.as_str().into(),
        member.name.as_str().into(),
        member.role.into(),
        hash,
        now.as_micros().into(),
        until,
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

/// The account of a login, in any writing of it.
///
/// # Errors
/// A [`Fault`].
pub fn by_login(tx: &mut dyn Tx, login: &str) -> Result<Option<Member>, Fault> {
    let found = tx.query_opt(&BY_LOGIN, &[fold(login).into()])?;
    found.map(|row| member_of_row(&row)).transpose()
}

/// Gives an account a new password, lets it enter again, at once if it guessed too often, and logs it out everywhere. Its
/// second factor stays.
///
/// # Errors
/// [`AccountRefusal::NoSuchLogin`].
pub fn set_password(
    tx: &mut dyn Tx,
    login: &str,
    password: &Credential,
) -> Result<(), AccountRefusal> {
    let login = fold(login);
    let [hash, until] = password.columns();
    let changed = tx.execute(&SET_PASSWORD, &[login.as_str().into(), hash, until])?;
    attempts::succeeded(tx, Guess::Password(&login))?;
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

/// Reads the first seven columns.
pub(super) fn member_of_row(row: &Row) -> Result<Member, Fault> {
    Ok(Member {
        id: row.int(0)?,
        login: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        role: Role::of_column(row.text(3)?)?,
        disabled: row.flag(4)?,
        one_time_until: row.opt_int(5)?.map(Timestamp::micros),
        second_factor: row.opt_text(6)?.is_some(),
    })
}
