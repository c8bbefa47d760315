//! An order's page by its signed link, and the way back to it for who lost the link.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use shop::order::{self, Order};
use trade::address::Email;
use trade::ids::OrderNumber;

use super::forms::{Fields, see_other};
use super::layout::{Page, document};
use super::order_page;
use super::reader::Reader;
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::render;
use crate::state::AppState;
use crate::visitor::Visitor;

/// The key with which an order is opened.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Opened {
    key: String,
}

impl Opened {
    /// The order number, if the key opens it. A wrong key looks like an order that does not exist.
    pub(crate) fn order(&self, state: &AppState, number: &str) -> Result<OrderNumber, Problem> {
        let number = OrderNumber::parse(number).map_err(|_| Problem::of(Kind::NotFound))?;
        match state.order_keys.opens(&number, &self.key) {
            true => Ok(number),
            false => Err(Problem::of(Kind::NotFound)),
        }
    }
}

/// `GET /orders/{number}?key=`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(number): Path<String>,
    Query(opened): Query<Opened>,
) -> Result<Response, Problem> {
    let number = opened.order(&state, &number)?;
    let order = state
        .store
        .read(move |tx| order::find(tx, &number))
        .await?
        .ok_or(Problem::of(Kind::NotFound))?;
    let reader = Reader::new(visitor.locale, &state.settings, &visitor.here);
    let account = state.methods.transfer.as_ref();
    let page = order_page::page(&reader, &order, &opened.key, account);
    Ok(render::personal(&visitor, StatusCode::OK, page))
}

/// What a reader knows of an order whose link she lost.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Known {
    /// As printed in the mail, or nearly.
    pub number: String,
    /// The address the mail went to.
    pub email: String,
}

/// `GET /orders`
pub(crate) async fn ask(State(state): State<AppState>, visitor: Visitor) -> Response {
    let reader = Reader::new(visitor.locale, &state.settings, "/orders");
    render::personal(
        &visitor,
        StatusCode::OK,
        lookup_page(&reader, &Known::default(), false),
    )
}

/// `POST /orders`
pub(crate) async fn look_up(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Fields(known): Fields<Known>,
) -> Result<Response, Problem> {
    if !state.paces.lookups.allows(&peer) {
        return Err(Problem::of(Kind::TooFast));
    }
    let found = match OrderNumber::parse(&known.number) {
        Ok(number) => state.store.read(move |tx| order::find(tx, &number)).await?,
        Err(_) => None,
    };
    match found.filter(|order| is_hers(order, &known)) {
        Some(order) => Ok(see_other(
            &visitor.path(&state.order_keys.path(&order.number)),
        )),
        None => {
            let reader = Reader::new(visitor.locale, &state.settings, "/orders");
            Ok(render::personal(
                &visitor,
                StatusCode::UNPROCESSABLE_ENTITY,
                lookup_page(&reader, &known, true),
            ))
        }
    }
}

fn is_hers(order: &Order, known: &Known) -> bool {
    Email::parse(&known.email)
        .is_ok_and(|email| email.as_str().eq_ignore_ascii_case(order.email.as_str()))
}

/// The page that finds an order again.
pub fn lookup_page(reader: &Reader<'_>, known: &Known, not_found: bool) -> Markup {
    let title = reader.say("nav-orders");
    document(
        reader,
        &Page::private(title),
        html! {
            h1 { (title) }
            div.prose {
                p { (reader.say("orders-by-mail")) }
                @if not_found { div.alert role="alert" tabindex="-1" autofocus { p { (reader.say("orders-not-found")) } } }
                form action=(reader.path("/orders")) method="post" {
                    div.field {
                        label for="number" { (reader.say("orders-number")) }
                        p.hint id="number-hint" { (reader.say("orders-number-hint")) }
                        input #number type="text" name="number" value=(known.number) maxlength="20" required autocomplete="off" aria-describedby="number-hint";
                    }
                    div.field {
                        label for="email" { (reader.say("field-email")) }
                        input #email type="email" name="email" value=(known.email) maxlength="254" required autocomplete="email";
                    }
                    p.actions { button.button type="submit" { (reader.say("orders-open")) } }
                }
            }
        },
    )
}
