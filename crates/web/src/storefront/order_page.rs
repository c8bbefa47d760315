//! The page of an order: where it stands in words, what can still be done, what it holds.

use banking::creditor_reference::CreditorReference;
use maud::{Markup, html};
use shop::order::{Order, OrderLine, OrderState, PaymentView};
use shop::payment::{Means, PaymentState, ShopAccount};
use trade::clock::Timestamp;
use trade::delivery::DeliveryMethod;
use trade::locale;

use super::layout::{Page, document};
use super::parts::isbn_path;
use super::reader::Reader;

/// The page; `key` opens it and the page where it is paid, `account` is where transfers go.
pub fn page(
    reader: &Reader<'_>,
    order: &Order,
    key: &str,
    account: Option<&ShopAccount>,
) -> Markup {
    let title = reader.tell("order-heading", &[("number", order.number.as_str().into())]);
    document(
        reader,
        &Page::private(&title),
        html! {
            h1 { (reader.say("order")) " " span.num { (order.number) } }
            p.told { (told(reader, order)) }
            div.basket {
                div {
                    section aria-labelledby="timeline" {
                        h2 #timeline { (reader.say("order-timeline")) }
                        (timeline(reader, order))
                    }
                    (possible(reader, order, key, account))
                    (lines(reader, order, key))
                }
                (figures(reader, order))
            }
        },
    )
}

/// Where the order stands, in a sentence.
fn told(reader: &Reader<'_>, order: &Order) -> &'static str {
    match (order.state, means(order)) {
        (OrderState::Confirmed, _) if order.is_partly_sent() => reader.say("order-state-partly"),
        (OrderState::Confirmed, Some(Means::Collection)) => reader.say("order-state-collection"),
        (OrderState::AwaitingPayment, Some(Means::Transfer)) if is_awaited(order) => {
            reader.say("order-state-transfer")
        }
        (OrderState::AwaitingPayment, Some(Means::Provider)) if is_awaited(order) => {
            reader.say("order-state-provider")
        }
        (state, _) => reader.one_of("order-state", state.code()),
    }
}

fn means(order: &Order) -> Option<Means> {
    order.payment.as_ref().map(|payment| payment.means)
}

/// Whether the reader was told under which reference to send her transfer, or was sent to the provider's page.
fn is_awaited(order: &Order) -> bool {
    let reference = |payment: &PaymentView| {
        payment.reference.is_some() && payment.state == PaymentState::AwaitingReader
    };
    order.payment.as_ref().is_some_and(reference)
}

/// One step of the timeline.
struct Step {
    class: &'static str,
    words: &'static str,
    at: Option<Timestamp>,
}

fn timeline(reader: &Reader<'_>, order: &Order) -> Markup {
    let steps = steps(reader, order);
    html! {
        ol.timeline { @for step in steps {
            li class=(step.class) aria-current=[(step.class == "now").then_some("step")] {
                b { (step.words) }
                @match step.at {
                    Some(at) => span.small.muted { time datetime=(at.rfc3339()) { (locale::format_time(at, reader.locale)) } },
                    None if step.class == "later" => span.small { (reader.say("step-later")) },
                    None => span.small { (reader.say("step-now")) },
                }
            }
        } }
    }
}

fn steps(reader: &Reader<'_>, order: &Order) -> Vec<Step> {
    let done = |words, at| Step {
        class: "done",
        words,
        at,
    };
    let now = |words| Step {
        class: "now",
        words,
        at: None,
    };
    let later = |words| Step {
        class: "later",
        words,
        at: None,
    };
    let (leaves, left) = match order.method {
        DeliveryMethod::Post => (reader.say("step-sent"), reader.say("step-sent")),
        DeliveryMethod::ShopCollection => (reader.say("step-ready"), reader.say("step-ready")),
    };
    let paid = match means(order) {
        Some(Means::Collection) => reader.say("step-agreed"),
        Some(Means::Transfer) => reader.say("step-transferred"),
        Some(Means::Card | Means::Provider) => reader.say("step-paid"),
        None => reader.say("step-paid-by-certificate"),
    };
    let mut steps = vec![done(reader.say("step-received"), Some(order.placed))];
    match order.state {
        OrderState::AwaitingPayment => {
            steps.extend([
                now(reader.say("step-payment")),
                later(reader.say("step-packed")),
                later(leaves),
            ]);
        }
        OrderState::Confirmed => {
            steps.extend([done(paid, order.confirmed)]);
            steps.extend(left_before(reader, order));
            steps.extend([now(reader.say("step-packed")), later(leaves)]);
        }
        OrderState::Shipped => {
            steps.extend([done(paid, order.confirmed), done(left, order.shipped)]);
        }
        OrderState::Refunded => steps.extend([
            done(paid, order.confirmed),
            done(left, order.shipped),
            done(reader.say("step-refunded"), order.closed),
        ]),
        OrderState::Expired | OrderState::Cancelled => {
            steps.extend(order.confirmed.map(|at| done(paid, Some(at))));
            let words = if order.state == OrderState::Expired {
                reader.say("step-expired")
            } else {
                reader.say("step-cancelled")
            };
            steps.push(Step {
                class: "stopped",
                words,
                at: order.closed,
            });
        }
    }
    steps
}

/// The parcels that left while others wait.
fn left_before(reader: &Reader<'_>, order: &Order) -> Vec<Step> {
    let left = order.parcels.iter().filter_map(|parcel| parcel.left);
    left.map(|at| Step {
        class: "done",
        words: reader.say("step-part-sent"),
        at: Some(at),
    })
    .collect()
}

/// Where to send a transfer, and under which reference.
fn transfer(reader: &Reader<'_>, order: &Order, account: Option<&ShopAccount>) -> Markup {
    let reference = order
        .payment
        .as_ref()
        .and_then(|payment| payment.reference.as_deref());
    let reference = reference.and_then(|reference| CreditorReference::parse(reference).ok());
    html! {
        @if let (Some(account), Some(reference)) = (account, reference) {
            p { (reader.say("transfer-how")) }
            dl {
                div { dt { (reader.say("transfer-holder")) } dd { (account.holder) } }
                div { dt { (reader.say("transfer-iban")) } dd.num { (account.iban.grouped()) } }
                div { dt { (reader.say("transfer-amount")) } dd.num { (reader.money(order.total - order.certificates)) } }
                div { dt { (reader.say("transfer-reference")) } dd.num { (reference.grouped()) } }
            }
            p { (reader.tell("transfer-until", &[("time", locale::format_time(order.hold_until, reader.locale).into())])) }
        }
    }
}

/// What the reader can still do.
fn possible(
    reader: &Reader<'_>,
    order: &Order,
    key: &str,
    account: Option<&ShopAccount>,
) -> Markup {
    let in_flight = order
        .payment
        .as_ref()
        .is_some_and(|payment| payment.state.is_in_flight());
    let mail = format!(
        "mailto:{}?subject={}",
        reader.settings.contact_email, order.number
    );
    html! {
        section.part-of aria-labelledby="possible" {
            h2 #possible { (reader.say("order-possible")) }
            div.prose {
                @match order.state {
                    OrderState::AwaitingPayment if in_flight => {
                        p { (reader.say("order-asking")) }
                        p.actions { a.button href="" { (reader.say("order-reload")) } }
                    },
                    OrderState::AwaitingPayment if means(order) == Some(Means::Transfer) && is_awaited(order) => {
                        (transfer(reader, order, account))
                        p.actions { a.button.quiet href=(reader.path(&format!("/orders/{}/pay?key={key}", order.number))) rel="nofollow" { (reader.say("order-pay-otherwise")) } }
                    },
                    OrderState::AwaitingPayment => {
                        p { (reader.tell("order-held-until", &[("time", locale::format_time(order.hold_until, reader.locale).into())])) }
                        p.actions { a.button href=(reader.path(&format!("/orders/{}/pay?key={key}", order.number))) rel="nofollow" { (reader.say("order-pay")) } }
                    },
                    OrderState::Confirmed => {
                        p { (reader.say("order-change")) }
                        p.actions { a.button.quiet href=(mail) { (reader.say("order-write")) } }
                    },
                    OrderState::Shipped => {
                        p { (reader.say("order-withdraw")) " " a href=(reader.path("/legal/delivery")) { (reader.say("legal-delivery")) } }
                        p.actions { a.button.quiet href=(mail) { (reader.say("order-write")) } }
                    },
                    OrderState::Refunded | OrderState::Expired | OrderState::Cancelled => {
                        p { (reader.say("order-nothing")) }
                        p.actions { a.button.quiet href=(reader.path("/")) { (reader.say("basket-go-on")) } }
                    },
                }
            }
        }
    }
}

fn lines(reader: &Reader<'_>, order: &Order, key: &str) -> Markup {
    let paid = matches!(order.state, OrderState::Confirmed | OrderState::Shipped);
    let review = |edition| {
        reader.path(&format!(
            "/orders/{}/reviews/{edition}?key={key}",
            order.number
        ))
    };
    html! {
        section.part-of aria-labelledby="lines" {
            h2 #lines { (reader.say("order-lines")) }
            table.lines {
                thead { tr {
                    th scope="col" { (reader.say("book")) } th.num scope="col" { (reader.say("quantity")) } th.num scope="col" { (reader.say("price")) }
                } }
                tbody { @for line in &order.lines {
                    tr {
                        td { @match line.isbn {
                            Some(isbn) => a href=(reader.path(&isbn_path(isbn))) { (line.title) },
                            None => (line.title),
                        }
                            @if paid { br; a.small href=(review(line.edition)) rel="nofollow" { (reader.say("review-write")) span.sr { (reader.colon()) " " (line.title) } } }
                        }
                        td.num { (line.quantity) (line_standing(reader, order, line)) }
                        td.num { (reader.money(line.total)) }
                    }
                } }
            }
        }
    }
}

/// How many copies left, when not all did, and how many will not.
fn line_standing(reader: &Reader<'_>, order: &Order, line: &OrderLine) -> Markup {
    let sent = order.sent(line);
    html! {
        @if sent > 0 && sent < line.quantity { br; span.small { (reader.tell("line-sent", &[("copies", sent.into())])) } }
        @if line.cancelled > 0 && order.state != OrderState::Cancelled {
            br; span.small { (reader.tell("line-cancelled", &[("copies", line.cancelled.into())])) }
        }
    }
}

fn figures(reader: &Reader<'_>, order: &Order) -> Markup {
    html! {
        aside.sum aria-labelledby="figures" {
            h2 #figures { (reader.say("order-figures")) }
            dl {
                div { dt { (reader.say("goods-total")) } dd.num { (reader.money(order.goods_total)) } }
                div { dt { (delivery_words(reader, order.method)) } dd.num { (reader.money(order.delivery)) } }
                div.grand { dt { (reader.say("total")) } dd.num { (reader.money(order.total)) } }
                @for vat in &order.vat {
                    div.small { dt { (reader.tell("vat-at", &[("rate", locale::format_percent(vat.rate.as_basis_points(), reader.locale).into())])) }
                        dd.num { (reader.money(vat.vat)) } }
                }
            }
            @if !order.certificates.is_zero() {
                p.small { (reader.tell("paid-by-certificate", &[("amount", reader.money(order.certificates).into())])) }
            }
            @if let Some(payment) = &order.payment { p.small { (payment_words(reader, payment)) } }
            @if !order.given_back().is_zero() && order.state != OrderState::Refunded {
                p.small { (reader.tell("given-back", &[("amount", reader.money(order.given_back()).into())])) }
            }
            h3 { (reader.say("step-address")) }
            address {
                (order.address.name) br;
                @for line in order.address.street.lines() { (line) br; }
                (order.address.postcode) " " (order.address.city) br;
                (reader.one_of("country", order.address.country.code()))
            }
            p.small { (order.email) }
        }
    }
}

fn delivery_words(reader: &Reader<'_>, method: DeliveryMethod) -> &'static str {
    match method {
        DeliveryMethod::Post => reader.say("delivery-post"),
        DeliveryMethod::ShopCollection => reader.say("delivery-collect"),
    }
}

/// Where the payment stands, and on which card.
fn payment_words(reader: &Reader<'_>, payment: &PaymentView) -> String {
    let state = match (payment.means, payment.state) {
        (Means::Provider, PaymentState::AwaitingReader) => reader.say("payment-at-provider"),
        (Means::Provider, PaymentState::NotSent) => reader.say("payment-page-closed"),
        (Means::Transfer, PaymentState::AwaitingReader) => reader.say("payment-awaits-transfer"),
        (Means::Transfer, PaymentState::Captured) => reader.say("payment-transferred"),
        (Means::Collection, PaymentState::AwaitingReader) => reader.say("payment-at-collection"),
        (Means::Collection, PaymentState::Captured) => reader.say("payment-at-the-till"),
        (_, state) => reader.one_of("payment", state.code()),
    };
    let card = payment
        .last4
        .as_ref()
        .filter(|_| payment.state != PaymentState::AwaitingReader)
        .map(|last4| {
            let brand = payment
                .brand
                .map(|brand| brand.name())
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| reader.say("card"));
            reader.tell(
                "card-ending",
                &[("brand", brand.into()), ("last4", last4.as_str().into())],
            )
        });
    match card {
        Some(card) => format!("{state} {card}"),
        None => state.to_owned(),
    }
}
