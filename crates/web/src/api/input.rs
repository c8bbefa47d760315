//! What callers send: JSON bodies, the idempotency key, the editions they mean.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use catalogue::shelf::Shelf;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use trade::ids::{EditionId, IdempotencyKey};
use trade::isbn::Isbn13;

use super::types::NewLine;
use crate::problem::{Kind, Problem};

/// A JSON body; what cannot be read is a problem that says where.
pub(super) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Body(body)),
            Err(rejection) => Err(problem(&rejection)),
        }
    }
}

fn problem(rejection: &JsonRejection) -> Problem {
    let kind = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
        _ => Kind::Malformed,
    };
    Problem::of(kind).with("reason", rejection.body_text())
}

/// The key of an unsafe call.
pub(super) struct Key(pub IdempotencyKey);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Key, Problem> {
        let given = parts
            .headers
            .get("idempotency-key")
            .and_then(|key| key.to_str().ok())
            .unwrap_or_default();
        key_of(given).map(Key)
    }
}

/// The key of an order as it stands in a header or an address.
pub(super) fn key_of(text: &str) -> Result<IdempotencyKey, Problem> {
    IdempotencyKey::parse(text).map_err(|_| Problem::of(Kind::BadKey))
}

/// The edition that a line means, by its number or by its ISBN.
pub(super) fn edition_of(
    shelf: &Shelf,
    line: &NewLine,
) -> Result<Arc<catalogue::model::Edition>, Problem> {
    let edition = match (line.edition, line.isbn.as_deref()) {
        (Some(id), _) => shelf.edition(EditionId(id)),
        (None, Some(isbn)) => shelf.by_isbn(isbn13(isbn)?),
        (None, None) => {
            return Err(
                Problem::of(Kind::Malformed).with("reason", "a line has an isbn or an edition")
            );
        }
    };
    edition.ok_or_else(|| Problem::of(Kind::NotFound))
}

/// An ISBN as it stands in an address or a body.
pub(super) fn isbn13(text: &str) -> Result<Isbn13, Problem> {
    Isbn13::parse(text)
        .map_err(|error| Problem::of(Kind::Malformed).with("reason", error.to_string()))
}
