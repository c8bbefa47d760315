//! `POST /api/v1/orders` and `GET /api/v1/orders/by-key/{key}`.
//!
//! A caller that got no answer asks by its key, or sends the same request again: the order is placed once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shop::checkout::{Draft, place_order};
use shop::order;
use shop::pricing::{Line, quote};
use storage::Fault;
use trade::address::{Address, AddressInput, Email, Field, FieldError};
use trade::delivery::DeliveryMethod;
use trade::ids::{CartId, IdempotencyKey, OrderNumber};
use trade::limits;
use trade::locale::Locale;
use trade::money::Money;

use super::input::{Body, Key, edition_of, key_of};
use super::types::{NewAddress, NewLine, NewOrder, Order, OrderLine, VatLine};
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use crate::storefront::checkout::field_name;
use crate::storefront::pay;
use crate::visitor::Visitor;

/// Places an order. It waits for payment; `pay_url` is where the buyer pays: the vault's card page, or the page of the
/// order that asks how.
#[utoipa::path(
    post, path = "/api/v1/orders", tag = "orders", request_body = NewOrder,
    params(("Idempotency-Key" = uuid::Uuid, Header, description = "A UUID of version 4 or 7, new for each order; the same key with the same request places one order. Whoever knows it can ask for the order: keep it as you keep its order_url.")),
    responses(
        (status = 201, body = Order, headers(("Location" = String, description = "Where to ask for the order by its key."))),
        (status = 400, body = super::types::ProblemBody), (status = 404, body = super::types::ProblemBody),
        (status = 409, body = super::types::ProblemBody, description = "Out of stock, price changed, not for sale, or the key belongs to another request."),
        (status = 422, body = super::types::ProblemBody), (status = 503, body = super::types::ProblemBody)
    )
)]
pub(super) async fn place(
    State(state): State<AppState>,
    visitor: Visitor,
    Key(key): Key,
    Body(new): Body<NewOrder>,
) -> Result<Response, Problem> {
    let draft = draft(&state, &visitor, key.clone(), new).await?;
    let placed = place_order(&state.store, &state.clock, &state.tariff, &draft).await?;
    let pay_url = match placed.card {
        Some(card) => Some(pay::pay_url(&state, card).await),
        None => None,
    };
    let order = standing(&state, placed.number, pay_url).await?;
    let location = format!(
        "/api/v1/orders/by-key/{}",
        crate::storefront::reader::encoded(key.as_str())
    );
    let mut response = (StatusCode::CREATED, Json(order)).into_response();
    response.headers_mut().extend(
        HeaderValue::from_str(&location)
            .ok()
            .map(|value| (header::LOCATION, value)),
    );
    Ok(response)
}

/// The order that a key placed.
#[utoipa::path(
    get, path = "/api/v1/orders/by-key/{key}", tag = "orders",
    params(("key" = uuid::Uuid, Path, description = "The Idempotency-Key of the call that placed it.")),
    responses(
        (status = 200, body = Order), (status = 400, body = super::types::ProblemBody), (status = 404, body = super::types::ProblemBody),
        (status = 429, body = super::types::ProblemBody, description = "More than 60 questions in a minute from one address.")
    )
)]
pub(super) async fn by_key(
    State(state): State<AppState>,
    peer: Peer,
    Path(key): Path<String>,
) -> Result<Json<Order>, Problem> {
    let key = key_of(&key)?;
    // Also when there is such an order: who goes too fast learns nothing by what still opens.
    if !state.paces.keys.allows(&peer) {
        return Err(Problem::of(Kind::TooFast));
    }
    let number = state
        .store
        .read(move |tx| order::by_idempotency_key(tx, &key))
        .await?;
    let number = number.ok_or_else(|| Problem::of(Kind::NotFound))?;
    Ok(Json(standing(&state, number, None).await?))
}

async fn draft(
    state: &AppState,
    visitor: &Visitor,
    key: IdempotencyKey,
    new: NewOrder,
) -> Result<Draft, Problem> {
    let (email, address) = person(&new.email, &new.address)?;
    let method = match new.delivery.as_deref() {
        None => DeliveryMethod::Post,
        Some(code) => DeliveryMethod::parse(code).ok_or_else(|| malformed("no such delivery"))?,
    };
    let locale = match new.locale.as_deref() {
        None => visitor.locale,
        Some(code) => Locale::parse(code).ok_or_else(|| malformed("no such locale"))?,
    };
    let lines = match (new.cart, new.lines.as_slice()) {
        (Some(cart), []) => in_cart(state, CartId(cart)).await?,
        (None, lines) => listed(state, lines)?,
        (Some(_), _) => return Err(malformed("an order has a cart or lines, not both")),
    };
    let cart = new.cart.map(CartId);
    let mut draft = Draft {
        key,
        cart,
        lines,
        email,
        address,
        method,
        locale,
        total_shown: Money::ZERO,
    };
    draft.total_shown = match new.total_cents {
        Some(cents) => Money::cents(cents),
        None => total(state, &draft)?,
    };
    Ok(draft)
}

/// Every field that is wrong, by its name.
fn person(email: &str, address: &NewAddress) -> Result<(Email, Address), Problem> {
    let email = Email::parse(email).map_err(|problem| FieldError {
        field: Field::Email,
        problem,
    });
    let address = Address::check(&AddressInput {
        name: address.name.clone(),
        street: address.street.clone(),
        postcode: address.postcode.clone(),
        city: address.city.clone(),
        country: address.country.clone(),
    });
    let errors: Vec<FieldError> = match (email, address) {
        (Ok(email), Ok(address)) => return Ok((email, address)),
        (email, address) => email
            .err()
            .into_iter()
            .chain(address.err().unwrap_or_default())
            .collect(),
    };
    let told: Vec<_> = errors
        .iter()
        .map(|error| json!({ "field": field_name(error.field), "problem": error.problem.to_string() }))
        .collect();
    Err(Problem::of(Kind::Invalid).with("errors", told))
}

async fn in_cart(state: &AppState, cart: CartId) -> Result<Vec<Line>, Problem> {
    let cart = state
        .store
        .read(move |tx| shop::cart::view(tx, cart))
        .await?;
    Ok(cart.priced())
}

fn listed(state: &AppState, lines: &[NewLine]) -> Result<Vec<Line>, Problem> {
    if lines.len() > limits::CART_LINES {
        return Err(Problem::of(Kind::TooMany).with("limit", limits::CART_LINES));
    }
    let shelf = state.shelf.load();
    let priced = lines.iter().map(|line| {
        let edition = edition_of(&shelf, line)?;
        let not_buyable = || Problem::of(Kind::NotBuyable).with("edition", edition.id.get());
        let price = edition
            .price
            .filter(|_| edition.buyable())
            .ok_or_else(not_buyable)?;
        Ok(Line {
            edition: edition.id,
            quantity: line.quantity,
            unit: price.amount,
            goods: edition.goods,
        })
    });
    priced.collect()
}

fn total(state: &AppState, draft: &Draft) -> Result<Money, Problem> {
    let quote = quote(
        &draft.lines,
        draft.destination(),
        &state.tariff,
        state.clock.today(),
    );
    Ok(quote.map_err(shop::checkout::Refusal::from)?.total)
}

async fn standing(
    state: &AppState,
    number: OrderNumber,
    pay_url: Option<String>,
) -> Result<Order, Problem> {
    let found = state
        .store
        .read(move |tx| -> Result<_, Fault> { order::find(tx, &number) });
    let order = found.await?.ok_or_else(|| Problem::of(Kind::NotFound))?;
    Ok(Order {
        number: order.number.to_string(),
        state: order.state.code(),
        lines: order.lines.iter().map(line).collect(),
        goods_cents: order.goods_total.as_cents(),
        delivery_cents: order.delivery.as_cents(),
        total_cents: order.total.as_cents(),
        vat: order.vat.iter().map(vat_line).collect(),
        hold_until: order.hold_until.rfc3339(),
        pay_url,
        order_url: format!(
            "{}{}",
            state.settings.public_url,
            state.order_keys.path(&order.number)
        ),
    })
}

fn line(line: &order::OrderLine) -> OrderLine {
    OrderLine {
        edition: line.edition.get(),
        isbn13: line.isbn.map(|isbn| isbn.to_string()),
        title: line.title.clone(),
        quantity: line.quantity,
        unit_cents: line.unit.as_cents(),
        total_cents: line.total.as_cents(),
    }
}

fn vat_line(line: &shop::pricing::VatLine) -> VatLine {
    VatLine {
        rate_basis_points: line.rate.as_basis_points(),
        net_cents: line.net.as_cents(),
        vat_cents: line.vat.as_cents(),
    }
}

fn malformed(reason: &str) -> Problem {
    Problem::of(Kind::Malformed).with("reason", reason)
}
