//! The life of a reader's review: every state, every step, and which step leads where.

use crate::codes::coded;

coded! {
    /// Where a reader's review stands.
    pub enum ReviewState {
        /// Written with an e-mail address that nobody has confirmed yet.
        Unconfirmed = "unconfirmed",
        /// Confirmed; a bookseller has to read it.
        Waiting = "waiting",
        /// On the page of the book.
        Published = "published",
        /// Not published, or taken off the page, for a reason that its author was told.
        Refused = "refused",
        /// Taken back by its author, or replaced by her next one; its text is gone.
        Withdrawn = "withdrawn",
    }
}

/// What can be done with a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its author follows the link in her letter box.
    Confirm,
    /// A bookseller lets it onto the page.
    Publish,
    /// A bookseller keeps it from the page or takes it off.
    Refuse,
    /// Its author takes it back.
    Withdraw,
}

impl ReviewState {
    /// Where `step` leads from here; none when it makes no sense.
    pub const fn after(self, step: Step) -> Option<ReviewState> {
        match (self, step) {
            (ReviewState::Unconfirmed, Step::Confirm) => Some(ReviewState::Waiting),
            (ReviewState::Waiting, Step::Publish) => Some(ReviewState::Published),
            (ReviewState::Waiting | ReviewState::Published, Step::Refuse) => {
                Some(ReviewState::Refused)
            }
            (
                ReviewState::Unconfirmed
                | ReviewState::Waiting
                | ReviewState::Published
                | ReviewState::Refused,
                Step::Withdraw,
            ) => Some(ReviewState::Withdrawn),
            (
                ReviewState::Waiting
                | ReviewState::Published
                | ReviewState::Refused
                | ReviewState::Withdrawn,
                Step::Confirm,
            )
            | (
                ReviewState::Unconfirmed
                | ReviewState::Published
                | ReviewState::Refused
                | ReviewState::Withdrawn,
                Step::Publish,
            )
            | (
                ReviewState::Unconfirmed | ReviewState::Refused | ReviewState::Withdrawn,
                Step::Refuse,
            )
            | (ReviewState::Withdrawn, Step::Withdraw) => None,
        }
    }
}

coded! {
    /// Why a review is refused, as its author is told; also why a reader reports one.
    pub enum Reason {
        /// It is about the parcel, the shop or something else than the book.
        OffTopic = "off_topic",
        /// It insults somebody.
        Insult = "insult",
        /// It gives the ending away without warning.
        Spoiler = "spoiler",
        /// It advertises.
        Advertising = "advertising",
        /// It names or describes a private person.
        PersonalData = "personal_data",
        /// The law forbids it.
        Illegal = "illegal",
        /// It says nothing about the book, or was not written by somebody who read it.
        NotAReview = "not_a_review",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_page_but_through_a_confirmed_address_and_a_bookseller() {
        let steps = [Step::Confirm, Step::Publish, Step::Refuse, Step::Withdraw];
        for &state in ReviewState::ALL {
            for step in steps {
                let reached = state.after(step);
                assert_ne!(reached, Some(state), "{state:?} {step:?}");
                if reached == Some(ReviewState::Published) {
                    assert_eq!((state, step), (ReviewState::Waiting, Step::Publish));
                }
                if reached == Some(ReviewState::Waiting) {
                    assert_eq!((state, step), (ReviewState::Unconfirmed, Step::Confirm));
                }
            }
        }
    }

    #[test]
    fn what_was_withdrawn_stays_withdrawn() {
        for step in [Step::Confirm, Step::Publish, Step::Refuse, Step::Withdraw] {
            assert_eq!(ReviewState::Withdrawn.after(step), None);
        }
    }
}
