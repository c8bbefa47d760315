//! The shop as readers see it. Routes are grouped by what a visitor came for; a handler and the page it
//! shows stand in one file, or side by side where both are long.
//!
//! Pages are functions of a view and know nothing of requests. Looking at books never waits for the database;
//! cart, checkout and orders do.

pub mod aisle;
pub mod book;
mod book_data;
pub mod book_page;
pub mod cart;
pub mod certificate;
pub mod checkout;
pub mod checkout_page;
mod cover;
pub mod display;
pub mod fault_page;
pub mod forms;
pub mod heading;
pub mod health;
pub mod home;
pub mod layout;
pub mod lists;
pub mod machines;
pub mod means;
pub mod order;
pub mod order_page;
pub mod parts;
pub mod pay;
mod provider;
pub mod reader;
mod related;
pub(crate) mod review;
pub mod review_page;
pub mod review_section;
mod review_voice;
pub mod search;
pub mod search_page;
pub(crate) mod sitemap;
pub mod step_up;
mod suggest;
pub mod words_page;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use trade::limits;

use crate::assets;
use crate::state::AppState;

/// Every route of the storefront.
pub(crate) fn routes() -> Router<AppState> {
    looking()
        .merge(buying())
        .merge(writing())
        .merge(reading())
        .merge(for_machines())
}

fn looking() -> Router<AppState> {
    Router::new()
        .route("/", get(home::show))
        .route("/search", get(search::show))
        .route("/authors/{name}", get(aisle::author))
        .route("/publishers/{name}", get(aisle::publisher))
        .route("/series/{name}", get(aisle::series))
        .route("/subjects", get(aisle::subjects))
        .route("/subjects/{code}", get(aisle::subject))
        .route("/bestsellers", get(lists::bestsellers))
        .route("/new", get(lists::new))
        .route("/forthcoming", get(lists::forthcoming))
        .route("/picks", get(display::picks))
        .route("/tables/{slug}", get(display::table))
        .route("/suggest", get(suggest::show))
        .route("/books/{isbn}", get(book::by_isbn))
        .route("/editions/{id}", get(book::by_id))
        .route("/covers/{name}", get(cover::show))
}

fn buying() -> Router<AppState> {
    Router::new()
        .route("/cart", get(cart::show).post(cart::add))
        .route("/cart/lines", post(cart::change))
        .route("/checkout", get(checkout::show).post(checkout::place))
        .route("/checkout/return", get(pay::back))
        .route("/checkout/return/provider", get(provider::back))
        .route("/checkout/confirm", post(step_up::confirm))
        .route("/checkout/confirm/again", post(step_up::again))
        .route("/orders", get(order::ask).post(order::look_up))
        .route("/orders/{number}", get(order::show))
        .route("/orders/{number}/pay", get(pay::again).post(pay::choose))
        .route("/orders/{number}/certificate", post(certificate::post))
}

fn writing() -> Router<AppState> {
    Router::new()
        .route("/editions/{id}/review", get(review::ask).post(review::send))
        .route(
            "/orders/{number}/reviews/{edition}",
            get(review::ask_buyer).post(review::send_bought),
        )
        .route("/reviews/sent", get(review::sent))
        .route("/reviews/{id}", get(review_voice::own))
        .route("/reviews/{id}/confirm", post(review_voice::confirm))
        .route("/reviews/{id}/withdraw", post(review_voice::withdraw))
        .route("/reviews/{id}/helpful", post(review_voice::helpful))
        .route(
            "/reviews/{id}/report",
            get(review_voice::ask_report).post(review_voice::report),
        )
}

fn reading() -> Router<AppState> {
    Router::new()
        .route("/about", get(words_page::about))
        .route("/legal/{name}", get(words_page::legal))
}

fn for_machines() -> Router<AppState> {
    Router::new()
        .route("/assets/{*name}", get(assets::serve))
        .route("/favicon.svg", get(assets::favicon))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(machines::robots))
        .route("/opensearch.xml", get(machines::opensearch))
        .route("/llms.txt", get(machines::llms))
        .route("/.well-known/security.txt", get(machines::security))
        .route("/sitemap.xml", get(sitemap::index))
        .route("/sitemaps/{part}", get(sitemap::part))
        .route(
            "/hooks/provider",
            post(provider::hear).layer(DefaultBodyLimit::max(limits::PROVIDER_EVENT_BYTES)),
        )
        .route("/live", get(health::live))
        .route("/ready/browse", get(health::ready_to_browse))
        .route("/ready/order", get(health::ready_to_order))
        .route("/status", get(health::status))
        .route("/metrics", get(health::metrics))
}
