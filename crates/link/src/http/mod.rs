//! Small JSON calls between processes: HTTP/1.1 over a private link, with a limit on everything.
//!
//! [`Client`] asks, [`serve`] answers with any tower service (an axum `Router`). No redirects, no cookies, no
//! compression, no retries of a request that may have arrived.

mod client;
mod server;

pub use client::Client;
pub use server::{Door, RemoteAddress, serve};

/// The largest body of an answer that a client reads, in bytes. Messages of the house stay under 4 kB.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;
