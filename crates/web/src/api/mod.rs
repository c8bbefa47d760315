//! The shop as JSON under `/api/v1`: looking for books, carts, orders.
//!
//! The handlers call the same verbs as the pages. Errors are RFC 9457 bodies;
//! amounts are integers of euro cents, VAT included; times are RFC 3339. What there is to call stands in
//! `/api/openapi.json`, and a test holds that document and the routes together.

mod books;
mod carts;
mod input;
mod openapi;
mod orders;
mod search;
mod types;

use axum::Router;
use axum::routing::{MethodRouter, get, post};

use crate::state::AppState;

/// Every call, by its path in OpenAPI's notation, which is also the router's.
fn calls() -> Vec<(&'static str, MethodRouter<AppState>)> {
    vec![
        ("/api/v1/search", get(search::search)),
        ("/api/v1/books/{isbn13}", get(books::by_isbn)),
        ("/api/v1/carts", post(carts::create)),
        ("/api/v1/carts/{id}/lines", post(carts::put_line)),
        ("/api/v1/orders", post(orders::place)),
        ("/api/v1/orders/by-key/{key}", get(orders::by_key)),
        ("/api/openapi.json", get(openapi::document)),
    ]
}

/// The API's part of the site. A problem becomes a JSON body outside, where every answer under `/api` passes.
pub(crate) fn routes() -> Router<AppState> {
    calls()
        .into_iter()
        .fold(Router::new(), |site, (path, methods)| {
            site.route(path, methods)
        })
}

#[cfg(test)]
mod tests;
