//! One order: what was bought, how it was paid, what happened, and what a bookseller can do with it.
//!
//! Ship, cancel and refund ask the bank; each is a form that answers with a redirect, so that reloading the
//! page asks nothing again. What the bank said is told once, then stands in the timeline.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use catalogue::shelf::Shelf;
use maud::{Markup, html};
use serde::Deserialize;
use shop::order::events::{self, Event};
use shop::order::{self, Order, OrderState, PaymentView};
use shop::payment::{self, PaymentState, SettleRefusal, Settled};
use storage::Fault;
use trade::ids::OrderNumber;
use trade::locale::{format_date, format_percent};

use super::access::Visit;
use super::frame::{self, Part, money, time, token};
use crate::AppState;
use crate::problem::{Kind, Problem};

/// What a form here asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Ship,
    Cancel,
    Refund,
}

impl Deed {
    pub(super) fn code(self) -> &'static str {
        match self {
            Deed::Ship => "ship",
            Deed::Cancel => "cancel",
            Deed::Refund => "refund",
        }
    }

    /// Whether it can be done now.
    fn is_open(self, order: &Order) -> bool {
        let payment = order.payment.as_ref().map(|payment| payment.state);
        match self {
            Deed::Ship => {
                order.state == OrderState::Confirmed && payment == Some(PaymentState::Authorised)
            }
            Deed::Cancel => {
                matches!(order.state, OrderState::Confirmed | OrderState::Cancelled)
                    && payment == Some(PaymentState::Authorised)
            }
            Deed::Refund => {
                order.state == OrderState::Shipped && payment == Some(PaymentState::Captured)
            }
        }
    }
}

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
        Ok(Some((order, payments, events)))
    });
    let (order, payments, events) = found.await?.ok_or_else(|| Problem::of(Kind::NotFound))?;
    let words = visit.words();
    let title = words.tell(
        "office-order-title",
        &[("number", order.number.to_string().into())],
    );
    let body = html! {
        (said(&visit, &told))
        (embargo(&visit, &state.shelf.load(), &order))
        p { span class={ "state " (order.state.code()) } { (words.one_of("office-state", order.state.code())) } }
        (deeds(&visit, &order))
        div.columns {
            div { (lines(&visit, &order)) (vat(&visit, &order)) (cards(&visit, &payments)) }
            div { (reader(&visit, &order)) (timeline(&visit, &events)) }
        }
    };
    Ok(frame::page(&visit, Part::Orders, &title, &body))
}

/// `POST /office/orders/{number}/ship`
pub(super) async fn ship(
    state: State<AppState>,
    visit: Extension<Visit>,
    number: Path<String>,
) -> Result<Redirect, Problem> {
    act(Deed::Ship, state, visit, number).await
}

/// `POST /office/orders/{number}/cancel`
pub(super) async fn cancel(
    state: State<AppState>,
    visit: Extension<Visit>,
    number: Path<String>,
) -> Result<Redirect, Problem> {
    act(Deed::Cancel, state, visit, number).await
}

/// `POST /office/orders/{number}/refund`
pub(super) async fn refund(
    state: State<AppState>,
    visit: Extension<Visit>,
    number: Path<String>,
) -> Result<Redirect, Problem> {
    act(Deed::Refund, state, visit, number).await
}

/// Does it to its end even when the browser goes away, and redirects to the order with what the bank said.
async fn act(
    deed: Deed,
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(number): Path<String>,
) -> Result<Redirect, Problem> {
    let number = OrderNumber::parse(&number).map_err(|_| Problem::of(Kind::NotFound))?;
    let page = format!("/office/orders/{number}");
    let doing = tokio::spawn(async move {
        let (store, zone, clock, login) = (
            &state.store,
            &*state.zone,
            &state.clock,
            visit.member.login.as_str(),
        );
        match deed {
            Deed::Ship => payment::ship(store, zone, clock, &number, login).await,
            Deed::Cancel => payment::cancel(store, zone, clock, &number, login).await,
            Deed::Refund => payment::refund(store, zone, clock, &number, login).await,
        }
    });
    let told = match doing
        .await
        .map_err(|error| Problem::fault(Kind::Fault, &error))?
    {
        Ok(Settled::Done) => format!("told={}-done", deed.code()),
        Ok(Settled::Pending) => "told=pending".to_owned(),
        Ok(Settled::Refused { code }) => {
            super::orders::form_urlencoded(&[("told", "refused"), ("code", &code)])
        }
        Err(SettleRefusal::NotNow { .. }) => "told=not-now".to_owned(),
        // The page says by itself what is forbidden until when.
        Err(SettleRefusal::Embargo { .. }) => String::new(),
        Err(SettleRefusal::NoSuchOrder) => return Err(Problem::of(Kind::NotFound)),
        Err(SettleRefusal::Fault(fault)) => return Err(fault.into()),
    };
    Ok(Redirect::to(&format!("{page}?{told}")))
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
        "cancel-done" => frame::notice(true, words.say("office-told-cancelled")),
        "refund-done" => frame::notice(true, words.say("office-told-refunded")),
        "pending" => frame::notice(true, words.say("office-told-pending")),
        "refused" => frame::notice(
            false,
            &words.tell("office-told-refused", &[("code", code.into())]),
        ),
        "not-now" => frame::notice(false, words.say("office-told-not-now")),
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
        .filter(|_| Deed::Ship.is_open(order));
    html! { @if let Some((until, edition)) = forbidden {
        (frame::notice(false, &visit.words().tell("office-told-embargo", &[
            ("title", edition.title.as_str().into()),
            ("day", format_date(until, visit.locale).into()),
        ])))
    } }
}

fn deeds(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    let amount = || [("amount", money(visit, order.total).into())];
    html! {
        div.actions {
            @if Deed::Ship.is_open(order) {
                (deed(visit, order, Deed::Ship, "button", &words.tell("office-ship", &amount())))
            }
            @if Deed::Cancel.is_open(order) {
                (asked_twice(words.say("office-cancel-ask"), &html! {
                    p { (words.say("office-cancel-help")) }
                    (deed(visit, order, Deed::Cancel, "button quiet", words.say("office-cancel")))
                }))
            }
            @if Deed::Refund.is_open(order) {
                (asked_twice(words.say("office-refund-ask"), &html! {
                    p { (words.say("office-refund-help")) }
                    (deed(visit, order, Deed::Refund, "button quiet", &words.tell("office-refund", &amount())))
                }))
            }
        }
    }
}

fn deed(visit: &Visit, order: &Order, deed: Deed, class: &str, name: &str) -> Markup {
    html! {
        form method="post" action={ "/office/orders/" (order.number) "/" (deed.code()) } {
            (token(visit))
            button class=(class) { (name) }
        }
    }
}

/// What cannot be taken back is behind one more click, which needs no script.
fn asked_twice(question: &str, inside: &Markup) -> Markup {
    html! { details.ask { summary { (question) } div { (inside) } } }
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
                }
            }
        }
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

fn cards(visit: &Visit, payments: &[PaymentView]) -> Markup {
    let words = visit.words();
    html! {
        h2 { (words.say("office-order-payments")) }
        div.scroll tabindex="0" role="region" aria-label=(words.say("office-order-payments")) {
            table.grid {
                thead { tr {
                    th scope="col" { (words.say("office-payment-card")) }
                    th scope="col" { (words.say("office-payment-state")) }
                    th scope="col" { (words.say("office-payment-changed")) }
                    th scope="col" { (words.say("office-payment-reference")) }
                } }
                tbody { @for payment in payments { tr {
                    th scope="row" { (card(visit, payment)) }
                    td {
                        (words.one_of("office-payment-state", payment.state.code()))
                        @if let Some(reason) = &payment.reason { div.muted.small { (words.one_of("decline", reason)) } }
                    }
                    td { (time(visit, payment.changed)) }
                    td.num {
                        @if let Some(code) = &payment.approval_code { (code) br; }
                        @if let Some(reference) = &payment.retrieval_reference { span.muted { (reference) } }
                    }
                } } }
            }
        }
    }
}

fn card(visit: &Visit, payment: &PaymentView) -> Markup {
    match &payment.last4 {
        Some(last4) => html! {
            (payment.brand.map_or("", trade::payment::Brand::name)) " " span.num { "•••• " (last4) }
            @if let Some(expiry) = &payment.expiry { " " span.muted.num { (expiry) } }
        },
        None => html! { span.muted { (visit.words().say("office-no-card")) } },
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
                        @if let Some(note) = &event.note { " · " (words.one_of("decline", note)) }
                    }
                }
            }
        }
    }
}
