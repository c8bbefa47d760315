//! What the bank's entries do to disputes. The caller posts the entry itself.

use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, PaymentId},
    money::Money,
};

use super::{Dispute, DisputeState, Written, list, step, write};
use crate::{
    ledger::{self, Account, TransferState},
    order::events::{self, EventKind},
};

storage::statements! {
    ORDER = "SELECT order_id FROM payments WHERE id = $1";
    TAKEN = "UPDATE disputes SET taken = 1, reference = COALESCE($2, reference), changed_us = $3 WHERE id = $1";
    WON = "UPDATE disputes SET state = 'won', changed_us = $2 WHERE id = $1";
}

/// What the bank's entry says of a dispute.
pub(crate) struct Told<'a> {
    pub payment: PaymentId,
    /// Above zero.
    pub amount: Money,
    /// The bank's name for the dispute.
    pub dispute: Option<&'a str>,
    /// Its code or words.
    pub reason: &'a str,
}

/// The bank took back what a payment brought: a dispute that was announced, or a new one. The order it belongs to; none
/// when the shop knows no such payment.
pub(crate) fn taken(
    tx: &mut dyn Tx,
    told: &Told<'_>,
    now: Timestamp,
) -> Result<Option<OrderId>, Fault> {
    let (payment, amount) = (told.payment, told.amount);
    let Some(row) = tx.query_opt(&ORDER, &[payment.to_string().into()])? else {
        return Ok(None);
    };
    let order = OrderId(row.int(0)?);
    let disputes = list::of_payment(tx, payment)?;
    let announced = disputes.iter().find(|dispute| {
        let is_open = matches!(
            dispute.state,
            DisputeState::Opened | DisputeState::Represented
        );
        is_open && !dispute.taken && dispute.amount == amount
    });
    let Some(dispute) = announced else {
        let new = Written {
            order,
            payment,
            reference: told.dispute,
            amount,
            reason: told.reason,
            taken: true,
            deadline: None,
            note: "",
            staff: "",
        };
        write(tx, &new, now)?;
        return Ok(Some(order));
    };
    let params = [
        dispute.id.to_string().into(),
        told.dispute.into(),
        now.as_micros().into(),
    ];
    tx.execute(&TAKEN, &params)?;
    ledger::settle_one(tx, &step(dispute.id, "opened"), TransferState::Voided, now)?;
    Ok(Some(order))
}

/// The bank gave the shop what a dispute had taken: the order, and the account where the shop had put that. None when no
/// dispute of that payment is open for this amount.
pub(crate) fn given_back(
    tx: &mut dyn Tx,
    told: &Told<'_>,
    now: Timestamp,
) -> Result<Option<(OrderId, Account)>, Fault> {
    let disputes = list::of_payment(tx, told.payment)?;
    let fits = disputes.iter().filter(|dispute| {
        dispute.taken && dispute.state != DisputeState::Won && dispute.amount == told.amount
    });
    let is_named = |dispute: &&Dispute| dispute.reference.as_deref() == told.dispute;
    let dispute = fits.clone().find(is_named).or_else(|| fits.clone().next());
    let Some(dispute) = dispute else {
        return Ok(None);
    };
    tx.execute(
        &WON,
        &[dispute.id.to_string().into(), now.as_micros().into()],
    )?;
    ledger::settle_one(
        tx,
        &step(dispute.id, "represented"),
        TransferState::Voided,
        now,
    )?;
    let words = dispute.amount.to_string();
    events::record(
        tx,
        dispute.order,
        EventKind::DisputeWon,
        Some(&words),
        None,
        now,
    )?;
    let account = match dispute.state {
        DisputeState::Lost => Account::Losses,
        _ => Account::Chargebacks,
    };
    Ok(Some((dispute.order, account)))
}
