//! One order, whole, as its page, its mails and the back office need it.

use serde::{Deserialize, Serialize};
use storage::{Fault, Row, Tx};
use trade::{
    address::{Address, Email},
    clock::Timestamp,
    delivery::DeliveryMethod,
    goods::Goods,
    ids::{EditionId, IdempotencyKey, OrderId, OrderNumber, PaymentId},
    isbn::Isbn13,
    locale::Locale,
    money::Money,
    payment::Brand,
    vat::Rate,
};

use super::{Answer, OrderState, Parcel, Refund, parcels};
use crate::{
    columns,
    payment::{Evidence, Means, PaymentState},
    pricing::VatLine,
};

storage::statements! {
    BY_NUMBER = "SELECT id, number, state, locale, email, address, method, goods_cents, delivery_cents,
            total_cents, placed_us, hold_until_us, confirmed_us, shipped_us, closed_us, cart, certificates_cents
        FROM orders WHERE number = $1";
    BY_ID = "SELECT id, number, state, locale, email, address, method, goods_cents, delivery_cents,
            total_cents, placed_us, hold_until_us, confirmed_us, shipped_us, closed_us, cart, certificates_cents
        FROM orders WHERE id = $1";
    BY_KEY = "SELECT number FROM orders WHERE idempotency_key = $1";
    LINES = "SELECT edition, title, isbn13, goods, quantity, unit_cents, vat_bp, from_stock, position, cancelled
        FROM order_lines WHERE order_id = $1 ORDER BY position";
    VAT = "SELECT vat_bp, goods_cents, delivery_cents FROM order_vat WHERE order_id = $1 ORDER BY vat_bp";
    PAYMENTS = "SELECT id, state, amount_cents, card_brand, card_last4, card_expiry, approval_code,
            retrieval_reference, reason, changed_us, means, captured_cents, refunded_cents, evidence, reference
        FROM payments WHERE order_id = $1 ORDER BY created_us DESC, id DESC LIMIT 50";
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number inside the house.
    pub id: OrderId,
    /// Its number for people.
    pub number: OrderNumber,
    /// Where it stands.
    pub state: OrderState,
    /// The language the reader bought in.
    pub locale: Locale,
    /// Where its mails go.
    pub email: Email,
    /// Where the parcel goes, or who collects it.
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
    /// What gift certificates pay of it.
    pub certificates: Money,
    /// The total by VAT rate.
    pub vat: Vec<VatLine>,
    /// When it was placed.
    pub placed: Timestamp,
    /// Until when its copies are held while it is not paid.
    pub hold_until: Timestamp,
    /// When it was paid.
    pub confirmed: Option<Timestamp>,
    /// When it left.
    pub shipped: Option<Timestamp>,
    /// When it was refunded, cancelled or given up.
    pub closed: Option<Timestamp>,
    /// What left, oldest first.
    pub parcels: Vec<Parcel>,
    /// What was given back, oldest first.
    pub refunds: Vec<Refund>,
    /// The latest try to pay; none when certificates pay the whole.
    pub payment: Option<PaymentView>,
    /// The cart it was made from.
    pub(crate) cart: Option<String>,
}

/// One line of an order, as it was when it was placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Its number in the order, from 1.
    #[serde(default)]
    pub position: u32,
    /// The edition.
    pub edition: EditionId,
    /// Its title then.
    pub title: String,
    /// Its ISBN then.
    pub isbn: Option<Isbn13>,
    /// What it is for price law and VAT.
    pub goods: Goods,
    /// How many.
    pub quantity: u32,
    /// The price of one, VAT included.
    pub unit: Money,
    /// The price of all, VAT included.
    pub total: Money,
    /// The VAT rate, in hundredths of a per cent.
    pub vat_basis_points: u32,
    /// Whether the copies come from the shelf, not from the supplier.
    pub from_stock: bool,
    /// Copies that were cancelled and will not leave.
    #[serde(default)]
    pub cancelled: u32,
}

impl Order {
    /// Copies of a line that neither left, nor leave, nor were cancelled.
    pub fn waiting(&self, line: &OrderLine) -> u32 {
        let refused = |parcel: &&Parcel| parcel.answer == Some(Answer::Refused);
        let gone: u32 = self
            .parcels
            .iter()
            .filter(|parcel| !refused(parcel))
            .flat_map(|parcel| &parcel.copies)
            .filter(|(position, _)| *position == line.position)
            .map(|(_, quantity)| quantity)
            .sum();
        line.quantity.saturating_sub(line.cancelled + gone)
    }

    /// Copies of a line that left.
    pub fn sent(&self, line: &OrderLine) -> u32 {
        let left = self.parcels.iter().filter(|parcel| parcel.left.is_some());
        left.flat_map(|parcel| &parcel.copies)
            .filter(|(position, _)| *position == line.position)
            .map(|(_, quantity)| quantity)
            .sum()
    }

    /// Copies of a line that left and whose price was not given back, nor is being.
    pub fn kept(&self, line: &OrderLine) -> u32 {
        let counts = |refund: &&Refund| refund.answer != Some(Answer::Refused);
        let back: u32 = self
            .refunds
            .iter()
            .filter(counts)
            .flat_map(|refund| &refund.copies)
            .filter(|(position, _)| *position == line.position)
            .map(|(_, quantity)| quantity)
            .sum();
        self.sent(line).saturating_sub(back)
    }

    /// Whether some of it left and some waits.
    pub fn is_partly_sent(&self) -> bool {
        self.state == OrderState::Confirmed
            && self.parcels.iter().any(|parcel| parcel.left.is_some())
    }

    /// What was given back so far.
    pub fn given_back(&self) -> Money {
        let done = self
            .refunds
            .iter()
            .filter(|refund| refund.answer == Some(Answer::Done));
        done.map(|refund| refund.goods + refund.delivery).sum()
    }
}

/// What the shop may know and show of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentView {
    /// Its id, the same in the payment zone.
    pub id: PaymentId,
    /// How it is paid.
    pub means: Means,
    /// Where it stands.
    pub state: PaymentState,
    /// The amount.
    pub amount: Money,
    /// What was taken of it.
    pub captured: Money,
    /// What was given back of that.
    pub refunded: Money,
    /// What its guarantee rests on.
    pub evidence: Evidence,
    /// The name by which its means knows it: a creditor reference, a provider's page.
    pub reference: Option<String>,
    /// The card's brand, once the reader gave one.
    pub brand: Option<Brand>,
    /// Its last four digits.
    pub last4: Option<String>,
    /// Its expiry, `MM/YY`.
    pub expiry: Option<String>,
    /// The bank's approval code.
    pub approval_code: Option<String>,
    /// The bank's reference.
    pub retrieval_reference: Option<String>,
    /// Why the bank refused the last question, in its code.
    pub reason: Option<String>,
    /// When it came to stand there.
    pub changed: Timestamp,
}

/// The order of that number.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn find(tx: &mut dyn Tx, number: &OrderNumber) -> Result<Option<Order>, Fault> {
    let row = tx.query_opt(&BY_NUMBER, &[number.as_str().into()])?;
    row.map(|row| whole(tx, &row)).transpose()
}

/// The order with that id.
pub(crate) fn by_id(tx: &mut dyn Tx, id: OrderId) -> Result<Order, Fault> {
    let row = tx.query_one(&BY_ID, &[id.0.into()])?;
    whole(tx, &row)
}

/// The order that a request with that key made, if it made one: what a caller asks who got no answer.
pub fn by_idempotency_key(
    tx: &mut dyn Tx,
    key: &IdempotencyKey,
) -> Result<Option<OrderNumber>, Fault> {
    let row = tx.query_opt(&BY_KEY, &[key.as_str().into()])?;
    row.map(|row| columns::parsed(row.text(0)?)).transpose()
}

/// The cards tried for an order, latest first.
pub fn payments_of(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<PaymentView>, Fault> {
    tx.query(&PAYMENTS, &[order.0.into()])?
        .iter()
        .map(payment_of_row)
        .collect()
}

fn whole(tx: &mut dyn Tx, row: &Row) -> Result<Order, Fault> {
    let id = OrderId(row.int(0)?);
    let lines = tx.query(&LINES, &[id.0.into()])?;
    let vat = tx.query(&VAT, &[id.0.into()])?;
    let when = |column| Ok::<_, Fault>(row.opt_int(column)?.map(Timestamp::micros));
    Ok(Order {
        id,
        number: columns::parsed(row.text(1)?)?,
        state: OrderState::of_column(row.text(2)?)?,
        locale: columns::locale(row.text(3)?)?,
        email: columns::email(row.text(4)?)?,
        address: columns::json(row.text(5)?)?,
        method: columns::method(row.text(6)?)?,
        lines: lines.iter().map(line_of_row).collect::<Result<_, _>>()?,
        goods_total: Money::cents(row.int(7)?),
        delivery: Money::cents(row.int(8)?),
        total: Money::cents(row.int(9)?),
        vat: vat.iter().map(vat_of_row).collect::<Result<_, _>>()?,
        placed: Timestamp::micros(row.int(10)?),
        hold_until: Timestamp::micros(row.int(11)?),
        confirmed: when(12)?,
        shipped: when(13)?,
        closed: when(14)?,
        certificates: Money::cents(row.int(16)?),
        parcels: parcels::parcels_of(tx, id)?,
        refunds: parcels::refunds_of(tx, id)?,
        payment: payments_of(tx, id)?
            .into_iter()
            .find(|payment| payment.state != PaymentState::Dropped),
        cart: row.opt_text(15)?.map(str::to_owned),
    })
}

fn line_of_row(row: &Row) -> Result<OrderLine, Fault> {
    let (quantity, unit) = (row.count(4)?, Money::cents(row.int(5)?));
    Ok(OrderLine {
        edition: EditionId(row.int(0)?),
        title: row.text(1)?.to_owned(),
        isbn: columns::isbn(row.opt_int(2)?),
        goods: columns::goods(row.text(3)?)?,
        quantity,
        unit,
        total: unit.times(quantity),
        vat_basis_points: row.count(6)?,
        from_stock: row.flag(7)?,
        position: row.count(8)?,
        cancelled: row.count(9)?,
    })
}

fn vat_of_row(row: &Row) -> Result<VatLine, Fault> {
    let rate = Rate::basis_points(row.count(0)?);
    Ok(VatLine::new(
        rate,
        Money::cents(row.int(1)?),
        Money::cents(row.int(2)?),
    ))
}

fn payment_of_row(row: &Row) -> Result<PaymentView, Fault> {
    let words = |column| Ok::<_, Fault>(row.opt_text(column)?.map(str::to_owned));
    Ok(PaymentView {
        id: columns::parsed(row.text(0)?)?,
        state: PaymentState::of_column(row.text(1)?)?,
        amount: Money::cents(row.int(2)?),
        brand: row.opt_text(3)?.and_then(Brand::parse),
        last4: words(4)?,
        expiry: words(5)?,
        approval_code: words(6)?,
        retrieval_reference: words(7)?,
        reason: words(8)?,
        changed: Timestamp::micros(row.int(9)?),
        means: Means::of_column(row.text(10)?)?,
        captured: Money::cents(row.int(11)?),
        refunded: Money::cents(row.int(12)?),
        evidence: row
            .opt_text(13)?
            .map_or(Ok(Evidence::Nothing), columns::json)?,
        reference: words(14)?,
    })
}
