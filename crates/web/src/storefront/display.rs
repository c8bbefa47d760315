//! What booksellers lay out: their picks and display tables, on pages of their own, on the home page, and a pick on
//! the page of its book.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use catalogue::model::Edition;
use maud::{Markup, html};
use shop::display::picks::Pick;
use shop::display::tables::{Table, Words};
use trade::locale::Locale;

use super::layout::{Page, document};
use super::lists::hits;
use super::parts::{Plate, book_path, cover, foreign, paragraphs, price_line};
use super::reader::Reader;
use crate::display::Laid;
use crate::problem::{Kind, Problem};
use crate::render::PageKey;
use crate::state::AppState;
use crate::visitor::Visitor;

/// Picks on their page: those of some months.
const PICKS: usize = 60;

/// The page of a table, without language.
pub fn table_path(table: &Table) -> String {
    format!("/tables/{}", table.slug)
}

/// `GET /picks`
pub(crate) async fn picks(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let laid = state.display.laid();
    show(&state, &visitor, "/picks", &laid, |reader| {
        let shelf = state.shelf.load();
        let picks: Vec<(&Pick, Arc<Edition>)> = laid
            .picks(state.clock.today())
            .filter_map(|pick| Some((pick, shelf.edition(pick.draft.edition)?)))
            .take(PICKS)
            .collect();
        let title = reader.say("picks");
        let about = Page {
            canonical: (!picks.is_empty()).then_some("/picks"),
            ..Page::private(title)
        };
        let main = html! {
            h1 { (title) }
            p.muted { @if picks.is_empty() { (reader.say("picks-none")) } @else { (reader.say("picks-intro")) } }
            div.reviews { @for (pick, edition) in &picks { (picked(reader, pick, edition)) } }
        };
        Ok(document(reader, &about, main))
    })
}

/// A picked book with what is said of it.
fn picked(reader: &Reader<'_>, pick: &Pick, edition: &Edition) -> Markup {
    html! {
        article.hit {
            (cover(reader, edition, Plate::Lazy))
            div {
                h2.title { a href=(reader.path(&book_path(edition))) lang=[foreign(edition, reader.locale)] { (edition.title) } }
                p.by { (edition.byline()) }
                (price_line(reader, edition))
                div.review { (said(reader, pick)) }
            }
        }
    }
}

/// What a bookseller says, in French, under her name.
fn said(reader: &Reader<'_>, pick: &Pick) -> Markup {
    html! {
        blockquote.reading lang=[(reader.locale != Locale::Fr).then_some("fr")] { (paragraphs(&pick.draft.note)) }
        p.small {
            (pick.draft.bookseller)
            @if pick.made_up { " · " (reader.say("display-made-up")) }
        }
    }
}

/// On the page of a book: what its picks say.
pub fn of_book(reader: &Reader<'_>, picks: &[&Pick]) -> Markup {
    html! {
        @if !picks.is_empty() {
            section.part-of aria-labelledby="picks" {
                @match picks {
                    [pick] => h2 #picks { (reader.tell("pick-of", &[("bookseller", pick.draft.bookseller.as_str().into())])) },
                    _ => h2 #picks { (reader.say("picks")) },
                }
                div.reviews { @for pick in picks { article.review { (said(reader, pick)) } } }
            }
        }
    }
}

/// `GET /tables/{slug}`: tables that are not shown today are not found.
pub(crate) async fn table(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let (laid, today) = (state.display.laid(), state.clock.today());
    let table = laid.tables(today).find(|table| table.slug == slug);
    let table = table.ok_or(Problem::of(Kind::NotFound))?;
    let address = table_path(table);
    show(&state, &visitor, &address, &laid, |reader| {
        let shelf = state.shelf.load();
        let books = table.content.editions.iter();
        let books: Vec<Arc<Edition>> = books.filter_map(|id| shelf.edition(*id)).collect();
        let (title, language) = table.content.title.told(reader.locale);
        let main = html! {
            h1 lang=[language.map(Locale::code)] { (title) }
            div.prose {
                (intro(reader, &table.content.intro))
                @if table.made_up { p { span.mark { (reader.say("display-made-up")) } } }
            }
            (hits(reader, &state, &books))
        };
        Ok(document(reader, &Page::public(title, &address), main))
    })
}

fn intro(reader: &Reader<'_>, intro: &Words) -> Markup {
    let (text, language) = intro.told(reader.locale);
    html! { @if !text.is_empty() { div lang=[language.map(Locale::code)] { (paragraphs(text)) } } }
}

/// The kept page of what is laid out, or the one that is made of it now.
fn show(
    state: &AppState,
    visitor: &Visitor,
    address: &str,
    laid: &Laid,
    make: impl FnOnce(&Reader<'_>) -> Result<Markup, Problem>,
) -> Result<Response, Problem> {
    let shelf = state.shelf.load();
    let version = (
        shelf.sequence(),
        shelf.content_hash(),
        state.stock.version(),
        state.covers.version(),
        laid.version(),
        state.clock.today(),
    );
    let key = PageKey::new(address, visitor.locale, version);
    let kept = state.pages.get_or_make(key, || {
        make(&Reader::new(visitor.locale, &state.settings, address).with_covers(&state.covers))
    })?;
    Ok(kept.answer(visitor))
}
