//! Copies on the shelf: finding an edition, saying how many there are and why, and every move before that.
//!
//! A count is sent with the number the page showed: what changes is the difference, so that a copy sold
//! meanwhile stays sold.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use catalogue::model::Edition;
use maud::{Markup, html};
use serde::Deserialize;
use shop::staff::audit;
use shop::stock::{self, Level, MoveReason, StockMove, StockPolicy, StockRefusal};
use storage::Fault;
use trade::ids::EditionId;
use trade::isbn::{Isbn13, looks_like_isbn};
use trade::limits;

use super::access::Visit;
use super::frame::{self, Part, money, time, token};
use crate::AppState;
use crate::problem::{Kind, Problem};
use crate::storefront::parts::book_path;

/// Editions a search shows: whoever needs more types another word.
const FOUND: u32 = 50;
/// Moves an edition's page shows.
const MOVES: u32 = 200;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
}

/// `GET /office/stock?q=`: an ISBN that one edition has leads to it, as a scanner wants it.
pub(super) async fn search(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let text: String = wanted.q.trim().chars().take(limits::QUERY_CHARS).collect();
    let found = find(&state, &text)?;
    if let ([only], true) = (found.as_slice(), looks_like_isbn(&text)) {
        return Ok(Redirect::to(&format!("/office/stock/{}", only.id)).into_response());
    }
    let ids: Vec<EditionId> = found.iter().map(|edition| edition.id).collect();
    let levels = state
        .store
        .read(move |tx| -> Result<Vec<Option<Level>>, Fault> {
            ids.iter().map(|id| stock::level(tx, *id)).collect()
        });
    let levels = levels.await?;
    let words = visit.words();
    let body = html! {
        form.search role="search" action="/office/stock" {
            label.sr for="q" { (words.say("office-stock-search")) }
            input #q type="search" name="q" value=(text) placeholder=(words.say("office-stock-search")) data-find autofocus[text.is_empty()];
            button.button { (words.say("office-search")) }
        }
        @if text.is_empty() { p.muted { (words.say("office-stock-help")) } }
        @else if found.is_empty() { p role="status" { (words.say("office-stock-none")) } }
        @else { (table(&visit, &found, &levels)) }
    };
    Ok(frame::page(&visit, Part::Stock, words.say("office-stock"), &body).into_response())
}

fn find(state: &AppState, text: &str) -> Result<Vec<std::sync::Arc<Edition>>, Problem> {
    let shelf = state.shelf.load();
    if let Ok(isbn) = Isbn13::parse(text) {
        return Ok(shelf.all_by_isbn(isbn));
    }
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let query = search::Query {
        per_page: FOUND,
        ..search::Query::text(text)
    };
    let hits = state.index.search(&query)?.hits;
    Ok(hits
        .iter()
        .filter_map(|hit| shelf.edition(hit.edition))
        .collect())
}

fn table(visit: &Visit, found: &[std::sync::Arc<Edition>], levels: &[Option<Level>]) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-stock")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-order-title-column")) }
                    th scope="col" { "ISBN" }
                    th.num scope="col" { (words.say("office-price")) }
                    th.num scope="col" { (words.say("office-stock-on-hand")) }
                    th.num scope="col" { (words.say("office-stock-held")) }
                } }
                tbody { @for (edition, level) in found.iter().zip(levels) { tr data-row {
                    th scope="row" {
                        a href={ "/office/stock/" (edition.id) } { (edition.title) }
                        div.muted.small { (edition.byline()) @if let Some(publisher) = &edition.publisher { " · " (publisher) } }
                    }
                    td.num { @if let Some(isbn) = edition.isbn { (isbn.hyphenated()) } }
                    td.num { @if let Some(price) = edition.price { (money(visit, price.amount)) } }
                    td.num { @match level { Some(level) => (level.on_hand), None => span.muted { "–" } } }
                    td.num { @match level { Some(level) => (level.held), None => span.muted { "–" } } }
                } } }
            }
        }
    }
}

/// What a redirect to an edition's page carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
    held: u32,
}

/// `GET /office/stock/{edition}`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let id = EditionId(id);
    let edition = state
        .shelf
        .load()
        .edition(id)
        .ok_or_else(|| Problem::of(Kind::NotFound))?;
    let read = move |tx: &mut dyn storage::Tx| -> Result<_, Fault> {
        Ok((stock::level(tx, id)?, stock::moves(tx, id, MOVES)?))
    };
    let (level, moves) = state.store.read(read).await?;
    let words = visit.words();
    let body = html! {
        (said(&visit, &told))
        p {
            @for part in &about(&edition) { (part) " · " }
            a href=(book_path(&edition)) { (words.say("office-see-in-shop")) }
            " · " a href={ "/office/editions/" (id) } { (words.say("edition-link")) }
            " · " a href={ "/office/editorial/" (id) } { (words.say("office-editorial")) }
            " · " a href={ "/office/picks/new?book=" (id) } { (words.say("office-pick-new")) }
        }
        (standing(&visit, level))
        div.columns { (count_form(&visit, id, level)) (change_form(&visit, id, level)) }
        (ledger(&visit, &moves))
    };
    Ok(frame::page(&visit, Part::Stock, &edition.title, &body))
}

/// What tells an edition from others with its title.
fn about(edition: &Edition) -> Vec<String> {
    let isbn = edition.isbn.map(Isbn13::hyphenated);
    let parts = [Some(edition.byline()), edition.publisher.clone(), isbn];
    parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect()
}

fn said(visit: &Visit, told: &Told) -> Markup {
    let words = visit.words();
    match told.told.as_str() {
        "done" => frame::notice(true, words.say("office-told-counted")),
        "promised" => frame::notice(
            false,
            &words.tell(
                "office-told-promised",
                &[("held", told.held.to_string().into())],
            ),
        ),
        "unreadable" => frame::notice(false, words.say("office-told-unreadable")),
        _ => html! {},
    }
}

fn standing(visit: &Visit, level: Option<Level>) -> Markup {
    let words = visit.words();
    let Some(level) = level else {
        return html! { p { (words.say("office-stock-not-counted")) } };
    };
    html! {
        dl.figures {
            div { dt { (words.say("office-stock-on-hand")) } dd.num { (level.on_hand) } }
            div { dt { (words.say("office-stock-held")) } dd.num { (level.held) } }
            div { dt { (words.say("office-stock-available")) } dd.num { (level.available()) } }
            div { dt { (words.say("office-stock-policy")) } dd { (words.one_of("office-policy", level.policy.code())) } }
        }
    }
}

fn count_form(visit: &Visit, id: EditionId, level: Option<Level>) -> Markup {
    let words = visit.words();
    let seen = level.map_or(0, |level| level.on_hand);
    html! {
        section {
            h2 { (words.say("office-count")) }
            p.muted { (words.say("office-count-help")) }
            form method="post" action={ "/office/stock/" (id) } {
                (token(visit))
                input type="hidden" name="seen" value=(seen);
                div.field {
                    label for="counted" { (words.say("office-count-copies")) }
                    input #counted type="number" name="counted" min="0" max=(limits::COPIES_COUNTED) value=(seen) inputmode="numeric" required;
                }
                (policy_and_note(visit, "count", level))
                div.actions { button.button { (words.say("office-count-save")) } }
            }
        }
    }
}

fn change_form(visit: &Visit, id: EditionId, level: Option<Level>) -> Markup {
    let words = visit.words();
    html! {
        section {
            h2 { (words.say("office-change")) }
            p.muted { (words.say("office-change-help")) }
            form method="post" action={ "/office/stock/" (id) } {
                (token(visit))
                div.field {
                    label for="change" { (words.say("office-change-copies")) }
                    input #change type="number" name="change" min=(-i64::from(limits::COPIES_COUNTED)) max=(limits::COPIES_COUNTED) value="1" required;
                }
                (policy_and_note(visit, "change", level))
                div.actions { button.button.quiet { (words.say("office-change-save")) } }
            }
        }
    }
}

fn policy_and_note(visit: &Visit, form: &str, level: Option<Level>) -> Markup {
    let words = visit.words();
    let chosen = level.map_or(StockPolicy::Reorder, |level| level.policy);
    html! {
        div.field {
            label for={ (form) "-policy" } { (words.say("office-stock-policy")) }
            select id={ (form) "-policy" } name="policy" {
                @for &policy in StockPolicy::ALL {
                    option value=(policy.code()) selected[policy == chosen] { (words.one_of("office-policy", policy.code())) }
                }
            }
        }
        div.field {
            label for={ (form) "-note" } { (words.say("office-reason")) }
            input id={ (form) "-note" } name="note" maxlength=(limits::NOTE_CHARS) required;
        }
    }
}

/// What either form sends: a count with the number it was counted against, or a change.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Counted {
    counted: Option<String>,
    seen: String,
    change: String,
    policy: String,
    note: String,
}

impl Counted {
    /// The change, when it is one.
    fn change(&self) -> Option<i32> {
        let limit = limits::COPIES_COUNTED.cast_signed();
        let number = |text: &str| {
            text.trim()
                .parse::<i32>()
                .ok()
                .filter(|number| (-limit..=limit).contains(number))
        };
        match &self.counted {
            Some(counted) => {
                Some(number(counted).filter(|counted| *counted >= 0)? - number(&self.seen)?)
            }
            None => number(&self.change),
        }
    }
}

/// `POST /office/stock/{edition}`
pub(super) async fn adjust(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(counted): Form<Counted>,
) -> Result<Redirect, Problem> {
    let (id, page) = (EditionId(id), format!("/office/stock/{id}"));
    if state.shelf.load().edition(id).is_none() {
        return Err(Problem::of(Kind::NotFound));
    }
    let note: String = counted
        .note
        .trim()
        .chars()
        .take(limits::NOTE_CHARS)
        .collect();
    let (Some(change), Some(policy), false) = (
        counted.change(),
        StockPolicy::of_code(&counted.policy),
        note.is_empty(),
    ) else {
        return Ok(Redirect::to(&format!("{page}?told=unreadable")));
    };
    let (login, now) = (visit.member.login, state.clock.now());
    let adjusted = state.store.write(move |tx| -> Result<Level, StockRefusal> {
        let level = stock::adjust(tx, id, change, policy, Some(&note), now)?;
        let what = format!("{change:+} → {}: {note}", level.on_hand);
        audit::record(
            tx,
            &login,
            "stock.adjust",
            &id.to_string(),
            Some(&what),
            now,
        )?;
        Ok(level)
    });
    match adjusted.await {
        Ok(_) => Ok(Redirect::to(&format!("{page}?told=done"))),
        Err(
            StockRefusal::BelowPromised { held, .. }
            | StockRefusal::OutOfStock {
                available: held, ..
            },
        ) => Ok(Redirect::to(&format!("{page}?told=promised&held={held}"))),
        Err(StockRefusal::Fault(fault)) => Err(fault.into()),
    }
}

fn ledger(visit: &Visit, moves: &[StockMove]) -> Markup {
    let words = visit.words();
    if moves.is_empty() {
        return html! {};
    }
    html! {
        h2 { (words.say("office-moves")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-moves")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-move-when")) }
                    th scope="col" { (words.say("office-move-why")) }
                    th.num scope="col" { (words.say("office-stock-on-hand")) }
                    th.num scope="col" { (words.say("office-stock-held")) }
                    th scope="col" { (words.say("office-reason")) }
                } }
                tbody { @for moved in moves { tr {
                    td { (time(visit, moved.at)) }
                    td { (words.one_of("office-move", moved.reason.code())) }
                    td.num { (signed(moved.on_hand)) }
                    td.num { (signed(moved.held)) }
                    td { @if moved.reason == MoveReason::Count { (moved.note.as_deref().unwrap_or_default()) } }
                } } }
            }
        }
    }
}

fn signed(change: i64) -> String {
    if change == 0 {
        String::new()
    } else {
        format!("{change:+}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_change_against_what_the_page_showed() {
        let counted = |counted: &str, seen: &str| {
            Counted {
                counted: Some(counted.into()),
                seen: seen.into(),
                ..Counted::default()
            }
            .change()
        };
        assert_eq!(
            [counted("10", "8"), counted("0", "3"), counted(" 3 ", "3")],
            [Some(2), Some(-3), Some(0)]
        );
        assert_eq!(
            [
                counted("-1", "0"),
                counted("x", "0"),
                counted("1", ""),
                counted("99999999", "0")
            ],
            [None; 4]
        );
        let changed = |change: &str| {
            Counted {
                change: change.into(),
                ..Counted::default()
            }
            .change()
        };
        assert_eq!(
            [changed("-2"), changed("+2"), changed("")],
            [Some(-2), Some(2), None]
        );
    }
}
