//! The private HTTP API, for the shop only: one route per thing a bookseller does with a payment.
//!
//! Every outcome is a 200 with its own word for what happened; another status means that nothing
//! was taken on. All requests may be repeated.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Extension, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use link::{Peer, Problem};
use serde::{Deserialize, Serialize};
use storage::{Fault, Tx};
use trade::clock::Timestamp;
use trade::ids::{CaptureId, PaymentId, RefundId};
use trade::money::Money;
use trade::payment::{AuthoriseOutcome, AuthoriseRequest, CaptureRequest, Outcome, RefundRequest};

use crate::clearing;
use crate::desk::{Desk, Refusal, outcome};
use crate::journal::advice::{self, Kind};
use crate::journal::clearing as cleared;
use crate::journal::payment;
use crate::journal::stray::{self, Stray};
use crate::line::Standing;
use crate::line::history::Minute;
use crate::state::State as PaymentState;

/// The longest request, in bytes: a signed grant is under 2 kB.
const MOST_BODY: usize = 16 * 1024;

/// How many unmatched replies the status shows: with [`trade::limits::CARRIERS`] full hours it still fits the 64 kB that a link
/// reads.
pub(crate) const SHOWN_STRAYS: usize = 36;

/// `GET /payments/{id}`: all that the switch knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReport {
    /// The payment.
    pub payment: PaymentId,
    /// The order, empty when the payment was closed before it was heard of.
    pub order: String,
    /// What was to be held.
    pub amount: Money,
    /// Where it stands.
    pub state: PaymentState,
    /// What became of the authorisation; absent while it is under way.
    pub outcome: Option<AuthoriseOutcome>,
    /// What the bank approved, when that was a part of the amount: reversed, and declined to the shop.
    pub part: Option<Money>,
    /// What was taken: the captures that the bank has confirmed.
    pub captured: Money,
    /// What is being taken: the captures that it has not confirmed yet.
    pub capturing: Money,
    /// What was given back, or is being given back.
    pub refunded: Money,
    /// What became of the reversal, once asked for or necessary.
    pub reversal: Option<Outcome>,
    /// The captures, oldest first.
    pub captures: Vec<CaptureReport>,
    /// The refunds, oldest first.
    pub refunds: Vec<RefundReport>,
}

/// One capture of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureReport {
    /// The capture.
    pub capture: CaptureId,
    /// How much.
    pub amount: Money,
    /// What became of it.
    pub result: Outcome,
}

/// One refund of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundReport {
    /// The refund.
    pub refund: RefundId,
    /// How much.
    pub amount: Money,
    /// What became of it.
    pub result: Outcome,
}

/// `GET /status`: how the switch is, for an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Since when the bank can be reached; absent when no carrier is up.
    pub line_up_since: Option<Timestamp>,
    /// How each carrier is, the preferred one first.
    pub carriers: Vec<Carrier>,
    /// Messages that wait for their answer.
    pub in_flight: usize,
    /// Stored messages that the bank has not confirmed.
    pub queued: i64,
    /// Since when the oldest of them waits.
    pub queued_since: Option<Timestamp>,
    /// Payments in doubt whose reversal is not confirmed.
    pub unknown: i64,
    /// How clearing is.
    pub clearing: ClearingStatus,
    /// The latest replies that nobody waited for, newest first.
    pub strays: Vec<Stray>,
    /// How many such replies were not kept since the switch started, because there were too many at once.
    #[serde(default)]
    pub strays_unkept: u64,
}

/// How clearing is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearingStatus {
    /// The number of the last batch.
    pub last_sequence: Option<u32>,
    /// When it was cut.
    pub last_cut: Option<Timestamp>,
    /// Captures and refunds that wait for the next one.
    pub uncleared: i64,
    /// Batches that the bank has not taken, those that it refused among them.
    pub untaken: i64,
    /// Batches that the bank refused: somebody should ask why.
    pub refused: i64,
    /// Captures and refunds that no batch can bear, because the bank's references are not whole: somebody should settle them
    /// with the bank.
    #[serde(default)]
    pub unclearable: i64,
}

fn clearing_status(tx: &mut dyn Tx) -> Result<ClearingStatus, Fault> {
    let last = cleared::last(tx)?;
    let (untaken, refused) = cleared::count_untaken(tx)?;
    Ok(ClearingStatus {
        last_sequence: last.as_ref().map(|last| last.sequence.get()),
        last_cut: last.map(|last| last.cut),
        uncleared: cleared::count_uncleared(tx)?,
        untaken,
        refused,
        unclearable: cleared::count_unclearable(tx)?,
    })
}

/// How one carrier to the bank is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Where it leads.
    pub address: SocketAddr,
    /// Whether it is up: `up_since` or `down_since` beside the others, one of the two.
    #[serde(flatten)]
    pub standing: Standing,
    /// Whether it was silent when last asked: others go first.
    pub doubted: bool,
    /// Messages that wait for their answer on it.
    pub in_flight: usize,
    /// Messages that it brought the answer to, since the switch started.
    pub answered: u64,
    /// Messages that left by it and were not answered.
    pub unanswered: u64,
    /// Between message and answer, on average, in microseconds.
    pub mean_answer_us: u64,
    /// The last hour, minute by minute; minutes in which nothing happened are not there.
    pub minutes: Vec<Minute>,
}

/// The shop asks for everything; the switch's own operator, by its own certificate, only how it is and for clearing.
pub(crate) fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/payments/{id}", get(show))
        .route("/payments/{id}/authorise", post(authorise))
        .route("/payments/{id}/capture", post(capture))
        .route("/payments/{id}/reverse", post(reverse))
        .route("/payments/{id}/refund", post(refund))
        .route_layer(middleware::from_fn(only_the_shop))
        .route("/status", get(status))
        .merge(clearing::door::routes())
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .with_state(desk)
}

async fn only_the_shop(Extension(peer): Extension<Peer>, request: Request, next: Next) -> Response {
    match peer.name() {
        "shop" => next.run(request).await,
        peer => {
            tracing::warn!(peer, "a peer asked for what is the shop's");
            refuse(Refusal::NotTheShop).into_response()
        }
    }
}

pub(crate) type Refused = (StatusCode, Json<Problem>);
pub(crate) type Answer<T> = Result<Json<T>, Refused>;
type Body<T> = Result<Json<T>, JsonRejection>;

async fn authorise(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    body: Body<AuthoriseRequest>,
) -> Answer<AuthoriseOutcome> {
    let (id, request) = (payment_id(&id)?, readable(body)?);
    let work = Arc::clone(&desk);
    let outcome = desk
        .see_through(async move { work.authorise(id, request).await })
        .await;
    if matches!(outcome, Err(Refusal::Grant)) {
        tracing::warn!(payment = %id, "a grant was refused");
    }
    answer(outcome)
}

async fn capture(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    body: Body<CaptureRequest>,
) -> Answer<Outcome> {
    let (id, request) = (payment_id(&id)?, readable(body)?);
    answer(desk.capture(id, request).await)
}

async fn refund(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    body: Body<RefundRequest>,
) -> Answer<Outcome> {
    let (id, request) = (payment_id(&id)?, readable(body)?);
    answer(desk.refund(id, request).await)
}

async fn reverse(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer<Outcome> {
    answer(desk.reverse(payment_id(&id)?).await)
}

async fn show(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Answer<PaymentReport> {
    let id = payment_id(&id)?;
    let found = desk.store.read(move |tx| {
        let payment = payment::find(tx, id)?.ok_or(Refusal::NoSuchPayment)?;
        Ok::<_, Refusal>((payment, advice::of_payment(tx, id)?))
    });
    answer(
        found
            .await
            .map(|(payment, advices)| report(&payment, &advices)),
    )
}

fn report(payment: &payment::Payment, advices: &[advice::Advice]) -> PaymentReport {
    let (mut captures, mut refunds, mut reversal) = (Vec::new(), Vec::new(), None);
    for advice in advices {
        let (amount, result) = (advice.amount, outcome(advice));
        match advice.kind {
            Kind::Capture(capture) => captures.push(CaptureReport {
                capture,
                amount,
                result,
            }),
            Kind::Refund(refund) => refunds.push(RefundReport {
                refund,
                amount,
                result,
            }),
            Kind::Reversal => reversal = Some(result),
        }
    }
    PaymentReport {
        payment: payment.id,
        order: payment.order.clone(),
        amount: payment.amount,
        state: payment.state,
        outcome: payment.authorisation(),
        captured: payment.captured,
        part: payment.part,
        capturing: payment.capturing,
        refunded: payment.refunded,
        reversal,
        captures,
        refunds,
    }
}

async fn status(State(desk): State<Arc<Desk>>) -> Answer<Status> {
    let (line_up_since, in_flight) = (desk.carriers.up_since(), desk.carriers.in_flight());
    let (carriers, strays_unkept) = (desk.carriers.report(), desk.strays.unkept());
    let found = desk.store.read(move |tx| {
        let (queued, queued_since) = advice::waiting(tx)?;
        Ok::<_, Refusal>(Status {
            line_up_since,
            carriers: carriers.clone(),
            in_flight,
            queued,
            queued_since,
            unknown: payment::count_unknown(tx)?,
            clearing: clearing_status(tx)?,
            strays: stray::latest(tx, SHOWN_STRAYS)?,
            strays_unkept,
        })
    });
    let mut status = found.await;
    for stray in status.iter_mut().flat_map(|status| &mut status.strays) {
        stray.carrier = desk.strays.who_brought(stray.seq);
    }
    answer(status)
}

fn payment_id(text: &str) -> Result<PaymentId, (StatusCode, Json<Problem>)> {
    text.parse().map_err(|_| refuse(Refusal::NoSuchPayment))
}

fn readable<T>(body: Body<T>) -> Result<T, (StatusCode, Json<Problem>)> {
    let unreadable = |rejected: JsonRejection| {
        (
            rejected.status(),
            Json(Problem::new("unreadable", "the request cannot be read")),
        )
    };
    body.map(|Json(request)| request).map_err(unreadable)
}

pub(crate) fn answer<T>(outcome: Result<T, Refusal>) -> Answer<T> {
    outcome.map(Json).map_err(refuse)
}

pub(crate) fn refuse(refusal: Refusal) -> Refused {
    let (status, kind) = match &refusal {
        Refusal::Conflict => (StatusCode::CONFLICT, "conflict"),
        Refusal::NoSuchPayment => (StatusCode::NOT_FOUND, "no-such-payment"),
        Refusal::Grant => (StatusCode::FORBIDDEN, "grant"),
        Refusal::Amount => (StatusCode::UNPROCESSABLE_ENTITY, "amount"),
        Refusal::NotTheShop => (StatusCode::FORBIDDEN, "not-the-shop"),
        Refusal::NoClearing => (StatusCode::NOT_FOUND, "no-clearing"),
        Refusal::NoSuchBatch => (StatusCode::NOT_FOUND, "no-such-batch"),
        Refusal::NoAnswer => (StatusCode::NOT_FOUND, "no-answer"),
        Refusal::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        Refusal::Journal(fault) => {
            tracing::error!(fault = fault.detail(), "the journal cannot be used");
            (StatusCode::SERVICE_UNAVAILABLE, "journal")
        }
    };
    (status, Json(Problem::new(kind, &refusal.to_string())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::journal::stray::{Finding, StrayKind};
    use trade::limits;

    const NOW: Timestamp = Timestamp::micros(1_795_000_000_000_000);

    /// A minute of a very busy and very bad line.
    fn minute() -> Minute {
        let (many, minutes_us) = (999_999, 600_000_000);
        Minute {
            begins: NOW,
            answered: many,
            timed_out: many,
            lost: many,
            overtaken: many,
            sessions_failed: many,
            mean_answer_us: minutes_us,
            longest_answer_us: minutes_us,
        }
    }

    fn stray() -> Stray {
        Stray {
            seq: 999_999_999,
            mti: "0410".to_owned(),
            terminal: "BOUQUIN1".to_owned(),
            stan: "999999".to_owned(),
            response_code: "00".to_owned(),
            reason: "x".repeat(200),
            kind: StrayKind::ConnectionLost,
            received: NOW,
            carrier: "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535"
                .parse()
                .ok(),
            payment: Some(PaymentId::new()),
            transmitted: "1126120000".to_owned(),
            retrieval_reference: "633012000001".to_owned(),
            finding: Some(Finding::Contradicts),
        }
    }

    #[test]
    fn the_longest_status_fits_what_a_link_reads() {
        let carrier = Carrier {
            address: "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535"
                .parse()
                .unwrap(),
            standing: Standing::Down(NOW),
            doubted: false,
            in_flight: 99_999,
            answered: u64::MAX,
            unanswered: u64::MAX,
            mean_answer_us: 600_000_000,
            minutes: vec![minute(); 60],
        };
        let status = Status {
            line_up_since: Some(NOW),
            carriers: vec![carrier; limits::CARRIERS],
            in_flight: 99_999,
            queued: i64::MAX,
            queued_since: Some(NOW),
            unknown: i64::MAX,
            clearing: ClearingStatus {
                last_sequence: Some(u32::MAX),
                last_cut: Some(NOW),
                uncleared: i64::MAX,
                untaken: i64::MAX,
                refused: i64::MAX,
                unclearable: i64::MAX,
            },
            strays: vec![stray(); SHOWN_STRAYS],
            strays_unkept: u64::MAX,
        };
        let bytes = serde_json::to_vec(&status).unwrap().len();
        assert!(bytes < link::http::MAX_ANSWER_BYTES, "{bytes}");
    }
}
