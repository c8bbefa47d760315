//! One question and one answer over HTTPS: forms out, JSON in, and whether a question without an answer may have arrived.
//!
//! Payments are few: each question has a connection of its own, so that none is ever sent on one that died.

use std::{net::IpAddr, sync::Arc};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use trade::limits;
use url::{Host, Url, form_urlencoded};

use crate::keys::ApiKey;

/// The version of the interface that is spoken, whatever the account's own is.
pub const VERSION: &str = "2024-06-20";

const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Why an address is none of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedAddress {
    /// It is no `https://HOST`.
    #[error("the provider's address is https://HOST, with a port where it has another than 443")]
    NoOrigin,
    /// Without TLS, and not on this machine.
    #[error("without TLS a provider is spoken to on this machine only: use https://")]
    Unprotected,
    /// Nobody could tell whether it is the provider who answers.
    #[error("the system has no certificates to judge the provider by: install ca-certificates")]
    NoTrust,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// Not a byte of the question left.
    #[error("it was not reached: {0}")]
    Unreached(String),
    /// The question may have arrived.
    #[error("no whole answer: {0}")]
    Unanswered(String),
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// The fields of a form.
pub(crate) type Form<'a> = Vec<(&'a str, String)>;

/// The way to a provider.
pub(crate) struct Wire {
    origin: Origin,
    tls: TlsConnector,
    key: ApiKey,
}

struct Origin {
    is_secure: bool,
    host: Host<String>,
    port: u16,
    /// As in the `Host` header.
    authority: String,
}

impl Origin {
    fn parse(address: &str) -> Result<Self, MalformedAddress> {
        let url = Url::parse(address).map_err(|_| MalformedAddress::NoOrigin)?;
        let is_secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(MalformedAddress::NoOrigin),
        };
        let is_bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        let host = url.host().map(|host| host.to_owned());
        let (Some(host), true) = (host, is_bare) else {
            return Err(MalformedAddress::NoOrigin);
        };
        let is_here = match &host {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
            Host::Domain(_) => false,
        };
        if !is_secure && !is_here {
            return Err(MalformedAddress::Unprotected);
        }
        let authority = url.authority().to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        Ok(Self {
            is_secure,
            host,
            port,
            authority,
        })
    }

    /// The name that the certificate must have.
    fn name(&self) -> Result<ServerName<'static>, NoAnswer> {
        match &self.host {
            Host::Ipv4(address) => Ok(ServerName::from(IpAddr::V4(*address))),
            Host::Ipv6(address) => Ok(ServerName::from(IpAddr::V6(*address))),
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(unreached),
        }
    }
}

impl Wire {
    /// A way to the provider at `address`, whose certificate is judged as the system judges them, or as `tls` has it.
    ///
    /// # Errors
    /// [`MalformedAddress`].
    pub fn new(address: &str, key: ApiKey, tls: ClientConfig) -> Result<Self, MalformedAddress> {
        Ok(Self {
            origin: Origin::parse(address)?,
            tls: TlsConnector::from(Arc::new(tls)),
            key,
        })
    }

    /// Asks for what is at `path`.
    pub async fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        let question = self.question(Method::GET, path, Bytes::new())?;
        self.ask(question).await
    }

    /// Sends a form to `path`, under a name that makes a repeat the same question.
    pub async fn post(
        &self,
        path: &str,
        form: &Form<'_>,
        idempotency: Option<&str>,
    ) -> Result<Answer, NoAnswer> {
        let body = encoded(form);
        let mut question = self.question(Method::POST, path, body)?;
        let headers = question.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        if let Some(name) = idempotency {
            let name = HeaderValue::from_str(name).map_err(unreached)?;
            headers.insert(IDEMPOTENCY_KEY, name);
        }
        self.ask(question).await
    }

    fn question(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let mut question = Request::new(Full::new(body));
        *question.method_mut() = method;
        *question.uri_mut() = Uri::try_from(path).map_err(unreached)?;
        let headers = question.headers_mut();
        let host = HeaderValue::from_str(&self.origin.authority).map_err(unreached)?;
        headers.insert(header::HOST, host);
        headers.insert(header::AUTHORIZATION, self.key.bearer());
        headers.insert(STRIPE_VERSION, HeaderValue::from_static(VERSION));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("Bouquin"));
        Ok(question)
    }

    async fn ask(&self, question: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let time = limits::PROVIDER_CONNECT;
        let sender = timeout(time, self.reach())
            .await
            .map_err(|_| unreached("it does not take the connection"))??;
        timeout(limits::PROVIDER_TIME, exchange(sender, question))
            .await
            .map_err(|_| unanswered("it is slow"))?
    }

    /// A connection on which nothing was said yet.
    async fn reach(&self) -> Result<Sender, NoAnswer> {
        let port = self.origin.port;
        let stream = match &self.origin.host {
            Host::Ipv4(address) => TcpStream::connect((*address, port)).await,
            Host::Ipv6(address) => TcpStream::connect((*address, port)).await,
            Host::Domain(name) => TcpStream::connect((name.as_str(), port)).await,
        };
        let stream = stream.map_err(unreached)?;
        if !self.origin.is_secure {
            return shake_hands(stream).await;
        }
        let name = self.origin.name()?;
        let stream = self.tls.connect(name, stream).await.map_err(unreached)?;
        shake_hands(stream).await
    }
}

/// Judges certificates as the system does.
///
/// # Errors
/// The system has no certificates to judge by.
pub(crate) fn system_tls() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth())
}

/// Not kept over an answer that is awaited: the encoder belongs to one thread.
fn encoded(form: &Form<'_>) -> Bytes {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form);
    Bytes::from(body.finish())
}

type Sender = http1::SendRequest<Full<Bytes>>;

async fn shake_hands(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Sender, NoAnswer> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(unreached)?;
    // Ends with the sender; its failure reaches the caller through that.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

async fn exchange(mut sender: Sender, question: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
    let answer: Response<Incoming> = sender.send_request(question).await.map_err(unanswered)?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, limits::PROVIDER_ANSWER_BYTES)
        .collect()
        .await
        .map_err(unanswered)?;
    Ok(Answer {
        status: head.status,
        body: body.to_bytes(),
    })
}

fn unreached(why: impl ToString) -> NoAnswer {
    NoAnswer::Unreached(why.to_string())
}

fn unanswered(why: impl ToString) -> NoAnswer {
    NoAnswer::Unanswered(why.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_is_an_origin_under_tls_or_on_this_machine() {
        let origin = Origin::parse("https://api.stripe.com").unwrap();
        assert_eq!((origin.is_secure, origin.port), (true, 443));
        assert_eq!(origin.authority, "api.stripe.com");
        let origin = Origin::parse("http://127.0.0.1:8420/").unwrap();
        assert_eq!(origin.authority, "127.0.0.1:8420");
        assert!(Origin::parse("http://[::1]:8420").is_ok());
        let refused = |address| Origin::parse(address).err().unwrap();
        assert_eq!(
            refused("http://api.stripe.com"),
            MalformedAddress::Unprotected
        );
        assert_eq!(refused("http://localhost"), MalformedAddress::Unprotected);
        for address in [
            "api.stripe.com",
            "ftp://a",
            "https://a/v1",
            "https://u@a",
            "https://a?b",
        ] {
            assert_eq!(refused(address), MalformedAddress::NoOrigin, "{address}");
        }
    }
}
