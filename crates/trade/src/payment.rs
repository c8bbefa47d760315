//! What shop, vault, switch and bank say to one another about a payment.
//!
//! A card is known here by an opaque [`CardToken`] and the four digits a buyer recognises it by. The card's
//! number has no type in this crate, so that nothing of the shop can name it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{CaptureId, OrderNumber, PaymentId, RefundId};
use crate::locale::Locale;
use crate::money::{Currency, Money};

/// What the vault gives in exchange for a card: `tok_` and 16 to 96 letters, digits, `-` or `_`.
///
/// It is worth nothing without a [`Grant`] signed by the shop.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardToken(String);

/// A text that is not a card token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a card token")]
pub struct MalformedToken;

impl CardToken {
    /// Checks the form of a token.
    pub fn parse(text: &str) -> Result<CardToken, MalformedToken> {
        let symbols = text.strip_prefix("tok_").ok_or(MalformedToken)?;
        let fits = (16..=96).contains(&symbols.len());
        if fits
            && symbols
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            Ok(CardToken(text.to_owned()))
        } else {
            Err(MalformedToken)
        }
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for CardToken {
    type Error = MalformedToken;
    fn try_from(text: String) -> Result<CardToken, MalformedToken> {
        CardToken::parse(&text)
    }
}

impl From<CardToken> for String {
    fn from(token: CardToken) -> String {
        token.0
    }
}

/// The scheme printed on a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brand {
    /// Groupement des cartes bancaires.
    Cb,
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// American Express.
    Amex,
    /// Any other.
    Other,
}

impl Brand {
    /// All brands.
    pub const ALL: [Brand; 5] = [
        Brand::Cb,
        Brand::Visa,
        Brand::Mastercard,
        Brand::Amex,
        Brand::Other,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Brand::Cb => "cb",
            Brand::Visa => "visa",
            Brand::Mastercard => "mastercard",
            Brand::Amex => "amex",
            Brand::Other => "other",
        }
    }

    /// The brand with that [`code`](Brand::code).
    pub fn parse(code: &str) -> Option<Brand> {
        Brand::ALL.into_iter().find(|brand| brand.code() == code)
    }

    /// The name as the schemes write it; empty for [`Brand::Other`].
    pub const fn name(self) -> &'static str {
        match self {
            Brand::Cb => "CB",
            Brand::Visa => "Visa",
            Brand::Mastercard => "Mastercard",
            Brand::Amex => "American Express",
            Brand::Other => "",
        }
    }
}

/// The last month a card is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CardExpiry {
    /// 1 to 12.
    pub month: u8,
    /// Four digits.
    pub year: u16,
}

/// `MM/YY`, as on the card.
impl fmt::Display for CardExpiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}/{:02}", self.month, self.year % 100)
    }
}

/// What a buyer recognises a card by; all that the shop ever learns of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSummary {
    /// The scheme.
    pub brand: Brand,
    /// The last four digits.
    pub last4: String,
    /// The last month it is good for.
    pub expiry: CardExpiry,
}

/// Signed by the shop, carried by the browser: opens the vault's card page for one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInTicket {
    /// The shop's name, as the vault knows it.
    pub shop: String,
    /// The order.
    pub order: OrderNumber,
    /// The payment.
    pub payment: PaymentId,
    /// What the page says will be charged.
    pub amount: Money,
    /// Random; the receipt carries it back.
    pub nonce: String,
    /// After this the page asks the buyer to go back to the shop.
    pub expires: Timestamp,
    /// Where the vault sends the browser with the receipt.
    pub return_url: String,
    /// The language of the page.
    pub locale: Locale,
}

/// Signed by the vault, carried by the browser: the card is checked in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInReceipt {
    /// The order.
    pub order: OrderNumber,
    /// The payment.
    pub payment: PaymentId,
    /// The nonce of the ticket.
    pub nonce: String,
    /// What the shop keeps in place of the card.
    pub token: CardToken,
    /// What the buyer recognises the card by.
    pub card: CardSummary,
    /// The same for the same card and shop, and for no other shop: by this a shop notices a card that is tried again.
    /// Nothing else can be done with it. Absent in receipts of older vaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym: Option<String>,
    /// When the card was checked in.
    pub at: Timestamp,
}

/// Signed by the shop: lets the switch redeem one token once, for one amount of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The shop's name, as the vault knows it.
    pub shop: String,
    /// The order.
    pub order: OrderNumber,
    /// The payment.
    pub payment: PaymentId,
    /// The card.
    pub token: CardToken,
    /// The amount and no other.
    pub amount: Money,
    /// What the amount is in. Vault and switch take the euro and refuse every other.
    pub currency: Currency,
    /// After this the vault refuses.
    pub expires: Timestamp,
    /// Random; the vault accepts it once.
    pub nonce: String,
}

/// `POST /payments/{id}/authorise`, shop to switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthoriseRequest {
    /// The order.
    pub order: OrderNumber,
    /// The amount to hold on the card.
    pub amount: Money,
    /// A signed [`Grant`] for the same order, payment and amount.
    pub grant: String,
}

/// `POST /payments/{id}/capture`, shop to switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureRequest {
    /// The capture; sent again it is the same one.
    pub capture: CaptureId,
    /// The amount to take; all captures of a payment take at most what was authorised.
    pub amount: Money,
}

/// `POST /payments/{id}/refund`, shop to switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequest {
    /// The refund; sent again it is the same one.
    pub refund: RefundId,
    /// The amount to give back, at most what was captured.
    pub amount: Money,
}

/// What became of an authorisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum AuthoriseOutcome {
    /// The bank holds the amount.
    Approved {
        /// The bank's approval code (field 38).
        approval_code: String,
        /// The reference later messages carry (field 37).
        retrieval_reference: String,
    },
    /// The bank said no.
    Declined {
        /// Why.
        reason: Decline,
    },
    /// No answer came: the bank may or may not hold the amount. Exactly one reversal is queued.
    Unknown,
    /// Nothing left the house, so nothing can have been held.
    NotSent {
        /// Why.
        reason: NotSent,
    },
}

/// What became of a capture, reversal or refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The bank confirmed it.
    Done,
    /// The bank or the switch refused it.
    Refused {
        /// The bank's answer (field 39) or the switch's own word for it.
        code: String,
    },
    /// Accepted; store-and-forward delivers it when the bank answers again.
    Pending,
}

/// Why the bank said no, in words a buyer can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// Not enough on the account.
    InsufficientFunds,
    /// The card is past its month.
    ExpiredCard,
    /// The three or four digits are wrong.
    IncorrectCsc,
    /// Reported lost or stolen.
    LostOrStolen,
    /// The bank suspects somebody else.
    SuspectedFraud,
    /// The card's limit for amounts or uses is reached.
    LimitExceeded,
    /// The card does not allow this kind of purchase.
    NotPermitted,
    /// No such card.
    InvalidCard,
    /// The buyer's bank cannot be reached; trying later may help.
    IssuerUnavailable,
    /// The bank gives no reason.
    DoNotHonour,
}

impl Decline {
    /// All reasons.
    pub const ALL: [Decline; 10] = [
        Decline::InsufficientFunds,
        Decline::ExpiredCard,
        Decline::IncorrectCsc,
        Decline::LostOrStolen,
        Decline::SuspectedFraud,
        Decline::LimitExceeded,
        Decline::NotPermitted,
        Decline::InvalidCard,
        Decline::IssuerUnavailable,
        Decline::DoNotHonour,
    ];

    /// The stable code kept in the database and used as the name of its sentence.
    pub const fn code(self) -> &'static str {
        match self {
            Decline::InsufficientFunds => "insufficient_funds",
            Decline::ExpiredCard => "expired_card",
            Decline::IncorrectCsc => "incorrect_csc",
            Decline::LostOrStolen => "lost_or_stolen",
            Decline::SuspectedFraud => "suspected_fraud",
            Decline::LimitExceeded => "limit_exceeded",
            Decline::NotPermitted => "not_permitted",
            Decline::InvalidCard => "invalid_card",
            Decline::IssuerUnavailable => "issuer_unavailable",
            Decline::DoNotHonour => "do_not_honour",
        }
    }

    /// The reason with that [`code`](Decline::code).
    pub fn parse(code: &str) -> Option<Decline> {
        Decline::ALL
            .into_iter()
            .find(|decline| decline.code() == code)
    }

    /// Reads a response code (ISO 8583 field 39, 1987 meanings and the schemes' additions). Every code that is
    /// not an approval and has no better word is [`Decline::DoNotHonour`].
    pub fn from_field39(code: &str) -> Decline {
        match code {
            "51" => Decline::InsufficientFunds,
            "33" | "54" => Decline::ExpiredCard,
            "82" | "N7" => Decline::IncorrectCsc,
            "41" | "43" => Decline::LostOrStolen,
            "34" | "59" | "63" => Decline::SuspectedFraud,
            "61" | "65" => Decline::LimitExceeded,
            "57" | "58" | "62" => Decline::NotPermitted,
            "14" | "15" | "56" => Decline::InvalidCard,
            "91" | "92" | "96" => Decline::IssuerUnavailable,
            _ => Decline::DoNotHonour,
        }
    }

    /// The response code a bank answers with (field 39) for this reason.
    pub const fn field39(self) -> &'static str {
        match self {
            Decline::InsufficientFunds => "51",
            Decline::ExpiredCard => "54",
            Decline::IncorrectCsc => "82",
            Decline::LostOrStolen => "43",
            Decline::SuspectedFraud => "59",
            Decline::LimitExceeded => "61",
            Decline::NotPermitted => "57",
            Decline::InvalidCard => "14",
            Decline::IssuerUnavailable => "91",
            Decline::DoNotHonour => "05",
        }
    }
}

/// Why nothing was sent to the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotSent {
    /// The switch could not be reached from the shop.
    SwitchUnreachable,
    /// The vault could not be reached from the switch.
    VaultUnreachable,
    /// No line to the bank stands.
    BankUnreachable,
    /// The vault refused the grant: used, expired, or for another payment.
    GrantRefused,
    /// The vault does not know the token, or its security code is used up.
    CardGone,
    /// The switch has as much in flight as it allows.
    Busy,
    /// The provider's page closed before the reader had paid on it.
    PageClosed,
}

impl NotSent {
    /// All reasons.
    pub const ALL: [NotSent; 7] = [
        NotSent::SwitchUnreachable,
        NotSent::VaultUnreachable,
        NotSent::BankUnreachable,
        NotSent::GrantRefused,
        NotSent::CardGone,
        NotSent::Busy,
        NotSent::PageClosed,
    ];

    /// The stable code kept in the database and used as the name of its sentence.
    pub const fn code(self) -> &'static str {
        match self {
            NotSent::SwitchUnreachable => "switch_unreachable",
            NotSent::VaultUnreachable => "vault_unreachable",
            NotSent::BankUnreachable => "bank_unreachable",
            NotSent::GrantRefused => "grant_refused",
            NotSent::CardGone => "card_gone",
            NotSent::Busy => "busy",
            NotSent::PageClosed => "page_closed",
        }
    }

    /// The reason with that [`code`](NotSent::code).
    pub fn parse(code: &str) -> Option<NotSent> {
        NotSent::ALL
            .into_iter()
            .find(|reason| reason.code() == code)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    #[test]
    fn every_decline_survives_the_wire_and_the_database() {
        for decline in Decline::ALL {
            assert_eq!(Decline::from_field39(decline.field39()), decline);
            assert_eq!(Decline::parse(decline.code()), Some(decline));
        }
        assert_eq!(Decline::from_field39("05"), Decline::DoNotHonour);
        assert_eq!(Decline::from_field39("??"), Decline::DoNotHonour);
    }

    #[test]
    fn a_token_is_never_a_card_number() {
        assert!(CardToken::parse("tok_0123456789abcdefABCDEF-_").is_ok());
        for text in [
            "4970101234567890",
            "tok_",
            "tok_short",
            "tok_0123456789 abcdef",
            "TOK_0123456789abcdef",
        ] {
            assert_eq!(CardToken::parse(text), Err(MalformedToken), "{text}");
        }
    }

    #[test]
    fn outcomes_are_tagged_objects() {
        let outcome = AuthoriseOutcome::Declined {
            reason: Decline::InsufficientFunds,
        };
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(
            json,
            r#"{"outcome":"declined","reason":"insufficient_funds"}"#
        );
        assert_eq!(
            serde_json::from_str::<AuthoriseOutcome>(&json).unwrap(),
            outcome
        );
        assert_eq!(
            CardExpiry {
                month: 3,
                year: 2031
            }
            .to_string(),
            "03/31"
        );
    }
}
