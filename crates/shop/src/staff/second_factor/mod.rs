//! The second factor: a code that an app on a person's own device shows, or one of the recovery codes on her paper.
//!
//! No secret is in the database. It is derived from a random salt there and a key that lies beside the data, so that who
//! reads the database, or a copy of it, shows no code. Whoever loses that key loses the second factors; recovery codes, of
//! which hashes are kept, still let in. Messages by mail or telephone are not offered: they reach whoever reads them.

mod totp;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    limits,
};

use super::{
    accounts::{AccountRefusal, Member},
    attempts::{self, Guess},
    audit,
    login::{self, LoginRefusal},
    password,
    sessions::{self, Browser, NewSession, Session},
};
use crate::{codes::coded, order::OrderKeys, text::fold};

coded! {
    /// Who must have a second factor.
    pub enum SecondFactorRule {
        /// Everybody, before any door opens.
        All = "all",
        /// Whoever moves money, sees the bank, or keeps accounts: those doors stay shut without.
        Money = "money",
        /// Nobody; who has set one up shows it.
        Optional = "optional",
    }
}

storage::statements! {
    SALT = "SELECT factor_salt FROM staff WHERE id = $1 AND disabled = 0";
    SET_UP = "UPDATE staff SET factor_salt = $2, factor_step = $3 WHERE id = $1 AND disabled = 0";
    USE_STEP = "UPDATE staff SET factor_step = $2 WHERE id = $1 AND factor_step < $2";
    REMOVE = "UPDATE staff SET factor_salt = NULL, factor_step = 0 WHERE login = $1";
    REMOVE_CODES = "DELETE FROM staff_recovery_codes WHERE staff IN (SELECT id FROM staff WHERE login = $1)";
    FORGET_CODES = "DELETE FROM staff_recovery_codes WHERE staff = $1";
    ADD_CODE = "INSERT INTO staff_recovery_codes (staff, code_hash) VALUES ($1, $2)";
    USE_CODE = "DELETE FROM staff_recovery_codes WHERE staff = $1 AND code_hash = $2";
    COUNT_CODES = "SELECT COUNT(*) FROM staff_recovery_codes WHERE staff = $1";
    CLOSE = "DELETE FROM staff_sessions WHERE id = $1";
    CLOSE_ALL = "DELETE FROM staff_sessions WHERE staff IN (SELECT id FROM staff WHERE login = $1)";
}

/// What the secrets of second factors are derived with.
#[derive(Clone)]
pub struct FactorKeys(OrderKeys);

impl FactorKeys {
    /// Keys under the secret of `keys`.
    pub fn beside(keys: &OrderKeys) -> FactorKeys {
        FactorKeys(keys.clone())
    }

    fn secret(&self, salt: &str) -> totp::Secret {
        let mut mac: Hmac<Sha256> = self.0.mac();
        mac.update(b"staff second factor 1\0");
        mac.update(salt.as_bytes());
        let bytes = mac.finalize().into_bytes();
        std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
    }
}

/// What an app needs to show codes. Secret: for the page of its owner only.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret in base 32 (RFC 4648), as apps let it be typed.
    pub secret: String,
    /// The same as an `otpauth://` address, for a QR code.
    pub address: String,
}

impl Enrolment {
    /// What is shown to whose session it is; the same on every look until it is confirmed by [`enrol`].
    pub fn of(keys: &FactorKeys, session: &Session, shop: &str) -> Enrolment {
        let secret = BASE32_NOPAD.encode(&keys.secret(&session.factor_salt));
        let (shop, login) = (escaped(shop), escaped(&session.member.login));
        let address = format!("otpauth://totp/{shop}:{login}?secret={secret}&issuer={shop}");
        Enrolment { secret, address }
    }
}

/// Everything but letters, digits and `- . _ ~` as RFC 3986 escapes it: apps read `+` as itself.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A second factor that was just set up.
pub struct Enrolled {
    /// The session that goes on; all others have ended.
    pub session: NewSession,
    /// Codes for who loses her device, told this once; each lets in once.
    pub recovery_codes: Vec<String>,
}

/// Sets up a second factor, or another in its place: by the password, and a code that shows that the app works.
///
/// # Errors
/// See [`LoginRefusal`]; a wrong code is [`LoginRefusal::Wrong`] as a wrong password is.
pub async fn enrol(
    (store, clock, keys): (&Store, &Clock, &FactorKeys),
    session: &Session,
    (password, code): (&str, &str),
    browser: &Browser,
) -> Result<Enrolled, LoginRefusal> {
    let member = session.member.clone();
    login::prove(store, clock, &member.login, password).await?;
    let (now, salt) = (clock.now(), session.factor_salt.clone());
    let step = totp::matching_step(&keys.secret(&salt), &plain(code), now);
    let browser = browser.clone();
    let setting_up = store.write(move |tx| -> Result<Option<Enrolled>, Fault> {
        login::settle(tx, Guess::Password(&member.login), &member.login, now)?;
        let Some(step) = step else {
            return Ok(None);
        };
        let params = [member.id.into(), salt.as_str().into(), step.into()];
        if tx.execute(&SET_UP, &params)? == 0 {
            return Ok(None);
        }
        let recovery_codes = new_codes(tx, member.id)?;
        audit::record(tx, &member.login, "staff.factor", &member.login, None, now)?;
        let session = sessions::renew(tx, &member, &browser, true, now)?;
        Ok(Some(Enrolled {
            session,
            recovery_codes,
        }))
    });
    setting_up.await?.ok_or(LoginRefusal::Wrong)
}

/// Twenty-four letters are 120 bits: more than the 112 from which no slow hash is needed (ASVS 5.0, 6.5.2).
fn new_codes(tx: &mut dyn Tx, member: i64) -> Result<Vec<String>, Fault> {
    tx.execute(&FORGET_CODES, &[member.into()])?;
    (0..limits::RECOVERY_CODES)
        .map(|_| {
            let code = password::letters::<24>()?;
            tx.execute(&ADD_CODE, &[member.into(), sessions::hashed(&code).into()])?;
            let groups = code.as_bytes().chunks(6).map(String::from_utf8_lossy);
            Ok(groups.collect::<Vec<_>>().join("-"))
        })
        .collect()
}

/// Shows the second factor to a session that owes it: a code of the app, or a recovery code. It goes on under a new token.
///
/// # Errors
/// See [`LoginRefusal`].
pub async fn show_code(
    (store, clock, keys): (&Store, &Clock, &FactorKeys),
    session: &Session,
    code: &str,
    browser: &Browser,
) -> Result<NewSession, LoginRefusal> {
    let (session, keys, browser) = (session.clone(), keys.clone(), browser.clone());
    let (code, now) = (plain(code), clock.now());
    let showing = store.write(move |tx| -> Result<Option<NewSession>, LoginRefusal> {
        let member = &session.member;
        attempts::count(tx, Guess::Code(&member.login), now)?;
        if !is_right(tx, &keys, member, &code, now)? {
            // The attempt stays counted.
            return Ok(None);
        }
        login::settle(tx, Guess::Code(&member.login), &member.login, now)?;
        audit::record(tx, &member.login, "staff.enter", &member.login, None, now)?;
        tx.execute(&CLOSE, &[session.id.into()])?;
        Ok(Some(sessions::open(tx, member, &browser, true, now)?))
    });
    showing.await?.ok_or(LoginRefusal::Wrong)
}

/// Whether a code is right, which uses it up.
fn is_right(
    tx: &mut dyn Tx,
    keys: &FactorKeys,
    member: &Member,
    code: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let Some(row) = tx.query_opt(&SALT, &[member.id.into()])? else {
        return Ok(false);
    };
    let Some(salt) = row.opt_text(0)? else {
        return Ok(false);
    };
    if let Some(step) = totp::matching_step(&keys.secret(salt), code, now) {
        return Ok(tx.execute(&USE_STEP, &[member.id.into(), step.into()])? > 0);
    }
    let used = [member.id.into(), sessions::hashed(code).into()];
    if tx.execute(&USE_CODE, &used)? == 0 {
        return Ok(false);
    }
    let left = tx.query_one(&COUNT_CODES, &[member.id.into()])?.count(0)?;
    let (login, left) = (member.login.as_str(), left.to_string());
    audit::record(tx, login, "staff.recovery", login, Some(&left), now)?;
    Ok(true)
}

/// Takes the second factor and the recovery codes of a login away, for who has lost both, and logs it out everywhere.
///
/// # Errors
/// [`AccountRefusal::NoSuchLogin`].
pub fn remove_second_factor(tx: &mut dyn Tx, login: &str) -> Result<(), AccountRefusal> {
    let login = fold(login);
    let of = [login.as_str().into()];
    if tx.execute(&REMOVE, &of)? == 0 {
        return Err(AccountRefusal::NoSuchLogin { login });
    }
    tx.execute(&REMOVE_CODES, &of)?;
    tx.execute(&CLOSE_ALL, &of)?;
    attempts::succeeded(tx, Guess::Code(&login))?;
    Ok(())
}

/// Takes one's own second factor away, by the password; the other sessions end.
///
/// # Errors
/// See [`LoginRefusal`].
pub async fn give_up_second_factor(
    store: &Store,
    clock: &Clock,
    session: &Session,
    password: &str,
) -> Result<(), LoginRefusal> {
    let (session, now) = (session.clone(), clock.now());
    login::prove(store, clock, &session.member.login, password).await?;
    let giving_up = store.write(move |tx| -> Result<(), Fault> {
        let login = session.member.login.as_str();
        login::settle(tx, Guess::Password(login), login, now)?;
        tx.execute(&REMOVE, &[login.into()])?;
        tx.execute(&REMOVE_CODES, &[login.into()])?;
        sessions::end_others(tx, &session)?;
        audit::record(tx, login, "staff.factor_off", login, None, now)
    });
    Ok(giving_up.await?)
}

/// A code as it is compared: people type spaces and dashes, and capitals from paper.
fn plain(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .map(|c| c.to_ascii_lowercase())
        .collect()
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
    fn an_address_for_apps_escapes_what_is_no_letter() {
        assert_eq!(
            escaped("Librairie à l’Œuvre+1"),
            "Librairie%20%C3%A0%20l%E2%80%99%C5%92uvre%2B1"
        );
    }

    #[test]
    fn each_salt_has_a_secret_of_its_own_and_each_key_too() {
        let keys = |byte| FactorKeys::beside(&OrderKeys::new(&[byte; 32]));
        assert_eq!(keys(1).secret("a"), keys(1).secret("a"));
        assert_ne!(keys(1).secret("a"), keys(1).secret("b"));
        assert_ne!(keys(1).secret("a"), keys(2).secret("a"));
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(plain(" 123 456 "), "123456");
        assert_eq!(plain("ABCDEF-ghijkm"), "abcdefghijkm");
    }
}
