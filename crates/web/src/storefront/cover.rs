//! `GET /covers/{edition}.svg`: the generated cover, under an address that changes with what is printed on it.

use axum::extract::{Path, State};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use trade::ids::EditionId;

use crate::problem::{Kind, Problem};
use crate::state::AppState;

pub(crate) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let number = name
        .strip_suffix(".svg")
        .and_then(|number| number.parse().ok());
    let edition = number.and_then(|number| state.shelf.load().edition(EditionId(number)));
    let edition = edition.ok_or(Problem::of(Kind::NotFound))?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("image/svg+xml"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
        // An image has no need of anything else, also when opened on its own.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ),
    ];
    Ok((headers, catalogue::covers::svg(&edition)).into_response())
}
