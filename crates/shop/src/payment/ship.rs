//! A parcel leaves: its share of the order's payment is taken, and when it was, the parcel is on its way.

use catalogue::store as catalogue_store;
use jiff::civil::Date;
use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{CaptureId, OrderId, OrderNumber},
    money::Money,
};

use super::{
    Evidence, Methods, PaymentState, SettleRefusal, Settled,
    ask::{Kind, Question, ask},
    row::Payment,
    settle::{Intent, begin, not_now, taken},
    state,
};
use crate::{
    columns, ledger,
    order::{
        self, Copies, OrderState,
        events::{self, EventKind},
        holdings::{self, Holdings},
        parcels::{self, Packed},
    },
    screening,
    staff::audit,
};

storage::statements! {
    PAID = "UPDATE payments SET guarantee = $2, evidence = $3 WHERE id = $1";
}

/// What goes into a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Line by line; none means all that waits.
    pub copies: Option<Vec<Copies>>,
    /// The carrier's number, for the reader.
    pub tracking: Option<String>,
}

impl Contents {
    /// All that waits, without a carrier's number.
    pub const ALL: Self = Self {
        copies: None,
        tracking: None,
    };
}

/// Takes a parcel's share of the amount, and when the bank did, lets it leave and tells the reader.
///
/// What gift certificates pay counts first, the order's payment pays the rest. Means that cannot take a part take the
/// whole with the first parcel. `staff` is the login of the bookseller, for the timeline and the audit.
///
/// # Errors
/// [`SettleRefusal::NotNow`] unless the order is confirmed and its payment at rest; [`SettleRefusal::NoSuchCopies`],
/// [`SettleRefusal::Nothing`], [`SettleRefusal::Embargo`].
pub async fn ship(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    number: &OrderNumber,
    contents: &Contents,
    staff: &str,
) -> Result<Settled, SettleRefusal> {
    let intent = Intent {
        number: number.clone(),
        staff: staff.to_owned(),
        now: clock.now(),
    };
    let contents = contents.clone();
    let question = store
        .write(move |tx| begin_parcel(tx, &intent, &contents))
        .await?;
    match question {
        Some(question) => Ok(ask(store, methods, clock, question).await?),
        None => Ok(Settled::Done),
    }
}

fn begin_parcel(
    tx: &mut dyn Tx,
    intent: &Intent,
    contents: &Contents,
) -> Result<Option<Question>, SettleRefusal> {
    let (whole, payment) = taken(tx, &intent.number)?;
    let (order, certificates) = (whole.id, whole.certificates);
    if whole.state != OrderState::Confirmed {
        return Err(SettleRefusal::NotNow {
            order: whole.state,
            payment: payment.map(|payment| payment.state),
        });
    }
    if let Some(payment) = payment
        .as_ref()
        .filter(|payment| payment.state.is_in_flight())
    {
        return Err(not_now(payment));
    }
    let holdings = holdings::count(tx, order)?;
    let copies = packed(&holdings, contents)?;
    respect_embargoes(tx, &holdings, &copies, intent.now.date_in_paris())?;
    screening::guard_shipping(tx, order)?;
    let worth = holdings.worth(&copies, !holdings.delivery_sent);
    let share = payment.as_ref().map_or(Money::ZERO, |payment| {
        share(payment, holdings.sent() + worth.total(), certificates)
    });
    let parcel = Packed {
        id: CaptureId::new(),
        order,
        payment: payment.as_ref().map(|payment| payment.id),
        copies: &copies,
        worth,
        captured: share,
        staff: &intent.staff,
        tracking: contents.tracking.as_deref(),
    };
    parcels::pack(tx, &parcel, intent.now)?;
    audit::record(
        tx,
        &intent.staff,
        "order.ship",
        intent.number.as_str(),
        None,
        intent.now,
    )?;
    match payment.filter(|_| share > Money::ZERO) {
        Some(payment) if payment.means.capabilities().authorise => {
            return ask_for(tx, intent, &payment, parcel.id, share).map(Some);
        }
        // Nothing was reserved: who takes the copies pays them.
        Some(payment) => pay_at_the_till(tx, intent, &payment, &parcel)?,
        None => {}
    }
    leave(tx, order, intent.now)?;
    Ok(None)
}

/// The copies wanted, if they all wait.
fn packed(holdings: &Holdings, contents: &Contents) -> Result<Vec<Copies>, SettleRefusal> {
    let copies = match &contents.copies {
        None => holdings.waiting(),
        Some(copies) => copies
            .iter()
            .copied()
            .filter(|(_, quantity)| *quantity > 0)
            .collect(),
    };
    for &(position, quantity) in &copies {
        let available = holdings.line(position).map_or(0, |line| line.waiting);
        if quantity > available {
            return Err(SettleRefusal::NoSuchCopies {
                position,
                available,
            });
        }
    }
    match copies.is_empty() {
        true => Err(SettleRefusal::Nothing),
        false => Ok(copies),
    }
}

/// What is taken now, when parcels worth `sent` will have left.
fn share(payment: &Payment, sent: Money, certificates: Money) -> Money {
    let amounts = payment.amounts;
    let due = (sent - certificates).max(Money::ZERO).min(amounts.amount);
    let due = match payment.means.capabilities().partial {
        false if due > Money::ZERO => amounts.amount,
        _ => due,
    };
    (due - amounts.captured).max(Money::ZERO)
}

fn ask_for(
    tx: &mut dyn Tx,
    intent: &Intent,
    payment: &Payment,
    capture: CaptureId,
    amount: Money,
) -> Result<Question, SettleRefusal> {
    begin(tx, payment, PaymentState::Capturing, intent.now)?;
    let staff = Some(intent.staff.as_str());
    events::record(
        tx,
        payment.order,
        EventKind::Capturing,
        None,
        staff,
        intent.now,
    )?;
    Ok(Question {
        payment: payment.named(),
        means: payment.means,
        amount,
        kind: Kind::Capture(capture),
    })
}

/// The reader is here and pays what she takes along.
fn pay_at_the_till(
    tx: &mut dyn Tx,
    intent: &Intent,
    payment: &Payment,
    parcel: &Packed<'_>,
) -> Result<(), SettleRefusal> {
    let amounts = state::Amounts {
        captured: payment.amounts.captured + parcel.captured,
        ..payment.amounts
    };
    let to = match amounts.captured == amounts.amount {
        true => PaymentState::Captured,
        false => PaymentState::AwaitingReader,
    };
    if payment.state != PaymentState::AwaitingReader
        || !state::advance(tx, payment.id, (payment.state, to), None, intent.now)?
    {
        return Err(not_now(payment));
    }
    state::hold(tx, payment.id, amounts)?;
    let evidence = Evidence::AtTheTill {
        staff: intent.staff.clone(),
        at: intent.now,
    };
    stands_for(tx, payment, &evidence)?;
    let entries = ledger::paid_into(payment.means.account(), parcel.captured);
    let posted = ledger::TransferState::Posted;
    let id = ledger::paid_id(parcel.id);
    ledger::post(tx, &id, Some(payment.order), posted, &entries, intent.now)?;
    let staff = Some(intent.staff.as_str());
    events::record(tx, payment.order, EventKind::Paid, None, staff, intent.now)?;
    Ok(())
}

/// Writes what the guarantee of a payment rests on.
pub(super) fn stands_for(
    tx: &mut dyn Tx,
    payment: &Payment,
    evidence: &Evidence,
) -> Result<(), Fault> {
    let params = [
        payment.id.to_string().into(),
        evidence.guarantee().into(),
        columns::to_json(evidence)?.into(),
    ];
    tx.execute(&PAID, &params).map(drop)
}

/// The parcel that needs no more answer leaves.
fn leave(tx: &mut dyn Tx, order: OrderId, now: Timestamp) -> Result<(), Fault> {
    let parcel = parcels::leaving(tx, order)?;
    let parcel = parcel.ok_or_else(|| Fault::defect("a parcel vanished"))?;
    order::parcel_left(tx, order, &parcel, now)
}

fn respect_embargoes(
    tx: &mut dyn Tx,
    holdings: &Holdings,
    copies: &[Copies],
    today: Date,
) -> Result<(), SettleRefusal> {
    for &(position, _) in copies {
        let Some(line) = holdings.line(position) else {
            continue;
        };
        let embargo = catalogue_store::embargo(tx, line.edition)?;
        if let Some((title, embargo)) = embargo
            && let Some(until) = embargo.delivery.filter(|until| today < *until)
        {
            return Err(SettleRefusal::Embargo { title, until });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use trade::{
        ids::{OrderId, OrderNumber, PaymentId},
        money::Money,
    };

    use super::share;
    use crate::{
        order::OrderState,
        payment::{Means, PaymentState, row::Payment, state::Amounts},
    };

    fn payment(means: Means, amount: i64, captured: i64) -> Payment {
        Payment {
            id: PaymentId::new(),
            order: OrderId(1),
            number: OrderNumber::from_bits(1),
            state: PaymentState::Authorised,
            order_state: OrderState::Confirmed,
            means,
            amounts: Amounts {
                amount: Money::cents(amount),
                captured: Money::cents(captured),
                ..Amounts::default()
            },
            nonce: String::new(),
            reference: None,
            reason: None,
        }
    }

    #[test]
    fn certificates_pay_first_and_the_payment_the_rest() {
        let share = |means, captured, sent, certificates| {
            share(
                &payment(means, 3000, captured),
                Money::cents(sent),
                Money::cents(certificates),
            )
            .as_cents()
        };
        // 40.00 ordered, 10.00 of it by certificate.
        assert_eq!(share(Means::Card, 0, 800, 1000), 0, "the certificate pays");
        assert_eq!(share(Means::Card, 0, 1800, 1000), 800);
        assert_eq!(share(Means::Card, 800, 4000, 1000), 2200, "the last parcel");
        assert_eq!(
            share(Means::Provider, 0, 1800, 1000),
            3000,
            "one capture only"
        );
        assert_eq!(share(Means::Provider, 3000, 4000, 1000), 0);
        assert_eq!(
            share(Means::Transfer, 3000, 1800, 1000),
            0,
            "it was here before"
        );
    }
}
