//! What a transaction of a payout is in the shop's books, and from which account its amount comes.
//!
//! Only the provider's own names prove what it is: that of the charge, which the provider gave when the reader paid, and
//! the shop's own name for a refund, which the provider gives back.

use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, PaymentId, RefundId},
    money::Money,
};

use super::told::{About, Astray, Kind, Transaction};
use crate::{
    columns, disputes,
    ledger::{self, Account, Entry, TransferState},
};

storage::statements! {
    PAYMENT = "SELECT p.id, o.number, p.captured_cents FROM payments p JOIN orders o ON o.id = p.order_id
        WHERE p.means = 'provider' AND p.retrieval_reference = $1 ORDER BY p.created_us DESC LIMIT 1";
    REFUND = "SELECT o.number, CASE WHEN r.answer = 'refused' THEN 0 ELSE r.amount_cents END
        FROM refunds r JOIN payments p ON p.id = r.payment AND p.means = 'provider' JOIN orders o ON o.id = r.order_id
        WHERE r.id = $1";
    FAILED = "SELECT amount_cents FROM provider_payouts WHERE id = $1";
    BEFORE = "SELECT 1 FROM provider_transactions
        WHERE kind = $1 AND subject = $2 AND (why IS NULL OR why = 'amount') LIMIT 1";
}

/// What a transaction is to the shop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub subject: Option<String>,
    /// The order's number.
    pub order: Option<String>,
    /// What the shop's books have for it.
    pub expected: Option<Money>,
    /// What of its amount leaves the provider's account in the ledger; below zero what comes to it.
    pub clearing: Money,
    /// What of it is the provider's charge, below zero.
    pub fees: Money,
    /// What of it nothing explains.
    pub rest: Money,
    pub why: Option<Astray>,
}

impl Found {
    fn whole(subject: String, order: Option<String>, amount: Money) -> Found {
        Found {
            subject: Some(subject),
            order,
            expected: Some(amount),
            clearing: amount,
            ..Found::default()
        }
    }

    fn astray(why: Astray, order: Option<String>, amount: Money) -> Found {
        Found {
            order,
            rest: amount,
            why: Some(why),
            ..Found::default()
        }
    }
}

/// A payment at the provider.
struct Known {
    id: PaymentId,
    order: String,
    captured: Money,
}

/// Finds what a transaction is, and moves the dispute that it is about. `amount` is its own, or for a charge what all
/// transactions of the payout say of it.
pub(super) fn find(
    tx: &mut dyn Tx,
    transaction: &Transaction,
    amount: Money,
    now: Timestamp,
) -> Result<Found, Fault> {
    match &transaction.about {
        About::Charge { charge } => charged(tx, transaction, charge, amount),
        About::Refund { refund, charge } => {
            refunded(tx, transaction, *refund, charge.as_deref(), amount)
        }
        About::Chargeback { charge, reason } => {
            charged_back(tx, transaction, charge, reason, amount, now)
        }
        About::Representment { charge, reason } => {
            represented(tx, transaction, charge, reason, amount, now)
        }
        About::Fee => Ok(Found {
            fees: amount,
            ..Found::default()
        }),
        About::Failure { payout } => failed(tx, transaction, payout, amount),
        About::Other { charge } => astray(tx, charge.as_deref(), amount),
        About::Itself => Ok(Found::default()),
    }
}

fn charged(
    tx: &mut dyn Tx,
    transaction: &Transaction,
    charge: &str,
    amount: Money,
) -> Result<Found, Fault> {
    let Some(known) = payment(tx, charge)? else {
        return Ok(Found::astray(Astray::Unknown, None, amount));
    };
    let id = known.id.to_string();
    against(
        tx,
        transaction,
        (Kind::Charge, id, Some(known.order)),
        known.captured,
        amount,
    )
}

fn refunded(
    tx: &mut dyn Tx,
    transaction: &Transaction,
    refund: Option<RefundId>,
    charge: Option<&str>,
    amount: Money,
) -> Result<Found, Fault> {
    let Some(refund) = refund else {
        return astray(tx, charge, amount);
    };
    let id = refund.to_string();
    let Some(row) = tx.query_opt(&REFUND, &[id.as_str().into()])? else {
        return astray(tx, charge, amount);
    };
    let (order, expected) = (row.text(0)?.to_owned(), -Money::cents(row.int(1)?));
    let known = (Kind::Refund, id, Some(order));
    against(tx, transaction, known, expected, amount)
}

fn failed(
    tx: &mut dyn Tx,
    transaction: &Transaction,
    payout: &str,
    amount: Money,
) -> Result<Found, Fault> {
    let Some(row) = tx.query_opt(&FAILED, &[payout.into()])? else {
        return Ok(Found::astray(Astray::Unknown, None, amount));
    };
    let expected = Money::cents(row.int(0)?);
    let known = (Kind::Failure, payout.to_owned(), None);
    against(tx, transaction, known, expected, amount)
}

/// What of a transaction is what the books have: the rest lies in suspense.
fn against(
    tx: &mut dyn Tx,
    transaction: &Transaction,
    (kind, subject, order): (Kind, String, Option<String>),
    expected: Money,
    amount: Money,
) -> Result<Found, Fault> {
    let before = tx.query_opt(&BEFORE, &[kind.into(), subject.as_str().into()])?;
    let why = match (before, transaction.is_in_euros()) {
        (Some(_), _) => Astray::Repeated,
        (None, false) => Astray::Currency,
        (None, true) if expected == amount => return Ok(Found::whole(subject, order, amount)),
        (None, true) => {
            return Ok(Found {
                rest: amount - expected,
                why: Some(Astray::Amount),
                ..Found::whole(subject, order, expected)
            });
        }
    };
    Ok(Found {
        subject: Some(subject),
        ..Found::astray(why, order, amount)
    })
}

/// Nothing that the shop knows; which order it touches, if it says.
fn astray(tx: &mut dyn Tx, charge: Option<&str>, amount: Money) -> Result<Found, Fault> {
    let known = charge.map(|charge| payment(tx, charge)).transpose()?;
    let order = known.flatten().map(|known| known.order);
    Ok(Found::astray(Astray::Unknown, order, amount))
}

fn charged_back(
    tx: &mut dyn Tx,
    transaction: &Transaction,
    charge: &str,
    reason: &str,
    amount: Money,
    now: Timestamp,
) -> Result<Found, Fault> {
    let known = payment(tx, charge)?.filter(|_| amount.is_negative() && transaction.is_in_euros());
    let Some(known) = known else {
        return astray(tx, Some(charge), amount);
    };
    let told = disputes::Told {
        payment: known.id,
        amount: -amount,
        dispute: Some(&transaction.source),
        reason,
    };
    let Some(order) = disputes::taken(tx, &told, now)? else {
        return astray(tx, Some(charge), amount);
    };
    let entries = ledger::moved(Account::ProviderClearing, Account::Chargebacks, -amount);
    disputed(tx, transaction, order, &entries, now)?;
    Ok(Found::whole(
        known.id.to_string(),
        Some(known.order),
        amount,
    ))
}

fn represented(
    tx: &mut dyn Tx,
    transaction: &Transaction,
    charge: &str,
    reason: &str,
    amount: Money,
    now: Timestamp,
) -> Result<Found, Fault> {
    let known = payment(tx, charge)?.filter(|_| amount > Money::ZERO && transaction.is_in_euros());
    let Some(known) = known else {
        return astray(tx, Some(charge), amount);
    };
    let told = disputes::Told {
        payment: known.id,
        amount,
        dispute: Some(&transaction.source),
        reason,
    };
    let Some((order, account)) = disputes::given_back(tx, &told, now)? else {
        return astray(tx, Some(charge), amount);
    };
    let entries = ledger::moved(account, Account::ProviderClearing, amount);
    disputed(tx, transaction, order, &entries, now)?;
    Ok(Found::whole(
        known.id.to_string(),
        Some(known.order),
        amount,
    ))
}

/// What a dispute moves stands in its order's ledger; the payout then moves it like all else.
fn disputed(
    tx: &mut dyn Tx,
    transaction: &Transaction,
    order: OrderId,
    entries: &[Entry],
    now: Timestamp,
) -> Result<(), Fault> {
    let id = format!("provider:{}", transaction.id);
    let posted = TransferState::Posted;
    ledger::post(tx, &id, Some(order), posted, entries, now)
}

/// The payment that the provider knows as a charge.
fn payment(tx: &mut dyn Tx, charge: &str) -> Result<Option<Known>, Fault> {
    let row = tx.query_opt(&PAYMENT, &[charge.into()])?;
    let known = row.map(|row| {
        Ok(Known {
            id: columns::parsed(row.text(0)?)?,
            order: row.text(1)?.to_owned(),
            captured: Money::cents(row.int(2)?),
        })
    });
    known.transpose()
}
