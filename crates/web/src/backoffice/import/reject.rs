//! A rejected record, and the form by which it is completed: that of corrections, opened with what was read of it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::desk::rejects::{self, NotCompleted, Reject};
use catalogue::desk::{Job, job as jobs};
use catalogue::store::{Correction, ImportState};
use maud::{Markup, html};
use storage::{Fault, Tx};
use trade::ids::{EditionId, ImportJobId};
use uuid::Uuid;

use super::actions::by;
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::edition::{Filled, fields};
use crate::backoffice::frame::{self, Part, token};
use crate::problem::{Kind, Problem};

/// All that the page shows.
struct Shown {
    job: Job,
    number: u64,
    reject: Reject,
    /// The import is over and counts.
    can_be_completed: bool,
}

/// `GET /office/import/{id}/rejected/{number}`
pub(in crate::backoffice) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((id, number)): Path<(Uuid, u64)>,
) -> Result<Response, Problem> {
    let shown = read(&state, ImportJobId(id), number).await?;
    if let (true, Some(edition)) = (shown.reject.is_completed, shown.reject.edition) {
        return Ok(Redirect::to(&format!("/office/editions/{edition}")).into_response());
    }
    let filled = Filled::of(&shown.reject.draft.edition, visit.locale);
    Ok(page(&visit, &shown, &filled).into_response())
}

async fn read(state: &AppState, id: ImportJobId, number: u64) -> Result<Shown, Problem> {
    let read = move |tx: &mut dyn Tx| -> Result<_, Fault> {
        let (Some(job), Some(reject)) = (jobs::job(tx, id)?, rejects::reject(tx, id, number)?)
        else {
            return Ok(None);
        };
        let imports = jobs::imports_of(tx, id)?;
        let counts = imports
            .iter()
            .all(|import| import.state == ImportState::Taken);
        Ok(Some(Shown {
            can_be_completed: counts && job.state.has_ended(),
            job,
            number,
            reject,
        }))
    };
    let found = state.store.read(read).await?;
    found.ok_or_else(|| Problem::of(Kind::NotFound))
}

fn page(visit: &Visit, shown: &Shown, filled: &Filled) -> Markup {
    let words = visit.words();
    let Shown { job, reject, .. } = shown;
    let address = format!("/office/import/{}", job.id);
    let body = html! {
        p {
            a href={ (address) "/notes" } { (job.name) }
            " · " (words.tell("reject-line", &[("line", reject.line.to_string().into())]))
            " · " (reject.draft.sender) " " code { (reject.draft.reference) }
            " · " (words.one_of("desk-code", &reject.code))
        }
        p {
            (words.say("reject-help")) " "
            @if reject.draft.reference.is_empty() { (words.say("reject-unnamed")) } @else { (words.say("reject-replaced")) }
        }
        @if shown.can_be_completed {
            form.narrow method="post" action={ (address) "/rejected/" (shown.number) } novalidate {
                (token(visit))
                (fields(visit, filled))
                div.actions { button.button { (words.say("reject-save")) } }
            }
        } @else {
            (frame::notice(false, words.say("reject-not-now")))
        }
    };
    frame::page(visit, Part::Import, words.say("reject-title"), &body)
}

/// What became of a form.
enum Completed {
    Done(EditionId),
    /// The names of the fields that cannot be read; nothing was changed.
    Wrong(Vec<&'static str>),
}

/// `POST /office/import/{id}/rejected/{number}`
pub(in crate::backoffice) async fn complete(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((id, number)): Path<(Uuid, u64)>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let (job, by) = (ImportJobId(id), by(&state, &visit));
    let filled = Filled::read(&form);
    let typed = filled.clone();
    let completed = move |tx: &mut dyn Tx| -> Result<Completed, NotCompleted> {
        let reject = rejects::reject(tx, job, number)?.ok_or(NotCompleted::Unknown)?;
        match typed.correction(Correction::default(), &reject.draft.edition) {
            Ok(added) => rejects::complete(tx, job, number, &added, &by).map(Completed::Done),
            Err(wrong) => Ok(Completed::Wrong(wrong)),
        }
    };
    let wrong = match state.store.write(completed).await {
        Ok(Completed::Done(edition)) => {
            let address = format!("/office/editions/{edition}?told=completed");
            return Ok(Redirect::to(&address).into_response());
        }
        Ok(Completed::Wrong(wrong)) => wrong,
        Err(NotCompleted::SentSince(edition)) => {
            let address = match edition {
                Some(edition) => format!("/office/editions/{edition}?told=sent-since"),
                None => format!("/office/import/{id}?told=late"),
            };
            return Ok(Redirect::to(&address).into_response());
        }
        Err(NotCompleted::NoTitle) => vec!["title"],
        // The page says so.
        Err(NotCompleted::NotNow) => Vec::new(),
        Err(NotCompleted::Unknown) => return Err(Problem::of(Kind::NotFound)),
        Err(NotCompleted::Fault(fault)) => return Err(fault.into()),
    };
    let shown = read(&state, job, number).await?;
    let page = page(&visit, &shown, &filled.but_wrong(wrong));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
