//! Which payment an order waits for, and sending the reader to the vault when it is a card.

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{OrderId, OrderNumber, PaymentId},
    limits,
    locale::Locale,
    money::Money,
    payment::CheckInTicket,
};

use super::{Means, PaymentState, state};
use crate::{
    order::{self, Order, OrderState, PaymentView},
    random,
};

storage::statements! {
    WAITING = "SELECT id, nonce, amount_cents, means, reference FROM payments
        WHERE order_id = $1 AND state = 'awaiting_reader' ORDER BY created_us DESC LIMIT 1";
    TURN = "UPDATE payments SET means = $2, changed_us = $3 WHERE id = $1 AND state = 'awaiting_reader'";
    TRIED = "SELECT COUNT(*) FROM payments WHERE order_id = $1";
    OPEN = "INSERT INTO payments (id, order_id, means, state, amount_cents, nonce, created_us, changed_us)
        VALUES ($1, $2, $3, 'awaiting_reader', $4, $5, $6, $6)";
    KEEP_HELD = "UPDATE orders SET hold_until_us = $2
        WHERE id = $1 AND state = 'awaiting_payment' AND paying = 0 AND hold_until_us < $2";
}

/// A card that an order waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardWanted {
    /// The order.
    pub order: OrderNumber,
    /// The payment that the card will be used for.
    pub payment: PaymentId,
    /// The amount.
    pub amount: Money,
    /// Ties ticket, sealed card and receipt together.
    pub nonce: String,
    /// When the order's copies go back to the shelf.
    pub expires: Timestamp,
    /// The language of the card page.
    pub locale: Locale,
}

impl CardWanted {
    /// The ticket that opens the vault's card page, for [`PaymentZone::card_page_url`](super::PaymentZone).
    pub fn ticket(self, shop: &str, return_url: &str) -> CheckInTicket {
        CheckInTicket {
            shop: shop.to_owned(),
            order: self.order,
            payment: self.payment,
            amount: self.amount,
            nonce: self.nonce,
            expires: self.expires,
            return_url: return_url.to_owned(),
            locale: self.locale,
        }
    }
}

/// Why an order cannot be paid now.
#[derive(Debug, thiserror::Error)]
pub enum PayRefusal {
    /// The shop does not take these means for this order.
    #[error("the shop does not take {means:?} for this order")]
    NotTaken {
        /// The means.
        means: Means,
    },
    /// No such order, or the receipt is for another one.
    #[error("there is no such payment")]
    NoSuchPayment,
    /// The order waits for no payment: it is paid, expired or closed.
    #[error("the order does not wait for a payment")]
    NotWaiting {
        /// Where it stands.
        state: OrderState,
    },
    /// Another card of this order is with the bank at this moment.
    #[error("a card of this order is being asked about")]
    InFlight,
    /// Too many cards, or other means, were tried.
    #[error("{limit} ways to pay were tried")]
    TooManyTries {
        /// The most there may be.
        limit: u32,
    },
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The card that an order waits for: the one asked for before, or after a refusal a new one, with the hold
/// prolonged so that the reader has time to find another card.
///
/// # Errors
/// [`PayRefusal::NoSuchPayment`], [`PayRefusal::NotWaiting`], [`PayRefusal::InFlight`],
/// [`PayRefusal::TooManyTries`].
pub async fn card_wanted(
    store: &Store,
    clock: &Clock,
    number: &OrderNumber,
) -> Result<CardWanted, PayRefusal> {
    let (clock, number) = (clock.clone(), number.clone());
    store
        .write(move |tx| {
            let (order, waiting) = waiting(tx, &number, Means::Card, clock.now())?;
            Ok(waiting.card(&order))
        })
        .await
}

/// A payment whose reader is to act.
pub(super) struct Waiting {
    pub payment: PaymentId,
    pub amount: Money,
    pub reference: Option<String>,
    nonce: String,
    expires: Timestamp,
}

impl Waiting {
    pub fn card(self, order: &Order) -> CardWanted {
        CardWanted {
            order: order.number.clone(),
            payment: self.payment,
            amount: self.amount,
            nonce: self.nonce,
            expires: self.expires,
            locale: order.locale,
        }
    }
}

/// The payment by which an order waits to be paid with `means`: the one that waits already, or a new one.
///
/// A payment that another means knows by a name of its own, or may know, is dropped and not turned over: what still comes
/// under that name must not be taken for this.
pub(super) fn waiting(
    tx: &mut dyn Tx,
    number: &OrderNumber,
    means: Means,
    now: Timestamp,
) -> Result<(Order, Waiting), PayRefusal> {
    order::lock(tx, number)?;
    let order = order::find(tx, number)?.ok_or(PayRefusal::NoSuchPayment)?;
    if order.state != OrderState::AwaitingPayment {
        return Err(PayRefusal::NotWaiting { state: order.state });
    }
    let in_flight = |payment: &PaymentView| payment.state.is_in_flight();
    if order.payment.as_ref().is_some_and(in_flight) {
        return Err(PayRefusal::InFlight);
    }
    if let Some(row) = tx.query_opt(&WAITING, &[order.id.0.into()])? {
        let payment: PaymentId = crate::columns::parsed(row.text(0)?)?;
        let before = Means::of_column(row.text(3)?)?;
        let reference = row.opt_text(4)?.map(str::to_owned);
        let is_known_elsewhere = reference.is_some() || before == Means::Provider;
        if before == means || !is_known_elsewhere {
            let params = [
                payment.to_string().into(),
                means.into(),
                now.as_micros().into(),
            ];
            tx.execute(&TURN, &params)?;
            let waiting = Waiting {
                payment,
                amount: Money::cents(row.int(2)?),
                reference,
                nonce: row.text(1)?.to_owned(),
                expires: order.hold_until,
            };
            return Ok((order, waiting));
        }
        drop_it(tx, payment, now)?;
    }
    let waiting = open(tx, &order, means, now)?;
    Ok((order, waiting))
}

/// Another payment with the same means, in the place of one that can lead nowhere any more.
pub(super) fn another(
    tx: &mut dyn Tx,
    order: &Order,
    spent: PaymentId,
    means: Means,
    now: Timestamp,
) -> Result<Waiting, PayRefusal> {
    drop_it(tx, spent, now)?;
    open(tx, order, means, now)
}

fn drop_it(tx: &mut dyn Tx, payment: PaymentId, now: Timestamp) -> Result<(), Fault> {
    let step = (PaymentState::AwaitingReader, PaymentState::Dropped);
    state::advance(tx, payment, step, None, now).map(drop)
}

fn open(
    tx: &mut dyn Tx,
    order: &Order,
    means: Means,
    now: Timestamp,
) -> Result<Waiting, PayRefusal> {
    let id = order.id.0;
    if tx.query_one(&TRIED, &[id.into()])?.count(0)? >= limits::TRIES_PER_ORDER {
        return Err(PayRefusal::TooManyTries {
            limit: limits::TRIES_PER_ORDER,
        });
    }
    let (payment, nonce) = (PaymentId::new(), random::token::<16>()?);
    let amount = order.total - order.certificates;
    let params = [
        payment.to_string().into(),
        id.into(),
        means.into(),
        amount.as_cents().into(),
        nonce.as_str().into(),
        now.as_micros().into(),
    ];
    tx.execute(&OPEN, &params)?;
    let expires = now.plus(limits::ORDER_HOLD);
    keep_held(tx, order.id, expires)?;
    Ok(Waiting {
        payment,
        amount,
        reference: None,
        nonce,
        expires,
    })
}

/// What is to be paid is another amount now: whatever waits for the old one is dropped.
pub(crate) fn amount_changed(tx: &mut dyn Tx, order: OrderId, now: Timestamp) -> Result<(), Fault> {
    for row in tx.query(&WAITING, &[order.0.into()])? {
        let payment: PaymentId = crate::columns::parsed(row.text(0)?)?;
        let step = (PaymentState::AwaitingReader, PaymentState::Dropped);
        state::advance(tx, payment, step, None, now)?;
    }
    Ok(())
}

/// Holds an unpaid order's copies until `until`, if they were held for a shorter time.
pub(super) fn keep_held(tx: &mut dyn Tx, order: OrderId, until: Timestamp) -> Result<(), Fault> {
    tx.execute(&KEEP_HELD, &[order.0.into(), until.as_micros().into()])
        .map(drop)
}
