//! Payouts and what they are made of, from the provider's words to the shop's.
//!
//! <https://docs.stripe.com/api/payouts/list>, <https://docs.stripe.com/api/balance_transactions/list>, and for the words
//! <https://docs.stripe.com/reports/balance-transaction-types> and <https://docs.stripe.com/reports/reporting-categories>.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use shop::reconciliation::{
    fetching::{FetchFault, Fetched, Listing, PayoutDoor},
    payouts::{About, Items, Payout, PayoutState, Transaction},
};
use trade::{clock::Timestamp, limits, money::Money};

use crate::{
    checkout::{Checkout, is_name},
    wire::{Answer, NoAnswer},
};

/// Entries of a page of a list: the most that the provider gives.
const PAGE: usize = 100;
/// Who pays, on the statement of the shop's bank.
const PAYER: &str = "STRIPE";
/// Letters of a name of the provider: it promises 255, and uses about thirty.
const NAME_CHARS: usize = 64;
/// The reason of a dispute for which the provider gives none.
const NO_REASON: &str = "general";

#[derive(Debug, Deserialize)]
struct List<T> {
    data: Vec<T>,
    has_more: bool,
}

#[derive(Debug, Deserialize)]
struct PayoutObject {
    id: String,
    status: String,
    amount: i64,
    currency: String,
    /// Seconds since 1970, as the next.
    created: i64,
    arrival_date: i64,
    #[serde(default)]
    automatic: bool,
    reconciliation_status: Option<String>,
    trace_id: Option<TraceId>,
}

#[derive(Debug, Deserialize)]
struct TraceId {
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct BalanceTransaction {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    reporting_category: String,
    amount: i64,
    fee: i64,
    net: i64,
    currency: String,
    source: Option<Source>,
}

/// What a transaction is about: whole, or where it cannot be shown whole, its name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Source {
    Whole(Box<SourceObject>),
    Name(String),
}

/// A charge, a refund, a dispute, a payout.
#[derive(Debug, Default, Deserialize)]
struct SourceObject {
    id: String,
    #[serde(default)]
    object: String,
    currency: Option<String>,
    charge: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl PayoutDoor for Checkout {
    fn payouts<'a>(
        &'a self,
        since: Option<Timestamp>,
        after: Option<&'a str>,
    ) -> Fetched<'a, Listing<Payout>> {
        Box::pin(async move {
            let since = since.map(|since| since.as_micros().div_euclid(1_000_000));
            let since = since.map(|since| format!("&created[gte]={since}"));
            let since = since.unwrap_or_default();
            let path = format!("/v1/payouts?limit={PAGE}{since}{}", starting(after)?);
            let list: List<PayoutObject> = told(self.wire.get(&path).await)?;
            listing(list, payout, |payout| &payout.id)
        })
    }

    fn transactions<'a>(
        &'a self,
        payout: &'a str,
        after: Option<&'a str>,
    ) -> Fetched<'a, Listing<Transaction>> {
        Box::pin(async move {
            let (payout, after) = (name(payout)?, starting(after)?);
            let path = format!(
                "/v1/balance_transactions?payout={payout}&limit={PAGE}&expand[]=data.source{after}"
            );
            let list: List<BalanceTransaction> = told(self.wire.get(&path).await)?;
            listing(list, transaction, |transaction| &transaction.id)
        })
    }
}

fn starting(after: Option<&str>) -> Result<String, FetchFault> {
    let after = after.map(name).transpose()?;
    Ok(after.map_or_else(String::new, |after| format!("&starting_after={after}")))
}

fn listing<T, U>(
    list: List<T>,
    read: impl Fn(T) -> Result<U, FetchFault>,
    named: impl Fn(&U) -> &String,
) -> Result<Listing<U>, FetchFault> {
    let listed: Vec<U> = list.data.into_iter().map(read).collect::<Result<_, _>>()?;
    let last = listed.last().map(named).cloned();
    Ok(Listing {
        next: last.filter(|_| list.has_more),
        listed,
    })
}

fn payout(object: PayoutObject) -> Result<Payout, FetchFault> {
    let items = match (object.automatic, object.reconciliation_status.as_deref()) {
        (false, _) | (true, Some("not_applicable")) => Items::Never,
        (true, Some("in_progress")) => Items::Later,
        (true, _) => Items::Known,
    };
    let trace = object.trace_id.and_then(|trace| trace.value);
    Ok(Payout {
        id: name(&object.id)?.to_owned(),
        // A word of a later version is none of an end.
        state: PayoutState::of_code(&object.status).unwrap_or(PayoutState::InTransit),
        amount: cents(object.amount)?,
        currency: name(&object.currency)?.to_owned(),
        created: moment(object.created)?,
        // Midnight of that day in UTC.
        arrives_on: moment(object.arrival_date)?.date_in_paris(),
        items,
        payer: PAYER.to_owned(),
        trace: trace.filter(|trace| trace.chars().count() <= NAME_CHARS),
    })
}

fn transaction(object: BalanceTransaction) -> Result<Transaction, FetchFault> {
    if object.amount.checked_sub(object.fee) != Some(object.net) {
        return Err(FetchFault::Garbled);
    }
    let about = about(&object);
    let (source, of_currency) = match object.source {
        Some(Source::Whole(whole)) => (whole.id, whole.currency),
        Some(Source::Name(name)) => (name, None),
        None => (object.kind, None),
    };
    Ok(Transaction {
        id: name(&object.id)?.to_owned(),
        about,
        source: name(&source)?.to_owned(),
        amount: cents(object.amount)?,
        fee: cents(object.fee)?,
        currency: name(&object.currency)?.to_owned(),
        of_currency,
    })
}

fn about(object: &BalanceTransaction) -> About {
    let (id, charge, reason, refund) = match &object.source {
        Some(Source::Whole(whole)) => {
            let charge = match whole.object.as_str() {
                "charge" => Some(whole.id.clone()),
                _ => whole.charge.clone(),
            };
            let refund = whole.metadata.get("refund").and_then(|id| id.parse().ok());
            (Some(&whole.id), charge, whole.reason.as_deref(), refund)
        }
        Some(Source::Name(name)) => (Some(name), None, None, None),
        None => (None, None, None, None),
    };
    let reason = reason.unwrap_or(NO_REASON).chars();
    let reason = reason.take(limits::DISPUTE_REASON_CHARS).collect();
    let category = object.reporting_category.as_str();
    match (object.kind.as_str(), category, charge, id) {
        ("payout", ..) => About::Itself,
        ("charge" | "payment", _, charge, Some(id)) => About::Charge {
            charge: charge.unwrap_or_else(|| id.clone()),
        },
        // What was reserved and not taken is counted and given back in one moment.
        ("refund" | "payment_refund", "partial_capture_reversal", Some(charge), _) => {
            About::Charge { charge }
        }
        ("refund" | "payment_refund", _, charge, _) => About::Refund { refund, charge },
        ("adjustment", "dispute", Some(charge), _) => About::Chargeback { charge, reason },
        ("adjustment", "dispute_reversal", Some(charge), _) => {
            About::Representment { charge, reason }
        }
        ("payout_failure" | "payout_cancel", _, _, Some(payout)) => About::Failure {
            payout: payout.clone(),
        },
        ("stripe_fee" | "stripe_fx_fee" | "network_cost" | "tax_fee", ..) | (_, "fee", ..) => {
            About::Fee
        }
        (_, _, charge, _) => About::Other { charge },
    }
}

fn name(text: &str) -> Result<&str, FetchFault> {
    match is_name(text) && text.len() <= NAME_CHARS {
        true => Ok(text),
        false => Err(FetchFault::Garbled),
    }
}

fn cents(amount: i64) -> Result<Money, FetchFault> {
    match amount.unsigned_abs() <= limits::STATEMENT_AMOUNT_CENTS.unsigned_abs() {
        true => Ok(Money::cents(amount)),
        false => Err(FetchFault::Garbled),
    }
}

fn moment(seconds: i64) -> Result<Timestamp, FetchFault> {
    // Until the year 9999.
    let seconds = Some(seconds).filter(|seconds| (0..=253_402_300_799).contains(seconds));
    let micros = seconds.and_then(|seconds| seconds.checked_mul(1_000_000));
    micros.map(Timestamp::micros).ok_or(FetchFault::Garbled)
}

/// What an answer to a question for a list means, by its status.
fn told<T: DeserializeOwned>(answer: Result<Answer, NoAnswer>) -> Result<T, FetchFault> {
    let answer = answer.map_err(|none| match none {
        NoAnswer::Unreached(_) => FetchFault::Unreachable,
        NoAnswer::Unanswered(_) => FetchFault::Silent,
    })?;
    match answer.status.as_u16() {
        200 => serde_json::from_slice(&answer.body).map_err(|error| {
            tracing::error!(%error, "the provider's list cannot be read");
            FetchFault::Garbled
        }),
        // Too many questions at once, or trouble of its own: the next time.
        429 | 500.. => Err(FetchFault::Silent),
        status => {
            tracing::error!(status, "the provider refuses a list: may the key read it?");
            Err(FetchFault::Refused)
        }
    }
}
