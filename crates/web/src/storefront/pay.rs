//! Paying: how, where to, and back from the vault, where the card is asked about and the reader is told what became of
//! it, the truth also when nobody knows it yet.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use shop::cart;
use shop::order::{self, Order, OrderState};
use shop::payment::{
    Authorisation, CardWanted, Chosen, Means, PayRefusal, authorise, choose as choose_means,
};
use shop::screening::{Attempt, Outcome};
use trade::delivery::DeliveryMethod;
use trade::ids::OrderNumber;
use trade::locale;
use trade::payment::Decline;

use super::certificate::{self, CodeOutcome};
use super::forms::{Fields, see_other, with_cookies};
use super::layout::{Page, document};
use super::means::{self, OfferedMeans};
use super::order::Opened;
use super::provider;
use super::reader::Reader;
use super::step_up;
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::render;
use crate::state::AppState;
use crate::visitor::{Visitor, basket_cookies};

/// What the vault sends the reader back with.
#[derive(Debug, Deserialize)]
pub(crate) struct Back {
    /// The vault's receipt; without one the reader came back without giving a card.
    receipt: Option<String>,
    /// The order and its key, as this shop wrote them into the address.
    order: Option<String>,
    key: Option<String>,
}

/// `GET /checkout/return?order=&key=&receipt=`. Loading it again asks nobody again: the outcome is written once.
pub(crate) async fn back(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    let Some(signed) = &back.receipt else {
        return without_card(&state, &visitor, &back);
    };
    let zone = state.methods.card.clone();
    let zone = zone.ok_or_else(|| Problem::of(Kind::MeansNotTaken))?;
    let receipt = zone
        .read_receipt(signed)
        .map_err(|_| Problem::of(Kind::Malformed))?;
    let order = receipt.order.clone();
    let attempt = Attempt::with_card(&receipt, step_up::visit(&visitor, &peer));
    match step_up::screened(&state, attempt).await? {
        Outcome::Go { .. } => {}
        Outcome::StepUp { screening } => {
            let sent = step_up::Sent::with_card(signed);
            return Ok(step_up::ask(&state, &visitor, &order, sent, screening));
        }
        Outcome::Refused => return Ok(told(&state, &visitor, &order, Told::Refused)),
    }
    let asking = state.clone();
    // In a task of its own: it runs to its end even when the browser goes away.
    let asked = tokio::spawn(async move {
        authorise(&asking.store, zone.as_ref(), &asking.clock, &receipt).await
    });
    let outcome = match asked
        .await
        .map_err(|broken| Problem::fault(Kind::Fault, &broken))?
    {
        Ok(outcome) => outcome,
        // The order's page says where it stands.
        Err(PayRefusal::NotWaiting { .. } | PayRefusal::InFlight) => Authorisation::Asking,
        Err(other) => return Err(other.into()),
    };
    let answer = match outcome {
        Authorisation::Confirmed | Authorisation::Asking => {
            see_other(&visitor.path(&state.order_keys.path(&order)))
        }
        Authorisation::Declined(reason) => told(&state, &visitor, &order, Told::Declined(reason)),
        Authorisation::Unanswered => told(&state, &visitor, &order, Told::Unanswered),
        Authorisation::NotSent => told(&state, &visitor, &order, Told::NotSent),
    };
    Ok(with_cookies(answer, basket_now(&state, &visitor).await?))
}

/// Back without a card: the order still waits, and its page says what can be done.
fn without_card(state: &AppState, visitor: &Visitor, back: &Back) -> Result<Response, Problem> {
    let number = back
        .order
        .as_deref()
        .and_then(|order| OrderNumber::parse(order).ok());
    match (number, &back.key) {
        (Some(number), Some(key)) if state.order_keys.opens(&number, key) => {
            Ok(see_other(&visitor.path(&state.order_keys.path(&number))))
        }
        _ => Err(Problem::of(Kind::Malformed)),
    }
}

/// The paid lines have left the cart: its count with them.
pub(super) async fn basket_now(
    state: &AppState,
    visitor: &Visitor,
) -> Result<Vec<axum::http::HeaderValue>, Problem> {
    let Some(id) = visitor.cart else {
        return Ok(Vec::new());
    };
    let copies = state.store.read(move |tx| cart::copies(tx, id)).await?;
    Ok(basket_cookies(&state.settings, id, copies))
}

pub(super) fn told(
    state: &AppState,
    visitor: &Visitor,
    order: &OrderNumber,
    told: Told,
) -> Response {
    let reader = Reader::new(visitor.locale, &state.settings, "/orders");
    let key = state.order_keys.key(order);
    let status = match told {
        Told::Declined(_) | Told::Refused => StatusCode::PAYMENT_REQUIRED,
        Told::Unanswered | Told::NotSent | Told::Closed | Told::Unreachable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Told::PageClosed | Told::TooLate => StatusCode::CONFLICT,
    };
    render::personal(visitor, status, page(&reader, order, &key, told))
}

/// The address of the vault's page for a card. From there the reader comes back, with or without having given
/// it, in the language of her order.
pub(crate) fn card_page(state: &AppState, card: CardWanted) -> Option<String> {
    let zone = state.methods.card.as_ref()?;
    let return_url = format!(
        "{}/{}/checkout/return?order={}&key={}",
        state.settings.public_url,
        card.locale.code(),
        card.order,
        state.order_keys.key(&card.order)
    );
    let ticket = card.ticket(&state.settings.shop_id, &return_url);
    Some(zone.card_page_url(&ticket))
}

/// Where a caller without pages sends the buyer to pay: to the card page while cards are taken, to the page of the order
/// that asks how she wants to pay when they are not.
pub(crate) async fn pay_url(state: &AppState, card: CardWanted) -> String {
    let order_page = format!(
        "{}/{}{}",
        state.settings.public_url,
        card.locale.code(),
        pay_path(state, &card.order)
    );
    let first = state.methods.card.is_some() && state.is_open(Means::Card).await;
    match first {
        true => card_page(state, card).unwrap_or(order_page),
        false => order_page,
    }
}

pub(crate) fn pay_path(state: &AppState, number: &OrderNumber) -> String {
    format!("/orders/{number}/pay?key={}", state.order_keys.key(number))
}

/// The means of the shop for such deliveries, each with whether it can be used now.
pub(crate) async fn offered(state: &AppState, deliveries: &[DeliveryMethod]) -> Vec<OfferedMeans> {
    let mut offered = Vec::new();
    let taken = |means: &&Means| {
        let takes = |&delivery: &DeliveryMethod| state.methods.takes(**means, delivery);
        deliveries.iter().any(takes)
    };
    for &means in Means::ALL.iter().filter(taken) {
        let open = state.is_open(means).await;
        offered.push(OfferedMeans { means, open });
    }
    offered
}

/// Sends the reader to the vault's page, or, while no card is taken, to the page that says so and what else there is.
pub(crate) async fn to_the_card(
    state: &AppState,
    visitor: &Visitor,
    card: CardWanted,
) -> Result<Response, Problem> {
    if !state.is_open(Means::Card).await {
        return Ok(see_other(&visitor.path(&pay_path(state, &card.order))));
    }
    match card_page(state, card) {
        Some(page) => Ok(see_other(&page)),
        None => Err(Problem::of(Kind::MeansNotTaken)),
    }
}

/// Lets the order be paid with `means`, and sends the reader where she does it.
pub(crate) async fn go(
    state: &AppState,
    visitor: &Visitor,
    peer: &Peer,
    number: &OrderNumber,
    means: Means,
) -> Result<Response, Problem> {
    let order_page = || see_other(&visitor.path(&state.order_keys.path(number)));
    if !state.is_open(means).await {
        return Ok(see_other(&visitor.path(&pay_path(state, number))));
    }
    // A card is screened when it is known, on the way back from the vault.
    if means != Means::Card {
        let visit = step_up::visit(visitor, peer);
        let attempt = Attempt::by_other_means(number, means.code(), visit);
        match step_up::screened(state, attempt).await? {
            Outcome::Go { .. } => {}
            Outcome::StepUp { screening } => {
                let sent = step_up::Sent::by_other_means(state, number, means);
                return Ok(step_up::ask(state, visitor, number, sent, screening));
            }
            Outcome::Refused => return Ok(told(state, visitor, number, Told::Refused)),
        }
    }
    match choose_means(&state.store, &state.methods, &state.clock, number, means).await {
        Ok(Chosen::Card(card)) => to_the_card(state, visitor, card).await,
        Ok(Chosen::Provider(wanted)) => match provider::send(state, visitor, &wanted).await {
            // Paid, or given up, in another tab: the order's page says so.
            Err(problem) if matches!(problem.kind, Kind::NotWaiting | Kind::InFlight) => {
                Ok(order_page())
            }
            sent => sent,
        },
        Ok(Chosen::Transfer) => Ok(order_page()),
        Ok(Chosen::Collection) => Ok(with_cookies(
            order_page(),
            basket_now(state, visitor).await?,
        )),
        Err(PayRefusal::NotWaiting { .. } | PayRefusal::InFlight) => Ok(order_page()),
        Err(other) => Err(other.into()),
    }
}

/// `GET /orders/{number}/pay?key=`: a link, so that trying another card needs no form. Where there is a choice, the page
/// asks.
pub(crate) async fn again(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Path(number): Path<String>,
    Query(opened): Query<Opened>,
    Query(told_of): Query<ToldOf>,
) -> Result<Response, Problem> {
    let number = opened.order(&state, &number)?;
    let asked = number.clone();
    let found = state.store.read(move |tx| order::find(tx, &asked)).await?;
    let order = found.ok_or_else(|| Problem::of(Kind::NotFound))?;
    if order.state != OrderState::AwaitingPayment {
        return Ok(see_other(&visitor.path(&state.order_keys.path(&number))));
    }
    let offered = offered(&state, &[order.method]).await;
    let outcome = CodeOutcome::of_code(&told_of.certificate);
    match offered.as_slice() {
        [] => Err(Problem::of(Kind::MeansNotTaken)),
        [only] if only.open && outcome.is_none() => {
            go(&state, &visitor, &peer, &number, only.means).await
        }
        [only] if !only.open && outcome.is_none() => {
            Ok(told(&state, &visitor, &number, Told::Closed))
        }
        _ => {
            let reader = Reader::new(visitor.locale, &state.settings, &visitor.here);
            let page = choice_page(
                &reader,
                &order,
                &state.order_keys.key(&number),
                &offered,
                outcome,
            );
            Ok(render::personal(&visitor, StatusCode::OK, page))
        }
    }
}

/// What became of a certificate's code.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ToldOf {
    certificate: String,
}

/// What the choice page sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Choice {
    means: String,
}

/// `POST /orders/{number}/pay?key=`
pub(crate) async fn choose(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Path(number): Path<String>,
    Query(opened): Query<Opened>,
    Fields(choice): Fields<Choice>,
) -> Result<Response, Problem> {
    let number = opened.order(&state, &number)?;
    let means = Means::of_code(&choice.means).ok_or_else(|| Problem::of(Kind::Malformed))?;
    go(&state, &visitor, &peer, &number, means).await
}

/// The page that asks how an order is to be paid.
pub fn choice_page(
    reader: &Reader<'_>,
    order: &Order,
    key: &str,
    offered: &[OfferedMeans],
    told: Option<CodeOutcome>,
) -> Markup {
    let title = reader.say("means-title");
    let action = reader.path(&format!("/orders/{}/pay?key={key}", order.number));
    let order_page = reader.path(&format!("/orders/{}?key={key}", order.number));
    let chosen = order.payment.as_ref().map(|payment| payment.means);
    let chosen = chosen.filter(|means| offered.iter().any(|one| one.open && one.means == *means));
    document(
        reader,
        &Page::private(title),
        html! {
            div.sorry {
                p.code { (reader.tell("order-heading", &[("number", order.number.as_str().into())])) }
                h1 { (title) }
                p { (reader.tell("means-amount", &[
                    ("amount", reader.money(order.total - order.certificates).into()),
                    ("time", locale::format_time(order.hold_until, reader.locale).into()),
                ])) }
                form action=(action) method="post" {
                    fieldset.step {
                        legend { (reader.say("step-means")) }
                        (means::choices(reader, offered, chosen))
                    }
                    p.actions {
                        button.button type="submit" { (reader.say("means-go")) }
                        a.button.quiet href=(order_page) { (reader.say("order-see")) }
                    }
                }
                (certificate::section(reader, order, key, told))
            }
        },
    )
}

/// What a reader is told whose payment did not succeed.
#[derive(Debug, Clone, Copy)]
pub enum Told {
    /// The bank said no.
    Declined(Decline),
    /// The bank never answered: whatever it reserved is being lifted.
    Unanswered,
    /// Nothing left the house.
    NotSent,
    /// No card is taken at the moment: the vault is sealed.
    Closed,
    /// The provider opens no page at the moment.
    Unreachable,
    /// The provider's page closed before she paid.
    PageClosed,
    /// She paid when the order waited for it no more.
    TooLate,
    /// The screening refused; why is not said, because it would help those whom it is for.
    Refused,
}

/// The page: what happened, what it means for the money, what to do next. Links only.
pub fn page(reader: &Reader<'_>, order: &OrderNumber, key: &str, told: Told) -> Markup {
    let (title, what, means) = match told {
        Told::Declined(reason) => (
            reader.say("declined-title"),
            reader.one_of("decline", reason.code()),
            reader.say("declined-means"),
        ),
        Told::Unanswered => (
            reader.say("unanswered-title"),
            reader.say("unanswered-what"),
            reader.say("unanswered-means"),
        ),
        Told::NotSent => (
            reader.say("not-sent-title"),
            reader.say("not-sent-what"),
            reader.say("not-sent-means"),
        ),
        Told::Closed => (
            reader.say("cards-closed"),
            reader.say("cards-closed-kept"),
            reader.say("not-sent-means"),
        ),
        Told::Refused => (
            reader.say("refused-title"),
            reader.say("refused-what"),
            reader.say("refused-means"),
        ),
        Told::Unreachable => (
            reader.say("provider-closed-title"),
            reader.say("provider-closed-what"),
            reader.say("not-sent-means"),
        ),
        Told::PageClosed => (
            reader.say("page-closed-title"),
            reader.say("page-closed-what"),
            reader.say("page-closed-means"),
        ),
        Told::TooLate => (
            reader.say("too-late-title"),
            reader.say("too-late-what"),
            reader.say("too-late-means"),
        ),
    };
    let retry = reader.path(&format!("/orders/{order}/pay?key={key}"));
    let order_page = reader.path(&format!("/orders/{order}?key={key}"));
    document(
        reader,
        &Page::private(title),
        html! {
            div.sorry {
                p.code { (reader.tell("order-heading", &[("number", order.as_str().into())])) }
                h1 { (title) }
                p { (what) }
                p { (means) }
                p.actions {
                    @match told {
                        Told::Declined(_) => a.button href=(retry) rel="nofollow" { (reader.say("pay-again")) },
                        Told::NotSent | Told::Closed | Told::Unreachable | Told::PageClosed => a.button href=(retry) rel="nofollow" { (reader.say("pay-retry")) },
                        Told::Refused => a.button href={ "mailto:" (reader.settings.contact_email) "?subject=" (order) } { (reader.say("refused-write")) },
                        Told::Unanswered | Told::TooLate => a.button href=(reader.path("/cart")) { (reader.say("checkout-to-basket")) },
                    }
                    a.button.quiet href=(order_page) { (reader.say("order-see")) }
                }
            }
        },
    )
}
