//! The window: the bank's books as JSON, for tests and for whoever reconciles.
//!
//! `GET /books?after=ID` is a page of all holds with the totals; `GET /books/{payment}` is what the
//! books say of one payment.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use link::Problem;
use link::http::Door;
use link::tls::ServerTls;
use serde::Deserialize;
use storage::Fault;
use tokio::net::TcpListener;

use crate::books::{Books, Hold};
use crate::desk::Desk;

/// Whose certificates open the window: the merchant's processes, and the bank's own operator.
pub(crate) const READERS: &[&str] = &["shop", "switch", "bank"];

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: i64,
}

pub(crate) async fn serve(door: TcpListener, tls: ServerTls, desk: Arc<Desk>) -> io::Result<()> {
    let routes = Router::new()
        .route("/books", get(books))
        .route("/books/{payment}", get(of_payment))
        .with_state(desk);
    link::http::serve(door, Door::Private(tls), routes, std::future::pending()).await
}

type Refusal = (StatusCode, Json<Problem>);

async fn books(
    State(desk): State<Arc<Desk>>,
    Query(page): Query<Page>,
) -> Result<Json<Books>, Refusal> {
    desk.books(page.after).await.map(Json).map_err(closed)
}

async fn of_payment(
    State(desk): State<Arc<Desk>>,
    Path(payment): Path<String>,
) -> Result<Json<Vec<Hold>>, Refusal> {
    desk.of_payment(payment).await.map(Json).map_err(closed)
}

fn closed(fault: Fault) -> Refusal {
    tracing::error!(fault = fault.detail(), "the books cannot be read");
    let problem = Problem::new("books-closed", "the books cannot be read at the moment");
    (StatusCode::SERVICE_UNAVAILABLE, Json(problem))
}
