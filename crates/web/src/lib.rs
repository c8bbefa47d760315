//! HTTP in, pages or JSON out: storefront, back office, API.
//!
//! [`router`] makes the whole shop from an [`AppState`]. A request goes through [`visitor`] (language, basket),
//! `guard` (origin, headers, problems), then to a handler. To add a part, give it a module with a function
//! `routes() -> Router<AppState>`, merge it in [`router`], return [`problem::Problem`] where something is
//! wrong, and take [`visitor::Visitor`] to know the reader's language; paths never carry the language.
//!
//! This crate decides nothing: prices, stock and payments are verbs of `shop`, found books are the shelf's and
//! the index's. No page of books waits for the database.

pub mod also_bought;
mod api;
pub mod assets;
mod backoffice;
pub mod bestsellers;
pub mod covers;
pub mod display;
mod guard;
pub mod i18n;
pub mod letters;
mod pace;
mod peer;
pub mod problem;
pub mod render;
pub mod review_letters;
pub mod reviews;
pub mod screening_letters;
pub mod search_rules;
pub mod searches;
mod state;
pub mod stock;
pub mod storefront;
pub mod visitor;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tower::Layer as _;
use tower::util::MapRequestLayer;

pub use state::{AppState, Parts, Settings};

/// No form of the storefront is longer; parts that take files set their own limit on their routes.
const FORM_BYTES: usize = 32 * 1024;

/// The whole shop.
pub fn router(state: AppState) -> Router {
    let inner = storefront::routes()
        .merge(backoffice::routes(&state))
        .merge(api::routes())
        .fallback(|| async { problem::Problem::of(problem::Kind::NotFound) })
        .method_not_allowed_fallback(|| async {
            problem::Problem::of(problem::Kind::MethodNotAllowed)
        })
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(from_fn_with_state(state.clone(), guard::keep))
        .with_state(state);
    // The language is taken off the address before a route is looked for.
    Router::new().fallback_service(MapRequestLayer::new(visitor::meet).layer(inner))
}
