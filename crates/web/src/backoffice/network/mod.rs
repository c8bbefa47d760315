//! The shop's own payment network in the back office: vault, switch, carriers, what waits, and replies for nobody.
//!
//! It only looks: nothing here changes anything, and nothing of a card is in what it is told. Shops that take a hosted
//! provider have no such network, and the page says so.

mod carrier;
mod strays;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use axum::Extension;
use axum::extract::State;
use maud::{Markup, html};
use shop::payment;
use shop::payment::network::{Concern, Network, Switch, Unanswered, Vault};
use storage::{Fault, Tx};
use trade::clock::Timestamp;
use trade::ids::PaymentId;
use trade::locale::format_number;

use super::access::Visit;
use super::frame::{self, Part, counted, time};
use crate::AppState;
use crate::problem::Problem;
use carrier::Seen;
use strays::Orders;

/// `GET /office/network`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
) -> Result<Markup, Problem> {
    let body = match &state.methods.network {
        Some(network) => {
            let seen = network.look().await;
            whole(&visit, &seen, &orders(&state, &seen).await?)
        }
        None => none(&visit),
    };
    let title = visit.words().say("office-network");
    Ok(frame::page(&visit, Part::Network, title, &body))
}

/// The orders that replies for nobody are about.
async fn orders(state: &AppState, network: &Network) -> Result<Orders, Fault> {
    let strays = network.switch.iter().flat_map(|switch| &switch.strays);
    let payments: HashSet<PaymentId> = strays.filter_map(|stray| stray.payment).collect();
    let find = move |tx: &mut dyn Tx| {
        let numbers = payments.into_iter().map(|payment| {
            let number = payment::order_of(tx, payment)?;
            Ok(number.map(|number| (payment, number)))
        });
        numbers.filter_map(Result::transpose).collect()
    };
    state.store.read(find).await
}

/// What a person should see to; nothing for a shop without a network of its own.
pub(super) async fn concerns(state: &AppState) -> Vec<Concern> {
    match &state.methods.network {
        Some(network) => network.look().await.concerns(),
        None => Vec::new(),
    }
}

/// The same in one line, for the first page.
pub(super) fn line(visit: &Visit, concerns: &[Concern]) -> Markup {
    let words = visit.words();
    html! {
        @if !concerns.is_empty() {
            p.notice.bad role="alert" {
                @for concern in concerns { (said(visit, *concern)) " " }
                @if Part::Network.is_for(visit.member.role) { a href="/office/network" { (words.say("network-open")) } }
            }
        }
    }
}

fn said(visit: &Visit, concern: Concern) -> String {
    let (code, count) = concern.told();
    let id = format!("network-concern-{code}");
    visit.words().tell(&id, &counted(count, visit.locale))
}

fn none(visit: &Visit) -> Markup {
    let words = visit.words();
    html! {
        p { (words.say("network-none")) }
        p { (words.say("network-none-docs")) " " code { "docs/own-vault.md" } }
    }
}

fn whole(visit: &Visit, network: &Network, orders: &Orders) -> Markup {
    let words = visit.words();
    let concerns = network.concerns();
    html! {
        p { (words.say("network-help")) }
        p.muted {
            (words.say("network-asked")) " " (time(visit, network.asked)) " · "
            a href="/office/network" { (words.say("network-again")) }
        }
        @for concern in &concerns { (frame::notice(false, &said(visit, *concern))) }
        @if concerns.is_empty() { (quiet(visit, network)) }
        (summary(visit, network))
        @if let Ok(switch) = &network.switch {
            @for (place, carrier) in (1..).zip(&switch.carriers) {
                (Seen { visit, place, carrier, asked: network.asked }.section())
            }
            (clearing(visit, switch))
            (strays::section(visit, switch, orders))
        }
        p.muted { (words.say("network-docs")) " " code { "docs/operate-payments.md" } }
    }
}

/// What is said when nobody is needed: that all is well, or that what is not should mend by itself.
fn quiet(visit: &Visit, network: &Network) -> Markup {
    match network.is_mending() {
        true => frame::notice(false, visit.words().say("network-mending")),
        false => frame::notice(true, visit.words().say("network-well")),
    }
}

/// Vault and switch in a few figures.
fn summary(visit: &Visit, network: &Network) -> Markup {
    let words = visit.words();
    html! {
        dl.figures {
            div {
                dt { (words.say("network-pays")) }
                dd { @match network.pays_since() {
                    Some(since) => (since_when(visit, "network-yes", since)),
                    None => span.bad { (words.say("network-no")) },
                } }
            }
            div { dt { (words.say("network-vault")) } dd { (vault(visit, network.vault)) } }
            div {
                dt { (words.say("network-switch")) }
                dd { @match &network.switch {
                    Ok(_) => (words.say("network-answers")),
                    Err(silence) => (silent(visit, *silence)),
                } }
            }
            @if let Ok(switch) = &network.switch { (waiting(visit, switch)) }
        }
    }
}

fn vault(visit: &Visit, vault: Vault) -> Markup {
    match vault {
        Vault::Open { since } => since_when(visit, "network-vault-open", since),
        Vault::Sealed { since } => bad_since(visit, "network-vault-sealed", since),
        Vault::Silent(silence) => silent(visit, silence),
    }
}

fn silent(visit: &Visit, silence: Unanswered) -> Markup {
    let how = if silence.is_there {
        "network-unusable"
    } else {
        "network-silent"
    };
    bad_since(visit, how, silence.since)
}

/// A state and, in small, since when.
fn since_when(visit: &Visit, state: &str, since: Timestamp) -> Markup {
    html! { span { (visit.words().say(state)) } (since_then(visit, since)) }
}

/// The same of one that should not be.
fn bad_since(visit: &Visit, state: &str, since: Timestamp) -> Markup {
    html! { span.bad { (visit.words().say(state)) } (since_then(visit, since)) }
}

fn since_then(visit: &Visit, since: Timestamp) -> Markup {
    html! { div.muted.small { (visit.words().say("network-since")) " " (time(visit, since)) } }
}

/// What waits for the bank.
fn waiting(visit: &Visit, switch: &Switch) -> Markup {
    let words = visit.words();
    html! {
        (figure(words.say("network-in-flight"), &count(visit, switch.in_flight)))
        div {
            dt { (words.say("network-queued")) }
            dd {
                (count(visit, switch.queued))
                @if let Some(since) = switch.queued_since {
                    div.muted.small { (words.say("network-oldest")) " " (time(visit, since)) }
                }
            }
        }
        (figure(words.say("network-in-doubt"), &count(visit, switch.in_doubt)))
    }
}

fn clearing(visit: &Visit, switch: &Switch) -> Markup {
    let (words, clearing) = (visit.words(), &switch.clearing);
    html! {
        section {
            h2 { (words.say("network-clearing")) }
            dl.figures {
                div {
                    dt { (words.say("network-batch")) }
                    dd { @match clearing.last {
                        Some((sequence, cut)) => { (sequence) div.muted.small { (time(visit, cut)) } },
                        None => (words.say("network-batch-none")),
                    } }
                }
                (figure(words.say("network-uncleared"), &count(visit, clearing.uncleared)))
                (figure(words.say("network-untaken"), &count(visit, clearing.untaken)))
                (figure(words.say("network-refused"), &count(visit, clearing.refused)))
                @if clearing.unclearable > 0 {
                    (figure(words.say("network-unclearable"), &count(visit, clearing.unclearable)))
                }
            }
            p { a href="/office/bank" { (words.say("network-bank")) } }
        }
    }
}

fn figure(name: &str, shown: &str) -> Markup {
    html! { div { dt { (name) } dd { (shown) } } }
}

fn count(visit: &Visit, count: u64) -> String {
    format_number(i64::try_from(count).unwrap_or(i64::MAX), visit.locale)
}
