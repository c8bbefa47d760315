//! Rejected records that lack only what a person can add: kept as they were read, completed from the report.
//!
//! What is completed is put in as the sender's own record under the sender's name for it, by an import of the job: it
//! is merged, corrected and superseded like any record of that sender, and undone with the job.

use storage::{Fault, Row, Tx};
use trade::ids::{EditionId, ImportJobId};

use super::job::{self, Job, id, unsigned};
use super::notes::{self, Numbered};
use crate::import::note_of_finding;
use crate::model::Edition;
use crate::store::{
    self, By, Correction, Delivery, Done, Finding, Found, ImportId, ImportState, Incoming, Record,
};

storage::statements! {
    KEEP = "INSERT INTO import_rejects (job_id, number, draft) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    KEPT = "SELECT COUNT(*) FROM import_rejects WHERE job_id = $1";
    REJECT = "SELECT x.draft, x.completed_us, n.line, n.code, n.message, r.edition_id
        FROM import_rejects x JOIN import_notes n ON n.job_id = x.job_id AND n.found = 0 AND n.number = x.number
        LEFT JOIN records r ON r.sender = n.sender AND r.reference = n.reference
        WHERE x.job_id = $1 AND x.number = $2";
    COMPLETE = "UPDATE import_rejects SET completed_us = $3 WHERE job_id = $1 AND number = $2 AND completed_us IS NULL";
    NAME_NOTE = "UPDATE import_notes SET sender = $3, reference = $4 WHERE job_id = $1 AND found = 0 AND number = $2";
    SENT_SINCE = "SELECT r.edition_id FROM records r JOIN notifications n ON n.record_id = r.id
        JOIN imports i ON i.id = n.import_id
        WHERE r.sender = $1 AND r.reference = $2 AND n.undone = 0
            AND (i.job_id > $3 OR (i.job_id IS NULL AND i.begun_us > $4)) LIMIT 1";
    COUNT_COMPLETED = "UPDATE import_jobs SET rejected = CASE WHEN rejected > 0 THEN rejected - 1 ELSE 0 END, created = created + $2, updated = updated + $3,
            unchanged = unchanged + $4
        WHERE id = $1";
    LINK_COMPLETION = "UPDATE imports SET job_id = $2 WHERE id = $1";
}

/// What the import of a completed record is called, before the name of its file.
pub const COMPLETION_OF: &str = "completion:";

/// Findings about completed records are numbered from here: no file has as many messages.
const COMPLETIONS: u64 = 1 << 40;

/// A rejected record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// What was read of it: its title or reference may be empty.
    pub draft: Record,
    /// Where it begins in the file.
    pub line: u64,
    /// The code of the note that rejected it.
    pub code: String,
    /// What that note says.
    pub message: String,
    /// Somebody completed it.
    pub is_completed: bool,
    /// The edition that it became, once it is completed.
    pub edition: Option<EditionId>,
}

/// Why a record is not completed.
#[derive(Debug, thiserror::Error)]
pub enum NotCompleted {
    /// It was not kept, or never there.
    #[error("there is no such rejected record")]
    Unknown,
    /// The import could go on, or does not count.
    #[error("the import is not over, or is undone")]
    NotNow,
    /// The sender has spoken of the record since: that is newer. The edition that it belongs to; none when the sender
    /// withdrew it.
    #[error("the sender has spoken of the record since")]
    SentSince(Option<EditionId>),
    /// It has no title still.
    #[error("a book has a title")]
    NoTitle,
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Keeps what was read of a rejected record.
pub(super) fn keep(
    tx: &mut dyn Tx,
    job: ImportJobId,
    number: u64,
    draft: &str,
) -> Result<(), Fault> {
    let params = [id(job), job::big(number), draft.into()];
    tx.execute(&KEEP, &params).map(drop)
}

/// How many are kept of a job.
pub(super) fn kept(tx: &mut dyn Tx, job: ImportJobId) -> Result<u64, Fault> {
    unsigned(&tx.query_one(&KEPT, &[id(job)])?, 0)
}

/// A rejected record of a job, by the number of its note.
///
/// # Errors
/// A [`Fault`].
pub fn reject(tx: &mut dyn Tx, job: ImportJobId, number: u64) -> Result<Option<Reject>, Fault> {
    let row = tx.query_opt(&REJECT, &[id(job), job::big(number)])?;
    row.as_ref().map(reject_of_row).transpose()
}

fn reject_of_row(row: &Row) -> Result<Reject, Fault> {
    let corrupt = |error: serde_json::Error| Fault::Corrupt(error.into());
    Ok(Reject {
        draft: serde_json::from_str(row.text(0)?).map_err(corrupt)?,
        is_completed: row.opt_int(1)?.is_some(),
        line: unsigned(row, 2)?,
        code: row.text(3)?.to_owned(),
        message: row.text(4)?.to_owned(),
        edition: row.opt_int(5)?.map(EditionId),
    })
}

/// Puts a rejected record in, with what a bookseller added to it; what is completed already stays as it is. Says which
/// edition it became.
///
/// # Errors
/// [`NotCompleted`].
pub fn complete(
    tx: &mut dyn Tx,
    job: ImportJobId,
    number: u64,
    added: &Correction,
    by: &By,
) -> Result<EditionId, NotCompleted> {
    // Of two who complete it at once, or of one who undoes its import, the second sees what the first did.
    store::lock(tx)?;
    let known = job::job(tx, job)?.ok_or(NotCompleted::Unknown)?;
    let reject = reject(tx, job, number)?.ok_or(NotCompleted::Unknown)?;
    if let (true, Some(edition)) = (reject.is_completed, reject.edition) {
        return Ok(edition);
    }
    let imports = job::imports_of(tx, job)?;
    let counts = imports
        .iter()
        .all(|import| import.state == ImportState::Taken);
    if !known.state.has_ended() || !counts || reject.is_completed {
        return Err(NotCompleted::NotNow);
    }
    let record = completed(reject.draft, added, job, number);
    if record.edition.title.is_empty() {
        return Err(NotCompleted::NoTitle);
    }
    let (sender, reference) = (record.sender.clone(), record.reference.clone());
    if was_sent_since(tx, &known, &sender, &reference)? {
        let edition = store::edition_of(tx, &sender, &reference)?;
        return Err(NotCompleted::SentSince(edition));
    }
    let delivery = Delivery {
        name: format!("{COMPLETION_OF}{}", known.name),
        staff: by.staff.clone(),
        at: by.at,
    };
    let done = store::put_one(tx, Incoming::Put(Box::new(record)), &delivery)?;
    let edition = store::edition_of(tx, &sender, &reference)?.ok_or(NotCompleted::NotNow)?;
    let is_older = |finding: &Finding| finding.what == Found::OlderMessage;
    if done.findings.iter().any(is_older) {
        return Err(NotCompleted::SentSince(Some(edition)));
    }
    write_down(tx, job, number, (&sender, &reference), &done, by)?;
    keep_findings(tx, &known, (number, reject.line), &done)?;
    store::log(tx, by, "edition.complete", Some(edition.0), &known.name)?;
    Ok(edition)
}

/// Whether a later import, which counts, speaks of the record.
fn was_sent_since(
    tx: &mut dyn Tx,
    job: &Job,
    sender: &str,
    reference: &str,
) -> Result<bool, Fault> {
    let params = [
        sender.into(),
        reference.into(),
        id(job.id),
        job.received.as_micros().into(),
    ];
    Ok(tx.query_opt(&SENT_SINCE, &params)?.is_some())
}

/// Keeps what the catalogue found about a completed record with the other findings of its job.
fn keep_findings(
    tx: &mut dyn Tx,
    job: &Job,
    (number, line): (u64, u64),
    done: &Done,
) -> Result<(), Fault> {
    let first = COMPLETIONS + number.saturating_mul(2);
    let notes: Vec<_> = (first..)
        .zip(&done.findings)
        .map(|(number, finding)| (number, note_of_finding(finding, &job.name, line)))
        .collect();
    notes::put(tx, job.id, Numbered::Found, &notes)
}

/// The record as it would have been, had the file said what was added.
fn completed(draft: Record, added: &Correction, job: ImportJobId, number: u64) -> Record {
    let mut edition: Edition = draft.edition;
    added.put_into(&mut edition);
    let reference = match (draft.reference.is_empty(), edition.isbn) {
        (false, _) => draft.reference,
        (true, Some(isbn)) => isbn.to_string(),
        // Nothing in the file names it, so no later file can speak of it: it is known by where it was found.
        (true, None) => format!("{job}-{number}"),
    };
    edition.records = vec![format!("{}:{reference}", draft.sender)];
    Record {
        reference,
        edition,
        ..draft
    }
}

fn write_down(
    tx: &mut dyn Tx,
    job: ImportJobId,
    number: u64,
    (sender, reference): (&str, &str),
    done: &Done,
    by: &By,
) -> Result<(), Fault> {
    let (one, number) = (id(job), job::big(number));
    let at = by.at.as_micros();
    tx.execute(&COMPLETE, &[one.clone(), number.clone(), at.into()])?;
    let named = [one.clone(), number, sender.into(), reference.into()];
    tx.execute(&NAME_NOTE, &named)?;
    let tally = done.tally;
    let params = [
        one.clone(),
        job::big(tally.created),
        job::big(tally.updated),
        job::big(tally.unchanged),
    ];
    tx.execute(&COUNT_COMPLETED, &params)?;
    if let Some(ImportId(import)) = done.import {
        tx.execute(&LINK_COMPLETION, &[import.into(), one])?;
    }
    Ok(())
}
