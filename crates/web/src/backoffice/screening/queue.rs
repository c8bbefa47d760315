//! The review queue: paid orders that are not shipped before somebody looked at them, oldest first.

use axum::Extension;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use shop::screening::{self, Queued, Told as Reason};
use storage::Fault;

use super::{decision, rules};
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::{self, Part, money, time};
use crate::problem::Problem;

/// What a redirect to the queue carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::backoffice) struct Told {
    told: String,
}

/// `GET /office/screening`
pub(in crate::backoffice) async fn queue(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let (screening, locale) = (state.screening.clone(), visit.locale);
    let reading = state.store.read(move |tx| -> Result<_, Fault> {
        let mut waiting = Vec::new();
        for queued in screening::queue(tx)? {
            let reasons = screening::explain(tx, &screening, &queued.screened, locale)?;
            waiting.push((queued, reasons));
        }
        Ok((waiting, screening::unread(tx)?))
    });
    let (waiting, unread) = reading.await?;
    let words = visit.words();
    let title = words.say("office-screening");
    let body = html! {
        (decision::said(&visit, &told.told))
        (rules::unread(&visit, unread))
        p { a.next-step href="/office/screening/rules" { (words.say("office-screening-rules")) } }
        @if waiting.is_empty() { p.muted { (words.say("office-screening-none")) } }
        @else {
            p { (words.say("office-screening-help")) }
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table.grid {
                    thead { tr {
                        th scope="col" { (words.say("office-order-number")) }
                        th scope="col" { (words.say("office-screening-since")) }
                        th scope="col" { (words.say("office-order-reader")) }
                        th.num scope="col" { (words.say("office-order-total")) }
                        th scope="col" { (words.say("office-screening-why")) }
                    } }
                    tbody { @for (queued, reasons) in &waiting { (row(&visit, queued, reasons)) } }
                }
            }
        }
    };
    Ok(frame::page(&visit, Part::Screening, title, &body))
}

fn row(visit: &Visit, queued: &Queued, reasons: &[Reason]) -> Markup {
    html! { tr data-row {
        th scope="row" { a.nowrap href={ "/office/screening/" (queued.screened.id) } { (queued.number) } }
        td { (time(visit, queued.screened.at)) }
        td { (queued.name) }
        td.num { (money(visit, queued.total)) }
        td { (decision::reasons(visit, reasons)) }
    } }
}
