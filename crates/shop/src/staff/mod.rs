//! The people behind the counter: accounts, logins, sessions, and what each of them did.
//!
//! What a role may do is decided where the doors are, in the back office; here is who somebody is.

mod accounts;
pub mod audit;
mod login;
mod password;
mod sessions;

pub use accounts::{AccountRefusal, Member, NewMember, Role, create, disable, list, set_password};
pub use login::{LoginRefusal, log_in};
pub use password::{PasswordHash, PasswordRefusal, hash};
pub use sessions::{NewSession, Session, log_out, session};

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [
        accounts::STATEMENTS,
        audit::STATEMENTS,
        login::STATEMENTS,
        sessions::STATEMENTS,
    ]
    .concat()
}
