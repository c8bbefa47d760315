//! The money of one order: how it was paid and who stands for it, what left for it, what was given back.

use maud::{Markup, html};
use shop::order::{Answer, Copies, Order, PaymentView};
use shop::payment::Evidence;
use trade::locale::{Locale, format_money, format_time};

use super::access::Visit;
use super::frame::{money, time};
use crate::i18n::words;

/// Every try to pay, latest first.
pub(super) fn payments(visit: &Visit, payments: &[PaymentView]) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-order-payments")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-order-payments")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-payment-means")) }
                    th scope="col" { (words.say("office-payment-state")) }
                    th scope="col" { (words.say("office-payment-guarantee")) }
                    th scope="col" { (words.say("office-payment-changed")) }
                    th scope="col" { (words.say("office-payment-reference")) }
                } }
                tbody { @for payment in payments { tr {
                    th scope="row" { (means(visit, payment)) }
                    td { (state(visit, payment)) }
                    td { (guarantee(visit, payment)) }
                    td { (time(visit, payment.changed)) }
                    td.num {
                        @if let Some(code) = &payment.approval_code { (code) br; }
                        @if let Some(reference) = &payment.retrieval_reference { span.muted { (reference) } }
                        @if let Some(reference) = &payment.reference { span.muted { (reference) } }
                    }
                } } }
            }
        }
    }
}

fn means(visit: &Visit, payment: &PaymentView) -> Markup {
    let words = visit.words();
    html! {
        (words.one_of("means", payment.means.code()))
        @if let Some(last4) = &payment.last4 {
            br; (payment.brand.map_or("", trade::payment::Brand::name)) " " span.num { "•••• " (last4) }
            @if let Some(expiry) = &payment.expiry { " " span.muted.num { (expiry) } }
        }
    }
}

fn state(visit: &Visit, payment: &PaymentView) -> Markup {
    let words = visit.words();
    let partly = payment.captured != payment.amount || !payment.refunded.is_zero();
    html! {
        (words.one_of("office-payment-state", payment.state.code()))
        @if let Some(reason) = &payment.reason { div.muted.small { (words.one_of("decline", reason)) } }
        @if !payment.captured.is_zero() && partly {
            div.muted.small { (words.tell("office-payment-taken", &[
                ("captured", money(visit, payment.captured).into()),
                ("amount", money(visit, payment.amount).into()),
                ("refunded", money(visit, payment.refunded).into()),
            ])) }
        }
    }
}

/// Who bears the loss if it turns out not to be the reader's, and what that rests on: in a sentence, and the facts.
fn guarantee(visit: &Visit, payment: &PaymentView) -> Markup {
    let words = visit.words();
    let evidence = &payment.evidence;
    html! {
        (words.one_of("guarantee", evidence.guarantee().code()))
        div.muted.small { (words.one_of("evidence", evidence.code())) }
        @if let Some(at) = evidence.seen() {
            div.muted.small {
                @for fact in facts(visit.locale, evidence) { (fact) " · " }
                // It may wrap: the column is narrow.
                time datetime=(at.rfc3339()) { (format_time(at, visit.locale)) }
            }
        }
    }
}

/// What was seen, but for when.
fn facts(locale: Locale, evidence: &Evidence) -> Vec<String> {
    let words = words(locale);
    let tell = |key, name, value: &str| words.tell(key, &[(name, value.to_owned().into())]);
    match evidence {
        Evidence::Nothing | Evidence::Unauthenticated { .. } => Vec::new(),
        Evidence::Authenticated { eci, value, .. } => vec![
            match eci {
                Some(eci) => tell("proof-eci", "eci", eci),
                None => words.say("proof-eci-none").to_owned(),
            },
            // Whether there is one; who must show it finds it at the provider.
            words
                .say(match value {
                    Some(_) => "proof-value",
                    None => "proof-value-none",
                })
                .to_owned(),
        ],
        Evidence::Exempted { exemption, .. } => {
            let exemption = words.one_of("exemption", exemption);
            vec![tell("proof-exemption", "exemption", exemption)]
        }
        Evidence::Booked { entry, amount, .. } => vec![
            tell("proof-entry", "entry", entry),
            format_money(*amount, locale),
        ],
        Evidence::AtTheTill { staff, .. } => vec![tell("proof-staff", "staff", staff)],
    }
}

/// What left, oldest first; nothing when it is one parcel that needs no table.
pub(super) fn parcels(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    let told = order.parcels.len() > 1
        || order.is_partly_sent()
        || order.parcels.iter().any(|parcel| parcel.tracking.is_some());
    html! { @if told {
        h2 { (words.say("office-parcels")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-parcels")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-parcel-what")) }
                    th.num scope="col" { (words.say("office-parcel-worth")) }
                    th.num scope="col" { (words.say("office-parcel-taken")) }
                    th scope="col" { (words.say("office-parcel-left")) }
                } }
                tbody { @for parcel in &order.parcels { tr {
                    th scope="row" { (copies(order, &parcel.copies)) }
                    td.num { (money(visit, parcel.goods + parcel.delivery)) }
                    td.num { (money(visit, parcel.captured)) }
                    td {
                        @match (parcel.left, parcel.answer) {
                            (Some(left), _) => (time(visit, left)),
                            (None, None) => (words.say("office-answer-waits")),
                            (None, Some(_)) => (words.say("office-answer-refused")),
                        }
                        div.muted.small {
                            (parcel.staff) @if let Some(tracking) = &parcel.tracking { " · " span.num { (tracking) } }
                        }
                    }
                } } }
            }
        }
    } }
}

/// What was given back, oldest first.
pub(super) fn refunds(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    html! { @if !order.refunds.is_empty() {
        h2 { (words.say("office-refunds")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-refunds")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-refund-asked")) }
                    th.num scope="col" { (words.say("office-order-goods")) }
                    th.num scope="col" { (words.say("office-order-delivery")) }
                    th scope="col" { (words.say("office-payment-state")) }
                } }
                tbody { @for refund in &order.refunds { tr {
                    th scope="row" { (time(visit, refund.asked)) div.muted.small { (refund.staff) } }
                    td.num { (money(visit, refund.goods)) }
                    td.num { (money(visit, refund.delivery)) }
                    td { (match refund.answer {
                        None => words.say("office-answer-waits"),
                        Some(Answer::Done) => words.say("office-answer-done"),
                        Some(Answer::Refused) => words.say("office-answer-refused"),
                    }) }
                } } }
            }
        }
    } }
}

fn copies(order: &Order, copies: &[Copies]) -> Markup {
    html! {
        @for (position, quantity) in copies {
            @if let Some(line) = order.lines.iter().find(|line| line.position == *position) {
                div { (quantity) " × " (line.title) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use trade::clock::Timestamp;
    use trade::money::Money;

    use super::*;

    #[test]
    fn what_a_guarantee_rests_on_is_said_in_both_languages() {
        let at = Timestamp::micros(1_795_431_600_000_000);
        let authenticated = |eci: Option<&str>, value: Option<&str>| Evidence::Authenticated {
            eci: eci.map(str::to_owned),
            value: value.map(str::to_owned),
            at,
        };
        let exempted = |exemption: &str| Evidence::Exempted {
            exemption: exemption.to_owned(),
            at,
        };
        let booked = Evidence::Booked {
            entry: "E00000000007".to_owned(),
            amount: Money::cents(2390),
            at,
        };
        let paid = Evidence::AtTheTill {
            staff: "anne".to_owned(),
            at,
        };
        for (evidence, french, english) in [
            (
                authenticated(Some("05"), Some("9f1a")),
                "indicateur ECI 05 · preuve d’authentification présente",
                "ECI 05 · authentication value present",
            ),
            (
                authenticated(None, None),
                "sans indicateur ECI · sans preuve d’authentification",
                "no ECI · no authentication value",
            ),
            (
                exempted("low_risk"),
                "dérogation\u{a0}: opération à faible risque",
                "exemption: transaction of low risk",
            ),
            (
                exempted("unnamed"),
                "dérogation\u{a0}: laquelle, le prestataire ne l’a pas dit",
                "exemption: which one, the provider did not say",
            ),
            (
                exempted("a_later_word"),
                "dérogation\u{a0}: a_later_word",
                "exemption: a_later_word",
            ),
            (
                booked,
                "écriture E00000000007 de la banque · 23,90\u{a0}€",
                "the bank’s entry E00000000007 · €23.90",
            ),
            (paid, "par anne", "by anne"),
            (Evidence::Unauthenticated { at }, "", ""),
        ] {
            let said = |locale| facts(locale, &evidence).join(" · ");
            assert_eq!(
                (said(Locale::Fr), said(Locale::En)),
                (french.to_owned(), english.to_owned())
            );
            assert_eq!(evidence.seen(), Some(at));
        }
        assert_eq!(Evidence::Nothing.seen(), None);
    }
}
