//! The window: the bank's books as JSON, for tests and for whoever reconciles.
//!
//! `GET /books?after=ID` is a page of all holds with the totals; `GET /books/{payment}` is what the
//! books say of one payment. The bank's own operator may also change the keys of all sessions: `POST /key-change`.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use link::http::Door;
use link::tls::ServerTls;
use link::{Peer, Problem};
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
        .route("/key-change", post(key_change))
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

async fn key_change(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
) -> Result<Json<()>, Refusal> {
    operator(&peer)?;
    desk.key_changes.send_modify(|asked| *asked += 1);
    Ok(Json(()))
}

/// What only the bank's own people may ask.
fn operator(peer: &Peer) -> Result<(), Refusal> {
    if peer.name() == "bank" {
        return Ok(());
    }
    let problem = Problem::new("operator", "only the bank's operator may ask for this");
    Err((StatusCode::FORBIDDEN, Json(problem)))
}

fn closed(fault: Fault) -> Refusal {
    tracing::error!(fault = fault.detail(), "the books cannot be read");
    let problem = Problem::new("books-closed", "the books cannot be read at the moment");
    (StatusCode::SERVICE_UNAVAILABLE, Json(problem))
}
