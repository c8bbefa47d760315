//! Jobs: files that were handed in, from their arrival to the end of their import.
//!
//! A job is a row, so it outlives the process that works on it. What people do with it is here; what its worker does,
//! in `claim`. Files are not dealt with here, see [`super::run`].

use serde::{Deserialize, Serialize};
use storage::{Fault, Row, Tx, Value};
use trade::clock::Timestamp;
use trade::ids::ImportJobId;

use super::limits;
use super::trial::Trial;
use crate::import::Mapping;
use crate::store::{By, Import};

storage::statements! {
    RECEIVE = "INSERT INTO import_jobs (id, name, staff, received_us, total_bytes, state, mapping)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    JOB = "SELECT id, name, staff, received_us, state, mapping, halt, begun_us, ended_us, read_bytes, total_bytes,
        records, messages, created, updated, unchanged, hidden, rejected, unkept, trial, tries
        FROM import_jobs WHERE id = $1";
    JOBS = "SELECT id, name, staff, received_us, state, mapping, halt, begun_us, ended_us, read_bytes, total_bytes,
        records, messages, created, updated, unchanged, hidden, rejected, unkept, CAST(NULL AS TEXT),
        tries
        FROM import_jobs ORDER BY id DESC LIMIT $1";
    SET_MAPPING = "UPDATE import_jobs SET mapping = $2, state = 'received', trial = NULL, tries = 0
        WHERE id = $1 AND state IN ('received', 'tried')";
    WANT_TRIAL = "UPDATE import_jobs SET state = 'trying', trial = NULL, halt = 0, tries = 0
        WHERE id = $1 AND state IN ('received', 'tried')";
    WANT_IMPORT = "UPDATE import_jobs SET state = 'waiting', halt = 0, ended_us = NULL, tries = 0
        WHERE id = $1 AND state IN ('received', 'tried', 'paused', 'failed')";
    HALT_WAITING = "UPDATE import_jobs SET state = 'paused' WHERE id = $1 AND state = 'waiting'";
    HALT_RUNNING = "UPDATE import_jobs SET halt = 1 WHERE id = $1 AND state IN ('running', 'trying')";
    GIVE_UP = "UPDATE import_jobs SET state = 'stopped', ended_us = $2
        WHERE id = $1 AND state IN ('paused', 'failed')";
    DISMISS = "DELETE FROM import_jobs WHERE id = $1 AND state IN ('received', 'tried')";
    LYING = "SELECT COUNT(*) FROM import_jobs WHERE state NOT IN ('done', 'failed', 'stopped')";
    IN_THE_WAY = "SELECT id, name, staff, received_us, state, mapping, halt, begun_us, ended_us, read_bytes, total_bytes,
        records, messages, created, updated, unchanged, hidden, rejected, unkept, CAST(NULL AS TEXT),
        tries
        FROM import_jobs WHERE state = 'running' AND lease_us >= $2 AND id <> $1 ORDER BY id LIMIT 1";
    IMPORTS_OF_JOB = "SELECT id, name, staff, begun_us, state, messages, job_id FROM imports WHERE job_id = $1
        ORDER BY id LIMIT 10000";
    OLD_JOBS = "SELECT id FROM import_jobs WHERE state IN ('done', 'failed', 'stopped')
        ORDER BY id DESC LIMIT 100 OFFSET $1";
    FORGET_REJECTS = "DELETE FROM import_rejects WHERE job_id = $1";
    FORGET_NOTES = "DELETE FROM import_notes WHERE job_id = $1";
    UNLINK_IMPORTS = "UPDATE imports SET job_id = NULL WHERE job_id = $1";
    FORGET_JOB = "DELETE FROM import_jobs WHERE id = $1";
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// The file lies here and nothing was decided about it.
    Received,
    /// It is read without storing anything, or waits for that.
    Trying,
    /// What an import would do is known.
    Tried,
    /// It is to be imported, and nobody does it yet.
    Waiting,
    /// It is being imported; or the process that did so died, and another will go on.
    Running,
    /// It stands still until somebody says otherwise.
    Paused,
    /// It was read to the end.
    Done,
    /// It broke off; what was committed is kept.
    Failed,
    /// Somebody gave it up; what was committed is kept.
    Stopped,
}

impl JobState {
    /// All of them.
    pub const ALL: [JobState; 9] = [
        JobState::Received,
        JobState::Trying,
        JobState::Tried,
        JobState::Waiting,
        JobState::Running,
        JobState::Paused,
        JobState::Done,
        JobState::Failed,
        JobState::Stopped,
    ];

    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            JobState::Received => "received",
            JobState::Trying => "trying",
            JobState::Tried => "tried",
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Paused => "paused",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Stopped => "stopped",
        }
    }

    fn parse(code: &str) -> Result<JobState, Fault> {
        JobState::ALL
            .into_iter()
            .find(|state| state.code() == code)
            .ok_or_else(|| Fault::Corrupt(format!("an import job is {code:?}").into()))
    }

    /// Whether something happens to it without anybody doing anything.
    pub fn is_moving(self) -> bool {
        matches!(
            self,
            JobState::Trying | JobState::Waiting | JobState::Running
        )
    }

    /// Whether nothing will happen to it any more.
    pub fn has_ended(self) -> bool {
        matches!(self, JobState::Done | JobState::Failed | JobState::Stopped)
    }
}

/// A file that was handed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its name in addresses, and that of its file.
    pub id: ImportJobId,
    /// The file's name on the sender's machine.
    pub name: String,
    /// The login of who handed it in, or the drop folder's sender.
    pub staff: String,
    /// When.
    pub received: Timestamp,
    /// Where it stands.
    pub state: JobState,
    /// What the columns of its table are, if somebody said so.
    pub mapping: Option<Mapping>,
    /// Somebody asked it to stand still, and it has not yet.
    pub halting: bool,
    /// When the process that reads it, or read it last, began to.
    pub begun: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How far it is.
    pub reading: Reading,
    /// Messages of the file, in its order, that are committed.
    pub committed: u64,
    /// What became of them so far.
    pub counts: Counts,
    /// Notes beyond the limit.
    pub unkept: u64,
    /// What an import would do; only where one job is read, and once it was tried.
    pub trial: Option<Trial>,
    /// How often a worker took it since somebody asked for it and was never heard of again; at [`limits::TRIES`] the
    /// job stands still.
    pub tries: u64,
}

impl Job {
    /// Whether it stands still because each of its workers was never heard of again.
    pub fn was_left(&self) -> bool {
        self.tries > 0 && !self.state.is_moving()
    }
}

/// How far a file is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Bytes as they lie on the disk.
    pub read_bytes: u64,
    /// All of them.
    pub total_bytes: u64,
    /// Records met, good or bad.
    pub records: u64,
}

/// What became of the records of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// New editions.
    pub created: u64,
    /// Editions that now say something else.
    pub updated: u64,
    /// Records that say what is known already.
    pub unchanged: u64,
    /// Records withdrawn by their sender.
    pub hidden: u64,
    /// Records not taken.
    pub rejected: u64,
}

impl Counts {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.hidden + self.rejected
    }
}

/// A file as it is handed in.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its name on the sender's machine.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// What the columns of its table are, if that is known.
    pub mapping: Option<Mapping>,
    /// Whether it is imported without being looked at.
    pub at_once: bool,
}

pub(super) fn id(job: ImportJobId) -> Value {
    job.to_string().into()
}

pub(super) fn big(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Defect(error.into()))
}

/// Writes a file down that lies in the desk's folder, and forgets jobs that ended long ago.
///
/// # Errors
/// A [`Fault`], here and in every function of this module.
pub fn receive(
    tx: &mut dyn Tx,
    job: ImportJobId,
    received: &Received,
    by: &By,
) -> Result<(), Fault> {
    let state = match received.at_once {
        true => JobState::Waiting,
        false => JobState::Received,
    };
    let params = [
        id(job),
        received.name.as_str().into(),
        by.staff.as_str().into(),
        by.at.as_micros().into(),
        big(received.bytes),
        state.code().into(),
        received.mapping.as_ref().map(json).transpose()?.into(),
    ];
    tx.execute(&RECEIVE, &params)?;
    for row in tx.query(&OLD_JOBS, &[limits::JOBS_KEPT.into()])? {
        let old: Value = row.text(0)?.into();
        for statement in [&FORGET_REJECTS, &FORGET_NOTES, &UNLINK_IMPORTS, &FORGET_JOB] {
            tx.execute(statement, std::slice::from_ref(&old))?;
        }
    }
    Ok(())
}

/// How many jobs have not ended, each with its file.
pub fn lying(tx: &mut dyn Tx) -> Result<u32, Fault> {
    tx.query_one(&LYING, &[])?.count(0)
}

/// One job.
pub fn job(tx: &mut dyn Tx, job: ImportJobId) -> Result<Option<Job>, Fault> {
    let row = tx.query_opt(&JOB, &[id(job)])?;
    row.as_ref().map(job_of_row).transpose()
}

/// The latest jobs, newest first, without their trials.
pub fn jobs(tx: &mut dyn Tx, limit: u32) -> Result<Vec<Job>, Fault> {
    let rows = tx.query(&JOBS, &[limit.into()])?;
    rows.iter().map(job_of_row).collect()
}

/// The import that runs now, here or elsewhere, so that this one waits for it; without its trial.
pub fn in_the_way(tx: &mut dyn Tx, job: ImportJobId, now: Timestamp) -> Result<Option<Job>, Fault> {
    let row = tx.query_opt(&IN_THE_WAY, &[id(job), now.as_micros().into()])?;
    row.as_ref().map(job_of_row).transpose()
}

/// The imports that a job's files became, oldest first.
pub fn imports_of(tx: &mut dyn Tx, job: ImportJobId) -> Result<Vec<Import>, Fault> {
    let rows = tx.query(&IMPORTS_OF_JOB, &[id(job)])?;
    rows.iter().map(Import::of_row).collect()
}

/// Says what the columns of its table are; what a trial found holds no more. Whether it was in time.
pub fn set_mapping(tx: &mut dyn Tx, job: ImportJobId, mapping: &Mapping) -> Result<bool, Fault> {
    let set = tx.execute(&SET_MAPPING, &[id(job), json(mapping)?.into()])?;
    Ok(set > 0)
}

/// Asks for a trial. Whether it was in time.
pub fn want_trial(tx: &mut dyn Tx, job: ImportJobId) -> Result<bool, Fault> {
    Ok(tx.execute(&WANT_TRIAL, &[id(job)])? > 0)
}

/// Asks for the import, or for going on with it. Whether it was in time.
pub fn want_import(tx: &mut dyn Tx, job: ImportJobId) -> Result<bool, Fault> {
    Ok(tx.execute(&WANT_IMPORT, &[id(job)])? > 0)
}

/// Asks it to stand still, which it does after its next batch. Whether it was in time.
pub fn pause(tx: &mut dyn Tx, job: ImportJobId) -> Result<bool, Fault> {
    let waiting = tx.execute(&HALT_WAITING, &[id(job)])?;
    Ok(waiting > 0 || tx.execute(&HALT_RUNNING, &[id(job)])? > 0)
}

/// Ends a job that stands still; what it imported stays, and its file is of no use any more. Whether it was in time.
pub fn give_up(tx: &mut dyn Tx, job: ImportJobId, now: Timestamp) -> Result<bool, Fault> {
    Ok(tx.execute(&GIVE_UP, &[id(job), now.as_micros().into()])? > 0)
}

/// Forgets a file that was never imported. Whether it was in time.
pub fn dismiss(tx: &mut dyn Tx, job: ImportJobId) -> Result<bool, Fault> {
    Ok(tx.execute(&DISMISS, &[id(job)])? > 0)
}

pub(super) fn id_of_column(row: &Row, column: usize) -> Result<ImportJobId, Fault> {
    let text = row.text(column)?;
    text.parse()
        .map_err(|_| Fault::Corrupt(format!("an import job is called {text:?}").into()))
}

pub(super) fn unsigned(row: &Row, column: usize) -> Result<u64, Fault> {
    Ok(u64::try_from(row.int(column)?).unwrap_or_default())
}

fn read<T: for<'de> Deserialize<'de>>(row: &Row, column: usize) -> Result<Option<T>, Fault> {
    let read = |text| serde_json::from_str(text).map_err(|error| Fault::Corrupt(error.into()));
    row.opt_text(column)?.map(read).transpose()
}

fn job_of_row(row: &Row) -> Result<Job, Fault> {
    let time = |column| Ok::<_, Fault>(row.opt_int(column)?.map(Timestamp::micros));
    Ok(Job {
        id: id_of_column(row, 0)?,
        name: row.text(1)?.to_owned(),
        staff: row.text(2)?.to_owned(),
        received: Timestamp::micros(row.int(3)?),
        state: JobState::parse(row.text(4)?)?,
        mapping: read(row, 5)?,
        halting: row.flag(6)?,
        begun: time(7)?,
        ended: time(8)?,
        reading: Reading {
            read_bytes: unsigned(row, 9)?,
            total_bytes: unsigned(row, 10)?,
            records: unsigned(row, 11)?,
        },
        committed: unsigned(row, 12)?,
        counts: Counts {
            created: unsigned(row, 13)?,
            updated: unsigned(row, 14)?,
            unchanged: unsigned(row, 15)?,
            hidden: unsigned(row, 16)?,
            rejected: unsigned(row, 17)?,
        },
        unkept: unsigned(row, 18)?,
        trial: read(row, 19)?,
        tries: unsigned(row, 20)?,
    })
}
