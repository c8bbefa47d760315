//! *My account*: the password and the open sessions of whoever is logged in. Everybody's own, and nobody else's.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use shop::staff::{
    self, ChangeRefusal, LoginRefusal, NewPassword, OwnSession, PasswordRefusal, SecondFactorRule,
    Step, Which,
};
use trade::limits;

use super::access::{self, Visit};
use super::frame::{self, Part, counted, time, token};
use super::{Office, browser, login};
use crate::AppState;
use crate::peer::Peer;
use crate::problem::{Kind, Problem};

/// What a redirect to the page carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// `GET /office/account`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let (member, now) = (visit.member.clone(), state.clock.now());
    let sessions = state
        .store
        .read(move |tx| staff::own_sessions(tx, &member, now))
        .await?;
    let words = visit.words();
    let body = html! {
        (said(&visit, &told.told))
        p.muted { (visit.member.name) " · " (visit.member.login) " · " (words.one_of("office-role", visit.member.role.code())) }
        div.columns {
            section {
                h2 { (words.say("office-sessions")) }
                (sessions_table(&visit, &sessions))
            }
            section {
                h2 { (words.say("office-password")) }
                p { a href=(access::page_of(Step::Password)) { (words.say("office-password-change")) } }
                h2 { (words.say("office-factor")) }
                (factor(&visit, state.settings.second_factor))
            }
        }
    };
    let title = words.say("office-account");
    Ok(frame::page(&visit, Part::Account, title, &body))
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "password" => frame::notice(true, words.say("office-told-own-password")),
        "ended" => frame::notice(true, words.say("office-told-session-ended")),
        "factor-removed" => frame::notice(true, words.say("office-told-factor-removed")),
        "not-proven" => frame::notice(false, words.say("office-not-proven")),
        "later" => frame::notice(false, words.say("office-login-later")),
        "factor-kept" => frame::notice(false, words.say("office-told-factor-kept")),
        _ => html! {},
    }
}

fn sessions_table(visit: &Visit, sessions: &[OwnSession]) -> Markup {
    let words = visit.words();
    let others = sessions.len().saturating_sub(1);
    html! {
        p.hint { (words.tell("office-sessions-help", &[
            ("idle", (limits::STAFF_IDLE.as_secs() / 60).to_string().into()),
            ("whole", (limits::STAFF_SESSION.as_secs() / 3600).to_string().into()),
        ])) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-sessions")) {
            table.grid.wide {
                thead { tr {
                    th scope="col" { (words.say("office-session-browser")) }
                    th scope="col" { (words.say("office-session-opened")) }
                    th scope="col" { (words.say("office-session-seen")) }
                    th scope="col" { (words.say("office-session-end")) }
                } }
                tbody { @for one in sessions { (session_row(visit, one)) } }
            }
        }
        @if others > 0 {
            (ending(visit, "/office/account/sessions/end", "current-others", html! {
                (words.tell("office-sessions-end", &counted(others as u64, visit.locale)))
            }))
        }
    }
}

/// A way to end sessions, asked for with the password.
fn ending(visit: &Visit, path: &str, id: &str, name: Markup) -> Markup {
    html! {
        details.ask {
            summary { (name) }
            form method="post" action=(path) {
                (token(visit))
                (own_password(visit, id))
                div.actions { button.button.quiet { (name) } }
            }
        }
    }
}

fn session_row(visit: &Visit, one: &OwnSession) -> Markup {
    let words = visit.words();
    let family = match one.browser.family.as_str() {
        "" => words.say("office-session-unknown"),
        family => family,
    };
    html! {
        tr {
            th scope="row" {
                (family)
                div.muted.small { (one.browser.address) }
            }
            td { (time(visit, one.opened)) }
            td { (time(visit, one.seen)) }
            td {
                @if one.id == visit.session.id { (words.say("office-session-this")) } @else {
                    (ending(
                        visit,
                        &format!("/office/account/sessions/{}/end", one.id),
                        &format!("current-{}", one.id),
                        html! { (words.say("office-session-end")) span.sr { " " (family) } },
                    ))
                }
            }
        }
    }
}

fn factor(visit: &Visit, rule: SecondFactorRule) -> Markup {
    let (words, page) = (visit.words(), access::page_of(Step::SecondFactor));
    if !visit.member.second_factor {
        return html! {
            p { (words.one_of("office-factor-none", rule.code())) }
            p { a href=(page) { (words.say("office-factor-set-up")) } }
        };
    }
    html! {
        p { (words.say("office-factor-there")) }
        p { a href=(page) { (words.say("office-factor-other")) } }
        @if rule == SecondFactorRule::Optional {
            details.ask {
                summary { (words.say("office-factor-remove")) }
                form method="post" action="/office/account/second-factor/remove" {
                    (token(visit))
                    p { (words.say("office-factor-remove-help")) }
                    (own_password(visit, "current-remove"))
                    div.actions { button.button.quiet { (words.say("office-factor-remove")) } }
                }
            }
        }
    }
}

/// The field for the password that lets her in now.
pub(super) fn own_password(visit: &Visit, id: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { (visit.words().say("office-password-current")) }
            input id=(id) type="password" name="current" autocomplete="current-password" required;
        }
    }
}

/// What a form that ends sessions sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Proof {
    current: String,
}

/// `POST /office/account/sessions/{id}/end`
pub(super) async fn end(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Extension(office): Extension<Office>,
    peer: Peer,
    Path(id): Path<String>,
    Form(proof): Form<Proof>,
) -> Result<Redirect, Problem> {
    let id = id.parse().map_err(|_| Problem::of(Kind::NotFound))?;
    if office.attempts.count(&peer).is_none() {
        return kept(&visit, LoginRefusal::TryLater);
    }
    ended(&state, &visit, Which::One(id), &proof).await
}

/// `POST /office/account/sessions/end`
pub(super) async fn end_others(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Extension(office): Extension<Office>,
    peer: Peer,
    Form(proof): Form<Proof>,
) -> Result<Redirect, Problem> {
    if office.attempts.count(&peer).is_none() {
        return kept(&visit, LoginRefusal::TryLater);
    }
    ended(&state, &visit, Which::Others, &proof).await
}

async fn ended(
    state: &AppState,
    visit: &Visit,
    which: Which,
    proof: &Proof,
) -> Result<Redirect, Problem> {
    let (store, clock) = (&state.store, &state.clock);
    match staff::end_own(store, clock, &visit.session, which, &proof.current).await {
        Ok(0) if which != Which::Others => Err(Problem::of(Kind::NotFound)),
        Ok(_) => Ok(Redirect::to("/office/account?told=ended")),
        Err(refusal) => kept(visit, refusal),
    }
}

/// Back to the page, for who did not show that the account is hers.
pub(super) fn kept(visit: &Visit, refusal: LoginRefusal) -> Result<Redirect, Problem> {
    tracing::warn!(login = visit.member.login, %refusal, "somebody did not show who she is");
    match refusal {
        LoginRefusal::Wrong => Ok(Redirect::to("/office/account?told=not-proven")),
        LoginRefusal::TryLater => Ok(Redirect::to("/office/account?told=later")),
        LoginRefusal::Fault(fault) => Err(fault.into()),
    }
}

/// `GET /office/account/password`
pub(super) async fn password(Extension(visit): Extension<Visit>) -> Markup {
    password_page(&visit, None)
}

fn password_page(visit: &Visit, told: Option<&str>) -> Markup {
    let words = visit.words();
    let min = limits::PASSWORD_MIN_CHARS.to_string();
    let body = html! {
        @if let Some(told) = told { (frame::notice(false, told)) }
        @if visit.owes.is_some() { p { (words.say("office-password-owed")) } }
        form.narrow method="post" action=(access::page_of(Step::Password)) {
            (token(visit))
            // Password keepers want to know whose it is.
            input type="hidden" name="login" value=(visit.member.login) autocomplete="username";
            (own_password(visit, "current"))
            div.field {
                label for="new" { (words.say("office-password-new")) }
                p.hint #new-hint { (words.tell("office-password-rules", &[("min", min.into())])) }
                input #new type="password" name="new" minlength=(limits::PASSWORD_MIN_CHARS) autocomplete="new-password" aria-describedby="new-hint" required;
            }
            div.actions { button.button { (words.say("office-password-change")) } }
        }
    };
    frame::step_page(visit, words.say("office-password-change"), &body)
}

/// What the form of a new password sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    current: String,
    new: String,
}

/// `POST /office/account/password`
pub(super) async fn change(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Extension(office): Extension<Office>,
    peer: Peer,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let words = visit.words();
    let refused = |status, told| Ok((status, password_page(&visit, Some(told))).into_response());
    let Some(address) = office.attempts.count(&peer) else {
        return refused(
            StatusCode::TOO_MANY_REQUESTS,
            words.say("office-login-later"),
        );
    };
    let typed = NewPassword {
        current: &typed.current,
        new: &typed.new,
        shop: &state.settings.shop_name,
    };
    let browser = browser::of(&headers, address);
    let (store, clock) = (&state.store, &state.clock);
    let told = match staff::change_password(store, clock, &visit.session, typed, &browser).await {
        Ok(session) => {
            let there = Redirect::to("/office/account?told=password").into_response();
            return Ok(login::goes_on(&state, &session, there));
        }
        Err(ChangeRefusal::Current(refusal)) => {
            return not_proven(&visit, refusal, &|told: &str| {
                password_page(&visit, Some(told))
            });
        }
        Err(ChangeRefusal::Same) => words.say("office-password-same"),
        Err(ChangeRefusal::New(refusal)) => match refusal {
            PasswordRefusal::TooShort { .. } | PasswordRefusal::TooLong { .. } => {
                words.say("office-told-bad-password")
            }
            PasswordRefusal::Common => words.say("office-password-common"),
            PasswordRefusal::Obvious => words.say("office-password-obvious"),
            PasswordRefusal::Unhashed => return Err(Problem::fault(Kind::Fault, &refusal)),
        },
        Err(ChangeRefusal::Fault(fault)) => return Err(fault.into()),
    };
    refused(StatusCode::UNPROCESSABLE_ENTITY, told)
}

/// The page again, for who did not show that the account is hers; written down as a failed login is.
pub(super) fn not_proven(
    visit: &Visit,
    refusal: LoginRefusal,
    page: &dyn Fn(&str) -> Markup,
) -> Result<Response, Problem> {
    let words = visit.words();
    tracing::warn!(login = visit.member.login, %refusal, "somebody did not show who she is");
    let (status, told) = match refusal {
        LoginRefusal::Wrong => (StatusCode::FORBIDDEN, words.say("office-not-proven")),
        LoginRefusal::TryLater => (
            StatusCode::TOO_MANY_REQUESTS,
            words.say("office-login-later"),
        ),
        LoginRefusal::Fault(fault) => return Err(fault.into()),
    };
    Ok((status, page(told)).into_response())
}
