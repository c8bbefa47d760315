//! What did not leave is cancelled: its copies go back to the shelf at once, what is reserved for it is lifted, what was
//! paid for it in advance goes back.

use storage::{Store, Tx};
use trade::{
    clock::Clock,
    ids::{OrderNumber, RefundId},
    money::Money,
};

use super::{
    Methods, PaymentState, SettleRefusal, Settled,
    ask::{Kind, Question, ask},
    refund,
    row::Payment,
    settle::{Intent, begin, not_now, taken},
    state,
};
use crate::{
    order::{self, Order, OrderState, holdings},
    staff::audit,
};

/// Cancels an order that did not leave yet, or the rest of one that left in part. Asked again after the bank refused
/// the reversal, it only asks the bank again.
///
/// # Errors
/// [`SettleRefusal::NotNow`] unless something of the order waits, or is still reserved, and its payment is at rest.
pub async fn cancel(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    number: &OrderNumber,
    staff: &str,
) -> Result<Settled, SettleRefusal> {
    let intent = Intent {
        number: number.clone(),
        staff: staff.to_owned(),
        now: clock.now(),
    };
    let begun = store.write(move |tx| begin_cancel(tx, &intent)).await?;
    match begun {
        Begun::Ask(question) => Ok(ask(store, methods, clock, question).await?),
        Begun::ByHand => Ok(Settled::Pending),
        Begun::Done => Ok(Settled::Done),
    }
}

/// What follows from an intent.
pub(super) enum Begun {
    Ask(Question),
    /// A bookseller sends the money and says so.
    ByHand,
    Done,
}

fn begin_cancel(tx: &mut dyn Tx, intent: &Intent) -> Result<Begun, SettleRefusal> {
    let (order, payment) = taken(tx, &intent.number)?;
    let in_flight = |payment: &&Payment| payment.state.is_in_flight();
    if let Some(payment) = payment.as_ref().filter(in_flight) {
        return Err(not_now(payment));
    }
    let reserved = payment
        .as_ref()
        .is_some_and(|payment| payment.state == PaymentState::Authorised);
    let before = matches!(order.state, OrderState::Cancelled | OrderState::Shipped) && reserved;
    if !before && !order::cancel_rest(tx, order.id, &intent.staff, intent.now)? {
        return Err(SettleRefusal::NotNow {
            order: order.state,
            payment: payment.map(|payment| payment.state),
        });
    }
    audit::record(
        tx,
        &intent.staff,
        "order.cancel",
        intent.number.as_str(),
        None,
        intent.now,
    )?;
    match payment {
        None => Ok(Begun::Done),
        Some(payment) => release(tx, intent, &order, &payment),
    }
}

/// Gives up what the payment holds for copies that will not leave.
fn release(
    tx: &mut dyn Tx,
    intent: &Intent,
    order: &Order,
    payment: &Payment,
) -> Result<Begun, SettleRefusal> {
    match payment.state {
        PaymentState::Authorised => {
            begin(tx, payment, PaymentState::Reversing, intent.now)?;
            Ok(Begun::Ask(Question {
                payment: payment.named(),
                means: payment.means,
                amount: payment.amounts.amount - payment.amounts.captured,
                kind: Kind::Reverse,
            }))
        }
        PaymentState::AwaitingReader => {
            let lifted = state::Amounts {
                lifted: true,
                ..payment.amounts
            };
            let to = match payment.amounts.captured.is_zero() {
                true => PaymentState::Dropped,
                false => PaymentState::Captured,
            };
            state::advance(tx, payment.id, (payment.state, to), None, intent.now)?;
            state::hold(tx, payment.id, lifted)?;
            Ok(Begun::Done)
        }
        PaymentState::Captured => {
            let excess = paid_in_advance(tx, order, payment)?;
            match excess > Money::ZERO {
                true => refund::begin_excess(tx, intent, payment, RefundId::new(), excess),
                false => Ok(Begun::Done),
            }
        }
        _ => Ok(Begun::Done),
    }
}

/// What was taken for copies that will not leave.
fn paid_in_advance(
    tx: &mut dyn Tx,
    order: &Order,
    payment: &Payment,
) -> Result<Money, SettleRefusal> {
    let sent = holdings::count(tx, order.id)?.sent();
    let due = (sent - order.certificates)
        .max(Money::ZERO)
        .min(payment.amounts.amount);
    Ok(payment.amounts.captured - due)
}
