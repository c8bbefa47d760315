//! A payout is booked whole and once, with all that it is made of, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use storage::{Fault, Tx};
use trade::{clock::Timestamp, money::Money};

use super::{
    arrive,
    find::{self, Found},
    keep::Wanted,
    told::{About, Transaction},
};
use crate::ledger::{self, Account, Entry, TransferState};

storage::statements! {
    BOOK = "UPDATE provider_payouts SET booked_us = $2 WHERE id = $1 AND booked_us IS NULL";
    SUMS = "UPDATE provider_payouts SET fees_cents = $2, rest_cents = $3 WHERE id = $1";
    WRITE = "INSERT INTO provider_transactions (id, payout, kind, source, subject, order_number, amount_cents, fee_cents,
            expected_cents, rest_cents, why)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    KNOWN = "SELECT 1 FROM provider_transactions WHERE id = $1";
    UNDO = "UPDATE provider_payouts SET failed_us = $2 WHERE id = $1 AND booked_us IS NOT NULL AND failed_us IS NULL";
}

/// What a payout moves, account by account: what it takes from each.
#[derive(Default)]
struct Sums {
    clearing: Money,
    fees: Money,
    suspense: Money,
}

/// Books a payout; whether it had not been booked before.
///
/// # Errors
/// A [`Fault`]; nothing was booked then.
pub(in super::super) fn book(
    tx: &mut dyn Tx,
    payout: &Wanted,
    transactions: &[Transaction],
    now: Timestamp,
) -> Result<bool, Fault> {
    let id = payout.id.as_str();
    if tx.execute(&BOOK, &[id.into(), now.as_micros().into()])? == 0 {
        return Ok(false);
    }
    let mut sums = settle(tx, id, transactions, now)?;
    // What of the payout its transactions do not come to lies in suspense too.
    let made_of = sums.clearing + sums.fees + sums.suspense;
    let rest = payout.amount - made_of;
    sums.suspense += rest;
    let mut entries = vec![
        (Account::PayoutsInTransit, payout.amount),
        (Account::ProviderClearing, -sums.clearing),
        (Account::Fees, -sums.fees),
        (Account::Suspense, -sums.suspense),
    ];
    entries.retain(|(_, amount)| !amount.is_zero());
    if !entries.is_empty() {
        let entries: Vec<Entry> = entries
            .into_iter()
            .map(|(account, amount)| Entry { account, amount })
            .collect();
        let posted = TransferState::Posted;
        ledger::post(tx, &payout_id(id), None, posted, &entries, now)?;
    }
    let params = [
        id.into(),
        (-sums.fees).as_cents().into(),
        rest.as_cents().into(),
    ];
    tx.execute(&SUMS, &params)?;
    match payout.state.is_undone() {
        true => undo(tx, id, payout.amount, now)?,
        false => arrive::pick_up(tx, id, now)?,
    }
    Ok(true)
}

/// Finds what each transaction is, and writes it down. One that was in another payout before is left out: what the provider
/// says twice, it pays once.
fn settle(
    tx: &mut dyn Tx,
    payout: &str,
    transactions: &[Transaction],
    now: Timestamp,
) -> Result<Sums, Fault> {
    let fresh = fresh(tx, transactions)?;
    let mut charges = by_charge(&fresh);
    let mut sums = Sums::default();
    for transaction in fresh {
        let found = match &transaction.about {
            // What is let go of a charge is settled with it.
            About::Charge { charge } => match charges.remove(charge.as_str()) {
                Some(amount) => find::find(tx, transaction, amount, now)?,
                None => Found::default(),
            },
            _ => find::find(tx, transaction, transaction.amount, now)?,
        };
        sums.clearing += found.clearing;
        sums.fees += found.fees - transaction.fee;
        sums.suspense += found.rest;
        write(tx, payout, transaction, &found)?;
    }
    Ok(sums)
}

/// What was not written down before, each once, without the payout itself.
fn fresh<'a>(
    tx: &mut dyn Tx,
    transactions: &'a [Transaction],
) -> Result<Vec<&'a Transaction>, Fault> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut fresh = Vec::new();
    for transaction in transactions {
        let id = transaction.id.as_str();
        let is_itself = transaction.about == About::Itself;
        if !is_itself && seen.insert(id) && tx.query_opt(&KNOWN, &[id.into()])?.is_none() {
            fresh.push(transaction);
        }
    }
    Ok(fresh)
}

/// What all transactions of a payout say of each charge.
fn by_charge<'a>(transactions: &[&'a Transaction]) -> BTreeMap<&'a str, Money> {
    let mut charges: BTreeMap<&'a str, Money> = BTreeMap::new();
    for transaction in transactions {
        if let About::Charge { charge } = &transaction.about {
            *charges.entry(charge).or_default() += transaction.amount;
        }
    }
    charges
}

fn write(
    tx: &mut dyn Tx,
    payout: &str,
    transaction: &Transaction,
    found: &Found,
) -> Result<(), Fault> {
    let Some(kind) = transaction.about.kind() else {
        return Ok(());
    };
    let params = [
        transaction.id.as_str().into(),
        payout.into(),
        kind.into(),
        transaction.source.as_str().into(),
        found.subject.as_deref().into(),
        found.order.as_deref().into(),
        transaction.amount.as_cents().into(),
        transaction.fee.as_cents().into(),
        found.expected.map(Money::as_cents).into(),
        found.rest.as_cents().into(),
        found.why.into(),
    ];
    tx.execute(&WRITE, &params).map(drop)
}

/// A payout did not arrive: the provider owes its amount again. Once.
pub(super) fn undo(tx: &mut dyn Tx, id: &str, amount: Money, now: Timestamp) -> Result<(), Fault> {
    if tx.execute(&UNDO, &[id.into(), now.as_micros().into()])? == 0 || amount.is_zero() {
        return Ok(());
    }
    let entries = ledger::moved(Account::PayoutsInTransit, Account::ProviderClearing, amount);
    let (failed, posted) = (format!("{}:failed", payout_id(id)), TransferState::Posted);
    ledger::post(tx, &failed, None, posted, &entries, now)
}

/// The ledger's id for a payout.
pub(super) fn payout_id(id: &str) -> String {
    format!("payout:{id}")
}
