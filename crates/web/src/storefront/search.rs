//! Search: what the address asks, what the index answers. The page itself is [`super::search_page`].

use std::sync::Arc;

use ::search::{Aisle, Filters, Query as Asked, Results, Sort};
use axum::extract::{Query, State};
use axum::response::Response;
use catalogue::model::Edition;
use serde::Deserialize;
use trade::limits;

use super::aisle::aisle_path;
use super::parts::Shown;
use super::reader::{Reader, encoded};
use super::search_page::{self, Found, View};
use crate::problem::Problem;
use crate::render::PageKey;
use crate::state::AppState;
use crate::stock::Promise;
use crate::visitor::Visitor;

/// Books on a page of results: whole rows of two and of three.
pub const PER_PAGE: u32 = 24;
/// Pages that the index can be asked for.
pub const LAST_PAGE: u32 = ::search::limits::DEEPEST_HIT / PER_PAGE;

/// A search as it stands in an address. Nothing in it is refused: what cannot be read is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Params {
    /// What was typed.
    pub q: String,
    /// One value per facet.
    pub subject: Option<String>,
    /// ISO 639-2/B.
    pub language: Option<String>,
    /// Code of a form.
    pub form: Option<String>,
    /// Code of an availability.
    pub availability: Option<String>,
    /// Price band.
    pub price: Option<String>,
    /// First year of a decade.
    pub decade: Option<String>,
    /// Code of an order, see [`SORTS`].
    pub sort: Option<String>,
    /// From 1.
    pub page: Option<String>,
    /// The aisle whose page this is; in the path of its address.
    #[serde(skip)]
    pub aisle: Option<Aisle>,
}

/// The orders a reader can choose, with their codes.
pub const SORTS: [(&str, Sort); 6] = [
    ("volume", Sort::Volume),
    ("relevance", Sort::Relevance),
    ("newest", Sort::Newest),
    ("price-up", Sort::PriceUp),
    ("price-down", Sort::PriceDown),
    ("title", Sort::Title),
];

/// The facets, in the order of the page.
pub const FACETS: [&str; 6] = [
    "subject",
    "form",
    "language",
    "availability",
    "price",
    "decade",
];

impl Params {
    /// What is chosen of a facet.
    pub fn chosen(&self, facet: &str) -> Option<&str> {
        let value = match facet {
            "subject" => &self.subject,
            "language" => &self.language,
            "form" => &self.form,
            "availability" => &self.availability,
            "price" => &self.price,
            "decade" => &self.decade,
            _ => return None,
        };
        value.as_deref().filter(|value| !value.is_empty())
    }

    /// The same search from its first page with another value of a facet, or none.
    #[must_use]
    pub fn choosing(&self, facet: &str, value: Option<&str>) -> Params {
        let mut other = Params {
            page: None,
            ..self.clone()
        };
        let value = value.map(str::to_owned);
        match facet {
            "subject" => other.subject = value,
            "language" => other.language = value,
            "form" => other.form = value,
            "availability" => other.availability = value,
            "price" => other.price = value,
            "decade" => other.decade = value,
            "sort" => other.sort = value,
            "page" => other.page = value,
            _ => {}
        }
        other
    }

    /// The order asked for.
    pub fn sort(&self) -> (&'static str, Sort) {
        let asked = self.sort.as_deref().unwrap_or_default();
        SORTS
            .into_iter()
            .find(|(code, _)| *code == asked)
            .unwrap_or(self.usual_sort())
    }

    /// The order unless another is asked for: a series is read by its volumes.
    pub fn usual_sort(&self) -> (&'static str, Sort) {
        match self.aisle {
            Some(Aisle::Series(_)) => ("volume", Sort::Volume),
            _ => ("relevance", Sort::Relevance),
        }
    }

    /// Whether a value of a facet is chosen.
    pub fn is_filtered(&self) -> bool {
        FACETS.iter().any(|facet| self.chosen(facet).is_some())
    }

    /// The same without filters, from its first page.
    #[must_use]
    pub fn unfiltered(&self) -> Params {
        Params {
            q: self.q.clone(),
            aisle: self.aisle.clone(),
            ..Params::default()
        }
    }

    /// The page asked for, from 1.
    pub fn page(&self) -> u32 {
        let asked = self.page.as_deref().and_then(|page| page.parse().ok());
        asked.unwrap_or(1).clamp(1, LAST_PAGE)
    }

    /// The one address of this search, whatever order its parts were typed in.
    pub fn address(&self) -> String {
        let mut parts = Vec::new();
        let text = self.text();
        if !text.is_empty() {
            parts.push(format!("q={}", encoded(&text)));
        }
        for facet in FACETS {
            parts.extend(
                self.chosen(facet)
                    .map(|value| format!("{facet}={}", encoded(value))),
            );
        }
        if self.sort() != self.usual_sort() {
            parts.push(format!("sort={}", self.sort().0));
        }
        if self.page() > 1 {
            parts.push(format!("page={}", self.page()));
        }
        let path = match &self.aisle {
            Some(aisle) => aisle_path(aisle),
            None => "/search".to_owned(),
        };
        if parts.is_empty() {
            path
        } else {
            format!("{path}?{}", parts.join("&"))
        }
    }

    /// What was typed, within the limit.
    pub fn text(&self) -> String {
        self.q.trim().chars().take(limits::QUERY_CHARS).collect()
    }

    /// What the index is asked.
    pub(crate) fn asked(&self) -> Asked {
        let filter = |facet| self.chosen(facet).map(str::to_owned);
        Asked {
            text: self.text(),
            aisle: self.aisle.clone(),
            filters: Filters {
                subject: filter("subject"),
                language: filter("language"),
                form: filter("form"),
                availability: filter("availability"),
                price: filter("price"),
                decade: filter("decade"),
            },
            sort: self.sort().1,
            page: self.page(),
            per_page: PER_PAGE,
        }
    }
}

/// `GET /search`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(params): Query<Params>,
) -> Result<Response, Problem> {
    let address = params.address();
    let shelf = state.shelf.load();
    let version = (
        shelf.sequence(),
        shelf.content_hash(),
        state.stock.version(),
        (state.index.sequence(), state.index.rules().version()),
        state.covers.version(),
    );
    let key = PageKey::new(address.as_str(), visitor.locale, version);
    let kept = state.pages.get_or_make(key, || {
        let asked = params.asked();
        let results = state.index.search(&asked)?;
        // A page that was kept was noted when it was made; the figures are for ordering books, not for billing.
        state
            .searches
            .note(state.clock.today(), &asked, results.total);
        let editions: Vec<(Arc<Edition>, u32)> = looked_up(&results, &shelf);
        let reader =
            Reader::new(visitor.locale, &state.settings, &address).with_covers(&state.covers);
        Ok::<_, Problem>(search_page::page(
            &reader,
            &view(&params, &results, &editions, &state),
        ))
    })?;
    Ok(kept.answer(&visitor))
}

pub(crate) fn looked_up(
    results: &Results,
    shelf: &catalogue::shelf::Shelf,
) -> Vec<(Arc<Edition>, u32)> {
    let hits = results.hits.iter();
    hits.filter_map(|hit| Some((shelf.edition(hit.edition)?, hit.editions_in_work)))
        .collect()
}

pub(crate) fn view<'a>(
    params: &'a Params,
    results: &'a Results,
    editions: &'a [(Arc<Edition>, u32)],
    state: &AppState,
) -> View<'a> {
    let hits = editions.iter().map(|(edition, editions_in_work)| Found {
        book: Shown {
            edition,
            promise: Promise::of(edition, state.stock.level(edition.id)),
        },
        editions_in_work: *editions_in_work,
    });
    View {
        params,
        total: results.total,
        hits: hits.collect(),
        facets: &results.facets,
        corrected: results.corrected.as_deref(),
        place: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    #[test]
    fn one_search_has_one_address() {
        let params = Params {
            q: " l'étranger ".into(),
            form: Some("pocket".into()),
            page: Some("0".into()),
            ..Params::default()
        };
        assert_eq!(params.address(), "/search?q=l%27%C3%A9tranger&form=pocket");
        assert_eq!(
            Params {
                sort: Some("nonsense".into()),
                page: Some("x".into()),
                ..Params::default()
            }
            .address(),
            "/search"
        );
        let next = params
            .choosing("page", Some("2"))
            .choosing("sort", Some("title"));
        assert_eq!(
            next.address(),
            "/search?q=l%27%C3%A9tranger&form=pocket&sort=title"
        );
        let series = Params {
            aisle: ::search::Name::of("Les Rougon-Macquart").map(Aisle::Series),
            ..params.clone()
        };
        assert_eq!(series.sort().1, Sort::Volume);
        assert_eq!(
            series
                .unfiltered()
                .choosing("sort", Some("volume"))
                .address(),
            "/series/les-rougon-macquart?q=l%27%C3%A9tranger"
        );
        assert_eq!(
            params.choosing("form", None).address(),
            "/search?q=l%27%C3%A9tranger"
        );
    }
}
