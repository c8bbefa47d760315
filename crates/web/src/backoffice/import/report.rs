//! The report of an import: how many notes of which kind, the notes themselves by severity, code and text, and all of
//! them as JSON lines.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use catalogue::desk::notes::{self, Wanted};
use catalogue::desk::{Job, KeptNote, NoteKind, job as jobs};
use catalogue::import::Severity;
use hyper::body::Frame;
use maud::{Markup, html};
use serde::Deserialize;
use storage::{Fault, Tx};
use trade::ids::ImportJobId;
use trade::limits;
use uuid::Uuid;

use super::job::{NOTES_SHOWN, shown_number};
use super::sentence;
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::{self, Part};
use crate::backoffice::orders::form_urlencoded;
use crate::i18n::Words;
use crate::problem::{Kind, Problem};

/// Notes read at a time for the download.
const DOWNLOADED_AT_ONCE: u32 = 2_000;

/// What stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::backoffice) struct Asked {
    severity: String,
    code: String,
    q: String,
    page: u32,
}

impl Asked {
    fn wanted(&self, words: &Words) -> Wanted {
        let text: String = self.q.chars().take(limits::QUERY_CHARS).collect();
        Wanted {
            severity: Severity::parse(&self.severity),
            code: self.code.chars().take(limits::QUERY_CHARS).collect(),
            kinds: words.containing("remark", &text),
            text,
        }
    }

    fn address(&self, job: ImportJobId, page: u32) -> String {
        let page = if page > 1 {
            page.to_string()
        } else {
            String::new()
        };
        let query = form_urlencoded(&[
            ("severity", &self.severity),
            ("code", &self.code),
            ("q", self.q.trim()),
            ("page", &page),
        ]);
        let path = format!("/office/import/{job}/notes");
        if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        }
    }
}

/// How many notes there are, on the page of the job.
pub(super) fn summary(visit: &Visit, job: &Job, kinds: &[NoteKind]) -> Markup {
    let words = visit.words();
    if kinds.is_empty() {
        return html! { @if job.state.has_ended() { p { (words.say("office-import-no-notes")) } } };
    }
    let of = |severity: Severity| kinds.iter().filter(move |kind| kind.severity == severity);
    let address = format!("/office/import/{}/notes", job.id);
    html! {
        h2 { (words.say("office-import-notes")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-import-notes")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-note-severity")) }
                    th scope="col" { (words.say("desk-note-code")) }
                    th.num scope="col" { (words.say("desk-note-count")) }
                } }
                tbody { @for severity in Severity::ALL { @for kind in of(severity) { tr data-row {
                    td { (words.one_of("office-note", severity.code())) }
                    th scope="row" {
                        a href={ (address) "?" (form_urlencoded(&[("severity", severity.code()), ("code", &kind.code)])) } {
                            (words.one_of("desk-code", &kind.code))
                        }
                    }
                    td.num { (shown_number(visit, kind.count)) }
                } } } }
            }
        }
        p { a href=(address) { (words.say("desk-all-notes")) } " · "
            a href={ "/office/import/" (job.id) "/report" } download { (words.say("office-import-report")) } }
    }
}

/// `GET /office/import/{id}/notes?severity=&code=&q=&page=`
pub(in crate::backoffice) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    let id = ImportJobId(id);
    let (wanted, page) = (asked.wanted(visit.words()), asked.page.max(1));
    let read = move |tx: &mut dyn Tx| -> Result<_, Fault> {
        let Some(job) = jobs::job(tx, id)? else {
            return Ok(None);
        };
        let skipped = u64::from(page - 1) * u64::from(NOTES_SHOWN);
        Ok(Some((
            job,
            notes::kinds(tx, id)?,
            notes::count(tx, id, &wanted)?,
            notes::notes(tx, id, &wanted, NOTES_SHOWN, skipped)?,
        )))
    };
    let found = state.store.read(read).await?;
    let (job, kinds, count, notes) = found.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let words = visit.words();
    let body = html! {
        p { a href={ "/office/import/" (job.id) } { (job.name) } }
        (filters(&visit, &job, &asked, &kinds))
        p role="status" { (words.tell("desk-notes-found", &frame::counted(count, visit.locale))) }
        @if !notes.is_empty() { (table(&visit, &job, &notes)) }
        (frame::pages(words, page, NOTES_SHOWN, count, |page| asked.address(job.id, page)))
    };
    Ok(frame::page(
        &visit,
        Part::Import,
        words.say("office-import-notes"),
        &body,
    ))
}

fn filters(visit: &Visit, job: &Job, asked: &Asked, kinds: &[NoteKind]) -> Markup {
    let words = visit.words();
    let mut codes: Vec<&str> = kinds.iter().map(|kind| kind.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    html! {
        form.sift action={ "/office/import/" (job.id) "/notes" } {
            div.field {
                label for="severity" { (words.say("office-note-severity")) }
                select #severity name="severity" {
                    option value="" { (words.say("desk-any")) }
                    @for severity in Severity::ALL {
                        option value=(severity.code()) selected[asked.severity == severity.code()] { (words.one_of("office-note", severity.code())) }
                    }
                }
            }
            div.field {
                label for="code" { (words.say("desk-note-code")) }
                select #code name="code" {
                    option value="" { (words.say("desk-any")) }
                    @for code in codes { option value=(code) selected[asked.code == code] { (words.one_of("desk-code", code)) } }
                }
            }
            div.field {
                label for="q" { (words.say("desk-note-text")) }
                input #q type="search" name="q" value=(asked.q) data-find;
            }
            div.actions { button.button.quiet { (words.say("office-search")) } }
        }
    }
}

fn table(visit: &Visit, job: &Job, notes: &[KeptNote]) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-import-notes")) {
            table.grid.wide {
                thead { tr {
                    th.num scope="col" { (words.say("office-note-line")) }
                    th scope="col" { (words.say("office-note-severity")) }
                    th scope="col" { (words.say("office-note-record")) }
                    th scope="col" { (words.say("office-note-message")) }
                } }
                tbody { @for note in notes { tr data-row {
                    td.num { @if note.line > 0 { (note.line) } }
                    td { (words.one_of("office-note", note.severity.code())) }
                    td { (record(visit, job, note)) }
                    td { (sentence::shown(visit, note)) }
                } } }
            }
        }
    }
}

/// What the note is about, and where that can be put right.
fn record(visit: &Visit, job: &Job, note: &KeptNote) -> Markup {
    let words = visit.words();
    let reference = note.reference.as_deref().unwrap_or_default();
    html! {
        (reference)
        @match (note.reject, note.edition, note.severity) {
            (Some(number), ..) => div { a href={ "/office/import/" (job.id) "/rejected/" (number) } { (words.say("reject-complete")) } },
            (None, Some(edition), _) => div { a href={ "/office/editions/" (edition) "#correct" } { (words.say("desk-put-right")) } },
            (None, None, Severity::Error) => div.muted.small { (words.say("desk-not-kept")) },
            _ => {}
        }
    }
}

/// `GET /office/import/{id}/report`: every note that is kept, as JSON lines.
pub(in crate::backoffice) async fn download(
    State(state): State<AppState>,
    Extension(_visit): Extension<Visit>,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let id = ImportJobId(id);
    let found = state.store.read(move |tx| jobs::job(tx, id)).await?;
    found.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let (lines, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let store = state.store.clone();
    tokio::task::spawn_blocking(move || {
        let mut skipped = 0;
        loop {
            let read = store.read_blocking(|tx| {
                notes::notes(tx, id, &Wanted::default(), DOWNLOADED_AT_ONCE, skipped)
            });
            let page = match read {
                Ok(page) if page.is_empty() => return,
                Ok(page) => page,
                Err(fault) => {
                    // The download breaks off, which the browser says.
                    drop(lines.blocking_send(Err(std::io::Error::other(fault))));
                    return;
                }
            };
            skipped += page.len() as u64;
            if lines.blocking_send(json_lines(&page)).is_err() {
                return;
            }
        }
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/jsonl; charset=utf-8".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"import-{id}.jsonl\""),
        ),
    ];
    Ok((headers, Body::new(Arriving(receiver))).into_response())
}

fn json_lines(notes: &[KeptNote]) -> Result<Bytes, std::io::Error> {
    let mut lines = Vec::new();
    for note in notes {
        serde_json::to_writer(&mut lines, note)?;
        lines.push(b'\n');
    }
    Ok(lines.into())
}

/// What a channel brings, as the body of an answer.
struct Arriving(tokio::sync::mpsc::Receiver<Result<Bytes, std::io::Error>>);

impl hyper::body::Body for Arriving {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        self.0
            .poll_recv(context)
            .map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
