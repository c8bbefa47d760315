//! The first page: how the shop does, as charts with their tables.

use axum::Extension;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use shop::order::{self, OrderState};
use shop::reconciliation::fetching::{Source, Standing};
use shop::searches::{self, Often};
use shop::stats::{self, Day, TopTitle};
use storage::Fault;
use trade::locale::{Locale, format_number, month_name};
use trade::money::Money;

use super::access::Visit;
use super::bank::fetching;
use super::chart::{self, Bar};
use super::frame::{self, Part, counted, money};
use super::network;
use super::orders::form_urlencoded;
use crate::AppState;
use crate::problem::Problem;

/// The periods offered, in days; the first is shown unless another is asked for.
const PERIODS: [u16; 3] = [30, 7, 90];
/// Titles and searches listed.
const LISTED: u32 = 10;
/// An empty shop's revenue is drawn against 100 €.
const LEAST_REVENUE_SHOWN_CENTS: i64 = 10_000;

/// The period, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    days: String,
}

impl Wanted {
    fn days(&self) -> u16 {
        let [usual, ..] = PERIODS;
        self.days
            .parse()
            .ok()
            .filter(|days| PERIODS.contains(days))
            .unwrap_or(usual)
    }
}

struct Figures {
    days: Vec<Day>,
    titles: Vec<TopTitle>,
    searches: Vec<Often>,
    to_ship: u64,
    fetching: Vec<(Source, Option<Standing>)>,
}

/// `GET /office?days=`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let (days, today) = (wanted.days(), state.clock.today());
    let asked = state.settings.fetches.clone();
    let figures = state.store.read(move |tx| -> Result<Figures, Fault> {
        let per_day = stats::per_day(tx, today, days)?;
        let since = per_day.first().map_or(today, |day| day.date);
        let counts = order::counts(tx)?;
        Ok(Figures {
            days: per_day,
            titles: stats::top_titles(tx, since, LISTED)?,
            searches: searches::top_without_result(tx, since, LISTED)?,
            to_ship: counts
                .iter()
                .find(|(state, _)| *state == OrderState::Confirmed)
                .map_or(0, |(_, count)| *count),
            fetching: fetching::standings(tx, &asked)?,
        })
    });
    // Whoever asks about the network does not wait for the figures, nor they for it.
    let (figures, concerns) = tokio::join!(figures, network::concerns(&state));
    let figures = figures?;
    let words = visit.words();
    let body = html! {
        (fetching::overdue(&visit, &figures.fetching, state.clock.now()))
        (network::line(&visit, &concerns))
        p { a.next-step href="/office/orders?state=confirmed" { (words.tell("office-to-ship", &counted(figures.to_ship, visit.locale))) } }
        (periods(&visit, days))
        div.charts {
            (orders_chart(&visit, &figures.days))
            (revenue_chart(&visit, &figures.days))
            (titles_chart(&visit, &figures.titles))
            (searches_chart(&visit, &figures.searches))
        }
        p { a.next-step href="/office/search" { (words.say("office-searches-open")) } }
    };
    Ok(frame::page(
        &visit,
        Part::Dashboard,
        words.say("office-dashboard"),
        &body,
    ))
}

fn periods(visit: &Visit, days: u16) -> Markup {
    let words = visit.words();
    let mut sorted = PERIODS;
    sorted.sort_unstable();
    html! {
        nav.states aria-label=(words.say("office-period")) {
            ul { @for one in sorted {
                li { a href={ "/office?days=" (one) } aria-current=[(one == days).then_some("true")] {
                    (words.tell("office-days", &counted(one.into(), visit.locale)))
                } }
            } }
        }
    }
}

fn orders_chart(visit: &Visit, days: &[Day]) -> Markup {
    let locale = visit.locale;
    let count = |number: i64| format_number(number, locale);
    let total = days.iter().map(|day| i64::from(day.orders)).sum();
    chart::columns(
        "orders",
        &named(visit, visit.words().say("office-chart-orders"), true),
        &count(total),
        &per_day(days, locale, |day| i64::from(day.orders), count),
        &chart::Scale {
            least_top: 2,
            write: &count,
        },
    )
}

fn revenue_chart(visit: &Visit, days: &[Day]) -> Markup {
    let amount = |cents: i64| money(visit, Money::cents(cents));
    let total: Money = days.iter().map(|day| day.revenue).sum();
    let bars = per_day(days, visit.locale, |day| day.revenue.as_cents(), amount);
    chart::columns(
        "revenue",
        &named(visit, visit.words().say("office-chart-revenue"), true),
        &money(visit, total),
        &bars,
        &chart::Scale {
            least_top: LEAST_REVENUE_SHOWN_CENTS,
            write: &amount,
        },
    )
}

fn titles_chart(visit: &Visit, titles: &[TopTitle]) -> Markup {
    let bars: Vec<Bar> = titles
        .iter()
        .map(|title| Bar {
            label: title.title.clone(),
            value: title.copies.into(),
            shown: format_number(title.copies.into(), visit.locale),
            href: Some(format!("/office/stock/{}", title.edition)),
        })
        .collect();
    chart::rows(
        "titles",
        &named(visit, visit.words().say("office-chart-titles"), false),
        &bars,
    )
}

fn searches_chart(visit: &Visit, searches: &[Often]) -> Markup {
    let bars: Vec<Bar> = searches
        .iter()
        .map(|search| Bar {
            label: search.text.clone(),
            value: search.times.into(),
            shown: format_number(search.times.into(), visit.locale),
            href: Some(format!(
                "/search?{}",
                form_urlencoded(&[("q", &search.text)])
            )),
        })
        .collect();
    chart::rows(
        "searches",
        &named(visit, visit.words().say("office-chart-searches"), false),
        &bars,
    )
}

/// The words of a chart whose bars are days, or names.
fn named<'a>(visit: &Visit, title: &'a str, by_day: bool) -> chart::Words<'a> {
    let words = visit.words();
    let (label_column, value_column) = if by_day {
        (words.say("office-chart-day"), title)
    } else {
        (
            words.say("office-chart-name"),
            words.say("office-chart-times"),
        )
    };
    chart::Words {
        title,
        label_column,
        value_column,
        table: words.say("office-chart-table"),
        empty: words.say("office-chart-empty"),
    }
}

fn per_day(
    days: &[Day],
    locale: Locale,
    value: impl Fn(&Day) -> i64,
    shown: impl Fn(i64) -> String,
) -> Vec<Bar> {
    let bar = |day: &Day| Bar {
        label: format!(
            "{} {}",
            day.date.day(),
            month_name(day.date.month(), locale)
        ),
        value: value(day),
        shown: shown(value(day)),
        href: None,
    };
    days.iter().map(bar).collect()
}
