//! `cargo xtask bench`.
