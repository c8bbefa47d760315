//! The list of imports, and handing a catalogue file in.

mod actions;
mod dropped;
mod job;
mod mapping;
mod reject;
mod report;
mod sentence;
mod taken;
#[cfg(test)]
pub(super) mod tests;
mod trial;

use axum::Extension;
use axum::extract::{Multipart, Query, State};
use axum::response::Redirect;
use catalogue::desk::{Job, JobState, Received, job as jobs, mappings};
use catalogue::import;
use catalogue::store::{self, By, Import, ImportState};
use maud::{Markup, html};
use serde::Deserialize;
use shop::staff::audit;
use storage::{Fault, Tx};
use trade::ids::ImportJobId;
use trade::limits;

use super::access::Visit;
use super::frame::{self, Part, counted, time, token};
use crate::AppState;
use crate::problem::{Kind, Problem};

pub(super) use actions::{dismiss, give_up, pause, redo, start, try_out, undo};
pub(super) use job::show;
pub(super) use mapping::save as save_mapping;
pub(super) use reject::{complete, show as show_rejected};
pub(super) use report::{download, list as notes};
#[cfg(test)]
pub(crate) use sentence::sentence;
pub(super) use taken::{name, redo as redo_taken, show as show_taken, undo as undo_taken};

/// How often a page that watches is read again.
const REFRESH_S: u32 = 2;

/// Bytes read of the token of an upload: three times as long as one is.
const TOKEN_BYTES: usize = 128;

/// What stands in the address of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    told: String,
}

/// One line of the list: a file that was handed in here, or one that the command brought.
enum Line {
    Job(Box<Job>, Vec<Import>),
    Import(Import),
}

/// `GET /office/import`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let words = visit.words();
    let lines = state.store.read(lines).await?;
    let dropped = state.imports.dropped();
    let body = html! {
        @match wanted.told.as_str() {
            "empty" => (frame::notice(false, words.say("office-import-empty"))),
            "full" => (frame::notice(false, words.say("desk-told-full"))),
            "dismissed" => (frame::notice(true, words.say("desk-dismissed"))),
            _ => "",
        }
        p { (words.say("office-import-help")) }
        form method="post" action="/office/import" enctype="multipart/form-data" {
            (token(&visit))
            div.field {
                label for="file" { (words.say("office-import-file")) }
                input #file type="file" name="file" required;
            }
            div.actions { button.button { (words.say("desk-send")) } }
        }
        p { a href="/office/senders" { (words.say("desk-senders-link")) } }
        @if !dropped.is_empty() { (dropped::folders(&visit, &dropped)) }
        @if !lines.is_empty() { (table(&visit, &lines)) }
    };
    Ok(frame::page(
        &visit,
        Part::Import,
        words.say("office-import"),
        &body,
    ))
}

/// The latest jobs and imports, newest first.
fn lines(tx: &mut dyn Tx) -> Result<Vec<Line>, Fault> {
    let mut lines = Vec::new();
    for job in jobs::jobs(tx, limits::IMPORTS_LISTED)? {
        let imports = jobs::imports_of(tx, job.id)?;
        lines.push((job.received, Line::Job(Box::new(job), imports)));
    }
    let imports = store::imports(tx, limits::IMPORTS_LISTED)?;
    let others = imports.into_iter().filter(|import| import.job.is_none());
    lines.extend(others.map(|import| (import.delivery.at, Line::Import(import))));
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

fn table(visit: &Visit, lines: &[Line]) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-import-list")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-import-list")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-import-file")) }
                    th scope="col" { (words.say("office-move-when")) }
                    th scope="col" { (words.say("office-login")) }
                    th scope="col" { (words.say("office-import-state")) }
                } }
                tbody { @for line in lines { tr data-row { (cells(visit, line)) } } }
            }
        }
    }
}

fn cells(visit: &Visit, line: &Line) -> Markup {
    let words = visit.words();
    let (address, name, at, staff) = match line {
        Line::Job(job, _) => (
            format!("/office/import/{}", job.id),
            job.name.as_str(),
            job.received,
            job.staff.as_str(),
        ),
        Line::Import(import) => (
            format!("/office/imports/{}", import.id.0),
            import.delivery.name.as_str(),
            import.delivery.at,
            import.delivery.staff.as_str(),
        ),
    };
    html! {
        th scope="row" { a href=(address) { (taken::name(words, name)) } }
        td { (time(visit, at)) }
        td { @if staff.is_empty() { span.muted { (words.say("desk-by-command")) } } @else { (staff) } }
        td { @match line {
            Line::Job(job, imports) => (job_state(visit, job, imports)),
            Line::Import(import) => (import_state(visit, import.state, import.messages)),
        } }
    }
}

fn job_state(visit: &Visit, job: &Job, imports: &[Import]) -> Markup {
    let words = visit.words();
    let turned = imports
        .iter()
        .find(|import| import.state != ImportState::Taken);
    match (job.state, turned) {
        (JobState::Done | JobState::Stopped | JobState::Failed, Some(import)) => {
            html! { span.state { (words.one_of("desk-turned", taken::code(import.state))) } }
        }
        (JobState::Done, None) => {
            html! { (words.tell("office-import-records", &counted(job.reading.records, visit.locale))) }
        }
        (state, _) => html! {
            span.state { (words.one_of("desk-state", state.code())) }
            @if state.is_moving() { " " span.num { (job::percent(job)) " %" } }
        },
    }
}

fn import_state(visit: &Visit, state: ImportState, messages: i64) -> Markup {
    let words = visit.words();
    let messages = u64::try_from(messages).unwrap_or_default();
    match state {
        ImportState::Taken => {
            html! { (words.tell("office-import-records", &counted(messages, visit.locale))) }
        }
        other => html! { span.state { (words.one_of("desk-turned", taken::code(other))) } },
    }
}

/// `POST /office/import`: the token first, then the file, which goes to the disk as it comes.
pub(super) async fn send(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    mut form: Multipart,
) -> Result<Redirect, Problem> {
    if !visit.owns(&first_token(&mut form).await?) {
        return Err(Problem::of(Kind::ForeignOrigin));
    }
    if state.store.read(|tx| jobs::lying(tx)).await? >= limits::IMPORTS_LYING {
        return Ok(Redirect::to("/office/import?told=full"));
    }
    let job = ImportJobId::new();
    let Some((name, bytes)) = receive(&state, job, &mut form).await? else {
        return Ok(Redirect::to("/office/import?told=empty"));
    };
    let written = write_down(&state, &visit, job, name, bytes).await;
    if written.is_err() {
        state.imports.remove_file(job).await;
    }
    written?;
    Ok(Redirect::to(&format!("/office/import/{job}")))
}

/// The token, which is the first field; nothing longer than one is read.
pub(super) async fn first_token(form: &mut Multipart) -> Result<String, Problem> {
    let malformed = |_| Problem::of(Kind::Malformed);
    let first = form.next_field().await.map_err(malformed)?;
    let mut first = first
        .filter(|field| field.name() == Some("csrf"))
        .ok_or_else(|| Problem::of(Kind::ForeignOrigin))?;
    let mut given = Vec::new();
    while let Some(chunk) = first.chunk().await.map_err(malformed)? {
        given.extend_from_slice(&chunk);
        if given.len() > TOKEN_BYTES {
            return Err(Problem::of(Kind::ForeignOrigin));
        }
    }
    String::from_utf8(given).map_err(|_| Problem::of(Kind::ForeignOrigin))
}

/// Writes the file to the disk, and says its name and size; none when it is empty. What was refused is deleted.
async fn receive(
    state: &AppState,
    job: ImportJobId,
    form: &mut Multipart,
) -> Result<Option<(String, u64)>, Problem> {
    let field = form
        .next_field()
        .await
        .map_err(|_| Problem::of(Kind::Malformed))?;
    let Some(mut field) = field.filter(|field| field.name() == Some("file")) else {
        return Ok(None);
    };
    let name: String = field
        .file_name()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(120)
        .collect();
    let io = |error: std::io::Error| Problem::fault(Kind::Unavailable, &error);
    let mut file = state.imports.new_file(job).await.map_err(io)?;
    let mut written = 0_u64;
    let received = loop {
        let chunk = match field.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break Ok(()),
            Err(_) => break Err(Problem::of(Kind::Malformed)),
        };
        written += chunk.len() as u64;
        if written > limits::IMPORT_UPLOAD_BYTES {
            break Err(Problem::of(Kind::TooLarge));
        }
        if let Err(error) = tokio::io::AsyncWriteExt::write_all(&mut file, &chunk).await {
            break Err(io(error));
        }
    };
    // On the disk before its row is: a file without a row is lost, a row without a file is a promise not kept.
    let received = match received {
        Ok(()) => file.sync_all().await.map_err(io),
        refused => refused,
    };
    if received.is_err() || written == 0 {
        state.imports.remove_file(job).await;
        return received.map(|()| None);
    }
    Ok(Some((
        if name.is_empty() {
            "–".to_owned()
        } else {
            name
        },
        written,
    )))
}

/// Writes the job down, with the mapping that was saved for a table that looked like it.
async fn write_down(
    state: &AppState,
    visit: &Visit,
    job: ImportJobId,
    name: String,
    bytes: u64,
) -> Result<(), Problem> {
    let path = state.imports.file(job);
    let looked = tokio::task::spawn_blocking(move || import::preview(&path, None, 0)).await;
    let table = looked
        .ok()
        .and_then(Result::ok)
        .and_then(|preview| preview.table);
    let (now, staff) = (state.clock.now(), visit.member.login.clone());
    let written = move |tx: &mut dyn Tx| -> Result<(), Fault> {
        let mapping = match &table {
            Some(table) => mappings::likely(tx, &name, table)?,
            None => None,
        };
        let received = Received {
            name: name.clone(),
            bytes,
            mapping,
            at_once: false,
        };
        let by = By {
            staff: staff.clone(),
            at: now,
        };
        jobs::receive(tx, job, &received, &by)?;
        audit::record(tx, &staff, "catalogue.receive", &name, None, now)
    };
    Ok(state.store.write(written).await?)
}
