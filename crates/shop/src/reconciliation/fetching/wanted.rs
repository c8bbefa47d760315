//! What of that which is offered was not read yet: derived from what was read, so that nothing can be counted twice or be
//! forgotten. What could not be believed is put off.

use banking::iban::Iban;
use storage::{Fault, Tx};
use trade::{clock::Timestamp, limits};

use super::door::{OfferedBatch, Source};

storage::statements! {
    // The first number that is neither settled nor put off; a batch is settled when the bank took it.
    FIRST_BATCH = "SELECT MIN(c.n) FROM (
            SELECT 1 AS n
            UNION ALL SELECT sequence + 1 FROM clearing_batches WHERE verdict = 'taken'
            UNION ALL SELECT number + 1 FROM bank_files_put_off WHERE source = 'switch' AND due_us > $1) AS c
        WHERE NOT EXISTS (SELECT 1 FROM clearing_batches b WHERE b.sequence = c.n AND b.verdict = 'taken')
            AND NOT EXISTS (SELECT 1 FROM bank_files_put_off p
                WHERE p.source = 'switch' AND p.number = c.n AND p.due_us > $1)";
    FIRST_STATEMENT = "SELECT MIN(c.n) FROM (
            SELECT 1 AS n
            UNION ALL SELECT sequence + 1 FROM bank_statements WHERE sequence IS NOT NULL AND ($2 = '' OR account = $2)
            UNION ALL SELECT number + 1 FROM bank_files_put_off WHERE source = 'window' AND due_us > $1) AS c
        WHERE NOT EXISTS (SELECT 1 FROM bank_statements s WHERE s.sequence = c.n AND ($2 = '' OR s.account = $2))
            AND NOT EXISTS (SELECT 1 FROM bank_files_put_off p
                WHERE p.source = 'window' AND p.number = c.n AND p.due_us > $1)";
    BATCH = "SELECT verdict FROM clearing_batches WHERE sequence = $1";
    STATEMENT = "SELECT 1 FROM bank_statements WHERE sequence = $1 AND ($2 = '' OR account = $2)";
    IS_PUT_OFF = "SELECT 1 FROM bank_files_put_off WHERE source = $1 AND number = $2 AND due_us > $3";
    PUT_OFF = "INSERT INTO bank_files_put_off (source, number, due_us) VALUES ($1, $2, $3)
        ON CONFLICT (source, number) DO UPDATE SET due_us = $3";
    TAKE_UP = "DELETE FROM bank_files_put_off WHERE source = $1 AND number = $2";
}

/// What is wanted of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WantedBatch {
    pub sequence: u32,
    /// The batch itself.
    pub file: bool,
    /// The bank's answer to it.
    pub answer: bool,
}

/// After which batch the list is asked for.
pub(super) fn batches_after(tx: &mut dyn Tx, now: Timestamp) -> Result<u32, Fault> {
    let row = tx.query_one(&FIRST_BATCH, &[now.as_micros().into()])?;
    Ok(before(row.int(0)?))
}

/// After which statement the list is asked for.
pub(super) fn statements_after(
    tx: &mut dyn Tx,
    account: Option<&Iban>,
    now: Timestamp,
) -> Result<u32, Fault> {
    let params = [now.as_micros().into(), of(account)];
    let row = tx.query_one(&FIRST_STATEMENT, &params)?;
    Ok(before(row.int(0)?))
}

fn before(first: i64) -> u32 {
    u32::try_from(first.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// An account as a parameter: empty stands for any.
fn of(account: Option<&Iban>) -> storage::Value {
    account.map_or("", Iban::as_str).into()
}

/// What is wanted of batches that are offered.
pub(super) fn of_batches(
    tx: &mut dyn Tx,
    offered: &[OfferedBatch],
    now: Timestamp,
) -> Result<Vec<WantedBatch>, Fault> {
    let mut wanted = Vec::new();
    for batch in offered {
        if is_put_off(tx, Source::Switch, batch.sequence, now)? {
            continue;
        }
        let row = tx.query_opt(&BATCH, &[batch.sequence.into()])?;
        let known = row.as_ref().map(|row| row.opt_text(0)).transpose()?;
        let answer = match (batch.taken, known.flatten()) {
            (None, _) | (_, Some("taken")) | (Some(false), Some("refused")) => false,
            (Some(_), _) => true,
        };
        let file = known.is_none();
        if file || answer {
            wanted.push(WantedBatch {
                sequence: batch.sequence,
                file,
                answer,
            });
        }
    }
    Ok(wanted)
}

/// Which statements are wanted of those that are offered.
pub(super) fn of_statements(
    tx: &mut dyn Tx,
    offered: &[u32],
    account: Option<&Iban>,
    now: Timestamp,
) -> Result<Vec<u32>, Fault> {
    let mut wanted = Vec::new();
    for &number in offered {
        if !is_put_off(tx, Source::Window, number, now)? && !is_read(tx, number, account)? {
            wanted.push(number);
        }
    }
    Ok(wanted)
}

/// Whether a statement of that number was read.
pub(super) fn is_read(tx: &mut dyn Tx, number: u32, account: Option<&Iban>) -> Result<bool, Fault> {
    let found = tx.query_opt(&STATEMENT, &[number.into(), of(account)])?;
    Ok(found.is_some())
}

fn is_put_off(tx: &mut dyn Tx, source: Source, number: u32, now: Timestamp) -> Result<bool, Fault> {
    let params = [source.into(), number.into(), now.as_micros().into()];
    Ok(tx.query_opt(&IS_PUT_OFF, &params)?.is_some())
}

/// Does not ask for a number again for [`limits::FETCH_REFUSED_AGAIN`].
pub(super) fn put_off(
    tx: &mut dyn Tx,
    source: Source,
    number: u32,
    now: Timestamp,
) -> Result<(), Fault> {
    let due = now.plus(limits::FETCH_REFUSED_AGAIN);
    let params = [source.into(), number.into(), due.as_micros().into()];
    tx.execute(&PUT_OFF, &params).map(drop)
}

/// A number that was put off has come well.
pub(super) fn take_up(tx: &mut dyn Tx, source: Source, number: u32) -> Result<(), Fault> {
    tx.execute(&TAKE_UP, &[source.into(), number.into()])
        .map(drop)
}
