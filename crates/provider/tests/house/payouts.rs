//! What the stand-in pays out, as the published interface has it: payouts and the balance transactions of each.

use serde_json::{Value, json};

use super::{Asked, House, State};

/// When the first of them is made; each later one an hour after.
const FIRST: i64 = 1_795_431_600;

/// What the stand-in keeps of its payouts.
#[derive(Default)]
pub struct Payouts {
    /// The oldest first.
    pub made: Vec<Value>,
    /// Each with the payout that it is in.
    pub transactions: Vec<(String, Value)>,
}

impl House {
    /// Pays out; `change` makes it another payout than an automatic one of today whose transactions are known.
    pub fn pays_out(&self, amount: i64, change: impl FnOnce(&mut Value)) -> String {
        let mut state = self.books.state();
        let place = state.payouts.made.len();
        let id = format!("po_1Sx{place:05}");
        let created = FIRST + 3600 * i64::try_from(place).unwrap();
        let mut payout = json!({
            "id": id, "object": "payout", "amount": amount, "application_fee": null, "application_fee_amount": null,
            "arrival_date": (created / 86_400 + 2) * 86_400, "automatic": true,
            "balance_transaction": format!("txn_{id}"), "created": created, "currency": "eur",
            "description": "STRIPE PAYOUT", "destination": "ba_1MtIhL2eZvKYlo2CAElKwKu2",
            "failure_balance_transaction": null, "failure_code": null, "failure_message": null, "livemode": false,
            "metadata": {}, "method": "standard", "original_payout": null, "payout_method": null,
            "reconciliation_status": "completed", "reversed_by": null, "source_type": "card",
            "statement_descriptor": null, "status": "paid",
            "trace_id": {"status": "supported", "value": "SEPA0123456789"}, "type": "bank_account",
        });
        change(&mut payout);
        state.payouts.made.push(payout);
        drop(state);
        self.moves(
            &id,
            -amount,
            0,
            "payout",
            "payout",
            json!({"id": id, "object": "payout", "currency": "eur"}),
        );
        id
    }

    /// Something is in a payout; the latest is listed first.
    pub fn moves(
        &self,
        payout: &str,
        amount: i64,
        fee: i64,
        kind: &str,
        category: &str,
        source: Value,
    ) {
        let mut state = self.books.state();
        let place = state.payouts.transactions.len();
        let fees = json!([{"amount": fee, "application": null, "currency": "eur",
            "description": "Stripe processing fees", "type": "stripe_fee"}]);
        let transaction = json!({
            "id": format!("txn_1Sx{place:05}"), "object": "balance_transaction", "amount": amount,
            "available_on": FIRST, "created": FIRST, "currency": "eur", "description": null, "exchange_rate": null,
            "fee": fee, "fee_details": if fee == 0 { json!([]) } else { fees }, "net": amount - fee,
            "reporting_category": category, "source": source, "status": "available", "type": kind,
        });
        state
            .payouts
            .transactions
            .insert(0, (payout.to_owned(), transaction));
    }
}

/// `GET /v1/payouts`
pub fn list(state: &State, asked: &Asked) -> (u16, Value) {
    let since = asked
        .wanted("created[gte]")
        .map(|since| since.parse::<i64>().unwrap());
    let made = state.payouts.made.iter().rev();
    let wanted =
        made.filter(|one| since.is_none_or(|since| one["created"].as_i64().unwrap() >= since));
    page(wanted.cloned().collect(), asked, "/v1/payouts")
}

/// `GET /v1/balance_transactions`: what each is about is shown whole where that is asked for.
pub fn transactions(state: &State, asked: &Asked) -> (u16, Value) {
    let payout = asked.wanted("payout").unwrap();
    let is_whole = asked.wanted("expand[]").as_deref() == Some("data.source");
    let wanted = state
        .payouts
        .transactions
        .iter()
        .filter(|(of, _)| *of == payout);
    let wanted = wanted.map(|(_, transaction)| {
        let mut transaction = transaction.clone();
        if !is_whole {
            transaction["source"] = transaction["source"]["id"].clone();
        }
        transaction
    });
    page(wanted.collect(), asked, "/v1/balance_transactions")
}

fn page(all: Vec<Value>, asked: &Asked, url: &str) -> (u16, Value) {
    let limit: usize = asked
        .wanted("limit")
        .map_or(10, |limit| limit.parse().unwrap());
    assert!((1..=100).contains(&limit));
    let begun = asked.wanted("starting_after").map_or(0, |after| {
        1 + all.iter().position(|one| one["id"] == *after).unwrap()
    });
    let data: Vec<Value> = all.iter().skip(begun).take(limit).cloned().collect();
    let has_more = begun + data.len() < all.len();
    (
        200,
        json!({"object": "list", "data": data, "has_more": has_more, "url": url}),
    )
}
