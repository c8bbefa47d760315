//! A reader's cart, kept on the server under a random number that her browser holds in a cookie.
//!
//! A cart is a list of editions and quantities, nothing more: prices are read fresh whenever it is shown, and
//! nothing is held for it; copies are held when the order is placed.

use storage::{Fault, Row, Tx};
use trade::{
    clock::Timestamp,
    goods::Goods,
    ids::{CartId, EditionId},
    isbn::Isbn13,
    limits,
    money::Money,
};

use crate::{
    pricing::{self, Line},
    stock::StockPolicy,
};

storage::statements! {
    TOUCH = "INSERT INTO carts (id, changed_us) VALUES ($1, $2)
        ON CONFLICT (id) DO UPDATE SET changed_us = $2";
    ADD = "INSERT INTO cart_lines (cart, edition, quantity, added_us)
        SELECT $1, e.id, $3, $4 FROM editions e WHERE e.id = $2 AND e.buyable = 1 AND e.hidden = 0
            AND e.goods <> 'ebook' AND e.price_cents > 0
        ON CONFLICT (cart, edition) DO UPDATE SET quantity =
            CASE WHEN cart_lines.quantity + $3 > $5 THEN $5 ELSE cart_lines.quantity + $3 END
        RETURNING quantity";
    SET = "UPDATE cart_lines SET quantity = $3 WHERE cart = $1 AND edition = $2";
    REMOVE = "DELETE FROM cart_lines WHERE cart = $1 AND edition = $2";
    ORDERED = "DELETE FROM cart_lines WHERE cart = $1
        AND edition IN (SELECT edition FROM order_lines WHERE order_id = $2)";
    COUNT = "SELECT COUNT(*), CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM cart_lines WHERE cart = $1";
    VIEW = "SELECT l.edition, l.quantity, e.title, e.isbn13, e.price_cents, e.goods,
            CASE WHEN e.hidden <> 0 THEN 0 ELSE e.buyable END, s.on_hand - s.held, s.policy
        FROM cart_lines l JOIN editions e ON e.id = l.edition
        LEFT JOIN stock s ON s.edition = l.edition
        WHERE l.cart = $1 ORDER BY l.added_us, l.edition";
    MERGE = "INSERT INTO cart_lines (cart, edition, quantity, added_us)
        SELECT $2, edition, quantity, added_us FROM cart_lines WHERE cart = $1
        ON CONFLICT (cart, edition) DO UPDATE SET quantity =
            CASE WHEN cart_lines.quantity > excluded.quantity THEN cart_lines.quantity
                ELSE excluded.quantity END";
    EMPTY = "DELETE FROM cart_lines WHERE cart = $1";
    FORGET = "DELETE FROM carts WHERE id = $1";
    OLD_LINES = "DELETE FROM cart_lines WHERE cart IN
        (SELECT id FROM carts WHERE changed_us < $1 ORDER BY changed_us LIMIT 1000)";
    OLD_CARTS = "DELETE FROM carts WHERE changed_us < $1
        AND NOT EXISTS (SELECT 1 FROM cart_lines l WHERE l.cart = carts.id)";
}

/// A cart as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cart {
    /// Its number.
    pub id: CartId,
    /// Its lines, in the order they were added.
    pub lines: Vec<CartLine>,
}

/// One title in a cart, with what the catalogue and the shelf say of it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartLine {
    /// The edition.
    pub edition: EditionId,
    /// How many are wanted.
    pub quantity: u32,
    /// The title.
    pub title: String,
    /// The ISBN, if it has one.
    pub isbn: Option<Isbn13>,
    /// The price of one; none when it lost its price.
    pub unit: Option<Money>,
    /// What it is for price law and VAT.
    pub goods: Goods,
    /// Whether it can be ordered at all.
    pub buyable: bool,
    /// The copies that can be had at most; none when more are ordered from the supplier.
    pub at_most: Option<u32>,
}

impl CartLine {
    /// Whether the line can be ordered as it stands.
    pub fn can_be_ordered(&self) -> bool {
        self.buyable && self.at_most.is_none_or(|most| most >= self.quantity)
    }
}

impl Cart {
    /// The lines for [`quote`](crate::pricing::quote): those that can be bought, whatever is left on the shelf.
    pub fn priced(&self) -> Vec<Line> {
        let priced = self
            .lines
            .iter()
            .filter(|line| line.buyable)
            .filter_map(|line| {
                Some(Line {
                    edition: line.edition,
                    quantity: line.quantity,
                    unit: line.unit?,
                    goods: line.goods,
                })
            });
        priced.collect()
    }

    /// Copies in the cart.
    pub fn copies(&self) -> u32 {
        self.lines.iter().map(|line| line.quantity).sum()
    }
}

/// Why a cart was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CartRefusal {
    /// The edition does not exist, has no price, is not supplied, or is of a kind the shop cannot send yet.
    #[error("edition {edition} cannot be bought")]
    NotBuyable {
        /// The edition.
        edition: EditionId,
    },
    /// More titles, or more copies of one, than a cart holds.
    #[error("a cart holds at most {limit} of these")]
    TooMany {
        /// The most there may be.
        limit: u32,
    },
    /// The title is not in the cart.
    #[error("edition {edition} is not in the cart")]
    NotInCart {
        /// The edition.
        edition: EditionId,
    },
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A number for a new cart. Nothing is written before something is put into it.
pub fn create() -> CartId {
    CartId::new()
}

/// Puts copies of an edition into a cart, beside those that are there, and says how many there are now.
///
/// # Errors
/// [`CartRefusal::NotBuyable`], [`CartRefusal::TooMany`] (titles; copies beyond the limit are left out).
pub fn add(
    tx: &mut dyn Tx,
    cart: CartId,
    edition: EditionId,
    quantity: u32,
    now: Timestamp,
) -> Result<u32, CartRefusal> {
    check_quantity(quantity)?;
    let (id, at) = (cart.to_string(), now.as_micros());
    tx.execute(&TOUCH, &[id.as_str().into(), at.into()])?;
    let params = [
        id.as_str().into(),
        edition.0.into(),
        quantity.into(),
        at.into(),
        limits::LINE_QUANTITY.into(),
    ];
    let Some(row) = tx.query_opt(&ADD, &params)? else {
        return Err(CartRefusal::NotBuyable { edition });
    };
    let titles = tx.query_one(&COUNT, &[id.into()])?.count(0)? as usize;
    if titles > limits::CART_LINES {
        return Err(CartRefusal::TooMany {
            limit: limits::CART_LINES as u32,
        });
    }
    Ok(row.count(0)?)
}

/// Sets how many copies of an edition are wanted; 0 takes it out.
///
/// # Errors
/// [`CartRefusal::NotInCart`], [`CartRefusal::TooMany`].
pub fn set_quantity(
    tx: &mut dyn Tx,
    cart: CartId,
    edition: EditionId,
    quantity: u32,
    now: Timestamp,
) -> Result<(), CartRefusal> {
    if quantity == 0 {
        return remove(tx, cart, edition, now);
    }
    check_quantity(quantity)?;
    let params = [cart.to_string().into(), edition.0.into(), quantity.into()];
    changed(tx, &SET, &params, edition)?;
    touch(tx, cart, now)
}

/// Takes an edition out of a cart.
///
/// # Errors
/// [`CartRefusal::NotInCart`].
pub fn remove(
    tx: &mut dyn Tx,
    cart: CartId,
    edition: EditionId,
    now: Timestamp,
) -> Result<(), CartRefusal> {
    changed(
        tx,
        &REMOVE,
        &[cart.to_string().into(), edition.0.into()],
        edition,
    )?;
    touch(tx, cart, now)
}

/// Moves what is in `from` into `into`; of a title in both, the larger quantity stays.
///
/// # Errors
/// A [`Fault`].
pub fn merge(tx: &mut dyn Tx, from: CartId, into: CartId, now: Timestamp) -> Result<(), Fault> {
    if from == into {
        return Ok(());
    }
    let (from, into) = (from.to_string(), into.to_string());
    tx.execute(&TOUCH, &[into.as_str().into(), now.as_micros().into()])?;
    tx.execute(&MERGE, &[from.as_str().into(), into.into()])?;
    tx.execute(&EMPTY, &[from.as_str().into()])?;
    tx.execute(&FORGET, &[from.into()]).map(drop)
}

/// The cart as it is now; empty when nothing was put into it.
///
/// # Errors
/// A [`Fault`].
pub fn view(tx: &mut dyn Tx, cart: CartId) -> Result<Cart, Fault> {
    let rows = tx.query(&VIEW, &[cart.to_string().into()])?;
    Ok(Cart {
        id: cart,
        lines: rows.iter().map(line_of_row).collect::<Result<_, _>>()?,
    })
}

/// How many copies are in a cart, for the number beside its name.
///
/// # Errors
/// A [`Fault`].
pub fn copies(tx: &mut dyn Tx, cart: CartId) -> Result<u32, Fault> {
    tx.query_one(&COUNT, &[cart.to_string().into()])?.count(1)
}

/// Takes out what an order bought; what was added since stays.
pub(crate) fn take_out_ordered(tx: &mut dyn Tx, cart: &str, order: i64) -> Result<(), Fault> {
    tx.execute(&ORDERED, &[cart.into(), order.into()]).map(drop)
}

/// Forgets up to a thousand carts that nobody touched since `before`.
///
/// # Errors
/// A [`Fault`].
pub fn forget_abandoned(tx: &mut dyn Tx, before: Timestamp) -> Result<u64, Fault> {
    tx.execute(&OLD_LINES, &[before.as_micros().into()])?;
    tx.execute(&OLD_CARTS, &[before.as_micros().into()])
}

fn check_quantity(quantity: u32) -> Result<(), CartRefusal> {
    match quantity {
        0 => Err(CartRefusal::TooMany {
            limit: limits::LINE_QUANTITY,
        }),
        _ if quantity > limits::LINE_QUANTITY => Err(CartRefusal::TooMany {
            limit: limits::LINE_QUANTITY,
        }),
        _ => Ok(()),
    }
}

fn changed(
    tx: &mut dyn Tx,
    statement: &'static storage::Statement,
    params: &[storage::Value],
    edition: EditionId,
) -> Result<(), CartRefusal> {
    match tx.execute(statement, params)? {
        0 => Err(CartRefusal::NotInCart { edition }),
        _ => Ok(()),
    }
}

fn touch(tx: &mut dyn Tx, cart: CartId, now: Timestamp) -> Result<(), CartRefusal> {
    tx.execute(&TOUCH, &[cart.to_string().into(), now.as_micros().into()])?;
    Ok(())
}

fn line_of_row(row: &Row) -> Result<CartLine, Fault> {
    let goods = crate::columns::goods(row.text(5)?)?;
    let unit = row.opt_int(4)?.map(Money::cents);
    let limited = row.opt_text(8)? == Some(StockPolicy::Limited.code());
    let available = row
        .opt_int(7)?
        .and_then(|copies| u32::try_from(copies).ok());
    Ok(CartLine {
        edition: EditionId(row.int(0)?),
        quantity: row.count(1)?,
        title: row.text(2)?.to_owned(),
        isbn: crate::columns::isbn(row.opt_int(3)?),
        unit,
        goods,
        buyable: row.flag(6)? && unit.is_some_and(|unit| pricing::is_sold(goods, unit)),
        at_most: available.filter(|_| limited),
    })
}
