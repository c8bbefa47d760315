//! The page of one import: what can be done with it now, how far it is, what it did, what there is to say about it.

use axum::Extension;
use axum::extract::{Path, Query, State};
use catalogue::desk::{Job, JobState, NoteKind, job as jobs, notes};
use catalogue::import::{self, Preview};
use catalogue::store::{Import, ImportState};
use maud::{Markup, html};
use serde::Deserialize;
use std::time::Duration;
use storage::{Fault, Tx};
use trade::clock::Timestamp;
use trade::ids::ImportJobId;
use trade::limits;
use trade::locale::format_number;
use uuid::Uuid;

use super::{REFRESH_S, mapping, report, taken, trial};
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::{self, Part, counted, time, token};
use crate::problem::{Kind, Problem};

/// Parts of an import that are listed: an archive of more is seldom read file by file.
const PARTS_SHOWN: usize = 200;

/// Records shown before an import.
const PREVIEWED: usize = 5;

/// What stands in the address of an import's page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::backoffice) struct Wanted {
    still: String,
    told: String,
}

/// All that the page of a job shows.
struct Shown {
    job: Job,
    imports: Vec<Import>,
    kinds: Vec<NoteKind>,
    /// Only before an import, and where the file can be opened.
    preview: Option<Preview>,
    /// The file is on this machine.
    file_is_here: bool,
}

/// `GET /office/import/{id}?still=`
pub(in crate::backoffice) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let shown = read(&state, ImportJobId(id)).await?;
    let words = visit.words();
    let is_turning = shown
        .imports
        .iter()
        .any(|import| taken::is_turning(import.state));
    let is_moving = shown.job.state.is_moving() || is_turning;
    let watching = is_moving && wanted.still.is_empty();
    let address = format!("/office/import/{}", shown.job.id);
    let body = html! {
        (said(&visit, &wanted.told))
        p.muted { (time(&visit, shown.job.received)) " · " (shown.job.staff) }
        div #live data-live[watching] { (standing(&state, &visit, &shown)) }
        @if watching { p.small { a href={ (address) "?still=1" } { (words.say("office-import-stand-still")) } } }
        @else if is_moving { p.small { a href=(address) { (words.say("office-import-watch")) } } }
    };
    Ok(frame::live_page(
        &visit,
        Part::Import,
        &shown.job.name,
        watching.then_some(REFRESH_S),
        &body,
    ))
}

async fn read(state: &AppState, id: ImportJobId) -> Result<Shown, Problem> {
    let all = move |tx: &mut dyn Tx| -> Result<_, Fault> {
        let Some(job) = jobs::job(tx, id)? else {
            return Ok(None);
        };
        Ok(Some((
            job,
            jobs::imports_of(tx, id)?,
            notes::kinds(tx, id)?,
        )))
    };
    let found = state.store.read(all).await?;
    let (job, imports, kinds) = found.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let path = state.imports.file(id);
    let is_open = matches!(job.state, JobState::Received | JobState::Tried);
    let mapping = job.mapping.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let preview = is_open.then(|| import::preview(&path, mapping.as_ref(), PREVIEWED));
        (path.exists(), preview.and_then(Result::ok))
    });
    let (file_is_here, preview) = looked
        .await
        .map_err(|panicked| Problem::fault(Kind::Fault, &panicked))?;
    Ok(Shown {
        job,
        imports,
        kinds,
        preview,
        file_is_here,
    })
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "mapped" => frame::notice(true, words.say("desk-told-mapped")),
        "unmapped" => frame::notice(false, words.say("desk-told-unmapped")),
        "late" => frame::notice(false, words.say("desk-told-late")),
        "running" => frame::notice(false, words.say("desk-told-running")),
        _ => html! {},
    }
}

fn standing(state: &AppState, visit: &Visit, shown: &Shown) -> Markup {
    let words = visit.words();
    let job = &shown.job;
    html! {
        @if !shown.file_is_here && !job.state.has_ended() {
            (frame::notice(false, words.say("desk-file-gone")))
        }
        @match job.state {
            JobState::Received | JobState::Tried => (before(visit, shown)),
            JobState::Trying | JobState::Waiting | JobState::Running => (moving(visit, job, state.clock.now())),
            JobState::Paused => {
                (frame::notice(true, &words.tell("desk-paused", &counted(job.counts.all(), visit.locale))))
                (figures(visit, job))
                div.actions {
                    (deed(visit, job, "import", "desk-resume", true))
                    (deed(visit, job, "give-up", "desk-give-up", false))
                }
            }
            JobState::Failed => {
                @if job.was_left() {
                    (frame::notice(false, &words.tell("desk-left", &counted(job.tries, visit.locale))))
                } @else {
                    (frame::notice(false, words.say("desk-broken")))
                }
                (figures(visit, job))
                div.actions {
                    (deed(visit, job, "import", "desk-resume", true))
                    (deed(visit, job, "give-up", "desk-give-up", false))
                }
            }
            JobState::Done => {
                (frame::notice(true, &words.tell("office-import-done", &counted(job.reading.records, visit.locale))))
                (figures(visit, job))
            }
            JobState::Stopped => {
                (frame::notice(true, words.say("desk-stopped")))
                (figures(visit, job))
            }
        }
        @if shown.imports.len() > 1 { (parts(visit, &shown.imports)) }
        @if job.state.has_ended() && !shown.imports.is_empty() { (turn(visit, job, &shown.imports)) }
        @if !matches!(job.state, JobState::Received | JobState::Trying | JobState::Tried) {
            (report::summary(visit, job, &shown.kinds))
        }
    }
}

/// A form of one button.
fn deed(visit: &Visit, job: &Job, path: &str, label: &str, first: bool) -> Markup {
    html! {
        form method="post" action={ "/office/import/" (job.id) "/" (path) } {
            (token(visit))
            button.button.quiet[!first] { (visit.words().say(label)) }
        }
    }
}

fn before(visit: &Visit, shown: &Shown) -> Markup {
    let (words, job) = (visit.words(), &shown.job);
    html! {
        @if job.was_left() {
            (frame::notice(false, &words.tell("desk-trial-left", &counted(job.tries, visit.locale))))
        }
        @if let Some(preview) = &shown.preview {
            p { (words.one_of("desk-kind", preview.kind.code())) " " (mapping::size(visit, job.reading.total_bytes)) }
        }
        div.actions {
            (deed(visit, job, "import", "desk-import-now", true))
            (deed(visit, job, "trial", "desk-try", false))
            (deed(visit, job, "dismiss", "desk-dismiss", false))
        }
        p.small.muted { (words.say("desk-try-help")) }
        @if let Some(trial) = &job.trial { (trial::shown(visit, trial)) }
        @if let Some(preview) = &shown.preview { (mapping::preview(visit, job, preview)) }
    }
}

fn moving(visit: &Visit, job: &Job, now: Timestamp) -> Markup {
    let words = visit.words();
    let share = percent(job);
    let pace = Pace::of(job, now);
    let number = |number: u64| shown_number(visit, number);
    let left = pace.left.map(|left| match left.as_secs() {
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
        p { label for="progress" {
            @if job.halting { (words.say("desk-halting")) } @else { (words.one_of("desk-moving", job.state.code())) }
        } }
        progress #progress max="100" value=(share) { (share) " %" }
        dl.figures {
            div { dt { (words.say("office-import-read")) } dd.num { (share) " %" } }
            div { dt { (words.say("office-import-records-read")) } dd.num { (number(job.reading.records)) } }
            @if job.state != JobState::Waiting {
                div { dt { (words.say("office-import-rate")) } dd.num { (number(pace.rate)) } }
                @if let Some(left) = left { div { dt { (words.say("office-import-left")) } dd.num { (left) } } }
            }
        }
        @if !job.halting { div.actions {
            (deed(visit, job, "pause", if job.state == JobState::Trying { "desk-stop-trying" } else { "desk-pause" }, false))
        } }
    }
}

fn figures(visit: &Visit, job: &Job) -> Markup {
    let words = visit.words();
    let counts = &job.counts;
    html! {
        (counts_of(visit, counts))
        @if job.unkept > 0 { p.muted { (words.tell("desk-unkept", &counted(job.unkept, visit.locale))) } }
    }
}

pub(super) fn counts_of(visit: &Visit, counts: &catalogue::desk::Counts) -> Markup {
    let words = visit.words();
    let number = |number: u64| shown_number(visit, number);
    html! {
        dl.figures {
            div { dt { (words.say("office-import-created")) } dd.num { (number(counts.created)) } }
            div { dt { (words.say("office-import-updated")) } dd.num { (number(counts.updated)) } }
            div { dt { (words.say("office-import-unchanged")) } dd.num { (number(counts.unchanged)) } }
            div { dt { (words.say("office-import-hidden")) } dd.num { (number(counts.hidden)) } }
            div { dt { (words.say("office-import-rejected")) } dd.num { (number(counts.rejected)) } }
        }
    }
}

/// The files of an archive, and what was completed by hand: the parts of one import.
fn parts(visit: &Visit, imports: &[Import]) -> Markup {
    let words = visit.words();
    let number = |number: i64| shown_number(visit, u64::try_from(number).unwrap_or_default());
    html! {
        details {
            summary { (words.tell("desk-parts", &counted(imports.len() as u64, visit.locale))) }
            ul.plain { @for import in imports.iter().take(PARTS_SHOWN) {
                li {
                    (taken::name(words, &import.delivery.name)) " · " (number(import.messages))
                    @if !import.delivery.staff.is_empty() { " · " (import.delivery.staff) }
                }
            } }
        }
    }
}

/// Taking an import back, or in again.
fn turn(visit: &Visit, job: &Job, imports: &[Import]) -> Markup {
    let words = visit.words();
    let counts = imports
        .iter()
        .any(|import| import.state == ImportState::Taken);
    let turning = imports
        .iter()
        .find(|import| taken::is_turning(import.state));
    html! {
        @if let Some(import) = turning {
            (frame::notice(true, words.one_of("desk-turned", taken::code(import.state))))
        } @else if counts {
            (taken::ask(visit, &format!("/office/import/{}/undo", job.id), true))
        } @else {
            (frame::notice(true, words.say("desk-undone")))
            (taken::ask(visit, &format!("/office/import/{}/redo", job.id), false))
        }
    }
}

/// How much of the file is read, from 0 to 100.
pub(super) fn percent(job: &Job) -> u8 {
    let share = job.reading.read_bytes.saturating_mul(100) / job.reading.total_bytes.max(1);
    u8::try_from(share).unwrap_or(100).min(100)
}

pub(super) fn shown_number(visit: &Visit, number: u64) -> String {
    format_number(i64::try_from(number).unwrap_or(i64::MAX), visit.locale)
}

/// How fast a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pace {
    /// Records a second since reading began.
    rate: u64,
    /// What is left at this rate; none before anything was read.
    left: Option<Duration>,
}

impl Pace {
    fn of(job: &Job, now: Timestamp) -> Pace {
        let elapsed = job.begun.map_or(Duration::ZERO, |begun| now.since(begun));
        let millis = u64::try_from(elapsed.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let reading = job.reading;
        let unread = reading.total_bytes.saturating_sub(reading.read_bytes);
        Pace {
            rate: reading.records.saturating_mul(1000) / millis,
            left: (reading.read_bytes > 0)
                .then(|| Duration::from_millis(millis.saturating_mul(unread) / reading.read_bytes)),
        }
    }
}

/// Notes on one page.
pub(super) const NOTES_SHOWN: u32 = limits::IMPORT_NOTES_SHOWN;

#[cfg(test)]
mod tests {
    use super::*;

    fn job(read_bytes: u64, total_bytes: u64, records: u64) -> Job {
        Job {
            id: ImportJobId::new(),
            name: "f".to_owned(),
            staff: String::new(),
            received: Timestamp::micros(0),
            state: JobState::Running,
            mapping: None,
            halting: false,
            begun: Some(Timestamp::micros(0)),
            ended: None,
            reading: catalogue::desk::Reading {
                read_bytes,
                total_bytes,
                records,
            },
            committed: 0,
            counts: catalogue::desk::Counts::default(),
            unkept: 0,
            trial: None,
            tries: 0,
        }
    }

    #[test]
    fn rate_and_remaining_time_follow_from_what_was_read() {
        let two_seconds = Timestamp::micros(2_000_000);
        let half = job(500, 1000, 300);
        let expected = Pace {
            rate: 150,
            left: Some(Duration::from_secs(2)),
        };
        assert_eq!(Pace::of(&half, two_seconds), expected);
        assert_eq!(percent(&half), 50);
        assert_eq!(Pace::of(&job(0, 0, 0), two_seconds).left, None);
        assert_eq!(percent(&job(0, 0, 0)), 0);
        let whole = job(1000, 1000, 1);
        assert_eq!(Pace::of(&whole, two_seconds).left, Some(Duration::ZERO));
    }
}
