//! Booksellers' picks (coups de cœur): listed, written, changed and removed.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form as Posted};
use maud::{Markup, html};
use serde::Deserialize;
use shop::display::limits;
use shop::display::picks::{self, PickDraft, TypedPick};
use shop::form::{Flaws, Period, Saved};

use super::access::Visit;
use super::form::Form;
use super::frame::{self, Part, token};
use super::search_rule::{found, named};
use super::searches::period;
use crate::AppState;
use crate::problem::{Kind, Problem};

/// What a redirect to the list carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// `GET /office/picks`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let kept = state.store.read(picks::all).await?;
    let (words, shelf, today) = (visit.words(), state.shelf.load(), state.clock.today());
    let title = words.say("office-picks");
    let body = html! {
        (said(&visit, &told.told))
        p {
            a.next-step href="/office/picks/new" { (words.say("office-pick-new")) }
            " · " a href="/office/tables" { (words.say("office-tables")) }
            " · " a href="/picks" { (words.say("office-see-in-shop")) }
        }
        @if kept.is_empty() { p.muted { (words.say("office-picks-none")) } }
        @else { div.scroll tabindex="0" role="region" aria-label=(title) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-order-title-column")) }
                    th scope="col" { (words.say("office-pick-bookseller")) }
                    th scope="col" { (words.say("office-period")) }
                } }
                tbody { @for pick in &kept { tr data-row {
                    @let edition = shelf.edition(pick.draft.edition);
                    th scope="row" {
                        a href={ "/office/picks/" (pick.id) } {
                            @match &edition { Some(edition) => (edition.title), None => (words.say("office-book-gone")) }
                        }
                        @if pick.made_up { " " span.state { (words.say("office-made-up")) } }
                    }
                    td { (pick.draft.bookseller) }
                    td { (period(&visit, pick.draft.period, today)) }
                } } }
            }
        } }
    };
    Ok(frame::page(&visit, Part::Display, title, &body))
}

/// The number that an address names; none for `new`.
pub(super) fn number(id: &str) -> Result<Option<i64>, Problem> {
    match id {
        "new" => Ok(None),
        id => id
            .parse()
            .map(Some)
            .map_err(|_| Problem::of(Kind::NotFound)),
    }
}

/// `GET /office/picks/{id}`; a link to the form of a new one may fill some of it in.
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Query(mut typed): Query<TypedPick>,
) -> Result<Markup, Problem> {
    let id = number(&id)?;
    if typed.bookseller.is_empty() {
        typed.bookseller.clone_from(&visit.member.name);
    }
    if let Some(id) = id {
        let kept = state.store.read(picks::all).await?;
        let pick = kept.into_iter().find(|pick| pick.id == id);
        let draft = pick.ok_or(Problem::of(Kind::NotFound))?.draft;
        let [from, until] = days(draft.period);
        typed = TypedPick {
            book: named(&state.shelf.load(), draft.edition),
            bookseller: draft.bookseller,
            note: draft.note,
            from,
            until,
        };
    }
    Ok(page(&visit, id, &typed, &Flaws::new()))
}

/// A period as its two fields show it.
pub(super) fn days(period: Period) -> [String; 2] {
    [period.from, period.until].map(|day| day.map_or_else(String::new, |day| day.to_string()))
}

/// `POST /office/picks/{id}`
pub(super) async fn save(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedPick>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let shelf = state.shelf.load();
    let draft = match PickDraft::check(&typed, |book| found(&shelf, book)) {
        Ok(draft) => draft,
        Err(flaws) => {
            let page = page(&visit, id, &typed, &flaws);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let (by, now) = (visit.member.login, state.clock.now());
    let saving = state
        .store
        .write(move |tx| picks::save(tx, id, &draft, &by, now));
    let told = match saving.await? {
        Saved::Done => "saved",
        Saved::Full => "full",
        Saved::Gone => "gone",
    };
    done(&state, told).await
}

/// `POST /office/picks/{id}/remove`
pub(super) async fn remove(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?.ok_or(Problem::of(Kind::NotFound))?;
    let (by, now) = (visit.member.login, state.clock.now());
    let removing = state.store.write(move |tx| picks::remove(tx, id, &by, now));
    let told = if removing.await? { "removed" } else { "gone" };
    done(&state, told).await
}

async fn done(state: &AppState, told: &str) -> Result<Response, Problem> {
    state.display.refresh(&state.store).await?;
    Ok(Redirect::to(&format!("/office/picks?told={told}")).into_response())
}

fn page(visit: &Visit, id: Option<i64>, typed: &TypedPick, flaws: &Flaws) -> Markup {
    let words = visit.words();
    let form = Form {
        visit,
        labels: "office-pick",
        flaws,
    };
    let address = id.map_or_else(|| "new".to_owned(), |id| id.to_string());
    let body = html! {
        p { a href="/office/picks" { (words.say("office-picks")) } }
        form.narrow method="post" action={ "/office/picks/" (address) } novalidate {
            (token(visit))
            (form.line("book", &typed.book, limits::BOOKSELLER_CHARS, Some(words.say("office-rule-book-hint"))))
            (form.line("bookseller", &typed.bookseller, limits::BOOKSELLER_CHARS, Some(words.say("office-pick-bookseller-hint"))))
            (form.text("note", &typed.note, (8, limits::NOTE_CHARS), Some(words.say("office-pick-note-hint"))))
            (form.period(&typed.from, &typed.until))
            div.actions { button.button { (words.say("office-save")) } }
        }
        @if id.is_some() {
            form method="post" action={ "/office/picks/" (address) "/remove" } {
                (token(visit))
                div.actions { button.button.quiet { (words.say("office-pick-remove")) } }
            }
        }
    };
    let title = match id {
        None => words.say("office-pick-new"),
        Some(_) => words.say("office-pick-change"),
    };
    frame::page(visit, Part::Display, title, &body)
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "saved" => frame::notice(true, words.say("office-told-pick-saved")),
        "removed" => frame::notice(true, words.say("office-told-pick-removed")),
        "gone" => frame::notice(false, words.say("office-told-pick-gone")),
        "full" => frame::notice(false, words.say("office-told-pick-full")),
        _ => html! {},
    }
}
