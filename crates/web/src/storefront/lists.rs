//! Lists of books that are not searches: what sells best, what is new, what is to come. Each says above its books
//! what it counts, because a list that is called "best" is a statement (Code de la consommation, L121-2).

use std::sync::Arc;

use ::search::Days;
use axum::extract::{Query, State};
use axum::response::Response;
use catalogue::model::{Edition, EditionId};
use catalogue::subject::ShopSubject;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use shop::bestsellers::{Bestsellers, Method};
use trade::locale::format_date;

use super::layout::{Page, document};
use super::parts::Shown;
use super::reader::Reader;
use super::search_page::{EAGER_HITS, Found, hit};
use crate::problem::Problem;
use crate::render::PageKey;
use crate::state::AppState;
use crate::stock::Promise;
use crate::visitor::Visitor;

/// Books on a list: what a reader looks through.
const BOOKS: usize = 60;
/// Books of a subject that make its list worth a link.
const LEAST_OF_SUBJECT: usize = 5;

/// What a list shows.
struct List {
    /// Its own path, when search engines may keep it.
    canonical: Option<String>,
    title: String,
    /// What it counts.
    reason: String,
    books: Vec<Arc<Edition>>,
    /// Lists beside it.
    subjects: Vec<ShopSubject>,
}

/// The shelf whose list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    subject: String,
}

/// `GET /bestsellers?subject=`
pub(crate) async fn bestsellers(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let subject = ShopSubject::from_slug(&wanted.subject);
    let address = match subject {
        Some(subject) => format!("/bestsellers?subject={}", subject.slug()),
        None => "/bestsellers".to_owned(),
    };
    show(&state, &visitor, &address, |reader| {
        let list = state.bestsellers.list();
        Ok(best(&state, reader, list.as_deref(), subject))
    })
}

/// `GET /new`
pub(crate) async fn new(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    show(&state, &visitor, "/new", |reader| {
        let today = state.clock.today();
        let days = Date::MIN..=today;
        let books = state.index.published(days, Days::Latest, BOOKS)?;
        Ok(List {
            canonical: Some("/new".to_owned()),
            title: reader.say("shelf-new").to_owned(),
            reason: reader.say("new-reason").to_owned(),
            books: on_the_shelf(&state, books.into_iter()),
            subjects: Vec::new(),
        })
    })
}

/// `GET /forthcoming`
pub(crate) async fn forthcoming(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    show(&state, &visitor, "/forthcoming", |reader| {
        let tomorrow = state
            .clock
            .today()
            .saturating_add(jiff::Span::new().days(1));
        let days = tomorrow..=Date::MAX;
        let books = state.index.published(days, Days::Earliest, BOOKS)?;
        Ok(List {
            canonical: (!books.is_empty()).then(|| "/forthcoming".to_owned()),
            title: reader.say("forthcoming").to_owned(),
            reason: reader.say("forthcoming-reason").to_owned(),
            books: on_the_shelf(&state, books.into_iter()),
            subjects: Vec::new(),
        })
    })
}

/// The kept page of a list, or the one that is made now.
fn show(
    state: &AppState,
    visitor: &Visitor,
    address: &str,
    list: impl FnOnce(&Reader<'_>) -> Result<List, Problem>,
) -> Result<Response, Problem> {
    let shelf = state.shelf.load();
    let version = (
        shelf.sequence(),
        shelf.content_hash(),
        state.index.sequence(),
        state.stock.version(),
        state.covers.version(),
        state.bestsellers.version(),
        state.clock.today(),
    );
    let key = PageKey::new(address, visitor.locale, version);
    let kept = state.pages.get_or_make(key, || {
        let reader =
            Reader::new(visitor.locale, &state.settings, address).with_covers(&state.covers);
        Ok::<_, Problem>(page(&reader, state, &list(&reader)?))
    })?;
    Ok(kept.answer(visitor))
}

fn on_the_shelf(state: &AppState, books: impl Iterator<Item = EditionId>) -> Vec<Arc<Edition>> {
    let shelf = state.shelf.load();
    books.filter_map(|id| shelf.edition(id)).collect()
}

/// The list of a subject or of all. While too little was sold, an empty one that says so.
fn best(
    state: &AppState,
    reader: &Reader<'_>,
    list: Option<&Bestsellers>,
    subject: Option<ShopSubject>,
) -> List {
    let title = match subject {
        Some(subject) => reader.tell(
            "bestsellers-of",
            &[("subject", subject.heading(reader.locale).into())],
        ),
        None => reader.say("bestsellers").to_owned(),
    };
    let Some((list, method)) = list.and_then(|list| Some((list, Method::on(list.last_day)?)))
    else {
        return List {
            canonical: None,
            title,
            reason: reader.say("bestsellers-none").to_owned(),
            books: Vec::new(),
            subjects: Vec::new(),
        };
    };
    let sold = on_the_shelf(state, list.editions.iter().copied());
    let of = |subject: ShopSubject| {
        let books = sold.iter();
        books.filter(move |book| book.subject() == Some(subject))
    };
    let books: Vec<Arc<Edition>> = match subject {
        Some(subject) => of(subject).take(BOOKS).cloned().collect(),
        None => sold.iter().take(BOOKS).cloned().collect(),
    };
    let path = subject.map_or_else(
        || "/bestsellers".to_owned(),
        |subject| format!("/bestsellers?subject={}", subject.slug()),
    );
    List {
        canonical: (!books.is_empty()).then_some(path),
        title,
        reason: reason(reader, list, method),
        subjects: ShopSubject::all()
            .filter(|subject| of(*subject).count() >= LEAST_OF_SUBJECT)
            .collect(),
        books,
    }
}

/// What the list of bestsellers counts, and of which days.
pub(super) fn reason(reader: &Reader<'_>, list: &Bestsellers, method: Method) -> String {
    let day = |day| format_date(day, reader.locale).into();
    let number = |count: u32| reader.number(u64::from(count)).into();
    reader.tell(
        "bestsellers-reason",
        &[
            ("from", day(list.first_day)),
            ("until", day(list.last_day)),
            ("halflife", number(method.half_life_days.into())),
            ("orders", number(method.least_orders)),
            ("copies", number(method.copies_per_order.into())),
        ],
    )
}

fn page(reader: &Reader<'_>, state: &AppState, list: &List) -> Markup {
    let about = Page {
        canonical: list.canonical.as_deref(),
        ..Page::private(&list.title)
    };
    document(
        reader,
        &about,
        html! {
            h1 { (list.title) }
            div.prose { p { (list.reason) } }
            @if !list.subjects.is_empty() {
                nav aria-label=(reader.say("home-subjects")) {
                    ul.subjects { @for subject in &list.subjects {
                        li { a href=(reader.path(&format!("/bestsellers?subject={}", subject.slug()))) { (subject.heading(reader.locale)) } }
                    } }
                }
            }
            (hits(reader, state, &list.books))
        },
    )
}

/// Books as rows, as a search shows them.
pub(super) fn hits(reader: &Reader<'_>, state: &AppState, books: &[Arc<Edition>]) -> Markup {
    html! {
        div.hits { @for (place, edition) in books.iter().enumerate() {
            @let promise = Promise::of(edition, state.stock.level(edition.id));
            (hit(reader, &Found { book: Shown { edition, promise }, editions_in_work: 1 }, place >= EAGER_HITS))
        } }
    }
}
