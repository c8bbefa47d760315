//! The home page: what is new, what others buy, and a shelf for each subject. No hero, nothing that moves.

use axum::extract::State;
use axum::response::Response;
use catalogue::model::EditionId;
use catalogue::shelf::{Counts, Shelf};
use catalogue::subject::ShopSubject;
use fluent_bundle::FluentValue;
use maud::{Markup, html};
use serde_json::json;

use super::layout::{Page, document};
use super::parts::{Shown, shelf};
use super::reader::Reader;
use crate::problem::Problem;
use crate::render::PageKey;
use crate::state::AppState;
use crate::stock::{Promise, StockBoard};
use crate::visitor::Visitor;

/// Books on one shelf; a reader who wants more follows "see all".
const BOOKS_ON_A_SHELF: usize = 14;
/// Shelves that may be in sight at once; further ones load their covers when scrolled to.
const EAGER_SHELVES: usize = 1;

/// Subjects with a shelf of their own; the links above lead to all of them.
const SUBJECT_SHELVES: usize = 8;

/// What the home page shows.
pub struct View<'a> {
    /// How much there is.
    pub counts: Counts,
    /// Newest first.
    pub new: Vec<Shown<'a>>,
    /// Most asked for first.
    pub best_selling: Vec<Shown<'a>>,
    /// A shelf for each subject.
    pub by_subject: Vec<(ShopSubject, Vec<Shown<'a>>)>,
}

/// `GET /`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let catalogue = state.shelf.load();
    let key = PageKey::new(
        "/",
        visitor.locale,
        (
            catalogue.sequence(),
            catalogue.content_hash(),
            state.stock.version(),
            state.covers.version(),
            state.reviews.count(),
        ),
    );
    let kept = state.pages.get_or_make(key, || {
        let reader = Reader::new(visitor.locale, &state.settings, "/").with_covers(&state.covers);
        let books = Books::gather(&catalogue);
        let mut counts = catalogue.counts();
        // Those that came with the shelf, and those that readers wrote since.
        counts.reviews += state.reviews.count();
        Ok::<_, Problem>(page(&reader, &books.view(counts, &state.stock)))
    })?;
    Ok(kept.answer(&visitor))
}

type Editions = Vec<std::sync::Arc<catalogue::model::Edition>>;

/// The editions of the shelves, looked up.
struct Books {
    new: Editions,
    best_selling: Editions,
    by_subject: Vec<(ShopSubject, Editions)>,
}

impl Books {
    fn gather(shelf: &Shelf) -> Books {
        let look_up = |ids: &[EditionId]| ids.iter().filter_map(|id| shelf.edition(*id)).collect();
        let showcase = shelf.showcase();
        Books {
            new: look_up(&showcase.new),
            best_selling: look_up(&showcase.best_selling),
            by_subject: showcase
                .by_subject
                .iter()
                .take(SUBJECT_SHELVES)
                .map(|(subject, ids)| (*subject, look_up(ids)))
                .collect(),
        }
    }

    fn view<'a>(&'a self, counts: Counts, stock: &StockBoard) -> View<'a> {
        let shown = |editions: &'a Editions| {
            let each = editions.iter().map(|edition| Shown {
                edition,
                promise: Promise::of(edition, stock.level(edition.id)),
            });
            // What cannot be had now is found by search, but not laid out on a shelf.
            each.filter(|book| book.promise.buyable())
                .take(BOOKS_ON_A_SHELF)
                .collect()
        };
        View {
            counts,
            new: shown(&self.new),
            best_selling: shown(&self.best_selling),
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
            (shelf(reader, "new", reader.say("shelf-new"), "/search?sort=newest", &view.new, false))
            (shelf(reader, "best", reader.say("shelf-best"), "/search", &view.best_selling, true))
            @for (place, (subject, books)) in view.by_subject.iter().enumerate() {
                (shelf(reader, subject.slug(), subject.heading(reader.locale), &subject_path(*subject), books, place >= EAGER_SHELVES))
            }
        },
    )
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
