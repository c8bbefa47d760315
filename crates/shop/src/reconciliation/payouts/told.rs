//! Payouts and their transactions as the hosted provider tells of them.

use jiff::civil::Date;
use trade::{clock::Timestamp, ids::RefundId, money::Money};

use crate::codes::coded;

/// The currency of the books.
pub(super) const EURO: &str = "eur";

coded! {
    /// Where a payout stands, in the provider's words.
    pub enum PayoutState {
        /// It has not left for the bank.
        Pending = "pending",
        /// It is under way.
        InTransit = "in_transit",
        /// The provider believes that it arrived; it may still fail some days later.
        Paid = "paid",
        /// It did not arrive, and the provider owes its amount again.
        Failed = "failed",
        /// It was called off before it left.
        Canceled = "canceled",
    }
}

impl PayoutState {
    /// Whether its amount is the provider's debt again.
    pub(super) fn is_undone(self) -> bool {
        matches!(self, PayoutState::Failed | PayoutState::Canceled)
    }
}

coded! {
    /// Whether the provider says of what a payout is made.
    pub enum Items {
        /// It does.
        Known = "known",
        /// Not yet.
        Later = "later",
        /// Never: a person asked for the payout by hand.
        Never = "never",
    }
}

/// A payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// The provider's name for it: letters, digits and `_`.
    pub id: String,
    /// Where it stands.
    pub state: PayoutState,
    /// What comes to the shop's account; below zero, what is taken from it.
    pub amount: Money,
    /// ISO 4217, in small letters.
    pub currency: String,
    /// When it was made.
    pub created: Timestamp,
    /// When the provider expects it at the bank.
    pub arrives_on: Date,
    /// Whether its transactions can be asked for.
    pub items: Items,
    /// The name under which statements show who pays, in capitals.
    pub payer: String,
    /// What the banks on the way call it, when that is known.
    pub trace: Option<String>,
}

/// What a payout is made of: money that came to the shop's balance at the provider, or left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The provider's name for it: letters, digits and `_`.
    pub id: String,
    /// What it is.
    pub about: About,
    /// The provider's name for what it is about, or its word for it where that has no name.
    pub source: String,
    /// Before the fee; below zero what left.
    pub amount: Money,
    /// What the provider takes for it; below zero what it gives back.
    pub fee: Money,
    /// ISO 4217, in small letters.
    pub currency: String,
    /// The currency of what it is about, when that has one.
    pub of_currency: Option<String>,
}

/// What a transaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A payment was taken, or a part of what was reserved for it was let go at that moment.
    Charge {
        /// The provider's name for the charge.
        charge: String,
    },
    /// Money went back to a reader.
    Refund {
        /// The shop's name for the refund; none when the shop did not ask for it.
        refund: Option<RefundId>,
        /// The provider's name for the charge.
        charge: Option<String>,
    },
    /// A cardholder's bank took back what a payment brought; the source is the dispute.
    Chargeback {
        /// The provider's name for the charge.
        charge: String,
        /// Why.
        reason: String,
    },
    /// That was given to the shop again.
    Representment {
        /// The provider's name for the charge.
        charge: String,
        /// Why it had been taken.
        reason: String,
    },
    /// A fee that is not for one payment.
    Fee,
    /// A payout came back.
    Failure {
        /// The provider's name for that payout.
        payout: String,
    },
    /// The payout itself.
    Itself,
    /// Something else.
    Other {
        /// The charge that it touches, when it touches one.
        charge: Option<String>,
    },
}

coded! {
    /// The kinds of transactions that are kept.
    pub enum Kind {
        /// See [`About::Charge`].
        Charge = "charge",
        /// See [`About::Refund`].
        Refund = "refund",
        /// See [`About::Chargeback`].
        Chargeback = "chargeback",
        /// See [`About::Representment`].
        Representment = "representment",
        /// See [`About::Fee`].
        Fee = "fee",
        /// See [`About::Failure`].
        Failure = "failure",
        /// See [`About::Other`].
        Other = "other",
    }
}

coded! {
    /// Why a transaction, or a part of it, lies in suspense.
    pub enum Astray {
        /// The shop knows nothing of it.
        Unknown = "unknown",
        /// The shop knows it with another amount.
        Amount = "amount",
        /// The shop knows it in another currency.
        Currency = "currency",
        /// It was in a payout before.
        Repeated = "repeated",
    }
}

impl About {
    /// What it is kept as; nothing is kept of the payout itself.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            About::Charge { .. } => Some(Kind::Charge),
            About::Refund { .. } => Some(Kind::Refund),
            About::Chargeback { .. } => Some(Kind::Chargeback),
            About::Representment { .. } => Some(Kind::Representment),
            About::Fee => Some(Kind::Fee),
            About::Failure { .. } => Some(Kind::Failure),
            About::Other { .. } => Some(Kind::Other),
            About::Itself => None,
        }
    }
}

impl Transaction {
    /// Whether it, and what it is about, are in euros.
    pub(super) fn is_in_euros(&self) -> bool {
        self.currency == EURO && self.of_currency.as_deref().is_none_or(|of| of == EURO)
    }
}
