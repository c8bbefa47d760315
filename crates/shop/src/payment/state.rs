//! The life of a payment, and the one guarded statement that moves it.
//!
//! A state ending in *ing* is an intent: it is committed before the bank is asked, so that a crash leaves
//! a question that [`recover`](super::recover) asks again, never a doubt.

use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::PaymentId, money::Money};

use crate::codes::coded;

coded! {
    /// Where a payment stands.
    pub enum PaymentState {
        /// The reader is to act: give a card, pay at the provider, transfer, come by.
        AwaitingReader = "awaiting_reader",
        /// The reader took another means.
        Dropped = "dropped",
        /// The bank is being asked.
        Authorising = "authorising",
        /// The amount is reserved on the card.
        Authorised = "authorised",
        /// The bank said no.
        Declined = "declined",
        /// The bank never answered; whatever it reserved is being reversed.
        Unknown = "unknown",
        /// Nothing left the house.
        NotSent = "not_sent",
        /// The amount is being taken.
        Capturing = "capturing",
        /// The amount was taken.
        Captured = "captured",
        /// The reservation is being lifted.
        Reversing = "reversing",
        /// The reservation was lifted.
        Reversed = "reversed",
        /// The amount is being given back.
        Refunding = "refunding",
        /// The amount was given back.
        Refunded = "refunded",
    }
}

impl PaymentState {
    /// Whether a payment may go from here to `next`.
    ///
    /// An intent goes back where it came from when the bank refuses it. What is taken, or given back, in part
    /// leaves the rest where it was.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::AwaitingReader => matches!(
                next,
                // Captured without being asked for: a transfer arrived, the reader paid at the till.
                Self::Dropped | Self::Authorising | Self::AwaitingReader | Self::Captured
            ),
            Self::Authorising => {
                matches!(
                    next,
                    Self::Authorised | Self::Declined | Self::Unknown | Self::NotSent
                )
            }
            Self::Authorised => {
                matches!(next, Self::Capturing | Self::Reversing | Self::Refunding)
            }
            Self::Capturing => matches!(next, Self::Captured | Self::Authorised),
            Self::Captured => matches!(next, Self::Refunding),
            Self::Reversing => matches!(
                next,
                Self::Reversed | Self::Captured | Self::Refunded | Self::Authorised
            ),
            Self::Refunding => {
                matches!(next, Self::Refunded | Self::Captured | Self::Authorised)
            }
            Self::Dropped
            | Self::Declined
            | Self::Unknown
            | Self::NotSent
            | Self::Reversed
            | Self::Refunded => false,
        }
    }

    /// Whether the bank was asked something and the answer is not written yet.
    pub const fn is_in_flight(self) -> bool {
        matches!(
            self,
            Self::Authorising | Self::Capturing | Self::Reversing | Self::Refunding
        )
    }
}

/// What a payment holds of its amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    /// What was authorised, or is awaited.
    pub amount: Money,
    /// What was taken of it.
    pub captured: Money,
    /// What was given back of that.
    pub refunded: Money,
    /// Whether what captures left was given up.
    pub lifted: bool,
}

impl Amounts {
    /// Where a payment stands that holds this and is asked nothing.
    pub fn at_rest(self) -> PaymentState {
        let nothing_more = self.lifted || self.captured == self.amount;
        match (nothing_more, self.captured > Money::ZERO) {
            (false, _) => PaymentState::Authorised,
            (true, false) => PaymentState::Reversed,
            (true, true) if self.refunded == self.captured => PaymentState::Refunded,
            (true, true) => PaymentState::Captured,
        }
    }
}

storage::statements! {
    ADVANCE = "UPDATE payments SET state = $3, changed_us = $4, reason = $5 WHERE id = $1 AND state = $2";
    HOLD = "UPDATE payments SET captured_cents = $2, refunded_cents = $3, lifted = $4 WHERE id = $1";
}

/// Moves a payment and says whether it stood where it was thought to stand. `reason` is why the bank
/// refused, if it did.
///
/// # Errors
/// [`Fault::Defect`] for a move that no payment may make.
pub(super) fn advance(
    tx: &mut dyn Tx,
    payment: PaymentId,
    (from, to): (PaymentState, PaymentState),
    reason: Option<&str>,
    now: Timestamp,
) -> Result<bool, Fault> {
    if !from.may_become(to) {
        return Err(Fault::defect(format!(
            "a payment never goes from {from:?} to {to:?}"
        )));
    }
    let params = [
        payment.to_string().into(),
        from.into(),
        to.into(),
        now.as_micros().into(),
        reason.into(),
    ];
    Ok(tx.execute(&ADVANCE, &params)? == 1)
}

/// Writes what a payment holds; only by who moved it in the same transaction.
pub(super) fn hold(tx: &mut dyn Tx, payment: PaymentId, amounts: Amounts) -> Result<(), Fault> {
    let params = [
        payment.to_string().into(),
        amounts.captured.as_cents().into(),
        amounts.refunded.as_cents().into(),
        amounts.lifted.into(),
    ];
    tx.execute(&HOLD, &params).map(drop)
}

#[cfg(test)]
mod tests {
    use trade::money::Money;

    use super::{Amounts, PaymentState};

    #[test]
    fn every_question_to_the_bank_has_at_least_two_answers() {
        for &state in PaymentState::ALL {
            let answers = PaymentState::ALL
                .iter()
                .filter(|&&next| state.may_become(next))
                .count();
            assert!(!state.is_in_flight() || answers >= 2, "{state:?}");
        }
    }

    #[test]
    fn every_state_but_the_first_is_reached() {
        for &state in PaymentState::ALL {
            let reached = PaymentState::ALL.iter().any(|&from| from.may_become(state));
            assert!(
                reached || state == PaymentState::AwaitingReader,
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_payment_rests_where_its_amounts_say() {
        let at = |captured, refunded, lifted| {
            Amounts {
                amount: Money::cents(100),
                captured: Money::cents(captured),
                refunded: Money::cents(refunded),
                lifted,
            }
            .at_rest()
        };
        assert_eq!(at(0, 0, false), PaymentState::Authorised);
        assert_eq!(at(40, 0, false), PaymentState::Authorised, "more parcels");
        assert_eq!(at(40, 40, false), PaymentState::Authorised, "one came back");
        assert_eq!(at(40, 0, true), PaymentState::Captured, "no more parcels");
        assert_eq!(at(40, 40, true), PaymentState::Refunded);
        assert_eq!(at(0, 0, true), PaymentState::Reversed);
        assert_eq!(at(100, 99, false), PaymentState::Captured);
        assert_eq!(at(100, 100, false), PaymentState::Refunded);
    }
}
