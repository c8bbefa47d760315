//! What a bookseller does with money in suspense: gives it to an order, sends it back, or finds that it is a charge.

use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use shop::reconciliation::{self, BankEntry, Break, BreakKind, Given, SuspenseRefusal};
use trade::ids::OrderNumber;
use trade::locale::format_date;

use super::super::access::Visit;
use super::super::frame::{money, token};
use super::reconcile;
use crate::AppState;
use crate::problem::Problem;

/// Characters of an order's number as people type it.
const NUMBER_CHARS: usize = 20;

/// Whether a break is about money in suspense.
pub(super) fn lies(kind: BreakKind) -> bool {
    matches!(
        kind,
        BreakKind::TransferUnknown
            | BreakKind::TransferAmount
            | BreakKind::TransferLate
            | BreakKind::EntryUnknown
            | BreakKind::DisputeUnknown
            | BreakKind::PayoutMissing
    )
}

/// The movement, and what can be done with it.
pub(super) fn forms(visit: &Visit, one: &Break, entry: &BankEntry) -> Markup {
    let words = visit.words();
    let comes_in = entry.rest > trade::money::Money::ZERO;
    html! {
        h2 { (words.say("bank-movement")) }
        dl.figures {
            div { dt { (words.say("bank-day")) } dd { (format_date(entry.booked_on, visit.locale)) } }
            div { dt { (words.say("bank-statement")) } dd { (entry.statement) } }
            div { dt { (words.say("bank-amount")) } dd { (money(visit, entry.amount)) } }
            div { dt { (words.say("bank-rest")) } dd { (money(visit, entry.rest)) } }
            div { dt { (words.say("bank-party")) } dd { (entry.party) } }
            div { dt { (words.say("bank-words")) } dd { (entry.words) } }
        }
        @if let Some(why) = entry.why { p { (words.one_of("bank-why", why.code())) } }
        @if !entry.rest.is_zero() { div.columns.even {
            @if comes_in { (give_form(visit, one, entry)) (send_form(visit, one, entry)) }
            @else { (charge_form(visit, one, entry)) }
        } }
    }
}

fn give_form(visit: &Visit, one: &Break, entry: &BankEntry) -> Markup {
    let words = visit.words();
    let known = entry.given_to.as_ref().or(entry.subject.as_ref());
    html! {
        form.narrow method="post" action={ "/office/bank/entries/" (entry.id) "/give" } {
            (token(visit)) (back_to(one))
            h3 { (words.say("bank-give")) }
            p.muted { (words.say("bank-give-help")) }
            div.field {
                label for="order" { (words.say("bank-give-order")) }
                input #order name="order" maxlength=(NUMBER_CHARS) autocomplete="off" value=[known] required;
            }
            div.actions { button.button { (words.say("bank-give")) } }
        }
    }
}

fn send_form(visit: &Visit, one: &Break, entry: &BankEntry) -> Markup {
    let words = visit.words();
    let reference = reconciliation::reference_back(entry.id);
    let reference = reference
        .map(|reference| reference.grouped())
        .unwrap_or_default();
    let account = entry.party_account.as_deref().unwrap_or("–");
    html! {
        form.narrow method="post" action={ "/office/bank/entries/" (entry.id) "/send-back" } {
            (token(visit)) (back_to(one))
            h3 { (words.say("bank-send-back")) }
            p.muted { (words.tell("bank-send-back-help", &[
                ("amount", money(visit, entry.rest).into()),
                ("account", account.into()),
                ("reference", reference.into()),
            ])) }
            div.actions { button.button.quiet { (words.say("bank-sent-back")) } }
        }
    }
}

fn charge_form(visit: &Visit, one: &Break, entry: &BankEntry) -> Markup {
    let words = visit.words();
    html! {
        form.narrow method="post" action={ "/office/bank/entries/" (entry.id) "/charge" } {
            (token(visit)) (back_to(one))
            h3 { (words.say("bank-charge")) }
            p.muted { (words.say("bank-charge-help")) }
            div.actions { button.button.quiet { (words.say("bank-charge")) } }
        }
    }
}

/// The break whose page the form stands on.
fn back_to(one: &Break) -> Markup {
    html! { input type="hidden" name="break" value=(one.id); }
}

/// The forms of a movement.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Asked {
    order: String,
    #[serde(rename = "break")]
    on: i64,
}

/// `POST /office/bank/entries/{id}/give`
pub(in super::super) async fn give(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Problem> {
    let Ok(number) = OrderNumber::parse(&asked.order) else {
        return back(&asked, "order");
    };
    let (now, login) = (state.clock.now(), visit.member.login.clone());
    let giving = state
        .store
        .write(move |tx| reconciliation::give(tx, id, &number, &login, now));
    let told = match giving.await {
        Ok(Given::Paid { .. }) => Ok("paid"),
        Ok(Given::Waits { .. }) => Ok("waits"),
        Err(refusal) => Err(refusal),
    };
    ended(&state, &visit, &asked, told).await
}

/// `POST /office/bank/entries/{id}/send-back`
pub(in super::super) async fn send_back(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Problem> {
    let (now, login) = (state.clock.now(), visit.member.login.clone());
    let sending = state
        .store
        .write(move |tx| reconciliation::send_back(tx, id, &login, now));
    let told = sending.await.map(|_| "sent");
    ended(&state, &visit, &asked, told).await
}

/// `POST /office/bank/entries/{id}/charge`
pub(in super::super) async fn charge(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Problem> {
    let (now, login) = (state.clock.now(), visit.member.login.clone());
    let booking = state
        .store
        .write(move |tx| reconciliation::is_charge(tx, id, &login, now));
    let told = booking.await.map(|()| "charge");
    ended(&state, &visit, &asked, told).await
}

/// Looks through the books again when something moved, and goes back to the break.
async fn ended(
    state: &AppState,
    visit: &Visit,
    asked: &Asked,
    done: Result<&'static str, SuspenseRefusal>,
) -> Result<Redirect, Problem> {
    let told = match done {
        Ok(told) => {
            reconcile(state, visit).await?;
            told
        }
        Err(SuspenseRefusal::Gone) => "gone",
        Err(SuspenseRefusal::NoSuchOrder) => "order",
        Err(SuspenseRefusal::NotWaiting) => "waiting",
        Err(SuspenseRefusal::OtherWay) => "way",
        Err(SuspenseRefusal::Fault(fault)) => return Err(fault.into()),
    };
    back(asked, told)
}

fn back(asked: &Asked, told: &str) -> Result<Redirect, Problem> {
    Ok(Redirect::to(&format!(
        "/office/bank/breaks/{}?told={told}",
        asked.on
    )))
}
