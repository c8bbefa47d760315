//! Letters to the reader, as intents: written into the outbox by the transaction that gives cause for them,
//! rendered and sent by whoever leases topic [`TOPIC`]. A letter carries all that its renderer needs, except
//! the key of the order's page, which is no business of the database ([`OrderKeys`](crate::order::OrderKeys)).

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use storage::{Fault, Tx, outbox};
use trade::{
    address::{Address, Email},
    clock::Timestamp,
    delivery::DeliveryMethod,
    ids::{OrderNumber, PaymentId},
    locale::Locale,
    money::Money,
    payment::Brand,
};

use crate::{
    codes::coded,
    columns,
    order::{Copies, Order, OrderLine, Parcel, Refund},
    payment::Means,
};

/// The outbox topic of letters.
pub const TOPIC: &str = "mail";

coded! {
    /// What a letter says.
    pub enum LetterKind {
        /// The order is paid; this is what was bought.
        Confirmation = "confirmation",
        /// The order waits for a credit transfer: where to send it, under which reference.
        Transfer = "transfer",
        /// The order will be paid when it is collected.
        Collection = "collection",
        /// The order left whole; the amount was taken.
        Shipping = "shipping",
        /// One parcel of several left; its amount was taken.
        Parcel = "parcel",
        /// The bookseller cancelled; nothing was taken.
        Cancellation = "cancellation",
        /// The bookseller cancelled what had not left; nothing is taken for it.
        RestCancelled = "rest_cancelled",
        /// A part was given back.
        PartRefund = "part_refund",
        /// The amount was given back.
        Refund = "refund",
        /// A transfer came that does not pay the order as it stands: nothing is lost.
        SetAside = "set_aside",
        /// The reader paid at the provider when the order waited for it no more: she gets it back.
        TooLate = "too_late",
        /// The bank never answered: the order is given up, nothing is taken, whatever was reserved is lifted.
        Unanswered = "unanswered",
    }
}

/// One letter; the outbox entry's key is `mail:KIND:ORDER`, with the parcel's or refund's id where there may be
/// several, so that it exists once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What it says.
    pub kind: LetterKind,
    /// The order it is about.
    pub order: OrderNumber,
    /// The language to write it in.
    pub locale: Locale,
    /// Where to send it.
    pub to: Email,
    /// Where the parcel goes.
    pub address: Address,
    /// Sent or collected.
    pub method: DeliveryMethod,
    /// What was bought; in a parcel's or a part refund's letter what is in it.
    pub lines: Vec<OrderLine>,
    /// What a parcel's or a part refund's letter is about, VAT and delivery included.
    #[serde(default)]
    pub amount: Option<Money>,
    /// What gift certificates pay of it.
    #[serde(default)]
    pub certificates: Money,
    /// How it is paid; letters written before there was a choice are about cards.
    #[serde(default)]
    pub means: Option<Means>,
    /// The carrier's number.
    #[serde(default)]
    pub tracking: Option<String>,
    /// The reference under which a transfer is awaited.
    #[serde(default)]
    pub reference: Option<String>,
    /// All lines, VAT included.
    pub goods_total: Money,
    /// The delivery charge, VAT included.
    pub delivery: Money,
    /// What is charged.
    pub total: Money,
    /// The total by VAT rate.
    pub vat: Vec<LetterVat>,
    /// The card that was used, if one was.
    pub card: Option<LetterCard>,
    /// When the order was placed.
    pub placed: Timestamp,
}

/// What is charged at one VAT rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterVat {
    /// The rate in hundredths of a per cent.
    pub basis_points: u32,
    /// Without VAT.
    pub net: Money,
    /// The VAT.
    pub vat: Money,
}

/// What a reader recognises her card by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterCard {
    /// The brand.
    pub brand: Option<Brand>,
    /// The last four digits.
    pub last4: String,
}

/// Writes a letter about `order` into the outbox.
pub(crate) fn write(tx: &mut dyn Tx, kind: LetterKind, order: &Order) -> Result<(), Fault> {
    let key = format!("mail:{}:{}", kind.code(), order.number);
    push(tx, &key, &letter(kind, order))
}

/// Writes that one parcel of several left.
pub(crate) fn write_of_parcel(
    tx: &mut dyn Tx,
    order: &Order,
    parcel: &Parcel,
) -> Result<(), Fault> {
    let kind = LetterKind::Parcel;
    let letter = Letter {
        lines: lines_of(order, &parcel.copies),
        amount: Some(parcel.goods + parcel.delivery),
        tracking: parcel.tracking.clone(),
        ..letter(kind, order)
    };
    push_about(tx, &parcel.id, &letter)
}

/// Writes that a part was given back.
pub(crate) fn write_of_refund(
    tx: &mut dyn Tx,
    order: &Order,
    refund: &Refund,
) -> Result<(), Fault> {
    let kind = LetterKind::PartRefund;
    let letter = Letter {
        lines: lines_of(order, &refund.copies),
        amount: Some(refund.amount + refund.certificate),
        ..letter(kind, order)
    };
    push_about(tx, &refund.id, &letter)
}

/// Writes where a transfer is to be sent, and how much: again when what is due has changed.
pub(crate) fn write_of_awaited_transfer(
    tx: &mut dyn Tx,
    order: &Order,
    payment: PaymentId,
) -> Result<(), Fault> {
    push_about(tx, &payment, &letter(LetterKind::Transfer, order))
}

/// Writes that a transfer came which does not pay the order as it stands; `name` tells it from others for that order.
pub(crate) fn write_of_transfer(
    tx: &mut dyn Tx,
    order: &Order,
    amount: Money,
    name: &str,
) -> Result<(), Fault> {
    let kind = LetterKind::SetAside;
    let letter = Letter {
        amount: Some(amount),
        ..letter(kind, order)
    };
    push_about(tx, &name, &letter)
}

/// Writes that a payment at the provider came when the order waited for it no more.
pub(crate) fn write_of_late_payment(
    tx: &mut dyn Tx,
    order: &Order,
    amount: Money,
    payment: PaymentId,
) -> Result<(), Fault> {
    let kind = LetterKind::TooLate;
    let letter = Letter {
        amount: Some(amount),
        ..letter(kind, order)
    };
    push_about(tx, &payment, &letter)
}

/// One of several letters of its kind that an order may bring: `what` tells them apart.
fn push_about(tx: &mut dyn Tx, what: &dyn Display, letter: &Letter) -> Result<(), Fault> {
    let key = format!("mail:{}:{}:{what}", letter.kind.code(), letter.order);
    push(tx, &key, letter)
}

fn push(tx: &mut dyn Tx, key: &str, letter: &Letter) -> Result<(), Fault> {
    outbox::push(tx, TOPIC, key, &columns::to_json(letter)?).map(drop)
}

fn lines_of(order: &Order, copies: &[Copies]) -> Vec<OrderLine> {
    let of = |&(position, quantity): &Copies| {
        let line = order.lines.iter().find(|line| line.position == position)?;
        Some(OrderLine {
            quantity,
            total: line.unit.times(quantity),
            ..line.clone()
        })
    };
    copies.iter().filter_map(of).collect()
}

fn letter(kind: LetterKind, order: &Order) -> Letter {
    let payment = order.payment.as_ref();
    let parcel = order.parcels.first();
    Letter {
        kind,
        order: order.number.clone(),
        locale: order.locale,
        to: order.email.clone(),
        address: order.address.clone(),
        method: order.method,
        lines: order.lines.clone(),
        amount: None,
        certificates: order.certificates,
        means: payment.map(|payment| payment.means),
        tracking: parcel.and_then(|parcel| parcel.tracking.clone()),
        reference: payment.and_then(|payment| payment.reference.clone()),
        goods_total: order.goods_total,
        delivery: order.delivery,
        total: order.total,
        vat: order.vat.iter().map(letter_vat).collect(),
        card: payment.and_then(|payment| {
            Some(LetterCard {
                brand: payment.brand,
                last4: payment.last4.clone()?,
            })
        }),
        placed: order.placed,
    }
}

fn letter_vat(line: &crate::pricing::VatLine) -> LetterVat {
    LetterVat {
        basis_points: line.rate.as_basis_points(),
        net: line.net,
        vat: line.vat,
    }
}
