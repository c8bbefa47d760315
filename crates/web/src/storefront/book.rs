//! A book's addresses: one canonical page per edition, found on the shelf without asking the database.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use catalogue::model::Edition;
use catalogue::shelf::Shelf;
use catalogue::subject::Topics;
use catalogue::thema::HeadingLanguage;
use shop::display::picks::Pick;
use trade::clock::Timestamp;
use trade::ids::EditionId;
use trade::isbn::Isbn13;

use super::book_page::{self, View};
use super::parts::{Shown, book_path};
use super::reader::Reader;
use super::related::Related;
use super::review_section::{Asked, Choice, Section};
use crate::problem::{Kind, Problem};
use crate::render::PageKey;
use crate::state::AppState;
use crate::stock::Promise;
use crate::visitor::Visitor;

/// Other editions on a page.
const EDITIONS_SHOWN: usize = 20;

/// What the address asks of the reviews; anything else in it changes nothing.
type AskedReviews = Result<Query<Asked>, QueryRejection>;

/// `GET /books/{isbn}`: an ISBN in any form; the canonical one is thirteen digits.
pub(crate) async fn by_isbn(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(isbn): Path<String>,
    asked: AskedReviews,
) -> Result<Response, Problem> {
    let number = Isbn13::parse(&isbn).map_err(|_| Problem::of(Kind::NotFound))?;
    let shelf = state.shelf.load();
    let edition = shelf.by_isbn(number).ok_or(Problem::of(Kind::NotFound))?;
    let canonical = book_path(&edition);
    if canonical != format!("/books/{isbn}") {
        return Ok(moved(&visitor.path(&canonical)));
    }
    show(&state, &visitor, &shelf, &edition, asked)
}

/// `GET /editions/{id}`: for editions without an ISBN of their own.
pub(crate) async fn by_id(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<i64>,
    asked: AskedReviews,
) -> Result<Response, Problem> {
    let shelf = state.shelf.load();
    let Some(edition) = shelf.edition(EditionId(id)) else {
        return led_on(&state, &visitor, &shelf, EditionId(id)).await;
    };
    // An ISBN that was used twice (I7) leads to one of its editions; the other one stays here.
    match edition.isbn.and_then(|isbn| shelf.by_isbn(isbn)) {
        Some(canonical) if canonical.id == edition.id => {
            Ok(moved(&visitor.path(&book_path(&edition))))
        }
        _ => show(&state, &visitor, &shelf, &edition, asked),
    }
}

/// Leads from an edition that was merged into another to that one: the only address of a book that asks the database,
/// because nothing on the shelf has it.
async fn led_on(
    state: &AppState,
    visitor: &Visitor,
    shelf: &Shelf,
    from: EditionId,
) -> Result<Response, Problem> {
    let to = state
        .store
        .read(move |tx| catalogue::store::forward(tx, from))
        .await?
        .and_then(|to| shelf.edition(to))
        .ok_or(Problem::of(Kind::NotFound))?;
    Ok(moved(&visitor.path(&own_path(shelf, &to))))
}

fn moved(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to)]).into_response()
}

fn show(
    state: &AppState,
    visitor: &Visitor,
    shelf: &Shelf,
    edition: &Arc<Edition>,
    asked: AskedReviews,
) -> Result<Response, Problem> {
    let address = own_path(shelf, edition);
    let today = state.clock.today();
    let promise = Promise::of(edition, state.stock.level(edition.id));
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let (made_up, voices) = (shelf.reviews(edition.id), state.reviews.about(edition.id));
    let choice = Choice::read(&asked, &made_up, &voices);
    let laid = state.display.laid();
    let picks: Vec<&Pick> = laid.picks_of(edition.id, today).collect();
    let picked: Vec<(i64, Timestamp)> = picks.iter().map(|pick| (pick.id, pick.changed)).collect();
    let headings = visitor.headings_where(|| has_heading_in(edition, visitor.headings));
    // The delivery date makes a page old at midnight.
    let version = (
        shelf.sequence(),
        shelf.content_hash(),
        promise.code(),
        // Other editions and related books are shown with their covers too.
        state.covers.version(),
        state.also_bought.version(),
        today,
        voices.version,
        choice,
        picked,
        headings,
    );
    let kept = state.pages.get_or_make(
        PageKey::new(address.as_str(), visitor.locale, version),
        || {
            let reader = Reader::new(visitor.locale, &state.settings, &address)
                .with_covers(&state.covers)
                .with_headings(headings);
            let mut others = shelf.editions_of(edition.work);
            others.retain(|other| other.id != edition.id);
            others.sort_by_key(|other| std::cmp::Reverse((other.buyable(), other.popularity)));
            others.truncate(EDITIONS_SHOWN);
            let table = state.also_bought.table();
            let view = View {
                path: &address,
                related: Related::gather(shelf, &state.index, table.as_deref(), edition),
                book: Shown { edition, promise },
                others: others
                    .iter()
                    .map(|other| Shown {
                        edition: other,
                        promise: Promise::of(other, state.stock.level(other.id)),
                    })
                    .collect(),
                picks: &picks,
                reviews: Section::new(&address, edition, &made_up, &voices, choice),
                delivery_fee: super::book_page::delivery_fee(edition, &state.tariff, today),
                today,
            };
            Ok::<_, Problem>(book_page::page(&reader, &view))
        },
    )?;
    Ok(kept.answer(visitor))
}

/// Whether the page shows a subject in that language.
fn has_heading_in(edition: &Edition, language: HeadingLanguage) -> bool {
    let topics = Topics::of(&edition.subjects);
    let mut themas = topics.themas().iter();
    themas.any(|thema| thema.translation(language).is_some())
}

/// The canonical path: by ISBN, unless that leads to another edition.
fn own_path(shelf: &Shelf, edition: &Edition) -> String {
    match edition.isbn.and_then(|isbn| shelf.by_isbn(isbn)) {
        Some(canonical) if canonical.id != edition.id => format!("/editions/{}", edition.id),
        _ => book_path(edition),
    }
}
