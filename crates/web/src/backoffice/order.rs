//! One order: what was bought, how it was paid, what happened. What a bookseller can do with it is
//! [`order_deeds`](super::order_deeds); what the bank said to it is told once, then stands in the timeline.

use axum::Extension;
use axum::extract::{Path, Query, State};
use catalogue::shelf::Shelf;
use maud::{Markup, html};
use serde::Deserialize;
use shop::disputes;
use shop::order::events::{self, Event, EventKind};
use shop::order::{self, Order, OrderLine};
use shop::payment::Means;
use storage::Fault;
use trade::ids::OrderNumber;
use trade::locale::{format_date, format_percent};

use super::access::Visit;
use super::frame::{self, Part, money, time};
use super::{order_deeds, order_disputes, order_money};
use crate::AppState;
use crate::problem::{Kind, Problem};

/// What the redirect after a deed carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    told: String,
    code: String,
}

/// `GET /office/orders/{number}`
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(number): Path<String>,
    Query(told): Query<Told>,
) -> Result<Markup, Problem> {
    let number = OrderNumber::parse(&number).map_err(|_| Problem::of(Kind::NotFound))?;
    let found = state.store.read(move |tx| -> Result<_, Fault> {
        let Some(order) = order::find(tx, &number)? else {
            return Ok(None);
        };
        let (payments, events) = (
            order::payments_of(tx, order.id)?,
            events::timeline(tx, order.id)?,
        );
        let disputes = disputes::of_order(tx, order.id)?;
        Ok(Some((order, payments, events, disputes)))
    });
    let (order, payments, events, disputes) =
        found.await?.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let screened = super::screening::of_order(&state, &visit, order.id).await?;
    let words = visit.words();
    let title = words.tell(
        "office-order-title",
        &[("number", order.number.to_string().into())],
    );
    let body = html! {
        (said(&visit, &told))
        (embargo(&visit, &state.shelf.load(), &order))
        p { span class={ "state " (order.state.code()) } { (words.one_of("office-state", order.state.code())) } }
        (order_deeds::forms(&visit, &order))
        div.columns {
            div {
                (lines(&visit, &order)) (vat(&visit, &order)) (order_money::payments(&visit, &payments))
                (order_money::parcels(&visit, &order)) (order_money::refunds(&visit, &order))
                (order_disputes::section(&visit, &order, &disputes)) (screened)
            }
            div { (reader(&visit, &order)) (timeline(&visit, &events)) }
        }
    };
    Ok(frame::page(&visit, Part::Orders, &title, &body))
}

fn said(visit: &Visit, told: &Told) -> Markup {
    let words = visit.words();
    let code: String = told
        .code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(8)
        .collect();
    match told.told.as_str() {
        "ship-done" => frame::notice(true, words.say("office-told-shipped")),
        "sent-done" => frame::notice(true, words.say("office-told-refund-sent")),
        "by-hand" => frame::notice(true, words.say("office-told-by-hand")),
        "copies" => frame::notice(false, words.say("office-told-copies")),
        "nothing" => frame::notice(false, words.say("office-told-nothing")),
        "cancel-done" => frame::notice(true, words.say("office-told-cancelled")),
        "refund-done" => frame::notice(true, words.say("office-told-refunded")),
        "pending" => frame::notice(true, words.say("office-told-pending")),
        "refused" => frame::notice(
            false,
            &words.tell("office-told-refused", &[("code", code.into())]),
        ),
        "dispute-done" => frame::notice(true, words.say("dispute-told-done")),
        "dispute-amount" => frame::notice(false, words.say("dispute-told-amount")),
        "dispute-words" => frame::notice(false, words.say("dispute-told-words")),
        "dispute-not-now" => frame::notice(false, words.say("dispute-told-not-now")),
        "not-now" => frame::notice(false, words.say("office-told-not-now")),
        "disputed" => frame::notice(false, words.say("office-told-disputed")),
        "in-review" => frame::notice(false, words.say("office-told-in-review")),
        _ => html! {},
    }
}

/// What must not be handed over yet (O12): the button to ship is refused until then.
fn embargo(visit: &Visit, shelf: &Shelf, order: &Order) -> Markup {
    let editions = order
        .lines
        .iter()
        .filter_map(|line| shelf.edition(line.edition));
    let forbidden = editions
        .filter_map(|edition| Some((edition.embargo.delivery?, edition)))
        .max_by_key(|(until, _)| *until)
        .filter(|_| order_deeds::can_ship(order));
    html! { @if let Some((until, edition)) = forbidden {
        (frame::notice(false, &visit.words().tell("office-told-embargo", &[
            ("title", edition.title.as_str().into()),
            ("day", format_date(until, visit.locale).into()),
        ])))
    } }
}

fn lines(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-order-lines")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-order-lines")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-order-title-column")) }
                    th.num scope="col" { (words.say("office-order-quantity")) }
                    th.num scope="col" { (words.say("office-order-unit")) }
                    th.num scope="col" { (words.say("office-order-line-total")) }
                } }
                tbody { @for line in &order.lines { tr data-row {
                    th scope="row" {
                        a href={ "/office/stock/" (line.edition) } { (line.title) }
                        div.muted.small {
                            @if let Some(isbn) = line.isbn { span.num { (isbn.hyphenated()) } " · " }
                            @if line.from_stock { (words.say("office-from-shelf")) } @else { (words.say("office-from-supplier")) }
                            (standing(visit, order, line))
                        }
                    }
                    td.num { (line.quantity) }
                    td.num { (money(visit, line.unit)) }
                    td.num { (money(visit, line.total)) }
                } } }
                tfoot {
                    tr { th scope="row" colspan="3" { (words.say("office-order-goods")) } td.num { (money(visit, order.goods_total)) } }
                    tr { th scope="row" colspan="3" { (words.say("office-order-delivery")) } td.num { (money(visit, order.delivery)) } }
                    tr.grand { th scope="row" colspan="3" { (words.say("office-order-total")) } td.num { (money(visit, order.total)) } }
                    @if !order.certificates.is_zero() {
                        tr { th scope="row" colspan="3" { (words.say("office-order-certificates")) } td.num { (money(visit, -order.certificates)) } }
                    }
                }
            }
        }
    }
}

/// Where the copies of a line are, when not all are in one place.
fn standing(visit: &Visit, order: &Order, line: &OrderLine) -> Markup {
    let words = visit.words();
    let (sent, cancelled) = (order.sent(line), line.cancelled);
    html! {
        @if sent > 0 && sent < line.quantity { " · " (words.tell("office-line-sent", &[("copies", sent.into())])) }
        @if cancelled > 0 { " · " (words.tell("office-line-cancelled", &[("copies", cancelled.into())])) }
    }
}

fn vat(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-order-vat")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-order-vat")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-vat-rate")) }
                    th.num scope="col" { (words.say("office-vat-net")) }
                    th.num scope="col" { (words.say("office-vat-tax")) }
                    th.num scope="col" { (words.say("office-vat-gross")) }
                } }
                tbody { @for line in &order.vat { tr {
                    th scope="row" { (format_percent(line.rate.as_basis_points(), visit.locale)) }
                    td.num { (money(visit, line.net)) } td.num { (money(visit, line.vat)) } td.num { (money(visit, line.gross())) }
                } } }
            }
        }
    }
}

fn reader(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-order-reader")) }
        p { a href={ "mailto:" (order.email) } { (order.email) } }
        h3 { (words.one_of("office-method", order.method.code())) }
        address {
            (order.address.name) br;
            @for line in order.address.street.lines() { (line) br; }
            (order.address.postcode) " " (order.address.city) br;
            (words.one_of("country", order.address.country.code()))
        }
    }
}

fn timeline(visit: &Visit, events: &[Event]) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-order-timeline")) }
        ol.happened {
            @for event in events {
                li {
                    b { (words.one_of("event", event.kind.code())) }
                    div.muted.small {
                        (time(visit, event.at))
                        @if let Some(staff) = &event.staff { " · " (staff) }
                        @if let Some(note) = &event.note { " · " (note_words(visit, event, note)) }
                    }
                }
            }
        }
    }
}

/// A code is said in words, an amount or a number as it is.
fn note_words(visit: &Visit, event: &Event, note: &str) -> String {
    let words = visit.words();
    match event.kind {
        EventKind::Chosen => words.one_of("means", note).to_owned(),
        EventKind::Confirmed if Means::of_code(note).is_some() => {
            words.one_of("means", note).to_owned()
        }
        EventKind::PartSent
        | EventKind::Shipped
        | EventKind::Paid
        | EventKind::PartRefunded
        | EventKind::Disputed
        | EventKind::Represented
        | EventKind::DisputeWon
        | EventKind::DisputeLost
        | EventKind::SetAside => note.to_owned(),
        _ => words.one_of("decline", note).to_owned(),
    }
}
