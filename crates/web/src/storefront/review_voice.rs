//! What is done with a review that exists: its author confirms it or takes it back by her link; other readers say
//! that it helped, or report it.
//!
//! The cookie that makes a vote count once is set by voting, never by looking.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use shop::reviews::{self, Reason, ReviewId, ReviewRefusal, Voter, limits};
use trade::ids::EditionId;

use super::forms::{Fields, see_other, with_cookies};
use super::parts::book_path;
use super::reader::Reader;
use super::review_page::{self, TypedReport};
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::render;
use crate::state::AppState;
use crate::visitor::{Visitor, cookie, set_cookie};

/// The cookie of a voter, and how long a vote is remembered by the browser.
const VOTER: &str = "voter";
const VOTER_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The key of the author's link.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Opened {
    key: String,
}

impl Opened {
    /// The review, if the key opens it. A wrong key looks like a review that does not exist.
    fn review(&self, state: &AppState, id: i64) -> Result<ReviewId, Problem> {
        let id = ReviewId(id);
        match state.review_keys().opens(id, &self.key) {
            true => Ok(id),
            false => Err(Problem::of(Kind::NotFound)),
        }
    }
}

/// `GET /reviews/{id}?key=`
pub(crate) async fn own(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Query(opened): Query<Opened>,
) -> Result<Response, Problem> {
    let id = opened.review(&state, id)?;
    let own = state.store.read(move |tx| reviews::own(tx, id)).await?;
    let own = own.ok_or(Problem::of(Kind::NotFound))?;
    let reader = Reader::new(visitor.locale, &state.settings, &visitor.here);
    let page = review_page::own(&reader, &own, &format!("/reviews/{id}"), &opened.key);
    Ok(render::personal(&visitor, StatusCode::OK, page))
}

/// `POST /reviews/{id}/confirm`
pub(crate) async fn confirm(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Fields(opened): Fields<Opened>,
) -> Result<Response, Problem> {
    let (id, now) = (opened.review(&state, id)?, state.clock.now());
    let done = state.store.write(move |tx| reviews::confirm(tx, id, now));
    back(&state, &visitor, id, done.await)
}

/// `POST /reviews/{id}/withdraw`
pub(crate) async fn withdraw(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Fields(opened): Fields<Opened>,
) -> Result<Response, Problem> {
    let (id, now) = (opened.review(&state, id)?, state.clock.now());
    let done = state.store.write(move |tx| reviews::withdraw(tx, id, now));
    let answer = back(&state, &visitor, id, done.await)?;
    state.reviews.refresh(&state.store, now).await?;
    Ok(answer)
}

/// Back to the author's page, which says where the review stands now, also when somebody was faster.
fn back(
    state: &AppState,
    visitor: &Visitor,
    id: ReviewId,
    done: Result<(), ReviewRefusal>,
) -> Result<Response, Problem> {
    match done {
        Ok(()) | Err(ReviewRefusal::NotNow { .. } | ReviewRefusal::Changed) => {
            Ok(see_other(&visitor.path(&state.review_keys().path(id))))
        }
        Err(ReviewRefusal::NoSuchReview { .. }) => Err(Problem::of(Kind::NotFound)),
        Err(ReviewRefusal::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /reviews/{id}/helpful`
pub(crate) async fn helpful(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    headers: HeaderMap,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let id = ReviewId(id);
    let about = about(&state, id).await?;
    if !state.paces.voices.allows(&peer) {
        return Err(Problem::of(Kind::TooFast));
    }
    let (voter, now) = (voter(&headers)?, state.clock.now());
    let word = voter.word().to_owned();
    let vote = state
        .store
        .write(move |tx| reviews::helpful(tx, id, &voter, now));
    vote.await?;
    // The page she comes back to counts her vote.
    state.reviews.refresh(&state.store, now).await?;
    let page = state.shelf.load().edition(about.edition);
    let page = page.map_or("/".to_owned(), |edition| book_path(&edition));
    let answer = see_other(&visitor.path(&format!("{page}#review-{id}")));
    Ok(remembered(&state, answer, &word))
}

/// `GET /reviews/{id}/report`
pub(crate) async fn ask_report(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    report_form(&state, &visitor, ReviewId(id), &TypedReport::default()).await
}

/// What the form of a report sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    reason: String,
    note: String,
}

/// `POST /reviews/{id}/report`
pub(crate) async fn report(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Fields(said): Fields<Said>,
) -> Result<Response, Problem> {
    let id = ReviewId(id);
    let Some(reason) = Reason::of_code(&said.reason) else {
        let typed = TypedReport {
            missing: true,
            note: &said.note,
        };
        return report_form(&state, &visitor, id, &typed).await;
    };
    if !state.paces.voices.allows(&peer) {
        return Err(Problem::of(Kind::TooFast));
    }
    let (voter, now) = (voter(&headers)?, state.clock.now());
    let word = voter.word().to_owned();
    let note: String = said.note.trim().chars().take(limits::NOTE_CHARS).collect();
    let report = state
        .store
        .write(move |tx| reviews::report(tx, id, &voter, (reason, &note), now));
    report.await?;
    let answer = see_other(&visitor.path("/reviews/sent?next=reported"));
    Ok(remembered(&state, answer, &word))
}

async fn report_form(
    state: &AppState,
    visitor: &Visitor,
    id: ReviewId,
    typed: &TypedReport<'_>,
) -> Result<Response, Problem> {
    let about = about(state, id).await?;
    let action = format!("/reviews/{id}/report");
    let reader = Reader::new(visitor.locale, &state.settings, &action);
    let status = if typed.missing {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = review_page::report(&reader, &action, &about.title, typed);
    Ok(render::personal(visitor, status, page))
}

/// What a published review is about and how it is headed.
struct Heading {
    edition: EditionId,
    title: String,
}

/// Only what everybody can see is voted on or reported.
async fn about(state: &AppState, id: ReviewId) -> Result<Heading, Problem> {
    let own = state.store.read(move |tx| reviews::own(tx, id)).await?;
    let own = own.filter(|own| own.state == reviews::ReviewState::Published);
    let own = own.ok_or(Problem::of(Kind::NotFound))?;
    Ok(Heading {
        edition: own.edition,
        title: own.title,
    })
}

fn voter(headers: &HeaderMap) -> Result<Voter, Problem> {
    match cookie(headers, VOTER).and_then(Voter::known) {
        Some(known) => Ok(known),
        None => Ok(Voter::new()?),
    }
}

fn remembered(state: &AppState, answer: Response, word: &str) -> Response {
    let kept = set_cookie(&state.settings, VOTER, word, VOTER_SECONDS);
    with_cookies(answer, kept.into_iter().collect())
}
