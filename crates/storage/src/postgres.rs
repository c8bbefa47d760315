//! The server engine: a pool of connections, prepared statements, collisions run again.

pub(crate) mod tls;

use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use bytes::BytesMut;
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use tokio::runtime::Handle;
use tokio_postgres::{
    NoTls,
    error::SqlState,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};
use trade::limits;

use crate::{
    Engine, Fault, Migration, Row, Statement, Tx, Value, migrate,
    store::{OpenError, applied_versions},
    url::{PostgresUrl, Wire},
};

/// Taken while the schema changes, so that two nodes that start together do it once.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_lock(4282066318)";
const MIGRATION_UNLOCK: &str = "SELECT pg_advisory_unlock(4282066318)";

/// The pool.
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// Makes a pool; connections are opened when needed.
    pub(crate) fn connect(url: &PostgresUrl) -> Result<Self, OpenError> {
        let mut config = url.config().clone();
        config.application_name("bouquin");
        config.connect_timeout(Duration::from_secs(5));
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match url.wire() {
            Wire::Plain => Manager::from_config(config, NoTls, recycling),
            Wire::Tls(trust) => Manager::from_config(config, tls::connector(trust)?, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(limits::POSTGRES_CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(limits::POSTGRES_WAIT))
            .create_timeout(Some(Duration::from_secs(5)))
            .build()
            .map_err(|e| Fault::Unavailable(e.into()))?;
        Ok(Self { pool })
    }

    async fn connection(&self) -> Result<Object, Fault> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => Fault::Busy,
            PoolError::Backend(error) => match tls::refusal(&error) {
                Some(refusal) => Fault::Unavailable(refusal.into()),
                None => Fault::Unavailable(error.into()),
            },
            other => Fault::Unavailable(other.into()),
        })
    }

    pub(crate) async fn migrate(&self, steps: &[&'static [Migration]]) -> Result<(), OpenError> {
        let connection = self.connection().await?;
        connection
            .batch_execute(MIGRATION_LOCK)
            .await
            .map_err(fault)?;
        let done = migrate_locked(&connection, steps).await;
        connection
            .batch_execute(MIGRATION_UNLOCK)
            .await
            .map_err(fault)?;
        done
    }

    /// Runs a verb, again while it collides with others.
    pub(crate) fn write<T, E: From<Fault>>(
        &self,
        runtime: &Handle,
        verb: impl Fn(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        for attempt in 0..limits::COLLISION_RETRIES {
            let connection = runtime.block_on(self.connection())?;
            let mut tx = PostgresTx::new(&connection, runtime, "BEGIN");
            let said = unwound(|| verb(&mut tx));
            let ended = tx.end(said.is_ok());
            if tx.collided {
                std::thread::sleep(Duration::from_millis(1 << attempt.min(6)));
                continue;
            }
            return said.and_then(|answer| ended.map(|()| answer).map_err(E::from));
        }
        Err(Fault::Busy.into())
    }

    /// Runs a read on one snapshot.
    pub(crate) fn read<T, E: From<Fault>>(
        &self,
        runtime: &Handle,
        read: impl FnOnce(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = runtime.block_on(self.connection())?;
        let mut tx = PostgresTx::new(
            &connection,
            runtime,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        );
        let answer = unwound(|| read(&mut tx));
        tx.end(answer.is_ok())?;
        answer
    }

    /// One statement, one round trip, run again while it collides with others.
    pub(crate) async fn call(
        &self,
        statement: &Statement,
        params: &[Value],
    ) -> Result<Vec<Row>, Fault> {
        for attempt in 0..limits::COLLISION_RETRIES {
            let connection = self.connection().await?;
            match query(&connection, statement, params).await {
                Err(Fault::Collision) => {
                    tokio::time::sleep(Duration::from_millis(1 << attempt.min(6))).await;
                }
                answer => return answer,
            }
        }
        Err(Fault::Busy)
    }

    pub(crate) async fn prepare(&self, statement: &Statement) -> Result<(), Fault> {
        let connection = self.connection().await?;
        let text = statement.text(Engine::Postgres)?;
        connection
            .prepare(text)
            .await
            .map(drop)
            .map_err(|e| named(statement, e))
    }
}

async fn migrate_locked(
    connection: &Object,
    steps: &[&'static [Migration]],
) -> Result<(), OpenError> {
    let table = migrate::translate(migrate::SCHEMA_VERSION, Engine::Postgres);
    connection.batch_execute(&table).await.map_err(fault)?;
    let applied = applied_versions(&query(connection, &migrate::APPLIED, &[]).await?)?;
    if let Some((component, found)) = migrate::newer_than_program(steps, &applied) {
        return Err(OpenError::TooNew { component, found });
    }
    for step in migrate::pending(steps, &applied) {
        let sql = migrate::translate(step.sql, Engine::Postgres);
        let note = format!(
            "INSERT INTO schema_version (component, version) VALUES ('{}', {})",
            step.component, step.version
        );
        // Several statements sent as one message are one transaction.
        connection
            .batch_execute(&format!("BEGIN;{sql};{note};COMMIT"))
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// A verb that panics is a defect, and its connection must not go back to the pool inside a transaction.
fn unwound<T, E: From<Fault>>(verb: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(verb))
        .unwrap_or_else(|_| Err(Fault::defect("a verb panicked").into()))
}

/// An open transaction. `BEGIN` travels with the first statement, not in a round trip of its own.
struct PostgresTx<'c> {
    connection: &'c Object,
    runtime: &'c Handle,
    begin: Option<&'static str>,
    collided: bool,
}

impl<'c> PostgresTx<'c> {
    fn new(connection: &'c Object, runtime: &'c Handle, begin: &'static str) -> Self {
        Self {
            connection,
            runtime,
            begin: Some(begin),
            collided: false,
        }
    }

    /// Runs `work` on the connection, behind `BEGIN` if nothing was run yet.
    fn run<T>(&mut self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let answer = match self.begin.take() {
            None => self.runtime.block_on(work),
            Some(begin) => self.runtime.block_on(async {
                let begun = async { self.connection.batch_execute(begin).await.map_err(fault) };
                // Both are polled in this order, so they are sent in this order without waiting.
                let (begun, answer) = tokio::join!(biased; begun, work);
                begun.and(answer)
            }),
        };
        self.collided |= matches!(answer, Err(Fault::Collision));
        answer
    }

    fn end(&mut self, commit: bool) -> Result<(), Fault> {
        if self.begin.is_some() {
            return Ok(());
        }
        let word = if commit && !self.collided {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        let ended = self
            .runtime
            .block_on(self.connection.batch_execute(word))
            .map_err(fault);
        self.collided |= matches!(ended, Err(Fault::Collision));
        ended
    }
}

impl Tx for PostgresTx<'_> {
    fn execute(&mut self, statement: &Statement, params: &[Value]) -> Result<u64, Fault> {
        let connection = self.connection;
        self.run(async {
            let text = statement.text(Engine::Postgres)?;
            let prepared = connection
                .prepare_cached(text)
                .await
                .map_err(|e| named(statement, e))?;
            let touched = connection.execute_raw(&prepared, params).await;
            touched.map_err(|e| named(statement, e))
        })
    }

    fn query(&mut self, statement: &Statement, params: &[Value]) -> Result<Vec<Row>, Fault> {
        let connection = self.connection;
        self.run(query(connection, statement, params))
    }

    fn engine(&self) -> Engine {
        Engine::Postgres
    }
}

async fn query(
    connection: &Object,
    statement: &Statement,
    params: &[Value],
) -> Result<Vec<Row>, Fault> {
    let text = statement.text(Engine::Postgres)?;
    let prepared = connection
        .prepare_cached(text)
        .await
        .map_err(|e| named(statement, e))?;
    let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as _).collect();
    let rows = connection
        .query(&prepared, &params)
        .await
        .map_err(|e| named(statement, e))?;
    rows.iter()
        .map(|row| {
            (0..row.len())
                .map(|i| row.try_get::<_, Value>(i).map_err(|e| named(statement, e)))
                .collect::<Result<_, _>>()
                .map(Row)
        })
        .collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(v), &Type::INT4) => i32::try_from(*v)?.to_sql(kind, out),
            (Self::Int(v), &Type::INT2) => i16::try_from(*v)?.to_sql(kind, out),
            (Self::Int(v), &Type::INT8) => v.to_sql(kind, out),
            (Self::Text(v), &Type::JSONB) => {
                out.extend_from_slice(&[1]);
                v.as_str().to_sql(&Type::TEXT, out)
            }
            (Self::Text(v), &Type::JSON) => v.as_str().to_sql(&Type::TEXT, out),
            (Self::Text(v), kind) if <&str as ToSql>::accepts(kind) => v.to_sql(kind, out),
            (Self::Bytes(v), &Type::BYTEA) => v.to_sql(kind, out),
            (value, kind) => Err(format!("{value:?} cannot be sent as {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(kind, raw)?.into()),
            Type::BYTEA => Self::Bytes(raw.to_vec()),
            Type::VOID => Self::Null,
            Type::JSON => Self::Text(String::from_utf8(raw.to_vec())?),
            Type::JSONB => Self::Text(String::from_utf8(raw.get(1..).unwrap_or(&[]).to_vec())?),
            ref other if <String as FromSql>::accepts(other) => {
                Self::Text(String::from_sql(kind, raw)?)
            }
            ref other => return Err(format!("a column is {other}; cast it").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The fault with the statement's name, so that the log says which one.
fn named(statement: &Statement, error: tokio_postgres::Error) -> Fault {
    match fault(error) {
        Fault::Defect(source) => {
            Fault::defect(format!("{}: {}", statement.name(), chain(&*source)))
        }
        other => other,
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// What a driver error means to a caller.
fn fault(error: tokio_postgres::Error) -> Fault {
    let Some(db) = error.as_db_error() else {
        let of_the_program = error.source().is_some_and(|s| !s.is::<std::io::Error>());
        return if of_the_program && !error.is_closed() {
            Fault::Defect(error.into())
        } else {
            Fault::Unavailable(error.into())
        };
    };
    let code = db.code();
    match code {
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Fault::Collision,
        _ if code.code().starts_with("23") => Fault::Constraint {
            constraint: db.constraint().unwrap_or("unnamed").to_owned(),
        },
        &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => Fault::Corrupt(error.into()),
        // A statement that takes longer than the server allows will do so again.
        &SqlState::QUERY_CANCELED => Fault::Defect(error.into()),
        // Connection, resource, intervention and system classes: the server's trouble, not ours.
        _ if ["08", "53", "57", "58"]
            .iter()
            .any(|class| code.code().starts_with(class)) =>
        {
            Fault::Unavailable(error.into())
        }
        _ => Fault::Defect(error.into()),
    }
}
