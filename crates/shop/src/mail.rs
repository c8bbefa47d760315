//! Letters to the reader, as intents: written into the outbox by the transaction that gives cause for them,
//! rendered and sent by whoever leases topic [`TOPIC`]. A letter carries all that its renderer needs, except
//! the key of the order's page, which is no business of the database ([`OrderKeys`](crate::order::OrderKeys)).

use serde::{Deserialize, Serialize};
use storage::{Fault, Tx, outbox};
use trade::{
    address::{Address, Email},
    clock::Timestamp,
    delivery::DeliveryMethod,
    ids::OrderNumber,
    locale::Locale,
    money::Money,
    payment::Brand,
};

use crate::{
    codes::coded,
    columns,
    order::{Order, OrderLine},
};

/// The outbox topic of letters.
pub const TOPIC: &str = "mail";

coded! {
    /// What a letter says.
    pub enum LetterKind {
        /// The order is paid; this is what was bought.
        Confirmation = "confirmation",
        /// The parcel left; the amount was taken.
        Shipping = "shipping",
        /// The bookseller cancelled; nothing was taken.
        Cancellation = "cancellation",
        /// The amount was given back.
        Refund = "refund",
        /// The bank never answered: the order is given up, nothing is taken, whatever was reserved is lifted.
        Unanswered = "unanswered",
    }
}

/// One letter; the outbox entry's key is `mail:KIND:ORDER`, so that it exists once.
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
    /// What was bought.
    pub lines: Vec<OrderLine>,
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
    let letter = Letter {
        kind,
        order: order.number.clone(),
        locale: order.locale,
        to: order.email.clone(),
        address: order.address.clone(),
        method: order.method,
        lines: order.lines.clone(),
        goods_total: order.goods_total,
        delivery: order.delivery,
        total: order.total,
        vat: order.vat.iter().map(letter_vat).collect(),
        card: order.payment.as_ref().and_then(|payment| {
            Some(LetterCard {
                brand: payment.brand,
                last4: payment.last4.clone()?,
            })
        }),
        placed: order.placed,
    };
    let key = format!("mail:{}:{}", kind.code(), order.number);
    outbox::push(tx, TOPIC, &key, &columns::to_json(&letter)?).map(drop)
}

fn letter_vat(line: &crate::pricing::VatLine) -> LetterVat {
    LetterVat {
        basis_points: line.rate.as_basis_points(),
        net: line.net,
        vat: line.vat,
    }
}
