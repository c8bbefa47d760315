//! What a person does to the catalogue's records: undo an import, split a record off, join two editions, order the
//! senders; and take each of these back.
//!
//! None of it writes an edition. Each changes what counts and settles the records it touches, so doing and undoing
//! leave the same rows. Who did what is in the catalogue's log.

use storage::{Fault, Row, Store, Tx};
use trade::clock::Timestamp;

use super::precedence::{self, Precedence};
use super::put::{Delivery, advance, lock};
use super::row;
use super::settle::Settling;
use crate::limits;
use crate::model::{EditionId, WorkId};

storage::statements! {
    PUT_IMPORT = "INSERT INTO imports (id, name, staff, begun_us, state) VALUES ($1, $2, $3, $4, 'taken')";
    IMPORTS = "SELECT id, name, staff, begun_us, state,
            (SELECT COUNT(*) FROM notifications WHERE import_id = imports.id)
        FROM imports ORDER BY id DESC LIMIT $1";
    IMPORT_STATE = "SELECT state FROM imports WHERE id = $1";
    SET_IMPORT_STATE = "UPDATE imports SET state = $2 WHERE id = $1";
    OF_IMPORT = "SELECT id, record_id FROM notifications
        WHERE import_id = $1 AND undone = $2 AND id > $3 ORDER BY id LIMIT $4";
    SET_UNDONE = "UPDATE notifications SET undone = $3
        WHERE import_id = $1 AND id > $4 AND id <= $2 AND undone <> $3";
    RECORD_OF_EDITION = "SELECT MIN(id) FROM records WHERE edition_id = $1 AND standing = 'listed'";
    RECORD_OF_REFERENCE = "SELECT id FROM records WHERE sender = $1 AND reference = $2";
    LAST_DECISION = "SELECT COALESCE(MAX(id), 0) FROM decisions";
    PUT_DECISION = "INSERT INTO decisions (id, kind, one, other) VALUES ($1, $2, $3, $4)";
    DECISION = "SELECT one, other FROM decisions WHERE id = $1";
    SET_DECISION_UNDONE = "UPDATE decisions SET undone = $2 WHERE id = $1 AND undone <> $2";
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
    TO_SETTLE = "SELECT id FROM records WHERE id > $1 AND (isbn13 IS NOT NULL OR decided = 1
            OR EXISTS (SELECT 1 FROM record_isbns i WHERE i.record_id = records.id))
        ORDER BY id LIMIT $2";
    LOG = "INSERT INTO catalogue_log (id, at_us, staff, action, subject, note)
        VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM catalogue_log), $1, $2, $3, $4, $5)";
    LOGGED = "SELECT at_us, staff, action, subject, note FROM catalogue_log ORDER BY id DESC LIMIT $1";
}

/// One file or batch that changed something.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct ImportId(pub i64);

/// A decision that can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionId(pub i64);

/// An import as the back office lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its number.
    pub id: ImportId,
    /// What it came from.
    pub delivery: Delivery,
    /// Whether it counts.
    pub state: ImportState,
    /// How many of its messages are kept.
    pub messages: i64,
}

/// Whether an import counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// It does.
    Taken,
    /// It is being undone, or that was interrupted.
    Undoing,
    /// It does not.
    Undone,
    /// It is being redone, or that was interrupted.
    Redoing,
}

impl ImportState {
    const ALL: [ImportState; 4] = [
        ImportState::Taken,
        ImportState::Undoing,
        ImportState::Undone,
        ImportState::Redoing,
    ];

    fn code(self) -> &'static str {
        match self {
            ImportState::Taken => "taken",
            ImportState::Undoing => "undoing",
            ImportState::Undone => "undone",
            ImportState::Redoing => "redoing",
        }
    }

    fn parse(code: &str) -> Result<ImportState, Fault> {
        ImportState::ALL
            .into_iter()
            .find(|state| state.code() == code)
            .ok_or_else(|| Fault::Corrupt(format!("an import is {code:?}").into()))
    }
}

/// One line of the catalogue's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// When.
    pub at: Timestamp,
    /// The login of who did it.
    pub staff: String,
    /// What: `import.undo`, `record.split`, `edition.join`, `precedence.set`…
    pub action: String,
    /// The import, decision or edition.
    pub subject: Option<i64>,
    /// More about it.
    pub note: String,
}

/// Who decides, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The login.
    pub staff: String,
    /// The time.
    pub at: Timestamp,
}

/// Why a decision was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no import of that number.
    #[error("there is no import {}", .0.0)]
    NoImport(ImportId),
    /// There is no record of that name.
    #[error("no record {reference:?} of {sender:?} is known")]
    NoRecord {
        /// The sender.
        sender: String,
        /// The reference.
        reference: String,
    },
    /// The edition has no record that says anything.
    #[error("edition {0} is not there")]
    NoEdition(EditionId),
    /// There is no such decision.
    #[error("there is no decision {}", .0.0)]
    NoDecision(DecisionId),
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Writes an import down, with its first batch.
pub(super) fn begin_import(
    tx: &mut dyn Tx,
    id: ImportId,
    delivery: &Delivery,
) -> Result<ImportId, Fault> {
    let params = [
        id.0.into(),
        delivery.name.as_str().into(),
        delivery.staff.as_str().into(),
        delivery.at.as_micros().into(),
    ];
    tx.execute(&PUT_IMPORT, &params)?;
    Ok(id)
}

/// The latest imports, newest first.
///
/// # Errors
/// A [`Fault`].
pub fn imports(tx: &mut dyn Tx, limit: u32) -> Result<Vec<Import>, Fault> {
    let rows = tx.query(&IMPORTS, &[limit.into()])?;
    rows.iter().map(import_of_row).collect()
}

fn import_of_row(row: &Row) -> Result<Import, Fault> {
    Ok(Import {
        id: ImportId(row.int(0)?),
        delivery: Delivery {
            name: row.text(1)?.to_owned(),
            staff: row.text(2)?.to_owned(),
            at: Timestamp::micros(row.int(3)?),
        },
        state: ImportState::parse(row.text(4)?)?,
        messages: row.int(5)?,
    })
}

/// Leaves out everything an import said: what was before stands again, and what was said later stays. Blocks.
///
/// Interrupted, it is finished by calling it again.
///
/// # Errors
/// [`Refusal::NoImport`], or a fault; batches before it are committed.
pub fn undo_import(store: &Store, import: ImportId, by: &By) -> Result<(), Refusal> {
    turn_import(store, import, by, true)
}

/// Takes an undone import in again. Blocks.
///
/// # Errors
/// As [`undo_import`].
pub fn redo_import(store: &Store, import: ImportId, by: &By) -> Result<(), Refusal> {
    turn_import(store, import, by, false)
}

fn turn_import(store: &Store, import: ImportId, by: &By, undone: bool) -> Result<(), Refusal> {
    let (turning, turned, action) = if undone {
        (ImportState::Undoing, ImportState::Undone, "import.undo")
    } else {
        (ImportState::Redoing, ImportState::Taken, "import.redo")
    };
    let begun_by = by.clone();
    let needed = store.write_blocking(move |tx| {
        lock(tx)?;
        let state = tx.query_opt(&IMPORT_STATE, &[import.0.into()])?;
        let state = state.ok_or(Refusal::NoImport(import))?;
        let state = ImportState::parse(state.text(0)?)?;
        if state == turned {
            return Ok::<_, Refusal>(false);
        }
        tx.execute(&SET_IMPORT_STATE, &[import.0.into(), turning.code().into()])?;
        log(tx, &begun_by, action, Some(import.0), "")?;
        Ok(true)
    })?;
    let mut after = needed.then_some(0);
    while let Some(from) = after {
        after = store.write_blocking(move |tx| turn_batch(tx, import, from, undone))?;
    }
    if needed {
        store.write_blocking(move |tx| {
            tx.execute(&SET_IMPORT_STATE, &[import.0.into(), turned.code().into()])
        })?;
    }
    Ok(())
}

/// Turns the import's next notifications after `from` and settles their records; says where to go on.
fn turn_batch(
    tx: &mut dyn Tx,
    import: ImportId,
    from: i64,
    undone: bool,
) -> Result<Option<i64>, Fault> {
    lock(tx)?;
    let batch = i64::try_from(limits::PUT_BATCH_RECORDS).unwrap_or(i64::MAX);
    let params = [import.0.into(), (!undone).into(), from.into(), batch.into()];
    let rows = tx.query(&OF_IMPORT, &params)?;
    let Some(last) = rows.last() else {
        return Ok(None);
    };
    let last = last.int(0)?;
    let mut records: Vec<i64> = rows
        .iter()
        .map(|row| row.int(1))
        .collect::<Result<_, _>>()?;
    records.sort_unstable();
    records.dedup();
    let params = [import.0.into(), last.into(), undone.into(), from.into()];
    tx.execute(&SET_UNDONE, &params)?;
    settle(tx, &records)?;
    Ok(Some(last))
}

fn settle(tx: &mut dyn Tx, records: &[i64]) -> Result<(), Fault> {
    let mut settling = Settling::begin(tx)?;
    settling.touch(tx, records)?;
    let precedence = Precedence::read(tx)?;
    let (settled, _) = settling.settle(tx, &precedence)?;
    advance(tx, &settled)
}

/// Makes a record an edition of its own, whatever its ISBN; later imports leave it there.
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
    decide(tx, "split", record.int(0)?, None, by)
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
    let mut record_of = |edition: EditionId| {
        let row = tx.query_one(&RECORD_OF_EDITION, &[edition.0.into()])?;
        row.opt_int(0)?.ok_or(Refusal::NoEdition(edition))
    };
    let (one, other) = (record_of(one)?, record_of(other)?);
    decide(tx, "join", one.min(other), Some(one.max(other)), by)
}

fn decide(
    tx: &mut dyn Tx,
    kind: &str,
    one: i64,
    other: Option<i64>,
    by: &By,
) -> Result<DecisionId, Refusal> {
    let id = tx.query_one(&LAST_DECISION, &[])?.int(0)? + 1;
    let params = [id.into(), kind.into(), one.into(), other.into()];
    tx.execute(&PUT_DECISION, &params)?;
    log(tx, by, &format!("edition.{kind}"), Some(id), "")?;
    settle_decided(tx, one, other)?;
    Ok(DecisionId(id))
}

fn settle_decided(tx: &mut dyn Tx, one: i64, other: Option<i64>) -> Result<(), Fault> {
    let mut settling = Settling::begin(tx)?;
    let records: Vec<i64> = other.into_iter().chain([one]).collect();
    settling.touch(tx, &records)?;
    for held in settling.records.values_mut() {
        held.row.decided = true;
    }
    let precedence = Precedence::read(tx)?;
    let (settled, _) = settling.settle(tx, &precedence)?;
    advance(tx, &settled)
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
    // Those that were joined are found by their edition, those that were split by their ISBN.
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

/// Goes on settling all records where that was begun: after a change of precedence, and after the migration that
/// began to keep records. Blocks; does nothing when all is settled.
///
/// # Errors
/// A [`Fault`]; batches before it are committed.
pub fn settle_again(store: &Store) -> Result<(), Fault> {
    while store.write_blocking(settle_next)? {}
    Ok(())
}

fn settle_next(tx: &mut dyn Tx) -> Result<bool, Fault> {
    let Some(row) = tx.query_opt(&UNSETTLED, &[])? else {
        return Ok(false);
    };
    lock(tx)?;
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

fn log(
    tx: &mut dyn Tx,
    by: &By,
    action: &str,
    subject: Option<i64>,
    note: &str,
) -> Result<(), Fault> {
    let params = [
        by.at.as_micros().into(),
        by.staff.as_str().into(),
        action.into(),
        subject.into(),
        note.into(),
    ];
    tx.execute(&LOG, &params).map(drop)
}

/// The latest lines of the log, newest first.
///
/// # Errors
/// A [`Fault`].
pub fn logged(tx: &mut dyn Tx, limit: u32) -> Result<Vec<Logged>, Fault> {
    let rows = tx.query(&LOGGED, &[limit.into()])?;
    rows.iter()
        .map(|row| {
            Ok(Logged {
                at: Timestamp::micros(row.int(0)?),
                staff: row.text(1)?.to_owned(),
                action: row.text(2)?.to_owned(),
                subject: row.opt_int(3)?,
                note: row.text(4)?.to_owned(),
            })
        })
        .collect()
}

/// The records of an edition, for [`super::sources`].
pub(super) fn records_of(tx: &mut dyn Tx, edition: EditionId) -> Result<Vec<i64>, Fault> {
    row::records_of_editions(tx, &[edition.0])
}
