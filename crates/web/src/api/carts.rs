//! `POST /api/v1/carts` and its lines.
//!
//! A line is put, not added: sending it again leaves the cart as it is, so that these calls are safe to repeat
//! by themselves and the idempotency key of theirs need not be remembered.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use shop::cart::{self, CartRefusal};
use shop::pricing::{Destination, quote};
use trade::delivery::DeliveryMethod;
use trade::ids::{CartId, EditionId};
use trade::limits;
use trade::territory::Territory;
use uuid::Uuid;

use super::input::{Body, edition_of};
use super::types::{Cart, CartLine, NewCart, NewLine};
use crate::problem::{Kind, Problem};
use crate::state::AppState;

/// A new cart. Nothing is kept before something is put into it.
#[utoipa::path(
    post, path = "/api/v1/carts", tag = "carts", request_body = NewCart,
    params(("Idempotency-Key" = Option<String>, Header, description = "Accepted; an empty cart twice does no harm.")),
    responses(
        (status = 201, body = Cart), (status = 404, body = super::types::ProblemBody),
        (status = 409, body = super::types::ProblemBody), (status = 422, body = super::types::ProblemBody)
    )
)]
pub(super) async fn create(
    State(state): State<AppState>,
    Body(new): Body<NewCart>,
) -> Result<(StatusCode, Json<Cart>), Problem> {
    let cart = put(&state, cart::create(), &new.lines).await?;
    Ok((StatusCode::CREATED, Json(cart)))
}

/// Puts a title into a cart: afterwards the cart holds exactly the quantity said. 0 takes it out.
#[utoipa::path(
    post, path = "/api/v1/carts/{id}/lines", tag = "carts", request_body = NewLine,
    params(
        ("id" = String, Path, description = "The cart's number."),
        ("Idempotency-Key" = Option<String>, Header, description = "Accepted; the call can be repeated anyway.")
    ),
    responses(
        (status = 200, body = Cart), (status = 404, body = super::types::ProblemBody),
        (status = 409, body = super::types::ProblemBody), (status = 422, body = super::types::ProblemBody)
    )
)]
pub(super) async fn put_line(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(line): Body<NewLine>,
) -> Result<Json<Cart>, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::of(Kind::NotFound))?;
    Ok(Json(put(&state, CartId(id), &[line]).await?))
}

async fn put(state: &AppState, id: CartId, lines: &[NewLine]) -> Result<Cart, Problem> {
    if lines.len() > limits::CART_LINES {
        return Err(Problem::of(Kind::TooMany).with("limit", limits::CART_LINES));
    }
    let shelf = state.shelf.load();
    let lines: Vec<(EditionId, u32)> = lines
        .iter()
        .map(|line| Ok((edition_of(&shelf, line)?.id, line.quantity)))
        .collect::<Result<_, Problem>>()?;
    let now = state.clock.now();
    let cart = state
        .store
        .write(move |tx| -> Result<cart::Cart, CartRefusal> {
            for &(edition, quantity) in &lines {
                match cart::set_quantity(tx, id, edition, quantity, now) {
                    Err(CartRefusal::NotInCart { .. }) if quantity > 0 => {
                        cart::add(tx, id, edition, quantity, now)?;
                    }
                    Err(CartRefusal::NotInCart { .. }) => {}
                    other => other?,
                }
            }
            Ok(cart::view(tx, id)?)
        });
    Ok(shown(state, &cart.await?))
}

fn shown(state: &AppState, cart: &cart::Cart) -> Cart {
    let destination = Destination {
        territory: Territory::Mainland,
        method: DeliveryMethod::Post,
    };
    let quote = quote(
        &cart.priced(),
        destination,
        &state.tariff,
        state.clock.today(),
    )
    .ok();
    let cents =
        |amount: Option<trade::money::Money>| amount.map_or(0, trade::money::Money::as_cents);
    Cart {
        id: cart.id.to_string(),
        copies: cart.copies(),
        goods_cents: cents(quote.as_ref().map(|quote| quote.goods_total)),
        delivery_cents: cents(quote.as_ref().map(|quote| quote.delivery)),
        total_cents: cents(quote.as_ref().map(|quote| quote.total)),
        lines: cart.lines.iter().map(line).collect(),
    }
}

fn line(line: &cart::CartLine) -> CartLine {
    CartLine {
        edition: line.edition.get(),
        isbn13: line.isbn.map(|isbn| isbn.to_string()),
        title: line.title.clone(),
        quantity: line.quantity,
        unit_cents: line.unit.map(trade::money::Money::as_cents),
        at_most: line.at_most,
        orderable: line.can_be_ordered(),
    }
}
