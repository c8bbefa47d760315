//! The certificate that a process shows, read again when its file changes: a renewal needs no new start.
//!
//! Connections keep what they were made with; new ones are made with the new certificate. A certificate and a key that
//! do not fit together (a renewal writes one file after the other) are left alone until they do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::identity::{IdentityError, certificates, private_key};

/// How often the file is looked at, at most.
const LOOK: Duration = Duration::from_millis(500);

/// A certificate with its key, as last read.
#[derive(Debug)]
pub(crate) struct Leaf {
    certificate: PathBuf,
    key: PathBuf,
    shown: Mutex<Shown>,
}

#[derive(Debug)]
struct Shown {
    pair: Arc<CertifiedKey>,
    /// Counts the renewals.
    renewals: u64,
    /// When the certificate's file was last changed, as far as it was read.
    changed: Option<SystemTime>,
    looked: Instant,
}

impl Leaf {
    /// Reads `DIR/NAME.pem` and `DIR/NAME.key`.
    pub(crate) fn load(dir: &Path, name: &str) -> Result<Leaf, IdentityError> {
        let certificate = dir.join(format!("{name}.pem"));
        let key = dir.join(format!("{name}.key"));
        let changed = changed(&certificate);
        let pair = Arc::new(pair(&certificate, &key)?);
        Ok(Leaf {
            certificate,
            key,
            shown: Mutex::new(Shown {
                pair,
                renewals: 0,
                changed,
                looked: Instant::now(),
            }),
        })
    }

    /// What is to be shown now.
    pub(crate) fn now(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.look().pair)
    }

    /// How often it was renewed since the process started.
    pub(crate) fn renewals(&self) -> u64 {
        self.look().renewals
    }

    fn look(&self) -> std::sync::MutexGuard<'_, Shown> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.looked.elapsed() < LOOK {
            return shown;
        }
        shown.looked = Instant::now();
        let changed = changed(&self.certificate);
        if changed.is_none() || changed == shown.changed {
            return shown;
        }
        match pair(&self.certificate, &self.key) {
            Ok(pair) => {
                shown.pair = Arc::new(pair);
                shown.renewals += 1;
                shown.changed = changed;
                tracing::info!(certificate = %self.certificate.display(), "a renewed certificate is shown from now on");
            }
            Err(error) => tracing::warn!(%error, "the old certificate is shown still"),
        }
        shown
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
}

fn pair(certificate: &Path, key: &Path) -> Result<CertifiedKey, IdentityError> {
    let chain = certificates(certificate)?;
    // Refuses a key that is not the certificate's.
    CertifiedKey::from_der(chain, private_key(key)?, &aws_lc_rs::default_provider())
        .map_err(|error| IdentityError::Unusable(format!("{}: {error}", certificate.display())))
}

impl ResolvesServerCert for Leaf {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

impl ResolvesClientCert for Leaf {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }

    fn has_certs(&self) -> bool {
        true
    }
}
