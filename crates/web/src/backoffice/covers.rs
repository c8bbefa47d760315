//! Suppliers' covers: how many are shown, and which were not taken and why, with a way to try them again.

use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use axum::{Extension, Form};
use catalogue::shelf::Shelf;
use catalogue::store::{CoverState, CoverTrouble, cover_counts, cover_troubles, try_covers_again};
use maud::{Markup, html};
use serde::Deserialize;
use storage::Fault;
use trade::ids::EditionId;
use trade::locale;

use super::access::Visit;
use super::frame::{self, Part, counted, time, token};
use crate::AppState;
use crate::problem::Problem;
use crate::storefront::parts::book_path;

/// Covers that were not taken, on the page: whoever has more has one cause for many.
const SHOWN: u32 = 100;

/// What a redirect to the page carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    again: Option<u64>,
}

/// The form to try again; its token was checked at the door.
#[derive(Debug, Deserialize)]
pub(super) struct Again {}

/// `GET /office/covers`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let read = |tx: &mut dyn storage::Tx| -> Result<_, Fault> {
        Ok((cover_counts(tx)?, cover_troubles(tx, SHOWN)?))
    };
    let (counts, troubles) = state.store.read(read).await?;
    let words = visit.words();
    let (shelf, fetches) = (state.shelf.load(), state.settings.fetches_covers);
    let body = html! {
        @if let Some(count) = told.again {
            (frame::notice(true, &words.tell("office-covers-told", &counted(count, visit.locale))))
        }
        p { (words.say("office-covers-help")) }
        @if !fetches { p.muted { (words.say("office-covers-off")) } }
        dl.figures { @for one in CoverState::ALL {
            div {
                dt { (words.one_of("cover-state", one.code())) }
                dd { (locale::format_number(count_of(&counts, one), visit.locale)) }
            }
        } }
        @if troubles.is_empty() { p.muted { (words.say("office-covers-none")) } }
        @else {
            @if fetches {
                form.actions method="post" action="/office/covers/again" {
                    (token(&visit))
                    button.button.quiet { (words.say("office-covers-all-again")) }
                }
            }
            (table(&visit, &shelf, &troubles, fetches))
        }
    };
    let title = words.say("office-covers");
    Ok(frame::page(&visit, Part::Covers, title, &body))
}

fn count_of(counts: &std::collections::HashMap<CoverState, u64>, state: CoverState) -> i64 {
    let count = counts.get(&state).copied().unwrap_or_default();
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The troubles; with a way to try again where that `fetches` anything.
fn table(visit: &Visit, shelf: &Shelf, troubles: &[CoverTrouble], fetches: bool) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-covers-troubles")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-covers-troubles")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-order-title-column")) }
                    th scope="col" { (words.say("office-covers-reason")) }
                    th scope="col" { (words.say("office-covers-tried")) }
                    @if fetches { th scope="col" { (words.say("office-covers-again-column")) } }
                } }
                tbody { @for trouble in troubles { (row(visit, shelf, trouble, fetches)) } }
            }
        }
    }
}

fn row(visit: &Visit, shelf: &Shelf, trouble: &CoverTrouble, fetches: bool) -> Markup {
    let words = visit.words();
    let edition = shelf.edition(trouble.edition);
    let title = edition.as_ref().map_or_else(
        || trouble.edition.to_string(),
        |edition| edition.title.clone(),
    );
    html! {
        tr data-row {
            th scope="row" {
                @match &edition {
                    Some(edition) => a href={ "/" (visit.locale.code()) (book_path(edition)) } { (title) },
                    None => (title),
                }
                // The link is a stranger's: it is shown and not followed.
                div.muted.small { code { (trouble.link) } }
            }
            td {
                (words.one_of("cover-reason", trouble.reason.code()))
                @if !trouble.detail.is_empty() { div.muted.small lang="en" { (trouble.detail) } }
            }
            td {
                @if let Some(tried) = trouble.tried { (time(visit, tried)) }
                @if let Some(due) = trouble.due { div.muted.small { (words.say("office-covers-next")) " " (time(visit, due)) } }
            }
            @if fetches {
                td {
                    form method="post" action={ "/office/covers/" (trouble.edition) "/again" } {
                        (token(visit))
                        button.button.quiet { (words.say("office-covers-again")) span.sr { " " (title) } }
                    }
                }
            }
        }
    }
}

/// `POST /office/covers/{edition}/again`
pub(super) async fn again(
    State(state): State<AppState>,
    Path(edition): Path<i64>,
    Form(Again {}): Form<Again>,
) -> Result<Redirect, Problem> {
    try_again(&state, Some(EditionId(edition))).await
}

/// `POST /office/covers/again`
pub(super) async fn all_again(
    State(state): State<AppState>,
    Form(Again {}): Form<Again>,
) -> Result<Redirect, Problem> {
    try_again(&state, None).await
}

async fn try_again(state: &AppState, edition: Option<EditionId>) -> Result<Redirect, Problem> {
    let now = state.clock.now();
    let count = state
        .store
        .write(move |tx| try_covers_again(tx, edition, now))
        .await?;
    Ok(Redirect::to(&format!("/office/covers?again={count}")))
}
