//! The headers of every public answer. The page may load its own five files and post to itself, and nothing else.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use super::reports;
use crate::OpenVault;

/// The headers that depend on the settings, made once.
#[derive(Clone)]
pub(super) struct Policy {
    content: Option<HeaderValue>,
    endpoints: Option<HeaderValue>,
    over_tls: bool,
}

pub(super) fn policy(vault: &OpenVault) -> Policy {
    // Over TLS only, which browsers ask of it: who knows report-to no longer looks at report-uri.
    let report_to = if vault.over_tls {
        "; report-to reports"
    } else {
        ""
    };
    let content = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; \
         require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' {}; report-uri {}{report_to}",
        // Browsers apply form-action to the redirect after the post, which leads to the shop.
        vault.shop_origin,
        reports::PATH,
    );
    let endpoints = format!("reports=\"{}\"", reports::PATH);
    Policy {
        content: HeaderValue::try_from(content).ok(),
        endpoints: HeaderValue::try_from(endpoints).ok(),
        over_tls: vault.over_tls,
    }
}

/// Fixed headers, each with its reason.
static FIXED: [(HeaderName, &str); 7] = [
    // The ticket in the address is nobody else's business.
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // For browsers that do not know frame-ancestors.
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    // A payment page is nothing to find by searching.
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

pub(super) async fn guard(State(policy): State<Policy>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    if let Some(content) = policy.content {
        headers.insert(header::CONTENT_SECURITY_POLICY, content);
    }
    for (name, value) in &FIXED {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
    if policy.over_tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000; includeSubDomains"),
        );
        if let Some(endpoints) = policy.endpoints {
            headers.insert("reporting-endpoints", endpoints);
        }
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
