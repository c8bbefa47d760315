//! The cart: put in, change, take out, see. Each change is a form of its own and leads back to the page, so
//! that reloading it does nothing twice.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use catalogue::model::Edition;
use maud::{Markup, html};
use serde::Deserialize;
use shop::cart::{self, Cart, CartLine};
use shop::pricing::{Destination, Quote, quote};
use trade::delivery::DeliveryMethod;
use trade::ids::{CartId, EditionId};
use trade::isbn::Isbn13;
use trade::limits;
use trade::territory::Territory;

use super::forms::{Fields, see_other};
use super::layout::{Page, document};
use super::parts::{Plate, book_path, cover};
use super::reader::Reader;
use crate::problem::{Kind, Problem};
use crate::render;
use crate::state::AppState;
use crate::visitor::{Visitor, basket_cookies};

/// The form beside a book: its ISBN or its number, and how many.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Added {
    isbn: Option<String>,
    edition: Option<i64>,
    quantity: Option<String>,
}

/// The forms beside a line of the cart; 0 takes it out.
#[derive(Debug, Deserialize)]
pub(crate) struct Changed {
    edition: i64,
    quantity: String,
}

/// `POST /cart`
pub(crate) async fn add(
    State(state): State<AppState>,
    visitor: Visitor,
    Fields(form): Fields<Added>,
) -> Result<Response, Problem> {
    let edition = wanted(&state, &form)?;
    let quantity = copies(form.quantity.as_deref().unwrap_or("1"))?;
    let id = visitor.cart.unwrap_or_else(cart::create);
    let now = state.clock.now();
    let copies = state
        .store
        .write(move |tx| -> Result<u32, cart::CartRefusal> {
            cart::add(tx, id, edition, quantity, now)?;
            Ok(cart::copies(tx, id)?)
        })
        .await?;
    Ok(back_to_cart(&state, &visitor, id, copies))
}

/// `POST /cart/lines`
pub(crate) async fn change(
    State(state): State<AppState>,
    visitor: Visitor,
    Fields(form): Fields<Changed>,
) -> Result<Response, Problem> {
    let quantity = copies(&form.quantity)?;
    let Some(id) = visitor.cart else {
        return Ok(see_other(&visitor.path("/cart")));
    };
    let (edition, now) = (EditionId(form.edition), state.clock.now());
    let copies = state
        .store
        .write(move |tx| -> Result<u32, cart::CartRefusal> {
            match cart::set_quantity(tx, id, edition, quantity, now) {
                // Taken out in another window: what the reader wants is so already.
                Err(cart::CartRefusal::NotInCart { .. }) => {}
                other => other?,
            }
            Ok(cart::copies(tx, id)?)
        })
        .await?;
    Ok(back_to_cart(&state, &visitor, id, copies))
}

fn back_to_cart(state: &AppState, visitor: &Visitor, id: CartId, copies: u32) -> Response {
    super::forms::with_cookies(
        see_other(&visitor.path("/cart")),
        basket_cookies(&state.settings, id, copies),
    )
}

fn wanted(state: &AppState, form: &Added) -> Result<EditionId, Problem> {
    match (&form.edition, form.isbn.as_deref().map(str::trim)) {
        (Some(edition), _) => Ok(EditionId(*edition)),
        (None, Some(isbn)) => {
            let isbn = Isbn13::parse(isbn).map_err(|_| Problem::of(Kind::NotFound))?;
            let edition = state
                .shelf
                .load()
                .by_isbn(isbn)
                .ok_or(Problem::of(Kind::NotFound))?;
            Ok(edition.id)
        }
        (None, None) => Err(Problem::of(Kind::Malformed)),
    }
}

fn copies(typed: &str) -> Result<u32, Problem> {
    typed
        .trim()
        .parse()
        .map_err(|_| Problem::of(Kind::Malformed))
}

/// `GET /cart`
pub(crate) async fn show(
    State(state): State<AppState>,
    mut visitor: Visitor,
) -> Result<Response, Problem> {
    let cart = held(&state, &visitor).await?;
    visitor.basket = cart.copies();
    let editions = editions(&state, &cart);
    let reader = Reader::new(visitor.locale, &state.settings, "/cart").with_covers(&state.covers);
    let view = View {
        editions: &editions,
        post: quoted(&state, &cart, DeliveryMethod::Post),
        cart: &cart,
    };
    let response = render::personal(&visitor, StatusCode::OK, page(&reader, &view));
    let cookies = visitor
        .cart
        .map(|id| basket_cookies(&state.settings, id, cart.copies()));
    Ok(super::forms::with_cookies(
        response,
        cookies.unwrap_or_default(),
    ))
}

/// The reader's cart; an empty one when she has none.
pub(crate) async fn held(state: &AppState, visitor: &Visitor) -> Result<Cart, Problem> {
    match visitor.cart {
        Some(id) => Ok(state.store.read(move |tx| cart::view(tx, id)).await?),
        None => Ok(Cart {
            id: cart::create(),
            lines: Vec::new(),
        }),
    }
}

/// The editions of the lines, for covers and links; none for one that left the catalogue.
pub(crate) fn editions(state: &AppState, cart: &Cart) -> Vec<Option<Arc<Edition>>> {
    let shelf = state.shelf.load();
    cart.lines
        .iter()
        .map(|line| shelf.edition(line.edition))
        .collect()
}

/// What the cart costs before an address is known: sent to the mainland, or collected.
pub(crate) fn quoted(state: &AppState, cart: &Cart, method: DeliveryMethod) -> Option<Quote> {
    let destination = Destination {
        territory: Territory::Mainland,
        method,
    };
    quote(
        &cart.priced(),
        destination,
        &state.tariff,
        state.clock.today(),
    )
    .ok()
}

/// What the page of the cart shows.
pub struct View<'a> {
    /// The cart.
    pub cart: &'a Cart,
    /// Its editions, line by line.
    pub editions: &'a [Option<Arc<Edition>>],
    /// What it costs, sent by post; none when nothing in it can be bought.
    pub post: Option<Quote>,
}

/// The page.
pub fn page(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let title = reader.say("basket-title");
    document(
        reader,
        &Page::private(title),
        html! {
            h1 { (title) }
            @if view.cart.lines.is_empty() { (empty(reader)) }
            @else {
                div.basket {
                    section aria-label=(reader.say("basket-lines")) {
                        @for (line, edition) in view.cart.lines.iter().zip(view.editions) { (one_line(reader, line, edition.as_deref())) }
                    }
                    (sum(reader, view))
                }
            }
        },
    )
}

/// What an empty cart says.
pub fn empty(reader: &Reader<'_>) -> Markup {
    html! {
        div.help {
            p { (reader.say("basket-empty")) }
            p.actions { a.button href=(reader.path("/")) { (reader.say("basket-go-on")) } }
        }
    }
}

fn one_line(reader: &Reader<'_>, line: &CartLine, edition: Option<&Edition>) -> Markup {
    let id = format!("quantity-{}", line.edition);
    html! {
        article.line {
            @if let Some(edition) = edition { (cover(reader, edition, Plate::Listed)) } @else { span {} }
            div {
                h2.title { @match edition {
                    Some(edition) => a href=(reader.path(&book_path(edition))) { (line.title) },
                    None => (line.title),
                } }
                @if let Some(edition) = edition { p.small.muted { (edition.byline()) } }
                (warning(reader, line))
                div.tools {
                    form action=(reader.path("/cart/lines")) method="post" {
                        input type="hidden" name="edition" value=(line.edition);
                        label for=(id) { (reader.say("quantity")) }
                        input #(id) type="number" name="quantity" value=(line.quantity) min="1" max=(limits::LINE_QUANTITY) inputmode="numeric" autocomplete="off";
                        button.button.quiet type="submit" { (reader.say("basket-update")) }
                    }
                    form action=(reader.path("/cart/lines")) method="post" {
                        input type="hidden" name="edition" value=(line.edition);
                        input type="hidden" name="quantity" value="0";
                        button.button.link type="submit" { (reader.say("basket-remove")) span.sr { " " (line.title) } }
                    }
                    @if let Some(unit) = line.unit { p.amount.num { (reader.money(unit.times(line.quantity))) } }
                }
            }
        }
    }
}

/// Why a line cannot be ordered as it stands.
pub fn warning(reader: &Reader<'_>, line: &CartLine) -> Markup {
    let words = match line.at_most {
        _ if !line.buyable || line.unit.is_none() => {
            Some(reader.say("line-not-buyable").to_owned())
        }
        Some(most) if most < line.quantity => Some(reader.count("line-at-most", u64::from(most))),
        _ => None,
    };
    html! { @if let Some(words) = words { p.avail.off role="alert" { (words) } } }
}

fn sum(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    html! {
        aside.sum aria-labelledby="sum" {
            h2 #sum { (reader.say("basket-sum")) }
            @if let Some(post) = &view.post {
                dl {
                    div { dt { (reader.count("basket-books", u64::from(view.cart.copies()))) } dd.num { (reader.money(post.goods_total)) } }
                    div { dt { (reader.say("delivery-post")) } dd.num { (reader.money(post.delivery)) } }
                    div.grand { dt { (reader.say("total")) } dd.num { (reader.money(post.total)) } }
                }
            }
            @if view.cart.lines.iter().all(CartLine::can_be_ordered) {
                a.button href=(reader.path("/checkout")) { (reader.say("basket-checkout")) }
                p.small { (reader.say("basket-guest")) }
            } @else { p.small { (reader.say("basket-put-right")) } }
            p.small { (reader.say("basket-collect-hint")) }
        }
    }
}
