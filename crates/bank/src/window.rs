//! The window: the bank's books as JSON, for tests and for whoever reconciles, and its door for files.
//!
//! `GET /books?after=ID` is a page of all holds with the totals; `GET /books/{payment}` is what the
//! books say of one payment. `GET /statements?after=NUMBER` lists the statements of the account and
//! `GET /statements/{number}` is one, as camt.053. The switch hands in clearing batches: `POST /clearing`, answered by the
//! acknowledgement.
//!
//! The bank's own operator makes things happen: `POST /key-change`, `/transfers`, `/chargebacks`,
//! `/chargebacks/{dispute}/represent`, `/statements` to close the day, `/troubles` to let messages go wrong.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::routing::{get, post};
use banking::clearing::Batch;
use link::http::Door;
use link::tls::ServerTls;
use link::{Peer, Problem};
use serde::{Deserialize, Serialize};
use storage::Fault;
use tokio::net::TcpListener;
use trade::limits;
use trade::money::Money;

use crate::account::{ChargeBack, Dispute, NoDispute, Transfer};
use crate::books::{Books, Hold};
use crate::desk::{Desk, PAGE_STATEMENTS};
use crate::statement::StatementReport;
use crate::trouble::Trouble;

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
        .route("/clearing", post(clear))
        .route("/statements", get(statements).post(close_day))
        .route("/statements/{number}", get(statement))
        .route("/transfers", post(transfer))
        .route("/troubles", post(trouble))
        .route("/chargebacks", post(charge_back))
        .route("/chargebacks/{dispute}/represent", post(represent))
        .layer(DefaultBodyLimit::max(limits::CLEARING_FILE_BYTES))
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
    only(&peer, "bank")?;
    desk.key_changes.send_modify(|asked| *asked += 1);
    Ok(Json(()))
}

/// A clearing batch, and the acknowledgement of it.
async fn clear(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
    file: Bytes,
) -> Result<String, Refusal> {
    only(&peer, "switch")?;
    let batch = Batch::read(&file).map_err(|error| {
        tracing::error!(%error, "a clearing batch cannot be read");
        let problem = Problem::new("unreadable", &error.to_string());
        (StatusCode::UNPROCESSABLE_ENTITY, Json(problem))
    })?;
    desk.clear(batch).await.map_err(closed)
}

/// `GET /statements?after=`: statements in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementPage {
    /// Those after the one that was named.
    pub statements: Vec<StatementReport>,
    /// Ask again with `after` this, when there may be more.
    pub next: Option<i64>,
}

async fn statements(
    State(desk): State<Arc<Desk>>,
    Query(page): Query<Page>,
) -> Result<Json<StatementPage>, Refusal> {
    let statements = desk.statements(page.after).await.map_err(closed)?;
    let next = statements.last().map(|statement| statement.number);
    Ok(Json(StatementPage {
        next: next.filter(|_| statements.len() as i64 == PAGE_STATEMENTS),
        statements,
    }))
}

async fn statement(
    State(desk): State<Arc<Desk>>,
    Path(number): Path<i64>,
) -> Result<([(HeaderName, &'static str); 1], String), Refusal> {
    let file = desk.statement(number).await.map_err(closed)?;
    let problem = Problem::new("no-such-statement", "there is no such statement");
    let file = file.ok_or((StatusCode::NOT_FOUND, Json(problem)))?;
    Ok(([(CONTENT_TYPE, "application/xml")], file))
}

async fn close_day(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
) -> Result<Json<Vec<StatementReport>>, Refusal> {
    only(&peer, "bank")?;
    desk.make_statements(true).await.map(Json).map_err(closed)
}

async fn transfer(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
    Json(transfer): Json<Transfer>,
) -> Result<Json<()>, Refusal> {
    only(&peer, "bank")?;
    let words = [&transfer.words, &transfer.name];
    let fits = |text: &&String| (1..=MOST_WORDS).contains(&text.chars().count());
    if transfer.amount <= Money::ZERO || !words.iter().all(fits) {
        let problem = Problem::new(
            "transfer",
            "an amount above zero, words and a name of 1 to 70 characters",
        );
        return Err((StatusCode::UNPROCESSABLE_ENTITY, Json(problem)));
    }
    desk.transfer(transfer).await.map(Json).map_err(closed)
}

async fn trouble(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
    Json(troubles): Json<Vec<Trouble>>,
) -> Result<Json<()>, Refusal> {
    only(&peer, "bank")?;
    desk.troubles.set(troubles);
    Ok(Json(()))
}

/// The longest name of a payer in the SEPA (EPC125-05); the words are kept as short.
const MOST_WORDS: usize = 70;

async fn charge_back(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
    Json(mut asked): Json<ChargeBack>,
) -> Result<Json<Dispute>, Refusal> {
    only(&peer, "bank")?;
    asked.reason = asked.reason.chars().take(MOST_WORDS).collect();
    desk.charge_back(asked).await.map(Json).map_err(no_dispute)
}

async fn represent(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
    Path(dispute): Path<String>,
) -> Result<Json<Dispute>, Refusal> {
    only(&peer, "bank")?;
    desk.represent(dispute).await.map(Json).map_err(no_dispute)
}

fn no_dispute(why: NoDispute) -> Refusal {
    match why {
        NoDispute::Fault(fault) => closed(fault),
        NoDispute::Amount | NoDispute::Unknown => {
            let problem = Problem::new("dispute", &why.to_string());
            (StatusCode::UNPROCESSABLE_ENTITY, Json(problem))
        }
    }
}

/// What only one of those who may look in may ask.
fn only(peer: &Peer, name: &str) -> Result<(), Refusal> {
    if peer.name() == name {
        return Ok(());
    }
    let problem = Problem::new("not-yours", "this is not for you to ask");
    Err((StatusCode::FORBIDDEN, Json(problem)))
}

fn closed(fault: Fault) -> Refusal {
    tracing::error!(fault = fault.detail(), "the books cannot be read");
    let problem = Problem::new("books-closed", "the books cannot be read at the moment");
    (StatusCode::SERVICE_UNAVAILABLE, Json(problem))
}
