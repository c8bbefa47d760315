//! Editorial reviews (chroniques) of an edition: written, changed and removed by booksellers.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use shop::reviews::Flaw;
use shop::reviews::editorial::{self, Editorial, EditorialText, TypedEditorial};
use shop::reviews::limits;
use trade::ids::EditionId;

use super::access::Visit;
use super::frame::{self, Part, token};
use crate::AppState;
use crate::problem::{Kind, Problem};
use crate::storefront::reader::Reader;
use crate::storefront::review::languages;
use crate::storefront::review_page::flaw_words;

/// What was typed and is wrong, and in which form: that of a new review, or of an existing one.
struct Mistaken {
    id: Option<i64>,
    typed: TypedEditorial,
    flaws: Vec<(&'static str, Flaw)>,
}

/// What a redirect to the page carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// `GET /office/editorial/{edition}`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(edition): Path<i64>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    page(&state, &visit, EditionId(edition), &told.told, None).await
}

async fn page(
    state: &AppState,
    visit: &Visit,
    edition: EditionId,
    told: &str,
    mistaken: Option<&Mistaken>,
) -> Result<Markup, Problem> {
    let title = on_the_shelf(state, edition)?;
    let written = state
        .store
        .read(move |tx| editorial::of_edition(tx, edition))
        .await?;
    let words = visit.words();
    let reader = Reader::new(visit.locale, &state.settings, "/office");
    let path = format!("/office/editorial/{edition}");
    let of = |id: Option<i64>| mistaken.filter(|mistaken| mistaken.id == id);
    let body = html! {
        (said(visit, told))
        @if written.is_empty() { p.muted { (words.say("office-editorial-none")) } }
        @for one in &written { (existing(&reader, visit, &path, one, of(Some(one.id)))) }
        h2 { (words.say("office-editorial-new")) }
        form.narrow method="post" action=(path) novalidate {
            (token(visit))
            (fields(&reader, visit, "new", of(None).map(|mistaken| &mistaken.typed), of(None)))
            div.actions { button.button { (words.say("office-editorial-add")) } }
        }
    };
    let title = words.tell("office-editorial-of", &[("title", title.into())]);
    Ok(frame::page(visit, Part::Reviews, &title, &body))
}

fn existing(
    reader: &Reader<'_>,
    visit: &Visit,
    path: &str,
    one: &Editorial,
    mistaken: Option<&Mistaken>,
) -> Markup {
    let (words, text) = (visit.words(), &one.text);
    let kept = TypedEditorial {
        author: text.author.clone(),
        source: text.source.clone(),
        written: text.written.to_string(),
        language: text.language.bcp47().into_owned(),
        body: text.body.clone(),
    };
    let typed = mistaken.map_or(&kept, |mistaken| &mistaken.typed);
    html! {
        details.ask open[mistaken.is_some()] {
            summary { (text.author) ", " (text.source) ", " (text.written) }
            form.narrow method="post" action={ (path) "/" (one.id) } novalidate {
                (token(visit))
                (fields(reader, visit, &one.id.to_string(), Some(typed), mistaken))
                div.actions { button.button { (words.say("office-editorial-change")) } }
            }
            form method="post" action={ (path) "/" (one.id) "/remove" } {
                (token(visit))
                div.actions { button.button.quiet { (words.say("office-editorial-remove")) span.sr { " " (text.author) ", " (text.source) } } }
            }
        }
    }
}

/// The fields; `form` keeps the ids of several forms on one page apart.
fn fields(
    reader: &Reader<'_>,
    visit: &Visit,
    form: &str,
    typed: Option<&TypedEditorial>,
    mistaken: Option<&Mistaken>,
) -> Markup {
    let fresh = TypedEditorial {
        language: visit.locale.code().to_owned(),
        ..TypedEditorial::default()
    };
    let typed = typed.unwrap_or(&fresh);
    let words = visit.words();
    let field = |name: &'static str,
                 hint: Option<&str>,
                 control: &dyn Fn(&str, Option<&str>, bool) -> Markup| {
        let flaws = mistaken
            .map(|mistaken| mistaken.flaws.as_slice())
            .unwrap_or_default();
        let flaw = flaws
            .iter()
            .find(|(of, _)| *of == name)
            .map(|(_, flaw)| *flaw);
        let id = format!("{name}-{form}");
        let ids = [
            hint.map(|_| format!("{id}-hint")),
            flaw.map(|_| format!("{id}-error")),
        ];
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        let described = (!ids.is_empty()).then(|| ids.join(" "));
        html! {
            div.field {
                label for=(id) { (words.one_of("office-editorial", name)) }
                @if let Some(hint) = hint { p.hint id={ (id) "-hint" } { (hint) } }
                (control(&id, described.as_deref(), flaw.is_some()))
                @if let Some(flaw) = flaw { p.error id={ (id) "-error" } { (flaw_words(reader, flaw)) } }
            }
        }
    };
    let line = |name: &'static str, kind: &'static str, value: &str, hint: Option<&str>| {
        field(name, hint, &|id, described, wrong| {
            html! {
                input id=(id) type=(kind) name=(name) value=(value) maxlength=[(kind == "text").then_some(limits::SOURCE_CHARS)] required
                    aria-invalid=[wrong.then_some("true")] aria-describedby=[described];
            }
        })
    };
    html! {
        (line("author", "text", &typed.author, None))
        (line("source", "text", &typed.source, Some(words.say("office-editorial-source-hint"))))
        (line("written", "date", &typed.written, None))
        (field("language", None, &|id, described, wrong| html! {
            select id=(id) name="language" aria-invalid=[wrong.then_some("true")] aria-describedby=[described] {
                @for one in languages() { option value=(one.bcp47()) selected[typed.language == one.bcp47()] { (one.name(visit.locale)) } }
            }
        }))
        (field("body", Some(words.say("office-editorial-body-hint")), &|id, described, wrong| html! {
            textarea id=(id) name="body" rows="8" maxlength=(limits::EDITORIAL_CHARS) required
                aria-invalid=[wrong.then_some("true")] aria-describedby=[described] { (typed.body) }
        }))
    }
}

/// `POST /office/editorial/{edition}`
pub(super) async fn add(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(edition): Path<i64>,
    Form(typed): Form<TypedEditorial>,
) -> Result<Response, Problem> {
    let edition = EditionId(edition);
    on_the_shelf(&state, edition)?;
    let text = match EditorialText::check(&typed, state.clock.today()) {
        Ok(text) => text,
        Err(flaws) => return again(&state, &visit, edition, None, typed, flaws).await,
    };
    let (by, now) = (visit.member.login, state.clock.now());
    let added = state
        .store
        .write(move |tx| editorial::add(tx, edition, &text, &by, now))
        .await?;
    done(&state, edition, if added { "saved" } else { "full" }).await
}

/// `POST /office/editorial/{edition}/{id}`
pub(super) async fn change(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((edition, id)): Path<(i64, i64)>,
    Form(typed): Form<TypedEditorial>,
) -> Result<Response, Problem> {
    let edition = EditionId(edition);
    let text = match EditorialText::check(&typed, state.clock.today()) {
        Ok(text) => text,
        Err(flaws) => return again(&state, &visit, edition, Some(id), typed, flaws).await,
    };
    let (by, now) = (visit.member.login, state.clock.now());
    let changed = state
        .store
        .write(move |tx| editorial::change(tx, (edition, id), &text, &by, now))
        .await?;
    done(&state, edition, if changed { "saved" } else { "gone" }).await
}

/// `POST /office/editorial/{edition}/{id}/remove`
pub(super) async fn remove(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((edition, id)): Path<(i64, i64)>,
) -> Result<Response, Problem> {
    let (edition, by, now) = (EditionId(edition), visit.member.login, state.clock.now());
    let removed = state
        .store
        .write(move |tx| editorial::remove(tx, (edition, id), &by, now))
        .await?;
    done(&state, edition, if removed { "removed" } else { "gone" }).await
}

/// The page again, with what was typed and what is wrong beside it.
async fn again(
    state: &AppState,
    visit: &Visit,
    edition: EditionId,
    id: Option<i64>,
    typed: TypedEditorial,
    flaws: Vec<(&'static str, Flaw)>,
) -> Result<Response, Problem> {
    let mistaken = Mistaken { id, typed, flaws };
    let page = page(state, visit, edition, "", Some(&mistaken)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn done(state: &AppState, edition: EditionId, what: &str) -> Result<Response, Problem> {
    state
        .reviews
        .refresh(&state.store, state.clock.now())
        .await?;
    Ok(Redirect::to(&format!("/office/editorial/{edition}?told={what}")).into_response())
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "saved" => frame::notice(true, words.say("office-told-editorial-saved")),
        "removed" => frame::notice(true, words.say("office-told-editorial-removed")),
        "gone" => frame::notice(false, words.say("office-told-editorial-gone")),
        "full" => frame::notice(false, words.say("office-told-editorial-full")),
        _ => html! {},
    }
}

fn on_the_shelf(state: &AppState, edition: EditionId) -> Result<String, Problem> {
    let found = state.shelf.load().edition(edition);
    Ok(found.ok_or(Problem::of(Kind::NotFound))?.title.clone())
}
