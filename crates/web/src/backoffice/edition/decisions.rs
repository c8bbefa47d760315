//! Which records an edition is made of: splitting one off, joining with another edition, and taking that back.

use axum::Extension;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use catalogue::store::{self, By, CORRECTIONS, DecisionId, Refusal};
use maud::{Markup, html};
use serde::Deserialize;
use storage::{Fault, Tx};
use trade::ids::EditionId;
use trade::isbn::Isbn13;

use super::{Shown, sender};
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::token;
use crate::problem::{Kind, Problem};

pub(super) fn records(visit: &Visit, shown: &Shown) -> Markup {
    let words = visit.words();
    let theirs = shown.said.iter().filter(|said| said.sender != CORRECTIONS);
    let can_split = theirs.clone().count() > 1;
    let address = format!("/office/editions/{}", shown.edition.id);
    html! {
        h2 { (words.say("edition-records")) }
        p { (words.say("edition-records-help")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("edition-records")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("desk-sender")) }
                    th scope="col" { (words.say("desk-field-title")) }
                    th scope="col" { "ISBN" }
                    @if can_split { th scope="col" { span.sr { (words.say("edition-split")) } } }
                } }
                tbody { @for said in theirs { tr {
                    th scope="row" { (sender(visit, &said.sender, &said.reference)) @if said.withdrawn { " " span.state { (words.say("edition-withdrawn")) } } }
                    td { (said.edition.title) @if !said.edition.byline().is_empty() { div.muted.small { (said.edition.byline()) } } }
                    td.nowrap { @if let Some(isbn) = said.edition.isbn { (isbn.hyphenated()) } @else { "–" } }
                    @if can_split { td {
                        form method="post" action={ (address) "/split" } {
                            (token(visit))
                            input type="hidden" name="sender" value=(said.sender);
                            input type="hidden" name="reference" value=(said.reference);
                            button.button.link { (words.say("edition-split")) span.sr { " " (said.sender) " " (said.reference) } }
                        }
                    } }
                } } }
            }
        }
        @if !shown.namesakes.is_empty() {
            h3 { (words.say("edition-namesakes")) }
            ul.plain { @for other in &shown.namesakes { li {
                a href={ "/office/editions/" (other.id) } { (other.title) }
                @if !other.byline().is_empty() { " · " (other.byline()) }
                form method="post" action={ (address) "/join" } {
                    (token(visit))
                    input type="hidden" name="other" value=(other.id);
                    button.button.link { (words.say("edition-join")) span.sr { " " (other.title) } }
                }
            } } }
        }
        details.ask {
            summary { (words.say("edition-join-ask")) }
            form method="post" action={ (address) "/join" } {
                (token(visit))
                div.field {
                    label for="other" { (words.say("edition-join-other")) }
                    p.hint #other-hint { (words.say("edition-join-hint")) }
                    input #other type="text" name="other" required aria-describedby="other-hint";
                }
                div.actions { button.button.quiet { (words.say("edition-join")) } }
            }
        }
    }
}

pub(super) fn decided(visit: &Visit, shown: &Shown) -> Markup {
    let words = visit.words();
    if shown.decisions.is_empty() {
        return html! {};
    }
    html! {
        h2 { (words.say("edition-decisions")) }
        ul.happened { @for one in &shown.decisions { li {
            (sender(visit, &one.one.0, &one.one.1)) " "
            @match &one.other {
                None => (words.say("edition-was-split")),
                Some((other, reference)) => { (words.say("edition-was-joined")) " " (sender(visit, other, reference)) }
            }
            @if one.undone { " " span.state { (words.say("edition-decision-undone")) } }
            form method="post" action={ "/office/editions/" (shown.edition.id) "/decisions/" (one.id.0) "/" (if one.undone { "redo" } else { "undo" }) } {
                (token(visit))
                button.button.link { @if one.undone { (words.say("edition-decision-redo")) } @else { (words.say("edition-decision-undo")) } }
            }
        } } }
    }
}

fn by(state: &AppState, visit: &Visit) -> By {
    By {
        staff: visit.member.login.clone(),
        at: state.clock.now(),
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Fault(fault) => fault.into(),
        _ => Problem::of(Kind::NotFound),
    }
}

/// A record, by its names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::backoffice) struct Named {
    sender: String,
    reference: String,
}

/// `POST /office/editions/{id}/split`: leads to the edition that the record is now.
pub(in crate::backoffice) async fn split(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(_): Path<i64>,
    Form(named): Form<Named>,
) -> Result<Redirect, Problem> {
    let by = by(&state, &visit);
    let split = state
        .store
        .write(move |tx| -> Result<Option<EditionId>, Refusal> {
            store::split(tx, &named.sender, &named.reference, &by)?;
            Ok(store::edition_of(tx, &named.sender, &named.reference)?)
        });
    let edition = split.await.map_err(refused)?;
    let edition = edition.ok_or_else(|| Problem::of(Kind::NotFound))?;
    Ok(Redirect::to(&format!(
        "/office/editions/{edition}?told=split"
    )))
}

/// Another edition, as it is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::backoffice) struct Other {
    other: String,
}

/// `POST /office/editions/{id}/join`
pub(in crate::backoffice) async fn join(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(typed): Form<Other>,
) -> Result<Redirect, Problem> {
    let (id, by) = (EditionId(id), by(&state, &visit));
    let wanted = typed.other.trim().to_owned();
    let joined = state.store.write(move |tx| -> Result<bool, Refusal> {
        let Some(other) = other(tx, id, &wanted)? else {
            return Ok(false);
        };
        store::join(tx, id, other, &by)?;
        Ok(true)
    });
    let told = match joined.await {
        Ok(true) => "joined",
        Ok(false) | Err(Refusal::NoEdition(_)) => "no-other",
        Err(refusal) => return Err(refused(refusal)),
    };
    Ok(Redirect::to(&format!("/office/editions/{id}?told={told}")))
}

/// The edition that is meant: by its number, by the address of its page, or as the only other one of an ISBN.
fn other(tx: &mut dyn Tx, id: EditionId, typed: &str) -> Result<Option<EditionId>, Fault> {
    if let Ok(isbn) = Isbn13::parse(typed) {
        let found = store::by_isbn(tx, isbn)?;
        let mut others = found
            .iter()
            .map(|edition| edition.id)
            .filter(|one| *one != id);
        return Ok(others.next().filter(|_| others.next().is_none()));
    }
    let number = typed.rsplit('/').next().unwrap_or_default();
    let number = number.split('?').next().unwrap_or_default().parse();
    let other = number.ok().map(EditionId).filter(|one| *one != id);
    Ok(match other {
        Some(other) => store::edition(tx, other)?.map(|edition| edition.id),
        None => None,
    })
}

/// `POST /office/editions/{id}/decisions/{decision}/undo`
pub(in crate::backoffice) async fn undo(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((id, decision)): Path<(i64, i64)>,
) -> Result<Redirect, Problem> {
    let by = by(&state, &visit);
    let turned = state
        .store
        .write(move |tx| store::undo_decision(tx, DecisionId(decision), &by));
    turned.await.map_err(refused)?;
    Ok(Redirect::to(&format!("/office/editions/{id}?told=undone")))
}

/// `POST /office/editions/{id}/decisions/{decision}/redo`
pub(in crate::backoffice) async fn redo(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((id, decision)): Path<(i64, i64)>,
) -> Result<Redirect, Problem> {
    let by = by(&state, &visit);
    let turned = state
        .store
        .write(move |tx| store::redo_decision(tx, DecisionId(decision), &by));
    turned.await.map_err(refused)?;
    Ok(Redirect::to(&format!("/office/editions/{id}?told=redone")))
}
