//! The file of entries for the tax office: the period, what the check finds, the download.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use shop::books::{self, Fec, FecRefusal, Finding, Level, Period};
use storage::Tx;
use trade::locale::format_date;

use super::super::access::Visit;
use super::super::frame::{self, Part, counted};
use super::super::orders::form_urlencoded;
use crate::AppState;
use crate::problem::{Kind, Problem};

/// The days that the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Days {
    from: String,
    to: String,
}

impl Days {
    fn period(&self) -> Option<Period> {
        Period::new(self.from.parse().ok()?, self.to.parse().ok()?)
    }
}

/// What the file is, and the choice of a period, on the page of the bank.
pub(super) fn section(visit: &Visit, has_siren: bool, today: Date) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("fec")) }
        p.muted { (words.say("fec-help")) }
        @if has_siren { (form(visit, today)) } @else { p { (words.say("fec-no-siren")) } }
    }
}

/// The choice of a period: this year, unless another is typed.
fn form(visit: &Visit, today: Date) -> Markup {
    let words = visit.words();
    let year = Period::year(today.year());
    let (from, to) = match year {
        Some(year) => (year.from().to_string(), year.to().to_string()),
        None => (String::new(), String::new()),
    };
    html! {
        form.sift method="get" action="/office/bank/fec" {
            div.field {
                label for="from" { (words.say("fec-from")) }
                input #from type="date" name="from" value=(from) required;
            }
            div.field {
                label for="to" { (words.say("fec-to")) }
                input #to type="date" name="to" value=(to) required;
            }
            div.actions { button.button.quiet { (words.say("fec-check")) } }
        }
    }
}

enum Made {
    File(Fec),
    /// The name of the sentence that says why there is none, and what it is about.
    None(&'static str, String),
}

async fn made(state: &AppState, days: &Days) -> Result<Made, Problem> {
    let Some(siren) = state.settings.siren else {
        return Ok(Made::None("fec-no-siren", String::new()));
    };
    let Some(period) = days.period() else {
        return Ok(Made::None("fec-no-period", String::new()));
    };
    let making = state
        .store
        .read(move |tx: &mut dyn Tx| books::fec(tx, siren, period));
    Ok(match making.await {
        Ok(fec) => Made::File(fec),
        Err(FecRefusal::Empty) => Made::None("fec-empty", String::new()),
        Err(FecRefusal::TooMany) => Made::None("fec-too-many", String::new()),
        Err(FecRefusal::NoNumber { account, .. }) => Made::None("fec-no-number", account),
        Err(FecRefusal::Unwritable(error)) => Made::None("fec-unwritable", error.to_string()),
        Err(FecRefusal::Fault(fault)) => return Err(fault.into()),
    })
}

/// `GET /office/bank/fec?from=&to=`
pub(in super::super) async fn page(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(days): Query<Days>,
) -> Result<Markup, Problem> {
    let words = visit.words();
    let body = match made(&state, &days).await? {
        Made::None(sentence, about) => {
            frame::notice(false, &words.tell(sentence, &[("about", about.into())]))
        }
        Made::File(fec) => file(&visit, &days, &fec),
    };
    let body = html! {
        p { a href="/office/bank" { (words.say("office-bank")) } }
        p.muted { (words.say("fec-help")) }
        (body)
        @if state.settings.siren.is_some() { (form(&visit, state.clock.today())) }
    };
    Ok(frame::page(&visit, Part::Bank, words.say("fec"), &body))
}

fn file(visit: &Visit, days: &Days, fec: &Fec) -> Markup {
    let words = visit.words();
    let query = form_urlencoded(&[("from", &days.from), ("to", &days.to)]);
    let entries = u64::try_from(fec.entries).unwrap_or(u64::MAX);
    let shown = |day: &str| {
        let day: Option<Date> = day.parse().ok();
        day.map_or(String::new(), |day| format_date(day, visit.locale))
    };
    html! {
        p { (words.tell("fec-period", &[("from", shown(&days.from).into()), ("to", shown(&days.to).into())])) }
        p { (words.tell("fec-entries", &counted(entries, visit.locale))) }
        @if fec.findings.is_empty() { (frame::notice(true, words.say("fec-clean"))) }
        @else { (findings(visit, &fec.findings)) }
        p { a.button href={ "/office/bank/fec/file?" (query) } { (words.tell("fec-download", &[("name", fec.name.as_str().into())])) } }
    }
}

fn findings(visit: &Visit, findings: &[Finding]) -> Markup {
    let words = visit.words();
    let level = |finding: &Finding| match finding.rule.level() {
        Level::Breach => "breach",
        Level::Remark => "remark",
    };
    html! {
        h2 { (words.say("fec-findings")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("fec-findings")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("fec-level")) }
                    th.num scope="col" { (words.say("fec-line")) }
                    th scope="col" { (words.say("fec-rule")) }
                } }
                tbody { @for finding in findings { tr {
                    td { (words.one_of("fec-level", level(finding))) }
                    td.num { @if let Some(line) = finding.line { (line) } }
                    th scope="row" {
                        (words.one_of("fec-rule", finding.rule.code()))
                        @if !finding.detail.is_empty() { " " code { (finding.detail) } }
                    }
                } } }
            }
        }
    }
}

/// `GET /office/bank/fec/file?from=&to=`
pub(in super::super) async fn download(
    State(state): State<AppState>,
    Query(days): Query<Days>,
) -> Result<Response, Problem> {
    let Made::File(fec) = made(&state, &days).await? else {
        return Err(Problem::of(Kind::NotFound));
    };
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", fec.name),
        ),
    ];
    Ok((headers, fec.file).into_response())
}
