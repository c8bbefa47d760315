//! Why a vault does not start, or stops.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Why a vault does not start, or stops. The words are for the operator.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// `--dev` with a production profile.
    #[error("a --dev vault keeps its master key in a file and refuses the production profile")]
    DevInProduction,
    /// A public address without TLS that others can reach.
    #[error(
        "{0} can be reached from other machines, so the card form must be served over TLS: set public_tls"
    )]
    PlainHttp(SocketAddr),
    /// The shop's origin is not one.
    #[error("shop_origin {0:?} is not an origin such as https://shop.example")]
    ShopOrigin(String),
    /// The data folder cannot be made.
    #[error("{path}: {source}", path = path.display())]
    DataDir {
        /// Which folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// Another vault runs there.
    #[error(
        "{path}: a vault runs in this folder already and holds its lock; stop that one, or give this one a folder of its own",
        path = .0.display()
    )]
    Occupied(PathBuf),
    /// The master key's file cannot be used.
    #[error("the master key {path} cannot be used: {reason}", path = path.display())]
    MasterKey {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The ring of keys cannot be used.
    #[error("the ring of keys {path} cannot be used: {reason}", path = path.display())]
    Ring {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A ceremony cannot be held.
    #[error(transparent)]
    Ceremony(#[from] crate::ceremony::CeremonyError),
    /// The admin door's socket cannot be bound.
    #[error("{path}: {source}", path = path.display())]
    AdminDoor {
        /// Which socket.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A certificate is missing or does not fit.
    #[error(transparent)]
    Identity(#[from] link::IdentityError),
    /// A signing key is missing or does not fit.
    #[error(transparent)]
    Key(#[from] link::signed::KeyError),
    /// The database does not open.
    #[error("the vault's database does not open: {0}")]
    Open(#[from] storage::OpenError),
    /// The database does not answer.
    #[error("the vault's database does not answer: {0}")]
    Store(#[from] storage::Fault),
    /// An address cannot be bound.
    #[error("{address} cannot be listened on: {source}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A door cannot be served.
    #[error("a door of the vault cannot be served: {0}")]
    Serve(#[source] io::Error),
    /// The process cannot be confined.
    #[error(transparent)]
    NotConfined(#[from] sandbox::NotConfined),
    /// A real shop's vault does not run with keys that may be written to swap.
    #[error(transparent)]
    NotLocked(#[from] crate::process::NotLocked),
    /// The process cannot be hardened, or there is no randomness.
    #[error("the operating system refused: {0}")]
    System(#[source] io::Error),
}

impl VaultError {
    pub(crate) fn ring(path: &Path, reason: &str) -> VaultError {
        VaultError::Ring {
            path: path.to_owned(),
            reason: reason.to_owned(),
        }
    }
}
