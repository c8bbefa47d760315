//! Replies that nobody waited for: duplicates, late ones, and those that answer nothing, each with the reason in words.

use std::collections::HashMap;

use maud::{Markup, html};
use shop::payment::network::{Finding, ShortText, Stray, Switch};
use trade::ids::{OrderNumber, PaymentId};

use super::super::access::Visit;
use super::super::frame::time;
use super::count;

/// What stands where nothing is known.
const NOTHING: &str = "–";

/// The orders of the payments that replies are about, as far as this shop has them.
pub(super) type Orders = HashMap<PaymentId, OrderNumber>;

/// The latest, newest first.
pub(super) fn section(visit: &Visit, switch: &Switch, orders: &Orders) -> Markup {
    let words = visit.words();
    html! {
        section {
            h2 { (words.say("network-strays")) }
            p.muted { (words.say("network-strays-help")) }
            @if switch.strays_unkept > 0 {
                p { (words.tell("network-strays-unkept", &[("shown", count(visit, switch.strays_unkept).into())])) }
            }
            @if switch.strays.is_empty() { p.muted { (words.say("network-strays-none")) } }
            @else { div.scroll tabindex="0" role="region" aria-label=(words.say("network-strays")) {
                table.grid.wide {
                    thead { tr {
                        th scope="col" { (words.say("network-when")) }
                        th scope="col" { (words.say("network-class")) }
                        th scope="col" { (words.say("network-message")) }
                        th.num scope="col" { (words.say("network-stan")) }
                        th.num scope="col" { (words.say("network-code")) }
                        th scope="col" { (words.say("network-by")) }
                        th scope="col" { (words.say("network-reason")) }
                        th scope="col" { (words.say("network-finding")) }
                    } }
                    tbody { @for stray in &switch.strays { (row(visit, switch, stray, orders)) } }
                }
            } }
        }
    }
}

fn row(visit: &Visit, switch: &Switch, stray: &Stray, orders: &Orders) -> Markup {
    let words = visit.words();
    let place = switch
        .carriers
        .iter()
        .position(|carrier| Some(carrier.address) == stray.carrier);
    html! {
        tr {
            td { (time(visit, stray.received)) }
            th scope="row" { (words.one_of("stray-class", stray.kind.class().code())) }
            td { (message(visit, stray.mti.as_ref())) }
            td.num { (text(stray.stan.as_ref())) }
            td.num { (text(stray.response_code.as_ref())) }
            td.nowrap { @match (place, stray.carrier) {
                (Some(place), _) => (place + 1),
                (None, Some(address)) => (address),
                (None, None) => (NOTHING),
            } }
            td { (words.one_of("stray", stray.kind.code())) }
            td { (finding(visit, stray, orders)) }
        }
    }
}

/// What the journal says to it, and the order that it is about.
fn finding(visit: &Visit, stray: &Stray, orders: &Orders) -> Markup {
    let words = visit.words();
    let order = stray.payment.and_then(|payment| orders.get(&payment));
    html! {
        @match stray.finding {
            None => (NOTHING),
            Some(Finding::Contradicts) => strong.bad { (words.one_of("finding", Finding::Contradicts.code())) },
            Some(finding) => (words.one_of("finding", finding.code())),
        }
        @if let Some(number) = order { div.small { a href={ "/office/orders/" (number) } { (number) } } }
    }
}

fn text(text: Option<&ShortText>) -> &str {
    text.map_or(NOTHING, ShortText::as_str)
}

/// The message type, and what it answers if that is known.
fn message(visit: &Visit, mti: Option<&ShortText>) -> Markup {
    let code = text(mti);
    let name = visit.words().one_of("network-message", code);
    html! { (code) @if name != code { div.muted.small { (name) } } }
}
