//! Spending: a certificate pays of an order what it holds and the order owes, until the order is given up, or what it
//! paid for is not sent or comes back.

use jiff::civil::Date;
use storage::{Fault, Row, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{OrderId, OrderNumber},
    money::Money,
};

use super::CertificateCode;
use crate::{
    columns,
    ledger::{self, Account, TransferState},
    mail::{self, LetterKind},
    order::{self, Order, OrderState, PaymentView},
    payment, random,
    screening::{self, Attempt, Outcome, ScreenRefusal, Screening, Visit},
};

/// What certificates are called among the means of payment, for the screening.
const MEANS: &str = "certificate";

storage::statements! {
    LOCK = "UPDATE certificates SET balance_cents = balance_cents WHERE code_hash = $1
        RETURNING id, balance_cents, blocked, expires_on";
    TAKE = "UPDATE certificates SET balance_cents = balance_cents - $2 WHERE id = $1 AND balance_cents >= $2";
    PUT = "UPDATE certificates SET balance_cents = balance_cents + $2 WHERE id = $1";
    MOVED = "INSERT INTO certificate_moves (certificate, order_id, kind, change_cents, at_us)
        VALUES ($1, $2, $3, $4, $5)";
    PAYS = "INSERT INTO order_certificates (order_id, certificate, amount_cents) VALUES ($1, $2, $3)
        ON CONFLICT (order_id, certificate) DO UPDATE SET amount_cents = order_certificates.amount_cents + $3";
    COVERED = "UPDATE orders SET certificates_cents = certificates_cents + $2
        WHERE id = $1 AND state = 'awaiting_payment' AND paying = 0 AND certificates_cents + $2 <= total_cents";
    UNCOVERED = "UPDATE orders SET certificates_cents = 0 WHERE id = $1 AND state = 'awaiting_payment' AND paying = 0";
    NO_LONGER_PAYS = "DELETE FROM order_certificates WHERE order_id = $1";
    SPENT_SO_FAR = "SELECT certificate, CAST(SUM(change_cents) AS BIGINT) FROM certificate_moves
        WHERE order_id = $1 GROUP BY certificate ORDER BY certificate";
    HELD = "SELECT CAST(COALESCE(SUM(balance_cents), 0) AS BIGINT) FROM certificates";
    DISAGREEING = "SELECT c.id, CAST(COALESCE(m.moved, 0) AS BIGINT), c.balance_cents FROM certificates c
        LEFT JOIN (SELECT certificate, SUM(change_cents) AS moved FROM certificate_moves GROUP BY certificate) m
            ON m.certificate = c.id
        WHERE c.balance_cents <> COALESCE(m.moved, 0) ORDER BY c.id LIMIT $1";
}

/// What a certificate pays of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What it pays now.
    pub amount: Money,
    /// What the order still owes; nothing when it is confirmed by this.
    pub due: Money,
}

/// Why a certificate does not pay.
#[derive(Debug, thiserror::Error)]
pub enum NotUsed {
    /// No certificate has this code, or it is blocked: nobody learns which.
    #[error("no certificate can be spent under this code")]
    Unknown,
    /// Its day is past.
    #[error("the certificate could be spent until {until}")]
    Expired {
        /// The last day.
        until: Date,
    },
    /// Nothing is left of it.
    #[error("nothing is left of the certificate")]
    Empty,
    /// No such order, or it waits for nothing.
    #[error("the order waits for no payment")]
    NotWaiting,
    /// It would pay the whole, and the screening wants the reader's e-mail address confirmed first, by a code that is on
    /// its way. The number is for [`confirm`](screening::confirm); then it may be used.
    #[error("the reader confirms her e-mail address first")]
    StepUp {
        /// The screening to confirm.
        screening: i64,
    },
    /// It would pay the whole, and the screening refused. What other certificates were to pay of the order is theirs
    /// again.
    #[error("the screening refused")]
    Refused,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<ScreenRefusal> for NotUsed {
    fn from(refusal: ScreenRefusal) -> Self {
        match refusal {
            ScreenRefusal::NoSuchOrder | ScreenRefusal::NotWaiting => Self::NotWaiting,
            ScreenRefusal::BadName => Fault::defect(refusal.to_string()).into(),
            ScreenRefusal::Fault(fault) => fault.into(),
        }
    }
}

/// Lets a certificate pay what it can of an order that waits. An order that owes nothing more is confirmed, once the
/// screening let it go; of one that owes more, whatever pays the rest is screened.
///
/// # Errors
/// See [`NotUsed`].
pub async fn apply(
    store: &Store,
    screening: &Screening,
    clock: &Clock,
    number: &OrderNumber,
    code: &CertificateCode,
    visit: Visit,
) -> Result<Applied, NotUsed> {
    if let Some(applied) = use_if_screened(store, clock, number, code).await? {
        return Ok(applied);
    }
    let attempt = Attempt::by_other_means(number, MEANS, visit);
    match screening::screen(store, screening, clock, attempt).await? {
        Outcome::Go { .. } => {}
        Outcome::StepUp { screening } => return Err(NotUsed::StepUp { screening }),
        Outcome::Refused => {
            return match take_back(store, clock, number).await {
                Ok(()) | Err(NotUsed::NotWaiting) => Err(NotUsed::Refused),
                Err(other) => Err(other),
            };
        }
    }
    let used = use_if_screened(store, clock, number, code).await?;
    used.ok_or_else(|| Fault::defect("what the screening let go is not let go").into())
}

/// None when it would pay the whole and the screening did not let that go: then nothing is changed.
async fn use_if_screened(
    store: &Store,
    clock: &Clock,
    number: &OrderNumber,
    code: &CertificateCode,
) -> Result<Option<Applied>, NotUsed> {
    let (number, code, now) = (number.clone(), code.clone(), clock.now());
    store
        .write(move |tx| use_for(tx, &number, &code, now))
        .await
}

fn use_for(
    tx: &mut dyn Tx,
    number: &OrderNumber,
    code: &CertificateCode,
    now: Timestamp,
) -> Result<Option<Applied>, NotUsed> {
    let order = waiting(tx, number)?;
    let due = order.total - order.certificates;
    let (certificate, balance) = spendable(tx, code, now.date_in_paris())?;
    let amount = balance.min(due);
    if amount == due && !screening::let_go(tx, number, MEANS)? {
        return Ok(None);
    }
    let taken = tx.execute(&TAKE, &[certificate.into(), amount.as_cents().into()])?;
    let covered = tx.execute(&COVERED, &[order.id.0.into(), amount.as_cents().into()])?;
    if taken == 0 || covered == 0 {
        return Err(NotUsed::NotWaiting);
    }
    record(tx, certificate, order.id, "use", -amount, now)?;
    let params = [
        order.id.0.into(),
        certificate.into(),
        amount.as_cents().into(),
    ];
    tx.execute(&PAYS, &params)?;
    promise(tx, &order, order.certificates + amount, now)?;
    payment::amount_changed(tx, order.id, now)?;
    if amount == due {
        order::confirm(tx, order.id, "certificate", now)?;
        let order = order::by_id(tx, order.id)?;
        mail::write(tx, LetterKind::Confirmation, &order)?;
    }
    Ok(Some(Applied {
        amount,
        due: due - amount,
    }))
}

/// The order, taken for this transaction, if it waits and no bank is being asked.
fn waiting(tx: &mut dyn Tx, number: &OrderNumber) -> Result<Order, NotUsed> {
    order::lock(tx, number)?;
    let order = order::find(tx, number)?.ok_or(NotUsed::NotWaiting)?;
    let in_flight = |payment: &PaymentView| payment.state.is_in_flight();
    let waits = order.state == OrderState::AwaitingPayment
        && !order.payment.as_ref().is_some_and(in_flight);
    match waits {
        true => Ok(order),
        false => Err(NotUsed::NotWaiting),
    }
}

/// The certificate, taken for this transaction, with what it holds.
fn spendable(
    tx: &mut dyn Tx,
    code: &CertificateCode,
    today: Date,
) -> Result<(i64, Money), NotUsed> {
    let row = tx.query_opt(&LOCK, &[code.hash().into()])?;
    let row = row.ok_or(NotUsed::Unknown)?;
    let until: Date = columns::parsed(row.text(3)?)?;
    match (row.flag(2)?, Money::cents(row.int(1)?)) {
        (true, _) => Err(NotUsed::Unknown),
        _ if today > until => Err(NotUsed::Expired { until }),
        (_, balance) if balance.is_zero() => Err(NotUsed::Empty),
        (_, balance) => Ok((row.int(0)?, balance)),
    }
}

/// What certificates are to pay of the order, promised as one.
fn promise(tx: &mut dyn Tx, order: &Order, covered: Money, now: Timestamp) -> Result<(), Fault> {
    let promise = ledger::certificate_id(&order.number);
    ledger::void(tx, order.id, &promise, now)?;
    let entries = ledger::paid_into(Account::Certificates, covered);
    // A reader may use certificates, take them back and use them again.
    let id = format!("{promise}:{}", random::token::<8>()?);
    ledger::post(
        tx,
        &id,
        Some(order.id),
        TransferState::Pending,
        &entries,
        now,
    )
}

fn record(
    tx: &mut dyn Tx,
    certificate: i64,
    order: OrderId,
    kind: &str,
    change: Money,
    now: Timestamp,
) -> Result<(), Fault> {
    let params = [
        certificate.into(),
        order.0.into(),
        kind.into(),
        change.as_cents().into(),
        now.as_micros().into(),
    ];
    tx.execute(&MOVED, &params).map(drop)
}

/// The reader takes her certificates back from an order that waits.
///
/// # Errors
/// [`NotUsed::NotWaiting`], or a [`Fault`].
pub async fn take_back(store: &Store, clock: &Clock, number: &OrderNumber) -> Result<(), NotUsed> {
    let (number, now) = (number.clone(), clock.now());
    store
        .write(move |tx| {
            let order = waiting(tx, &number)?;
            if order.certificates.is_zero() {
                return Ok(());
            }
            give_back(tx, order.id, order.certificates, now)?;
            tx.execute(&NO_LONGER_PAYS, &[order.id.0.into()])?;
            if tx.execute(&UNCOVERED, &[order.id.0.into()])? == 0 {
                return Err(NotUsed::NotWaiting);
            }
            ledger::void(tx, order.id, &ledger::certificate_id(&number), now)?;
            Ok(payment::amount_changed(tx, order.id, now)?)
        })
        .await
}

/// Gives certificates back what they were to pay of an order and do not, or paid for copies that came back.
pub(crate) fn give_back(
    tx: &mut dyn Tx,
    order: OrderId,
    amount: Money,
    now: Timestamp,
) -> Result<(), Fault> {
    if amount.is_zero() {
        return Ok(());
    }
    let mut left = amount;
    let of_row = |row: &Row| Ok((row.int(0)?, Money::cents(-row.int(1)?)));
    let spent = tx.query(&SPENT_SO_FAR, &[order.0.into()])?;
    let spent: Vec<(i64, Money)> = spent.iter().map(of_row).collect::<Result<_, Fault>>()?;
    for (certificate, spent) in spent {
        let back = left.min(spent);
        if back > Money::ZERO {
            tx.execute(&PUT, &[certificate.into(), back.as_cents().into()])?;
            record(tx, certificate, order, "back", back, now)?;
            left -= back;
        }
    }
    match left.is_zero() {
        true => Ok(()),
        false => Err(Fault::defect(format!(
            "order {order} would give certificates more than they paid"
        ))),
    }
}

/// What all certificates hold together.
///
/// # Errors
/// A [`Fault`].
pub fn held(tx: &mut dyn Tx) -> Result<Money, Fault> {
    Ok(Money::cents(tx.query_one(&HELD, &[])?.int(0)?))
}

/// A certificate whose balance is not the sum of its moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misheld {
    /// Its number.
    pub id: i64,
    /// What its moves add up to.
    pub moved: Money,
    /// What it holds.
    pub balance: Money,
}

/// Up to `most` certificates whose balance is not the sum of its moves; empty when all is well.
///
/// # Errors
/// A [`Fault`].
pub fn misheld(tx: &mut dyn Tx, most: u32) -> Result<Vec<Misheld>, Fault> {
    let rows = tx.query(&DISAGREEING, &[most.into()])?;
    let of_row = |row: &Row| {
        Ok(Misheld {
            id: row.int(0)?,
            moved: Money::cents(row.int(1)?),
            balance: Money::cents(row.int(2)?),
        })
    };
    rows.iter().map(of_row).collect()
}
