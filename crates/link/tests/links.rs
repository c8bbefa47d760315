//! Two processes' ends over real sockets: who gets in, who does not, and what the caller learns.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use link::http::{Client, Door, RemoteAddress, serve};
use link::tls::{client_config, server_config};
use link::{Identity, LinkFault, Peer, Problem, ca};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const SOON: Duration = Duration::from_secs(5);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Word {
    text: String,
}

fn word(text: &str) -> Word {
    Word {
        text: text.to_owned(),
    }
}

/// Answers with the peer's name and what it said; misbehaves on request.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let peer = request
        .extensions()
        .get::<Peer>()
        .map(|peer| peer.name().to_owned())
        .unwrap_or_default();
    let remote = request.extensions().get::<RemoteAddress>();
    let remote = remote.map(|remote| remote.0.ip().to_string());
    let remote = remote.unwrap_or_default();
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let said: Word = serde_json::from_slice(&body).unwrap_or(word("nothing"));
    let json = |value: &Word| Full::new(Bytes::from(serde_json::to_vec(value).unwrap()));
    Ok(match path.as_str() {
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Response::new(json(&said))
        }
        "/no" => {
            let problem = serde_json::to_vec(&Problem::new("not-today", "Closed.")).unwrap();
            Response::builder()
                .status(StatusCode::CONFLICT)
                .body(Full::new(Bytes::from(problem)))
                .unwrap()
        }
        "/long" => Response::new(Full::new(Bytes::from(vec![
            b' ';
            link::http::MAX_ANSWER_BYTES + 1
        ]))),
        "/where" => Response::new(json(&word(&remote))),
        "/odd" => Response::new(Full::new(Bytes::from_static(b"{}"))),
        _ => Response::new(json(&word(&format!("{peer} said {}", said.text)))),
    })
}

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn server(dir: &Path, name: &str, allowed: &[&str]) -> Server {
    let identity = Identity::load(dir, name).unwrap();
    let door = Door::Private(server_config(&identity, allowed).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(
        listener,
        door,
        tower::service_fn(answer),
        async move {
            let _ = stopped.await;
        },
    ));
    Server {
        address,
        stop,
        task,
    }
}

fn client(dir: &Path, name: &str, address: SocketAddr, peer: &str) -> Client {
    Client::new(address, &Identity::load(dir, name).unwrap(), peer).unwrap()
}

fn house() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    ca::make_demo(dir.path(), &["shop", "vault", "switch"]).unwrap();
    dir
}

#[tokio::test]
async fn a_call_is_answered_and_the_server_knows_who_asked() {
    let dir = house();
    let vault = server(dir.path(), "vault", &["switch", "shop"]).await;
    let switch = client(dir.path(), "switch", vault.address, "vault");
    let shop = client(dir.path(), "shop", vault.address, "vault");
    for _ in 0..3 {
        let said: Word = switch.post("/say", &word("hello"), SOON).await.unwrap();
        assert_eq!(said, word("switch said hello"));
    }
    assert_eq!(
        shop.get::<Word>("/say", SOON).await.unwrap(),
        word("shop said nothing")
    );
    let remote: Word = shop.get("/where", SOON).await.unwrap();
    assert_eq!(remote, word("127.0.0.1"));
}

#[tokio::test]
async fn a_peer_that_is_not_on_the_list_is_refused_before_it_can_ask() {
    let dir = house();
    let vault = server(dir.path(), "vault", &["switch"]).await;
    let shop = client(dir.path(), "shop", vault.address, "vault");
    let fault = shop
        .post::<_, Word>("/say", &word("hello"), SOON)
        .await
        .unwrap_err();
    assert!(
        matches!(fault, LinkFault::Unreachable(_) | LinkFault::Broken),
        "{fault}"
    );
    // Another name of the same authority does not pass for the one that was called.
    let switch = client(dir.path(), "switch", vault.address, "bank");
    let fault = switch.get::<Word>("/say", SOON).await.unwrap_err();
    assert!(matches!(fault, LinkFault::Unreachable(_)), "{fault}");
}

#[tokio::test]
async fn another_authority_is_refused_on_both_sides() {
    let (dir, other) = (house(), house());
    let vault = server(dir.path(), "vault", &["switch"]).await;
    let stranger = client(other.path(), "switch", vault.address, "vault");
    let fault = stranger.get::<Word>("/say", SOON).await.unwrap_err();
    assert!(matches!(fault, LinkFault::Unreachable(_)), "{fault}");

    // A stranger who believes this house's authority but has another's certificate.
    std::fs::copy(dir.path().join("ca.pem"), other.path().join("ca.pem")).unwrap();
    let stranger = client(other.path(), "switch", vault.address, "vault");
    let fault = stranger.get::<Word>("/say", SOON).await.unwrap_err();
    assert!(
        matches!(fault, LinkFault::Unreachable(_) | LinkFault::Broken),
        "{fault}"
    );
}

#[tokio::test]
async fn plain_tcp_gets_no_answer() {
    let dir = house();
    let vault = server(dir.path(), "vault", &["switch"]).await;
    let mut tcp = TcpStream::connect(vault.address).await.unwrap();
    tcp.write_all(b"GET /say HTTP/1.1\r\nHost: vault\r\n\r\n")
        .await
        .unwrap();
    let mut said = Vec::new();
    let _ = tokio::time::timeout(SOON, tcp.read_to_end(&mut said))
        .await
        .unwrap();
    assert!(!said.starts_with(b"HTTP"), "only a TLS alert may come back");
}

#[tokio::test]
async fn faults_tell_whether_the_peer_may_have_acted() {
    let dir = house();
    let vault = server(dir.path(), "vault", &["switch"]).await;
    let switch = client(dir.path(), "switch", vault.address, "vault");
    let slow = switch
        .post::<_, Word>("/slow", &word("x"), Duration::from_millis(200))
        .await
        .unwrap_err();
    assert!(matches!(slow, LinkFault::Timeout) && slow.may_have_arrived());
    let no = switch
        .post::<_, Word>("/no", &word("x"), SOON)
        .await
        .unwrap_err();
    assert!(
        matches!(&no, LinkFault::Refused { status: 409, problem } if problem.kind == "not-today"),
        "{no}"
    );
    assert!(!no.may_have_arrived());
    for path in ["/long", "/odd"] {
        let odd = switch.get::<Word>(path, SOON).await.unwrap_err();
        assert!(matches!(odd, LinkFault::Garbled(_)), "{path}: {odd}");
    }
    let nobody = client(
        dir.path(),
        "switch",
        "127.0.0.1:1".parse().unwrap(),
        "vault",
    );
    let fault = nobody.get::<Word>("/say", SOON).await.unwrap_err();
    assert!(matches!(fault, LinkFault::Unreachable(_)) && !fault.may_have_arrived());
}

#[tokio::test]
async fn stopping_lets_a_running_request_end_and_a_restart_is_noticed() {
    let dir = house();
    let vault = server(dir.path(), "vault", &["switch"]).await;
    let switch = client(dir.path(), "switch", vault.address, "vault");
    let running = tokio::spawn({
        let switch = switch.clone();
        async move { switch.post::<_, Word>("/slow", &word("last"), SOON).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    vault.stop.send(()).unwrap();
    assert_eq!(running.await.unwrap().unwrap(), word("last"));
    vault.task.await.unwrap().unwrap();
    let fault = switch.get::<Word>("/say", SOON).await.unwrap_err();
    assert!(matches!(fault, LinkFault::Unreachable(_)), "{fault}");
}

#[tokio::test]
async fn bytes_travel_both_ways_over_a_raw_stream() {
    let dir = house();
    let accepting =
        server_config(&Identity::load(dir.path(), "vault").unwrap(), &["switch"]).unwrap();
    let calling = client_config(&Identity::load(dir.path(), "switch").unwrap(), "vault").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let echo = tokio::spawn(async move {
        let (mut stream, peer) = accepting
            .accept(listener.accept().await.unwrap().0)
            .await
            .unwrap();
        let mut frame = [0_u8; 4];
        stream.read_exact(&mut frame).await.unwrap();
        stream.write_all(&frame).await.unwrap();
        stream.flush().await.unwrap();
        peer
    });
    let mut stream = calling.connect(address, SOON).await.unwrap();
    stream.write_all(b"0800").await.unwrap();
    let mut frame = [0_u8; 4];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(&frame, b"0800");
    assert_eq!(echo.await.unwrap().name(), "switch");
}

#[tokio::test]
async fn plain_http_is_served_on_loopback_only() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = serve(
        listener,
        Door::Loopback,
        tower::service_fn(answer),
        std::future::ready(()),
    )
    .await;
    assert_eq!(
        refused.unwrap_err().kind(),
        std::io::ErrorKind::InvalidInput
    );
}

#[tokio::test]
async fn a_browser_meets_ordinary_tls_at_a_public_door() {
    use rustls::pki_types::pem::PemObject as _;
    let dir = house();
    let tls =
        link::tls::public_config(&dir.path().join("vault.pem"), &dir.path().join("vault.key"))
            .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(
        listener,
        Door::Public(tls),
        tower::service_fn(answer),
        std::future::pending(),
    ));

    let mut roots = rustls::RootCertStore::empty();
    let ca = std::fs::read(dir.path().join("ca.pem")).unwrap();
    roots
        .add(rustls::pki_types::CertificateDer::from_pem_slice(&ca).unwrap())
        .unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let browser = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = "vault.bouquin.internal".try_into().unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(browser));
    let mut stream = connector.connect(name, tcp).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: vault\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut said = String::new();
    let _ = stream.read_to_string(&mut said).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

/// The statuses of the answers to these bytes, until the server closes or has nothing more to say.
async fn statuses(address: SocketAddr, bytes: &str) -> Vec<u16> {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(bytes.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let reading = tcp.read_to_end(&mut said);
    let closed = tokio::time::timeout(SOON, reading).await;
    assert!(closed.is_ok(), "the connection stays open");
    let said = String::from_utf8(said).unwrap();
    let answers = said.split("HTTP/1.1 ").skip(1);
    answers.map(|answer| answer[..3].parse().unwrap()).collect()
}

#[tokio::test]
async fn a_request_that_says_its_length_in_two_ways_is_refused_and_nothing_after_it_is_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(
        listener,
        Door::Loopback,
        tower::service_fn(answer),
        std::future::pending(),
    ));
    let hidden = "GET /say HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n";
    let asked = |lengths: &str, body: &str| {
        format!("POST /say HTTP/1.1\r\nHost: v\r\n{lengths}\r\n\r\n{body}{hidden}")
    };
    // As it should be: both requests are answered.
    let both = statuses(address, &asked("Content-Length: 2", "{}")).await;
    assert_eq!(both, [200, 200]);
    for (lengths, status) in [
        ("Content-Length: 2\r\nContent-Length: 40", 400),
        ("Content-Length: 2, 40", 400),
        ("Content-Length: +2", 400),
        ("Content-Length: 2\r\nTransfer-Encoding: chunked", 411),
        ("Transfer-Encoding: chunked\r\nContent-Length: 2", 411),
        ("Transfer-Encoding: chunked", 411),
        ("Transfer-Encoding: gzip", 400),
        (
            "Transfer-Encoding: chunked, identity\r\nContent-Length: 2",
            400,
        ),
    ] {
        let body = if lengths.contains("chunked") {
            "2\r\n{}\r\n0\r\n\r\n"
        } else {
            "{}"
        };
        let said = statuses(address, &asked(lengths, body)).await;
        assert_eq!(said, [status], "{lengths}");
    }
}

#[tokio::test]
async fn an_answer_says_its_length_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(
        listener,
        Door::Loopback,
        tower::service_fn(answer),
        std::future::pending(),
    ));
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(b"GET /say HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut said = String::new();
    tcp.read_to_string(&mut said).await.unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert_eq!(head.matches("content-length: ").count(), 1, "{head}");
    assert!(
        head.contains(&format!("content-length: {}", body.len())),
        "{head}"
    );
    assert!(!head.contains("transfer-encoding"), "{head}");
}
