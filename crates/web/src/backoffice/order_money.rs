//! The money of one order: how it was paid and who stands for it, what left for it, what was given back.

use maud::{Markup, html};
use shop::order::{Answer, Copies, Order, PaymentView};

use super::access::Visit;
use super::frame::{money, time};

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

/// Who bears the loss if it turns out not to be the reader's, and what that rests on.
fn guarantee(visit: &Visit, payment: &PaymentView) -> Markup {
    let words = visit.words();
    let evidence = &payment.evidence;
    html! {
        (words.one_of("guarantee", evidence.guarantee().code()))
        div.muted.small { (words.one_of("evidence", evidence.code())) }
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
