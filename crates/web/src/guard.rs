//! What holds for every request and every answer: whose it is, where forms may come from, what browsers may do with a
//! page, how a problem looks, and that it is counted.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::{Kind, Problem};
use crate::render;
use crate::state::{AppState, Settings};
use crate::storefront::{fault_page, reader::Reader};
use crate::visitor::{Visitor, language_cookie};

const ORIGIN_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What is no page needs nothing else, also when it is opened on its own; drawings carry their style.
const NO_PAGE: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The outermost layer inside the language: finds out whose request it is, checks the origin, renders problems, adds headers,
/// counts.
pub(crate) async fn keep(
    State(state): State<AppState>,
    visitor: Visitor,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", |path| path.as_str())
        .to_owned();
    let for_api = request.uri().path().starts_with("/api/");
    if let Some(ConnectInfo(connection)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let peer = state.proxies.peer(*connection, request.headers());
        request.extensions_mut().insert(peer);
    }
    let mut response = if foreign(&state.settings, request.method(), request.headers()) {
        Problem::of(Kind::ForeignOrigin).into_response()
    } else {
        next.run(request).await
    };
    if let Some(problem) = problem_of(&mut response) {
        response = shown(&state, &visitor, &problem, for_api);
    }
    add_headers(&state.settings, &visitor, for_api, response.headers_mut());
    count(route, response.status(), begun);
    response
}

/// Whether a form comes from another site. Browsers say so in `Origin` or `Sec-Fetch-Site`; what says neither
/// is no browser and carries no cookies of one.
fn foreign(settings: &Settings, method: &Method, headers: &HeaderMap) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return false;
    }
    let text = |name: HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("not text"))
    };
    match (text(header::ORIGIN), text(ORIGIN_SITE)) {
        // Sent by pages without an origin of their own, which this shop has none of.
        (Some("null"), site) => !matches!(site, Some("same-origin" | "none")),
        (Some(origin), _) => {
            origin != settings.public_url && !is_own_host(origin, text(header::HOST))
        }
        (None, Some(site)) => !matches!(site, "same-origin" | "none"),
        (None, None) => headers.contains_key(header::COOKIE),
    }
}

/// The same host as was asked, whatever the scheme a proxy took off.
fn is_own_host(origin: &str, host: Option<&str>) -> bool {
    origin
        .split_once("://")
        .map(|(_, origin)| Some(origin) == host)
        .unwrap_or(false)
}

/// The problem in an answer: one of ours, or one that the router answered without words.
fn problem_of(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let worded = response.headers().contains_key(header::CONTENT_TYPE)
        && !response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        _ if worded => None,
        StatusCode::NOT_FOUND => Some(Problem::of(Kind::NotFound)),
        StatusCode::METHOD_NOT_ALLOWED => Some(Problem::of(Kind::MethodNotAllowed)),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Problem::of(Kind::TooLarge)),
        StatusCode::BAD_REQUEST
        | StatusCode::UNPROCESSABLE_ENTITY
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(Problem::of(Kind::Malformed)),
        _ => None,
    }
}

fn shown(state: &AppState, visitor: &Visitor, problem: &Problem, for_api: bool) -> Response {
    let mut response = if for_api {
        problem.json_response(visitor.locale)
    } else {
        let reader = Reader::new(visitor.locale, &state.settings, &visitor.here);
        render::personal(
            visitor,
            problem.kind.status(),
            fault_page::page(&reader, problem),
        )
    };
    if matches!(problem.kind, Kind::Unavailable | Kind::TooFast) {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

fn add_headers(settings: &Settings, visitor: &Visitor, for_api: bool, headers: &mut HeaderMap) {
    let html = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let mut add = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    add(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(header::REFERRER_POLICY, "same-origin");
    add(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    add(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    );
    if settings.tls {
        add(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
    if for_api {
        // Orders are somebody's own; what is not is as quickly asked again.
        add(header::CACHE_CONTROL, "no-store");
    }
    if html {
        add(header::CONTENT_LANGUAGE, visitor.locale.code());
        // Of addresses that carry a language too: the headings of Thema may be in a third one.
        add(header::VARY, "Accept-Encoding, Accept-Language, Cookie");
    } else {
        add(header::CONTENT_SECURITY_POLICY, NO_PAGE);
    }
    if html && let Ok(policy) = HeaderValue::from_str(&policy(settings)) {
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(policy);
    }
    if html
        && visitor.remember_language
        && let Some(cookie) = language_cookie(settings, visitor.locale)
    {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Everything from here, nothing inline, and forms may lead on to where readers pay: Chromium applies `form-action` to
/// redirects too.
fn policy(settings: &Settings) -> String {
    let mut forms = String::from("'self'");
    for origin in [&settings.vault_origin, &settings.provider_origin]
        .into_iter()
        .flatten()
    {
        forms.push(' ');
        forms += origin;
    }
    format!(
        "default-src 'none'; img-src 'self'; style-src 'self'; font-src 'self'; script-src 'self'; connect-src 'self'; \
         manifest-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn count(route: String, status: StatusCode, begun: Instant) {
    let status = status.as_str().to_owned();
    metrics::counter!("http_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("http_request_seconds", "route" => route)
        .record(begun.elapsed().as_secs_f64());
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
    fn forms_lead_to_where_readers_pay_and_nowhere_else() {
        let mut settings = Settings::demo("http://127.0.0.1:8080", "http://127.0.0.1:8081");
        let forms = "form-action 'self' http://127.0.0.1:8081; ";
        assert!(policy(&settings).contains(forms));
        settings.vault_origin = None;
        settings.provider_origin = Some("https://checkout.stripe.com".to_owned());
        let forms = "form-action 'self' https://checkout.stripe.com; ";
        assert!(policy(&settings).contains(forms));
    }

    #[test]
    fn forms_come_from_here_or_are_refused() {
        let settings = Settings::demo("http://127.0.0.1:8080", "http://127.0.0.1:8081");
        let posted = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            foreign(&settings, &Method::POST, &headers.collect())
        };
        assert!(!posted(&[("origin", "http://127.0.0.1:8080")]));
        assert!(!posted(&[
            ("origin", "http://localhost:8080"),
            ("host", "localhost:8080")
        ]));
        assert!(!posted(&[("sec-fetch-site", "same-origin")]));
        assert!(!posted(&[]));
        assert!(posted(&[("origin", "https://elsewhere.example")]));
        assert!(posted(&[("origin", "null")]));
        assert!(posted(&[
            ("sec-fetch-site", "cross-site"),
            ("cookie", "cart=1")
        ]));
        assert!(posted(&[("cookie", "cart=1")]));
        assert!(!foreign(&settings, &Method::GET, &HeaderMap::new()));
    }
}
