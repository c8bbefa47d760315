//! The queue of breaks: what disagrees, since when, and who looks after it.

use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use shop::reconciliation::{self, BankEntry, Break, BreakFilter, BreakKind, BreakRefusal, REFUSED};
use shop::staff::{self, Member};
use storage::{Fault, Tx};
use trade::clock::Timestamp;
use trade::limits;

use super::super::access::Visit;
use super::super::form::{Control, Form as Fields};
use super::super::frame::{self, Part, counted, money, time, token};
use super::super::orders::form_urlencoded;
use super::suspense;
use crate::AppState;
use crate::problem::{Kind, Problem};

/// Breaks on one page.
const PER_PAGE: u32 = limits::BANK_LISTED;

/// What the address of the queue asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Wanted {
    kind: String,
    owner: String,
    closed: String,
    page: String,
}

impl Wanted {
    fn filter(&self) -> BreakFilter {
        BreakFilter {
            closed: self.closed == "1",
            kind: BreakKind::of_code(&self.kind),
            owner: Some(self.owner.clone()).filter(|owner| !owner.is_empty()),
        }
    }

    fn address(&self, page: u32) -> String {
        let page = page.to_string();
        let query = [
            ("kind", self.kind.as_str()),
            ("owner", self.owner.as_str()),
            ("closed", self.closed.as_str()),
            ("page", page.as_str()),
        ];
        format!("/office/bank/breaks?{}", form_urlencoded(&query))
    }
}

/// `GET /office/bank/breaks?kind=&owner=&closed=&page=`
pub(in super::super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let filter = wanted.filter();
    let page = wanted.page.parse().unwrap_or(1).max(1);
    let read = move |tx: &mut dyn Tx| -> Result<_, Fault> {
        let (breaks, total) = reconciliation::breaks(tx, &filter, page, PER_PAGE)?;
        Ok((breaks, total, staff::list(tx)?))
    };
    let (breaks, total, people) = state.store.read(read).await?;
    let (words, now) = (visit.words(), state.clock.now());
    let body = html! {
        p { a href="/office/bank" { (words.say("office-bank")) } }
        (sift(&visit, &wanted, &people))
        p { (words.tell("bank-breaks-open", &counted(total, visit.locale))) }
        @if !breaks.is_empty() { (table(&visit, &breaks, now)) }
        (frame::pages(words, page, PER_PAGE, total, |page| wanted.address(page)))
    };
    Ok(frame::page(
        &visit,
        Part::Bank,
        words.say("bank-breaks"),
        &body,
    ))
}

fn sift(visit: &Visit, wanted: &Wanted, people: &[Member]) -> Markup {
    let words = visit.words();
    html! {
        form.sift method="get" action="/office/bank/breaks" {
            div.field {
                label for="kind" { (words.say("break-kind")) }
                select #kind name="kind" {
                    option value="" { (words.say("break-any")) }
                    @for kind in BreakKind::ALL {
                        option value=(kind.code()) selected[wanted.kind == kind.code()] { (words.one_of("break", kind.code())) }
                    }
                }
            }
            div.field {
                label for="owner" { (words.say("break-owner")) }
                select #owner name="owner" {
                    option value="" { (words.say("break-any")) }
                    @for one in people { option value=(one.login) selected[wanted.owner == one.login] { (one.name) } }
                }
            }
            div.field {
                label for="closed" { (words.say("break-standing")) }
                select #closed name="closed" {
                    option value="" { (words.say("break-open")) }
                    option value="1" selected[wanted.closed == "1"] { (words.say("break-closed")) }
                }
            }
            div.actions { button.button.quiet { (words.say("office-search")) } }
        }
    }
}

fn table(visit: &Visit, breaks: &[Break], now: Timestamp) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("bank-breaks")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("break-kind")) }
                    th scope="col" { (words.say("break-about")) }
                    th.num scope="col" { (words.say("break-expected")) }
                    th.num scope="col" { (words.say("break-found")) }
                    th scope="col" { (words.say("break-age")) }
                    th scope="col" { (words.say("break-owner")) }
                } }
                tbody { @for one in breaks { tr data-row {
                    th scope="row" { a href={ "/office/bank/breaks/" (one.id) } { (words.one_of("break", one.kind.code())) } }
                    td { (about(visit, one)) }
                    td.num { @if let Some(amount) = one.expected { (money(visit, amount)) } }
                    td.num { @if let Some(amount) = one.found { (money(visit, amount)) } }
                    td.nowrap { (age(visit, one, now)) }
                    td { @if let Some(owner) = &one.owner { (owner) } @if !one.note.is_empty() { div.muted.small { (one.note) } } }
                } } }
            }
        }
    }
}

fn about(visit: &Visit, one: &Break) -> Markup {
    html! {
        @if let Some(order) = &one.order { a href={ "/office/orders/" (order) } { (order) } " " }
        span.muted.small { (one.subject) @if !one.detail.is_empty() { " · " (detail(visit, one)) } }
    }
}

/// More about a break: codes, numbers and days, which are the same in every language, but for why a file was refused.
fn detail(visit: &Visit, one: &Break) -> String {
    if one.kind == BreakKind::FileRefused
        && let Some((file, reason)) = one.detail.rsplit_once(": ")
        && REFUSED.contains(&reason)
    {
        return format!("{file} · {}", visit.words().one_of("file-refused", reason));
    }
    one.detail.clone()
}

/// How long it has been open.
fn age(visit: &Visit, one: &Break, now: Timestamp) -> String {
    let until = one.closed.unwrap_or(now);
    let days = until.since(one.opened).as_secs() / (24 * 3600);
    visit
        .words()
        .tell("office-days", &counted(days, visit.locale))
}

/// What a redirect tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Told {
    told: String,
}

/// `GET /office/bank/breaks/{id}`
pub(in super::super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let read = move |tx: &mut dyn Tx| -> Result<_, Fault> {
        let Some(one) = reconciliation::find_break(tx, id)? else {
            return Ok(None);
        };
        let entry = match suspense::lies(one.kind) {
            true => entry_of(tx, &one)?,
            false => None,
        };
        Ok(Some((one, entry, staff::list(tx)?)))
    };
    let found = state.store.read(read).await?;
    let (one, entry, people) = found.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let words = visit.words();
    let body = html! {
        (said(&visit, &told.told))
        p { a href="/office/bank/breaks" { (words.say("bank-breaks")) } }
        p { (words.one_of("break-help", one.kind.code())) }
        (facts(&visit, &one, state.clock.now()))
        @if let Some(entry) = &entry { (suspense::forms(&visit, &one, entry)) }
        @if one.closed.is_none() { div.columns.even { (owner_form(&visit, &one, &people)) (close_form(&visit, &one)) } }
    };
    let title = words.one_of("break", one.kind.code());
    Ok(frame::page(&visit, Part::Bank, title, &body))
}

/// The movement in suspense that a break is about.
fn entry_of(tx: &mut dyn Tx, one: &Break) -> Result<Option<BankEntry>, Fault> {
    match one.subject.parse() {
        Ok(id) => reconciliation::entry(tx, id),
        Err(_) => Ok(None),
    }
}

fn said(visit: &Visit, told: &str) -> Markup {
    let words = visit.words();
    let good = ["kept", "closed", "paid", "waits", "sent", "charge"];
    let bad = ["gone", "note", "order", "waiting", "way"];
    match told {
        told if good.contains(&told) => frame::notice(true, words.one_of("break-told", told)),
        told if bad.contains(&told) => frame::notice(false, words.one_of("break-told", told)),
        _ => html! {},
    }
}

fn facts(visit: &Visit, one: &Break, now: Timestamp) -> Markup {
    let words = visit.words();
    html! {
        dl.figures {
            div { dt { (words.say("break-about")) } dd { (about(visit, one)) } }
            @if let Some(amount) = one.expected { div { dt { (words.say("break-expected")) } dd { (money(visit, amount)) } } }
            @if let Some(amount) = one.found { div { dt { (words.say("break-found")) } dd { (money(visit, amount)) } } }
            div { dt { (words.say("break-age")) } dd { (age(visit, one, now)) } }
            div { dt { (words.say("break-since")) } dd { (time(visit, one.opened)) } }
            @if let Some(closed) = one.closed {
                div {
                    dt { (words.say("break-closed")) }
                    dd { (time(visit, closed)) " · " (one.closed_by.as_deref().unwrap_or(words.say("break-by-itself"))) }
                }
            }
        }
        @if !one.note.is_empty() { p { (one.note) } }
    }
}

fn owner_form(visit: &Visit, one: &Break, people: &[Member]) -> Markup {
    let words = visit.words();
    let fields = Fields {
        visit,
        labels: "break",
        flaws: &[],
    };
    let choice = |control: &Control<'_>| {
        html! {
            select #owner name="owner" aria-describedby=[control.described] {
                option value="" { (words.say("break-nobody")) }
                @for person in people.iter().filter(|person| !person.disabled) {
                    option value=(person.login) selected[one.owner.as_deref() == Some(person.login.as_str())] { (person.name) }
                }
            }
        }
    };
    html! {
        form.narrow method="post" action={ "/office/bank/breaks/" (one.id) } {
            h2 { (words.say("break-owner")) }
            (token(visit))
            (fields.field("owner", None, choice))
            (fields.line("note", &one.note, limits::NOTE_CHARS, None))
            div.actions { button.button.quiet { (words.say("office-save")) } }
        }
    }
}

fn close_form(visit: &Visit, one: &Break) -> Markup {
    let words = visit.words();
    let fields = Fields {
        visit,
        labels: "break",
        flaws: &[],
    };
    html! {
        form.narrow method="post" action={ "/office/bank/breaks/" (one.id) "/close" } {
            h2 { (words.say("break-close")) }
            (token(visit))
            p.muted { (words.say("break-close-help")) }
            (fields.line("reason", "", limits::NOTE_CHARS, None))
            div.actions { button.button.quiet { (words.say("break-close")) } }
        }
    }
}

/// The form of who looks after a break.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Owned {
    owner: String,
    note: String,
}

/// `POST /office/bank/breaks/{id}`
pub(in super::super) async fn look_after(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(owned): Form<Owned>,
) -> Result<Redirect, Problem> {
    let (now, login) = (state.clock.now(), visit.member.login);
    let doing = state.store.write(move |tx| {
        let works_here = staff::list(tx)?.iter().any(|one| one.login == owned.owner);
        let owner = Some(owned.owner.as_str()).filter(|_| works_here);
        reconciliation::look_after(tx, id, owner, &owned.note, &login, now)
    });
    told(id, doing.await, "kept")
}

/// The form that closes a break.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Closed {
    reason: String,
}

/// `POST /office/bank/breaks/{id}/close`
pub(in super::super) async fn close(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(closed): Form<Closed>,
) -> Result<Redirect, Problem> {
    let (now, login) = (state.clock.now(), visit.member.login);
    let doing = state
        .store
        .write(move |tx| reconciliation::close(tx, id, &closed.reason, &login, now));
    told(id, doing.await, "closed")
}

fn told(id: i64, done: Result<(), BreakRefusal>, good: &'static str) -> Result<Redirect, Problem> {
    let told = match done {
        Ok(()) => good,
        Err(BreakRefusal::Gone) => "gone",
        Err(BreakRefusal::Note) => "note",
        Err(BreakRefusal::Fault(fault)) => return Err(fault.into()),
    };
    Ok(Redirect::to(&format!(
        "/office/bank/breaks/{id}?told={told}"
    )))
}
