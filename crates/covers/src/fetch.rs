//! Asking a server for a cover, within bounds of place, time and size.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use catalogue::store::{CoverReason, HeldFile};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

use crate::limits;
use crate::reach::Reach;

/// Bounds of one fetch.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// From the first question to the last byte.
    pub time: Duration,
    /// Of the file.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            time: limits::FETCH,
            bytes: limits::FILE_BYTES,
        }
    }
}

/// What a server answered.
#[derive(Debug)]
pub enum Answer {
    /// A file.
    File(File),
    /// It has no other file than the one that is held.
    NotModified,
}

/// A file as it came.
#[derive(Debug)]
pub struct File {
    /// Its bytes.
    pub bytes: Bytes,
    /// The server's `ETag`.
    pub etag: Option<String>,
    /// The server's `Last-Modified`.
    pub modified: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchFault {
    /// The link, or one that it leads to, may not be followed.
    #[error("{0}")]
    Link(&'static str),
    /// An address that may not be asked.
    #[error("{host} is at {address}")]
    PrivateAddress {
        /// The name in the link.
        host: String,
        /// The address that it has.
        address: IpAddr,
    },
    /// It leads on more often than [`limits::REDIRECTS`].
    #[error("it leads on more than {} times", limits::REDIRECTS)]
    Redirects,
    /// Another status than 200, or 304 where it was asked for.
    #[error("the server answers {status}")]
    Status {
        /// The status.
        status: StatusCode,
        /// The pause that the server asks for.
        pause: Option<Duration>,
    },
    /// More bytes than [`Bounds::bytes`].
    #[error("it has more than {} bytes", .0)]
    TooLarge(usize),
    /// No connection, no secure one, or one that broke off.
    #[error("{0}")]
    Unreachable(String),
    /// No whole answer within [`Bounds::time`].
    #[error("no whole answer within {} s", .0.as_secs())]
    Slow(Duration),
}

impl FetchFault {
    /// The reason that is kept.
    pub fn reason(&self) -> CoverReason {
        match self {
            FetchFault::Link(_) => CoverReason::Link,
            FetchFault::PrivateAddress { .. } => CoverReason::PrivateAddress,
            FetchFault::Redirects => CoverReason::Redirects,
            FetchFault::Status { .. } => CoverReason::Answer,
            FetchFault::TooLarge(_) => CoverReason::TooLarge,
            FetchFault::Unreachable(_) => CoverReason::Unreachable,
            FetchFault::Slow(_) => CoverReason::Slow,
        }
    }

    /// Whether it can be otherwise the next time.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            FetchFault::Status { .. } | FetchFault::Unreachable(_) | FetchFault::Slow(_)
        )
    }

    /// How long the server wants to be left alone, when it is the server that does not answer, and not the file that is
    /// not there.
    pub fn pause(&self) -> Option<Duration> {
        match self {
            FetchFault::Status { status, pause } if is_about_the_server(*status) => {
                Some(pause.unwrap_or(limits::FIRST_PAUSE))
            }
            FetchFault::Unreachable(_) | FetchFault::Slow(_) => Some(limits::FIRST_PAUSE),
            _ => None,
        }
    }
}

fn is_about_the_server(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// Asks for covers.
pub struct Fetcher<R> {
    reach: R,
    tls: TlsConnector,
    agent: HeaderValue,
    bounds: Bounds,
}

impl<R: Reach> Fetcher<R> {
    /// Asks as `agent`, whose certificates are judged as the system judges them.
    ///
    /// # Errors
    /// The system has no certificates to judge by.
    pub fn new(reach: R, agent: &str, bounds: Bounds) -> Result<Fetcher<R>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()?
            .with_no_client_auth();
        Ok(Fetcher::trusting(reach, agent, bounds, tls))
    }

    /// The same with certificates judged as `tls` has it.
    pub fn trusting(reach: R, agent: &str, bounds: Bounds, tls: ClientConfig) -> Fetcher<R> {
        let agent = HeaderValue::from_str(agent);
        Fetcher {
            reach,
            tls: TlsConnector::from(Arc::new(tls)),
            agent: agent.unwrap_or(HeaderValue::from_static("Bouquin")),
            bounds,
        }
    }

    /// Asks for the file of a link; with a file that is `held`, only for another one.
    ///
    /// # Errors
    /// See [`FetchFault`].
    pub async fn fetch(&self, link: &str, held: Option<&HeldFile>) -> Result<Answer, FetchFault> {
        let time = self.bounds.time;
        tokio::time::timeout(time, self.follow(link, held))
            .await
            .unwrap_or(Err(FetchFault::Slow(time)))
    }

    async fn follow(&self, link: &str, held: Option<&HeldFile>) -> Result<Answer, FetchFault> {
        let mut target = self.target(Url::parse(link))?;
        for _ in 0..=limits::REDIRECTS {
            let answer = self.ask(&target, held).await?;
            match where_to(&answer.response) {
                Some(location) => target = self.target(target.url.join(&location))?,
                None => return self.read(answer, held.is_some()).await,
            }
        }
        Err(FetchFault::Redirects)
    }

    /// Judges a link before anything is looked up.
    fn target(&self, link: Result<Url, url::ParseError>) -> Result<Target, FetchFault> {
        let url = link.map_err(|_| FetchFault::Link("it is no link"))?;
        let is_secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(FetchFault::Link("it is neither http nor https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchFault::Link("it holds a login"));
        }
        let host = url.host().map(|host| host.to_owned());
        let host = host.ok_or(FetchFault::Link("it names no server"))?;
        let port = url.port_or_known_default().unwrap_or(0);
        if !self.reach.may_use_port(port) {
            return Err(FetchFault::Link("it names another port than 80 and 443"));
        }
        Ok(Target {
            url,
            is_secure,
            host,
            port,
        })
    }

    /// Sends the question to one of the addresses that were judged, and reads the head of the answer.
    async fn ask(&self, target: &Target, held: Option<&HeldFile>) -> Result<Answering, FetchFault> {
        let question = self.question(target, held)?;
        let addresses = self.addresses(target).await?;
        let stream = connect(&addresses).await?;
        if target.is_secure {
            let name = target.name()?;
            let stream = self.tls.connect(name, stream).await.map_err(unreachable)?;
            exchange(stream, question).await
        } else {
            exchange(stream, question).await
        }
    }

    /// The addresses of the server, of which every one may be asked.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, FetchFault> {
        let addresses = match &target.host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, target.port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, target.port))],
            Host::Domain(name) => {
                let looked_up = self.reach.look_up(name, target.port).await;
                looked_up.map_err(|_| unreachable("its server's name is not known"))?
            }
        };
        let refused = addresses.iter().find(|one| !self.reach.may_ask(**one));
        if let Some(refused) = refused {
            return Err(FetchFault::PrivateAddress {
                host: target.host.to_string(),
                address: refused.ip(),
            });
        }
        Ok(addresses)
    }

    fn question(
        &self,
        target: &Target,
        held: Option<&HeldFile>,
    ) -> Result<Request<Empty<Bytes>>, FetchFault> {
        let no_link = |_| FetchFault::Link("it is no link");
        let path = &target.url[Position::BeforePath..Position::AfterQuery];
        let host = &target.url[Position::BeforeHost..Position::AfterPort];
        let mut question = Request::new(Empty::new());
        *question.uri_mut() = Uri::try_from(path).map_err(no_link)?;
        let headers = question.headers_mut();
        headers.insert(
            header::HOST,
            HeaderValue::from_str(host).map_err(|_| FetchFault::Link("it is no link"))?,
        );
        headers.insert(header::USER_AGENT, self.agent.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("image/*"));
        let known = held.map(|held| (&held.etag, &held.modified));
        let conditions = known.into_iter().flat_map(|(etag, modified)| {
            [
                (header::IF_NONE_MATCH, etag),
                (header::IF_MODIFIED_SINCE, modified),
            ]
        });
        for (name, value) in conditions {
            let value = value.as_deref().map(HeaderValue::from_str);
            if let Some(Ok(value)) = value {
                headers.insert(name, value);
            }
        }
        Ok(question)
    }

    async fn read(&self, answer: Answering, may_be_known: bool) -> Result<Answer, FetchFault> {
        let (head, body) = answer.response.into_parts();
        match head.status {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if may_be_known => return Ok(Answer::NotModified),
            status => {
                let pause = text(&head.headers, header::RETRY_AFTER);
                let pause = pause.and_then(|seconds| seconds.parse().ok());
                let pause = pause.map(Duration::from_secs);
                return Err(FetchFault::Status {
                    status,
                    pause: pause.map(|pause| pause.min(limits::LONGEST_PAUSE)),
                });
            }
        }
        let most = self.bounds.bytes;
        if body.size_hint().lower() > most as u64 {
            return Err(FetchFault::TooLarge(most));
        }
        let bytes = match Limited::new(body, most).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Err(FetchFault::TooLarge(most));
            }
            Err(_) => return Err(unreachable("the answer broke off")),
        };
        Ok(Answer::File(File {
            bytes,
            etag: text(&head.headers, header::ETAG),
            modified: text(&head.headers, header::LAST_MODIFIED),
        }))
    }
}

/// A link that may be followed.
struct Target {
    url: Url,
    is_secure: bool,
    host: Host<String>,
    port: u16,
}

impl Target {
    /// The name that the certificate must have.
    fn name(&self) -> Result<ServerName<'static>, FetchFault> {
        match &self.host {
            Host::Ipv4(address) => Ok(ServerName::from(IpAddr::V4(*address))),
            Host::Ipv6(address) => Ok(ServerName::from(IpAddr::V6(*address))),
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|_| FetchFault::Link("it names no server")),
        }
    }
}

/// The head of an answer, and the connection that its body comes from.
struct Answering {
    response: Response<Incoming>,
    _connection: Connection,
}

/// A connection that ends when nobody reads it any more.
struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, FetchFault> {
    let mut last = unreachable("its server has no address");
    for address in addresses.iter().take(limits::ADDRESSES) {
        match tokio::time::timeout(limits::CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = unreachable(error),
            Err(_) => last = unreachable("its server does not take the connection"),
        }
    }
    Err(last)
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    question: Request<Empty<Bytes>>,
) -> Result<Answering, FetchFault> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(limits::HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(unreachable)?;
    let connection = Connection(tokio::spawn(async move {
        // Its failure reaches the caller through the sender.
        let _ = connection.await;
    }));
    let response = sender.send_request(question).await.map_err(unreachable)?;
    Ok(Answering {
        response,
        _connection: connection,
    })
}

/// Where an answer leads on to.
fn where_to(response: &Response<Incoming>) -> Option<String> {
    let leads_on = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    leads_on.then(|| location.to_owned())
}

fn text(headers: &hyper::HeaderMap, name: HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    (text.chars().count() <= limits::TAG_CHARS).then(|| text.to_owned())
}

fn unreachable(reason: impl ToString) -> FetchFault {
    FetchFault::Unreachable(reason.to_string())
}
