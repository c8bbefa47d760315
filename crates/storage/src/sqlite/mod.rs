//! The embedded engine: one file, one writer thread with group commit, a pool of readers.

mod checkpoint;
pub(crate) mod files;
mod readers;
mod writer;

use std::path::Path;

use rusqlite::{Connection, OpenFlags, config::DbConfig, params_from_iter, types};

pub(crate) use readers::Readers;
pub(crate) use writer::{Outcome, Verb, Writer};

use crate::{Engine, Fault, Row, Statement, Tx, Value};

/// Statements kept prepared per connection: more than the shop has.
const STATEMENT_CACHE: usize = 512;

/// Opens the file for writing, creating it, with every commit durable (`synchronous=FULL`).
pub(crate) fn open_writer(path: &Path) -> Result<Connection, Fault> {
    let connection = Connection::open(path).map_err(fault)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;",
        )
        .map_err(fault)?;
    prepare_connection(connection)
}

fn open_reader(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    connection
        .execute_batch("PRAGMA cache_size = -4000;")
        .map_err(fault)?;
    prepare_connection(connection)
}

fn prepare_connection(connection: Connection) -> Result<Connection, Fault> {
    // Another process (an import beside the shop) may hold the write lock for a batch.
    connection
        .busy_timeout(std::time::Duration::from_secs(10))
        .map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Otherwise a statement on a table with a partial index is planned anew for every value, in case the value makes the
    // index usable: that was a third of a busy shop's time.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(fault)?;
    Ok(connection)
}

/// A transaction, or a reader's snapshot, on one connection.
pub(crate) struct SqliteTx<'c> {
    connection: &'c Connection,
}

impl<'c> SqliteTx<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }
}

impl Tx for SqliteTx<'_> {
    fn execute(&mut self, statement: &Statement, params: &[Value]) -> Result<u64, Fault> {
        let mut prepared = self.prepared(statement)?;
        let touched = prepared
            .execute(params_from_iter(params))
            .map_err(|e| named(statement, e))?;
        Ok(u64::try_from(touched).unwrap_or(u64::MAX))
    }

    fn query(&mut self, statement: &Statement, params: &[Value]) -> Result<Vec<Row>, Fault> {
        let mut prepared = self.prepared(statement)?;
        let columns = prepared.column_count();
        let mut answer = prepared
            .query(params_from_iter(params))
            .map_err(|e| named(statement, e))?;
        let mut rows = Vec::new();
        while let Some(row) = answer.next().map_err(|e| named(statement, e))? {
            let values = (0..columns)
                .map(|i| value(row.get_ref(i).map_err(|e| named(statement, e))?))
                .collect::<Result<_, Fault>>()?;
            rows.push(Row(values));
        }
        Ok(rows)
    }

    fn engine(&self) -> Engine {
        Engine::Sqlite
    }
}

impl SqliteTx<'_> {
    fn prepared(&self, statement: &Statement) -> Result<rusqlite::CachedStatement<'_>, Fault> {
        self.connection
            .prepare_cached(statement.text(Engine::Sqlite)?)
            .map_err(|e| named(statement, e))
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<types::ToSqlOutput<'_>> {
        Ok(types::ToSqlOutput::Borrowed(match self {
            Self::Null => types::ValueRef::Null,
            Self::Int(v) => types::ValueRef::Integer(*v),
            Self::Text(v) => types::ValueRef::Text(v.as_bytes()),
            Self::Bytes(v) => types::ValueRef::Blob(v),
        }))
    }
}

fn value(column: types::ValueRef<'_>) -> Result<Value, Fault> {
    match column {
        types::ValueRef::Null => Ok(Value::Null),
        types::ValueRef::Integer(v) => Ok(Value::Int(v)),
        types::ValueRef::Text(v) => Ok(Value::Text(String::from_utf8_lossy(v).into_owned())),
        types::ValueRef::Blob(v) => Ok(Value::Bytes(v.to_vec())),
        types::ValueRef::Real(_) => Err(Fault::defect("a column is a float; cast it")),
    }
}

/// The fault with the statement's name, so that the log says which one.
fn named(statement: &Statement, error: rusqlite::Error) -> Fault {
    match fault(error) {
        Fault::Defect(source) => Fault::defect(format!("{}: {source}", statement.name())),
        other => other,
    }
}

/// What a driver error means to a caller.
pub(crate) fn fault(error: rusqlite::Error) -> Fault {
    use rusqlite::ErrorCode as Code;
    let rusqlite::Error::SqliteFailure(code, message) = &error else {
        return Fault::Defect(error.into());
    };
    match code.code {
        Code::DatabaseBusy | Code::DatabaseLocked => Fault::Busy,
        Code::DatabaseCorrupt | Code::NotADatabase => Fault::Corrupt(error.into()),
        Code::CannotOpen
        | Code::DiskFull
        | Code::SystemIoFailure
        | Code::ReadOnly
        | Code::PermissionDenied
        | Code::FileLockingProtocolFailed => Fault::Unavailable(error.into()),
        Code::ConstraintViolation => Fault::Constraint {
            constraint: message
                .as_deref()
                .and_then(|m| m.split_once("failed: "))
                .map_or_else(|| "unnamed".to_owned(), |(_, name)| name.to_owned()),
        },
        _ => Fault::Defect(error.into()),
    }
}
