//! The home page: what is new, what others buy, and a shelf for each subject. No hero, nothing that moves.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalogue::model::{Edition, EditionId};
use catalogue::shelf::{Counts, Shelf};
use catalogue::subject::ShopSubject;
use fluent_bundle::FluentValue;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::json;
use shop::bestsellers::{Bestsellers, Method};
use trade::locale::Locale;

use super::display::table_path;
use super::layout::{Page, document};
use super::lists::reason;
use super::parts::{Heading, Shown, card, shelf, shelf_of};
use super::reader::Reader;
use crate::display;
use crate::problem::Problem;
use crate::render::PageKey;
use crate::state::AppState;
use crate::stock::{Promise, StockBoard};
use crate::visitor::Visitor;

/// Books on one shelf; a reader who wants more follows "see all".
const BOOKS_ON_A_SHELF: usize = 14;
/// Shelves that may be in sight at once; further ones load their covers when scrolled to.
const EAGER_SHELVES: usize = 1;

/// Display tables that are laid out; further ones are found by their address.
const TABLES: usize = 3;

/// Subjects with a shelf of their own; the links above lead to all of them.
const SUBJECT_SHELVES: usize = 8;

/// What the home page shows.
pub struct View<'a> {
    /// How much there is.
    pub counts: Counts,
    /// Booksellers' picks, the latest first.
    pub picks: Vec<Picked<'a>>,
    /// Display tables, the latest first.
    pub tables: Vec<Laid<'a>>,
    /// Newest first.
    pub new: Vec<Shown<'a>>,
    /// What sells best, or, while too little was sold, what is most asked for.
    pub best: Vec<Shown<'a>>,
    /// What the list of what sells best counts; none while it is what is most asked for.
    pub best_reason: Option<String>,
    /// A shelf for each subject.
    pub by_subject: Vec<(ShopSubject, Vec<Shown<'a>>)>,
}

/// A bookseller's pick.
pub struct Picked<'a> {
    book: Shown<'a>,
    /// Whether it was made up for the demonstration.
    made_up: bool,
}

/// A display table.
pub struct Laid<'a> {
    path: String,
    title: &'a str,
    /// The language of the title, where it is not the page's.
    language: Option<Locale>,
    made_up: bool,
    books: Vec<Shown<'a>>,
}

/// `GET /`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let catalogue = state.shelf.load();
    let (laid, today) = (state.display.laid(), state.clock.today());
    let key = PageKey::new(
        "/",
        visitor.locale,
        (
            catalogue.sequence(),
            catalogue.content_hash(),
            state.stock.version(),
            state.covers.version(),
            state.reviews.count(),
            state.bestsellers.version(),
            laid.version(),
            today,
        ),
    );
    let kept = state.pages.get_or_make(key, || {
        let reader = Reader::new(visitor.locale, &state.settings, "/").with_covers(&state.covers);
        let list = state.bestsellers.list();
        let books = Books::gather(&catalogue, list.as_deref(), &laid, today);
        let mut counts = catalogue.counts();
        // Those that came with the shelf, and those that readers wrote since.
        counts.reviews += state.reviews.count();
        Ok::<_, Problem>(page(&reader, &books.view(&reader, counts, &state.stock)))
    })?;
    Ok(kept.answer(&visitor))
}

/// Books of a list that are looked at to fill a shelf with what can be had.
const BEST_LOOKED_AT: usize = 60;

type Editions = Vec<Arc<Edition>>;

/// A display table with its books looked up.
struct Table<'a> {
    table: &'a shop::display::tables::Table,
    books: Editions,
}

/// The editions of the shelves, looked up.
struct Books<'a> {
    /// With whether the pick was made up.
    picks: Vec<(Arc<Edition>, bool)>,
    tables: Vec<Table<'a>>,
    new: Editions,
    best: Editions,
    /// The list that `best` is, when it is one of sales.
    sales: Option<&'a Bestsellers>,
    by_subject: Vec<(ShopSubject, Editions)>,
}

impl<'b> Books<'b> {
    fn gather(
        shelf: &Shelf,
        sales: Option<&'b Bestsellers>,
        laid: &'b display::Laid,
        today: Date,
    ) -> Books<'b> {
        let look_up = |ids: &[EditionId]| ids.iter().filter_map(|id| shelf.edition(*id)).collect();
        let showcase = shelf.showcase();
        let tables = laid.tables(today).take(TABLES);
        let best = sales.map_or(&showcase.best_selling, |list| &list.editions);
        Books {
            picks: laid
                .picks(today)
                .filter_map(|pick| Some((shelf.edition(pick.draft.edition)?, pick.made_up)))
                .collect(),
            tables: tables
                .map(|table| Table {
                    table,
                    books: look_up(&table.content.editions),
                })
                .collect(),
            new: look_up(&showcase.new),
            best: look_up(best.get(..BEST_LOOKED_AT).unwrap_or(best)),
            sales,
            by_subject: showcase
                .by_subject
                .iter()
                .take(SUBJECT_SHELVES)
                .map(|(subject, ids)| (*subject, look_up(ids)))
                .collect(),
        }
    }

    fn view<'a>(&'a self, reader: &Reader<'_>, counts: Counts, stock: &StockBoard) -> View<'a> {
        // What cannot be had now is found by search, but not laid out on a shelf.
        let to_be_had = |edition: &'a Arc<Edition>| {
            let promise = Promise::of(edition, stock.level(edition.id));
            promise.buyable().then_some(Shown { edition, promise })
        };
        let shown = |editions: &'a Editions| {
            let each = editions.iter().filter_map(to_be_had);
            each.take(BOOKS_ON_A_SHELF).collect()
        };
        let picks = self.picks.iter().filter_map(|(edition, made_up)| {
            Some(Picked {
                book: to_be_had(edition)?,
                made_up: *made_up,
            })
        });
        View {
            counts,
            picks: picks.take(BOOKS_ON_A_SHELF).collect(),
            tables: self
                .tables
                .iter()
                .map(|laid| {
                    let (title, language) = laid.table.content.title.told(reader.locale);
                    Laid {
                        path: table_path(laid.table),
                        title,
                        language,
                        made_up: laid.table.made_up,
                        books: shown(&laid.books),
                    }
                })
                .collect(),
            new: shown(&self.new),
            best: shown(&self.best),
            best_reason: self.sales.and_then(|list| {
                let counted = reason(reader, list, Method::on(list.last_day)?);
                Some(format!("{counted} {}", reader.say("bestsellers-here")))
            }),
            by_subject: self
                .by_subject
                .iter()
                .map(|(subject, books)| (*subject, shown(books)))
                .collect(),
        }
    }
}

/// The page.
pub fn page(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let description = counts_sentence(reader, view.counts);
    let mut about = Page::public(reader.say("home-title"), "/");
    about.description = Some(&description);
    about.data = vec![data(reader)];
    document(
        reader,
        &about,
        html! {
            div.welcome {
                h1 { (reader.say("home-heading")) }
                p { (description) }
            }
            nav aria-label=(reader.say("home-subjects")) {
                ul.subjects { @for (subject, _) in &view.by_subject {
                    li { a href=(reader.path(&subject_path(*subject))) { (subject.heading(reader.locale)) } }
                } li { a href=(reader.path("/subjects")) { (reader.say("subjects")) } } }
            }
            @if !view.picks.is_empty() { (picks(reader, view)) }
            @for (place, laid) in view.tables.iter().enumerate() {
                @if !laid.books.is_empty() { (table(reader, place, laid)) }
            }
            (shelf(reader, plain("new", reader.say("shelf-new"), "/new"), &view.new, !view.picks.is_empty()))
            (best(reader, view))
            @for (place, (subject, books)) in view.by_subject.iter().enumerate() {
                (shelf(reader, plain(subject.slug(), subject.heading(reader.locale), &subject_path(*subject)), books, place >= EAGER_SHELVES))
            }
        },
    )
}

fn plain<'a>(id: &'a str, words: &'a str, all: &'a str) -> Heading<'a> {
    Heading {
        id,
        words,
        language: None,
        all,
        reason: None,
    }
}

/// What sells best, or, while there is no list of it, what is most asked for; each says which it is.
fn best(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let heading = match &view.best_reason {
        Some(reason) => Heading {
            reason: Some(reason),
            ..plain("best", reader.say("bestsellers"), "/bestsellers")
        },
        None => Heading {
            reason: Some(reader.say("shelf-best-reason")),
            ..plain("best", reader.say("shelf-best"), "/search")
        },
    };
    shelf(reader, heading, &view.best, true)
}

/// What says that something was made up for the demonstration.
fn made_up(reader: &Reader<'_>, made_up: bool) -> Option<&'static str> {
    made_up.then(|| reader.say("display-made-up"))
}

fn picks(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let heading = plain("picks", reader.say("picks"), "/picks");
    let cards = view.picks.iter().map(|pick| {
        html! {
            (card(reader, &pick.book, false))
            @if let Some(words) = made_up(reader, pick.made_up) { p.small { span.mark { (words) } } }
        }
    });
    shelf_of(reader, heading, cards)
}

/// A display table as a shelf.
fn table(reader: &Reader<'_>, place: usize, laid: &Laid<'_>) -> Markup {
    let id = format!("table-{place}");
    let heading = Heading {
        language: laid.language,
        reason: made_up(reader, laid.made_up),
        ..plain(&id, laid.title, &laid.path)
    };
    shelf(reader, heading, &laid.books, true)
}

/// The page of a subject.
pub fn subject_path(subject: ShopSubject) -> String {
    format!("/search?subject={}", subject.slug())
}

fn counts_sentence(reader: &Reader<'_>, counts: Counts) -> String {
    let shown = |count: u64| FluentValue::from(reader.number(count));
    reader.tell(
        "home-counts",
        &[
            ("editions", shown(counts.editions)),
            ("summaries", shown(counts.summaries)),
            ("reviews", shown(counts.reviews)),
        ],
    )
}

/// Tells search engines that the shop has a search of its own.
fn data(reader: &Reader<'_>) -> serde_json::Value {
    json!({
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": reader.settings.shop_name,
        "url": reader.url("/"),
        "inLanguage": reader.locale.code(),
        "potentialAction": {
            "@type": "SearchAction",
            "target": { "@type": "EntryPoint", "urlTemplate": format!("{}?q={{search_term_string}}", reader.url("/search")) },
            "query-input": "required name=search_term_string",
        },
    })
}
