//! What lies about: statements that are missing, files that were refused, amounts in suspense, and transfers of the shop
//! that the bank has not booked.

use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, limits, money::Money};

use super::{
    breaks::{BreakKind, Cause},
    causes::Causes,
    compare::{cause, days_ago},
    entry::{EntryKind, Why},
};

storage::statements! {
    STATEMENTS_IN_ORDER = "SELECT account, name, year, sequence, part, opening_cents, closing_cents FROM bank_statements
        ORDER BY account, year, COALESCE(sequence, 0), part, last_day, id";
    // What was damaged was read well since; another file under a known number stays to be explained.
    FILES = "SELECT f.digest, f.name, f.reason, COALESCE(f.about, '') FROM bank_files_refused f
        WHERE f.reason = 'another' OR NOT EXISTS (
            SELECT 1 FROM clearing_batches b WHERE CAST(b.sequence AS TEXT) = f.about
            UNION ALL SELECT 1 FROM clearing_batches a
                WHERE a.verdict = 'taken' AND 'acknowledgement ' || CAST(a.sequence AS TEXT) = f.about
            UNION ALL SELECT 1 FROM bank_statements s WHERE 'camt.053 ' || CAST(s.sequence AS TEXT) = f.about)
        ORDER BY f.at_us, f.digest LIMIT $1";
    SUSPENSE = "SELECT e.id, s.name, e.name, e.kind, e.why, e.rest_cents, COALESCE(e.given_to, e.subject, ''), e.party
        FROM bank_entries e JOIN bank_statements s ON s.id = e.statement WHERE e.rest_cents <> 0 ORDER BY e.id LIMIT $1";
    REFUNDS = "SELECT r.id, o.number, r.amount_cents
        FROM refunds r JOIN payments y ON y.id = r.payment AND y.means = 'transfer' JOIN orders o ON o.id = r.order_id
        WHERE r.answer = 'done' AND r.amount_cents > 0 AND r.answered_us < $1
            AND EXISTS (SELECT 1 FROM bank_statements)
            AND NOT EXISTS (SELECT 1 FROM bank_entries e WHERE e.kind = 'refund' AND e.subject = r.id)
        ORDER BY r.answered_us, r.id LIMIT $2";
    RETURNS = "SELECT e.id, e.subject, e.sent_cents FROM bank_entries e
        WHERE e.sent_us < $1
            AND NOT EXISTS (SELECT 1 FROM bank_entries b WHERE b.kind = 'sent_back' AND b.subject = CAST(e.id AS TEXT))
        ORDER BY e.id LIMIT $2";
}

/// What is missing, refused, in suspense or unseen.
pub(super) fn find(tx: &mut dyn Tx, causes: &mut Causes, now: Timestamp) -> Result<(), Fault> {
    statements(tx, causes)?;
    files(tx, causes)?;
    suspense(tx, causes)?;
    unseen(tx, causes, now)
}

/// A statement in the order of its account.
struct Placed {
    account: String,
    name: String,
    year: i64,
    sequence: Option<i64>,
    part: i64,
    opening: Money,
    closing: Money,
}

fn statements(tx: &mut dyn Tx, causes: &mut Causes) -> Result<(), Fault> {
    let rows = tx.query(&STATEMENTS_IN_ORDER, &[])?;
    let placed: Vec<Placed> = rows.iter().map(placed).collect::<Result<_, _>>()?;
    let neighbours = placed.iter().zip(placed.iter().skip(1));
    for (before, after) in neighbours.filter(|(one, next)| one.account == next.account) {
        let expected = before.sequence.map(|sequence| sequence.saturating_add(1));
        let (kind, expected_amount, found) = if !follows(before, after) {
            (BreakKind::StatementGap, None, None)
        } else if before.closing != after.opening {
            let amounts = (Some(before.closing), Some(after.opening));
            (BreakKind::StatementBalance, amounts.0, amounts.1)
        } else {
            continue;
        };
        let missing = expected.map(|expected| format!("{}/{expected}", before.year));
        let is_gap = kind == BreakKind::StatementGap;
        causes.add(Cause {
            expected: expected_amount,
            found,
            detail: missing.filter(|_| is_gap).unwrap_or_default(),
            ..cause(kind, &format!("{} {}", after.account, after.name))
        });
    }
    Ok(())
}

fn placed(row: &Row) -> Result<Placed, Fault> {
    Ok(Placed {
        account: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        year: row.int(2)?,
        sequence: row.opt_int(3)?,
        part: row.int(4)?,
        opening: Money::cents(row.int(5)?),
        closing: Money::cents(row.int(6)?),
    })
}

/// Whether no number was left out; a bank may begin to count again with the year.
fn follows(before: &Placed, after: &Placed) -> bool {
    let (Some(one), Some(next)) = (before.sequence, after.sequence) else {
        return true;
    };
    let is_next_part = after.part > 0 && next == one && after.part == before.part + 1;
    let begins_again = after.year > before.year && next == 1;
    next == one + 1 || is_next_part || begins_again
}

fn files(tx: &mut dyn Tx, causes: &mut Causes) -> Result<(), Fault> {
    let kind = BreakKind::FileRefused;
    let rows = tx.query(&FILES, &[Causes::LIMIT.into()])?;
    causes.add_all(kind, &rows, |row| {
        let (name, about) = (row.text(1)?, row.text(3)?);
        // What was asked for by its number has no other name.
        let shown = match about.starts_with(name) {
            true => about.to_owned(),
            false => format!("{name} {about}"),
        };
        Ok(Cause {
            detail: format!("{}: {}", shown.trim(), row.text(2)?),
            ..cause(kind, row.text(0)?)
        })
    })
}

fn suspense(tx: &mut dyn Tx, causes: &mut Causes) -> Result<(), Fault> {
    for row in tx.query(&SUSPENSE, &[Causes::LIMIT.into()])? {
        let why = row.opt_text(4)?.map(Why::of_column).transpose()?;
        let of = EntryKind::of_column(row.text(3)?)?;
        let order =
            Some(row.text(6)?).filter(|named| !named.is_empty() && of == EntryKind::Transfer);
        let kind = match why {
            Some(Why::TooMuch | Why::TooLittle) => BreakKind::TransferAmount,
            Some(Why::TooLate) => BreakKind::TransferLate,
            Some(Why::NoPayment) => BreakKind::DisputeUnknown,
            Some(Why::NoPayout) => BreakKind::PayoutMissing,
            _ if of == EntryKind::Transfer => BreakKind::TransferUnknown,
            _ => BreakKind::EntryUnknown,
        };
        let why = why.map_or("", Why::code);
        causes.add(Cause {
            order: order.map(str::to_owned),
            found: Some(Money::cents(row.int(5)?)),
            detail: format!("{}:{} {why}", row.text(1)?, row.text(2)?),
            ..cause(kind, &row.int(0)?.to_string())
        });
    }
    Ok(())
}

fn unseen(tx: &mut dyn Tx, causes: &mut Causes, now: Timestamp) -> Result<(), Fault> {
    let late = Timestamp::start_of_day_in_paris(days_ago(now, limits::DAYS_TO_BOOK));
    let params = [late.as_micros().into(), Causes::LIMIT.into()];
    let kind = BreakKind::RefundUnseen;
    let rows = tx.query(&REFUNDS, &params)?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            order: Some(row.text(1)?.to_owned()),
            expected: Some(Money::cents(row.int(2)?)),
            ..cause(kind, row.text(0)?)
        })
    })?;
    let kind = BreakKind::ReturnUnseen;
    let rows = tx.query(&RETURNS, &params)?;
    causes.add_all(kind, &rows, |row| {
        Ok(Cause {
            order: row.opt_text(1)?.map(str::to_owned),
            expected: Some(Money::cents(row.int(2)?)),
            ..cause(kind, &row.int(0)?.to_string())
        })
    })
}
