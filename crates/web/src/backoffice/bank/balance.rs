//! The trial balance: every account of the ledger with what it means, what moved and what is promised.

use maud::{Markup, html};
use shop::ledger::{Balance, TrialBalance};
use trade::locale::format_percent;

use super::super::access::Visit;
use super::super::frame::{self, money};

/// All accounts, and whether they add up.
pub(super) fn table(visit: &Visit, balance: &TrialBalance) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("bank-balance")) }
        p.muted { (words.say("bank-balance-help")) }
        @if !balance.is_balanced() { (frame::notice(false, words.say("bank-balance-wrong"))) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("bank-balance")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("bank-account")) }
                    th.num scope="col" { (words.say("bank-posted")) }
                    th.num scope="col" { (words.say("bank-pending")) }
                } }
                tbody { @for one in &balance.accounts { tr {
                    th scope="row" {
                        (name(visit, one))
                        div.muted.small { (words.one_of("account-help", kind(one))) }
                    }
                    td.num { (money(visit, one.posted)) }
                    td.num { (money(visit, one.pending)) }
                } } }
            }
        }
    }
}

/// What the account is, without its rate.
fn kind(balance: &Balance) -> &str {
    let kind = balance.account.split_once(':');
    kind.map_or(balance.account.as_str(), |(kind, _)| kind)
}

fn name(visit: &Visit, balance: &Balance) -> String {
    let name = visit.words().one_of("account", kind(balance));
    let rate = balance
        .account
        .split_once(':')
        .and_then(|(_, rate)| rate.parse().ok());
    match rate {
        Some(points) => format!("{name}, {}", format_percent(points, visit.locale)),
        None => name.to_owned(),
    }
}
