//! Money moves only here, by balanced entries: each transfer's entries add up to zero, or it is not written.
//!
//! Debit is above zero, credit below. A transfer is `pending` while the amount is promised, `posted` when it
//! moved, `voided` when it will not; its entries are never changed. Of a promise that is kept in parts, each part
//! is posted, and what remains is promised anew. The life of an order makes these:
//!
//! | transfer | made | debit | credit | settled |
//! |---|---|---|---|---|
//! | `sale:ORDER` | pending, when placed | receivable | sales, delivery, VAT per rate | posted parcel by parcel |
//! | `card:PAYMENT` | pending, when authorised | card or provider clearing | receivable | posted capture by capture |
//! | `certificate:ORDER` | pending, when one is applied | certificates | receivable | posted parcel by parcel |
//! | `paid:CAPTURE` | posted, when it arrived or was paid at the till | bank or till | receivable | |
//! | `refund:REFUND` | posted, when refunded | sales, delivery, VAT per rate | where the money lay | |
//!
//! What the bank does makes these (see [`reconciliation`](crate::reconciliation) and [`disputes`](crate::disputes)):
//!
//! | transfer | made | debit | credit |
//! |---|---|---|---|
//! | `bank:STATEMENT:ENTRY` | posted, when a statement is read | bank, fees | card clearing, suspense, chargebacks |
//! | `sent:ENTRY`, `fee:ENTRY` | posted, when a bookseller clears what lies in suspense | suspense or fees | bank or suspense |
//! | `dispute:DISPUTE:STEP` | pending, until the bank books it; the loss is posted | chargebacks, bank, losses | bank, chargebacks |
//!
//! What the hosted provider pays out makes these (see [`reconciliation::payouts`](crate::reconciliation::payouts)); the bank's
//! entry then moves it from transit to the bank:
//!
//! | transfer | made | debit | credit |
//! |---|---|---|---|
//! | `payout:PAYOUT` | posted, when all that it is made of is known | payouts in transit, fees | provider clearing, suspense |
//! | `payout:PAYOUT:failed` | posted, when the provider says so | provider clearing | payouts in transit |
//! | `payout:PAYOUT:arrived` | posted, when the bank's entry was read before it | suspense | payouts in transit |
//! | `provider:TRANSACTION` | posted with its payout, for a chargeback or what undoes one | chargebacks, provider clearing | provider clearing, chargebacks |

mod account;
mod balance;

pub use account::{Account, Entry};
pub use balance::{Balance, LedgerLine, TrialBalance, of_order, trial_balance};

pub(crate) use account::{change, moved, paid_from, paid_into, sale};

use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{CaptureId, OrderId, OrderNumber, PaymentId, RefundId},
    money::Money,
};

use crate::codes::coded;

storage::statements! {
    OPEN = "INSERT INTO ledger_transfers (id, order_id, state, at_us, settled_us)
        VALUES ($1, $2, $3, $4, $5)";
    ENTRY = "INSERT INTO ledger_entries (transfer, account, amount_cents) VALUES ($1, $2, $3)";
    SETTLE = "UPDATE ledger_transfers SET state = $2, settled_us = $3
        WHERE order_id = $1 AND state = 'pending'";
    SETTLE_ONE = "UPDATE ledger_transfers SET state = $2, settled_us = $3 WHERE id = $1 AND state = 'pending'";
    PROMISES = "SELECT id FROM ledger_transfers WHERE order_id = $1 AND state = 'pending' AND id LIKE $2
        ORDER BY at_us, id";
}

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [STATEMENTS, balance::STATEMENTS].concat()
}

coded! {
    /// Whether the amount of a transfer moved.
    pub enum TransferState {
        /// Promised.
        Pending = "pending",
        /// Moved.
        Posted = "posted",
        /// Will not move.
        Voided = "voided",
    }
}

/// The id of an order's sale.
pub(crate) fn sale_id(order: &OrderNumber) -> String {
    format!("sale:{order}")
}

/// The id of what the bank owes for a payment.
pub(crate) fn card_id(payment: PaymentId) -> String {
    format!("card:{payment}")
}

/// The id of what certificates are to pay of an order.
pub(crate) fn certificate_id(order: &OrderNumber) -> String {
    format!("certificate:{order}")
}

/// The id of what was paid without asking anybody.
pub(crate) fn paid_id(capture: CaptureId) -> String {
    format!("paid:{capture}")
}

/// The id of a refund.
pub(crate) fn refund_id(refund: RefundId) -> String {
    format!("refund:{refund}")
}

/// Writes a transfer. Its id makes it happen once; `order` is empty for what a bank does with the whole.
///
/// # Errors
/// [`Fault::Defect`] when the entries do not add up to zero; [`Fault::Constraint`] when the id exists.
pub(crate) fn post(
    tx: &mut dyn Tx,
    id: &str,
    order: Option<OrderId>,
    state: TransferState,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Fault> {
    if entries.iter().map(|entry| entry.amount).sum::<Money>() != Money::ZERO {
        return Err(Fault::defect(format!(
            "the entries of {id} do not add up to zero"
        )));
    }
    let at = now.as_micros();
    let settled = (state != TransferState::Pending).then_some(at);
    tx.execute(
        &OPEN,
        &[
            id.into(),
            order.map(OrderId::get).into(),
            state.into(),
            at.into(),
            settled.into(),
        ],
    )?;
    for entry in entries {
        let params = [
            id.into(),
            entry.account.to_string().into(),
            entry.amount.as_cents().into(),
        ];
        tx.execute(&ENTRY, &params)?;
    }
    Ok(())
}

/// A promise kept in part, or for the last time.
pub(crate) struct Part<'a> {
    /// The promise's first id; what remains of it has longer ones.
    pub promise: &'a str,
    /// What tells this part from the others: a parcel's id.
    pub name: &'a str,
    /// What moves now.
    pub now: &'a [Entry],
    /// What stays promised; empty when nothing does.
    pub rest: &'a [Entry],
}

/// Posts a part of what is promised and promises the rest anew.
///
/// A promise that is kept whole at once keeps its id: most orders leave in one parcel.
///
/// # Errors
/// As for [`post`]; [`Fault::Defect`] when nothing is promised under that id.
pub(crate) fn keep(
    tx: &mut dyn Tx,
    order: OrderId,
    part: &Part<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    let promised = promised(tx, order, part.promise)?;
    if promised == part.promise && part.rest.is_empty() {
        return settle_one(tx, &promised, TransferState::Posted, now);
    }
    settle_one(tx, &promised, TransferState::Voided, now)?;
    let kept = format!("{}:{}", part.promise, part.name);
    post(tx, &kept, Some(order), TransferState::Posted, part.now, now)?;
    if part.rest.is_empty() {
        return Ok(());
    }
    let rest = format!("{kept}:rest");
    post(
        tx,
        &rest,
        Some(order),
        TransferState::Pending,
        part.rest,
        now,
    )
}

fn promised(tx: &mut dyn Tx, order: OrderId, promise: &str) -> Result<String, Fault> {
    // The ids hold letters, digits, `:` and `-` only.
    let like = format!("{promise}%");
    let found = tx.query_opt(&PROMISES, &[order.0.into(), like.into()])?;
    let row = found.ok_or_else(|| Fault::defect(format!("nothing is promised by {promise}")))?;
    Ok(row.text(0)?.to_owned())
}

/// Posts or voids everything that is pending for an order.
pub(crate) fn settle(
    tx: &mut dyn Tx,
    order: OrderId,
    state: TransferState,
    now: Timestamp,
) -> Result<(), Fault> {
    tx.execute(
        &SETTLE,
        &[order.0.into(), state.into(), now.as_micros().into()],
    )
    .map(drop)
}

/// Voids what is still promised under an id, leaving other promises of its order.
pub(crate) fn void(
    tx: &mut dyn Tx,
    order: OrderId,
    promise: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let like = format!("{promise}%");
    for row in tx.query(&PROMISES, &[order.0.into(), like.into()])? {
        settle_one(tx, row.text(0)?, TransferState::Voided, now)?;
    }
    Ok(())
}

/// Posts or voids one transfer if it is pending.
pub(crate) fn settle_one(
    tx: &mut dyn Tx,
    id: &str,
    state: TransferState,
    now: Timestamp,
) -> Result<(), Fault> {
    tx.execute(
        &SETTLE_ONE,
        &[id.into(), state.into(), now.as_micros().into()],
    )
    .map(drop)
}

#[cfg(test)]
mod tests {
    use storage::{Row, Statement, Value};

    use super::*;

    /// A transaction in which nothing may be written.
    struct Untouched;

    impl Tx for Untouched {
        fn execute(&mut self, _: &Statement, _: &[Value]) -> Result<u64, Fault> {
            Err(Fault::Busy)
        }

        fn query(&mut self, _: &Statement, _: &[Value]) -> Result<Vec<Row>, Fault> {
            Err(Fault::Busy)
        }

        fn engine(&self) -> storage::Engine {
            storage::Engine::Sqlite
        }
    }

    #[test]
    fn what_does_not_add_up_to_zero_is_not_written() {
        let paid = paid_into(Account::Till, Money::cents(990));
        let (now, posted) = (Timestamp::micros(1), TransferState::Posted);
        let write = |entries: &[Entry]| post(&mut Untouched, "paid:1", None, posted, entries, now);
        for end in 0..paid.len() {
            let wrong = write(paid.get(..end).unwrap_or_default());
            match end {
                0 => assert!(matches!(wrong, Err(Fault::Busy)), "nothing is nothing"),
                _ => assert!(matches!(wrong, Err(Fault::Defect(_))), "{wrong:?}"),
            }
        }
        let mut more = paid.clone();
        if let Some(entry) = more.first_mut() {
            entry.amount += Money::cents(1);
        }
        assert!(matches!(write(&more), Err(Fault::Defect(_))));
        assert!(
            matches!(write(&paid), Err(Fault::Busy)),
            "this one is written"
        );
    }
}
