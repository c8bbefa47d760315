//! The private door: what the switch and the shop may ask.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use cards::messages::{Redeem, Redeemed};
use link::{Peer, Problem};
use serde::{Deserialize, Serialize};
use trade::clock::Timestamp;
use trade::payment::{CardSummary, CardToken};

use crate::OpenVault;
use crate::audit::{Entry, Verb};
use crate::forget::{ForgetRefusal, forget};
use crate::verbs::{DescribeRefusal, RedeemRefusal, describe, redeem};

/// No message of this door is longer.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// `POST /describe` and `POST /forget`: which card is meant.
#[derive(Debug, Serialize, Deserialize)]
struct Which {
    token: CardToken,
}

/// `GET /status`.
#[derive(Debug, Serialize)]
struct Status {
    /// `open`: keys are there and cards are taken in. `sealed`: neither.
    state: &'static str,
    /// Since when.
    since: Timestamp,
    /// Whether the master key lies in a file (development).
    dev: bool,
    /// The public id of the key that browsers seal to, while open.
    intake_key: Option<String>,
}

pub(crate) fn router(vault: Arc<OpenVault>) -> Router {
    Router::new()
        .route("/redeem", post(answer_redeem))
        .route("/describe", post(answer_describe))
        .route("/forget", post(answer_forget))
        .route("/status", get(answer_status))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(axum::middleware::from_fn(crate::deadline::in_time))
        .with_state(vault)
}

/// Only the switch: the answer carries a card number.
async fn answer_redeem(
    State(vault): State<Arc<OpenVault>>,
    Extension(peer): Extension<Peer>,
    request: Result<Json<Redeem>, JsonRejection>,
) -> Result<Json<Redeemed>, Refused> {
    if peer.name() != "switch" {
        return Err(turned_away(&vault, &peer, Verb::Redeem, "Only the switch redeems.").await);
    }
    Ok(Json(
        redeem(&vault, peer.name(), &read(request)?.grant).await?,
    ))
}

async fn answer_describe(
    State(vault): State<Arc<OpenVault>>,
    Extension(peer): Extension<Peer>,
    request: Result<Json<Which>, JsonRejection>,
) -> Result<Json<CardSummary>, Refused> {
    Ok(Json(
        describe(&vault, peer.name(), read(request)?.token).await?,
    ))
}

/// Only the shop, whose reader's card it is.
async fn answer_forget(
    State(vault): State<Arc<OpenVault>>,
    Extension(peer): Extension<Peer>,
    request: Result<Json<Which>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    if peer.name() != vault.shop {
        let why = "Only the shop has cards forgotten.";
        return Err(turned_away(&vault, &peer, Verb::Forget, why).await);
    }
    forget(&vault, peer.name(), read(request)?.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A peer that asks for what is another's: that it tried is in the log.
async fn turned_away(vault: &OpenVault, peer: &Peer, verb: Verb, why: &str) -> Refused {
    let entry = Entry {
        peer: Some(peer.name().to_owned()),
        refused: Some(why.to_owned()),
        ..Entry::new(verb, vault.clock.now())
    };
    match vault.note(entry).await {
        Ok(()) => refused(StatusCode::FORBIDDEN, "not-for-this-peer", why),
        Err(fault) => unavailable(fault),
    }
}

/// From memory: shops ask every few seconds whether cards are taken.
async fn answer_status(State(vault): State<Arc<OpenVault>>) -> Json<Status> {
    let keys = vault.safe.keys().ok();
    Json(Status {
        state: if keys.is_some() { "open" } else { "sealed" },
        since: vault.safe.since(),
        dev: vault.dev,
        intake_key: keys.and_then(|keys| Some(keys.intake()?.public().id.clone())),
    })
}

/// The request, or a refusal that repeats nothing of it.
fn read<T>(request: Result<Json<T>, JsonRejection>) -> Result<T, Refused> {
    match request {
        Ok(Json(request)) => Ok(request),
        Err(_) => Err(refused(
            StatusCode::BAD_REQUEST,
            "malformed",
            "This is not what the call takes.",
        )),
    }
}

struct Refused(StatusCode, Problem);

fn refused(status: StatusCode, kind: &str, title: &str) -> Refused {
    Refused(status, Problem::new(kind, title))
}

fn unavailable(fault: storage::Fault) -> Refused {
    tracing::error!(fault = fault.detail(), "the vault's database failed");
    refused(
        StatusCode::SERVICE_UNAVAILABLE,
        "vault-unavailable",
        "The vault cannot reach its data.",
    )
}

/// Nothing can be asked of a vault without keys.
fn sealed() -> Refused {
    refused(
        StatusCode::SERVICE_UNAVAILABLE,
        "vault-sealed",
        "The vault is sealed: its custodians must unseal it.",
    )
}

fn unknown() -> Refused {
    refused(
        StatusCode::NOT_FOUND,
        "token-unknown",
        "No card has this token.",
    )
}

impl From<RedeemRefusal> for Refused {
    fn from(refusal: RedeemRefusal) -> Refused {
        let (status, kind) = match &refusal {
            RedeemRefusal::Forged => (StatusCode::FORBIDDEN, "grant-forged"),
            RedeemRefusal::OtherShop => (StatusCode::FORBIDDEN, "grant-of-another-shop"),
            RedeemRefusal::OtherCurrency => (StatusCode::CONFLICT, "grant-in-another-currency"),
            RedeemRefusal::Expired => (StatusCode::GONE, "grant-expired"),
            RedeemRefusal::UnknownToken => (StatusCode::NOT_FOUND, "token-unknown"),
            RedeemRefusal::Forgotten => (StatusCode::GONE, "card-forgotten"),
            RedeemRefusal::Sealed(_) => return sealed(),
            RedeemRefusal::OtherPayment => (StatusCode::CONFLICT, "token-of-another-payment"),
            RedeemRefusal::Used => (StatusCode::CONFLICT, "grant-used"),
            RedeemRefusal::Redeemed => (StatusCode::CONFLICT, "card-redeemed"),
            RedeemRefusal::Unopened => (StatusCode::INTERNAL_SERVER_ERROR, "record-does-not-open"),
            RedeemRefusal::Fault(_) => (StatusCode::SERVICE_UNAVAILABLE, "vault-unavailable"),
        };
        match &refusal {
            RedeemRefusal::Fault(fault) => {
                tracing::error!(fault = fault.detail(), "the vault's database failed")
            }
            other => tracing::warn!(refusal = %other, "a grant was refused"),
        }
        refused(status, kind, &refusal.to_string())
    }
}

impl From<DescribeRefusal> for Refused {
    fn from(refusal: DescribeRefusal) -> Refused {
        match refusal {
            DescribeRefusal::UnknownToken => unknown(),
            DescribeRefusal::Forgotten => {
                refused(StatusCode::GONE, "card-forgotten", "The card is forgotten.")
            }
            DescribeRefusal::Sealed(_) => sealed(),
            DescribeRefusal::Fault(fault) => unavailable(fault),
        }
    }
}

impl From<ForgetRefusal> for Refused {
    fn from(refusal: ForgetRefusal) -> Refused {
        match refusal {
            ForgetRefusal::UnknownToken => unknown(),
            ForgetRefusal::Sealed(_) => sealed(),
            ForgetRefusal::List(fault) => {
                unavailable(storage::Fault::defect(format!("the list: {fault}")))
            }
            ForgetRefusal::Fault(fault) => unavailable(fault),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, [("cache-control", "no-store")], Json(self.1)).into_response()
    }
}
