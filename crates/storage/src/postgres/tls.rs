//! TLS to a PostgreSQL server: by what it is judged, and what is said when it is refused.
//!
//! Its certificate and its name are always checked; there is no way to have TLS without.

use std::{
    error::Error,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier,
    client::WantsClientCert,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::url::{Authorities, Identity, Trust};

/// The protocol's name in the handshake: PostgreSQL 17 and later asks for it where TLS comes first.
const ALPN: &[u8] = b"postgresql";
/// What the driver says of a server that answers the wish for TLS with no.
const NO_TLS: &str = "server does not support TLS";

/// Why a server could be neither judged nor shown anything.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file of the URL cannot be read.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A file of the URL is not what it should be.
    #[error("{path} holds no {what} in PEM", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// Somebody else may have the key.
    #[error("{path} may be read by others than its owner: set its mode to 600", path = path.display())]
    OpenKey {
        /// The key's file.
        path: PathBuf,
    },
    /// The system has no authorities, or certificate and key do not fit together.
    #[error("TLS to PostgreSQL cannot be set up: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Why a server was not spoken to: no password was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no TLS.
    #[error(
        "the PostgreSQL server speaks no TLS: set `ssl = on` there, with a certificate for the host in the database's URL, \
         or run the shop on the server's machine and reach it by its socket or 127.0.0.1"
    )]
    NoTls,
    /// Nobody here knows who vouches for it.
    #[error(
        "the PostgreSQL server's certificate comes from an authority that is not known here: name the authority's PEM file \
         as `sslrootcert=FILE` in the database's URL"
    )]
    UnknownAuthority,
    /// It is somebody else's, or the URL has another name for it.
    #[error(
        "the PostgreSQL server's certificate is not for the host in the database's URL ({0}): write the host as the \
         certificate's subjectAltName has it, with `hostaddr=ADDRESS` beside it where that name does not lead there"
    )]
    WrongName(String),
    /// It is too old, or not valid yet.
    #[error(
        "the PostgreSQL server's certificate is not valid today ({0}): renew it, and look at the clocks of both machines"
    )]
    WrongDay(String),
    /// Something else about its certificate or the handshake.
    #[error("no TLS connection to the PostgreSQL server came about: {0}")]
    Other(String),
}

/// Makes connections whose server is judged as `trust` has it.
pub(super) fn connector(trust: &Trust) -> Result<MakeRustlsConnect, TrustError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let judged = match &trust.authorities {
        Authorities::System => versions.with_platform_verifier()?,
        Authorities::File(path) => judged_by(versions, path)?,
    };
    let mut config = match &trust.identity {
        None => judged.with_no_client_auth(),
        Some(own) => judged.with_client_auth_cert(certificates(&own.certificate)?, key(own)?)?,
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn judged_by(
    versions: ConfigBuilder<ClientConfig, WantsVerifier>,
    path: &Path,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TrustError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(path)? {
        roots.add(authority)?;
    }
    Ok(versions.with_root_certificates(roots))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let bytes = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(TrustError::Malformed {
            path: path.to_owned(),
            what: "certificate",
        }),
    }
}

fn key(own: &Identity) -> Result<PrivateKeyDer<'static>, TrustError> {
    let path = own.key.clone();
    match fs::metadata(&path) {
        Ok(file) if file.permissions().mode() & 0o077 != 0 => {
            return Err(TrustError::OpenKey { path });
        }
        Ok(_) => {}
        Err(source) => return Err(TrustError::File { path, source }),
    }
    let what = "private key";
    PrivateKeyDer::from_pem_slice(&read(&path)?).map_err(|_| TrustError::Malformed { path, what })
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    fs::read(path).map_err(|source| TrustError::File {
        path: path.to_owned(),
        source,
    })
}

/// What the driver's error says of TLS; none when it is about something else.
pub(super) fn refusal(error: &tokio_postgres::Error) -> Option<Refusal> {
    let cause = error.source()?;
    if cause.to_string() == NO_TLS {
        return Some(Refusal::NoTls);
    }
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    let refusal = match inner.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(problem) => of_certificate(problem),
        other => Refusal::Other(other.to_string()),
    };
    Some(refusal)
}

fn of_certificate(problem: &CertificateError) -> Refusal {
    let words = problem.to_string();
    match problem {
        // An authority that was made anew under its old name signs what the old one's key does not open.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            Refusal::UnknownAuthority
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Refusal::WrongName(words)
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Refusal::WrongDay(words),
        _ => Refusal::Other(words),
    }
}
