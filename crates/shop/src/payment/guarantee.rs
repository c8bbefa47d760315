//! Who bears the loss when a payment turns out not to be the reader's: what the trade called the bank guarantee.

use serde::{Deserialize, Serialize};
use trade::{clock::Timestamp, money::Money};

use crate::codes::coded;

coded! {
    /// Who stands for a payment.
    pub enum Guarantee {
        /// Nobody yet: nothing was authorised, nothing arrived.
        None = "none",
        /// The shop: the card was used at a distance and its holder was not authenticated.
        Merchant = "merchant",
        /// The payer's bank: it authenticated the holder, or the money is here and cannot be called back.
        Issuer = "issuer",
    }
}

/// What a guarantee rests on. Each is a fact that was seen, none an opinion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// Nothing.
    Nothing,
    /// The bank approved a card that was typed in, its holder not authenticated.
    Unauthenticated {
        /// When.
        at: Timestamp,
    },
    /// The holder was authenticated (EMV 3-D Secure).
    Authenticated {
        /// The electronic commerce indicator, as the scheme writes it: `05`, `02`.
        eci: Option<String>,
        /// The authentication value or the name of the authentication at the provider.
        value: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Authentication was left out under an exemption of PSD2 (Delegated Regulation 2018/389): who asks for it bears the
    /// loss.
    Exempted {
        /// Which.
        exemption: String,
        /// When.
        at: Timestamp,
    },
    /// A credit transfer that the bank booked: it cannot be called back.
    Booked {
        /// The bank's reference of the entry.
        entry: String,
        /// How much.
        amount: Money,
        /// When the shop read it.
        at: Timestamp,
    },
    /// Paid over the counter.
    AtTheTill {
        /// The login of the bookseller.
        staff: String,
        /// When.
        at: Timestamp,
    },
}

impl Evidence {
    /// The guarantee that it is evidence of.
    pub const fn guarantee(&self) -> Guarantee {
        match self {
            Self::Nothing => Guarantee::None,
            Self::Unauthenticated { .. } | Self::Exempted { .. } => Guarantee::Merchant,
            Self::Authenticated { .. } | Self::Booked { .. } | Self::AtTheTill { .. } => {
                Guarantee::Issuer
            }
        }
    }

    /// When it was seen; none when nothing was.
    pub const fn seen(&self) -> Option<Timestamp> {
        match self {
            Self::Nothing => None,
            Self::Unauthenticated { at }
            | Self::Authenticated { at, .. }
            | Self::Exempted { at, .. }
            | Self::Booked { at, .. }
            | Self::AtTheTill { at, .. } => Some(*at),
        }
    }

    /// The word that names it in the texts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Unauthenticated { .. } => "unauthenticated",
            Self::Authenticated { .. } => "authenticated",
            Self::Exempted { .. } => "exempted",
            Self::Booked { .. } => "booked",
            Self::AtTheTill { .. } => "at_the_till",
        }
    }
}
