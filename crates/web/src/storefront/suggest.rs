//! `GET /suggest?q=`: what a reader may have begun to type, for the script in the search field.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use search::Suggested;
use serde::{Deserialize, Serialize};
use trade::limits;

use super::parts::book_path;
use super::reader::encoded;
use crate::state::AppState;
use crate::visitor::Visitor;

/// What fits below a search field on a telephone.
const SUGGESTIONS: usize = 8;

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    q: String,
}

/// One suggestion, with the address it leads to.
#[derive(Debug, Serialize)]
struct Offered {
    text: String,
    kind: &'static str,
    /// The language of a subject's heading, where it is not the page's.
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'static str>,
    url: String,
}

pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(typed): Query<Typed>,
) -> Response {
    let text: String = typed.q.trim().chars().take(limits::QUERY_CHARS).collect();
    let found = if text.is_empty() {
        Vec::new()
    } else {
        let languages = [visitor.headings, visitor.locale.into()];
        state.index.suggest(&text, SUGGESTIONS, &languages)
    };
    let shelf = state.shelf.load();
    let prefix = format!("/{}", visitor.locale.code());
    let offered: Vec<Offered> = found
        .into_iter()
        .filter_map(|suggestion| {
            let mut lang = None;
            let (kind, path) = match &suggestion.of {
                Suggested::Title(id) => ("title", book_path(&*shelf.edition(*id)?)),
                Suggested::Author(name) => {
                    ("author", format!("/authors/{}", encoded(name.as_str())))
                }
                Suggested::Series(name) => {
                    ("series", format!("/series/{}", encoded(name.as_str())))
                }
                Suggested::Subject(thema, language) => {
                    lang = (*language != visitor.locale.into()).then(|| language.code());
                    ("subject", format!("/subjects/{}", thema.code()))
                }
            };
            Some(Offered {
                text: suggestion.text,
                kind,
                lang,
                url: format!("{prefix}{path}"),
            })
        })
        .collect();
    // Nothing may mean that the shop has just opened: the browser asks again.
    let kept = match offered.as_slice() {
        [] => "no-store",
        _ => "private, max-age=60",
    };
    let caching = [
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
        (
            header::VARY,
            HeaderValue::from_static("Accept-Language, Cookie"),
        ),
    ];
    (caching, Json(offered)).into_response()
}
