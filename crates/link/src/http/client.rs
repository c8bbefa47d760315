//! The asking side: connections are kept for a while and used again, one request at a time each.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::MAX_ANSWER_BYTES;
use crate::fault::{LinkFault, Problem};
use crate::identity::{Identity, IdentityError, dns_name};
use crate::tls::{self, ClientTls};

/// Idle connections kept for the next request; more are closed. A group commit at the peer answers a hundred at once, and to
/// make as many connections anew costs more than all the rest.
const IDLE_LIMIT: usize = 256;
/// Shorter than any server of the house waits, so that the client is the one who closes.
const IDLE_TIME: Duration = Duration::from_secs(10);
/// A peer on a private link answers the connection at once or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a finished connection may take to become ready again.
const GIVE_BACK_TIME: Duration = Duration::from_millis(20);

const JSON: &str = "application/json";
const FILE: &str = "application/octet-stream";

type Question = Request<Full<Bytes>>;
type Sender = SendRequest<Full<Bytes>>;

/// A caller of one peer. Cheap to clone; clones share the idle connections.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: SocketAddr,
    host: HeaderValue,
    tls: ClientTls,
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    sender: Sender,
    since: Instant,
}

impl Client {
    /// A caller of the named peer (`"switch"`) at the address. Connects when first asked to call.
    ///
    /// # Errors
    /// The identity cannot be used, or the name is no DNS label.
    pub fn new(
        address: SocketAddr,
        identity: &Identity,
        peer: &str,
    ) -> Result<Client, IdentityError> {
        let host = HeaderValue::try_from(dns_name(peer))
            .map_err(|_| IdentityError::Unusable(format!("{peer:?} is not a name of a process")))?;
        let tls = tls::client_config(identity, peer)?;
        Ok(Client {
            inner: Arc::new(Inner {
                address,
                host,
                tls,
                idle: Mutex::new(Vec::new()),
            }),
        })
    }

    /// Sends `request` as JSON to the path (`"/redeem"`) and reads the answer, all within `timeout`.
    ///
    /// # Errors
    /// See [`LinkFault`]; `may_have_arrived` tells whether the peer may have acted.
    pub async fn post<Req, Resp>(
        &self,
        path: &str,
        request: &Req,
        timeout: Duration,
    ) -> Result<Resp, LinkFault>
    where
        Req: Serialize + ?Sized,
        Resp: DeserializeOwned,
    {
        let body = serde_json::to_vec(request)
            .map_err(|error| LinkFault::Unreachable(error.to_string()))?;
        let question = self.question(Method::POST, path, body, JSON)?;
        parsed(&self.call(question, MAX_ANSWER_BYTES, timeout).await?)
    }

    /// Asks for the path and reads the answer, all within `timeout`.
    ///
    /// # Errors
    /// See [`LinkFault`].
    pub async fn get<Resp: DeserializeOwned>(
        &self,
        path: &str,
        timeout: Duration,
    ) -> Result<Resp, LinkFault> {
        let question = self.question(Method::GET, path, Vec::new(), JSON)?;
        parsed(&self.call(question, MAX_ANSWER_BYTES, timeout).await?)
    }

    /// Sends a file to the path and reads the file that answers it, of at most `most` bytes, all within `timeout`.
    ///
    /// # Errors
    /// See [`LinkFault`]; `may_have_arrived` tells whether the peer may have acted.
    pub async fn send_file(
        &self,
        path: &str,
        file: Vec<u8>,
        most: usize,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkFault> {
        let question = self.question(Method::POST, path, file, FILE)?;
        Ok(self.call(question, most, timeout).await?.to_vec())
    }

    /// Reads the file at the path, of at most `most` bytes, all within `timeout`.
    ///
    /// # Errors
    /// See [`LinkFault`].
    pub async fn get_file(
        &self,
        path: &str,
        most: usize,
        timeout: Duration,
    ) -> Result<Vec<u8>, LinkFault> {
        let question = self.question(Method::GET, path, Vec::new(), FILE)?;
        Ok(self.call(question, most, timeout).await?.to_vec())
    }

    async fn call(
        &self,
        question: Question,
        most: usize,
        timeout: Duration,
    ) -> Result<Bytes, LinkFault> {
        let deadline = tokio::time::Instant::now() + timeout;
        let connected = tokio::time::timeout_at(deadline, self.inner.connection()).await;
        let sender =
            connected.map_err(|_| LinkFault::Unreachable("no connection in time".to_owned()))??;
        let exchanged =
            tokio::time::timeout_at(deadline, self.inner.exchange(sender, question, most)).await;
        let (status, bytes, sender) = exchanged.map_err(|_| LinkFault::Timeout)??;
        self.inner.give_back(sender).await;
        if (200..300).contains(&status) {
            return Ok(bytes);
        }
        let problem = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Problem::new("unexplained", "the peer gave no reason"));
        Err(LinkFault::Refused { status, problem })
    }

    fn question(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        kind: &'static str,
    ) -> Result<Question, LinkFault> {
        let uri = Uri::try_from(path).map_err(|error| LinkFault::Unreachable(error.to_string()))?;
        let mut question = Request::new(Full::new(Bytes::from(body)));
        if method == Method::POST {
            question
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        question.headers_mut().insert(HOST, self.inner.host.clone());
        question
            .headers_mut()
            .insert(ACCEPT, HeaderValue::from_static(kind));
        *question.method_mut() = method;
        *question.uri_mut() = uri;
        Ok(question)
    }
}

impl Inner {
    /// An idle connection, or a new one.
    async fn connection(&self) -> Result<Sender, LinkFault> {
        match self.take_idle() {
            Some(sender) => Ok(sender),
            None => self.connect().await,
        }
    }

    async fn connect(&self) -> Result<Sender, LinkFault> {
        let stream = self.tls.connect(self.address, CONNECT_TIMEOUT).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| LinkFault::Unreachable(error.to_string()))?;
        tokio::spawn(async move {
            // Its failure reaches the caller through the sender.
            let _ = connection.await;
        });
        sender
            .ready()
            .await
            .map_err(|error| LinkFault::Unreachable(error.to_string()))?;
        Ok(sender)
    }

    async fn exchange(
        &self,
        mut sender: Sender,
        question: Question,
        most: usize,
    ) -> Result<(u16, Bytes, Sender), LinkFault> {
        let answer = match sender.try_send_request(question).await {
            Ok(answer) => answer,
            Err(mut failed) => match failed.take_message() {
                // The idle connection was already closed: hyper gives the request back, so it was never sent.
                Some(question) => {
                    sender = self.connect().await?;
                    sender
                        .send_request(question)
                        .await
                        .map_err(|error| LinkFault::of_exchange(&error))?
                }
                None => return Err(LinkFault::of_exchange(&failed.into_error())),
            },
        };
        let status = answer.status().as_u16();
        let bytes = read(answer, most).await?;
        Ok((status, bytes, sender))
    }

    fn take_idle(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| kept.since.elapsed() < IDLE_TIME && !kept.sender.is_closed());
        let ready = idle.iter().rposition(|kept| kept.sender.is_ready())?;
        Some(idle.swap_remove(ready).sender)
    }

    /// Keeps the connection for the next call. The answer has been read to its end, so it is ready at once; one that
    /// is not, or that closes, is dropped: the answer that is already here must not wait for it.
    async fn give_back(&self, mut sender: Sender) {
        let ready = tokio::time::timeout(GIVE_BACK_TIME, sender.ready()).await;
        if !matches!(ready, Ok(Ok(()))) {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_LIMIT {
            idle.push(Idle {
                sender,
                since: Instant::now(),
            });
        }
    }
}

/// An answer without a body (204) reads as nothing: `()`.
fn parsed<Resp: DeserializeOwned>(bytes: &[u8]) -> Result<Resp, LinkFault> {
    let bytes = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| LinkFault::Garbled(error.to_string()))
}

async fn read(answer: Response<Incoming>, most: usize) -> Result<Bytes, LinkFault> {
    match Limited::new(answer.into_body(), most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(LinkFault::Garbled("the answer is too long".to_owned()))
        }
        Err(_) => Err(LinkFault::Broken),
    }
}
