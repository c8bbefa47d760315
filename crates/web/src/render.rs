//! From a page to an answer: pages that everybody shares are kept rendered and compressed; what is the
//! reader's own, the count beside the basket, is put into a hole that the page leaves for it.
//!
//! A deflate stream may be cut where the compressor was told to flush: the part before the hole, a stored
//! block with the reader's own bytes, and the part after it are one valid gzip file once its checksum is
//! combined from those of the parts. So a kept page costs a copy, never a compression.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use maud::Markup;
use quick_cache::{Weighter, sync::Cache};
use trade::locale::Locale;

use crate::i18n;
use crate::visitor::Visitor;

/// Where the basket's count goes. No text of a page can contain it: maud escapes `<`.
pub(crate) const BASKET_HOLE: &str = "<!--basket-->";
/// Pages kept at most, by their estimated number and by their bytes.
const KEPT_PAGES: usize = 20_000;
const KEPT_BYTES: u64 = 48 << 20;
/// A gzip header without name or time.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// The longest stored block of deflate; the reader's own part is a few dozen bytes.
const STORED_MAX: usize = 65_535;

/// What makes one version of a page: its address, its language, and everything that changes its words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// A page, without the language.
    pub address: String,
    /// The language.
    pub locale: Locale,
    /// A hash of all that the page was made from.
    pub version: u64,
}

impl PageKey {
    /// The key of `address` made from `parts`.
    pub fn new(address: impl Into<String>, locale: Locale, parts: impl Hash) -> PageKey {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        PageKey {
            address: address.into(),
            locale,
            version: hasher.finish(),
        }
    }
}

/// Kept pages, the least used given up first.
pub struct PageCache(Cache<PageKey, Arc<Kept>, Size>);

impl Default for PageCache {
    fn default() -> Self {
        PageCache::new()
    }
}

impl PageCache {
    /// An empty cache.
    pub fn new() -> PageCache {
        PageCache(Cache::with_weighter(KEPT_PAGES, KEPT_BYTES, Size))
    }

    /// The kept page, or the one that `make` renders. An error is not kept.
    pub(crate) fn get_or_make<E>(
        &self,
        key: PageKey,
        make: impl FnOnce() -> Result<Markup, E>,
    ) -> Result<Arc<Kept>, E> {
        if let Some(kept) = self.0.get(&key) {
            return Ok(kept);
        }
        let kept = Arc::new(Kept::new(&make()?.into_string(), key.version));
        self.0.insert(key, Arc::clone(&kept));
        Ok(kept)
    }
}

#[derive(Clone)]
struct Size;

impl Weighter<PageKey, Arc<Kept>> for Size {
    fn weight(&self, key: &PageKey, kept: &Arc<Kept>) -> u64 {
        (key.address.len() + kept.bytes() + 256) as u64
    }
}

/// A rendered page around its hole, plain and compressed.
pub(crate) struct Kept {
    before: Part,
    after: Part,
    version: u64,
}

/// One side of the hole.
struct Part {
    plain: Bytes,
    deflated: Bytes,
    crc: Crc,
}

impl Kept {
    fn new(html: &str, version: u64) -> Kept {
        let (before, after) = html.split_once(BASKET_HOLE).unwrap_or((html, ""));
        Kept {
            before: Part::new(before, FlushCompress::Full),
            after: Part::new(after, FlushCompress::Finish),
            version,
        }
    }

    fn bytes(&self) -> usize {
        [&self.before, &self.after]
            .iter()
            .map(|part| part.plain.len() + part.deflated.len())
            .sum()
    }

    /// The whole page with `own` in the hole.
    fn plain(&self, own: &str) -> Vec<u8> {
        [&self.before.plain, own.as_bytes(), &self.after.plain].concat()
    }

    /// The same as one gzip file.
    fn gzip(&self, own: &str) -> Vec<u8> {
        let own = own
            .as_bytes()
            .get(..own.len().min(STORED_MAX))
            .unwrap_or_default();
        let mut crc = Crc::new();
        crc.combine(&self.before.crc);
        let mut own_crc = Crc::new();
        own_crc.update(own);
        crc.combine(&own_crc);
        crc.combine(&self.after.crc);
        let length = own.len() as u16;
        let stored = [
            &[0][..],
            &length.to_le_bytes(),
            &(!length).to_le_bytes(),
            own,
        ]
        .concat();
        let stored = if own.is_empty() { Vec::new() } else { stored };
        let trailer = [crc.sum().to_le_bytes(), crc.amount().to_le_bytes()].concat();
        [
            &GZIP_HEADER[..],
            &self.before.deflated,
            &stored,
            &self.after.deflated,
            &trailer,
        ]
        .concat()
    }

    /// The answer for `visitor`, or "not changed" when the browser still holds it.
    pub(crate) fn answer(&self, visitor: &Visitor) -> Response {
        let etag = format!(
            "W/\"{:x}-{}-{}\"",
            self.version,
            visitor.basket,
            visitor.locale.code()
        );
        let tag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("W/\"0\""));
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (
                header::CACHE_CONTROL,
                HeaderValue::from_static("private, no-cache"),
            ),
            (header::ETAG, tag),
        ];
        if visitor.etag.as_deref() == Some(&etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let own = basket_count(visitor.locale, visitor.basket);
        if visitor.gzip {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
            (headers, encoding, self.gzip(&own)).into_response()
        } else {
            (headers, self.plain(&own)).into_response()
        }
    }
}

impl Part {
    fn new(html: &str, flush: FlushCompress) -> Part {
        let mut crc = Crc::new();
        crc.update(html.as_bytes());
        Part {
            plain: Bytes::from(html.to_owned()),
            deflated: deflate(html.as_bytes(), flush).into(),
            crc,
        }
    }
}

/// Raw deflate of `plain`, ended by `flush`.
fn deflate(plain: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut compress = Compress::new(Compression::new(7), false);
    let mut out = Vec::with_capacity(plain.len() / 3 + 64);
    loop {
        let rest = plain
            .get(compress.total_in() as usize..)
            .unwrap_or_default();
        out.reserve(rest.len() / 2 + 64);
        let room = out.capacity();
        match compress.compress_vec(rest, &mut out, flush) {
            Ok(Status::StreamEnd) | Err(_) => return out,
            // A flush is complete when the compressor leaves room in the output.
            Ok(_) if flush != FlushCompress::Finish && out.len() < room => return out,
            Ok(_) => {}
        }
    }
}

/// An answer that is one reader's own, never kept by anybody.
pub(crate) fn personal(visitor: &Visitor, status: StatusCode, page: Markup) -> Response {
    let html = page.into_string().replacen(
        BASKET_HOLE,
        &basket_count(visitor.locale, visitor.basket),
        1,
    );
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    (status, headers, html).into_response()
}

/// The count beside the basket; nothing when it is empty.
fn basket_count(locale: Locale, copies: u32) -> String {
    let mut html = String::new();
    if copies > 0 {
        let words = i18n::words(locale);
        let words = match copies {
            1 => words.say("basket-copy"),
            _ => words.say("basket-copies"),
        };
        let _ = write!(
            html,
            "<span class=\"count\">{copies}<span class=\"sr\"> {words}</span></span>"
        );
    }
    html
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_page_and_its_hole_are_one_gzip_file() {
        let long = "les quais de la Seine, ".repeat(9_000);
        for html in [
            format!("<p>{long}{BASKET_HOLE}{long}</p>"),
            format!("{BASKET_HOLE}x"),
            "no hole".to_owned(),
        ] {
            let kept = Kept::new(&html, 1);
            for own in ["", "<span>3</span>", "é"] {
                let mut text = String::new();
                GzDecoder::new(kept.gzip(own).as_slice())
                    .read_to_string(&mut text)
                    .unwrap();
                assert_eq!(text.as_bytes(), kept.plain(own));
                let expected = if html.contains(BASKET_HOLE) {
                    html.replace(BASKET_HOLE, own)
                } else {
                    html.clone() + own
                };
                assert_eq!(text, expected);
            }
        }
    }

    #[test]
    fn another_version_of_a_page_is_another_page() {
        let cache = PageCache::new();
        let page = |version: u32, text: &str| {
            let made = cache.get_or_make(PageKey::new("/", Locale::Fr, version), || {
                Ok::<_, std::convert::Infallible>(maud::html! { (text) })
            });
            String::from_utf8(made.unwrap().plain("")).unwrap()
        };
        assert_eq!([page(1, "a"), page(1, "b"), page(2, "c")], ["a", "a", "c"]);
    }
}
