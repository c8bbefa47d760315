//! From a cart to an order: one transaction that takes everything or nothing.
//!
//! [`place_order`] prices the lines as the reader was shown them, and inside the transaction checks that the
//! catalogue still says so, holds the copies, and writes order, VAT, payment, ledger and timeline. On
//! PostgreSQL that is one function call and so one round trip ([`one_call`]); on SQLite the same steps are
//! statements of one verb ([`step_by_step`]). Nothing leaves the house when an order is placed: the first
//! letter is due when it is paid, and is written by that transaction.

mod one_call;
mod prepared;
mod step_by_step;

use serde::{Deserialize, Serialize};
use storage::{Engine, Fault, Store};
use trade::{
    address::{Address, Email},
    clock::{Clock, Timestamp},
    delivery::{DeliveryMethod, Tariff},
    ids::{CartId, EditionId, IdempotencyKey, OrderNumber},
    limits,
    locale::Locale,
    money::Money,
    territory::Territory,
};

use crate::{
    order::OrderState,
    payment::CardWanted,
    pricing::{Destination, Line, Unquotable},
};
use prepared::{Prepared, Request};

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [one_call::STATEMENTS, step_by_step::STATEMENTS].concat()
}

/// An order that a reader wants to place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Made when the checkout page was rendered; the same for every repeat of the same wish.
    pub key: IdempotencyKey,
    /// The cart it was made from: it loses the lines when the order is paid, and an earlier unpaid order from
    /// it is given up.
    pub cart: Option<CartId>,
    /// What the reader was shown, see [`write_lines`](crate::pricing::write_lines).
    pub lines: Vec<Line>,
    /// Where mails go.
    pub email: Email,
    /// Where the parcel goes, or who collects it.
    pub address: Address,
    /// Sent or collected.
    pub method: DeliveryMethod,
    /// The language she buys in.
    pub locale: Locale,
    /// The total she was shown.
    pub total_shown: Money,
}

impl Draft {
    /// Where the order goes, for the law: a collected order stays where the shop is.
    pub fn destination(&self) -> Destination {
        let territory = match self.method {
            DeliveryMethod::Post => self.address.territory,
            DeliveryMethod::ShopCollection => Territory::Mainland,
        };
        Destination {
            territory,
            method: self.method,
        }
    }
}

/// An order that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its number.
    pub number: OrderNumber,
    /// What will be charged.
    pub total: Money,
    /// Where it stands: waiting for payment, unless this is a late repeat.
    pub state: OrderState,
    /// Until when its copies are held.
    pub hold_until: Timestamp,
    /// The card it waits for; none when a repeat finds it with the bank, refused or paid.
    pub card: Option<CardWanted>,
    /// Whether the same request had placed it before.
    pub repeated: bool,
}

/// Why no order was placed. Nothing was written, nothing is charged.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is nothing to buy.
    #[error("the cart is empty")]
    EmptyCart,
    /// More titles, or more copies of one, than an order may have.
    #[error("an order has at most {limit} of these")]
    TooMany {
        /// The most there may be.
        limit: u32,
    },
    /// The shop does not deliver there yet.
    #[error("the shop does not deliver to {territory:?}")]
    NotDelivered {
        /// The tax territory of the address.
        territory: Territory,
    },
    /// The total is not what the reader was shown.
    #[error("the total was {was} and is {now}")]
    PriceChanged {
        /// What she was shown.
        was: Money,
        /// What it is; the page must be shown again before anything is charged.
        now: Money,
    },
    /// The edition cannot be bought (any more).
    #[error("edition {edition} cannot be bought")]
    NotBuyable {
        /// The edition.
        edition: EditionId,
    },
    /// Fewer copies are left than wanted.
    #[error("{available} copies of edition {edition} are left")]
    OutOfStock {
        /// The edition.
        edition: EditionId,
        /// Copies that could be had.
        available: u32,
    },
    /// The key belongs to a different request.
    #[error("the idempotency key was used for another order")]
    KeyReused,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Unquotable> for Refusal {
    fn from(unquotable: Unquotable) -> Self {
        match unquotable {
            Unquotable::EmptyCart => Self::EmptyCart,
            Unquotable::TooMany { limit } => Self::TooMany { limit },
            Unquotable::NotDelivered { territory } => Self::NotDelivered { territory },
        }
    }
}

/// Places an order, once however often the same draft is sent: a repeat is answered with the order that stands.
///
/// # Errors
/// See [`Refusal`].
pub async fn place_order(
    store: &Store,
    clock: &Clock,
    tariff: &Tariff,
    draft: &Draft,
) -> Result<Placed, Refusal> {
    for _ in 0..limits::ORDER_NUMBER_TRIES {
        let prepared = match Prepared::of(draft, tariff, clock) {
            Ok(prepared) => prepared,
            Err(refusal) => return placed_earlier(store, draft, refusal).await,
        };
        let placed = match store.engine() {
            Engine::Postgres => one_call::place(store, &prepared, tariff).await,
            Engine::Sqlite => {
                let (prepared, tariff) = (prepared.clone(), tariff.clone());
                store
                    .write(move |tx| step_by_step::place(tx, &prepared, &tariff))
                    .await
            }
        };
        match placed {
            // Another order has the number that chance gave this one.
            Err(Refusal::Fault(Fault::Constraint { constraint }))
                if constraint.contains("number") => {}
            placed => return placed,
        }
    }
    Err(Fault::Busy.into())
}

/// A repeat is answered with the order that stands even when the same draft would be refused today.
async fn placed_earlier(store: &Store, draft: &Draft, refusal: Refusal) -> Result<Placed, Refusal> {
    let request = Request::of(draft)?;
    let placed = store
        .write(move |tx| step_by_step::repeat(tx, &request))
        .await?;
    placed.ok_or(refusal)
}
