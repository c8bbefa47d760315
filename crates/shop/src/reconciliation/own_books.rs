//! Whether the shop's own books agree with one another: the ledger with itself, with the bank's statements, with each
//! order and with gift certificates; each order's parcels and refunds with its payments; stock and certificates with their
//! moves.

use storage::{Fault, Statement, Tx};
use trade::money::Money;

use super::{
    breaks::{BreakKind, Cause},
    causes::Causes,
    compare::cause,
};
use crate::{
    certificate,
    ledger::{self, Account, TrialBalance},
    stock,
};

storage::statements! {
    // What the statements moved, less what the shop sent and no statement shows yet.
    MOVED = "SELECT
            (SELECT CAST(COALESCE(SUM(amount_cents), 0) AS BIGINT) FROM bank_entries),
            (SELECT CAST(COALESCE(SUM(r.amount_cents), 0) AS BIGINT) FROM refunds r
                JOIN payments y ON y.id = r.payment AND y.means = 'transfer'
                WHERE r.answer = 'done' AND NOT EXISTS
                    (SELECT 1 FROM bank_entries e WHERE e.kind = 'refund' AND e.subject = r.id)),
            (SELECT CAST(COALESCE(SUM(e.sent_cents), 0) AS BIGINT) FROM bank_entries e
                WHERE e.sent_us IS NOT NULL AND NOT EXISTS
                    (SELECT 1 FROM bank_entries b WHERE b.kind = 'sent_back' AND b.subject = CAST(e.id AS TEXT)))";
    // What was sold and kept, and what the ledger says was.
    SALES = "WITH kept AS (SELECT order_id, CAST(SUM(cents) AS BIGINT) AS cents FROM (
                SELECT order_id, goods_cents + delivery_cents AS cents FROM parcels WHERE answer = 'done'
                UNION ALL SELECT order_id, -(goods_cents + delivery_cents) FROM refunds WHERE answer = 'done') AS parts
            GROUP BY order_id),
        sold AS (SELECT t.order_id, CAST(-SUM(e.amount_cents) AS BIGINT) AS cents
            FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id
            WHERE t.state = 'posted' AND t.order_id IS NOT NULL
                AND (e.account LIKE 'sales:%' OR e.account LIKE 'delivery:%' OR e.account LIKE 'vat:%')
            GROUP BY t.order_id)
        SELECT o.number, COALESCE(k.cents, 0), COALESCE(s.cents, 0)
        FROM orders o LEFT JOIN kept k ON k.order_id = o.id LEFT JOIN sold s ON s.order_id = o.id
        WHERE COALESCE(k.cents, 0) <> COALESCE(s.cents, 0) ORDER BY o.id LIMIT $1";
    // What payments hold, and where the ledger has it.
    MONEY = "WITH held AS (SELECT order_id, CAST(SUM(captured_cents - refunded_cents) AS BIGINT) AS cents
            FROM payments GROUP BY order_id),
        lies AS (SELECT t.order_id, CAST(SUM(e.amount_cents) AS BIGINT) AS cents
            FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id
            WHERE t.state = 'posted' AND t.order_id IS NOT NULL
                AND (t.id LIKE 'card:%' OR t.id LIKE 'paid:%' OR t.id LIKE 'refund:%')
                AND e.account IN ('card-clearing', 'provider-clearing', 'till', 'bank', 'suspense')
            GROUP BY t.order_id)
        SELECT o.number, COALESCE(h.cents, 0), COALESCE(l.cents, 0)
        FROM orders o LEFT JOIN held h ON h.order_id = o.id LEFT JOIN lies l ON l.order_id = o.id
        WHERE COALESCE(h.cents, 0) <> COALESCE(l.cents, 0) ORDER BY o.id LIMIT $1";
    // A transfer is here before the parcels; all others are taken parcel by parcel.
    CAPTURES = "WITH taken AS (SELECT payment, CAST(SUM(captured_cents) AS BIGINT) AS cents FROM parcels
            WHERE answer = 'done' GROUP BY payment)
        SELECT o.number, COALESCE(t.cents, 0), p.captured_cents
        FROM payments p JOIN orders o ON o.id = p.order_id LEFT JOIN taken t ON t.payment = p.id
        WHERE p.means <> 'transfer' AND p.captured_cents <> COALESCE(t.cents, 0) ORDER BY o.id LIMIT $1";
    REFUNDS = "WITH given AS (SELECT payment, CAST(SUM(amount_cents) AS BIGINT) AS cents FROM refunds
            WHERE answer = 'done' GROUP BY payment)
        SELECT o.number, COALESCE(g.cents, 0), p.refunded_cents
        FROM payments p JOIN orders o ON o.id = p.order_id LEFT JOIN given g ON g.payment = p.id
        WHERE p.refunded_cents <> COALESCE(g.cents, 0) ORDER BY o.id LIMIT $1";
    // Money that is kept for an order that is none, and an order that waits although it is paid.
    STANDING = "SELECT o.number, 0, p.captured_cents - p.refunded_cents
        FROM payments p JOIN orders o ON o.id = p.order_id
        WHERE p.captured_cents > p.refunded_cents AND (o.state IN ('awaiting_payment', 'expired', 'refunded')
            OR (o.state = 'cancelled' AND p.state NOT IN ('refunding', 'reversing')))
        ORDER BY o.id LIMIT $1";
}

/// The checks of each order, and the word for what disagrees.
const ORDERS: [(&Statement, &str); 5] = [
    (&SALES, "sale"),
    (&MONEY, "ledger"),
    (&CAPTURES, "captures"),
    (&REFUNDS, "refunds"),
    (&STANDING, "state"),
];

/// What of the books disagrees.
pub(super) fn find(tx: &mut dyn Tx, causes: &mut Causes) -> Result<(), Fault> {
    let balance = ledger::trial_balance(tx)?;
    let kind = BreakKind::LedgerUnbalanced;
    for transfer in &balance.unbalanced {
        causes.add(cause(kind, transfer));
    }
    if balance.unbalanced.is_empty() && !balance.is_balanced() {
        causes.add(cause(kind, "total"));
    }
    let moved = tx.query_one(&MOVED, &[])?;
    let expected = Money::cents(moved.int(0)? - moved.int(1)? - moved.int(2)?);
    let found = balance.posted("bank");
    let statements = super::statement::statements_read(tx, 1)?;
    // A shop that reads no statements takes what readers say they sent on trust; there is nothing to compare.
    if expected != found && !statements.is_empty() {
        causes.add(Cause {
            expected: Some(expected),
            found: Some(found),
            ..cause(BreakKind::BankBalance, "bank")
        });
    }
    let kind = BreakKind::OrderDisagrees;
    for (statement, what) in ORDERS {
        let rows = tx.query(statement, &[Causes::LIMIT.into()])?;
        causes.add_all(kind, &rows, |row| {
            let number = row.text(0)?;
            Ok(Cause {
                order: Some(number.to_owned()),
                expected: Some(Money::cents(row.int(1)?)),
                found: Some(Money::cents(row.int(2)?)),
                detail: what.to_owned(),
                ..cause(kind, &format!("{number}:{what}"))
            })
        })?;
    }
    let kind = BreakKind::StockDisagrees;
    for edition in stock::audit(tx)? {
        causes.add(cause(kind, &edition.to_string()));
    }
    certificates(tx, causes, &balance)
}

/// What the shop owes to the bearers of certificates is what these hold, less what is promised to orders: that is taken
/// from them already and moves when a parcel leaves.
fn certificates(tx: &mut dyn Tx, causes: &mut Causes, balance: &TrialBalance) -> Result<(), Fault> {
    let kind = BreakKind::CertificatesDisagree;
    let account = Account::Certificates.to_string();
    let expected = -(balance.posted(&account) + balance.pending(&account));
    let held = certificate::held(tx)?;
    if expected != held {
        causes.add(Cause {
            expected: Some(expected),
            found: Some(held),
            ..cause(kind, "total")
        });
    }
    for one in certificate::misheld(tx, Causes::LIMIT)? {
        causes.add(Cause {
            expected: Some(one.moved),
            found: Some(one.balance),
            ..cause(kind, &one.id.to_string())
        });
    }
    Ok(())
}
