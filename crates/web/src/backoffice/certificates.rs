//! Gift certificates: sold over the counter, seen, blocked. A code is shown once, on the page that sold it.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form as Posted};
use maud::{Markup, html};
use serde::Deserialize;
use shop::certificate::{self, Certificate, CertificateCode, IssueDraft};
use shop::form::Flaw;
use storage::Fault;
use trade::limits;
use trade::locale::format_date;

use super::access::Visit;
use super::form::Form;
use super::frame::{self, Part, money, time, token};
use crate::AppState;
use crate::problem::{Kind, Problem};

/// What the form of a sale sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    worth: String,
    months: String,
    note: String,
}

impl Typed {
    fn fresh() -> Typed {
        Typed {
            months: "12".to_owned(),
            ..Typed::default()
        }
    }
}

/// What a redirect to the list carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// `GET /office/certificates`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let all = state.store.read(certificate::all).await?;
    let words = visit.words();
    let said = match told.told.as_str() {
        "blocked" => frame::notice(true, words.say("office-certificate-told-blocked")),
        "unblocked" => frame::notice(true, words.say("office-certificate-told-unblocked")),
        _ => html! {},
    };
    Ok(page(&state, &visit, &all, &said, &Typed::fresh(), &[]))
}

/// `POST /office/certificates`: the answer is the page with the code, not a redirect, because nothing can show it again.
pub(super) async fn issue(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Posted(typed): Posted<Typed>,
) -> Result<Response, Problem> {
    let draft = match IssueDraft::check(&typed.worth, &typed.months, &typed.note) {
        Ok(draft) => draft,
        Err(flaws) => {
            let all = state.store.read(certificate::all).await?;
            let page = page(&state, &visit, &all, &html! {}, &typed, &flaws);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let (now, login) = (state.clock.now(), visit.member.login.clone());
    let sold = state
        .store
        .write(move |tx| -> Result<_, Fault> {
            let (code, _) = certificate::issue(tx, &draft, &login, now)?;
            Ok((code, certificate::all(tx)?))
        })
        .await?;
    let (code, all) = sold;
    let shown = code_of(&visit, &code, all.first());
    Ok(page(&state, &visit, &all, &shown, &Typed::fresh(), &[]).into_response())
}

/// The code, to be written on the card that the buyer takes along.
fn code_of(visit: &Visit, code: &CertificateCode, sold: Option<&Certificate>) -> Markup {
    let words = visit.words();
    html! {
        div.notice role="status" {
            h2 { (words.say("office-certificate-code")) }
            p.num { b { (code) } }
            @if let Some(sold) = sold {
                p { (words.tell("office-certificate-worth-until", &[
                    ("worth", money(visit, sold.worth).into()),
                    ("day", format_date(sold.expires, visit.locale).into()),
                ])) }
            }
            p { (words.say("office-certificate-once")) }
        }
    }
}

/// `POST /office/certificates/{id}/block`
pub(super) async fn block(
    state: State<AppState>,
    visit: Extension<Visit>,
    id: Path<String>,
) -> Result<Redirect, Problem> {
    set(state, visit, id, true).await
}

/// `POST /office/certificates/{id}/unblock`
pub(super) async fn unblock(
    state: State<AppState>,
    visit: Extension<Visit>,
    id: Path<String>,
) -> Result<Redirect, Problem> {
    set(state, visit, id, false).await
}

async fn set(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    blocked: bool,
) -> Result<Redirect, Problem> {
    let id: i64 = id.parse().map_err(|_| Problem::of(Kind::NotFound))?;
    let (now, login) = (state.clock.now(), visit.member.login.clone());
    state
        .store
        .write(move |tx| certificate::block(tx, id, blocked, &login, now))
        .await?;
    let told = if blocked { "blocked" } else { "unblocked" };
    Ok(Redirect::to(&format!("/office/certificates?told={told}")))
}

fn page(
    state: &AppState,
    visit: &Visit,
    all: &[Certificate],
    said: &Markup,
    typed: &Typed,
    flaws: &[(&'static str, Flaw)],
) -> Markup {
    let words = visit.words();
    let title = words.say("office-certificates");
    let body = html! {
        (said)
        p { (words.say("office-certificates-help")) }
        (sale(visit, typed, flaws))
        @if all.is_empty() { p.muted { (words.say("office-certificates-none")) } }
        @else { (table(state, visit, all)) }
    };
    frame::page(visit, Part::Certificates, title, &body)
}

fn sale(visit: &Visit, typed: &Typed, flaws: &[(&'static str, Flaw)]) -> Markup {
    let words = visit.words();
    let form = Form {
        visit,
        labels: "office-certificate",
        flaws,
    };
    html! {
        details.ask open[!flaws.is_empty()] {
            summary { (words.say("office-certificate-new")) }
            div {
                form method="post" action="/office/certificates" {
                    (token(visit))
                    (form.line("worth", &typed.worth, 12, Some(words.say("office-certificate-worth-hint"))))
                    (form.line("months", &typed.months, 3, Some(words.say("office-certificate-months-hint"))))
                    (form.line("note", &typed.note, limits::NOTE_CHARS, None))
                    button.button { (words.say("office-certificate-sell")) }
                }
            }
        }
    }
}

fn table(state: &AppState, visit: &Visit, all: &[Certificate]) -> Markup {
    let words = visit.words();
    let today = state.clock.today();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-certificates")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-certificate-end")) }
                    th.num scope="col" { (words.say("office-certificate-worth")) }
                    th.num scope="col" { (words.say("office-certificate-balance")) }
                    th scope="col" { (words.say("office-certificate-until")) }
                    th scope="col" { (words.say("office-certificate-sold")) }
                    th scope="col" { span.sr { (words.say("office-certificate-block")) } }
                } }
                tbody { @for one in all { tr data-row {
                    th scope="row" { span.num { "…" (one.end) } @if let Some(note) = &one.note { div.muted.small { (note) } } }
                    td.num { (money(visit, one.worth)) }
                    td.num { (money(visit, one.balance)) }
                    td {
                        (format_date(one.expires, visit.locale))
                        @if today > one.expires { div.muted.small { (words.say("office-certificate-over")) } }
                    }
                    td { (time(visit, one.issued)) div.muted.small { (one.staff) } }
                    td {
                        @let (path, name) = if one.blocked { ("unblock", "office-certificate-unblock") } else { ("block", "office-certificate-block") };
                        form method="post" action={ "/office/certificates/" (one.id) "/" (path) } {
                            (token(visit))
                            button.button.quiet { (words.say(name)) span.sr { " …" (one.end) } }
                        }
                    }
                } } }
            }
        }
    }
}
