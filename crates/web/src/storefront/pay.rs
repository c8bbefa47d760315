//! Back from the vault: the card is asked about, and the reader is told what became of it, the truth also
//! when nobody knows it yet.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use shop::cart;
use shop::payment::{Authorisation, CardWanted, PayRefusal, authorise, card_wanted};
use trade::ids::OrderNumber;
use trade::payment::Decline;

use super::forms::{see_other, with_cookies};
use super::layout::{Page, document};
use super::order::Opened;
use super::reader::Reader;
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
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    let Some(receipt) = &back.receipt else {
        return without_card(&state, &visitor, &back);
    };
    let receipt = state
        .zone
        .read_receipt(receipt)
        .map_err(|_| Problem::of(Kind::Malformed))?;
    let order = receipt.order.clone();
    let asking = state.clone();
    // In a task of its own: it runs to its end even when the browser goes away.
    let asked = tokio::spawn(async move {
        authorise(&asking.store, asking.zone.as_ref(), &asking.clock, &receipt).await
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
async fn basket_now(
    state: &AppState,
    visitor: &Visitor,
) -> Result<Vec<axum::http::HeaderValue>, Problem> {
    let Some(id) = visitor.cart else {
        return Ok(Vec::new());
    };
    let copies = state.store.read(move |tx| cart::copies(tx, id)).await?;
    Ok(basket_cookies(&state.settings, id, copies))
}

fn told(state: &AppState, visitor: &Visitor, order: &OrderNumber, told: Told) -> Response {
    let reader = Reader::new(visitor.locale, &state.settings, "/orders");
    let key = state.order_keys.key(order);
    let status = match told {
        Told::Declined(_) => StatusCode::PAYMENT_REQUIRED,
        Told::Unanswered | Told::NotSent | Told::Closed => StatusCode::SERVICE_UNAVAILABLE,
    };
    render::personal(visitor, status, page(&reader, order, &key, told))
}

/// The address of the vault's page for a card. From there the reader comes back, with or without having given
/// it, in the language of her order.
pub(crate) fn card_page(state: &AppState, card: CardWanted) -> String {
    let return_url = format!(
        "{}/{}/checkout/return?order={}&key={}",
        state.settings.public_url,
        card.locale.code(),
        card.order,
        state.order_keys.key(&card.order)
    );
    let ticket = card.ticket(&state.settings.shop_id, &return_url);
    state.zone.card_page_url(&ticket)
}

/// `GET /orders/{number}/pay?key=`: a link, so that trying another card needs no form.
pub(crate) async fn again(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(number): Path<String>,
    Query(opened): Query<Opened>,
) -> Result<Response, Problem> {
    let number = opened.order(&state, &number)?;
    match card_wanted(&state.store, &state.clock, &number).await {
        Ok(_) if !state.zone.takes_cards().await => {
            Ok(told(&state, &visitor, &number, Told::Closed))
        }
        Ok(card) => Ok(see_other(&card_page(&state, card))),
        Err(PayRefusal::NotWaiting { .. } | PayRefusal::InFlight) => {
            Ok(see_other(&visitor.path(&state.order_keys.path(&number))))
        }
        Err(other) => Err(other.into()),
    }
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
                        Told::NotSent | Told::Closed => a.button href=(retry) rel="nofollow" { (reader.say("pay-retry")) },
                        Told::Unanswered => a.button href=(reader.path("/cart")) { (reader.say("checkout-to-basket")) },
                    }
                    a.button.quiet href=(order_page) { (reader.say("order-see")) }
                }
            }
        },
    )
}
