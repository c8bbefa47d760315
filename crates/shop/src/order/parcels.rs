//! Parcels and refunds of an order, as they are written and read.

use std::collections::BTreeMap;

use storage::{Fault, Row, Tx};
use trade::{
    clock::Timestamp,
    ids::{CaptureId, OrderId, PaymentId, RefundId},
    money::Money,
};

use super::holdings::{Copies, Worth};
use crate::{codes::coded, columns};

storage::statements! {
    PACK = "INSERT INTO parcels (id, order_id, payment, goods_cents, delivery_cents, captured_cents, staff, tracking, asked_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    PACK_LINE = "INSERT INTO parcel_lines (parcel, position, quantity) VALUES ($1, $2, $3)";
    PARCEL = "UPDATE parcels SET answer = $2, left_us = $3 WHERE id = $1 AND answer IS NULL";
    PARCELS = "SELECT id, goods_cents, delivery_cents, captured_cents, staff, tracking, asked_us, left_us, answer
        FROM parcels WHERE order_id = $1 ORDER BY asked_us, id LIMIT 500";
    PARCEL_LINES = "SELECT l.parcel, l.position, l.quantity FROM parcel_lines l JOIN parcels p ON p.id = l.parcel
        WHERE p.order_id = $1 ORDER BY l.parcel, l.position";
    REFUND_LINES = "SELECT l.refund, l.position, l.quantity FROM refund_lines l JOIN refunds r ON r.id = l.refund
        WHERE r.order_id = $1 ORDER BY l.refund, l.position";
    GIVE_BACK = "INSERT INTO refunds (id, order_id, payment, goods_cents, delivery_cents, amount_cents, certificate_cents,
            restock, staff, asked_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    GIVE_BACK_LINE = "INSERT INTO refund_lines (refund, position, quantity) VALUES ($1, $2, $3)";
    REFUND = "UPDATE refunds SET answer = $2, answered_us = $3 WHERE id = $1 AND answer IS NULL";
    REFUNDS = "SELECT id, goods_cents, delivery_cents, amount_cents, certificate_cents, restock, staff, asked_us, answer
        FROM refunds WHERE order_id = $1 ORDER BY asked_us, id LIMIT 500";
}

coded! {
    /// What became of a parcel or a refund.
    pub enum Answer {
        /// It left; it was given back.
        Done = "done",
        /// The bank refused.
        Refused = "refused",
    }
}

/// A parcel, and the capture that pays for it: they have one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Its id.
    pub id: CaptureId,
    /// What is in it.
    pub copies: Vec<Copies>,
    /// The worth of that, VAT included.
    pub goods: Money,
    /// The delivery charge, in the first parcel.
    pub delivery: Money,
    /// What was taken for it by the order's payment.
    pub captured: Money,
    /// The login of the bookseller who packed it.
    pub staff: String,
    /// The carrier's number.
    pub tracking: Option<String>,
    /// When it was packed.
    pub packed: Timestamp,
    /// When it left.
    pub left: Option<Timestamp>,
    /// What became of it; none while the bank is asked.
    pub answer: Option<Answer>,
}

/// Money that is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The copies it pays back; none when it was paid in advance and nothing left.
    pub copies: Vec<Copies>,
    /// Goods given back, VAT included.
    pub goods: Money,
    /// Delivery given back.
    pub delivery: Money,
    /// What goes back by the order's payment.
    pub amount: Money,
    /// What goes back to gift certificates.
    pub certificate: Money,
    /// Whether the copies are back on the shelf.
    pub restock: bool,
    /// The login of the bookseller.
    pub staff: String,
    /// When it was asked for.
    pub asked: Timestamp,
    /// What became of it; none while the bank is asked, or until the bookseller has sent it.
    pub answer: Option<Answer>,
}

/// A parcel to be written.
pub(crate) struct Packed<'a> {
    pub id: CaptureId,
    pub order: OrderId,
    pub payment: Option<PaymentId>,
    pub copies: &'a [Copies],
    pub worth: Worth,
    pub captured: Money,
    pub staff: &'a str,
    pub tracking: Option<&'a str>,
}

/// Writes a parcel whose fate is open.
pub(crate) fn pack(tx: &mut dyn Tx, parcel: &Packed<'_>, now: Timestamp) -> Result<(), Fault> {
    let id = parcel.id.to_string();
    let params = [
        id.as_str().into(),
        parcel.order.0.into(),
        parcel.payment.map(|payment| payment.to_string()).into(),
        parcel.worth.goods.as_cents().into(),
        parcel.worth.delivery.as_cents().into(),
        parcel.captured.as_cents().into(),
        parcel.staff.into(),
        parcel.tracking.into(),
        now.as_micros().into(),
    ];
    tx.execute(&PACK, &params)?;
    for &(position, quantity) in parcel.copies {
        tx.execute(
            &PACK_LINE,
            &[id.as_str().into(), position.into(), quantity.into()],
        )?;
    }
    Ok(())
}

/// Writes what became of a parcel.
pub(crate) fn answer_parcel(
    tx: &mut dyn Tx,
    parcel: CaptureId,
    answer: Answer,
    now: Timestamp,
) -> Result<(), Fault> {
    let left = (answer == Answer::Done).then_some(now.as_micros());
    let params = [parcel.to_string().into(), answer.into(), left.into()];
    tx.execute(&PARCEL, &params).map(drop)
}

/// The parcel for which the order's payment is being asked: there is one at most.
pub(crate) fn leaving(tx: &mut dyn Tx, order: OrderId) -> Result<Option<Parcel>, Fault> {
    let parcels = parcels_of(tx, order)?;
    Ok(parcels.into_iter().find(|parcel| parcel.answer.is_none()))
}

/// The parcels of an order, oldest first.
///
/// # Errors
/// A [`Fault`].
pub fn parcels_of(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<Parcel>, Fault> {
    let mut copies = copies_of(tx, &PARCEL_LINES, order)?;
    let rows = tx.query(&PARCELS, &[order.0.into()])?;
    let of_row = |row: &Row| parcel_of_row(row, copies.remove(row.text(0)?).unwrap_or_default());
    rows.iter().map(of_row).collect()
}

/// What is in the parcels, or refunds, of an order, by their ids.
fn copies_of(
    tx: &mut dyn Tx,
    lines: &'static storage::Statement,
    order: OrderId,
) -> Result<BTreeMap<String, Vec<Copies>>, Fault> {
    let mut copies: BTreeMap<String, Vec<Copies>> = BTreeMap::new();
    for row in tx.query(lines, &[order.0.into()])? {
        let of = copies.entry(row.text(0)?.to_owned()).or_default();
        of.push((row.count(1)?, row.count(2)?));
    }
    Ok(copies)
}

fn parcel_of_row(row: &Row, copies: Vec<Copies>) -> Result<Parcel, Fault> {
    Ok(Parcel {
        id: columns::parsed(row.text(0)?)?,
        copies,
        goods: Money::cents(row.int(1)?),
        delivery: Money::cents(row.int(2)?),
        captured: Money::cents(row.int(3)?),
        staff: row.text(4)?.to_owned(),
        tracking: row.opt_text(5)?.map(str::to_owned),
        packed: Timestamp::micros(row.int(6)?),
        left: row.opt_int(7)?.map(Timestamp::micros),
        answer: row.opt_text(8)?.map(Answer::of_column).transpose()?,
    })
}

/// A refund to be written.
pub(crate) struct GivenBack<'a> {
    pub id: RefundId,
    pub order: OrderId,
    pub payment: Option<PaymentId>,
    pub copies: &'a [Copies],
    pub worth: Worth,
    pub amount: Money,
    pub certificate: Money,
    pub restock: bool,
    pub staff: &'a str,
}

/// Writes a refund whose fate is open.
pub(crate) fn give_back(
    tx: &mut dyn Tx,
    refund: &GivenBack<'_>,
    now: Timestamp,
) -> Result<(), Fault> {
    let id = refund.id.to_string();
    let params = [
        id.as_str().into(),
        refund.order.0.into(),
        refund.payment.map(|payment| payment.to_string()).into(),
        refund.worth.goods.as_cents().into(),
        refund.worth.delivery.as_cents().into(),
        refund.amount.as_cents().into(),
        refund.certificate.as_cents().into(),
        refund.restock.into(),
        refund.staff.into(),
        now.as_micros().into(),
    ];
    tx.execute(&GIVE_BACK, &params)?;
    for &(position, quantity) in refund.copies {
        tx.execute(
            &GIVE_BACK_LINE,
            &[id.as_str().into(), position.into(), quantity.into()],
        )?;
    }
    Ok(())
}

/// Writes what became of a refund.
pub(crate) fn answer_refund(
    tx: &mut dyn Tx,
    refund: RefundId,
    answer: Answer,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        refund.to_string().into(),
        answer.into(),
        now.as_micros().into(),
    ];
    tx.execute(&REFUND, &params).map(drop)
}

/// The refund of an order that waits for an answer: there is one at most.
pub(crate) fn open_refund(tx: &mut dyn Tx, order: OrderId) -> Result<Option<Refund>, Fault> {
    let refunds = refunds_of(tx, order)?;
    Ok(refunds.into_iter().find(|refund| refund.answer.is_none()))
}

/// The refunds of an order, oldest first.
///
/// # Errors
/// A [`Fault`].
pub fn refunds_of(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<Refund>, Fault> {
    let mut copies = copies_of(tx, &REFUND_LINES, order)?;
    let rows = tx.query(&REFUNDS, &[order.0.into()])?;
    let of_row = |row: &Row| refund_of_row(row, copies.remove(row.text(0)?).unwrap_or_default());
    rows.iter().map(of_row).collect()
}

fn refund_of_row(row: &Row, copies: Vec<Copies>) -> Result<Refund, Fault> {
    Ok(Refund {
        id: columns::parsed(row.text(0)?)?,
        copies,
        goods: Money::cents(row.int(1)?),
        delivery: Money::cents(row.int(2)?),
        amount: Money::cents(row.int(3)?),
        certificate: Money::cents(row.int(4)?),
        restock: row.flag(5)?,
        staff: row.text(6)?.to_owned(),
        asked: Timestamp::micros(row.int(7)?),
        answer: row.opt_text(8)?.map(Answer::of_column).transpose()?,
    })
}
