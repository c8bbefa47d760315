//! Accounts of the people who work here, and what each of them did. Administrators only.
//!
//! Passwords for others are drawn, shown once and for one entry: nobody knows the password of somebody else.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use shop::staff::{self, AccountRefusal, Credential, Member, NewMember, PasswordHash, Role, audit};
use trade::clock::Timestamp;
use trade::{limits, locale};

use super::access::Visit;
use super::frame::{self, Part, time, token};
use crate::AppState;
use crate::problem::{Kind, Problem};

/// Lines of the log on a page.
const LOGGED: u32 = 100;

/// What a redirect to the accounts carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
}

/// `GET /office/staff`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let members = state.store.read(staff::list).await?;
    let words = visit.words();
    let body = html! {
        (said(&visit, &told.told))
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-staff")) {
            table.grid.wide {
                thead { tr {
                    th scope="col" { (words.say("office-login")) }
                    th scope="col" { (words.say("office-name-column")) }
                    th scope="col" { (words.say("office-role")) }
                    th scope="col" { (words.say("office-staff-change")) }
                } }
                tbody { @for member in &members { (row(&visit, member)) } }
            }
        }
        (new_form(&visit))
    };
    Ok(frame::page(
        &visit,
        Part::Staff,
        words.say("office-staff"),
        &body,
    ))
}

fn row(visit: &Visit, member: &Member) -> Markup {
    let words = visit.words();
    let (login, path) = (&member.login, format!("/office/staff/{}", member.login));
    html! {
        tr {
            th scope="row" { (login) }
            td { (member.name) }
            td {
                (words.one_of("office-role", member.role.code()))
                @if member.disabled { div.muted.small { (words.say("office-disabled")) } }
                @if member.one_time_until.is_some() { div.muted.small { (words.say("office-one-time")) } }
                @if member.second_factor { div.muted.small { (words.say("office-factor-has")) } }
            }
            td {
                @if *login != visit.member.login {
                    (asked(visit, login, (&path, "password"), "office-password-give"))
                }
                @if member.second_factor {
                    (asked(visit, login, (&path, "second-factor"), "office-factor-take"))
                }
                @if !member.disabled && *login != visit.member.login {
                    (asked(visit, login, (&path, "disable"), "office-disable"))
                }
            }
        }
    }
}

/// A deed to an account, asked twice; its help has its name with `-help`.
fn asked(visit: &Visit, login: &str, (path, deed): (&str, &str), name: &str) -> Markup {
    let words = visit.words();
    html! {
        details.ask {
            summary { (words.say(name)) span.sr { " " (login) } }
            form method="post" action={ (path) "/" (deed) } {
                (token(visit))
                p { (words.say(&format!("{name}-help"))) }
                div.actions { button.button.quiet { (words.say(name)) } }
            }
        }
    }
}

fn new_form(visit: &Visit) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-staff-new")) }
        form.narrow method="post" action="/office/staff" {
            (token(visit))
            div.field { label for="login" { (words.say("office-login")) } input #login name="login" maxlength="64" autocomplete="off" autocapitalize="none" required; }
            div.field { label for="name" { (words.say("office-name-column")) } input #name name="name" maxlength=(limits::NAME_CHARS) autocomplete="off" required; }
            div.field {
                label for="role" { (words.say("office-role")) }
                select #role name="role" { @for &role in Role::ALL { option value=(role.code()) { (words.one_of("office-role", role.code())) } } }
            }
            p.hint { (words.say("office-staff-new-help")) }
            div.actions { button.button { (words.say("office-staff-create")) } }
        }
    }
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "factor-removed" => frame::notice(true, words.say("office-told-factor-removed")),
        "disabled" => frame::notice(true, words.say("office-told-disabled")),
        "taken" => frame::notice(false, words.say("office-told-taken")),
        "bad-login" => frame::notice(false, words.say("office-told-bad-login")),
        "own-password" => frame::notice(false, words.say("office-told-own-password-here")),
        "oneself" => frame::notice(false, words.say("office-told-oneself")),
        _ => html! {},
    }
}

/// What the form of a new account sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NewAccount {
    login: String,
    name: String,
    role: String,
}

/// `POST /office/staff`
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Form(new): Form<NewAccount>,
) -> Result<Response, Problem> {
    let role = Role::of_code(&new.role).ok_or_else(|| Problem::of(Kind::Malformed))?;
    let name: String = new.name.trim().chars().take(limits::NAME_CHARS).collect();
    let name = if name.is_empty() {
        new.login.clone()
    } else {
        name
    };
    let (password, hash) = drawn().await?;
    let (by, now) = (visit.member.login.clone(), state.clock.now());
    let member = NewMember {
        login: new.login,
        name,
        role,
        password: Credential::one_time(hash, now),
    };
    let created = state
        .store
        .write(move |tx| -> Result<Member, AccountRefusal> {
            let created = staff::create(tx, &member, now)?;
            let (login, role) = (&created.login, created.role.code());
            audit::record(tx, &by, "staff.create", login, Some(role), now)?;
            Ok(created)
        });
    match created.await {
        Ok(created) => Ok(given(&visit, &created.login, &password, now)),
        Err(refusal) => done("", Err(refusal)).map(IntoResponse::into_response),
    }
}

/// `POST /office/staff/{login}/password`
pub(super) async fn give_password(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(login): Path<String>,
) -> Result<Response, Problem> {
    if login.eq_ignore_ascii_case(&visit.member.login) {
        return Ok(told("own-password").into_response());
    }
    let (password, hash) = drawn().await?;
    let (by, now) = (visit.member.login.clone(), state.clock.now());
    let (whose, credential) = (login.clone(), Credential::one_time(hash, now));
    let changed = state.store.write(move |tx| -> Result<(), AccountRefusal> {
        staff::set_password(tx, &whose, &credential)?;
        Ok(audit::record(tx, &by, "staff.password", &whose, None, now)?)
    });
    match changed.await {
        Ok(()) => Ok(given(&visit, &login, &password, now)),
        Err(refusal) => done("", Err(refusal)).map(IntoResponse::into_response),
    }
}

/// The page that shows a drawn password, this once.
fn given(visit: &Visit, login: &str, password: &str, now: Timestamp) -> Response {
    let words = visit.words();
    let until = locale::format_time(now.plus(limits::ONE_TIME_PASSWORD), visit.locale);
    let body = html! {
        dl.figures {
            div { dt { (words.say("office-login")) } dd { (login) } }
            div { dt { (words.say("office-one-time")) } dd { code { (password) } } }
        }
        p { (words.tell("office-given-help", &[("until", until.into())])) }
        p { a href="/office/staff" { (words.say("office-staff-back")) } }
    };
    frame::page(visit, Part::Staff, words.say("office-one-time"), &body).into_response()
}

/// `POST /office/staff/{login}/second-factor`: for who has lost it, recovery codes and all.
pub(super) async fn remove_second_factor(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(login): Path<String>,
) -> Result<Redirect, Problem> {
    let (by, now) = (visit.member.login, state.clock.now());
    let removed = state.store.write(move |tx| -> Result<(), AccountRefusal> {
        staff::remove_second_factor(tx, &login)?;
        Ok(audit::record(
            tx,
            &by,
            "staff.factor_off",
            &login,
            None,
            now,
        )?)
    });
    done("factor-removed", removed.await)
}

/// `POST /office/staff/{login}/disable`. Nobody shuts themselves out.
pub(super) async fn disable(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(login): Path<String>,
) -> Result<Redirect, Problem> {
    if login.eq_ignore_ascii_case(&visit.member.login) {
        return Ok(told("oneself"));
    }
    let (by, now) = (visit.member.login, state.clock.now());
    let disabled = state.store.write(move |tx| -> Result<(), AccountRefusal> {
        staff::disable(tx, &login)?;
        Ok(audit::record(tx, &by, "staff.disable", &login, None, now)?)
    });
    done("disabled", disabled.await)
}

/// A password and its hash, made on a thread of its own.
async fn drawn() -> Result<(String, PasswordHash), Problem> {
    let drawing = tokio::task::spawn_blocking(staff::drawn);
    let drawn = drawing
        .await
        .map_err(|error| Problem::fault(Kind::Fault, &error))?;
    Ok(drawn?)
}

fn done(what: &str, outcome: Result<(), AccountRefusal>) -> Result<Redirect, Problem> {
    match outcome {
        Ok(()) => Ok(told(what)),
        Err(AccountRefusal::LoginTaken { .. }) => Ok(told("taken")),
        Err(AccountRefusal::BadLogin) => Ok(told("bad-login")),
        Err(AccountRefusal::NoSuchLogin { .. }) => Err(Problem::of(Kind::NotFound)),
        Err(AccountRefusal::Fault(fault)) => Err(fault.into()),
    }
}

fn told(what: &str) -> Redirect {
    Redirect::to(&format!("/office/staff?told={what}"))
}

/// The page of the log, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    page: String,
}

/// `GET /office/audit?page=`
pub(super) async fn log(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let page: u32 = wanted.page.parse().unwrap_or(1).clamp(1, 100_000);
    let entries = state
        .store
        .read(move |tx| audit::latest(tx, page, LOGGED))
        .await?;
    let words = visit.words();
    let body = html! {
        @if entries.is_empty() { p.muted { (words.say("office-audit-empty")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(words.say("office-audit")) {
                table.grid {
                    thead { tr {
                        th scope="col" { (words.say("office-move-when")) }
                        th scope="col" { (words.say("office-login")) }
                        th scope="col" { (words.say("office-audit-action")) }
                        th scope="col" { (words.say("office-audit-subject")) }
                        th scope="col" { (words.say("office-audit-note")) }
                    } }
                    tbody { @for entry in &entries { tr data-row {
                        td { (time(&visit, entry.at)) }
                        td { @if entry.staff.is_empty() { (words.say("office-audit-shop")) } @else { (entry.staff) } }
                        td { (words.one_of("office-action", &entry.action.replace('.', "-"))) }
                        td { (entry.subject) }
                        td { (entry.note.as_deref().unwrap_or_default()) }
                    } } }
                }
            }
        }
        nav.pages aria-label=(words.say("office-pages")) {
            @if page > 1 { a rel="prev" href={ "/office/audit?page=" (page - 1) } { (words.say("office-previous")) } }
            @if entries.len() == LOGGED as usize { a rel="next" href={ "/office/audit?page=" (page + 1) } { (words.say("office-next")) } }
        }
    };
    Ok(frame::page(
        &visit,
        Part::Audit,
        words.say("office-audit"),
        &body,
    ))
}
