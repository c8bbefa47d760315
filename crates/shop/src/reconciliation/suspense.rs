//! What lies in suspense, and what a bookseller does with it: gives it to the order it is for, sends it back, or finds
//! that it is a charge of the bank.
//!
//! Nothing is lost there: every amount leaves by exactly one of these, and what stays is a break. An amount for nothing
//! of the shop's (rent, wages) stays for the accountant; its break is closed by hand.

use banking::creditor_reference::CreditorReference;
use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::OrderNumber, money::Money};

use super::{
    entry::{self, BankEntry, EntryKind},
    movement::Movement,
};
use crate::{
    columns,
    ledger::{self, Account, TransferState},
    order, payment,
    staff::audit,
};

storage::statements! {
    GIVE = "UPDATE bank_entries SET given_to = $2 WHERE id = $1";
    GIVEN = "SELECT id, rest_cents FROM bank_entries WHERE given_to = $1 AND rest_cents > 0 ORDER BY id LIMIT 100";
    TAKE = "UPDATE bank_entries SET rest_cents = $3 WHERE id = $1 AND rest_cents = $2";
    SEND = "UPDATE bank_entries SET rest_cents = 0, sent_cents = $2, sent_us = $3 WHERE id = $1 AND rest_cents = $2";
    UNSEEN = "SELECT e.id, e.party_account FROM bank_entries e
        WHERE e.sent_cents = $1 AND e.sent_us IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM bank_entries s WHERE s.kind = 'sent_back' AND s.subject = CAST(e.id AS TEXT))
        ORDER BY e.id LIMIT 100";
}

/// What became of giving an amount to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The order is paid; so much of what was given to it is left over.
    Paid {
        /// What still lies in suspense.
        left: Money,
    },
    /// The order waits for more.
    Waits {
        /// What is missing.
        missing: Money,
    },
}

/// Why nothing was done with an amount in suspense.
#[derive(Debug, thiserror::Error)]
pub enum SuspenseRefusal {
    /// There is no such amount in suspense, or no more.
    #[error("there is no such amount in suspense any more")]
    Gone,
    /// No such order.
    #[error("there is no such order")]
    NoSuchOrder,
    /// The order waits for no transfer, or not any more.
    #[error("the order waits for no transfer")]
    NotWaiting,
    /// The amount goes the other way.
    #[error("this cannot be done with an amount that goes this way")]
    OtherWay,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Gives what lies in suspense to an order. When all that was given to it suffices, exactly what it waits for is taken,
/// from what came first.
///
/// # Errors
/// [`SuspenseRefusal`].
pub fn give(
    tx: &mut dyn Tx,
    entry: i64,
    number: &OrderNumber,
    staff: &str,
    now: Timestamp,
) -> Result<Given, SuspenseRefusal> {
    let entry = lying(tx, entry)?;
    if entry.rest.is_negative() {
        return Err(SuspenseRefusal::OtherWay);
    }
    if order::find(tx, number)?.is_none() {
        return Err(SuspenseRefusal::NoSuchOrder);
    }
    let due = payment::transfer_due(tx, number)?.ok_or(SuspenseRefusal::NotWaiting)?;
    tx.execute(&GIVE, &[entry.id.into(), number.as_str().into()])?;
    audit::record(
        tx,
        staff,
        "bank.give",
        number.as_str(),
        Some(&said(&entry)),
        now,
    )?;
    let given = tx.query(&GIVEN, &[number.as_str().into()])?;
    let given: Vec<(i64, Money)> = given
        .iter()
        .map(|row| Ok((row.int(0)?, Money::cents(row.int(1)?))))
        .collect::<Result<_, Fault>>()?;
    let all: Money = given.iter().map(|(_, rest)| rest).sum();
    if all < due {
        return Ok(Given::Waits { missing: due - all });
    }
    let name = entry.reference.as_deref().unwrap_or(&entry.name);
    let taken = payment::transfer_found(tx, number, name, now)?;
    let mut wanted = taken.ok_or(SuspenseRefusal::NotWaiting)?;
    for (id, rest) in given {
        let part = rest.min(wanted);
        wanted -= part;
        take(tx, id, rest, rest - part)?;
    }
    Ok(Given::Paid { left: all - due })
}

/// A bookseller sent back what lies in suspense; the bank's statement will show it.
///
/// # Errors
/// [`SuspenseRefusal`].
pub fn send_back(
    tx: &mut dyn Tx,
    entry: i64,
    staff: &str,
    now: Timestamp,
) -> Result<Money, SuspenseRefusal> {
    let entry = lying(tx, entry)?;
    if entry.rest.is_negative() {
        return Err(SuspenseRefusal::OtherWay);
    }
    let params = [
        entry.id.into(),
        entry.rest.as_cents().into(),
        now.as_micros().into(),
    ];
    if tx.execute(&SEND, &params)? == 0 {
        return Err(SuspenseRefusal::Gone);
    }
    let entries = ledger::moved(Account::Bank, Account::Suspense, entry.rest);
    let order = order_of(tx, &entry)?;
    let posted = TransferState::Posted;
    ledger::post(tx, &sent_id(entry.id), order, posted, &entries, now)?;
    audit::record(
        tx,
        staff,
        "bank.send_back",
        &entry.id.to_string(),
        Some(&said(&entry)),
        now,
    )?;
    Ok(entry.rest)
}

/// A bookseller found that what the bank took is its charge.
///
/// # Errors
/// [`SuspenseRefusal`].
pub fn is_charge(
    tx: &mut dyn Tx,
    entry: i64,
    staff: &str,
    now: Timestamp,
) -> Result<(), SuspenseRefusal> {
    let entry = lying(tx, entry)?;
    if !entry.rest.is_negative() {
        return Err(SuspenseRefusal::OtherWay);
    }
    take(tx, entry.id, entry.rest, Money::ZERO)?;
    let entries = ledger::moved(Account::Suspense, Account::Fees, -entry.rest);
    let (id, posted) = (format!("fee:{}", entry.id), TransferState::Posted);
    ledger::post(tx, &id, None, posted, &entries, now)?;
    audit::record(
        tx,
        staff,
        "bank.charge",
        &entry.id.to_string(),
        Some(&said(&entry)),
        now,
    )?;
    Ok(())
}

/// The reference to send an amount back under, so that the statement proves it.
pub fn reference_back(entry: i64) -> Option<CreditorReference> {
    CreditorReference::for_body(&format!("RET{entry}")).ok()
}

/// The amount that a movement is the sending back of: it carries the reference, or goes to the account it came from.
pub(super) fn sent_by(tx: &mut dyn Tx, movement: &Movement) -> Result<Option<i64>, Fault> {
    let sent = -movement.gross;
    for row in tx.query(&UNSEEN, &[sent.as_cents().into()])? {
        let (id, account) = (row.int(0)?, row.opt_text(1)?);
        let is_named = reference_back(id)
            .is_some_and(|reference| movement.letters.contains(reference.as_str()));
        let goes_back = account.is_some() && account == movement.party_account.as_deref();
        if is_named || goes_back {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The ledger's id for what was sent back.
pub(super) fn sent_id(entry: i64) -> String {
    format!("sent:{entry}")
}

fn lying(tx: &mut dyn Tx, id: i64) -> Result<BankEntry, SuspenseRefusal> {
    let entry = entry::entry(tx, id)?.filter(|entry| !entry.rest.is_zero());
    entry.ok_or(SuspenseRefusal::Gone)
}

fn take(tx: &mut dyn Tx, id: i64, before: Money, after: Money) -> Result<(), SuspenseRefusal> {
    let params = [id.into(), before.as_cents().into(), after.as_cents().into()];
    match tx.execute(&TAKE, &params)? {
        0 => Err(SuspenseRefusal::Gone),
        _ => Ok(()),
    }
}

/// The order that the payer named.
fn order_of(tx: &mut dyn Tx, entry: &BankEntry) -> Result<Option<trade::ids::OrderId>, Fault> {
    let named = entry
        .subject
        .as_deref()
        .filter(|_| entry.kind == EntryKind::Transfer);
    let Some(number) = named else {
        return Ok(None);
    };
    let order = order::find(tx, &columns::parsed(number)?)?;
    Ok(order.map(|order| order.id))
}

fn said(entry: &BankEntry) -> String {
    format!("{} {}", entry.statement, entry.rest)
}
