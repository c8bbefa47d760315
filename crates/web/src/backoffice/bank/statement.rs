//! One statement: its movements, and what each was found to be.

use axum::Extension;
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use shop::reconciliation::{self, BankEntry, EntryKind};
use storage::{Fault, Tx};
use trade::limits;
use trade::locale::format_date;

use super::super::access::Visit;
use super::super::frame::{self, Part, money};
use crate::AppState;
use crate::problem::Problem;

/// Movements on one page.
const PER_PAGE: u32 = limits::BANK_LISTED;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Wanted {
    page: String,
}

/// `GET /office/bank/statements/{id}?page=`
pub(in super::super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let page = wanted.page.parse().unwrap_or(1).max(1);
    let read = move |tx: &mut dyn Tx| -> Result<_, Fault> {
        reconciliation::entries_of(tx, id, page, PER_PAGE + 1)
    };
    let mut entries = state.store.read(read).await?;
    let more = entries.len() > usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    entries.truncate(usize::try_from(PER_PAGE).unwrap_or(usize::MAX));
    let words = visit.words();
    let name = entries
        .first()
        .map(|entry| entry.statement.clone())
        .unwrap_or_default();
    let title = words.tell("bank-statement-title", &[("name", name.into())]);
    let address = |page: u32| format!("/office/bank/statements/{id}?page={page}");
    let body = html! {
        p { a href="/office/bank" { (words.say("office-bank")) } }
        @if entries.is_empty() { p.muted { (words.say("bank-movements-none")) } } @else { (table(&visit, &entries)) }
        nav.pages aria-label=(words.say("office-pages")) {
            @if page > 1 { a rel="prev" href=(address(page - 1)) { (words.say("office-previous")) } }
            @if more { a rel="next" href=(address(page + 1)) { (words.say("office-next")) } }
        }
    };
    Ok(frame::page(&visit, Part::Bank, &title, &body))
}

fn table(visit: &Visit, entries: &[BankEntry]) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("bank-movements")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("bank-day")) }
                    th scope="col" { (words.say("bank-movement")) }
                    th.num scope="col" { (words.say("bank-amount")) }
                    th.num scope="col" { (words.say("bank-charges")) }
                    th scope="col" { (words.say("bank-words")) }
                } }
                tbody { @for entry in entries { tr data-row {
                    td.nowrap { (format_date(entry.booked_on, visit.locale)) }
                    th scope="row" { (words.one_of("bank-kind", entry.kind.code())) (subject(visit, entry)) }
                    td.num { (money(visit, entry.amount)) }
                    td.num { @if !entry.charges.is_zero() { (money(visit, entry.charges)) } }
                    td { (entry.party) div.muted.small { (entry.words) } }
                } } }
            }
        }
    }
}

/// What a movement is about, and why it lies in suspense if it does.
fn subject(visit: &Visit, entry: &BankEntry) -> Markup {
    let words = visit.words();
    html! {
        @if let Some(subject) = &entry.subject {
            " " @match entry.kind {
                EntryKind::Transfer | EntryKind::Unknown => { a href={ "/office/orders/" (subject) } { (subject) } }
                EntryKind::Clearing => { span.num { (subject) } }
                _ => {}
            }
        }
        @if !entry.rest.is_zero() {
            @if let Some(why) = entry.why { div.muted.small { (words.one_of("bank-why", why.code())) } }
        }
    }
}
