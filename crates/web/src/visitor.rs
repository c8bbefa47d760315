//! Who asks, in which language, with which basket: all that a request says of its reader.
//!
//! `/fr/…` and `/en/…` decide the language; on bare addresses a cookie does, then `Accept-Language`. The
//! routes themselves never see the prefix. Cookies here are the language, the cart's random number and the
//! count beside its name; who votes on a review carries a random word as well. Nothing follows a reader, so nothing
//! asks for consent (C8).

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header, uri::PathAndQuery};
use fluent_langneg::{NegotiationStrategy, negotiate_languages, parse_accepted_languages};
use trade::ids::CartId;
use trade::locale::Locale;

use crate::state::Settings;

/// A basket is kept for thirty days, a language for a year.
const BASKET_SECONDS: u32 = 30 * 24 * 60 * 60;
const LANGUAGE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// What a request says of its reader.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The language of the answer.
    pub locale: Locale,
    /// Path and query without the language.
    pub here: String,
    /// Whether the address carried the language.
    pub explicit: bool,
    /// Whether a cookie must remember the language because bare addresses would choose the other one.
    pub remember_language: bool,
    /// The cart, if the reader has one.
    pub cart: Option<CartId>,
    /// Copies in it when it was last looked at.
    pub basket: u32,
    /// Whether the answer may be gzip.
    pub gzip: bool,
    /// The version of the page that the browser still holds.
    pub etag: Option<String>,
}

impl Visitor {
    /// Address of a page of the shop for this reader: bare when the reader came by a bare address.
    pub fn path(&self, path: &str) -> String {
        if self.explicit {
            format!("/{}{path}", self.locale.code())
        } else {
            path.to_owned()
        }
    }

    fn read(uri: &Uri, headers: &HeaderMap) -> (Visitor, Option<Uri>) {
        let (prefix, rest) = split_language(uri);
        let asked = language_of(headers);
        let visitor = Visitor {
            locale: prefix.unwrap_or(asked),
            here: rest.clone(),
            explicit: prefix.is_some(),
            remember_language: prefix.is_some_and(|prefix| prefix != asked),
            cart: cookie(headers, "cart")
                .and_then(|number| number.parse().ok())
                .map(CartId),
            basket: cookie(headers, "basket")
                .and_then(|count| count.parse().ok())
                .unwrap_or(0),
            gzip: crate::assets::accepts_gzip(headers),
            etag: headers
                .get(header::IF_NONE_MATCH)
                .and_then(|tag| tag.to_str().ok())
                .map(str::to_owned),
        };
        let bare = prefix.and_then(|_| {
            let mut parts = uri.clone().into_parts();
            parts.path_and_query = Some(PathAndQuery::try_from(rest.as_str()).ok()?);
            Uri::from_parts(parts).ok()
        });
        (visitor, bare)
    }
}

/// Takes the language off the address and leaves a [`Visitor`] with the request.
pub(crate) fn meet(mut request: Request) -> Request {
    let (visitor, bare) = Visitor::read(request.uri(), request.headers());
    if let Some(bare) = bare {
        *request.uri_mut() = bare;
    }
    request.extensions_mut().insert(visitor);
    request
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Infallible> {
        let met = parts.extensions.get::<Visitor>().cloned();
        Ok(met.unwrap_or_else(|| Visitor::read(&parts.uri, &parts.headers).0))
    }
}

/// `/fr/books/1?x` is French and `/books/1?x`; `/frais` has no language.
fn split_language(uri: &Uri) -> (Option<Locale>, String) {
    let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    for locale in Locale::ALL {
        let Some(rest) = whole
            .strip_prefix('/')
            .and_then(|path| path.strip_prefix(locale.code()))
        else {
            continue;
        };
        match rest.bytes().next() {
            None => return (Some(locale), "/".to_owned()),
            Some(b'/') => return (Some(locale), rest.to_owned()),
            Some(b'?') => return (Some(locale), format!("/{rest}")),
            Some(_) => {}
        }
    }
    (None, whole.to_owned())
}

fn language_of(headers: &HeaderMap) -> Locale {
    if let Some(locale) = cookie(headers, "lang").and_then(Locale::parse) {
        return locale;
    }
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let accepted = parse_accepted_languages(accepted);
    let offered: Vec<fluent_langneg::LanguageIdentifier> = Locale::ALL
        .iter()
        .filter_map(|locale| locale.code().parse().ok())
        .collect();
    let best = negotiate_languages(&accepted, &offered, None, NegotiationStrategy::Lookup);
    best.first()
        .and_then(|language| Locale::parse(language.language.as_str()))
        .unwrap_or_default()
}

/// The value of one of the shop's cookies, under its plain or its `__Host-` name.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| key.strip_prefix("__Host-").unwrap_or(key) == name)
        .map(|(_, value)| value)
}

/// A cookie for the whole shop that scripts cannot read and other sites' forms do not carry.
pub fn set_cookie(
    settings: &Settings,
    name: &str,
    value: &str,
    seconds: u32,
) -> Option<HeaderValue> {
    let (prefix, secure) = if settings.tls {
        ("__Host-", "; Secure")
    } else {
        ("", "")
    };
    let cookie = format!(
        "{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::from_str(&cookie).ok()
}

/// The cookies of a cart that holds so many copies.
pub(crate) fn basket_cookies(settings: &Settings, cart: CartId, copies: u32) -> Vec<HeaderValue> {
    let number = set_cookie(settings, "cart", &cart.to_string(), BASKET_SECONDS);
    let count = set_cookie(settings, "basket", &copies.to_string(), BASKET_SECONDS);
    number.into_iter().chain(count).collect()
}

/// The cookie that makes bare addresses speak `locale`.
pub(crate) fn language_cookie(settings: &Settings, locale: Locale) -> Option<HeaderValue> {
    set_cookie(settings, "lang", locale.code(), LANGUAGE_SECONDS)
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

    fn visitor(uri: &str, headers: &[(header::HeaderName, &'static str)]) -> Visitor {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        Visitor::read(&uri.parse().unwrap(), &headers).0
    }

    #[test]
    fn the_address_decides_then_the_cookie_then_the_browser() {
        let english = [(header::ACCEPT_LANGUAGE, "en-GB,en;q=0.9,fr;q=0.5")];
        assert_eq!(visitor("/", &[]).locale, Locale::Fr);
        assert_eq!(visitor("/", &english).locale, Locale::En);
        assert_eq!(
            visitor("/", &[english[0].clone(), (header::COOKIE, "a=b; lang=fr")]).locale,
            Locale::Fr
        );
        let asked = visitor("/fr/books/1?x=2", &english);
        assert_eq!(
            (asked.locale, asked.here.as_str(), asked.remember_language),
            (Locale::Fr, "/books/1?x=2", true)
        );
        assert_eq!(
            visitor("/de", &[(header::ACCEPT_LANGUAGE, "de, en;q=0.2")]).locale,
            Locale::En
        );
    }

    #[test]
    fn only_a_whole_first_part_is_a_language() {
        for (uri, here) in [
            ("/frais", "/frais"),
            ("/fr", "/"),
            ("/en?q=1", "/?q=1"),
            ("/fr/", "/"),
        ] {
            assert_eq!(visitor(uri, &[]).here, here, "{uri}");
        }
    }

    #[test]
    fn cookies_are_found_under_both_names() {
        for line in ["basket=3", "x=1;__Host-basket=3", " basket=3 "] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
            assert_eq!(cookie(&headers, "basket"), Some("3"), "{line}");
        }
    }
}
