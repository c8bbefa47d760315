//! One rule of the search: written, tried on a query before it is saved, changed and removed.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form as Posted};
use catalogue::shelf::Shelf;
use maud::{Markup, html};
use serde::Deserialize;
use shop::form::{Flaws, Saved};
use shop::search_rules::{self, Direction, Kept, Kind, Strength, TypedRule, limits};
use trade::ids::EditionId;
use trade::isbn::Isbn13;
use trade::limits::QUERY_CHARS;

use super::access::Visit;
use super::form::Form;
use super::frame::{self, Part, token};
use super::search_trial::{self, Trial};
use crate::AppState;
use crate::problem::{Kind as Wrong, Problem};

/// What may be put forward, in the order of the form.
const TARGETS: [&str; 5] = ["contributor", "edition", "publisher", "series", "subject"];

/// What the form sends; a link to it may fill some of it in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    #[serde(flatten)]
    typed: TypedRule,
    /// The query to try.
    q: String,
    /// `try` or `save`.
    deed: String,
}

/// The rule that an address names.
struct Place {
    kind: Kind,
    /// None for a new one.
    id: Option<i64>,
}

impl Place {
    fn read(kind: &str, id: &str) -> Result<Place, Problem> {
        let kind = Kind::of_code(kind).ok_or(Problem::of(Wrong::NotFound))?;
        let id = match id {
            "new" => None,
            number => Some(number.parse().map_err(|_| Problem::of(Wrong::NotFound))?),
        };
        Ok(Place { kind, id })
    }

    fn path(&self) -> String {
        let id = self
            .id
            .map_or_else(|| "new".to_owned(), |id| id.to_string());
        format!("/office/search/{}/{id}", self.kind.code())
    }
}

/// What the page shows.
struct View<'a> {
    place: &'a Place,
    sent: &'a Sent,
    flaws: &'a Flaws,
    trial: Option<&'a Trial>,
}

/// `GET /office/search/{kind}/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((kind, id)): Path<(String, String)>,
    Query(mut sent): Query<Sent>,
) -> Result<Markup, Problem> {
    let place = Place::read(&kind, &id)?;
    if let Some(id) = place.id {
        let rules = state.store.read(search_rules::all).await?;
        let kept = rules.into_iter().find(|kept| kept.id == id);
        let kept = kept
            .filter(|kept| kept.rule.kind() == place.kind)
            .ok_or(Problem::of(Wrong::NotFound))?;
        let shelf = state.shelf.load();
        sent.typed = TypedRule::of(&kept.rule, kept.period, |edition| named(&shelf, edition));
    }
    let view = View {
        place: &place,
        sent: &sent,
        flaws: &Flaws::new(),
        trial: None,
    };
    Ok(page(&visit, &view))
}

/// `POST /office/search/{kind}/{id}`: tries what was typed, or saves it.
pub(super) async fn send(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((kind, id)): Path<(String, String)>,
    Posted(sent): Posted<Sent>,
) -> Result<Response, Problem> {
    let place = Place::read(&kind, &id)?;
    let shelf = state.shelf.load();
    let checked = sent.typed.check(place.kind, |book| found(&shelf, book));
    let (rule, period) = match checked {
        Ok(checked) => checked,
        Err(flaws) => {
            let view = View {
                place: &place,
                sent: &sent,
                flaws: &flaws,
                trial: None,
            };
            let page = page(&visit, &view);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    if sent.deed != "save" {
        let kept: Vec<Kept> = state.store.read(search_rules::all).await?;
        let trial = search_trial::run(&state, &kept, place.id, &rule, &sent.q)?;
        let view = View {
            place: &place,
            sent: &sent,
            flaws: &Flaws::new(),
            trial: Some(&trial),
        };
        return Ok(page(&visit, &view).into_response());
    }
    let (id, by, now) = (place.id, visit.member.login, state.clock.now());
    let saving = state
        .store
        .write(move |tx| search_rules::save(tx, id, (&rule, period), &by, now));
    let told = match saving.await? {
        Saved::Done => "saved",
        Saved::Full => "full",
        Saved::Gone => "gone",
    };
    done(&state, told).await
}

/// `POST /office/search/{kind}/{id}/remove`
pub(super) async fn remove(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let place = Place::read(&kind, &id)?;
    let id = place.id.ok_or(Problem::of(Wrong::NotFound))?;
    let (by, now) = (visit.member.login, state.clock.now());
    let removing = state
        .store
        .write(move |tx| search_rules::remove(tx, id, &by, now));
    let told = if removing.await? { "removed" } else { "gone" };
    done(&state, told).await
}

/// The list again, with the rules in force on this node; the others follow by themselves.
async fn done(state: &AppState, told: &str) -> Result<Response, Problem> {
    let today = state.clock.today();
    state
        .search_rules
        .refresh(&state.store, &state.index, today)
        .await?;
    Ok(Redirect::to(&format!("/office/search?told={told}")).into_response())
}

/// The edition that a bookseller means: by its ISBN in any form, or by the number in its address.
pub(super) fn found(shelf: &Shelf, book: &str) -> Option<EditionId> {
    if let Ok(isbn) = Isbn13::parse(book) {
        return shelf.by_isbn(isbn).map(|edition| edition.id);
    }
    let number = book.trim().parse().ok().map(EditionId)?;
    shelf.edition(number).map(|edition| edition.id)
}

/// An edition as [`found`] reads it.
pub(super) fn named(shelf: &Shelf, edition: EditionId) -> String {
    let isbn = shelf
        .edition(edition)
        .and_then(|edition| edition.isbn)
        .filter(|isbn| {
            shelf
                .by_isbn(*isbn)
                .is_some_and(|found| found.id == edition)
        });
    isbn.map_or_else(|| edition.to_string(), Isbn13::hyphenated)
}

fn page(visit: &Visit, view: &View<'_>) -> Markup {
    let (words, place) = (visit.words(), view.place);
    let form = Form {
        visit,
        labels: "office-rule",
        flaws: view.flaws,
    };
    let body = html! {
        p { a href="/office/search" { (words.say("office-searches")) } }
        p.muted { (words.one_of("office-rules-help", place.kind.code())) }
        form.narrow method="post" action=(place.path()) novalidate {
            (token(visit))
            (fields(&form, place.kind, &view.sent.typed))
            (form.period(&view.sent.typed.from, &view.sent.typed.until))
            div.field {
                label for="q" { (words.say("office-rule-try-on")) }
                input #q name="q" value=(view.sent.q) maxlength=(QUERY_CHARS) autocomplete="off";
            }
            div.actions {
                button.button.quiet name="deed" value="try" { (words.say("office-rule-try")) }
                button.button name="deed" value="save" { (words.say("office-save")) }
            }
        }
        @if place.id.is_some() {
            form method="post" action={ (place.path()) "/remove" } {
                (token(visit))
                div.actions { button.button.quiet { (words.say("office-rule-remove")) } }
            }
        }
        @if let Some(trial) = view.trial { (search_trial::section(visit, trial)) }
    };
    let group = if place.id.is_some() {
        "office-rules-change"
    } else {
        "office-rules-new"
    };
    let title = words.one_of(group, place.kind.code());
    frame::page(visit, Part::Searches, title, &body)
}

fn fields(form: &Form<'_>, kind: Kind, typed: &TypedRule) -> Markup {
    let words = form.visit.words();
    let book = words.say("office-rule-book-hint");
    match kind {
        Kind::Synonym => {
            let directions = Direction::ALL.iter().map(|one| one.code());
            let chars = limits::PHRASES * (limits::PHRASE_CHARS + 2);
            html! {
                (form.text("phrases", &typed.phrases, (4, chars), Some(words.say("office-rule-phrases-hint"))))
                (form.choice("direction", "office-direction", directions, &typed.direction))
            }
        }
        Kind::Boost => {
            let strengths = Strength::ALL.iter().map(|one| one.code());
            html! {
                (form.choice("target", "office-target", TARGETS.into_iter(), &typed.target))
                (form.line("name", &typed.name, limits::PHRASE_CHARS, Some(words.say("office-rule-name-hint"))))
                (form.choice("strength", "office-strength", strengths, &typed.strength))
            }
        }
        Kind::Pin => html! {
            (form.line("query", &typed.query, QUERY_CHARS, Some(words.say("office-rule-query-hint"))))
            (form.line("book", &typed.book, limits::PHRASE_CHARS, Some(book)))
        },
    }
}
