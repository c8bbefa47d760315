//! The worker's side of a job: who works on it, how far that is, and how it ends.
//!
//! Who works on a job holds a lease; a process that died does not renew it, and another goes on where the last
//! committed batch ended. Every write of a worker is guarded by its own name in the row: who lost the lease writes
//! nothing more.
//!
//! A claim counts as a try until its worker says how it ends. What was tried too often is claimed by nobody: a file that
//! takes the process down would do so at every start.

use std::time::Duration;

use storage::{Fault, Tx, Value};
use trade::clock::Timestamp;
use trade::ids::ImportJobId;

use super::job::{Job, JobState, Reading, big, id, id_of_column, job, json, unsigned};
use super::limits;
use super::trial::Trial;
use crate::store::{self, Done, ImportId};

/// How long a claim lasts without being renewed: ten times as long as between two renewals.
pub(super) const LEASE: Duration = Duration::from_secs(10);

storage::statements! {
    HALT_LEFT = "UPDATE import_jobs SET state = CASE state WHEN 'trying' THEN 'received' ELSE 'paused' END,
            halt = 0, runner = NULL, tries = 0
        WHERE halt = 1 AND lease_us < $1 AND state IN ('trying', 'waiting', 'running')";
    LEAVE_TRIED = "UPDATE import_jobs SET state = CASE state WHEN 'trying' THEN 'received' ELSE 'failed' END,
            ended_us = CASE state WHEN 'trying' THEN NULL ELSE CAST($1 AS BIGINT) END, runner = NULL, lease_us = 0
        WHERE tries >= $2 AND lease_us < $1 AND state IN ('trying', 'waiting', 'running')";
    CLAIMABLE = "SELECT id, halt, tries FROM import_jobs WHERE state IN ('trying', 'waiting', 'running') AND lease_us < $1
        ORDER BY id";
    CLAIMABLE_UP_TO = "SELECT id, halt, tries FROM import_jobs WHERE state IN ('waiting', 'running') AND lease_us < $1
        AND id <= $2 ORDER BY id";
    CLAIM = "UPDATE import_jobs SET runner = $2, lease_us = $3, begun_us = $4, read_bytes = 0, records = 0,
            tries = tries + 1, state = CASE state WHEN 'waiting' THEN 'running' ELSE state END
        WHERE id = $1 AND lease_us < $4 AND state IN ('trying', 'waiting', 'running') AND halt = 0
            AND tries < $5 AND (state = 'trying' OR NOT EXISTS (SELECT 1 FROM import_jobs other
                WHERE other.id <> $1 AND other.state = 'running' AND other.lease_us >= $4))";
    BEAT = "UPDATE import_jobs SET lease_us = $3, read_bytes = $4, total_bytes = $5, records = $6
        WHERE id = $1 AND runner = $2 RETURNING halt";
    BATCH = "UPDATE import_jobs SET messages = messages + $3, created = created + $4, updated = updated + $5,
            unchanged = unchanged + $6, hidden = hidden + $7, rejected = rejected + $8, findings = findings + $9
        WHERE id = $1 AND runner = $2 RETURNING findings, messages";
    LINK_IMPORT = "UPDATE imports SET job_id = $2 WHERE id = $1 AND job_id IS NULL";
    IMPORT_OF_JOB = "SELECT id FROM imports WHERE job_id = $1 AND name = $2 LIMIT 1";
    GIVE_BACK = "UPDATE import_jobs SET tries = $3 WHERE id = $1 AND runner = $2";
    RELEASE = "UPDATE import_jobs SET runner = NULL, lease_us = 0, tries = $3,
            state = CASE state WHEN 'running' THEN 'waiting' ELSE state END
        WHERE id = $1 AND runner = $2";
    END = "UPDATE import_jobs SET state = $3, ended_us = $4, runner = NULL, lease_us = 0, halt = 0, records = $5,
            rejected = rejected + $6, unkept = $7, read_bytes = $8, tries = 0
        WHERE id = $1 AND runner = $2";
    END_TRIAL = "UPDATE import_jobs SET state = $3, trial = $4, runner = NULL, lease_us = 0, halt = 0,
            tries = 0
        WHERE id = $1 AND runner = $2";
}

/// A worker's claim on a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) job: ImportJobId,
    pub(super) runner: String,
}

impl Claim {
    fn params(&self) -> [Value; 2] {
        [id(self.job), self.runner.as_str().into()]
    }
}

/// How a worker leaves a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) state: JobState,
    pub(super) reading: Reading,
    /// Records that the reader did not take.
    pub(super) rejected: u64,
    pub(super) unkept: u64,
}

/// A job that nobody works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claimable {
    pub(super) job: ImportJobId,
    /// Its worker died before it stood still, as it was asked to.
    pub(super) halting: bool,
    /// Its workers died too often.
    pub(super) is_left: bool,
}

/// Jobs that somebody could work on now, oldest first; or the imports up to that one.
pub(super) fn claimable(
    tx: &mut dyn Tx,
    up_to: Option<ImportJobId>,
    now: Timestamp,
) -> Result<Vec<Claimable>, Fault> {
    let now = now.as_micros().into();
    let rows = match up_to {
        None => tx.query(&CLAIMABLE, &[now])?,
        Some(job) => tx.query(&CLAIMABLE_UP_TO, &[now, id(job)])?,
    };
    rows.iter()
        .map(|row| {
            Ok(Claimable {
                job: id_of_column(row, 0)?,
                halting: row.flag(1)?,
                is_left: unsigned(row, 2)? >= limits::TRIES,
            })
        })
        .collect()
}

/// Lets those stand still whose worker died before it did so.
pub(super) fn halt_left(tx: &mut dyn Tx, now: Timestamp) -> Result<(), Fault> {
    tx.execute(&HALT_LEFT, &[now.as_micros().into()]).map(drop)
}

/// Lets those stand still whose workers died too often: an import has failed, a trial never was.
pub(super) fn leave_tried(tx: &mut dyn Tx, now: Timestamp) -> Result<(), Fault> {
    let params = [now.as_micros().into(), big(limits::TRIES)];
    tx.execute(&LEAVE_TRIED, &params).map(drop)
}

/// Claims a job, unless another worker was faster, or imports another one: what senders do not date counts in the order
/// in which it is imported.
pub(super) fn claim(tx: &mut dyn Tx, claim: &Claim, now: Timestamp) -> Result<Option<Job>, Fault> {
    // Of two workers who claim at once, the second sees what the first claimed.
    store::lock(tx)?;
    let [one, runner] = claim.params();
    let params = [
        one,
        runner,
        now.plus(LEASE).as_micros().into(),
        now.as_micros().into(),
        big(limits::TRIES),
    ];
    match tx.execute(&CLAIM, &params)? {
        0 => Ok(None),
        _ => job(tx, claim.job),
    }
}

/// What a worker learns when it renews its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing.
    GoOn,
    /// Somebody asked for a pause.
    Pause,
    /// The claim is another's.
    Lost,
}

/// Renews a claim and says how far the work is.
pub(super) fn beat(
    tx: &mut dyn Tx,
    claim: &Claim,
    now: Timestamp,
    reading: Reading,
) -> Result<Beat, Fault> {
    let [job, runner] = claim.params();
    let params = [
        job,
        runner,
        now.plus(LEASE).as_micros().into(),
        big(reading.read_bytes),
        big(reading.total_bytes),
        big(reading.records),
    ];
    match tx.query_opt(&BEAT, &params)? {
        None => Ok(Beat::Lost),
        Some(row) if row.flag(0)? => Ok(Beat::Pause),
        Some(_) => Ok(Beat::GoOn),
    }
}

/// Counts a batch in its own transaction, and says how many findings of the job there are, and its messages.
pub(super) fn count_batch(
    tx: &mut dyn Tx,
    claim: &Claim,
    messages: u64,
    done: &Done,
) -> Result<(u64, u64), Fault> {
    let [job, runner] = claim.params();
    let tally = done.tally;
    let params = [
        job.clone(),
        runner,
        big(messages),
        big(tally.created),
        big(tally.updated),
        big(tally.unchanged),
        big(tally.hidden),
        big(tally.rejected),
        big(done.findings.len() as u64),
    ];
    let Some(row) = tx.query_opt(&BATCH, &params)? else {
        return Err(Fault::defect("another process works on this import"));
    };
    if let Some(import) = done.import {
        tx.execute(&LINK_IMPORT, &[import.0.into(), job])?;
    }
    Ok((unsigned(&row, 0)?, unsigned(&row, 1)?))
}

/// The import that was begun for a file of the job.
pub(super) fn import_begun(
    tx: &mut dyn Tx,
    job: ImportJobId,
    file: &str,
) -> Result<Option<ImportId>, Fault> {
    let row = tx.query_opt(&IMPORT_OF_JOB, &[id(job), file.into()])?;
    row.map(|row| row.int(0).map(ImportId)).transpose()
}

/// Takes back that the claim counts as a try, and goes on holding it: `before` is how many there were.
pub(super) fn give_back(tx: &mut dyn Tx, claim: &Claim, before: u64) -> Result<(), Fault> {
    let [job, runner] = claim.params();
    tx.execute(&GIVE_BACK, &[job, runner, big(before)])
        .map(drop)
}

/// Leaves a job for another worker, with as many tries as there were before.
pub(super) fn release(tx: &mut dyn Tx, claim: &Claim, before: u64) -> Result<(), Fault> {
    let [job, runner] = claim.params();
    tx.execute(&RELEASE, &[job, runner, big(before)]).map(drop)
}

/// Ends an import, or lets it stand still; whether the claim still held.
pub(super) fn end(
    tx: &mut dyn Tx,
    claim: &Claim,
    ending: &Ending,
    now: Timestamp,
) -> Result<bool, Fault> {
    let [job, runner] = claim.params();
    let ended = ending.state.has_ended().then(|| now.as_micros());
    let params = [
        job,
        runner,
        ending.state.code().into(),
        ended.into(),
        big(ending.reading.records),
        big(ending.rejected),
        big(ending.unkept),
        big(ending.reading.read_bytes),
    ];
    Ok(tx.execute(&END, &params)? > 0)
}

/// Ends a trial; without a result the file lies there as before.
pub(super) fn end_trial(
    tx: &mut dyn Tx,
    claim: &Claim,
    trial: Option<&Trial>,
) -> Result<(), Fault> {
    let [job, runner] = claim.params();
    let state = match trial {
        Some(_) => JobState::Tried,
        None => JobState::Received,
    };
    let trial = trial.map(json).transpose()?;
    let params = [job, runner, state.code().into(), trial.into()];
    tx.execute(&END_TRIAL, &params).map(drop)
}
