//! Paying with a gift certificate: a code typed on the checkout, or on the page that asks how an order is paid.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use shop::certificate::{self, CertificateCode, NotUsed};
use shop::order::Order;
use trade::ids::OrderNumber;
use trade::locale;

use super::forms::{Fields, see_other, with_cookies};
use super::order::Opened;
use super::pay::{self, Told};
use super::reader::Reader;
use super::step_up;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::state::AppState;
use crate::visitor::Visitor;

/// What the form sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    code: String,
    /// Pressed on the button that takes the certificates back.
    take_back: Option<String>,
}

/// What became of a code, or of the wish to take certificates back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOutcome {
    /// It pays, as far as it goes.
    Used,
    /// The order is paid without certificates again.
    TakenBack,
    /// It is no code.
    Malformed,
    /// It is nobody's.
    Unknown,
    /// Its certificate is over.
    Expired,
    /// Nothing is left on it.
    Empty,
    /// The shop tries no more of them for the moment.
    TooFast,
    /// The order is not to be paid any more.
    NotWaiting,
}

impl CodeOutcome {
    const ALL: [CodeOutcome; 8] = [
        Self::Used,
        Self::TakenBack,
        Self::Malformed,
        Self::Unknown,
        Self::Expired,
        Self::Empty,
        Self::TooFast,
        Self::NotWaiting,
    ];

    /// How the address of the page that asks how to pay says it.
    fn code(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::TakenBack => "taken-back",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Empty => "empty",
            Self::TooFast => "too-fast",
            Self::NotWaiting => "not-waiting",
        }
    }

    /// The outcome of that [`code`](Self::code); none of what anybody else writes into an address.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// Whether it is as the reader wanted.
    fn is_good(self) -> bool {
        matches!(self, Self::Used | Self::TakenBack)
    }

    /// What she is told.
    fn said(self, reader: &Reader<'_>) -> &'static str {
        match self {
            Self::Used => reader.say("certificate-used"),
            Self::TakenBack => reader.say("certificate-taken-back"),
            Self::Malformed => reader.say("certificate-malformed"),
            Self::Unknown => reader.say("certificate-unknown"),
            Self::Expired => reader.say("certificate-expired"),
            Self::Empty => reader.say("certificate-empty"),
            Self::TooFast => reader.say("certificate-too-fast"),
            Self::NotWaiting => reader.say("certificate-not-waiting"),
        }
    }
}

/// What a try of a code leads to.
pub(crate) enum Tried {
    /// The page that asks how to pay, which tells what became of it.
    Told(CodeOutcome),
    /// The screening wants something first, or refused: its page.
    Screened(Response),
}

/// Uses the certificate of a code that was typed.
pub(crate) async fn tried(
    state: &AppState,
    visitor: &Visitor,
    peer: &Peer,
    number: &OrderNumber,
    typed: &str,
) -> Result<Tried, Problem> {
    if !state.paces.certificates.allows(peer) {
        return Ok(Tried::Told(CodeOutcome::TooFast));
    }
    let Ok(code) = CertificateCode::parse(typed) else {
        return Ok(Tried::Told(CodeOutcome::Malformed));
    };
    let (store, screening, clock) = (&state.store, &state.screening, &state.clock);
    let visit = step_up::visit(visitor, peer);
    let told = match certificate::apply(store, screening, clock, number, &code, visit).await {
        Ok(_) => CodeOutcome::Used,
        Err(NotUsed::Unknown) => CodeOutcome::Unknown,
        Err(NotUsed::Expired { .. }) => CodeOutcome::Expired,
        Err(NotUsed::Empty) => CodeOutcome::Empty,
        Err(NotUsed::NotWaiting) => CodeOutcome::NotWaiting,
        Err(NotUsed::StepUp { screening }) => {
            let sent = step_up::Sent::by_certificate(state, number, typed);
            let page = step_up::ask(state, visitor, number, sent, screening);
            return Ok(Tried::Screened(page));
        }
        Err(NotUsed::Refused) => {
            let page = pay::told(state, visitor, number, Told::Refused);
            return Ok(Tried::Screened(page));
        }
        Err(NotUsed::Fault(fault)) => return Err(fault.into()),
    };
    Ok(Tried::Told(told))
}

/// Uses the certificate and leads back to the page that asks how to pay what is left; what it paid whole has left the cart.
pub(crate) async fn spend(
    state: &AppState,
    visitor: &Visitor,
    peer: &Peer,
    number: &OrderNumber,
    typed: &str,
) -> Result<Response, Problem> {
    match tried(state, visitor, peer, number, typed).await? {
        Tried::Told(told) => {
            let answer = told_of(state, visitor, number, told);
            Ok(with_cookies(answer, pay::basket_now(state, visitor).await?))
        }
        Tried::Screened(page) => Ok(page),
    }
}

/// The page that asks how to pay, told what became of a code.
pub(crate) fn told_of(
    state: &AppState,
    visitor: &Visitor,
    number: &OrderNumber,
    told: CodeOutcome,
) -> Response {
    let pay = pay::pay_path(state, number);
    see_other(&visitor.path(&format!("{pay}&certificate={}", told.code())))
}

/// `POST /orders/{number}/certificate?key=`
pub(crate) async fn post(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Path(number): Path<String>,
    Query(opened): Query<Opened>,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let number = opened.order(&state, &number)?;
    if typed.take_back.is_none() {
        return spend(&state, &visitor, &peer, &number, &typed.code).await;
    }
    let told = match certificate::take_back(&state.store, &state.clock, &number).await {
        Ok(()) => CodeOutcome::TakenBack,
        Err(NotUsed::Fault(fault)) => return Err(fault.into()),
        Err(_) => CodeOutcome::NotWaiting,
    };
    Ok(told_of(&state, &visitor, &number, told))
}

/// The field for a code, what was told of the last one, and what certificates pay already.
pub fn section(reader: &Reader<'_>, order: &Order, key: &str, told: Option<CodeOutcome>) -> Markup {
    let action = reader.path(&format!("/orders/{}/certificate?key={key}", order.number));
    html! {
        section aria-labelledby="certificate" {
            h2 #certificate { (reader.say("certificate")) }
            @if let Some(told) = told {
                div.alert role=(if told.is_good() { "status" } else { "alert" }) { p { (told.said(reader)) } }
            }
            form action=(action) method="post" {
                @if !order.certificates.is_zero() {
                    p { (reader.tell("certificate-pays", &[("amount", locale::format_money(order.certificates, reader.locale).into())])) }
                    p.actions { button.button.quiet type="submit" name="take_back" value="1" { (reader.say("certificate-take-back")) } }
                }
                div.field {
                    label for="code" { (reader.say("certificate-code")) }
                    p.hint id="code-hint" { (reader.say("certificate-code-hint")) }
                    input #code type="text" name="code" maxlength="40" autocomplete="off" autocapitalize="characters" spellcheck="false" aria-describedby="code-hint";
                }
                p.actions { button.button.quiet type="submit" { (reader.say("certificate-use")) } }
            }
        }
    }
}
