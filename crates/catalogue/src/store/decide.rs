//! What booksellers decide: which records are one edition, which editions one work, and whose word counts first.
//!
//! None of it writes an edition itself. A decision is kept and the records it is about are settled; taking it back is
//! not counting it. So the next import finds the decision and follows it.

use storage::{Fault, Store, Tx};

use super::correct::CORRECTIONS;
use super::precedence;
use super::put::{finish, lock};
use super::row;
use super::settle::Settling;
use super::undo::{By, Refusal, log};
use crate::limits;
use crate::model::{EditionId, WorkId};

storage::statements! {
    RECORD_OF_EDITION = "SELECT MIN(id) FROM records WHERE edition_id = $1 AND standing = 'listed'";
    RECORD_OF_REFERENCE = "SELECT id FROM records WHERE sender = $1 AND reference = $2";
    LAST_DECISION = "SELECT COALESCE(MAX(id), 0) FROM decisions";
    PUT_DECISION = "INSERT INTO decisions (id, kind, one, other) VALUES ($1, $2, $3, $4)";
    DECISION = "SELECT one, other FROM decisions WHERE id = $1";
    SET_DECISION_UNDONE = "UPDATE decisions SET undone = $2 WHERE id = $1 AND undone <> $2";
    PART = "UPDATE decisions SET undone = 1
        WHERE kind = 'join' AND undone = 0 AND (one = $1 OR other = $1)
            AND NOT EXISTS (SELECT 1 FROM records r WHERE r.id = decisions.other AND r.sender = $2)";
    DECIDE_WORK = "INSERT INTO work_decisions (edition_id, work_id) VALUES ($1, $2)
        ON CONFLICT (edition_id) DO UPDATE SET work_id = excluded.work_id";
    LEAVE_WORK = "DELETE FROM work_decisions WHERE edition_id = $1";
    RECORDS_OF_EDITION = "SELECT id FROM records WHERE edition_id = $1";
    WORK_OF_EDITION = "SELECT work_id FROM editions WHERE id = $1";
    UNSETTLED = "SELECT after_record FROM unsettled WHERE one = 1";
    UNSETTLE = "INSERT INTO unsettled (one, after_record) VALUES (1, 0)
        ON CONFLICT (one) DO UPDATE SET after_record = 0";
    SETTLED_UP_TO = "UPDATE unsettled SET after_record = $1 WHERE one = 1";
    ALL_SETTLED = "DELETE FROM unsettled";
    UNSETTLED_RECORDS = "SELECT record_id FROM unsettled_records ORDER BY record_id LIMIT $1";
    RECORDS_SETTLED = "DELETE FROM unsettled_records WHERE record_id <= $1";
    OF_EDITION = "SELECT d.id, d.kind, d.undone, one.sender, one.reference, other.sender, other.reference
        FROM decisions d JOIN records one ON one.id = d.one LEFT JOIN records other ON other.id = d.other
        WHERE one.edition_id = $1 OR other.edition_id = $1 ORDER BY d.id DESC LIMIT 100";
    TO_SETTLE = "SELECT id FROM records WHERE id > $1 AND (isbn13 IS NOT NULL OR decided = 1
            OR EXISTS (SELECT 1 FROM record_isbns i WHERE i.record_id = records.id))
        ORDER BY id LIMIT $2";
}

/// A decision that can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionId(pub i64);

/// What was decided about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// By this it is taken back.
    pub id: DecisionId,
    /// The sender and reference of the record that was split off, or of one that was joined.
    pub one: (String, String),
    /// Of the record that it was joined with; none when it was split off.
    pub other: Option<(String, String)>,
    /// It was taken back.
    pub undone: bool,
}

/// The latest decisions about records of an edition, newest first; those that only tie a correction to its edition
/// are none.
///
/// # Errors
/// A [`Fault`].
pub fn decisions(tx: &mut dyn Tx, edition: EditionId) -> Result<Vec<Decided>, Fault> {
    let mut decisions = Vec::new();
    for row in tx.query(&OF_EDITION, &[edition.0.into()])? {
        let other = match (row.opt_text(5)?, row.opt_text(6)?) {
            (Some(CORRECTIONS), _) => continue,
            (Some(sender), Some(reference)) => Some((sender.to_owned(), reference.to_owned())),
            _ => None,
        };
        decisions.push(Decided {
            id: DecisionId(row.int(0)?),
            one: (row.text(3)?.to_owned(), row.text(4)?.to_owned()),
            other,
            undone: row.flag(2)?,
        });
    }
    Ok(decisions)
}

fn settle(tx: &mut dyn Tx, records: &[i64]) -> Result<(), Fault> {
    let mut settling = Settling::begin(tx)?;
    settling.touch(tx, records)?;
    finish(tx, settling)
}

/// Makes a record an edition of its own, whatever its ISBN and whatever it was joined with; later imports leave it
/// there.
///
/// # Errors
/// [`Refusal::NoRecord`], or a fault.
pub fn split(
    tx: &mut dyn Tx,
    sender: &str,
    reference: &str,
    by: &By,
) -> Result<DecisionId, Refusal> {
    lock(tx)?;
    let record = tx.query_opt(&RECORD_OF_REFERENCE, &[sender.into(), reference.into()])?;
    let record = record.ok_or_else(|| Refusal::NoRecord {
        sender: sender.to_owned(),
        reference: reference.to_owned(),
    })?;
    let record = record.int(0)?;
    tx.execute(&PART, &[record.into(), CORRECTIONS.into()])?;
    decide(tx, "split", record, None, by)
}

/// Makes two editions one, with all their records; later imports leave them so. The older one stays, the other leads
/// to it.
///
/// # Errors
/// [`Refusal::NoEdition`], or a fault.
pub fn join(
    tx: &mut dyn Tx,
    one: EditionId,
    other: EditionId,
    by: &By,
) -> Result<DecisionId, Refusal> {
    lock(tx)?;
    let (one, other) = (record_of(tx, one)?, record_of(tx, other)?);
    decide(tx, "join", one.min(other), Some(one.max(other)), by)
}

/// The record by which an edition is joined with another: the oldest that says something.
pub(super) fn record_of(tx: &mut dyn Tx, edition: EditionId) -> Result<i64, Refusal> {
    let row = tx.query_one(&RECORD_OF_EDITION, &[edition.0.into()])?;
    row.opt_int(0)?.ok_or(Refusal::NoEdition(edition))
}

/// Writes a decision down, without its consequences.
pub(super) fn write_down(
    tx: &mut dyn Tx,
    kind: &str,
    one: i64,
    other: Option<i64>,
) -> Result<DecisionId, Fault> {
    let id = tx.query_one(&LAST_DECISION, &[])?.int(0)? + 1;
    let params = [id.into(), kind.into(), one.into(), other.into()];
    tx.execute(&PUT_DECISION, &params)?;
    Ok(DecisionId(id))
}

fn decide(
    tx: &mut dyn Tx,
    kind: &str,
    one: i64,
    other: Option<i64>,
    by: &By,
) -> Result<DecisionId, Refusal> {
    let id = write_down(tx, kind, one, other)?;
    log(tx, by, &format!("edition.{kind}"), Some(id.0), "")?;
    settle_decided(tx, one, other)?;
    Ok(id)
}

fn settle_decided(tx: &mut dyn Tx, one: i64, other: Option<i64>) -> Result<(), Fault> {
    let mut settling = Settling::begin(tx)?;
    let records: Vec<i64> = other.into_iter().chain([one]).collect();
    settling.touch(tx, &records)?;
    for held in settling.records.values_mut() {
        held.row.decided = true;
    }
    finish(tx, settling)
}

/// Takes a split or a join back.
///
/// # Errors
/// [`Refusal::NoDecision`], or a fault.
pub fn undo_decision(tx: &mut dyn Tx, decision: DecisionId, by: &By) -> Result<(), Refusal> {
    turn_decision(tx, decision, by, true)
}

/// Decides again what was taken back.
///
/// # Errors
/// As [`undo_decision`].
pub fn redo_decision(tx: &mut dyn Tx, decision: DecisionId, by: &By) -> Result<(), Refusal> {
    turn_decision(tx, decision, by, false)
}

fn turn_decision(
    tx: &mut dyn Tx,
    decision: DecisionId,
    by: &By,
    undone: bool,
) -> Result<(), Refusal> {
    lock(tx)?;
    let row = tx.query_opt(&DECISION, &[decision.0.into()])?;
    let row = row.ok_or(Refusal::NoDecision(decision))?;
    let (one, other) = (row.int(0)?, row.opt_int(1)?);
    if tx.execute(&SET_DECISION_UNDONE, &[decision.0.into(), undone.into()])? == 0 {
        return Ok(());
    }
    let action = if undone {
        "decision.undo"
    } else {
        "decision.redo"
    };
    log(tx, by, action, Some(decision.0), "")?;
    settle_decided(tx, one, other)?;
    Ok(())
}

/// Makes an edition one of the work of another; none gives it back to the rule.
///
/// # Errors
/// [`Refusal::NoEdition`], or a fault.
pub fn decide_work(
    tx: &mut dyn Tx,
    edition: EditionId,
    like: Option<EditionId>,
    by: &By,
) -> Result<(), Refusal> {
    lock(tx)?;
    match like {
        Some(like) if like == edition => {
            let own = super::work::alone(edition);
            tx.execute(&DECIDE_WORK, &[edition.0.into(), own.0.into()])?;
        }
        Some(like) => {
            let row = tx.query_opt(&WORK_OF_EDITION, &[like.0.into()])?;
            let work = WorkId(row.ok_or(Refusal::NoEdition(like))?.int(0)?);
            tx.execute(&DECIDE_WORK, &[edition.0.into(), work.0.into()])?;
        }
        None => {
            tx.execute(&LEAVE_WORK, &[edition.0.into()])?;
        }
    }
    log(tx, by, "work.decide", Some(edition.0), "")?;
    let rows = tx.query(&RECORDS_OF_EDITION, &[edition.0.into()])?;
    let records: Vec<i64> = rows
        .iter()
        .map(|row| row.int(0))
        .collect::<Result<_, _>>()?;
    if records.is_empty() {
        return Err(Refusal::NoEdition(edition));
    }
    settle(tx, &records)?;
    Ok(())
}

/// Puts senders in order, first one first, and merges again what that changes. Blocks.
///
/// # Errors
/// A [`Fault`]; the new order stands then, and the next import goes on merging.
pub fn set_precedence(store: &Store, senders: &[String], by: &By) -> Result<(), Fault> {
    let (senders, by) = (senders.to_vec(), by.clone());
    store.write_blocking(move |tx| {
        lock(tx)?;
        precedence::write(tx, &senders)?;
        tx.execute(&UNSETTLE, &[])?;
        log(tx, &by, "precedence.set", None, &senders.join(", "))
    })?;
    settle_again(store)
}

/// Goes on settling records where that was begun: all of them after a change of precedence and after the migration that
/// began to keep records, and those that a later migration lists. Blocks; does nothing when all is settled.
///
/// # Errors
/// A [`Fault`]; batches before it are committed.
pub fn settle_again(store: &Store) -> Result<(), Fault> {
    while store.write_blocking(settle_next)? {}
    while store.write_blocking(settle_listed)? {}
    Ok(())
}

fn settle_next(tx: &mut dyn Tx) -> Result<bool, Fault> {
    if tx.query_opt(&UNSETTLED, &[])?.is_none() {
        return Ok(false);
    }
    lock(tx)?;
    // Read again: another process may have gone on, or begun anew, while this one waited.
    let Some(row) = tx.query_opt(&UNSETTLED, &[])? else {
        return Ok(false);
    };
    let batch = i64::try_from(limits::PUT_BATCH_RECORDS).unwrap_or(i64::MAX);
    let rows = tx.query(&TO_SETTLE, &[row.int(0)?.into(), batch.into()])?;
    let records: Vec<i64> = rows
        .iter()
        .map(|row| row.int(0))
        .collect::<Result<_, _>>()?;
    let Some(last) = records.last() else {
        tx.execute(&ALL_SETTLED, &[])?;
        return Ok(false);
    };
    settle(tx, &records)?;
    tx.execute(&SETTLED_UP_TO, &[(*last).into()])?;
    Ok(true)
}

fn settle_listed(tx: &mut dyn Tx) -> Result<bool, Fault> {
    if tx.query_opt(&UNSETTLED_RECORDS, &[1_i64.into()])?.is_none() {
        return Ok(false);
    }
    lock(tx)?;
    let batch = i64::try_from(limits::PUT_BATCH_RECORDS).unwrap_or(i64::MAX);
    let rows = tx.query(&UNSETTLED_RECORDS, &[batch.into()])?;
    let records: Vec<i64> = rows
        .iter()
        .map(|row| row.int(0))
        .collect::<Result<_, _>>()?;
    let Some(last) = records.last() else {
        return Ok(false);
    };
    settle(tx, &records)?;
    tx.execute(&RECORDS_SETTLED, &[(*last).into()])?;
    Ok(true)
}

/// The records of an edition, for [`super::sources`].
pub(super) fn records_of(tx: &mut dyn Tx, edition: EditionId) -> Result<Vec<i64>, Fault> {
    row::records_of_editions(tx, &[edition.0])
}
