//! The life of an order, and the one guarded statement that moves it.

use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, OrderNumber},
};

use crate::codes::coded;

coded! {
    /// Where an order stands.
    pub enum OrderState {
        /// Placed; its copies are held until the hold expires; not paid.
        AwaitingPayment = "awaiting_payment",
        /// The bank authorised the amount; the copies are the reader's.
        Confirmed = "confirmed",
        /// On its way; the amount was taken.
        Shipped = "shipped",
        /// The amount was given back after shipping.
        Refunded = "refunded",
        /// Never paid; the copies went back.
        Expired = "expired",
        /// Given up before shipping: by the bookseller, or because the bank never answered.
        Cancelled = "cancelled",
    }
}

impl OrderState {
    /// Whether an order may go from here to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::AwaitingPayment => {
                matches!(next, Self::Confirmed | Self::Expired | Self::Cancelled)
            }
            Self::Confirmed => matches!(next, Self::Shipped | Self::Cancelled),
            Self::Shipped => matches!(next, Self::Refunded),
            Self::Refunded | Self::Expired | Self::Cancelled => false,
        }
    }

    /// Whether nothing can happen to the order any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Refunded | Self::Expired | Self::Cancelled)
    }
}

storage::statements! {
    LOCK = "UPDATE orders SET state = state WHERE number = $1";
    SHIPPED = "UPDATE orders SET state = $3, shipped_us = $4 WHERE id = $1 AND state = $2";
    CLOSED = "UPDATE orders SET state = $3, closed_us = $4, paying = 0 WHERE id = $1 AND state = $2";
}

/// Takes an order for the rest of the transaction: who counts its copies and money and then writes what follows from
/// the count does this first, and who comes second waits and counts what the first wrote.
pub(crate) fn lock(tx: &mut dyn Tx, order: &OrderNumber) -> Result<(), Fault> {
    tx.execute(&LOCK, &[order.as_str().into()]).map(drop)
}

/// Moves an order from one state to the next and says whether it stood where it was thought to stand.
///
/// Confirmation and expiry have conditions of their own and statements of their own.
///
/// # Errors
/// [`Fault::Defect`] for a move that no order may make.
pub(crate) fn advance(
    tx: &mut dyn Tx,
    order: OrderId,
    from: OrderState,
    to: OrderState,
    now: Timestamp,
) -> Result<bool, Fault> {
    let statement = match to {
        _ if !from.may_become(to) => {
            return Err(Fault::defect(format!(
                "an order never goes from {from:?} to {to:?}"
            )));
        }
        OrderState::Shipped => &SHIPPED,
        OrderState::Refunded | OrderState::Cancelled => &CLOSED,
        OrderState::AwaitingPayment | OrderState::Confirmed | OrderState::Expired => {
            return Err(Fault::defect(format!(
                "{to:?} is reached by a verb of its own"
            )));
        }
    };
    let params = [
        order.0.into(),
        from.into(),
        to.into(),
        now.as_micros().into(),
    ];
    Ok(tx.execute(statement, &params)? == 1)
}

#[cfg(test)]
mod tests {
    use super::OrderState;

    #[test]
    fn what_is_final_leads_nowhere_and_the_rest_leads_on() {
        for &state in OrderState::ALL {
            let leads_on = OrderState::ALL.iter().any(|&next| state.may_become(next));
            assert_eq!(leads_on, !state.is_final(), "{state:?}");
            assert!(!state.may_become(state), "{state:?}");
        }
    }
}
