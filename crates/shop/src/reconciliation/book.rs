//! What each movement of a statement does to the books: one posted transfer, and an order, refund or dispute that moves
//! with it. What proves to belong to nothing lies in suspense, where a bookseller finds it as a break.

use banking::creditor_reference::CreditorReference;
use storage::{Fault, Tx};
use trade::{
    clock::Timestamp,
    ids::{OrderId, OrderNumber, PaymentId},
    money::Money,
};

use super::{
    entry::{EntryKind, Why},
    movement::{Meaning, Movement, Named},
    payouts, suspense,
};
use crate::{
    disputes,
    ledger::{self, Account, Entry, TransferState},
    mail, order,
    order::events::{self, EventKind},
    payment::{self, Arrived},
};

storage::statements! {
    WRITE = "INSERT INTO bank_entries (statement, name, booked_on, kind, amount_cents, gross_cents, charges_cents, subject,
            reference, words, party, party_account, transfer, why, rest_cents)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    PAID_BY = "SELECT id FROM payments WHERE means = 'transfer' AND reference = $1";
    SENT_REFUND = "SELECT r.id FROM refunds r JOIN payments p ON p.id = r.payment JOIN orders o ON o.id = r.order_id
        WHERE o.number = $1 AND p.means = 'transfer' AND r.answer = 'done' AND r.amount_cents = $2
            AND NOT EXISTS (SELECT 1 FROM bank_entries e WHERE e.kind = 'refund' AND e.subject = r.id)
        ORDER BY r.asked_us LIMIT 1";
}

/// What a movement turned out to be.
struct Found {
    kind: EntryKind,
    subject: Option<String>,
    /// The transfer of the ledger that something else posted for it.
    posted: Option<String>,
    order: Option<OrderId>,
    /// Where the gross amount goes to or comes from when nothing else posted it.
    account: Option<Account>,
    why: Option<Why>,
}

impl Found {
    fn posted(kind: EntryKind, subject: String, transfer: String) -> Found {
        Found {
            kind,
            subject: Some(subject),
            posted: Some(transfer),
            order: None,
            account: None,
            why: None,
        }
    }

    fn on(account: Account, kind: EntryKind, subject: Option<String>) -> Found {
        Found {
            kind,
            subject,
            posted: None,
            order: None,
            account: Some(account),
            why: None,
        }
    }

    fn aside(kind: EntryKind, why: Why, subject: Option<String>) -> Found {
        Found {
            why: Some(why),
            ..Found::on(Account::Suspense, kind, subject)
        }
    }
}

/// Books a movement of a statement.
pub(super) fn book(
    tx: &mut dyn Tx,
    statement: i64,
    movement: &Movement,
    now: Timestamp,
) -> Result<(), Fault> {
    let own = format!("bank:{statement}:{}", movement.name);
    let found = find(tx, movement, &own, now)?;
    let mut entries = Vec::new();
    let mut add = |account, amount: Money| {
        if !amount.is_zero() {
            entries.push(Entry { account, amount });
        }
    };
    match found.account {
        Some(account) => {
            add(Account::Bank, movement.amount);
            add(Account::Fees, movement.charges);
            add(account, -movement.gross);
        }
        // The gross amount is posted; only the charges are not.
        None => {
            add(Account::Bank, -movement.charges);
            add(Account::Fees, movement.charges);
        }
    }
    if !entries.is_empty() {
        let posted = TransferState::Posted;
        ledger::post(tx, &own, found.order, posted, &entries, now)?;
    }
    let is_own = !entries.is_empty() && found.posted.is_none();
    let transfer = found.posted.clone().or_else(|| is_own.then_some(own));
    write(tx, statement, movement, &found, transfer.as_deref())
}

fn write(
    tx: &mut dyn Tx,
    statement: i64,
    movement: &Movement,
    found: &Found,
    transfer: Option<&str>,
) -> Result<(), Fault> {
    let rest = match found.why {
        Some(_) => movement.gross,
        None => Money::ZERO,
    };
    let params = [
        statement.into(),
        movement.name.as_str().into(),
        movement.booked_on.to_string().into(),
        found.kind.into(),
        movement.amount.as_cents().into(),
        movement.gross.as_cents().into(),
        movement.charges.as_cents().into(),
        found.subject.as_deref().into(),
        movement.reference.as_deref().into(),
        movement.words.as_str().into(),
        movement.party.as_str().into(),
        movement.party_account.as_deref().into(),
        transfer.into(),
        found.why.into(),
        rest.as_cents().into(),
    ];
    tx.execute(&WRITE, &params).map(drop)
}

/// Finds what a movement is about, and moves that.
fn find(tx: &mut dyn Tx, movement: &Movement, own: &str, now: Timestamp) -> Result<Found, Fault> {
    match &movement.meaning {
        Meaning::Clearing(sequence) => {
            let subject = Some(sequence.to_string());
            Ok(Found::on(
                Account::CardClearing,
                EntryKind::Clearing,
                subject,
            ))
        }
        Meaning::Charges => Ok(Found::on(Account::Fees, EntryKind::Charges, None)),
        Meaning::Chargeback(payment, named) => charged_back(tx, movement, *payment, named, now),
        Meaning::Representment(payment, named) => represented(tx, movement, *payment, named, now),
        Meaning::Came(orders) => came(tx, movement, orders, own, now),
        Meaning::Went(orders) => went(tx, movement, orders, now),
    }
}

fn charged_back(
    tx: &mut dyn Tx,
    movement: &Movement,
    payment: PaymentId,
    named: &Named,
    now: Timestamp,
) -> Result<Found, Fault> {
    let (kind, subject) = (EntryKind::Chargeback, Some(payment.to_string()));
    let taken = disputes::Told {
        payment,
        amount: -movement.gross,
        dispute: named.dispute.as_deref(),
        reason: &named.reason,
    };
    Ok(match disputes::taken(tx, &taken, now)? {
        Some(order) => Found {
            order: Some(order),
            ..Found::on(Account::Chargebacks, kind, subject)
        },
        None => Found::aside(kind, Why::NoPayment, subject),
    })
}

fn represented(
    tx: &mut dyn Tx,
    movement: &Movement,
    payment: PaymentId,
    named: &Named,
    now: Timestamp,
) -> Result<Found, Fault> {
    let (kind, subject) = (EntryKind::Representment, Some(payment.to_string()));
    let given = disputes::Told {
        payment,
        amount: movement.gross,
        dispute: named.dispute.as_deref(),
        reason: &named.reason,
    };
    Ok(match disputes::given_back(tx, &given, now)? {
        Some((order, account)) => Found {
            order: Some(order),
            ..Found::on(account, kind, subject)
        },
        None => Found::aside(kind, Why::NoPayment, subject),
    })
}

/// A transfer came in: it pays the order that waits for exactly this.
fn came(
    tx: &mut dyn Tx,
    movement: &Movement,
    orders: &[OrderNumber],
    own: &str,
    now: Timestamp,
) -> Result<Found, Fault> {
    let kind = EntryKind::Transfer;
    let number = match orders {
        [] => return payout_or(tx, movement, kind, Why::NoOrder),
        [one] => one,
        _ => return Ok(Found::aside(kind, Why::SeveralOrders, None)),
    };
    let reference = CreditorReference::for_order(number);
    let name = movement.reference.as_deref().unwrap_or(own);
    let arrived = payment::transfer_arrived(tx, &reference, movement.gross, name, now)?;
    let subject = Some(number.to_string());
    let why = match arrived {
        Arrived::Paid(number) => {
            let paid = tx.query_one(&PAID_BY, &[reference.as_str().into()])?;
            let transfer = format!("paid:{}", paid.text(0)?);
            return Ok(Found::posted(kind, number.to_string(), transfer));
        }
        Arrived::Unknown => return Ok(Found::aside(kind, Why::NoOrder, subject)),
        Arrived::TooLate(_) => Why::TooLate,
        Arrived::OtherAmount { due, .. } if movement.gross > due => Why::TooMuch,
        Arrived::OtherAmount { .. } => Why::TooLittle,
    };
    tell(tx, number, movement.gross, own, now)?;
    Ok(Found::aside(kind, why, subject))
}

/// A movement that names no order: what the hosted provider paid out, or something in suspense.
fn payout_or(
    tx: &mut dyn Tx,
    movement: &Movement,
    kind: EntryKind,
    why: Why,
) -> Result<Found, Fault> {
    if let Some(payout) = payouts::arrived(tx, movement)? {
        let (account, kind) = (Account::PayoutsInTransit, EntryKind::Payout);
        return Ok(Found::on(account, kind, Some(payout)));
    }
    let is_of_provider = payouts::is_of_provider(tx, movement)?;
    let why = if is_of_provider { Why::NoPayout } else { why };
    Ok(Found::aside(kind, why, None))
}

/// Tells the reader that her money is here and nothing is lost.
fn tell(
    tx: &mut dyn Tx,
    number: &OrderNumber,
    amount: Money,
    name: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let Some(order) = order::find(tx, number)? else {
        return Ok(());
    };
    let words = amount.to_string();
    events::record(tx, order.id, EventKind::SetAside, Some(&words), None, now)?;
    mail::write_of_transfer(tx, &order, amount, name)
}

/// Money went out: a refund, or a transfer that was sent back.
fn went(
    tx: &mut dyn Tx,
    movement: &Movement,
    orders: &[OrderNumber],
    now: Timestamp,
) -> Result<Found, Fault> {
    if let Some(entry) = suspense::sent_by(tx, movement)? {
        let transfer = suspense::sent_id(entry);
        return Ok(Found::posted(
            EntryKind::SentBack,
            entry.to_string(),
            transfer,
        ));
    }
    let number = match orders {
        [] => return payout_or(tx, movement, EntryKind::Unknown, Why::Unknown),
        [one] => one,
        _ => return Ok(Found::aside(EntryKind::Unknown, Why::SeveralOrders, None)),
    };
    let amount = -movement.gross;
    let sent = match payment::refund_left(tx, number, amount, now)? {
        Some(refund) => Some(refund.to_string()),
        None => {
            let params = [number.as_str().into(), amount.as_cents().into()];
            let sent = tx.query_opt(&SENT_REFUND, &params)?;
            sent.map(|row| row.text(0).map(str::to_owned)).transpose()?
        }
    };
    Ok(match sent {
        Some(refund) => {
            let transfer = format!("refund:{refund}");
            Found::posted(EntryKind::Refund, refund, transfer)
        }
        None => Found::aside(EntryKind::Unknown, Why::NoRefund, Some(number.to_string())),
    })
}
