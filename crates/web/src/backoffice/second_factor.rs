//! Showing a second factor at the entry, setting one up, and taking it away again.
//!
//! The secret is shown once as a QR code and as text, the recovery codes once as a list; neither can be seen again.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;
use shop::staff::{self, Enrolment, LoginRefusal, SecondFactorRule, Step};

use super::access::{self, Visit};
use super::account::{kept, not_proven, own_password};
use super::frame::{self, token};
use super::{Office, browser, login};
use crate::AppState;
use crate::peer::Peer;
use crate::problem::Problem;

/// The white border that readers of QR codes need, in modules (ISO/IEC 18004).
const QUIET: i32 = 4;

/// `GET /office/code`
pub(super) async fn ask(Extension(visit): Extension<Visit>) -> Response {
    match visit.owes {
        Some(_) => code_page(&visit, None).into_response(),
        None => Redirect::to("/office").into_response(),
    }
}

fn code_page(visit: &Visit, told: Option<&str>) -> Markup {
    let words = visit.words();
    let body = html! {
        @if let Some(told) = told { (frame::notice(false, told)) }
        form method="post" action=(access::page_of(Step::Code)) {
            (token(visit))
            div.field {
                label for="code" { (words.say("office-code")) }
                p.hint #code-hint { (words.say("office-code-help")) }
                input #code name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="64" aria-describedby="code-hint" required autofocus;
            }
            div.actions { button.button { (words.say("office-log-in")) } }
        }
    };
    frame::step_page(visit, words.say("office-factor"), &body)
}

/// What the form of a code sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    code: String,
}

/// `POST /office/code`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Extension(office): Extension<Office>,
    peer: Peer,
    headers: HeaderMap,
    Form(shown): Form<Shown>,
) -> Result<Response, Problem> {
    if visit.owes != Some(Step::Code) {
        return Ok(Redirect::to("/office").into_response());
    }
    let words = visit.words();
    let Some(address) = office.attempts.count(&peer) else {
        let page = code_page(&visit, Some(words.say("office-login-later")));
        return Ok((StatusCode::TOO_MANY_REQUESTS, page).into_response());
    };
    let browser = browser::of(&headers, address);
    let keys = state.factor_keys();
    let by = (&state.store, &state.clock, &keys);
    match staff::show_code(by, &visit.session, &shown.code, &browser).await {
        Ok(session) => {
            let inside = Redirect::to("/office").into_response();
            Ok(login::goes_on(&state, &session, inside))
        }
        Err(refusal) => not_proven(&visit, refusal, &|told: &str| code_page(&visit, Some(told))),
    }
}

/// What a redirect to the page carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// `GET /office/account/second-factor`
pub(super) async fn offer(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Markup {
    let words = visit.words();
    let wanted = told.told == "wanted" || visit.owes.is_some();
    let rule = state.settings.second_factor;
    let told = wanted.then(|| words.one_of("office-factor-wanted", rule.code()));
    offer_page(&state, &visit, told)
}

fn offer_page(state: &AppState, visit: &Visit, told: Option<&str>) -> Markup {
    let words = visit.words();
    let shop = &state.settings.shop_name;
    let enrolment = Enrolment::of(&state.factor_keys(), &visit.session, shop);
    let grouped: Vec<String> = enrolment
        .secret
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    let body = html! {
        @if let Some(told) = told { (frame::notice(false, told)) }
        @if visit.member.second_factor { p { (words.say("office-factor-replaces")) } }
        p { (words.say("office-factor-scan")) }
        (drawn(&enrolment.address, words.say("office-factor-picture")))
        p { (words.say("office-factor-type")) br; code { (grouped.join(" ")) } }
        form.narrow method="post" action=(access::page_of(Step::SecondFactor)) {
            (token(visit))
            div.field {
                label for="code" { (words.say("office-factor-code")) }
                input #code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="16" required;
            }
            (own_password(visit, "current"))
            div.actions { button.button { (words.say("office-factor-set-up")) } }
        }
    };
    frame::step_page(visit, words.say("office-factor-set-up"), &body)
}

/// A QR code as a drawing: dark on white in both colour schemes, since readers expect it. None where the name of the shop is
/// longer than a QR code holds: the secret can be typed.
fn drawn(address: &str, name: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(address, QrCodeEcc::Medium) else {
        return html! {};
    };
    let side = code.size() + 2 * QUIET;
    let path: String = (0..code.size())
        .flat_map(|y| (0..code.size()).map(move |x| (x, y)))
        .filter(|&(x, y)| code.get_module(x, y))
        .map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET))
        .collect();
    html! {
        svg width="232" height="232" viewBox={ "0 0 " (side) " " (side) } role="img" aria-label=(name) shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

/// What the form of a new second factor sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Confirmed {
    code: String,
    current: String,
}

/// `POST /office/account/second-factor`
pub(super) async fn set_up(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Extension(office): Extension<Office>,
    peer: Peer,
    headers: HeaderMap,
    Form(given): Form<Confirmed>,
) -> Result<Response, Problem> {
    let words = visit.words();
    let Some(address) = office.attempts.count(&peer) else {
        let page = offer_page(&state, &visit, Some(words.say("office-login-later")));
        return Ok((StatusCode::TOO_MANY_REQUESTS, page).into_response());
    };
    let keys = state.factor_keys();
    let by = (&state.store, &state.clock, &keys);
    let browser = browser::of(&headers, address);
    let typed = (given.current.as_str(), given.code.as_str());
    match staff::enrol(by, &visit.session, typed, &browser).await {
        Ok(enrolled) => {
            let page = codes_page(&visit, &enrolled.recovery_codes).into_response();
            Ok(login::goes_on(&state, &enrolled.session, page))
        }
        Err(refusal) => {
            let again = |told: &str| offer_page(&state, &visit, Some(told));
            not_proven(&visit, refusal, &again)
        }
    }
}

/// The recovery codes, this once. The session that this page belongs to has ended: it has no forms.
fn codes_page(visit: &Visit, codes: &[String]) -> Markup {
    let words = visit.words();
    let body = html! {
        (frame::notice(true, words.say("office-told-factor")))
        p { (words.say("office-recovery-help")) }
        ul.plain { @for code in codes { li { code { (code) } } } }
        p { a.next-step href="/office" { (words.say("office-recovery-kept")) } }
    };
    frame::bare_page(visit.locale, words.say("office-recovery"), &body)
}

/// What the form that takes a second factor away sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Removal {
    current: String,
}

/// `POST /office/account/second-factor/remove`. Where the shop's rule wants one, only an administrator removes it.
pub(super) async fn remove(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Extension(office): Extension<Office>,
    peer: Peer,
    Form(given): Form<Removal>,
) -> Result<Redirect, Problem> {
    if state.settings.second_factor != SecondFactorRule::Optional {
        return Ok(Redirect::to("/office/account?told=factor-kept"));
    }
    if office.attempts.count(&peer).is_none() {
        return kept(&visit, LoginRefusal::TryLater);
    }
    let (store, clock) = (&state.store, &state.clock);
    match staff::give_up_second_factor(store, clock, &visit.session, &given.current).await {
        Ok(()) => Ok(Redirect::to("/office/account?told=factor-removed")),
        Err(refusal) => kept(&visit, refusal),
    }
}
