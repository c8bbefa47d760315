//! What a draft would decide of past orders, beside the rules in force: how many, and which.

use maud::{Markup, html};
use screening::Decision;
use shop::screening::{Change, Trial};
use trade::locale::format_number;

use crate::backoffice::access::Visit;
use crate::backoffice::frame::{money, time};

/// What the draft would decide otherwise.
pub(super) fn tried(visit: &Visit, trial: &Trial) -> Markup {
    let words = visit.words();
    let number = |count: u32| format_number(i64::from(count), visit.locale);
    let counts = [
        ("looked", number(trial.looked_at).into()),
        ("changed", number(trial.changed).into()),
    ];
    let by_decision = || Decision::ALL.into_iter().zip(trial.was).zip(trial.would_be);
    html! {
        section aria-labelledby="tried" {
            h2 #tried { (words.say("office-rules-tried")) }
            p { (words.tell("office-rules-tried-counts", &counts)) }
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-rules-decision")) }
                    th.num scope="col" { (words.say("office-rules-was")) }
                    th.num scope="col" { (words.say("office-rules-would-be")) }
                } }
                tbody { @for ((decision, was), would_be) in by_decision() { tr {
                    th scope="row" { (words.one_of("office-decision", decision.code())) }
                    td.num { (number(was)) } td.num { (number(would_be)) }
                } } }
            }
            @if !trial.changes.is_empty() { (changes(visit, &trial.changes)) }
        }
    }
}

fn changes(visit: &Visit, changes: &[Change]) -> Markup {
    let words = visit.words();
    let decided = |(decision, score): (Decision, i64)| {
        html! { (words.one_of("office-decision", decision.code())) " " span.muted.num { "(" (score) ")" } }
    };
    html! {
        h3 { (words.say("office-rules-changes")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-rules-changes")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-order-number")) }
                    th scope="col" { (words.say("office-order-state")) }
                    th.num scope="col" { (words.say("office-order-total")) }
                    th scope="col" { (words.say("office-rules-was")) }
                    th scope="col" { (words.say("office-rules-would-be")) }
                } }
                tbody { @for change in changes { tr data-row {
                    th scope="row" { a.nowrap href={ "/office/orders/" (change.number) } { (change.number) } div.muted.small { (time(visit, change.at)) } }
                    td { (words.one_of("office-state", change.state.code())) }
                    td.num { (money(visit, change.total)) }
                    td { (decided(change.was)) }
                    td { (decided(change.would_be)) }
                } } }
            }
        }
    }
}
