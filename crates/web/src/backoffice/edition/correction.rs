//! Correcting an edition: what is typed anew and differs from what the senders say is the bookseller's own from then
//! on.
//!
//! The form carries what it was opened with, so a field that nobody touched neither pins what a feed has changed since
//! nor takes back what somebody else corrected meanwhile.

use std::collections::BTreeMap;

use axum::Extension;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::desk::limits::CONTRIBUTORS_TYPED;
use catalogue::store::{self, By, CORRECTIONS, Correction, Refusal};
use maud::{Markup, html};
use trade::ids::EditionId;

use super::typed::{AVAILABILITIES, Filled, NAME_CHARS, ROLES, Typed, WAS};
use super::{Shown, here, page};
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::token;
use crate::problem::{Kind, Problem};

/// Empty lines for further contributors.
const SPARE_LINES: usize = 2;

/// The fields of the form, and what they were opened with.
pub(in crate::backoffice) fn fields(visit: &Visit, filled: &Filled) -> Markup {
    let Filled {
        was,
        now: typed,
        wrong,
    } = filled;
    let words = visit.words();
    let line = |name: &'static str, value: &str, hint: Option<&str>| {
        let is_wrong = wrong.contains(&name);
        let described = match (hint, is_wrong) {
            (_, true) => Some(format!("{name}-error")),
            (Some(_), false) => Some(format!("{name}-hint")),
            (None, false) => None,
        };
        html! {
            div.field {
                label for=(name) { (words.one_of("edition-field", name)) }
                @if let Some(hint) = hint { p.hint id={ (name) "-hint" } { (hint) } }
                input id=(name) type="text" name=(name) value=(value) maxlength=(NAME_CHARS)
                    aria-invalid=[is_wrong.then_some("true")] aria-describedby=[described];
                @if is_wrong { p.error id={ (name) "-error" } { (words.one_of("edition-wrong", name)) } }
            }
        }
    };
    html! {
        (opened_with(was))
        (line("title", &typed.title, None))
        (line("subtitle", &typed.subtitle, None))
        fieldset.people {
            legend { (words.say("desk-field-contributors")) }
            @for place in 0..(typed.contributors.len() + SPARE_LINES).min(CONTRIBUTORS_TYPED) {
                (person(visit, place, typed.contributors.get(place)))
            }
        }
        (line("isbn", &typed.isbn, None))
        (line("price", &typed.price, Some(words.say("edition-price-hint"))))
        (line("publisher", &typed.publisher, None))
        (line("published", &typed.published, Some(words.say("edition-published-hint"))))
        div.field {
            label for="availability" { (words.say("edition-field-availability")) }
            select #availability name="availability" {
                @for one in AVAILABILITIES {
                    option value=(one.code()) selected[one.code() == typed.availability] { (words.one_of("desk-availability", one.code())) }
                }
            }
        }
        (line("thema", &typed.thema, Some(words.say("edition-thema-hint"))))
    }
}

pub(super) fn form(visit: &Visit, shown: &Shown, filled: &Filled) -> Markup {
    let words = visit.words();
    let address = format!("/office/editions/{}", shown.edition.id);
    let is_corrected = shown
        .said
        .iter()
        .any(|said| said.sender == CORRECTIONS && !said.withdrawn);
    html! {
        h2 #correct { (words.say("edition-correct")) }
        p { (words.say("edition-correct-help")) }
        form.narrow method="post" action={ (address) "/correct" } novalidate {
            (token(visit))
            (fields(visit, filled))
            div.actions { button.button { (words.say("edition-correct-save")) } }
        }
        @if is_corrected {
            form method="post" action={ (address) "/take-back" } {
                (token(visit))
                div.actions { button.button.quiet { (words.say("edition-take-back")) } }
            }
        }
    }
}

/// What the form was opened with, unseen.
fn opened_with(was: &Typed) -> Markup {
    let fields = [
        ("title", &was.title),
        ("subtitle", &was.subtitle),
        ("isbn", &was.isbn),
        ("price", &was.price),
        ("publisher", &was.publisher),
        ("published", &was.published),
        ("availability", &was.availability),
        ("thema", &was.thema),
    ];
    let people = was.contributors.iter().take(CONTRIBUTORS_TYPED).enumerate();
    html! {
        @for (name, value) in fields { input type="hidden" name={ (WAS) (name) } value=(value); }
        @for (place, (name, role)) in people {
            input type="hidden" name={ (WAS) "name" (place) } value=(name);
            input type="hidden" name={ (WAS) "role" (place) } value=(role);
        }
    }
}

fn person(visit: &Visit, place: usize, typed: Option<&(String, String)>) -> Markup {
    let words = visit.words();
    let number = (place + 1).to_string();
    let (name, role) = typed.map_or(("", "author"), |(name, role)| (name, role));
    html! {
        div {
            input type="text" name={ "name" (place) } value=(name) maxlength=(NAME_CHARS)
                aria-label={ (words.say("edition-name")) " " (number) };
            select name={ "role" (place) } aria-label={ (words.say("edition-role")) " " (number) } {
                @for one in ROLES { option value=(one.code()) selected[one.code() == role] { (words.one_of("role", one.code())) } }
            }
        }
    }
}

/// `POST /office/editions/{id}/correct`
pub(in crate::backoffice) async fn save(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let id = EditionId(id);
    let filled = Filled::read(&form);
    match correct(&state, &visit, id, filled.clone()).await? {
        Corrected::Done => {
            Ok(Redirect::to(&format!("/office/editions/{id}?told=corrected")).into_response())
        }
        Corrected::Wrong(wrong) => {
            let shown = here(&state, id).await?;
            let page = page(&visit, &shown, "", &filled.but_wrong(wrong));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// What became of a form.
enum Corrected {
    Done,
    /// The names of the fields that cannot be read; nothing was changed.
    Wrong(Vec<&'static str>),
}

/// Changes the correction that is kept now, in one transaction with reading it.
async fn correct(
    state: &AppState,
    visit: &Visit,
    id: EditionId,
    filled: Filled,
) -> Result<Corrected, Problem> {
    let by = by(state, visit);
    let corrected = state
        .store
        .write(move |tx| -> Result<Corrected, Refusal> {
            let said = store::said(tx, id)?;
            let theirs = store::uncorrected(&said).ok_or(Refusal::NoEdition(id))?;
            match filled.correction(Correction::kept(&said), &theirs) {
                Ok(correction) => {
                    store::correct(tx, id, &correction, &by)?;
                    Ok(Corrected::Done)
                }
                Err(wrong) => Ok(Corrected::Wrong(wrong)),
            }
        })
        .await;
    corrected.map_err(problem)
}

/// `POST /office/editions/{id}/take-back`
pub(in crate::backoffice) async fn take_back(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
) -> Result<Redirect, Problem> {
    let id = EditionId(id);
    let by = by(&state, &visit);
    let nothing = Correction::default();
    let taken_back = state
        .store
        .write(move |tx| store::correct(tx, id, &nothing, &by));
    taken_back.await.map_err(problem)?;
    Ok(Redirect::to(&format!(
        "/office/editions/{id}?told=taken-back"
    )))
}

fn by(state: &AppState, visit: &Visit) -> By {
    By {
        staff: visit.member.login.clone(),
        at: state.clock.now(),
    }
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Fault(fault) => fault.into(),
        _ => Problem::of(Kind::NotFound),
    }
}
