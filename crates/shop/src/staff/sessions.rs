//! Staying logged in: a random token in a cookie, its hash in the database, an end.
//!
//! A session ends after a working day, after an hour without use, when its person or an administrator ends it, and when a
//! password changes. Who entered with a password alone may still owe something before any door opens: see [`Session::owes`].

use sha2::{Digest, Sha256};
use storage::{Fault, Row, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    limits,
};

use super::{
    accounts::{Member, member_of_row},
    attempts::Guess,
    audit,
    login::{self, LoginRefusal},
    second_factor::SecondFactorRule,
};
use crate::random;

storage::statements! {
    OPEN = "INSERT INTO staff_sessions
        (token_hash, staff, csrf, created_us, expires_us, last_us, browser, address, factor_salt, factor_shown)
        VALUES ($1, $2, $3, $4, $5, $4, $6, $7, $8, $9)";
    FIND = "SELECT m.id, m.login, m.name, m.role, m.disabled, m.one_time_until_us, m.factor_salt,
            s.id, s.csrf, s.expires_us, s.last_us, s.factor_salt, s.factor_shown
        FROM staff_sessions s JOIN staff m ON m.id = s.staff
        WHERE s.token_hash = $1 AND s.expires_us > $2 AND s.last_us > $3 AND m.disabled = 0";
    SEEN = "UPDATE staff_sessions SET last_us = $2 WHERE id = $1 AND last_us < $2";
    OF_MEMBER = "SELECT id, created_us, last_us, browser, address FROM staff_sessions
        WHERE staff = $1 AND expires_us > $2 AND last_us > $3 ORDER BY last_us DESC, id DESC LIMIT 100";
    CLOSE = "DELETE FROM staff_sessions WHERE token_hash = $1";
    END = "DELETE FROM staff_sessions WHERE staff = $1 AND id = $2";
    END_OTHERS = "DELETE FROM staff_sessions WHERE staff = $1 AND id <> $2";
    END_ALL = "DELETE FROM staff_sessions WHERE staff = $1";
    END_SURPLUS = "DELETE FROM staff_sessions WHERE staff = $1 AND id NOT IN
        (SELECT id FROM staff_sessions WHERE staff = $1 ORDER BY last_us DESC, id DESC LIMIT $2)";
    FORGET_ENDED = "DELETE FROM staff_sessions WHERE expires_us <= $1 OR last_us <= $2";
}

/// With what somebody entered, as far as it says so itself: to be recognised by her, and believed by nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Browser {
    /// Its family and system, as `Firefox · Windows`; empty when it does not say.
    pub family: String,
    /// The address that it came from; behind a proxy that nobody named, the proxy's.
    pub address: String,
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

/// What somebody must still do before a door opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Show her second factor.
    Code,
    /// Choose a password in place of the one that was given to her.
    Password,
    /// Set up a second factor.
    SecondFactor,
}

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The number of the session.
    pub id: i64,
    /// Who it is.
    pub member: Member,
    /// What every form of the session must carry.
    pub csrf: String,
    /// When it ends, however much it is used.
    pub expires: Timestamp,
    /// When it was last used, to [`limits::STAFF_SEEN`].
    pub seen: Timestamp,
    /// What a second factor that is set up in it is derived from.
    pub(super) factor_salt: String,
    /// Whether the second factor was shown.
    pub(super) factor_shown: bool,
}

impl Session {
    /// What is to be done first, under the rule of the shop.
    pub fn owes(&self, rule: SecondFactorRule) -> Option<Step> {
        let member = &self.member;
        if member.second_factor && !self.factor_shown {
            return Some(Step::Code);
        }
        if member.one_time_until.is_some() {
            return Some(Step::Password);
        }
        let wanted = rule == SecondFactorRule::All && !member.second_factor;
        wanted.then_some(Step::SecondFactor)
    }
}

/// Opens a session; one too many ends the one that was unused for longest.
pub(super) fn open(
    tx: &mut dyn Tx,
    member: &Member,
    browser: &Browser,
    factor_shown: bool,
    now: Timestamp,
) -> Result<NewSession, Fault> {
    let idle = now.minus(limits::STAFF_IDLE).as_micros();
    tx.execute(&FORGET_ENDED, &[now.as_micros().into(), idle.into()])?;
    let staying = limits::STAFF_SESSIONS.saturating_sub(1);
    tx.execute(&END_SURPLUS, &[member.id.into(), staying.into()])?;
    let token = random::token::<32>()?;
    let expires = now.plus(limits::STAFF_SESSION);
    let params = [
        hashed(&token).into(),
        member.id.into(),
        random::token::<32>()?.into(),
        now.as_micros().into(),
        expires.as_micros().into(),
        browser.family.as_str().into(),
        browser.address.as_str().into(),
        random::token::<20>()?.into(),
        factor_shown.into(),
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
    let idle = now.minus(limits::STAFF_IDLE).as_micros();
    let params = [hashed(token).into(), now.as_micros().into(), idle.into()];
    let found = tx.query_opt(&FIND, &params)?;
    found.map(|row| session_of_row(&row)).transpose()
}

fn session_of_row(row: &Row) -> Result<Session, Fault> {
    Ok(Session {
        member: member_of_row(row)?,
        id: row.int(7)?,
        csrf: row.text(8)?.to_owned(),
        expires: Timestamp::micros(row.int(9)?),
        seen: Timestamp::micros(row.int(10)?),
        factor_salt: row.text(11)?.to_owned(),
        factor_shown: row.flag(12)?,
    })
}

/// Notes that a session was used; asked for more often than [`limits::STAFF_SEEN`] it would be a write for every page.
///
/// # Errors
/// A [`Fault`].
pub fn seen(tx: &mut dyn Tx, id: i64, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&SEEN, &[id.into(), now.as_micros().into()])
        .map(drop)
}

/// A session as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSession {
    /// The number of the session.
    pub id: i64,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was last used, to [`limits::STAFF_SEEN`].
    pub seen: Timestamp,
    /// With what.
    pub browser: Browser,
}

/// The open sessions of a member, the last used first.
///
/// # Errors
/// A [`Fault`].
pub fn own_sessions(
    tx: &mut dyn Tx,
    member: &Member,
    now: Timestamp,
) -> Result<Vec<OwnSession>, Fault> {
    let idle = now.minus(limits::STAFF_IDLE).as_micros();
    let params = [member.id.into(), now.as_micros().into(), idle.into()];
    let rows = tx.query(&OF_MEMBER, &params)?;
    rows.iter()
        .map(|row| {
            Ok(OwnSession {
                id: row.int(0)?,
                opened: Timestamp::micros(row.int(1)?),
                seen: Timestamp::micros(row.int(2)?),
                browser: Browser {
                    family: row.text(3)?.to_owned(),
                    address: row.text(4)?.to_owned(),
                },
            })
        })
        .collect()
}

/// Ends a session.
///
/// # Errors
/// A [`Fault`].
pub fn log_out(tx: &mut dyn Tx, token: &str) -> Result<(), Fault> {
    tx.execute(&CLOSE, &[hashed(token).into()]).map(drop)
}

/// Which of her sessions somebody ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// One, by its number; a number of somebody else's ends nothing.
    One(i64),
    /// All but the one in which she asks.
    Others,
}

/// Ends some of one's own sessions, by the password: who sits at an unattended computer ends nobody's. How many ended.
///
/// # Errors
/// See [`LoginRefusal`].
pub async fn end_own(
    store: &Store,
    clock: &Clock,
    session: &Session,
    which: Which,
    password: &str,
) -> Result<u64, LoginRefusal> {
    let (session, now) = (session.clone(), clock.now());
    login::prove(store, clock, &session.member.login, password).await?;
    let ending = store.write(move |tx| -> Result<u64, Fault> {
        let login = session.member.login.as_str();
        login::settle(tx, Guess::Password(login), login, now)?;
        let ended = match which {
            Which::One(id) => tx.execute(&END, &[session.member.id.into(), id.into()])?,
            Which::Others => end_others(tx, &session)?,
        };
        if ended > 0 {
            audit::record(tx, login, "staff.end", login, Some(&ended.to_string()), now)?;
        }
        Ok(ended)
    });
    Ok(ending.await?)
}

pub(super) fn end_others(tx: &mut dyn Tx, kept: &Session) -> Result<u64, Fault> {
    tx.execute(&END_OTHERS, &[kept.member.id.into(), kept.id.into()])
}

/// Ends all sessions of a member and opens a new one, under a new token: after a change of what she enters with.
pub(super) fn renew(
    tx: &mut dyn Tx,
    member: &Member,
    browser: &Browser,
    factor_shown: bool,
    now: Timestamp,
) -> Result<NewSession, Fault> {
    tx.execute(&END_ALL, &[member.id.into()])?;
    open(tx, member, browser, factor_shown, now)
}

/// A random token needs no salt and no slow hash.
pub(super) fn hashed(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
