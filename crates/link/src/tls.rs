//! TLS 1.3 between two processes that both show a certificate of the private authority.
//!
//! Each side names whom it expects: a server holds a list of peers it lets in, a client names the one it calls. A
//! certificate of the right authority with another name is refused in the handshake. Session resumption is off, so
//! every connection proves its peer again, with the certificate that its side has by then. [`PublicTls`] is the ordinary server side for browsers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{
    NoServerSessionStorage, ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier,
};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, RootCertStore,
    ServerConfig, SignatureScheme,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::fault::LinkFault;
use crate::identity::{Identity, IdentityError, certificates, dns_name, private_key};
use crate::leaf::Leaf;

/// How long a connection may take until both sides have shown who they are.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection of either side, to read and write bytes.
pub type Stream = tokio_rustls::TlsStream<TcpStream>;

/// The short name of the process at the other end, proved by its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(String);

impl Peer {
    /// The short name, such as `switch`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// A peer as a handshake would have proved it. For tests of a router without a network.
    #[must_use]
    pub fn assumed(name: &str) -> Peer {
        Peer(name.to_owned())
    }
}

/// The server side of a private link.
#[derive(Clone, Debug)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    allowed: Arc<[(String, ServerName<'static>)]>,
}

/// The client side of a private link, to one named peer.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    peer: ServerName<'static>,
    leaf: Arc<Leaf>,
}

/// The server side towards browsers: a certificate of its own, nothing asked of the client.
#[derive(Clone, Debug)]
pub struct PublicTls {
    config: Arc<ServerConfig>,
}

/// A server that lets in only the named peers (`&["switch", "shop"]`).
///
/// # Errors
/// The identity's pieces do not fit together, or a peer's name is no DNS label.
pub fn server_config(
    identity: &Identity,
    allowed_peers: &[&str],
) -> Result<ServerTls, IdentityError> {
    let verifier = peer_verifier(identity, allowed_peers)?;
    let allowed = Arc::clone(&verifier.allowed);
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(unusable)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::clone(&identity.leaf) as Arc<dyn ResolvesServerCert>);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(ServerTls {
        config: Arc::new(config),
        allowed,
    })
}

/// A client that talks to the named peer (`"switch"`) only.
///
/// # Errors
/// The identity's pieces do not fit together, or the peer's name is no DNS label.
pub fn client_config(identity: &Identity, peer: &str) -> Result<ClientTls, IdentityError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(unusable)?
        .with_root_certificates(Arc::unwrap_or_clone(roots(identity)?))
        .with_client_cert_resolver(Arc::clone(&identity.leaf) as Arc<dyn ResolvesClientCert>);
    config.resumption = Resumption::disabled();
    Ok(ClientTls {
        config: Arc::new(config),
        peer: server_name(peer)?,
        leaf: Arc::clone(&identity.leaf),
    })
}

/// A server for browsers, with a certificate chain and its key (mode 0600) in PEM.
///
/// # Errors
/// A file is missing, open to others, or does not fit.
pub fn public_config(cert_chain: &Path, key: &Path) -> Result<PublicTls, IdentityError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates(cert_chain)?, private_key(key)?)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(PublicTls {
        config: Arc::new(config),
    })
}

impl ServerTls {
    /// Takes a new connection through the handshake, within [`HANDSHAKE_TIMEOUT`].
    ///
    /// # Errors
    /// The other side speaks no TLS, has no certificate of the authority, or is not on the list.
    pub async fn accept(&self, tcp: TcpStream) -> Result<(Stream, Peer), LinkFault> {
        tcp.set_nodelay(true).map_err(unreachable)?;
        let handshake = TlsAcceptor::from(Arc::clone(&self.config)).accept(tcp);
        let stream = within(HANDSHAKE_TIMEOUT, handshake).await?;
        let leaf = stream
            .get_ref()
            .1
            .peer_certificates()
            .and_then(<[_]>::first);
        let peer = leaf
            .and_then(|leaf| peer_name(&self.allowed, leaf))
            .ok_or_else(|| LinkFault::Unreachable("the peer showed no name".to_owned()))?;
        Ok((Stream::Server(stream), peer))
    }
}

impl ClientTls {
    /// How often this side's certificate was renewed since the process started: a connection that was made before the last
    /// time shows an older one.
    #[must_use]
    pub fn renewals(&self) -> u64 {
        self.leaf.renewals()
    }

    /// Connects and shakes hands within the given time, and never waits longer for the handshake than
    /// [`HANDSHAKE_TIMEOUT`]. With TLS 1.3 a server that refuses this side's certificate says so only after this
    /// function has returned: the first read then fails.
    ///
    /// # Errors
    /// [`LinkFault::Unreachable`], also when the time is over: nothing has been asked yet.
    pub async fn connect(
        &self,
        address: SocketAddr,
        timeout: Duration,
    ) -> Result<Stream, LinkFault> {
        let tcp = within(timeout, TcpStream::connect(address)).await?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let handshake =
            TlsConnector::from(Arc::clone(&self.config)).connect(self.peer.clone(), tcp);
        Ok(Stream::Client(
            within(timeout.min(HANDSHAKE_TIMEOUT), handshake).await?,
        ))
    }
}

impl PublicTls {
    /// Takes a browser's connection through the handshake, within [`HANDSHAKE_TIMEOUT`].
    ///
    /// # Errors
    /// The other side speaks no TLS 1.3.
    pub async fn accept(&self, tcp: TcpStream) -> Result<Stream, LinkFault> {
        tcp.set_nodelay(true).map_err(unreachable)?;
        let handshake = TlsAcceptor::from(Arc::clone(&self.config)).accept(tcp);
        Ok(Stream::Server(within(HANDSHAKE_TIMEOUT, handshake).await?))
    }
}

/// Bytes in both directions that hyper can drive.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

async fn within<T>(
    limit: Duration,
    step: impl Future<Output = std::io::Result<T>>,
) -> Result<T, LinkFault> {
    match tokio::time::timeout(limit, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(unreachable(error)),
        Err(_) => Err(LinkFault::Unreachable("no connection in time".to_owned())),
    }
}

fn unreachable(error: std::io::Error) -> LinkFault {
    LinkFault::Unreachable(error.to_string())
}

fn unusable(error: impl std::fmt::Display) -> IdentityError {
    IdentityError::Unusable(error.to_string())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn roots(identity: &Identity) -> Result<Arc<RootCertStore>, IdentityError> {
    let mut roots = RootCertStore::empty();
    roots.add(identity.ca.clone()).map_err(unusable)?;
    Ok(Arc::new(roots))
}

fn server_name(peer: &str) -> Result<ServerName<'static>, IdentityError> {
    ServerName::try_from(dns_name(peer)).map_err(unusable)
}

fn peer_name(allowed: &[(String, ServerName<'static>)], leaf: &CertificateDer<'_>) -> Option<Peer> {
    let parsed = ParsedCertificate::try_from(leaf).ok()?;
    let named = |name: &ServerName<'_>| rustls::client::verify_server_name(&parsed, name).is_ok();
    allowed
        .iter()
        .find(|(_, dns)| named(dns))
        .map(|(short, _)| Peer(short.clone()))
}

/// Accepts a certificate of the authority that carries one of the allowed names.
pub(crate) fn peer_verifier(
    identity: &Identity,
    allowed: &[&str],
) -> Result<Arc<PeerVerifier>, IdentityError> {
    let chain = WebPkiClientVerifier::builder_with_provider(roots(identity)?, provider())
        .build()
        .map_err(unusable)?;
    let allowed: Result<Vec<_>, IdentityError> = allowed
        .iter()
        .map(|name| Ok(((*name).to_owned(), server_name(name)?)))
        .collect();
    Ok(Arc::new(PeerVerifier {
        chain,
        allowed: allowed?.into(),
    }))
}

#[derive(Debug)]
pub(crate) struct PeerVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    allowed: Arc<[(String, ServerName<'static>)]>,
}

impl ClientCertVerifier for PeerVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self
            .chain
            .verify_client_cert(end_entity, intermediates, now)?;
        match peer_name(&self.allowed, end_entity) {
            Some(_) => Ok(verified),
            None => Err(CertificateError::NotValidForName.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
