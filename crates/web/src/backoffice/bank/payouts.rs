//! The payouts of the hosted provider: when, how much, for what fees, and whether the bank has them.

use axum::Extension;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use shop::reconciliation::payouts::{self, PayoutState, ReadPayout};
use storage::Tx;
use trade::limits;
use trade::locale::format_date;

use super::super::access::Visit;
use super::super::frame::{self, Part, money};
use crate::AppState;
use crate::problem::Problem;

/// Payouts on one page.
const PER_PAGE: u32 = limits::BANK_LISTED;

/// Where a payout stands, for the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// What it is made of is not known yet.
    Announced,
    /// It left the provider and is on no statement.
    UnderWay,
    /// The bank has it.
    Arrived,
    /// It came back to the provider.
    Failed,
    /// It was called off.
    Canceled,
}

impl Standing {
    #[cfg(test)]
    pub(super) const ALL: [Standing; 5] = [
        Standing::Announced,
        Standing::UnderWay,
        Standing::Arrived,
        Standing::Failed,
        Standing::Canceled,
    ];

    fn of(payout: &ReadPayout) -> Standing {
        match payout.state {
            PayoutState::Failed => Standing::Failed,
            PayoutState::Canceled => Standing::Canceled,
            _ if payout.arrived_on.is_some() => Standing::Arrived,
            _ if payout.is_booked => Standing::UnderWay,
            _ => Standing::Announced,
        }
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Standing::Announced => "announced",
            Standing::UnderWay => "under-way",
            Standing::Arrived => "arrived",
            Standing::Failed => "failed",
            Standing::Canceled => "canceled",
        }
    }
}

/// The latest payouts on the bank's page, where the shop has any or asks for them.
pub(super) fn section(visit: &Visit, payouts: &[ReadPayout], is_asked: bool) -> Markup {
    let words = visit.words();
    html! {
        @if is_asked || !payouts.is_empty() {
            section {
                h2 #payouts { (words.say("bank-payouts")) }
                @if payouts.is_empty() { p.muted { (words.say("bank-payouts-none")) } }
                @else {
                    (table(visit, payouts))
                    p { a.next-step href="/office/bank/payouts" { (words.say("bank-payouts-all")) } }
                }
            }
        }
    }
}

/// What the address of the list asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Wanted {
    page: String,
}

/// `GET /office/bank/payouts?page=`
pub(in super::super) async fn list(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let page = wanted.page.parse().unwrap_or(1).max(1);
    let read = move |tx: &mut dyn Tx| payouts::payouts_read(tx, page, PER_PAGE);
    let (payouts, total) = state.store.read(read).await?;
    let words = visit.words();
    let body = html! {
        p { a href="/office/bank" { (words.say("office-bank")) } }
        p { (words.say("bank-payouts-help")) }
        @if payouts.is_empty() { p.muted { (words.say("bank-payouts-none")) } }
        @else { (table(&visit, &payouts)) }
        (frame::pages(words, page, PER_PAGE, total, |page| format!("/office/bank/payouts?page={page}")))
    };
    Ok(frame::page(
        &visit,
        Part::Bank,
        words.say("bank-payouts"),
        &body,
    ))
}

fn table(visit: &Visit, payouts: &[ReadPayout]) -> Markup {
    let words = visit.words();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.say("bank-payouts")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("bank-payout")) }
                    th scope="col" { (words.say("bank-payout-made")) }
                    th.num scope="col" { (words.say("bank-amount")) }
                    th.num scope="col" { (words.say("bank-charges")) }
                    th scope="col" { (words.say("office-payment-state")) }
                    th scope="col" { (words.say("bank-breaks")) }
                } }
                tbody { @for one in payouts { (row(visit, one)) } }
            }
        }
    }
}

fn row(visit: &Visit, one: &ReadPayout) -> Markup {
    let words = visit.words();
    let in_euros = one.currency == "eur";
    html! {
        tr data-row {
            th scope="row" { (one.id) }
            td.nowrap { (format_date(one.made_on, visit.locale)) }
            td.num { @if in_euros { (money(visit, one.amount)) } @else { (one.currency.to_uppercase()) } }
            td.num { @if one.is_booked { (money(visit, one.fees)) } }
            td {
                (words.one_of("payout-standing", Standing::of(one).code()))
                @match one.arrived_on {
                    Some(day) => div.muted.small { (format_date(day, visit.locale)) },
                    None if !matches!(one.state, PayoutState::Failed | PayoutState::Canceled) => {
                        div.muted.small { (words.say("bank-payout-expected")) " " (format_date(one.arrives_on, visit.locale)) }
                    }
                    None => {}
                }
            }
            td { @for (id, kind) in &one.breaks {
                div { a href={ "/office/bank/breaks/" (id) } { (words.one_of("break", kind.code())) } }
            } }
        }
    }
}
