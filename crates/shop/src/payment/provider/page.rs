//! A page at the provider, as a row. It is written before the provider is asked for it.

use storage::{Fault, Row, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, PaymentId},
    limits,
};

use crate::{codes::coded, columns, payment::Named};

coded! {
    /// What may still come from a page.
    pub enum PageStanding {
        /// A payment.
        Open = "open",
        /// Nothing: what came of it is written in the payment.
        Closed = "closed",
        /// What it reserved came too late and is being given up.
        Lifting = "lifting",
        /// The provider gave it up.
        Lifted = "lifted",
        /// The provider refused to give it up: a bookseller must ask it.
        Kept = "kept",
    }
}

storage::statements! {
    ASK = "INSERT INTO provider_pages (payment, order_id, standing, asked_us, expires_us, look_us, looked_us)
        VALUES ($1, $2, 'open', $3, $4, $4, 0) ON CONFLICT (payment) DO NOTHING";
    BY_PAYMENT = "SELECT payment, order_id, standing, asked_us, expires_us, reference, url FROM provider_pages
        WHERE payment = $1";
    BY_REFERENCE = "SELECT payment, order_id, standing, asked_us, expires_us, reference, url FROM provider_pages
        WHERE reference = $1";
    OF_ORDER = "SELECT payment, order_id, standing, asked_us, expires_us, reference, url FROM provider_pages
        WHERE order_id = $1 ORDER BY payment";
    OPENED = "UPDATE provider_pages SET reference = $2, url = $3 WHERE payment = $1 AND reference IS NULL";
    MOVE = "UPDATE provider_pages SET standing = $3 WHERE payment = $1 AND standing = $2";
    LOOKED = "UPDATE provider_pages SET looked_us = $2 WHERE payment = $1 AND standing IN ('open', 'lifting')";
    LOOK_NOW = "UPDATE provider_pages SET look_us = $2, looked_us = 0 WHERE payment = $1 AND standing = 'open'";
    LOOK_AT_THE_END = "UPDATE provider_pages SET look_us = expires_us
        WHERE payment = $1 AND standing = 'open' AND looked_us = $2 AND expires_us > $2";
    DUE = "SELECT g.payment FROM provider_pages g JOIN payments p ON p.id = g.payment
            JOIN orders o ON o.id = g.order_id
        WHERE g.standing IN ('open', 'lifting') AND g.looked_us <= $2
            AND (g.standing = 'lifting' OR g.look_us <= $1 OR p.state <> 'awaiting_reader'
                OR o.state <> 'awaiting_payment')
        ORDER BY g.looked_us LIMIT $3";
}

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub payment: PaymentId,
    pub order: OrderId,
    pub standing: PageStanding,
    pub asked: Timestamp,
    pub expires: Timestamp,
    pub reference: Option<String>,
    pub url: Option<String>,
}

impl Page {
    pub fn named(&self) -> Named {
        Named {
            payment: self.payment,
            reference: self.reference.clone(),
        }
    }

    /// Whether a reader who is sent there at `now` has time to pay.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.standing == PageStanding::Open && now.plus(limits::PROVIDER_PAGE_AGAIN) < self.expires
    }

    /// Whether it was asked for so lately that the same question has the same answer.
    pub fn may_be_asked_again(&self, now: Timestamp) -> bool {
        self.is_open(now) && now.since(self.asked) < limits::PROVIDER_PAGE_AGAIN
    }
}

/// Writes that a page is asked for; the row of a payment exists once.
pub(super) fn ask(
    tx: &mut dyn Tx,
    payment: PaymentId,
    order: OrderId,
    (now, expires): (Timestamp, Timestamp),
) -> Result<bool, Fault> {
    let params = [
        payment.to_string().into(),
        order.0.into(),
        now.as_micros().into(),
        expires.as_micros().into(),
    ];
    Ok(tx.execute(&ASK, &params)? == 1)
}

/// Writes the provider's answer.
pub(super) fn opened(
    tx: &mut dyn Tx,
    payment: PaymentId,
    (reference, url): (&str, &str),
) -> Result<(), Fault> {
    let params = [payment.to_string().into(), reference.into(), url.into()];
    tx.execute(&OPENED, &params).map(drop)
}

/// The page of a payment.
pub(super) fn by_payment(tx: &mut dyn Tx, payment: PaymentId) -> Result<Option<Page>, Fault> {
    let row = tx.query_opt(&BY_PAYMENT, &[payment.to_string().into()])?;
    row.as_ref().map(of_row).transpose()
}

/// The page that the provider knows by that name.
pub(super) fn by_reference(tx: &mut dyn Tx, reference: &str) -> Result<Option<Page>, Fault> {
    let row = tx.query_opt(&BY_REFERENCE, &[reference.into()])?;
    row.as_ref().map(of_row).transpose()
}

/// All pages of an order, the oldest first; as many as it may have payments.
pub(super) fn of_order(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<Page>, Fault> {
    let rows = tx.query(&OF_ORDER, &[order.0.into()])?;
    rows.iter().map(of_row).collect()
}

/// Moves a page and says whether it stood where it was thought to stand.
pub(super) fn advance(
    tx: &mut dyn Tx,
    payment: PaymentId,
    (from, to): (PageStanding, PageStanding),
) -> Result<bool, Fault> {
    let params = [payment.to_string().into(), from.into(), to.into()];
    Ok(tx.execute(&MOVE, &params)? == 1)
}

/// Notes that the provider is being asked about it; false when nothing is to be asked any more.
pub(super) fn looked(tx: &mut dyn Tx, payment: PaymentId, now: Timestamp) -> Result<bool, Fault> {
    let params = [payment.to_string().into(), now.as_micros().into()];
    Ok(tx.execute(&LOOKED, &params)? == 1)
}

/// The next run of recovery is to ask about it.
pub(super) fn look_now(tx: &mut dyn Tx, payment: PaymentId, now: Timestamp) -> Result<(), Fault> {
    let params = [payment.to_string().into(), now.as_micros().into()];
    tx.execute(&LOOK_NOW, &params).map(drop)
}

/// Nothing came of it yet when it was looked at, at `looked`: unless the provider told more since, its end is the next
/// time to look.
pub(super) fn look_at_the_end(
    tx: &mut dyn Tx,
    payment: PaymentId,
    looked: Timestamp,
) -> Result<(), Fault> {
    let params = [payment.to_string().into(), looked.as_micros().into()];
    tx.execute(&LOOK_AT_THE_END, &params).map(drop)
}

/// The payments about whose pages the provider is to be asked at `now`.
pub(super) fn due(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<PaymentId>, Fault> {
    let again = now.minus(limits::SETTLE_AGAIN);
    let params = [
        now.as_micros().into(),
        again.as_micros().into(),
        limits::PAYMENTS_PER_RECOVERY.into(),
    ];
    let rows = tx.query(&DUE, &params)?;
    rows.iter()
        .map(|row| columns::parsed(row.text(0)?))
        .collect()
}

fn of_row(row: &Row) -> Result<Page, Fault> {
    Ok(Page {
        payment: columns::parsed(row.text(0)?)?,
        order: OrderId(row.int(1)?),
        standing: PageStanding::of_column(row.text(2)?)?,
        asked: Timestamp::micros(row.int(3)?),
        expires: Timestamp::micros(row.int(4)?),
        reference: row.opt_text(5)?.map(str::to_owned),
        url: row.opt_text(6)?.map(str::to_owned),
    })
}
