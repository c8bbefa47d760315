//! The answering side: accepts connections at one door and gives each request to a tower service.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{Either, Empty};
use hyper::body::{Body, Buf, Incoming};
use hyper::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service;

use crate::fault::LinkFault;
use crate::quiet::Quiet;
use crate::tls::{Peer, PublicTls, ServerTls, Wire};

/// Connections served at once; further ones wait in the operating system's queue.
const MAX_CONNECTIONS: usize = 2048;
/// How long a connection may sit between requests, and how long a request's head may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long running requests may take to end after the order to stop.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// Who may come in, and how.
#[derive(Clone, Debug)]
pub enum Door {
    /// Processes of the house with a certificate; each request carries a [`Peer`] extension.
    Private(ServerTls),
    /// Browsers over TLS.
    Public(PublicTls),
    /// Browsers on the same machine without TLS. Refused for any other address than loopback.
    Loopback,
}

/// Where a request's connection comes from; each request carries it as an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteAddress(pub SocketAddr);

/// Serves until `shutdown` resolves, then lets running requests end, for at most five seconds.
///
/// # Errors
/// The listener has no address, or [`Door::Loopback`] was asked for on an address that others can reach.
pub async fn serve<S, B>(
    listener: TcpListener,
    door: Door,
    service: S,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let address = listener.local_addr()?;
    if matches!(door, Door::Loopback) && !address.ip().is_loopback() {
        let text = format!("{address} can be reached from other machines, so it must speak TLS");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let graceful = GracefulShutdown::new();
    let turned_away = Arc::new(Quiet::default());
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        let (tcp, from) = match accepted {
            Ok(connection) => connection,
            Err(error) => {
                // Out of file descriptors, mostly. Others will close theirs; hammering would not help.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (door, service, watcher) = (door.clone(), service.clone(), graceful.watcher());
        let turned_away = Arc::clone(&turned_away);
        tokio::spawn(async move {
            match enter(&door, tcp).await {
                Ok((wire, peer)) => {
                    let remote = RemoteAddress(from);
                    converse(wire, remote, peer, service, watcher).await;
                }
                Err(fault) if matches!(door, Door::Private(_)) => {
                    turn_away(&turned_away, from, &fault);
                }
                Err(fault) => tracing::debug!(%from, %fault, "a connection was refused"),
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIME, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(%address, "stopped with requests still running");
    }
    Ok(())
}

async fn enter(door: &Door, tcp: TcpStream) -> Result<(Box<dyn Wire>, Option<Peer>), LinkFault> {
    match door {
        Door::Private(tls) => {
            let (stream, peer) = tls.accept(tcp).await?;
            Ok((Box::new(stream), Some(peer)))
        }
        Door::Public(tls) => Ok((Box::new(tls.accept(tcp).await?), None)),
        Door::Loopback => {
            tcp.set_nodelay(true)
                .map_err(|error| LinkFault::Unreachable(error.to_string()))?;
            Ok((Box::new(tcp), None))
        }
    }
}

/// To a body in chunks: browsers send forms, and the house its messages, with one length that says where they end. A request
/// that says it in two ways may end elsewhere for a proxy than for us (request smuggling).
fn length_required<D: Buf>() -> Response<Empty<D>> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::LENGTH_REQUIRED;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Says that a handshake at a private door failed, if it is time for a line.
fn turn_away(turned_away: &Quiet, from: SocketAddr, fault: &LinkFault) {
    match turned_away.next() {
        Some(others) => tracing::warn!(%from, %fault, others, "a peer was turned away"),
        None => tracing::debug!(%from, %fault, "a peer was turned away"),
    }
}

async fn converse<S, B>(
    wire: Box<dyn Wire>,
    remote: RemoteAddress,
    peer: Option<Peer>,
    service: S,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let service = TowerToHyperService::new(service);
    let named = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(remote);
        if let Some(peer) = &peer {
            request.extensions_mut().insert(peer.clone());
        }
        let answer =
            (!request.headers().contains_key(TRANSFER_ENCODING)).then(|| service.call(request));
        async move {
            match answer {
                Some(answer) => answer.await.map(|answer| answer.map(Either::Left)),
                None => Ok(length_required().map(Either::Right)),
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(64)
        .serve_connection(TokioIo::new(wire), named);
    // A peer that goes away in the middle is its own affair.
    let _ = watcher.watch(connection).await;
}
