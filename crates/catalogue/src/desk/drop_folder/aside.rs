//! Where files of a drop folder go when they are done with, each with its report.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use storage::{Fault, Store, Tx};
use trade::clock::Timestamp;
use trade::ids::ImportJobId;

use super::folder::Folder;
use super::is_left;
use super::trouble::TroubleKind;
use crate::desk::notes::{self, Wanted};

/// The name that only a job's own file bears.
pub(super) fn of_job(job: ImportJobId, name: &str) -> String {
    format!("{job}-{name}")
}

/// What the report of a file is called.
pub(super) fn report_of(name: &str) -> String {
    format!("{name}.report.jsonl")
}

/// Where a taken file goes, and its new report there: its own name, or the job's where that is taken. None while another
/// process writes the report, after which it moves the file. A link by the report's name is never followed.
pub(super) fn place_aside(
    folder: &Folder,
    job: ImportJobId,
    name: &str,
    now: Timestamp,
) -> io::Result<Option<(String, File)>> {
    if folder.metadata(name).is_err() {
        match folder.create_new(report_of(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if is_being_written(folder, &report_of(name), now) {
                    return Ok(None);
                }
            }
            created => return Ok(Some((name.to_owned(), created?))),
        }
    }
    let aside = of_job(job, name);
    let report = report_of(&aside);
    // Of a look that died before it had moved the file.
    match folder.remove(&report) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = folder.create_new(&report)?;
    Ok(Some((aside, file)))
}

/// Whether a report was begun a moment ago.
fn is_being_written(folder: &Folder, report: &str, now: Timestamp) -> bool {
    let metadata = folder.metadata(report);
    metadata.is_ok_and(|metadata| metadata.is_file()) && !is_left(folder, report, now)
}

pub(super) enum ReportError {
    Fault(Fault),
    Io(io::Error),
}

impl From<io::Error> for ReportError {
    fn from(error: io::Error) -> ReportError {
        ReportError::Io(error)
    }
}

/// Says beside a file why it was not taken; where that cannot be said either, the office and the log have it.
pub(super) fn say_trouble(folder: &Folder, aside: &str, kind: TroubleKind) {
    let line = serde_json::json!({
        "file": aside,
        "code": kind.code(),
        "severity": "error",
        "message": kind.to_string(),
    });
    let report = folder.create_new(report_of(aside));
    let said = report.and_then(|mut file| writeln!(file, "{line}"));
    if let Err(error) = said {
        tracing::warn!(file = ?folder.path_of(aside), %error, "no report");
    }
}

pub(super) fn write_report(store: &Store, job: ImportJobId, file: File) -> Result<(), ReportError> {
    let mut out = BufWriter::new(file);
    let mut skipped = 0;
    loop {
        let page = |tx: &mut dyn Tx| notes::notes(tx, job, &Wanted::default(), 1_000, skipped);
        let page = store.read_blocking(page).map_err(ReportError::Fault)?;
        if page.is_empty() {
            return Ok(out.flush()?);
        }
        skipped += page.len() as u64;
        for note in &page {
            let line = serde_json::to_string(note).map_err(io::Error::from)?;
            writeln!(out, "{line}")?;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_report_is_never_written_through_a_link() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = outside.path().join("target");
        let job = ImportJobId::new();
        let own = format!("{job}-a.csv.report.jsonl");
        for planted in ["a.csv.report.jsonl", own.as_str()] {
            symlink(&target, folder.path().join(planted)).unwrap();
        }
        let now = Timestamp::micros(i64::MAX / 2);
        let open = Folder::open(folder.path()).unwrap();
        let placed = place_aside(&open, job, "a.csv", now).unwrap();
        let (aside, mut report) = placed.unwrap();
        report.write_all(b"{}").unwrap();
        assert_eq!(aside, format!("{job}-a.csv"));
        assert_eq!(fs::read(folder.path().join(own)).unwrap(), b"{}");
        assert!(!target.exists(), "nothing was written outside");
    }
}
