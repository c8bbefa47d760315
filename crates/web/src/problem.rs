//! The one table from what went wrong to a status, a sentence and an RFC 9457 body.
//!
//! A handler returns a [`Problem`]; the storefront shows it as a page that helps, the API as
//! `application/problem+json`. What broke inside is logged under a reference number, which is all that leaves
//! the house.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use search::SearchError;
use serde_json::{Map, Value, json};
use shop::cart::CartRefusal;
use shop::checkout::Refusal;
use shop::payment::PayRefusal;
use storage::Fault;
use trade::locale::Locale;

use crate::i18n;

macro_rules! kinds {
    ($($(#[$meta:meta])* $variant:ident = $status:ident, $code:literal;)+) => {
        /// Everything that can be wrong with a request, with its status and its stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$meta])* $variant),+ }

        impl Kind {
            /// All of them.
            pub const ALL: &[Kind] = &[$(Kind::$variant),+];

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Kind::$variant => StatusCode::$status),+ }
            }

            /// The stable name: in the `type` of an API answer, and of its sentences `problem-…`.
            pub const fn code(self) -> &'static str {
                match self { $(Kind::$variant => $code),+ }
            }
        }
    };
}

kinds! {
    /// Something in the request cannot be read.
    Malformed = BAD_REQUEST, "malformed";
    /// A login or a key is wanted.
    Unauthorised = UNAUTHORIZED, "unauthorised";
    /// The login does not allow it.
    Forbidden = FORBIDDEN, "forbidden";
    /// A form that another site sent.
    ForeignOrigin = FORBIDDEN, "foreign-origin";
    /// No such page, book or order.
    NotFound = NOT_FOUND, "not-found";
    /// The page exists, but not for this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed";
    /// The title is not in the cart.
    NotInCart = NOT_FOUND, "not-in-cart";
    /// The edition cannot be bought.
    NotBuyable = CONFLICT, "not-buyable";
    /// Fewer copies are left than wanted.
    OutOfStock = CONFLICT, "out-of-stock";
    /// The total is not what the buyer was shown.
    PriceChanged = CONFLICT, "price-changed";
    /// There is nothing to buy.
    EmptyCart = CONFLICT, "empty-cart";
    /// More titles or copies than a cart or an order holds.
    TooMany = UNPROCESSABLE_ENTITY, "too-many";
    /// The shop does not deliver there.
    NotDelivered = UNPROCESSABLE_ENTITY, "not-delivered";
    /// The fields say what cannot be; which ones is in `errors`.
    Invalid = UNPROCESSABLE_ENTITY, "invalid";
    /// An order's key is none, or could be guessed.
    BadKey = BAD_REQUEST, "bad-key";
    /// An idempotency key came with another request than before.
    KeyReused = CONFLICT, "key-reused";
    /// The order waits for no payment.
    NotWaiting = CONFLICT, "not-waiting";
    /// A card of this order is with the bank at this moment.
    InFlight = CONFLICT, "in-flight";
    /// Too many cards were tried for one order.
    TooManyTries = CONFLICT, "too-many-tries";
    /// The shop does not take these means for this order.
    MeansNotTaken = UNPROCESSABLE_ENTITY, "means-not-taken";
    /// The body is larger than any form of this shop.
    TooLarge = PAYLOAD_TOO_LARGE, "too-large";
    /// Too many requests in a short time.
    TooFast = TOO_MANY_REQUESTS, "too-fast";
    /// A defect of ours.
    Fault = INTERNAL_SERVER_ERROR, "fault";
    /// Busy, or a part is down; trying again helps.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable";
}

/// What went wrong, and what a caller may be told of it.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Which of the known problems.
    pub kind: Kind,
    /// Members of the API's answer beside the usual ones: `available`, `now_cents`, `errors`.
    pub members: Map<String, Value>,
    /// The number under which the log knows more.
    pub reference: Option<String>,
}

impl Problem {
    /// A problem without further members.
    pub fn of(kind: Kind) -> Problem {
        Problem {
            kind,
            members: Map::new(),
            reference: None,
        }
    }

    /// The same with one member more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// A defect or an outage: logged with its details under a new reference number.
    pub fn fault(kind: Kind, details: &dyn std::fmt::Display) -> Problem {
        let reference = reference();
        tracing::error!(%reference, %details, "request failed");
        Problem {
            kind,
            members: Map::new(),
            reference: Some(reference),
        }
    }

    /// The body of an API answer (RFC 9457).
    pub fn json(&self, locale: Locale) -> Value {
        let words = i18n::words(locale);
        let code = self.kind.code();
        let mut body = json!({
            "type": format!("/problems/{code}"),
            "title": words.one_of("problem", code),
            "status": self.kind.status().as_u16(),
            "detail": words.one_of("problem-help", code),
        });
        if let Some(object) = body.as_object_mut() {
            object.extend(self.members.clone());
            object.extend(
                self.reference
                    .clone()
                    .map(|reference| ("reference".to_owned(), reference.into())),
            );
        }
        body
    }

    /// The API's answer.
    pub fn json_response(&self, locale: Locale) -> Response {
        let mut response = (self.kind.status(), Json(self.json(locale))).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// Eight characters that a reader can read out on the telephone.
fn reference() -> String {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bytes = [0_u8; 8];
    // Without randomness the reference is all zeros: still shown, still logged.
    let _ = getrandom::fill(&mut bytes);
    bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .collect()
}

/// Only status and the problem itself: the outermost layer knows the language and renders it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        let kind = match fault {
            Fault::Busy | Fault::Unavailable(_) => Kind::Unavailable,
            _ => Kind::Fault,
        };
        Problem::fault(kind, &fault.detail())
    }
}

impl From<CartRefusal> for Problem {
    fn from(refusal: CartRefusal) -> Problem {
        match refusal {
            CartRefusal::NotBuyable { edition } => {
                Problem::of(Kind::NotBuyable).with("edition", edition.get())
            }
            CartRefusal::TooMany { limit } => Problem::of(Kind::TooMany).with("limit", limit),
            CartRefusal::NotInCart { edition } => {
                Problem::of(Kind::NotInCart).with("edition", edition.get())
            }
            CartRefusal::Fault(fault) => fault.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::EmptyCart => Problem::of(Kind::EmptyCart),
            Refusal::TooMany { limit } => Problem::of(Kind::TooMany).with("limit", limit),
            Refusal::NotDelivered { .. } => Problem::of(Kind::NotDelivered),
            Refusal::PriceChanged { was, now } => Problem::of(Kind::PriceChanged)
                .with("was_cents", was.as_cents())
                .with("now_cents", now.as_cents()),
            Refusal::NotBuyable { edition } => {
                Problem::of(Kind::NotBuyable).with("edition", edition.get())
            }
            Refusal::OutOfStock { edition, available } => Problem::of(Kind::OutOfStock)
                .with("edition", edition.get())
                .with("available", available),
            Refusal::KeyReused => Problem::of(Kind::KeyReused),
            Refusal::Fault(fault) => fault.into(),
        }
    }
}

impl From<PayRefusal> for Problem {
    fn from(refusal: PayRefusal) -> Problem {
        match refusal {
            PayRefusal::NoSuchPayment => Problem::of(Kind::NotFound),
            PayRefusal::NotWaiting { state } => {
                Problem::of(Kind::NotWaiting).with("state", state.code())
            }
            PayRefusal::InFlight => Problem::of(Kind::InFlight),
            PayRefusal::TooManyTries { limit } => {
                Problem::of(Kind::TooManyTries).with("limit", limit)
            }
            PayRefusal::NotTaken { means } => {
                Problem::of(Kind::MeansNotTaken).with("means", means.code())
            }
            PayRefusal::Fault(fault) => fault.into(),
        }
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Problem {
        Problem::fault(Kind::Unavailable, &error)
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
    fn an_api_answer_has_the_members_of_rfc_9457_and_its_own() {
        let body = Problem::of(Kind::OutOfStock)
            .with("available", 2)
            .json(Locale::En);
        assert_eq!(body["type"], "/problems/out-of-stock");
        assert_eq!(body["status"], 409);
        assert_eq!(body["available"], 2);
        assert!(!body["title"].as_str().unwrap().starts_with("problem"));
    }

    #[test]
    fn a_fault_shows_its_reference_and_nothing_else() {
        let problem = Problem::fault(Kind::Fault, &"table orders is on fire");
        let body = problem.json(Locale::Fr).to_string();
        assert!(body.contains(&problem.reference.unwrap()) && !body.contains("on fire"));
    }
}
