//! The frame around every page of the back office: head, navigation, keyboard help.
//!
//! It is not the storefront's frame: no basket, no shelves, narrower lines, and its own style sheet and script
//! on top of the shop's. Every action works without the script, which only adds keys.

use fluent_bundle::FluentValue;
use maud::{DOCTYPE, Markup, html};
use shop::staff::Role;
use trade::clock::Timestamp;
use trade::locale::{self, Locale};
use trade::money::Money;

use super::access::Visit;
use crate::assets;
use crate::i18n::{self, Words};

/// The parts of the back office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Dashboard,
    Orders,
    Certificates,
    Screening,
    Bank,
    Network,
    Stock,
    Reviews,
    Display,
    Searches,
    Import,
    Covers,
    Staff,
    Audit,
    Help,
    /// Behind the name of who is logged in, not in the list.
    Account,
}

impl Part {
    fn path(self) -> &'static str {
        match self {
            Part::Dashboard => "/office",
            Part::Orders => "/office/orders",
            Part::Certificates => "/office/certificates",
            Part::Screening => "/office/screening",
            Part::Bank => "/office/bank",
            Part::Network => "/office/network",
            Part::Stock => "/office/stock",
            Part::Reviews => "/office/reviews",
            Part::Display => "/office/picks",
            Part::Searches => "/office/search",
            Part::Import => "/office/import",
            Part::Covers => "/office/covers",
            Part::Staff => "/office/staff",
            Part::Audit => "/office/audit",
            Part::Help => "/office/help",
            Part::Account => "/office/account",
        }
    }

    fn name(self, words: &Words) -> &str {
        match self {
            Part::Dashboard => words.say("office-dashboard"),
            Part::Orders => words.say("office-orders"),
            Part::Certificates => words.say("office-certificates"),
            Part::Screening => words.say("office-screening"),
            Part::Bank => words.say("office-bank"),
            Part::Network => words.say("office-network"),
            Part::Stock => words.say("office-stock"),
            Part::Reviews => words.say("office-reviews"),
            Part::Display => words.say("office-display"),
            Part::Searches => words.say("office-searches"),
            Part::Import => words.say("office-import"),
            Part::Covers => words.say("office-covers"),
            Part::Staff => words.say("office-staff"),
            Part::Audit => words.say("office-audit"),
            Part::Help => words.say("office-help"),
            Part::Account => words.say("office-account"),
        }
    }

    /// Whether somebody of that role may go there, as the doors in the list of rooms say.
    pub(super) fn is_for(self, role: Role) -> bool {
        role == Role::Administrator || !matches!(self, Part::Network | Part::Staff | Part::Audit)
    }
}

/// The navigation: words, and the parts that open under each. Where somebody may go to one only, it stands by itself.
const NAVIGATION: [(&str, &[Part]); 7] = [
    ("office-dashboard", &[Part::Dashboard]),
    (
        "office-parts-sales",
        &[Part::Orders, Part::Certificates, Part::Screening],
    ),
    (
        "office-parts-catalogue",
        &[Part::Stock, Part::Import, Part::Covers],
    ),
    (
        "office-parts-shop",
        &[Part::Display, Part::Reviews, Part::Searches],
    ),
    ("office-parts-payments", &[Part::Bank, Part::Network]),
    ("office-parts-team", &[Part::Staff, Part::Audit]),
    ("office-help", &[Part::Help]),
];

/// The words, each with the parts where somebody of that role may go.
fn groups(role: Role) -> [(&'static str, Vec<Part>); 7] {
    NAVIGATION.map(|(name, parts)| {
        let parts = parts.iter().copied();
        (name, parts.filter(|part| part.is_for(role)).collect())
    })
}

fn navigation(visit: &Visit, here: Part) -> Markup {
    let words = visit.words();
    let link = |part: Part| {
        html! { a href=(part.path()) aria-current=[(part == here).then_some("page")] { (part.name(words)) } }
    };
    html! {
        nav aria-label=(words.say("office-parts")) {
            ul {
                @for (name, parts) in &groups(visit.member.role) {
                    @match parts.as_slice() {
                        [] => {}
                        [only] => li { (link(*only)) }
                        several => li {
                            // Of one name: opening one closes the others.
                            details name="office-parts" {
                                summary aria-current=[several.contains(&here).then_some("true")] { (words.say(name)) }
                                ul { @for part in several { li { (link(*part)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A page for somebody who is logged in.
pub(super) fn page(visit: &Visit, part: Part, title: &str, body: &Markup) -> Markup {
    live_page(visit, part, title, None, body)
}

/// A page that is read again every `refresh_s` seconds while something runs, by the script or without it.
pub(super) fn live_page(
    visit: &Visit,
    part: Part,
    title: &str,
    refresh_s: Option<u32>,
    body: &Markup,
) -> Markup {
    let words = visit.words();
    let shell = html! {
        header.office-top {
            (navigation(visit, part))
            form.who method="post" action="/office/logout" {
                (token(visit))
                a href=(Part::Account.path()) aria-current=[(part == Part::Account).then_some("page")] {
                    span.sr { (Part::Account.name(words)) ", " } (visit.member.name)
                }
                button.button.link { (words.say("office-log-out")) }
            }
        }
        main #main tabindex="-1" { h1 { (title) } (body) }
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { (words.say("office-keys")) }
            (keys(words))
            form method="dialog" { button.button.quiet { (words.say("office-close")) } }
        }
    };
    document(visit.locale, title, refresh_s, &shell)
}

/// A page for somebody who owes a step first, or of her account when she owes nothing.
pub(super) fn step_page(visit: &Visit, title: &str, body: &Markup) -> Markup {
    if visit.owes.is_none() {
        return page(visit, Part::Account, title, body);
    }
    let leaving = html! {
        (body)
        form method="post" action="/office/logout" {
            (token(visit))
            button.button.link { (visit.words().say("office-log-out")) }
        }
    };
    bare_page(visit.locale, title, &leaving)
}

/// A page for somebody who is not logged in.
pub(super) fn bare_page(locale: Locale, title: &str, body: &Markup) -> Markup {
    document(
        locale,
        title,
        None,
        &html! { main #main.narrow tabindex="-1" { h1 { (title) } (body) } },
    )
}

fn document(locale: Locale, title: &str, refresh_s: Option<u32>, shell: &Markup) -> Markup {
    let words = i18n::words(locale);
    html! {
        (DOCTYPE)
        html lang=(locale.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                @if let Some(seconds) = refresh_s { noscript { meta http-equiv="refresh" content=(seconds); } }
                title { (title) " · " (words.say("office-name")) }
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href=(assets::address("bouquin.css"));
                link rel="stylesheet" href=(assets::address("office.css"));
                script src=(assets::address("office.js")) defer {}
            }
            body.office {
                a.skip href="#main" { (words.say("office-skip")) }
                (shell)
            }
        }
    }
}

/// The keys and what they do.
pub(super) fn keys(words: &Words) -> Markup {
    html! {
        dl.keys {
            div { dt { kbd { "/" } } dd { (words.say("office-key-search")) } }
            div { dt { kbd { "j" } " " kbd { "k" } } dd { (words.say("office-key-rows")) } }
            div { dt { kbd { "↵" } } dd { (words.say("office-key-open")) } }
            div { dt { kbd { "?" } } dd { (words.say("office-key-help")) } }
            div { dt { kbd { "Esc" } } dd { (words.say("office-key-close")) } }
        }
    }
}

/// The hidden field that every form of a session carries.
pub(super) fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.csrf); }
}

/// A sentence about what just happened; `good` or not, the words say which.
pub(super) fn notice(good: bool, text: &str) -> Markup {
    html! { p.notice.bad[!good] role=(if good { "status" } else { "alert" }) { (text) } }
}

/// Links to the pages of a list of `total`; `address` makes the address of a page.
pub(super) fn pages(
    words: &Words,
    page: u32,
    per_page: u32,
    total: u64,
    address: impl Fn(u32) -> String,
) -> Markup {
    let last = u32::try_from(total.div_ceil(u64::from(per_page.max(1))))
        .unwrap_or(u32::MAX)
        .max(1);
    if last == 1 {
        return html! {};
    }
    let told = words.tell(
        "office-page-of",
        &[
            ("page", page.to_string().into()),
            ("last", last.to_string().into()),
        ],
    );
    html! {
        nav.pages aria-label=(words.say("office-pages")) {
            @if page > 1 { a rel="prev" href=(address(page - 1)) { (words.say("office-previous")) } }
            span { (told) }
            @if page < last { a rel="next" href=(address(page + 1)) { (words.say("office-next")) } }
        }
    }
}

/// An amount in the language of the visit.
pub(super) fn money(visit: &Visit, amount: Money) -> String {
    locale::format_money(amount, visit.locale)
}

/// Date and hour, marked up for machines.
pub(super) fn time(visit: &Visit, at: Timestamp) -> Markup {
    html! { time.nowrap datetime=(at.rfc3339()) { (locale::format_time(at, visit.locale)) } }
}

/// A count as Fluent wants it: the number for the plural, and as it is shown.
pub(super) fn counted(count: u64, locale: Locale) -> [(&'static str, FluentValue<'static>); 2] {
    let shown = locale::format_number(i64::try_from(count).unwrap_or(i64::MAX), locale);
    [
        ("count", FluentValue::from(count)),
        ("shown", FluentValue::from(shown)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_navigation_has_every_part_once_and_nobody_s_closed_doors() {
        let parts_for = |role| groups(role).map(|(_, parts)| parts);
        let mut all = parts_for(Role::Administrator).concat();
        all.sort_unstable_by_key(|part| *part as usize);
        // Her account is the last, behind her name.
        assert_eq!(all.len(), Part::Account as usize);
        all.dedup();
        assert_eq!(all.len(), Part::Account as usize);
        let of_a_bookseller = parts_for(Role::Bookseller);
        assert!(of_a_bookseller.contains(&vec![Part::Bank]));
        assert!(of_a_bookseller.contains(&Vec::new()));
    }
}
