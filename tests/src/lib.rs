//! Helpers of the whole-system tests: a demonstration as a person starts it, a real browser, both
//! database engines, and who vouches for servers.

pub mod authority;
pub mod browser;
pub mod demo;
pub mod engines;
pub mod mail_server;
pub mod oracle;
pub mod patience;
pub mod person;
pub mod wire;
