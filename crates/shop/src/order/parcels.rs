//! Parcels and refunds of an order, as they are written and read.

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
    LEAVING = "SELECT id, goods_cents, delivery_cents, captured_cents, staff, tracking, asked_us, left_us, answer
        FROM parcels WHERE payment = $1 AND answer IS NULL ORDER BY asked_us LIMIT 1";
    PARCELS = "SELECT id, goods_cents, delivery_cents, captured_cents, staff, tracking, asked_us, left_us, answer
        FROM parcels WHERE order_id = $1 ORDER BY asked_us, id LIMIT 500";
    PARCEL_LINES = "SELECT position, quantity FROM parcel_lines WHERE parcel = $1 ORDER BY position";
    GIVE_BACK = "INSERT INTO refunds (id, order_id, payment, goods_cents, delivery_cents, amount_cents, certificate_cents,
            restock, staff, asked_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    GIVE_BACK_LINE = "INSERT INTO refund_lines (refund, position, quantity) VALUES ($1, $2, $3)";
    REFUND = "UPDATE refunds SET answer = $2, answered_us = $3 WHERE id = $1 AND answer IS NULL";
    OPEN_REFUND = "SELECT id, goods_cents, delivery_cents, amount_cents, certificate_cents, restock, staff, asked_us, answer
        FROM refunds WHERE payment = $1 AND answer IS NULL LIMIT 1";
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

/// The parcel for which a payment is being asked.
pub(crate) fn leaving(tx: &mut dyn Tx, payment: PaymentId) -> Result<Option<Parcel>, Fault> {
    let row = tx.query_opt(&LEAVING, &[payment.to_string().into()])?;
    row.map(|row| parcel_of_row(tx, &row)).transpose()
}

/// The parcels of an order, oldest first.
///
/// # Errors
/// A [`Fault`].
pub fn parcels_of(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<Parcel>, Fault> {
    let rows = tx.query(&PARCELS, &[order.0.into()])?;
    rows.iter().map(|row| parcel_of_row(tx, row)).collect()
}

fn parcel_of_row(tx: &mut dyn Tx, row: &Row) -> Result<Parcel, Fault> {
    let lines = tx.query(&PARCEL_LINES, &[row.text(0)?.into()])?;
    let copies = lines
        .iter()
        .map(|line| Ok((line.count(0)?, line.count(1)?)))
        .collect::<Result<_, Fault>>()?;
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

/// The refund that waits for an answer.
pub(crate) fn open_refund(tx: &mut dyn Tx, payment: PaymentId) -> Result<Option<Refund>, Fault> {
    let row = tx.query_opt(&OPEN_REFUND, &[payment.to_string().into()])?;
    row.as_ref().map(refund_of_row).transpose()
}

/// The refunds of an order, oldest first.
///
/// # Errors
/// A [`Fault`].
pub fn refunds_of(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<Refund>, Fault> {
    let rows = tx.query(&REFUNDS, &[order.0.into()])?;
    rows.iter().map(refund_of_row).collect()
}

fn refund_of_row(row: &Row) -> Result<Refund, Fault> {
    Ok(Refund {
        id: columns::parsed(row.text(0)?)?,
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
