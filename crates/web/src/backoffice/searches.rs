//! What readers look for, found or not, and the rules that booksellers add to the search.

use axum::Extension;
use axum::extract::{Query, State};
use catalogue::shelf::Shelf;
use maud::{Markup, html};
use serde::Deserialize;
use shop::search_rules::{self, Kept, Kind, Rule, Target};
use shop::searches::{self, Often};
use storage::Fault;
use trade::ids::EditionId;
use trade::locale::{format_date, format_number};

use super::access::Visit;
use super::frame::{self, Part, counted};
use super::orders::form_urlencoded;
use crate::AppState;
use crate::problem::Problem;

/// The periods offered, in days; the first is shown unless another is asked for.
const PERIODS: [u16; 4] = [30, 7, 90, 365];
/// Texts of each list.
const LISTED: u32 = 30;

/// What the address asks for, and what a redirect tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    days: String,
    told: String,
}

struct Found {
    missing: Vec<Often>,
    most: Vec<Often>,
    rules: Vec<Kept>,
}

/// `GET /office/search?days=`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let [usual, ..] = PERIODS;
    let days = wanted.days.parse().ok();
    let days = days.filter(|days| PERIODS.contains(days)).unwrap_or(usual);
    let today = state.clock.today();
    let since = today.saturating_sub(jiff::Span::new().days(i64::from(days) - 1));
    let read = move |tx: &mut dyn storage::Tx| -> Result<Found, Fault> {
        Ok(Found {
            missing: searches::top_without_result(tx, since, LISTED)?,
            most: searches::top(tx, since, LISTED)?,
            rules: search_rules::all(tx)?,
        })
    };
    let found = state.store.read(read).await?;
    let (words, shelf) = (visit.words(), state.shelf.load());
    let body = html! {
        (said(&visit, &wanted.told))
        p { (words.say("office-searches-help")) }
        (periods(&visit, days))
        div.columns.even {
            (texts(&visit, words.say("office-searches-missing"), &found.missing, true))
            (texts(&visit, words.say("office-searches-most"), &found.most, false))
        }
        @for &kind in Kind::ALL { (rules(&visit, &shelf, kind, &found.rules, today)) }
    };
    let title = words.say("office-searches");
    Ok(frame::page(&visit, Part::Searches, title, &body))
}

fn periods(visit: &Visit, days: u16) -> Markup {
    let words = visit.words();
    let mut sorted = PERIODS;
    sorted.sort_unstable();
    html! {
        nav.states aria-label=(words.say("office-period")) {
            ul { @for one in sorted {
                li { a href={ "/office/search?days=" (one) } aria-current=[(one == days).then_some("true")] {
                    (words.tell("office-days", &counted(one.into(), visit.locale)))
                } }
            } }
        }
    }
}

/// Texts that were searched for; those that found nothing with the way to a synonym.
fn texts(visit: &Visit, title: &str, texts: &[Often], missing: bool) -> Markup {
    let words = visit.words();
    let number = |count: u64| format_number(i64::try_from(count).unwrap_or(i64::MAX), visit.locale);
    html! {
        section {
            h2 { (title) }
            @if texts.is_empty() { p.muted { (words.say("office-chart-empty")) } }
            @else { div.scroll tabindex="0" role="region" aria-label=(title) {
                table.grid {
                    thead { tr {
                        th scope="col" { (words.say("office-searches-text")) }
                        th.num scope="col" { (words.say("office-chart-times")) }
                        @if missing { th scope="col" { span.sr { (words.say("office-searches-deed")) } } }
                        @else { th.num scope="col" { (words.say("office-searches-results")) } }
                    } }
                    tbody { @for text in texts { tr data-row {
                        th scope="row" { a href={ "/search?" (form_urlencoded(&[("q", &text.text)])) } { (text.text) } }
                        td.num { (number(text.times.into())) }
                        @if missing { td { (add_synonym(visit, &text.text)) } }
                        @else { td.num { (number(text.results)) } }
                    } } }
                }
            } }
        }
    }
}

fn add_synonym(visit: &Visit, text: &str) -> Markup {
    let query = form_urlencoded(&[("phrases", text), ("direction", "one"), ("q", text)]);
    html! {
        a href={ "/office/search/synonym/new?" (query) } {
            (visit.words().say("office-searches-add-synonym")) span.sr { " " (text) }
        }
    }
}

fn rules(
    visit: &Visit,
    shelf: &Shelf,
    kind: Kind,
    rules: &[Kept],
    today: jiff::civil::Date,
) -> Markup {
    let words = visit.words();
    let title = words.one_of("office-rules", kind.code());
    let of_kind: Vec<&Kept> = rules
        .iter()
        .filter(|kept| kept.rule.kind() == kind)
        .collect();
    html! {
        section {
            h2 { (title) }
            p.muted { (words.one_of("office-rules-help", kind.code())) }
            @if !of_kind.is_empty() { div.scroll tabindex="0" role="region" aria-label=(title) {
                table.grid {
                    thead { tr {
                        th scope="col" { (words.say("office-rule")) }
                        th scope="col" { (words.say("office-period")) }
                        th scope="col" { (words.say("office-rule-by")) }
                    } }
                    tbody { @for kept in of_kind { tr data-row {
                        th scope="row" { a href={ "/office/search/" (kind.code()) "/" (kept.id) } { (rule_words(visit, shelf, &kept.rule)) } }
                        td { (period_words(visit, kept, today)) }
                        td { (kept.by) }
                    } } }
                }
            } }
            p { a.next-step href={ "/office/search/" (kind.code()) "/new" } { (words.one_of("office-rules-new", kind.code())) } }
        }
    }
}

/// What a rule says, on one line.
fn rule_words(visit: &Visit, shelf: &Shelf, rule: &Rule) -> String {
    let words = visit.words();
    match rule {
        Rule::Equivalent(phrases) => phrases.join(" = "),
        Rule::OneWay(typed, means) => format!("{typed} → {}", means.join(", ")),
        Rule::Pin(query, edition) => format!("{query} → {}", title_of(shelf, *edition)),
        Rule::Boost(target, strength) => {
            let name = match target {
                Target::Edition(edition) => title_of(shelf, *edition),
                Target::Contributor(name) | Target::Publisher(name) | Target::Series(name) => {
                    name.clone()
                }
                Target::Subject(code) => target.subject().map_or_else(
                    || code.clone(),
                    |thema| format!("{code} {}", thema.heading(visit.locale.into())),
                ),
            };
            format!(
                "{name} · {}",
                words.one_of("office-strength", strength.code())
            )
        }
    }
}

/// The title, or the number of an edition that is not on the shelf any more.
fn title_of(shelf: &Shelf, edition: EditionId) -> String {
    let found = shelf.edition(edition);
    found.map_or_else(|| edition.to_string(), |edition| edition.title.clone())
}

fn period_words(visit: &Visit, kept: &Kept, today: jiff::civil::Date) -> String {
    period(visit, kept.period, today)
}

/// From when until when something holds, and whether it does today.
pub(super) fn period(
    visit: &Visit,
    period: shop::form::Period,
    today: jiff::civil::Date,
) -> String {
    let words = visit.words();
    let day = |day| fluent_bundle::FluentValue::from(format_date(day, visit.locale));
    let told = match (period.from, period.until) {
        (None, None) => words.say("office-always").to_owned(),
        (Some(from), None) => words.tell("office-from", &[("from", day(from))]),
        (None, Some(until)) => words.tell("office-until", &[("until", day(until))]),
        (Some(from), Some(until)) => words.tell(
            "office-from-until",
            &[("from", day(from)), ("until", day(until))],
        ),
    };
    if period.is_over(today) {
        format!("{told} ({})", words.say("office-over"))
    } else if period.holds(today) {
        told
    } else {
        format!("{told} ({})", words.say("office-not-yet"))
    }
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "saved" => frame::notice(true, words.say("office-told-rule-saved")),
        "removed" => frame::notice(true, words.say("office-told-rule-removed")),
        "gone" => frame::notice(false, words.say("office-told-rule-gone")),
        "full" => frame::notice(false, words.say("office-told-rule-full")),
        _ => html! {},
    }
}
