//! The page of results: facets as links, results as rows, help when there are none.

use ::search::{Aisle, Facet};
use catalogue::model::Form;
use catalogue::subject::ShopSubject;
use maud::{Markup, html};
use trade::language::Language;
use trade::locale::Locale;

use super::aisle::{Place, aisle_path, subject_list};
use super::heading::Heading;
use super::layout::{Page, document, search_field};
use super::parts::{Plate, Shown, availability, book_path, cover, foreign, price_line, published};
use super::reader::Reader;
use super::search::{FACETS, LAST_PAGE, PER_PAGE, Params, SORTS};

/// Values of a facet that are shown; the rest is rare.
const VALUES_SHOWN: usize = 10;
/// Results whose covers load at once.
pub(super) const EAGER_HITS: usize = 6;

/// What the page of results shows.
pub struct View<'a> {
    /// The search.
    pub params: &'a Params,
    /// Works found.
    pub total: u64,
    /// Those of this page.
    pub hits: Vec<Found<'a>>,
    /// How the found divide.
    pub facets: &'a [Facet],
    /// The query as it was understood, when that is not as typed.
    pub corrected: Option<&'a str>,
    /// The aisle this is the page of.
    pub place: Option<Place>,
}

/// A work found.
pub struct Found<'a> {
    /// Its edition that answers best.
    pub book: Shown<'a>,
    /// How many editions there are.
    pub editions_in_work: u32,
}

/// The page.
pub fn page(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let text = view.params.text();
    let title = match &view.place {
        Some(place) => place.heading.clone(),
        None => Heading::plain(heading(reader, view.params)),
    };
    let address = view.params.address();
    // Searches with words are endless, and so are combinations of filters within an aisle.
    let indexed =
        text.is_empty() && view.total > 0 && !(view.place.is_some() && view.params.is_filtered());
    let about = Page {
        canonical: indexed.then_some(address.as_str()),
        searched: &text,
        ..Page::private(&title.text)
    };
    document(
        reader,
        &about,
        html! {
            div.results {
                header {
                    @if let Some(place) = &view.place { (way_here(reader, place)) }
                    h1 { (title) }
                    @if let Some(place) = &view.place { @if !place.narrower.is_empty() {
                        nav aria-label=(reader.say("subjects-narrower")) { (subject_list(reader, &place.narrower)) }
                    } }
                    p.muted role="status" { (reader.count("search-total", view.total)) }
                    @if let Some(corrected) = view.corrected { (correction(reader, &text, corrected)) }
                    (chips(reader, view.params))
                    @if view.total > 1 { (sorts(reader, view.params)) }
                }
                @if view.total == 0 { div { (help(reader, view.params)) } }
                @else {
                    (filters(reader, view))
                    div {
                        div.hits { @for (place, found) in view.hits.iter().enumerate() { (hit(reader, found, place >= EAGER_HITS)) } }
                        (pages(reader, view))
                    }
                }
            }
        },
    )
}

/// Above the name of an aisle: what kind it is, or its wider subjects.
fn way_here(reader: &Reader<'_>, place: &Place) -> Markup {
    html! {
        @if place.kind == "subject" {
            nav.crumbs aria-label=(reader.say("crumbs")) { ol {
                li { a href=(reader.path("/subjects")) { (reader.say("subjects")) } }
                @for thema in &place.path {
                    li { a href=(reader.path(&aisle_path(&Aisle::Subject(*thema)))) { (Heading::of(reader, *thema)) } }
                }
                li aria-current="page" { (place.heading) }
            } }
        } @else { p.muted { (reader.one_of("aisle", place.kind)) } }
    }
}

fn heading(reader: &Reader<'_>, params: &Params) -> String {
    let text = params.text();
    let subject = params.chosen("subject").and_then(ShopSubject::from_slug);
    match (text.as_str(), subject) {
        ("", Some(subject)) => subject.heading(reader.locale).to_owned(),
        ("", None) => reader.say("search-all").to_owned(),
        (text, _) => reader.tell("search-for", &[("text", text.into())]),
    }
}

fn correction(reader: &Reader<'_>, typed: &str, corrected: &str) -> Markup {
    let other = Params {
        q: corrected.to_owned(),
        ..Params::default()
    }
    .address();
    html! {
        p.notice {
            (reader.tell("search-nothing-for", &[("text", typed.into())])) " "
            (reader.say("search-shown-instead")) " "
            a href=(reader.path(&other)) { (corrected) } "."
        }
    }
}

/// A book found, as a row.
pub(super) fn hit(reader: &Reader<'_>, found: &Found<'_>, lazy: bool) -> Markup {
    let edition = found.book.edition;
    let facts = [
        edition.publisher.clone(),
        edition.published.map(|date| published(reader, date)),
        (edition.form != Form::Other)
            .then(|| reader.one_of("form", edition.form.code()).to_owned()),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    html! {
        article.hit {
            (cover(reader, edition, Plate::listed(lazy)))
            div {
                h2.title { a href=(reader.path(&book_path(edition))) lang=[foreign(edition, reader.locale)] { (edition.title) } }
                @if let Some(series) = &edition.series { p.small.muted { (super::book_page::series_words(reader, series)) } }
                p.by { (edition.byline()) }
                p.small.muted { (facts.join(" · ")) }
                (price_line(reader, edition))
                (availability(reader, found.book.promise))
                @if found.editions_in_work > 1 { p.small.muted { (reader.count("search-editions", u64::from(found.editions_in_work))) } }
            }
        }
    }
}

fn sorts(reader: &Reader<'_>, params: &Params) -> Markup {
    let current = params.sort().0;
    html! {
        nav.sorts aria-label=(reader.say("sort-label")) {
            span.muted aria-hidden="true" { (reader.say("sort-label")) (reader.colon()) }
            @for (code, _) in SORTS.into_iter().filter(|(code, _)| *code != "volume" || params.usual_sort().0 == "volume") {
                @let address = params.choosing("sort", Some(code)).address();
                a href=(reader.path(&address)) aria-current=[(code == current).then_some("true")] { (reader.one_of("sort", code)) }
            }
        }
    }
}

fn chips(reader: &Reader<'_>, params: &Params) -> Markup {
    let chosen: Vec<(&str, &str)> = FACETS
        .iter()
        .filter_map(|facet| Some((*facet, params.chosen(facet)?)))
        .collect();
    html! {
        @if !chosen.is_empty() {
            nav aria-label=(reader.say("filters-chosen")) {
                ul.chips { @for (facet, value) in chosen {
                    li { a href=(reader.path(&params.choosing(facet, None).address())) {
                        (label(reader, facet, value)) span aria-hidden="true" { "×" } span.sr { " – " (reader.say("filters-remove")) }
                    } }
                } }
            }
        }
    }
}

fn filters(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    html! {
        details.filters {
            summary { (reader.say("filters")) }
            @for name in FACETS {
                @if let Some(facet) = view.facets.iter().find(|facet| facet.name == name && !facet.values.is_empty()) {
                    (one_facet(reader, view.params, facet))
                }
            }
        }
    }
}

fn one_facet(reader: &Reader<'_>, params: &Params, facet: &Facet) -> Markup {
    let mut values: Vec<&(String, u64)> = facet.values.iter().take(VALUES_SHOWN).collect();
    match facet.name {
        "price" => values.sort_by_key(|(value, _)| {
            value
                .split('-')
                .next()
                .and_then(|euro| euro.parse::<u32>().ok())
        }),
        "decade" => values.sort_by(|(one, _), (other, _)| other.cmp(one)),
        _ => {}
    }
    html! {
        section {
            h3 { (reader.words().one_of("facet", facet.name)) }
            ul { @for (value, count) in values {
                @let chosen = params.chosen(facet.name) == Some(value);
                @let address = params.choosing(facet.name, (!chosen).then_some(value)).address();
                li { a href=(reader.path(&address)) rel="nofollow" aria-current=[chosen.then_some("true")] {
                    span { (label(reader, facet.name, value)) } " " span.num { (reader.number(*count)) }
                } }
            } }
        }
    }
}

/// The words for a value of a facet.
fn label(reader: &Reader<'_>, facet: &str, value: &str) -> String {
    match facet {
        "subject" => ShopSubject::from_slug(value)
            .map_or(value, |subject| subject.heading(reader.locale))
            .to_owned(),
        "language" => match Language::parse(value) {
            Ok(language) => language.name(reader.locale).into_owned(),
            Err(_) => value.to_owned(),
        },
        "form" => reader.words().one_of("form", value).to_owned(),
        "availability" => reader.words().one_of("facet-avail", value).to_owned(),
        "price" => price_band(reader, value),
        "decade" => reader.tell("decade", &[("year", value.into())]),
        _ => value.to_owned(),
    }
}

fn price_band(reader: &Reader<'_>, band: &str) -> String {
    let euro = |text: &str| {
        text.parse::<u64>().ok().map(|euro| match reader.locale {
            Locale::Fr => format!("{}\u{a0}€", reader.number(euro)),
            Locale::En => format!("€{}", reader.number(euro)),
        })
    };
    let (from, to) = band.split_once('-').unwrap_or((band, ""));
    match (euro(from), euro(to)) {
        (Some(_), Some(to)) if from == "0" => reader.tell("price-below", &[("to", to.into())]),
        (Some(from), Some(to)) => {
            reader.tell("price-between", &[("from", from.into()), ("to", to.into())])
        }
        (Some(from), None) => reader.tell("price-above", &[("from", from.into())]),
        (None, _) => band.to_owned(),
    }
}

fn pages(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let last = u32::try_from(view.total.div_ceil(u64::from(PER_PAGE)))
        .unwrap_or(LAST_PAGE)
        .min(LAST_PAGE);
    let current = view.params.page();
    let link = |page: u32| {
        reader.path(
            &view
                .params
                .choosing("page", Some(&page.to_string()))
                .address(),
        )
    };
    let near = (current.saturating_sub(2).max(1)..=current.saturating_add(2).min(last))
        .collect::<Vec<_>>();
    html! {
        @if last > 1 {
            nav.pages aria-label=(reader.say("pages-label")) {
                @if current > 1 { a href=(link(current - 1)) rel="prev" { (reader.say("pages-previous")) } }
                @if !near.contains(&1) { a href=(link(1)) { "1" } span aria-hidden="true" { "…" } }
                @for page in near {
                    @if page == current { span aria-current="page" { (page) } } @else { a href=(link(page)) { (page) } }
                }
                @if current < last { a href=(link(current + 1)) rel="next" { (reader.say("pages-next")) } }
            }
        }
    }
}

fn help(reader: &Reader<'_>, params: &Params) -> Markup {
    let unfiltered = params.unfiltered().address();
    html! {
        div.help {
            p { (reader.say("search-empty")) }
            ul {
                // There may be books for these words: nothing else is as likely to help.
                @if params.is_filtered() { li { a href=(reader.path(&unfiltered)) { (reader.say("search-empty-filters")) } } }
                li { (reader.say("search-empty-spelling")) }
                li { (reader.say("search-empty-fewer")) }
                li { (reader.say("search-empty-isbn")) }
            }
            (search_field(reader, "q2", &params.text()))
            p.muted { a href=(reader.path("/")) { (reader.say("search-empty-home")) } }
        }
    }
}
