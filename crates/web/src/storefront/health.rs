//! What the house says of itself: alive, ready to show books, ready to take orders.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shop::stock;
use trade::ids::EditionId;

use crate::problem::{Kind, Problem};
use crate::state::AppState;

/// `GET /live`: the process answers.
pub(crate) async fn live() -> &'static str {
    "live\n"
}

/// `GET /ready/browse`: there are books to show and an index to find them. Asks no database.
pub(crate) async fn ready_to_browse(State(state): State<AppState>) -> Response {
    said(can_browse(&state))
}

/// `GET /ready/order`: the database answers too.
pub(crate) async fn ready_to_order(State(state): State<AppState>) -> Response {
    said(can_browse(&state) && can_order(&state).await)
}

fn can_browse(state: &AppState) -> bool {
    !state.shelf.load().is_empty() && !state.index.is_empty()
}

async fn can_order(state: &AppState) -> bool {
    state
        .store
        .read(|tx| stock::level(tx, EditionId(0)))
        .await
        .is_ok()
}

fn said(ready: bool) -> Response {
    let caching = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    match ready {
        true => (StatusCode::OK, caching, "ready\n").into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, caching, "not ready\n").into_response(),
    }
}

/// `GET /status`: the same and how much there is, for people and monitors.
pub(crate) async fn status(State(state): State<AppState>) -> Response {
    let counts = state.shelf.load().counts();
    let (browse, order) = (can_browse(&state), can_order(&state).await);
    let body = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "browse": browse,
        "order": order,
        "editions": counts.editions,
        "summaries": counts.summaries,
        "reviews": counts.reviews + state.reviews.count(),
        "indexed": state.index.len(),
    });
    (
        [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
        Json(body),
    )
        .into_response()
}

/// `GET /metrics`, in Prometheus' text format.
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<String, Problem> {
    state
        .metrics
        .as_ref()
        .map(|metrics| metrics.render())
        .ok_or(Problem::of(Kind::NotFound))
}
