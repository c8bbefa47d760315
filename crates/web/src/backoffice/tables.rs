//! Display tables: their words, when they are shown, and the books on them in their order.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form as Posted};
use catalogue::shelf::Shelf;
use maud::{Markup, html};
use serde::Deserialize;
use shop::display::limits;
use shop::display::tables::{self, Deed, Table, TableDraft, TypedTable};
use shop::form::{Flaws, Saved};
use trade::ids::EditionId;
use trade::isbn::Isbn13;

use super::access::Visit;
use super::form::Form;
use super::frame::{self, Part, counted, token};
use super::picks::{days, number};
use super::search_rule::found;
use super::searches::period;
use crate::AppState;
use crate::problem::{Kind, Problem};
use crate::storefront::display::table_path;

/// What a redirect carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// `GET /office/tables`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let kept = state.store.read(tables::all).await?;
    let (words, today) = (visit.words(), state.clock.today());
    let title = words.say("office-tables");
    let body = html! {
        (said(&visit, &told.told))
        p {
            a.next-step href="/office/tables/new" { (words.say("office-table-new")) }
            " · " a href="/office/picks" { (words.say("office-picks")) }
        }
        @if kept.is_empty() { p.muted { (words.say("office-tables-none")) } }
        @else { div.scroll tabindex="0" role="region" aria-label=(title) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-table")) }
                    th.num scope="col" { (words.say("office-table-books")) }
                    th scope="col" { (words.say("office-order-state")) }
                    th scope="col" { (words.say("office-period")) }
                } }
                tbody { @for table in &kept { tr data-row {
                    th scope="row" {
                        a href={ "/office/tables/" (table.id) } { (table.content.title.fr) }
                        @if table.made_up { " " span.state { (words.say("office-made-up")) } }
                    }
                    td.num { (table.content.editions.len()) }
                    td { (words.one_of("office-table-state", state_code(table.published))) }
                    td { (period(&visit, table.period, today)) }
                } } }
            }
        } }
    };
    Ok(frame::page(&visit, Part::Display, title, &body))
}

fn state_code(published: bool) -> &'static str {
    if published { "published" } else { "draft" }
}

async fn kept(state: &AppState, id: i64) -> Result<Table, Problem> {
    let tables = state.store.read(tables::all).await?;
    let table = tables.into_iter().find(|table| table.id == id);
    table.ok_or(Problem::of(Kind::NotFound))
}

/// `GET /office/tables/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let Some(id) = number(&id)? else {
        let typed = TypedTable::default();
        return Ok(page(
            &visit,
            &state.shelf.load(),
            None,
            &typed,
            &Flaws::new(),
            "",
        ));
    };
    let table = kept(&state, id).await?;
    let [from, until] = days(table.period);
    let (title, intro) = (table.content.title.clone(), table.content.intro.clone());
    let typed = TypedTable {
        title_fr: title.fr,
        title_en: title.en,
        intro_fr: intro.fr,
        intro_en: intro.en,
        state: state_code(table.published).to_owned(),
        from,
        until,
    };
    let shelf = state.shelf.load();
    Ok(page(
        &visit,
        &shelf,
        Some(&table),
        &typed,
        &Flaws::new(),
        &told.told,
    ))
}

/// `POST /office/tables/{id}`
pub(super) async fn save(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Posted(typed): Posted<TypedTable>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let draft = match TableDraft::check(&typed) {
        Ok(draft) => draft,
        Err(flaws) => {
            let table = match id {
                Some(id) => Some(kept(&state, id).await?),
                None => None,
            };
            let page = page(
                &visit,
                &state.shelf.load(),
                table.as_ref(),
                &typed,
                &flaws,
                "",
            );
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let (by, now) = (visit.member.login, state.clock.now());
    let Some(id) = id else {
        let adding = state
            .store
            .write(move |tx| tables::add(tx, &draft, &by, now));
        return match adding.await? {
            Some(id) => done(&state, &format!("/office/tables/{id}?told=saved")).await,
            None => done(&state, "/office/tables?told=full").await,
        };
    };
    let changing = state
        .store
        .write(move |tx| tables::change(tx, id, &draft, &by, now));
    match changing.await? {
        Saved::Done => done(&state, &format!("/office/tables/{id}?told=saved")).await,
        Saved::Full | Saved::Gone => done(&state, "/office/tables?told=gone").await,
    }
}

/// What is done with a book: one to lay, by its ISBN, or one that lies there, by its number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Arranged {
    book: String,
    deed: String,
}

/// `POST /office/tables/{id}/books`
pub(super) async fn arrange(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Posted(arranged): Posted<Arranged>,
) -> Result<Response, Problem> {
    let id = number(&id)?.ok_or(Problem::of(Kind::NotFound))?;
    let lying = || arranged.book.parse().ok().map(EditionId);
    let (deed, edition) = match arranged.deed.as_str() {
        "up" => (Deed::Up, lying()),
        "down" => (Deed::Down, lying()),
        "remove" => (Deed::Remove, lying()),
        _ => (Deed::Add, found(&state.shelf.load(), &arranged.book)),
    };
    let here = |told: &str| format!("/office/tables/{id}?told={told}#books");
    let Some(edition) = edition else {
        return done(&state, &here("unknown-book")).await;
    };
    let (by, now) = (visit.member.login, state.clock.now());
    let arranging = state
        .store
        .write(move |tx| tables::arrange(tx, id, (deed, edition), &by, now));
    let told = match arranging.await? {
        Saved::Done => "arranged",
        Saved::Full => "full-table",
        Saved::Gone => return done(&state, "/office/tables?told=gone").await,
    };
    done(&state, &here(told)).await
}

/// `POST /office/tables/{id}/remove`
pub(super) async fn remove(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?.ok_or(Problem::of(Kind::NotFound))?;
    let (by, now) = (visit.member.login, state.clock.now());
    let removing = state
        .store
        .write(move |tx| tables::remove(tx, id, &by, now));
    let told = if removing.await? { "removed" } else { "gone" };
    done(&state, &format!("/office/tables?told={told}")).await
}

async fn done(state: &AppState, to: &str) -> Result<Response, Problem> {
    state.display.refresh(&state.store).await?;
    Ok(Redirect::to(to).into_response())
}

fn page(
    visit: &Visit,
    shelf: &Shelf,
    table: Option<&Table>,
    typed: &TypedTable,
    flaws: &Flaws,
    told: &str,
) -> Markup {
    let words = visit.words();
    let path = table.map_or_else(
        || "/office/tables/new".to_owned(),
        |table| format!("/office/tables/{}", table.id),
    );
    let form = Form {
        visit,
        labels: "office-table",
        flaws,
    };
    let optional = Some(words.say("office-table-optional"));
    let body = html! {
        (said(visit, told))
        p {
            a href="/office/tables" { (words.say("office-tables")) }
            @if let Some(table) = table.filter(|table| table.published) { " · " a href=(table_path(table)) { (words.say("office-see-in-shop")) } }
        }
        @if let Some(table) = table { (books(visit, shelf, table, &path)) }
        form.narrow method="post" action=(path) novalidate {
            (token(visit))
            (form.line("title_fr", &typed.title_fr, limits::TITLE_CHARS, None))
            (form.line("title_en", &typed.title_en, limits::TITLE_CHARS, optional))
            (form.text("intro_fr", &typed.intro_fr, (4, limits::INTRO_CHARS), Some(words.say("office-table-intro-hint"))))
            (form.text("intro_en", &typed.intro_en, (4, limits::INTRO_CHARS), optional))
            (form.choice("state", "office-table-state", ["draft", "published"].into_iter(), &typed.state))
            (form.period(&typed.from, &typed.until))
            div.actions { button.button { (words.say("office-save")) } }
        }
        @if table.is_some() {
            form method="post" action={ (path) "/remove" } {
                (token(visit))
                div.actions { button.button.quiet { (words.say("office-table-remove")) } }
            }
        }
    };
    let title = table.map_or(words.say("office-table-new"), |table| {
        table.content.title.fr.as_str()
    });
    frame::page(visit, Part::Display, title, &body)
}

fn books(visit: &Visit, shelf: &Shelf, table: &Table, path: &str) -> Markup {
    let words = visit.words();
    let editions = &table.content.editions;
    html! {
        section aria-labelledby="books" {
            h2 #books { (words.tell("office-table-count", &counted(editions.len() as u64, visit.locale))) }
            @if !editions.is_empty() {
                table.grid { tbody { @for id in editions { tr data-row {
                    @let edition = shelf.edition(*id);
                    @let title = edition.as_ref().map_or(words.say("office-book-gone"), |edition| edition.title.as_str());
                    th scope="row" {
                        a href={ "/office/stock/" (id) } { (title) }
                        @if let Some(edition) = &edition {
                            div.muted.small { (edition.byline()) @if let Some(isbn) = edition.isbn { " · " (Isbn13::hyphenated(isbn)) } }
                        }
                    }
                    td {
                        form.who method="post" action={ (path) "/books" } {
                            (token(visit))
                            input type="hidden" name="book" value=(id);
                            @for deed in ["up", "down", "remove"] {
                                button.button.link name="deed" value=(deed) { (words.one_of("office-deed", deed)) span.sr { " " (title) } }
                            }
                        }
                    }
                } } } }
            }
            form.search method="post" action={ (path) "/books" } {
                (token(visit))
                label.sr for="book" { (words.say("office-table-book")) }
                input #book name="book" placeholder=(words.say("office-table-book")) autocomplete="off";
                button.button name="deed" value="add" { (words.say("office-table-add")) }
            }
        }
    }
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "saved" => frame::notice(true, words.say("office-told-table-saved")),
        "arranged" => frame::notice(true, words.say("office-told-table-arranged")),
        "removed" => frame::notice(true, words.say("office-told-table-removed")),
        "gone" => frame::notice(false, words.say("office-told-table-gone")),
        "full" => frame::notice(false, words.say("office-told-table-full")),
        "full-table" => frame::notice(false, words.say("office-told-table-full-of-books")),
        "unknown-book" => frame::notice(false, words.say("office-told-table-unknown-book")),
        _ => html! {},
    }
}
