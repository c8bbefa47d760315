//! Notes of a job, as rows: kept while the file is read, found again by severity, code and text.
//!
//! A reader makes the same notes in the same order whenever it reads the same file, so a job that goes on after a
//! crash numbers them as before and writes only those that are missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use storage::{Fault, Row, Store, Tx};
use trade::ids::{EditionId, ImportJobId};

use super::job::{id, json};
use super::{limits, rejects};
use crate::import::{Note, Remark, ReportSink, Severity, shortened};
use crate::limits::NOTE_CHARS;
use crate::store::Record;

storage::statements! {
    PUT_NOTES =
        sqlite "INSERT INTO import_notes (job_id, found, number, file, line, sender, reference, code, severity, message,
                said)
            SELECT $1, $2, n.value->>0, n.value->>1, n.value->>2, n.value->>3, n.value->>4, n.value->>5, n.value->>6,
                n.value->>7, n.value->>8
            FROM json_each($3) n WHERE 1 = 1 ON CONFLICT DO NOTHING",
        postgres "INSERT INTO import_notes (job_id, found, number, file, line, sender, reference, code, severity, message,
                said)
            SELECT $1::text, $2::bigint, (n->>0)::bigint, n->>1, (n->>2)::bigint, n->>3, n->>4, n->>5, n->>6, n->>7,
                n->>8
            FROM jsonb_array_elements(($3::text)::jsonb) AS notes (n) ON CONFLICT DO NOTHING";
    LAST_NUMBER = "SELECT COALESCE(MAX(number), 0) FROM import_notes WHERE job_id = $1 AND found = 0";
    KINDS = "SELECT severity, code, COUNT(*) FROM import_notes WHERE job_id = $1
        GROUP BY severity, code ORDER BY COUNT(*) DESC, code LIMIT 200";
    FOUND_COUNT =
        sqlite "SELECT COUNT(*) FROM import_notes WHERE job_id = $1
            AND ($2 = '' OR severity = $2) AND ($3 = '' OR code = $3)
            AND ($4 = '' OR LOWER(message) LIKE $4 ESCAPE '!' OR LOWER(COALESCE(reference, '')) LIKE $4 ESCAPE '!'
                OR said->>'kind' IN (SELECT k.value FROM json_each($5) k))",
        postgres "SELECT COUNT(*) FROM import_notes WHERE job_id = $1
            AND ($2 = '' OR severity = $2) AND ($3 = '' OR code = $3)
            AND ($4 = '' OR LOWER(message) LIKE $4 ESCAPE '!' OR LOWER(COALESCE(reference, '')) LIKE $4 ESCAPE '!'
                OR (said::jsonb)->>'kind' IN (SELECT jsonb_array_elements_text(($5::text)::jsonb)))";
    FOUND =
        sqlite "SELECT n.file, n.line, n.sender, n.reference, n.code, n.severity, n.message, r.edition_id, x.number, n.said
            FROM import_notes n LEFT JOIN records r ON r.sender = n.sender AND r.reference = n.reference
            LEFT JOIN import_rejects x
                ON x.job_id = n.job_id AND x.number = n.number AND n.found = 0 AND x.completed_us IS NULL
            WHERE n.job_id = $1 AND ($2 = '' OR n.severity = $2) AND ($3 = '' OR n.code = $3)
            AND ($4 = '' OR LOWER(n.message) LIKE $4 ESCAPE '!' OR LOWER(COALESCE(n.reference, '')) LIKE $4 ESCAPE '!'
                OR n.said->>'kind' IN (SELECT k.value FROM json_each($5) k))
            ORDER BY CASE n.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, n.line, n.found, n.number
            LIMIT $6 OFFSET $7",
        postgres "SELECT n.file, n.line, n.sender, n.reference, n.code, n.severity, n.message, r.edition_id, x.number, n.said
            FROM import_notes n LEFT JOIN records r ON r.sender = n.sender AND r.reference = n.reference
            LEFT JOIN import_rejects x
                ON x.job_id = n.job_id AND x.number = n.number AND n.found = 0 AND x.completed_us IS NULL
            WHERE n.job_id = $1 AND ($2 = '' OR n.severity = $2) AND ($3 = '' OR n.code = $3)
            AND ($4 = '' OR LOWER(n.message) LIKE $4 ESCAPE '!' OR LOWER(COALESCE(n.reference, '')) LIKE $4 ESCAPE '!'
                OR (n.said::jsonb)->>'kind' IN (SELECT jsonb_array_elements_text(($5::text)::jsonb)))
            ORDER BY CASE n.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, n.line, n.found, n.number
            LIMIT $6 OFFSET $7";
}

/// A [`Remark`] as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// See [`Remark::kind`].
    pub kind: String,
    /// See [`Remark::arguments`].
    pub arguments: BTreeMap<String, String>,
}

impl From<&Remark> for Said {
    fn from(remark: &Remark) -> Said {
        let arguments = remark.arguments().into_iter();
        Said {
            kind: remark.kind().to_owned(),
            arguments: arguments
                .map(|(name, value)| (name.to_owned(), shortened(&value, NOTE_CHARS)))
                .collect(),
        }
    }
}

/// A note as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptNote {
    /// See [`Note`]; the others likewise.
    pub file: String,
    /// See [`Note::line`].
    pub line: u64,
    /// See [`Note::sender`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// See [`Note::reference`].
    pub reference: Option<String>,
    /// See [`Note::code`].
    pub code: String,
    /// See [`Note::severity`].
    pub severity: Severity,
    /// See [`Note::message`].
    pub message: String,
    /// What the sentence is made of, in whatever language; notes of before this was kept have only their message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// The edition that the record belongs to now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<EditionId>,
    /// The number under which the record was kept to be completed, see [`super::rejects`].
    #[serde(skip)]
    pub reject: Option<u64>,
}

impl From<Note> for KeptNote {
    fn from(note: Note) -> KeptNote {
        KeptNote {
            file: note.file,
            line: note.line,
            sender: note.sender,
            reference: note.reference,
            code: note.code.to_owned(),
            severity: note.severity,
            message: note.message,
            said: Some(Said::from(&note.remark)),
            edition: None,
            reject: None,
        }
    }
}

/// Which notes are wanted; what is empty says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this severity.
    pub severity: Option<Severity>,
    /// Of this code.
    pub code: String,
    /// With this text in the message or the reference.
    pub text: String,
    /// Or, when a text is wanted, of one of these kinds ([`Said::kind`]): those whose sentence has it in the language of
    /// who reads the notes.
    pub kinds: Vec<String>,
}

impl Wanted {
    fn params(&self, job: ImportJobId) -> Result<[storage::Value; 5], Fault> {
        let text = self.text.trim().to_lowercase();
        let pattern = match text.is_empty() {
            true => String::new(),
            false => format!("%{}%", escaped(&text)),
        };
        Ok([
            id(job),
            self.severity.map_or("", Severity::code).into(),
            self.code.as_str().into(),
            pattern.into(),
            json(&self.kinds)?.into(),
        ])
    }
}

/// Text that stands for itself in a pattern of `LIKE … ESCAPE '!'`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(letter);
    }
    escaped
}

/// How many notes there are of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKind {
    /// Their severity.
    pub severity: Severity,
    /// Their code.
    pub code: String,
    /// How many.
    pub count: u64,
}

/// The kinds of notes that a job has, the most frequent first.
///
/// # Errors
/// A [`Fault`], here and in every function of this module.
pub fn kinds(tx: &mut dyn Tx, job: ImportJobId) -> Result<Vec<NoteKind>, Fault> {
    let rows = tx.query(&KINDS, &[id(job)])?;
    rows.iter()
        .map(|row| {
            Ok(NoteKind {
                severity: severity_of(row, 0)?,
                code: row.text(1)?.to_owned(),
                count: u64::try_from(row.int(2)?).unwrap_or_default(),
            })
        })
        .collect()
}

/// How many notes are `wanted`.
pub fn count(tx: &mut dyn Tx, job: ImportJobId, wanted: &Wanted) -> Result<u64, Fault> {
    let count = tx.query_one(&FOUND_COUNT, &wanted.params(job)?)?.int(0)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// `limit` of the `wanted` notes after the first `skipped`, the worst first, then in the order of the file.
pub fn notes(
    tx: &mut dyn Tx,
    job: ImportJobId,
    wanted: &Wanted,
    limit: u32,
    skipped: u64,
) -> Result<Vec<KeptNote>, Fault> {
    let [job, severity, code, text, kinds] = wanted.params(job)?;
    let skipped = i64::try_from(skipped).unwrap_or(i64::MAX);
    let params = [
        job,
        severity,
        code,
        text,
        kinds,
        limit.into(),
        skipped.into(),
    ];
    let rows = tx.query(&FOUND, &params)?;
    rows.iter().map(note_of_row).collect()
}

fn note_of_row(row: &Row) -> Result<KeptNote, Fault> {
    Ok(KeptNote {
        file: row.text(0)?.to_owned(),
        line: u64::try_from(row.int(1)?).unwrap_or_default(),
        sender: row.opt_text(2)?.map(str::to_owned),
        reference: row.opt_text(3)?.map(str::to_owned),
        code: row.text(4)?.to_owned(),
        severity: severity_of(row, 5)?,
        message: row.text(6)?.to_owned(),
        said: row.opt_text(9)?.map(said_of_text).transpose()?,
        edition: row.opt_int(7)?.map(EditionId),
        reject: row
            .opt_int(8)?
            .and_then(|number| u64::try_from(number).ok()),
    })
}

fn said_of_text(text: &str) -> Result<Said, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Corrupt(error.into()))
}

fn severity_of(row: &Row, column: usize) -> Result<Severity, Fault> {
    let code = row.text(column)?;
    Severity::parse(code).ok_or_else(|| Fault::Corrupt(format!("a note is {code:?}").into()))
}

/// Where a note comes from, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbered {
    /// The reader's notes, from 1.
    Read,
    /// What the catalogue found.
    Found,
}

/// Keeps notes with their numbers; those that are kept already stay.
pub(super) fn put(
    tx: &mut dyn Tx,
    job: ImportJobId,
    numbered: Numbered,
    notes: &[(u64, Note)],
) -> Result<(), Fault> {
    if notes.is_empty() {
        return Ok(());
    }
    let rows = notes
        .iter()
        .map(|(number, note)| {
            let said = json(&Said::from(&note.remark))?;
            Ok(serde_json::json!([
                number,
                note.file,
                note.line,
                note.sender,
                note.reference,
                note.code,
                note.severity.code(),
                note.message,
                said,
            ]))
        })
        .collect::<Result<Vec<serde_json::Value>, Fault>>()?;
    let rows = serde_json::Value::from(rows).to_string();
    let found = numbered == Numbered::Found;
    tx.execute(&PUT_NOTES, &[id(job), found.into(), rows.into()])
        .map(drop)
}

/// Keeps what a reader notes, up to [`limits::NOTES`].
pub(super) struct Keeper {
    store: Store,
    job: ImportJobId,
    /// What the file is called here, and by its sender.
    names: (String, String),
    number: u64,
    kept: u64,
    waiting: Vec<(u64, Note)>,
    /// Rejected records of those notes, written out: a record takes more than its text.
    drafts: Vec<(u64, String)>,
    /// How many were kept, these among them.
    rejects: u64,
    failed: Option<Fault>,
}

impl Keeper {
    pub(super) fn of(
        store: &Store,
        job: ImportJobId,
        names: (String, String),
    ) -> Result<Keeper, Fault> {
        let (last, rejects) = store.read_blocking(|tx| -> Result<_, Fault> {
            let last = tx.query_one(&LAST_NUMBER, &[id(job)])?.int(0)?;
            Ok((last, rejects::kept(tx, job)?))
        })?;
        Ok(Keeper {
            store: store.clone(),
            job,
            names,
            number: 0,
            kept: u64::try_from(last).unwrap_or_default(),
            waiting: Vec::new(),
            drafts: Vec::new(),
            rejects,
            failed: None,
        })
    }

    /// Writes what waits, and says how many notes were not kept.
    pub(super) fn finish(mut self) -> Result<u64, Fault> {
        self.write();
        match self.failed {
            Some(fault) => Err(fault),
            None => Ok(self.number.saturating_sub(limits::NOTES)),
        }
    }

    fn write(&mut self) {
        let (job, notes) = (self.job, std::mem::take(&mut self.waiting));
        let drafts = std::mem::take(&mut self.drafts);
        if self.failed.is_none() && !notes.is_empty() {
            let written = self.store.write_blocking(move |tx| -> Result<_, Fault> {
                put(tx, job, Numbered::Read, &notes)?;
                for (number, draft) in &drafts {
                    rejects::keep(tx, job, *number, draft)?;
                }
                Ok(())
            });
            self.failed = written.err();
        }
    }

    /// Keeps what was read of a rejected record, if it is not too much and there are not too many.
    fn keep_draft(&mut self, draft: &Record) {
        if self.rejects >= limits::REJECTS {
            return;
        }
        match json(draft) {
            Ok(text) if text.len() <= limits::REJECT_BYTES => {
                self.rejects += 1;
                self.drafts.push((self.number, text));
            }
            Ok(_) => {}
            Err(fault) => self.failed = Some(fault),
        }
    }
}

impl ReportSink for Keeper {
    fn note(&mut self, mut note: Note) {
        self.number += 1;
        if self.number > limits::NOTES || self.number <= self.kept {
            return;
        }
        let (here, theirs) = &self.names;
        note.file = note.file.replacen(here, theirs, 1);
        if let Some(draft) = note.draft.take() {
            self.keep_draft(&draft);
        }
        self.waiting.push((self.number, note));
        if self.waiting.len() >= limits::NOTES_AT_ONCE {
            self.write();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_stands_for_itself() {
        assert_eq!(escaped("50 % d_e!"), "50 !% d!_e!!");
    }
}
