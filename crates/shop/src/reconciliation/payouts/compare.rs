//! Three-way: what was taken and given back at the hosted provider, what its payouts are made of, and what the bank booked.

use storage::{Fault, Tx};
use trade::{clock::Timestamp, limits, money::Money};

use super::told::Astray;
use crate::{
    ledger,
    reconciliation::{
        breaks::{BreakKind, Cause},
        causes::Causes,
        compare::{cause, days_ago},
    },
};

storage::statements! {
    UNREAD = "SELECT id, amount_cents, made_on FROM provider_payouts
        WHERE booked_us IS NULL AND currency = 'eur' AND made_on < $1 ORDER BY created_us, id LIMIT $2";
    // Before a first statement was read there is nothing to compare with.
    UNSEEN = "SELECT p.id, p.amount_cents, p.arrives_on FROM provider_payouts p
        WHERE p.booked_us IS NOT NULL AND p.failed_us IS NULL AND p.amount_cents <> 0 AND p.arrives_on < $1
            AND EXISTS (SELECT 1 FROM bank_statements)
            AND NOT EXISTS (SELECT 1 FROM bank_entries e WHERE e.kind = 'payout' AND e.subject = p.id)
        ORDER BY p.arrives_on, p.id LIMIT $2";
    DIFFERING = "SELECT id, amount_cents - rest_cents, amount_cents,
            CASE WHEN currency <> 'eur' THEN currency WHEN items = 'never' THEN 'by hand' ELSE made_on END
        FROM provider_payouts WHERE rest_cents <> 0 OR currency <> 'eur' ORDER BY created_us, id LIMIT $1";
    FAILED = "SELECT p.id, p.amount_cents, p.made_on FROM provider_payouts p
        WHERE p.failed_us IS NOT NULL AND NOT EXISTS (SELECT 1 FROM provider_transactions t
            WHERE t.kind = 'failure' AND t.subject = p.id AND t.why IS NULL)
        ORDER BY p.created_us, p.id LIMIT $1";
    ASTRAY = "SELECT payout, id, order_number, expected_cents, COALESCE(expected_cents, 0) + rest_cents, source, why
        FROM provider_transactions WHERE why IS NOT NULL ORDER BY payout, id LIMIT $1";
    // Before a first payout was read there is nothing to compare with.
    NOT_PAID_OUT = "SELECT p.id, o.number, p.captured_cents, p.left_us
        FROM parcels p JOIN payments y ON y.id = p.payment AND y.means = 'provider' JOIN orders o ON o.id = p.order_id
        WHERE p.answer = 'done' AND p.captured_cents > 0 AND p.left_us < $1
            AND EXISTS (SELECT 1 FROM provider_payouts)
            AND NOT EXISTS (SELECT 1 FROM provider_transactions t
                WHERE t.kind = 'charge' AND t.subject = y.id AND (t.why IS NULL OR t.why = 'amount'))
        ORDER BY p.left_us, p.id LIMIT $2";
    // Taken and not paid out, less what was given back and is in no payout; a refund may be in a payout before the provider
    // says that it is done. What failed and was not paid again.
    OWED = "SELECT
            (SELECT CAST(COALESCE(SUM(y.captured_cents), 0) AS BIGINT) FROM payments y WHERE y.means = 'provider'
                AND NOT EXISTS (SELECT 1 FROM provider_transactions t
                    WHERE t.kind = 'charge' AND t.subject = y.id AND (t.why IS NULL OR t.why = 'amount'))),
            (SELECT CAST(COALESCE(SUM(r.amount_cents), 0) AS BIGINT) FROM refunds r
                JOIN payments y ON y.id = r.payment AND y.means = 'provider'
                WHERE r.answer = 'done' AND NOT EXISTS (SELECT 1 FROM provider_transactions t
                    WHERE t.kind = 'refund' AND t.subject = r.id AND (t.why IS NULL OR t.why = 'amount'))),
            (SELECT CAST(COALESCE(SUM(r.amount_cents), 0) AS BIGINT) FROM refunds r
                JOIN payments y ON y.id = r.payment AND y.means = 'provider'
                WHERE r.answer IS NULL AND EXISTS (SELECT 1 FROM provider_transactions t
                    WHERE t.kind = 'refund' AND t.subject = r.id AND (t.why IS NULL OR t.why = 'amount'))),
            (SELECT CAST(COALESCE(SUM(p.amount_cents), 0) AS BIGINT) FROM provider_payouts p
                WHERE p.failed_us IS NOT NULL AND NOT EXISTS (SELECT 1 FROM provider_transactions t
                    WHERE t.kind = 'failure' AND t.subject = p.id AND (t.why IS NULL OR t.why = 'amount'))),
            (SELECT CAST(COALESCE(SUM(p.amount_cents), 0) AS BIGINT) FROM provider_payouts p
                WHERE p.failed_us IS NULL AND EXISTS (SELECT 1 FROM provider_transactions t
                    WHERE t.kind = 'failure' AND t.subject = p.id AND (t.why IS NULL OR t.why = 'amount')))";
    UNDER_WAY = "SELECT CAST(COALESCE(SUM(p.amount_cents), 0) AS BIGINT) FROM provider_payouts p
        WHERE p.booked_us IS NOT NULL AND p.failed_us IS NULL
            AND NOT EXISTS (SELECT 1 FROM bank_entries e WHERE e.kind = 'payout' AND e.subject = p.id)";
}

/// What of payouts, their transactions and the bank's entries disagrees.
pub(in super::super) fn find(
    tx: &mut dyn Tx,
    causes: &mut Causes,
    now: Timestamp,
) -> Result<(), Fault> {
    late(tx, causes, now)?;
    differing(tx, causes)?;
    astray(tx, causes)?;
    not_paid_out(tx, causes, now)?;
    balances(tx, causes)
}

/// Payouts that cannot be booked, or that the bank does not book.
fn late(tx: &mut dyn Tx, causes: &mut Causes, now: Timestamp) -> Result<(), Fault> {
    let late = days_ago(now, limits::DAYS_TO_BOOK).to_string();
    let kinds = [
        (BreakKind::PayoutUnread, &UNREAD),
        (BreakKind::PayoutUnseen, &UNSEEN),
    ];
    for (kind, statement) in kinds {
        let rows = tx.query(statement, &[late.as_str().into(), Causes::LIMIT.into()])?;
        causes.add_all(kind, &rows, |row| {
            Ok(Cause {
                expected: Some(Money::cents(row.int(1)?)),
                detail: row.text(2)?.to_owned(),
                ..cause(kind, row.text(0)?)
            })
        })?;
    }
    Ok(())
}

fn differing(tx: &mut dyn Tx, causes: &mut Causes) -> Result<(), Fault> {
    let kind = BreakKind::PayoutDiffers;
    let rows = tx.query(&DIFFERING, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            expected: Some(Money::cents(row.int(1)?)),
            found: Some(Money::cents(row.int(2)?)),
            detail: row.text(3)?.to_owned(),
            ..cause(kind, row.text(0)?)
        })
    })?;
    let kind = BreakKind::PayoutFailed;
    let rows = tx.query(&FAILED, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            expected: Some(Money::cents(row.int(1)?)),
            detail: row.text(2)?.to_owned(),
            ..cause(kind, row.text(0)?)
        })
    })
}

fn astray(tx: &mut dyn Tx, causes: &mut Causes) -> Result<(), Fault> {
    for row in tx.query(&ASTRAY, &[Causes::LIMIT.into()])? {
        let why = Astray::of_column(row.text(6)?)?;
        let kind = match why {
            Astray::Unknown => BreakKind::PayoutLineUnknown,
            Astray::Amount | Astray::Currency | Astray::Repeated => BreakKind::PayoutLineDiffers,
        };
        let said = match why {
            Astray::Unknown | Astray::Amount => "",
            Astray::Currency | Astray::Repeated => why.code(),
        };
        causes.add(Cause {
            order: row.opt_text(2)?.map(str::to_owned),
            expected: row.opt_int(3)?.map(Money::cents),
            found: Some(Money::cents(row.int(4)?)),
            detail: format!("{} {said}", row.text(5)?).trim().to_owned(),
            ..cause(kind, &format!("{}:{}", row.text(0)?, row.text(1)?))
        });
    }
    Ok(())
}

fn not_paid_out(tx: &mut dyn Tx, causes: &mut Causes, now: Timestamp) -> Result<(), Fault> {
    let kind = BreakKind::CaptureNotPaidOut;
    let late = Timestamp::start_of_day_in_paris(days_ago(now, limits::DAYS_TO_PAY_OUT));
    let rows = tx.query(
        &NOT_PAID_OUT,
        &[late.as_micros().into(), Causes::LIMIT.into()],
    )?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            order: Some(row.text(1)?.to_owned()),
            expected: Some(Money::cents(row.int(2)?)),
            detail: Timestamp::micros(row.int(3)?).date_in_paris().to_string(),
            ..cause(kind, row.text(0)?)
        })
    })
}

/// The provider's account against what is taken, given back and not paid out; the one in transit against what is under way.
fn balances(tx: &mut dyn Tx, causes: &mut Causes) -> Result<(), Fault> {
    let row = tx.query_one(&OWED, &[])?;
    let owed = row.int(0)? - row.int(1)? + row.int(2)? + row.int(3)? - row.int(4)?;
    let under_way = tx.query_one(&UNDER_WAY, &[])?.int(0)?;
    let held = ledger::trial_balance(tx)?;
    for (account, expected) in [
        (ledger::Account::ProviderClearing, owed),
        (ledger::Account::PayoutsInTransit, under_way),
    ] {
        let account = account.to_string();
        let (expected, found) = (Money::cents(expected), held.posted(&account));
        if expected != found {
            causes.add(Cause {
                expected: Some(expected),
                found: Some(found),
                ..cause(BreakKind::ProviderBalance, &account)
            });
        }
    }
    Ok(())
}
