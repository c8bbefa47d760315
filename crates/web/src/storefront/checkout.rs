//! The checkout: one page, four short parts, one button. What is shown is what is charged, or the page is
//! shown again and says what changed. The card is given on the vault's own page, never here.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use catalogue::model::Edition;
use serde::Deserialize;
use shop::cart::{Cart, CartLine};
use shop::checkout::{Draft, Refusal, place_order};
use shop::order;
use shop::payment::Means;
use shop::pricing::Quote;
use trade::address::{Address, AddressInput, Email, Field, FieldError, FieldProblem};
use trade::delivery::DeliveryMethod;
use trade::ids::{IdempotencyKey, OrderNumber};
use trade::money::Money;

use super::cart::{editions, held, quoted};
use super::certificate::{self, CodeOutcome, Tried};
use super::checkout_page::{self, Notice, View};
use super::forms::{Fields, see_other, with_cookies};
use super::pay;
use super::reader::Reader;
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::render;
use crate::state::AppState;
use crate::visitor::Visitor;

/// The form, as typed. Every field is text, so that a mistake is shown again instead of refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// Where mails go.
    pub email: String,
    /// Name on the label.
    pub name: String,
    /// Street, up to three lines.
    pub street: String,
    /// Postcode.
    pub postcode: String,
    /// Town.
    pub city: String,
    /// ISO country code.
    pub country: String,
    /// Code of a delivery method.
    pub delivery: String,
    /// Code of the means of payment; the shop's first when it was not asked for.
    pub means: String,
    /// The code of a gift certificate, if one was typed.
    pub certificate: String,
    /// Made when the page was rendered.
    pub idempotency_key: String,
    /// The total that was shown for an order by post, in cents.
    pub total_shown: String,
    /// The same for an order that is collected.
    pub total_shown_collect: String,
}

impl Typed {
    /// An empty form with a fresh key.
    pub fn fresh() -> Typed {
        Typed {
            country: "FR".to_owned(),
            idempotency_key: IdempotencyKey::new().to_string(),
            ..Typed::default()
        }
    }

    /// The delivery chosen; by post unless said otherwise.
    pub fn method(&self) -> DeliveryMethod {
        DeliveryMethod::parse(&self.delivery).unwrap_or(DeliveryMethod::Post)
    }

    /// The means of payment chosen, if one was.
    pub fn means(&self) -> Option<Means> {
        Means::of_code(&self.means)
    }

    fn total_shown(&self) -> Option<Money> {
        let shown = match self.method() {
            DeliveryMethod::ShopCollection if !self.total_shown_collect.is_empty() => {
                &self.total_shown_collect
            }
            _ => &self.total_shown,
        };
        shown.parse().ok().map(Money::cents)
    }
}

/// The name of a field in the form, in its `id` and in its words.
pub fn field_name(field: Field) -> &'static str {
    match field {
        Field::Email => "email",
        Field::Name => "name",
        Field::Street => "street",
        Field::Postcode => "postcode",
        Field::City => "city",
        Field::Country => "country",
    }
}

/// `GET /checkout`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let cart = held(&state, &visitor).await?;
    Ok(shown(&state, &visitor, &cart, &Typed::fresh(), Vec::new(), None).await)
}

/// `POST /checkout`
pub(crate) async fn place(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let cart = held(&state, &visitor).await?;
    let key =
        IdempotencyKey::parse(&typed.idempotency_key).map_err(|_| Problem::of(Kind::Malformed))?;
    let total_shown = typed.total_shown().ok_or(Problem::of(Kind::Malformed))?;
    let (email, address) = match checked(&typed) {
        Ok(person) => person,
        Err(errors) => return Ok(shown(&state, &visitor, &cart, &typed, errors, None).await),
    };
    let Some(means) = taken(&state, &typed) else {
        let notice = Some(Notice::MeansNotTaken);
        return Ok(shown(&state, &visitor, &cart, &typed, Vec::new(), notice).await);
    };
    let draft = Draft {
        key,
        cart: visitor.cart,
        lines: cart.priced(),
        email,
        address,
        method: typed.method(),
        locale: visitor.locale,
        total_shown,
    };
    match place_order(&state.store, &state.clock, &state.tariff, &draft).await {
        Ok(placed) => match placed.card {
            // What most readers do needs no further transaction: the order waits for a card as it is placed.
            Some(card)
                if means == Means::Card
                    && typed.certificate.trim().is_empty()
                    && !placed.repeated =>
            {
                pay::to_the_card(&state, &visitor, card).await
            }
            Some(_) => pay_for(&state, &visitor, &peer, &typed, &placed.number, means).await,
            None => Ok(see_other(
                &visitor.path(&state.order_keys.path(&placed.number)),
            )),
        },
        Err(refusal) => refused(&state, &visitor, &cart, &typed, &draft, refusal).await,
    }
}

/// The certificate pays first, the means the rest. What is wrong with the code is told where the order is paid.
async fn pay_for(
    state: &AppState,
    visitor: &Visitor,
    peer: &Peer,
    typed: &Typed,
    number: &OrderNumber,
    means: Means,
) -> Result<Response, Problem> {
    if typed.certificate.trim().is_empty() {
        return pay::go(state, visitor, peer, number, means).await;
    }
    match certificate::tried(state, visitor, peer, number, &typed.certificate).await? {
        Tried::Told(CodeOutcome::Used) => {
            let answer = pay::go(state, visitor, peer, number, means).await?;
            Ok(with_cookies(answer, pay::basket_now(state, visitor).await?))
        }
        Tried::Told(told) => Ok(certificate::told_of(state, visitor, number, told)),
        Tried::Screened(page) => Ok(page),
    }
}

/// The means wanted, if the shop takes it for this delivery; its first when none was named.
fn taken(state: &AppState, typed: &Typed) -> Option<Means> {
    let taken = state.methods.taken(typed.method());
    match typed.means.as_str() {
        "" => taken.into_iter().next(),
        _ => typed.means().filter(|means| taken.contains(means)),
    }
}

fn checked(typed: &Typed) -> Result<(Email, Address), Vec<FieldError>> {
    let email = Email::parse(&typed.email).map_err(|problem| FieldError {
        field: Field::Email,
        problem,
    });
    let address = Address::check(&AddressInput {
        name: typed.name.clone(),
        street: typed.street.clone(),
        postcode: typed.postcode.clone(),
        city: typed.city.clone(),
        country: typed.country.clone(),
    });
    match (email, address) {
        (Ok(email), Ok(address)) => Ok((email, address)),
        (email, address) => Err(email
            .err()
            .into_iter()
            .chain(address.err().unwrap_or_default())
            .collect()),
    }
}

/// No order was placed: the page again, saying why, with everything that was typed.
async fn refused(
    state: &AppState,
    visitor: &Visitor,
    cart: &Cart,
    typed: &Typed,
    draft: &Draft,
    refusal: Refusal,
) -> Result<Response, Problem> {
    // A fresh key: what is sent next is another wish than what was refused.
    let again = Typed {
        idempotency_key: IdempotencyKey::new().to_string(),
        ..typed.clone()
    };
    let notice = match refusal {
        Refusal::PriceChanged { was, now } => Notice::PriceChanged { was, now },
        Refusal::OutOfStock { edition, available } => Notice::OutOfStock {
            title: title_of(cart, edition),
            available,
        },
        Refusal::NotBuyable { edition } => Notice::NotBuyable {
            title: title_of(cart, edition),
        },
        Refusal::NotDelivered { .. } => {
            let error = FieldError {
                field: Field::Postcode,
                problem: FieldProblem::NotDelivered,
            };
            return Ok(shown(state, visitor, cart, &again, vec![error], None).await);
        }
        Refusal::KeyReused => match order_of(state, &draft.key).await? {
            Some(number) => Notice::AlreadyOrdered {
                link: visitor.path(&state.order_keys.path(&number)),
                number,
            },
            None => return Err(Problem::of(Kind::KeyReused)),
        },
        Refusal::EmptyCart => {
            return Ok(shown(state, visitor, cart, &again, Vec::new(), None).await);
        }
        other => return Err(other.into()),
    };
    Ok(shown(state, visitor, cart, &again, Vec::new(), Some(notice)).await)
}

fn title_of(cart: &Cart, edition: trade::ids::EditionId) -> String {
    cart.lines
        .iter()
        .find(|line| line.edition == edition)
        .map(|line| line.title.clone())
        .unwrap_or_default()
}

async fn order_of(state: &AppState, key: &IdempotencyKey) -> Result<Option<OrderNumber>, Problem> {
    let key = key.clone();
    Ok(state
        .store
        .read(move |tx| order::by_idempotency_key(tx, &key))
        .await?)
}

async fn shown(
    state: &AppState,
    visitor: &Visitor,
    cart: &Cart,
    typed: &Typed,
    errors: Vec<FieldError>,
    notice: Option<Notice>,
) -> Response {
    let status = match (&errors[..], &notice) {
        ([], None) => StatusCode::OK,
        ([], Some(_)) => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let reader = Reader::new(visitor.locale, &state.settings, "/checkout");
    let editions: Vec<Option<Arc<Edition>>> = editions(state, cart);
    let quotes: Option<(Quote, Quote)> = quoted(state, cart, DeliveryMethod::Post).zip(quoted(
        state,
        cart,
        DeliveryMethod::ShopCollection,
    ));
    let orderable = cart.lines.iter().all(CartLine::can_be_ordered);
    let view = View {
        cart,
        editions: &editions,
        quotes,
        typed,
        errors,
        notice,
        orderable,
        means: pay::offered(
            state,
            &[DeliveryMethod::Post, DeliveryMethod::ShopCollection],
        )
        .await,
    };
    let page = checkout_page::page(&reader, &view);
    let visitor = Visitor {
        basket: cart.copies(),
        ..visitor.clone()
    };
    render::personal(&visitor, status, page)
}
