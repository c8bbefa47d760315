//! Money is given back: for copies that left, whole orders or parts, as often as there is something to give back; and
//! what was paid in advance for copies that will not leave.

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{OrderId, OrderNumber, RefundId},
    money::Money,
};

use super::{
    Means, Methods, PaymentState, SettleRefusal, Settled,
    ask::{self, Kind, Question, ask},
    cancel::Begun,
    row::{self, Payment},
    settle::{Intent, begin, not_now, taken},
    state,
};
use crate::{
    disputes,
    order::{
        self, Answer, Copies, Order,
        events::{self, EventKind},
        holdings::{self, Holdings, Worth},
        parcels::{self, GivenBack},
    },
    staff::audit,
};

/// What the reader gives back, or keeps and is paid back for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Line by line; none means all that left and was not given back.
    pub copies: Option<Vec<Copies>>,
    /// Whether the delivery charge goes back too: it does when the reader withdraws from the whole (C3).
    pub delivery: bool,
    /// Whether the copies are back on the shelf.
    pub restock: bool,
}

impl Return {
    /// Everything, delivery too; copies are counted when they arrive.
    pub const ALL: Self = Self {
        copies: None,
        delivery: true,
        restock: false,
    };
}

/// Gives money back: by the order's payment as far as that paid, the rest to the certificates that did.
///
/// # Errors
/// [`SettleRefusal::NotNow`] unless something left and the payment is at rest; [`SettleRefusal::NoSuchCopies`],
/// [`SettleRefusal::Nothing`]; [`SettleRefusal::Disputed`] when the reader has so much from her bank already.
pub async fn refund(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    number: &OrderNumber,
    what: &Return,
    staff: &str,
) -> Result<Settled, SettleRefusal> {
    let intent = Intent {
        number: number.clone(),
        staff: staff.to_owned(),
        now: clock.now(),
    };
    let (what, refund) = (what.clone(), RefundId::new());
    let begun = store
        .write(move |tx| begin_refund(tx, &intent, &what, refund))
        .await?;
    match begun {
        Begun::Ask(question) => Ok(ask(store, methods, clock, question).await?),
        Begun::ByHand => Ok(Settled::Pending),
        Begun::Done => Ok(Settled::Done),
    }
}

/// A bookseller sent the money of the open refund by hand: by a transfer of her own, or over the counter.
///
/// # Errors
/// [`SettleRefusal::NotNow`] unless a refund waits for a bookseller.
pub async fn refund_sent(
    store: &Store,
    clock: &Clock,
    number: &OrderNumber,
    staff: &str,
) -> Result<(), SettleRefusal> {
    let intent = Intent {
        number: number.clone(),
        staff: staff.to_owned(),
        now: clock.now(),
    };
    store.write(move |tx| conclude_by_hand(tx, &intent)).await
}

fn conclude_by_hand(tx: &mut dyn Tx, intent: &Intent) -> Result<(), SettleRefusal> {
    let (order, payment) = taken(tx, &intent.number)?;
    let payment = payment.ok_or(SettleRefusal::NotNow {
        order: order.state,
        payment: None,
    })?;
    if payment.means.capabilities().refund {
        return Err(not_now(&payment));
    }
    let open = parcels::open_refund(tx, payment.order)?.ok_or_else(|| not_now(&payment))?;
    audit::record(
        tx,
        &intent.staff,
        "order.refund_sent",
        intent.number.as_str(),
        None,
        intent.now,
    )?;
    let question = question(&payment, open.id, open.amount);
    ask::conclude(tx, &question, &Settled::Done, intent.now)?;
    Ok(())
}

/// The bank booked that the open refund of an order left the shop's account; says which refund it is, none when no
/// refund of that order waits for a bookseller with exactly this amount.
///
/// # Errors
/// A [`Fault`].
pub fn refund_left(
    tx: &mut dyn Tx,
    number: &OrderNumber,
    amount: Money,
    now: Timestamp,
) -> Result<Option<RefundId>, Fault> {
    let payment = row::of_order(tx, number)?;
    let payment = payment.filter(|payment| !payment.means.capabilities().refund);
    let Some(payment) = payment else {
        return Ok(None);
    };
    let open = parcels::open_refund(tx, payment.order)?.filter(|open| open.amount == amount);
    let Some(open) = open else {
        return Ok(None);
    };
    ask::conclude(
        tx,
        &question(&payment, open.id, open.amount),
        &Settled::Done,
        now,
    )?;
    Ok(Some(open.id))
}

fn begin_refund(
    tx: &mut dyn Tx,
    intent: &Intent,
    what: &Return,
    id: RefundId,
) -> Result<Begun, SettleRefusal> {
    let (order, payment) = taken(tx, &intent.number)?;
    if let Some(payment) = payment
        .as_ref()
        .filter(|payment| payment.state.is_in_flight())
    {
        return Err(not_now(payment));
    }
    let holdings = holdings::count(tx, order.id)?;
    let copies = returned(&order, &holdings, what)?;
    let with_delivery = what.delivery && holdings.delivery_sent && !holdings.delivery_returned;
    let worth = holdings.worth(&copies, with_delivery);
    if worth.total().is_zero() {
        return Err(SettleRefusal::Nothing);
    }
    let left = match &payment {
        Some(payment) => still_here(tx, payment)?,
        None => Money::ZERO,
    };
    let by_payment = worth.total().min(left);
    let by_certificates = worth.total() - by_payment;
    // What a dispute took from the payment is not made good by certificates that did not pay it.
    if by_certificates > certificates_left(&order, &holdings) {
        return Err(SettleRefusal::Disputed { left });
    }
    let written = GivenBack {
        id,
        order: order.id,
        payment: payment.as_ref().map(|payment| payment.id),
        copies: &copies,
        worth,
        amount: by_payment,
        certificate: by_certificates,
        restock: what.restock,
        staff: &intent.staff,
    };
    parcels::give_back(tx, &written, intent.now)?;
    asked_for(tx, intent, &order)?;
    match payment {
        Some(payment) if by_payment > Money::ZERO => put(tx, &payment, id, by_payment, intent.now),
        _ => {
            let refund = written_down(tx, order.id)?;
            order::given_back(tx, order.id, &refund, Means::Card.account(), intent.now)?;
            Ok(Begun::Done)
        }
    }
}

/// What of a payment the reader has not got back: neither the shop gave it back, nor did her bank take it, or say that
/// it will.
fn still_here(tx: &mut dyn Tx, payment: &Payment) -> Result<Money, Fault> {
    let disputed = disputes::disputed(tx, payment.id)?;
    let left = payment.amounts.captured - payment.amounts.refunded - disputed;
    Ok(left.max(Money::ZERO))
}

/// What certificates paid of what left, and did not get back.
fn certificates_left(order: &Order, holdings: &Holdings) -> Money {
    let refused = |refund: &&parcels::Refund| refund.answer == Some(Answer::Refused);
    let back = order.refunds.iter().filter(|refund| !refused(refund));
    let back: Money = back.map(|refund| refund.certificate).sum();
    holdings.sent().min(order.certificates) - back
}

/// Gives back what was paid in advance, as far as no dispute took it; no copies left, so none come back.
pub(super) fn begin_excess(
    tx: &mut dyn Tx,
    intent: &Intent,
    payment: &Payment,
    id: RefundId,
    excess: Money,
) -> Result<Begun, SettleRefusal> {
    let excess = match disputes::disputed(tx, payment.id)?.is_zero() {
        true => excess,
        false => excess.min(still_here(tx, payment)?),
    };
    if excess.is_zero() {
        return Ok(Begun::Done);
    }
    let written = GivenBack {
        id,
        order: payment.order,
        payment: Some(payment.id),
        copies: &[],
        worth: Worth::default(),
        amount: excess,
        certificate: Money::ZERO,
        restock: false,
        staff: &intent.staff,
    };
    parcels::give_back(tx, &written, intent.now)?;
    put(tx, payment, id, excess, intent.now)
}

/// The copies named, if they all left and were not given back.
fn returned(
    order: &Order,
    holdings: &Holdings,
    what: &Return,
) -> Result<Vec<Copies>, SettleRefusal> {
    let copies = match &what.copies {
        None => holdings.kept_copies(),
        Some(copies) => copies
            .iter()
            .copied()
            .filter(|(_, quantity)| *quantity > 0)
            .collect(),
    };
    for &(position, quantity) in &copies {
        let line = holdings.line(position);
        let available = line.map_or(0, |line| line.sent.saturating_sub(line.returned));
        if quantity > available {
            return Err(SettleRefusal::NoSuchCopies {
                position,
                available,
            });
        }
    }
    let anything_left = holdings.lines.iter().any(|line| line.sent > 0);
    match anything_left {
        true => Ok(copies),
        false => Err(SettleRefusal::NotNow {
            order: order.state,
            payment: order.payment.as_ref().map(|payment| payment.state),
        }),
    }
}

fn asked_for(tx: &mut dyn Tx, intent: &Intent, order: &Order) -> Result<(), Fault> {
    let staff = Some(intent.staff.as_str());
    events::record(tx, order.id, EventKind::Refunding, None, staff, intent.now)?;
    audit::record(
        tx,
        &intent.staff,
        "order.refund",
        intent.number.as_str(),
        None,
        intent.now,
    )
}

/// Whoever moves the money is asked; over the counter it is given at once.
fn put(
    tx: &mut dyn Tx,
    payment: &Payment,
    id: RefundId,
    amount: Money,
    now: Timestamp,
) -> Result<Begun, SettleRefusal> {
    let question = question(payment, id, amount);
    match payment.means {
        Means::Collection if payment.state == PaymentState::AwaitingReader => {
            // Some of it was paid and collected, the rest waits: it stays so.
            let refunded = state::Amounts {
                refunded: payment.amounts.refunded + amount,
                ..payment.amounts
            };
            state::hold(tx, payment.id, refunded)?;
            let order = order::by_id(tx, payment.order)?;
            let refund = written_down(tx, order.id)?;
            order::given_back(tx, order.id, &refund, payment.means.account(), now)?;
            Ok(Begun::Done)
        }
        Means::Collection => {
            begin(tx, payment, PaymentState::Refunding, now)?;
            ask::conclude(tx, &question, &Settled::Done, now)?;
            Ok(Begun::Done)
        }
        Means::Card | Means::Provider | Means::Transfer => {
            begin(tx, payment, PaymentState::Refunding, now)?;
            Ok(match payment.means.capabilities().refund {
                true => Begun::Ask(question),
                false => Begun::ByHand,
            })
        }
    }
}

fn question(payment: &Payment, refund: RefundId, amount: Money) -> Question {
    Question {
        payment: payment.named(),
        means: payment.means,
        amount,
        kind: Kind::Refund(refund),
    }
}

/// The refund that was written a moment ago and needs nobody's answer.
fn written_down(tx: &mut dyn Tx, order: OrderId) -> Result<parcels::Refund, Fault> {
    parcels::open_refund(tx, order)?.ok_or_else(|| Fault::defect("a refund vanished"))
}
