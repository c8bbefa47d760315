//! The list of imports, and undoing and redoing one; and the log of who did what to the catalogue.
//!
//! Undoing writes no edition itself: it marks what the import said as not counting and settles the records it spoke
//! of, so undoing and redoing leave the same rows.

use storage::{Fault, Row, Store, Tx};
use trade::clock::Timestamp;
use trade::ids::ImportJobId;

use super::decide::DecisionId;
use super::put::{Delivery, finish, lock};
use super::settle::Settling;
use crate::limits;
use crate::model::EditionId;

storage::statements! {
    PUT_IMPORT = "INSERT INTO imports (id, name, staff, begun_us, messages, state)
        VALUES ($1, $2, $3, $4, 0, 'taken')";
    COUNT_MESSAGES = "UPDATE imports SET messages = messages + $2 WHERE id = $1";
    IMPORTS = "SELECT id, name, staff, begun_us, state, messages, job_id FROM imports ORDER BY id DESC LIMIT $1";
    IMPORT = "SELECT id, name, staff, begun_us, state, messages, job_id FROM imports WHERE id = $1";
    TURNING = "SELECT id, name, staff, begun_us, state, messages, job_id FROM imports
        WHERE state IN ('undoing', 'redoing') ORDER BY id LIMIT 1000";
    STATE_OF_IMPORT = "SELECT id, state FROM imports WHERE id = $1";
    STATES_OF_JOB = "SELECT id, state FROM imports WHERE job_id = $1 ORDER BY id";
    SET_IMPORT_STATE = "UPDATE imports SET state = $2 WHERE id = $1";
    OF_IMPORT = "SELECT id, record_id FROM notifications
        WHERE import_id = $1 AND undone = $2 AND id > $3 ORDER BY id LIMIT $4";
    SET_UNDONE = "UPDATE notifications SET undone = $3
        WHERE import_id = $1 AND id > $4 AND id <= $2 AND undone <> $3";
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

/// An import as the back office lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its number.
    pub id: ImportId,
    /// What it came from.
    pub delivery: Delivery,
    /// Whether it counts.
    pub state: ImportState,
    /// How many messages were taken from it.
    pub messages: i64,
    /// The job that it belongs to, if it was handed in.
    pub job: Option<ImportJobId>,
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

/// Counts the messages of one more batch.
pub(super) fn count_messages(
    tx: &mut dyn Tx,
    import: ImportId,
    messages: usize,
) -> Result<(), Fault> {
    let messages = i64::try_from(messages).unwrap_or(i64::MAX);
    tx.execute(&COUNT_MESSAGES, &[import.0.into(), messages.into()])
        .map(drop)
}

/// The latest imports, newest first.
///
/// # Errors
/// A [`Fault`].
pub fn imports(tx: &mut dyn Tx, limit: u32) -> Result<Vec<Import>, Fault> {
    let rows = tx.query(&IMPORTS, &[limit.into()])?;
    rows.iter().map(Import::of_row).collect()
}

/// One import.
///
/// # Errors
/// A [`Fault`].
pub fn import(tx: &mut dyn Tx, import: ImportId) -> Result<Option<Import>, Fault> {
    let row = tx.query_opt(&IMPORT, &[import.0.into()])?;
    row.as_ref().map(Import::of_row).transpose()
}

/// Imports whose undoing or redoing was begun and not finished.
///
/// # Errors
/// A [`Fault`].
pub fn turning(tx: &mut dyn Tx) -> Result<Vec<Import>, Fault> {
    let rows = tx.query(&TURNING, &[])?;
    rows.iter().map(Import::of_row).collect()
}

impl Import {
    pub(crate) fn of_row(row: &Row) -> Result<Import, Fault> {
        let job = row.opt_text(6)?.map(str::parse).transpose();
        Ok(Import {
            id: ImportId(row.int(0)?),
            delivery: Delivery {
                name: row.text(1)?.to_owned(),
                staff: row.text(2)?.to_owned(),
                at: Timestamp::micros(row.int(3)?),
            },
            state: ImportState::parse(row.text(4)?)?,
            messages: row.int(5)?,
            job: job.map_err(|_| Fault::Corrupt("an import's job is no job".into()))?,
        })
    }
}

/// Leaves out everything an import said: what was before stands again, and what was said later stays. Blocks.
///
/// Interrupted, it is finished by calling it again. Who asks for the opposite meanwhile gets that: this stops then, and
/// all of it is turned back by the other.
///
/// # Errors
/// [`Refusal::NoImport`], or a fault; batches before it are committed.
pub fn undo_import(store: &Store, import: ImportId, by: &By) -> Result<(), Refusal> {
    turn(store, Turned::Import(import), by, Way::Undo)
}

/// Takes an undone import in again. Blocks.
///
/// # Errors
/// As [`undo_import`].
pub fn redo_import(store: &Store, import: ImportId, by: &By) -> Result<(), Refusal> {
    turn(store, Turned::Import(import), by, Way::Redo)
}

/// Likewise with all imports of a job: one decision, so that nobody finds some of them undone and some not. Blocks.
///
/// # Errors
/// A fault, as [`undo_import`].
pub fn undo_job(store: &Store, job: ImportJobId, by: &By) -> Result<(), Refusal> {
    turn(store, Turned::Job(job), by, Way::Undo)
}

/// Takes all imports of an undone job in again. Blocks.
///
/// # Errors
/// As [`undo_job`].
pub fn redo_job(store: &Store, job: ImportJobId, by: &By) -> Result<(), Refusal> {
    turn(store, Turned::Job(job), by, Way::Redo)
}

/// What is undone or redone.
#[derive(Debug, Clone, Copy)]
enum Turned {
    Import(ImportId),
    Job(ImportJobId),
}

/// In which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Undo,
    Redo,
}

impl Way {
    /// How an import stands while that is done.
    fn under_way(self) -> ImportState {
        match self {
            Way::Undo => ImportState::Undoing,
            Way::Redo => ImportState::Redoing,
        }
    }

    /// How an import stands afterwards.
    fn done(self) -> ImportState {
        match self {
            Way::Undo => ImportState::Undone,
            Way::Redo => ImportState::Taken,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Way::Undo => "import.undo",
            Way::Redo => "import.redo",
        }
    }
}

fn turn(store: &Store, what: Turned, by: &By, way: Way) -> Result<(), Refusal> {
    let by = by.clone();
    let imports = store.write_blocking(move |tx| decide_turn(tx, what, &by, way))?;
    for import in imports {
        let mut from = 0;
        loop {
            match store.write_blocking(move |tx| turn_batch(tx, import, from, way))? {
                Step::On(last) => from = last,
                Step::Done => break,
                // The other's decision was about all of them.
                Step::Overtaken => return Ok(()),
            }
        }
    }
    Ok(())
}

/// Decides it for all imports in one transaction, and says which there is something to do with, in the order in which
/// it is done.
fn decide_turn(tx: &mut dyn Tx, what: Turned, by: &By, way: Way) -> Result<Vec<ImportId>, Refusal> {
    lock(tx)?;
    let rows = match what {
        Turned::Import(import) => match tx.query_opt(&STATE_OF_IMPORT, &[import.0.into()])? {
            None => return Err(Refusal::NoImport(import)),
            Some(row) => vec![row],
        },
        Turned::Job(job) => tx.query(&STATES_OF_JOB, &[job.to_string().into()])?,
    };
    let mut left = Vec::new();
    for row in rows {
        let import = ImportId(row.int(0)?);
        if ImportState::parse(row.text(1)?)? == way.done() {
            continue;
        }
        set_state(tx, import, way.under_way())?;
        log(tx, by, way.action(), Some(import.0), "")?;
        left.push(import);
    }
    if way == Way::Undo {
        left.reverse();
    }
    Ok(left)
}

fn set_state(tx: &mut dyn Tx, import: ImportId, state: ImportState) -> Result<(), Fault> {
    let params = [import.0.into(), state.code().into()];
    tx.execute(&SET_IMPORT_STATE, &params).map(drop)
}

/// What a batch leaves to be done.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// What comes after that notification.
    On(i64),
    /// Nothing.
    Done,
    /// Nothing for us: somebody decided otherwise.
    Overtaken,
}

/// Turns the import's next notifications after `from` and settles their records.
fn turn_batch(tx: &mut dyn Tx, import: ImportId, from: i64, way: Way) -> Result<Step, Fault> {
    lock(tx)?;
    let row = tx.query_one(&STATE_OF_IMPORT, &[import.0.into()])?;
    let state = ImportState::parse(row.text(1)?)?;
    // Done, when somebody else does the same and came to its end, perhaps without what was turned back in between.
    if state != way.under_way() && state != way.done() {
        return Ok(Step::Overtaken);
    }
    let undone = way == Way::Undo;
    let batch = i64::try_from(limits::PUT_BATCH_RECORDS).unwrap_or(i64::MAX);
    let params = [import.0.into(), (!undone).into(), from.into(), batch.into()];
    let rows = tx.query(&OF_IMPORT, &params)?;
    let Some(last) = rows.last() else {
        set_state(tx, import, way.done())?;
        return Ok(Step::Done);
    };
    let last = last.int(0)?;
    let mut records: Vec<i64> = rows
        .iter()
        .map(|row| row.int(1))
        .collect::<Result<_, _>>()?;
    records.sort_unstable();
    records.dedup();
    let mut settling = Settling::begin(tx)?;
    settling.touch(tx, &records)?;
    settling.turn(import, last, undone);
    let params = [import.0.into(), last.into(), undone.into(), from.into()];
    tx.execute(&SET_UNDONE, &params)?;
    finish(tx, settling)?;
    Ok(Step::On(last))
}

pub(crate) fn log(
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
