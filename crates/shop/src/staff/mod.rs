//! The people behind the counter: accounts, logins, sessions, and what each of them did.
//!
//! What a role may do is decided where the doors are, in the back office; here is who somebody is, and what she must show
//! for it.

mod accounts;
mod attempts;
pub mod audit;
mod guessing;
mod login;
mod own_password;
mod password;
mod second_factor;
mod sessions;

pub use accounts::{
    AccountRefusal, Credential, Member, NewMember, Role, by_login, create, disable, list,
    set_password,
};
pub use guessing::Obvious;
pub use login::{LoginRefusal, log_in};
pub use own_password::{ChangeRefusal, NewPassword, change_password};
pub use password::{PasswordHash, PasswordRefusal, drawn, hash};
pub use second_factor::{
    Enrolled, Enrolment, FactorKeys, SecondFactorRule, enrol, give_up_second_factor,
    remove_second_factor, show_code,
};
pub use sessions::{
    Browser, NewSession, OwnSession, Session, Step, Which, end_own, log_out, own_sessions, seen,
    session,
};

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [
        accounts::STATEMENTS,
        attempts::STATEMENTS,
        audit::STATEMENTS,
        login::STATEMENTS,
        own_password::STATEMENTS,
        second_factor::STATEMENTS,
        sessions::STATEMENTS,
    ]
    .concat()
}
