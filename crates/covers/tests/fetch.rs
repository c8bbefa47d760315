//! O21: what is asked, of whom, and what answers are refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::time::{Duration, Instant};

use catalogue::store::{CoverReason, HeldFile};
use covers::fetch::{Answer, FetchFault, Fetcher};
use house::{BOUNDS, OnlyThis, Page, Supplier, answer, fetcher, jpeg, moved};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

async fn fault(fetcher: &Fetcher<OnlyThis>, link: &str) -> FetchFault {
    fetcher.fetch(link, None).await.expect_err(link)
}

async fn reason(fetcher: &Fetcher<OnlyThis>, link: &str) -> CoverReason {
    fault(fetcher, link).await.reason()
}

#[tokio::test]
async fn o21_a_file_comes_with_what_the_server_says_of_it() {
    let supplier = Supplier::open().await;
    let bytes = jpeg(200, 300, 1);
    let said = "ETag: \"v1\"\r\nLast-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\n";
    supplier.put_file("/covers/%201.jpg?a=b", said, &bytes);
    let fetcher = fetcher(&OnlyThis::at(supplier.address));
    let link = supplier.link("/covers/ 1.jpg?a=b#part");
    let Ok(Answer::File(file)) = fetcher.fetch(&link, None).await else {
        panic!("no file");
    };
    assert_eq!(file.bytes, bytes);
    let held = HeldFile {
        etag: file.etag,
        modified: file.modified,
        sha256: covers::render::sha256(&bytes),
    };
    let again = fetcher.fetch(&link, Some(&held)).await;
    assert!(matches!(again, Ok(Answer::NotModified)));
    let asked = supplier.asked();
    assert!(
        asked[0].contains("user-agent: Bouquin/test\r\n"),
        "{}",
        asked[0]
    );
    assert!(asked[0].contains(&format!("host: {}\r\n", supplier.address)));
    assert!(
        asked[1].contains("if-none-match: \"v1\"\r\n"),
        "{}",
        asked[1]
    );
    assert!(asked[1].contains("if-modified-since: Mon, 23 Nov 2026"));
}

#[tokio::test]
async fn o21_redirects_are_followed_three_times_and_judged_each_time() {
    let supplier = Supplier::open().await;
    supplier.put_file("/4", "", &jpeg(100, 150, 2));
    for (from, to) in [("/1", "/2"), ("/2", "/3"), ("/3", "/4"), ("/0", "/1")] {
        supplier.put(from, moved(to));
    }
    let reach = OnlyThis::at(supplier.address);
    reach.knows("inside.example", &[&["10.0.0.8"]]);
    let fetcher = fetcher(&reach);
    assert!(fetcher.fetch(&supplier.link("/1"), None).await.is_ok());
    let too_often = reason(&fetcher, &supplier.link("/0")).await;
    assert_eq!(too_often, CoverReason::Redirects);
    for (to, expected) in [
        (
            supplier.named("inside.example", "/"),
            CoverReason::PrivateAddress,
        ),
        (
            supplier.named("127.0.0.2", "/"),
            CoverReason::PrivateAddress,
        ),
        (
            "http://169.254.169.254:80/latest".to_owned(),
            CoverReason::Link,
        ),
        ("file:///etc/passwd".to_owned(), CoverReason::Link),
        ("//127.0.0.1:22/".to_owned(), CoverReason::Link),
        (
            supplier.link("/").replace("//", "//user:word@"),
            CoverReason::Link,
        ),
    ] {
        supplier.put("/away", moved(&to));
        assert_eq!(
            reason(&fetcher, &supplier.link("/away")).await,
            expected,
            "{to}"
        );
    }
}

#[tokio::test]
async fn o21_only_the_address_that_was_judged_is_asked() {
    let supplier = Supplier::open().await;
    supplier.put_file("/1.jpg", "", &jpeg(100, 150, 3));
    let reach = OnlyThis::at(supplier.address);
    // A name that is public when it is judged, and private when it is looked up once more.
    reach.knows("rebinding.example", &[&["127.0.0.1"], &["127.0.0.2"]]);
    reach.knows("both.example", &[&["127.0.0.1", "127.0.0.2"]]);
    let fetcher = fetcher(&reach);
    let rebinding = supplier.named("rebinding.example", "/1.jpg");
    assert!(fetcher.fetch(&rebinding, None).await.is_ok());
    assert_eq!(reach.look_ups_left("rebinding.example"), 1);
    assert_eq!(supplier.asked().len(), 1);
    assert!(supplier.asked()[0].contains("host: rebinding.example:"));
    let private = CoverReason::PrivateAddress;
    assert_eq!(reason(&fetcher, &rebinding).await, private);
    let both = supplier.named("both.example", "/1.jpg");
    assert_eq!(reason(&fetcher, &both).await, private);
    assert_eq!(supplier.asked().len(), 1, "nobody else was asked");
    let nobody = supplier.named("nobody.example", "/");
    assert_eq!(reason(&fetcher, &nobody).await, CoverReason::Unreachable);
}

#[tokio::test]
async fn o21_links_that_may_not_be_followed_are_not() {
    let supplier = Supplier::open().await;
    let fetcher = fetcher(&OnlyThis::at(supplier.address));
    for link in [
        "9782070541270.jpg",
        "ftp://quai.example/1.jpg",
        "file:///etc/passwd",
        "http://",
        "http://quai.example:22/1.jpg",
        "https://user@quai.example/1.jpg",
        "javascript:alert(1)",
    ] {
        assert_eq!(reason(&fetcher, link).await, CoverReason::Link, "{link}");
    }
    // The loopback by other names.
    for host in [
        "127.1",
        "0x7f000002",
        "2130706434",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        let link = supplier.named(host, "/").replace("127.1", "127.2");
        assert_eq!(
            reason(&fetcher, &link).await,
            CoverReason::PrivateAddress,
            "{link}"
        );
    }
    assert!(supplier.asked().is_empty());
}

#[tokio::test]
async fn o21_time_and_bytes_are_bounded() {
    let supplier = Supplier::open().await;
    let holding = |bytes: &[u8]| Page {
        bytes: bytes.to_vec(),
        holds: true,
    };
    supplier.put("/silent", holding(b""));
    supplier.put(
        "/stops",
        holding(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfew"),
    );
    supplier.put(
        "/says",
        holding(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"),
    );
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".iter().copied();
    let endless: Vec<u8> = endless
        .chain(std::iter::repeat_n(b'x', BOUNDS.bytes + 1))
        .collect();
    supplier.put("/endless", holding(&endless));
    let head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    supplier.put("/head", holding(head.as_bytes()));
    supplier.put(
        "/cut",
        Page {
            bytes: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfew".to_vec(),
            holds: false,
        },
    );
    let fetcher = fetcher(&OnlyThis::at(supplier.address));
    for (path, expected) in [
        ("/silent", CoverReason::Slow),
        ("/stops", CoverReason::Slow),
        ("/says", CoverReason::TooLarge),
        ("/endless", CoverReason::TooLarge),
        ("/head", CoverReason::Unreachable),
        ("/cut", CoverReason::Unreachable),
    ] {
        let begun = Instant::now();
        assert_eq!(
            reason(&fetcher, &supplier.link(path)).await,
            expected,
            "{path}"
        );
        assert!(
            begun.elapsed() < BOUNDS.time + Duration::from_secs(2),
            "{path}"
        );
    }
}

#[tokio::test]
async fn o21_a_server_that_asks_for_a_pause_gets_it() {
    let supplier = Supplier::open().await;
    let busy = "Retry-After: 120\r\n";
    supplier.put("/busy", answer("503 Service Unavailable", busy, b""));
    supplier.put("/known", answer("304 Not Modified", "", b""));
    let fetcher = fetcher(&OnlyThis::at(supplier.address));
    let busy = fault(&fetcher, &supplier.link("/busy")).await;
    assert!(busy.may_pass());
    assert_eq!(busy.pause(), Some(Duration::from_secs(120)));
    // What is not there today may be there next week; the server itself is well.
    let missing = fault(&fetcher, &supplier.link("/missing")).await;
    assert_eq!((missing.may_pass(), missing.pause()), (true, None));
    assert_eq!(missing.to_string(), "the server answers 404 Not Found");
    // Nobody asked whether it had changed.
    assert_eq!(
        reason(&fetcher, &supplier.link("/known")).await,
        CoverReason::Answer
    );
}

/// A server that speaks TLS with a certificate for `secure.example`, and a client's trust in that certificate.
async fn secure(answer: Vec<u8>) -> (std::net::SocketAddr, ClientConfig) {
    let own = rcgen::generate_simple_self_signed(vec!["secure.example".to_owned()]).unwrap();
    let (certificate, key) = (own.cert.der().clone(), own.signing_key.serialize_der());
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(std::sync::Arc::new(server));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (address, client)
}

#[tokio::test]
async fn o21_a_secure_server_must_be_the_one_that_the_link_names() {
    let bytes = jpeg(100, 150, 4);
    let (address, trust) = secure(answer("200 OK", "", &bytes).bytes).await;
    let reach = OnlyThis::at(address);
    for name in ["secure.example", "other.example"] {
        reach.knows(name, &[&["127.0.0.1"], &["127.0.0.1"]]);
    }
    let link = |name: &str| format!("https://{name}:{}/1.jpg", address.port());
    let trusting = Fetcher::trusting(reach.clone(), "Bouquin/test", BOUNDS, trust);
    let Ok(Answer::File(file)) = trusting.fetch(&link("secure.example"), None).await else {
        panic!("no file");
    };
    assert_eq!(file.bytes, bytes);
    let unreachable = CoverReason::Unreachable;
    assert_eq!(reason(&trusting, &link("other.example")).await, unreachable);
    // The system knows nothing of this certificate.
    let doubting = fetcher(&reach);
    assert_eq!(
        reason(&doubting, &link("secure.example")).await,
        unreachable
    );
}
