//! The page of an edition in the back office: who says what of it, what the bookseller corrects, and which records it
//! is made of.

mod correction;
mod decisions;
#[cfg(test)]
mod tests;
mod typed;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::model::Edition;
use catalogue::store::{self, CORRECTIONS, Decided, Import, Said, Source};
use maud::{Markup, html};
use serde::Deserialize;
use storage::{Fault, Tx};
use trade::ids::EditionId;

use super::access::Visit;
use super::frame::{self, Part, time};
use super::values;
use crate::AppState;
use crate::problem::{Kind, Problem};
use crate::storefront::parts::book_path;

pub(super) use correction::{fields, save as correct, take_back};
pub(super) use decisions::{join, redo, split, undo};
pub(super) use typed::Filled;

/// Other editions of its ISBNs that are offered to be joined: real numbers are shared by two or three.
const NAMESAKES: usize = 10;

/// What a redirect to the page carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// All that the page shows.
struct Shown {
    edition: Edition,
    sources: Vec<(Source, Option<Import>)>,
    said: Vec<Said>,
    decisions: Vec<Decided>,
    /// Other editions that bear one of its ISBNs.
    namesakes: Vec<Edition>,
}

/// `GET /office/editions/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Query(told): Query<Told>,
) -> Result<Response, Problem> {
    let id = EditionId(id);
    match find(&state, id).await? {
        Found::Here(shown) => {
            let filled = Filled::of(&shown.edition, visit.locale);
            Ok(page(&visit, &shown, &told.told, &filled).into_response())
        }
        Found::Elsewhere(other) => {
            let told = match told.told.as_str() {
                "" => String::new(),
                told => format!("?told={}", crate::storefront::reader::encoded(told)),
            };
            Ok(Redirect::to(&format!("/office/editions/{other}{told}")).into_response())
        }
    }
}

/// Where an edition is.
enum Found {
    Here(Box<Shown>),
    /// It was merged into another.
    Elsewhere(EditionId),
}

async fn find(state: &AppState, id: EditionId) -> Result<Found, Problem> {
    let read = move |tx: &mut dyn Tx| -> Result<Option<Found>, Fault> {
        let Some(edition) = store::edition(tx, id)? else {
            return Ok(store::forward(tx, id)?.map(Found::Elsewhere));
        };
        let mut sources = Vec::new();
        for source in store::sources(tx, id)? {
            let import = store::import(tx, source.origin.import)?;
            sources.push((source, import));
        }
        let mut namesakes = Vec::new();
        for isbn in edition.isbns().take(NAMESAKES) {
            namesakes.extend(store::by_isbn(tx, isbn)?);
        }
        namesakes.retain(|other| other.id != id);
        namesakes.truncate(NAMESAKES);
        Ok(Some(Found::Here(Box::new(Shown {
            namesakes,
            edition,
            sources,
            said: store::said(tx, id)?,
            decisions: store::decisions(tx, id)?,
        }))))
    };
    let found = state.store.read(read).await?;
    found.ok_or_else(|| Problem::of(Kind::NotFound))
}

/// An edition that is there, for the forms of its page.
async fn here(state: &AppState, id: EditionId) -> Result<Box<Shown>, Problem> {
    match find(state, id).await? {
        Found::Here(shown) => Ok(shown),
        Found::Elsewhere(_) => Err(Problem::of(Kind::NotFound)),
    }
}

fn page(visit: &Visit, shown: &Shown, told: &str, filled: &Filled) -> Markup {
    let words = visit.words();
    let edition = &shown.edition;
    let body = html! {
        (said(visit, told))
        p {
            @if !edition.byline().is_empty() { (edition.byline()) " · " }
            @if let Some(isbn) = edition.isbn { (isbn.hyphenated()) " · " }
            a href=(book_path(edition)) { (words.say("office-see-in-shop")) }
            " · " a href={ "/office/stock/" (edition.id) } { (words.say("office-stock")) }
            " · " a href={ "/office/editorial/" (edition.id) } { (words.say("office-editorial")) }
        }
        div.columns {
            div {
                (sources(visit, shown))
                (decisions::records(visit, shown))
                (decisions::decided(visit, shown))
            }
            div { (correction::form(visit, shown, filled)) }
        }
    };
    frame::page(visit, Part::Stock, &edition.title, &body)
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "corrected" => frame::notice(true, words.say("edition-told-corrected")),
        "completed" => frame::notice(true, words.say("edition-told-completed")),
        "sent-since" => frame::notice(false, words.say("edition-told-sent-since")),
        "taken-back" => frame::notice(true, words.say("edition-told-taken-back")),
        "split" => frame::notice(true, words.say("edition-told-split")),
        "joined" => frame::notice(true, words.say("edition-told-joined")),
        "undone" => frame::notice(true, words.say("edition-told-undone")),
        "redone" => frame::notice(true, words.say("edition-told-redone")),
        "no-other" => frame::notice(false, words.say("edition-told-no-other")),
        _ => html! {},
    }
}

/// Which record each field comes from.
fn sources(visit: &Visit, shown: &Shown) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("edition-sources")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("edition-sources")) {
            table.grid.wide {
                thead { tr {
                    th scope="col" { (words.say("desk-field")) }
                    th scope="col" { (words.say("edition-value")) }
                    th scope="col" { (words.say("desk-sender")) }
                    th scope="col" { (words.say("edition-since")) }
                } }
                tbody { @for (source, import) in &shown.sources { tr {
                    th scope="row" { (words.one_of("desk-field", source.field.code())) }
                    td { (values::short(visit, source.field, &shown.edition)) }
                    td { (sender(visit, &source.sender, &source.reference)) }
                    td { (origin(visit, source, import.as_ref())) }
                } } }
            }
        }
    }
}

/// Who says it: a sender with the record's name, or the bookseller.
fn sender(visit: &Visit, sender: &str, reference: &str) -> Markup {
    html! {
        @if sender == CORRECTIONS { span.state { (visit.words().say("edition-own")) } }
        @else { (sender) " " code { (reference) } }
    }
}

/// When the sender said it, and by which import it came.
fn origin(visit: &Visit, source: &Source, import: Option<&Import>) -> Markup {
    let sent = source.origin.message.map(|message| message.sent);
    html! {
        @if let Some(import) = import {
            (time(visit, sent.unwrap_or(import.delivery.at)))
            " · "
            @match import.job {
                Some(job) => a href={ "/office/import/" (job) } { (super::import::name(visit.words(), &import.delivery.name)) },
                None => a href={ "/office/imports/" (import.id.0) } { (super::import::name(visit.words(), &import.delivery.name)) },
            }
            @if !import.delivery.staff.is_empty() { " · " (import.delivery.staff) }
        }
    }
}
