//! Style sheet, script, fonts and marks, embedded, each under an address that carries the hash of its content,
//! so that a browser keeps them for a year and never shows an old one.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flate2::{Compression, write::GzEncoder};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::problem::{Kind, Problem};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

/// Hexadecimal digits of the hash in an address: 48 bits tell versions of one file apart.
const HASH_DIGITS: usize = 12;
const YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// A file ready to be sent.
struct Asset {
    plain: Bytes,
    /// Absent where it would not be smaller.
    gzip: Option<Bytes>,
    kind: &'static str,
}

/// Everything under `assets/`: hashed addresses by name, and files by hashed name.
struct Store {
    hashed: HashMap<String, String>,
    by_hashed: HashMap<String, Asset>,
}

static STORE: LazyLock<Store> = LazyLock::new(Store::load);

impl Store {
    /// Fonts and marks first, because the style sheet is rewritten to name them by their hash.
    fn load() -> Store {
        let mut store = Store {
            hashed: HashMap::new(),
            by_hashed: HashMap::new(),
        };
        let mut names: Vec<String> = Files::iter().map(String::from).collect();
        names.sort_by_key(|name| name.ends_with(".css"));
        for name in names {
            let Some(file) = Files::get(&name) else {
                continue;
            };
            let content = if name.ends_with(".css") {
                store
                    .with_hashed_addresses(&String::from_utf8_lossy(&file.data))
                    .into_bytes()
            } else {
                file.data.into_owned()
            };
            store.add(name, content);
        }
        store
    }

    fn with_hashed_addresses(&self, css: &str) -> String {
        self.hashed
            .iter()
            .fold(css.to_owned(), |css, (name, hashed)| {
                css.replace(&format!("/assets/{name}\""), &format!("{hashed}\""))
            })
    }

    fn add(&mut self, name: String, content: Vec<u8>) {
        let hash: String = Sha256::digest(&content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let hash = hash.get(..HASH_DIGITS).unwrap_or_default();
        let (stem, end) = name.rsplit_once('.').unwrap_or((&name, ""));
        let hashed = format!("{stem}.{hash}.{end}");
        let kind = media_type(end);
        let gzip = (kind.starts_with("text/") || kind.contains("xml"))
            .then(|| gzipped(&content))
            .flatten();
        self.hashed.insert(name, format!("/assets/{hashed}"));
        self.by_hashed.insert(
            hashed,
            Asset {
                plain: content.into(),
                gzip,
                kind,
            },
        );
    }
}

/// The address of a file under `assets/`; the plain name when there is no such file, which answers 404.
pub fn address(name: &'static str) -> &'static str {
    STORE.hashed.get(name).map_or(name, String::as_str)
}

/// `GET /assets/{name}`, by hashed name only.
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match STORE.by_hashed.get(&name) {
        Some(asset) => send(asset, &headers, YEAR),
        None => Problem::of(Kind::NotFound).into_response(),
    }
}

/// `GET /favicon.svg`, whose address cannot carry a hash.
pub(crate) async fn favicon(headers: HeaderMap) -> Response {
    let hashed = address("favicon.svg").trim_start_matches("/assets/");
    match STORE.by_hashed.get(hashed) {
        Some(asset) => send(asset, &headers, HOUR),
        None => Problem::of(Kind::NotFound).into_response(),
    }
}

fn send(asset: &Asset, headers: &HeaderMap, caching: HeaderValue) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    let caching = (header::CACHE_CONTROL, caching);
    let vary = (header::VARY, HeaderValue::from_static("Accept-Encoding"));
    match &asset.gzip {
        Some(gzip) if accepts_gzip(headers) => {
            let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            ([kind, caching, vary, encoding], gzip.clone()).into_response()
        }
        _ => ([kind, caching, vary], asset.plain.clone()).into_response(),
    }
}

/// Whether the browser said that it reads gzip; `gzip;q=0` says it does not.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').map(str::trim).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn gzipped(content: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).ok()?;
    encoder
        .finish()
        .ok()
        .filter(|gzip| gzip.len() < content.len())
        .map(Bytes::from)
}

fn media_type(end: &str) -> &'static str {
    match end {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml; charset=utf-8",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    #[test]
    fn addresses_carry_a_hash_and_the_style_sheet_names_fonts_by_theirs() {
        let css = address("bouquin.css");
        assert!(
            css.starts_with("/assets/bouquin.")
                && css.len() == "/assets/bouquin..css".len() + HASH_DIGITS
        );
        let sheet = &STORE.by_hashed[css.trim_start_matches("/assets/")].plain;
        let sheet = std::str::from_utf8(sheet).unwrap();
        assert!(sheet.contains(&format!("url(\"{}\")", address("fonts/sans.woff2"))));
    }

    #[test]
    fn budgets_for_what_every_page_loads() {
        let size = |name| {
            STORE.by_hashed[address(name).trim_start_matches("/assets/")]
                .plain
                .len()
        };
        assert!(size("bouquin.css") < 25_000, "{}", size("bouquin.css"));
        assert!(size("bouquin.js") < 10_000);
        let fonts = [
            "fonts/sans.woff2",
            "fonts/garamond-roman.woff2",
            "fonts/garamond-italic.woff2",
        ];
        assert!(fonts.into_iter().map(size).sum::<usize>() < 80_000);
    }

    #[test]
    fn gzip_is_sent_to_those_who_ask() {
        let asks = |value: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(
                header::ACCEPT_ENCODING,
                HeaderValue::from_static(value),
            )]))
        };
        assert!(asks("gzip, deflate, br") && asks("br;q=1.0, gzip;q=0.8"));
        assert!(!asks("br") && !asks("gzip;q=0") && !asks(""));
    }
}
