//! What can be done with an import: trying it, starting it, letting it stand still, taking it back.
//!
//! Each leads back to the page of the import, which says how it stands; what came too late changes nothing.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Redirect;
use catalogue::desk::job as jobs;
use catalogue::store::{self, By, ImportId};
use shop::staff::audit;
use storage::{Fault, Tx};
use trade::clock::Timestamp;
use trade::ids::ImportJobId;
use uuid::Uuid;

use super::taken::turn;
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::problem::{Kind, Problem};

/// A change of a job's state that says whether it was in time.
type Verb = fn(&mut dyn Tx, ImportJobId, Timestamp) -> Result<bool, Fault>;

/// Does it, writes down who did, and wakes the worker.
async fn apply(
    state: &AppState,
    visit: &Visit,
    id: Uuid,
    action: &'static str,
    verb: Verb,
) -> Result<bool, Problem> {
    let (job, now, staff) = (
        ImportJobId(id),
        state.clock.now(),
        visit.member.login.clone(),
    );
    let done = state.store.write(move |tx| -> Result<_, Fault> {
        let Some(known) = jobs::job(tx, job)? else {
            return Ok(None);
        };
        let done = verb(tx, job, now)?;
        if done {
            audit::record(tx, &staff, action, &known.name, None, now)?;
        }
        Ok(Some(done))
    });
    let done = done.await?.ok_or_else(|| Problem::of(Kind::NotFound))?;
    state.imports.wake();
    Ok(done)
}

fn back(id: Uuid, in_time: bool) -> Redirect {
    let told = if in_time { "" } else { "?told=late" };
    Redirect::to(&format!("/office/import/{id}{told}"))
}

/// `POST /office/import/{id}/trial`
pub(in crate::backoffice) async fn try_out(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let verb: Verb = |tx, job, _| jobs::want_trial(tx, job);
    let done = apply(&state, &visit, id, "catalogue.trial", verb).await?;
    Ok(back(id, done))
}

/// `POST /office/import/{id}/import`: begins, or goes on.
pub(in crate::backoffice) async fn start(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let verb: Verb = |tx, job, _| jobs::want_import(tx, job);
    let done = apply(&state, &visit, id, "catalogue.import", verb).await?;
    Ok(back(id, done))
}

/// `POST /office/import/{id}/pause`
pub(in crate::backoffice) async fn pause(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let verb: Verb = |tx, job, _| jobs::pause(tx, job);
    let done = apply(&state, &visit, id, "catalogue.pause", verb).await?;
    Ok(back(id, done))
}

/// `POST /office/import/{id}/give-up`
pub(in crate::backoffice) async fn give_up(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let done = apply(&state, &visit, id, "catalogue.give_up", jobs::give_up).await?;
    if done {
        state.imports.remove_file(ImportJobId(id)).await;
    }
    Ok(back(id, done))
}

/// `POST /office/import/{id}/dismiss`
pub(in crate::backoffice) async fn dismiss(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let verb: Verb = |tx, job, _| jobs::dismiss(tx, job);
    let done = apply(&state, &visit, id, "catalogue.dismiss", verb).await?;
    if !done {
        return Ok(back(id, false));
    }
    state.imports.remove_file(ImportJobId(id)).await;
    Ok(Redirect::to("/office/import?told=dismissed"))
}

/// `POST /office/import/{id}/undo`
pub(in crate::backoffice) async fn undo(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    turn_job(&state, &visit, id, true).await
}

/// `POST /office/import/{id}/redo`
pub(in crate::backoffice) async fn redo(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    turn_job(&state, &visit, id, false).await
}

/// Undoes or redoes all that a job imported; not while it could import more.
async fn turn_job(
    state: &AppState,
    visit: &Visit,
    id: Uuid,
    undone: bool,
) -> Result<Redirect, Problem> {
    let job = ImportJobId(id);
    let found = state.store.read(move |tx| jobs::job(tx, job)).await?;
    let found = found.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let address = format!("/office/import/{id}");
    // A job that failed can go on: what it would add later would not be undone.
    if !found.state.has_ended() {
        return Ok(Redirect::to(&format!("{address}?told=running")));
    }
    if found.state == catalogue::desk::JobState::Failed {
        apply(state, visit, id, "catalogue.give_up", jobs::give_up).await?;
        state.imports.remove_file(job).await;
    }
    turn(state, visit, Turned::Job(job), undone).await?;
    Ok(Redirect::to(&address))
}

/// Who does it, now.
pub(super) fn by(state: &AppState, visit: &Visit) -> By {
    By {
        staff: visit.member.login.clone(),
        at: state.clock.now(),
    }
}

/// What is undone or redone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Turned {
    /// One import.
    Import(ImportId),
    /// All imports of a job.
    Job(ImportJobId),
}

/// Undoes or redoes imports, one after the other. Blocks.
pub(super) fn turn_all(
    store: &storage::Store,
    what: Turned,
    by: &By,
    undone: bool,
) -> Result<(), store::Refusal> {
    match (what, undone) {
        (Turned::Import(import), true) => store::undo_import(store, import, by),
        (Turned::Import(import), false) => store::redo_import(store, import, by),
        (Turned::Job(job), true) => store::undo_job(store, job, by),
        (Turned::Job(job), false) => store::redo_job(store, job, by),
    }
}
