//! The life of a payment, and the one guarded statement that moves it.
//!
//! A state ending in *ing* is an intent: it is committed before the bank is asked, so that a crash leaves
//! a question that [`recover`](super::recover) asks again, never a doubt.

use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::PaymentId};

use crate::codes::coded;

coded! {
    /// Where a payment stands.
    pub enum PaymentState {
        /// Waiting for the reader to give a card to the vault.
        AwaitingCard = "awaiting_card",
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
    /// An intent goes back where it came from when the bank refuses it.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::AwaitingCard => matches!(next, Self::Authorising),
            Self::Authorising => {
                matches!(
                    next,
                    Self::Authorised | Self::Declined | Self::Unknown | Self::NotSent
                )
            }
            Self::Authorised => matches!(next, Self::Capturing | Self::Reversing),
            Self::Capturing => matches!(next, Self::Captured | Self::Authorised),
            Self::Captured => matches!(next, Self::Refunding),
            Self::Reversing => matches!(next, Self::Reversed | Self::Authorised),
            Self::Refunding => matches!(next, Self::Refunded | Self::Captured),
            Self::Declined | Self::Unknown | Self::NotSent | Self::Reversed | Self::Refunded => {
                false
            }
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

storage::statements! {
    ADVANCE = "UPDATE payments SET state = $3, changed_us = $4, reason = $5 WHERE id = $1 AND state = $2";
}

/// Moves a payment and says whether it stood where it was thought to stand. `reason` is why the bank
/// refused, if it did.
///
/// # Errors
/// [`Fault::Defect`] for a move that no payment may make.
pub(crate) fn advance(
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

#[cfg(test)]
mod tests {
    use super::PaymentState;

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
            assert_eq!(reached, state != PaymentState::AwaitingCard, "{state:?}");
        }
    }
}
