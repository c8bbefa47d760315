//! Links between the processes of the house: mutual TLS with pinned peers, signed tickets, and the certificates of a
//! demonstration. And what every door needs that strangers come to: where they come from, and how often.
//!
//! A process is known by a short name (`shop`, `vault`, `switch`, `bank`), which its certificate carries as the DNS
//! name `NAME.bouquin.internal`. There is one private authority, no public root, and TLS 1.3 only. What deliberately
//! is not here: any word of the trade. The three payment tickets are named only so that their signatures cannot be
//! mistaken for one another.

pub mod ca;
pub mod forwarded;
pub mod http;
pub mod identity;
pub mod keyfile;
pub mod note;
pub mod pace;
pub mod quiet;
pub mod signed;
pub mod tls;

mod fault;
mod leaf;

pub use fault::{LinkFault, Problem};
pub use identity::{Identity, IdentityError};
pub use tls::Peer;
