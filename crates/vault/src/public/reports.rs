//! What browsers say that the page's content security policy kept from happening.
//!
//! One line of the log, made of words that we know: the directive, and which of our own files it was about. Of all else that
//! a report quotes nothing is kept: the address of the page holds its ticket, and a sample may hold what was typed. Extensions
//! of browsers cause reports too, and anybody can send one: a line is a reason to look, not a proof.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use crate::OpenVault;
use crate::assets;

/// Where browsers send reports.
pub(super) const PATH: &str = "/reports";

/// The directives of our policy, and those that browsers name in the place of `default-src`.
const DIRECTIVES: [&str; 21] = [
    "default-src",
    "script-src",
    "script-src-elem",
    "script-src-attr",
    "style-src",
    "style-src-elem",
    "style-src-attr",
    "font-src",
    "img-src",
    "connect-src",
    "media-src",
    "object-src",
    "frame-src",
    "child-src",
    "worker-src",
    "manifest-src",
    "require-trusted-types-for",
    "trusted-types",
    "base-uri",
    "frame-ancestors",
    "form-action",
];

/// What browsers say in the place of an address.
const WITHOUT_ADDRESS: [&str; 5] = [
    "inline",
    "eval",
    "wasm-eval",
    "trusted-types-policy",
    "trusted-types-sink",
];

/// A post: what `report-uri` brings, or a list of what `report-to` brings.
#[derive(Deserialize)]
#[serde(untagged)]
enum Post {
    One {
        #[serde(rename = "csp-report")]
        report: Violation,
    },
    Several(Vec<Report>),
}

/// One report of any kind; only those of the policy are ours.
#[derive(Deserialize)]
struct Report {
    #[serde(rename = "type")]
    kind: String,
    body: Option<Violation>,
}

/// The little that is read of a violation.
#[derive(Deserialize)]
struct Violation {
    #[serde(default, rename = "effectiveDirective", alias = "effective-directive")]
    effective: String,
    /// What older browsers say instead.
    #[serde(default, rename = "violated-directive")]
    violated: String,
    #[serde(default, rename = "blockedURL", alias = "blocked-uri")]
    blocked: String,
}

/// `POST /reports`.
pub(super) async fn take(
    State(vault): State<Arc<OpenVault>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Ok(post) = serde_json::from_slice::<Post>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let violations = match post {
        Post::One { report } => vec![report],
        Post::Several(reports) => reports
            .into_iter()
            .filter(|report| report.kind == "csp-violation")
            .filter_map(|report| report.body)
            .collect(),
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    for violation in violations {
        if let Some(others) = vault.paces.reports.next() {
            let directive = known(&DIRECTIVES, &violation.effective)
                .or_else(|| known(&DIRECTIVES, &violation.violated))
                .unwrap_or("another");
            let blocked = blocked(&violation.blocked, host);
            tracing::warn!(
                directive,
                blocked,
                others,
                "a browser kept something from the card page"
            );
        }
    }
    StatusCode::NO_CONTENT
}

/// The word of ours that was said, which older browsers follow by the directive's sources.
fn known(ours: &[&'static str], said: &str) -> Option<&'static str> {
    let first = said.split_ascii_whitespace().next()?;
    ours.iter().find(|word| **word == first).copied()
}

/// What was blocked: a file of ours, by its name, or in one word what else.
fn blocked(said: &str, host: &str) -> &'static str {
    let own = said
        .split_once("://")
        .and_then(|(_, rest)| rest.strip_prefix(host))
        .and_then(assets::find);
    match own {
        Some(asset) => asset.path.as_str(),
        None => known(&WITHOUT_ADDRESS, said).unwrap_or("elsewhere"),
    }
}
