//! Who a process is on the private network: its certificate, its key, and the one authority it believes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::keyfile;
use crate::leaf::Leaf;

/// The domain under which processes have their names. Reserved for private use (ICANN, 2024: `.internal`).
pub const DOMAIN: &str = "bouquin.internal";

/// The DNS name that a process's certificate carries: `switch` → `switch.bouquin.internal`.
#[must_use]
pub fn dns_name(name: &str) -> String {
    format!("{name}.{DOMAIN}")
}

/// Why a process cannot show who it is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// A file does not hold what its name promises.
    #[error("{path} does not hold a usable {what} in PEM", path = path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What was expected there.
        what: &'static str,
    },
    /// The pieces do not fit together, or a name is no DNS label.
    #[error("this identity cannot be used: {0}")]
    Unusable(String),
}

/// A process's certificate and key, and the authority it believes. Clones share the certificate, which is read again when
/// its file changes.
#[derive(Debug, Clone)]
pub struct Identity {
    pub(crate) name: String,
    pub(crate) leaf: Arc<Leaf>,
    pub(crate) ca: CertificateDer<'static>,
}

impl Identity {
    /// Reads `DIR/ca.pem`, `DIR/NAME.pem` and `DIR/NAME.key` (mode 0600), as written by [`crate::ca::make_demo`].
    ///
    /// # Errors
    /// A file is missing, unreadable, open to others (the key), or not what it should be; or certificate and key do not
    /// fit together.
    pub fn load(dir: &Path, name: &str) -> Result<Identity, IdentityError> {
        let leaf = Arc::new(Leaf::load(dir, name)?);
        let ca_path = dir.join("ca.pem");
        let ca = certificates(&ca_path)?
            .into_iter()
            .next()
            .ok_or(IdentityError::Malformed {
                path: ca_path,
                what: "certificate",
            })?;
        Ok(Identity {
            name: name.to_owned(),
            leaf,
            ca,
        })
    }

    /// The short name of this process.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let bytes = std::fs::read(path).map_err(|source| IdentityError::File {
        path: path.to_owned(),
        source,
    })?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(IdentityError::Malformed {
            path: path.to_owned(),
            what: "certificate",
        }),
    }
}

pub(crate) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, IdentityError> {
    let bytes = keyfile::read_secret(path).map_err(|source| IdentityError::File {
        path: path.to_owned(),
        source,
    })?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| IdentityError::Malformed {
        path: path.to_owned(),
        what: "private key",
    })
}
