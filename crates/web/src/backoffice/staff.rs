//! Accounts of the people who work here, and what each of them did. Administrators only.

use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use shop::staff::{
    self, AccountRefusal, Member, NewMember, PasswordHash, PasswordRefusal, Role, audit,
};
use trade::limits;

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
            table.grid {
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
            td { (words.one_of("office-role", member.role.code())) @if member.disabled { div.muted.small { (words.say("office-disabled")) } } }
            td {
                details.ask {
                    summary { (words.say("office-password-new")) span.sr { " " (login) } }
                    form method="post" action={ (path) "/password" } {
                        (token(visit))
                        div.field {
                            label for={ "password-" (login) } { (words.say("office-password-new")) }
                            input id={ "password-" (login) } type="password" name="password" autocomplete="new-password" minlength=(limits::PASSWORD_MIN_CHARS) required;
                        }
                        div.actions { button.button.quiet { (words.say("office-save")) } }
                    }
                }
                @if !member.disabled && *login != visit.member.login {
                    details.ask {
                        summary { (words.say("office-disable")) span.sr { " " (login) } }
                        form method="post" action={ (path) "/disable" } {
                            (token(visit))
                            p { (words.say("office-disable-help")) }
                            div.actions { button.button.quiet { (words.say("office-disable")) } }
                        }
                    }
                }
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
            div.field {
                label for="password" { (words.say("office-password")) }
                p.hint #password-hint { (words.tell("office-password-hint", &[("min", limits::PASSWORD_MIN_CHARS.to_string().into())])) }
                input #password type="password" name="password" minlength=(limits::PASSWORD_MIN_CHARS) autocomplete="new-password" aria-describedby="password-hint" required;
            }
            div.actions { button.button { (words.say("office-staff-create")) } }
        }
    }
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "created" => frame::notice(true, words.say("office-told-created")),
        "password" => frame::notice(true, words.say("office-told-password")),
        "disabled" => frame::notice(true, words.say("office-told-disabled")),
        "taken" => frame::notice(false, words.say("office-told-taken")),
        "bad-login" => frame::notice(false, words.say("office-told-bad-login")),
        "bad-password" => frame::notice(false, words.say("office-told-bad-password")),
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
    password: String,
}

/// `POST /office/staff`
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Form(new): Form<NewAccount>,
) -> Result<Redirect, Problem> {
    let role = Role::of_code(&new.role).ok_or_else(|| Problem::of(Kind::Malformed))?;
    let Some(password) = hashed(new.password).await? else {
        return Ok(told("bad-password"));
    };
    let name: String = new.name.trim().chars().take(limits::NAME_CHARS).collect();
    let name = if name.is_empty() {
        new.login.clone()
    } else {
        name
    };
    let member = NewMember {
        login: new.login,
        name,
        role,
        password,
    };
    let (by, now) = (visit.member.login, state.clock.now());
    let created = state.store.write(move |tx| -> Result<(), AccountRefusal> {
        let created = staff::create(tx, &member, now)?;
        Ok(audit::record(
            tx,
            &by,
            "staff.create",
            &created.login,
            Some(created.role.code()),
            now,
        )?)
    });
    done("created", created.await)
}

/// What the form of a new password sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NewPassword {
    password: String,
}

/// `POST /office/staff/{login}/password`
pub(super) async fn set_password(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(login): Path<String>,
    Form(new): Form<NewPassword>,
) -> Result<Redirect, Problem> {
    let Some(password) = hashed(new.password).await? else {
        return Ok(told("bad-password"));
    };
    let (by, now) = (visit.member.login, state.clock.now());
    let changed = state.store.write(move |tx| -> Result<(), AccountRefusal> {
        staff::set_password(tx, &login, &password)?;
        Ok(audit::record(tx, &by, "staff.password", &login, None, now)?)
    });
    done("password", changed.await)
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

/// The hash, made on a thread of its own; none when the password is too short or too long.
async fn hashed(password: String) -> Result<Option<PasswordHash>, Problem> {
    let hashing = tokio::task::spawn_blocking(move || staff::hash(&password));
    match hashing
        .await
        .map_err(|error| Problem::fault(Kind::Fault, &error))?
    {
        Ok(hash) => Ok(Some(hash)),
        Err(PasswordRefusal::TooShort { .. } | PasswordRefusal::TooLong { .. }) => Ok(None),
        Err(PasswordRefusal::Unhashed) => {
            Err(Problem::fault(Kind::Fault, &PasswordRefusal::Unhashed))
        }
    }
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
