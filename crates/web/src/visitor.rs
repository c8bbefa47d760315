//! Who asks, in which language, with which basket: all that a request says of its reader.
//!
//! `/fr/…` and `/en/…` decide the language; on bare addresses a cookie does, then `Accept-Language`. The
//! routes themselves never see the prefix.
//!
//! The headings of Thema exist in more languages than the shop speaks. A reader whose browser prefers one of those
//! sees them in it, unless they chose a language of the shop: with the cookie, or with an address in another language
//! than bare addresses would have. `/en/…` alone is no choice, because every link of the shop carries the language of
//! the page that it stands on.
//!
//! Cookies here are the language, the cart's random number and the count beside its name; who votes on a review
//! carries a random word as well. Nothing follows a reader, so nothing asks for consent (C8).

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header, uri::PathAndQuery};
use catalogue::thema::HeadingLanguage;
use fluent_langneg::{
    LanguageIdentifier, NegotiationStrategy, negotiate_languages, parse_accepted_languages,
};
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
    /// The language of Thema's headings in it.
    pub headings: HeadingLanguage,
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

    /// The language of the headings of a page that shows some in [`headings`](Visitor::headings) if `has_some`; that of
    /// the page otherwise, so that it is kept once for all readers.
    pub fn headings_where(&self, has_some: impl FnOnce() -> bool) -> HeadingLanguage {
        let of_page = HeadingLanguage::from(self.locale);
        if self.headings != of_page && has_some() {
            self.headings
        } else {
            of_page
        }
    }

    fn read(uri: &Uri, headers: &HeaderMap) -> (Visitor, Option<Uri>) {
        let (prefix, rest) = split_language(uri);
        let chosen = cookie(headers, "lang").and_then(Locale::parse);
        let accepted = accepted(headers);
        let asked = chosen.unwrap_or_else(|| spoken(&accepted));
        let locale = prefix.unwrap_or(asked);
        let own = (chosen.is_none() && locale == asked).then(|| read_most(&accepted));
        let visitor = Visitor {
            locale,
            headings: own.flatten().unwrap_or(locale.into()),
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

/// The languages that the browser accepts, the most wanted first.
fn accepted(headers: &HeaderMap) -> Vec<LanguageIdentifier> {
    let accepted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut ranges: Vec<(f32, &str)> = accepted
        .split(',')
        .map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = parameters.trim().strip_prefix(['q', 'Q']);
            let quality = quality.and_then(|quality| quality.strip_prefix('='));
            (quality.map_or(1.0, |q| q.parse().unwrap_or(0.0)), tag)
        })
        .filter(|(quality, _)| *quality > 0.0)
        .collect();
    ranges.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let tags: Vec<&str> = ranges.into_iter().map(|(_, tag)| tag).collect();
    parse_accepted_languages(&tags.join(","))
}

/// The shop's language for a browser.
fn spoken(accepted: &[LanguageIdentifier]) -> Locale {
    let offered: Vec<LanguageIdentifier> = Locale::ALL
        .iter()
        .filter_map(|locale| locale.code().parse().ok())
        .collect();
    let best = negotiate_languages(accepted, &offered, None, NegotiationStrategy::Lookup);
    best.first()
        .and_then(|language| Locale::parse(language.language.as_str()))
        .unwrap_or_default()
}

/// The first accepted language that Thema was translated into. Regions do not matter: no language has two translations.
fn read_most(accepted: &[LanguageIdentifier]) -> Option<HeadingLanguage> {
    let mut languages = accepted.iter();
    languages.find_map(|accepted| HeadingLanguage::parse(accepted.language.as_str()))
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
    fn the_most_wanted_language_goes_first() {
        for (accepted, locale, headings) in [
            ("en;q=0.4, fr;q=0.9", Locale::Fr, "fr"),
            ("en;q=0.4,de;q=0.9", Locale::En, "de"),
            ("fr;q=0, en;q=0.1", Locale::En, "en"),
            ("de;q=0, fr;q=0.2", Locale::Fr, "fr"),
            ("nonsense;;q, en; q=0.5", Locale::En, "en"),
            ("*", Locale::Fr, "fr"),
        ] {
            let asked = visitor("/", &[(header::ACCEPT_LANGUAGE, accepted)]);
            assert_eq!(asked.locale, locale, "{accepted}");
            assert_eq!(asked.headings.code(), headings, "{accepted}");
        }
    }

    #[test]
    fn headings_are_in_the_readers_language_until_they_choose_one_of_the_shop() {
        let german = (header::ACCEPT_LANGUAGE, "de-AT,de;q=0.9,en;q=0.5");
        let shown = |uri, headers: &[(header::HeaderName, &'static str)]| {
            let asked = visitor(uri, headers);
            (asked.locale, asked.headings.code())
        };
        for (uri, expected) in [
            ("/", (Locale::En, "de")),
            // What the shop's own links say.
            ("/en/subjects", (Locale::En, "de")),
            // Another language than the browser would have: the reader asked for it.
            ("/fr/subjects", (Locale::Fr, "fr")),
        ] {
            assert_eq!(shown(uri, std::slice::from_ref(&german)), expected, "{uri}");
        }
        let chosen = [german, (header::COOKIE, "lang=en")];
        assert_eq!(shown("/", &chosen), (Locale::En, "en"));
        assert_eq!(shown("/en/", &chosen), (Locale::En, "en"));
        // Robots and whoever says nothing.
        assert_eq!(shown("/en/", &[]), (Locale::En, "en"));
        assert_eq!(shown("/", &[]), (Locale::Fr, "fr"));
        for (accepted, headings) in [
            ("zh-TW, ja;q=0.9, en;q=0.8", "ja"),
            ("br, fr;q=0.9, de;q=0.8", "fr"),
            ("nn-NO, en;q=0.8", "nb"),
            ("pt-BR", "pt"),
            ("zh", "fr"),
        ] {
            let asked = visitor("/", &[(header::ACCEPT_LANGUAGE, accepted)]);
            assert_eq!(asked.headings.code(), headings, "{accepted}");
        }
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
    fn a_cookie_over_tls_is_for_this_host_alone() {
        let set = |url| {
            let settings = Settings::demo(url, "http://127.0.0.1:2");
            let cookie = set_cookie(&settings, "cart", "7", 60).unwrap();
            cookie.to_str().unwrap().to_owned()
        };
        let same = "cart=7; Path=/; Max-Age=60; HttpOnly; SameSite=Lax";
        assert_eq!(
            set("https://livres.example"),
            format!("__Host-{same}; Secure")
        );
        assert_eq!(set("http://127.0.0.1:1"), same);
    }

    #[test]
    fn cookies_are_found_under_both_names() {
        for line in ["basket=3", "x=1;__Host-basket=3", " basket=3 "] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
            assert_eq!(cookie(&headers, "basket"), Some("3"), "{line}");
        }
    }
}
