//! What an order does when its payment moved: each function is the order's part of one transaction.
//!
//! They are called only by [`payment`](crate::payment), which moves the payment in the same transaction.

use storage::{Fault, Tx};
use trade::{clock::Timestamp, ids::OrderId, money::Money};

use super::{
    Answer, Copies, Order, OrderState, Parcel, Refund, by_id,
    events::{self, EventKind},
    expire::held_copies,
    holdings::{self, Holdings},
    parcels,
    state::advance,
};
use crate::{
    cart, certificate,
    ledger::{self, Account, Part, TransferState},
    mail::{self, LetterKind},
    stock,
    text::fold,
};

storage::statements! {
    CONFIRM = "UPDATE orders SET state = 'confirmed', paying = 0, confirmed_us = $2, confirmed_on = $3,
            search_text = search_text || $4
        WHERE id = $1 AND state = 'awaiting_payment'";
    CANCEL_LINE = "UPDATE order_lines SET cancelled = cancelled + $3 WHERE order_id = $1 AND position = $2";
}

/// The order is paid, or its bookseller trusts that it will be: held copies are sold, the reader's cart loses what she
/// bought. `approval` is why, for the timeline.
pub(crate) fn confirm(
    tx: &mut dyn Tx,
    id: OrderId,
    approval: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let order = by_id(tx, id)?;
    let titles: String = order
        .lines
        .iter()
        .map(|line| format!(" {}", fold(&line.title)))
        .collect();
    let day = now.date_in_paris().to_string();
    let params = [
        id.0.into(),
        now.as_micros().into(),
        day.into(),
        titles.into(),
    ];
    if tx.execute(&CONFIRM, &params)? == 0 {
        return Err(Fault::defect(format!(
            "order {} was paid but does not wait for it",
            order.number
        )));
    }
    for (edition, copies) in held_copies(tx, id)? {
        stock::sell(tx, edition, copies, id, now)?;
    }
    if let Some(cart) = &order.cart {
        cart::take_out_ordered(tx, cart, id.0)?;
    }
    events::record(tx, id, EventKind::Confirmed, Some(approval), None, now)
}

/// The bank never answered: the order is given up, its copies go back, the reader is told the truth.
pub(crate) fn give_up(tx: &mut dyn Tx, id: OrderId, now: Timestamp) -> Result<(), Fault> {
    moved(
        advance(
            tx,
            id,
            OrderState::AwaitingPayment,
            OrderState::Cancelled,
            now,
        )?,
        id,
    )?;
    for (edition, copies) in held_copies(tx, id)? {
        stock::release(tx, edition, copies, id, now)?;
    }
    let covered = by_id(tx, id)?.certificates;
    certificate::give_back(tx, id, covered, now)?;
    ledger::settle(tx, id, TransferState::Voided, now)?;
    events::record(tx, id, EventKind::Unanswered, None, None, now)?;
    let order = by_id(tx, id)?;
    mail::write(tx, LetterKind::Unanswered, &order)
}

/// A parcel leaves: its part of the sale is posted, and the order is shipped when nothing waits any more.
pub(crate) fn parcel_left(
    tx: &mut dyn Tx,
    id: OrderId,
    parcel: &Parcel,
    now: Timestamp,
) -> Result<(), Fault> {
    let before = holdings::count(tx, id)?;
    let after = before.after_parcel(&parcel.copies, !parcel.delivery.is_zero());
    parcels::answer_parcel(tx, parcel.id, Answer::Done, now)?;
    let order = by_id(tx, id)?;
    let rest = ledger::change(&after.kept(), &before.in_the_end().kept());
    let part = Part {
        promise: &ledger::sale_id(&order.number),
        name: &parcel.id.to_string(),
        now: &ledger::change(&before.kept(), &after.kept()),
        rest: &rest,
    };
    ledger::keep(tx, id, &part, now)?;
    let used = |sent: Money| sent.min(order.certificates);
    spend(
        tx,
        &order,
        parcel,
        used(before.sent()),
        used(after.sent()),
        now,
    )?;
    let tracking = parcel.tracking.as_deref();
    if !before.waiting().is_empty() {
        events::record(tx, id, EventKind::PartSent, tracking, None, now)?;
        return mail::write_of_parcel(tx, &order, parcel);
    }
    moved(
        advance(tx, id, OrderState::Confirmed, OrderState::Shipped, now)?,
        id,
    )?;
    events::record(tx, id, EventKind::Shipped, tracking, None, now)?;
    match order.parcels.len() {
        0 | 1 => mail::write(tx, LetterKind::Shipping, &order),
        _ => mail::write_of_parcel(tx, &order, parcel),
    }
}

/// Certificates paid `before` of what left, and `after` once this parcel has.
fn spend(
    tx: &mut dyn Tx,
    order: &Order,
    parcel: &Parcel,
    before: Money,
    after: Money,
    now: Timestamp,
) -> Result<(), Fault> {
    if before == after {
        return Ok(());
    }
    let promised = |amount: Money| match amount.is_zero() {
        true => Vec::new(),
        false => ledger::paid_into(Account::Certificates, amount),
    };
    let part = Part {
        promise: &ledger::certificate_id(&order.number),
        name: &parcel.id.to_string(),
        now: &promised(after - before),
        rest: &promised(order.certificates - after),
    };
    ledger::keep(tx, order.id, &part, now)
}

/// A bookseller cancelled what had not left: the rest of the sale is void and its copies are back, whatever the bank
/// says to the reversal. False when the order had gone elsewhere meanwhile.
pub(crate) fn cancel_rest(
    tx: &mut dyn Tx,
    id: OrderId,
    staff: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let holdings = holdings::count(tx, id)?;
    let anything_sent = holdings.lines.iter().any(|line| line.sent > 0);
    let to = match anything_sent {
        true => OrderState::Shipped,
        false => OrderState::Cancelled,
    };
    if !advance(tx, id, OrderState::Confirmed, to, now)? {
        return Ok(false);
    }
    let back = holdings.lines.iter().filter(|line| line.waiting > 0);
    for line in back {
        tx.execute(
            &CANCEL_LINE,
            &[id.0.into(), line.position.into(), line.waiting.into()],
        )?;
    }
    let mut shelved: Vec<_> = holdings
        .lines
        .iter()
        .filter(|line| line.from_stock && line.waiting > 0)
        .map(|line| (line.edition, line.waiting))
        .collect();
    shelved.sort_unstable();
    for (edition, copies) in shelved {
        stock::put_back(tx, edition, copies, id, now)?;
    }
    let order = by_id(tx, id)?;
    ledger::void(tx, id, &ledger::sale_id(&order.number), now)?;
    ledger::void(tx, id, &ledger::certificate_id(&order.number), now)?;
    let used = holdings.sent().min(order.certificates);
    certificate::give_back(tx, id, order.certificates - used, now)?;
    let (event, letter) = match anything_sent {
        true => (EventKind::RestCancelled, LetterKind::RestCancelled),
        false => (EventKind::Cancelled, LetterKind::Cancellation),
    };
    events::record(tx, id, event, None, Some(staff), now)?;
    mail::write(tx, letter, &order)?;
    Ok(true)
}

/// Money was given back: sale and VAT are undone for these copies, and the order is refunded when nothing of it is
/// kept. Copies are put back only when the bookseller said that they are here.
pub(crate) fn given_back(
    tx: &mut dyn Tx,
    id: OrderId,
    refund: &Refund,
    from: Account,
    now: Timestamp,
) -> Result<(), Fault> {
    let before = holdings::count(tx, id)?;
    parcels::answer_refund(tx, refund.id, Answer::Done, now)?;
    let after = holdings::count(tx, id)?;
    let undone = ledger::change(&before.kept(), &after.kept());
    let entries = ledger::paid_from(
        undone,
        &[
            (from, refund.amount),
            (Account::Certificates, refund.certificate),
        ],
    );
    let posted = TransferState::Posted;
    ledger::post(
        tx,
        &ledger::refund_id(refund.id),
        Some(id),
        posted,
        &entries,
        now,
    )?;
    certificate::give_back(tx, id, refund.certificate, now)?;
    if refund.restock {
        put_back(tx, id, &after, &refund.copies, now)?;
    }
    let order = by_id(tx, id)?;
    let whole = after.kept().is_empty() && order.state == OrderState::Shipped;
    if !whole {
        let amount = (refund.amount + refund.certificate).to_string();
        events::record(tx, id, EventKind::PartRefunded, Some(&amount), None, now)?;
        return mail::write_of_refund(tx, &order, refund);
    }
    moved(
        advance(tx, id, OrderState::Shipped, OrderState::Refunded, now)?,
        id,
    )?;
    events::record(tx, id, EventKind::Refunded, None, None, now)?;
    match order.refunds.len() {
        0 | 1 => mail::write(tx, LetterKind::Refund, &order),
        _ => mail::write_of_refund(tx, &order, refund),
    }
}

fn put_back(
    tx: &mut dyn Tx,
    id: OrderId,
    holdings: &Holdings,
    copies: &[Copies],
    now: Timestamp,
) -> Result<(), Fault> {
    // What came from the supplier is counted when a bookseller shelves it.
    let counted = copies.iter().filter_map(|&(position, quantity)| {
        let line = holdings.line(position).filter(|line| line.from_stock)?;
        Some((line.edition, quantity))
    });
    let mut counted: Vec<_> = counted.collect();
    counted.sort_unstable();
    for (edition, copies) in counted {
        stock::put_back(tx, edition, copies, id, now)?;
    }
    Ok(())
}

fn moved(moved: bool, order: OrderId) -> Result<(), Fault> {
    match moved {
        true => Ok(()),
        false => Err(Fault::defect(format!(
            "order {order} and its payment disagree"
        ))),
    }
}
