//! `GET /api/v1/search`.

use ::search::{Filters, Query as Asked};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use trade::limits;

use super::books::book;
use super::types::{Facet, FacetValue, Found, SearchParams};
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use crate::storefront::search::SORTS;
use crate::visitor::Visitor;

/// Works on a page unless the caller asks for another number.
const PER_PAGE: u32 = 20;

/// Books that answer a query, the best first, one edition of each work.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "books", params(SearchParams),
    responses((status = 200, body = Found), (status = 400, body = super::types::ProblemBody))
)]
pub(super) async fn search(
    State(state): State<AppState>,
    visitor: Visitor,
    params: Result<Query<SearchParams>, QueryRejection>,
) -> Result<Json<Found>, Problem> {
    let Query(params) =
        params.map_err(|error| Problem::of(Kind::Malformed).with("reason", error.body_text()))?;
    let query = asked(params)?;
    let results = state.index.search(&query)?;
    let shelf = state.shelf.load();
    state
        .searches
        .note(state.clock.today(), &query, results.total);
    let editions = results
        .hits
        .iter()
        .filter_map(|hit| shelf.edition(hit.edition));
    let facets = results.facets.iter().map(|facet| Facet {
        name: facet.name,
        values: facet
            .values
            .iter()
            .map(|(value, count)| FacetValue {
                value: value.clone(),
                count: *count,
            })
            .collect(),
    });
    Ok(Json(Found {
        total: results.total,
        page: query.page,
        per_page: query.per_page,
        corrected: results.corrected.clone(),
        books: editions
            .map(|edition| book(&state, visitor.locale, &edition))
            .collect(),
        facets: facets.collect(),
        took_us: results.took_us,
    }))
}

fn asked(params: SearchParams) -> Result<Asked, Problem> {
    let sort = params.sort.as_deref().unwrap_or("relevance");
    let known = SORTS.into_iter().find(|(code, _)| *code == sort);
    let (_, sort) =
        known.ok_or_else(|| Problem::of(Kind::Malformed).with("reason", "no such sort"))?;
    let per_page = params
        .per_page
        .unwrap_or(PER_PAGE)
        .clamp(1, ::search::limits::PER_PAGE);
    let last_page = ::search::limits::DEEPEST_HIT / per_page;
    Ok(Asked {
        text: params.q.trim().chars().take(limits::QUERY_CHARS).collect(),
        aisle: None,
        filters: Filters {
            subject: params.subject,
            language: params.language,
            form: params.form,
            availability: params.availability,
            price: params.price,
            decade: params.decade,
        },
        sort,
        page: params.page.unwrap_or(1).clamp(1, last_page),
        per_page,
    })
}
