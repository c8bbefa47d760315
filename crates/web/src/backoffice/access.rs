//! The doors of the back office: who is logged in, what their role opens, and whether a form is theirs.
//!
//! Four things are decided here and nowhere else, before a handler runs: no session leads to the login page, who owes a
//! step first (a code, a password of her own, a second factor) is led to it, an administrator's door stays shut for a
//! bookseller, and a form without the session's token is not read. What stays shut is a warning in the log.
//! A handler behind a door finds a [`Visit`] with the request and need not ask again.

use axum::body::to_bytes;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use shop::staff::{self, Member, Role, SecondFactorRule, Session, Step};
use subtle::ConstantTimeEq;
use trade::limits;
use trade::locale::Locale;

use super::orders::form_urlencoded;
use crate::AppState;
use crate::i18n::{self, Words};
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::state::Settings;
use crate::visitor::Visitor;

/// The name of the session's cookie, `__Host-` before it over TLS.
const COOKIE: &str = "bouquin-office";

/// Who may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Anybody: the login page.
    Open,
    /// Whoever knows a password, whatever else she owes: the way out.
    Known,
    /// Where a step is taken: for who owes it, and for who owes nothing.
    Owing(Step),
    /// Everybody who works here.
    Staff,
    /// Everybody who works here, where money moves or the bank is seen.
    Money,
    /// Administrators only.
    Administrator,
}

impl Door {
    /// Whether it stays shut without a second factor, under the rule of the shop. Accounts are money too: who makes
    /// them could make one that passes.
    fn wants_second_factor(self, rule: SecondFactorRule) -> bool {
        match self {
            Door::Money | Door::Administrator => rule != SecondFactorRule::Optional,
            // Under the rule for all, who has none owes it and does not come this far.
            Door::Open | Door::Known | Door::Owing(_) | Door::Staff => false,
        }
    }
}

/// The page where a step is taken.
pub(super) fn page_of(step: Step) -> &'static str {
    match step {
        Step::Code => "/office/code",
        Step::Password => "/office/account/password",
        Step::SecondFactor => "/office/account/second-factor",
    }
}

/// What the forms of a room send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Fields: read here, and refused without the token.
    Fields,
    /// A file too large for that. Its handler reads the token as the first field, by [`Visit::owns`].
    Upload,
}

/// Somebody who works here, looking at a page.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// Who it is.
    pub member: Member,
    /// What every form must carry.
    pub csrf: String,
    /// The language of the page.
    pub locale: Locale,
    /// The session.
    pub session: Session,
    /// What she must do before other doors open.
    pub owes: Option<Step>,
}

impl Visit {
    /// The words of the page.
    pub fn words(&self) -> &'static Words {
        i18n::words(self.locale)
    }
}

/// Lets a request through `door`, or says why not.
pub(super) async fn guard(
    State((state, door, body)): State<(AppState, Door, Body)>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match pass(&state, door, body, &visitor, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    };
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    response
}

async fn pass(
    state: &AppState,
    door: Door,
    body: Body,
    visitor: &Visitor,
    mut request: Request,
) -> Result<Request, Response> {
    if door == Door::Open {
        return Ok(request);
    }
    let Some(token) = session_token(&state.settings, request.headers()).map(str::to_owned) else {
        return Err(to_login(&request, visitor));
    };
    let Some(session) = open_session(state, token).await? else {
        return Err(to_login(&request, visitor));
    };
    let owes = session.owes(state.settings.second_factor);
    if let Some(elsewhere) = leads_elsewhere(door, owes) {
        return Err(Redirect::to(&visitor.path(elsewhere)).into_response());
    }
    if door == Door::Administrator && session.member.role != Role::Administrator {
        stayed_shut(&request, &session.member, "the role does not open it");
        return Err(Problem::of(Kind::Forbidden).into_response());
    }
    if door.wants_second_factor(state.settings.second_factor) && !session.member.second_factor {
        stayed_shut(&request, &session.member, "there is no second factor");
        let address = format!("{}?told=wanted", page_of(Step::SecondFactor));
        return Err(Redirect::to(&visitor.path(&address)).into_response());
    }
    if request.method() == Method::POST {
        request = with_token(request, body, &session).await?;
    }
    request.extensions_mut().insert(Visit {
        member: session.member.clone(),
        csrf: session.csrf.clone(),
        locale: visitor.locale,
        session,
        owes,
    });
    Ok(request)
}

/// Finds the session and notes that it was used.
async fn open_session(state: &AppState, token: String) -> Result<Option<Session>, Response> {
    let now = state.clock.now();
    let fault = |fault| Problem::from(fault).into_response();
    let reading = state
        .store
        .read(move |tx| staff::session(tx, &token, now))
        .await;
    let Some(session) = reading.map_err(fault)? else {
        return Ok(None);
    };
    if now.since(session.seen) >= limits::STAFF_SEEN {
        let id = session.id;
        let noting = state.store.write(move |tx| staff::seen(tx, id, now)).await;
        noting.map_err(fault)?;
    }
    Ok(Some(session))
}

/// The page of the step that is owed, when this door is not for it.
fn leads_elsewhere(door: Door, owes: Option<Step>) -> Option<&'static str> {
    let step = owes?;
    match door {
        Door::Open | Door::Known => None,
        Door::Owing(here) if here == step => None,
        Door::Owing(_) | Door::Staff | Door::Money | Door::Administrator => Some(page_of(step)),
    }
}

/// Writes down that a door stayed shut: who stood before it, and which it was.
fn stayed_shut(request: &Request, member: &Member, why: &str) {
    let door = request.extensions().get::<MatchedPath>();
    tracing::warn!(
        login = member.login,
        address = %Peer::of(request.extensions()).address(),
        method = %request.method(),
        door = door.map_or("", MatchedPath::as_str),
        why,
        "a door of the back office stayed shut"
    );
}

/// A page asked for without a session is shown after the login; a form is not sent again.
fn to_login(request: &Request, visitor: &Visitor) -> Response {
    let next = if request.method() == Method::GET {
        visitor.here.as_str()
    } else {
        ""
    };
    let query = form_urlencoded(&[("next", if next == "/office" { "" } else { next })]);
    let address = if query.is_empty() {
        "/office/login".to_owned()
    } else {
        format!("/office/login?{query}")
    };
    Redirect::to(&visitor.path(&address)).into_response()
}

/// Reads a form, looks for the token in it, and puts the form back.
async fn with_token(request: Request, kind: Body, session: &Session) -> Result<Request, Response> {
    if kind == Body::Upload {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let form = to_bytes(body, limits::FORM_BYTES).await;
    let form = form.map_err(|_| Problem::of(Kind::TooLarge).into_response())?;
    // The token is letters, digits, - and _: a browser never escapes it.
    let given = form
        .split(|byte| *byte == b'&')
        .find_map(|pair| pair.strip_prefix(b"csrf="));
    let is_ours = given.is_some_and(|given| given.ct_eq(session.csrf.as_bytes()).into());
    let request = Request::from_parts(parts, axum::body::Body::from(form));
    if !is_ours {
        stayed_shut(&request, &session.member, "the form is of another session");
        return Err(Problem::of(Kind::ForeignOrigin).into_response());
    }
    Ok(request)
}

impl Visit {
    /// Whether `token` is the session's.
    pub fn owns(&self, token: &str) -> bool {
        token.as_bytes().ct_eq(self.csrf.as_bytes()).into()
    }
}

/// The session's token in the cookie of exactly the name that this shop sets.
pub(super) fn session_token<'a>(settings: &Settings, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(settings, headers, COOKIE)
}

/// The value of an office cookie, by its exact name: over TLS only `__Host-` is believed.
pub(super) fn cookie<'a>(
    settings: &Settings,
    headers: &'a HeaderMap,
    name: &str,
) -> Option<&'a str> {
    let prefix = if settings.tls { "__Host-" } else { "" };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| key.strip_prefix(prefix) == Some(name))
        .map(|(_, value)| value)
}

/// The cookie that opens the session, or with an empty token ends it.
pub(super) fn session_cookie(settings: &Settings, token: &str) -> Option<HeaderValue> {
    set_cookie(settings, COOKIE, token, limits::STAFF_SESSION.as_secs())
}

/// A cookie that only this site's own pages send along, not even a link from elsewhere.
pub(super) fn set_cookie(
    settings: &Settings,
    name: &str,
    value: &str,
    seconds: u64,
) -> Option<HeaderValue> {
    let (prefix, secure) = if settings.tls {
        ("__Host-", "; Secure")
    } else {
        ("", "")
    };
    let seconds = if value.is_empty() { 0 } else { seconds };
    let cookie = format!(
        "{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    HeaderValue::from_str(&cookie).ok()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    #[test]
    fn over_tls_only_the_host_cookie_is_believed() {
        let headers = HeaderMap::from_iter([(
            header::COOKIE,
            HeaderValue::from_static("bouquin-office=planted; __Host-bouquin-office=ours"),
        )]);
        let settings = |url| Settings::demo(url, "http://127.0.0.1:2");
        assert_eq!(
            session_token(&settings("https://livres.example"), &headers),
            Some("ours")
        );
        assert_eq!(
            session_token(&settings("http://127.0.0.1:1"), &headers),
            Some("planted")
        );
        let cookie = session_cookie(&settings("https://livres.example"), "t").unwrap();
        let cookie = cookie.to_str().unwrap();
        assert!(
            cookie.starts_with("__Host-bouquin-office=t; Path=/;"),
            "{cookie}"
        );
        assert!(
            cookie.contains("HttpOnly; SameSite=Strict; Secure"),
            "{cookie}"
        );
    }
}
