//! The states of a payment and the ways between them, all of them.

use serde::{Deserialize, Serialize};

/// Where a payment stands. What is written here is what survives a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The shop has asked; the card has not been fetched, nothing has been sent.
    Received,
    /// A 0100 is about to leave or has left. Only from here can the truth be unknown.
    Sending,
    /// The bank holds what has not been captured yet. Captures and refunds are kept apart, there may be several.
    Approved,
    /// The bank said no.
    Declined,
    /// The bank holds a part of the amount, which nobody asked for. Entering this state queues exactly one reversal.
    PartlyApproved,
    /// Nothing left the house: certain, and final.
    NotSent,
    /// A 0100 left and no answer can be trusted. Entering this state queues the reversal, of which there is never more than
    /// one. Also a payment that had ended without money, when the bank says afterwards that it approved it.
    Unknown,
    /// Money is taken and nothing is held any more: all was captured, or what was not has been lifted.
    Captured,
    /// A reversal the shop asked for is queued or on its way: of all that is not captured.
    Reversing,
    /// The bank has confirmed that it holds nothing, and nothing was taken.
    Reversed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 10] = [
        State::Received,
        State::Sending,
        State::Approved,
        State::Declined,
        State::PartlyApproved,
        State::NotSent,
        State::Unknown,
        State::Captured,
        State::Reversing,
        State::Reversed,
    ];

    /// Its name in the database and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            State::Received => "received",
            State::Sending => "sending",
            State::Approved => "approved",
            State::Declined => "declined",
            State::PartlyApproved => "partly_approved",
            State::NotSent => "not_sent",
            State::Unknown => "unknown",
            State::Captured => "captured",
            State::Reversing => "reversing",
            State::Reversed => "reversed",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<State> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The states that may follow.
    #[must_use]
    pub const fn next(self) -> &'static [State] {
        match self {
            State::Received => &[State::Sending, State::NotSent],
            // NotSent: the link was found closed before the first byte.
            State::Sending => &[
                State::Approved,
                State::Declined,
                State::PartlyApproved,
                State::Unknown,
                State::NotSent,
            ],
            State::Approved => &[State::Captured, State::Reversing],
            // Captured: a part was, and the rest is lifted. Back to Approved: the bank refused, and still holds it.
            State::Reversing => &[State::Reversed, State::Captured, State::Approved],
            State::Unknown | State::PartlyApproved => &[State::Reversed],
            // Unknown: an approval came late, after the bank or the line had said that there was none.
            State::Declined | State::NotSent | State::Reversed => &[State::Unknown],
            State::Captured => &[],
        }
    }

    /// Whether a payment may go from here to there.
    #[must_use]
    pub fn may_become(self, next: State) -> bool {
        self.next().contains(&next)
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn names_come_back_and_every_state_can_be_reached() {
        for state in State::ALL {
            assert_eq!(State::named(state.name()), Some(state));
            assert!(serde_json::to_string(&state).is_ok_and(|json| json.contains(state.name())));
            let reachable = State::ALL.into_iter().any(|from| from.may_become(state));
            assert!(reachable || state == State::Received, "{state:?}");
        }
        assert_eq!(State::named("lost"), None);
    }

    #[test]
    fn doubt_ends_only_in_a_confirmed_reversal() {
        for doubt in [State::Unknown, State::PartlyApproved] {
            assert_eq!(doubt.next(), [State::Reversed]);
        }
        // Where money is taken or held, or nothing has left, there is no doubt.
        let certain = [
            State::Received,
            State::Approved,
            State::PartlyApproved,
            State::Unknown,
            State::Captured,
            State::Reversing,
        ];
        for from in State::ALL {
            assert_eq!(
                from.may_become(State::Unknown),
                !certain.contains(&from),
                "{from:?}"
            );
        }
    }
}
