//! Staying logged in: a random token in a cookie, its hash in the database, an end.

use sha2::{Digest, Sha256};
use storage::{Fault, Tx};
use trade::{clock::Timestamp, limits};

use super::accounts::{Member, member_of_row};
use crate::random;

storage::statements! {
    OPEN = "INSERT INTO staff_sessions (token_hash, staff, csrf, created_us, expires_us)
        VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT m.id, m.login, m.name, m.role, m.disabled, s.csrf, s.expires_us
        FROM staff_sessions s JOIN staff m ON m.id = s.staff
        WHERE s.token_hash = $1 AND s.expires_us > $2 AND m.disabled = 0";
    CLOSE = "DELETE FROM staff_sessions WHERE token_hash = $1";
    FORGET_ENDED = "DELETE FROM staff_sessions WHERE expires_us <= $1";
}

/// A session that was just opened; the token is told this once.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The value of the cookie: 256 random bits.
    pub token: String,
    /// Who entered.
    pub member: Member,
    /// When the session ends.
    pub expires: Timestamp,
}

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who it is.
    pub member: Member,
    /// What every form of the session must carry.
    pub csrf: String,
    /// When it ends.
    pub expires: Timestamp,
}

pub(super) fn open(tx: &mut dyn Tx, member: &Member, now: Timestamp) -> Result<NewSession, Fault> {
    tx.execute(&FORGET_ENDED, &[now.as_micros().into()])?;
    let (token, csrf) = (random::token::<32>()?, random::token::<32>()?);
    let expires = now.plus(limits::STAFF_SESSION);
    let params = [
        hashed(&token).into(),
        member.id.into(),
        csrf.into(),
        now.as_micros().into(),
        expires.as_micros().into(),
    ];
    tx.execute(&OPEN, &params)?;
    Ok(NewSession {
        token,
        member: member.clone(),
        expires,
    })
}

/// The session of a cookie, while it is open and its member may enter.
///
/// # Errors
/// A [`Fault`].
pub fn session(tx: &mut dyn Tx, token: &str, now: Timestamp) -> Result<Option<Session>, Fault> {
    let found = tx.query_opt(&FIND, &[hashed(token).into(), now.as_micros().into()])?;
    let session = found.map(|row| {
        Ok(Session {
            member: member_of_row(&row)?,
            csrf: row.text(5)?.to_owned(),
            expires: Timestamp::micros(row.int(6)?),
        })
    });
    session.transpose()
}

/// Ends a session.
///
/// # Errors
/// A [`Fault`].
pub fn log_out(tx: &mut dyn Tx, token: &str) -> Result<(), Fault> {
    tx.execute(&CLOSE, &[hashed(token).into()]).map(drop)
}

/// A random token needs no salt and no slow hash.
fn hashed(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
