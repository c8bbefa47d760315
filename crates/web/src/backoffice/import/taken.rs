//! Imports that count or do not: undoing and redoing them, and the page of one that no file was handed in for (the
//! command's, and corrections made here).

use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Redirect;
use catalogue::desk::rejects::COMPLETION_OF;
use catalogue::store::{self, CORRECTION_OF, Import, ImportId, ImportState};
use maud::{Markup, html};
use storage::Fault;

use super::REFRESH_S;
use super::actions::{Turned, by, turn_all};
use super::job::shown_number;
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::{self, Part, time, token};
use crate::i18n::Words;
use crate::problem::{Kind, Problem};

/// How long a page waits for an import to be undone before it shows that it still is.
const PATIENCE: Duration = Duration::from_secs(2);

/// The stable word for a state.
pub(super) fn code(state: ImportState) -> &'static str {
    match state {
        ImportState::Taken => "taken",
        ImportState::Undoing => "undoing",
        ImportState::Undone => "undone",
        ImportState::Redoing => "redoing",
    }
}

pub(super) fn is_turning(state: ImportState) -> bool {
    matches!(state, ImportState::Undoing | ImportState::Redoing)
}

/// What an import is called.
pub(in crate::backoffice) fn name<'w>(words: &'w Words, name: &'w str) -> &'w str {
    match name {
        "" => words.say("desk-unnamed"),
        name if name.starts_with(CORRECTION_OF) => words.say("desk-correction"),
        // Its file says more than that it is one; who completed it stands beside it.
        name => name.strip_prefix(COMPLETION_OF).unwrap_or(name),
    }
}

/// The button that takes an import back, behind a question, or in again.
pub(super) fn ask(visit: &Visit, address: &str, undo: bool) -> Markup {
    let words = visit.words();
    let form = |label: &str| {
        html! {
            form method="post" action=(address) { (token(visit)) button.button.quiet { (words.say(label)) } }
        }
    };
    match undo {
        true => html! {
            details.ask {
                summary { (words.say("desk-undo-ask")) }
                div { p { (words.say("desk-undo-help")) } (form("desk-undo")) }
            }
        },
        false => html! { div.actions { (form("desk-redo")) } },
    }
}

/// Undoes or redoes imports; returns when that is done, or goes on behind the page when it takes long.
pub(super) async fn turn(
    state: &AppState,
    visit: &Visit,
    what: Turned,
    undone: bool,
) -> Result<(), Problem> {
    let (store, by) = (state.store.clone(), by(state, visit));
    let turning = tokio::task::spawn_blocking(move || {
        let turned = turn_all(&store, what, &by, undone);
        if let Err(refusal) = &turned {
            tracing::error!(%refusal, "an import stays half undone");
        }
        turned
    });
    match tokio::time::timeout(PATIENCE, turning).await {
        Ok(Ok(Ok(()))) | Err(_) => Ok(()),
        Ok(Ok(Err(store::Refusal::Fault(fault)))) => Err(fault.into()),
        Ok(Ok(Err(_))) => Err(Problem::of(Kind::NotFound)),
        Ok(Err(panicked)) => Err(Problem::fault(Kind::Fault, &panicked)),
    }
}

async fn find(state: &AppState, number: i64) -> Result<Import, Problem> {
    let found = state
        .store
        .read(move |tx| -> Result<_, Fault> { store::import(tx, ImportId(number)) })
        .await?;
    found.ok_or_else(|| Problem::of(Kind::NotFound))
}

/// `GET /office/imports/{number}`
pub(in crate::backoffice) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(number): Path<i64>,
) -> Result<Markup, Problem> {
    let import = find(&state, number).await?;
    let words = visit.words();
    let messages = u64::try_from(import.messages).unwrap_or_default();
    let address = format!("/office/imports/{number}");
    let turning = is_turning(import.state);
    let body = html! {
        div #live data-live[turning] {
            p.muted {
                (time(&visit, import.delivery.at)) " · "
                @if import.delivery.staff.is_empty() { (words.say("desk-by-command")) } @else { (import.delivery.staff) }
            }
            dl.figures {
                div { dt { (words.say("desk-messages")) } dd.num { (shown_number(&visit, messages)) } }
            }
            @match import.state {
                ImportState::Taken => (ask(&visit, &format!("{address}/undo"), true)),
                ImportState::Undone => {
                    (frame::notice(true, words.say("desk-undone")))
                    (ask(&visit, &format!("{address}/redo"), false))
                }
                state => (frame::notice(true, words.one_of("desk-turned", code(state)))),
            }
        }
        @if let Some(edition) = import.delivery.name.strip_prefix(CORRECTION_OF) {
            p { a href={ "/office/editions/" (edition) } { (words.say("desk-edition")) } }
        }
        @if let Some(job) = import.job { p { a href={ "/office/import/" (job) } { (words.say("desk-job")) } } }
    };
    Ok(frame::live_page(
        &visit,
        Part::Import,
        name(words, &import.delivery.name),
        turning.then_some(REFRESH_S),
        &body,
    ))
}

/// `POST /office/imports/{number}/undo`
pub(in crate::backoffice) async fn undo(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(number): Path<i64>,
) -> Result<Redirect, Problem> {
    turn_one(&state, &visit, number, true).await
}

/// `POST /office/imports/{number}/redo`
pub(in crate::backoffice) async fn redo(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(number): Path<i64>,
) -> Result<Redirect, Problem> {
    turn_one(&state, &visit, number, false).await
}

/// Imports of a job are turned on the job's page, which knows whether it runs.
async fn turn_one(
    state: &AppState,
    visit: &Visit,
    number: i64,
    undone: bool,
) -> Result<Redirect, Problem> {
    let import = find(state, number).await?;
    if let Some(job) = import.job {
        return Ok(Redirect::to(&format!("/office/import/{job}")));
    }
    turn(state, visit, Turned::Import(import.id), undone).await?;
    Ok(Redirect::to(&format!("/office/imports/{number}")))
}
