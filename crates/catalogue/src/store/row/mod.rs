//! Rows of the catalogue's tables: how they are written on both engines, and read back.
//!
//! Lists travel as one JSON parameter. A batch of rows is written one by one on SQLite, where a statement is a
//! function call, and in one statement on PostgreSQL, where it is a round trip. Nothing is decided here.

mod edition;
mod notification;
mod record;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use storage::{Engine, Fault, Statement, Tx, Value};

use crate::model::{Edition, EditionId, WorkId};

pub(super) use edition::{
    EDITION, EditionRow, HIDDEN, TURNED, day_column, day_of_column, edition_columns, editions,
    turned_columns,
};
pub(super) use notification::{
    FORGOTTEN, NOTIFICATION, messages, notification_columns, notifications,
};
pub(super) use record::{
    Decision, ISBN, NO_ISBNS, RECORD, RecordRow, StandingCode, bearers, decisions, isbn_rows,
    records, records_by_identity, records_of_editions,
};

storage::statements! {
    LAST_IDS = "SELECT (SELECT COALESCE(MAX(id), 0) FROM records), (SELECT COALESCE(MAX(id), 0) FROM notifications),
        (SELECT COALESCE(MAX(id), 0) FROM editions), (SELECT COALESCE(MAX(id), 0) FROM imports),
        (SELECT day FROM catalogue_day WHERE one = 1)";
}

/// Every statement of these rows.
pub(super) fn statements() -> Vec<&'static Statement> {
    [
        STATEMENTS,
        edition::STATEMENTS,
        notification::STATEMENTS,
        record::STATEMENTS,
    ]
    .concat()
}

/// A statement for one row on SQLite and its sister for all rows on PostgreSQL.
pub(super) struct Write {
    one: &'static Statement,
    many: &'static Statement,
}

impl Write {
    pub(super) fn rows(&self, tx: &mut dyn Tx, rows: &[Vec<Value>]) -> Result<(), Fault> {
        if rows.is_empty() {
            return Ok(());
        }
        match tx.engine() {
            Engine::Sqlite => {
                for row in rows {
                    tx.execute(self.one, row)?;
                }
            }
            Engine::Postgres => {
                let rows: Vec<serde_json::Value> = rows
                    .iter()
                    .map(|row| row.iter().map(json_of).collect())
                    .collect();
                tx.execute(
                    self.many,
                    &[serde_json::Value::from(rows).to_string().into()],
                )?;
            }
        }
        Ok(())
    }
}

fn json_of(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => hex(bytes).into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Numbers as the one parameter of a statement.
pub(super) fn list(numbers: impl IntoIterator<Item = i64>) -> Value {
    serde_json::Value::from_iter(numbers).to_string().into()
}

/// The edition without the numbers that the database gives it, so that equal records have equal documents.
pub(super) fn document(edition: &Edition) -> String {
    let unnumbered = if edition.id == EditionId(0) && edition.work == WorkId(0) {
        serde_json::to_string(edition)
    } else {
        serde_json::to_string(&Edition {
            id: EditionId(0),
            work: WorkId(0),
            ..edition.clone()
        })
    };
    // Text, numbers and enums: there is nothing in an edition that JSON cannot say.
    unnumbered.unwrap_or_default()
}

pub(super) fn hash(document: &str) -> Vec<u8> {
    Sha256::digest(document.as_bytes()).to_vec()
}

pub(super) fn read_document(document: &str) -> Result<Edition, Fault> {
    serde_json::from_str(document).map_err(|error| Fault::Corrupt(error.into()))
}

/// The numbers that the next rows get, and the day they are written for. Whoever holds the lock on the sequence is the only one to give numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastIds {
    pub(super) record: i64,
    pub(super) notification: i64,
    pub(super) edition: i64,
    pub(super) import: i64,
    /// The day for which editions are written; none before the first.
    pub(super) day: Option<Date>,
}

impl LastIds {
    pub(super) fn read(tx: &mut dyn Tx) -> Result<LastIds, Fault> {
        let row = tx.query_one(&LAST_IDS, &[])?;
        Ok(LastIds {
            record: row.int(0)?,
            notification: row.int(1)?,
            edition: row.int(2)?,
            import: row.int(3)?,
            day: day_of_column(row.int(4)?),
        })
    }
}
