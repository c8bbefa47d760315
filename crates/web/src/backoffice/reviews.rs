//! Reviews to read, to publish, to refuse with a reason; and those that readers reported.

use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use shop::reviews::{
    self, Counts, Entry, Queue, Reason, Report, ReviewId, ReviewRefusal, ReviewState, Step, limits,
};
use storage::Fault;
use trade::clock::Timestamp;
use trade::locale;

use super::access::Visit;
use super::frame::{self, Part, counted, time, token};
use crate::AppState;
use crate::problem::{Kind, Problem};
use crate::storefront::parts::paragraphs;

/// Reviews on a page: they are read whole, so few.
const PER_PAGE: u32 = 20;

/// The queue and its page, as they stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    queue: String,
    page: String,
    told: String,
}

/// `GET /office/reviews?queue=&page=`
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let queue = Queue::of_code(&wanted.queue).unwrap_or(Queue::Waiting);
    let page = wanted.page.parse().unwrap_or(1).clamp(1, 100_000);
    let found = state.store.read(move |tx| -> Result<_, Fault> {
        Ok((
            reviews::queue(tx, queue, page, PER_PAGE)?,
            reviews::counts(tx)?,
        ))
    });
    let (entries, counts) = found.await?;
    let words = visit.words();
    let address = |page: u32| format!("/office/reviews?queue={}&page={page}", queue.code());
    let body = html! {
        (said(&visit, &wanted.told))
        (queues(&visit, queue, counts))
        @if entries.is_empty() { p.muted { (words.say("office-reviews-empty")) } } @else { (table(&visit, &entries)) }
        (frame::pages(words, page, PER_PAGE, counts.of(queue), address))
    };
    Ok(frame::page(
        &visit,
        Part::Reviews,
        words.say("office-reviews"),
        &body,
    ))
}

fn queues(visit: &Visit, here: Queue, counts: Counts) -> Markup {
    let words = visit.words();
    html! {
        nav.states aria-label=(words.say("office-reviews-queues")) {
            ul { @for queue in Queue::ALL {
                li { a href={ "/office/reviews?queue=" (queue.code()) } aria-current=[(queue == here).then_some("true")] {
                    (words.one_of("office-reviews", queue.code())) " " span.num { (counts.of(queue)) }
                } }
            } }
        }
    }
}

fn table(visit: &Visit, entries: &[Entry]) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-reviews")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-review-book")) }
                    th.num scope="col" { (words.say("office-review-rating")) }
                    th scope="col" { (words.say("office-review-text")) }
                    th scope="col" { (words.say("office-review-signature")) }
                    th scope="col" { (words.say("office-review-written")) }
                } }
                tbody { @for entry in entries { tr data-row {
                    th scope="row" { a href={ "/office/reviews/" (entry.id) } { (entry.book) } }
                    td.num { (entry.rating) }
                    td { (entry.title) @if entry.reports > 0 { br; span.state { (words.tell("office-review-reports", &counted(u64::from(entry.reports), visit.locale))) } } }
                    td { (entry.signature) br; span.muted { (bought(visit, entry)) } }
                    td { (time(visit, entry.written)) }
                } } }
            }
        }
    }
}

fn bought(visit: &Visit, entry: &Entry) -> &'static str {
    let words = visit.words();
    if entry.bought {
        words.say("office-review-bought")
    } else {
        words.say("office-review-not-bought")
    }
}

/// `GET /office/reviews/{id}`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let found = state
        .store
        .read(move |tx| reviews::entry(tx, ReviewId(id)))
        .await?;
    let (entry, reports) = found.ok_or(Problem::of(Kind::NotFound))?;
    let body = html! {
        (said(&visit, &wanted.told))
        div.columns {
            div { (text(&visit, &entry)) (reported(&visit, &reports)) }
            div { (decisions(&visit, &entry)) }
        }
    };
    Ok(frame::page(&visit, Part::Reviews, &entry.book, &body))
}

fn text(visit: &Visit, entry: &Entry) -> Markup {
    let words = visit.words();
    html! {
        p { span.state { (words.one_of("office-review-state", entry.state.code())) } " " span.stars aria-hidden="true" { ("★".repeat(usize::from(entry.rating))) } " " span.num { (entry.rating) "/5" } }
        div.prose lang=(entry.language.bcp47()) { h2 { (entry.title) } (paragraphs(&entry.body)) }
        dl.figures {
            div { dt { (words.say("office-review-signature")) } dd { (entry.signature) } }
            div { dt { (words.say("office-review-written")) } dd { (time(visit, entry.written)) } }
            div { dt { (words.say("office-review-experienced")) } dd { (locale::format_date(entry.experienced, visit.locale)) } }
            div { dt { (words.say("office-review-language")) } dd { (entry.language.name(visit.locale)) } }
            div { dt { (words.say("office-review-purchase")) } dd { (words.one_of("office-review-purchase", if entry.bought { "found" } else { "none" })) } }
        }
        p { a href={ "/office/editions/" (entry.edition) } { (words.say("office-review-edition")) } }
    }
}

fn reported(visit: &Visit, reports: &[Report]) -> Markup {
    let words = visit.words();
    html! {
        @if !reports.is_empty() {
            h2 { (words.tell("office-review-reports", &counted(reports.len() as u64, visit.locale))) }
            ul.happened { @for report in reports {
                li { b { (words.one_of("review-report", report.reason.code())) } " " (time(visit, report.at)) br; (report.note) }
            } }
        }
    }
}

/// What makes sense now; every form names the text that was read.
fn decisions(visit: &Visit, entry: &Entry) -> Markup {
    let (words, path) = (visit.words(), format!("/office/reviews/{}", entry.id));
    let seen = html! { input type="hidden" name="seen" value=(entry.written.as_micros()); };
    html! {
        h2 { (words.say("office-review-decide")) }
        @if let Some(reason) = entry.reason.filter(|_| entry.state == ReviewState::Refused) {
            p { (words.one_of("review-reason", reason.code())) }
            @if let Some(note) = &entry.note { p { (words.tell("office-review-told", &[("note", note.as_str().into())])) } }
        }
        @if entry.state.after(Step::Publish).is_some() {
            form method="post" action={ (path) "/publish" } {
                (token(visit)) (seen)
                div.actions { button.button { (words.say("office-review-publish")) } }
            }
        }
        @if entry.state == ReviewState::Published && entry.reports > 0 {
            form method="post" action={ (path) "/keep" } {
                (token(visit))
                p { (words.say("office-review-keep-help")) }
                div.actions { button.button { (words.say("office-review-keep")) } }
            }
        }
        @if entry.state.after(Step::Refuse).is_some() {
            form.narrow method="post" action={ (path) "/refuse" } {
                (token(visit)) (seen)
                p #refuse-help { (words.say("office-review-refuse-help")) }
                div.field {
                    label for="reason" { (words.say("office-review-reason")) }
                    select #reason name="reason" required {
                        option value="" { "–" }
                        @for &reason in Reason::ALL { option value=(reason.code()) { (words.one_of("review-reason", reason.code())) } }
                    }
                }
                div.field {
                    label for="note" { (words.say("office-review-note")) }
                    textarea #note name="note" rows="3" maxlength=(limits::NOTE_CHARS) aria-describedby="refuse-help" {}
                }
                div.actions { button.button.quiet { (words.say("office-review-refuse")) } }
            }
        }
    }
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    match told {
        "published" => frame::notice(true, words.say("office-told-review-published")),
        "refused" => frame::notice(true, words.say("office-told-review-refused")),
        "kept" => frame::notice(true, words.say("office-told-review-kept")),
        "changed" => frame::notice(false, words.say("office-told-review-changed")),
        "not-now" => frame::notice(false, words.say("office-told-review-not-now")),
        "no-reason" => frame::notice(false, words.say("office-told-review-no-reason")),
        _ => html! {},
    }
}

/// What the forms of the decisions send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Decision {
    seen: String,
    reason: String,
    note: String,
}

impl Decision {
    /// The text that was read; one that nobody wrote when the form says nothing.
    fn seen(&self) -> Timestamp {
        Timestamp::micros(self.seen.parse().unwrap_or(0))
    }
}

/// `POST /office/reviews/{id}/publish`
pub(super) async fn publish(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(decision): Form<Decision>,
) -> Result<Redirect, Problem> {
    let (id, seen, now) = (ReviewId(id), decision.seen(), state.clock.now());
    let done = reviews::publish_alone(&state.store, id, seen, &visit.member.login, now).await;
    done_with(&state, id, "published", done).await
}

/// `POST /office/reviews/{id}/refuse`
pub(super) async fn refuse(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(decision): Form<Decision>,
) -> Result<Redirect, Problem> {
    let id = ReviewId(id);
    let Some(reason) = Reason::of_code(&decision.reason) else {
        return Ok(told(id, "no-reason"));
    };
    let (seen, by, now) = (decision.seen(), visit.member.login, state.clock.now());
    let note: String = decision
        .note
        .trim()
        .chars()
        .take(limits::NOTE_CHARS)
        .collect();
    let done = state.store.write(move |tx| {
        let note = Some(note.as_str()).filter(|note| !note.is_empty());
        reviews::refuse(tx, id, seen, (reason, note), &by, now)
    });
    done_with(&state, id, "refused", done.await).await
}

/// `POST /office/reviews/{id}/keep`
pub(super) async fn keep(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
) -> Result<Redirect, Problem> {
    let (id, by, now) = (ReviewId(id), visit.member.login, state.clock.now());
    let done = state.store.write(move |tx| reviews::keep(tx, id, &by, now));
    done_with(&state, id, "kept", done.await).await
}

/// Done: on to the next one in the queue. Not done: the review again, and why.
async fn done_with(
    state: &AppState,
    id: ReviewId,
    what: &str,
    outcome: Result<(), ReviewRefusal>,
) -> Result<Redirect, Problem> {
    match outcome {
        Ok(()) => {
            state
                .reviews
                .refresh(&state.store, state.clock.now())
                .await?;
            Ok(Redirect::to(&format!("/office/reviews?told={what}")))
        }
        Err(ReviewRefusal::Changed) => Ok(told(id, "changed")),
        Err(ReviewRefusal::NotNow { .. }) => Ok(told(id, "not-now")),
        Err(ReviewRefusal::NoSuchReview { .. }) => Err(Problem::of(Kind::NotFound)),
        Err(ReviewRefusal::Fault(fault)) => Err(fault.into()),
    }
}

fn told(id: ReviewId, what: &str) -> Redirect {
    Redirect::to(&format!("/office/reviews/{id}?told={what}"))
}
