//! What comes of the rules: a score, the reasons it is made of, and the decision that the thresholds make of it.

use serde::{Deserialize, Serialize};

/// What is to be done with an order, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It goes on.
    Accept,
    /// The reader confirms by a code that the e-mail address is hers, then it goes on.
    StepUp,
    /// It is paid for but not shipped before a bookseller released it.
    Review,
    /// The bank is not asked.
    Refuse,
}

impl Decision {
    /// Every decision, from the least to the most.
    pub const ALL: [Decision; 4] = [
        Decision::Accept,
        Decision::StepUp,
        Decision::Review,
        Decision::Refuse,
    ];

    /// The word kept in the database and written in rules.
    pub const fn code(self) -> &'static str {
        match self {
            Decision::Accept => "accept",
            Decision::StepUp => "step_up",
            Decision::Review => "review",
            Decision::Refuse => "refuse",
        }
    }

    /// The decision with that word.
    pub fn of_code(code: &str) -> Option<Decision> {
        Self::ALL
            .into_iter()
            .find(|decision| decision.code() == code)
    }
}

/// A rule that held, and what it weighed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's name. Its words are those of the set of rules that decided.
    pub rule: String,
    /// What it added to the score; negative when it spoke for the order.
    pub weight: i64,
}

/// What a set of rules says of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The sum of the weights.
    pub score: i64,
    /// What is to be done.
    pub decision: Decision,
    /// The rules that held, in the order of the set.
    pub reasons: Vec<Reason>,
}
