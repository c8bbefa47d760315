//! What can be asked about clearing: the batches for the shop's books, and a cut at once.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::cut;
use crate::api::{Answer, answer};
use crate::desk::{Desk, Refusal};
use crate::journal::clearing::{self as journal, BatchReport, LineReport};

/// How many batches an answer lists: it must fit the 64 kB that a link reads.
const PAGE_BATCHES: i64 = 100;

/// How many lines an answer lists, for the same reason.
const PAGE_LINES: i64 = 100;

/// `GET /clearing/batches?after=`: batches in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPage {
    /// Those after the one that was named.
    pub batches: Vec<BatchReport>,
    /// Ask again with `after` this, when there may be more.
    pub next: Option<i64>,
}

/// `GET /clearing/batches/{sequence}/lines?after=`: lines in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePage {
    /// Those after the one that was named.
    pub lines: Vec<LineReport>,
    /// Ask again with `after` this, when there may be more.
    pub next: Option<i64>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: i64,
}

pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/clearing/cut", post(cut_now))
        .route("/clearing/batches", get(batches))
        .route("/clearing/batches/{sequence}/lines", get(lines))
        .route("/clearing/batches/{sequence}/file", get(file))
        .route("/clearing/batches/{sequence}/answer", get(acknowledgement))
}

async fn cut_now(State(desk): State<Arc<Desk>>) -> Answer<Vec<BatchReport>> {
    let work = Arc::clone(&desk);
    answer(desk.see_through(async move { cut(&work).await }).await)
}

async fn batches(
    State(desk): State<Arc<Desk>>,
    Query(Page { after }): Query<Page>,
) -> Answer<BatchPage> {
    let found = desk.store.read(move |tx| {
        let batches = journal::page(tx, after, PAGE_BATCHES)?;
        let next = batches.last().map(|batch| i64::from(batch.sequence));
        Ok::<_, Refusal>(BatchPage {
            next: next.filter(|_| batches.len() as i64 == PAGE_BATCHES),
            batches,
        })
    });
    answer(found.await)
}

async fn lines(
    State(desk): State<Arc<Desk>>,
    Path(sequence): Path<i64>,
    Query(Page { after }): Query<Page>,
) -> Answer<LinePage> {
    let found = desk.store.read(move |tx| {
        let lines = journal::lines(tx, sequence, after, PAGE_LINES)?;
        let next = lines.last().map(|line| line.line);
        Ok::<_, Refusal>(LinePage {
            next: next.filter(|_| lines.len() as i64 == PAGE_LINES),
            lines,
        })
    });
    answer(found.await)
}

/// The batch as it was sent to the bank.
async fn file(
    State(desk): State<Arc<Desk>>,
    Path(sequence): Path<i64>,
) -> Result<String, crate::api::Refused> {
    let found = desk.store.read(move |tx| {
        let file = journal::file(tx, sequence)?;
        file.ok_or(Refusal::NoSuchBatch)
    });
    found.await.map_err(crate::api::refuse)
}

/// What the bank answered to it last.
async fn acknowledgement(
    State(desk): State<Arc<Desk>>,
    Path(sequence): Path<i64>,
) -> Result<String, crate::api::Refused> {
    let found = desk.store.read(move |tx| {
        let answer = journal::acknowledgement(tx, sequence)?;
        answer.ok_or(Refusal::NoAnswer)
    });
    found.await.map_err(crate::api::refuse)
}
