//! A supplier's server on the loopback, the only address that these tests may ask, and pictures to put on it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::HashMap;
use std::io::{self, Cursor};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use covers::fetch::{Bounds, Fetcher};
use covers::reach::Reach;
use image::{DynamicImage, ImageFormat, RgbImage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the server sends for a path, byte by byte; after it the connection is closed, or held for ever.
#[derive(Clone)]
pub struct Page {
    pub bytes: Vec<u8>,
    pub holds: bool,
}

/// A server that notes what it is asked.
#[derive(Clone)]
pub struct Supplier {
    pub address: SocketAddr,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Supplier {
    pub async fn open() -> Supplier {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let supplier = Supplier {
            address: listener.local_addr().unwrap(),
            pages: Arc::default(),
            asked: Arc::default(),
        };
        let serving = supplier.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.answer(stream).await });
            }
        });
        supplier
    }

    async fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let path = head.split(' ').nth(1)?.to_owned();
        let page = self.pages.lock().unwrap().get(&path).cloned();
        let page = match page {
            Some(page) if is_known(&head, &page) => answer("304 Not Modified", "", b""),
            Some(page) => page,
            None => answer("404 Not Found", "", b"nothing"),
        };
        self.asked.lock().unwrap().push(head);
        stream.write_all(&page.bytes).await.ok()?;
        if page.holds {
            tokio::time::sleep(Duration::from_secs(600)).await;
        }
        Some(())
    }

    pub fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// A file under its path, with further headers.
    pub fn put_file(&self, path: &str, headers: &str, bytes: &[u8]) {
        self.put(path, answer("200 OK", headers, bytes));
    }

    pub fn link(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The same server under a name.
    pub fn named(&self, name: &str, path: &str) -> String {
        format!("http://{name}:{}{path}", self.address.port())
    }

    /// Heads of the questions so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Whether who asks has the page: by its tag, or because it is no younger than the date that is named (RFC 9110, 13.2.2).
fn is_known(head: &str, page: &Page) -> bool {
    let text = String::from_utf8_lossy(&page.bytes);
    let value = |of: &str, name: &str| {
        let value = of.split_once(name)?.1.split("\r\n").next()?;
        Some(value.to_owned())
    };
    if let Some(named) = value(head, "if-none-match: ") {
        return value(&text, "ETag: ").as_ref() == Some(&named);
    }
    let date = |text: String| jiff::fmt::rfc2822::parse(&text).unwrap().timestamp();
    let (since, changed) = (
        value(head, "if-modified-since: ").map(date),
        value(&text, "Last-Modified: ").map(date),
    );
    matches!((since, changed), (Some(since), Some(changed)) if changed <= since)
}

pub fn answer(status: &str, headers: &str, bytes: &[u8]) -> Page {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n",
        bytes.len()
    );
    Page {
        bytes: [head.as_bytes(), bytes].concat(),
        holds: false,
    }
}

pub fn moved(to: &str) -> Page {
    answer("302 Found", &format!("Location: {to}\r\n"), b"")
}

/// May ask one server and nobody else, and knows names whose addresses change from one look-up to the next.
#[derive(Clone)]
pub struct OnlyThis {
    pub server: SocketAddr,
    pub names: Arc<Mutex<HashMap<String, Vec<Vec<SocketAddr>>>>>,
}

impl OnlyThis {
    pub fn at(server: SocketAddr) -> OnlyThis {
        OnlyThis {
            server,
            names: Arc::default(),
        }
    }

    /// What a name leads to at each look-up, in order.
    pub fn knows(&self, name: &str, answers: &[&[&str]]) {
        let port = self.server.port();
        let parse = |ip: &&str| SocketAddr::new(ip.parse().unwrap(), port);
        let answers = answers.iter().map(|one| one.iter().map(parse).collect());
        let mut names = self.names.lock().unwrap();
        names.insert(name.to_owned(), answers.collect());
    }

    pub fn look_ups_left(&self, name: &str) -> usize {
        self.names.lock().unwrap()[name].len()
    }
}

impl Reach for OnlyThis {
    fn may_use_port(&self, port: u16) -> bool {
        port == self.server.port()
    }

    fn may_ask(&self, address: SocketAddr) -> bool {
        address == self.server
    }

    async fn look_up(&self, name: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        let mut names = self.names.lock().unwrap();
        match names.get_mut(name) {
            Some(answers) if !answers.is_empty() => Ok(answers.remove(0)),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

pub const BOUNDS: Bounds = Bounds {
    time: Duration::from_millis(700),
    bytes: 300_000,
};

pub fn fetcher(reach: &OnlyThis) -> Fetcher<OnlyThis> {
    Fetcher::new(reach.clone(), "Bouquin/test", BOUNDS).unwrap()
}

/// A cover: its colours run across it, so that sizes and turns can be told apart.
pub fn cover(width: u32, height: u32, blue: u8) -> DynamicImage {
    let shade = |at: u32, of: u32| u8::try_from(at * 255 / of).unwrap();
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([shade(x, width), shade(y, height), blue])
    });
    DynamicImage::ImageRgb8(pixels)
}

pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), format)
        .unwrap();
    bytes
}

pub fn jpeg(width: u32, height: u32, blue: u8) -> Vec<u8> {
    encoded(&cover(width, height, blue), ImageFormat::Jpeg)
}

/// A PNG of a few bytes that says it has so many pixels.
pub fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let head = [size.as_slice(), &[8, 2, 0, 0, 0]].concat();
    [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &chunk(b"IHDR", &head),
        &chunk(b"IDAT", b"\x78\x9c\x03\x00\x00\x00\x00\x01"),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [length.as_slice(), &body, &crc(&body).to_be_bytes()].concat()
}

/// CRC-32 as PNG wants it, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), step)
    })
}
