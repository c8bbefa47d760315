//! What the provider answers, as far as it is read.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

/// A page: a Checkout Session.
#[derive(Debug, Deserialize)]
pub(crate) struct Session {
    pub id: String,
    pub url: Option<String>,
    pub status: SessionStatus,
    pub client_reference_id: Option<String>,
    pub payment_intent: Option<Expandable<Intent>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Open,
    Complete,
    Expired,
    /// A word of a later version.
    #[serde(other)]
    Other,
}

/// What is paid on a page: a Payment Intent.
#[derive(Debug, Deserialize)]
pub(crate) struct Intent {
    pub id: String,
    pub status: IntentStatus,
    /// What was taken, in cents.
    pub amount_received: Option<i64>,
    pub last_payment_error: Option<PaymentError>,
    pub latest_charge: Option<Expandable<Charge>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Processing,
    Succeeded,
    Canceled,
    /// A word of a later version.
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Charge {
    pub id: String,
    /// Seconds since 1970.
    pub created: Option<i64>,
    pub payment_method_details: Option<MethodDetails>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct MethodDetails {
    pub card: Option<CardDetails>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CardDetails {
    pub three_d_secure: Option<ThreeDSecure>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ThreeDSecure {
    pub result: Option<String>,
    pub electronic_commerce_indicator: Option<String>,
    pub transaction_id: Option<String>,
    pub exemption_indicator: Option<String>,
}

/// Why a card was refused.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct PaymentError {
    pub code: Option<String>,
    pub decline_code: Option<String>,
    pub message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Refund {
    pub status: Option<String>,
    pub failure_reason: Option<String>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Listed<T> {
    pub data: Vec<T>,
}

/// The body of an answer that is no.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    pub error: PaymentError,
}

/// An object, or, where it was not asked for whole, its name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Expandable<T> {
    Whole(Box<T>),
    Name(IgnoredAny),
}

impl<T> Expandable<T> {
    pub fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(object) => Some(object),
            Self::Name(_) => None,
        }
    }
}
