//! Disputes: a cardholder's bank takes back what a payment brought, and the shop contests it or does not.
//!
//! A dispute begins with the bank's entry, or with a letter that a bookseller writes down before it. Money that is only
//! announced is pending in the ledger, and posted by the entry of the bank, or by the hosted provider's payout that has it
//! ([`reconciliation`](crate::reconciliation)).
//! What evidence is sent to the bank, and how, is not known here: the note says it.

mod bank;
mod list;

use jiff::{Span, civil::Date};
use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, OrderNumber, PaymentId},
    limits,
    money::Money,
};
use uuid::Uuid;

use crate::{
    codes::coded,
    ledger::{self, Account, TransferState},
    order::{
        self,
        events::{self, EventKind},
        parcels,
    },
    payment::Means,
    screening,
    staff::audit,
};

pub use list::{Dispute, of_order};

pub(crate) use bank::{Told, given_back, taken};

storage::statements! {
    OPEN = "INSERT INTO disputes (id, order_id, payment, reference, amount_cents, reason, state, taken, opened_us, deadline,
            note, staff, changed_us)
        VALUES ($1, $2, $3, $4, $5, $6, 'opened', $7, $8, $9, $10, $11, $8)";
    ADVANCE = "UPDATE disputes SET state = $3, note = CASE WHEN $4 = '' THEN note ELSE $4 END, changed_us = $5
        WHERE id = $1 AND state = $2";
    MEANS = "SELECT means FROM payments WHERE id = $1";
    DISPUTED = "SELECT CAST(COALESCE(SUM(amount_cents), 0) AS BIGINT) FROM disputes WHERE payment = $1 AND state <> 'won'";
}

pub(crate) fn statements() -> Vec<&'static storage::Statement> {
    [STATEMENTS, bank::STATEMENTS, list::STATEMENTS].concat()
}

coded! {
    /// Where a dispute stands.
    pub enum DisputeState {
        /// The bank took the money back, or said that it will.
        Opened = "opened",
        /// The shop sent its evidence.
        Represented = "represented",
        /// The bank gave the money to the shop again.
        Won = "won",
        /// It stays with the reader.
        Lost = "lost",
    }
}

/// What a bookseller was told of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDispute {
    /// How much is taken back.
    pub amount: Money,
    /// The bank's code, or its words.
    pub reason: String,
    /// The last day on which evidence is taken; none where the bank names none.
    pub deadline: Option<Date>,
    /// More about it.
    pub note: String,
}

/// Why a dispute was not written down or moved.
#[derive(Debug, thiserror::Error)]
pub enum DisputeRefusal {
    /// No such order, or no such dispute of it.
    #[error("there is no such order or dispute")]
    NoSuch,
    /// The payment did not bring so much, or it was given or taken back before, or is being given back.
    #[error("at most {left} of this payment can be disputed")]
    Amount {
        /// What of the payment is neither given back nor disputed.
        left: Money,
    },
    /// Nothing was typed where a reason or a note is needed, or too much.
    #[error("a reason and a note of this length are needed")]
    Words,
    /// The dispute does not stand where this can be done.
    #[error("this cannot be done with a dispute that is {0:?}")]
    NotNow(DisputeState),
    /// The bank has not taken the money yet: there is nothing to lose.
    #[error("the bank has not taken the money yet")]
    NotTaken,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Writes down a dispute that the bank announced; its money is pending until the bank takes it.
///
/// # Errors
/// [`DisputeRefusal`].
pub fn open(
    tx: &mut dyn Tx,
    number: &OrderNumber,
    new: &NewDispute,
    staff: &str,
    now: Timestamp,
) -> Result<Uuid, DisputeRefusal> {
    order::lock(tx, number)?;
    let order = order::find(tx, number)?.ok_or(DisputeRefusal::NoSuch)?;
    let payment = order.payment.as_ref().ok_or(DisputeRefusal::NoSuch)?;
    let reason = new.reason.trim();
    let fits = (1..=limits::DISPUTE_REASON_CHARS).contains(&reason.chars().count());
    if !fits || new.note.chars().count() > limits::NOTE_CHARS {
        return Err(DisputeRefusal::Words);
    }
    let going_back = parcels::open_refund(tx, order.id)?.map_or(Money::ZERO, |open| open.amount);
    let left = payment.captured - payment.refunded - going_back - disputed(tx, payment.id)?;
    if new.amount <= Money::ZERO || new.amount > left {
        return Err(DisputeRefusal::Amount {
            left: left.max(Money::ZERO),
        });
    }
    let written = Written {
        order: order.id,
        payment: payment.id,
        reference: None,
        amount: new.amount,
        reason,
        taken: false,
        deadline: new.deadline,
        note: new.note.trim(),
        staff,
    };
    let id = write(tx, &written, now)?;
    let entries = ledger::moved(taken_from(payment.means), Account::Chargebacks, new.amount);
    let pending = TransferState::Pending;
    ledger::post(
        tx,
        &step(id, "opened"),
        Some(order.id),
        pending,
        &entries,
        now,
    )?;
    audit::record(
        tx,
        staff,
        "dispute.open",
        number.as_str(),
        Some(reason),
        now,
    )?;
    Ok(id)
}

/// The shop sent its evidence to the bank; the note says what.
///
/// # Errors
/// [`DisputeRefusal::NotNow`] unless it was opened and not represented; [`DisputeRefusal::Words`] without a note.
pub fn represent(
    tx: &mut dyn Tx,
    id: Uuid,
    note: &str,
    staff: &str,
    now: Timestamp,
) -> Result<OrderNumber, DisputeRefusal> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > limits::NOTE_CHARS {
        return Err(DisputeRefusal::Words);
    }
    let dispute = list::by_id(tx, id)?.ok_or(DisputeRefusal::NoSuch)?;
    go(
        tx,
        &dispute,
        (DisputeState::Opened, DisputeState::Represented),
        note,
        now,
    )?;
    let means = tx.query_one(&MEANS, &[dispute.payment.to_string().into()])?;
    let account = taken_from(Means::of_column(means.text(0)?)?);
    let entries = ledger::moved(Account::Chargebacks, account, dispute.amount);
    let (id, pending) = (step(id, "represented"), TransferState::Pending);
    ledger::post(tx, &id, Some(dispute.order), pending, &entries, now)?;
    let (event, staff_named) = (EventKind::Represented, Some(staff));
    events::record(tx, dispute.order, event, Some(note), staff_named, now)?;
    audit::record(
        tx,
        staff,
        "dispute.represent",
        dispute.number.as_str(),
        Some(note),
        now,
    )?;
    Ok(dispute.number)
}

/// The bank decided against the shop, or the shop does not contest: what was taken back is a loss.
///
/// # Errors
/// [`DisputeRefusal::NotTaken`] before the bank took the money; [`DisputeRefusal::NotNow`] once it is won or lost.
pub fn lose(
    tx: &mut dyn Tx,
    id: Uuid,
    staff: &str,
    now: Timestamp,
) -> Result<OrderNumber, DisputeRefusal> {
    let dispute = list::by_id(tx, id)?.ok_or(DisputeRefusal::NoSuch)?;
    if !dispute.taken {
        return Err(DisputeRefusal::NotTaken);
    }
    if matches!(dispute.state, DisputeState::Won | DisputeState::Lost) {
        return Err(DisputeRefusal::NotNow(dispute.state));
    }
    go(tx, &dispute, (dispute.state, DisputeState::Lost), "", now)?;
    ledger::settle_one(tx, &step(id, "represented"), TransferState::Voided, now)?;
    let entries = ledger::moved(Account::Chargebacks, Account::Losses, dispute.amount);
    let (lost, posted) = (step(id, "lost"), TransferState::Posted);
    ledger::post(tx, &lost, Some(dispute.order), posted, &entries, now)?;
    let amount = dispute.amount.to_string();
    let (event, staff_named) = (EventKind::DisputeLost, Some(staff));
    events::record(tx, dispute.order, event, Some(&amount), staff_named, now)?;
    audit::record(
        tx,
        staff,
        "dispute.lose",
        dispute.number.as_str(),
        None,
        now,
    )?;
    Ok(dispute.number)
}

/// What of a payment cardholders' banks took back, or said that they will: the reader has it, or gets it, unless the shop
/// wins.
///
/// # Errors
/// A [`Fault`].
pub(crate) fn disputed(tx: &mut dyn Tx, payment: PaymentId) -> Result<Money, Fault> {
    let row = tx.query_one(&DISPUTED, &[payment.to_string().into()])?;
    Ok(Money::cents(row.int(0)?))
}

/// Where the money of a dispute is taken from, and comes back to: a hosted provider takes it from what it owes.
fn taken_from(means: Means) -> Account {
    match means {
        Means::Provider => Account::ProviderClearing,
        Means::Card | Means::Transfer | Means::Collection => Account::Bank,
    }
}

/// A dispute to be written.
struct Written<'a> {
    order: OrderId,
    payment: PaymentId,
    reference: Option<&'a str>,
    amount: Money,
    reason: &'a str,
    taken: bool,
    deadline: Option<Date>,
    note: &'a str,
    staff: &'a str,
}

fn write(tx: &mut dyn Tx, new: &Written<'_>, now: Timestamp) -> Result<Uuid, Fault> {
    let id = Uuid::now_v7();
    let usual = Span::new().days(i64::from(limits::DISPUTE_DAYS));
    let deadline = new
        .deadline
        .unwrap_or_else(|| now.date_in_paris().saturating_add(usual));
    let params = [
        id.to_string().into(),
        new.order.0.into(),
        new.payment.to_string().into(),
        new.reference.into(),
        new.amount.as_cents().into(),
        new.reason.into(),
        new.taken.into(),
        now.as_micros().into(),
        deadline.to_string().into(),
        new.note.into(),
        new.staff.into(),
    ];
    tx.execute(&OPEN, &params)?;
    screening::disputed(tx, id)?;
    let staff = Some(new.staff).filter(|staff| !staff.is_empty());
    events::record(
        tx,
        new.order,
        EventKind::Disputed,
        Some(new.reason),
        staff,
        now,
    )?;
    Ok(id)
}

fn go(
    tx: &mut dyn Tx,
    dispute: &Dispute,
    (from, to): (DisputeState, DisputeState),
    note: &str,
    now: Timestamp,
) -> Result<(), DisputeRefusal> {
    let params = [
        dispute.id.to_string().into(),
        from.into(),
        to.into(),
        note.into(),
        now.as_micros().into(),
    ];
    match tx.execute(&ADVANCE, &params)? {
        0 => Err(DisputeRefusal::NotNow(dispute.state)),
        _ => Ok(()),
    }
}

/// The ledger's id for a step of a dispute.
fn step(dispute: Uuid, step: &str) -> String {
    format!("dispute:{dispute}:{step}")
}
