//! `GET /covers/{name}`: a supplier's cover as it is kept, or `{edition}.svg`, the drawn one. Both under addresses that
//! change with what is seen.

use axum::extract::{Path, State};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use catalogue::covers::picture::place_of;
use trade::ids::EditionId;

use crate::problem::{Kind, Problem};
use crate::state::AppState;

pub(crate) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    match name.strip_suffix(".svg") {
        Some(number) => drawn(&state, number),
        None => kept(&state, &name).await,
    }
}

fn drawn(state: &AppState, number: &str) -> Result<Response, Problem> {
    let edition = number.parse().ok();
    let edition = edition.and_then(|number| state.shelf.load().edition(EditionId(number)));
    let edition = edition.ok_or(Problem::of(Kind::NotFound))?;
    Ok(answer(
        "image/svg+xml; charset=utf-8",
        catalogue::covers::svg(&edition),
    ))
}

async fn kept(state: &AppState, name: &str) -> Result<Response, Problem> {
    let (folder, format) = place_of(name).ok_or(Problem::of(Kind::NotFound))?;
    let path = state.settings.covers.join(folder).join(name);
    let file = tokio::fs::read(path).await;
    let file = file.map_err(|_| Problem::of(Kind::NotFound))?;
    Ok(answer(format.media_type(), file))
}

fn answer(media_type: &'static str, file: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
        // An image has no need of anything else, also when opened on its own.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
            ),
        ),
    ];
    (headers, file).into_response()
}
