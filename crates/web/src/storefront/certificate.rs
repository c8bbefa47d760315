//! Paying with a gift certificate: a code typed on the checkout, or on the page that asks how an order is paid.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use maud::{Markup, html};
use serde::Deserialize;
use shop::certificate::{self, CertificateCode, NotUsed};
use shop::order::Order;
use trade::ids::OrderNumber;
use trade::locale;

use super::forms::{Fields, see_other};
use super::order::Opened;
use super::reader::Reader;
use crate::problem::Problem;
use crate::state::AppState;
use crate::visitor::Visitor;

/// Codes that the whole shop tries per second: a code has 80 random bits.
const TRIES_PER_SECOND: u32 = 5;
static TRIES: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(|| {
    RateLimiter::direct(Quota::per_second(
        NonZeroU32::new(TRIES_PER_SECOND).unwrap_or(NonZeroU32::MIN),
    ))
});

/// What the form sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    code: String,
    /// Pressed on the button that takes the certificates back.
    take_back: Option<String>,
}

/// What became of a code, as the page that asks how to pay is told in its address.
pub(crate) async fn tried(
    state: &AppState,
    number: &OrderNumber,
    typed: &str,
) -> Result<&'static str, Problem> {
    if TRIES.check().is_err() {
        return Ok("too-fast");
    }
    let Ok(code) = CertificateCode::parse(typed) else {
        return Ok("malformed");
    };
    match certificate::apply(&state.store, &state.clock, number, &code).await {
        Ok(_) => Ok("used"),
        Err(NotUsed::Unknown) => Ok("unknown"),
        Err(NotUsed::Expired { .. }) => Ok("expired"),
        Err(NotUsed::Empty) => Ok("empty"),
        Err(NotUsed::NotWaiting) => Ok("not-waiting"),
        Err(NotUsed::Fault(fault)) => Err(fault.into()),
    }
}

/// `POST /orders/{number}/certificate?key=`
pub(crate) async fn post(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(number): Path<String>,
    Query(opened): Query<Opened>,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let number = opened.order(&state, &number)?;
    let told = match typed.take_back {
        None => tried(&state, &number, &typed.code).await?,
        Some(_) => match certificate::take_back(&state.store, &state.clock, &number).await {
            Ok(()) => "taken-back",
            Err(NotUsed::Fault(fault)) => return Err(fault.into()),
            Err(_) => "not-waiting",
        },
    };
    let pay = super::pay::pay_path(&state, &number);
    Ok(see_other(
        &visitor.path(&format!("{pay}&certificate={told}")),
    ))
}

/// The field for a code, what was told of the last one, and what certificates pay already.
pub fn section(reader: &Reader<'_>, order: &Order, key: &str, told: &str) -> Markup {
    let action = reader.path(&format!("/orders/{}/certificate?key={key}", order.number));
    let (good, said) = match told {
        "used" => (true, Some("certificate-used")),
        "taken-back" => (true, Some("certificate-taken-back")),
        "malformed" => (false, Some("certificate-malformed")),
        "unknown" => (false, Some("certificate-unknown")),
        "expired" => (false, Some("certificate-expired")),
        "empty" => (false, Some("certificate-empty")),
        "too-fast" => (false, Some("certificate-too-fast")),
        "not-waiting" => (false, Some("certificate-not-waiting")),
        _ => (true, None),
    };
    html! {
        section aria-labelledby="certificate" {
            h2 #certificate { (reader.say("certificate")) }
            @if let Some(said) = said {
                div.alert role=(if good { "status" } else { "alert" }) { p { (reader.words().say(said)) } }
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
