//! Aisles: the pages of an author, a publisher, a series and a subject. Each is a search that its address names;
//! what is found is shown as every search is, by [`super::search_page`].

use std::sync::Arc;

use ::search::{Aisle, Name};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use catalogue::model::Edition;
use catalogue::thema::Thema;
use maud::{Markup, html};

use super::heading::Heading;
use super::layout::{Page, document};
use super::reader::{Reader, encoded};
use super::search::{Params, looked_up, view};
use super::search_page;
use crate::problem::{Kind, Problem};
use crate::render::PageKey;
use crate::state::AppState;
use crate::visitor::Visitor;

/// The page of an aisle, without language.
pub fn aisle_path(aisle: &Aisle) -> String {
    let (room, name) = match aisle {
        Aisle::Contributor(name) => ("authors", name.as_str()),
        Aisle::Publisher(name) => ("publishers", name.as_str()),
        Aisle::Series(name) => ("series", name.as_str()),
        Aisle::Subject(thema) => ("subjects", thema.code()),
    };
    format!("/{room}/{}", encoded(name))
}

/// A name that leads to its aisle; as it stands when it has no letter to look for.
pub fn link(reader: &Reader<'_>, aisle: fn(Name) -> Aisle, name: &str) -> Markup {
    html! {
        @match Name::of(name).map(aisle) {
            Some(aisle) => a href=(reader.path(&aisle_path(&aisle))) { (name) },
            None => (name),
        }
    }
}

/// What stands above the books of an aisle.
pub struct Place {
    /// Its name, as its books print it; of a subject, its heading.
    pub heading: Heading,
    /// The kind of aisle, for the words above its name: `author`.
    pub kind: &'static str,
    /// Wider subjects, the widest first.
    pub path: Vec<Thema>,
    /// Narrower subjects with books, and how many.
    pub narrower: Vec<(Thema, u64)>,
}

/// `GET /authors/{name}`
pub(crate) async fn author(
    state: State<AppState>,
    visitor: Visitor,
    Path(name): Path<String>,
    params: Query<Params>,
) -> Result<Response, Problem> {
    named(&state, &visitor, Aisle::Contributor, &name, params.0)
}

/// `GET /publishers/{name}`
pub(crate) async fn publisher(
    state: State<AppState>,
    visitor: Visitor,
    Path(name): Path<String>,
    params: Query<Params>,
) -> Result<Response, Problem> {
    named(&state, &visitor, Aisle::Publisher, &name, params.0)
}

/// `GET /series/{name}`
pub(crate) async fn series(
    state: State<AppState>,
    visitor: Visitor,
    Path(name): Path<String>,
    params: Query<Params>,
) -> Result<Response, Problem> {
    named(&state, &visitor, Aisle::Series, &name, params.0)
}

/// `GET /subjects/{code}`
pub(crate) async fn subject(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(code): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let thema = Thema::parse(&code).ok_or(Problem::of(Kind::NotFound))?;
    show(&state, &visitor, Aisle::Subject(thema), &code, params)
}

fn named(
    state: &AppState,
    visitor: &Visitor,
    aisle: fn(Name) -> Aisle,
    written: &str,
    params: Params,
) -> Result<Response, Problem> {
    let name = Name::of(written).ok_or(Problem::of(Kind::NotFound))?;
    show(state, visitor, aisle(name), written, params)
}

/// The page, or the way to its one address when it was written otherwise.
fn show(
    state: &AppState,
    visitor: &Visitor,
    aisle: Aisle,
    written: &str,
    params: Params,
) -> Result<Response, Problem> {
    let is_canonical = aisle_path(&aisle).ends_with(&format!("/{}", encoded(written)));
    let headings = visitor.headings_where(|| matches!(aisle, Aisle::Subject(_)));
    let params = Params {
        aisle: Some(aisle),
        ..params
    };
    let address = params.address();
    if !is_canonical {
        return Ok(moved(&visitor.path(&address)));
    }
    let shelf = state.shelf.load();
    let version = (
        shelf.sequence(),
        shelf.content_hash(),
        state.stock.version(),
        (state.index.sequence(), state.index.rules().version()),
        state.covers.version(),
        headings,
    );
    let key = PageKey::new(address.as_str(), visitor.locale, version);
    let kept = state.pages.get_or_make(key, || {
        let results = state.index.search(&params.asked())?;
        if results.total == 0 && params == params.unfiltered() {
            return Err(Problem::of(Kind::NotFound));
        }
        let editions = looked_up(&results, &shelf);
        let reader = Reader::new(visitor.locale, &state.settings, &address)
            .with_covers(&state.covers)
            .with_headings(headings);
        let mut view = view(&params, &results, &editions, state);
        view.place = place(state, &reader, &params, &editions)?;
        Ok(search_page::page(&reader, &view))
    })?;
    Ok(kept.answer(visitor))
}

fn place(
    state: &AppState,
    reader: &Reader<'_>,
    params: &Params,
    editions: &[(Arc<Edition>, u32)],
) -> Result<Option<Place>, Problem> {
    let Some(aisle) = &params.aisle else {
        return Ok(None);
    };
    let printed = editions
        .iter()
        .find_map(|(edition, _)| aisle.name_in(edition));
    let heading =
        |name: &Name| printed.map_or_else(|| name.as_str().replace('-', " "), str::to_owned);
    let simple = |kind, name| Place {
        heading: Heading::plain(heading(name)),
        kind,
        path: Vec::new(),
        narrower: Vec::new(),
    };
    Ok(Some(match aisle {
        Aisle::Contributor(name) => simple("author", name),
        Aisle::Publisher(name) => simple("publisher", name),
        Aisle::Series(name) => simple("series", name),
        Aisle::Subject(thema) => Place {
            heading: Heading::of(reader, *thema),
            kind: "subject",
            path: thema.path(),
            narrower: with_books(state, thema.narrower())?,
        },
    }))
}

/// Those subjects that have books, with their number.
fn with_books(
    state: &AppState,
    subjects: impl Iterator<Item = Thema>,
) -> Result<Vec<(Thema, u64)>, Problem> {
    let mut counted = Vec::new();
    for thema in subjects {
        let books = state.index.count(&Aisle::Subject(thema))?;
        if books > 0 {
            counted.push((thema, books));
        }
    }
    Ok(counted)
}

/// `GET /subjects`: the widest subjects of the trade.
pub(crate) async fn subjects(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let shelf = state.shelf.load();
    let version = (
        shelf.sequence(),
        shelf.content_hash(),
        state.index.sequence(),
        visitor.headings,
    );
    let key = PageKey::new("/subjects", visitor.locale, version);
    let kept = state.pages.get_or_make(key, || {
        let reader = Reader::new(visitor.locale, &state.settings, "/subjects")
            .with_headings(visitor.headings);
        let widest = with_books(&state, Thema::widest())?;
        Ok::<_, Problem>(subjects_page(&reader, &widest))
    })?;
    Ok(kept.answer(&visitor))
}

/// The page of the widest subjects.
pub fn subjects_page(reader: &Reader<'_>, widest: &[(Thema, u64)]) -> Markup {
    let title = reader.say("subjects");
    document(
        reader,
        &Page::public(title, "/subjects"),
        html! {
            h1 { (title) }
            @if widest.is_empty() { p { (reader.say("subjects-none")) } }
            @else { (subject_list(reader, widest)) }
        },
    )
}

/// Subjects with the number of their books.
pub fn subject_list(reader: &Reader<'_>, subjects: &[(Thema, u64)]) -> Markup {
    html! {
        ul.topics { @for (thema, books) in subjects {
            li { a href=(reader.path(&aisle_path(&Aisle::Subject(*thema)))) { (Heading::of(reader, *thema)) } " " span.muted.num { (reader.number(*books)) } }
        } }
    }
}

fn moved(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to)]).into_response()
}
