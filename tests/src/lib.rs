//! Helpers of the whole-system tests: a demonstration as a person starts it, a real browser, and both
//! database engines.

pub mod browser;
pub mod demo;
pub mod engines;
pub mod oracle;
pub mod patience;
pub mod wire;
