//! Sending the reader to the vault: which card check-in an order waits for.

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{OrderNumber, PaymentId},
    limits,
    locale::Locale,
    money::Money,
    payment::CheckInTicket,
};

use crate::{
    order::{self, Order, OrderState},
    random,
};

storage::statements! {
    WAITING = "SELECT id, nonce FROM payments WHERE order_id = $1 AND state = 'awaiting_card'
        ORDER BY created_us DESC LIMIT 1";
    TRIED = "SELECT COUNT(*) FROM payments WHERE order_id = $1";
    OPEN = "INSERT INTO payments (id, order_id, state, amount_cents, nonce, created_us, changed_us)
        VALUES ($1, $2, 'awaiting_card', $3, $4, $5, $5)";
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
    /// Too many cards were tried.
    #[error("{limit} cards were tried")]
    TooManyCards {
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
/// [`PayRefusal::TooManyCards`].
pub async fn card_wanted(
    store: &Store,
    clock: &Clock,
    number: &OrderNumber,
) -> Result<CardWanted, PayRefusal> {
    let (clock, number) = (clock.clone(), number.clone());
    store
        .write(move |tx| wanted(tx, &number, clock.now()))
        .await
}

fn wanted(tx: &mut dyn Tx, number: &OrderNumber, now: Timestamp) -> Result<CardWanted, PayRefusal> {
    let order = order::find(tx, number)?.ok_or(PayRefusal::NoSuchPayment)?;
    if order.state != OrderState::AwaitingPayment {
        return Err(PayRefusal::NotWaiting { state: order.state });
    }
    if order
        .payment
        .as_ref()
        .is_some_and(|payment| payment.state.is_in_flight())
    {
        return Err(PayRefusal::InFlight);
    }
    let id = order.id.0;
    if let Some(row) = tx.query_opt(&WAITING, &[id.into()])? {
        let payment = crate::columns::parsed(row.text(0)?)?;
        return Ok(card_for(
            &order,
            payment,
            row.text(1)?.to_owned(),
            order.hold_until,
        ));
    }
    if tx.query_one(&TRIED, &[id.into()])?.count(0)? >= limits::CARDS_PER_ORDER {
        return Err(PayRefusal::TooManyCards {
            limit: limits::CARDS_PER_ORDER,
        });
    }
    let (payment, nonce) = (PaymentId::new(), random::token::<16>()?);
    let params = [
        payment.to_string().into(),
        id.into(),
        order.total.as_cents().into(),
        nonce.as_str().into(),
        now.as_micros().into(),
    ];
    tx.execute(&OPEN, &params)?;
    let hold_until = now.plus(limits::ORDER_HOLD);
    tx.execute(&KEEP_HELD, &[id.into(), hold_until.as_micros().into()])?;
    Ok(card_for(&order, payment, nonce, hold_until))
}

fn card_for(order: &Order, payment: PaymentId, nonce: String, expires: Timestamp) -> CardWanted {
    CardWanted {
        order: order.number.clone(),
        payment,
        amount: order.total,
        nonce,
        expires,
        locale: order.locale,
    }
}
