//! Sending a catalogue file in, watching it being read, and what there is to say about its records.
//!
//! The page of a running import is read again every two seconds, by the script or without it, until somebody
//! asks for it to stand still.

use std::path::PathBuf;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::import::{Severity, Tally};
use maud::{Markup, html};
use serde::Deserialize;
use shop::staff::audit;
use trade::limits;
use trade::locale::format_number;
use uuid::Uuid;

use super::Office;
use super::access::Visit;
use super::frame::{self, Part, counted, time, token};
use super::import_desk::{End, Job, NotTaken};
use crate::AppState;
use crate::problem::{Kind, Problem};

/// How often a page that watches is read again.
const REFRESH_S: u32 = 2;

/// What stands in the address of an import's page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    still: String,
    told: String,
}

/// `GET /office/import`
pub(super) async fn list(
    Extension(office): Extension<Office>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Markup {
    let words = visit.words();
    let jobs = office.imports.jobs();
    let body = html! {
        @match wanted.told.as_str() {
            "busy" => (frame::notice(false, words.say("office-import-busy"))),
            "empty" => (frame::notice(false, words.say("office-import-empty"))),
            _ => "",
        }
        p { (words.say("office-import-help")) }
        form method="post" action="/office/import" enctype="multipart/form-data" {
            (token(&visit))
            div.field {
                label for="file" { (words.say("office-import-file")) }
                input #file type="file" name="file" required;
            }
            div.actions { button.button { (words.say("office-import-start")) } }
        }
        @if !jobs.is_empty() {
            h2 { (words.say("office-import-list")) }
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-import-file")) }
                    th scope="col" { (words.say("office-move-when")) }
                    th scope="col" { (words.say("office-login")) }
                    th scope="col" { (words.say("office-import-state")) }
                } }
                tbody { @for job in &jobs { tr data-row {
                    th scope="row" { a href={ "/office/import/" (job.id) } { (job.name) } }
                    td { (time(&visit, job.begun)) }
                    td { (job.by) }
                    td { (state_of(&visit, job)) }
                } } }
            }
        }
    };
    frame::page(&visit, Part::Import, words.say("office-import"), &body)
}

fn state_of(visit: &Visit, job: &Job) -> Markup {
    let words = visit.words();
    match job.end() {
        None => {
            html! { (words.say("office-import-running")) " " span.num { (job.standing().percent) " %" } }
        }
        Some(End::Failed) => html! { (words.say("office-import-failed")) },
        Some(End::Done(tally)) => {
            html! { (words.tell("office-import-records", &counted(tally.products, visit.locale))) }
        }
    }
}

/// `POST /office/import`: the token first, then the file, which goes to the disk as it comes.
pub(super) async fn send(
    State(state): State<AppState>,
    Extension(office): Extension<Office>,
    Extension(visit): Extension<Visit>,
    mut form: Multipart,
) -> Result<Redirect, Problem> {
    let first = form
        .next_field()
        .await
        .map_err(|_| Problem::of(Kind::Malformed))?;
    let first = first
        .filter(|field| field.name() == Some("csrf"))
        .ok_or_else(|| Problem::of(Kind::ForeignOrigin))?;
    let given = first
        .text()
        .await
        .map_err(|_| Problem::of(Kind::Malformed))?;
    if !visit.owns(&given) {
        return Err(Problem::of(Kind::ForeignOrigin));
    }
    if !office.imports.is_free() {
        return Ok(Redirect::to("/office/import?told=busy"));
    }
    let Some((path, name)) = receive(&office, &mut form).await? else {
        return Ok(Redirect::to("/office/import?told=empty"));
    };
    let now = state.clock.now();
    let begun = office.imports.begin(
        &state.store,
        path.clone(),
        name,
        visit.member.login.clone(),
        now,
    );
    let job = match begun {
        Ok(job) => job,
        Err(refusal) => {
            let _ = tokio::fs::remove_file(&path).await;
            return match refusal {
                NotTaken::Busy => Ok(Redirect::to("/office/import?told=busy")),
                NotTaken::Folder(error) => Err(Problem::fault(Kind::Unavailable, &error)),
            };
        }
    };
    let (by, subject) = (visit.member.login, job.name.clone());
    state
        .store
        .write(move |tx| audit::record(tx, &by, "catalogue.import", &subject, None, now))
        .await?;
    Ok(Redirect::to(&format!("/office/import/{}", job.id)))
}

/// Writes the file to the disk; none when it is empty. What was refused is deleted.
async fn receive(
    office: &Office,
    form: &mut Multipart,
) -> Result<Option<(PathBuf, String)>, Problem> {
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
    let (path, mut file) = office.imports.new_file().await.map_err(io)?;
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
    let received = match received {
        Ok(()) => tokio::io::AsyncWriteExt::flush(&mut file).await.map_err(io),
        refused => refused,
    };
    if received.is_err() || written == 0 {
        let _ = tokio::fs::remove_file(&path).await;
        return received.map(|()| None);
    }
    Ok(Some((
        path,
        if name.is_empty() {
            "–".to_owned()
        } else {
            name
        },
    )))
}

/// `GET /office/import/{id}?still=`
pub(super) async fn show(
    Extension(office): Extension<Office>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let job = office
        .imports
        .job(id)
        .ok_or_else(|| Problem::of(Kind::NotFound))?;
    let words = visit.words();
    let watching = job.end().is_none() && wanted.still.is_empty();
    let body = html! {
        div #live data-live[watching] {
            @match job.end() {
                None => (running(&visit, &job)),
                Some(End::Failed) => (frame::notice(false, words.say("office-import-broken"))),
                Some(End::Done(tally)) => (finished(&visit, tally)),
            }
            (notes(&visit, &job))
        }
        @if watching { p.small { a href={ "/office/import/" (job.id) "?still=1" } { (words.say("office-import-stand-still")) } } }
        @else if job.end().is_none() { p.small { a href={ "/office/import/" (job.id) } { (words.say("office-import-watch")) } } }
    };
    Ok(frame::live_page(
        &visit,
        Part::Import,
        &job.name,
        watching.then_some(REFRESH_S),
        &body,
    ))
}

fn running(visit: &Visit, job: &Job) -> Markup {
    let words = visit.words();
    let standing = job.standing();
    let number =
        |number: u64| format_number(i64::try_from(number).unwrap_or(i64::MAX), visit.locale);
    let left = standing.left.map(|left| match left.as_secs() {
        seconds @ 0..90 => words.tell(
            "office-seconds-left",
            &[("shown", number(seconds.max(1)).into())],
        ),
        seconds => words.tell(
            "office-minutes-left",
            &[("shown", number(seconds.div_ceil(60)).into())],
        ),
    });
    html! {
        p { label for="progress" { (words.say("office-import-running")) } }
        progress #progress max="100" value=(standing.percent) { (standing.percent) " %" }
        dl.figures {
            div { dt { (words.say("office-import-read")) } dd.num { (standing.percent) " %" } }
            div { dt { (words.say("office-import-records-read")) } dd.num { (number(standing.records)) } }
            div { dt { (words.say("office-import-rate")) } dd.num { (number(standing.rate)) } }
            @if let Some(left) = left { div { dt { (words.say("office-import-left")) } dd.num { (left) } } }
        }
    }
}

fn finished(visit: &Visit, tally: &Tally) -> Markup {
    let words = visit.words();
    let number =
        |number: u64| format_number(i64::try_from(number).unwrap_or(i64::MAX), visit.locale);
    html! {
        (frame::notice(true, &words.tell("office-import-done", &counted(tally.products, visit.locale))))
        dl.figures {
            div { dt { (words.say("office-import-created")) } dd.num { (number(tally.created)) } }
            div { dt { (words.say("office-import-updated")) } dd.num { (number(tally.updated)) } }
            div { dt { (words.say("office-import-unchanged")) } dd.num { (number(tally.unchanged)) } }
            div { dt { (words.say("office-import-hidden")) } dd.num { (number(tally.hidden)) } }
            div { dt { (words.say("office-import-rejected")) } dd.num { (number(tally.rejected)) } }
            div { dt { (words.say("office-import-rate")) } dd.num { (number(tally.rate() as u64)) } }
        }
    }
}

fn notes(visit: &Visit, job: &Job) -> Markup {
    let (words, notes) = (visit.words(), job.notes());
    let total = notes.errors + notes.warnings + notes.infos;
    if total == 0 {
        return html! { @if job.end().is_some() { p { (words.say("office-import-no-notes")) } } };
    }
    let number =
        |number: u64| format_number(i64::try_from(number).unwrap_or(i64::MAX), visit.locale);
    html! {
        h2 { (words.say("office-import-notes")) }
        dl.figures {
            div { dt { (words.say("office-severity-error")) } dd.num { (number(notes.errors)) } }
            div { dt { (words.say("office-severity-warning")) } dd.num { (number(notes.warnings)) } }
            div { dt { (words.say("office-severity-info")) } dd.num { (number(notes.infos)) } }
        }
        @if job.end().is_some() { p { a href={ "/office/import/" (job.id) "/report" } download { (words.say("office-import-report")) } } }
        @if !notes.first.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(words.say("office-import-notes")) {
                table.grid {
                    thead { tr {
                        th.num scope="col" { (words.say("office-note-line")) }
                        th scope="col" { (words.say("office-note-severity")) }
                        th scope="col" { (words.say("office-note-record")) }
                        th scope="col" { (words.say("office-note-message")) }
                    } }
                    tbody { @for note in &notes.first { tr data-row {
                        td.num { (note.line) }
                        td { (severity(visit, note.severity)) }
                        td { (note.reference.as_deref().unwrap_or_default()) }
                        td lang="en" { (note.message) " " code { (note.code) } }
                    } } }
                }
            }
        }
    }
}

fn severity(visit: &Visit, severity: Severity) -> &'static str {
    let words = visit.words();
    match severity {
        Severity::Error => words.say("office-note-error"),
        Severity::Warning => words.say("office-note-warning"),
        Severity::Info => words.say("office-note-info"),
    }
}

/// `GET /office/import/{id}/report`: every note, as JSON lines.
pub(super) async fn report(
    Extension(office): Extension<Office>,
    Extension(_visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let job = office
        .imports
        .job(id)
        .filter(|job| job.end().is_some())
        .ok_or_else(|| Problem::of(Kind::NotFound))?;
    // Bounded when it was written, by IMPORT_REPORT_BYTES.
    let report = tokio::fs::read(job.report())
        .await
        .map_err(|error| Problem::fault(Kind::Unavailable, &error))?;
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/jsonl; charset=utf-8".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"import-{}.jsonl\"", job.id),
        ),
    ];
    Ok((headers, Body::from(report)).into_response())
}
