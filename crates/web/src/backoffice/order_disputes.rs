//! The disputes of an order: what a bank took back, or said that it will, and what the shop does about it.

use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use shop::disputes::{self, Dispute, DisputeRefusal, DisputeState, NewDispute};
use shop::order::Order;
use trade::ids::OrderNumber;
use trade::limits;
use trade::locale::format_date;
use trade::money::Money;
use uuid::Uuid;

use super::access::Visit;
use super::frame::{money, time, token};
use crate::AppState;
use crate::problem::{Kind, Problem};

/// Characters of an amount as people type it.
const AMOUNT_CHARS: usize = 16;

/// The disputes, and the form to write one down.
pub(super) fn section(visit: &Visit, order: &Order, disputes: &[Dispute]) -> Markup {
    let words = visit.words();
    let can_open = order
        .payment
        .as_ref()
        .is_some_and(|payment| payment.captured > payment.refunded);
    html! {
        @if !disputes.is_empty() {
            h2 { (words.say("disputes")) }
            @for dispute in disputes { (one(visit, dispute)) }
        }
        @if can_open { (open_form(visit, order)) }
    }
}

fn one(visit: &Visit, dispute: &Dispute) -> Markup {
    let words = visit.words();
    let is_open = matches!(
        dispute.state,
        DisputeState::Opened | DisputeState::Represented
    );
    html! {
        section.dispute {
            p {
                b { (money(visit, dispute.amount)) } " · " (dispute.reason) " · "
                span.state { (words.one_of("dispute", dispute.state.code())) }
            }
            p.muted.small {
                (time(visit, dispute.opened))
                @if let Some(reference) = &dispute.reference { " · " (reference) }
                @if !dispute.staff.is_empty() { " · " (dispute.staff) }
                " · " (words.say(if dispute.taken { "dispute-taken" } else { "dispute-announced" }))
                @if is_open { " · " (words.tell("dispute-until", &[("day", format_date(dispute.deadline, visit.locale).into())])) }
            }
            @if !dispute.note.is_empty() { p { (dispute.note) } }
            @if dispute.state == DisputeState::Opened { (represent_form(visit, dispute)) }
            @if is_open && dispute.taken { (lose_form(visit, dispute)) }
        }
    }
}

fn represent_form(visit: &Visit, dispute: &Dispute) -> Markup {
    let words = visit.words();
    let id = format!("note-{}", dispute.id);
    html! {
        details.ask { summary { (words.say("dispute-represent")) }
            form method="post" action={ "/office/orders/" (dispute.number) "/disputes/" (dispute.id) "/represent" } {
                (token(visit))
                p { (words.say("dispute-represent-help")) }
                div.field {
                    label for=(id) { (words.say("dispute-note")) }
                    input id=(id) name="note" maxlength=(limits::NOTE_CHARS) required autocomplete="off";
                }
                button.button.quiet { (words.say("dispute-represent")) }
            }
        }
    }
}

fn lose_form(visit: &Visit, dispute: &Dispute) -> Markup {
    let words = visit.words();
    html! {
        details.ask { summary { (words.say("dispute-lose")) }
            form method="post" action={ "/office/orders/" (dispute.number) "/disputes/" (dispute.id) "/lose" } {
                (token(visit))
                p { (words.tell("dispute-lose-help", &[("amount", money(visit, dispute.amount).into())])) }
                button.button.quiet { (words.say("dispute-lose")) }
            }
        }
    }
}

fn open_form(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    html! {
        details.ask { summary { (words.say("dispute-open")) }
            form method="post" action={ "/office/orders/" (order.number) "/dispute" } {
                (token(visit))
                p { (words.say("dispute-open-help")) }
                div.field {
                    label for="amount" { (words.say("bank-amount")) }
                    input #amount name="amount" inputmode="decimal" maxlength=(AMOUNT_CHARS) required autocomplete="off";
                }
                div.field {
                    label for="reason" { (words.say("dispute-reason")) }
                    input #reason name="reason" maxlength=(limits::DISPUTE_REASON_CHARS) required autocomplete="off";
                }
                div.field {
                    label for="deadline" { (words.say("dispute-deadline")) }
                    input #deadline type="date" name="deadline";
                }
                div.field {
                    label for="dispute-note" { (words.say("dispute-note")) }
                    input #dispute-note name="note" maxlength=(limits::NOTE_CHARS) autocomplete="off";
                }
                button.button.quiet { (words.say("dispute-open")) }
            }
        }
    }
}

/// The form of a dispute that the bank announced.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Announced {
    amount: String,
    reason: String,
    deadline: String,
    note: String,
}

/// `POST /office/orders/{number}/dispute`
pub(super) async fn open(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(number): Path<String>,
    Form(announced): Form<Announced>,
) -> Result<Redirect, Problem> {
    let number = OrderNumber::parse(&number).map_err(|_| Problem::of(Kind::NotFound))?;
    let new = NewDispute {
        // What is no amount is told like an amount that is too large.
        amount: Money::parse_decimal(&announced.amount).unwrap_or(Money::ZERO),
        reason: announced.reason,
        deadline: announced.deadline.parse().ok(),
        note: announced.note,
    };
    let (now, login, of) = (state.clock.now(), visit.member.login, number.clone());
    let opening = state
        .store
        .write(move |tx| disputes::open(tx, &of, &new, &login, now));
    told(&number, opening.await.map(drop))
}

/// The form of a note.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Noted {
    note: String,
}

/// `POST /office/orders/{number}/disputes/{id}/represent`
pub(super) async fn represent(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((number, id)): Path<(String, Uuid)>,
    Form(noted): Form<Noted>,
) -> Result<Redirect, Problem> {
    let number = OrderNumber::parse(&number).map_err(|_| Problem::of(Kind::NotFound))?;
    let (now, login) = (state.clock.now(), visit.member.login);
    let sending = state
        .store
        .write(move |tx| disputes::represent(tx, id, &noted.note, &login, now));
    told(&number, sending.await.map(drop))
}

/// `POST /office/orders/{number}/disputes/{id}/lose`
pub(super) async fn lose(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path((number, id)): Path<(String, Uuid)>,
) -> Result<Redirect, Problem> {
    let number = OrderNumber::parse(&number).map_err(|_| Problem::of(Kind::NotFound))?;
    let (now, login) = (state.clock.now(), visit.member.login);
    let losing = state
        .store
        .write(move |tx| disputes::lose(tx, id, &login, now));
    told(&number, losing.await.map(drop))
}

fn told(number: &OrderNumber, done: Result<(), DisputeRefusal>) -> Result<Redirect, Problem> {
    let told = match done {
        Ok(()) => "dispute-done",
        Err(DisputeRefusal::Amount { .. }) => "dispute-amount",
        Err(DisputeRefusal::Words) => "dispute-words",
        Err(DisputeRefusal::NotNow(_) | DisputeRefusal::NotTaken) => "dispute-not-now",
        Err(DisputeRefusal::NoSuch) => return Err(Problem::of(Kind::NotFound)),
        Err(DisputeRefusal::Fault(fault)) => return Err(fault.into()),
    };
    Ok(Redirect::to(&format!(
        "/office/orders/{number}?told={told}"
    )))
}
