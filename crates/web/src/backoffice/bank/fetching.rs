//! What the shop fetches by itself: when it did last, what hinders it, when it asks next; on the dashboard only what has
//! lasted a day.

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use shop::reconciliation::fetching::{self, Source, Standing};
use storage::{Fault, Tx};
use trade::clock::Timestamp;

use super::super::access::Visit;
use super::super::frame::{notice, time, token};
use crate::AppState;
use crate::problem::Problem;

/// How the sources do that this shop asks, in the order of its configuration; none of one that was not asked yet.
pub(in super::super) fn standings(
    tx: &mut dyn Tx,
    asked: &[Source],
) -> Result<Vec<(Source, Option<Standing>)>, Fault> {
    let known = fetching::standings(tx)?;
    let of = |source| known.iter().copied().find(|one| one.source == source);
    Ok(asked.iter().map(|&source| (source, of(source))).collect())
}

pub(super) fn section(visit: &Visit, standings: &[(Source, Option<Standing>)]) -> Markup {
    let words = visit.words();
    html! {
        section {
            h2 #fetching { (words.say("bank-fetching")) }
            @if standings.is_empty() { p.muted { (words.say("bank-fetching-none")) } }
            @else {
                div.scroll tabindex="0" role="region" aria-label=(words.say("bank-fetching")) {
                    table.grid {
                        thead { tr {
                            th scope="col" { (words.say("bank-fetching-from")) }
                            th scope="col" { (words.say("bank-fetching-last")) }
                            th scope="col" { (words.say("bank-fetching-trouble")) }
                            th scope="col" { (words.say("bank-fetching-next")) }
                        } }
                        tbody { @for (source, standing) in standings { (row(visit, *source, standing.as_ref())) } }
                    }
                }
                form method="post" action="/office/bank/fetch" {
                    (token(visit))
                    button.button.quiet { (words.say("bank-fetching-now")) }
                }
            }
        }
    }
}

fn row(visit: &Visit, source: Source, standing: Option<&Standing>) -> Markup {
    let words = visit.words();
    html! {
        tr data-row {
            th scope="row" { (words.one_of("bank-source", source.code())) }
            td { @match standing.and_then(|one| one.fetched) {
                Some(fetched) => (time(visit, fetched)),
                None => span.muted { (words.say("bank-fetching-never")) },
            } }
            td {
                @if let Some(failure) = standing.and_then(|one| one.failure) { (words.one_of("bank-fetch-fault", failure.code())) }
                @if let Some(failing) = standing.and_then(|one| one.failing) {
                    div.muted.small { (words.say("bank-fetching-since")) " " (time(visit, failing)) }
                }
            }
            td { @if let Some(one) = standing { (time(visit, one.due)) } }
        }
    }
}

/// What the dashboard says of sources that have given nothing for a day.
pub(in super::super) fn overdue(
    visit: &Visit,
    standings: &[(Source, Option<Standing>)],
    now: Timestamp,
) -> Markup {
    let words = visit.words();
    let mut known = standings.iter().filter_map(|(_, standing)| *standing);
    html! {
        @if known.any(|one| one.is_overdue(now)) {
            (notice(false, words.say("office-fetching-overdue")))
            p { a.next-step href="/office/bank#fetching" { (words.say("office-fetching-see")) } }
        }
    }
}

/// `POST /office/bank/fetch`: whoever asks the sources does so at once.
pub(in super::super) async fn ask_now(State(state): State<AppState>) -> Result<Redirect, Problem> {
    let now = state.clock.now();
    state
        .store
        .write(move |tx| fetching::ask_now(tx, now))
        .await?;
    Ok(Redirect::to("/office/bank?told=asked#fetching"))
}
