//! Three-way: each capture and refund of the shop against the lines of clearing batches, and each batch against what the
//! bank booked for it.

use jiff::{Span, civil::Date};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, limits, money::Money};

use super::{
    agreement::Agreement,
    breaks::{BreakKind, Cause},
    causes::Causes,
};
use crate::columns;

storage::statements! {
    // Before a first batch was read there is nothing to compare with.
    UNCLEARED_CAPTURES = "SELECT p.id, o.number, p.captured_cents, p.left_us
        FROM parcels p JOIN payments y ON y.id = p.payment AND y.means = 'card' JOIN orders o ON o.id = p.order_id
        WHERE p.answer = 'done' AND p.captured_cents > 0 AND p.left_us < $1
            AND NOT EXISTS (SELECT 1 FROM clearing_lines l WHERE l.movement = p.id)
            AND EXISTS (SELECT 1 FROM clearing_batches)
        ORDER BY p.left_us, p.id LIMIT $2";
    UNCLEARED_REFUNDS = "SELECT r.id, o.number, r.amount_cents, r.answered_us
        FROM refunds r JOIN payments y ON y.id = r.payment AND y.means = 'card' JOIN orders o ON o.id = r.order_id
        WHERE r.answer = 'done' AND r.amount_cents > 0 AND r.answered_us < $1
            AND NOT EXISTS (SELECT 1 FROM clearing_lines l WHERE l.movement = r.id)
            AND EXISTS (SELECT 1 FROM clearing_batches)
        ORDER BY r.answered_us, r.id LIMIT $2";
    UNKNOWN_LINES = "SELECT b.sequence, l.line, l.order_number, l.amount_cents, l.kind
        FROM clearing_lines l JOIN clearing_batches b ON b.id = l.batch
        WHERE (l.kind = 'capture' AND NOT EXISTS (SELECT 1 FROM parcels p WHERE p.id = l.movement AND p.captured_cents > 0))
            OR (l.kind = 'refund' AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.id = l.movement AND r.amount_cents > 0))
        ORDER BY b.sequence, l.line LIMIT $1";
    // The bank does what the shop believes refused: also a difference.
    OTHER_CAPTURES = "SELECT b.sequence, l.line, o.number, p.captured_cents, l.amount_cents,
            CASE WHEN p.answer = 'refused' THEN 'refused' WHEN p.payment <> l.payment THEN 'payment'
                WHEN o.number <> l.order_number THEN 'order' ELSE '' END
        FROM clearing_lines l JOIN clearing_batches b ON b.id = l.batch JOIN parcels p ON p.id = l.movement
            JOIN orders o ON o.id = p.order_id
        WHERE l.kind = 'capture' AND p.captured_cents > 0 AND (p.captured_cents <> l.amount_cents OR p.payment <> l.payment
            OR o.number <> l.order_number OR p.answer = 'refused')
        ORDER BY b.sequence, l.line LIMIT $1";
    OTHER_REFUNDS = "SELECT b.sequence, l.line, o.number, r.amount_cents, l.amount_cents,
            CASE WHEN r.answer = 'refused' THEN 'refused' WHEN r.payment <> l.payment THEN 'payment'
                WHEN o.number <> l.order_number THEN 'order' ELSE '' END
        FROM clearing_lines l JOIN clearing_batches b ON b.id = l.batch JOIN refunds r ON r.id = l.movement
            JOIN orders o ON o.id = r.order_id
        WHERE l.kind = 'refund' AND r.amount_cents > 0 AND (r.amount_cents <> l.amount_cents OR r.payment <> l.payment
            OR o.number <> l.order_number OR r.answer = 'refused')
        ORDER BY b.sequence, l.line LIMIT $1";
    REPEATED = "SELECT l.movement, MAX(l.order_number), MAX(l.amount_cents), CAST(SUM(l.amount_cents) AS BIGINT)
        FROM clearing_lines l WHERE l.rejected IS NULL GROUP BY l.movement HAVING COUNT(*) > 1
        ORDER BY l.movement LIMIT $1";
    REJECTED = "SELECT b.sequence, l.line, l.order_number, l.amount_cents, l.rejected
        FROM clearing_lines l JOIN clearing_batches b ON b.id = l.batch
        WHERE l.rejected IS NOT NULL ORDER BY b.sequence, l.line LIMIT $1";
    REFUSED = "SELECT sequence, captures_cents - refunds_cents, COALESCE(refusal, '') FROM clearing_batches
        WHERE verdict = 'refused' ORDER BY sequence LIMIT $1";
    GAPS = "SELECT b.sequence FROM clearing_batches b
        WHERE b.sequence > 1 AND NOT EXISTS (SELECT 1 FROM clearing_batches o
            WHERE o.merchant = b.merchant AND o.sequence = b.sequence - 1)
        ORDER BY b.sequence LIMIT $1";
    // A batch that comes to nothing may be told by the bank or not.
    UNPAID = "SELECT sequence, business_date, net FROM (
            SELECT b.sequence, b.business_date, CAST(COALESCE((SELECT SUM(CASE l.kind WHEN 'capture' THEN l.amount_cents
                    ELSE -l.amount_cents END) FROM clearing_lines l WHERE l.batch = b.id AND l.rejected IS NULL), 0) AS BIGINT) AS net
            FROM clearing_batches b
            WHERE b.business_date < $1 AND COALESCE(b.verdict, 'taken') = 'taken' AND NOT EXISTS
                (SELECT 1 FROM bank_entries e WHERE e.kind = 'clearing' AND e.subject = CAST(b.sequence AS TEXT))) AS waiting
        WHERE net <> 0 ORDER BY sequence LIMIT $2";
    MISSING = "SELECT s.name, e.name, e.subject, e.gross_cents
        FROM bank_entries e JOIN bank_statements s ON s.id = e.statement
        WHERE e.kind = 'clearing'
            AND NOT EXISTS (SELECT 1 FROM clearing_batches b WHERE CAST(b.sequence AS TEXT) = e.subject)
        ORDER BY e.id LIMIT $1";
    PAID = "SELECT b.sequence, MIN(e.booked_on), CAST(SUM(e.gross_cents) AS BIGINT), CAST(SUM(e.charges_cents) AS BIGINT),
            (SELECT COUNT(*) FROM clearing_lines l WHERE l.batch = b.id AND l.rejected IS NULL AND l.kind = 'capture'),
            (SELECT CAST(COALESCE(SUM(l.amount_cents), 0) AS BIGINT) FROM clearing_lines l
                WHERE l.batch = b.id AND l.rejected IS NULL AND l.kind = 'capture'),
            (SELECT CAST(COALESCE(SUM(l.amount_cents), 0) AS BIGINT) FROM clearing_lines l
                WHERE l.batch = b.id AND l.rejected IS NULL AND l.kind = 'refund')
        FROM clearing_batches b JOIN bank_entries e ON e.kind = 'clearing' AND e.subject = CAST(b.sequence AS TEXT)
        GROUP BY b.id, b.sequence ORDER BY b.sequence";
    CHARGED_BACK = "SELECT s.name, e.name, e.booked_on, e.charges_cents
        FROM bank_entries e JOIN bank_statements s ON s.id = e.statement WHERE e.kind = 'chargeback' ORDER BY e.id";
}

/// What of captures, refunds, batches and fees disagrees.
pub(super) fn find(
    tx: &mut dyn Tx,
    causes: &mut Causes,
    agreement: &Agreement,
    now: Timestamp,
) -> Result<(), Fault> {
    uncleared(tx, causes, now)?;
    lines(tx, causes)?;
    batches(tx, causes, now)?;
    paid(tx, causes, agreement)
}

fn uncleared(tx: &mut dyn Tx, causes: &mut Causes, now: Timestamp) -> Result<(), Fault> {
    let late = Timestamp::start_of_day_in_paris(days_ago(now, limits::DAYS_TO_CLEAR));
    let kinds = [
        (BreakKind::CaptureUncleared, &UNCLEARED_CAPTURES),
        (BreakKind::RefundUncleared, &UNCLEARED_REFUNDS),
    ];
    for (kind, statement) in kinds {
        let rows = tx.query(statement, &[late.as_micros().into(), Causes::LIMIT.into()])?;
        causes.add_all(kind, &rows, |row| {
            Ok(Cause {
                order: Some(row.text(1)?.to_owned()),
                expected: Some(Money::cents(row.int(2)?)),
                detail: Timestamp::micros(row.int(3)?).date_in_paris().to_string(),
                ..cause(kind, row.text(0)?)
            })
        })?;
    }
    Ok(())
}

fn lines(tx: &mut dyn Tx, causes: &mut Causes) -> Result<(), Fault> {
    let place = |row: &Row| Ok::<_, Fault>(format!("{}:{}", row.int(0)?, row.int(1)?));
    let kind = BreakKind::LineUnknown;
    let rows = tx.query(&UNKNOWN_LINES, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            order: Some(row.text(2)?.to_owned()),
            found: Some(Money::cents(row.int(3)?)),
            detail: row.text(4)?.to_owned(),
            ..cause(kind, &place(row)?)
        })
    })?;
    let kind = BreakKind::LineDiffers;
    for statement in [&OTHER_CAPTURES, &OTHER_REFUNDS] {
        let rows = tx.query(statement, &[Causes::LIMIT.into()])?;
        causes.add_all(kind, &rows, |row| {
            Ok(Cause {
                order: Some(row.text(2)?.to_owned()),
                expected: Some(Money::cents(row.int(3)?)),
                found: Some(Money::cents(row.int(4)?)),
                detail: row.text(5)?.to_owned(),
                ..cause(kind, &place(row)?)
            })
        })?;
    }
    let kind = BreakKind::LineRepeated;
    let rows = tx.query(&REPEATED, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            order: Some(row.text(1)?.to_owned()),
            expected: Some(Money::cents(row.int(2)?)),
            found: Some(Money::cents(row.int(3)?)),
            ..cause(kind, row.text(0)?)
        })
    })?;
    let kind = BreakKind::LineRejected;
    let rows = tx.query(&REJECTED, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            order: Some(row.text(2)?.to_owned()),
            expected: Some(Money::cents(row.int(3)?)),
            detail: row.text(4)?.to_owned(),
            ..cause(kind, &place(row)?)
        })
    })
}

fn batches(tx: &mut dyn Tx, causes: &mut Causes, now: Timestamp) -> Result<(), Fault> {
    let kind = BreakKind::BatchRefused;
    let rows = tx.query(&REFUSED, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            expected: Some(Money::cents(row.int(1)?)),
            detail: row.text(2)?.to_owned(),
            ..cause(kind, &row.int(0)?.to_string())
        })
    })?;
    let kind = BreakKind::BatchGap;
    let rows = tx.query(&GAPS, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(cause(kind, &(row.int(0)? - 1).to_string()))
    })?;
    let kind = BreakKind::BatchUnpaid;
    let late = days_ago(now, limits::DAYS_TO_BOOK).to_string();
    let rows = tx.query(&UNPAID, &[late.into(), Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            expected: Some(Money::cents(row.int(2)?)),
            detail: row.text(1)?.to_owned(),
            ..cause(kind, &row.int(0)?.to_string())
        })
    })?;
    let kind = BreakKind::BatchMissing;
    let rows = tx.query(&MISSING, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            found: Some(Money::cents(row.int(3)?)),
            detail: row.opt_text(2)?.unwrap_or_default().to_owned(),
            ..cause(kind, &format!("{}:{}", row.text(0)?, row.text(1)?))
        })
    })
}

/// Batches that were paid: the amount, and what the bank took for it.
fn paid(tx: &mut dyn Tx, causes: &mut Causes, agreement: &Agreement) -> Result<(), Fault> {
    for row in tx.query(&PAID, &[])? {
        let batch = row.int(0)?.to_string();
        let day: Date = columns::parsed(row.text(1)?)?;
        let (gross, charges) = (Money::cents(row.int(2)?), Money::cents(row.int(3)?));
        let (captures, worth) = (row.count(4)?, Money::cents(row.int(5)?));
        let net = worth - Money::cents(row.int(6)?);
        if gross != net {
            causes.add(Cause {
                expected: Some(net),
                found: Some(gross),
                ..cause(BreakKind::BatchAmount, &batch)
            });
        }
        let agreed = agreement.of_batch(day, captures, worth);
        causes.fee(&format!("batch:{batch}"), agreed, charges);
    }
    for row in tx.query(&CHARGED_BACK, &[])? {
        let day: Date = columns::parsed(row.text(2)?)?;
        let subject = format!("{}:{}", row.text(0)?, row.text(1)?);
        let charges = Money::cents(row.int(3)?);
        causes.fee(&subject, agreement.of_chargeback(day), charges);
    }
    Ok(())
}

impl Causes {
    fn fee(&mut self, subject: &str, agreed: Option<Money>, charged: Money) {
        if agreed.is_some_and(|agreed| agreed != charged) {
            self.add(Cause {
                expected: agreed,
                found: Some(charged),
                ..cause(BreakKind::FeeDiffers, subject)
            });
        }
    }
}

/// A cause of which only kind and subject are known.
pub(super) fn cause(kind: BreakKind, subject: &str) -> Cause {
    Cause {
        kind,
        subject: subject.to_owned(),
        order: None,
        expected: None,
        found: None,
        detail: String::new(),
    }
}

/// So many days before today in Paris.
pub(super) fn days_ago(now: Timestamp, days: u32) -> Date {
    let today = now.date_in_paris();
    today.saturating_sub(Span::new().days(i64::from(days)))
}
