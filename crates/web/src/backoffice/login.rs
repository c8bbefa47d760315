//! Coming in and going out.
//!
//! The form carries a random token that a cookie of the same visit must repeat: nobody can be logged in by a
//! form on another site. Attempts are limited per address here and per login by the verb.

use std::net::IpAddr;

use axum::Extension;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use link::pace::Pace;
use maud::{Markup, html};
use serde::Deserialize;
use shop::staff::{self, LoginRefusal, NewSession, audit};
use subtle::ConstantTimeEq;
use trade::limits;

use super::Office;
use super::access::{self, Visit};
use super::{browser, frame};
use crate::AppState;
use crate::i18n;
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::visitor::Visitor;

/// The cookie that repeats the form's token, and how long a login page may stay open.
const FORM_COOKIE: &str = "bouquin-office-login";
const FORM_SECONDS: u64 = 3600;

/// What browsers throw away when somebody leaves: whatever they kept of the pages. Not cookies: a basket in the same browser
/// is one, and the session's ends by name.
const FORGOTTEN: &str = "\"cache\", \"storage\"";

/// Attempts per address.
pub(super) struct Attempts(Pace<IpAddr>);

impl Attempts {
    pub(super) fn new() -> Attempts {
        Attempts(Pace::per_minute(limits::LOGINS_PER_MINUTE))
    }

    /// Counts an attempt to show who one is, by a password or a code, and says where it comes from; none, with a warning
    /// in the log, when there were too many from there.
    pub(super) fn count(&self, peer: &Peer) -> Option<IpAddr> {
        let address = peer.address();
        if self.0.count(&peer.house()).is_ok() {
            return Some(address);
        }
        tracing::warn!(%address, "too many attempts to enter the back office");
        None
    }
}

/// Where the browser goes after the login.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    next: String,
}

/// What the form sends.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Credentials {
    login: String,
    password: String,
    form: String,
    next: String,
}

/// `GET /office/login?next=`
pub(super) async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    answer(
        &state,
        &visitor,
        StatusCode::OK,
        &Credentials {
            next: wanted.next,
            ..Credentials::default()
        },
        None,
    )
}

/// `POST /office/login`
pub(super) async fn enter(
    State(state): State<AppState>,
    Extension(office): Extension<Office>,
    visitor: Visitor,
    peer: Peer,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Result<Response, Problem> {
    let words = i18n::words(visitor.locale);
    let repeated = access::cookie(&state.settings, &headers, FORM_COOKIE).unwrap_or_default();
    if given.form.is_empty() || !bool::from(given.form.as_bytes().ct_eq(repeated.as_bytes())) {
        return answer(
            &state,
            &visitor,
            StatusCode::FORBIDDEN,
            &given,
            Some(words.say("office-login-old-form")),
        );
    }
    let Some(address) = office.attempts.count(&peer) else {
        let told = Some(words.say("office-login-later"));
        return answer(
            &state,
            &visitor,
            StatusCode::TOO_MANY_REQUESTS,
            &given,
            told,
        );
    };
    let browser = browser::of(&headers, address);
    let (store, clock) = (&state.store, &state.clock);
    let entering = staff::log_in(store, clock, &given.login, &given.password, &browser).await;
    if let Err(refusal) = &entering {
        // Not the login: it may be a password that was typed into the wrong field.
        tracing::warn!(%address, %refusal, "nobody entered the back office");
    }
    match entering {
        Ok(session) => {
            // Whoever enters again leaves the session before.
            if let Some(before) = access::session_token(&state.settings, &headers) {
                let before = before.to_owned();
                let leaving = state.store.write(move |tx| staff::log_out(tx, &before));
                leaving.await?;
            }
            Ok(entered(&state, &session, &given.next))
        }
        Err(LoginRefusal::Wrong) => answer(
            &state,
            &visitor,
            StatusCode::UNAUTHORIZED,
            &given,
            Some(words.say("office-login-wrong")),
        ),
        Err(LoginRefusal::TryLater) => answer(
            &state,
            &visitor,
            StatusCode::TOO_MANY_REQUESTS,
            &given,
            Some(words.say("office-login-later")),
        ),
        Err(LoginRefusal::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /office/logout`
pub(super) async fn leave(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = access::session_token(&state.settings, &headers).map(str::to_owned) {
        let (login, now) = (visit.member.login, state.clock.now());
        let leaving = state.store.write(move |tx| {
            audit::record(tx, &login, "staff.leave", &login, None, now)?;
            staff::log_out(tx, &token)
        });
        leaving.await?;
    }
    let mut response = Redirect::to("/office/login").into_response();
    response.headers_mut().extend(
        access::session_cookie(&state.settings, "").map(|cookie| (header::SET_COOKIE, cookie)),
    );
    response.headers_mut().insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static(FORGOTTEN),
    );
    Ok(response)
}

fn entered(state: &AppState, session: &NewSession, next: &str) -> Response {
    let response = Redirect::to(safe_next(next)).into_response();
    let mut response = goes_on(state, session, response);
    if let Some(cookie) = access::set_cookie(&state.settings, FORM_COOKIE, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Answers with `response`, under the token of a session that was just opened.
pub(super) fn goes_on(state: &AppState, session: &NewSession, mut response: Response) -> Response {
    if let Some(cookie) = access::session_cookie(&state.settings, &session.token) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Only pages of the back office, so that a link to the login page leads nowhere else.
fn safe_next(next: &str) -> &str {
    let inside = next == "/office" || next.starts_with("/office/") || next.starts_with("/office?");
    if inside
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        next
    } else {
        "/office"
    }
}

fn answer(
    state: &AppState,
    visitor: &Visitor,
    status: StatusCode,
    given: &Credentials,
    told: Option<&str>,
) -> Result<Response, Problem> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|error| Problem::fault(Kind::Fault, &error))?;
    let token = URL_SAFE_NO_PAD.encode(random);
    let title = i18n::words(visitor.locale).say("office-log-in");
    let page = frame::bare_page(
        visitor.locale,
        title,
        &form(state, visitor, given, &token, told),
    );
    let mut response = (status, page).into_response();
    let cookie = access::set_cookie(&state.settings, FORM_COOKIE, &token, FORM_SECONDS);
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

fn form(
    state: &AppState,
    visitor: &Visitor,
    given: &Credentials,
    token: &str,
    told: Option<&str>,
) -> Markup {
    let words = i18n::words(visitor.locale);
    html! {
        p.muted { (state.settings.shop_name) " · " (words.say("office-name")) }
        @if let Some(told) = told { (frame::notice(false, told)) }
        form method="post" action="/office/login" {
            input type="hidden" name="form" value=(token);
            input type="hidden" name="next" value=(safe_next(&given.next));
            div.field {
                label for="login" { (words.say("office-login")) }
                input #login name="login" value=(given.login) autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus;
            }
            div.field {
                label for="password" { (words.say("office-password")) }
                input #password type="password" name="password" autocomplete="current-password" required;
            }
            div.actions { button.button { (words.say("office-log-in")) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_login_only_the_back_office_is_shown() {
        for (next, shown) in [
            (
                "/office/orders?state=confirmed",
                "/office/orders?state=confirmed",
            ),
            ("/office", "/office"),
            ("", "/office"),
            ("https://example.org/office/", "/office"),
            ("//example.org", "/office"),
            ("/officer", "/office"),
            ("/office/\\example.org", "/office"),
            ("/office/\r\nSet-Cookie: a=b", "/office"),
        ] {
            assert_eq!(safe_next(next), shown, "{next}");
        }
    }

    #[test]
    fn one_address_may_not_try_for_ever_and_another_may_still_try() {
        let attempts = Attempts::new();
        let peer = |last| Peer::from(IpAddr::from([192, 0, 2, last]));
        let allowed = (0..limits::LOGINS_PER_MINUTE * 2)
            .filter(|_| attempts.count(&peer(1)).is_some())
            .count();
        assert!(
            allowed <= limits::LOGINS_PER_MINUTE as usize + 1,
            "{allowed}"
        );
        assert!(attempts.count(&peer(2)).is_some());
    }
}
